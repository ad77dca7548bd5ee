"""From the log to the bus, in order, as stored; and a bus that was lost is made whole again (P4)."""

import asyncio
import random
import shutil
from contextlib import suppress
from pathlib import Path

import pytest
from nats.js.api import StreamConfig
from nats.js.errors import NotFoundError

from deploy.nats import stream_of
from shared import operations, wire
from shared.bus import PublishBroken
from shared.log.store import Said
from shared.relay import Relay
from shared.runtime import Runtime, end
from tests.shared import tiny
from tests.shared.street import Operator, Street, open_to_loss, register, renamed_unnoticed, until


async def on_the_bus(street: Street) -> list[tuple[int, str, str, bytes]]:
    """What JetStream holds of the registry: number, message id, log id, bytes; by sequence."""
    async with Operator(street.bus) as jetstream:
        name = stream_of("registry")
        state = (await jetstream.stream_info(name)).state
        found = []
        for sequence in range(state.first_seq, state.last_seq + 1) if state.messages else ():
            with suppress(NotFoundError):  # one that was taken away
                found.append(await jetstream.get_msg(name, sequence))
    said = [(message.headers or {}, message.data or b"") for message in found]
    return [(int(h[wire.NUMBER]), h[wire.MESSAGE_ID], h[wire.LOG_ID], data) for h, data in said]


async def whole(street: Street, registry: Runtime, seconds: float = 15.0) -> None:
    """The bus holds exactly what the log published, in order, each once, byte for byte."""
    log_id = str(registry.identity.log_id)
    said = await registry.log.said(0, 1000)
    expected = [(s.number, f"{log_id}:{s.number}", log_id, s.words.encode()) for s in said]

    async def there() -> bool:
        async with Operator(street.bus) as jetstream:
            try:
                state = (await jetstream.stream_info(stream_of("registry"))).state
            except NotFoundError:
                return False
        return bool(state.messages >= len(expected))

    await until(there, seconds, why="the bus is behind")
    assert await on_the_bus(street) == expected


async def delete_stream(street: Street) -> None:
    async with Operator(street.bus) as jetstream:
        await jetstream.delete_stream(stream_of("registry"))


async def test_words_arrive_as_stored(street: Street) -> None:
    registry = await street.start(tiny.service("registry"))
    await register(registry, 20)
    await whole(street, registry)
    async with Operator(street.bus) as jetstream:
        message = await jetstream.get_msg(stream_of("registry"), 1)
    assert message.subject == "desmigratif.registry.PersonRegistered.v1.33.07"


async def test_a_relay_killed_anywhere_leaves_neither_gap_nor_double(street: Street, seed: int) -> None:
    chance = random.Random(seed)  # noqa: S311
    registry = await street.start(tiny.service("registry"))
    await register(registry, 5)
    for _ in range(4):
        writing = asyncio.create_task(register(registry, 30))
        await asyncio.sleep(chance.uniform(0.0, 0.1))
        relay = next(task for task in registry._tasks if task.get_name() == "relay")
        registry.stopping = True  # its end is no accident
        assert await end([relay]) == set()
        registry.stopping = False
        await writing
        registry._tasks.remove(relay)
        registry._run(Relay(registry).run(), "relay")
    await whole(street, registry)


async def test_two_relays_at_once_are_fenced_by_the_chain(street: Street) -> None:
    registry = await street.start(tiny.service("registry"))
    registry._run(Relay(registry).run(), "zombie")  # it believes in the same lease
    await register(registry, 60)
    await whole(street, registry)


async def test_a_deleted_stream_is_filled_again_from_the_log(street: Street) -> None:
    registry = await street.start(tiny.service("registry"))
    enterprise = await street.start(tiny.enterprise())
    await register(registry, 20)
    await whole(street, registry)
    await delete_stream(street)
    await register(registry, 1)
    await whole(street, registry)
    await register(registry, 1)
    await until(lambda: enterprise.pool.fetchval("SELECT count(*) = 22 FROM neighbours_1.people"))
    # The reactions hear by themselves: each fact was answered once.
    await until(lambda: enterprise.pool.fetchval("SELECT count(*) = 22 FROM log.events"))
    await until(
        lambda: enterprise.pool.fetchval("SELECT min(number) = 22 FROM log.checkpoints WHERE source = 'registry'")
    )
    assert await enterprise.log.position() == 22


async def test_an_old_copy_of_the_bus_put_back_is_healed(street: Street, tmp_path: Path) -> None:
    registry = await street.start(tiny.service("registry"))
    enterprise = await street.start(tiny.enterprise())
    await register(registry, 10)
    await whole(street, registry)
    await asyncio.to_thread(street.bus.stop)
    shutil.copytree(street.bus.store, tmp_path / "copy")
    await asyncio.to_thread(street.bus.start)
    await register(registry, 10)
    await whole(street, registry)
    await asyncio.to_thread(street.bus.kill)
    shutil.rmtree(street.bus.store)
    shutil.copytree(tmp_path / "copy", street.bus.store)
    await asyncio.to_thread(street.bus.start)
    await register(registry, 3)
    await whole(street, registry)
    await until(lambda: enterprise.pool.fetchval("SELECT count(*) = 23 FROM neighbours_1.people"))


async def test_a_bus_without_its_folder_is_filled_again(street: Street) -> None:
    registry = await street.start(tiny.service("registry"))
    await register(registry, 10)
    await whole(street, registry)
    await asyncio.to_thread(street.bus.kill)
    shutil.rmtree(street.bus.store)
    await asyncio.to_thread(street.bus.start)
    await whole(street, registry)


async def test_a_stream_whose_last_message_was_taken_away_goes_on_behind_what_is_left(street: Street) -> None:
    await open_to_loss(street.bus)
    registry = await street.start(tiny.service("registry"))
    await register(registry, 5)
    await whole(street, registry)
    await street.stop(registry)
    async with Operator(street.bus) as jetstream:
        await jetstream.delete_msg(stream_of("registry"), 5)
    registry = await street.start(tiny.service("registry"))
    await whole(street, registry)
    await register(registry, 1)
    await whole(street, registry)


@pytest.mark.parametrize("taken", ["emptied", "deleted"])
async def test_a_stream_emptied_on_a_quiet_day_is_filled_again_within_seconds(street: Street, taken: str) -> None:
    """Nothing is said meanwhile, and the ids of what was just sent are soon forgotten."""
    await open_to_loss(street.bus)
    registry = await street.start(tiny.service("registry"))
    await register(registry, 5)
    await whole(street, registry)
    if taken == "deleted":
        await delete_stream(street)
    else:
        async with Operator(street.bus) as jetstream:
            await jetstream.purge_stream(stream_of("registry"))
    await whole(street, registry, seconds=10.0)
    assert (await operations.verify(registry))["findings"] == []


async def test_a_stream_emptied_before_anything_new_is_said_is_filled_again_too(street: Street) -> None:
    await open_to_loss(street.bus)
    registry = await street.start(tiny.service("registry"))
    await register(registry, 5)
    await whole(street, registry)
    await street.stop(registry)
    async with Operator(street.bus) as jetstream:
        await jetstream.purge_stream(stream_of("registry"))
    registry = await street.start(tiny.service("registry"))
    await register(registry, 1)
    await whole(street, registry)


async def renamed(street: Street, registry: Runtime) -> Runtime:
    """The registry once more, after an operator said that its log was put back."""
    former = registry.identity.log_id
    await renamed_unnoticed(registry)
    await street.stop(registry)
    registry = await street.start(tiny.service("registry"))
    assert registry.identity.log_id != former
    return registry


async def test_a_process_that_has_not_learnt_the_logs_new_name_sends_nothing_under_the_former(street: Street) -> None:
    former = await street.start(tiny.service("registry"))
    await register(former, 2)
    await whole(street, former)
    await renamed_unnoticed(former)
    present = await street.start(tiny.service("registry"))
    await register(present, 3)
    await until(former.failed.done, why="it goes on")
    assert [number for number, *_ in await on_the_bus(street)] == [1, 2]
    await street.stop(former)
    await until(lambda: _sent(street, present, 5))


async def sent_under_the_present_name(street: Street, registry: Runtime) -> list[int]:
    log_id = str(registry.identity.log_id)
    return [number for number, _, name, _ in await on_the_bus(street) if name == log_id]


async def test_what_was_said_under_former_names_stays_in_front(street: Street) -> None:
    """The relay takes nothing away, and `verify` counts it instead of finding fault with it."""
    registry = await street.start(tiny.service("registry"))
    await register(registry, 3)
    await whole(street, registry)
    for former in (3, 6):
        registry = await renamed(street, registry)
        await until(lambda now=registry: _sent(street, now, 3), why="not sent again")  # type: ignore[misc]
        verified = await operations.verify(registry)
        assert verified["bus"] == {"first": 1, "last": 3, "former": former}
        assert verified["findings"] == []
    await register(registry, 2)
    await until(lambda: _sent(street, registry, 5))
    assert (await operations.verify(registry))["bus"] == {"first": 1, "last": 5, "former": 6}


async def _sent(street: Street, registry: Runtime, how_many: int) -> bool:
    return await sent_under_the_present_name(street, registry) == list(range(1, how_many + 1))


async def test_one_from_before_that_comes_later_is_named(street: Street) -> None:
    registry = await street.start(tiny.service("registry"))
    await register(registry, 2)
    await whole(street, registry)
    former = (await on_the_bus(street))[0]
    registry = await renamed(street, registry)
    await until(lambda: _sent(street, registry, 2))
    registry.stopping = True
    await registry.fall_silent()
    async with Operator(street.bus) as jetstream:
        headers = {wire.LOG_ID: former[2], wire.NUMBER: "1", wire.MESSAGE_ID: "late"}
        await jetstream.publish("desmigratif.registry.PersonRegistered.v1.33.07", former[3], headers=headers)
    what = {finding["what"] for finding in (await operations.verify(registry))["findings"]}
    assert {"bus-message-of-another-log", "bus-order"} <= what


async def test_what_no_relay_sent_stops_nobody(street: Street) -> None:
    """An operator's slip: it is named, and everything that is said goes on behind it."""
    registry = await street.start(tiny.service("registry"))
    enterprise = await street.start(tiny.enterprise())
    await register(registry, 2)
    async with Operator(street.bus) as jetstream:
        await jetstream.publish("desmigratif.registry.PersonRegistered.v1.33.07", b"no word")
        await register(registry, 3)

        async def there() -> bool:
            return bool((await jetstream.get_last_msg(stream_of("registry"), ">")).headers)

        await until(there)
    await until(lambda: enterprise.pool.fetchval("SELECT count(*) = 5 FROM neighbours_1.people"))
    findings = (await operations.verify(registry))["findings"]
    assert "bus-message-not-in-log" in {finding["what"] for finding in findings}


# Several processes of one service


async def test_what_one_process_appends_another_relays_at_once(street: Street, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever has the lease need not look for it: it is told."""
    monkeypatch.setattr("shared.relay._POLL_SECONDS", 30.0)
    active = await street.start(tiny.service("registry"))
    other = await street.start(tiny.service("registry"))
    await until(lambda: active.leases.held("relay"))
    assert not other.leases.held("relay")
    for _ in range(5):
        await register(other, 1)
        await whole(street, active, seconds=5.0)


# A message refused (nats.py #985: publish_async never settles on an error answer)


async def facts(registry: Runtime, after: int = 0) -> list[Said]:
    return await registry.log.said(after, 1000)


async def test_a_refused_message_breaks_the_chain_at_once_and_a_prefix_is_stored(street: Street) -> None:
    registry = await street.start(tiny.service("registry"))
    await register(registry, 8)
    await whole(street, registry)
    relay = next(task for task in registry._tasks if task.get_name() == "relay")
    registry.stopping = True
    relay.cancel()
    await asyncio.gather(relay, return_exceptions=True)
    said = await facts(registry)
    log_id = registry.identity.log_id
    for after, last in ((said[:3], 7), (said, 9)):
        with pytest.raises(PublishBroken):
            async with asyncio.timeout(2):  # the answer is an error, not silence
                await registry.bus.publish(log_id, after, last)
    # One that is known already is no new link of the chain either.
    with pytest.raises(PublishBroken):
        await registry.bus.publish(log_id, said[-1:], 8)
    assert registry.bus._acks == {}
    assert len(await on_the_bus(street)) == 8


async def test_a_stream_that_is_gone_or_full_is_told_as_broken(street: Street) -> None:
    registry = await street.start(tiny.service("registry"))
    await register(registry, 3)
    await whole(street, registry)
    relay = next(task for task in registry._tasks if task.get_name() == "relay")
    registry.stopping = True
    relay.cancel()
    await asyncio.gather(relay, return_exceptions=True)
    said = await facts(registry)
    await delete_stream(street)
    async with Operator(street.bus) as jetstream:
        with pytest.raises(PublishBroken):
            await registry.bus.publish(registry.identity.log_id, said, 0)
        full = StreamConfig(name=stream_of("registry"), subjects=["desmigratif.registry.>"], max_msg_size=10)
        await jetstream.add_stream(full)
        with pytest.raises(PublishBroken):
            await registry.bus.publish(registry.identity.log_id, said, 0)
        assert (await jetstream.stream_info(stream_of("registry"))).state.messages == 0
