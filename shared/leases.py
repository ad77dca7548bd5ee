"""Who is the active one: a row each, by the database's clock; renewed each second, good for three.

A lease makes two active ones rare, not impossible: what must not happen twice is fenced (the checkpoint moves only
from where it was read, the publish only behind the last one). No session-level lock, so a transaction-mode pooler
may stand between.
"""

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from uuid import UUID

import asyncpg
import structlog

from shared import database

_GOOD_SECONDS = 3.0
_RENEW_SECONDS = 1.0
_TRY_SECONDS = 0.25

log = structlog.get_logger()

_TAKE = """
INSERT INTO log.leases AS l
SELECT name, $2, clock_timestamp() + make_interval(secs => $3) FROM unnest($1::text[]) name ORDER BY name
ON CONFLICT (name) DO UPDATE SET holder = excluded.holder, until = excluded.until
WHERE l.holder = $2 OR l.until < clock_timestamp()
RETURNING name
"""


class Leases:
    """The leases of one process, *holder*. Each of *names* is tried for until it is held, then kept."""

    def __init__(self, pool: asyncpg.Pool, names: list[str], holder: UUID) -> None:
        self._pool = pool
        self._names = sorted(names)
        self._for_a_while: list[str] = []
        self._left: list[str] = []
        self.holder = holder
        self._until: dict[str, float] = dict.fromkeys(names, 0.0)
        self._got = asyncio.Event()
        self._renewed = time.monotonic()

    @property
    def renewing(self) -> bool:
        """Whether the database answered lately: leases run out where it does not."""
        return time.monotonic() - self._renewed < _GOOD_SECONDS + _RENEW_SECONDS

    def held(self, name: str) -> bool:
        """Whether this process holds *name* now, by its own clock, counted from before it asked."""
        return time.monotonic() < self._until.get(name, 0.0)

    async def wait(self, name: str) -> None:
        """Returns once *name* is held here."""
        while not self.held(name):
            self._got.clear()
            await self._got.wait()

    async def run(self) -> None:
        """Take, renew and try again until cancelled."""
        renewed = 0.0
        while True:
            asked = time.monotonic()
            all_of_them = asked - renewed >= _RENEW_SECONDS
            names = [n for n in self._names if n not in self._left and (all_of_them or not self.held(n))]
            if all_of_them:
                names = sorted({*names, *(n for n in self._for_a_while if self.held(n))})
            try:
                if names:
                    await self._take(names)
                    self._got.set()
                if all_of_them:
                    renewed = self._renewed = asked
            except database.LOST as error:
                log.debug("leases-not-renewed", error=type(error).__name__)
            await asyncio.sleep(_TRY_SECONDS)

    async def _take(self, names: list[str]) -> None:
        asked = time.monotonic()
        rows = await self._pool.fetch(_TAKE, names, self.holder, _GOOD_SECONDS, timeout=_GOOD_SECONDS)
        for row in rows:
            self._until[row["name"]] = asked + _GOOD_SECONDS

    @asynccontextmanager
    async def for_a_while(self, name: str) -> AsyncIterator[bool]:
        """One more lease, kept until the end of the block; whether it was to be had, asked once."""
        if name in self._for_a_while:  # a lease tells processes apart, not what one of them does twice
            yield False
            return
        self._for_a_while.append(name)
        held = False
        try:
            await self._take([name])
            held = self.held(name)
            yield held
        finally:
            self._for_a_while.remove(name)
            if held:
                await self._release(name)

    @asynccontextmanager
    async def left_to_others(self, name: str) -> AsyncIterator[None]:
        """Until the end of the block another process may have *name*, and this one does not try for it."""
        self._left.append(name)
        try:
            await self._release(name)
            yield
        finally:
            self._left.remove(name)

    async def _release(self, name: str) -> None:
        self._until[name] = 0.0
        await self._pool.execute("DELETE FROM log.leases WHERE name = $1 AND holder = $2", name, self.holder)

    async def give_up(self) -> None:
        """Let a stand-by have them at once."""
        self._until = dict.fromkeys(self._names, 0.0)
        await self._pool.execute("DELETE FROM log.leases WHERE holder = $1", self.holder)
