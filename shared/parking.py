"""Parking: one person's facts wait, in their order, while everybody else's go on (P3).

A fact that raises the same exception three times is poison. It is parked, and with it every later fact of the same
partition key, by the same hearer from the same source; the checkpoint passes them. They stand in ``log.parked`` until
they are replayed, in their order. More than `MOST_A_MINUTE` people within a minute are no longer a few bad facts but a
bad program: then nobody more is parked and the subscription stops.
"""

from collections.abc import AsyncIterator, Collection, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import TYPE_CHECKING, Any
from uuid import UUID

import asyncpg
import structlog

from shared import crash, database, rehearsal, telemetry
from shared.bus import Told
from shared.database import Connection
from shared.errors import NOT_FOUND, Refusal, Refused
from shared.published.registry import PersonErased
from shared.recorded import Recorded

if TYPE_CHECKING:
    from shared.runtime import Runtime

MOST_A_MINUTE = 20
"""People whom one subscription may park within a minute; the next one stops it."""

_PAGE = 100

PARKED = Refusal(
    "parked", 503, "What this service heard of this person waits for an operator: the answer would be an old one.",
    "Data yang diterima layanan ini tentang orang tersebut tertahan dan menunggu operator: jawaban belum mutakhir.",
)  # fmt: skip

HEARER_UNKNOWN = Refusal(
    "hearer-unknown", 404, "This service has no such view, nor reactions under that name: see hearers.",
    "Layanan ini tidak mempunyai tampilan dengan nama itu: lihat hearers.",
)  # fmt: skip

log = structlog.get_logger()


Fact = Told | Recorded
"""A fact as a hearer takes it: a published one, or one of the own log."""


class Unreadable(Exception):
    """The words are not what they should be."""


def check_readable(facts: Sequence[Fact]) -> None:
    """`Unreadable` where words came that are no words."""
    for fact in facts:
        if isinstance(fact, Told) and fact.fault:
            raise Unreadable(fact.fault)


async def erase(runtime: "Runtime", facts: Sequence[Fact]) -> None:
    """What could lead to erased people goes before anything else is made of *facts*, and whatever is made of them."""
    for fact in facts:
        if isinstance(fact, Told) and isinstance(fact.word, PersonErased):
            await runtime.log.heard_erased(fact.word.person_id)


async def park(
    connection: Connection,
    hearer: str,
    source: str,
    log_id: UUID,
    facts: Sequence[Fact],
    error: str | None = None,
    *,
    like: str | None = None,
) -> None:
    """Let *facts* wait; with *error*, what the first of a person's raised. In the transaction that passes them.

    Who waits at the hearer *like* has waited here for as long: a rebuild parks nobody anew whom the live view parked.
    """
    await connection.executemany(
        _PARK.format(since=_SINCE_OF_THEIRS if error else _SINCE_OF_THIS),
        [
            (
                hearer,
                source,
                fact.partition_key,
                fact.number,
                fact.log_id if isinstance(fact, Told) else log_id,
                fact.event_id,
                fact.recorded_at,
                fact.words.decode() if isinstance(fact, Told) else None,
                error,
                like,
            )
            for fact in facts
        ],
    )


_PARK = "INSERT INTO log.parked VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, coalesce(({since}), clock_timestamp()))"
_SINCE_OF_THEIRS = "SELECT min(at) FROM log.parked WHERE hearer = $10 AND source = $2 AND key = $3"
_SINCE_OF_THIS = "SELECT at FROM log.parked WHERE hearer = $10 AND source = $2 AND number = $4"


async def forget(
    connection: Connection, hearer: str, source: str | None = None, after: int = 0, *, stopped: bool = True
) -> None:
    """Nobody waits at *hearer* any more, with *source*: for facts of it beyond the number *after*.

    *stopped*: nor does it go no further.
    """
    for query in (_NOBODY_WAITS, *([_NOT_STOPPED] if stopped else ())):
        await connection.execute(query, hearer, source, after)


_NOBODY_WAITS = "DELETE FROM log.parked WHERE hearer = $1 AND source = coalesce($2, source) AND number > $3"
_NOT_STOPPED = "DELETE FROM log.stopped WHERE hearer = $1 AND source = coalesce($2, source) AND number > $3"


async def fuse_blown(connection: Connection, hearer: str, source: str) -> bool:
    """Whether nobody more may be parked: too many within a minute, or stopped for that already."""
    blown: bool = await connection.fetchval(
        """SELECT EXISTS (SELECT 1 FROM log.stopped WHERE hearer = $1 AND source = $2)
             OR (SELECT count(*) FROM (SELECT 1 FROM log.parked WHERE hearer = $1 AND source = $2 GROUP BY key
                 HAVING min(at) > clock_timestamp() - interval '1 minute') recent) >= $3""",
        hearer,
        source,
        MOST_A_MINUTE,
    )
    return blown


@dataclass(frozen=True, slots=True)
class Waiting:
    """One person's facts that wait at one hearer: *since* when, at which *number* it began, *why*, *how_many*."""

    hearer: str
    source: str
    key: str
    since: datetime
    number: int
    event_id: UUID
    why: str
    how_many: int


async def parked(pool: asyncpg.Pool, hearers: Collection[str]) -> list[Waiting]:
    """Everybody whose facts wait at one of *hearers*, the longest waiting first."""
    rows = await pool.fetch(
        """SELECT hearer, source, key, min(at) AS since, min(number) AS number,
                  (array_agg(event_id ORDER BY number))[1] AS event_id,
                  coalesce((array_agg(error ORDER BY number) FILTER (WHERE error IS NOT NULL))[1], '') AS why,
                  count(*) AS how_many
           FROM log.parked WHERE hearer = ANY($1) GROUP BY hearer, source, key ORDER BY since, hearer, source, key""",
        list(hearers),
    )
    return [Waiting(**row) for row in rows]


async def is_parked(pool: asyncpg.Pool, service: str, hearers: Collection[str], asked: Collection[str]) -> bool:
    """Whether facts wait at one of *hearers* of whom or what is *asked* for.

    *asked* are partition keys and ids as callers write them; the id of a history of *service*'s own, such as a trip's,
    stands for the person whose facts it has.
    """
    ids = [found for one in asked if (found := _uuid(one))]
    waits: bool = await pool.fetchval(_IS_PARKED, list(hearers), [*asked, *map(str, ids)], service, ids)
    return waits


_IS_PARKED = """
SELECT EXISTS (SELECT 1 FROM log.parked WHERE hearer = ANY($1) AND key = ANY($2))
    OR EXISTS (SELECT 1 FROM log.events e JOIN log.parked p ON p.source = $3 AND p.number = e.position
               WHERE e.stream_id = ANY($4::uuid[]) AND p.hearer = ANY($1))
"""


def _uuid(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None


@dataclass(frozen=True, slots=True)
class Replayed:
    """What became of one person's facts: how many took effect, how many still wait, and *why* where some do."""

    hearer: str
    source: str
    key: str
    took_effect: int
    waiting: int
    why: str | None


async def replay(runtime: "Runtime", hearer: str | None, key: str | None) -> list[Replayed]:
    """Let what waits take effect, each person's facts in their order.

    *hearer*, by its plain name, and *key* narrow it. One that is poison still stays where it is, with all behind it.
    A subscription that stopped because too many waited may park again. `hearer-unknown`; `not-found` for a *key* whose
    facts do not wait.
    """
    mine = {h.name: h for h in runtime.hearers if hearer in (None, h.label)}
    if not mine:
        raise Refused(HEARER_UNKNOWN, extra={"hearers": sorted(h.label for h in runtime.hearers)})
    await runtime.pool.execute("DELETE FROM log.stopped WHERE hearer = ANY($1)", list(mine))
    await crash.at("replay.released")
    for subscription in runtime.subscriptions:
        if (subscription.hearer.label, subscription.source) in runtime.stopped and subscription.hearer.name in mine:
            subscription.begin_again()
    keys = {key, str(_uuid(key or "") or key)}  # an id may be written in capitals, as it is nowhere kept
    found = [w for w in await parked(runtime.pool, mine) if key is None or w.key in keys]
    if not found and key:
        raise Refused(NOT_FOUND)
    done = []
    for waiting in found:
        done.append(await _replay(runtime, mine[waiting.hearer], waiting))
        runtime.look_soon()
    return done


async def _replay(runtime: "Runtime", hearer: Any, waiting: Waiting) -> Replayed:
    at = (waiting.hearer, waiting.source, waiting.key)
    done, why = 0, None
    while why is None:
        rows = await runtime.pool.fetch(
            "SELECT number, log_id, recorded_at, words FROM log.parked "
            "WHERE hearer = $1 AND source = $2 AND key = $3 ORDER BY number LIMIT $4",
            *at,
            _PAGE,
        )
        if not rows:
            break
        for row in rows:
            try:
                fact = await _fact(runtime, row)
                check_readable([fact])
                await erase(runtime, [fact])
                rehearsal.rehearse(runtime.faults.get(hearer.label, ()), [fact])
                with telemetry.hearing(hearer.label, waiting.source, [fact]):
                    await hearer.take(waiting.source, [fact], partial(_leaving, runtime, at, row["number"]))
            except _GoneMeanwhile:
                break
            except Exception as error:  # whatever it is, it is held against this fact, and nothing is lost
                if database.lost(error):
                    raise
                why = type(error).__name__
                log.warning(
                    "replay-failed", hearer=hearer.label, source=waiting.source, number=row["number"], error=why
                )
                await runtime.pool.execute(
                    "UPDATE log.parked SET error = $4 WHERE hearer = $1 AND source = $2 AND number = $3",
                    *at[:2],
                    row["number"],
                    why,
                )
                break
            await crash.at("replay.left")
            done += 1
    left = await runtime.pool.fetchval(
        "SELECT count(*) FROM log.parked WHERE hearer = $1 AND source = $2 AND key = $3", *at
    )
    return Replayed(hearer.label, waiting.source, waiting.key, done, left, why)


async def _fact(runtime: "Runtime", row: asyncpg.Record) -> Fact:
    """A parked fact: a published one as its words were stored, one of the own log from there."""
    if row["words"] is None:
        return (await runtime.log.own(row["number"] - 1, 1))[0]
    return Told.read(row["log_id"], row["number"], row["recorded_at"].isoformat(), row["words"].encode())


class _GoneMeanwhile(Exception):
    """Somebody else replayed it first."""


@asynccontextmanager
async def _leaving(
    runtime: "Runtime",
    at: tuple[str, str, str],
    number: int,
    *,
    alone: bool = False,  # noqa: ARG001 - it takes several statements also where the fact changes nothing
) -> AsyncIterator[Connection]:
    """One parked fact leaves, in the transaction of its effect."""
    async with runtime.pool.acquire() as connection, connection.transaction():
        # Locks the reader out: nobody may be parked behind one that is just leaving, nor go on past one that waits.
        await connection.fetchval(
            "SELECT 1 FROM log.checkpoints WHERE hearer = $1 AND source = $2 FOR UPDATE", at[0], at[1]
        )
        gone = await connection.execute(
            "DELETE FROM log.parked WHERE hearer = $1 AND source = $2 AND key = $3 AND number = $4 AND NOT EXISTS "
            "(SELECT 1 FROM log.parked p WHERE p.hearer = $1 AND p.source = $2 AND p.key = $3 AND p.number < $4)",
            *at,
            number,
        )
        if gone != "DELETE 1":
            raise _GoneMeanwhile
        # The reader remembers who waits; it is fenced by this where that has changed.
        await connection.execute(
            "UPDATE log.checkpoints SET parkings = parkings + 1 WHERE hearer = $1 AND source = $2 AND NOT EXISTS "
            "(SELECT 1 FROM log.parked WHERE hearer = $1 AND source = $2 AND key = $3)",
            *at,
        )
        yield connection
        await crash.at("replay.leaving")
