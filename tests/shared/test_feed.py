"""Asking an owner of whose replicas one hangs."""

import asyncio
import socket
from collections.abc import Awaitable
from contextlib import suppress
from pathlib import Path

import pytest

from shared import ids
from shared.feed import Feeds, FeedUnavailable

LOG = ids.random()
ANSWER = b'{"lineage": [{"log_id": "%s", "begins_after": 0}], "head": 7}' % str(LOG).encode()


class Owner:
    """Answers each connection after as many seconds as it is told, one after the other."""

    def __init__(self, *seconds: float) -> None:
        self._seconds = iter(seconds)
        self.asked = 0

    async def answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            await reader.readuntil(b"\r\n\r\n")
        except asyncio.IncompleteReadError:  # another answered first, before this one was asked at all
            writer.close()
            return
        self.asked += 1
        with suppress(TimeoutError):
            async with asyncio.timeout(next(self._seconds)):
                await reader.read()  # who asked hangs up
                writer.close()
                return
        writer.write(b"HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: %d\r\n\r\n" % len(ANSWER) + ANSWER)
        writer.close()


def serve(owner: Owner) -> Awaitable[asyncio.Server]:
    return asyncio.start_server(owner.answer, "127.0.0.1", family=socket.AF_INET)


def feeds_of(server: asyncio.Server, folder: Path) -> Feeds:
    (folder / "token").write_text("a token")
    return Feeds({"registry": f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"}, folder / "token")


async def test_beside_one_that_hangs_another_is_asked(tmp_path: Path) -> None:
    owner = Owner(never := 3600.0, never, 0.0)
    async with await serve(owner) as server:
        feeds = feeds_of(server, tmp_path)
        assert (await feeds.head("registry"))[1] == 7
        assert owner.asked == 3
        await feeds.close()


async def test_one_that_is_only_slow_gets_its_time(tmp_path: Path) -> None:
    owner = Owner(1.5, *[3600.0] * 10)
    async with await serve(owner) as server:
        feeds = feeds_of(server, tmp_path)
        assert (await feeds.head("registry"))[1] == 7
        await feeds.close()


async def test_an_owner_that_is_away_cannot_be_asked(tmp_path: Path) -> None:
    async with await serve(Owner()) as server:
        feeds = feeds_of(server, tmp_path)
    with pytest.raises(FeedUnavailable):
        await feeds.head("registry")
    await feeds.close()
