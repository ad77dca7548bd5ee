"""From a return to the rosters that show it, beside the floor: two durable commits, one JetStream publish and delivery.

Ours as ``GET /operations/propagation`` defines it, over the returns of one measurement: from a fact's *recorded_at* to
the commit of the transaction that moved the hearer's checkpoint past it, the slower of enterprise and cooperative. The
floor (`tests.bench.floor`) runs on the same PostgreSQL and NATS, at the same rate, with as many hearers that commit.
"""

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from dataclasses import dataclass, field
from functools import partial

import asyncpg
import nats
from nats.js.errors import NotFoundError

from deploy import SERVICES
from deploy.command.calls import COOPERATIVE, ENTERPRISE, MIGRATION
from deploy.house import House
from deploy.nats import operator_of
from tests.bench import floor, generated, homecoming
from tests.bench.bed import Bed, address, empty_database, execute
from tests.bench.figures import Figure, Say, Sizes, Target, Turns, percentile
from tests.bench.worker import Worker, a_worker

_ROSTERS = (ENTERPRISE, COOPERATIVE)
_ASKED = 100
"""The rate at which something is asked of it, in returns a second."""
_FLOOR = "floor"
_CREATED = "201"
_HEARD_WITHIN_SECONDS = 120.0
_LOOK_SECONDS = 0.05

_OURS = """
SELECT extract(epoch FROM pg_xact_commit_timestamp(h.xmin) - w.recorded)::float8 * 1000 AS ms
FROM log.heard h, unnest(h.words, h.recorded) AS w(word, recorded)
WHERE w.word = 'WorkerReturned' AND w.recorded >= $1
  AND h.hearer = (SELECT min(hearer) FROM log.heard WHERE 'WorkerReturned' = ANY(words))
"""
_THEIRS = """
SELECT hearer, extract(epoch FROM pg_xact_commit_timestamp(xmin) - at)::float8 * 1000 AS ms
FROM heard WHERE number >= $1
"""


@dataclass(slots=True)
class _Measured:
    """Milliseconds, run by run."""

    p50: list[float] = field(default_factory=list)
    p99: list[float] = field(default_factory=list)

    def add(self, hearers: list[list[float]]) -> float:
        """What the slower of *hearers* took."""
        slower = max(hearers, key=lambda took: percentile(took, 0.5))
        self.p50.append(percentile(slower, 0.5))
        self.p99.append(max(percentile(took, 0.99) for took in hearers))
        return self.p50[-1]


async def measure(bed: Bed, sizes: Sizes, say: Say) -> list[Figure]:
    """Two figures for each rate: the median, and the 99th percentile beside the floor's median."""
    house = await bed.house()
    figures = []
    async with a_worker("asking") as asking, _a_floor(house) as floors:
        for rate in sizes.rates:
            how_many = max(2, int(rate * sizes.rate_seconds))
            waiting = await homecoming.abroad(house, (sizes.runs + 1) * how_many)
            measured, least = _Measured(), _Measured()

            async def ours(
                rate: int = rate, how_many: int = how_many, waiting: list[str] = waiting, into: _Measured = measured
            ) -> float:
                return into.add(await _ours(house, asking, [waiting.pop() for _ in range(how_many)], rate))

            async def theirs(rate: int = rate, how_many: int = how_many, into: _Measured = least) -> float:
                return into.add(await floors.measure(how_many, rate))

            if sizes.careful:
                await _ours(house, asking, [waiting.pop() for _ in range(how_many)], rate)
                await floors.measure(how_many, rate)
            what = f"propagation, {rate} returns/s"
            await Turns(sizes.runs, say).take(what, {"ours": ours, "floor": theirs})
            asked = rate == _ASKED
            figures += [
                Figure(
                    f"propagation-{rate}-p50",
                    f"{what}, p50",
                    "the floor's p50",
                    "ms",
                    measured.p50,
                    least.p50,
                    more_is_better=False,
                    target=Target(at_most=3) if asked else None,
                ),
                Figure(
                    f"propagation-{rate}-p99",
                    f"{what}, p99",
                    "the floor's p50",
                    "ms",
                    measured.p99,
                    least.p50,
                    more_is_better=False,
                    target=Target(at_most=25) if asked else None,
                ),
            ]
    return figures


async def _ours(house: House, asking: Worker, requests: list[str], rate: int) -> list[list[float]]:
    """Milliseconds by roster."""
    connections = [await asyncpg.connect(address(house, service)) for service in _ROSTERS]
    try:
        began = await connections[0].fetchval("SELECT clock_timestamp()")
        answer = await asking.ask(
            "steadily",
            url=house.addresses[MIGRATION] + "/returns",
            token=homecoming.token(house),
            bodies=requests,
            rate=rate,
            run=homecoming.run(),
        )
        if set(answer["statuses"]) != {_CREATED}:
            raise RuntimeError(f"returns were answered {answer['statuses']}")
        await homecoming.all_heard(house)
        return [[row["ms"] for row in await connection.fetch(_OURS, began)] for connection in connections]
    finally:
        for connection in connections:
            await connection.close()


@dataclass(slots=True)
class _Floors:
    """The floor's programs, as many hearers as a return has."""

    url: str
    writer: Worker
    hearers: int
    said: int = 0

    async def measure(self, how_many: int, rate: int) -> list[list[float]]:
        """Milliseconds by hearer."""
        first, self.said = self.said, self.said + how_many
        words = generated.a_return().public
        await self.writer.ask("say", first=first, how_many=how_many, rate=rate, words=words)
        until = time.monotonic() + _HEARD_WITHIN_SECONDS
        connection = await asyncpg.connect(self.url)
        try:
            while len(rows := await connection.fetch(_THEIRS, first)) < how_many * self.hearers:
                if time.monotonic() > until:
                    raise RuntimeError("the floor's hearers do not hear everything")
                await asyncio.sleep(_LOOK_SECONDS)
        finally:
            await connection.close()
        return [[row["ms"] for row in rows if row["hearer"] == hearer] for hearer in range(len(_ROSTERS))]


@asynccontextmanager
async def _a_floor(house: House) -> AsyncIterator[_Floors]:
    """A database and a stream of its own, a writer and hearers."""
    url = await empty_database(partial(address, house), _FLOOR)
    bus = house.url("nats", user=operator_of(ENTERPRISE))
    await execute(url, *floor.TABLES)
    client = await nats.connect(bus)
    jetstream = client.jetstream()
    try:
        await jetstream.add_stream(name=floor.STREAM, subjects=[floor.SUBJECT])
        async with AsyncExitStack() as running:
            hearers = await _hearers(house)
            workers = [await running.enter_async_context(a_worker("floor")) for _ in range(hearers + 1)]
            for worker in workers:
                await worker.ask("be", database=url, bus=bus)
            for n, worker in enumerate(workers[1:]):
                await worker.ask("hear", hearer=n)
            yield _Floors(url, workers[0], hearers)
    finally:
        with suppress(NotFoundError):  # it may not have been made
            await jetstream.delete_stream(floor.STREAM)
        await client.close()


async def _hearers(house: House) -> int:
    """How many subscriptions of the other services hear of a return; its own service's views follow its log."""
    count = 0
    for service in set(SERVICES) - {MIGRATION}:
        connection = await asyncpg.connect(address(house, service))
        try:
            count += await connection.fetchval("SELECT count(*) FROM log.checkpoints WHERE source = $1", MIGRATION)
        finally:
            await connection.close()
    return count
