"""Hearing: every published fact takes effect exactly once, in its log's order (P3).

A hearer (a view, or a service's reactions) has one checkpoint for each source it hears: log id, published number,
event id, in its own database, moved in the transaction of what the facts changed. What is known is skipped; what is
not the next one is a hole, fetched from the owner's feed first; and who stays behind the head that the owner says
asks the owner. So neither the bus nor its order need be trusted. A view may follow its own service's log as well, by
position, private facts included. Whose fact is poison waits, with all that come after it (`shared.parking`).
"""

import asyncio
import contextlib
import time
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Coroutine, Sequence
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any, Protocol, TypeVar
from uuid import UUID

import asyncpg
import structlog

from shared import crash, database, parking, rehearsal, telemetry
from shared.bus import HeadHeard, Told, Unreachable
from shared.database import Connection
from shared.feed import FeedUnavailable, Page, WentBack
from shared.log.identity import LogReplaced
from shared.parking import Fact
from shared.recorded import Recorded

if TYPE_CHECKING:
    from shared.runtime import Runtime

_MOST = 500
_MOST_OWN = 2000
_POLL_SECONDS = 0.1
_RUNG_SECONDS = 1.0
"""While the bus is there, it says when another process has appended something; a service has a dozen views to wake."""
_TOGETHER_SECONDS = 0.004
"""Views of the own log read what was appended this long after the bell: the relay goes first, for others wait for it,
and what is appended at nearly the same time is one page."""
_BEHIND_SECONDS = 0.2
_SILENT_SECONDS = 2.0
"""Without a head for this long (the bus or its owner is away), the owner is asked."""
_TRIES = 3
_STOPPED_SECONDS = 5.0
_AGAIN_SECONDS = 0.02

_UNREADABLE = (ValueError, LookupError, TypeError, asyncpg.DataError)
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


class Transient(Exception):
    """It cannot be done now, and no fact is at fault: again, after a pause."""


class Poison(Exception):
    """A fact that cannot take effect and may not be parked: the subscription goes no further than before it."""

    def __init__(self, source: str, stopped: "Stopped") -> None:
        super().__init__(stopped.error)
        self.source = source
        self.stopped = stopped


_NO_FAULT_OF_A_FACT = (Fenced, SessionOver, Transient, Poison, LogReplaced)


@dataclass(frozen=True, slots=True)
class Stopped:
    """Why a subscription goes no further, and before which fact."""

    number: int
    event_id: UUID | None
    error: str


class Moving(Protocol):
    """Opens the transaction in which facts are done with."""

    def __call__(self, *, alone: bool = False) -> contextlib.AbstractAsyncContextManager[Connection]:
        """*alone*: the checkpoint moves and nothing else is written, so that it takes one statement."""


class Hearer(Protocol):
    """What listens: a view (`shared.viewing`) or a service's reactions (`shared.reacting`)."""

    @property
    def name(self) -> str:
        """Durable; names the checkpoint and the lease."""

    @property
    def label(self) -> str:
        """What people call it: a view's name without its revision."""

    async def open(self) -> None:
        """Return once it can hear; its checkpoints are there then."""

    async def take(self, source: str, facts: Sequence[Fact], moving: Moving) -> None:
        """Let *facts* take effect: what changes this hearer's own rows within the transaction that *moving* opens."""

    async def go_back(self, source: str, before: Checkpoint, back: WentBack) -> None:
        """The source lost facts that were heard: put the checkpoint back to what it kept, and undo what is undone."""


class Taking:
    """How one hearer gets on with one source: each fact takes effect or waits, and the checkpoint moves with it.

    All in one transaction; `Fenced` if somebody else moved the checkpoint, or if other people wait than were known to.
    *noted*: whether it is to be counted how long words took to be heard.
    """

    like: str | None = None
    """Another hearer: who waits there has waited here for as long."""

    def __init__(self, runtime: "Runtime", hearer: Hearer, source: str, *, noted: bool = True) -> None:
        self.checkpoint = Checkpoint(None, 0, None)
        self._runtime = runtime
        self._hearer = hearer
        self._source = source
        self._noted = noted
        self._waiting: set[str] = set()
        self._parkings = 0
        self._stopped = False

    async def load(self) -> None:
        """Read where it stands and who waits; `Fenced` where there is no checkpoint: the view is being made anew."""
        row = await self._runtime.pool.fetchrow(_LOAD, self._hearer.name, self._source)
        if row is None:
            raise Fenced
        self.checkpoint = Checkpoint(row["log_id"], row["number"], row["event_id"])
        self._parkings, self._waiting, self._stopped = row["parkings"], set(row["waiting"]), row["stopped"]
        self._runtime.moved(self._hearer.name, self._source, self.checkpoint)

    async def rename(self, log_id: UUID) -> None:
        """The same facts under the log's newer name."""
        async with self._moving(Checkpoint(log_id, self.checkpoint.number, self.checkpoint.event_id), (), ()):
            pass

    async def take(self, facts: Sequence[Fact], log_id: UUID) -> None:
        """Take *facts*, all in one; if that fails, one by one, so that the one at fault is known.

        `Poison` at one that may not be parked.
        """
        if not facts:
            return
        await parking.erase(self._runtime, facts)
        try:
            await self._try(facts, log_id)
        except _NO_FAULT_OF_A_FACT:
            raise
        except Exception as error:  # any fault of a fact is held against that fact alone
            if database.lost(error):
                raise
            if len(facts) == 1:
                await self._insist(facts[0], log_id, error)
                return
            for fact in facts:
                await self.take([fact], log_id)

    async def _try(self, facts: Sequence[Fact], log_id: UUID) -> None:
        going = [fact for fact in facts if fact.partition_key not in self._waiting]
        waiting = [fact for fact in facts if fact.partition_key in self._waiting]
        parking.check_readable(going)
        rehearsal.rehearse(self._runtime.faults.get(self._hearer.label, ()), going)
        after = Checkpoint(log_id, facts[-1].number, facts[-1].event_id)
        with telemetry.hearing(self._hearer.label, self._source, going if self._noted else ()):
            await self._hearer.take(self._source, going, partial(self._moving, after, going, waiting))

    async def _insist(self, fact: Fact, log_id: UUID, first: Exception) -> None:
        log.warning("fact-failed", hearer=self._hearer.label, source=self._source, number=fact.number, exc_info=first)
        for _ in range(_TRIES - 1):
            try:
                await self._try([fact], log_id)
            except _NO_FAULT_OF_A_FACT:
                raise
            except Exception as error:  # as above
                if database.lost(error):
                    raise
                if type(error) is not type(first):
                    raise Transient from error
            else:
                return
        await self._park(fact, log_id, type(first).__name__)

    async def _park(self, fact: Fact, log_id: UUID, error: str) -> None:
        """Let it wait, and from now on whatever else comes of this person."""
        after = Checkpoint(log_id, fact.number, fact.event_id)
        async with self._runtime.pool.acquire() as connection:
            if not fact.partition_key or await parking.fuse_blown(connection, self._hearer.name, self._source):
                raise Poison(self._source, Stopped(fact.number, fact.event_id, error))
        await crash.at("parking.decided")
        async with self._moving(after, (), (fact,), error):
            pass
        await crash.at("parking.parked")
        log.error("parked", hearer=self._hearer.label, source=self._source, number=fact.number, error=error)
        self._runtime.look_soon()

    @contextlib.asynccontextmanager
    async def _moving(
        self,
        after: Checkpoint,
        going: Sequence[Fact],
        waiting: Sequence[Fact],
        error: str | None = None,
        *,
        alone: bool = False,
    ) -> AsyncIterator[Connection]:
        """The transaction in which the checkpoint moves to *after*; it begins by locking out a second reader."""
        before, hearer, source = self.checkpoint, self._hearer.name, self._source
        noted = [fact for fact in going if isinstance(fact, Told) and fact.word] if self._noted else []
        at_once = alone and not waiting and not self._stopped
        async with (
            self._runtime.pool.acquire() as connection,
            contextlib.nullcontext() if at_once else connection.transaction(),
        ):
            moved = await connection.fetchval(
                _MOVE,
                hearer,
                source,
                after.log_id,
                after.number,
                after.event_id,
                before.number,
                before.log_id,
                [fact.word.name for fact in noted if fact.word],
                [fact.recorded_at for fact in noted],
                self._parkings,
            )
            if not moved:
                raise Fenced
            if waiting and after.log_id:
                await parking.park(connection, hearer, source, after.log_id, waiting, error, like=self.like)
                await crash.at("parking.written")
            passed = self._stopped and bool(going or waiting)  # a log's new name lets nothing through
            if passed:
                await connection.execute("DELETE FROM log.stopped WHERE hearer = $1 AND source = $2", hearer, source)
            yield connection
        if passed:
            self._stopped = False
            self._runtime.look_soon()
        if error:
            self._waiting.update(fact.partition_key for fact in waiting)
        self.checkpoint = after
        self._runtime.moved(hearer, source, after)


_LOAD = """
SELECT log_id, number, event_id, parkings,
       ARRAY(SELECT DISTINCT key FROM log.parked p WHERE p.hearer = $1 AND p.source = $2) AS waiting,
       EXISTS (SELECT 1 FROM log.stopped s WHERE s.hearer = $1 AND s.source = $2) AS stopped
FROM log.checkpoints WHERE hearer = $1 AND source = $2
"""

_MOVE = """
WITH moved AS (
  UPDATE log.checkpoints SET log_id = $3, number = $4, event_id = $5, moved_at = clock_timestamp()
  WHERE hearer = $1 AND source = $2 AND number = $6 AND log_id IS NOT DISTINCT FROM $7 AND parkings = $10
  RETURNING 1),
heard AS (
  INSERT INTO log.heard SELECT $1, $2, clock_timestamp(), $8, $9 FROM moved WHERE cardinality($8::text[]) > 0)
SELECT count(*) FROM moved
"""


async def say_stopped(runtime: "Runtime", hearer: str, source: str, stopped: Stopped) -> None:
    """Let every process of this service know that a subscription goes no further."""
    await runtime.pool.execute(_STOP, hearer, source, stopped.number, stopped.event_id, stopped.error)
    runtime.look_soon()


_STOP = """
INSERT INTO log.stopped SELECT $1, $2, $3, $4, $5, clock_timestamp()
WHERE NOT EXISTS (SELECT 1 FROM log.checkpoints WHERE hearer = $1 AND source = $2 AND number >= $3)
ON CONFLICT (hearer, source) DO UPDATE SET number = $3, event_id = $4, error = $5
"""


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
        self.hearer = hearer
        self.source = source
        self.name = lease_name(hearer.name, source)
        self._runtime = runtime
        self._own = source == runtime.service.name
        self._taking = Taking(runtime, hearer, source)
        self._queue: asyncio.Queue[Told | None] = asyncio.Queue()
        self._asked = 0.0
        self._behind_since: float | None = None
        self._again = asyncio.Event()
        self._told: Stopped | None = None

    @property
    def checkpoint(self) -> Checkpoint:
        """Where this process believes it to be."""
        return self._taking.checkpoint

    def nudge(self) -> None:
        """Something may have changed: look at the head again."""
        if self._queue.empty():  # else whoever reads it looks anyway; nobody does at a stand-by
            self._queue.put_nowait(None)

    def begin_again(self) -> None:
        """The bus is another one since it came back, or the checkpoint was moved: begin from where that lies now."""
        self._again.set()
        self.nudge()
        self._runtime.appended.ring()

    async def run(self) -> None:
        """Until cancelled."""
        pause = _BEHIND_SECONDS
        while True:
            await self._runtime.leases.wait(self.name)
            await self.hearer.open()
            self._again.clear()
            number = self.checkpoint.number
            try:
                await self._session()
            except (Fenced, SessionOver) as why:
                log.debug("session-over", subscription=self.name, why=type(why).__name__)
                await asyncio.sleep(_AGAIN_SECONDS)
            except Transient as transient:
                log.warning("fact-postponed", subscription=self.name, error=type(transient.__cause__).__name__)
                pause = _BEHIND_SECONDS if self.checkpoint.number > number else min(pause * 2, _STOPPED_SECONDS)
                await asyncio.sleep(pause)
            except Poison as poison:
                # Nothing is passed over: the same fact is tried again, at leisure, until it goes through.
                await self._stop(poison.stopped)
            except _AWAY as error:
                # A call that asyncpg itself found wrong is a fault of ours, not a lost connection: it must be seen.
                if isinstance(error, ValueError):
                    raise
                log.debug("session-lost", subscription=self.name, error=type(error).__name__)
                await asyncio.sleep(_BEHIND_SECONDS)

    async def _stop(self, stopped: Stopped) -> None:
        """Say so to every process of this service; then a pause, cut short where somebody asked for a replay.

        Meanwhile it is another's turn, whose program may be a better one.
        """
        if stopped != self._told:  # not again and again at the same fact
            self._told = stopped
            log.error(
                "subscription-stopped",
                subscription=self.name,
                number=stopped.number,
                event_id=str(stopped.event_id),
                error=stopped.error,
            )
        with contextlib.suppress(*database.LOST):
            await say_stopped(self._runtime, self.hearer.name, self.source, stopped)
            async with self._runtime.leases.left_to_others(self.name):
                with contextlib.suppress(TimeoutError):
                    async with asyncio.timeout(_STOPPED_SECONDS):
                        await self._again.wait()

    def _hold(self) -> None:
        if self._again.is_set() or not self._runtime.leases.held(self.name):
            raise SessionOver

    async def _session(self) -> None:
        await self._taking.load()
        if self._own:
            await self._own_log()
            return
        if not self._runtime.bus.connected:
            await self._without_bus()
            return
        self._queue = asyncio.Queue()
        following = await self._runtime.bus.follow(self.source, self._queue)
        try:
            # Only now: what is said after the owner answered is heard.
            await self._from_feed()
            while True:
                self._hold()
                await self._live()
        finally:
            await following.end()

    # The own log

    async def _own_log(self) -> None:
        """Follow this service's own log by position."""
        runtime = self._runtime
        if self.checkpoint.number and await runtime.log.event_at(self.checkpoint.number) != self.checkpoint.event_id:
            # View and log lie in one database and are put back together; whoever moved a checkpoint that does not
            # hold, to go on from it would pass over facts.
            kept = WentBack(runtime.identity, 0, 0, None)
            await self.hearer.go_back(self.source, self.checkpoint, kept)
            raise SessionOver
        if self.checkpoint.log_id != runtime.identity.log_id:
            await self._taking.rename(runtime.identity.log_id)
        while True:
            self._hold()
            rang = runtime.appended.listen()
            async with contextlib.aclosing(own_ahead(runtime, self.checkpoint)) as pages:
                async for recorded in pages:
                    self._hold()
                    await self._taking.take(recorded, runtime.identity.log_id)
            await runtime.appended.wait(rang, _RUNG_SECONDS if runtime.bus.connected else _POLL_SECONDS)
            await asyncio.sleep(_TOGETHER_SECONDS)

    # The others

    async def _without_bus(self) -> None:
        await self._from_feed()
        while not self._runtime.bus.connected:
            self._hold()
            await self._from_feed()
            await asyncio.sleep(_BEHIND_SECONDS)

    async def _live(self) -> None:
        """What the bus brought, or a look at whether it should have brought something."""
        batch = await self._arrivals(self._patience())
        if self._again.is_set() or not self._runtime.bus.connected:
            raise SessionOver
        if batch:
            before = self.checkpoint.number
            await self._from_bus(batch)
            if self.checkpoint.number > before:
                return
            # A relay whose words the bus does not store sends them again and again: that they come says nothing of
            # what is missing.
        head = self._runtime.bus.heads.get(self.source)
        if head is not None and head.log_id != self.checkpoint.log_id and head.at > self._asked:
            # Said since the owner was last asked: it has a new name.
            raise SessionOver
        if self._overdue(head):
            before = self.checkpoint.number
            await self._from_feed()
            if self.checkpoint.number > before:
                # The bus should have brought it: it may listen in vain.
                raise SessionOver

    def _patience(self) -> float:
        head = self._runtime.bus.heads.get(self.source)
        behind = head is not None and head.number > self.checkpoint.number
        return _BEHIND_SECONDS if behind else _SILENT_SECONDS

    def _overdue(self, head: HeadHeard | None) -> bool:
        now = time.monotonic()
        if head is not None and head.number > self.checkpoint.number:
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

    async def _from_bus(self, batch: list[Told]) -> None:
        following: list[Told] = []
        number = self.checkpoint.number
        for told in batch:
            if told.log_id != self.checkpoint.log_id:
                raise SessionOver
            if told.number <= number:
                continue
            if told.number != number + 1:
                # A hole: first what lies in it, then what came after it, in order.
                log.info("hole", subscription=self.name, after=number, before=told.number)
                await self._take(following)
                await self._from_feed()
                return
            following.append(told)
            number += 1
        await self._take(following)

    async def _from_feed(self) -> None:
        """Everything up to the owner's head, from the owner."""
        told = True
        while told:
            self._hold()
            self._asked = time.monotonic()
            async with contextlib.aclosing(feed_ahead(self._runtime, self.source, self.checkpoint)) as pages:
                async for page in pages:
                    told = await self._page(page)

    async def _page(self, page: Page | WentBack) -> bool:
        """Whether there was anything on it."""
        self._hold()
        self._runtime.lineages[self.source] = page.identity
        if isinstance(page, WentBack):
            log.warning("source-went-back", subscription=self.name, kept=page.kept)
            await self.hearer.go_back(self.source, self.checkpoint, page)
            raise SessionOver
        if page.identity.log_id != self.checkpoint.log_id:
            await self._taking.rename(page.identity.log_id)
        await self._take(page.told)
        return bool(page.told)

    async def _take(self, told: Sequence[Told]) -> None:
        if told:
            await self._taking.take(told, told[-1].log_id)
            self._behind_since = None


def feed_ahead(runtime: "Runtime", source: str, after: Checkpoint) -> AsyncGenerator[Page | WentBack]:
    """The page of *source*'s feed after a checkpoint, and those that are there after it."""

    def end(page: Page | WentBack) -> Checkpoint | None:
        if isinstance(page, WentBack) or not page.told or page.told[-1].number >= page.head:
            return None
        return _at(page.told[-1], page.identity.log_id)

    return _ahead(lambda at: runtime.feeds.after(source, at), end, after)


def own_ahead(runtime: "Runtime", after: Checkpoint) -> AsyncGenerator[list[Recorded]]:
    """The facts of the own log after a checkpoint, in pages; `Poison` where the very next one cannot be read."""

    def end(page: list[Recorded]) -> Checkpoint | None:
        return _at(page[-1], runtime.identity.log_id) if len(page) == _MOST_OWN else None

    return _ahead(lambda at: _read_own(runtime, at.number), end, after)


_Page = TypeVar("_Page")


async def _ahead(
    read: Callable[[Checkpoint], Coroutine[Any, Any, _Page]],
    end: Callable[[_Page], Checkpoint | None],
    after: Checkpoint,
) -> AsyncGenerator[_Page]:
    """Pages one after the other; while one is taken the next is read, as long as it is known that there is one."""
    reading = asyncio.create_task(read(after))
    try:
        while True:
            page = await reading
            last = end(page)
            if last is not None:
                reading = asyncio.create_task(read(last))
            yield page
            if last is None:
                return
    finally:
        reading.cancel()
        await asyncio.gather(reading, return_exceptions=True)


def _at(fact: Fact, log_id: UUID) -> Checkpoint:
    return Checkpoint(log_id, fact.number, fact.event_id)


async def _read_own(runtime: "Runtime", after: int) -> list[Recorded]:
    try:
        return await runtime.log.own(after, _MOST_OWN)
    except _UNREADABLE as error:
        if database.lost(error):
            raise
    try:
        return await runtime.log.own(after, 1)
    except _UNREADABLE as error:
        raise Poison(runtime.service.name, Stopped(after + 1, None, type(error).__name__)) from error


def lease_name(hearer: str, source: str) -> str:
    """The lease of a subscription."""
    return f"{hearer}<{source}"
