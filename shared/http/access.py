"""Who may do what (P8): bearer tokens of any issuer by its JWKS, scopes by role, data by area."""

import asyncio
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import aiohttp
import orjson
import structlog
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet

from shared import clock
from shared.errors import Refusal
from shared.execute import Caller

log = structlog.get_logger()

TOKEN_MISSING = Refusal(
    "token-missing", 401, "This route needs a bearer token.", "Alamat ini memerlukan token (Bearer)."
)
TOKEN_INVALID = Refusal(
    "token-invalid", 401, "The token is forged, expired, or of another issuer.",
    "Token palsu, kedaluwarsa, atau dari penerbit lain.",
)  # fmt: skip
SCOPE_MISSING = Refusal(
    "scope-missing", 403, "Your roles do not allow this.", "Peran Anda tidak mengizinkan tindakan ini."
)

_SERVICES = ("registry", "migration_service", "enterprise", "parenting", "cooperative")
_READ = frozenset(f"{service}:read" for service in _SERVICES)
_WRITE = frozenset(f"{service}:write" for service in _SERVICES)
_PROGRAMME = frozenset({"programme:write"})
"""What the programme does, of a village, of a regency, or of the whole country: that a village is proposed and that
work began there, partners, what they promised, and coordination meetings.

Which villages the programme takes the ministry alone decides (``villages:designate``). What comes before and after is
said by whoever knows it first: a village that applies, its regency, or the office, which may say the less where it may
say the more. Who keeps persons' data for another reason, as the data protection officer does, says nothing of it.
"""

SCOPES_OF: Mapping[str, frozenset[str]] = {
    # petugas Desmigratif: keeps one village's data
    "village-officer": _READ | _WRITE | _PROGRAMME,
    # koordinator Desmigratif at the regency's labour office
    "regency-coordinator": _READ | _WRITE | _PROGRAMME,
    # the ministry's programme office: designates villages, has partners and holds meetings
    "programme-office": _READ | _PROGRAMME | {"villages:designate"},
    # petugas PDP (UU 27/2022 Ps 53): places and lifts what forbids an erasure
    "data-protection-officer": _READ | {"registry:write", "holds:read", "holds:write"},
    # a regency's or BP3MI's system: lists
    "integrator": _READ | _WRITE | _PROGRAMME,
    # one of the five
    "service": frozenset({"feed"}),
    # who runs the house; sees positions and ids, no person
    "operator": frozenset({"feed", "operate"}),
}
"""The scopes of each role. An unknown role has none."""

_ALGORITHMS = ["ES256", "EdDSA", "Ed25519", "RS256", "PS256"]
_ISSUER = aiohttp.ClientTimeout(total=5.0)
_REFETCH_SECONDS = 30.0
_LEEWAY_SECONDS = 30
_CACHED = 4096
_PROVES_NOTHING = (JoseError, ValueError, TypeError, AttributeError, KeyError)
"""A forged token can hold anything where something certain is expected."""


class TokenInvalid(Exception):
    """A token that proves nothing."""


class Tokens:
    """Checks tokens against one issuer's public keys, fetched from a file or an address and again when they change."""

    def __init__(self, jwks: str, issuer: str, audience: str) -> None:
        self._jwks = jwks
        self._claims = jwt.JWTClaimsRegistry(
            leeway=_LEEWAY_SECONDS,
            iss={"essential": True, "value": issuer},
            aud={"essential": True, "value": audience},
            sub={"essential": True},
            exp={"essential": True},
        )
        self._keys: KeySet | None = None
        self._fetched = 0.0
        self._known: dict[str, tuple[float, Caller]] = {}
        self._fetching = asyncio.Lock()

    async def caller(self, token: str) -> Caller:
        """Who shows *token*; `TokenInvalid` if it proves nothing."""
        known = self._known.get(token)
        if known and clock.now().timestamp() < known[0]:
            return known[1]
        claims = await self._verified(token)
        caller = _caller(claims)
        if len(self._known) >= _CACHED:
            self._known.clear()
        self._known[token] = (float(claims["exp"]), caller)
        return caller

    async def _verified(self, token: str) -> dict[str, Any]:
        try:
            return self._decode(token, await self._key_set())
        except _PROVES_NOTHING:
            # The issuer may have changed its keys; ask it again, but not for every forged token.
            if time.monotonic() - self._fetched < _REFETCH_SECONDS:
                raise TokenInvalid from None
        try:
            return self._decode(token, await self._key_set(anew=True))
        except _PROVES_NOTHING as error:
            raise TokenInvalid from error

    def _decode(self, token: str, keys: KeySet) -> dict[str, Any]:
        decoded = jwt.decode(token, keys, algorithms=_ALGORITHMS)
        self._claims.validate(decoded.claims)
        return decoded.claims

    async def _key_set(self, *, anew: bool = False) -> KeySet:
        async with self._fetching:
            if self._keys is None or anew:
                self._fetched = time.monotonic()
                if self._jwks.startswith(("http://", "https://")):
                    async with (
                        aiohttp.ClientSession(timeout=_ISSUER, raise_for_status=True) as session,
                        session.get(self._jwks) as answer,
                    ):
                        text = await answer.read()
                else:
                    text = await asyncio.to_thread(Path(self._jwks).read_bytes)
                self._keys = KeySet.import_key_set(orjson.loads(text))
            return self._keys


def _caller(claims: Mapping[str, Any]) -> Caller:
    roles = claims.get("roles")
    area = claims.get("area")
    if not isinstance(roles, list) or not isinstance(area, str) or not area:
        raise TokenInvalid
    return Caller(str(claims["sub"]), frozenset(str(role) for role in roles), area)


def allows(caller: Caller, scope: str) -> bool:
    """Whether any of the caller's roles has *scope*."""
    return any(scope in SCOPES_OF.get(role, ()) for role in caller.roles)
