"""An append, made durable, by as many callers at once: beside pgbench and the library `eventsourcing`.

Ours begins a stream with one event and remembers the command and its answer. pgbench inserts the same row, with the
same bytes and under the same indexes, and nothing else. `eventsourcing` saves the same aggregate.
"""

import asyncio
import os
import re
from collections.abc import Awaitable
from dataclasses import asdict
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TypeVar
from urllib.parse import urlsplit

from deploy.postgres import binaries
from tests.bench import generated
from tests.bench.bed import Bed, a_log, checkpoint, empty_database, execute
from tests.bench.figures import Figure, Say, Side, Sizes, Target, Turns
from tests.bench.worker import Worker, a_worker

T = TypeVar("T")

OURS, BARE, LIBRARY = "ours", "pgbench", "eventsourcing"
_THREADS = 2
_INSERT = """
INSERT INTO log.events VALUES (nextval('numbers'), gen_random_uuid(), 1, gen_random_uuid(), 'Returned', 1, '2026-03-01',
  'day', clock_timestamp(), gen_random_uuid(), NULL, :meta, :data, currval('numbers'), :public)
"""
_EMPTY = "TRUNCATE log.events, log.commands"


async def measure(bed: Bed, sizes: Sizes, say: Say) -> list[Figure]:
    """Three figures for each number of callers."""
    of = await bed.alone()
    ours, bare, library = await a_log(of, "appended"), await a_log(of, "inserted"), await empty_database(of, "saved")
    await execute(bare, "CREATE SEQUENCE numbers")
    figures: list[Figure] = []
    async with (
        a_worker("appending", ours) as appender,
        a_worker("peer", library) as peer,
    ):
        with TemporaryDirectory() as folder:
            script = Path(folder) / "insert.sql"
            script.write_text(_INSERT)
            for at_once in sizes.at_once:
                sides: dict[str, Side] = {
                    OURS: lambda at_once=at_once: _ours(appender, ours, at_once, sizes),  # type: ignore[misc]
                    BARE: lambda at_once=at_once: _pgbench(bare, script, at_once, sizes),  # type: ignore[misc]
                    LIBRARY: lambda at_once=at_once: _library(peer, library, at_once, sizes),  # type: ignore[misc]
                }
                took = await Turns(sizes.runs, say).take(f"append, {at_once} at once", sides)
                figures += _figures(at_once, took)
    return figures


def _figures(at_once: int, took: dict[str, list[float]]) -> list[Figure]:
    asked = at_once == 32
    what = f"append, {at_once} at once"
    return [
        Figure(
            f"append-{at_once}-pgbench",
            what,
            "pgbench, the bare INSERT",
            "1/s",
            took[OURS],
            took[BARE],
            target=Target(at_least=0.55) if asked else None,
        ),
        Figure(
            f"append-{at_once}-eventsourcing",
            what,
            "eventsourcing, save",
            "1/s",
            took[OURS],
            took[LIBRARY],
            target=Target(at_least=10) if asked else None,
        ),
    ]


async def _ours(appender: Worker, url: str, at_once: int, sizes: Sizes) -> float:
    await execute(url, _EMPTY)
    answer = await _with_checkpoint(
        url, appender.ask("append", at_once=at_once, seconds=sizes.seconds, texts=asdict(generated.a_return())), sizes
    )
    return float(answer["rate"])


async def _library(peer: Worker, url: str, at_once: int, sizes: Sizes) -> float:
    await execute(url, "DROP TABLE IF EXISTS trips_events")
    answer = await _with_checkpoint(url, peer.ask("append", at_once=at_once, seconds=sizes.seconds), sizes)
    return float(answer["rate"])


async def _pgbench(url: str, script: Path, at_once: int, sizes: Sizes) -> float:
    await execute(url, _EMPTY, "ALTER SEQUENCE numbers RESTART")
    return await _with_checkpoint(url, _insert(url, script, at_once, sizes.seconds), sizes)


async def _insert(url: str, script: Path, at_once: int, seconds: float) -> float:
    at = urlsplit(url)
    texts = [part for name, text in asdict(generated.a_return()).items() for part in ("-D", f"{name}={text}")]
    where = ["-h", str(at.hostname), "-p", str(at.port), "-U", str(at.username), *texts]
    how = [
        "-n",
        "-M",
        "prepared",
        "-c",
        str(at_once),
        "-j",
        str(min(_THREADS, at_once)),
        "-T",
        str(max(1, round(seconds))),
    ]
    program = await asyncio.create_subprocess_exec(
        binaries() / "pgbench",
        *where,
        *how,
        "-f",
        script,
        at.path.removeprefix("/"),
        env={"PGPASSWORD": str(at.password), "LC_ALL": "C", "PATH": os.environ.get("PATH", os.defpath)},
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
        start_new_session=True,
    )
    try:
        said, complaints = await program.communicate()
    finally:
        if program.returncode is None:
            program.kill()
            await program.wait()
    found = re.search(r"tps = ([0-9.]+)", said.decode())
    if program.returncode or found is None:
        raise RuntimeError(f"pgbench: {complaints.decode()}")
    return float(found[1])


async def _with_checkpoint(url: str, measured: Awaitable[T], sizes: Sizes) -> T:
    """*measured* from clean pages on, with one checkpoint in its middle."""
    await checkpoint(url)
    middle = asyncio.create_task(checkpoint(url, sizes.seconds / 2))
    try:
        return await measured
    finally:
        await middle
