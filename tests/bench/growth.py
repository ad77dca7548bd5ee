"""What one thing costs as the log grows: the 95th percentile at so many events, beside the same at the fewest.

An append by itself; a stream loaded and decoded; a page of the training roster, of a district, by the query of its
route; a page of the feed. Each on databases of their own, made by PostgreSQL (`tests.bench.generated`), one call after
the other. Streams and pages are spread over all there are, and looked at once before they are measured.
"""

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from functools import partial
from typing import Any, cast
from uuid import UUID

import asyncpg
import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine

from services.enterprise.views import training_roster
from services.migration_service.main import SERVICE as MIGRATION
from shared import database, projecting
from shared.codec import Catalogue
from shared.execute import Caller
from shared.feed import PAGE
from shared.http.doors import Part, Reading
from shared.keys import KeyRing
from shared.log.append import Batcher
from shared.log.store import EventLog
from shared.runtime import Runtime
from tests.bench import appending, generated
from tests.bench.bed import Address, Bed, a_log, checkpoint
from tests.bench.figures import Figure, Say, Sizes, Target, Turns, percentile

_SCHEMA = projecting.live_schema(training_roster.VIEW)
_PLACES = 200
"""Streams and pages that are looked at."""
_LIMIT = 100
_WORDS = {1_000: "thousand", 1_000_000: "million"}
_ROWS = (
    """INSERT INTO "{schema}".people (person_id, village, worker, _of)
       SELECT id, bench_village(n / 100), true, id::text FROM bench_people""",
    """INSERT INTO "{schema}".trips (trip_id, worker_id, departed_until, number, standing, since, since_precision, _of)
       SELECT md5('trip' || n)::uuid, id, '2024-03-01', n, CASE WHEN n % 2 = 0 THEN 'for_good' ELSE 'abroad' END,
              '2026-03-01', 'day', id::text FROM bench_people""",
    """INSERT INTO "{schema}".kin (person_id, relative_id, relation, _of)
       SELECT id, md5('person' || n + 1)::uuid, 'spouse', id::text FROM bench_people WHERE n % 10 = 1""",
)
_VILLAGE = """
CREATE FUNCTION bench_village(n bigint) RETURNS text IMMUTABLE LANGUAGE sql AS $$
  SELECT concat(11 + n / 20000, '.', lpad((1 + n / 500 % 40)::text, 2, '0'), '.', lpad((1 + n / 10 % 50)::text, 2, '0'),
                '.', 2001 + n % 10) $$
"""


async def measure(bed: Bed, sizes: Sizes, say: Say) -> list[Figure]:
    """Four figures for each size but the smallest."""
    of = await bed.alone()
    figures: list[Figure] = []
    grown: dict[int, _Grown] = {}
    async with _all(of, sizes, say, grown):
        for what, key, calls in (
            ("an append", "append", _Grown.append),
            ("a stream loaded", "stream", _Grown.load),
            ("a roster page", "roster", _Grown.page),
            ("a feed page", "feed", _Grown.feed),
        ):
            sides = {
                _named(size): (lambda one=one, calls=calls: calls(one, sizes.calls)) for size, one in grown.items()
            }
            took = await Turns(sizes.runs, say).take(f"{what}, p95 in ms", sides)
            few, *more = sizes.logs
            figures += [
                Figure(
                    f"growth-{key}-{size}",
                    f"{what} at {_named(size)} events, p95",
                    f"at {_named(few)}",
                    "ms",
                    took[_named(size)],
                    took[_named(few)],
                    more_is_better=False,
                    target=Target(at_most=1.3) if size == sizes.logs[-1] else None,
                )
                for size in more
            ]
    return figures


def _named(size: int) -> str:
    unit = max((unit for unit in _WORDS if size >= unit), default=1)
    return f"{size // unit} {_WORDS[unit]}" if unit > 1 else str(size)


@asynccontextmanager
async def _all(of: Address, sizes: Sizes, say: Say, grown: "dict[int, _Grown]") -> AsyncIterator[None]:
    """A log of each size, and a roster with as many people as it has facts for."""
    try:
        for size in sizes.logs:
            began = time.monotonic()
            grown[size] = await _grow(of, size)
            say(f"a log of {_named(size)} events made in {time.monotonic() - began:.0f} s")
        yield
    finally:
        for one in grown.values():
            await one.close()


async def _grow(of: Address, size: int) -> "_Grown":
    name = f"grown_{size}"
    url = await a_log(of, name)
    await generated.grow(url, size)
    connection = await asyncpg.connect(url)
    try:
        await projecting.make_tables(connection, _SCHEMA, training_roster.VIEW)
        await connection.execute(_VILLAGE)
        people = max(1, size // generated.EVENTS_A_LIFE)
        await connection.execute(
            f"CREATE TEMPORARY TABLE bench_people AS "
            f"SELECT n, md5('person' || n)::uuid AS id FROM generate_series(0, {people - 1}) n"
        )
        for rows in _ROWS:
            await connection.execute(rows.format(schema=_SCHEMA))
        for table in training_roster.VIEW.tables.sorted_tables:
            await connection.execute(f'VACUUM (ANALYZE) "{_SCHEMA}"."{table.name}"')
        streams = await connection.fetch(_STREAMS, _spread(size, first=1))
        published = await connection.fetchval("SELECT max(published) FROM log.events")
    finally:
        await connection.close()
    pool = await database.create_pool(url, size=2)
    keys = KeyRing(pool, bytes(32))  # no field is sealed, so no key is asked for
    log = EventLog(pool, bytes(32), Catalogue(MIGRATION.events), keys)
    engine = create_async_engine(
        url.replace("postgresql://", "postgresql+asyncpg://", 1),
        isolation_level="AUTOCOMMIT",
        execution_options={"schema_translate_map": {training_roster.VIEW.name: _SCHEMA}},
    )
    batcher = Batcher(url, None, _any_log, lambda: None)
    villages = [generated.village(n // 100) for n in _spread(people)]
    return _Grown(
        url,
        log,
        engine,
        batcher,
        asyncio.create_task(batcher.run()),
        [row["stream_id"] for row in streams],
        [village.rpartition(".")[0] for village in villages],
        published,
    )


_STREAMS = "SELECT DISTINCT stream_id FROM log.events WHERE position = ANY($1::bigint[])"


def _spread(over: int, first: int = 0) -> list[int]:
    """Numbers from *first* on, as far from one another as *over* of them allow."""
    return [first + n * over // _PLACES for n in range(_PLACES)]


async def _any_log(_connection: object) -> None:
    """It is looked at by nobody else."""


@dataclass(slots=True)
class _Grown:
    """A log of one size, its reader and its writer, and what is looked at there."""

    url: str
    log: EventLog
    engine: AsyncEngine
    batcher: Batcher
    appending: "asyncio.Task[None]"
    streams: list[UUID]
    districts: list[str]
    published: int

    async def close(self) -> None:
        self.appending.cancel()
        await asyncio.gather(self.appending, return_exceptions=True)
        await self.engine.dispose()
        await self.log.pool.close()

    async def append(self, calls: int) -> float:
        """One at a time, each a stream of its own; a checkpoint at the beginning and one in the middle."""
        took: list[float] = []
        texts = generated.a_return()
        for half in (calls // 2, calls - calls // 2):
            writing = asyncio.create_task(checkpoint(self.url))
            took += [await _took(lambda: self.batcher.append(appending.one(texts))) for _ in range(half)]
            await writing
        return percentile(took, 0.95)

    async def load(self, calls: int) -> float:
        """A stream, its events opened."""
        return await self._each(self.streams, calls, self.log.history)

    async def page(self, calls: int) -> float:
        """The first page of a district's roster, for somebody who sees the whole country."""
        reading = Reading(cast("Runtime", _Asked(self.engine)), Caller("bench", frozenset(), "*"))

        async def page(district: str) -> object:
            return await reading.page(
                training_roster.roster(),
                key=training_roster.KEY,
                paging=Part(district, None, _LIMIT),
                village=training_roster.VILLAGE,
            )

        return await self._each(self.districts, calls, page)

    async def feed(self, calls: int) -> float:
        """A whole page, from anywhere."""
        last = max(1, self.published - PAGE)
        return await self._each(_spread(last), calls, lambda after: self.log.said(after, PAGE))

    @staticmethod
    async def _each(places: list[Any], calls: int, look: Callable[[Any], Awaitable[object]]) -> float:
        for place in places:
            await look(place)
        return percentile([await _took(partial(look, places[n % len(places)])) for n in range(calls)], 0.95)


@dataclass(frozen=True, slots=True)
class _Asked:
    """As much of a running service as a read asks for."""

    engine: AsyncEngine

    async def rows(self, query: sa.Select[Any]) -> list[sa.RowMapping]:
        async with self.engine.connect() as connection:
            return list((await connection.execute(query)).mappings())


async def _took(call: Callable[[], Awaitable[object]]) -> float:
    """Milliseconds."""
    began = time.perf_counter()
    await call()
    return (time.perf_counter() - began) * 1000
