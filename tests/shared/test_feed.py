"""Asking an owner of whose replicas one hangs."""

import asyncio
import socket
import time
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
        await reader.readuntil(b"\r\n\r\n")
        self.asked += 1
        await asyncio.sleep(next(self._seconds))
        writer.write(b"HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: %d\r\n\r\n" % len(ANSWER) + ANSWER)
        writer.close()


async def test_one_that_hangs_is_given_up_soon_and_one_that_is_slow_gets_its_time(tmp_path: Path) -> None:
    (tmp_path / "token").write_text("a token")
    owner = Owner(60.0, 3.0, 2.5)
    server = await asyncio.start_server(owner.answer, "127.0.0.1", family=socket.AF_INET)
    feeds = Feeds({"registry": f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"}, tmp_path / "token")
    began = time.monotonic()
    with pytest.raises(FeedUnavailable):
        await feeds.head("registry")
    assert time.monotonic() - began < 3.0
    assert (await feeds.head("registry"))[1] == 7
    assert (await feeds.head("registry"))[1] == 7
    assert owner.asked == 3
    await feeds.close()
    server.close()
