"""What sources said, and what a hearer made of it, each read from its database; and what it should have made of it."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Collection, Iterable, Mapping
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

import asyncpg
import orjson

from shared import wire
from shared.published import PublicEvent
from shared.published.migration_service import WorkerDeparted
from shared.published.registry import PersonErased, PersonRegistered
from shared.reacting import HEARER as REACTIONS
from tests.shared.street import Street

OWN = "enterprise"
VIEW = "neighbours_1"
BESIDE = "neighbours_1_beside"
TABLES = ("people", "trips", "greetings", "notes")

Rows = dict[str, set[tuple[Any, ...]]]


@dataclass(frozen=True)
class Word:
    """A published fact."""

    log_id: UUID
    number: int
    event_id: UUID
    key: str
    said: PublicEvent | None


class Reader:
    """Reads what services' databases hold, each time all of one instant."""

    def __init__(self, street: Street) -> None:
        self._street = street
        self._connections: dict[str, asyncpg.Connection] = {}
        self.alone = asyncio.Lock()
        """Nobody reads while somebody else holds it."""

    @asynccontextmanager
    async def of(self, name: str) -> AsyncIterator[asyncpg.Connection]:
        """An instant of what *name* has."""
        async with self.alone:
            if name not in self._connections:
                settings = await self._street.settings(name)
                self._connections[name] = await asyncpg.connect(settings.database_url.get_secret_value())
            async with self._connections[name].transaction(isolation="repeatable_read", readonly=True):
                yield self._connections[name]

    async def close(self, *names: str) -> None:
        """Nobody reads from *names* any more; from nobody, where none is named."""
        for name in names or list(self._connections):
            if connection := self._connections.pop(name, None):
                await connection.close()


@dataclass
class Sources:
    """All that every source ever said, by the name that its log had then."""

    reader: Reader
    names: tuple[str, ...]
    said: dict[str, dict[UUID, list[Word]]] = field(default_factory=dict)
    lineages: dict[str, list[UUID]] = field(default_factory=dict)

    async def listen(self) -> None:
        """Read what was said since; also right before a log is put back."""
        for name in self.names:
            async with self.reader.of(name) as connection:
                lineage = [row[0] for row in await connection.fetch("SELECT log_id FROM log.identity ORDER BY ordinal")]
                facts = await connection.fetch(
                    "SELECT published, event_id, public FROM log.events WHERE published IS NOT NULL ORDER BY published"
                )
            self.lineages[name] = lineage
            self.said.setdefault(name, {})[lineage[-1]] = [_word(lineage[-1], *row) for row in facts]

    def up_to(self, name: str, log_id: UUID | None, number: int) -> list[Word]:
        """What a hearer at this checkpoint has heard."""
        return self.said[name][log_id][:number] if log_id else []

    def now(self, name: str) -> list[Word]:
        """All that stands."""
        return self.said[name][self.lineages[name][-1]]

    def ever(self, name: str) -> Iterable[Word]:
        return (word for words in self.said[name].values() for word in words)


def _word(log_id: UUID, number: int, event_id: UUID, words: str) -> Word:
    envelope, word = wire.read(words)
    return Word(log_id, number, event_id, envelope["partitionkey"], word)


@dataclass(frozen=True)
class Stand:
    """How far a hearer is with a source, and which of its facts wait."""

    log_id: UUID | None
    number: int
    waiting: frozenset[int]


@dataclass(frozen=True)
class Hearer:
    """The enterprise at one instant: *rows* is None while there is no view."""

    stands: Mapping[tuple[str, str], Stand]
    rows: Rows | None
    own: list[asyncpg.Record]
    refused: int

    def view(self, schema: str = VIEW) -> dict[str, Stand]:
        return {source: stand for (hearer, source), stand in self.stands.items() if hearer == schema}


async def heard(reader: Reader, schema: str = VIEW) -> Hearer:
    """What the enterprise's database holds, all of one instant."""
    while True:
        # A table is looked up as it is called now, not at the instant that is read: again if another was switched in.
        # One that is just being dropped waits for us, and we perhaps for another of that view.
        with suppress(asyncpg.UndefinedTableError, asyncpg.InvalidSchemaNameError, asyncpg.DeadlockDetectedError):
            async with reader.of(OWN) as connection:
                there = await connection.fetchval("SELECT oid FROM pg_namespace WHERE nspname = $1", schema)
                hearer = await _heard(connection, schema, there=there is not None)
                if there == await connection.fetchval("SELECT to_regnamespace($1)::oid", schema):
                    return hearer


async def _heard(connection: asyncpg.Connection, schema: str, *, there: bool) -> Hearer:
    waiting: dict[tuple[str, str], set[int]] = {}
    for row in await connection.fetch("SELECT hearer, source, number FROM log.parked"):
        waiting.setdefault((row["hearer"], row["source"]), set()).add(row["number"])
    stands = {
        (row["hearer"], row["source"]): Stand(
            row["log_id"], row["number"], frozenset(waiting.pop((row["hearer"], row["source"]), ()))
        )
        for row in await connection.fetch("SELECT hearer, source, log_id, number FROM log.checkpoints")
    }
    assert not waiting, "somebody waits at a hearer that is not there"
    rows = {table: await _rows(connection, schema, table) for table in TABLES} if there else None
    own = await connection.fetch(
        "SELECT position, stream_id, version, type, data, meta, person_id FROM log.events ORDER BY position"
    )
    return Hearer(stands, rows, own, await connection.fetchval("SELECT count(*) FROM log.refused_reactions"))


async def _rows(connection: asyncpg.Connection, schema: str, table: str) -> set[tuple[Any, ...]]:
    shown = await connection.fetch(f'SELECT * FROM "{schema}".{table}')
    columns = [tuple(value for name, value in row.items() if name != "_of") for row in shown]
    assert len(columns) == len(set(columns))
    return set(columns)


# ── What it should be ────────────────────────────────────────────────────────────────────────────────────────────────


def as_told(words: Collection[Word], own: Iterable[asyncpg.Record]) -> Rows:
    """The view's rows after exactly these facts: a second telling of what `tests.shared.tiny` projects."""
    people: dict[UUID, tuple[Any, ...]] = {}
    trips: dict[UUID, tuple[Any, ...]] = {}
    greetings, notes = set(), set()
    for word in words:
        match word.said:
            case PersonRegistered(person_id=person, village=village):
                people[person] = (person, village, word.number)
            case PersonErased(person_id=person):
                people.pop(person, None)
            case WorkerDeparted(trip_id=trip, worker_id=worker):
                trips[trip] = (trip, worker, word.number)
            case _:
                pass
    for fact in own:
        if fact["type"] == "Greeted":
            greetings.add((UUID(orjson.loads(fact["data"])["person_id"]), fact["version"], fact["position"]))
        elif fact["type"] == "Noted":
            detail = orjson.dumps({"text": orjson.loads(fact["data"])["text"]}).decode()
            notes.add((fact["stream_id"], fact["version"], detail))
    return {"people": set(people.values()), "trips": set(trips.values()), "greetings": greetings, "notes": notes}


def going(told: Collection[Word], stand: Stand) -> list[Word]:
    """Of these, what does not wait; who waits does so with all that came later."""
    waiting = {word.key for word in told if word.number in stand.waiting}
    first = {key: min(w.number for w in told if w.key == key and w.number in stand.waiting) for key in waiting}
    overtaken = [w for w in told if w.number not in stand.waiting and w.number > first.get(w.key, w.number)]
    assert overtaken == [], "somebody's words were not taken in their order"
    return [word for word in told if word.number not in stand.waiting]


def view_is_as_told(hearer: Hearer, sources: Sources, schema: str = VIEW) -> None:
    """Rows are the fold of what the checkpoints say was heard, without what waits: at every instant."""
    stands = hearer.view(schema)
    if hearer.rows is None:
        assert stands == {}, "a checkpoint of a view that is not there"
        return
    words: list[Word] = []
    for name in sources.names:
        stand = stands[name]
        told = sources.up_to(name, stand.log_id, stand.number)
        assert len(told) == stand.number, f"{name} never said number {stand.number}"
        words += going(told, stand)
    position = stands[OWN].number
    own = [fact for fact in hearer.own if fact["position"] <= position]
    assert hearer.rows == as_told(words, own)


def reactions_are_as_told(hearer: Hearer, sources: Sources) -> None:
    """Who was registered was greeted: once, for each time it was said, in that order; nobody else was."""
    causes = [orjson.loads(fact["meta"])["cause"] for fact in hearer.own if fact["type"] == "Greeted"]
    greeted = Counter(UUID(cause["event_id"]) for cause in causes)
    assert set(greeted.values()) <= {1}, "greeted twice for the same word"
    assert hearer.refused == 0
    registered = {word.event_id for word in sources.ever("registry") if isinstance(word.said, PersonRegistered)}
    assert greeted.keys() <= registered
    stand = hearer.stands.get((REACTIONS, "registry"), Stand(None, 0, frozenset()))
    for word in going(sources.up_to("registry", stand.log_id, stand.number), stand):
        if isinstance(word.said, PersonRegistered):
            assert word.event_id in greeted, f"nobody was greeted for number {word.number}"
    last: dict[tuple[str, str], int] = {}
    for fact, cause in zip((f for f in hearer.own if f["type"] == "Greeted"), causes, strict=True):
        key = (str(fact["person_id"]), cause["log_id"])
        assert last.get(key, 0) < cause["number"], "a person's words were answered out of their order"
        last[key] = cause["number"]


def all_is_heard(hearer: Hearer, sources: Sources, hearers: Collection[tuple[str, str]]) -> bool:
    """Whether every one of *hearers* stands where its source does, and nobody waits."""
    ends = {name: (sources.lineages[name][-1], len(sources.now(name))) for name in sources.names}
    for followed in hearers:
        stand = hearer.stands.get(followed)
        if stand is None or stand.waiting:
            return False
        if followed[1] == OWN and stand.number != len(hearer.own):
            return False
        if followed[1] != OWN:
            log_id, number = ends[followed[1]]
            # Under which name nothing was heard may be forgotten until there is something: a view made anew.
            if stand.number != number or (number and stand.log_id != log_id):
                return False
    return True
