"""TCP links that can be cut, held up and slowed down; one that carries NATS can also lose, double and delay words.

They run on a loop of their own in a thread of their own, so that whoever tells them what to do may block meanwhile.
"""

import asyncio
import random
import socket
import struct
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from types import TracebackType
from typing import Self

import uvloop

_CHUNK = 1 << 16
_WORD = b"desmigratif."
"""What the subject of a published fact begins with. Heads and JetStream's answers are never lost on purpose."""


_LOST, _TWICE, _LATE = 0.2, 0.1, 0.1


@dataclass(frozen=True, slots=True)
class Weather:
    """How it goes on a link.

    *cut*: connections are reset and new ones refused. *held*: they stand, and nothing passes. *delay_seconds* is added
    to whatever passes in either direction. *lossy*: of the words that NATS delivers some are lost, some come twice,
    some after the next.
    """

    cut: bool = False
    held: bool = False
    delay_seconds: float = 0.0
    lossy: bool = False


FAIR = Weather()


@dataclass(slots=True)
class Frames:
    """Takes what a NATS server sends apart into whole messages."""

    _rest: bytes = b""

    def of(self, chunk: bytes) -> Iterator[bytes]:
        """The messages that are complete with *chunk*, as they came."""
        self._rest += chunk
        while (end := self._rest.find(b"\r\n")) >= 0:
            line, length = self._rest[:end], end + 2
            if line.startswith((b"MSG ", b"HMSG ")):
                length += int(line.rsplit(b" ", 1)[1]) + 2
            if len(self._rest) < length:
                return
            yield self._rest[:length]
            self._rest = self._rest[length:]


def is_word(frame: bytes) -> bool:
    """Whether a message from a NATS server is a published fact."""
    verb, _, rest = frame.partition(b" ")
    return verb in (b"MSG", b"HMSG") and rest.startswith(_WORD)


@dataclass(slots=True)
class Loss:
    """Loses, doubles and delays words, as *drawn* says."""

    drawn: random.Random
    lose: Callable[[], None]
    """Told of each word that is lost."""
    _frames: Frames = field(default_factory=Frames)
    _later: bytes = b""

    def passes(self, chunk: bytes, *, lossy: bool) -> bytes:
        """What of *chunk* goes on."""
        return b"".join(self._one(frame, lossy=lossy) for frame in self._frames.of(chunk))

    def _one(self, frame: bytes, *, lossy: bool) -> bytes:
        later, self._later = self._later, b""
        if lossy and is_word(frame):
            dice = self.drawn.random()
            if dice < _LOST:
                self.lose()
                return later
            if dice < _LOST + _TWICE:
                return frame + later + frame
            if dice < _LOST + _TWICE + _LATE:
                self._later = frame
                return later
        return frame + later


class Link:
    """A port at 127.0.0.1 that leads to the server at *port*."""

    def __init__(self, links: "Links", port: int, *, nats: bool, seed: str) -> None:
        self.number = 0
        self.lost = 0
        """How many words."""
        self._links = links
        self._port = port
        self._nats = nats
        self._drawn = random.Random(seed)  # noqa: S311 - the same seed loses the same share
        self._weather = FAIR
        self._flows = asyncio.Event()
        self._flows.set()
        self._open: set[asyncio.StreamWriter] = set()
        self._server: asyncio.Server

    def be(self, weather: Weather) -> None:
        """From now on it goes like this."""
        self._links.call(self._be, weather)

    async def listen(self) -> None:
        """On the loop of the links."""
        self._server = await asyncio.start_server(self._accept, "127.0.0.1", 0)
        self.number = self._server.sockets[0].getsockname()[1]

    async def end(self) -> None:
        """On the loop of the links."""
        self._server.close()
        self._reset()
        self._flows.set()

    def _lose(self) -> None:
        self.lost += 1

    def _be(self, weather: Weather) -> None:
        self._weather = weather
        if weather.held:
            self._flows.clear()
        else:
            self._flows.set()
        if weather.cut:
            self._reset()

    def _reset(self) -> None:
        for writer in self._open:
            _reset(writer)

    async def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if self._weather.cut:
            _reset(writer)
            return
        self._open.add(writer)
        try:
            there, onward = await asyncio.open_connection("127.0.0.1", self._port)
        except OSError:  # nobody is there: so it is here
            self._open.discard(writer)
            _reset(writer)
            return
        self._open.add(onward)
        loss = Loss(self._drawn, self._lose) if self._nats else None
        try:
            await asyncio.gather(self._pump(reader, onward, None), self._pump(there, writer, loss))
        finally:
            for one in (writer, onward):
                self._open.discard(one)
                one.transport.abort()

    async def _pump(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, loss: Loss | None) -> None:
        try:
            while chunk := await reader.read(_CHUNK):
                if self._weather.delay_seconds:
                    await asyncio.sleep(self._weather.delay_seconds)
                await self._flows.wait()
                if writer.is_closing():
                    return
                writer.write(loss.passes(chunk, lossy=self._weather.lossy) if loss else chunk)
                await writer.drain()
        except OSError:  # either end was lost: the other is told below
            pass
        if not writer.is_closing():
            writer.close()


def _reset(writer: asyncio.StreamWriter) -> None:
    """End a connection as a machine does that knows nothing of it."""
    writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    writer.transport.abort()


class Links:
    """All links, and the loop that they run on. A context: when it ends, so do they."""

    def __init__(self) -> None:
        self._loop = uvloop.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="links", daemon=True)
        self._links: list[Link] = []

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        asyncio.run_coroutine_threadsafe(self._end(), self._loop).result()
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    def to(self, port: int, *, nats: bool, seed: str) -> Link:
        """A new link to 127.0.0.1:*port*; *seed* decides what it loses when it is told to."""
        link = Link(self, port, nats=nats, seed=seed)
        asyncio.run_coroutine_threadsafe(link.listen(), self._loop).result()
        self._links.append(link)
        return link

    def call(self, do: Callable[[Weather], None], weather: Weather) -> None:
        """Run *do* on the loop of the links, and return when it is done."""
        done = threading.Event()

        def run() -> None:
            do(weather)
            done.set()

        self._loop.call_soon_threadsafe(run)
        done.wait()

    async def _end(self) -> None:
        for link in self._links:
            await link.end()
        tasks = asyncio.all_tasks() - {asyncio.current_task()}
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
