import asyncio
import stat
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path

import nats
import pytest
from nats.aio.client import Client
from nats.js.api import AckPolicy, ConsumerConfig, StreamConfig

from deploy.nats import OPERATOR, Bus, inbox_of, stream_of
from deploy.program import HouseFailed


@pytest.fixture(scope="module")
def bus(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bus]:
    bus = Bus(tmp_path_factory.mktemp("a folder with blanks") / "nats")
    bus.start()
    yield bus
    bus.stop()


@asynccontextmanager
async def client(bus: Bus, user: str) -> AsyncIterator[tuple[Client, asyncio.Queue[str]]]:
    """A connection as *user*, and what the server refused it."""
    refused: asyncio.Queue[str] = asyncio.Queue()

    async def note(error: Exception) -> None:
        refused.put_nowait(str(error).lower())

    connection = await nats.connect(
        bus.url(user), inbox_prefix=inbox_of(user).encode(), error_cb=note, allow_reconnect=False
    )
    try:
        yield connection, refused
    finally:
        await connection.close()


async def test_a_service_says_its_words_and_the_others_read_them(bus: Bus) -> None:
    async with client(bus, "registry") as (registry, refused), client(bus, "enterprise") as (enterprise, unheard):
        mine = registry.jetstream(timeout=2)
        stream = stream_of("registry")
        await mine.add_stream(StreamConfig(name=stream, subjects=["desmigratif.registry.>"], allow_direct=True))
        await mine.publish("desmigratif.registry.person-registered.v1.33.07", b"a word")
        await mine.stream_info(stream)

        theirs = enterprise.jetstream(timeout=2)
        assert (await theirs.stream_info(stream)).state.messages == 1
        assert (await theirs.get_last_msg(stream, "desmigratif.registry.>")).data == b"a word"
        assert (await theirs.get_msg(stream, 1)).data == b"a word"
        assert (await theirs.get_msg(stream, 1, direct=True)).data == b"a word"

        ordered = await theirs.subscribe("desmigratif.registry.>", ordered_consumer=True)
        assert (await ordered.next_msg(timeout=2)).data == b"a word"
        await ordered.unsubscribe()
        pulled = await theirs.pull_subscribe(
            "desmigratif.registry.>", stream=stream, config=ConsumerConfig(ack_policy=AckPolicy.EXPLICIT)
        )
        (word,) = await pulled.fetch(1, timeout=2)
        await word.ack_sync(timeout=2)
        await pulled.unsubscribe()

        await mine.purge_stream(stream)
        await mine.delete_stream(stream)
        assert refused.empty()
        assert unheard.empty()


async def test_heads_are_heard_by_all(bus: Bus) -> None:
    async with client(bus, "registry") as (registry, _), client(bus, "enterprise") as (enterprise, _):
        heads = await enterprise.subscribe("head.>")
        await enterprise.flush()
        await registry.publish("head.registry", b"7")
        assert (await heads.next_msg(timeout=2)).data == b"7"


@pytest.mark.parametrize(
    "subject",
    [
        "desmigratif.registry.person-registered.v1.33.07",
        "head.registry",
        "$JS.API.STREAM.CREATE.DESMIGRATIF_REGISTRY",
        "$JS.API.STREAM.UPDATE.DESMIGRATIF_REGISTRY",
        "$JS.API.STREAM.DELETE.DESMIGRATIF_REGISTRY",
        "$JS.API.STREAM.PURGE.DESMIGRATIF_REGISTRY",
        "$JS.API.STREAM.MSG.DELETE.DESMIGRATIF_REGISTRY",
        "$JS.API.STREAM.MSG.DELETE.DESMIGRATIF_ENTERPRISE",  # not even of its own: a word said stays said
        "$JS.API.STREAM.CREATE.ANOTHER",
        "$JS.API.STREAM.SNAPSHOT.DESMIGRATIF_REGISTRY",
        "_INBOX_registry.abc",
        "anything",
    ],
)
async def test_it_does_not_speak_for_another_nor_touch_its_stream(bus: Bus, subject: str) -> None:
    async with client(bus, "enterprise") as (enterprise, refused):
        await enterprise.publish(subject, b"{}")
        await enterprise.flush()
        said = await asyncio.wait_for(refused.get(), timeout=2)
        assert f'permissions violation for publish to "{subject.lower()}"' in said


@pytest.mark.parametrize("subject", ["_INBOX_registry.>", "_INBOX.>", "desmigratif.>", "$JS.>", ">"])
async def test_it_does_not_listen_to_anothers_inbox(bus: Bus, subject: str) -> None:
    async with client(bus, "enterprise") as (enterprise, refused):
        await enterprise.subscribe(subject)
        await enterprise.flush()
        said = await asyncio.wait_for(refused.get(), timeout=2)
        assert f'permissions violation for subscription to "{subject.lower()}"' in said


async def test_the_operator_may_do_everything(bus: Bus) -> None:
    async with client(bus, OPERATOR) as (operator, refused):
        everything = operator.jetstream(timeout=2)
        await everything.add_stream(name="REHEARSAL", subjects=["rehearsal"])
        await everything.publish("rehearsal", b"1")
        assert await everything.delete_msg("REHEARSAL", 1)
        await everything.delete_stream("REHEARSAL")
        assert refused.empty()


async def test_nobody_enters_without_a_password(bus: Bus) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", bus.port)
    await reader.readline()
    writer.write(b"CONNECT {}\r\nPING\r\n")
    assert await reader.read() == b"-ERR 'Authorization Violation'\r\n"
    writer.close()
    await writer.wait_closed()


def test_the_configuration_with_its_passwords_is_its_owners_alone(bus: Bus) -> None:
    assert stat.S_IMODE((bus.path / "nats.conf").stat().st_mode) == 0o600


async def test_words_outlive_a_kill(tmp_path: Path) -> None:
    bus = Bus(tmp_path / "nats")
    await asyncio.to_thread(bus.start)
    try:
        async with client(bus, OPERATOR) as (operator, _):
            await operator.jetstream().add_stream(name="KEPT", subjects=["kept"])
            await operator.jetstream().publish("kept", b"1")
        port = bus.port
        await asyncio.to_thread(bus.kill)
        await asyncio.to_thread(bus.start)
        assert bus.port == port
        assert (bus.store / "jetstream").is_dir()
        async with client(bus, OPERATOR) as (operator, _):
            assert (await operator.jetstream().stream_info("KEPT")).state.messages == 1
    finally:
        await asyncio.to_thread(bus.stop)


def test_one_left_by_an_earlier_house_is_ended_first(tmp_path: Path) -> None:
    earlier, later = Bus(tmp_path / "nats"), Bus(tmp_path / "nats")
    earlier.start()
    left = earlier.identity
    try:
        later.start()
        assert left is not None
        assert left.process() is None
        assert not earlier.running
    finally:
        later.stop()
        earlier.stop()


def test_one_that_cannot_start_says_why(tmp_path: Path) -> None:
    (tmp_path / "nats").mkdir()
    (tmp_path / "nats" / "store").write_text("a file where JetStream's folder should be")
    bus = Bus(tmp_path / "nats")
    with pytest.raises(HouseFailed, match="nats ended at its start"):
        bus.start()
