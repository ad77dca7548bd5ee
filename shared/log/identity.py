"""A log has a name, and gets a new one when it was put back to an earlier state.

Otherwise the new fact 901 would be taken for the old one and skipped for ever. *place* says where the log's bytes
live: the cluster's system identifier and timeline, and the oids of database and table, so that a dump restored into
the same cluster is noticed too. A copy that even so looks the same is noticed by the bus's last message
(`shared.relay`), or said by ``desmigratif restored``.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

import asyncpg
import orjson
import structlog

from shared import clock, crash, ids
from shared.clock import Clock
from shared.codec import LogRestored
from shared.database import Connection

log = structlog.get_logger()

_CALENDAR = Clock()

_PLACE = """
SELECT concat_ws('/', (SELECT system_identifier FROM pg_control_system()),
                 left(pg_walfile_name(pg_current_wal_lsn()), 8),
                 (SELECT oid FROM pg_database WHERE datname = current_database()), 'log.events'::regclass::oid)
"""

_NAMED = f"""
SELECT log_id, place, ({_PLACE}) AS here FROM log.identity ORDER BY ordinal DESC LIMIT 1
"""  # noqa: S608 - the words are ours


class LogReplaced(Exception):
    """The database under a running service is no longer the one it was started on: the process must end."""


@dataclass(frozen=True, slots=True)
class LogName:
    """One name in a log's lineage: it holds from the fact after published number *begins_after*.

    *begins_after_position* is the same as a log position; known of one's own log alone.
    """

    log_id: UUID
    begins_after: int
    begins_after_position: int | None = None


@dataclass(frozen=True, slots=True)
class Identity:
    """A log's names, the oldest first; the last is the current one."""

    lineage: Sequence[LogName]

    @property
    def log_id(self) -> UUID:
        """The current name."""
        return self.lineage[-1].log_id

    def kept(self, log_id: UUID) -> int | None:
        """The last number known under *log_id* that still stands; None for the current name and for a stranger."""
        later = self._after(log_id)
        return min(name.begins_after for name in later) if later else None

    def kept_position(self, log_id: UUID) -> int | None:
        """The same as a log position, of one's own log."""
        later = [name.begins_after_position for name in self._after(log_id)]
        return min((position for position in later if position is not None), default=None)

    def _after(self, log_id: UUID) -> Sequence[LogName]:
        names = [name.log_id for name in self.lineage]
        return self.lineage[names.index(log_id) + 1 :] if log_id in names else ()


async def open_log(connection: Connection, calendar: Clock = _CALENDAR) -> Identity:
    """The log's identity; a new one if there was none, or if the log was put back since it was last opened."""
    async with connection.transaction():
        await connection.execute("SET LOCAL synchronous_commit = on")
        await connection.execute("SELECT pg_advisory_xact_lock(7001)")
        place = await connection.fetchval(_PLACE)
        newest = await connection.fetchrow("SELECT * FROM log.identity ORDER BY ordinal DESC LIMIT 1")
        if newest is None or newest["place"] != place:
            await _rename(connection, place, newest, calendar)
        lineage = await _lineage(connection)
    await crash.at("rename.committed")
    return lineage


async def restored(connection: Connection, former: UUID, calendar: Clock = _CALENDAR) -> Identity:
    """Give the log a new name because *former* is known to have gone further; once, however many ask."""
    async with connection.transaction():
        await connection.execute("SET LOCAL synchronous_commit = on")
        await connection.execute("SELECT pg_advisory_xact_lock(7001)")
        newest = await connection.fetchrow("SELECT * FROM log.identity ORDER BY ordinal DESC LIMIT 1")
        if newest is not None and newest["log_id"] == former:
            await _rename(connection, newest["place"], newest, calendar)
        return await _lineage(connection)


async def same_place(connection: Connection, identity: Identity) -> None:
    """Raise `LogReplaced` unless *connection* leads to the log that was opened as *identity*.

    What was read before, and is told after this, is of that log.
    """
    try:
        row = await connection.fetchrow(_NAMED)
    except (asyncpg.SyntaxOrAccessError, asyncpg.InvalidSchemaNameError) as error:
        # No such table, or no right to it: a log that is being put in its place this very moment.
        raise LogReplaced from error
    if row is None or row["log_id"] != identity.log_id or row["place"] != row["here"]:
        raise LogReplaced


async def _lineage(connection: Connection) -> Identity:
    rows = await connection.fetch(
        "SELECT log_id, begins_after, begins_after_position FROM log.identity ORDER BY ordinal"
    )
    return Identity([LogName(*row) for row in rows])


async def _rename(connection: Connection, place: str, former: asyncpg.Record | None, calendar: Clock) -> None:
    kept = await connection.fetchval("SELECT coalesce(max(published), 0) FROM log.events WHERE published IS NOT NULL")
    last = await connection.fetchrow("SELECT position, recorded_at FROM log.events ORDER BY position DESC LIMIT 1")
    position = last["position"] if last else 0
    log_id = ids.random()
    await connection.execute(
        "INSERT INTO log.identity VALUES ($1, $2, $3, $4, $5, clock_timestamp())",
        former["ordinal"] + 1 if former else 0,
        log_id,
        kept if former else 0,
        position if former else 0,
        place,
    )
    await crash.at("rename.named")
    if former is None:
        return
    log.warning("log-restored", former=str(former["log_id"]), log_id=str(log_id), kept=kept)
    stream = ids.stream_of("log", "identity")
    await connection.execute(
        """INSERT INTO log.events SELECT $1, $2,
             coalesce((SELECT max(version) FROM log.events WHERE stream_id = $2), 0) + 1,
             $3, $4, $5, $6, 'day', greatest(clock_timestamp(), $7), NULL, NULL, $8, $9""",
        position + 1,
        stream,
        ids.nth(log_id, "restored"),
        LogRestored.name,
        LogRestored.schema_version,
        calendar.today(),
        last["recorded_at"] if last else clock.now(),
        orjson.dumps({"caller": "kernel", "correlation": str(log_id)}).decode(),
        orjson.dumps({"former_log_id": str(former["log_id"]), "kept": kept, "kept_position": position}).decode(),
    )
    await crash.at("rename.recorded")
