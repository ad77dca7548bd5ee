"""Keeping views: the live one from its checkpoints, a new one from nothing, a rebuild beside the live one."""

import asyncio
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import orjson
import structlog

from shared import database, projecting, telemetry
from shared.bus import Told
from shared.database import Connection
from shared.errors import Refusal, Refused
from shared.feed import FeedUnavailable, WentBack
from shared.hearing import Checkpoint, Fenced, Stopped, lease_name, load, move, note_going_back
from shared.log.identity import LogReplaced
from shared.recorded import Recorded
from shared.views import Change, View

if TYPE_CHECKING:
    from shared.runtime import Runtime

_MOST = 1000
_ONE = 1
_POLL_SECONDS = 0.1
_RETRY_SECONDS = 0.2
_STOPPED_SECONDS = 5.0

WORDS_UNREADABLE = Refusal(
    "words-unreadable", 409, "A published fact cannot be read, so the view cannot be rebuilt from it.",
    "Satu fakta terbit tidak dapat dibaca, sehingga tampilan tidak dapat disusun ulang.",
)  # fmt: skip

log = structlog.get_logger()


def sources(view: View, service: str) -> list[str]:
    """Everything a view follows; its own service where it follows that service's log."""
    return [*view.heard, *([service] if view.own else [])]


async def open_view(runtime: "Runtime", view: View) -> None:
    """Make a view's tables if this revision has none yet; then it has everything still to hear."""
    async with runtime.pool.acquire() as connection, connection.transaction():
        await connection.execute("SELECT pg_advisory_xact_lock(7002)")
        known = await connection.fetchval("SELECT revision FROM log.views WHERE name = $1", view.name)
        if known == view.revision:
            return
        await projecting.make_tables(connection, projecting.live_schema(view), view)
        await connection.execute("DELETE FROM log.checkpoints WHERE hearer = $1", view.name)
        await connection.execute(
            "INSERT INTO log.views VALUES ($1, $2, $3) ON CONFLICT (name) DO UPDATE "
            "SET revision = excluded.revision, catching_up = excluded.catching_up",
            view.name,
            view.revision,
            orjson.dumps(await _goals(runtime, view)).decode(),
        )
        log.info("view-made", view=view.name, revision=view.revision)


async def _goals(runtime: "Runtime", view: View) -> dict[str, int | None]:
    """How far a view must come, by source, before it may be read; None until the source's owner was asked."""
    own = await runtime.log.position()
    return {source: own if source == runtime.service.name else None for source in sources(view, runtime.service.name)}


class ViewHearer:
    """A live view as a hearer of other services."""

    def __init__(self, runtime: "Runtime", view: View) -> None:
        self._runtime = runtime
        self._view = view
        self._schema = projecting.live_schema(view)

    @property
    def name(self) -> str:
        """The view's."""
        return self._view.name

    async def take(self, source: str, told: Sequence[Told], before: Checkpoint, after: Checkpoint) -> None:
        """Rows and checkpoint move in one transaction."""
        changes = changes_of(self._view, source, told)
        async with self._runtime.pool.acquire() as connection, connection.transaction():
            # What a view being made hears again says nothing of how long it took the first time.
            fresh = () if self.name in self._runtime.catching_up else told
            await move(connection, self.name, source, before, after, fresh)
            await projecting.apply(connection, self._schema, changes)
        self._runtime.moved(self.name, source, after)
        # Only now: a goal is reached by the checkpoint that stands, and after the last fact nobody looks again.
        if self.name in self._runtime.catching_up:
            await self._runtime.look_at_views()

    async def go_back(self, source: str, before: Checkpoint, back: WentBack) -> None:
        """Rows may rest on facts that no longer exist: start the whole view anew; it is not read until it is there."""
        async with (
            self._runtime.making_anew(self._view),
            self._runtime.pool.acquire() as connection,
            connection.transaction(),
        ):
            await start_anew(self._runtime, connection, self._view)
            await note_going_back(connection, self.name, source, before, back)
        self._runtime.begin_again(self.name)

    async def caught_up_to(self, source: str, number: int) -> None:
        """Where the view is being made, this is how far it must come with *source*."""
        goals = self._runtime.catching_up.get(self.name)
        if goals is None or goals.get(source) is not None:
            return
        await self._runtime.pool.execute(
            "UPDATE log.views SET catching_up = jsonb_set(catching_up, ARRAY[$2], to_jsonb($3::bigint)) "
            "WHERE name = $1 AND catching_up->$2 = 'null'",
            self.name,
            source,
            number,
        )
        await self._runtime.look_at_views()


async def start_anew(runtime: "Runtime", connection: Connection, view: View) -> None:
    """Empty a view and put all its checkpoints back to nothing."""
    # The checkpoints first, as `move` does: whoever projects meanwhile waits here, and is then fenced.
    await connection.execute(
        "UPDATE log.checkpoints SET log_id = NULL, number = 0, event_id = NULL WHERE hearer = $1", view.name
    )
    await projecting.empty(connection, projecting.live_schema(view), view)
    await connection.execute(
        "UPDATE log.views SET catching_up = $2 WHERE name = $1",
        view.name,
        orjson.dumps(await _goals(runtime, view)).decode(),
    )


def changes_of(view: View, source: str, told: Sequence[Told]) -> list[Change]:
    """What facts of another service change in a view."""
    project = view.heard[source]
    return [change for t in told if t.word is not None for change in project(t.word, t.number)]


def own_changes_of(view: View, recorded: Sequence[Recorded]) -> list[Change]:
    """What facts of the own log change in a view."""
    return [change for r in recorded for change in view.own(r)] if view.own else []


class OwnLog:
    """A live view following its own service's log by position, private facts included."""

    def __init__(self, runtime: "Runtime", view: View) -> None:
        self._runtime = runtime
        self._view = view
        self._source = runtime.service.name
        self.hearer = view.name
        self.name = lease_name(view.name, self._source)
        self.stopped: Stopped | None = None
        self._next = 1
        self._one_by_one = False
        self._again = False

    def begin_again(self) -> None:
        """The checkpoint was moved: begin from where it lies now."""
        self._again = True

    async def run(self) -> None:
        """Until cancelled."""
        while True:
            await self._runtime.leases.wait(self.name)
            self._again = False
            try:
                await self._session()
            except Fenced:
                log.debug("session-over", subscription=self.name, why="Fenced")
            except LogReplaced:
                raise  # no fact is at fault, and this process must end
            except Exception as error:  # noqa: BLE001  the next try starts from the checkpoint, nothing is passed over
                if not database.lost(error):
                    await self._stop(error)
                await asyncio.sleep(_RETRY_SECONDS)

    async def _stop(self, error: Exception) -> None:
        """Name the fact at fault; until it goes through, facts are taken one by one, so that it is this one."""
        if self._one_by_one:
            self.stopped = Stopped(self._next, None, type(error).__name__)
            log.error("subscription-stopped", subscription=self.name, number=self._next, exc_info=error)
            await asyncio.sleep(_STOPPED_SECONDS)
        self._one_by_one = True

    async def _session(self) -> None:
        runtime = self._runtime
        checkpoint = await self._that_holds(await load(runtime.pool, self._view.name, self._source))
        await self._moved(checkpoint)
        while runtime.leases.held(self.name) and not self._again:
            rang = runtime.appended.listen()
            self._next = checkpoint.number + 1
            recorded = await runtime.log.own(checkpoint.number, _ONE if self._one_by_one else _MOST)
            if not recorded:
                self._one_by_one = False
                await runtime.appended.wait(rang, _POLL_SECONDS)
                continue
            after = Checkpoint(runtime.identity.log_id, recorded[-1].position, recorded[-1].event_id)
            with telemetry.hearing(self._view.name, self._source, recorded):
                async with runtime.pool.acquire() as connection, connection.transaction():
                    await move(connection, self._view.name, self._source, checkpoint, after)
                    await projecting.apply(
                        connection, projecting.live_schema(self._view), own_changes_of(self._view, recorded)
                    )
            checkpoint = after
            if self.stopped:
                self.stopped, self._one_by_one = None, False
            await self._moved(checkpoint)

    async def _moved(self, checkpoint: Checkpoint) -> None:
        self._runtime.moved(self._view.name, self._source, checkpoint)
        if self._view.name in self._runtime.catching_up:
            await self._runtime.look_at_views()

    async def _that_holds(self, checkpoint: Checkpoint) -> Checkpoint:
        """The checkpoint, under the log's present name, if its event lies there in the log; else the view starts anew.

        View and log lie in one database and are put back together; whoever moved a checkpoint that does not hold, to
        go on from it would pass over facts.
        """
        runtime = self._runtime
        if checkpoint.number and await runtime.log.event_at(checkpoint.number) != checkpoint.event_id:
            async with (
                runtime.making_anew(self._view),
                runtime.pool.acquire() as connection,
                connection.transaction(),
            ):
                await start_anew(runtime, connection, self._view)
            runtime.begin_again(self._view.name)
            self._again = False
            checkpoint = Checkpoint(None, 0, None)
        if checkpoint.log_id == runtime.identity.log_id:
            return checkpoint
        renamed = Checkpoint(runtime.identity.log_id, checkpoint.number, checkpoint.event_id)
        await move(runtime.pool, self._view.name, self._source, checkpoint, renamed)
        return renamed


async def rebuild(runtime: "Runtime", view: View) -> dict[str, Any]:
    """Build a view from nothing beside the live one, hold both against each other at one vector, mend the live one."""
    beside = projecting.beside_schema(view)
    service = runtime.service.name
    followed = sources(view, service)
    for source in followed:
        await load(runtime.pool, view.name, source)  # a checkpoint that was never moved is made, to be held
    async with runtime.rebuilding, runtime.pool.acquire() as connection:
        await connection.execute(f'DROP SCHEMA IF EXISTS "{beside}" CASCADE')
        await projecting.make_tables(connection, beside, view)
        reached = {source: Checkpoint(None, 0, None) for source in followed}
        for source in followed:
            reached[source] = await _build(runtime, connection, view, source, reached[source], until=None)
        try:
            async with connection.transaction():
                # From here the live view stands still, for as long as the last few facts take.
                rows = await connection.fetch(
                    "SELECT source, log_id, number, event_id FROM log.checkpoints WHERE hearer = $1 FOR UPDATE",
                    view.name,
                )
                live = {row["source"]: Checkpoint(row["log_id"], row["number"], row["event_id"]) for row in rows}
                ahead = [s for s in followed if reached[s].number > live[s].number]
                if ahead:
                    # The rebuild overtook a live view that is behind: compared from nothing up to where that stands.
                    await projecting.empty(connection, beside, view)
                    reached = {source: Checkpoint(None, 0, None) for source in followed}
                for source in followed:
                    await _build(runtime, connection, view, source, reached[source], until=live[source].number)
                differences = await projecting.repair(connection, projecting.live_schema(view), beside, view)
                rows_now = await projecting.count(connection, projecting.live_schema(view), view)
        finally:
            await connection.execute(f'DROP SCHEMA IF EXISTS "{beside}" CASCADE')
    return {
        "view": view.name,
        "at": {source: checkpoint.number for source, checkpoint in live.items()},
        "rows": rows_now,
        "differences": [{"table": d.table, "key": dict(d.key), "what": d.what} for d in differences],
        "repaired": len(differences),
    }


async def _build(
    runtime: "Runtime",
    connection: Connection,
    view: View,
    source: str,
    checkpoint: Checkpoint,
    until: int | None,
) -> Checkpoint:
    """Project *source* into the tables beside, after *checkpoint*: up to number *until*, or to the end."""
    beside = projecting.beside_schema(view)
    while until is None or checkpoint.number < until:
        if source == runtime.service.name:
            recorded = await runtime.log.own(checkpoint.number)
            recorded = [r for r in recorded if until is None or r.position <= until]
            if not recorded:
                return checkpoint
            await projecting.apply(connection, beside, own_changes_of(view, recorded))
            checkpoint = Checkpoint(runtime.identity.log_id, recorded[-1].position, recorded[-1].event_id)
        else:
            page = await runtime.feeds.after(source, checkpoint)
            if isinstance(page, WentBack):
                raise FeedUnavailable
            told = [t for t in page.told if until is None or t.number <= until]
            if broken := next((t for t in told if t.fault), None):
                raise Refused(WORDS_UNREADABLE, extra={"source": source, "number": broken.number})
            if not told:
                return checkpoint
            await projecting.apply(connection, beside, changes_of(view, source, told))
            checkpoint = Checkpoint(told[-1].log_id, told[-1].number, told[-1].event_id)
    return checkpoint
