"""Invented lives, written into logs many at a time as the services themselves would have written them.

Their particulars are erased, so that no key is needed; all else (facts, words, columns) is made by the services' own
code. Whoever runs on such a log sees nothing unusual.
"""

import uuid
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

import asyncpg
import orjson

from services.migration_service.domain import service_file, trip
from services.migration_service.main import SERVICE as MIGRATION
from services.registry.domain import person
from services.registry.main import SERVICE as REGISTRY
from shared import wire
from shared.codec import Catalogue
from shared.decider import DomainEvent
from shared.personal import Erased
from shared.service import Service
from shared.vocabulary import Occurred
from tests.bench.figures import Texts

ABROAD, HOME = Occurred(date(2024, 3, 1), "day"), Occurred(date(2026, 3, 1), "day")
KNOWN = Occurred(date(2024, 1, 15), "day")

EVENTS_A_LIFE = 4
"""That others hear: registered, a worker, departed, returned."""
_AT_ONCE = 5_000
_META = {"caller": "bench", "command": str(UUID(int=1)), "correlation": str(UUID(int=1))}
_LOG = """SELECT coalesce(max(position), 0) AS position, coalesce(max(published), 0) AS published,
            greatest(max(recorded_at), clock_timestamp()) AS instant FROM log.events"""

Row = tuple[Any, ...]
Fact = tuple[UUID, int, DomainEvent]
"""A stream, the version there, and what happened."""


@dataclass(frozen=True, slots=True)
class Life:
    """A worker and one trip."""

    worker_id: UUID
    trip_id: UUID
    village: str


def lives(how_many: int) -> list[Life]:
    """New ones, a hundred a village, ten villages a district, fifty districts a regency."""
    return [Life(uuid.uuid4(), uuid.uuid4(), village(n // 100)) for n in range(how_many)]


def village(n: int) -> str:
    """The code of the n-th village."""
    return f"{11 + n // 20_000}.{1 + n // 500 % 40:02d}.{1 + n // 10 % 50:02d}.{2001 + n % 10}"


def registered(life: Life) -> Iterator[Fact]:
    """What the registry has of a worker."""
    who, where = life.worker_id, life.village
    nobody = Erased()
    yield (
        who,
        1,
        person.PersonRegistered(
            occurred=KNOWN, person_id=who, village=where, full_name=nobody, nik=nobody, birth_date=None
        ),
    )
    yield who, 2, person.WorkerRegistered(occurred=KNOWN, person_id=who, village=where)


def departed(life: Life) -> Iterator[Fact]:
    """What the migration service has of a worker who left."""
    file = service_file.ServiceFileOpened(occurred=KNOWN, worker_id=life.worker_id, village=life.village)
    yield service_file.stream_id(life.worker_id), 1, file
    yield (
        life.trip_id,
        1,
        trip.Departed(
            occurred=ABROAD,
            worker_id=life.worker_id,
            trip=trip.TripFacts(
                trip_id=life.trip_id, village=life.village, departed=ABROAD, standing="abroad", since=ABROAD
            ),
            country="TW",
            decree=None,
            contract_date=None,
            scheme="p_to_p",
            sector="formal",
            procedure="procedural",
        ),
    )


def returned(life: Life) -> Iterator[Fact]:
    """And who came home."""
    yield (
        life.trip_id,
        2,
        trip.Returned(
            occurred=HOME,
            worker_id=life.worker_id,
            trip=trip.TripFacts(
                trip_id=life.trip_id, village=life.village, departed=ABROAD, standing="for_good", since=HOME
            ),
            reason="contract_ended",
        ),
    )


async def write(url: str, service: Service, facts: Iterable[Fact]) -> int:
    """Append *facts* to the log at *url*, under its lock, while whoever else writes goes on; how many were written."""
    rows = _rows(service, facts)
    written = 0
    connection = await asyncpg.connect(url)
    try:
        while some := [row for _, row in zip(range(_AT_ONCE), rows, strict=False)]:
            await _append(connection, some)
            written += len(some)
        await connection.execute("VACUUM (ANALYZE) log.events")
    finally:
        await connection.close()
    return written


async def write_departed(url: str, some: Sequence[Life]) -> None:
    """Let them leave, in the migration service's log."""
    await write(url, MIGRATION, (fact for life in some for fact in departed(life)))


async def write_abroad(registry_url: str, migration_url: str, some: Sequence[Life]) -> None:
    """They are registered, and left; the trips first, so that the migration service has nothing to do when it hears."""
    await write_departed(migration_url, some)
    await write(registry_url, REGISTRY, (fact for life in some for fact in registered(life)))


async def write_whole(registry_url: str, migration_url: str, some: Sequence[Life]) -> None:
    """The same, and came home."""
    await write(migration_url, MIGRATION, (fact for life in some for fact in (*departed(life), *returned(life))))
    await write(registry_url, REGISTRY, (fact for life in some for fact in registered(life)))


def a_return() -> Texts:
    """The row of a return, for who writes rows that nobody reads."""
    (row,) = _rows(MIGRATION, returned(lives(1)[0]))
    return Texts(row[8], row[9], row[10])


def _rows(service: Service, facts: Iterable[Fact]) -> Iterator[Row]:
    catalogue = Catalogue(service.events)
    meta = orjson.dumps(_META).decode()
    for stream_id, version, event in facts:
        event_id = uuid.uuid4()
        encoded = catalogue.encode(event, event_id, None)
        word = service.publish(event) if service.publish else None
        said = wire.words(word, event_id, event.occurred, UUID(int=1), None) if word else None
        yield (
            stream_id,
            version,
            event_id,
            event.name,
            event.schema_version,
            event.occurred.on,
            event.occurred.precision,
            encoded.person_id,
            meta,
            encoded.data,
            said,
        )


async def _append(connection: asyncpg.Connection, rows: Sequence[Row]) -> None:
    async with connection.transaction():
        await connection.execute("SELECT pg_advisory_xact_lock(7001)")
        end = await connection.fetchrow(_LOG)
        if end is None:
            raise RuntimeError("an aggregate answers one row")
        position, number, instant = end
        records = []
        for stream_id, version, event_id, name, schema, on, precision, about, meta, data, said in rows:
            position, number = position + 1, number + (said is not None)
            published = number if said is not None else None
            fact = (stream_id, version, event_id, name, schema, on, precision, instant, about, None)
            records.append((position, *fact, meta, data, published, said))
        await connection.copy_records_to_table("events", schema_name="log", records=records)


# ── Logs of millions ─────────────────────────────────────────────────────────────────────────────────────────────────


async def grow(url: str, events: int) -> None:
    """Fill the empty log at *url* with so many events: a few thousand as above, the rest copies with ids of their own.

    PostgreSQL makes the copies (a million takes about a quarter of a minute), and a command for each.
    """
    few = min(events, 10_000)
    facts = (fact for life in lives(few // 3 + 1) for fact in (*departed(life), *returned(life)))
    await write(url, MIGRATION, (fact for _, fact in zip(range(few), facts, strict=False)))
    connection = await asyncpg.connect(url)
    try:
        await connection.execute("SET maintenance_work_mem = '1GB'")
        await connection.execute("SET synchronous_commit = off")
        constraints = await connection.fetch(_CONSTRAINTS)
        indexes = await connection.fetch(_INDEXES)
        for row in constraints:
            await connection.execute(f'ALTER TABLE log.{row["of"]} DROP CONSTRAINT "{row["name"]}"')
        for row in indexes:
            await connection.execute(f'DROP INDEX log."{row["name"]}"')
        numbered = await connection.fetchval("SELECT max(published) FROM log.events")
        # Beside the log: without an index every copy would look through all copies before it.
        await connection.execute("CREATE TEMPORARY TABLE few AS SELECT * FROM log.events")
        for copies in range(1, -(-events // few)):
            await connection.execute(_COPY, copies, few, numbered, events)
        await connection.execute(_COMMANDS)
        for row in constraints:
            await connection.execute(f'ALTER TABLE log.{row["of"]} ADD CONSTRAINT "{row["name"]}" {row["definition"]}')
        for row in indexes:
            await connection.execute(row["definition"])
        for table in ("events", "commands"):
            await connection.execute(f"VACUUM (ANALYZE) log.{table}")
    finally:
        await connection.close()


_CONSTRAINTS = """
SELECT conrelid::regclass::text, split_part(conrelid::regclass::text, '.', 2) AS of, conname AS name,
       pg_get_constraintdef(oid) AS definition
FROM pg_constraint WHERE conrelid IN ('log.events'::regclass, 'log.commands'::regclass) AND contype IN ('p', 'u')
"""

_INDEXES = """
SELECT c.relname AS name, pg_get_indexdef(i.indexrelid) AS definition
FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid
WHERE i.indrelid IN ('log.events'::regclass, 'log.commands'::regclass)
  AND NOT EXISTS (SELECT 1 FROM pg_constraint WHERE conindid = i.indexrelid)
"""

_COPY = """
INSERT INTO log.events
SELECT e.position + $1::int * $2::int, md5($1::int || 'stream' || e.stream_id)::uuid, e.version, n.id, e.type,
       e.schema_version, e.occurred_on, e.occurred_precision, e.recorded_at, e.person_id, e.key_id, e.meta, e.data,
       e.published + $1::int * $3::bigint, replace(e.public, e.event_id::text, n.id::text)
FROM few e, LATERAL (SELECT md5($1::int || 'event' || e.event_id)::uuid AS id) n
WHERE e.position + $1::int * $2::int <= $4::bigint
ORDER BY e.position
"""

_COMMANDS = """
INSERT INTO log.commands
SELECT gen_random_uuid(), decode(md5(event_id::text) || md5(event_id::text), 'hex'), position, coalesce(published, 0),
       '{"status": 201, "body": {}, "version": 2, "warnings": []}', person_id, recorded_at
FROM log.events
"""
