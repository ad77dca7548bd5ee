"""Seconds from ``make up`` to five services that take requests, beside PostgreSQL and NATS alone.

From an empty folder, and from one that was used; the servers alone from an empty one. Without care the start of the
house that the other figures stood on is taken for the first, and there is no second.
"""

import asyncio
import itertools
import os
import signal
import sys
import time
from pathlib import Path

from deploy.nats import Bus
from deploy.postgres import Cluster
from tests.bench.bed import Bed
from tests.bench.figures import Figure, Say, Side, Sizes, Turns

_SAID = b"Running"


async def measure(bed: Bed, sizes: Sizes, say: Say) -> list[Figure]:
    """Two figures: with an empty folder, and with one that was used."""
    took_on_the_way = bed.house_took
    await bed.close()
    numbers = itertools.count()
    used: list[Path] = []

    async def first() -> float:
        if not sizes.careful and took_on_the_way:
            return took_on_the_way
        used.append(bed.folder / f"house-{next(numbers)}")
        return await _up(used[-1])

    async def again() -> float:
        if not used:
            await first()
        return await _up(used[-1])

    async def servers() -> float:
        return await asyncio.to_thread(_servers, bed.folder / f"servers-{next(numbers)}")

    sides: dict[str, Side] = {"first": first, "again": again, "servers": servers}
    if not sizes.careful:
        del sides["again"]
    took = await Turns(sizes.runs, say).take("seconds to ready", sides)
    return [
        Figure(key, what, "PostgreSQL and NATS alone", "s", took[side], took["servers"], more_is_better=False)
        for key, what, side in (
            ("ready-first", "from make up to ready, the first time", "first"),
            ("ready-again", "from make up to ready, with data", "again"),
        )
        if side in took
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
