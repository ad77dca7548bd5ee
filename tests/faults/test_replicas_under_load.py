"""While workers come home one after the other, their services are scaled, restarted, paused and their views rebuilt.

``DESMIGRATIF_TEST_RATE`` is how many come home each second (by default as many as leave a small machine room for
everything else that goes on in these tests).
"""

import asyncio
import os
import signal
import time
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import pytest
import pytest_asyncio

from deploy.command import rebuild, verify
from deploy.command.calls import COOPERATIVE, ENTERPRISE, MIGRATION, PARENTING, REGISTRY, SERVICES
from deploy.house import House
from services.enterprise.views import training_roster
from shared import projecting
from shared.hearing import lease_name
from shared.relay import LEASE
from tests.faults.life import Clients, Life, Trip, all_heard, life_in, of_accepted, published, rosters
from tests.faults.returns import Report, returning
from tests.faults.watching import Watched, watching
from tests.houses import a_house

RATE = float(os.environ.get("DESMIGRATIF_TEST_RATE", "25"))
REASONS = ("contract_ended",) * 9 + ("leave",) + ("deported",) * 9 + ("died",)
TAKEN_OVER_WITHIN_SECONDS = 5.0
NOBODY_SECONDS = 60.0
PAUSED_SECONDS = 6.0
"""Longer than a lease is good for and than a transaction may stand open."""

VIEWS = {
    REGISTRY: ("people", "households", "villages"),
    MIGRATION: ("service_files", "trips", "standing"),
    ENTERPRISE: ("training_roster", "courses"),
    PARENTING: ("children",),
    COOPERATIVE: ("prospects", "groups"),
}


@dataclass(slots=True)
class Town:
    """A house, who lives there and who looks after it, and everything that is written down about it."""

    house: House
    life: Life
    operator: Clients
    watched: Watched

    async def abroad(self, seconds: float) -> list[Trip]:
        """Enough workers who left for returns to go on for so long, a few of them with families."""
        trips = await self.life.register(int(RATE * seconds), families=20)
        await self.life.depart(trips)
        await all_heard(self.operator)
        return trips

    @asynccontextmanager
    async def coming_home(self, seconds: float, say: "Say", **plan: float) -> AsyncIterator[Report]:
        """Returns go on while the block runs, *seconds* at most; no request may fail."""
        trips = await self.abroad(seconds)
        self.watched.begin_again()
        async with returning(self.house, trips, reasons=REASONS, rate=RATE, **plan) as report:
            yield report
        say(str(report))
        assert report.failures == []
        assert len(report.answered) == report.sent

    async def holds(self) -> None:
        """Everybody has heard everything, once, `verify` is clean, and every answer is what was acknowledged.

        Whether each view is what the facts say is seen when it is rebuilt.
        """
        await all_heard(self.operator)
        assert (await verify.ask(self.operator)).findings == []
        said, trips = await rosters(self.life.calls), self.life.trips
        assert said == of_accepted(trips)
        words = await published(self.operator, MIGRATION)
        home = [trip for trip in trips if trip.standing not in (None, "abroad")]
        assert Counter((word["type"].split(".")[2], word["data"]["trip_id"]) for word in words) == Counter(
            [("WorkerDeparted", trip.trip_id) for trip in trips] + [("WorkerReturned", trip.trip_id) for trip in home]
        )
        statuses = {s: (await self.operator.get(s, "/operations/status")).must(200) for s in SERVICES}
        assert {service: said["refused"] for service, said in statuses.items()} == dict.fromkeys(SERVICES, 0)
        # A service file for each worker; registration and worker, two relatives, the household and two of kin; deaths.
        families, died = sum(trip.spouse_id is not None for trip in trips), len(said.died)
        assert statuses[MIGRATION]["position"] == len(trips) + len(words)
        assert statuses[REGISTRY]["position"] == 2 * len(trips) + 5 * families + died

    async def rebuilt(self, service: str, view: str) -> dict[str, Any]:
        """A view as it was made from nothing, row for row what was live."""
        made = await rebuild.ask(self.operator, service, view)
        assert (rebuild.differences(service, made), made["parked"]) == ([], [])
        assert made["former"]
        return made


class Say:
    """Tells figures to whoever runs the tests, whatever comes of them."""

    def __init__(self, capsys: pytest.CaptureFixture[str]) -> None:
        self._capsys = capsys

    def __call__(self, figures: str) -> None:
        with self._capsys.disabled():
            print(f"\n    {figures}", end="", flush=True)  # noqa: T201 - what was measured is a result too


@pytest.fixture
def say(capsys: pytest.CaptureFixture[str]) -> Say:
    return Say(capsys)


@pytest.fixture(scope="module")
def busy_house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    with a_house(tmp_path_factory.mktemp("busy") / "data") as house:
        yield house


@pytest_asyncio.fixture(scope="module")
async def town(busy_house: House) -> AsyncIterator[Town]:
    async with (
        life_in(busy_house) as life,
        Clients(busy_house, "operator") as operator,
        watching(busy_house) as watched,
    ):
        yield Town(busy_house, life, operator, watched)


async def test_no_request_fails_while_services_are_scaled_and_restarted(town: Town, say: Say) -> None:
    house = town.house
    async with town.coming_home(30, say):
        for replicas in ({ENTERPRISE: 3, MIGRATION: 2}, {ENTERPRISE: 1, MIGRATION: 1}):
            await asyncio.to_thread(house.scale, replicas)
        for service in SERVICES:
            await asyncio.to_thread(house.restart_service, service)
    await town.holds()
    assert await town.watched.faults() == []
    for service in (ENTERPRISE, MIGRATION):
        readers = await town.watched.ledgers[service].readers()
        say(f"{service}: processes that read, one after the other: {readers}")
        assert min(readers.values()) > 1


@asynccontextmanager
async def paused(pid: int) -> AsyncIterator[float]:
    """The process stands still while the block runs; since when, in seconds since the epoch."""
    os.kill(pid, signal.SIGSTOP)
    try:
        yield time.time()
    finally:
        os.kill(pid, signal.SIGCONT)


def _instant(seconds: float) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)


async def until_somebody_else(active: Callable[[], Awaitable[Sequence[float]]], since: float) -> float:
    """Seconds from *since* to the first of the moments at which somebody else was active."""
    while not (moments := await active()):
        assert time.time() - since < NOBODY_SECONDS, "nobody takes over"
        await asyncio.sleep(0.05)
    return moments[0] - since


async def test_the_reader_of_a_view_is_paused_and_another_takes_over(town: Town, say: Say) -> None:
    await asyncio.to_thread(town.house.scale, {ENTERPRISE: 2})
    ledger = town.watched.ledgers[ENTERPRISE]
    hearer = projecting.live_schema(training_roster.VIEW)
    async with town.coming_home(12, say, timeout_seconds=3.0, hanging_seconds=60.0):
        pid = await ledger.holder(lease_name(hearer, MIGRATION))

        async def moved() -> list[float]:
            moves = await ledger.moves(hearer, MIGRATION, since=_instant(since))
            return [move.at.timestamp() for move in moves if move.pid != pid]

        async with paused(pid) as since:
            took = await until_somebody_else(moved, since)
            await asyncio.sleep(max(0.0, since + PAUSED_SECONDS - time.time()))
        resumed = time.time()
        await asyncio.sleep(1.5)
    say(f"another process moved the checkpoint {took:.2f} s after the pause began")
    assert took < TAKEN_OVER_WITHIN_SECONDS
    late = await ledger.moves(hearer, MIGRATION, since=_instant(resumed))
    assert late
    assert pid not in {move.pid for move in late}
    await town.holds()
    await town.rebuilt(ENTERPRISE, "training_roster")
    assert await town.watched.faults() == []
    await asyncio.to_thread(town.house.scale, {ENTERPRISE: 1})


async def test_the_relay_is_paused_and_another_takes_over(town: Town, say: Say) -> None:
    await asyncio.to_thread(town.house.scale, {MIGRATION: 2})
    ledger = town.watched.ledgers[MIGRATION]
    async with town.coming_home(12, say, timeout_seconds=3.0, hanging_seconds=60.0):
        await asyncio.sleep(1.0)
        pid = await ledger.holder(LEASE)
        sent = town.watched.sent[MIGRATION]
        former = sent[-1].by

        async def published() -> list[float]:
            return [message.at for message in sent if message.at > since and message.by != former]

        async def heard() -> list[float]:
            moves = await town.watched.ledgers[ENTERPRISE].moves("training%", MIGRATION, since=_instant(since + took))
            return [move.at.timestamp() for move in moves]

        async with paused(pid) as since:
            took = await until_somebody_else(published, since)
            was_heard = await until_somebody_else(heard, since)
            await asyncio.sleep(max(0.0, since + PAUSED_SECONDS - time.time()))
        resumed = time.time()
        await asyncio.sleep(1.5)
    again = [message for message in sent if message.by == former and message.at > resumed]
    say(f"another relay published {took:.2f} s after the pause began; the first one then sent {len(again)}, refused")
    say(f"the training roster moved after it {was_heard:.2f} s after the pause began")
    assert took < TAKEN_OVER_WITHIN_SECONDS
    assert was_heard < TAKEN_OVER_WITHIN_SECONDS
    await town.holds()
    await town.rebuilt(COOPERATIVE, "prospects")
    assert await town.watched.faults(relays_sent_once=False) == []
    await asyncio.to_thread(town.house.scale, {MIGRATION: 1})


async def test_every_view_is_rebuilt_and_switched_in_while_workers_come_home(town: Town, say: Say) -> None:
    async with town.coming_home(15, say):
        for service, views in VIEWS.items():
            for view in views:
                began = time.monotonic()
                made = await town.rebuilt(service, view)
                say(f"{service} {view}: {sum(made['rows'].values())} rows in {time.monotonic() - began:.2f} s")
    await town.holds()
    assert await town.watched.faults() == []
