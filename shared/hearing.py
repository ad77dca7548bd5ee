"""Hearing: every published fact takes effect exactly once, in its log's order (P3).

A hearer (a view, or a service's reactions) has one checkpoint for each source it hears: log id, published number,
event id, in its own database, moved in the transaction of what the facts changed. What is known is skipped; what is
not the next one is a hole, fetched from the owner's feed first; and who stays behind the head that the owner says
asks the owner. So neither the bus nor its order need be trusted.
"""

import asyncio
import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol
from uuid import UUID

import asyncpg
import structlog

from shared import database
from shared.bus import HeadHeard, Told, Unreachable
from shared.database import Connection
from shared.feed import FeedUnavailable, WentBack
from shared.log.identity import LogReplaced
from shared.published.registry import PersonErased

if TYPE_CHECKING:
    from shared.runtime import Runtime

_MOST = 500
_BEHIND_SECONDS = 0.2
_SILENT_SECONDS = 2.0
"""Without a head for this long (the bus or its owner is away), the owner is asked."""
_TRIES = 3
_STOPPED_SECONDS = 5.0
_AGAIN_SECONDS = 0.02

_AWAY: tuple[type[Exception], ...] = (*database.LOST, *Unreachable, FeedUnavailable)

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """How far a hearer has come with a source; for a service's own log *number* is the position."""

    log_id: UUID | None
    number: int
    event_id: UUID | None


class Fenced(Exception):
    """The checkpoint is no longer where it was read: somebody else moved it. Read it again."""


class SessionOver(Exception):
    """The source or the bus changed under a session: begin again from the checkpoint."""


class Poison(Exception):
    """One fact raised the same exception three times; it is named without its content."""

    def __init__(self, told: Told, error: str) -> None:
        super().__init__(error)
        self.told = told
        self.error = error


@dataclass(frozen=True, slots=True)
class Stopped:
    """Why a subscription goes no further."""

    number: int
    event_id: UUID | None
    error: str


class Hearer(Protocol):
    """What listens: a view (`shared.viewing`) or a service's reactions (`shared.reacting`)."""

    @property
    def name(self) -> str:
        """Durable; names the checkpoint and the lease."""

    async def take(self, source: str, told: Sequence[Told], before: Checkpoint, after: Checkpoint) -> None:
        """Let *told* take effect and move the checkpoint from *before* to *after*; `Fenced` if it is not there."""

    async def go_back(self, source: str, before: Checkpoint, back: WentBack) -> None:
        """The source lost facts that were heard: put the checkpoint back to what it kept, and undo what is undone."""

    async def caught_up_to(self, source: str, number: int) -> None:
        """The owner's head was *number* when this session began: where a view being made learns its goal."""


async def load(pool: asyncpg.Pool, hearer: str, source: str) -> Checkpoint:
    """The checkpoint; 0 for one that never heard anything."""
    row = await pool.fetchrow(
        "SELECT log_id, number, event_id FROM log.checkpoints WHERE hearer = $1 AND source = $2", hearer, source
    )
    if row is None:
        await pool.execute(
            "INSERT INTO log.checkpoints VALUES ($1, $2, NULL, 0, NULL, NULL) ON CONFLICT DO NOTHING", hearer, source
        )
        return Checkpoint(None, 0, None)
    return Checkpoint(row["log_id"], row["number"], row["event_id"])


_MOVE = """
WITH moved AS (
  UPDATE log.checkpoints SET log_id = $3, number = $4, event_id = $5, moved_at = clock_timestamp()
  WHERE hearer = $1 AND source = $2 AND number = $6 AND log_id IS NOT DISTINCT FROM $7 RETURNING 1),
heard AS (
  INSERT INTO log.heard SELECT $1, $2, clock_timestamp(), $8, $9 FROM moved WHERE cardinality($8::text[]) > 0)
SELECT count(*) FROM moved
"""


async def move(
    connection: Connection | asyncpg.Pool,
    hearer: str,
    source: str,
    before: Checkpoint,
    after: Checkpoint,
    told: Sequence[Told] = (),
) -> None:
    """Move a checkpoint, or raise `Fenced`. First in its transaction: it locks out a second reader."""
    words = [t.word.name for t in told if t.word]
    recorded = [t.recorded_at for t in told if t.word]
    moved = await connection.fetchval(
        _MOVE, hearer, source, after.log_id, after.number, after.event_id, before.number, before.log_id, words, recorded
    )
    if not moved:
        raise Fenced


async def note_going_back(connection: Connection, hearer: str, source: str, before: Checkpoint, back: WentBack) -> None:
    """Remember of each name that the lost facts had how far it still stands: who reacted to them is listed by it.

    Under the present name nothing was lost: there the checkpoint itself was wrong.
    """
    former = [name.log_id for name in back.identity.lineage[:-1]]
    kept = {log_id: back.identity.kept(log_id) for log_id in former}
    if before.log_id is not None and before.log_id not in (*former, back.identity.log_id):
        kept[before.log_id] = back.kept
    await connection.executemany(
        "INSERT INTO log.went_back VALUES ($1, $2, $3, $4, clock_timestamp()) ON CONFLICT DO NOTHING",
        [(hearer, source, log_id, number) for log_id, number in kept.items()],
    )


class Subscription:
    """One hearer's ear for one source; it works while this process holds its lease."""

    def __init__(self, runtime: "Runtime", hearer: Hearer, source: str) -> None:
        self._runtime = runtime
        self._hearer = hearer
        self.hearer = hearer.name
        self.source = source
        self.name = lease_name(hearer.name, source)
        self.stopped: Stopped | None = None
        self._queue: asyncio.Queue[Told | None] = asyncio.Queue()
        self._asked = 0.0
        self._behind_since: float | None = None
        self._again = False

    def nudge(self) -> None:
        """Something may have changed: look at the head again."""
        self._queue.put_nowait(None)

    def begin_again(self) -> None:
        """The bus is another one since it came back, or the checkpoint was moved: begin from where that lies now."""
        self._again = True
        self.nudge()

    async def run(self) -> None:
        """Until cancelled."""
        while True:
            await self._runtime.leases.wait(self.name)
            self._again = False
            try:
                await self._session()
            except (Fenced, SessionOver) as why:
                log.debug("session-over", subscription=self.name, why=type(why).__name__)
                await asyncio.sleep(_AGAIN_SECONDS)
            except Poison as poison:
                self.stopped = Stopped(poison.told.number, poison.told.event_id, poison.error)
                log.error(
                    "subscription-stopped",
                    subscription=self.name,
                    number=poison.told.number,
                    event_id=str(poison.told.event_id),
                    error=poison.error,
                )
                # Nothing is passed over: the same fact is tried again, at leisure, until it goes through.
                await asyncio.sleep(_STOPPED_SECONDS)
            except _AWAY as error:
                # A call that asyncpg itself found wrong is a fault of ours, not a lost connection: it must be seen.
                if isinstance(error, ValueError):
                    raise
                log.debug("session-lost", subscription=self.name, error=type(error).__name__)
                await asyncio.sleep(_BEHIND_SECONDS)

    def _hold(self) -> None:
        if self._again or not self._runtime.leases.held(self.name):
            raise SessionOver

    async def _session(self) -> None:
        checkpoint = await load(self._runtime.pool, self._hearer.name, self.source)
        self._runtime.moved(self._hearer.name, self.source, checkpoint)
        if not self._runtime.bus.connected:
            await self._without_bus(await self._from_feed(checkpoint, opening=True))
            return
        self._queue = asyncio.Queue()
        following = await self._runtime.bus.follow(self.source, self._queue)
        try:
            # Only now: what is said after the owner answered is heard.
            checkpoint = await self._from_feed(checkpoint, opening=True)
            while True:
                self._hold()
                checkpoint = await self._live(checkpoint)
        finally:
            await following.end()

    async def _without_bus(self, checkpoint: Checkpoint) -> None:
        while not self._runtime.bus.connected:
            self._hold()
            checkpoint = await self._from_feed(checkpoint)
            await asyncio.sleep(_BEHIND_SECONDS)

    async def _live(self, checkpoint: Checkpoint) -> Checkpoint:
        """What the bus brought, or a look at whether it should have brought something."""
        batch = await self._arrivals(self._patience(checkpoint))
        if self._again or not self._runtime.bus.connected:
            raise SessionOver
        if batch:
            return await self._from_bus(checkpoint, batch)
        head = self._runtime.bus.heads.get(self.source)
        if head is not None and head.log_id != checkpoint.log_id and head.at > self._asked:
            # Said since the owner was last asked: it has a new name.
            raise SessionOver
        if self._overdue(head, checkpoint):
            before = checkpoint.number
            checkpoint = await self._from_feed(checkpoint)
            if checkpoint.number > before:
                # The bus should have brought it: its consumer may be gone.
                raise SessionOver
        return checkpoint

    def _patience(self, checkpoint: Checkpoint) -> float:
        head = self._runtime.bus.heads.get(self.source)
        behind = head is not None and head.number > checkpoint.number
        return _BEHIND_SECONDS if behind else _SILENT_SECONDS

    def _overdue(self, head: HeadHeard | None, checkpoint: Checkpoint) -> bool:
        now = time.monotonic()
        if head is not None and head.number > checkpoint.number:
            # The head may overtake the facts it counts: only who stays behind it asks.
            self._behind_since = self._behind_since or now
            return now - self._behind_since >= _BEHIND_SECONDS
        self._behind_since = None
        return now - max(head.at if head else 0.0, self._asked) >= _SILENT_SECONDS

    async def _arrivals(self, seconds: float) -> list[Told]:
        """What is in the queue, waiting for the first at most *seconds*; a nudge ends no wait for facts on the way."""
        until = time.monotonic() + seconds
        batch: list[Told] = []
        try:
            async with asyncio.timeout_at(asyncio.get_running_loop().time() + seconds):
                while not batch:
                    first = await self._queue.get()
                    if first is not None:
                        batch.append(first)
                    elif until - time.monotonic() > _BEHIND_SECONDS:
                        return []
        except TimeoutError:
            return []
        while len(batch) < _MOST and not self._queue.empty():
            told = self._queue.get_nowait()
            if told is not None:
                batch.append(told)
        return batch

    async def _from_bus(self, checkpoint: Checkpoint, batch: list[Told]) -> Checkpoint:
        following: list[Told] = []
        number = checkpoint.number
        for told in batch:
            if told.log_id != checkpoint.log_id:
                raise SessionOver
            if told.number <= number:
                continue
            if told.number != number + 1:
                # A hole: first what lies in it, then what came after it, in order.
                log.info("hole", subscription=self.name, after=number, before=told.number)
                checkpoint = await self._take(checkpoint, following)
                return await self._from_feed(checkpoint)
            following.append(told)
            number += 1
        return await self._take(checkpoint, following)

    async def _from_feed(self, checkpoint: Checkpoint, *, opening: bool = False) -> Checkpoint:
        """Everything up to the owner's head, from the owner."""
        while True:
            self._hold()
            self._asked = time.monotonic()
            answer = await self._runtime.feeds.after(self.source, checkpoint)
            self._runtime.lineages[self.source] = answer.identity
            if isinstance(answer, WentBack):
                log.warning("source-went-back", subscription=self.name, kept=answer.kept)
                await self._hearer.go_back(self.source, checkpoint, answer)
                raise SessionOver
            if answer.identity.log_id != checkpoint.log_id:
                # The same facts under the log's newer name.
                renamed = Checkpoint(answer.identity.log_id, checkpoint.number, checkpoint.event_id)
                await move(self._runtime.pool, self._hearer.name, self.source, checkpoint, renamed)
                checkpoint = renamed
                self._runtime.moved(self._hearer.name, self.source, checkpoint)
            if opening:
                await self._hearer.caught_up_to(self.source, answer.head)
                opening = False
            if not answer.told:
                return checkpoint
            checkpoint = await self._take(checkpoint, answer.told)

    async def _take(self, checkpoint: Checkpoint, told: Sequence[Told]) -> Checkpoint:
        """Let facts take effect, all in one; if that fails, one by one, so that the one at fault is known."""
        if not told:
            return checkpoint
        broken = next((n for n, fact in enumerate(told) if fact.fault), None)
        if broken is not None:
            await self._take(checkpoint, told[:broken])
            raise Poison(told[broken], told[broken].fault or "")
        after = Checkpoint(told[-1].log_id, told[-1].number, told[-1].event_id)
        # First, and whatever this service makes of it: what could lead to an erased person goes.
        for fact in told:
            if isinstance(fact.word, PersonErased):
                await self._runtime.log.heard_erased(fact.word.person_id)
        try:
            await self._hearer.take(self.source, told, checkpoint, after)
        except (Fenced, LogReplaced):
            raise
        except Exception as error:  # any fault of a fact is held against that fact alone
            if database.lost(error):
                raise
            if len(told) > 1:
                for one in told:
                    checkpoint = await self._take(checkpoint, [one])
                return checkpoint
            await self._insist(checkpoint, told[0], after, error)
        self.stopped = None
        self._behind_since = None
        self._runtime.moved(self._hearer.name, self.source, after)
        return after

    async def _insist(self, checkpoint: Checkpoint, told: Told, after: Checkpoint, first: Exception) -> None:
        log.warning("fact-failed", subscription=self.name, number=told.number, exc_info=first)
        for _ in range(_TRIES - 1):
            try:
                await self._hearer.take(self.source, [told], checkpoint, after)
            except (Fenced, LogReplaced):
                raise
            except Exception as error:  # as above
                if database.lost(error):
                    raise
                if type(error) is not type(first):
                    await asyncio.sleep(_BEHIND_SECONDS)
                    raise SessionOver from error
            else:
                return
        raise Poison(told, type(first).__name__)


def lease_name(hearer: str, source: str) -> str:
    """The lease of a subscription."""
    return f"{hearer}<{source}"
