import json
import stat
from datetime import timedelta
from pathlib import Path

import pytest
from joserfc import jwt
from joserfc.errors import BadSignatureError, ExpiredTokenError
from joserfc.jwk import KeySet

from deploy.issuer import AUDIENCE, ISSUER, Issuer
from shared import clock

HOUR = timedelta(hours=1)


def keys(issuer: Issuer) -> KeySet:
    return KeySet.import_key_set(json.loads(issuer.jwks.read_text()))


def test_its_tokens_say_who_may_do_what_where(tmp_path: Path) -> None:
    issuer = Issuer(tmp_path)
    token = jwt.decode(issuer.mint("village-officer", "33.07", subject="officer", ttl=HOUR), keys(issuer), ["ES256"])
    claims = token.claims
    assert claims.pop("exp") - claims.pop("iat") == 3600
    assert claims == {
        "iss": ISSUER,
        "aud": AUDIENCE,
        "sub": "officer",
        "roles": ["village-officer"],
        "area": "33.07",
    }


def test_they_end(tmp_path: Path) -> None:
    issuer = Issuer(tmp_path)
    token = jwt.decode(issuer.mint("operator", "*", subject="x", ttl=-HOUR), keys(issuer), ["ES256"])
    with pytest.raises(ExpiredTokenError):
        jwt.JWTClaimsRegistry(now=int(clock.now().timestamp())).validate(token.claims)


def test_its_key_outlives_it_and_stays_its_own(tmp_path: Path) -> None:
    token = Issuer(tmp_path).mint("operator", "*", subject="x", ttl=HOUR)
    assert jwt.decode(token, keys(Issuer(tmp_path)), ["ES256"]).claims["sub"] == "x"
    assert stat.S_IMODE((tmp_path / "secrets" / "issuer.jwk.json").stat().st_mode) == 0o600
    assert "d" not in json.loads((tmp_path / "jwks.json").read_text())["keys"][0]


def test_another_house_does_not_accept_them(tmp_path: Path) -> None:
    here, there = Issuer(tmp_path / "here"), Issuer(tmp_path / "there")
    forged = json.loads(there.jwks.read_text())
    forged["keys"][0]["kid"] = json.loads(here.jwks.read_text())["keys"][0]["kid"]
    with pytest.raises(BadSignatureError):
        jwt.decode(here.mint("operator", "*", subject="x", ttl=HOUR), KeySet.import_key_set(forged), ["ES256"])
