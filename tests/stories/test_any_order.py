"""Nothing orders one service's facts against another's: whoever is heard first, or late, the rosters are the same."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any
from uuid import UUID

import asyncpg
import pytest
import sqlalchemy as sa
from sqlalchemy.ext.asyncio import create_async_engine

from services.cooperative.views import prospects
from services.enterprise.views import training_roster
from services.migration_service.views import standing
from services.parenting.views import children
from shared import database, projecting, schema, wire
from shared.bus import Told
from shared.hearing import Taking
from shared.published import PublicEvent
from shared.recorded import Recorded
from shared.viewing import ViewHearer
from shared.views import View
from shared.vocabulary import Occurred
from tests.houses import KENANGA, KURIPAN, TODAY
from tests.rosters import (
    Trip,
    child,
    died,
    erased,
    lives,
    merged,
    moved,
    no_kin,
    person,
    someone,
    spouse,
    unmerged,
    worker,
)
from tests.stories.conftest import Past
from tests.stories.households import IMPLIED

# ── A day late ───────────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_child_is_off_the_roster_on_its_18th_birthday_once_the_house_runs_on_that_day(past: Past) -> None:
    """It was down at midnight; nobody said anything of the child that day."""
    eve, birthday = past.birthday
    assert len(eve) == 1
    assert birthday == []


@pytest.mark.parametrize("heard", ["as told", "registry late", "trips late"])
def test_the_rosters_are_the_same_however_late_a_source_is_heard(past: Past, heard: str) -> None:
    """The same story in three villages; in two of them one of the two sources was heard late."""
    assert past.at_last[heard] == IMPLIED


@pytest.mark.parametrize("heard", ["registry late", "trips late"])
def test_while_a_source_is_unheard_nobody_is_on_a_roster(past: Past, heard: str) -> None:
    """So it was late indeed; and half of what is known names nobody."""
    assert [past.meanwhile[heard][roster] for roster in ("training", "prospects", "children")] == [{}, {}, {}]


# ── At the same instant ──────────────────────────────────────────────────────────────────────────────────────────────

FAMILIES = 250
PAIRS = 2_000
LOG_IDS = {"registry": someone(1), "migration_service": someone(2)}
VIEWS = (training_roster.VIEW, prospects.VIEW, children.VIEW, standing.VIEW)
QUERIES: dict[str, list[sa.Select[Any]]] = {
    "training_roster": [training_roster.roster(), training_roster.figures()],
    "prospects": [prospects.prospects(), prospects.figures()],
    "children": [children.children(TODAY), children.figures(TODAY)],
    "standing": [standing.figures()],
}


def family(n: int) -> tuple[list[PublicEvent], list[PublicEvent]]:
    """Eight words of the registry about the n-th family, and eight of the migration service."""
    who, partner, young, again = (someone(n << 8 | role) for role in (1, 2, 3, 6))
    trip, other = Trip(someone(n << 8 | 4), who), Trip(someone(n << 8 | 5), who, TODAY)
    as_another = Trip(someone(n << 8 | 7), again, TODAY)
    registry: list[PublicEvent] = [
        worker(who),
        person(partner),
        spouse(who, partner),
        person(young),
        child(who, young, TODAY.year - 8, partner),
        moved(who, KENANGA),
    ]
    travels: list[PublicEvent] = [
        trip.departed(),
        trip.returned("on_leave"),
        trip.leave_ended(),
        trip.leave_end_retracted(),
        trip.leave_ended(),
        trip.returned("for_good"),
    ]
    endings: list[tuple[list[PublicEvent], list[PublicEvent]]] = [
        ([moved(who, KENANGA), moved(who, KURIPAN)], [trip.return_corrected("for_good"), trip.return_retracted()]),
        ([died(who), lives(who)], [trip.return_corrected("deceased"), trip.return_corrected("for_good")]),
        ([moved(who, KURIPAN), died(who)], [trip.return_corrected("deceased"), trip.return_corrected("for_good")]),
        ([died(who), lives(who)], [trip.return_corrected("for_good"), trip.return_corrected("deceased")]),
        ([moved(who, KENANGA), no_kin(who, partner, "spouse")], [other.departed(), trip.return_corrected("for_good")]),
        ([erased(partner), died(young)], [other.departed(), other.departure_corrected(TODAY)]),
        ([moved(who, KURIPAN), erased(who)], [other.departed(), other.departure_retracted()]),
        ([died(partner), lives(partner)], [other.departed(), other.returned("on_leave", TODAY)]),
        ([worker(again), merged(again, who)], [as_another.departed(), as_another.departure_corrected(TODAY)]),
        ([merged(again, who), unmerged(again, who)], [as_another.departed(), as_another.departure_corrected(TODAY)]),
    ]
    said, travelled = endings[n % len(endings)]
    return registry + said, travels + travelled


def told(source: str, words: Sequence[PublicEvent]) -> list[Told]:
    """As they come from the bus, numbered as their log numbers them."""
    instant = datetime(2026, 11, 21, tzinfo=UTC).isoformat()
    on = Occurred(TODAY)
    said = (wire.words(word, someone(n << 2 | 3), on, someone(3), None) for n, word in enumerate(words, start=1))
    return [Told.of(LOG_IDS[source], n, instant, words.encode()) for n, words in enumerate(said, start=1)]


def _recorded(fact: Told) -> Recorded:
    """A word as its own service finds it in its log."""
    nothing: Any = None
    return Recorded(
        position=fact.number,
        stream_id=fact.event_id,
        version=1,
        event_id=fact.event_id,
        recorded_at=fact.recorded_at,
        event=nothing,
        published=fact.number,
        words=wire.words(fact.word, fact.event_id, Occurred(TODAY), fact.correlation, None) if fact.word else None,
        partition_key=fact.partition_key,
    )


@dataclass
class Rosters:
    """Every roster that stands on two services' facts, live, in one database."""

    pool: asyncpg.Pool
    engine: Any

    async def begin(self) -> None:
        """Nothing has been heard."""
        await self.pool.execute("TRUNCATE log.checkpoints, log.heard")
        for view in VIEWS:
            async with self.pool.acquire() as connection:
                await connection.execute(f'DROP SCHEMA IF EXISTS "{projecting.live_schema(view)}" CASCADE')
                await projecting.make_tables(connection, projecting.live_schema(view), view)
                await connection.executemany(
                    "INSERT INTO log.checkpoints (hearer, source, number) VALUES ($1, $2, 0)",
                    [(projecting.live_schema(view), source) for source in LOG_IDS],
                )

    async def hear(self, source: str, facts: Sequence[Told]) -> None:
        """Let every roster hear *facts*, all of them at the same time."""
        await asyncio.gather(*(self._hear(view, source, facts) for view in VIEWS))

    async def _hear(self, view: View, source: str, facts: Sequence[Told]) -> None:
        async def no_key_is_kept(_person: UUID) -> None:
            """Keys lie in another database, which this story does without."""

        log = SimpleNamespace(heard_erased=no_key_is_kept)
        runtime: Any = SimpleNamespace(
            pool=self.pool, log=log, faults={}, moved=lambda *_: None, keyed=lambda _view: None
        )
        taking = Taking(runtime, ViewHearer(runtime, view, projecting.live_schema(view)), source)
        await taking.load()
        if source in view.heard:
            await taking.take(facts, LOG_IDS[source])
        else:
            await taking.take([_recorded(fact) for fact in facts], LOG_IDS[source])

    async def said(self) -> dict[str, list[Any]]:
        """What every roster answers, and every row that lies under it."""
        said: dict[str, list[Any]] = {}
        async with self.engine.connect() as connection:
            for name, queries in QUERIES.items():
                answers = [map(dict, (await connection.execute(query)).mappings()) for query in queries]
                said[name] = [sorted(answer, key=repr) for answer in answers]
        for view in VIEWS:
            for table in view.tables.sorted_tables:
                rows = await self.pool.fetch(f'SELECT t::text FROM "{projecting.live_schema(view)}"."{table.name}" t')
                said[table.fullname] = sorted(row[0] for row in rows)
        return said


async def test_the_rosters_are_the_same_in_either_order_and_at_the_same_instant(past: Past) -> None:
    """2,000 pairs, a fact of each service about the same family, on two connections at once."""
    stories = [family(n) for n in range(FAMILIES)]
    registry = told("registry", [word for said, _ in stories for word in said])
    travels = told("migration_service", [word for _, said in stories for word in said])
    assert len(registry) == len(travels) == PAIRS

    admin = await asyncpg.connect(past.house.url("postgres"))
    await admin.execute("CREATE DATABASE pairs")
    await admin.close()
    url = past.house.url("postgres", database="pairs")
    await asyncio.to_thread(schema.upgrade, url, "enterprise")
    live: dict[Any, Any] = {view.name: projecting.live_schema(view) for view in VIEWS}
    engine = create_async_engine(
        url.replace("postgresql://", "postgresql+asyncpg://", 1), execution_options={"schema_translate_map": live}
    )
    pool = await database.create_pool(url, size=2 * len(VIEWS), durable=False)
    rosters = Rosters(pool, engine)

    await rosters.begin()
    await rosters.hear("registry", registry)
    await rosters.hear("migration_service", travels)
    registry_first = await rosters.said()
    await rosters.begin()
    await rosters.hear("migration_service", travels)
    await rosters.hear("registry", registry)
    registry_last = await rosters.said()
    await rosters.begin()
    for one, other in zip(registry, travels, strict=True):
        await asyncio.gather(rosters.hear("registry", [one]), rosters.hear("migration_service", [other]))
    at_once = await rosters.said()
    await engine.dispose()
    await pool.close()

    assert registry_first == registry_last
    assert registry_first == at_once
    ending = [sum(n % 10 == kind for n in range(FAMILIES)) for kind in range(10)]
    # Abroad: 0, 4 (without a spouse), 5 (without a child), 8 (as another, who is the same); home: 1, 9; 6 was erased.
    assert len(at_once["training_roster"][0]) == ending[0] + ending[1] + ending[8] + ending[9]
    assert len(at_once["children"][0]) == ending[0] + ending[4] + ending[8]
    assert len(at_once["prospects"][0]) == ending[1] + ending[9]
    figures = ("abroad", "on_leave", "returned", "deceased")
    standings = [sum(row[figure] for row in at_once["standing"][0]) for figure in figures]
    abroad = ending[0] + ending[4] + ending[5] + ending[8]
    assert standings == [abroad, ending[7], ending[1] + ending[9], ending[2] + ending[3]]
