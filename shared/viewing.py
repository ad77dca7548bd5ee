"""Keeping views: the live one from its checkpoints, another one built beside it and switched in.

A view is live where its schema is there under its own name. One that is not is made: built beside from nothing, held
against what is live (an older revision, or the same one that is to be rebuilt) at one vector of positions, and switched
in by a change of names, in one transaction. What was live before is kept under a former name until somebody drops it.
"""

import asyncio
import secrets
from collections.abc import AsyncGenerator, AsyncIterator, Iterable, Mapping, Sequence
from contextlib import aclosing, asynccontextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from uuid import UUID

import asyncpg
import structlog

from shared import clock, crash, database, parking, projecting
from shared.bus import Told
from shared.database import Connection
from shared.errors import Refusal, Refused
from shared.feed import FeedUnavailable, WentBack
from shared.hearing import (
    Checkpoint,
    Fenced,
    Moving,
    Poison,
    Taking,
    Transient,
    feed_ahead,
    lease_name,
    note_going_back,
    own_ahead,
    say_stopped,
)
from shared.parking import Fact
from shared.recorded import Recorded
from shared.views import Change, View

if TYPE_CHECKING:
    from shared.runtime import Runtime

_AGAIN_SECONDS = 0.2
_STOPPED_SECONDS = 5.0
_FEW = 100
"""So many facts may be missing yet when the live view is made to stand still for them."""
_LOCKED_SECONDS = 5
"""A build that sleeps with the live view locked is cut off after this long; it begins again."""
_QUESTIONS = 10
"""How often an owner may leave a question unanswered in one rebuild."""
_NOT_NOW: tuple[type[Exception], ...] = (Refused, Fenced, Transient, FeedUnavailable, *database.LOST)

CATCHING_UP = Refusal(
    "view-catching-up", 503, "This list is being made and has not heard everything yet: try again soon.",
    "Daftar ini sedang disusun dan belum lengkap: coba lagi sebentar lagi.",
)  # fmt: skip
VIEW_UNKNOWN = Refusal(
    "view-unknown", 404, "This service has no view of this name: see views.",
    "Layanan ini tidak mempunyai tampilan dengan nama itu: lihat views.",
)  # fmt: skip
REBUILD_UNDER_WAY = Refusal(
    "rebuild-under-way", 409, "This view is being rebuilt already: wait for that.",
    "Tampilan ini sedang disusun ulang: tunggu sampai selesai.",
)  # fmt: skip
REBUILD_POSTPONED = Refusal(
    "rebuild-postponed", 503, "A service that this view hears cannot be asked now, or changed meanwhile: try again.",
    "Layanan yang didengar tampilan ini sedang tidak dapat dihubungi atau berubah: coba lagi.",
)  # fmt: skip
REBUILD_STOPPED = Refusal(
    "rebuild-stopped", 409, "The rebuild met facts that can neither take effect nor be parked; the live view stands.",
    "Penyusunan ulang terhenti pada fakta yang tidak dapat diproses; tampilan yang ada tetap berlaku.",
)  # fmt: skip
FORMER_IN_USE = Refusal(
    "former-in-use", 409, "A process still keeps a former revision of this view: it cannot be dropped yet.",
    "Masih ada proses yang memakai versi lama tampilan ini: belum dapat dihapus.",
)  # fmt: skip

log = structlog.get_logger()


def sources(view: View, service: str) -> list[str]:
    """Everything a view follows; its own service where it follows that service's log."""
    return [*view.heard, *([service] if view.own else [])]


class ViewHearer:
    """A view as a hearer: the live one, or one that is built beside it in another *schema*."""

    def __init__(self, runtime: "Runtime", view: View, schema: str) -> None:
        self.name = schema
        self.label = view.name
        self._runtime = runtime
        self._view = view

    async def open(self) -> None:
        """Once the view is live, its checkpoints are there."""
        await self._runtime.until_live(self._view)

    async def take(self, source: str, facts: Sequence[Fact], moving: Moving) -> None:
        """Rows and checkpoint move in one transaction."""
        changes = changes_of(self._view, source, facts)
        await crash.at("viewing.heard")
        async with moving(alone=not changes) as connection:
            await crash.at("viewing.moved")
            await projecting.apply(connection, self.name, changes)
            await crash.at("viewing.taken")
        await crash.at("viewing.committed")

    async def go_back(self, source: str, before: Checkpoint, back: WentBack) -> None:
        """Rows may rest on facts that no longer exist: the view is gone, and made anew from the beginning."""
        async with self._runtime.pool.acquire() as connection, connection.transaction():
            # The checkpoints first, as whoever takes facts does: who is projecting meanwhile waits, and is then fenced.
            gone = await connection.execute(
                "DELETE FROM log.checkpoints WHERE hearer = $1 AND EXISTS "
                "(SELECT 1 FROM log.checkpoints WHERE hearer = $1 AND source = $2 AND number = $3 "
                "AND log_id IS NOT DISTINCT FROM $4)",
                self.name,
                source,
                before.number,
                before.log_id,
            )
            if gone == "DELETE 0":
                raise Fenced
            await parking.forget(connection, self.name)
            await projecting.drop(connection, self.name)
            if back.identity.lineage:
                await note_going_back(connection, self.name, source, before, back)
            await crash.at("back.view_dropped")
        await crash.at("back.view_gone")
        log.warning("view-dropped", view=self.label, source=source)
        self._runtime.live.discard(self.label)
        self._runtime.look_soon()


def changes_of(view: View, source: str, facts: Sequence[Fact]) -> list[tuple[str, Change]]:
    """What facts change in a view, each with its partition key."""
    changes: list[tuple[str, Change]] = []
    for fact in facts:
        made: Iterable[Change] = ()
        if isinstance(fact, Recorded) and view.own:
            made = view.own(fact)
        elif isinstance(fact, Told) and fact.word is not None:
            made = view.heard[source](fact.word, fact.number)
        changes += [(fact.partition_key, change) for change in made]
    return changes


async def keep_made(runtime: "Runtime", view: View) -> None:
    """Make the view whenever it is not live. Until cancelled; any number of processes may, one does."""
    while True:
        await runtime.until_missing(view)
        try:
            async with _alone(runtime, view):
                # Another process may just have made it.
                if projecting.live_schema(view) not in await projecting.schemas(runtime.pool, view):
                    await _Build(runtime, view).run()
        except Poison as poison:
            await say_stopped(runtime, projecting.live_schema(view), poison.source, poison.stopped)
            log.error("view-not-made", view=view.name, source=poison.source, number=poison.stopped.number)
            await asyncio.sleep(_STOPPED_SECONDS)
        except _NOT_NOW as error:
            if isinstance(error, ValueError):
                raise
            log.debug("view-not-made", view=view.name, error=type(error).__name__)
            await asyncio.sleep(_AGAIN_SECONDS)


@dataclass(frozen=True, slots=True)
class Made:
    """A view that was switched in.

    *at*: the number by source at which it was held against what was live, or built. *differences*: the rows in which
    that was not what the facts say. *parked*: whose rows were left out of the comparison. *former*: what was live.
    """

    view: str
    at: dict[str, int]
    rows: dict[str, int]
    differences: list[projecting.Difference]
    parked: list[str]
    former: str | None


async def rebuild(runtime: "Runtime", view: View) -> dict[str, Any]:
    """`make` for an operator: what differed, by table and key.

    Refuses: rebuild-under-way, rebuild-postponed, rebuild-stopped.
    """
    try:
        made = await make(runtime, view)
    except (Fenced, Transient, FeedUnavailable) as error:
        log.info("rebuild-postponed", view=view.name, why=type(error).__name__)
        raise Refused(REBUILD_POSTPONED) from error
    except Poison as poison:
        at = {"source": poison.source, "number": poison.stopped.number, "error": poison.stopped.error}
        raise Refused(REBUILD_STOPPED, extra=at) from poison
    return {
        "view": made.view,
        "at": made.at,
        "rows": made.rows,
        "differences": [{"table": d.table, "key": dict(d.key), "what": d.what} for d in made.differences],
        "repaired": len(made.differences),
        "parked": made.parked,
        "former": made.former,
    }


async def make(runtime: "Runtime", view: View) -> Made:
    """Build a view from nothing beside what is live, hold both against each other, and switch.

    Reads go on throughout, and writing but for the last few facts. Reactions are not concerned. `rebuild-under-way`;
    `Poison` where too much of it is.
    """
    async with _alone(runtime, view):
        made = await _Build(runtime, view).run()
        await crash.at("rebuild.committed")
        return made


@asynccontextmanager
async def _alone(runtime: "Runtime", view: View) -> AsyncIterator[None]:
    """One process makes a view at a time; what became of it is known here afterwards."""
    async with runtime.leases.for_a_while(f"{projecting.live_schema(view)} making") as mine:
        if not mine:
            raise Refused(REBUILD_UNDER_WAY)
        yield
    await runtime.look()


class _Build:
    """One view, built beside the live one."""

    def __init__(self, runtime: "Runtime", view: View) -> None:
        self._runtime = runtime
        self._view = view
        self._live = projecting.live_schema(view)
        self._beside = projecting.beside_schema(view)
        self._sources = sources(view, runtime.service.name)
        # Stands in the checkpoints beside, so that another build that began meanwhile fences this one.
        self._mark = secrets.randbits(62)
        hearer = ViewHearer(runtime, view, self._beside)
        self._takings = {source: Taking(runtime, hearer, source, noted=False) for source in self._sources}

    async def run(self) -> Made:
        await self._begin()
        await crash.at("rebuild.begun")
        compared = await self._standing()
        for taking in self._takings.values():
            taking.like = compared
        if compared is None:
            await self._hear_all(dict.fromkeys(self._sources))
            async with self._runtime.pool.acquire() as connection, connection.transaction():
                return await self._switch(connection, None)
        unanswered = 0
        while True:
            try:
                await self._hear_up_to(await self._vector(self._runtime.pool, compared, _VECTOR))
                await crash.at("rebuild.heard")
                async with self._runtime.pool.acquire() as connection, connection.transaction():
                    await connection.execute(f"SET LOCAL idle_in_transaction_session_timeout = '{_LOCKED_SECONDS}s'")
                    # From here what is live stands still, for as long as the last few facts and the comparison take.
                    vector = await self._vector(connection, compared, _VECTOR_LOCKED)
                    missing = [at.number - self._takings[s].checkpoint.number for s, at in vector.items()]
                    if min(missing) < 0:
                        raise Fenced  # what is live was made anew meanwhile: begin again
                    if sum(missing) <= _FEW:
                        await self._hear_up_to(vector)
                        await crash.at("rebuild.locked")
                        return await self._switch(connection, compared)
            except FeedUnavailable:
                # What was heard so far stands: to begin again would cost more than to ask again. Not with the live
                # view locked, though.
                unanswered += 1
                if unanswered == _QUESTIONS:
                    raise
                await asyncio.sleep(_AGAIN_SECONDS)

    async def _begin(self) -> None:
        """Empty tables, and no memory of an earlier attempt."""
        async with self._runtime.pool.acquire() as connection, connection.transaction():
            await connection.execute("DELETE FROM log.checkpoints WHERE hearer = $1", self._beside)
            await parking.forget(connection, self._beside)
            await projecting.make_tables(connection, self._beside, self._view)
            await connection.executemany(
                "INSERT INTO log.checkpoints (hearer, source, number, parkings) VALUES ($1, $2, 0, $3)",
                [(self._beside, source, self._mark) for source in self._sources],
            )
        for taking in self._takings.values():
            await taking.load()

    async def _standing(self) -> str | None:
        """The schema to hold it against: the live one, else the newest older revision that follows the same logs."""
        there = await projecting.schemas(self._runtime.pool, self._view)
        if self._live in there:
            return self._live
        names = {source: await self._name_of(source) for source in self._sources}
        for schema in (s for n in range(self._view.revision - 1, 0, -1) if (s := f"{self._view.name}_{n}") in there):
            rows = await self._runtime.pool.fetch(
                "SELECT source, log_id FROM log.checkpoints WHERE hearer = $1", schema
            )
            # Whatever was heard under a log's former name may rest on facts that it has lost.
            if {row["source"]: row["log_id"] for row in rows} == names:
                return schema
        return None

    async def _name_of(self, source: str) -> UUID:
        runtime = self._runtime
        return (
            runtime.identity.log_id if source == runtime.service.name else (await runtime.feeds.head(source))[0].log_id
        )

    async def _vector(self, connection: Connection | asyncpg.Pool, schema: str, query: str) -> dict[str, Checkpoint]:
        rows = await connection.fetch(query, schema)
        if len(rows) != len(self._sources):
            raise Fenced  # it was dropped meanwhile
        return {row["source"]: Checkpoint(row["log_id"], row["number"], row["event_id"]) for row in rows}

    async def _hear_up_to(self, vector: Mapping[str, Checkpoint]) -> None:
        """As far as what is live has come: the same number, and the same fact there."""
        await self._hear_all({source: at.number for source, at in vector.items()})
        here = {source: self._takings[source].checkpoint for source in vector}
        if any((here[s].number, here[s].event_id) != (at.number, at.event_id) for s, at in vector.items()):
            # Its owner has not so many facts any more, or others since it was put back: what is live will find out.
            raise Fenced

    async def _hear_all(self, until: Mapping[str, int | None]) -> None:
        """Take what all sources said, side by side: each has tables of its own."""
        hearing = (self._hear(source, number) for source, number in until.items())
        # What one could hear stands, whatever befalls another: nobody is cut off in the middle.
        for outcome in await asyncio.gather(*hearing, return_exceptions=True):
            if outcome is not None:
                raise outcome

    async def _hear(self, source: str, until: int | None) -> None:
        """Take what *source* said, up to the number *until* or to its end; parking as the live view does."""
        taking = self._takings[source]
        facts = True
        while facts and (until is None or taking.checkpoint.number < until):
            async with aclosing(self._pages(source, taking.checkpoint)) as pages:
                async for log_id, page in pages:
                    some = [fact for fact in page if until is None or fact.number <= until]
                    await taking.take(some, log_id)
                    facts = bool(some)
                    if not facts:
                        break

    async def _pages(self, source: str, after: Checkpoint) -> AsyncGenerator[tuple[UUID, Sequence[Fact]]]:
        runtime = self._runtime
        if source == runtime.service.name:
            async with aclosing(own_ahead(runtime, after)) as own:
                async for recorded in own:
                    yield runtime.identity.log_id, recorded
            return
        async with aclosing(feed_ahead(runtime, source, after)) as feed:
            async for page in feed:
                if isinstance(page, WentBack):
                    raise Fenced  # begin again
                yield page.identity.log_id, page.told

    async def _switch(self, connection: Connection, compared: str | None) -> Made:
        view, beside, live = self._view, self._beside, self._live
        if len(await connection.fetch(_MINE, beside, self._mark)) != len(self._sources):
            raise Fenced  # another build began meanwhile
        differences: list[projecting.Difference] = []
        waiting: list[str] = []
        if compared:
            rows = await connection.fetch(
                "SELECT DISTINCT key FROM log.parked WHERE hearer = ANY($1) ORDER BY key", [compared, beside]
            )
            waiting = [row["key"] for row in rows]
            differences = await projecting.compare(connection, compared, beside, view, leaving_out=waiting)
        await crash.at("rebuild.compared")
        at = {source: taking.checkpoint.number for source, taking in self._takings.items()}
        rows_now = await projecting.count(connection, beside, view)
        former = compared
        if compared == live:
            former = projecting.former_schema(view, clock.now())
            await projecting.rename(connection, live, former)
            # The live checkpoints stay: they stand where these do. But other people may wait now than did.
            await connection.execute("UPDATE log.checkpoints SET parkings = parkings + 1 WHERE hearer = $1", live)
            await connection.execute("DELETE FROM log.checkpoints WHERE hearer = $1", beside)
        else:
            await connection.execute("UPDATE log.checkpoints SET hearer = $2 WHERE hearer = $1", beside, live)
        # Where a live subscription goes no further, it still does: its checkpoint has not moved.
        await parking.forget(connection, live, stopped=compared != live)
        await connection.execute("UPDATE log.parked SET hearer = $2 WHERE hearer = $1", beside, live)
        await projecting.rename(connection, beside, live)
        await crash.at("rebuild.switched")
        log.info("view-switched", view=view.name, revision=view.revision, former=former, differences=len(differences))
        return Made(view.name, at, rows_now, differences, waiting, former)


_VECTOR = "SELECT source, log_id, number, event_id FROM log.checkpoints WHERE hearer = $1"
_MINE = "SELECT 1 FROM log.checkpoints WHERE hearer = $1 AND parkings = $2 ORDER BY source FOR UPDATE"
_VECTOR_LOCKED = f"{_VECTOR} ORDER BY source FOR UPDATE"


async def formers(runtime: "Runtime", view: View) -> list[str]:
    """What a view was before: rows that a rebuild replaced, and older revisions."""
    older = {f"{view.name}_{revision}" for revision in range(1, view.revision)}
    return [s for s in await projecting.schemas(runtime.pool, view) if "_former_" in s or s in older]


async def drop_formers(runtime: "Runtime", view: View) -> list[str]:
    """Drop what a view was before; what was dropped. `former-in-use` while processes of an older version run."""
    dropped = await formers(runtime, view)
    async with runtime.pool.acquire() as connection, connection.transaction():
        leases = [lease_name(schema, source) for schema in dropped for source in sources(view, runtime.service.name)]
        if await connection.fetchval(
            "SELECT EXISTS (SELECT 1 FROM log.leases WHERE name = ANY($1) AND until > clock_timestamp())", leases
        ):
            raise Refused(FORMER_IN_USE)
        for schema in dropped:
            await connection.execute("DELETE FROM log.checkpoints WHERE hearer = $1", schema)
            await parking.forget(connection, schema)
            await projecting.drop(connection, schema)
        await crash.at("rebuild.dropping")
    await crash.at("rebuild.dropped")
    return dropped
