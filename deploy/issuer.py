"""The development issuer: signs the tokens of a house. In production any OIDC issuer does, by its JWKS.

Its key (ES256) is made with the house and never leaves the data folder; the public half lies beside it for the
services. Who can read the data folder can be anybody in this house.
"""

import json
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from pathlib import Path

from joserfc import jwt
from joserfc.jwk import ECKey

from deploy.secret_files import SecretFiles, write_private
from shared import clock

ISSUER = "urn:desmigratif:development-issuer"
AUDIENCE = "desmigratif"

_SERVICE_TOKEN_TTL = timedelta(hours=24)
_SERVICE_TOKEN_RENEWAL = timedelta(hours=12)


class Issuer:
    """The issuer of the house in the folder *data*; its key is made when first asked for."""

    def __init__(self, data: Path) -> None:
        self.jwks = data / "jwks.json"
        """The public key, as services read it (RFC 7517)."""
        kept = SecretFiles(data / "secrets").path("issuer.jwk.json")
        if not kept.exists():
            made = ECKey.generate_key("P-256", {"use": "sig", "alg": "ES256"}, auto_kid=True)
            write_private(kept, json.dumps(made.as_dict(private=True)))
        self._key = ECKey.import_key(json.loads(kept.read_text()))
        public = json.dumps({"keys": [self._key.as_dict(private=False)]}, indent=2)
        if not self.jwks.exists() or self.jwks.read_text() != public:
            write_private(self.jwks, public)

    def mint(self, roles: str | Sequence[str], area: str, *, subject: str, ttl: timedelta) -> str:
        """A bearer token: *subject* holds *roles* in *area* (dotted region prefix, or ``*``) from now for *ttl*."""
        issued = clock.now()
        claims = {
            "iss": ISSUER,
            "aud": AUDIENCE,
            "sub": subject,
            "roles": [roles] if isinstance(roles, str) else list(roles),
            "area": area,
            "iat": int(issued.timestamp()),
            "exp": int((issued + ttl).timestamp()),
        }
        return jwt.encode({"alg": "ES256", "kid": self._key.kid, "typ": "JWT"}, claims, self._key)


class ServiceTokens:
    """The services' own bearer tokens, each in the file that its service reads; *files* is by service."""

    def __init__(self, issuer: Issuer, files: Mapping[str, Path]) -> None:
        self._issuer = issuer
        self._files = files
        self._minted: datetime | None = None

    def renew(self) -> None:
        """Mint them if half of their life is over, or none was minted yet. By the clock: a laptop may have slept."""
        now = clock.now()
        if self._minted and now - self._minted < _SERVICE_TOKEN_RENEWAL:
            return
        for service, file in self._files.items():
            token = self._issuer.mint("service", "*", subject=f"service:{service}", ttl=_SERVICE_TOKEN_TTL)
            write_private(file, token)
        self._minted = now
