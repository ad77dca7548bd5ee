"""The only write loop: read the streams, fold, decide, publish, append with the versions that were read.

A service's ``commands.handle`` says which histories a command reads and writes, on a `Work`: one attempt. If another
command got in between, the attempt is thrown away and made again on fresh state.
"""

import asyncio
import itertools
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import TYPE_CHECKING, Any, Protocol, TypeVar
from uuid import UUID

import orjson
import sqlalchemy as sa

from shared import database, ids, telemetry, wire
from shared.decider import Claim, Decider, DomainEvent
from shared.errors import NOT_FOUND, OUTSIDE_AREA, Refusal, Refused
from shared.log.append import Append, NewClaim, NewEvent, Verdict
from shared.log.store import EventLog, History
from shared.published import PublicEvent
from shared.vocabulary import lies_in

if TYPE_CHECKING:
    from shared.runtime import Runtime

State = TypeVar("State")
Event = TypeVar("Event", bound=DomainEvent)
Command = TypeVar("Command")

ATTEMPTS = 50
"""How often a command is decided anew because another got in between."""

IF_MATCH_REQUIRED = Refusal(
    "if-match-required", 428, "An edit needs If-Match with the ETag it is based on.",
    "Perubahan memerlukan If-Match dengan ETag yang menjadi dasarnya.",
)  # fmt: skip
VERSION_MISMATCH = Refusal(
    "version-mismatch", 412, "Somebody changed this since you read it: read it again.",
    "Data ini sudah diubah sejak Anda membacanya: baca kembali.",
)  # fmt: skip
KEY_REUSED = Refusal(
    "idempotency-key-reused", 422, "This Idempotency-Key was used for another request.",
    "Idempotency-Key ini sudah dipakai untuk permintaan lain.",
)  # fmt: skip
BUSY = Refusal(
    "busy", 503, "Too many wrote the same thing at once: send the request again.",
    "Terlalu banyak yang menulis data yang sama: kirim ulang permintaan.",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Caller:
    """Who asks: id, roles, and the region whose data are theirs (``*`` for the whole country)."""

    id: str
    roles: frozenset[str]
    area: str


@dataclass(frozen=True, slots=True)
class Answer:
    """What a command is answered, now and at every retry. *body* holds ids and codes, never a personal field."""

    status: int
    body: dict[str, Any]
    version: int | None = None
    warnings: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Request:
    """A command's surroundings. *cause* is the published fact that a reaction answers.

    *correlation* is the first command of the chain that led here; None where this is the first. *traceparent*: what it
    belongs to, where that is not the current span.
    """

    command_id: UUID
    fingerprint: bytes
    caller: Caller
    today: date
    check: bool = False
    if_match: int | None = None
    cause: dict[str, Any] | None = None
    correlation: UUID | None = None
    traceparent: str | None = None


@dataclass(slots=True)
class _Stream:
    history: History
    state: Any
    decider: Decider[Any, Any, Any]
    new: list[DomainEvent] = field(default_factory=list)


class Reads(Protocol):
    """Where a command's histories and claims are read: the log, or what many commands at once read of it together."""

    async def history(self, stream_id: UUID) -> History:
        """A whole stream, in order."""

    async def holder(self, kind: str, key: bytes) -> UUID | None:
        """Who holds the claim that stands under *key*."""


class Work:
    """One attempt at one command."""

    def __init__(
        self, log: EventLog, request: Request, rows: Callable[[sa.Select[Any]], Awaitable[Any]], reads: Reads
    ) -> None:
        self._log = log
        self._reads = reads
        self._request = request
        self._rows = rows
        self._streams: dict[UUID, _Stream] = {}
        self._queued: list[tuple[UUID, DomainEvent]] = []
        self._keys: dict[UUID, tuple[UUID, bytes]] = {}
        self.read: set[UUID | bytes] = set()
        """Streams and claims that were asked for."""

    @property
    def today(self) -> date:
        """The calendar day (Asia/Jakarta)."""
        return self._request.today

    @property
    def caller(self) -> Caller:
        """Who asks."""
        return self._request.caller

    @property
    def check(self) -> bool:
        """Whether nothing will be written: ``?check=1``."""
        return self._request.check

    async def state(self, decider: Decider[State, Event, Any], stream_id: UUID) -> State:
        """Where a history stands; it is read once an attempt."""
        stream = self._streams.get(stream_id)
        if stream is None:
            self.read.add(stream_id)
            history = await self._reads.history(stream_id)
            stream = _Stream(history, decider.fold(history.events), decider)  # type: ignore[arg-type]
            self._streams[stream_id] = stream
        state: State = stream.state
        return state

    async def decide(self, decider: Decider[State, Event, Command], stream_id: UUID, command: Command) -> State:
        """Let the history decide; its events are appended when `handle` is through."""
        state = await self.state(decider, stream_id)
        stream = self._streams[stream_id]
        for event in decider.decide(state, command):
            state = decider.evolve(state, event)
            stream.new.append(event)
            self._queued.append((stream_id, event))
        stream.state = state
        return state

    async def holder(self, kind: str, *parts: str) -> UUID | None:
        """Who holds a claim now."""
        key = self._log.claim_key(kind, parts)
        self.read.add(key)
        return await self._reads.holder(kind, key)

    def new_id(self, n: int | str = 0) -> UUID:
        """The id of the n-th thing this command makes: the same at every retry."""
        return ids.nth(self._request.command_id, n)

    def version(self, stream_id: UUID) -> int:
        """Events in a history that was read, those decided now included."""
        stream = self._streams[stream_id]
        return stream.history.version + len(stream.new)

    def match(self, stream_id: UUID) -> None:
        """Hold If-Match against the version that was read: `if-match-required`, `version-mismatch`."""
        if self._request.if_match is None:
            raise Refused(IF_MATCH_REQUIRED)
        if self._request.if_match != self._streams[stream_id].history.version:
            raise Refused(VERSION_MISMATCH)

    def within(self, village: str) -> None:
        """What lies outside the caller's area is not there for them: `not-found`."""
        if not lies_in(village, self.caller.area):
            raise Refused(NOT_FOUND)

    def names(self, village: str) -> None:
        """A request may not name a village outside the caller's area: `outside-area`."""
        if not lies_in(village, self.caller.area):
            raise Refused(OUTSIDE_AREA)

    async def rows(self, query: sa.Select[Any]) -> Sequence[sa.RowMapping]:
        """Ask one of this service's views."""
        result: Sequence[sa.RowMapping] = await self._rows(query)
        return result

    async def append_of(self, answer: Answer, publish: Callable[[Any], PublicEvent | None] | None) -> Append:
        """Everything decided, as one append."""
        request = self._request
        traceparent = telemetry.traceparent()
        correlation = request.correlation or request.command_id
        meta: dict[str, Any] = {
            "caller": request.caller.id,
            "command": request.command_id,
            "correlation": correlation,
        }
        if traceparent:
            meta["traceparent"] = traceparent
        if request.cause:
            meta["cause"] = request.cause
        told = orjson.dumps(meta).decode()
        rows: list[NewEvent] = []
        keys = self._keys
        for n, (stream_id, event) in enumerate(self._queued):
            event_id = ids.nth(request.command_id, f"event:{n}")
            about = self._log.catalogue.person_of(event)
            if about is not None and about not in keys and self._log.catalogue.needs_key(event):
                keys[about] = await self._key_of(about)
            encoded = self._log.catalogue.encode(event, event_id, keys.get(about) if about else None)
            word = publish(event) if publish else None
            rows.append(
                NewEvent(
                    stream_id,
                    event_id,
                    event.name,
                    event.schema_version,
                    event.occurred.on,
                    event.occurred.precision,
                    encoded.person_id,
                    encoded.key_id,
                    orjson.dumps(meta | {"erases": True}).decode() if event.erases else told,
                    encoded.data,
                    wire.words(word, event_id, event.occurred, correlation, traceparent) if word else None,
                )
            )
        streams = [(stream_id, stream.history.seen) for stream_id, stream in self._streams.items()]
        stored = {"status": answer.status, "body": answer.body, "version": answer.version, "warnings": answer.warnings}
        people = self._about()
        if len(people) > 1:
            stored["about"] = [str(person) for person in people]
        person = people[0] if people else None
        return Append(
            request.command_id, request.fingerprint, orjson.dumps(stored), person, streams, rows, self.claims()
        )

    def claims(self) -> list[NewClaim]:
        """What was decided takes and frees these."""
        claims: list[NewClaim] = []
        for stream_id, event in self._queued:
            for claim in self._streams[stream_id].decider.claims(event):
                if isinstance(claim, Claim):
                    key = self._log.claim_key(claim.kind, claim.parts)
                    claims.append(NewClaim(claim.kind, key, claim.holder, claim.person_id))
                else:
                    claims.append(NewClaim(claim.kind, None, claim.holder, None))
        return claims

    def histories(self) -> dict[UUID, History]:
        """Each history that was decided on, as it will stand once that is appended."""
        key_ids = {person: key_id for person, (key_id, _) in self._keys.items()}
        return {
            stream_id: History(
                [*stream.history.events, *stream.new], {**stream.history.key_ids, **key_ids}, stream.history.seen
            )
            for stream_id, stream in self._streams.items()
            if stream.new
        }

    async def _key_of(self, person: UUID) -> tuple[UUID, bytes]:
        """The key that sealed this person's fields in a history at hand, else a new one."""
        for stream in self._streams.values():
            if key_id := stream.history.key_ids.get(person):
                key = (await self._log.keys.get([key_id]))[key_id]
                if key is not None:
                    return key_id, key
        return await self._log.keys.take()

    @property
    def erases(self) -> bool:
        """Whether an erasure was decided."""
        return any(event.erases for _, event in self._queued)

    def _about(self) -> list[UUID]:
        """Whom the command is about, also one that decided nothing: whose erasure clears its fingerprint."""
        events = (event for _, event in self._queued)
        read = (event for stream in self._streams.values() for event in stream.history.events)
        people = (self._log.catalogue.person_of(event) for event in itertools.chain(events, read))
        return list(dict.fromkeys(person for person in people if person))


@dataclass(frozen=True, slots=True)
class Done:
    """A command that was answered 2xx: *position* and *published* are where the log stood after it."""

    answer: Answer
    position: int
    published: int


Handle = Callable[[Work, Any], Awaitable[Answer]]


async def execute(runtime: "Runtime", request: Request, command: object) -> Done:
    """Carry out one command exactly once (P1); `Refused` where a rule says no."""
    if request.check:
        return Done(await runtime.handle(runtime.work(request), command), 0, 0)
    # Equal requests at once wait for the first.
    while first := runtime.in_flight.get(request.command_id):
        await asyncio.wait([first])
    mine: asyncio.Future[None] = asyncio.get_running_loop().create_future()
    runtime.in_flight[request.command_id] = mine
    try:
        return await _execute(runtime, request, command)
    finally:
        del runtime.in_flight[request.command_id]
        mine.set_result(None)


async def _execute(runtime: "Runtime", request: Request, command: object) -> Done:
    for _ in range(ATTEMPTS):
        work = runtime.work(request)
        try:
            # 1 read, 2 fold, 3 decide
            answer = await runtime.handle(work, command)
        except Exception as error:
            if database.lost(error):
                raise
            # What refuses a retry, or makes it fail, may be the very fact that its first sending recorded.
            earlier = await runtime.log.answered(request.command_id, request.fingerprint)
            if earlier is None:
                raise
            await runtime.same_log()
            await runtime.log.erase_for(request.command_id)
            return answered(earlier)
        # 4 publish, 5 append with the versions that were read
        with telemetry.span("append") as span:
            verdict = await runtime.batcher.append(await work.append_of(answer, runtime.service.publish))
            span.set_attribute("desmigratif.verdict", verdict.said)
        if verdict.said in ("ok", "duplicate", "reused"):
            if work.erases or verdict.said != "ok":
                await runtime.log.erase_for(request.command_id)
            return answered(verdict)
        # 6 somebody got in between: again, on fresh state
    raise Refused(BUSY)


def answered(verdict: Verdict) -> Done:
    """A command that stands in the log; `idempotency-key-reused` where another does."""
    if verdict.said == "reused":
        raise Refused(KEY_REUSED)
    stored = verdict.answer
    answer = Answer(stored["status"], stored["body"], stored["version"], tuple(stored["warnings"]))
    return Done(answer, verdict.position, verdict.published)
