"""While returns run, everything is killed; what was answered holds, once, and nothing else does.

``DESMIGRATIF_TEST_KILLS`` is how often each is killed: once by default, and 600 returns go on for each time.
"""

import asyncio
import os
import random
import time
from collections import Counter
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from deploy.command.calls import MIGRATION, REGISTRY, SERVICES
from deploy.house import House
from tests.faults.life import Clients, Life, Trip, agrees, at_most, life_in, of_accepted, published
from tests.houses import a_house

TIMES = int(os.environ.get("DESMIGRATIF_TEST_KILLS", "1"))
RETURNS = 200 + 600 * TIMES
KILLED = (*SERVICES, "postgres", "nats")
WIDTH = 32
"""Callers at once."""
WAITING = 60
"""Returns that may still be sent while a kill is due: so none is overtaken by the end of the run."""
BACK_WITHIN_SECONDS = 60.0
REASONS = ("contract_ended", "deported", "leave", "early_termination", "died", "abuse", "contract_ended")


@dataclass(slots=True)
class Kills:
    """Who is killed after how many answers, as *seed* draws it; a waiting caller goes on once a kill is done."""

    house: House
    seed: int
    answered: int = 0
    done: int = 0
    struck: list[str] = field(default_factory=list)
    changed: asyncio.Condition = field(default_factory=asyncio.Condition)
    plan: list[tuple[int, str]] = field(default_factory=list)

    def __post_init__(self) -> None:
        drawn = random.Random(self.seed)  # noqa: S311 - the same seed kills at the same moments
        victims = list(KILLED) * TIMES
        drawn.shuffle(victims)
        moments = sorted(drawn.randrange(WIDTH, RETURNS - WAITING) for _ in victims)
        self.plan = list(zip(moments, victims, strict=True))

    async def run(self) -> None:
        """One after the other, each in the middle of whatever is going on."""
        for moment, victim in self.plan:
            await self._when(moment)
            self.struck.append(await asyncio.to_thread(self._kill, victim))
            async with self.changed:
                self.done += 1
                self.changed.notify_all()

    async def _when(self, moment: int) -> None:
        async with self.changed:
            await self.changed.wait_for(lambda: self.answered >= moment)

    def _kill(self, victim: str) -> str:
        program = self.house._programs[victim]
        until = time.monotonic() + BACK_WITHIN_SECONDS
        while not program.ready():  # killed before, and not back yet: to kill it now would prove nothing
            assert time.monotonic() < until, f"{victim} does not come back: {program.last_words()}"
            time.sleep(0.02)
        assert program.identity is not None
        struck = f"{victim} {program.identity.pid}"
        self.house.kill(victim)
        return struck

    async def may_send(self, n: int) -> None:
        """Wait while a kill is due that lies too far behind the *n*-th return."""
        async with self.changed:
            await self.changed.wait_for(lambda: self.done == len(self.plan) or n < self.plan[self.done][0] + WAITING)

    async def was_answered(self) -> None:
        """Count one more answer."""
        async with self.changed:
            self.answered += 1
            self.changed.notify_all()


@pytest.fixture(scope="module")
def killed_house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    with a_house(tmp_path_factory.mktemp("kills") / "data") as house:
        yield house


@pytest.fixture
async def town(killed_house: House) -> AsyncIterator[Life]:
    async with life_in(killed_house) as life:
        yield life


async def test_returns_go_on_while_everything_is_killed(killed_house: House, town: Life, seed: int) -> None:
    trips = await town.register(RETURNS + 50, families=0)
    await town.add_families(trips[:: (RETURNS + 50) // 100])
    await town.depart(trips[:-10])
    returning = trips[20 : 20 + RETURNS]
    kills = Kills(killed_house, seed)
    town.calls.cut_off.clear()

    async def one(n: int, trip: Trip) -> None:
        await kills.may_send(n)
        await town.come_home(trip, REASONS[n % len(REASONS)])
        await kills.was_answered()

    async with asyncio.TaskGroup() as group:
        group.create_task(kills.run())
        group.create_task(at_most(WIDTH, (one(n, trip) for n, trip in enumerate(returning))))

    print(f"killed: {', '.join(kills.struck)}; cut off: {dict(town.calls.cut_off)}")  # noqa: T201 - shown on failure
    assert Counter(struck.split()[0] for struck in kills.struck) == dict.fromkeys(KILLED, TIMES)
    assert len(set(kills.struck)) == len(KILLED) * TIMES
    assert town.calls.cut_off[MIGRATION] > 0

    async with Clients(killed_house, "operator") as operator:
        said = await agrees(operator, town.calls)
        assert said == of_accepted(trips)
        words = await published(operator, MIGRATION)
        once = Counter((word["type"].split(".")[2], word["data"]["trip_id"]) for word in words)
        assert once == Counter(
            [("WorkerDeparted", trip.trip_id) for trip in trips if trip.trip_id]
            + [("WorkerReturned", trip.trip_id) for trip in returning]
        )
        positions = {
            service: (await operator.get(service, "/operations/status")).must(200)["position"] for service in SERVICES
        }
        # A service file for each worker; registration and worker, two relatives, the household and two of kin; deaths.
        families, died = sum(trip.spouse_id is not None for trip in trips), len(said.died)
        assert positions[MIGRATION] == len(trips) + len(words)
        assert positions[REGISTRY] == 2 * len(trips) + 5 * families + died


def test_a_seed_draws_the_same_kills_again(tmp_path: Path) -> None:
    house = House(tmp_path)
    assert Kills(house, 7).plan == Kills(house, 7).plan != Kills(house, 8).plan
