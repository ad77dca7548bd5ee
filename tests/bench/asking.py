"""``python -m tests.bench.asking``: sends requests over HTTP, as many at once or as many a second as it is asked to.

A client of a general kind would need more of the machine than what it asks. This one knows HTTP/1.1 as far as our
services speak it: kept connections, one request after the other on each, answers with a Content-Length.
"""

import asyncio
import itertools
import time
from collections import Counter, deque
from collections.abc import Iterator
from typing import Any, cast
from urllib.parse import urlsplit

from tests.bench.figures import percentile
from tests.bench.worker import Answers, serve

_CONNECTIONS = 64


class _Connection(asyncio.Protocol):
    """One request at a time."""

    def __init__(self) -> None:
        self._received = b""
        self._answer: asyncio.Future[int] | None = None
        self._transport: asyncio.Transport

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)  # uvloop's do not say that they are

    def data_received(self, data: bytes) -> None:
        self._received += data
        head, found, body = self._received.partition(b"\r\n\r\n")
        if not found:
            return
        _, _, length = head.lower().partition(b"content-length:")
        if len(body) >= int(length.split(b"\r\n", 1)[0]) and self._answer is not None:
            self._received = b""
            self._answer.set_result(int(head[9:12]))

    def connection_lost(self, exc: Exception | None) -> None:
        if self._answer is not None and not self._answer.done():
            self._answer.set_exception(exc or ConnectionResetError())

    async def ask(self, request: bytes) -> int:
        """The status."""
        self._answer = asyncio.get_running_loop().create_future()
        self._transport.write(request)
        return await self._answer

    def close(self) -> None:
        self._transport.close()


class Asking:
    """Requests to one route, each with a body of its own; all with one token."""

    def __init__(self, asked: dict[str, Any]) -> None:
        at = urlsplit(asked["url"])
        self._host, self._port = at.hostname, at.port
        self._head = (
            f"POST {at.path} HTTP/1.1\r\nHost: {at.netloc}\r\nAuthorization: Bearer {asked['token']}\r\n"
            "Content-Type: application/json\r\n"
        ).encode()
        self._bodies: Iterator[str] = iter(asked["bodies"])
        self._key = itertools.count()
        self._run = asked["run"]
        self._statuses: Counter[int] = Counter()
        self._took: list[float] = []

    async def _connect(self) -> _Connection:
        _, connection = await asyncio.get_running_loop().create_connection(_Connection, self._host, self._port)
        return connection

    async def _send(self, connection: _Connection, body: str) -> None:
        began = time.perf_counter()
        request = f"Idempotency-Key: {self._run}-{next(self._key)}\r\nContent-Length: {len(body)}\r\n\r\n{body}"
        status = await connection.ask(self._head + request.encode())
        self._took.append(time.perf_counter() - began)
        self._statuses[status] += 1

    async def flat_out(self, at_once: int) -> dict[str, Any]:
        """Every body, *at_once* under way."""
        connections = [await self._connect() for _ in range(at_once)]

        async def again(connection: _Connection) -> None:
            for body in self._bodies:
                await self._send(connection, body)

        began = time.perf_counter()
        await asyncio.gather(*(again(connection) for connection in connections))
        return self._report(began, connections)

    async def steadily(self, rate: float) -> dict[str, Any]:
        """Every body, *rate* a second, whatever becomes of those before."""
        connections = [await self._connect() for _ in range(_CONNECTIONS)]
        free: deque[_Connection] = deque(connections)
        returned = asyncio.Event()
        sending: set[asyncio.Task[None]] = set()

        async def one(body: str) -> None:
            while not free:
                returned.clear()
                await returned.wait()
            connection = free.popleft()
            await self._send(connection, body)
            free.append(connection)
            returned.set()

        began = time.perf_counter()
        for n, body in enumerate(self._bodies):
            await asyncio.sleep(max(0.0, began + n / rate - time.perf_counter()))
            sending.add(asyncio.create_task(one(body)))
        await asyncio.gather(*sending)
        return self._report(began, connections)

    def _report(self, began: float, connections: list[_Connection]) -> dict[str, Any]:
        seconds = time.perf_counter() - began
        for connection in connections:
            connection.close()
        return {
            "rate": len(self._took) / seconds,
            "p50": percentile(self._took, 0.5) * 1000,
            "statuses": {str(status): times for status, times in self._statuses.items()},
        }


async def _starting() -> Answers:
    async def answer(asked: dict[str, Any]) -> dict[str, Any]:
        asking = Asking(asked)
        if asked["do"] == "flat out":
            return await asking.flat_out(asked["at_once"])
        return await asking.steadily(asked["rate"])

    return answer


if __name__ == "__main__":
    serve(_starting)
