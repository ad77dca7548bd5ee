"""The log, whoever writes to it and however: verdicts, positions, published numbers, versions, claims, answers."""

import asyncio
import copy
import itertools
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from uuid import UUID

import asyncpg
import orjson
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, invariant, precondition, rule

from shared import ids
from shared.codec import Catalogue
from shared.keys import KeyRing
from shared.log import identity as identities
from shared.log.append import Append, NewClaim, NewEvent, Said, Verdict
from shared.log.identity import LogName
from shared.log.store import EventLog
from tests.shared.log.writing import Writer, append, claim, event, release
from tests.shared.machines.machine import Machine, hunt
from tests.shared.street import Databases

Run = tuple[Append, ...]

# ── What should come of it ───────────────────────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True)
class Row:
    """A fact of the log."""

    position: int
    stream: UUID
    version: int
    event_id: UUID
    published: int | None
    person: UUID | None


@dataclass(frozen=True)
class Kept:
    """What the log keeps of a command that was answered: no *fingerprint* where its person was erased."""

    fingerprint: bytes | None
    person: UUID | None
    position: int
    published: int
    answer: object


@dataclass
class Model:
    """A log that is a list."""

    facts: list[Row] = field(default_factory=list)
    commands: dict[UUID, Kept] = field(default_factory=dict)
    claims: dict[bytes, tuple[str, UUID, UUID | None]] = field(default_factory=dict)
    lineage: list[LogName] = field(default_factory=list)

    def __deepcopy__(self, _memo: object) -> "Model":
        return Model(list(self.facts), dict(self.commands), dict(self.claims), list(self.lineage))

    @property
    def published(self) -> int:
        return sum(1 for fact in self.facts if fact.published)

    def version(self, stream: UUID) -> int:
        return sum(1 for fact in self.facts if fact.stream == stream)

    def add(self, stream: UUID, event_id: UUID, *, public: bool, person: UUID | None) -> None:
        number = self.published + 1 if public else None
        self.facts.append(Row(len(self.facts) + 1, stream, self.version(stream) + 1, event_id, number, person))

    def says(self, run: Run) -> list[Said]:
        """What is said to each of a run; what is ok is done."""
        alone = [self._alone(asked) for asked in run]
        good = next((n for n, said in enumerate(alone) if said != "ok"), len(alone))
        for asked in run[:good]:
            self._carry_out(asked)
        behind: list[Said] = ["conflict"] * (len(alone) - good - 1)
        return [*alone[: good + 1], *behind]

    def _alone(self, asked: Append) -> Said:
        if known := self.commands.get(asked.command_id):
            return "duplicate" if known.fingerprint in (None, asked.fingerprint) else "reused"
        if any(self.version(stream) != seen for stream, seen in asked.streams):
            return "conflict"
        if any(c.key in self.claims and self.claims[c.key][1] != c.holder for c in asked.claims if c.key):
            return "taken"
        return "ok"

    def _carry_out(self, asked: Append) -> None:
        for one in asked.events:
            self.add(one.stream_id, one.event_id, public=one.public is not None, person=one.person_id)
        again = {c.key for c in asked.claims if c.key}
        freed = {(c.kind, c.holder) for c in asked.claims if not c.key}
        self.claims = {k: held for k, held in self.claims.items() if held[:2] not in freed or k in again}
        for c in asked.claims:
            if c.key:
                self.claims.setdefault(c.key, (c.kind, c.holder, c.person_id))
        answer = orjson.loads(asked.answer)
        self.commands[asked.command_id] = Kept(
            asked.fingerprint, asked.person_id, len(self.facts), self.published, answer
        )

    def erase(self, person: UUID) -> None:
        self.claims = {key: held for key, held in self.claims.items() if held[2] != person}
        self.commands = {
            command: replace(kept, fingerprint=None) if kept.person == person else kept
            for command, kept in self.commands.items()
        }


# ── What is asked ────────────────────────────────────────────────────────────────────────────────────────────────────

FEW = st.integers(0, 3)
OFTEN_RIGHT = st.sampled_from([0] * 8 + [-1, 1])


@dataclass(frozen=True)
class Wanted:
    """A command, before it is known which versions it saw: *writes* to which streams, publicly or not."""

    writes: tuple[tuple[int, bool], ...]
    reads: tuple[int, ...]
    claims: tuple[tuple[str, int, int], ...]
    person: int
    seen_too_many: int


WANTED = st.builds(
    Wanted,
    writes=st.lists(st.tuples(FEW, st.booleans()), max_size=3).map(tuple),
    reads=st.lists(FEW, max_size=1).map(tuple),
    claims=st.lists(
        st.tuples(st.sampled_from(["take", "free", "swap"]), FEW, st.integers(0, 2)),
        max_size=2,
        unique_by=lambda c: c[1],
    ).map(tuple),
    person=st.integers(0, 2),
    seen_too_many=OFTEN_RIGHT,
)
RUN = st.lists(WANTED, min_size=1, max_size=4)
WRITER = st.integers(0, 1)

COMMANDS: Bundle[Append] = Bundle("commands")


def named(what: str, n: int) -> UUID:
    return ids.stream_of(what, str(n))


class LogMachine(Machine):
    """Two processes that write to one log; it is put back and gets a new name."""

    def __init__(self, loop: asyncio.AbstractEventLoop, bed: "Bed") -> None:
        super().__init__(loop)
        self.bed = bed
        self.model = Model()
        self.earlier: Model | None = None
        self.asked = 0
        self.wait(bed.begin())
        self.model.lineage = [LogName(bed.name, 0, 0)]

    def teardown(self) -> None:
        self.wait(self.bed.end())

    # Making commands

    def meant(self, wanted: Wanted, run: Sequence[Append] = ()) -> Append:
        """As a caller would make it who knows the log, but for what is wrong on purpose.

        It saw the versions from before the *run* that it is in.
        """
        self.asked += 1
        command = named("command", self.asked)
        person = named("person", wanted.person)
        streams = dict.fromkeys([named("stream", n) for n in (*wanted.reads, *(n for n, _ in wanted.writes))], 0)
        for n, stream in enumerate(streams):
            streams[stream] = max(0, self.model.version(stream) + (wanted.seen_too_many if n == 0 else 0))
        return append(
            *self._events(command, wanted, person),
            seen=tuple(streams.items()),
            claims=self._claims(wanted, {held for one in run for held in one.held}),
            command=command,
            body=str(command).encode(),
            answer={"n": self.asked},
            person=person,
        )

    def _events(self, command: UUID, wanted: Wanted, person: UUID) -> Iterator[NewEvent]:
        for n, (stream, public) in enumerate(wanted.writes):
            event_id = ids.nth(command, n)
            yield replace(event(named("stream", stream), public=public, person=person), event_id=event_id)

    def _claims(self, wanted: Wanted, held: set[object]) -> list[NewClaim]:
        """No two in a run hold, or free, anything in common."""
        claims: list[NewClaim] = []
        for kind, number, who in wanted.claims:
            holder = named("person", who)
            new = [] if kind == "take" else [release(holder)]
            new += [] if kind == "free" else [claim(str(number), holder)]
            touched = {c.key for c in new if c.key} | {(c.kind, c.holder) for c in new}
            if not touched & held:
                claims += new
        return claims

    # Asking

    @rule(target=COMMANDS, wanted=WANTED, writer=WRITER)
    def one(self, wanted: Wanted, writer: int) -> Append:
        asked = self.meant(wanted)
        self.together([(writer, (asked,))])
        return asked

    @rule(wanted=RUN, writer=WRITER)
    def a_run(self, wanted: Sequence[Wanted], writer: int) -> None:
        self.together([(writer, self._run(wanted))])

    @rule(wanted=st.lists(st.tuples(WRITER, RUN), min_size=2, max_size=4), cut=st.booleans())
    def runs_at_once(self, wanted: Sequence[tuple[int, Sequence[Wanted]]], cut: bool) -> None:
        self.together([(writer, self._run(run)) for writer, run in wanted], cut=cut)

    @rule(wanted=WANTED, writer=WRITER, number=FEW)
    def contended(self, wanted: Wanted, writer: int, number: int) -> None:
        """Two holders want the same, through two processes."""
        both = [replace(wanted, claims=(("take", number, who),), writes=((who, True),)) for who in (0, 1)]
        self.together([((writer + n) % 2, (self.meant(one),)) for n, one in enumerate(both)])

    @rule(asked=COMMANDS, writer=WRITER)
    def again(self, asked: Append, writer: int) -> None:
        self.together([(writer, (asked,))])

    @rule(asked=COMMANDS, wanted=WANTED, writer=WRITER)
    def again_decided_anew(self, asked: Append, wanted: Wanted, writer: int) -> None:
        anew = self.meant(wanted)
        events = [replace(e, event_id=ids.nth(asked.command_id, n)) for n, e in enumerate(anew.events)]
        self.together(
            [(writer, (replace(anew, command_id=asked.command_id, fingerprint=asked.fingerprint, events=events),))]
        )

    @rule(asked=COMMANDS, writer=WRITER)
    def again_for_something_else(self, asked: Append, writer: int) -> None:
        self.together([(writer, (replace(asked, fingerprint=b"another body"),))])

    @rule(asked=COMMANDS)
    def twice_at_once(self, asked: Append) -> None:
        self.together([(0, (asked,)), (1, (asked,))])

    def _run(self, wanted: Sequence[Wanted]) -> Run:
        run: list[Append] = []
        for one in wanted:
            run.append(self.meant(one, run))
        return tuple(run)

    def together(self, asked: Sequence[tuple[int, Run]], *, cut: bool = False) -> None:
        """Ask all of it at once: verdicts, and what is left, are those of some order, one after the other."""
        verdicts = self.wait(self.bed.ask(asked, cut=cut))
        there = self.wait(self.bed.read())
        runs = [run for _, run in asked]
        for order in itertools.permutations(range(len(runs))):
            model = copy.deepcopy(self.model)
            said = {n: model.says(runs[n]) for n in order}
            same = (model.facts, model.claims) == (there.facts, there.claims)
            if same and all(self._as_said(model, runs[n], said[n], verdicts[n], cut) for n in order):
                self.model = model
                self._remember(runs, verdicts)
                return
        raise AssertionError(f"in no order: {[[v.said for v in run] for run in verdicts]}")

    def _as_said(self, model: Model, run: Run, said: Sequence[Said], verdicts: Sequence[Verdict], cut: bool) -> bool:
        for n, (asked, expected, verdict) in enumerate(zip(run, said, verdicts, strict=True)):
            allowed = {expected}
            if cut:
                # It was perhaps asked twice: what was ok is a duplicate then, and what stands behind one in conflict.
                allowed |= {"duplicate"} if expected == "ok" else set()
                allowed |= {"conflict"} if n else set()
            if verdict.said not in allowed:
                return False
            kept = model.commands.get(asked.command_id)
            if kept and verdict.said in ("ok", "duplicate"):
                known = expected == "duplicate"
                if verdict.answer != kept.answer:
                    return False
                if (asked.events or known) and verdict.position != kept.position:
                    return False
                if (known or any(e.public for e in asked.events)) and verdict.published != kept.published:
                    return False
        return True

    def _remember(self, runs: Sequence[Run], verdicts: Sequence[Sequence[Verdict]]) -> None:
        """Who adds nothing to an order stands in it where the log stood for the call: after what was seen, at least."""
        asked = list(itertools.chain(*runs))
        stored = self.wait(self.bed.log.all_answered([(one.command_id, one.fingerprint) for one in asked]))
        for one, verdict, stands in zip(asked, itertools.chain(*verdicts), stored, strict=True):
            kept = self.model.commands.get(one.command_id)
            if kept is None or stands is None or verdict.said == "reused":
                continue
            if verdict.said != "conflict":  # which is also said of one that a cut off call had stored already
                assert replace(stands, said=verdict.said) == verdict
            if verdict.said == "duplicate":
                continue
            if len(runs) == 1:
                assert (stands.position, stands.published) == (kept.position, kept.published)
            versions = dict(one.streams)
            seen = [fact for fact in self.model.facts if fact.version <= versions.get(fact.stream, 0)]
            assert max((fact.position for fact in seen), default=0) <= stands.position <= len(self.model.facts)
            assert max((fact.published or 0 for fact in seen), default=0) <= stands.published <= self.model.published
            self.model.commands[one.command_id] = replace(kept, position=stands.position, published=stands.published)

    # What else becomes of a log

    @rule(person=st.integers(0, 2), writer=WRITER)
    def erase(self, person: int, writer: int) -> None:
        """The fact, and then what hangs on it: keys, claims, fingerprints."""
        asked = self.meant(Wanted(((person, True),), (), (), person, 0))
        events = [replace(e, meta=orjson.dumps({"erases": True, "command": str(asked.command_id)}).decode())
                  for e in asked.events]  # fmt: skip
        asked = replace(asked, events=events)
        self.together([(writer, (asked,))])
        self.wait(self.bed.log.erase_for(asked.command_id))
        self.model.erase(named("person", person))

    @precondition(lambda self: self.earlier is None)
    @rule()
    def copy_it(self) -> None:
        self.wait(self.bed.copy())
        self.earlier = copy.deepcopy(self.model)

    @precondition(lambda self: self.earlier is not None)
    @rule()
    def put_it_back(self) -> None:
        """It goes on under a new name; of what it has lost nothing is known."""
        assert self.earlier
        self.wait(self.bed.put_back())
        former = self.model.lineage[-1].log_id
        self.model, self.earlier = self.earlier, None
        self.model.lineage.append(LogName(self.bed.name, self.model.published, len(self.model.facts)))
        assert self.bed.name != former
        self.model.add(ids.stream_of("log", "identity"), ids.nth(self.bed.name, "restored"), public=False, person=None)

    # What must be so whatever was done

    @invariant()
    def it_is_what_was_said(self) -> None:
        there = self.wait(self.bed.read())
        assert there == self.model
        assert [fact.position for fact in there.facts] == list(range(1, len(there.facts) + 1))
        numbers = [fact.published for fact in there.facts if fact.published]
        assert numbers == list(range(1, len(numbers) + 1))

    @rule(asked=COMMANDS, same=st.booleans())
    def what_was_answered(self, asked: Append, same: bool) -> None:
        fingerprint = asked.fingerprint if same else b"another body"
        verdict = self.wait(self.bed.log.answered(asked.command_id, fingerprint))
        kept = self.model.commands.get(asked.command_id)
        if kept is None:
            assert verdict is None
            return
        assert verdict
        # Put back, the log may first have been asked for the other thing.
        said = "duplicate" if kept.fingerprint in (None, fingerprint) else "reused"
        assert verdict == Verdict(said, kept.position, kept.published, kept.answer)  # type: ignore[arg-type]


# ── Where it is asked ────────────────────────────────────────────────────────────────────────────────────────────────


class Bed:
    """A log of one's own, two batchers that write to it as two processes do, and somebody who restores."""

    def __init__(self, databases: Databases, url: str, keys: KeyRing) -> None:
        self.databases = databases
        self.url = url
        self.keys = keys
        self.name: UUID
        self.log: EventLog
        self.pool: asyncpg.Pool
        self.writers: list[Writer] = []
        self._copy: str | None = None

    @property
    def database(self) -> str:
        return self.url.rpartition("/")[2]

    async def begin(self) -> None:
        """An empty log."""
        owner = await asyncpg.connect(self.databases.cluster.url(self.database))
        await owner.execute("TRUNCATE log.events, log.commands, log.claims, log.identity")
        await owner.close()
        await self._open()

    async def _open(self) -> None:
        self.pool = await asyncpg.create_pool(self.url, min_size=0, max_size=4)
        self.log = EventLog(self.pool, b"secret", Catalogue(()), self.keys)
        async with self.pool.acquire() as connection:
            identity = await identities.open_log(connection)
        self.name = identity.log_id
        self.writers = [Writer(self.url, self.name) for _ in range(2)]
        for writer in self.writers:
            writer.go()

    async def end(self) -> None:
        for writer in self.writers:
            await writer.rest()
        await self.pool.close()

    async def ask(self, asked: Sequence[tuple[int, Run]], *, cut: bool) -> list[list[Verdict]]:
        waiting = [asyncio.create_task(self.writers[writer].batcher.append_run(run)) for writer, run in asked]
        if cut:
            await asyncio.sleep(0)
            connections = [writer.batcher._connection for writer in self.writers]
            pids = [c.get_server_pid() for c in connections if c and not c.is_closed()]
            await self.pool.execute("SELECT pg_terminate_backend(pid) FROM unnest($1::int[]) pid", pids)
        return await asyncio.gather(*waiting)

    async def copy(self) -> None:
        """A backup: nobody may be connected while it is made."""
        await self.end()
        self._copy = await self.databases.copy(self.database, "registry")
        await self._open()

    async def put_back(self) -> None:
        assert self._copy
        await self.end()
        await self.databases.change_places(self.database, self._copy)
        await self._open()

    async def read(self) -> Model:
        """All that is there."""
        async with self.pool.acquire() as connection:
            facts = await connection.fetch(
                "SELECT position, stream_id, version, event_id, published, person_id FROM log.events ORDER BY position"
            )
            commands = await connection.fetch("SELECT * FROM log.commands")
            claims = await connection.fetch("SELECT key, kind, holder, person_id FROM log.claims")
            falls = await connection.fetchval(
                "SELECT count(*) FROM log.events e JOIN log.events f ON f.position = e.position + 1 "
                "AND f.recorded_at < e.recorded_at"
            )
            lineage = await connection.fetch(
                "SELECT log_id, begins_after, begins_after_position FROM log.identity ORDER BY ordinal"
            )
        assert falls == 0
        return Model(
            [Row(*row) for row in facts],
            {
                row["command_id"]: Kept(
                    row["fingerprint"], row["person_id"], row["position"], row["published"], orjson.loads(row["answer"])
                )
                for row in commands
            },
            {row["key"]: (row["kind"], row["holder"], row["person_id"]) for row in claims},
            [LogName(*row) for row in lineage],
        )


async def test_the_log_is_what_its_writers_were_told(databases: Databases, seed: int) -> None:
    async with asyncpg.create_pool(await databases.keys(), min_size=1, max_size=2) as keys:
        bed = Bed(databases, await databases.log(), KeyRing(keys, b"0" * 32))
        await hunt(lambda loop: LogMachine(loop, bed), examples=10, seed=seed)
