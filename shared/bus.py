"""NATS: one connection a process. JetStream keeps what a service said; hearers listen on core NATS (decision 0011).

Everything here may be lost (P4): what a hearer misses it fetches from the owner's feed, what the bus misses the relay
sends again. And nothing here is believed that the log would not say too: what has not the form of a word, a head or an
answer is passed over. nats-py's ``publish_async`` never settles on an error answer, so acknowledgements are collected
here.
"""

import asyncio
import contextlib
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial
from typing import NamedTuple
from uuid import UUID

import nats
import orjson
import stamina
import structlog
from nats.aio.client import Client
from nats.aio.msg import Msg
from nats.aio.subscription import Subscription
from nats.js import JetStreamContext, api
from nats.js.errors import NotFoundError

from shared import crash, wire
from shared.log.store import Head, Said
from shared.published import PublicEvent

log = structlog.get_logger()

_ACK_SECONDS = 5.0
_FLUSH_SECONDS = 2
_MOST_QUEUED = 10_000
_DUPLICATE_WINDOW_SECONDS = 1.0
"""Each message names the sequence it must follow, so ids are no fence. Remembered for longer they would only hold up
the relay that sends again what an operator took away."""

Unreachable: tuple[type[Exception], ...] = (nats.errors.Error, TimeoutError, OSError)
"""What a call to the bus raises when it cannot be had right now."""

_MALFORMED: tuple[type[Exception], ...] = (ValueError, LookupError, TypeError, AttributeError)


class Told(NamedTuple):
    """A published fact as a hearer gets it, from the bus or from the owner's feed: the same bytes."""

    log_id: UUID
    number: int
    event_id: UUID
    recorded_at: datetime
    words: bytes
    partition_key: str
    correlation: UUID
    traceparent: str | None
    word: PublicEvent | None
    fault: str | None = None
    """Why the words cannot be read, if so: they stop whoever hears them at this number."""

    @classmethod
    def read(cls, log_id: UUID, number: int, recorded_at: str, words: bytes) -> "Told":
        """What the owner has under a number, also where its words cannot be read: *fault* says so then."""
        try:
            return cls.of(log_id, number, recorded_at, words)
        except (ValueError, LookupError, TypeError, AttributeError) as error:
            instant = datetime.fromisoformat(recorded_at)
            (event_id, key), fault = _whose(words), type(error).__name__
            return cls(log_id, number, event_id, instant, words, key, UUID(int=0), None, None, fault)

    @classmethod
    def of(cls, log_id: UUID, number: int, recorded_at: str, words: bytes) -> "Told":
        """Read the words as they were stored; `ValueError` or `LookupError` where they cannot be read."""
        envelope, word = wire.read(words)
        return cls(
            log_id,
            number,
            envelope["id"],
            datetime.fromisoformat(recorded_at),
            words,
            envelope["partitionkey"],
            envelope["correlationid"],
            envelope.get("traceparent"),
            word,
        )


def _whose(words: bytes) -> tuple[UUID, str]:
    """Event id and partition key, where both can be read: only what a checkpoint may name can be passed over."""
    try:
        envelope = orjson.loads(words)
        event_id, key = UUID(envelope["id"]), envelope["partitionkey"]
    except _MALFORMED:
        return UUID(int=0), ""
    return (event_id, key) if isinstance(key, str) else (UUID(int=0), "")


@dataclass(frozen=True, slots=True)
class HeadHeard:
    """What a service last said of itself, and when (by this process's monotonic clock)."""

    log_id: UUID
    number: int
    event_id: UUID | None
    at: float


@dataclass(frozen=True, slots=True)
class Tail:
    """The end of a stream: the last sequence that was used, and the last message that is there.

    *told* is None where there is none, or none that a relay can have sent.
    """

    sequence: int
    told: Told | None


class PublishBroken(Exception):
    """A message was not stored right behind the one before it: start again from the stream's tail."""


async def known(client: Client) -> None:
    """Return once the server knows of every subscription of *client*: what is published from then on comes."""
    # nats-py sends the PING of flush before what waits to be sent: only the second one follows it.
    for _ in range(2):
        await client.flush(timeout=_FLUSH_SECONDS)


class Bus:
    """One process's connection. *heard*: the services whose heads it listens to."""

    def __init__(self, service: str, heard: Sequence[str], url: str) -> None:
        self._service = service
        self._heard = heard
        self._url = url
        self._client = Client()
        self._js: JetStreamContext = self._client.jetstream(timeout=_ACK_SECONDS)
        self.heads: dict[str, HeadHeard] = {}
        self.on_head: list[Callable[[str], None]] = []
        self.on_appended: list[Callable[[], None]] = []
        """Told when another process of this service has appended something."""
        self.on_reconnect: list[Callable[[], None]] = []
        self._acks: dict[str, asyncio.Future[tuple[int, bool]]] = {}
        self._ack_inbox = ""
        self._published = 0
        self._appended = False
        self._saying: asyncio.Task[None] | None = None
        self._ears: dict[str, _Ear] = {}
        self._turning = asyncio.Lock()

    @stamina.retry(on=Unreachable, attempts=None, timeout=timedelta(minutes=5), wait_initial=0.1, wait_max=1.0)
    async def connect(self) -> None:
        """Connect, now or as soon as there is a server, and for ever again."""
        await self._client.connect(
            self._url,
            name=self._service,
            inbox_prefix=f"_INBOX_{self._service}".encode(),
            max_reconnect_attempts=-1,
            reconnect_time_wait=0.25,  # type: ignore[arg-type]  # seconds; any number will do
            connect_timeout=2,
            ping_interval=5,
            max_outstanding_pings=2,
            allow_reconnect=True,
            no_echo=True,
            error_cb=self._complained,
            reconnected_cb=self._reconnected,
        )
        for service in self._heard:
            await self._client.subscribe(f"head.{service}", cb=self._heard_head)
        await self._client.subscribe(f"appended.{self._service}", cb=self._heard_appended)
        self._ack_inbox = self._client.new_inbox()
        await self._client.subscribe(f"{self._ack_inbox}.*", cb=self._acknowledged)
        with contextlib.suppress(*Unreachable):  # a server that went away again is told when it is back
            await known(self._client)

    async def close(self) -> None:
        """Disconnect."""
        if self._saying is not None:
            self._saying.cancel()
            await asyncio.wait([self._saying])
        if self._ack_inbox:  # it was connected once: nats-py takes no goodbye before
            await self._client.close()

    @property
    def connected(self) -> bool:
        """Whether there is a server at the other end."""
        return self._client.is_connected

    async def _complained(self, error: Exception) -> None:
        log.debug("bus-complained", error=type(error).__name__)
        # nats-py lets go of a connection that it could not finish (whoever listens in front of a server that is away
        # takes it and hangs up) without closing it.
        half_made = self._client._transport  # noqa: SLF001  it has no other name
        if half_made is not None and not self._client.is_connected:
            half_made.close()  # type: ignore[no-untyped-call]  # the library says nothing of what it returns

    async def _reconnected(self) -> None:
        log.info("bus-reconnected")
        # What was sent to the server before will not be answered by this one.
        for ack in self._acks.values():
            if not ack.done():
                ack.set_exception(PublishBroken())
        for callback in self.on_reconnect:
            callback()

    # Heads

    async def say_head(self, log_id: UUID, head: Head) -> None:
        """Say how far this service's published facts go."""
        said = {"log_id": log_id, "number": head.number, "event_id": head.event_id}
        await self._client.publish(f"head.{self._service}", orjson.dumps(said, default=str))

    async def _heard_head(self, message: Msg) -> None:
        service = message.subject.removeprefix("head.")
        try:
            said = orjson.loads(message.data)
            event_id = UUID(said["event_id"]) if said["event_id"] else None
            self.heads[service] = HeadHeard(UUID(said["log_id"]), int(said["number"]), event_id, time.monotonic())
        except _MALFORMED as error:
            log.debug("head-passed-over", service=service, error=type(error).__name__)
            return
        for callback in self.on_head:
            callback(service)

    # Among the processes of one service

    def say_appended(self) -> None:
        """Tell the other processes of this service that its log grew. Nobody waits for that, and it may be lost."""
        self._appended = True
        if self._client.is_connected and (self._saying is None or self._saying.done()):
            self._saying = asyncio.create_task(self._say_appended())

    async def _say_appended(self) -> None:
        while self._appended:
            self._appended = False
            try:
                await self._client.publish(f"appended.{self._service}")
            except Unreachable as error:
                log.debug("appended-not-said", error=type(error).__name__)

    async def _heard_appended(self, _: Msg) -> None:
        for callback in self.on_appended:
            callback()

    # Publishing

    async def open_stream(self) -> None:
        """Make this service's own stream if it is not there; one that is keeps the limits that somebody gave it."""
        try:
            await self._js.stream_info(wire.bus_name(self._service))
        except NotFoundError:
            await self._js.add_stream(
                api.StreamConfig(
                    name=wire.bus_name(self._service),
                    subjects=[f"desmigratif.{self._service}.>"],
                    retention=api.RetentionPolicy.LIMITS,
                    storage=api.StorageType.FILE,
                    duplicate_window=_DUPLICATE_WINDOW_SECONDS,
                    allow_direct=False,
                    deny_delete=True,
                    deny_purge=True,
                )
            )

    async def tail(self) -> Tail:
        """Where this service's own stream ends: the relay's cursor."""
        name = wire.bus_name(self._service)
        state = (await self._js.stream_info(name)).state
        if state.messages == 0:
            return Tail(state.last_seq, None)
        # Where the last message was taken away its sequence stays used: what follows is chained to that.
        message = await self._js.get_last_msg(name, f"desmigratif.{self._service}.>")
        try:
            return Tail(state.last_seq, _told(message))
        except _MALFORMED as error:
            log.warning("bus-tail-unreadable", sequence=state.last_seq, error=type(error).__name__)
            return Tail(state.last_seq, None)

    async def publish(self, log_id: UUID, said: Sequence[Said], last_sequence: int) -> int:
        """Send facts in order, each only right behind the one before; the last one's sequence.

        All are sent before the first answer is awaited. `PublishBroken` if any was not stored in its place; what was
        stored then is exactly a prefix, since each names the sequence it must follow.
        """
        acks: list[asyncio.Future[tuple[int, bool]]] = []
        tokens: list[str] = []
        loop = asyncio.get_running_loop()
        try:
            for offset, fact in enumerate(said):
                envelope = orjson.loads(fact.words)
                self._published += 1
                token = f"{self._ack_inbox}.{self._published}"
                self._acks[token] = loop.create_future()
                acks.append(self._acks[token])
                tokens.append(token)
                headers = {
                    wire.MESSAGE_ID: f"{log_id}:{fact.number}",
                    wire.LOG_ID: str(log_id),
                    wire.NUMBER: str(fact.number),
                    wire.RECORDED_AT: fact.recorded_at.isoformat(),
                    wire.EXPECTED_LAST_SEQUENCE: str(last_sequence + offset),
                    "Content-Type": "application/cloudevents+json",
                }
                if "traceparent" in envelope:
                    headers[wire.TRACEPARENT] = envelope["traceparent"]
                await self._client.publish(wire.subject(envelope), fact.words.encode(), reply=token, headers=headers)
            await crash.at("relay.sent")
            async with asyncio.timeout(_ACK_SECONDS):
                answers = await asyncio.gather(*acks)
        finally:
            for token in tokens:
                self._acks.pop(token, None)
        for offset, (sequence, duplicate) in enumerate(answers, 1):
            if duplicate or sequence != last_sequence + offset:
                raise PublishBroken
        return last_sequence + len(said)

    async def _acknowledged(self, message: Msg) -> None:
        ack = self._acks.get(message.subject)
        if ack is None or ack.done():
            return
        answer = orjson.loads(message.data) if message.data else {"error": {}}
        if "error" in answer:
            ack.set_exception(PublishBroken())
        else:
            ack.set_result((answer["seq"], bool(answer.get("duplicate"))))

    # Reading

    async def follow(self, source: str, queue: "asyncio.Queue[Told | None]") -> "Following":
        """Put what *source* says from now on into *queue*.

        It listens when this returns: whoever then asks the owner how far it is misses nothing. What comes twice, too
        early (a message that JetStream refuses is heard all the same; its words are the log's) or not at all the hearer
        notices by arithmetic. However many follow a source, it is listened to once, and anew for each that begins to:
        one that heard nothing may have listened in vain.
        """
        ear = self._ears.setdefault(source, _Ear())
        following = Following(ear, queue, self._turning)
        ear.queues.append(queue)
        try:
            async with self._turning:
                former, ear.subscription = (
                    ear.subscription,
                    await self._client.subscribe(f"desmigratif.{source}.>", cb=partial(_put, source, ear)),
                )
                try:
                    await known(self._client)
                finally:
                    await _let_go(former)
        except BaseException:
            await following.end()
            raise
        return following

    async def stored(self, first: int, last: int) -> list[tuple[int, api.RawStreamMsg | None]]:
        """This service's own stream as read back, by sequence; None where a message is missing."""
        name = wire.bus_name(self._service)

        async def one(sequence: int) -> tuple[int, api.RawStreamMsg | None]:
            try:
                return sequence, await self._js.get_msg(name, sequence)
            except NotFoundError:
                return sequence, None

        return list(await asyncio.gather(*(one(sequence) for sequence in range(first, last + 1))))

    async def bounds(self) -> tuple[int, int, bool]:
        """First and last sequence of this service's own stream (last < first: it is empty); whether a limit cuts it."""
        info = await self._js.stream_info(wire.bus_name(self._service))
        limits = (info.config.max_age, info.config.max_msgs, info.config.max_bytes, info.config.max_msgs_per_subject)
        cut = any(limit is not None and limit > 0 for limit in limits)
        return (info.state.first_seq, info.state.last_seq, cut) if info.state.messages else (1, 0, cut)


@dataclass(slots=True)
class _Ear:
    """What is heard of one source, and the queues of all who follow it."""

    queues: "list[asyncio.Queue[Told | None]]" = field(default_factory=list)
    subscription: Subscription | None = None


async def _put(source: str, ear: _Ear, message: Msg) -> None:
    try:
        told = _told(message)
    except _MALFORMED as error:
        # No relay sent it, or this code cannot read it: if it was a word, the feed has it.
        log.debug("bus-message-passed-over", source=source, error=type(error).__name__)
        return
    for queue in ear.queues:
        # A hearer that is this far behind finds a hole and fetches it from the owner, page by page.
        if queue.qsize() < _MOST_QUEUED:
            queue.put_nowait(told)


async def _let_go(subscription: Subscription | None) -> None:
    if subscription is None:
        return
    try:
        await subscription.unsubscribe()
    except Unreachable as error:
        log.debug("bus-unsubscribe-failed", error=type(error).__name__)


@dataclass(slots=True)
class Following:
    """One who follows what a service says."""

    _ear: _Ear
    _queue: "asyncio.Queue[Told | None]"
    _turning: asyncio.Lock

    async def end(self) -> None:
        """Follow no longer."""
        self._ear.queues = [queue for queue in self._ear.queues if queue is not self._queue]
        async with self._turning:
            if not self._ear.queues:
                last, self._ear.subscription = self._ear.subscription, None
                await _let_go(last)


def _told(message: Msg | api.RawStreamMsg) -> Told:
    headers = message.headers or {}
    return Told.of(
        UUID(headers[wire.LOG_ID]), int(headers[wire.NUMBER]), headers[wire.RECORDED_AT], message.data or b""
    )
