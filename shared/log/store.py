"""Reading the log, and what hangs on it: claims, erasure, what was published."""

import asyncio
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, NamedTuple
from uuid import UUID

import asyncpg
import orjson
import stamina

from shared import crash, database, ids, projecting
from shared.codec import Catalogue, UnknownSchema
from shared.decider import DomainEvent
from shared.keys import KeyRing
from shared.log.append import Verdict
from shared.log.gathering import Gathering
from shared.recorded import Recorded
from shared.views import View

_PAGE = 1000
_OPENED_AT_ONCE = 200
_KEPT = 4000
"""So many of the newest facts stay decoded: views that follow the log read them one soon after the other."""


@dataclass(frozen=True, slots=True)
class History:
    """One stream as it was read: its events, personal fields opened.

    *key_ids*: by person, the key that sealed their fields here. *seen*: how many of the events were in the log.
    """

    events: Sequence[DomainEvent]
    key_ids: Mapping[UUID, UUID]
    seen: int

    @property
    def version(self) -> int:
        """Events so far; versions are 1..n."""
        return len(self.events)


class Said(NamedTuple):
    """A published event as stored: what the bus, the feed and a rebuilt bus carry, byte for byte."""

    number: int
    event_id: UUID
    recorded_at: datetime
    words: str


@dataclass(frozen=True, slots=True)
class Head:
    """The last published number and the event that has it; 0 where nothing was published."""

    number: int
    event_id: UUID | None


class EventLog:
    """One service's log, read. *blind*: the views of which a person's rows go with the keys."""

    def __init__(
        self, pool: asyncpg.Pool, secret: bytes, catalogue: Catalogue, keys: KeyRing, blind: Sequence[View] = ()
    ) -> None:
        self.pool = pool
        self.catalogue = catalogue
        self.keys = keys
        self._secret = secret
        self._blind = blind
        self._histories = Gathering(self.histories)
        self._holders = Gathering(self.holders)
        self._pages: dict[tuple[int, int], asyncio.Task[list[Recorded]]] = {}
        self._newest: list[Recorded] = []

    def claim_key(self, kind: str, parts: Sequence[str]) -> bytes:
        """The keyed hash under which a claim stands."""
        return ids.keyed(self._secret, "claim", kind, *parts)

    async def holder(self, _kind: str, key: bytes) -> UUID | None:
        """Who holds the claim that stands under *key*."""
        return await self._holders.ask(key)

    async def holders(self, keys: Sequence[bytes]) -> dict[bytes, UUID | None]:
        """Who holds these claims."""
        rows = await self.pool.fetch("SELECT key, holder FROM log.claims WHERE key = ANY($1)", keys)
        return {**dict.fromkeys(keys), **{row["key"]: row["holder"] for row in rows}}

    async def history(self, stream_id: UUID) -> History:
        """A whole stream, in order, decrypted."""
        return await self._histories.ask(stream_id)

    async def histories(self, stream_ids: Sequence[UUID]) -> dict[UUID, History]:
        """The same for many at once."""
        rows = await self.pool.fetch(
            "SELECT * FROM log.events WHERE stream_id = ANY($1) ORDER BY stream_id, version", stream_ids
        )
        keys = await self._keys_of(rows)
        by_stream: dict[UUID, list[asyncpg.Record]] = {stream_id: [] for stream_id in stream_ids}
        for row in rows:
            by_stream[row["stream_id"]].append(row)
        return {stream_id: self._history(mine, keys) for stream_id, mine in by_stream.items()}

    async def _keys_of(self, rows: Sequence[asyncpg.Record]) -> dict[UUID, bytes | None]:
        key_ids = {row["key_id"] for row in rows if row["key_id"]}
        return await self.keys.get(key_ids) if key_ids else {}

    def _history(self, rows: Sequence[asyncpg.Record], keys: Mapping[UUID, bytes | None]) -> History:
        return History(
            [self.catalogue.decode(row, keys) for row in rows],
            {row["person_id"]: row["key_id"] for row in rows if row["key_id"]},
            len(rows),
        )

    async def answered(self, command_id: UUID, fingerprint: bytes) -> Verdict | None:
        """What a command was answered before, if it was."""
        return (await self.all_answered([(command_id, fingerprint)]))[0]

    async def all_answered(self, commands: Sequence[tuple[UUID, bytes]]) -> list[Verdict | None]:
        """The same for many at once: command ids with their fingerprints."""
        rows = await self.pool.fetch(
            "SELECT * FROM log.commands WHERE command_id = ANY($1)", [command_id for command_id, _ in commands]
        )
        found = {row["command_id"]: row for row in rows}
        return [_answered(found.get(command_id), fingerprint) for command_id, fingerprint in commands]

    async def check_schema(self) -> None:
        """Raise `UnknownSchema` if the log holds a fact that this code is too old to read."""
        newest = self.catalogue.versions()
        rows = await self.pool.fetch(_TYPES)
        for row in rows:
            if row["schema_version"] > newest.get(row["type"], 0):
                raise UnknownSchema(row["type"], row["schema_version"])

    async def own(self, after: int, most: int = _PAGE) -> list[Recorded]:
        """The next facts of the log, private ones included, personal fields sealed.

        Whoever asks for the same page before it is read gets the same one: all views of a service are woken together.
        """
        page = self._pages.get((after, most))
        if page is None:
            page = self._pages[after, most] = asyncio.create_task(self._own(after, most))
        return await asyncio.shield(page)

    async def _own(self, after: int, most: int) -> list[Recorded]:
        del self._pages[after, most]  # who asks from here on may know of a fact that this reading does not find
        known = await self._still_known(after, most)
        if len(known) == most:
            return known
        rows = await self.pool.fetch(_OWN, known[-1].position if known else after, most - len(known))
        read = [self._recorded(row) for row in rows]
        self._keep(read)
        return known + read

    async def _still_known(self, after: int, most: int) -> list[Recorded]:
        """What another view had decoded a moment ago, as far as it still is what the log holds."""
        if not self._newest or not self._newest[0].position <= after + 1 <= self._newest[-1].position:
            return []
        begin = after + 1 - self._newest[0].position
        known = self._newest[begin : begin + most]
        rows = await self.pool.fetch(_OWN_IDS, after, known[-1].position)
        same = [row["event_id"] for row in rows] == [fact.event_id for fact in known]
        return known if same else []

    def _keep(self, read: list[Recorded]) -> None:
        """The newest facts, without a gap; what a rebuild reads from the beginning is none of them."""
        last = self._newest[-1].position if self._newest else 0
        if read and read[-1].position > last:
            self._newest = [*(self._newest if read[0].position == last + 1 else ()), *read][-_KEPT:]

    def _recorded(self, row: asyncpg.Record) -> Recorded:
        event = self.catalogue.decode(row, None)
        key = row["said_of"] or self.catalogue.person_of(event) or row["stream_id"]
        return Recorded(
            row["position"],
            row["stream_id"],
            row["version"],
            row["event_id"],
            row["recorded_at"],
            event,
            row["published"],
            row["public"],
            str(key),
            row["traceparent"],
        )

    async def opened(self, facts: Sequence[Recorded], names: Collection[str]) -> list[Recorded]:
        """*facts* of this log with their personal fields of these names opened, their keys fetched at once."""
        sealed = [list(self.catalogue.sealed_in(fact.event, names).values()) for fact in facts]
        keys = await self.keys.get({field.key_id for fields in sealed for field in fields})
        opened: list[Recorded] = []
        for n, (fact, fields) in enumerate(zip(facts, sealed, strict=True), 1):
            event = self.catalogue.opened(fact.event, names, keys) if fields else fact.event
            opened.append(fact._replace(event=event) if fields else fact)
            if n % _OPENED_AT_ONCE == 0:
                await asyncio.sleep(0)  # whoever else is waiting in this process comes between
        return opened

    async def position(self) -> int:
        """The last position."""
        last: int = await self.pool.fetchval("SELECT coalesce(max(position), 0) FROM log.events")
        return last

    async def event_at(self, position: int) -> UUID | None:
        """The id of the event at a position."""
        event_id: UUID | None = await self.pool.fetchval(
            "SELECT event_id FROM log.events WHERE position = $1", position
        )
        return event_id

    async def said(self, after: int, most: int, under: UUID | None = None) -> list[Said]:
        """The next published events, as stored. None of them if the log is not called *under* (any more)."""
        rows = await self.pool.fetch(_SAID_UNDER if under else _SAID, after, most, *([under] if under else []))
        return [Said(*row) for row in rows]

    async def head(self) -> Head:
        """The last published event."""
        row = await self.pool.fetchrow(
            """SELECT published, event_id FROM log.events WHERE published IS NOT NULL
               ORDER BY published DESC LIMIT 1"""
        )
        return Head(row["published"], row["event_id"]) if row else Head(0, None)

    async def said_at(self, number: int) -> Said | None:
        """The published event with this number."""
        row = await self.pool.fetchrow(
            "SELECT published, event_id, recorded_at, public FROM log.events WHERE published = $1", number
        )
        return Said(*row) if row else None

    @stamina.retry(on=database.lost, attempts=None, timeout=timedelta(minutes=1), wait_initial=0.05, wait_max=1.0)
    async def erase(self, person_id: UUID) -> None:
        """End what could still lead to a person: keys, claims, fingerprints. Harmless if repeated."""
        rows = await self.pool.fetch(
            "SELECT DISTINCT key_id FROM log.events WHERE person_id = $1 AND key_id IS NOT NULL", person_id
        )
        await crash.at("erase.recorded")
        await self.keys.destroy(row["key_id"] for row in rows)
        await crash.at("erase.keys_destroyed")
        for view in self._blind:
            await projecting.forget(self.pool, view, person_id)
        await self.pool.execute("DELETE FROM log.claims WHERE person_id = $1", person_id)
        await crash.at("erase.claims_released")
        # Of a command that was about several people (a household), each one's erasure clears it.
        await self.pool.execute(
            """UPDATE log.commands SET fingerprint = NULL WHERE fingerprint IS NOT NULL
               AND (person_id = $1 OR (answer ? 'about' AND answer->'about' ? $1::text))""",
            person_id,
        )
        await crash.at("erase.done")

    async def erase_for(self, *command_ids: UUID) -> None:
        """Carry out the erasures that commands recorded, also where a first sending was cut off before it did."""
        rows = await self.pool.fetch(
            "SELECT person_id FROM log.events WHERE meta ? 'erases' AND meta->>'command' = ANY($1)",
            [str(command_id) for command_id in command_ids],
        )
        for row in rows:
            await self.erase(row["person_id"])

    async def erasing(self, command_ids: Sequence[UUID]) -> set[UUID]:
        """Which of these commands recorded an erasure."""
        rows = await self.pool.fetch(
            "SELECT meta->>'command' AS command FROM log.events WHERE meta ? 'erases' AND meta->>'command' = ANY($1)",
            [str(command_id) for command_id in command_ids],
        )
        return {UUID(row["command"]) for row in rows}

    async def heard_erased(self, person_id: UUID) -> None:
        """Erase somebody whose erasure another service published; remembered for `erase_again`."""
        await self.pool.execute("INSERT INTO log.erased VALUES ($1) ON CONFLICT DO NOTHING", person_id)
        await crash.at("erase.heard")
        await self.erase(person_id)

    async def erase_again(self) -> None:
        """Erase everyone who was ever erased, so that an old backup of the keys brings nobody back."""
        rows = await self.pool.fetch(
            "SELECT person_id FROM log.erased UNION SELECT person_id FROM log.events WHERE meta ? 'erases'"
        )
        for row in rows:
            await self.erase(row["person_id"])

    async def consequences_of(self, log_id: UUID, after: int) -> list[dict[str, Any]]:
        """Facts that a reaction made of published facts of *log_id* beyond *after*."""
        rows = await self.pool.fetch(
            """SELECT position, meta->'cause' AS cause FROM log.events
               WHERE meta ? 'cause' AND meta->'cause'->>'log_id' = $1
                 AND (meta->'cause'->>'number')::bigint > $2
               ORDER BY (meta->'cause'->>'number')::bigint, position""",
            str(log_id),
            after,
        )
        return [{"position": row["position"], **orjson.loads(row["cause"])} for row in rows]


def _answered(row: asyncpg.Record | None, fingerprint: bytes) -> Verdict | None:
    if row is None:
        return None
    reused = row["fingerprint"] is not None and row["fingerprint"] != fingerprint
    return Verdict("reused" if reused else "duplicate", row["position"], row["published"], orjson.loads(row["answer"]))


_OWN = """
SELECT *, public::json->>'partitionkey' AS said_of, meta->>'traceparent' AS traceparent
FROM log.events WHERE position > $1 ORDER BY position LIMIT $2
"""
_OWN_IDS = "SELECT event_id FROM log.events WHERE position > $1 AND position <= $2 ORDER BY position"

_SAID = """
SELECT published, event_id, recorded_at, public FROM log.events WHERE published > $1 ORDER BY published LIMIT $2
"""
_SAID_UNDER = """
SELECT published, event_id, recorded_at, public FROM log.events
WHERE published > $1 AND $3 = (SELECT log_id FROM log.identity ORDER BY ordinal DESC LIMIT 1)
ORDER BY published LIMIT $2
"""

# A loose index scan would need an index on type; the newest versions are few and this runs once a start.
_TYPES = "SELECT type, max(schema_version) AS schema_version FROM log.events GROUP BY type"
