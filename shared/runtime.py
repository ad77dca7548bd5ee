"""A running service: its connections, its runners, and what it knows of how far everyone is."""

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator, Coroutine
from typing import Any
from uuid import UUID

import asyncpg
import orjson
import sqlalchemy as sa
import structlog
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine

from shared import clock, database, projecting
from shared.bell import Bell
from shared.bus import Bus
from shared.codec import Catalogue, UnknownSchema
from shared.errors import Refusal, Refused
from shared.execute import Answer, Request, Work
from shared.feed import Feeds
from shared.hearing import Checkpoint, Subscription
from shared.keys import KeyRing
from shared.leases import Leases
from shared.log import identity as identities
from shared.log.append import Batcher
from shared.log.identity import Identity, LogReplaced
from shared.log.store import EventLog
from shared.positions import Position
from shared.reacting import HEARER, ReactionHearer
from shared.relay import LEASE, Relay, WasRestored, was_restored
from shared.service import Service
from shared.settings import Settings
from shared.viewing import OwnLog, ViewHearer, open_view, sources
from shared.views import View

log = structlog.get_logger()

_SAME_LOG_SECONDS = 2.0
_TRIM_SECONDS = 3600.0
_END_SECONDS = 10.0
_CANCEL_AGAIN_SECONDS = 1.0
_BATCHER = "batcher"

CATCHING_UP = Refusal(
    "view-catching-up", 503, "This list is being made and has not heard everything yet: try again soon.",
    "Daftar ini sedang disusun dan belum lengkap: coba lagi sebentar lagi.",
)  # fmt: skip


class Runtime:
    """Everything one process of a service holds. `start` and `stop` are the only lifecycle."""

    def __init__(self, service: Service, settings: Settings) -> None:
        self.service = service
        self.settings = settings
        self.clock = clock.Clock(settings.today)
        self.secret = bytes.fromhex(settings.log_secret.get_secret_value())
        self.bus = Bus(service.name, service.hears, settings.bus_url.get_secret_value())
        self.feeds = Feeds(settings.peers, settings.service_token_file)
        self.appended = Bell()
        self.progress = Bell()
        self.in_flight: dict[UUID, asyncio.Future[None]] = {}
        self.checkpoints: dict[tuple[str, str], Checkpoint] = {}
        self.lineages: dict[str, Identity] = {}
        self.catching_up: dict[str, dict[str, int | None]] = {}
        self.waits_for: list[str] = ["start"]
        self.subscriptions: list[Subscription | OwnLog] = []
        self.stopping = False
        self.failed: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._tasks: list[asyncio.Task[None]] = []
        self._looking = asyncio.Lock()
        self.rebuilding = asyncio.Lock()
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
        )
        keys = KeyRing(self._keys_pool, bytes.fromhex(self.settings.master_key.get_secret_value()))
        self.log = EventLog(self.pool, self.secret, Catalogue(self.service.events), keys)
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
        self.batcher = Batcher(url, self._connected, self._appended_here)
        self._run(self.batcher.run(), _BATCHER)
        self.waits_for = ["erasure"]
        await self.log.erase_again()
        self.waits_for = ["views"]
        for view in self.service.views:
            await open_view(self, view)
        await self.look_at_views()
        await self._start_runners()
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

    async def fall_silent(self) -> None:
        """Append and relay nothing more: what the log would say under its present name must not be said."""
        silenced = [task for task in self._tasks if task.get_name() in (_BATCHER, LEASE)]
        for task in silenced:
            task.cancel()
        await asyncio.gather(*silenced, return_exceptions=True)

    def fail(self) -> None:
        """Let the process end, so that another takes its place."""
        if not self.failed.done():
            self.failed.set_result(None)

    async def _start_runners(self) -> None:
        name = self.service.name
        for view in self.service.views:
            hearer = ViewHearer(self, view)
            self.subscriptions += [Subscription(self, hearer, source) for source in view.heard]
            if view.own:
                self.subscriptions.append(OwnLog(self, view))
        if self.service.react:
            reactions = ReactionHearer(self, self.service.react)
            self.subscriptions += [Subscription(self, reactions, source) for source in self.service.react.hears]
        relay = Relay(self)
        self.bus.on_reconnect.append(relay.reconnected)
        self.bus.on_reconnect.append(self._nudge_all)
        self.bus.on_head.append(self._nudge)
        self.bus.on_appended.append(self.appended.ring)
        self.leases = Leases(self.pool, [LEASE, *(s.name for s in self.subscriptions)])
        self._run(self.leases.run(), "leases")
        self._run(self._same_log(), "same log")
        self._run(self._trim(), "trim")
        self._run(relay.run(), LEASE)
        for subscription in self.subscriptions:
            self._run(subscription.run(), subscription.name)
        log.debug("runners-started", count=len(self._tasks), by=name)

    def _appended_here(self) -> None:
        """Wake who follows the log, here and in the other processes: leases are held wherever they were got."""
        self.appended.ring()
        self.bus.say_appended()

    async def _same_log(self) -> None:
        """End the process when the database under it was put back: it comes up again with the log's new name."""
        while True:
            await asyncio.sleep(_SAME_LOG_SECONDS)
            try:
                async with self.pool.acquire() as connection:
                    await identities.same_place(connection, self.identity)
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
            if isinstance(subscription, Subscription) and subscription.source == source:
                subscription.nudge()

    def _nudge_all(self) -> None:
        for subscription in self.subscriptions:
            if isinstance(subscription, Subscription):
                subscription.begin_again()

    def begin_again(self, hearer: str) -> None:
        """The checkpoints of *hearer* were all put back: what reads for it must not go on from those it remembers."""
        for subscription in self.subscriptions:
            if subscription.hearer == hearer:
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
        await self._end_tasks()
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

    async def _end_tasks(self) -> None:
        """Cancel every runner, again where need be: asyncpg can lose a cancellation while a new connection fails."""
        running = set(self._tasks)
        until = time.monotonic() + _END_SECONDS
        while running and time.monotonic() < until:
            for task in running:
                task.cancel()
            _, running = await asyncio.wait(running, timeout=_CANCEL_AGAIN_SECONDS)
        if running:
            log.error("runners-do-not-end", runners=sorted(task.get_name() for task in running))

    # What is known

    @property
    def readiness(self) -> list[str]:
        """What the service still waits for; empty when it is ready."""
        if self.stopping:
            return ["stop"]
        waits = list(self.waits_for)
        if not waits and not self.leases.renewing:
            waits.append("database")
        waits += [f"view {name}" for name in self.catching_up]
        waits += [f"stopped subscription {s.name}" for s in self.subscriptions if s.stopped]
        return waits

    def moved(self, hearer: str, source: str, checkpoint: Checkpoint) -> None:
        """A checkpoint is here now."""
        self.checkpoints[hearer, source] = checkpoint
        self.progress.ring()

    def followed(self) -> list[tuple[str, str]]:
        """Every (hearer, source) of this service."""
        followed = [(v.name, s) for v in self.service.views for s in sources(v, self.service.name)]
        if self.service.react:
            followed += [(HEARER, source) for source in self.service.react.hears]
        return followed

    async def look_at_checkpoints(self) -> None:
        """Read from the database what other processes moved."""
        for row in await self.pool.fetch("SELECT hearer, source, log_id, number, event_id FROM log.checkpoints"):
            self.checkpoints[row["hearer"], row["source"]] = Checkpoint(row["log_id"], row["number"], row["event_id"])

    def active_for_all(self) -> bool:
        """Whether this process itself moves every checkpoint of the service."""
        return all(self.leases.held(s.name) for s in self.subscriptions)

    async def look_at_views(self) -> None:
        """Read which views are being made, and end that for those that have come far enough.

        One at a time: what was read first must not be remembered last.
        """
        async with self._looking:
            await self._look_at_views()

    @contextlib.asynccontextmanager
    async def making_anew(self, view: View) -> AsyncIterator[None]:
        """While a view is emptied: nobody reads it from before that until it has caught up again."""
        async with self._looking:
            followed = sources(view, self.service.name)
            self.catching_up[view.name] = dict.fromkeys(followed)
            for source in followed:
                self.checkpoints[view.name, source] = Checkpoint(None, 0, None)
            yield
            await self._look_at_views()

    async def _look_at_views(self) -> None:
        rows = await self.pool.fetch("SELECT name, catching_up FROM log.views WHERE catching_up IS NOT NULL")
        catching_up: dict[str, dict[str, int | None]] = {}
        for row in rows:
            goals = orjson.loads(row["catching_up"])
            reached = all(
                goal is not None and (c := self.checkpoints.get((row["name"], source))) and c.number >= goal
                for source, goal in goals.items()
            )
            if reached:
                # Only if these are still the goals: it may be made anew at this very moment.
                await self.pool.execute(
                    "UPDATE log.views SET catching_up = NULL WHERE name = $1 AND catching_up = $2",
                    row["name"],
                    row["catching_up"],
                )
                log.info("view-caught-up", view=row["name"])
            else:
                catching_up[row["name"]] = goals
        self.catching_up = catching_up
        self.progress.ring()

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

    def work(self, request: Request) -> Work:
        """One attempt at a command."""
        return Work(self.log, request, self.rows)

    async def rows(self, query: sa.Select[Any]) -> list[sa.RowMapping]:
        """Ask the service's views."""
        if self.catching_up:
            await self.look_at_checkpoints()
            await self.look_at_views()
            if self.catching_up:
                raise Refused(CATCHING_UP)
        async with self.engine.connect() as connection:
            return list((await connection.execute(query)).mappings())
