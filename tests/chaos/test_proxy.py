"""A link passes what it is given, unless it is told otherwise."""

import asyncio
import random
from collections.abc import AsyncIterator

import pytest

from tests.chaos.proxy import FAIR, Link, Links, Loss, Weather


def frame(n: int) -> bytes:
    said = f"fact {n}".encode()
    return b"MSG desmigratif.registry.PersonRegistered.v1.33.07 1 %d\r\n%b\r\n" % (len(said), said)


def through(chunk: bytes, *, lossy: bool, pieces: int = 1) -> tuple[bytes, int]:
    lost: list[None] = []
    loss = Loss(random.Random(1), lambda: lost.append(None))  # noqa: S311 - any dice will do
    cut = [chunk[len(chunk) * n // pieces : len(chunk) * (n + 1) // pieces] for n in range(pieces)]
    return b"".join(loss.passes(part, lossy=lossy) for part in cut), len(lost)


@pytest.mark.parametrize("pieces", [1, 7, 1000])
def test_what_nats_sends_passes_unchanged_however_it_is_cut(pieces: int) -> None:
    said = b"INFO {}\r\nPONG\r\n" + b"".join(frame(n) for n in range(20)) + b"MSG _INBOX.x 3 4\r\n\r\n\r\n\r\n"
    assert through(said, lossy=False, pieces=pieces) == (said, 0)


def test_of_words_some_are_lost_some_come_twice_some_late() -> None:
    passed, lost = through(b"".join(frame(n) for n in range(1000)), lossy=True)
    numbers = [int(part.split(b"\r\n")[1].split()[1]) for part in passed.split(b"MSG ")[1:]]
    assert 100 < lost < 300
    assert len(set(numbers)) == 1000 - lost
    assert len(numbers) > len(set(numbers))
    assert numbers != sorted(numbers)


def test_nothing_but_words_is_lost() -> None:
    said = b"PING\r\n" + b"".join(b"MSG head.registry 2 3\r\n%03d\r\n" % n for n in range(200))
    assert through(said, lossy=True) == (said, 0)


@pytest.fixture
async def echo() -> AsyncIterator[Link]:
    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while said := await reader.read(100):
            writer.write(said)
            await writer.drain()
        writer.close()

    server = await asyncio.start_server(answer, "127.0.0.1", 0)
    with Links() as links:
        yield await asyncio.to_thread(links.to, server.sockets[0].getsockname()[1], nats=False, seed="1")
    server.close()
    await server.wait_closed()


async def say(link: Link) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    reader, writer = await asyncio.open_connection("127.0.0.1", link.number)
    writer.write(b"hello")
    return reader, writer


async def test_a_fair_link_passes_both_ways_and_says_farewell(echo: Link) -> None:
    reader, writer = await say(echo)
    assert await reader.readexactly(5) == b"hello"
    writer.write_eof()
    assert await reader.read() == b""
    writer.close()


async def test_a_link_that_is_cut_resets_and_refuses(echo: Link) -> None:
    reader, writer = await say(echo)
    assert await reader.readexactly(5) == b"hello"
    echo.be(Weather(cut=True))
    with pytest.raises(ConnectionResetError):
        await reader.readexactly(1)
    writer.close()
    with pytest.raises((ConnectionResetError, asyncio.IncompleteReadError)):
        await (await say(echo))[0].readexactly(5)
    echo.be(FAIR)
    reader, writer = await say(echo)
    assert await reader.readexactly(5) == b"hello"
    writer.close()


async def test_a_link_that_is_held_up_passes_on_later(echo: Link) -> None:
    echo.be(Weather(held=True))
    reader, writer = await say(echo)
    with pytest.raises(TimeoutError):
        await asyncio.wait_for(reader.readexactly(5), 0.2)
    echo.be(FAIR)
    assert await reader.readexactly(5) == b"hello"
    writer.close()
