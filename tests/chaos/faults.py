"""What may happen to a house: each a context that begins a fault and, when it ends, heals it; drawn from a seed.

What one yields is a sentence: what was done to whom. `ALL` names them, with what they touch: two that touch the same
are not made at once.
"""

import asyncio
import random
import signal
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from uuid import UUID

import asyncpg
import nats
import psutil
import stamina

from deploy import SERVICES
from deploy.house import NATS, POSTGRES
from deploy.nats import operator_of, stream_of
from deploy.program import HouseFailed
from tests.chaos.house import REPLICAS, ChaosHouse, weather
from tests.chaos.proxy import Weather
from tests.faults import dumps

_ASLEEP_SECONDS = 5.0
_RENAMED_WITHIN_SECONDS = 30.0
PUBLISHERS = ("registry", "migration_service")
"""Who has a stream with words in it, and hearers."""


class Missing(Exception):
    """This fault cannot be made here; the message says what it lacks."""


@dataclass(slots=True)
class Scene:
    """The house, a folder for what a fault must keep, and the dice of this one fault."""

    house: ChaosHouse
    folder: Path
    drawn: random.Random
    put_back: list[tuple[str, UUID]] = field(default_factory=list)
    """Whose database was put back to an earlier dump, and which name its log had then."""

    def replica(self) -> tuple[str, int]:
        """A process of a service."""
        return self.drawn.choice(SERVICES), self.drawn.randint(1, REPLICAS)


Fault = Callable[[Scene], AbstractAsyncContextManager[str]]


@dataclass(frozen=True, slots=True)
class Kind:
    """A fault by name: *touches* keeps apart what cannot be told apart."""

    name: str
    fault: Fault
    touches: frozenset[str]
    longest_seconds: float = 2.5


ALL: dict[str, Kind] = {}


Make = Callable[[Scene], AsyncIterator[str]]


def _named(name: str, *touches: str, longest_seconds: float = 2.5) -> Callable[[Make], Fault]:
    def add(make: Make) -> Fault:
        fault = asynccontextmanager(make)
        ALL[name] = Kind(name, fault, frozenset(touches), longest_seconds)
        return fault

    return add


# ── Processes ────────────────────────────────────────────────────────────────────────────────────────────────────────


@_named("kill a process", "processes")
async def kill_process(scene: Scene) -> AsyncIterator[str]:
    """SIGKILL; the house starts another in its place."""
    service, number = scene.replica()
    await asyncio.to_thread(scene.house.kill, service, number)
    yield f"{service} {number}"


@_named("kill a service", "processes")
async def kill_service(scene: Scene) -> AsyncIterator[str]:
    """SIGKILL of all its processes at once."""
    service = scene.drawn.choice(SERVICES)
    await asyncio.to_thread(scene.house.kill, service)
    yield service


@_named("pause a process", "processes", longest_seconds=6.0)
async def pause_process(scene: Scene) -> AsyncIterator[str]:
    """SIGSTOP, such as a machine that swaps; SIGCONT, and it believes that no time has passed."""
    service, number = scene.replica()
    with _paused(scene.house.pid(service, number)):
        yield f"{service} {number}"


@_named("pause a service", "processes", longest_seconds=5.0)
async def pause_service(scene: Scene) -> AsyncIterator[str]:
    """All its processes at once."""
    service = scene.drawn.choice(SERVICES)
    with _paused(*scene.house.processes(service)):
        yield service


@_named("restart a service", "processes", POSTGRES, NATS, "links", longest_seconds=0.5)
async def restart_service(scene: Scene) -> AsyncIterator[str]:
    """One process after the other, as `desmigratif restart` does: each waits for all that it needs."""
    service = scene.drawn.choice(SERVICES)
    yield service
    await asyncio.to_thread(scene.house.restart_service, service)


# ── Servers ──────────────────────────────────────────────────────────────────────────────────────────────────────────


@_named("kill PostgreSQL", POSTGRES)
async def kill_postgres(scene: Scene) -> AsyncIterator[str]:
    """SIGKILL of the postmaster; what it leaves ends by itself, and the next one recovers."""
    await asyncio.to_thread(scene.house.kill, POSTGRES)
    yield ""


@_named("kill NATS", NATS)
async def kill_nats(scene: Scene) -> AsyncIterator[str]:
    """SIGKILL."""
    await asyncio.to_thread(scene.house.kill, NATS)
    yield ""


@_named("pause PostgreSQL", POSTGRES, longest_seconds=4.0)
async def pause_postgres(scene: Scene) -> AsyncIterator[str]:
    """The postmaster and every backend."""
    postmaster = psutil.Process(scene.house.pid_of(POSTGRES))
    with _paused(postmaster.pid, *(child.pid for child in postmaster.children(recursive=True))):
        yield ""


@_named("pause NATS", NATS, longest_seconds=6.0)
async def pause_nats(scene: Scene) -> AsyncIterator[str]:
    """Nothing is sent on, and nobody is told."""
    with _paused(scene.house.pid_of(NATS)):
        yield ""


@_named("restart PostgreSQL", POSTGRES)
async def restart_postgres(scene: Scene) -> AsyncIterator[str]:
    """Ended gently, gone for a while, started again."""
    await asyncio.to_thread(scene.house.stop_service, POSTGRES)
    yield ""
    await asyncio.to_thread(scene.house.start_service, POSTGRES)


@_named("restart NATS", NATS)
async def restart_nats(scene: Scene) -> AsyncIterator[str]:
    """Ended gently, gone for a while, started again."""
    await asyncio.to_thread(scene.house.stop_service, NATS)
    yield ""
    await asyncio.to_thread(scene.house.start_service, NATS)


# ── Connections ──────────────────────────────────────────────────────────────────────────────────────────────────────


@_named("cut connections", "links", longest_seconds=4.0)
async def cut(scene: Scene) -> AsyncIterator[str]:
    """Reset, and refused for a while."""
    with _weather(scene, Weather(cut=True)) as where:
        yield where


@_named("hold connections up", "links", longest_seconds=5.0)
async def hold(scene: Scene) -> AsyncIterator[str]:
    """They stand, and nothing passes either way."""
    with _weather(scene, Weather(held=True)) as where:
        yield where


@_named("slow connections down", "links", longest_seconds=4.0)
async def slow(scene: Scene) -> AsyncIterator[str]:
    """Every answer comes late."""
    with _weather(scene, Weather(delay_seconds=scene.drawn.choice((0.02, 0.1, 0.3)))) as where:
        yield where


@_named("lose words", "links", NATS, longest_seconds=5.0)
async def lose(scene: Scene) -> AsyncIterator[str]:
    """NATS delivers at most once: some of its words are lost, some come twice, some late, to every hearer."""
    links = [link for service in SERVICES for link in scene.house.links(service, NATS)]
    before = sum(link.lost for link in links)
    weather(links, Weather(lossy=True))
    try:
        yield "everybody <- nats"
    finally:
        weather(links)
        scene.house.lost_words += sum(link.lost for link in links) - before


# ── Disks and clocks ─────────────────────────────────────────────────────────────────────────────────────────────────


@_named("fill JetStream's disk", NATS, longest_seconds=3.0)
async def fill_disk(scene: Scene) -> AsyncIterator[str]:
    """ENOSPC at every write. Room alone does not heal it: a stream that failed to write once takes nothing more until
    the server is started anew.
    """
    if scene.house.disk.missing:
        raise Missing(f"JetStream has no small disk: {scene.house.disk.missing}")
    await asyncio.to_thread(scene.house.disk.fill)
    try:
        yield ""
    finally:
        scene.house.disk.clear()
        await asyncio.to_thread(scene.house.stop_service, NATS)
        await asyncio.to_thread(scene.house.start_service, NATS)


@_named("jump a clock", "clock", longest_seconds=4.0)
async def jump(scene: Scene) -> AsyncIterator[str]:
    """One process lives in another hour, or on another day; the machine does not."""
    if scene.house.clock.missing:
        raise Missing(scene.house.clock.missing)
    seconds = scene.drawn.choice((-86_400, -3_600, -300, 300, 3_600, 86_400))
    service, number = scene.house.jumping
    scene.house.clock.jump(seconds)
    try:
        yield f"{service} {number} by {seconds} s"
    finally:
        scene.house.clock.jump(0)


# ── What was kept is lost ────────────────────────────────────────────────────────────────────────────────────────────


@_named("amnesia", NATS, longest_seconds=4.0)
async def amnesia(scene: Scene) -> AsyncIterator[str]:
    """After a crash NATS has on its disk what it had some seconds ago, as if the last writes were never made."""
    copy = scene.folder / "store"
    with _paused(scene.house.pid_of(NATS)):
        await asyncio.to_thread(scene.house.copy_store, copy)
    yield ""
    await asyncio.to_thread(scene.house.crash, NATS)
    await asyncio.to_thread(scene.house.put_store_back, copy)
    await asyncio.to_thread(scene.house.start_service, NATS)


@_named("flip a byte", NATS, longest_seconds=0.5)
async def flip(scene: Scene) -> AsyncIterator[str]:
    """One byte of a block of messages is another after a crash."""
    await asyncio.to_thread(scene.house.crash, NATS)
    blocks = sorted(path for path in scene.house.store.rglob("*.blk") if path.stat().st_size and "msgs" in path.parts)
    block = scene.drawn.choice(blocks)
    raw = bytearray(block.read_bytes())
    at = scene.drawn.randrange(len(raw))
    raw[at] ^= 1 << scene.drawn.randrange(8)
    block.write_bytes(raw)
    await asyncio.to_thread(scene.house.start_service, NATS)
    yield f"{at} of {len(raw)} in {block.relative_to(scene.house.store)}"


@_named("delete a stream", NATS, longest_seconds=0.5)
async def delete_stream(scene: Scene) -> AsyncIterator[str]:
    """An operator's mistake."""
    service = scene.drawn.choice(PUBLISHERS)
    client = await nats.connect(scene.house.url(NATS, user=operator_of(service)))
    try:
        await client.jetstream().delete_stream(stream_of(service))
    finally:
        await client.close()
    yield stream_of(service)


@_named("lose JetStream's files", NATS, longest_seconds=1.0)
async def lose_store(scene: Scene) -> AsyncIterator[str]:
    """Nothing is left of the bus."""
    await asyncio.to_thread(scene.house.crash, NATS)
    yield ""
    await asyncio.to_thread(scene.house.empty_store)
    await asyncio.to_thread(scene.house.start_service, NATS)


@_named("put a database back", POSTGRES, NATS, "processes", "links", "clock", longest_seconds=3.0)
async def put_back(scene: Scene) -> AsyncIterator[str]:
    """To a dump of some seconds ago, while everybody goes on: what was written since is lost, and nothing else.

    One of the service's processes may sleep through it: it has yet to learn the log's new name when others use it.
    """
    service = scene.drawn.choice(PUBLISHERS)
    way = scene.drawn.choice((dumps.put_back, dumps.put_back_in_place))
    sleeper = scene.drawn.choice((None, scene.drawn.randint(1, REPLICAS)))
    scene.folder.mkdir(parents=True, exist_ok=True)
    dump = await dumps.take(scene.house, service, scene.folder)
    former = await _log_name(scene.house, service)
    how = "in place" if way is dumps.put_back_in_place else "made anew"
    yield f"{service}, {how}{f', {service} {sleeper} asleep' if sleeper else ''}"

    async def put() -> None:
        await way(scene.house, service, dump)
        scene.put_back.append((service, former))

    if not sleeper:
        await put()
        return
    with _paused(scene.house.pid(service, sleeper)):
        putting = asyncio.create_task(put())
        # Asleep in the middle of a query it may keep a table from who puts back: then it must wake up.
        done, _ = await asyncio.wait([putting], timeout=_ASLEEP_SECONDS)
        if done:
            await _until_renamed(scene.house, service, former)
    await putting


async def _log_name(house: ChaosHouse, service: str) -> UUID:
    connection = await asyncpg.connect(house.url(POSTGRES, database=service))
    try:
        name: UUID = await connection.fetchval("SELECT log_id FROM log.identity ORDER BY ordinal DESC LIMIT 1")
    finally:
        await connection.close()
    return name


async def _until_renamed(house: ChaosHouse, service: str, former: UUID) -> None:
    async for attempt in stamina.retry_context(
        on=HouseFailed, attempts=None, timeout=_RENAMED_WITHIN_SECONDS, wait_max=0.1
    ):
        with attempt:
            if await _log_name(house, service) == former:
                raise HouseFailed(f"{service} was put back and has no new name")


# ── How ──────────────────────────────────────────────────────────────────────────────────────────────────────────────


@contextmanager
def _paused(*pids: int) -> Iterator[None]:
    """SIGSTOP for as long as the block takes. Who ended meanwhile cannot go on."""
    stopped = [psutil.Process(pid) for pid in pids if psutil.pid_exists(pid)]
    for process in stopped:
        process.send_signal(signal.SIGSTOP)
    try:
        yield
    finally:
        for process in stopped:
            if process.is_running():
                process.send_signal(signal.SIGCONT)


@contextmanager
def _weather(scene: Scene, what: Weather) -> Iterator[str]:
    """On the links of one process or one service to one of the servers."""
    service, number = scene.replica()
    server = scene.drawn.choice((POSTGRES, NATS))
    one = scene.drawn.random() < 0.5
    links = scene.house.links(service, server, number if one else None)
    weather(links, what)
    late = f", {what.delay_seconds} s" if what.delay_seconds else ""
    try:
        yield f"{service}{f' {number}' if one else ''} - {server}{late}"
    finally:
        weather(links)
