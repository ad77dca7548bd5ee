"""Where machines play: who speaks, the enterprise that hears, and all that can befall them, one thing at a time."""

import asyncio
import itertools
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from uuid import UUID

from shared import parking
from shared.runtime import Runtime
from tests.servers import Nats
from tests.shared import tiny
from tests.shared.machines.gate import Gate
from tests.shared.machines.hearsay import (
    BESIDE,
    Hearer,
    Reader,
    Sources,
    all_is_heard,
    heard,
    reactions_are_as_told,
    view_is_as_told,
)
from tests.shared.machines.post import Post
from tests.shared.street import Databases, Street, do, rows, sweep, until

_QUIET_SECONDS = 20.0
_A_MOMENT_SECONDS = 0.25
_MOST_EXAMPLES = 10
"""After so many there is a new street: every step reads all that was ever said there."""


class Lane:
    """Any number of processes of the enterprise hear each of *names*, which has one process."""

    def __init__(self, databases: Databases, bus: Nats, folder: Path, gate: Gate, names: tuple[str, ...]) -> None:
        self.gate = gate
        self.names = names
        self.faults = tiny.Faults()
        self.post = Post()
        self.speakers: dict[str, Runtime] = {}
        self.hearers: list[Runtime] = []
        self.street: Street
        self.sources: Sources
        self.copy: str | None = None
        self._reader: Reader
        self._databases = databases
        self._bus = bus
        self._folder = folder
        self._there = False
        self._examples = 0
        self._asked = itertools.count(1)
        self._found: list[AssertionError] = []

    # Coming and going

    async def begin(self) -> None:
        """Everybody is there and well; from examples before, what they said still stands."""
        self._examples += 1
        if self._examples % _MOST_EXAMPLES == 0:
            await self.leave()
        if self._there:
            while len(self.hearers) > 1:
                await self.crash(-1)
            return
        self._there = True
        await sweep(self._bus)
        self.street = Street(self._databases, self._bus, self._folder)
        self._reader = Reader(self.street)
        self.sources = Sources(self._reader, self.names)
        self.faults, self.post, self.copy = tiny.Faults(), Post(), None
        self.speakers = {name: await self.street.start(tiny.service(name)) for name in self.names}
        self.hearers = []
        await self.another()
        await until(lambda: not self.hearers[0].readiness, why="not ready")

    async def leave(self) -> None:
        """All of it goes; the next example begins on another street."""
        self.gate.open()
        self._found.clear()
        if self._there:
            self._there = False
            await self._reader.close()
            for runtime in list(self.street.running):
                await self.street.crash(runtime)

    async def another(self) -> None:
        """One more process of the enterprise."""
        runtime = await self.street.prepare(tiny.enterprise(self.faults, *self.names))
        self.post.between(runtime.bus)
        await runtime.start()
        self.hearers.append(runtime)

    async def crash(self, which: int) -> Runtime:
        """One process is killed; its leases have run out when this returns, and another is there."""
        runtime = self.hearers.pop(which % len(self.hearers))
        await self.street.crash(runtime)
        if not self.hearers:
            await self.another()
        await rows(self.hearers[0], "DELETE FROM log.leases WHERE holder = $1", runtime.process)
        return runtime

    def all_active(self, *, active: bool) -> None:
        """Every process believes that it holds every lease, or those that are no stand-by hold their own again."""
        for runtime in self.hearers:
            runtime.leases._until |= {s.name: float("inf") if active else 0.0 for s in runtime.subscriptions}
            runtime.leases._got.set()

    async def copy_it(self) -> None:
        """A backup of the registry."""
        async with self._closed() as database:
            self.copy = await self._databases.copy(database, "registry")

    async def put_it_back(self, grown: int) -> None:
        """The registry is what it was when it was copied, and says *grown* words before anybody hears of it."""
        assert self.copy
        shut = "registry" in self.street.closed
        self.street.closed.add("registry")
        async with self._closed() as database:
            await self._databases.change_places(database, self.copy)
            self.copy = None
        for _ in range(grown):
            await self.say("registry", tiny.Register("", "Dewi"))
        if not shut:
            self.street.closed.discard("registry")

    @asynccontextmanager
    async def _closed(self) -> AsyncIterator[str]:
        """Nobody has the registry's database open until the end of the block; then it is there again."""
        await self.sources.listen()
        async with self._reader.alone:
            await self._reader.close("registry")  # only now: a rebuild under way reads too
            await self.street.stop(self.speakers["registry"])
            settings = await self.street.settings("registry")
            yield settings.database_url.get_secret_value().rpartition("/")[2]
            self.speakers["registry"] = await self.street.start(tiny.service("registry"))

    # Saying

    def key(self) -> str:
        """A key that nobody has used."""
        return f"key {next(self._asked)}"

    async def say(self, name: str, command: object, key: str | None = None) -> UUID:
        """*name* carries out *command*; the id in its answer."""
        runtime = self.hearers[0] if name == "enterprise" else self.speakers[name]
        done = await do(runtime, command, key or self.key())
        return UUID(done.answer.body["id"])

    async def knows(self, person: UUID) -> bool:
        """Whether the registry, perhaps put back, has this person."""
        return bool((await self.speakers["registry"].log.history(person)).events)

    # Looking

    async def look(self) -> Hearer:
        """What is so at every instant is so now."""
        if self._found:
            raise self._found[0]
        hearer = await heard(self._reader)
        await self.sources.listen()
        view_is_as_told(hearer, self.sources)
        reactions_are_as_told(hearer, self.sources)
        return hearer

    async def look_beside(self) -> None:
        """The view that is about to be switched in is what its own checkpoints say, and stands where the live one does.

        What is found is told at the next look: who builds the view would take it for a fault of its own.
        """
        try:
            beside = await heard(self._reader, BESIDE)
            await self.sources.listen()
            view_is_as_told(beside, self.sources, BESIDE)
            live, built = beside.view(), beside.view(BESIDE)
            assert not live or {s: live[s].number for s in live} == {s: built[s].number for s in built}
        except AssertionError as found:
            self._found.append(found)

    async def a_moment(self, *, whoever_stands: bool = False) -> None:
        """Until everything is heard or somebody stands still, or so long that it will not be."""
        loop = asyncio.get_running_loop()
        end = loop.time() + _A_MOMENT_SECONDS
        while loop.time() < end and (whoever_stands or not self.gate.held):
            if await self.is_quiet():
                return
            await asyncio.sleep(0.01)

    async def is_quiet(self) -> bool:
        """Whether everything that was said is heard, and nobody waits; and `look`."""
        hearer = await self.look()
        return all_is_heard(hearer, self.sources, self.hearers[0].followed())

    async def quiet(self) -> None:
        """Nothing goes wrong any more, what waits is replayed: then everything is heard, as it was said."""
        self.gate.open()
        self.post.holding = False
        self.post.bring(())
        self.street.closed.clear()
        self.faults.at.clear()
        self.all_active(active=False)

        async def there() -> bool:
            if not self.hearers[0].readiness:
                await parking.replay(self.hearers[0], None, None)
            return await self.is_quiet()

        try:
            await until(there, _QUIET_SECONDS)
        except AssertionError as error:
            stands = (await heard(self._reader)).stands
            said = {name: (self.sources.lineages[name][-1], len(self.sources.now(name))) for name in self.names}
            raise AssertionError(f"not heard: {self.hearers[0].readiness}, {stands} of {said}") from error
