"""P4: the bus is transport. Lose it, or put an old copy back: nothing is lost and nothing is doubled."""

import asyncio
import shutil
from pathlib import Path

from deploy.house import House
from tests.faults.life import Clients, Life, agrees, all_heard


def store_of(house: House) -> Path:
    """JetStream's folder."""
    return house.data / "nats" / "store"


async def test_jetstream_lost_while_all_is_stopped(broken_house: House, life: Life, operator: Clients) -> None:
    trips = await life.happen()
    before = await agrees(operator, life.calls)

    await asyncio.to_thread(broken_house.stop)
    assert any(store_of(broken_house).rglob("*.blk"))
    shutil.rmtree(store_of(broken_house))
    await asyncio.to_thread(broken_house.start)

    assert await agrees(operator, life.calls) == before
    await life.come_home(trips[7], "contract_ended")
    after = await agrees(operator, life.calls)
    assert trips[7].worker_id in after.training
    assert trips[7].worker_id in after.prospects


async def test_an_old_copy_of_jetstream_put_back(
    broken_house: House, life: Life, operator: Clients, tmp_path: Path
) -> None:
    trips = await life.happen()
    await all_heard(operator)
    await asyncio.to_thread(broken_house.stop_service, "nats")
    shutil.copytree(store_of(broken_house), tmp_path / "copy")
    await asyncio.to_thread(broken_house.start_service, "nats")
    await life.happen()
    before = await agrees(operator, life.calls)

    await asyncio.to_thread(broken_house.stop)
    shutil.rmtree(store_of(broken_house))
    shutil.copytree(tmp_path / "copy", store_of(broken_house))
    await asyncio.to_thread(broken_house.start)

    assert await agrees(operator, life.calls) == before
    await life.come_home(trips[7], "contract_ended")
    after = await agrees(operator, life.calls)
    assert trips[7].worker_id in after.training
    assert trips[7].worker_id in after.prospects


async def test_jetstream_lost_in_a_running_house(broken_house: House, life: Life, operator: Clients) -> None:
    trips = await life.happen()
    await asyncio.to_thread(broken_house.stop_service, "nats")
    shutil.rmtree(store_of(broken_house))
    await life.come_home(trips[7], "contract_ended")  # the log needs no bus
    await asyncio.to_thread(broken_house.start_service, "nats")

    after = await agrees(operator, life.calls)
    assert trips[7].worker_id in after.training
