"""What is measured on: PostgreSQL and NATS alone, or a whole house. One of the two at a time."""

import asyncio
from contextlib import ExitStack
from pathlib import Path

import asyncpg

from deploy import databases
from deploy.house import House
from deploy.postgres import SUPERUSER, Cluster
from tests.houses import TODAY


class Bed:
    """Servers in *folder*, started when they are first asked for and ended by `close`."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._ending = ExitStack()
        self._cluster: Cluster | None = None
        self._house: House | None = None

    async def cluster(self) -> Cluster:
        """PostgreSQL alone, as a house has it; there is nobody else on the machine's account of ours."""
        if self._cluster is None:
            await self.close()
            cluster = self._cluster = Cluster(self.folder / "alone")
            self._ending.callback(cluster.stop)
            await asyncio.to_thread(cluster.start)
        return self._cluster

    async def house(self) -> House:
        """Everything, each service with one process."""
        if self._house is None:
            await self.close()
            house = self._house = House(self.folder / "house", today=TODAY, say=lambda _: None, log_level="warning")
            self._ending.callback(house.stop)
            await asyncio.to_thread(house.start)
        return self._house

    async def close(self) -> None:
        """End what runs."""
        await asyncio.to_thread(self.close_now)

    def close_now(self) -> None:
        """The same, for who has no loop any more."""
        self._ending.close()
        self._cluster = self._house = None


async def a_log(cluster: Cluster, name: str) -> str:
    """An empty log database called *name*; its address for PostgreSQL's superuser."""
    await asyncio.to_thread(databases.prepare, cluster.url(), cluster.password, services=(name,))
    return cluster.url(name)


def address(house: House, database: str) -> str:
    """A database of *house*, for PostgreSQL's superuser."""
    return house.url("postgres", database=database, user=SUPERUSER)


async def a_log_beside(house: House, name: str) -> str:
    """An empty log database called *name* on the PostgreSQL of *house*."""
    await asyncio.to_thread(
        databases.prepare, address(house, "postgres"), lambda role: f"bench-{role}", services=(name,)
    )
    return address(house, name)


async def execute(url: str, *statements: str) -> None:
    """Carry out *statements*, one by one."""
    connection = await asyncpg.connect(url)
    try:
        for statement in statements:
            await connection.execute(statement)
    finally:
        await connection.close()


async def empty_database(url: str, name: str) -> None:
    """Make the database *name* on the server of *url*, empty."""
    await execute(url, f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)', f'CREATE DATABASE "{name}"')


async def checkpoint(url: str, after_seconds: float = 0.0) -> None:
    """Have PostgreSQL write everything that is dirty, now or in a while."""
    await asyncio.sleep(after_seconds)
    await execute(url, "CHECKPOINT")
