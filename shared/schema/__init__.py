"""The tables of the kernel, brought up to date by Alembic (never called *migrations*: those are of people).

Two lines of revisions: ``log/`` for a service's log database, ``keys/`` for the database of its persons' keys. Views
are not here: they are derived, and each makes its own tables (`shared.projecting`).
"""

import asyncio
from pathlib import Path

import sqlalchemy as sa
from alembic import command
from alembic.config import Config
from sqlalchemy.ext.asyncio import create_async_engine

from shared import crash

_HERE = Path(__file__).parent


def upgrade(owner_url: str, role: str) -> None:
    """Bring a log database to the newest revision and grant *role*, the service's own, what it may do.

    *owner_url* is of the role that owns the tables; the service never knows it.
    """
    asyncio.run(_upgrade("log", owner_url, role))


def upgrade_keys(owner_url: str, role: str) -> None:
    """The same for the database that holds the persons' keys."""
    asyncio.run(_upgrade("keys", owner_url, role))


async def _upgrade(line: str, owner_url: str, role: str) -> None:
    engine = create_async_engine(owner_url.replace("postgresql://", "postgresql+asyncpg://", 1), poolclass=sa.NullPool)
    try:
        async with engine.begin() as connection:
            await connection.run_sync(_run, line, role)
            await crash.at("schema.revised")
        await crash.at("schema.committed")
    finally:
        await engine.dispose()


def _run(connection: sa.Connection, line: str, role: str) -> None:
    config = Config()
    config.set_main_option("script_location", str(_HERE).replace("%", "%%"))
    config.set_main_option("path_separator", "newline")
    config.set_main_option("version_locations", str(_HERE / line).replace("%", "%%"))
    config.attributes["connection"] = connection
    config.attributes["role"] = role
    command.upgrade(config, "head")
