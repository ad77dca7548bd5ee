"""Whatever bus, source and processes do: rows and effects are what the checkpoints say was heard, at every instant."""

import asyncio
import contextlib
from collections.abc import Sequence
from pathlib import Path
from uuid import UUID

import pytest
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, MultipleResults, initialize, invariant, multiple, precondition, rule

from shared import parking
from tests.servers import Nats
from tests.shared.machines.gate import Cut, Gate
from tests.shared.machines.lane import Lane
from tests.shared.machines.machine import Machine, hunt
from tests.shared.street import Databases, until
from tests.shared.tiny import Forget, Note, Register, Rename

POINTS = (
    "viewing.heard", "viewing.moved", "viewing.taken", "viewing.committed",
    "reacting.carried_out", "reacting.answered", "reacting.moved", "reacting.committed",
    "parking.decided", "parking.written", "parking.parked",
    "back.view_dropped", "back.view_gone", "back.reactions_moved", "back.reactions_gone",
    "rebuild.begun", "rebuild.compared", "rebuild.switched",
)  # fmt: skip
REPLAYING = ("replay.released", "replay.leaving", "replay.left")
PICK = st.integers(0, 9)
_ON_ITS_WAY_SECONDS = 0.1

PEOPLE: Bundle[UUID] = Bundle("people")
SENT: Bundle[tuple[object, str]] = Bundle("sent")


class HearingMachine(Machine):
    """The registry speaks; a view and reactions hear it, in one process or two."""

    def __init__(self, loop: asyncio.AbstractEventLoop, lane: Lane) -> None:
        super().__init__(loop)
        self.lane = lane
        self.copied = False
        self.restores = 0
        self.processes = 1
        self.poisoned: set[UUID] = set()
        self.take(lane.begin())

    def teardown(self) -> None:
        if self.well:
            self.take(self.lane.quiet())
        if not self.well:
            self.wait(self.lane.leave())

    # What is said

    @initialize(target=PEOPLE)
    def somebody_is_there(self) -> MultipleResults[UUID]:
        return self._register(3)

    @rule(target=PEOPLE, how_many=st.integers(1, 3))
    def register(self, how_many: int) -> MultipleResults[UUID]:
        return self._register(how_many)

    def _register(self, how_many: int) -> MultipleResults[UUID]:
        return multiple(*[self.take(self.lane.say("registry", Register("", "Siti"))) for _ in range(how_many)])

    @rule(person=PEOPLE, what=st.sampled_from((Rename, Forget, Note)))
    def say(self, person: UUID, what: type) -> None:
        """Of a note nobody else hears."""
        self.take(self._say(person, what))

    async def _say(self, person: UUID, what: type) -> None:
        if await self.lane.knows(person):
            await self.lane.say("registry", Forget(person) if what is Forget else what(person, "Siti Aminah"))

    @rule(target=SENT)
    def register_as_a_client(self) -> tuple[object, str]:
        """Who sends it again later, also after the registry was put back to before it."""
        sent = (Register("", "Budi"), self.lane.key())
        self.take(self.lane.say("registry", *sent))
        return sent

    @rule(sent=SENT)
    def sent_again(self, sent: tuple[object, str]) -> None:
        self.take(self.lane.say("registry", *sent))

    # The bus

    @rule(how_many=st.integers(1, 3), picks=st.lists(st.tuples(PICK, st.booleans()), max_size=4))
    def disordered(self, how_many: int, picks: Sequence[tuple[int, bool]]) -> None:
        """Some words come in another order, some twice, some never; what is said after them comes well."""
        self.take(self._disordered(how_many, picks))

    async def _disordered(self, how_many: int, picks: Sequence[tuple[int, bool]]) -> None:
        post = self.lane.post
        post.holding = True
        for _ in range(how_many):
            await self.lane.say("registry", Register("", "Siti"))
        with contextlib.suppress(AssertionError):  # nobody may be listening
            await until(lambda: len(post.held) >= how_many, _ON_ITS_WAY_SECONDS)
        post.bring(picks)
        post.holding = False
        await self.lane.say("registry", Register("", "Siti"))
        await self.lane.a_moment()

    @rule(picks=st.lists(st.integers(0, 99), min_size=1, max_size=4))
    def come_again(self, picks: Sequence[int]) -> None:
        self.take(self._again(picks))

    async def _again(self, picks: Sequence[int]) -> None:
        queues = [s._queue for runtime in self.lane.hearers for s in runtime.subscriptions if s.source == "registry"]
        self.lane.post.again(picks, queues)

    @rule(what=st.sampled_from(("reconnects", "owner does not answer", "owner answers")))
    def line(self, what: str) -> None:
        self.take(self._line(what))

    async def _line(self, what: str) -> None:
        match what:
            case "reconnects":
                for runtime in self.lane.hearers:
                    runtime._nudge_all()
            case "owner does not answer":
                self.lane.street.closed.add("registry")
            case _:
                self.lane.street.closed.clear()

    @precondition(lambda self: self.restores < 2)
    @rule(grown=st.integers(0, 3))
    def copy_it_or_put_it_back(self, grown: int) -> None:
        self.copied = not self.copied
        self.restores += not self.copied
        self.take(self.lane.copy_it() if self.copied else self.lane.put_it_back(grown))

    # Poison

    @precondition(lambda self: len(self.poisoned) < parking.MOST_A_MINUTE // 4)
    @rule(person=PEOPLE)
    def poison(self, person: UUID) -> None:
        self.poisoned.add(person)
        self.lane.faults.at.add(person)
        self.say(person, Rename)
        self.listen()

    @rule()
    def cure(self) -> None:
        self.lane.faults.at.clear()

    @rule(cut=st.sampled_from((None, *REPLAYING)))
    def replay(self, cut: str | None) -> None:
        self.take(self._replay(cut))

    async def _replay(self, cut: str | None) -> None:
        """Cut off where it stands still; a connection that was to be lost may be this operator's, who says it again."""
        if cut:
            self.lane.gate.freeze(cut)
        replaying = asyncio.create_task(parking.replay(self.lane.hearers[-1], None, None))
        if await self.lane.gate.held_or_done(replaying):
            replaying.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await replaying
        else:
            with contextlib.suppress(Cut):
                replaying.result()

    # Processes

    @precondition(lambda self: self.processes < 2)
    @rule()
    def another_process(self) -> None:
        self.processes += 1
        self.take(self.lane.another())

    @rule(which=st.integers(0, 1))
    def crash(self, which: int) -> None:
        self.processes = max(1, self.processes - 1)
        self.take(self._crash(which))

    async def _crash(self, which: int) -> None:
        await self.lane.crash(which)

    @rule(point=st.sampled_from(POINTS))
    def a_zombie_wakes(self, point: str) -> None:
        """One stood still for so long that another took its place; it goes on where it was."""
        if self.processes < 2:
            self.another_process()
        self.take(self._zombie(point))

    async def _zombie(self, point: str) -> None:
        self.lane.all_active(active=True)
        self.lane.gate.freeze(point)
        for _ in range(2):
            await self.lane.say("registry", Register("", "Siti"))
            await self.lane.a_moment(whoever_stands=True)
        self.lane.gate.open()
        await self.lane.a_moment()
        self.lane.all_active(active=False)

    @rule(point=st.sampled_from(POINTS), lost=st.booleans())
    def cut(self, point: str, lost: bool) -> None:
        """The next one that comes there loses its connection, or stands still until it goes on or its process ends."""
        (self.lane.gate.lose if lost else self.lane.gate.freeze)(point)
        self._register(1)
        self.listen()

    @rule()
    def go_on(self) -> None:
        self.take(self._go_on())

    async def _go_on(self) -> None:
        self.lane.gate.open()

    @rule()
    def listen(self) -> None:
        self.take(self.lane.a_moment())

    # What must be so whatever was done

    @invariant()
    def it_is_as_was_told(self) -> None:
        self.take(self.lane.look())


async def test_at_every_instant_it_is_as_was_told_whatever_bus_and_source_and_processes_do(
    databases: Databases, bus: Nats, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, seed: int
) -> None:
    lane = Lane(databases, bus, tmp_path, Gate(monkeypatch), ("registry",))
    try:
        await hunt(lambda loop: HearingMachine(loop, lane), examples=5, seed=seed)
    finally:
        await lane.leave()
