"""Dumps of a service's log database, taken while it runs and put back as an operator would: pg_dump and pg_restore."""

import asyncio
import os
from pathlib import Path

import asyncpg
import stamina

from deploy.house import House
from deploy.postgres import binaries


async def take(house: House, service: str, into: Path) -> Path:
    """Dump the log and views of *service*; its keys lie in another database and stay as they are."""
    dump = into / f"{service}.dump"
    await _run("pg_dump", "--format=custom", f"--file={dump}", house.url("postgres", database=service))
    return dump


async def put_back(house: House, service: str, dump: Path) -> None:
    """Replace the database of *service* by *dump*; whoever is connected is thrown out."""
    connection = await asyncpg.connect(house.url("postgres"))
    try:
        await connection.execute(f'DROP DATABASE "{service}" WITH (FORCE)')
    finally:
        await connection.close()
    await _run("pg_restore", "--create", "--exit-on-error", f"--dbname={house.url('postgres')}", str(dump))


async def put_back_in_place(house: House, service: str, dump: Path) -> None:
    """Replace all that lies in the database of *service* by *dump*, in one transaction; nobody is thrown out.

    It wants every table for itself while the service uses them: where the two block each other, it tries again.
    """
    into = f"--dbname={house.url('postgres', database=service)}"
    async for attempt in stamina.retry_context(on=_deadlock, attempts=None, timeout=60, wait_max=0.2):
        with attempt:
            await _run("pg_restore", "--clean", "--if-exists", "--single-transaction", into, str(dump))


def _deadlock(error: Exception) -> bool:
    return isinstance(error, AssertionError) and "deadlock detected" in str(error)


async def _run(program: str, *arguments: str) -> None:
    process = await asyncio.create_subprocess_exec(
        binaries() / program,
        *arguments,
        env={**os.environ, "LC_ALL": "C"},
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    output, _ = await process.communicate()
    assert process.returncode == 0, f"{program}: {output.decode()}"
