"""What it needs to stand: each process's memory under load beside at rest, and seconds from ``make up`` to ready.

Memory is what would be free without the process (proportional set size: shared pages are divided among those that
share them), PostgreSQL's over all its processes. Under load, a hundred workers a second come home; the most that was
seen counts. To be ready is to take requests at all five services, from an empty folder and from one that was used;
beside it PostgreSQL and NATS alone, from an empty folder.
"""

import asyncio
import itertools
import os
import signal
import statistics
import sys
import time
from collections import Counter
from collections.abc import Coroutine, Mapping
from pathlib import Path
from typing import Any

import psutil

from deploy import SERVICES
from deploy.command.calls import MIGRATION
from deploy.nats import Bus
from deploy.postgres import Cluster
from deploy.service import module_of
from tests.bench import homecoming
from tests.bench.bed import Bed
from tests.bench.figures import Figure, Say, Sizes, Turns
from tests.bench.worker import a_worker

_MIB = 1 << 20
_RATE = 100
_LOOK_SECONDS = 0.25
_REST_SECONDS = 2.0
_SAID = b"Running"
_SERVERS = {"postgres": "postgres", "nats-server": "nats"}


async def measure(bed: Bed, sizes: Sizes, say: Say) -> list[Figure]:
    """A figure for each process, and two for the start."""
    return [*await _memory(bed, sizes, say), *await _starts(bed, sizes, say)]


# ── Memory ───────────────────────────────────────────────────────────────────────────────────────────────────────────


async def _memory(bed: Bed, sizes: Sizes, say: Say) -> list[Figure]:
    house = await bed.house()
    how_many = max(2, int(_RATE * sizes.rate_seconds))
    waiting = await homecoming.abroad(house, sizes.runs * how_many)
    rest: dict[str, list[float]] = {}
    load: dict[str, list[float]] = {}
    async with a_worker("asking") as asking:
        for _ in range(sizes.runs):
            await asyncio.sleep(min(_REST_SECONDS, sizes.rate_seconds))
            for name, value in _resident().items():
                rest.setdefault(name, []).append(value)
            sending = asking.ask(
                "steadily",
                url=house.addresses[MIGRATION] + "/returns",
                token=homecoming.token(house),
                bodies=[waiting.pop() for _ in range(how_many)],
                rate=_RATE,
                run=homecoming.run(),
            )
            for name, value in (await _most(sending)).items():
                load.setdefault(name, []).append(value)
            await homecoming.all_heard(house)
    say(f"memory: {sum(map(statistics.median, load.values())):,.0f} MiB in all under load")
    return [
        Figure(f"memory-{name}", f"memory of {name}", "at rest", "MiB", load[name], rest[name], more_is_better=False)
        for name in (*SERVICES, *_SERVERS.values())
    ]


async def _most(sending: Coroutine[Any, Any, object]) -> Mapping[str, float]:
    """What each had at most while *sending* went on."""
    most: dict[str, float] = {}
    under_way = asyncio.create_task(sending)
    while not under_way.done():
        for name, value in _resident().items():
            most[name] = max(value, most.get(name, 0.0))
        await asyncio.wait([under_way], timeout=_LOOK_SECONDS)
    under_way.result()
    return most


def _resident() -> Mapping[str, float]:
    """MiB of each program of the house; processes of the bench itself are none of them."""
    found: Counter[str] = Counter()
    for process in psutil.Process().children(recursive=True):
        try:
            name = _name(process)
            if name is not None:
                found[name] += process.memory_full_info().pss
        except (psutil.NoSuchProcess, psutil.ZombieProcess):
            continue  # it has just ended
    return {name: size / _MIB for name, size in found.items()}


def _name(process: psutil.Process) -> str | None:
    line = process.cmdline()
    service = next((service for service in SERVICES if module_of(service) in line), None)
    return service or _SERVERS.get(process.name())


# ── The start ────────────────────────────────────────────────────────────────────────────────────────────────────────


async def _starts(bed: Bed, sizes: Sizes, say: Say) -> list[Figure]:
    await bed.close()
    numbers = itertools.count()
    used: list[Path] = []

    async def first() -> float:
        used.append(bed.folder / f"house-{next(numbers)}")
        return await _up(used[-1])

    async def again() -> float:
        if not used:
            await first()
        return await _up(used[-1])

    async def servers() -> float:
        return await asyncio.to_thread(_servers, bed.folder / f"servers-{next(numbers)}")

    sides = {"first": first, "again": again, "servers": servers}
    took = await Turns(sizes.runs, say).take("seconds to ready", sides)
    return [
        Figure(key, what, "PostgreSQL and NATS alone", "s", took[side], took["servers"], more_is_better=False)
        for key, what, side in (
            ("ready-first", "from make up to ready, the first time", "first"),
            ("ready-again", "from make up to ready, with data", "again"),
        )
    ]


async def _up(data: Path) -> float:
    """Seconds from ``desmigratif up`` to what it says when every service is ready; then it is ended as by Ctrl-C.

    Raises:
        RuntimeError: it ends before.
    """
    began = time.perf_counter()
    program = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "deploy.command.main",
        "up",
        "--data",
        data,
        env={**os.environ, "PYTHONUNBUFFERED": "1"},
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.DEVNULL,
        start_new_session=True,
    )
    if program.stdout is None:
        raise RuntimeError("it was given a pipe")
    try:
        while _SAID not in (line := await program.stdout.readline()):
            if not line:
                raise RuntimeError("desmigratif up ended")
        return time.perf_counter() - began
    finally:
        if program.returncode is None:
            program.send_signal(signal.SIGINT)
        await asyncio.gather(program.stdout.read(), program.wait())


def _servers(folder: Path) -> float:
    """Seconds to both taking connections."""
    cluster, bus = Cluster(folder / "postgres"), Bus(folder / "nats")
    began = time.perf_counter()
    try:
        bus.launch()
        cluster.start()
        bus.start()
        return time.perf_counter() - began
    finally:
        bus.stop()
        cluster.stop()
