"""While a list is loaded in bulk, everything that takes part is killed; each line's facts are there once."""

import asyncio
from collections import Counter
from collections.abc import Iterator

import pytest

from deploy.command.calls import MIGRATION, REGISTRY
from deploy.command.load import Judged, Load
from deploy.command.placements import Cells, Line
from deploy.house import House
from tests.faults.life import Clients, all_heard, published
from tests.houses import KURIPAN, a_house, nik

LINES = 3_000
KILLED = (REGISTRY, MIGRATION, "postgres", REGISTRY, MIGRATION)
"""One after the other, each when so many more lines are done."""


@pytest.fixture(scope="module")
def killed_house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    with a_house(tmp_path_factory.mktemp("bulk") / "data") as house:
        yield house


def line(number: int) -> Line:
    decree = f"SK-{number}/2023"
    return Line(number, Cells(nik(number), "Siti Rahayu", "Taiwan", decree, "2023-12-31", KURIPAN))


async def test_a_list_is_there_once_whoever_is_killed_while_it_is_loaded(killed_house: House) -> None:
    judged: list[Judged] = []
    due = [LINES * n // (len(KILLED) + 1) for n in range(1, len(KILLED) + 1)]
    strikes: list[asyncio.Task[None]] = []

    def on_line(one: Judged) -> None:
        judged.append(one)
        if len(strikes) < len(due) and len(judged) > due[len(strikes)]:
            victim = KILLED[len(strikes)]
            strikes.append(asyncio.create_task(asyncio.to_thread(killed_house.kill, victim)))

    async with Clients(killed_house) as calls:
        await Load(calls).all([line(n) for n in range(2, LINES + 2)], on_line)
        await asyncio.gather(*strikes)
        assert len(strikes) == len(KILLED)
        assert calls.cut_off
    assert {(one.outcome, one.codes) for one in judged} == {("accepted", ())}
    async with Clients(killed_house, "operator") as operator:
        await all_heard(operator)
        registered = Counter(
            (word["type"].split(".")[2], word["data"]["person_id"]) for word in await published(operator, REGISTRY)
        )
        departed = Counter(
            (word["data"]["trip_id"], word["data"]["worker_id"]) for word in await published(operator, MIGRATION)
        )
        held = (await operator.get(MIGRATION, "/operations/status")).must(200)["position"]
    workers = {str(one.worker_id) for one in judged}
    assert len(workers) == LINES
    assert registered == Counter((said, one) for one in workers for said in ("PersonRegistered", "WorkerRegistered"))
    assert departed == Counter((str(one.trip_id), str(one.worker_id)) for one in judged)
    # A service file and a departure each.
    assert held == 2 * LINES
