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
from shared.hearing import Checkpoint, Fenced, Moving, SessionOver, Stopped, Subscription, Taking, say_stopped
from shared.parking import Fact
from shared.runtime import Runtime
from shared.viewing import ViewHearer
from tests.shared import tiny
from tests.shared.street import Operator, Street, open_to_loss, register, rows, until


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
    (found,) = (s for s in enterprise.subscriptions if (s.hearer.label, s.source) == (hearer, "registry"))
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
    head = await registry.log.head()

    async def both_at_the_head() -> bool:  # reactions are done before their checkpoint moves
        checkpoints = await rows(
            enterprise, "SELECT hearer, number, event_id FROM log.checkpoints WHERE source = 'registry'"
        )
        return {(row["number"], row["event_id"]) for row in checkpoints} == {(40, head.event_id)}

    await until(both_at_the_head)


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
    quiet = _Quiet(enterprise)
    await quiet.open()
    ear = Subscription(enterprise, quiet, "registry")
    enterprise.leases._until[ear.name] = float("inf")
    await ear._taking.load()
    await ear._from_feed()
    said += await register(registry, 4)
    last = [
        Told.of(registry.identity.log_id, s.number, s.recorded_at.isoformat(), s.words.encode())
        for s in await registry.log.said(4, 1000)
    ]
    await ear._from_bus([*last, *last])
    assert (ear.checkpoint.number, ear.checkpoint.event_id) == (6, last[-1].event_id)
    assert quiet.heard == [1, 2, 3, 4, 5, 6]


async def test_words_that_come_again_and_again_hide_no_silence(street: Street) -> None:
    """So it is while the bus refuses to store: the relay sends what it could not store once more, and never gets on."""
    registry, enterprise = await street.start(tiny.service("registry")), await street.start(tiny.enterprise())
    await register(registry, 2)
    quiet = _Quiet(enterprise)
    await quiet.open()
    ear = Subscription(enterprise, quiet, "registry")
    enterprise.leases._until[ear.name] = float("inf")
    await ear._taking.load()
    await ear._from_feed()
    (first,) = await registry.log.said(0, 1)
    again = Told.of(registry.identity.log_id, 1, first.recorded_at.isoformat(), first.words.encode())
    await register(registry, 2)

    async def heard() -> bool:
        ear._queue.put_nowait(again)
        with contextlib.suppress(SessionOver):
            await ear._live()
        return quiet.heard == [1, 2, 3, 4]

    await until(heard, why="the owner was never asked")


class _Quiet:
    """A hearer that only remembers what it was told."""

    name = label = "quiet"

    def __init__(self, runtime: Runtime) -> None:
        self._runtime = runtime
        self.heard: list[int] = []

    async def open(self) -> None:
        await self._runtime.pool.execute(
            "INSERT INTO log.checkpoints (hearer, source, number) VALUES ('quiet', 'registry', 0)"
        )

    async def take(self, source: str, facts: Sequence[Fact], moving: Moving) -> None:
        assert source == "registry"
        async with moving():
            self.heard += [one.number for one in facts]

    async def go_back(self, source: str, before: Checkpoint, back: WentBack) -> None:
        raise AssertionError(source, before, back)


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
    await rows(enterprise, "DELETE FROM neighbours_1.people WHERE number = 2")
    zombie = Taking(enterprise, ViewHearer(enterprise, enterprise.service.views[0], "neighbours_1"), "registry")
    await zombie.load()
    # It slept after reading checkpoint 1; another has long moved to 2.
    zombie.checkpoint = Checkpoint(registry.identity.log_id, 1, stored[0].event_id)
    with pytest.raises(Fenced):
        await zombie.take(stored[1:], registry.identity.log_id)
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


# Words that are no words


async def test_words_that_cannot_be_read_stop_the_subscription_at_their_number(street: Street) -> None:
    """A stored word that somebody altered beyond reading is neither passed over nor does it end the process."""
    registry, enterprise = await street.start(tiny.service("registry")), await street.start(tiny.enterprise())
    said = await register(registry, 1)
    await all_heard(enterprise, said)
    await street.stop(enterprise)
    said += await register(registry, 2)
    database = (await street.settings("registry")).database_url.get_secret_value().rpartition("/")[2]
    owner = await asyncpg.connect(street.databases.cluster.url(database))
    words = await owner.fetchval("SELECT public FROM log.events WHERE published = 2")
    await owner.execute("UPDATE log.events SET public = 'no words' WHERE published = 2")
    enterprise = await street.start(tiny.enterprise(), ready=False)
    await until(lambda: ("neighbours", "registry") in enterprise.stopped)
    assert enterprise.stopped["neighbours", "registry"] == Stopped(2, UUID(int=0), "Unreadable")
    assert "stopped subscription neighbours<registry" in enterprise.readiness
    assert await people(enterprise) == said[:1]
    await owner.execute("UPDATE log.events SET public = $1 WHERE published = 2", words)
    await owner.close()
    await all_heard(enterprise, said)


async def test_a_word_that_cannot_be_read_but_names_its_person_waits_as_poison_does(street: Street) -> None:
    """Also as the last one said: the checkpoint that passes it names it, and its owner knows it."""
    registry, enterprise = await street.start(tiny.service("registry")), await street.start(tiny.enterprise())
    said = await register(registry, 2)
    await all_heard(enterprise, said)
    await street.stop(enterprise)
    said += await register(registry, 1)
    database = (await street.settings("registry")).database_url.get_secret_value().rpartition("/")[2]
    owner = await asyncpg.connect(street.databases.cluster.url(database))
    await owner.execute(
        """UPDATE log.events SET public = replace(public, '"village"', '"hamlet"') WHERE published = 3"""
    )
    await owner.close()
    enterprise = await street.start(tiny.enterprise())
    waiting = "SELECT hearer, key, number, error FROM log.parked ORDER BY hearer"
    await until(lambda: rows(enterprise, f"{waiting} OFFSET 1"), why="it does not wait at both")
    assert [tuple(row) for row in await rows(enterprise, waiting)] == [
        (hearer, str(said[2]), 3, "Unreadable") for hearer in ("neighbours_1", "reactions")
    ]
    said += await register(registry, 1)
    await until(lambda: rows(enterprise, "SELECT 1 FROM neighbours_1.people WHERE number = 4"))
    assert await people(enterprise) == [said[0], said[1], said[3]]
    assert enterprise.readiness == []


async def test_a_stand_by_keeps_nothing_of_what_it_does_not_hear(street: Street) -> None:
    registry, _ = await street.start(tiny.service("registry")), await street.start(tiny.enterprise())
    stand_by = await street.start(tiny.enterprise())
    said = []
    for _ in range(20):
        said += await register(registry, 1)
    await all_heard(stand_by, said)
    assert max(subscription._queue.qsize() for subscription in stand_by.subscriptions) <= 1


async def test_a_late_word_of_a_stop_that_others_have_passed_changes_nothing(street: Street) -> None:
    registry, enterprise = await street.start(tiny.service("registry")), await street.start(tiny.enterprise())
    await all_heard(enterprise, await register(registry, 3))
    await say_stopped(enterprise, "neighbours_1", "registry", Stopped(2, None, "LookupError"))
    await enterprise.look()
    assert enterprise.readiness == []
