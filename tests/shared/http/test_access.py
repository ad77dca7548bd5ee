"""Who may enter: bearer tokens by the issuer's public keys."""

import base64
import json
import time
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from joserfc import jwt
from joserfc.jwk import ECKey, KeySet, OctKey, OKPKey

from shared import clock
from shared.execute import Caller
from shared.http.access import SCOPES_OF, TokenInvalid, Tokens, allows
from tests.shared import tiny
from tests.shared.street import Street

ISSUER = "urn:issuer"
KEY = ECKey.generate_key("P-256", {"use": "sig", "alg": "ES256"}, auto_kid=True)
OTHER = ECKey.generate_key("P-256", {"use": "sig", "alg": "ES256"}, auto_kid=True)
ED = OKPKey.generate_key("Ed25519", {"use": "sig"}, auto_kid=True)


def keys_file(path: Path, *keys: ECKey | OKPKey) -> Path:
    path.write_text(json.dumps({"keys": [key.as_dict(private=False) for key in keys]}))
    return path


@pytest.fixture
def tokens(tmp_path: Path) -> Tokens:
    return Tokens(str(keys_file(tmp_path / "jwks.json", KEY, ED)), ISSUER, "desmigratif")


def claims(**other: Any) -> dict[str, Any]:
    now = int(clock.now().timestamp())
    said = {
        "iss": ISSUER, "aud": "desmigratif", "sub": "siti", "roles": ["integrator"], "area": "33.07",
        "iat": now, "exp": now + 600,
    }  # fmt: skip
    return {name: value for name, value in (said | other).items() if value is not None}


def token(key: Any = KEY, header: dict[str, Any] | None = None, **other: Any) -> str:
    header = header or {"alg": "ES256", "kid": key.kid}
    return jwt.encode(header, claims(**other), key, algorithms=[header["alg"]])


def b64(part: object) -> str:
    return base64.urlsafe_b64encode(json.dumps(part).encode()).rstrip(b"=").decode()


async def test_a_good_token_says_who_asks(tokens: Tokens) -> None:
    expected = Caller("siti", frozenset({"integrator"}), "33.07")
    assert await tokens.caller(token()) == expected
    assert await tokens.caller(token(aud=["another", "desmigratif"])) == expected
    assert await tokens.caller(token(ED, {"alg": "Ed25519", "kid": ED.kid})) == expected


@pytest.mark.parametrize(
    "wrong",
    [
        {"exp": 1}, {"exp": None}, {"exp": "tomorrow"}, {"iss": "urn:another"}, {"iss": None}, {"aud": "another"},
        {"aud": ["another"]}, {"aud": None}, {"sub": None}, {"nbf": 99_999_999_999}, {"roles": None},
        {"roles": "integrator"}, {"area": None}, {"area": ""}, {"area": 33},
    ],
    ids=str,
)  # fmt: skip
async def test_a_token_that_says_something_else_proves_nothing(tokens: Tokens, wrong: dict[str, Any]) -> None:
    with pytest.raises(TokenInvalid):
        await tokens.caller(token(**wrong))


async def test_a_forged_token_proves_nothing(tokens: Tokens) -> None:
    good = token()
    header, payload, signature = good.split(".")
    none = b64({"alg": "none"})
    public = OctKey.import_key(json.dumps(KEY.as_dict(private=False)))
    wider = b64(claims(area="*"))
    forged = [
        token(OTHER),  # another key under its own id
        token(OTHER, {"alg": "ES256", "kid": KEY.kid}),  # and under ours
        token(OTHER, {"alg": "ES256"}),  # and under none
        f"{none}.{payload}.",
        f"{none}.{payload}.{signature}",
        f"{header}.{payload}.",
        f"{header}.{wider}.{signature}",
        jwt.encode({"alg": "HS256", "kid": KEY.kid}, claims(), public, algorithms=["HS256"]),
        f"{b64({'alg': 'ES256', 'kid': KEY.kid, 'jwk': OTHER.as_dict(private=False)})}.{payload}.{signature}",
        f"{b64([])}.{payload}.{signature}",
        f"{b64({'alg': ['ES256']})}.{payload}.{signature}",
        f"{b64({'alg': 'ES256', 'kid': 7})}.{payload}.{signature}",
        good[:-4], good + "A" * 4, "", ".", "..", "....", "x", "\u0661", "a.b.c", "a.b.c.d.e",
    ]  # fmt: skip
    for one in forged:
        with pytest.raises(TokenInvalid):
            await tokens.caller(one)
    assert (await tokens.caller(good)).id == "siti"


async def test_an_expired_token_is_not_remembered_as_good(tokens: Tokens, monkeypatch: pytest.MonkeyPatch) -> None:
    good = token()
    await tokens.caller(good)
    later = clock.now() + timedelta(seconds=700)
    monkeypatch.setattr(clock, "now", lambda: later)
    monkeypatch.setattr(time, "time", later.timestamp)
    with pytest.raises(TokenInvalid):
        await tokens.caller(good)


async def test_the_issuers_new_key_is_fetched_and_its_old_one_no_longer_counts(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    jwks = keys_file(tmp_path / "jwks.json", KEY)
    tokens = Tokens(str(jwks), ISSUER, "desmigratif")
    await tokens.caller(token())
    keys_file(jwks, OTHER)
    with pytest.raises(TokenInvalid):
        await tokens.caller(token(OTHER))  # asked a moment ago: a forged token does not make it ask again
    monkeypatch.setattr("shared.http.access._REFETCH_SECONDS", 0.0)
    assert (await tokens.caller(token(OTHER))).id == "siti"
    with pytest.raises(TokenInvalid):
        await tokens.caller(token(sub="somebody else"))


@given(st.text() | st.lists(st.text(max_size=10), min_size=3, max_size=3).map(".".join))
async def test_whatever_is_sent_is_refused_and_nothing_else(sent: str) -> None:
    tokens = Tokens("unused", ISSUER, "desmigratif")
    tokens._keys, tokens._fetched = KeySet([KEY]), float("inf")
    with pytest.raises(TokenInvalid):
        await tokens.caller(sent)


def test_only_services_and_operators_read_the_feed_and_only_operators_operate() -> None:
    assert {role for role, scopes in SCOPES_OF.items() if "feed" in scopes} == {"service", "operator"}
    assert {role for role, scopes in SCOPES_OF.items() if "operate" in scopes} == {"operator"}
    assert not allows(Caller("x", frozenset({"unheard-of", "village-officer"}), "*"), "feed")
    assert allows(Caller("x", frozenset({"unheard-of", "operator"}), "*"), "feed")


ROUTES = [
    ("GET", "/feed?after=0"), ("GET", "/operations/status"), ("GET", "/operations/verify"),
    ("GET", "/operations/verify/event?number=1"), ("GET", "/operations/propagation?word=WorkerReturned"),
    ("POST", "/operations/views/neighbours/rebuild"), ("POST", "/operations/restored"),
]  # fmt: skip


async def test_every_door_but_health_and_the_api_pages_needs_a_token_and_its_scope(street: Street) -> None:
    await street.start(tiny.service("registry"))
    async with street.client("registry") as nobody, street.client("registry", "integrator") as somebody:
        for path in ("/health/live", "/health/ready", "/docs", "/openapi.json"):
            assert (await nobody.get(path)).status_code == 200
        for method, path in [*ROUTES, ("GET", "/nowhere"), ("PUT", "/health"), ("POST", "/health/live/")]:
            answer = await nobody.request(method, path)
            assert (answer.status_code, answer.json()["slug"]) == (401, "token-missing")
            forged = await nobody.request(method, path, headers={"Authorization": "Bearer a.b.c"})
            assert (forged.status_code, forged.json()["slug"]) == (401, "token-invalid")
        for method, path in ROUTES:
            answer = await somebody.request(method, path)
            assert (answer.status_code, answer.json()["slug"]) == (403, "scope-missing")
        assert (await somebody.get("/nowhere")).status_code == 404
