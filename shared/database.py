"""Postgres connections, and what it looks like when one is lost."""

import os
from collections.abc import Callable, Coroutine
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import asyncpg
import sqlalchemy.exc
import stamina
from asyncpg.pool import PoolConnectionProxy

from shared import ids

if TYPE_CHECKING:
    Connection = asyncpg.Connection[asyncpg.Record] | PoolConnectionProxy[asyncpg.Record]
else:
    Connection = asyncpg.Connection | PoolConnectionProxy
"""A connection, of a pool or not. (asyncpg's classes take no parameters when they run.)"""

LOST: tuple[type[Exception], ...] = (
    OSError,  # refused, reset, TimeoutError too
    asyncpg.PostgresConnectionError,
    asyncpg.InterfaceError,
    asyncpg.InternalClientError,
    asyncpg.exceptions.OperatorInterventionError,  # shut down, crashed, still starting
    asyncpg.exceptions.InsufficientResourcesError,  # too many connections
    asyncpg.exceptions.TransactionRollbackError,  # a deadlock or serialisation failure: nothing was done
    asyncpg.exceptions.IdleInTransactionSessionTimeoutError,  # this process slept in the middle of a transaction
    asyncpg.exceptions.InvalidCatalogNameError,  # while a database is put back
)
"""Everything asyncpg was seen to raise when the server went away: more than one would think.

Such a call may or may not have been carried out: ask again with the same ids.
"""


_IDLE_IN_TRANSACTION_SECONDS = 2


def lost(error: BaseException) -> bool:
    """Whether *error* says that the server went away, and not that the call was wrong.

    asyncpg's error for an argument it cannot encode is an `InterfaceError` too, but a `ValueError` besides.
    """
    if isinstance(error, sqlalchemy.exc.DBAPIError) and error.orig is not None:
        # SQLAlchemy wraps what asyncpg raised, and not always as a lost connection.
        return error.connection_invalidated or lost(error.orig.__cause__ or error.orig)
    return isinstance(error, LOST) and not isinstance(error, ValueError)


def process() -> str:
    """What this process is called in ``pg_stat_activity``: of several replicas under one role, this very one."""
    return f"desmigratif {os.getpid()} {ids.PROCESS}"


Connected = Callable[["Connection"], Coroutine[Any, Any, None]]
"""Called with each new connection before it is used."""


@stamina.retry(on=lost, attempts=None, timeout=timedelta(minutes=5), wait_initial=0.05, wait_max=1.0)
async def connect(url: str, **options: Any) -> asyncpg.Connection:
    """A connection, waiting for a server that is starting."""
    return await asyncpg.connect(url, timeout=5, server_settings={"application_name": process()}, **options)


@stamina.retry(on=lost, attempts=None, timeout=timedelta(minutes=5), wait_initial=0.05, wait_max=1.0)
async def create_pool(
    url: str,
    size: int,
    *,
    durable: bool = True,
    connected: Connected | None = None,
) -> asyncpg.Pool:
    """A pool of at most *size* connections, waiting for a server that is starting.

    Not *durable*: a commit does not wait for the disk. A crash then takes the last of them back, whole and in order,
    which is harmless to what is derived: a view's rows and its checkpoint go together and are heard again.
    *connected* is called with each new connection before it is used.
    """
    settings = {
        "application_name": process(),
        # A process that is paused in the middle of a transaction must not hold its locks against those that take over.
        "idle_in_transaction_session_timeout": f"{_IDLE_IN_TRANSACTION_SECONDS}s",
    }
    settings |= {} if durable else {"synchronous_commit": "off"}
    return await asyncpg.create_pool(
        url, min_size=1, max_size=size, timeout=5, server_settings=settings, init=connected, reset=_as_it_is
    )


async def _as_it_is(_connection: Connection) -> None:
    """Nothing here leaves state in a session, so a round trip to reset it at each release would be for nothing."""
