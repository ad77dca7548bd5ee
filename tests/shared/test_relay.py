"""From the log to the bus, in order, as stored; and a bus that was lost is made whole again (P4)."""

import asyncio
import random
import secrets
import shutil
from pathlib import Path

import pytest
from nats.js.api import StreamConfig
from nats.js.errors import NotFoundError

from deploy.nats import stream_of
from shared import wire
from shared.bus import PublishBroken
from shared.log.store import Said
from shared.relay import Relay
from shared.runtime import Runtime
from tests.shared import tiny
from tests.shared.street import Operator, Street, register, until


async def on_the_bus(street: Street) -> list[tuple[int, str, str, bytes]]:
    """What JetStream holds of the registry: number, message id, log id, bytes; by sequence."""
    async with Operator(street.bus) as jetstream:
        name = stream_of("registry")
        state = (await jetstream.stream_info(name)).state
        found = [await jetstream.get_msg(name, n) for n in range(state.first_seq, state.last_seq + 1)]
    said = [(message.headers or {}, message.data or b"") for message in found]
    return [(int(h[wire.NUMBER]), h[wire.MESSAGE_ID], h[wire.LOG_ID], data) for h, data in said]


async def whole(street: Street, registry: Runtime) -> None:
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

    await until(there, why="the bus is behind")
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


async def test_a_relay_killed_anywhere_leaves_neither_gap_nor_double(street: Street) -> None:
    seed = secrets.randbits(32)
    print(f"seed {seed}")  # noqa: T201
    chance = random.Random(seed)  # noqa: S311
    registry = await street.start(tiny.service("registry"))
    await register(registry, 5)
    for _ in range(4):
        writing = asyncio.create_task(register(registry, 30))
        await asyncio.sleep(chance.uniform(0.0, 0.1))
        relay = next(task for task in registry._tasks if task.get_name() == "relay")
        registry.stopping = True  # its end is no accident
        relay.cancel()
        await asyncio.gather(relay, return_exceptions=True)
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


@pytest.mark.parametrize("purged", ["all", "the last"])
async def test_a_stream_cut_at_its_end_is_made_anew(street: Street, purged: str) -> None:
    registry = await street.start(tiny.service("registry"))
    await register(registry, 5)
    await whole(street, registry)
    await street.stop(registry)
    async with Operator(street.bus) as jetstream:
        if purged == "all":
            await jetstream.purge_stream(stream_of("registry"))
        else:
            await jetstream.delete_msg(stream_of("registry"), 5)
    registry = await street.start(tiny.service("registry"))
    await whole(street, registry)
    await register(registry, 1)
    await whole(street, registry)


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
