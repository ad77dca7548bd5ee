"""What is measured on: PostgreSQL alone, or a whole house. One of the two at a time."""

import asyncio
import os
import sys
import time
from collections.abc import Callable
from contextlib import ExitStack
from functools import partial
from pathlib import Path

import asyncpg

from deploy import databases
from deploy.command.running import DATA
from deploy.house import House
from deploy.postgres import SUPERUSER, Cluster
from tests.houses import TODAY

Address = Callable[[str], str]
"""The address of a database, by its name, for PostgreSQL's superuser."""


class Bed:
    """Servers in *folder*, started when they are first asked for and ended by `close`.

    Not *careful*: what is to run on PostgreSQL alone has a whole house around it, which is started once and for all.
    """

    def __init__(self, folder: Path, *, careful: bool) -> None:
        self.folder = folder
        self.house_took = 0.0
        """Seconds until the house was ready."""
        self._careful = careful
        self._ending = ExitStack()
        self._cluster: Cluster | None = None
        self._house: House | None = None

    async def alone(self) -> Address:
        """PostgreSQL as a house has it, and nobody else who would ask anything of it."""
        if not self._careful:
            return partial(address, await self.house())
        if self._cluster is None:
            await self.close()
            cluster = self._cluster = Cluster(self.folder / "alone")
            self._ending.callback(cluster.stop)
            await asyncio.to_thread(cluster.start)
        return self._cluster.url

    async def house(self) -> House:
        """Everything, each service with one process."""
        if self._house is None:
            await self.close()
            house = self._house = House(self.folder / "house", today=TODAY, say=lambda _: None, log_level="warning")
            self._ending.callback(house.stop)
            began = time.perf_counter()
            await asyncio.to_thread(house.start)
            self.house_took = time.perf_counter() - began
        return self._house

    async def house_of_its_own(self, name: str) -> House:
        """A house that nobody has used, in place of whatever runs, until that is asked for again."""
        await self.close()
        house = House(self.folder / name, today=TODAY, say=lambda _: None, log_level="warning")
        self._ending.callback(house.stop)
        await asyncio.to_thread(house.start)
        return house

    async def close(self) -> None:
        """End what runs."""
        await asyncio.to_thread(self.close_now)

    def close_now(self) -> None:
        """The same, for who has no loop any more."""
        self._ending.close()
        self._cluster = self._house = None


async def desmigratif(house: House, *words: str | Path) -> str:
    """The command, as a person runs it: what it said.

    Raises:
        RuntimeError: it fails.
    """
    program = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "deploy.command.main",
        *words,
        env={**os.environ, DATA: str(house.data)},
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
        start_new_session=True,
    )
    try:
        said, _ = await program.communicate()
    finally:
        if program.returncode is None:
            program.kill()
            await program.wait()
    if program.returncode:
        raise RuntimeError(said.decode())
    return said.decode()


def address(house: House, database: str) -> str:
    """A database of *house*, for PostgreSQL's superuser."""
    return house.url("postgres", database=database, user=SUPERUSER)


async def a_log(of: Address, name: str) -> str:
    """Make an empty log database called *name*; its address."""
    await asyncio.to_thread(databases.prepare, of("postgres"), lambda role: f"bench-{role}", services=(name,))
    return of(name)


async def execute(url: str, *statements: str) -> None:
    """Carry out *statements*, one by one."""
    connection = await asyncpg.connect(url)
    try:
        for statement in statements:
            await connection.execute(statement)
    finally:
        await connection.close()


async def empty_database(of: Address, name: str) -> str:
    """Make the database *name*, empty; its address."""
    await execute(of("postgres"), f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)', f'CREATE DATABASE "{name}"')
    return of(name)


async def checkpoint(url: str, after_seconds: float = 0.0) -> None:
    """Have PostgreSQL write everything that is dirty, now or in a while."""
    await asyncio.sleep(after_seconds)
    await execute(url, "CHECKPOINT")
