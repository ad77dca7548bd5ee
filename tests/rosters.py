"""What rosters are told in tests, and a real Postgres that answers for them.

A story is a list of published words as they were said. Every test that uses `roster` runs three times: with the words
heard in the order they were said, with everything the registry said heard first, and with it heard last. The answer
must be the same, so a test says it once.
"""

import atexit
import functools
import tempfile
from collections import Counter
from collections.abc import AsyncIterator, Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any, Literal
from uuid import UUID

import pytest
import pytest_asyncio
import sqlalchemy as sa
from sqlalchemy.dialects import postgresql
from sqlalchemy.ext.asyncio import AsyncConnection, create_async_engine
from sqlalchemy.pool import NullPool

from deploy.postgres import Cluster
from shared import projecting
from shared.published import PublicEvent, migration_service, registry
from shared.published.migration_service import Standing, TripWord
from shared.recorded import Recorded
from shared.views import Change, View
from shared.vocabulary import Precision

KURIPAN = "33.07.10.2004"
KENANGA = "32.12.16.2004"

_DIALECT = postgresql.dialect()  # type: ignore[no-untyped-call]

DELIVERIES = ("as said", "registry first", "registry last")
Delivery = Literal["as said", "registry first", "registry last"]


# ── Words ────────────────────────────────────────────────────────────────────────────────────────────────────────────


def someone(n: int) -> UUID:
    """The n-th invented person, trip or group."""
    return UUID(int=n)


def person(who: UUID, village: str = KURIPAN) -> PublicEvent:
    return registry.PersonRegistered(person_id=who, village=village)


def worker(who: UUID, village: str = KURIPAN) -> PublicEvent:
    return registry.WorkerRegistered(person_id=who, village=village)


def spouse(of: UUID, who: UUID) -> PublicEvent:
    return registry.KinRecorded(person_id=of, village=KURIPAN, relative_id=who, relation="spouse")


def child(
    of: UUID, who: UUID, birth_year: int | None, guardian: UUID | None = None, *, of_age: bool = False
) -> PublicEvent:
    return registry.KinRecorded(
        person_id=of,
        village=KURIPAN,
        relative_id=who,
        relation="child",
        birth_year=birth_year,
        of_age=of_age,
        guardian_id=guardian,
    )


def no_kin(of: UUID, who: UUID, relation: Literal["spouse", "child"]) -> PublicEvent:
    return registry.KinRetracted(person_id=of, village=KURIPAN, relative_id=who, relation=relation)


def came_of_age(who: UUID) -> PublicEvent:
    return registry.PersonCameOfAge(person_id=who, village=KURIPAN)


def died(who: UUID, on: date = date(2025, 3, 1)) -> PublicEvent:
    return registry.PersonDied(person_id=who, village=KURIPAN, died_on=on, precision="day")


def lives(who: UUID) -> PublicEvent:
    return registry.PersonDeathRetracted(person_id=who, village=KURIPAN)


def erased(who: UUID) -> PublicEvent:
    return registry.PersonErased(person_id=who, village=KURIPAN)


def merged(who: UUID, into: UUID) -> PublicEvent:
    return registry.PersonMerged(person_id=who, village=KURIPAN, into=into)


def unmerged(who: UUID, into: UUID) -> PublicEvent:
    return registry.PersonUnmerged(person_id=who, village=KURIPAN, into=into)


def moved(who: UUID, village: str) -> PublicEvent:
    return registry.PersonMoved(person_id=who, village=village)


@dataclass(frozen=True, slots=True)
class Trip:
    """One trip of a worker and the words that can be said of it."""

    trip_id: UUID
    worker_id: UUID
    departed_on: date = date(2024, 1, 1)
    precision: Precision = "day"

    def departed(self) -> PublicEvent:
        return self._say(
            migration_service.WorkerDeparted, "abroad", self.departed_on, since_precision=self.precision, country="TW"
        )

    def departure_retracted(self) -> PublicEvent:
        return self._say(migration_service.WorkerDepartureRetracted, "retracted", self.departed_on)

    def departure_corrected(self, to: date, standing: Standing = "abroad") -> PublicEvent:
        other = Trip(self.trip_id, self.worker_id, to)
        return other._say(migration_service.WorkerDepartureCorrected, standing, to, country="TW")

    def returned(
        self, standing: Standing = "for_good", since: date = date(2025, 1, 1), precision: Precision = "day"
    ) -> PublicEvent:
        return self._say(migration_service.WorkerReturned, standing, since, since_precision=precision)

    def return_corrected(self, standing: Standing, since: date = date(2025, 1, 1)) -> PublicEvent:
        return self._say(migration_service.WorkerReturnCorrected, standing, since)

    def return_retracted(self) -> PublicEvent:
        return self._say(migration_service.WorkerReturnRetracted, "abroad", self.departed_on)

    def leave_ended(self, since: date = date(2025, 2, 1)) -> PublicEvent:
        return self._say(migration_service.WorkerLeaveEnded, "abroad", since)

    def leave_end_retracted(self, since: date = date(2025, 1, 1)) -> PublicEvent:
        return self._say(migration_service.WorkerLeaveEndRetracted, "on_leave", since)

    def _say(self, word: type[TripWord], standing: Standing, since: date, **more: Any) -> PublicEvent:
        return word(
            trip_id=self.trip_id,
            worker_id=self.worker_id,
            village=KURIPAN,
            departed_on=self.departed_on,
            departed_precision=self.precision,
            standing=standing,
            since=since,
            **({"since_precision": "day"} | more),
        )


# ── The roster ───────────────────────────────────────────────────────────────────────────────────────────────────────


@dataclass(slots=True)
class Roster:
    """A view's tables on a real Postgres, told words one way or another."""

    connection: AsyncConnection
    delivery: Delivery

    async def hear(self, view: View, *words: PublicEvent) -> None:
        """Begin anew and hear *words*: each service's in its order, numbered as its log numbers them."""
        await self._begin(view)
        numbers: Counter[str] = Counter()
        said: list[list[Change]] = []
        of_registry: list[Change] = []
        of_others: list[Change] = []
        for word in words:
            numbers[word.service] += 1
            changes = list(view.heard[word.service](word, numbers[word.service]))
            said.append(changes)
            (of_registry if word.service == "registry" else of_others).extend(changes)
        match self.delivery:
            case "as said":
                for changes in said:
                    await self._apply(view, changes)
            case "registry first":
                await self._apply(view, of_registry)
                await self._apply(view, of_others)
            case "registry last":
                await self._apply(view, of_others)
                await self._apply(view, of_registry)

    async def change(self, view: View, changes: Sequence[Change]) -> None:
        """Begin anew and carry out *changes* in this order."""
        await self._begin(view)
        await self._apply(view, changes)

    async def follow(self, view: View, *facts: Recorded, anew: bool = True) -> None:
        """Follow the service's own log; *anew* begins with empty tables."""
        if anew:
            await self._begin(view)
        assert view.own is not None
        for fact in facts:
            await self._apply(view, list(view.own(fact)))

    async def ask(self, query: sa.Select[Any]) -> list[dict[str, Any]]:
        """Every row that the view answers."""
        return [dict(row) for row in (await self.connection.execute(query)).mappings()]

    async def scans(self, query: sa.Select[Any]) -> set[str]:
        """The tables that Postgres would read from one end to the other to answer *query*."""
        plan = (await self.connection.execute(_explain(query))).scalar_one()
        return set(_whole_scans(plan[0]["Plan"]))

    async def _apply(self, view: View, changes: Sequence[Change]) -> None:
        # Whose facts they are is not asked here: tests/architecture/test_views.py shows that no two share a row.
        await projecting.apply(await self._raw(), view.name, [("", change) for change in changes])

    async def _begin(self, view: View) -> None:
        await self.connection.execute(sa.schema.DropSchema(view.name, cascade=True, if_exists=True))
        await projecting.make_tables(await self._raw(), view.name, view)

    async def _raw(self) -> Any:
        """asyncpg's own connection, inside the transaction that ends with the test."""
        await self.connection.execute(sa.select(1))
        return (await self.connection.get_raw_connection()).driver_connection

    async def crowd(self, view: View) -> None:
        """Fill *view* with 200 villages of 50 families: a worker abroad or home, a spouse, a child of 8.

        Every fifth worker was registered twice: enough that an index pays where who stands for whom is asked.
        """
        tables = {table.name: table for table in view.tables.sorted_tables}
        members: list[dict[str, Any]] = []
        relations: list[dict[str, Any]] = []
        journeys: list[dict[str, Any]] = []
        ages: list[dict[str, Any]] = []
        merges: list[dict[str, Any]] = []
        for n in range(10_000):
            worker_id, spouse_id, child_id, trip_id = (UUID(int=n << 8 | role) for role in range(4))
            members += [
                {"person_id": worker_id, "village": crowded(n), "worker": True},
                {"person_id": spouse_id, "village": crowded(n)},
                {"person_id": child_id, "village": crowded(n)},
            ]
            relations += [
                {"person_id": worker_id, "relative_id": spouse_id, "relation": "spouse"},
                {"person_id": worker_id, "relative_id": child_id, "relation": "child"},
            ]
            if n % 5 == 0:
                merges.append({"person_id": UUID(int=n << 8 | 4), "into": worker_id})
            ages.append(
                {"person_id": child_id, "said_by": worker_id, "birth_year": 2016, "year_number": n, "number": n}
            )
            journeys.append(
                {
                    "trip_id": trip_id,
                    "worker_id": worker_id,
                    "departed_until": date(2024, 1, 1),
                    "number": n,
                    "standing": "abroad" if n // 200 % 2 else "for_good",
                    "since": date(2024, 1, 1),
                    "since_precision": "day",
                }
            )
        filled = {"people": members, "kin": relations, "trips": journeys, "ages": ages, "merged": merges}
        for name, rows in filled.items():
            if name in tables:  # a view that never reads kinship or ages keeps none
                kept = tables[name].columns.keys()
                await self.connection.execute(
                    tables[name].insert(), [{column: row.get(column) for column in kept} for row in rows]
                )
        for table in view.tables.sorted_tables:
            await self.connection.execute(sa.text(f"ANALYZE {table.fullname}"))


def crowded(n: int) -> str:
    """The village of the n-th family of a crowd."""
    return f"33.07.10.{2000 + n % 200}"


def _explain(query: sa.Select[Any]) -> sa.TextClause:
    compiled = query.compile(dialect=_DIALECT, compile_kwargs={"literal_binds": True})
    return sa.text("EXPLAIN (FORMAT JSON) " + str(compiled).replace(":", r"\:"))


def _whole_scans(node: dict[str, Any]) -> Iterable[str]:
    if node["Node Type"] == "Seq Scan":
        yield node["Relation Name"]
    for below in node.get("Plans", ()):
        yield from _whole_scans(below)


@functools.cache
def _database() -> str:
    """A cluster of its own for this run of the tests, in a folder that goes with it."""
    folder = tempfile.TemporaryDirectory(prefix="desmigratif-rosters-")
    cluster = Cluster(Path(folder.name), settings={"fsync": "off", "synchronous_commit": "off"})
    atexit.register(folder.cleanup)
    atexit.register(cluster.stop)
    cluster.start()
    return cluster.url().replace("postgresql://", "postgresql+asyncpg://", 1)


@pytest_asyncio.fixture(params=DELIVERIES)
async def roster(request: pytest.FixtureRequest) -> AsyncIterator[Roster]:
    """An empty roster; nothing that it is told stays."""
    engine = create_async_engine(_database(), poolclass=NullPool)
    async with engine.connect() as connection:
        yield Roster(connection, request.param)
        await connection.rollback()
    await engine.dispose()
