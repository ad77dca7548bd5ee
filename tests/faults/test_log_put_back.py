"""A service's database put back to an earlier dump while the others keep theirs: hearers notice, nothing is skipped."""

import asyncio
import shutil
from collections.abc import Callable, Coroutine, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import stamina

from deploy.command.calls import ENTERPRISE, MIGRATION, REGISTRY, SERVICES, Reply
from deploy.house import House
from shared import positions
from tests.faults import dumps
from tests.faults.life import Clients, Life, Rosters, Trip, agrees, all_heard, at_most, published
from tests.houses import KURIPAN

PutBack = Callable[[House, str, Path], Coroutine[None, None, None]]

PUT_BACK = (REGISTRY, MIGRATION)
REACTS_TO: Mapping[str, str] = {REGISTRY: MIGRATION, MIGRATION: REGISTRY}
"""Who reacts to a service's words: service files to workers, deaths to returns."""


@dataclass(slots=True)
class Lost:
    """A dump of *service*, and what was published after it: all of that is lost once the dump is put back."""

    house: House
    operator: Clients
    life: Life
    service: str
    dump: Path
    log_id: str
    kept: int
    words: list[dict[str, Any]]
    position: positions.Vector
    kept_position: positions.Vector
    kept_trips: list[Trip]

    async def put_back(self) -> None:
        """The database as it was."""
        await dumps.put_back(self.house, self.service, self.dump)

    async def log_name(self) -> str:
        """The name that the log has now."""
        return str((await self.operator.get(self.service, "/operations/status")).must(200)["log_id"])

    async def renamed(self) -> None:
        """Wait until the service itself has noticed."""
        async for attempt in stamina.retry_context(on=AssertionError, attempts=None, timeout=60, wait_max=0.1):
            with attempt:
                assert await self.log_name() != self.log_id

    async def hold(self) -> Rosters:
        """Everything agrees with what is in the logs now, and new facts arrive everywhere."""
        await agrees(self.operator, self.life.calls)
        assert await self.log_name() != self.log_id
        await self._positions_are_judged()
        assert await self.reactions_to_lost_facts() == self.numbers_reacted_to()
        self.life.forget()
        new = await self.life.happen()
        await self.life.come_home(self.kept_trips[7], "contract_ended")
        said = await agrees(self.operator, self.life.calls)
        assert {new[2].worker_id, new[5].worker_id, self.kept_trips[7].worker_id} <= said.training.keys()
        assert {new[2].worker_id, new[5].worker_id, self.kept_trips[7].worker_id} <= said.prospects.keys()
        assert new[0].spouse_id not in said.training
        assert {new[1].child_id} <= said.children.keys()
        assert new[4].worker_id in said.died
        return said

    async def reactions_to_lost_facts(self) -> set[int]:
        """The numbers of the lost facts that `status` lists as reacted to."""
        said = (await self.operator.get(REACTS_TO[self.service], "/operations/status")).must(200)
        return {lost["number"] for lost in said["lost_reactions"] if lost["log_id"] == self.log_id}

    def numbers_reacted_to(self) -> set[int]:
        """The numbers of the lost facts that somebody reacted to with facts of their own."""
        return {
            number
            for number, word in enumerate(self.words, self.kept + 1)
            if word["type"].split(".")[2] == "WorkerRegistered" or word["data"].get("standing") == "deceased"
        }

    async def _positions_are_judged(self) -> None:
        """An After-Position of a lost fact is nobody's; one of a fact that was kept is as good as ever."""
        for asked, path in ((ENTERPRISE, "/training-roster"), (self.service, "/figures")):
            lost, kept = (
                positions.write({self.service: vector[self.service]}) for vector in (self.position, self.kept_position)
            )
            refused = await self.life.calls.get(asked, path, after=lost)
            assert (refused.status, refused.slug) == (400, "position-unknown")
            assert (await self.life.calls.get(asked, path, after=kept)).status == 200


async def lose(house: House, life: Life, operator: Clients, service: str, into: Path) -> Lost:
    """Life goes on for a while after a dump of *service*; everybody hears of it."""
    kept_trips = await life.happen()
    await all_heard(operator)
    kept_position = life.position
    dump = await dumps.take(house, service, into)
    kept = len(await published(operator, service))
    await life.happen()
    await all_heard(operator)
    words = (await published(operator, service))[kept:]
    said = (await operator.get(service, "/operations/status")).must(200)
    return Lost(
        house, operator, life, service, dump, said["log_id"], kept, words, life.position, kept_position, kept_trips
    )


@pytest.fixture(params=PUT_BACK)
async def lost(
    request: pytest.FixtureRequest, broken_house: House, life: Life, operator: Clients, tmp_path: Path
) -> Lost:
    return await lose(broken_house, life, operator, request.param, tmp_path)


async def test_put_back_with_the_bus_kept(lost: Lost) -> None:
    await asyncio.to_thread(lost.house.stop_service, lost.service)
    await lost.put_back()
    await asyncio.to_thread(lost.house.start_service, lost.service)
    await lost.hold()


async def test_put_back_with_the_bus_deleted_too(lost: Lost) -> None:
    for name in (lost.service, "nats"):
        await asyncio.to_thread(lost.house.stop_service, name)
    await lost.put_back()
    shutil.rmtree(lost.house.data / "nats" / "store")
    for name in ("nats", lost.service):
        await asyncio.to_thread(lost.house.start_service, name)
    await lost.hold()


async def test_put_back_and_grown_beyond_what_its_hearers_know(lost: Lost) -> None:
    others = [service for service in SERVICES if service != lost.service]
    await asyncio.gather(*(asyncio.to_thread(lost.house.stop_service, service) for service in SERVICES))
    await lost.put_back()
    await asyncio.to_thread(lost.house.start_service, lost.service)
    lost.life.forget()
    if lost.service == REGISTRY:
        await lost.life.register(len(lost.words), families=4)
    else:
        # Nobody else is there to tell of new workers, so those who are known leave once more.
        homes = [trip for trip in lost.kept_trips if trip.standing == "for_good"]
        again = [
            {"worker_id": trip.worker_id, "country": "HK", "contract_date": "2026-04-01", "decree": f"SK-{n}"}
            for trip in homes
            for n in range(len(lost.words))
        ]
        left = await at_most(
            32, (lost.life.post(MIGRATION, "/departures", body, f"again-{n}") for n, body in enumerate(again))
        )
        died = {"trip_id": left[-1].body["id"], "returned_on": "2026-05-01", "reason": "died"}
        await lost.life.post(MIGRATION, "/returns", died, "died-again")
    assert len(await published(lost.operator, lost.service)) > lost.kept + len(lost.words)
    await asyncio.gather(*(asyncio.to_thread(lost.house.start_service, service) for service in others))
    await lost.hold()


@pytest.mark.parametrize(
    ("lost", "way"), [(REGISTRY, dumps.put_back), (MIGRATION, dumps.put_back_in_place)], indirect=["lost"]
)
async def test_put_back_under_a_running_house_that_goes_on_writing(lost: Lost, way: PutBack) -> None:
    lost.life.forget()
    body = {"name": "Siti Rahayu", "village": KURIPAN}
    noticed = asyncio.Event()

    async def write(who: int) -> list[Reply]:
        answers: list[Reply] = []
        while not noticed.is_set():
            key = f"meanwhile-{lost.log_id}-{who}-{len(answers)}"
            answers.append(await lost.life.calls.post(REGISTRY, "/persons", body, key=key))
        return answers

    async with asyncio.TaskGroup() as group:
        writing = [group.create_task(write(who)) for who in range(4)]
        await way(lost.house, lost.service, lost.dump)
        await lost.renamed()
        noticed.set()
    answers = [reply for task in writing for reply in task.result()]
    assert {reply.status for reply in answers} == {201}
    await lost.hold()
    if lost.service == REGISTRY:
        # Whoever was answered under the old name may be lost like the rest; under the new one nobody is.
        name = (await lost.log_name())[:8]
        there = {row["id"] async for row in lost.life.calls.items(REGISTRY, "/persons")}
        after = [a.body["id"] for a in answers if a.position and positions.parse(a.position)[REGISTRY].log8 == name]
        assert after
        assert set(after) <= there


async def test_the_same_requests_sent_again_restore_what_was_lost(
    broken_house: House, life: Life, operator: Clients, tmp_path: Path
) -> None:
    """A caller who repeats what it sent, under the same keys, gets the same ids: nobody is made twice."""
    await all_heard(operator)
    dump = await dumps.take(broken_house, REGISTRY, tmp_path)
    body = {"name": "Siti Rahayu", "village": KURIPAN}
    first = await life.calls.post(REGISTRY, "/workers", body, key="sent-twice")
    await all_heard(operator)
    await asyncio.to_thread(broken_house.stop_service, REGISTRY)
    await dumps.put_back(broken_house, REGISTRY, dump)
    await asyncio.to_thread(broken_house.start_service, REGISTRY)

    again = await life.calls.post(REGISTRY, "/workers", body, key="sent-twice")
    assert (again.status, again.body) == (first.status, first.body)
    assert again.position != first.position
    await agrees(operator, life.calls)


async def test_put_back_twice_the_second_time_further(
    broken_house: House, life: Life, operator: Clients, tmp_path: Path
) -> None:
    (tmp_path / "later").mkdir()
    earlier = await lose(broken_house, life, operator, REGISTRY, tmp_path)
    later = await lose(broken_house, life, operator, REGISTRY, tmp_path / "later")
    for lost in (later, earlier):
        await asyncio.to_thread(broken_house.stop_service, REGISTRY)
        await lost.put_back()
        await asyncio.to_thread(broken_house.start_service, REGISTRY)
        await agrees(operator, life.calls)
    lost_numbers = earlier.numbers_reacted_to() | later.numbers_reacted_to()
    assert lost_numbers <= await earlier.reactions_to_lost_facts()
