"""Appends made by hand, and a batcher that makes them durable."""

import asyncio
import uuid
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from datetime import date
from typing import Any
from uuid import UUID

import asyncpg
import orjson

from shared.log.append import Append, Batcher, NewClaim, NewEvent, Verdict


def event(stream: UUID, *, public: bool = False, data: str = "{}", person: UUID | None = None) -> NewEvent:
    event_id = uuid.uuid4()
    words = orjson.dumps({"id": str(event_id)}).decode() if public else None
    return NewEvent(stream, event_id, "Noted", 1, date(2026, 11, 21), "day", person, None, "{}", data, words)


def claim(number: str, holder: UUID, kind: str = "number") -> NewClaim:
    return NewClaim(kind, f"{kind}:{number}".encode(), holder, holder)


def release(holder: UUID, kind: str = "number") -> NewClaim:
    return NewClaim(kind, None, holder, None)


def append(
    *events: NewEvent,
    seen: Sequence[tuple[UUID, int]] = (),
    claims: Sequence[NewClaim] = (),
    command: UUID | None = None,
    body: bytes = b"body",
    answer: dict[str, Any] | None = None,
    person: UUID | None = None,
) -> Append:
    """One command; every stream it writes was seen empty unless *seen* says otherwise."""
    streams = dict(seen)
    for one in events:
        streams.setdefault(one.stream_id, 0)
    said = orjson.dumps(answer or {"id": str(uuid.uuid4())})
    return Append(command or uuid.uuid4(), body, said, person, tuple(streams.items()), events, claims)


class Writer:
    """A batcher that can be held back, so that what is given to it meanwhile goes in one call."""

    def __init__(self, url: str, log_id: UUID | None = None) -> None:
        self.batches: list[int] = []
        self.batcher = Batcher(url, log_id, self._connected, lambda: None)
        self._url = url
        self._task: asyncio.Task[None] | None = None

    async def _connected(self, _connection: asyncpg.Connection) -> None:
        """Any log will do."""

    def go(self) -> None:
        self._task = self._task or asyncio.create_task(self.batcher.run())

    async def together(self, *appends: Append) -> list[Verdict]:
        """What was said to each of them; all waited when the batcher began."""
        waiting = [asyncio.create_task(self.batcher.append(one)) for one in appends]
        await asyncio.sleep(0)
        self.go()
        return await asyncio.gather(*waiting)

    async def one(self, only: Append) -> Verdict:
        (verdict,) = await self.together(only)
        return verdict

    async def rest(self) -> None:
        """End what runs; the next appends wait for `go`."""
        if self._task:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)
            self._task = None

    async def rows(self, query: str, *arguments: object) -> list[asyncpg.Record]:
        connection = await asyncpg.connect(self._url)
        try:
            found: list[asyncpg.Record] = await connection.fetch(query, *arguments)
            return found
        finally:
            await connection.close()


@asynccontextmanager
async def a_writer(url: str, log_id: UUID | None = None) -> AsyncIterator[Writer]:
    writer = Writer(url, log_id)
    try:
        yield writer
    finally:
        await writer.rest()
