"""The memory of each process under load, beside at rest.

What would be free without the process: its proportional set size, where shared pages are divided among those that share
them; PostgreSQL's over all its processes. Under load, a hundred workers a second come home; the most that was seen
counts.
"""

import asyncio
import statistics
from collections import Counter
from collections.abc import Coroutine, Mapping
from typing import Any

import psutil

from deploy import SERVICES
from deploy.command.calls import MIGRATION
from deploy.service import service_of
from tests.bench import homecoming
from tests.bench.bed import Bed
from tests.bench.figures import Figure, Say, Sizes
from tests.bench.worker import a_worker

_MIB = 1 << 20
_RATE = 100
_LOOK_SECONDS = 0.25
_REST_SECONDS = 2.0
_SERVERS = {"postgres": "postgres", "nats-server": "nats"}


async def measure(bed: Bed, sizes: Sizes, say: Say) -> list[Figure]:
    """A figure for each process."""
    house = await bed.house()
    how_many = max(2, int(_RATE * sizes.rate_seconds))
    waiting = await homecoming.abroad(house, sizes.runs * how_many)
    rest: dict[str, list[float]] = {}
    load: dict[str, list[float]] = {}
    async with a_worker("asking") as asking:
        for _ in range(sizes.runs):
            async with homecoming.stopped(house, *SERVICES):
                pass  # what a load once took a process keeps: at rest is one that has just started
            await homecoming.all_heard(house)
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
    return service_of(process.cmdline()) or _SERVERS.get(process.name())
