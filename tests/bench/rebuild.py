"""Views made anew and a subscription that catches up: events a second, beside reading and COPYing, and `eventsourcing`.

The training roster is rebuilt from two services' feeds, the trips from their own service's log, both beside the live
rows, compared with them and switched in. The subscription is a reader that was away: its tables are emptied, its
checkpoints put back to the first fact, and its process started.

Reading and COPYing is what a program must do at least: fetch the same events from the logs, and COPY the same rows into
empty tables with the same indexes. `eventsourcing` projects events into a row each, tracked in the same transaction.
"""

import time
from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any

import asyncpg
import sqlalchemy as sa

from deploy.command import rebuild
from deploy.command.calls import ENTERPRISE, MIGRATION, REGISTRY
from deploy.command.running import Running
from deploy.house import House
from services.enterprise.views import training_roster
from services.migration_service.views import trips
from shared import projecting
from shared.views import View
from tests.bench import generated, homecoming
from tests.bench.bed import Bed, address, empty_database, execute
from tests.bench.figures import Figure, Say, Sizes, Target, Turns
from tests.bench.worker import Worker, a_worker

_LIBRARY, _COPIED = "library", "copied_rows"
_WORDS = """SELECT published, event_id, recorded_at, public FROM log.events
            WHERE published IS NOT NULL ORDER BY published"""
_FACTS = "SELECT * FROM log.events ORDER BY position"
_BACK = """UPDATE log.checkpoints SET log_id = NULL, number = 0, event_id = NULL WHERE hearer = $1"""
_CAUGHT_UP = """
SELECT sum(cardinality(words)) AS words, (array_agg(cardinality(words) ORDER BY ended))[1] AS first,
       extract(epoch FROM max(ended) - min(ended))::float8 AS seconds
FROM (SELECT words, pg_xact_commit_timestamp(xmin) AS ended FROM log.heard WHERE hearer = $1) h
"""


async def measure(bed: Bed, sizes: Sizes, say: Say) -> list[Figure]:
    """Three of ours, each beside the same peers."""
    house = await bed.house()
    logs = {service: address(house, service) for service in (REGISTRY, MIGRATION)}
    await generated.write_whole(logs[REGISTRY], logs[MIGRATION], _lives(sizes))
    await homecoming.all_heard(house)
    for name in (_LIBRARY, _COPIED):
        await empty_database(partial(address, house), name)
    roster = _Views(house, ENTERPRISE, training_roster.VIEW, dict.fromkeys(logs.values(), _WORDS))
    own = _Views(house, MIGRATION, trips.VIEW, {logs[MIGRATION]: _FACTS})
    async with a_worker("peer", address(house, _LIBRARY)) as peer:
        await peer.ask("fill", events=sizes.peer_events)

        async def library() -> float:
            return await _library(peer, address(house, _LIBRARY))

        sides = {
            "roster rebuilt": roster.rebuild,
            "its rows copied": roster.copy,
            "trips rebuilt": own.rebuild,
            "their rows copied": own.copy,
            "caught up": roster.catch_up,
            "eventsourcing": library,
        }
        took = await Turns(sizes.runs, say).take("rebuild", sides)
    return [
        figure
        for key, what, ours, copied, asked in (
            ("rebuild-roster", "the training roster rebuilt", "roster rebuilt", "its rows copied", True),
            ("rebuild-own", "the trips rebuilt from their log", "trips rebuilt", "their rows copied", True),
            ("catch-up", "a subscription catches up", "caught up", "its rows copied", False),
        )
        for figure in _figures(key, what, took[ours], took[copied], took["eventsourcing"], asked=asked)
    ]


def _lives(sizes: Sizes) -> list[generated.Life]:
    return generated.lives(max(2, sizes.events // generated.EVENTS_A_LIFE))


def _figures(
    key: str, what: str, ours: list[float], copied: list[float], library: list[float], *, asked: bool
) -> list[Figure]:
    return [
        Figure(
            f"{key}-copy",
            what,
            "reading and COPYing its rows",
            "events/s",
            ours,
            copied,
            target=Target(at_least=0.3) if asked else None,
        ),
        Figure(
            f"{key}-eventsourcing",
            what,
            "eventsourcing, tracked projection",
            "events/s",
            ours,
            library,
            target=Target(at_least=20) if asked else None,
        ),
    ]


class _Views:
    """One view of one service, and what it is made of: a query for each database."""

    def __init__(self, house: House, service: str, view: View, made_of: Mapping[str, str]) -> None:
        self._house = house
        self._service = service
        self._view = view
        self._made_of = made_of
        self._url = address(house, service)
        self._live = projecting.live_schema(view)

    async def rebuild(self) -> float:
        """As an operator has it done; what was live before is dropped, outside the time that is taken."""
        async with Running(self._house.addresses, issuer=self._house.issuer).calls("operator") as calls:
            began = time.perf_counter()
            made = await rebuild.ask(calls, self._service, self._view.name)
            took = time.perf_counter() - began
            if made["differences"]:
                raise RuntimeError(f"{self._view.name} was not what the facts say")
            await rebuild.drop(calls, self._service, self._view.name)
        return float(sum(made["at"].values()) / took)

    async def copy(self) -> float:
        """The same events read, the same rows written."""
        rows = {table: await _fetch(self._url, self._query(table)) for table in self._tables}
        target = await asyncpg.connect(address(self._house, _COPIED))
        sources = [(await asyncpg.connect(url), query) for url, query in self._made_of.items()]
        try:
            await projecting.make_tables(target, self._live, self._view)
            await target.execute("CHECKPOINT")
            events = 0
            began = time.perf_counter()
            for source, query in sources:
                events += len(await source.fetch(query))
            async with target.transaction():
                for table, some in rows.items():
                    await target.copy_records_to_table(table.name, schema_name=self._live, records=some)
            return events / (time.perf_counter() - began)
        finally:
            for connection in (target, *(source for source, _ in sources)):
                await connection.close()

    async def catch_up(self) -> float:
        """From the end of the reader's first transaction to the end of its last: its process's start is not counted."""
        await homecoming.stop(self._house, self._service)
        tables = ", ".join(f'"{self._live}"."{table.name}"' for table in self._tables)
        connection = await asyncpg.connect(self._url)
        try:
            async with connection.transaction():
                await connection.execute(f"TRUNCATE {tables}")
                await connection.execute("DELETE FROM log.heard WHERE hearer = $1", self._live)
                await connection.execute(_BACK, self._live)
            await connection.execute("CHECKPOINT")
            await homecoming.start(self._house, self._service)
            await homecoming.all_heard(self._house)
            found = await connection.fetchrow(_CAUGHT_UP, self._live)
        finally:
            await connection.close()
        if found is None or not found["seconds"]:
            raise RuntimeError("it heard everything in one transaction: there is too little to measure")
        return float((found["words"] - found["first"]) / found["seconds"])

    @property
    def _tables(self) -> Sequence[sa.Table]:
        return self._view.tables.sorted_tables

    def _query(self, table: sa.Table) -> str:
        return f'SELECT * FROM "{self._live}"."{table.name}"'


async def _fetch(url: str, query: str) -> list[tuple[Any, ...]]:
    connection = await asyncpg.connect(url)
    try:
        return [tuple(row) for row in await connection.fetch(query)]
    finally:
        await connection.close()


async def _library(peer: Worker, url: str) -> float:
    await execute(url, "DROP TABLE IF EXISTS trips, roster_tracking", "CHECKPOINT")
    return float((await peer.ask("project"))["rate"])
