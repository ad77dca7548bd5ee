"""A placement list into both logs by ``desmigratif load``, beside COPY of the events that it writes.

Once with the three roster services stopped, until the command is through: both logs hold everything then. Once with
everyone there, until everyone has heard it. COPY puts the same events into an empty log's table with its indexes, from
memory; what else a load writes (commands, claims, keys, views) is not copied.
"""

import csv
import io
import itertools
import time
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory

import asyncpg

from deploy.command.calls import COOPERATIVE, ENTERPRISE, MIGRATION, PARENTING, REGISTRY
from deploy.command.placements import COLUMNS
from deploy.house import House
from tests.bench import homecoming
from tests.bench.bed import Bed, a_log, address, checkpoint, desmigratif, execute
from tests.bench.figures import Figure, Say, Sizes, Target, Turns
from tests.houses import KENANGA, nik

ROSTERS = (ENTERPRISE, PARENTING, COOPERATIVE)
_LOGS = (REGISTRY, MIGRATION)

_serials = itertools.count(1)


async def measure(bed: Bed, sizes: Sizes, say: Say) -> list[Figure]:
    """Two figures: both logs hold it; everyone has heard it."""
    house = await bed.house()
    scratch = await a_log(partial(address, house), "copied")
    figures = []
    for key, what, stopped, target in (
        ("load", "a list, until both logs hold it", ROSTERS, Target(at_least=0.05)),
        ("load-heard", "a list, until everyone has heard it", (), None),
    ):
        lists = _Lists(house, scratch, sizes.lines, heard=not stopped)
        async with homecoming.stopped(house, *(stopped if sizes.careful else ())):
            if sizes.careful:
                await lists.load()
            took = await Turns(sizes.runs, say).take(what, {"ours": lists.load, "COPY": lists.copy})
        await homecoming.all_heard(house)
        figures.append(Figure(key, what, "COPY of its events", "rows/s", took["ours"], took["COPY"], target=target))
    return figures


class _Lists:
    """Lists of so many *lines*; *heard*: a list is done with only when everyone has heard it."""

    def __init__(self, house: House, scratch: str, lines: int, *, heard: bool) -> None:
        self._house = house
        self._scratch = scratch
        self._lines = lines
        self._heard = heard
        self._written: list[bytes] = []

    async def load(self) -> float:
        """Rows a second of the command."""
        before = {service: await _position(address(self._house, service)) for service in _LOGS}
        with TemporaryDirectory() as folder:
            path = Path(folder) / "placements.csv"
            path.write_text(_list(self._lines))
            await checkpoint(address(self._house, "postgres"))
            began = time.perf_counter()
            await _load(self._house, path)
            if self._heard:
                await homecoming.all_heard(self._house)
            took = time.perf_counter() - began
        self._written = [await _events(address(self._house, service), before[service]) for service in _LOGS]
        return self._lines / took

    async def copy(self) -> float:
        """Rows a second of COPY of the same events, one log after the other."""
        took = 0.0
        for events in self._written:
            await execute(self._scratch, "TRUNCATE log.events", "CHECKPOINT")
            took += await _copy(self._scratch, events)
        return self._lines / took


def _list(lines: int) -> str:
    """New workers, one placement each."""
    text = io.StringIO()
    rows = csv.writer(text)
    rows.writerow(COLUMNS)
    for _ in range(lines):
        n = next(_serials)
        rows.writerow((nik(n), f"Siti Rahayu {n}", "Taiwan", f"SK-{n:06d}/BP3MI/2024", "2024-03-01", KENANGA))
    return text.getvalue()


async def _load(house: House, path: Path) -> None:
    """Raises `RuntimeError` where the command fails or counts nothing."""
    said = await desmigratif(house, "load", path)
    if "rejected" not in said:
        raise RuntimeError(said)


async def _position(url: str) -> int:
    connection = await asyncpg.connect(url)
    try:
        position: int = await connection.fetchval("SELECT coalesce(max(position), 0) FROM log.events")
        return position
    finally:
        await connection.close()


async def _events(url: str, after: int) -> bytes:
    """What was written after a position, as COPY has it."""
    text = io.BytesIO()
    connection = await asyncpg.connect(url)
    try:
        query = "SELECT * FROM log.events WHERE position > $1 ORDER BY position"
        await connection.copy_from_query(query, after, output=text)
    finally:
        await connection.close()
    return text.getvalue()


async def _copy(url: str, events: bytes) -> float:
    """Seconds."""
    connection = await asyncpg.connect(url)
    try:
        began = time.perf_counter()
        await connection.copy_to_table("events", schema_name="log", source=io.BytesIO(events))
        return time.perf_counter() - began
    finally:
        await connection.close()
