"""Appending: many commands in one call, each answered for itself.

The batcher is group commit: while one call is being made durable, the commands that arrive wait and go together in
the next. It puts no two commands in one call that share a command id, a claim, or a stream that one of them writes,
unless they are a run: commands of one caller in an order in which each may rest on those before it.
"""

import asyncio
import itertools
import time
from collections import deque
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any, Literal
from uuid import UUID

import asyncpg
import orjson
import structlog
from opentelemetry.trace import Span, SpanKind

from shared import crash, database, telemetry

_MOST = 128
"""So many commands are enough for one call; a run is never divided, however long it is."""
_PAUSE_SECONDS = 0.05
_LONGEST_PAUSE_SECONDS = 1.0
_SAID_AGAIN = 100
_CALL_SECONDS = 20.0
"""A call that takes longer is taken for lost, and asked again with the same ids."""
_DURATIONS = (0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0, 2.0, 5.0, 10.0, 20.0)
_SIZES = (1, 2, 4, 8, 16, 32, 64, _MOST, 256, 512, 1024)

log = structlog.get_logger()

Said = Literal["ok", "duplicate", "reused", "conflict", "taken"]


@dataclass(frozen=True, slots=True)
class NewEvent:
    """A row of the log but for what the append gives it: position, version, instant, published number."""

    stream_id: UUID
    event_id: UUID
    type: str
    schema_version: int
    occurred_on: date
    precision: str
    person_id: UUID | None
    key_id: UUID | None
    meta: str
    data: str
    public: str | None


@dataclass(frozen=True, slots=True)
class NewClaim:
    """A claim to take or, with no *key*, the release of what *holder* has of this *kind*."""

    kind: str
    key: bytes | None
    holder: UUID
    person_id: UUID | None


@dataclass(frozen=True, slots=True)
class Append:
    """One command: all of it or nothing. *streams* is the version seen of every stream that was read.

    In a run (`Batcher.append_run`) that is the version from before the run.
    """

    command_id: UUID
    fingerprint: bytes
    answer: bytes
    person_id: UUID | None
    streams: Sequence[tuple[UUID, int]]
    events: Sequence[NewEvent] = ()
    claims: Sequence[NewClaim] = ()

    @property
    def held(self) -> set[object]:
        """What its claims are about: what is held, and who holds of which kind."""
        return {c.key for c in self.claims if c.key} | {(c.kind, c.holder) for c in self.claims}


@dataclass(frozen=True, slots=True)
class Verdict:
    """*position* and *published* are where the log stood after the command; *answer* is what was first answered."""

    said: Said
    position: int
    published: int
    answer: dict[str, Any]


@dataclass(slots=True)
class _Touched:
    commands: set[UUID] = field(default_factory=set)
    written: set[UUID] = field(default_factory=set)
    read: set[UUID] = field(default_factory=set)
    claims: set[object] = field(default_factory=set)

    def takes(self, run: Sequence[Append]) -> bool:
        """Add *run* unless it touches what is touched already."""
        commands = {append.command_id for append in run}
        written = {event.stream_id for append in run for event in append.events}
        read = {stream for append in run for stream, _ in append.streams}
        claims = {held for append in run for held in append.held}
        if (
            commands & self.commands
            or written & (self.written | self.read)
            or read & self.written
            or claims & self.claims
        ):
            return False
        self.commands |= commands
        self.written |= written
        self.read |= read
        self.claims |= claims
        return True


@dataclass(frozen=True, slots=True)
class _Asked:
    """A run of appends that somebody waits for, each in its span if that is recorded; most have one alone."""

    run: Sequence[Append]
    answer: asyncio.Future[list[Verdict]]
    spans: Sequence[Span | None]


class Batcher:
    """Appends for one process, to the log while it is called *log_id* (null for one that was never opened).

    *connected* is called with each new connection before it is used, and where a call failed: `LogReplaced` from there
    ends the batcher.
    """

    def __init__(
        self,
        url: str,
        log_id: UUID | None,
        connected: Callable[[asyncpg.Connection], Awaitable[None]],
        appended: Callable[[], None],
    ) -> None:
        self._url = url
        self._log_id = log_id
        self._connected = connected
        self._appended = appended
        self._waiting: deque[_Asked] = deque()
        self._under_way: list[_Asked] = []
        self._arrived = asyncio.Event()
        self._connection: asyncpg.Connection | None = None
        self._ended_by: Exception | None = None
        self._took = telemetry.meter().create_histogram(
            "desmigratif.append.duration",
            "s",
            "From a command's append being asked for to its answer.",
            explicit_bucket_boundaries_advisory=_DURATIONS,
        )
        self._size = telemetry.meter().create_histogram(
            "desmigratif.append.batch.size",
            "{command}",
            "Commands in one call.",
            explicit_bucket_boundaries_advisory=_SIZES,
        )

    async def append(self, append: Append) -> Verdict:
        """Answered once it is durable."""
        return (await self.append_run([append], [telemetry.recorded()]))[0]

    async def append_run(self, run: Sequence[Append], spans: Sequence[Span | None] = ()) -> list[Verdict]:
        """Appended in their order up to the first that is not ok; each of the others after that is in conflict.

        No two of them have a command id, or anything that claims hold, in common. If one of them makes the call fail,
        nothing is appended. *spans* are theirs.
        """
        if self._ended_by:
            raise self._ended_by
        asked = _Asked(run, asyncio.get_running_loop().create_future(), spans)
        began = time.perf_counter()
        self._waiting.append(asked)
        self._arrived.set()
        verdicts = await asked.answer
        took = time.perf_counter() - began
        for verdict in verdicts:
            self._took.record(took, {"desmigratif.verdict": verdict.said})
        return verdicts

    async def run(self) -> None:
        """Until cancelled. If this ends in any other way the process must end: nothing could be written any more."""
        try:
            while True:
                await self._arrived.wait()
                self._under_way = self._next_batch()
                await self._answer(self._under_way)
                self._under_way = []
        except Exception as error:
            # Nobody is left waiting for an answer that this process cannot give any more.
            self._ended_by = error
            for asked in (*self._under_way, *self._waiting):
                _settle(asked.answer, error)
            self._under_way = []
            self._waiting.clear()
            raise
        finally:
            if self._connection:
                self._connection.terminate()

    async def drained(self) -> None:
        """Returns once everybody was answered."""
        while unanswered := [a.answer for a in (*self._under_way, *self._waiting) if not a.answer.done()]:
            await asyncio.wait(unanswered)

    def _next_batch(self) -> list[_Asked]:
        touched = _Touched()
        batch: list[_Asked] = []
        later: deque[_Asked] = deque()
        while self._waiting and len(touched.commands) < _MOST:
            asked = self._waiting.popleft()
            (batch if touched.takes(asked.run) else later).append(asked)
        self._waiting.extendleft(reversed(later))
        if not self._waiting:
            self._arrived.clear()
        return batch

    async def _answer(self, batch: list[_Asked]) -> None:
        size = sum(len(asked.run) for asked in batch)
        attributes: telemetry.Attributes = {**_CALLED, "desmigratif.append.batch.size": size}
        self._size.record(size)
        try:
            spans = [span for asked in batch for span in asked.spans]
            with telemetry.together("append batch", SpanKind.CLIENT, attributes, spans):
                verdicts = iter(await self._call([asked.run for asked in batch]))
        except (asyncpg.PostgresError, ValueError) as error:
            if len(batch) == 1:
                log.error("append-failed", error=type(error).__name__, sqlstate=getattr(error, "sqlstate", None))
                _settle(batch[0].answer, error)
                return
            # One bad command must not take its neighbours with it.
            for asked in batch:
                await self._answer([asked])
            return
        # Before anybody is answered: who tells others of it waits for no answer that is being written.
        self._appended()
        for asked in batch:
            _settle(asked.answer, list(itertools.islice(verdicts, len(asked.run))))

    async def _connect(self) -> asyncpg.Connection:
        """A connection that was looked at: one that was not is never appended through."""
        connection = await database.connect(self._url)
        try:
            await self._connected(connection)
        except BaseException:
            connection.terminate()
            raise
        return connection

    async def _call(self, runs: list[Sequence[Append]]) -> list[Verdict]:
        arguments = [self._log_id, *_arguments(runs)]
        lost = 0
        while True:
            # At once the first time; ever more slowly where the server is there but cannot write (a full disk).
            await asyncio.sleep(min(_LONGEST_PAUSE_SECONDS, _PAUSE_SECONDS * lost))
            try:
                if self._connection is None or self._connection.is_closed():
                    self._connection = await self._connect()
                await crash.at("append.asked")
                rows = await self._connection.fetch(_APPEND, *arguments, timeout=_CALL_SECONDS)
            except Exception as error:
                if not database.lost(error):
                    if self._connection:
                        # A call may also fail because another log was put under the connection, or because it has
                        # a new name: then this raises.
                        await self._connected(self._connection)
                    raise
                # It may be in the log or not: nobody is answered before the same ids were asked again.
                lost += 1
                if lost == 1 or lost % _SAID_AGAIN == 0:
                    log.warning("append-connection-lost", error=type(error).__name__, times=lost)
                if self._connection:
                    self._connection.terminate()
                    self._connection = None
            else:
                await crash.at("append.committed")
                return [
                    Verdict(row["verdict"], row["position"], row["published"], orjson.loads(row["answer"]))
                    for row in rows
                ]


def _settle(answer: asyncio.Future[list[Verdict]], result: list[Verdict] | Exception) -> None:
    if answer.done():  # its request was cancelled; the fact stands all the same
        return
    if isinstance(result, Exception):
        answer.set_exception(result)
    else:
        answer.set_result(result)


_CALLED = {"db.system.name": "postgresql", "db.stored_procedure.name": "log.append"}
_APPEND = "SELECT * FROM log.append({})".format(", ".join(f"${n}" for n in range(1, 27)))


def _arguments(runs: list[Sequence[Append]]) -> list[list[Any]]:
    batch = list(itertools.chain.from_iterable(runs))
    commands = [
        (a.command_id, a.fingerprint, a.answer.decode(), a.person_id, n) for n, run in enumerate(runs) for a in run
    ]
    streams = [(i, stream, version) for i, a in enumerate(batch, 1) for stream, version in a.streams]
    events = [
        (
            i,
            e.stream_id,
            e.event_id,
            e.type,
            e.schema_version,
            e.occurred_on,
            e.precision,
            e.person_id,
            e.key_id,
            e.meta,
            e.data,
            e.public,
        )
        for i, a in enumerate(batch, 1)
        for e in a.events
    ]
    claims = [(i, c.kind, c.key, c.holder, c.person_id) for i, a in enumerate(batch, 1) for c in a.claims]
    widths = ((commands, 5), (streams, 3), (events, 12), (claims, 5))
    return list(itertools.chain.from_iterable(_columns(rows, width) for rows, width in widths))


def _columns(rows: Sequence[tuple[Any, ...]], width: int) -> list[list[Any]]:
    return [list(column) for column in zip(*rows, strict=True)] if rows else [[] for _ in range(width)]
