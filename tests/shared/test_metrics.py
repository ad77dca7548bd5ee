"""What is counted is told once for a service, however many processes it has."""

import asyncio
from collections import Counter
from uuid import UUID

from opentelemetry.metrics import CallbackOptions, Observation

from shared import metrics
from shared.hearing import Checkpoint
from shared.metrics import Gauges, Heads
from tests.shared.street import Street, register, until
from tests.shared.tiny import enterprise, service


def at(observation: Observation) -> tuple[object, object]:
    attributes = observation.attributes or {}
    return attributes["desmigratif.hearer"], attributes["desmigratif.source"]


async def test_each_figure_is_told_by_the_one_process_that_holds_the_lease(street: Street) -> None:
    registry = await street.start(service("registry"))
    both = [await street.start(enterprise()), await street.start(enterprise())]
    await register(registry, 3)
    figures = [Gauges(runtime) for runtime in both]

    async def all_told() -> bool:
        seen = [await gauges.look() for gauges in figures]
        told = Counter(at(one) for each in seen for one in each[metrics.LAG])
        relays = sum(len(each[metrics.RELAY_LAG]) for each in seen)
        subscriptions = {("neighbours", "registry"), ("neighbours", "enterprise"), ("reactions", "registry")}
        return told == Counter(subscriptions) and relays == 1

    await until(all_told, why="each told once")
    await both[0].pool.executemany(
        "INSERT INTO log.parked VALUES ('neighbours_1', 'registry', $1, $2, $3, $3, now(), NULL, NULL, now())",
        [("Siti", 1, UUID(int=1)), ("Siti", 2, UUID(int=2)), ("Budi", 3, UUID(int=3))],
    )
    for runtime in both:
        await runtime.look()
    parked = [one for gauges in figures for one in (await gauges.look())[metrics.PARKED]]
    assert {at(one): one.value for one in parked} == {
        ("neighbours", "registry"): 2,
        ("neighbours", "enterprise"): 0,
        ("reactions", "registry"): 0,
    }


async def test_lag_is_counted_from_the_checkpoint_to_the_head(street: Street) -> None:
    registry = await street.start(service("registry"))
    runtime = await street.start(enterprise())
    await register(registry, 5)
    key, durable = ("neighbours", "registry"), ("neighbours_1", "registry")
    await until(
        lambda: (c := runtime.checkpoints.get(durable)) and c.number == 5 and runtime.bus.heads["registry"].number == 5
    )
    gauges = Gauges(runtime)

    async def of_registry(name: str) -> float:
        (figure,) = [one.value for one in (await gauges.look())[name] if at(one) == key]
        return figure

    assert (await of_registry(metrics.LAG), await of_registry(metrics.LAG_SECONDS)) == (0, 0)
    next(task for task in runtime._tasks if task.get_name() == "looking").cancel()  # it would see that this is not so
    runtime.checkpoints[durable] = Checkpoint(runtime.checkpoints[durable].log_id, 1, None)
    assert await of_registry(metrics.LAG) == 4
    await asyncio.sleep(0.2)
    assert 0.2 <= await of_registry(metrics.LAG_SECONDS) < 5


async def test_what_is_not_on_the_bus_is_counted_by_whoever_would_bring_it_there(street: Street) -> None:
    registry = await street.start(service("registry"))
    gauges = Gauges(registry)
    await register(registry, 2)

    async def lag() -> list[float]:
        return [one.value for one in (await gauges.look())[metrics.RELAY_LAG]]

    async def nothing_behind() -> bool:
        return await lag() == [0]

    await until(nothing_behind)
    street.bus.stop()
    try:
        await register(registry, 3)
        assert await lag() == [3]
    finally:
        street.bus.start()
    await until(nothing_behind, 30)


def test_behind_since_the_oldest_head_that_was_not_reached() -> None:
    heads = Heads()
    assert heads.behind_for(head=10, number=10, now=100.0) == 0
    assert heads.behind_for(head=12, number=10, now=101.0) == 0
    assert heads.behind_for(head=20, number=11, now=103.0) == 2
    assert heads.behind_for(head=20, number=12, now=104.0) == 1
    assert heads.behind_for(head=30, number=19, now=105.0) == 2
    assert heads.behind_for(head=30, number=30, now=106.0) == 0


def test_who_keeps_up_with_a_head_that_moves_on_is_not_behind_for_long() -> None:
    heads = Heads()
    assert max(heads.behind_for(head=n * 200, number=n * 200 - 3, now=float(n)) for n in range(1, 100)) == 0


def test_a_head_that_fell_with_its_log_does_not_count() -> None:
    heads = Heads()
    heads.behind_for(head=50, number=10, now=100.0)
    assert heads.behind_for(head=20, number=20, now=101.0) == 0


def test_one_that_stopped_for_days_is_remembered_in_little() -> None:
    heads = Heads()
    for now in range(20_000):
        heads.behind_for(head=now + 1, number=0, now=float(now))
    assert len(heads._ahead) <= metrics._MOST_HEADS
    assert heads.behind_for(head=20_000, number=0, now=20_000.0) == 20_000
    assert 9_900 < heads.behind_for(head=20_000, number=10_000, now=20_000.0) <= 10_000


async def test_what_was_seen_too_long_ago_is_not_told(street: Street) -> None:
    """A process that stood still may not hold its leases any more."""
    gauges = Gauges(await street.start(service("registry")))
    gauges._figures = {metrics.PARKED: [Observation(1)]}
    assert list(gauges._observed(metrics.PARKED, CallbackOptions())) == []
