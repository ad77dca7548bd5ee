"""Persons' keys: made ahead in blocks, wrapped by the master key, destroyed to erase a person (P6).

They lie in a database of their own, whose backups may expire sooner than the log's. A block belongs to the process
that made it; a key is given once; what a dead process left of its block is never given out. So a registration costs
no second commit: the event names its key by id.
"""

import asyncio
import os
import time
from collections.abc import Iterable
from uuid import UUID

import asyncpg
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from shared import crash, ids

_BLOCK = 512
_REFILL_BELOW = 128
_CACHED = 50_000
_FORGET_SECONDS = 60.0
"""How long a key destroyed elsewhere can still be remembered here."""


class KeyRing:
    """The keys of one service's persons."""

    def __init__(self, pool: asyncpg.Pool, master_key: bytes) -> None:
        self._pool = pool
        self._master = AESGCM(master_key)
        self._block: list[tuple[UUID, bytes]] = []
        self._cache: dict[UUID, tuple[float, bytes | None]] = {}
        self._filling = asyncio.Lock()
        self._refill: asyncio.Task[None] | None = None

    async def take(self) -> tuple[UUID, bytes]:
        """A key that nobody has; its id and its bytes."""
        if len(self._block) < _REFILL_BELOW and (self._refill is None or self._refill.done()):
            self._refill = asyncio.create_task(self._fill())
        while not self._block:
            if self._refill is None or self._refill.done():
                self._refill = asyncio.create_task(self._fill())
            await asyncio.shield(self._refill)
        key_id, key = self._block.pop()
        self._cache[key_id] = (time.monotonic(), key)
        await crash.at("keys.taken")
        return key_id, key

    async def _fill(self) -> None:
        async with self._filling:
            made = [(ids.random(), os.urandom(32)) for _ in range(_BLOCK)]
            await crash.at("keys.made")
            await self._pool.execute(
                "INSERT INTO keys SELECT * FROM unnest($1::uuid[], $2::bytea[])",
                [key_id for key_id, _ in made],
                [self._wrap(key_id, key) for key_id, key in made],
            )
            await crash.at("keys.stored")
            self._block.extend(made)

    async def get(self, key_ids: Iterable[UUID]) -> dict[UUID, bytes | None]:
        """The keys by id; None where one was destroyed."""
        wanted = set(key_ids)
        oldest = time.monotonic() - _FORGET_SECONDS
        found = {k: hit[1] for k in wanted if (hit := self._cache.get(k)) and hit[0] > oldest}
        if missing := wanted - found.keys():
            rows = await self._pool.fetch("SELECT key_id, wrapped FROM keys WHERE key_id = ANY($1)", list(missing))
            wrapped = {row["key_id"]: row["wrapped"] for row in rows}
            if len(self._cache) > _CACHED:
                self._cache.clear()
            for key_id in missing:
                key = self._unwrap(key_id, wrapped[key_id]) if key_id in wrapped else None
                found[key_id] = key
                self._cache[key_id] = (time.monotonic(), key)
        return found

    async def destroy(self, key_ids: Iterable[UUID]) -> None:
        """These keys are gone, and with them what they sealed."""
        ids = list(key_ids)
        await self._pool.execute("DELETE FROM keys WHERE key_id = ANY($1)", ids)
        for key_id in ids:
            self._cache[key_id] = (time.monotonic(), None)

    def _wrap(self, key_id: UUID, key: bytes) -> bytes:
        nonce = os.urandom(12)
        return nonce + self._master.encrypt(nonce, key, key_id.bytes)

    def _unwrap(self, key_id: UUID, wrapped: bytes) -> bytes:
        return self._master.decrypt(wrapped[:12], wrapped[12:], key_id.bytes)
