"""Every published fact takes effect exactly once, in order, whatever bus and processes do (P3)."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Sequence
from uuid import UUID

import asyncpg
import pytest

from deploy.nats import stream_of
from shared.bus import Told
from shared.feed import WentBack
from shared.hearing import Checkpoint, Fenced, Subscription
from shared.recorded import Recorded
from shared.runtime import Runtime
from shared.viewing import ViewHearer
from tests.shared import tiny
from tests.shared.street import Operator, Street, do, open_to_loss, register, rows, until
from tests.shared.tiny import Depart, Faults, Note


async def people(enterprise: Runtime) -> list[UUID]:
    """Who is in the view, by the number under which they were heard."""
    found = await rows(enterprise, "SELECT person_id, number FROM neighbours_1.people ORDER BY number")
    assert [row["number"] for row in found] == sorted({row["number"] for row in found})
    return [row["person_id"] for row in found]


async def greeted(enterprise: Runtime) -> list[UUID]:
    """Who was greeted, as often as they were; no order is promised between persons."""
    found = await rows(enterprise, "SELECT person_id FROM log.events WHERE type = 'Greeted'")
    return [row["person_id"] for row in found]


async def all_heard(enterprise: Runtime, expected: list[UUID], seconds: float = 15.0) -> None:
    async def there() -> bool:
        return len(await people(enterprise)) == len(expected) and len(await greeted(enterprise)) >= len(expected)

    await until(there, seconds, why="not everything was heard")
    assert await people(enterprise) == expected
    assert sorted(await greeted(enterprise)) == sorted(expected)


def subscription(enterprise: Runtime, hearer: str = "neighbours") -> Subscription:
    (found,) = (s for s in enterprise.subscriptions if isinstance(s, Subscription) and s.name == f"{hearer}<registry")
    return found


@contextlib.asynccontextmanager
async def bus_without(street: Street, *sequences: int) -> AsyncIterator[None]:
    """Messages dropped from the registry's stream."""
    async with Operator(street.bus) as jetstream:
        for sequence in sequences:
            await jetstream.delete_msg(stream_of("registry"), sequence)
        yield


async def on_the_bus(street: Street, how_many: int) -> None:
    async with Operator(street.bus) as jetstream:

        async def there() -> bool:
            return (await jetstream.stream_info(stream_of("registry"))).state.last_seq == how_many

        await until(there)


async def test_what_is_said_is_heard_once_by_view_and_reactions(street: Street) -> None:
    registry, enterprise = await street.start(tiny.service("registry")), await street.start(tiny.enterprise())
    said = await register(registry, 40)
    await all_heard(enterprise, said)
    checkpoints = await rows(
        enterprise, "SELECT hearer, number, event_id FROM log.checkpoints WHERE source = 'registry'"
    )
    head = await registry.log.head()
    assert {(row["number"], row["event_id"]) for row in checkpoints} == {(40, head.event_id)}


async def test_who_comes_late_hears_everything_also_what_the_bus_has_not(street: Street) -> None:
    await open_to_loss(street.bus)
    registry = await street.start(tiny.service("registry"))
    said = await register(registry, 30)
    await on_the_bus(street, 30)
    async with bus_without(street, *range(1, 16)):
        enterprise = await street.start(tiny.enterprise())
        said += await register(registry, 5)
        await all_heard(enterprise, said)


async def test_what_comes_again_or_out_of_order_is_skipped(street: Street) -> None:
    registry, enterprise = await street.start(tiny.service("registry")), await street.start(tiny.enterprise())
    said = await register(registry, 3)
    await all_heard(enterprise, said)
    stored = [
        Told.of(registry.identity.log_id, s.number, s.recorded_at.isoformat(), s.words.encode())
        for s in await registry.log.said(0, 1000)
    ]
    for hearer in ("neighbours", "reactions"):
        for repeated in (stored[0], stored[2], stored[1], stored[2]):
            subscription(enterprise, hearer)._queue.put_nowait(repeated)
    said += await register(registry, 5)
    await all_heard(enterprise, said)


async def test_a_hole_is_filled_in_order(street: Street) -> None:
    """The feed answers; the bus has lost what lay between."""
    registry, enterprise = await street.start(tiny.service("registry")), await street.start(tiny.enterprise())
    said = await register(registry, 2)
    await all_heard(enterprise, said)
    checkpoint = Checkpoint(registry.identity.log_id, 2, (await registry.log.head()).event_id)
    ear = Subscription(enterprise, _Quiet(), "registry")
    enterprise.leases._until[ear.name] = float("inf")
    said += await register(registry, 4)
    last = [
        Told.of(registry.identity.log_id, s.number, s.recorded_at.isoformat(), s.words.encode())
        for s in await registry.log.said(4, 1000)
    ]
    after = await ear._from_bus(checkpoint, [*last, *last])
    assert (after.number, after.event_id) == (6, last[-1].event_id)
    assert ear._hearer.heard == [3, 4, 5, 6]  # type: ignore[attr-defined]


class _Quiet:
    """A hearer that only remembers what it was told."""

    name = "quiet"

    def __init__(self) -> None:
        self.heard: list[int] = []

    async def take(self, source: str, told: Sequence[Told], before: Checkpoint, after: Checkpoint) -> None:
        assert (source, before.number, after.number) == ("registry", told[0].number - 1, told[-1].number)
        self.heard += [one.number for one in told]

    async def go_back(self, source: str, before: Checkpoint, back: WentBack) -> None:
        raise AssertionError(source, before, back)

    async def caught_up_to(self, source: str, number: int) -> None:
        """Nothing waits for it."""


async def test_the_last_event_of_a_quiet_day_is_noticed_by_the_head(street: Street) -> None:
    registry, enterprise = await street.start(tiny.service("registry")), await street.start(tiny.enterprise())
    said = await register(registry, 2)
    await all_heard(enterprise, said)
    dropped: list[Told | None] = []
    # Its message never comes: what brings messages is cut, heads still arrive.
    for hearer in ("neighbours", "reactions"):
        subscription(enterprise, hearer)._queue.put_nowait = dropped.append  # type: ignore[method-assign, assignment]
    said += await register(registry, 1)
    await all_heard(enterprise, said, 5.0)


async def test_without_a_bus_the_feed_is_read(street: Street) -> None:
    registry, enterprise = await street.start(tiny.service("registry")), await street.start(tiny.enterprise())
    said = await register(registry, 2)
    await all_heard(enterprise, said)
    await asyncio.to_thread(street.bus.stop)
    try:
        said += await register(registry, 3)
        await all_heard(enterprise, said)
    finally:
        await asyncio.to_thread(street.bus.start)
    said += await register(registry, 3)
    await all_heard(enterprise, said)


async def test_a_zombie_is_fenced_and_what_it_wrote_is_rolled_back(street: Street) -> None:
    registry, enterprise = await street.start(tiny.service("registry")), await street.start(tiny.enterprise())
    said = await register(registry, 2)
    await all_heard(enterprise, said)
    stored = [
        Told.of(registry.identity.log_id, s.number, s.recorded_at.isoformat(), s.words.encode())
        for s in await registry.log.said(0, 1000)
    ]
    zombie = ViewHearer(enterprise, enterprise.service.views[0])
    await rows(enterprise, "DELETE FROM neighbours_1.people WHERE number = 2")
    log_id = registry.identity.log_id
    with pytest.raises(Fenced):
        # It slept after reading checkpoint 1; another has long moved to 2.
        await zombie.take(
            "registry", stored[1:], Checkpoint(log_id, 1, stored[0].event_id), Checkpoint(log_id, 2, stored[1].event_id)
        )
    assert await people(enterprise) == said[:1]


async def test_two_processes_hear_every_fact_once_and_the_second_goes_on_when_the_first_dies(street: Street) -> None:
    registry = await street.start(tiny.service("registry"))
    first = await street.start(tiny.enterprise())
    second = await street.start(tiny.enterprise(), ready=False)
    said = await register(registry, 20)
    await all_heard(second, said)
    await street.crash(first)
    said += await register(registry, 5)
    await all_heard(second, said)


# Poison


async def test_poison_stops_the_subscription_there_and_passes_nothing_over(street: Street) -> None:
    faults = Faults()
    registry, migration = [await street.start(tiny.service(name)) for name in ("registry", "migration_service")]
    enterprise = await street.start(tiny.enterprise(faults, "registry", "migration_service"))
    said = await register(registry, 3)
    await all_heard(enterprise, said)
    await street.stop(enterprise)  # so that what is said meanwhile comes in one batch
    said += await register(registry, 5)
    faults.at = {said[5]}  # number 6
    enterprise = await street.start(tiny.enterprise(faults, "registry", "migration_service"), ready=False)
    await until(lambda: subscription(enterprise).stopped and subscription(enterprise, "reactions").stopped)
    for hearer in ("neighbours", "reactions"):
        stopped = subscription(enterprise, hearer).stopped
        assert stopped is not None
        assert (stopped.number, stopped.error) == (6, "LookupError")
    assert await people(enterprise) == said[:5]
    # Of different persons reactions may be ahead of each other; of this one nothing was done.
    done = await greeted(enterprise)
    assert set(said[:5]) <= set(done) <= {*said} - {said[5]}
    assert len(done) == len(set(done))
    assert set(enterprise.readiness) == {
        "stopped subscription neighbours<registry", "stopped subscription reactions<registry"
    }  # fmt: skip
    async with street.client("enterprise", "operator") as client:
        status = (await client.get("/operations/status")).json()
    assert [(s["subscription"], s["number"], s["error"]) for s in status["stopped"]] == [
        ("neighbours<registry", 6, "LookupError"), ("reactions<registry", 6, "LookupError")
    ]  # fmt: skip
    # The other source goes on meanwhile.
    await do(migration, Depart(said[0]))
    await until(lambda: rows(enterprise, "SELECT 1 FROM neighbours_1.trips"))
    faults.at = set()
    await all_heard(enterprise, said)
    await until(lambda: not enterprise.readiness)


async def test_poison_in_the_own_log_stops_the_view_there_and_status_names_it(street: Street) -> None:
    enterprise = await street.start(tiny.enterprise(), ready=False)
    stream = UUID(int=1)
    view = enterprise.service.views[0]
    project = view.own
    assert project is not None

    def stumbling(recorded: Recorded) -> object:
        if recorded.position == 3:
            raise LookupError
        return project(recorded)

    object.__setattr__(view, "own", stumbling)
    for _ in range(5):
        await do(enterprise, Note(stream, "seen"))
    await until(lambda: any(s.stopped for s in enterprise.subscriptions))
    notes = await rows(enterprise, "SELECT version FROM neighbours_1.notes ORDER BY version")
    assert [row["version"] for row in notes] == [1, 2]
    async with street.client("enterprise", "operator") as client:
        status = (await client.get("/operations/status")).json()
    assert [(s["subscription"], s["number"], s["error"]) for s in status["stopped"]] == [
        ("neighbours<enterprise", 3, "LookupError")
    ]
    assert not status["ready"]
    object.__setattr__(view, "own", project)
    await until(lambda: rows(enterprise, "SELECT 1 FROM neighbours_1.notes OFFSET 4"))
    await until(lambda: not any(s.stopped for s in enterprise.subscriptions))


async def test_words_that_cannot_be_read_stop_the_subscription_at_their_number(street: Street) -> None:
    """A stored word that somebody altered beyond reading is neither passed over nor does it end the process."""
    registry = await street.start(tiny.service("registry"))
    said = await register(registry, 3)
    database = (await street.settings("registry")).database_url.get_secret_value().rpartition("/")[2]
    owner = await asyncpg.connect(street.databases.cluster.url(database))
    words = await owner.fetchval("SELECT public FROM log.events WHERE published = 2")
    await owner.execute("UPDATE log.events SET public = 'no words' WHERE published = 2")
    enterprise = await street.start(tiny.enterprise(), ready=False)
    await until(lambda: subscription(enterprise).stopped)
    stopped = subscription(enterprise).stopped
    assert stopped is not None
    assert stopped.number == 2
    assert await people(enterprise) == said[:1]
    await owner.execute("UPDATE log.events SET public = $1 WHERE published = 2", words)
    await owner.close()
    await all_heard(enterprise, said)
