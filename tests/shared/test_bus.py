"""One process's connection: what it hears, what it passes over, and what it leaves behind on the bus."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import suppress
from datetime import UTC, datetime
from typing import Self
from urllib.parse import urlsplit
from uuid import UUID, uuid4

import nats
import orjson
import pytest
import pytest_asyncio
from nats.aio.client import Client

from deploy.nats import operator_of, stream_of
from shared import wire
from shared.bus import Bus, PublishBroken, Told
from shared.log.store import Head, Said
from tests.servers import Nats
from tests.shared.street import Operator, open_to_loss, remove_stream, sweep, until

LOG_ID = UUID(int=1)
AT = datetime(2026, 1, 31, 10, tzinfo=UTC)


def said(number: int) -> Said:
    event_id = UUID(int=number)
    envelope = {
        "id": str(event_id),
        "source": "urn:desmigratif:registry",
        "type": "desmigratif.registry.SomethingNew.v9",
        "subject": "33.07",
        "partitionkey": "a person",
        "correlationid": str(UUID(int=0)),
    }
    return Said(number, event_id, AT, orjson.dumps(envelope).decode())


def told(number: int) -> Told:
    """The same as the owner's feed tells it."""
    return Told.of(LOG_ID, number, AT.isoformat(), said(number).words.encode())


@pytest_asyncio.fixture(autouse=True)
async def swept(bus: Nats) -> None:
    await sweep(bus)


@pytest_asyncio.fixture
async def registry(bus: Nats) -> AsyncIterator[Bus]:
    connection = Bus("registry", ["migration_service"], bus.url("registry"))
    await connection.connect()
    await connection.open_stream()
    yield connection
    await connection.close()


@pytest_asyncio.fixture
async def enterprise(bus: Nats) -> AsyncIterator[Bus]:
    connection = Bus("enterprise", ["registry", "migration_service"], bus.url("enterprise"))
    await connection.connect()
    yield connection
    await connection.close()


@pytest_asyncio.fixture
async def slip(bus: Nats) -> AsyncIterator[Client]:
    """An operator of the registry's account, who may say anything there."""
    client = await nats.connect(bus.url(operator_of("registry")), allow_reconnect=False)
    yield client
    await client.close()


class Door:
    """What stands in front of a server: it lets everybody in, and while *shut* hangs up at once."""

    def __init__(self, bus: Nats) -> None:
        self._url = urlsplit(bus.url("registry"))
        self._guests: set[asyncio.StreamWriter] = set()
        self.shut = False
        self.hung_up, self.left = 0, 0
        """On how many it hung up, and how many of them hung up as well."""

    async def __aenter__(self) -> Self:
        self._server = await asyncio.start_server(self._enter, "127.0.0.1", 0)
        return self

    async def __aexit__(self, *_: object) -> None:
        self._server.close()
        self.turn_out()
        await until(lambda: not self._guests)

    @property
    def url(self) -> str:
        """Where to come in."""
        port = self._server.sockets[0].getsockname()[1]
        return self._url._replace(netloc=f"{self._url.netloc.rpartition(':')[0]}:{port}").geturl()

    def turn_out(self) -> None:
        """Hang up on everybody who is in."""
        for guest in self._guests:
            guest.close()

    async def _enter(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._guests.add(writer)
        if self.shut:
            self.hung_up += 1
            writer.write_eof()
            await reader.read()
            self.left += 1
            writer.close()
        else:
            inner_reader, inner_writer = await asyncio.open_connection(self._url.hostname, self._url.port)
            await asyncio.gather(_carry(reader, inner_writer), _carry(inner_reader, writer))
        self._guests.discard(writer)


async def _carry(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with suppress(ConnectionError):
        while said := await reader.read(65536):
            writer.write(said)
            await writer.drain()
    writer.close()


async def next_of(queue: "asyncio.Queue[Told | None]", how_many: int) -> list[Told | None]:
    async with asyncio.timeout(5):
        return [await queue.get() for _ in range(how_many)]


# Its connection


async def test_what_was_connected_by_half_is_closed_before_it_is_tried_again(bus: Nats) -> None:
    async with Door(bus) as door:
        connection = Bus("registry", [], door.url)
        await connection.connect()
        door.shut = True
        door.turn_out()
        await until(lambda: door.hung_up > 2)
        door.shut = False
        await until(lambda: connection.connected)
        await until(lambda: door.left == door.hung_up)
        await connection.close()


# Words


async def test_who_follows_hears_what_is_said_from_then_on_as_the_feed_would_tell_it(
    registry: Bus, enterprise: Bus
) -> None:
    last = await registry.publish(LOG_ID, [said(1)], 0)
    queue: asyncio.Queue[Told | None] = asyncio.Queue()
    following = await enterprise.follow("registry", queue)
    last = await registry.publish(LOG_ID, [said(2), said(3)], last)
    assert await next_of(queue, 2) == [told(2), told(3)]
    await following.end()
    again = await enterprise.follow("registry", asyncio.Queue())
    await registry.publish(LOG_ID, [said(4)], last)
    await again.end()
    assert queue.empty()


@pytest.mark.parametrize(
    ("headers", "words"),
    [
        (None, b"no word"),
        ({wire.LOG_ID: "no name", wire.NUMBER: "2", wire.RECORDED_AT: AT.isoformat()}, b"{}"),
        ({wire.LOG_ID: str(LOG_ID), wire.NUMBER: "two", wire.RECORDED_AT: AT.isoformat()}, b"{}"),
        ({wire.LOG_ID: str(LOG_ID), wire.NUMBER: "2", wire.RECORDED_AT: "soon"}, said(2).words.encode()),
        ({wire.LOG_ID: str(LOG_ID), wire.NUMBER: "2", wire.RECORDED_AT: AT.isoformat()}, b"[]"),
        ({wire.LOG_ID: str(LOG_ID), wire.NUMBER: "2", wire.RECORDED_AT: AT.isoformat()}, b'{"id": 7}'),
    ],
)
async def test_what_has_not_the_form_of_a_word_is_passed_over(
    registry: Bus, enterprise: Bus, slip: Client, headers: dict[str, str] | None, words: bytes
) -> None:
    """It leaves no trace: if it was to be a word, the hole that it leaves is filled from the owner's feed."""
    queue: asyncio.Queue[Told | None] = asyncio.Queue()
    following = await enterprise.follow("registry", queue)
    await slip.publish("desmigratif.registry.SomethingNew.v9.33.07", words, headers=headers)
    await slip.flush()
    await until(lambda: _reached(registry, 1))
    await registry.publish(LOG_ID, [said(3)], 1)
    assert await next_of(queue, 1) == [told(3)]
    await following.end()


async def _reached(registry: Bus, sequence: int) -> bool:
    return (await registry.tail()).sequence == sequence


async def test_a_zombies_message_that_jetstream_refuses_is_heard_all_the_same(registry: Bus, enterprise: Bus) -> None:
    """It says nothing that is not in the log; whoever knows its number skips it."""
    queue: asyncio.Queue[Told | None] = asyncio.Queue()
    following = await enterprise.follow("registry", queue)
    await registry.publish(LOG_ID, [said(1)], 0)
    with pytest.raises(PublishBroken):
        await registry.publish(LOG_ID, [said(1)], 7)
    assert await next_of(queue, 2) == [told(1), told(1)]
    await following.end()


async def test_a_hearer_that_falls_behind_is_not_buried(
    registry: Bus, enterprise: Bus, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("shared.bus._MOST_QUEUED", 3)
    behind: asyncio.Queue[Told | None] = asyncio.Queue()
    beside: asyncio.Queue[Told | None] = asyncio.Queue()
    slow, quick = await enterprise.follow("registry", behind), await enterprise.follow("registry", beside)
    last = 0
    for number in range(1, 6):
        last = await registry.publish(LOG_ID, [said(number)], last)
        assert await next_of(beside, 1) == [told(number)]
    assert await next_of(behind, 3) == [told(1), told(2), told(3)]
    assert behind.empty()
    await registry.publish(LOG_ID, [said(6)], last)
    assert await next_of(behind, 1) == [told(6)]  # a hole, by arithmetic
    await slow.end()
    await quick.end()


async def test_a_source_is_listened_to_once_however_many_follow_it(registry: Bus, enterprise: Bus) -> None:
    """One that begins or ends to follow takes nothing from the others."""
    first: asyncio.Queue[Told | None] = asyncio.Queue()
    second: asyncio.Queue[Told | None] = asyncio.Queue()
    heads = len(enterprise._client._subs)
    one = await enterprise.follow("registry", first)
    last = await registry.publish(LOG_ID, [said(1)], 0)
    other = await enterprise.follow("registry", second)
    assert len(enterprise._client._subs) == heads + 1
    last = await registry.publish(LOG_ID, [said(2)], last)
    assert await next_of(first, 2) == [told(1), told(2)]
    assert await next_of(second, 1) == [told(2)]
    await one.end()
    await registry.publish(LOG_ID, [said(3)], last)
    assert await next_of(second, 1) == [told(3)]
    assert first.empty()
    await other.end()
    assert len(enterprise._client._subs) == heads


# Heads


async def test_a_head_that_is_none_is_passed_over(registry: Bus, enterprise: Bus, slip: Client) -> None:
    rang: list[str] = []
    enterprise.on_head.append(rang.append)
    for nonsense in (b"", b"{}", b"7", b'{"log_id": "x", "number": 1, "event_id": null}'):
        await slip.publish("head.registry", nonsense)
    await slip.flush()
    event_id = uuid4()
    await registry.say_head(LOG_ID, Head(3, event_id))
    head = await until(lambda: enterprise.heads.get("registry"))
    assert (head.log_id, head.number, head.event_id) == (LOG_ID, 3, event_id)
    assert rang == ["registry"]


# Among the processes of one service


async def test_the_others_are_told_that_the_log_grew_and_nobody_tells_themselves(bus: Nats, registry: Bus) -> None:
    other = Bus("registry", ["migration_service"], bus.url("registry"))
    await other.connect()
    rang = asyncio.Event()
    other.on_appended.append(rang.set)
    registry.on_appended.append(lambda: pytest.fail("it told itself"))
    for _ in range(1000):
        registry.say_appended()  # at once: nobody waits
    async with asyncio.timeout(5):
        await rang.wait()
    rang.clear()
    registry.say_appended()
    async with asyncio.timeout(5):
        await rang.wait()
    await other.close()


async def test_without_a_bus_nothing_is_said_and_nothing_fails(bus: Nats) -> None:
    alone = Bus("registry", [], bus.url("registry"))
    alone.say_appended()
    await alone.connect()
    await alone.close()
    alone.say_appended()


# Its own stream


async def test_it_makes_a_stream_that_nobody_can_take_from_and_leaves_one_alone_that_is_there(
    bus: Nats, registry: Bus
) -> None:
    async with Operator(bus) as jetstream:
        made = (await jetstream.stream_info(stream_of("registry"))).config
        assert (made.deny_delete, made.deny_purge, made.duplicate_window) == (True, True, 1.0)
        await remove_stream(bus)
        await jetstream.add_stream(name=stream_of("registry"), subjects=["desmigratif.registry.>"], max_msgs=7)
        await registry.open_stream()
        assert (await jetstream.stream_info(stream_of("registry"))).config.max_msgs == 7


async def test_where_its_stream_ends(bus: Nats, registry: Bus, slip: Client) -> None:
    async with Operator(bus) as jetstream:
        await remove_stream(bus)
        await open_to_loss(bus)

        async def end() -> tuple[int, int | None]:
            tail = await registry.tail()
            return tail.sequence, tail.told.number if tail.told else None

        assert await end() == (0, None)
        await registry.publish(LOG_ID, [said(1), said(2), said(3)], 0)
        assert await end() == (3, 3)
        await jetstream.delete_msg(stream_of("registry"), 3)
        assert await end() == (3, 2)
        await slip.jetstream().publish("desmigratif.registry.SomethingNew.v9.33.07", b"no word")
        assert await end() == (4, None)
        await jetstream.purge_stream(stream_of("registry"))
        assert await end() == (4, None)
