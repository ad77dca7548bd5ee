"""Draws faults from a seed, makes them, heals them, and says how long it took until all was heard again."""

import asyncio
import random
import time
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Self
from uuid import UUID

import asyncpg
import nats
import nats.errors
from nats.aio.client import Client
from nats.js.errors import Error as JetStreamError

from deploy import SERVICES
from deploy.house import NATS, POSTGRES
from deploy.nats import operator_of, stream_of
from deploy.program import HouseFailed
from shared import database, wire
from tests.chaos.faults import ALL, Missing, Scene
from tests.chaos.history import History
from tests.chaos.house import ChaosHouse

HEALED_WITHIN_SECONDS = 45.0
_TOGETHER = 0.6
"""How often a second fault comes with the first."""
_CALM_SECONDS = 0.5
_LOOK_SECONDS = 0.05
_AWAY: tuple[type[Exception], ...] = (*database.LOST, asyncpg.PostgresError)


@dataclass(frozen=True, slots=True)
class Round:
    """Faults that are made at once, how long they last, and the seed of their own dice."""

    kinds: tuple[str, ...]
    seconds: float
    seed: str


def rounds(seed: int, only: Sequence[str] = ()) -> Iterator[Round]:
    """Without end: every kind once (or each of *only*) in a drawn order, then again in another."""
    drawn = random.Random(f"{seed} nemesis")  # noqa: S311 - the same seed makes the same faults
    n = 0
    while True:
        deck = [ALL[name] for name in only or sorted(ALL)]
        drawn.shuffle(deck)
        while deck:
            kinds = [deck.pop()]
            together = drawn.random() < _TOGETHER
            beside = next((kind for kind in deck if not kind.touches & kinds[0].touches), None)
            if together and beside is not None:
                deck.remove(beside)
                kinds.append(beside)
            longest = max(kind.longest_seconds for kind in kinds)
            yield Round(tuple(kind.name for kind in kinds), round(drawn.uniform(0.3, 1.0) * longest, 2), f"{seed} {n}")
            n += 1


@dataclass(frozen=True, slots=True)
class Head:
    """How far a service has come: its log's name, position and last published number."""

    log_id: UUID
    position: int
    published: int


class Ears:
    """Looks into PostgreSQL and NATS directly: who has not heard what was there at some moment."""

    def __init__(self, house: ChaosHouse) -> None:
        self._house = house
        self._databases: dict[str, asyncpg.Connection] = {}
        self._clients: dict[str, Client] = {}
        self._hearers: dict[str, set[tuple[str, str]]] = {}

    async def __aenter__(self) -> Self:
        for service in SERVICES:
            rows = await self._fetch(service, "SELECT hearer, source FROM log.checkpoints")
            self._hearers[service] = {(row["hearer"], row["source"]) for row in rows}
        return self

    async def __aexit__(self, *_: object) -> None:
        for connection in self._databases.values():
            connection.terminate()
        for client in self._clients.values():
            await client.close()

    async def heads(self) -> dict[str, Head]:
        """How far every service has come now."""
        return {service: Head(*(await self._fetch(service, _HEAD))[0]) for service in SERVICES}

    async def lagging(self, heads: Mapping[str, Head]) -> list[str]:
        """Who does not work, or has not come as far as *heads*."""
        if not self._house.ready():
            return ["somebody is not ready"]
        found: list[str] = []
        for service in SERVICES:
            rows = await self._fetch(service, "SELECT hearer, source, log_id, number FROM log.checkpoints")
            there = {(row["hearer"], row["source"]): (row["log_id"], row["number"]) for row in rows}
            for hearer, source in sorted(self._hearers[service]):
                head = heads[source]
                end = head.position if source == service else head.published
                name, number = there.get((hearer, source), (None, -1))
                if number < end or (end > 0 and name != head.log_id):
                    found.append(f"{service} {hearer}<{source} is at {number} of {end}")
            if heads[service].published and not await self._on_the_bus(service, heads[service]):
                found.append(f"the stream of {service} does not reach {heads[service].published}")
        return found

    async def until_heard(self, formers: Collection[UUID] = ()) -> tuple[float, list[str]]:
        """Wait until everybody has heard what is there now; the seconds it took, and who did not in time.

        *formers*: names that no log may bear any more.
        """
        began = time.monotonic()
        heads: dict[str, Head] | None = None
        lagging = ["PostgreSQL is away"]
        while lagging and time.monotonic() - began < HEALED_WITHIN_SECONDS:
            try:
                heads = heads or await self.heads()
                lagging = [f"{service} has no new name" for service, h in heads.items() if h.log_id in formers]
                if lagging:
                    heads = None
                else:
                    lagging = await self.lagging(heads)
            except _AWAY as error:
                lagging = [f"PostgreSQL cannot be asked: {type(error).__name__}"]
            if lagging:
                await asyncio.sleep(_LOOK_SECONDS)
        return time.monotonic() - began, lagging

    async def _fetch(self, service: str, query: str) -> list[asyncpg.Record]:
        connection = self._databases.get(service)
        if connection is None or connection.is_closed():
            url = self._house.url(POSTGRES, database=service)
            connection = self._databases[service] = await asyncpg.connect(url, timeout=5)
        try:
            return list(await connection.fetch(query, timeout=10))
        except _AWAY:
            connection.terminate()
            raise

    async def _on_the_bus(self, service: str, head: Head) -> bool:
        try:
            client = self._clients.get(service)
            if client is None or client.is_closed:
                url = self._house.url(NATS, user=operator_of(service))
                client = self._clients[service] = await nats.connect(url, allow_reconnect=False, error_cb=_quietly)
            last = await client.jetstream(timeout=2.0).get_last_msg(stream_of(service), f"desmigratif.{service}.>")
        except (OSError, nats.errors.Error, JetStreamError):
            return False
        said = last.headers or {}
        return said.get(wire.LOG_ID) == str(head.log_id) and int(said[wire.NUMBER]) >= head.published


async def _quietly(_: Exception) -> None:
    """That a server goes away is what this is about."""


_HEAD = """
SELECT (SELECT log_id FROM log.identity ORDER BY ordinal DESC LIMIT 1),
       (SELECT coalesce(max(position), 0) FROM log.events),
       (SELECT coalesce(max(published), 0) FROM log.events WHERE published IS NOT NULL)
"""


@dataclass(slots=True)
class Nemesis:
    """Makes *planned* one after the other. *say* is told each with the seconds until all was heard again."""

    house: ChaosHouse
    ears: Ears
    history: History
    folder: Path
    say: Callable[[str], None]
    made: list[str] = field(default_factory=list)
    put_back: list[tuple[str, UUID]] = field(default_factory=list)
    """Whose database was put back, and which name its log had then."""
    passed_over: dict[str, str] = field(default_factory=dict)
    """What could not be made here, and why."""
    never_healed: list[str] = field(default_factory=list)

    async def run(self, planned: Iterator[Round]) -> None:
        """Until *planned* ends, or something does not heal."""
        try:
            await self._run(planned)
        except HouseFailed as failed:
            self.never_healed.append(str(failed))

    async def _run(self, planned: Iterator[Round]) -> None:
        for n, one in enumerate(planned):
            await asyncio.sleep(_CALM_SECONDS)
            done: list[str] = []
            began = time.monotonic()
            async with AsyncExitStack() as stack:
                for name in one.kinds:
                    scene = Scene(
                        self.house,
                        self.folder / f"{n} {name}",
                        random.Random(f"{one.seed} {name}"),  # noqa: S311 - as above
                        self.put_back,
                    )
                    try:
                        what = await stack.enter_async_context(ALL[name].fault(scene))
                    except Missing as missing:
                        self.passed_over[name] = str(missing)
                        continue
                    self.history.note("fault", name=name, to=what)
                    done.append(f"{name}{f' ({what})' if what else ''}")
                    self.made.append(name)
                await asyncio.sleep(one.seconds if done else 0.0)
            if not done:
                continue
            healed = time.monotonic()
            self.history.note("healed", faults=done)
            seconds, lagging = await self.ears.until_heard([name for _, name in self.put_back])
            self.history.note("heard", faults=done, seconds=seconds)
            self.never_healed += [f"after {' and '.join(done)}: {one}" for one in lagging]
            heard = "not all heard" if lagging else "all heard"
            self.say(f"{' and '.join(done)}: lasted {healed - began:.1f} s, {heard} {seconds:.1f} s after")
            if lagging:
                return
