"""A running service: its connections, its runners, and what it knows of how far everyone is."""

import asyncio
import contextlib
import time
from collections.abc import Coroutine, Iterable
from functools import lru_cache, partial
from typing import Any
from uuid import UUID

import asyncpg
import sqlalchemy as sa
import structlog
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine

from shared import clock, database, ids, projecting, rehearsal, telemetry
from shared.bell import Bell
from shared.bus import Bus
from shared.codec import Catalogue, UnknownSchema
from shared.deadlines import Calendar
from shared.errors import Refused
from shared.execute import Answer, Reads, Request, Work
from shared.feed import Feeds
from shared.hearing import Checkpoint, Hearer, Stopped, Subscription
from shared.keys import KeyRing
from shared.leases import Leases
from shared.log import identity as identities
from shared.log.append import Batcher
from shared.log.identity import Identity, LogReplaced
from shared.log.store import EventLog
from shared.metrics import Gauges
from shared.positions import Position
from shared.reacting import ReactionHearer
from shared.relay import LEASE, Relay, WasRestored, was_restored
from shared.service import Service
from shared.settings import Settings
from shared.viewing import CATCHING_UP, ViewHearer, keep_made, sources
from shared.views import Keyed, View

log = structlog.get_logger()

_SAME_LOG_SECONDS = 2.0
_LOOK_SECONDS = 1.0
_NO_SUCH_TABLE = ("42P01", "3F000")
"""SQLSTATEs of a query for a view that is not there: it is being made."""
_TRIM_SECONDS = 3600.0
_END_SECONDS = 10.0
_CANCEL_AGAIN_SECONDS = 1.0
_HASHES_REMEMBERED = 1 << 15
_BATCHER = "batcher"


async def end(tasks: Iterable[asyncio.Task[None]]) -> set[asyncio.Task[None]]:
    """Cancel *tasks*, again where need be, for ten seconds at most; those that have not ended by then.

    A cancellation can be lost: in asyncpg while a new connection fails, and up to Python 3.11 in `asyncio.wait_for`
    when what is waited for comes at the same moment.
    """
    running = set(tasks)
    until = time.monotonic() + _END_SECONDS
    while running and time.monotonic() < until:
        for task in running:
            task.cancel()
        _, running = await asyncio.wait(running, timeout=_CANCEL_AGAIN_SECONDS)
    return running


class Runtime:
    """Everything one process of a service holds. `start` and `stop` are the only lifecycle.

    *process* is what the leases know it by.
    """

    def __init__(self, service: Service, settings: Settings, process: UUID = ids.PROCESS) -> None:
        self.service = service
        self.settings = settings
        self.process = process
        self.clock = clock.Clock(settings.today)
        self.secret = bytes.fromhex(settings.log_secret.get_secret_value())
        self.bus = Bus(service.name, service.hears, settings.bus_url.get_secret_value())
        self.faults = rehearsal.faults(settings.fault, service.name, service.hearers)
        self.feeds = Feeds(settings.peers, settings.service_token_file)
        self.appended = Bell()
        self.progress = Bell()
        self.in_flight: dict[UUID, asyncio.Future[None]] = {}
        self.checkpoints: dict[tuple[str, str], Checkpoint] = {}
        self.lineages: dict[str, Identity] = {}
        self.live: set[str] = set()
        """Views that can be read."""
        self.parked: dict[tuple[str, str], int] = {}
        """By hearer and source, how many people's facts wait."""
        self.stopped: dict[tuple[str, str], Stopped] = {}
        """By hearer and source, where a subscription goes no further, in whichever process it runs."""
        self.relayed: int | None = None
        """The last number that this process brought to the bus, while it relays."""
        self.waits_for: list[str] = ["start"]
        self.hearers: list[Hearer] = []
        self.subscriptions: list[Subscription] = []
        self.stopping = False
        self.failed: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._keyed: dict[str, Keyed] = {}
        self._tasks: list[asyncio.Task[None]] = []
        self._looked = Bell()
        self._look_wanted = Bell()
        self._looking: asyncio.Task[None] | None = None
        self.pool: asyncpg.Pool
        self.engine: AsyncEngine
        self.log: EventLog
        self.batcher: Batcher
        self.identity: Identity
        self.leases: Leases
        self._keys_pool: asyncpg.Pool

    # Starting and stopping

    async def start(self) -> None:
        """Come up step by step; `waits_for` says at which one."""
        url = self.settings.database_url.get_secret_value()
        self.waits_for = ["database"]
        self.pool = await database.create_pool(url, size=12, durable=False, connected=self._connected)
        self._keys_pool = await database.create_pool(self.settings.keys_database_url.get_secret_value(), size=2)
        schemas: dict[Any, Any] = {view.name: projecting.live_schema(view) for view in self.service.views}
        self.engine = create_async_engine(
            url.replace("postgresql://", "postgresql+asyncpg://", 1),
            pool_size=8,
            max_overflow=8,
            isolation_level="AUTOCOMMIT",
            execution_options={"schema_translate_map": schemas},
            hide_parameters=True,
            connect_args={"server_settings": {"application_name": database.process()}},
        )
        keys = KeyRing(self._keys_pool, bytes.fromhex(self.settings.master_key.get_secret_value()))
        self.log = EventLog(self.pool, self.secret, Catalogue(self.service.events), keys, self.service.blind)
        self.waits_for = ["schema"]
        try:
            await self.log.check_schema()
        except UnknownSchema as newer:
            # Another try changes nothing, newer code does: stay, say so, and do nothing.
            self.waits_for = [f"newer code: the log holds {newer.name} v{newer.version}"]
            log.exception("schema-unknown", type=newer.name, version=newer.version)
            await asyncio.Event().wait()
        self.waits_for = ["bus"]
        await self.bus.connect()
        self.waits_for = ["log identity"]
        await self._open_log()
        self.batcher = Batcher(url, self.identity.log_id, self._connected, self._appended_here)
        self._run(self.batcher.run(), _BATCHER)
        self.waits_for = ["erasure"]
        await self.log.erase_again()
        self.waits_for = ["views"]
        self._make_hearers()
        await self.look()
        self._start_runners()
        self.waits_for = []
        log.info("started", log_id=str(self.identity.log_id))

    async def _open_log(self) -> None:
        async with self.pool.acquire() as connection:
            self.identity = await identities.open_log(connection, self.clock)
            await self.bus.open_stream()
            # Before anything is published: does the bus know a fact of this log that the log does not hold?
            if await was_restored(self, await self.bus.tail()):
                self.identity = await identities.restored(connection, self.identity.log_id, self.clock)

    async def _connected(self, connection: database.Connection) -> None:
        """A new connection must lead to the log that was opened, not to one put in its place."""
        if not hasattr(self, "identity"):
            return
        try:
            await identities.same_place(connection, self.identity)
        except LogReplaced:
            # Whoever asked and however they take it: this process knows a log that is gone.
            log.warning("log-replaced", log_id=str(self.identity.log_id))
            self.fail()
            raise

    async def same_log(self) -> None:
        """Raise `LogReplaced`, and let the process end, unless the database holds the log that was opened.

        What was read before is then of this log under the name that this process knows: only so may it be told.
        """
        async with self.pool.acquire() as connection:
            await self._connected(connection)

    async def fall_silent(self) -> None:
        """Append and relay nothing more: what the log would say under its present name must not be said."""
        silenced = {task for task in self._tasks if task.get_name() in (_BATCHER, LEASE)}
        while silenced:
            silenced = await end(silenced)

    def fail(self) -> None:
        """Let the process end, so that another takes its place."""
        if not self.failed.done():
            self.failed.set_result(None)

    def _make_hearers(self) -> None:
        for view in self.service.views:
            hearer = ViewHearer(self, view, projecting.live_schema(view))
            self.hearers.append(hearer)
            self.subscriptions += [Subscription(self, hearer, s) for s in sources(view, self.service.name)]
        if self.service.react:
            reactions = ReactionHearer(self, self.service.react)
            self.hearers.append(reactions)
            self.subscriptions += [Subscription(self, reactions, source) for source in self.service.react.hears]

    def _start_runners(self) -> None:
        relay = Relay(self)
        self.bus.on_reconnect.append(relay.reconnected)
        self.bus.on_reconnect.append(self._nudge_all)
        self.bus.on_head.append(self._nudge)
        self.bus.on_appended.append(self.appended.ring)
        alone = [LEASE, *(s.name for s in self.subscriptions), *(d.lease for d in self.service.deadlines)]
        self.leases = Leases(self.pool, alone, self.process)
        self._run(self.leases.run(), "leases")
        self._run(self._keep_looking_at_the_log(), "same log")
        self._run(self._keep_looking(), "looking")
        self._run(self._trim(), "trim")
        self._run(relay.run(), LEASE)
        if telemetry.metering():
            self._run(Gauges(self).run(), "gauges")
        for view in self.service.views:
            self._run(keep_made(self, view), f"making {view.name}")
        for subscription in self.subscriptions:
            self._run(subscription.run(), subscription.name)
        for deadlines in self.service.deadlines:
            self._run(Calendar(self, deadlines).run(), deadlines.lease)
        log.debug("runners-started", count=len(self._tasks), by=self.service.name)

    def _appended_here(self) -> None:
        """Wake who follows the log, here and in the other processes: leases are held wherever they were got."""
        self.appended.ring()
        self.bus.say_appended()

    async def _keep_looking_at_the_log(self) -> None:
        """End the process when the database under it was put back: it comes up again with the log's new name."""
        while True:
            await asyncio.sleep(_SAME_LOG_SECONDS)
            try:
                await self.same_log()
            except database.LOST as error:
                log.debug("log-not-looked-at", error=type(error).__name__)

    async def _trim(self) -> None:
        """Keep how long words took for seven days."""
        while True:
            try:
                await self.pool.execute("DELETE FROM log.heard WHERE at < clock_timestamp() - interval '7 days'")
            except database.LOST as error:
                log.debug("not-trimmed", error=type(error).__name__)
            await asyncio.sleep(_TRIM_SECONDS)

    def _nudge(self, source: str) -> None:
        for subscription in self.subscriptions:
            if subscription.source == source:
                subscription.nudge()

    def _nudge_all(self) -> None:
        for subscription in self.subscriptions:
            subscription.begin_again()

    def _run(self, work: Coroutine[Any, Any, None], name: str) -> None:
        task = asyncio.create_task(work, name=name)
        task.add_done_callback(self._ended)
        self._tasks.append(task)

    def _ended(self, task: asyncio.Task[None]) -> None:
        """A runner never ends by itself: if one does, the process must, so that another takes its place."""
        if self.stopping or task.cancelled():
            return
        error = task.exception()
        if isinstance(error, WasRestored | LogReplaced):
            log.warning("log-was-restored")
        else:
            log.error("runner-ended", runner=task.get_name(), exc_info=error)
        self.fail()

    async def stop(self) -> None:
        """Finish what was begun, give up the leases, disconnect."""
        self.stopping = True
        if hasattr(self, "batcher"):
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(5):
                    await self.batcher.drained()
        if still := await end(self._tasks):
            log.error("runners-do-not-end", runners=sorted(task.get_name() for task in still))
        try:
            async with asyncio.timeout(5):
                if hasattr(self, "leases"):
                    with contextlib.suppress(LogReplaced):  # then they are not ours any more
                        await self.leases.give_up()
                await self.bus.close()
                await self.feeds.close()
                for pool in ("pool", "_keys_pool"):
                    if hasattr(self, pool):
                        await getattr(self, pool).close()
                if hasattr(self, "engine"):
                    await self.engine.dispose()
        except database.LOST as error:
            log.warning("stopped-without-goodbye", error=type(error).__name__)

    # What is known

    @property
    def readiness(self) -> list[str]:
        """What the service still waits for; empty when it is ready."""
        return self.coming_up + [f"stopped subscription {hearer}<{source}" for hearer, source in self.stopped]

    @property
    def coming_up(self) -> list[str]:
        """What this process still waits for until it does all that it can: a subscription that is stopped stays so.

        Whoever starts processes waits for no more, else the corrected code would never take the faulty one's place.
        """
        if self.stopping:
            return ["stop"]
        waits = list(self.waits_for)
        if not waits and not self.leases.renewing:
            waits.append("database")
        return waits + [f"view {view.name}" for view in self.service.views if view.name not in self.live]

    def moved(self, hearer: str, source: str, checkpoint: Checkpoint) -> None:
        """A checkpoint is here now."""
        self.checkpoints[hearer, source] = checkpoint
        self.progress.ring()

    def followed(self) -> list[tuple[str, str]]:
        """Every (hearer, source) of this service."""
        return [(s.hearer.name, s.source) for s in self.subscriptions]

    async def look_at_checkpoints(self) -> None:
        """Read from the database what other processes moved; who asks while it is being read shares the answer."""
        if self._looking is None or self._looking.done():
            self._looking = asyncio.create_task(self._look_at_checkpoints())
        await asyncio.shield(self._looking)

    async def _look_at_checkpoints(self) -> None:
        rows = await self.pool.fetch("SELECT hearer, source, log_id, number, event_id FROM log.checkpoints")
        there = {(r["hearer"], r["source"]): Checkpoint(r["log_id"], r["number"], r["event_id"]) for r in rows}
        self.checkpoints = {followed: there[followed] for followed in self.followed() if followed in there}

    def active_for_all(self) -> bool:
        """Whether this process itself moves every checkpoint of the service."""
        return all(self.leases.held(s.name) for s in self.subscriptions)

    def look_soon(self) -> None:
        """Something that `live`, `parked` or `stopped` tell has changed."""
        self._look_wanted.ring()

    async def until_live(self, view: View) -> None:
        """Return once *view* can be read and hear."""
        while view.name not in self.live:
            await self._looked.wait(self._looked.listen(), _LOOK_SECONDS)

    async def until_missing(self, view: View) -> None:
        """Return once *view* is to be made."""
        while view.name in self.live:
            await self._looked.wait(self._looked.listen(), _LOOK_SECONDS)

    async def _keep_looking(self) -> None:
        """What any process of this service changed, all of them know within a second."""
        while True:
            wanted = self._look_wanted.listen()
            try:
                await self.look()
            except database.LOST as error:
                log.debug("not-looked", error=type(error).__name__)
            await self._look_wanted.wait(wanted, _LOOK_SECONDS)

    async def look(self) -> None:
        """Read what any process of this service may have changed."""
        labels = {hearer.name: hearer.label for hearer in self.hearers}
        believed = {s: s.checkpoint.number for s in self.subscriptions}
        mine = list(labels)
        there = await self.pool.fetch("SELECT nspname FROM pg_namespace WHERE nspname = ANY($1)", mine)
        waiting = await self.pool.fetch(
            "SELECT hearer, source, count(DISTINCT key) AS people FROM log.parked WHERE hearer = ANY($1) GROUP BY 1, 2",
            mine,
        )
        stopped = await self.pool.fetch(
            "SELECT hearer, source, number, event_id, error FROM log.stopped WHERE hearer = ANY($1)", mine
        )
        self.live = {labels[row["nspname"]] for row in there}
        self.parked = {(labels[row["hearer"]], row["source"]): row["people"] for row in waiting}
        self.stopped = {
            (labels[row["hearer"]], row["source"]): Stopped(row["number"], row["event_id"], row["error"])
            for row in stopped
        }
        await self.look_at_checkpoints()
        for subscription, number in believed.items():
            stands = self.checkpoints.get((subscription.hearer.name, subscription.source))
            if number > (stands.number if stands else 0):
                # Put back by another process: a quiet reader would never find out.
                subscription.begin_again()
        self._looked.ring()

    def heard_so_far(self) -> dict[str, Position]:
        """How far this service had heard: by source, the furthest of its hearers."""
        vector: dict[str, Position] = {}
        for (_, source), checkpoint in self.checkpoints.items():
            if source == self.service.name or checkpoint.log_id is None:
                continue
            known = vector.get(source)
            if known is None or known.number < checkpoint.number:
                vector[source] = Position(checkpoint.number, checkpoint.log_id.hex[:8])
        return vector

    # What is asked

    async def handle(self, work: Work, command: object) -> Answer:
        """Let the service carry a command out."""
        if self.service.handle is None:
            raise TypeError(f"{self.service.name} takes no commands")
        return await self.service.handle(work, command)

    def keyed(self, view: View) -> Keyed:
        """The keyed hash of *view*; it remembers what it was asked last."""
        if view.name not in self._keyed:
            of_view = partial(ids.keyed, ids.keyed(self.secret, "blind", view.name))
            self._keyed[view.name] = lru_cache(_HASHES_REMEMBERED)(of_view)
        return self._keyed[view.name]

    def work(self, request: Request, reads: Reads | None = None) -> Work:
        """One attempt at a command, which reads the log itself unless *reads* says otherwise."""
        return Work(self.log, request, self.rows, reads or self.log)

    async def rows(self, query: sa.Select[Any]) -> list[sa.RowMapping]:
        """Ask the service's views."""
        try:
            async with self.engine.connect() as connection:
                return list((await connection.execute(query)).mappings())
        except sa.exc.ProgrammingError as error:
            if getattr(error.orig, "sqlstate", None) in _NO_SUCH_TABLE:
                raise Refused(CATCHING_UP) from error
            raise
