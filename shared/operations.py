"""What an operator asks of a service. Ids and numbers, no person."""

import asyncio
import statistics
import time
from dataclasses import asdict, replace
from typing import TYPE_CHECKING, Any
from uuid import UUID

import asyncpg
from nats.js import api
from nats.js.errors import NotFoundError

from shared import parking, wire
from shared.hearing import lease_name
from shared.log.store import Said
from shared.reacting import HEARER
from shared.viewing import formers

if TYPE_CHECKING:
    from shared.runtime import Runtime

_PAGE = 500
_ON_ITS_WAY_SECONDS = 6.0
"""Longer than a relay waits for an answer that was lost with the server that should have given it."""
_POLL_SECONDS = 0.05


async def status(runtime: "Runtime") -> dict[str, Any]:
    """How far everything is."""
    await runtime.look()
    head = await runtime.log.head()
    position = await runtime.log.position()
    leases = await runtime.pool.fetch(
        "SELECT name, holder, until FROM log.leases WHERE until > clock_timestamp() ORDER BY name"
    )
    return {
        "service": runtime.service.name,
        "processes": await _processes(runtime.pool),
        "log_id": str(runtime.identity.log_id),
        "position": position,
        "published": head.number,
        "ready": not runtime.readiness,
        "waits_for": runtime.readiness,
        "bus": runtime.bus.connected,
        "checkpoints": _checkpoints(runtime, position),
        "leases": [{"name": r["name"], "holder": str(r["holder"]), "until": r["until"].isoformat()} for r in leases],
        "stopped": await _stopped(runtime),
        "parked": [as_json(waiting) for waiting in await parked(runtime)],
        "formers": {view.name: there for view in runtime.service.views if (there := await formers(runtime, view))},
        "refused": await runtime.pool.fetchval("SELECT count(*) FROM log.refused_reactions"),
        "lost_reactions": await _lost_reactions(runtime),
    }


async def _processes(pool: asyncpg.Pool) -> list[dict[str, Any]]:
    """Every process that is connected to this database, by the id that its leases and log lines bear."""
    rows = await pool.fetch(_PROCESSES)
    return [{"process": row["process"], "pid": row["pid"], "address": row["address"]} for row in rows]


_PROCESSES = r"""
SELECT split_part(application_name, ' ', 3) AS process, split_part(application_name, ' ', 2)::int AS pid,
       max(host(client_addr)) AS address
FROM pg_stat_activity
WHERE datname = current_database() AND application_name ~ '^desmigratif \d+ [0-9a-f-]{36}$' GROUP BY 1, 2 ORDER BY 1
"""


def _followed(runtime: "Runtime") -> list[tuple[str, str, str]]:
    """Every subscription: the hearer's plain name, its durable one, the source."""
    return sorted((s.hearer.label, s.hearer.name, s.source) for s in runtime.subscriptions)


def _checkpoints(runtime: "Runtime", position: int) -> list[dict[str, Any]]:
    shown = []
    for label, hearer, source in _followed(runtime):
        checkpoint = runtime.checkpoints.get((hearer, source))
        heard = runtime.bus.heads.get(source)
        end = position if source == runtime.service.name else heard.number if heard else None
        number = checkpoint.number if checkpoint else 0
        shown.append(
            {
                "hearer": label,
                "source": source,
                "log_id": str(checkpoint.log_id) if checkpoint and checkpoint.log_id else None,
                "number": number,
                "event_id": str(checkpoint.event_id) if checkpoint and checkpoint.event_id else None,
                "head": end,
                "behind": None if end is None else max(0, end - number),
            }
        )
    return shown


async def _stopped(runtime: "Runtime") -> list[dict[str, Any]]:
    return [
        {
            "subscription": lease_name(hearer, source),
            "number": stopped.number,
            "event_id": str(stopped.event_id) if stopped.event_id else None,
            "error": stopped.error,
        }
        for (hearer, source), stopped in sorted(runtime.stopped.items())
    ]


async def parked(runtime: "Runtime") -> list[parking.Waiting]:
    """Whose facts wait at which hearer, the longest waiting first."""
    labels = {hearer.name: hearer.label for hearer in runtime.hearers}
    return [replace(one, hearer=labels[one.hearer]) for one in await parking.parked(runtime.pool, labels)]


def as_json(waiting: parking.Waiting) -> dict[str, Any]:
    """What an operator is answered: a person's id, no more of them."""
    shown = asdict(waiting)
    return shown | {"since": waiting.since.isoformat(), "event_id": str(waiting.event_id)}


async def _lost_reactions(runtime: "Runtime") -> list[dict[str, Any]]:
    rows = await runtime.pool.fetch(
        "SELECT log_id, min(kept) AS kept FROM log.went_back WHERE hearer = $1 GROUP BY log_id ORDER BY min(at)", HEARER
    )
    return [lost for row in rows for lost in await runtime.log.consequences_of(row["log_id"], row["kept"])]


async def propagation(runtime: "Runtime", word: str) -> dict[str, Any]:
    """How long *word* took to take effect here: n, and the 50th and 99th percentile in milliseconds.

    By the database's clock, to the commit of the transaction that moved the checkpoint past it; where the server does
    not keep commit times, to the moment the checkpoint moved inside it.
    """
    exact = await runtime.pool.fetchval("SELECT current_setting('track_commit_timestamp') = 'on'")
    ended = "coalesce(pg_xact_commit_timestamp(h.xmin), h.at)" if exact else "h.at"
    rows = await runtime.pool.fetch(
        f"""SELECT extract(epoch FROM {ended} - w.recorded)::float8 * 1000 AS ms
            FROM log.heard h, unnest(h.words, h.recorded) AS w(word, recorded)
            WHERE w.word = $1 AND h.hearer = (SELECT min(hearer) FROM log.heard WHERE $1 = ANY(words))""",
        word,
    )
    took = sorted(row["ms"] for row in rows)
    if not took:
        return {"n": 0, "p50": None, "p99": None}
    return {
        "n": len(took),
        "p50": round(statistics.median(took), 3),
        "p99": round(took[min(len(took) - 1, int(len(took) * 0.99))], 3),
    }


async def verify(runtime: "Runtime") -> dict[str, Any]:
    """Hold the log against itself and the bus against the log; every finding with its number."""
    head = await runtime.log.head()
    findings = await _verify_log(runtime.pool)
    bus_findings, bus = await _verify_bus(runtime, head.number)
    await runtime.look_at_checkpoints()
    checkpoints = []
    for label, hearer, source in _followed(runtime):
        checkpoint = runtime.checkpoints.get((hearer, source))
        if checkpoint is None:
            continue
        shown = {
            "hearer": label,
            "source": source,
            "log_id": str(checkpoint.log_id) if checkpoint.log_id else None,
            "number": checkpoint.number,
            "event_id": str(checkpoint.event_id) if checkpoint.event_id else None,
        }
        if source != runtime.service.name:
            checkpoints.append(shown)
        elif checkpoint.number and await runtime.log.event_at(checkpoint.number) != checkpoint.event_id:
            findings.append({"what": "own-checkpoint-wrong", "number": checkpoint.number, "detail": label})
    return {
        "service": runtime.service.name,
        "log_id": str(runtime.identity.log_id),
        "findings": findings + bus_findings,
        "checkpoints": checkpoints,
        "head": {
            "log_id": str(runtime.identity.log_id),
            "number": head.number,
            "event_id": str(head.event_id) if head.event_id else None,
        },
        "bus": bus,
    }


# P2, and what it rests on: both orders gapless, versions 1..n in each stream, instants that never fall. Of a gap the
# first number that is missing is named.
_CHECKS = {
    "position-gap": """SELECT expected AS number FROM
        (SELECT position, lag(position, 1, 0::bigint) OVER (ORDER BY position) + 1 AS expected FROM log.events) e
        WHERE position <> expected ORDER BY position LIMIT 20""",
    "published-gap": """SELECT expected AS number FROM
        (SELECT published, lag(published, 1, 0::bigint) OVER (ORDER BY position) + 1 AS expected
         FROM log.events WHERE published IS NOT NULL) e
        WHERE published <> expected ORDER BY published LIMIT 20""",
    "version-gap": """SELECT position AS number FROM
        (SELECT position, version, row_number() OVER (PARTITION BY stream_id ORDER BY position) AS n FROM log.events) e
        WHERE version <> n ORDER BY position LIMIT 20""",
    "recorded-at-falls": """SELECT position AS number FROM
        (SELECT position, recorded_at, lag(recorded_at) OVER (ORDER BY position) AS earlier FROM log.events) e
        WHERE recorded_at < earlier ORDER BY position LIMIT 20""",
    "words-of-another-event": """SELECT published AS number FROM log.events
        WHERE published IS NOT NULL AND CASE WHEN pg_input_is_valid(public, 'jsonb')
          THEN (public::jsonb->>'id') IS DISTINCT FROM event_id::text ELSE true END
        ORDER BY published LIMIT 20""",
}


async def _verify_log(pool: asyncpg.Pool) -> list[dict[str, Any]]:
    findings: list[dict[str, Any]] = []
    for what, query in _CHECKS.items():
        findings += [{"what": what, "number": row["number"]} for row in await pool.fetch(query)]
    return findings


async def _verify_bus(runtime: "Runtime", head: int) -> tuple[list[dict[str, Any]], dict[str, int | None]]:
    """Every message as read back: contiguous, of this log, byte for byte; up to the head.

    In front of the first under the log's present name there may be some from before it was put back, under whatever
    name it had then: they are counted (*former*), since nobody could hold them against a log that is gone.
    """
    try:
        await _on_its_way(runtime, head)
        first_sequence, last_sequence, cut = await runtime.bus.bounds()
    except NotFoundError:
        missing = {"what": "bus-stream-missing", "number": None, "detail": f"the log's head is {head}"}
        return [missing], {"first": None, "last": None, "former": 0}
    findings: list[dict[str, Any]] = []
    first: int | None = None
    former = 0
    expected = 1
    for start in range(first_sequence, last_sequence + 1, _PAGE):
        page = await runtime.bus.stored(start, min(start + _PAGE - 1, last_sequence))
        # A sequence without a message matters only where a number is missing: one sent again has another sequence.
        there = [message for _, message in page if message is not None]
        if first is None:
            present = next((n for n, m in enumerate(there) if not _of_a_former(runtime.identity.log_id, m)), len(there))
            former += present
            there = there[present:]
        said = await _said_for(runtime, there)
        for message in there:
            number, wrong = _compare(runtime.identity.log_id, message, said)
            if number > expected and not (first is None and cut):
                findings.append(_missing(expected, number - 1))
            if number < expected:
                findings.append({"what": "bus-order", "number": number, "detail": f"expected {expected}"})
            findings += [{"what": what, "number": number} for what in wrong]
            first = number if first is None else first
            expected = number + 1
    if expected <= head:
        findings.append(_missing(expected, head))
    return findings, {"first": first, "last": None if first is None else expected - 1, "former": former}


def _of_a_former(log_id: UUID, message: api.RawStreamMsg) -> bool:
    """Whether a relay sent it under another name than *log_id*."""
    name = (message.headers or {}).get(wire.LOG_ID)
    return name is not None and name != str(log_id)


async def _on_its_way(runtime: "Runtime", head: int) -> None:
    """Wait for what the relay may be sending: the newest facts or, to a bus that was lost, all of them.

    As long as it gets on; a stream that is missing is given the same little while to be made again.
    """
    reached = -1
    until = time.monotonic() + _ON_ITS_WAY_SECONDS
    while head and time.monotonic() < until:
        number = await _on_the_bus(runtime)
        if number >= head:
            return
        if number > reached:
            reached, until = number, time.monotonic() + _ON_ITS_WAY_SECONDS
        await asyncio.sleep(_POLL_SECONDS)


async def _on_the_bus(runtime: "Runtime") -> int:
    """The last number that the bus has of this log under its present name; 0 for none."""
    try:
        told = (await runtime.bus.tail()).told
    except NotFoundError:
        return 0
    return told.number if told is not None and told.log_id == runtime.identity.log_id else 0


def _missing(first: int, last: int) -> dict[str, Any]:
    return {"what": "bus-message-missing", "number": first} | ({"detail": f"up to {last}"} if last > first else {})


async def _said_for(runtime: "Runtime", messages: list[api.RawStreamMsg]) -> dict[int, Said]:
    numbers = [int((m.headers or {}).get(wire.NUMBER, "0")) for m in messages]
    if not numbers:
        return {}
    said = await runtime.log.said(min(numbers) - 1, max(numbers) - min(numbers) + 1)
    return {s.number: s for s in said}


def _compare(log_id: UUID, message: api.RawStreamMsg, said: dict[int, Said]) -> tuple[int, list[str]]:
    headers = message.headers or {}
    number = int(headers.get(wire.NUMBER, "0"))
    there = said.get(number)
    if there is None:
        return number, ["bus-message-not-in-log"]
    wrong = []
    if headers.get(wire.LOG_ID) != str(log_id):
        wrong.append("bus-message-of-another-log")
    if (message.data or b"") != there.words.encode():
        wrong.append("bus-bytes-differ")
    if headers.get(wire.MESSAGE_ID) != f"{log_id}:{number}":
        wrong.append("bus-message-id-wrong")
    return number, wrong
