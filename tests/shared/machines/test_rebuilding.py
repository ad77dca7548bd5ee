"""A view is rebuilt while facts are written, and whatever befalls the rebuild: what is switched in is what was told."""

import asyncio
from pathlib import Path
from uuid import UUID

import pytest
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, MultipleResults, initialize, invariant, multiple, precondition, rule

from shared import database, parking
from shared.errors import Refused
from shared.feed import FeedUnavailable
from shared.hearing import Fenced, Transient
from shared.viewing import REBUILD_UNDER_WAY, Made, drop_formers, make
from tests.servers import Nats
from tests.shared.machines.gate import Gate
from tests.shared.machines.hearsay import VIEW
from tests.shared.machines.lane import Lane
from tests.shared.machines.machine import Machine, hunt
from tests.shared.street import Databases, rows
from tests.shared.tiny import Depart, Forget, Note, Register, Rename

LOCKED = ("rebuild.locked", "rebuild.compared", "rebuild.switched")
POINTS = ("rebuild.begun", "viewing.moved", "viewing.committed", "parking.written", "rebuild.heard", *LOCKED)
ASLEEP = ("rebuild.heard", "rebuild.begun", "viewing.committed")
"""Where a rebuild keeps no other from beginning."""
_LONG_SECONDS = 1.0

PEOPLE: Bundle[UUID] = Bundle("people")


class Build:
    """A rebuild under way in one process."""

    def __init__(self, lane: Lane, which: int) -> None:
        self.runtime = lane.hearers[which % len(lane.hearers)]
        (view,) = self.runtime.service.views
        self.task: asyncio.Task[Made] = asyncio.create_task(make(self.runtime, view))

    async def ended(self, *, killed: bool = False) -> None:
        """It is through: nothing differed, or it was not to be had now."""
        outcome: Made | BaseException
        (outcome,) = await asyncio.gather(self.task, return_exceptions=True)
        if isinstance(outcome, Made):
            assert outcome.differences == []
        elif isinstance(outcome, Refused):
            assert outcome.refusal is REBUILD_UNDER_WAY
        elif not isinstance(outcome, Fenced | Transient | FeedUnavailable | asyncio.CancelledError):
            assert killed or database.lost(outcome), repr(outcome)


class RebuildingMachine(Machine):
    """Two services speak, the enterprise writes too; its view is rebuilt, once or twice at a time."""

    def __init__(self, loop: asyncio.AbstractEventLoop, lane: Lane) -> None:
        super().__init__(loop)
        self.lane = lane
        self.copied = False
        self.restores = 0
        self.processes = 1
        self.poisoned: set[UUID] = set()
        self.builds: list[Build] = []
        self.take(lane.begin())

    def teardown(self) -> None:
        if self.well:
            self.take(self._to_the_end())
        if not self.well:
            self.wait(self._give_up())

    async def _to_the_end(self) -> None:
        self.lane.gate.open()
        await self._ended()
        await self.lane.quiet()
        last = Build(self.lane, 0)
        await last.ended()
        assert isinstance(last.task.result(), Made)
        await drop_formers(self.lane.hearers[0], self.lane.hearers[0].service.views[0])
        await self.lane.look()

    async def _ended(self) -> None:
        while self.builds:
            await self.builds.pop().ended()

    async def _give_up(self) -> None:
        for build in self.builds:
            build.task.cancel()
        await asyncio.gather(*(build.task for build in self.builds), return_exceptions=True)
        await self.lane.leave()

    # What is said

    @initialize(target=PEOPLE)
    def somebody_is_there(self) -> MultipleResults[UUID]:
        return self._register(3)

    @rule(target=PEOPLE, how_many=st.integers(1, 3))
    def register(self, how_many: int) -> MultipleResults[UUID]:
        return self._register(how_many)

    def _register(self, how_many: int) -> MultipleResults[UUID]:
        return multiple(*[self.take(self.lane.say("registry", Register("", "Siti"))) for _ in range(how_many)])

    @rule(person=PEOPLE, what=st.sampled_from(("rename", "forget", "depart", "note")))
    def say(self, person: UUID, what: str) -> None:
        self.take(self._say(person, what))

    async def _say(self, person: UUID, what: str) -> None:
        if what == "depart":
            await self.lane.say("migration_service", Depart(person))
        elif what == "note":
            await self.lane.say("enterprise", Note(person, "seen"))
        elif await self.lane.knows(person):
            await self.lane.say("registry", Forget(person) if what == "forget" else Rename(person, "Siti Aminah"))

    # Rebuilding

    @rule(which=st.integers(0, 1), stop=st.sampled_from(POINTS))
    def rebuild(self, which: int, stop: str) -> None:
        self.take(self._rebuild(which, stop))

    @rule(which=st.integers(0, 1))
    def rebuild_meanwhile(self, which: int) -> None:
        self.take(self._rebuild(which, None))

    async def _rebuild(self, which: int, stop: str | None) -> None:
        """It goes on by itself, or comes as far as *stop*. Another one waits for locks, so there is none then."""
        self.builds = [build for build in self.builds if not await self._is_through(build)]
        if len(self.builds) < 2 and not self._locked():
            build = Build(self.lane, which)
            self.builds.append(build)
            await self._as_far_as(build, stop)

    async def _as_far_as(self, build: Build, stop: str | None) -> None:
        if stop:
            self.lane.gate.freeze(stop, build.task)
            await self.lane.gate.held_or_done(build.task, _LONG_SECONDS)

    async def _is_through(self, build: Build) -> bool:
        if build.task.done():
            await build.ended()
        return build.task.done()

    def _locked(self) -> bool:
        return any(self.lane.gate.held.get(build.task) in LOCKED for build in self.builds)

    @rule(stop=st.sampled_from((None, *POINTS)))
    def go_on(self, stop: str | None) -> None:
        self.take(self._go_on(stop))

    async def _go_on(self, stop: str | None) -> None:
        self.lane.gate.open()
        if not self.builds:
            await self._rebuild(0, stop)
        for build in self.builds[:1]:
            await self._as_far_as(build, stop)

    @rule()
    def through(self) -> None:
        self.take(self._through())

    async def _through(self) -> None:
        self.lane.gate.open()
        await self._ended()

    @rule(what=st.sampled_from(("cancelled", "crashed", "lease lost")), which=st.integers(0, 1))
    def cut_off(self, what: str, which: int) -> None:
        """Who asked for it went away, its process died, or it slept for so long that another may begin."""
        match what:
            case "cancelled":
                self.take(self._cancel())
            case "crashed":
                self.processes = max(1, self.processes - 1)
                self.take(self._crash(which))
            case _:
                self.take(self._lose_the_lease())

    async def _cancel(self) -> None:
        if self.builds:
            build = self.builds.pop()
            build.task.cancel()
            await build.ended()

    async def _crash(self, which: int) -> None:
        killed = await self.lane.crash(which)
        for build in [build for build in self.builds if build.runtime is killed]:
            self.builds.remove(build)
            build.task.cancel()
            await build.ended(killed=True)
        # What its rebuild held when it could not give it up any more.
        await rows(self.lane.hearers[0], "DELETE FROM log.leases WHERE holder = $1", killed.process)

    async def _lose_the_lease(self) -> None:
        for build in self.builds:
            build.runtime.leases._until[f"{VIEW} making"] = 0.0
        await rows(self.lane.hearers[0], "DELETE FROM log.leases WHERE name = $1", f"{VIEW} making")

    @rule(stop=st.sampled_from(ASLEEP), stop_of_other=st.sampled_from(POINTS))
    def one_sleeps_while_another_begins(self, stop: str, stop_of_other: str) -> None:
        """And then wakes, wherever the other is."""
        if self.processes < 2:
            self.another_process()
        self.take(self._one_sleeps(stop, stop_of_other))

    async def _one_sleeps(self, stop: str, stop_of_other: str) -> None:
        await self._through()
        await self._rebuild(0, stop)
        await self._lose_the_lease()
        await self._rebuild(1, stop_of_other)
        sleeper, *others = self.builds
        if others:
            self.lane.gate.release(sleeper.task)
            await asyncio.wait({sleeper.task}, timeout=_LONG_SECONDS)

    # What else befalls them

    @precondition(lambda self: len(self.poisoned) < parking.MOST_A_MINUTE // 4)
    @rule(person=PEOPLE)
    def poison(self, person: UUID) -> None:
        self.poisoned.add(person)
        self.lane.faults.at.add(person)

    @rule(what=st.sampled_from(("cure", "replay", "drop")))
    def operate(self, what: str) -> None:
        if what == "cure":
            self.lane.faults.at.clear()
        else:
            self.take(self._operate(what))

    async def _operate(self, what: str) -> None:
        """What would wait for a rebuild that stands still is left."""
        if self._locked():
            return
        runtime = self.lane.hearers[-1]
        if what == "replay":
            await parking.replay(runtime, None, None)
        else:
            await drop_formers(runtime, runtime.service.views[0])

    @precondition(lambda self: self.processes < 2)
    @rule()
    def another_process(self) -> None:
        self.processes += 1
        self.take(self.lane.another())

    @precondition(lambda self: self.restores < 2)
    @rule(grown=st.integers(0, 3))
    def copy_it_or_put_it_back(self, grown: int) -> None:
        self.copied = not self.copied
        self.restores += not self.copied
        self.take(self.lane.copy_it() if self.copied else self.lane.put_it_back(grown))

    @rule()
    def listen(self) -> None:
        self.take(self.lane.a_moment())

    # What must be so whatever was done

    @invariant()
    def it_is_as_was_told(self) -> None:
        self.take(self.lane.look())


async def test_what_is_switched_in_is_what_was_told_whatever_is_written_and_befalls_the_rebuild(
    databases: Databases, bus: Nats, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, seed: int
) -> None:
    gate = Gate(monkeypatch)
    lane = Lane(databases, bus, tmp_path, gate, ("registry", "migration_service"))
    gate.watch("rebuild.compared", lane.look_beside)
    try:
        await hunt(lambda loop: RebuildingMachine(loop, lane), examples=5, seed=seed)
    finally:
        await lane.leave()
