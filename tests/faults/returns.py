"""Returns at a steady rate, whatever becomes of them, and readers of every roster beside them.

``python -m tests.faults.returns`` is a program of its own, so that what goes on in a test does not hold it up. It reads
a `Plan` from its standard input, one line of JSON, and sends until that input ends; then it waits for what is under way
and writes a `Report`. `Returns` runs it from a test.

A client of a regency: it sends again, with the same key and over a new connection, what was cut off and what was
answered 503, and nothing else. Every other answer that is not what it must be is a failure, and so is a return that a
roster does not show when it is asked with that return's Event-Position.
"""

import asyncio
import itertools
import statistics
import sys
import time
from collections import Counter
from collections.abc import AsyncIterator, Coroutine, Sequence
from contextlib import asynccontextmanager
from dataclasses import asdict, dataclass, field
from datetime import timedelta
from typing import Any

import aiohttp
import orjson
import stamina.instrumentation
import uvloop

from deploy.command.calls import COOPERATIVE, ENTERPRISE, MIGRATION, PARENTING, REGISTRY, Calls, Reply, _NotNow
from deploy.command.failures import Unreachable
from deploy.house import House
from tests.faults.life import CAME_HOME, Trip
from tests.houses import KENANGA, KURIPAN

ONCE_ONLY = 4
"""Every so many-th sending has a connection of its own: some callers keep theirs, and some do not."""
ASKED_ABOUT = 20
"""After every so many-th return every service is asked what it makes of it."""
READERS = 2
READ_EVERY_SECONDS = 0.2
"""Each reader reads a list, then a person, then rests for so long."""
STANDING = {"leave": "on_leave", "died": "deceased"}

LISTS = (
    (ENTERPRISE, "/training-roster"),
    (COOPERATIVE, "/prospects"),
    (PARENTING, "/children"),
    (MIGRATION, "/trips"),
    (REGISTRY, "/persons"),
    (MIGRATION, "/service-files"),
    (ENTERPRISE, "/courses"),
    (COOPERATIVE, "/groups"),
    (REGISTRY, "/households"),
)


@dataclass(frozen=True, slots=True)
class Plan:
    """What to send: *homecomings* are (worker, trip, reason), *rate* of them a second.

    *hanging_seconds*: for how long a request is sent again that got no answer in *timeout_seconds*; 0 for never.
    """

    addresses: dict[str, str]
    token: str
    rate: float
    homecomings: list[tuple[str, str, str]]
    timeout_seconds: float
    hanging_seconds: float


@dataclass(slots=True)
class Report:
    """What became of it. *answered*: the trips whose return was answered 2xx. Times are in milliseconds."""

    answered: list[str] = field(default_factory=list)
    sent: int = 0
    repeated: int = 0
    """How many more were sent once everybody was home: the same returns again."""
    seconds: float = 0.0
    reads: int = 0
    again: dict[str, int] = field(default_factory=dict)
    """Sendings that were repeated, by why."""
    failures: list[str] = field(default_factory=list)
    write_p50: float = 0.0
    write_p99: float = 0.0
    write_longest: float = 0.0
    read_p50: float = 0.0
    read_p99: float = 0.0
    read_longest: float = 0.0
    late: float = 0.0
    """How much later than planned a return was sent at most: the program's own fault."""

    def __str__(self) -> str:
        return (
            f"{self.sent} returns and {self.repeated} of them again in {self.seconds:.1f} s "
            f"({(self.sent + self.repeated) / self.seconds:.0f}/s), {self.reads} reads, "
            f"{len(self.failures)} failures, again {self.again}; writes p50 {self.write_p50:.0f} p99 "
            f"{self.write_p99:.0f} longest {self.write_longest:.0f} ms; reads p50 {self.read_p50:.0f} p99 "
            f"{self.read_p99:.0f} longest {self.read_longest:.0f} ms; sent late by {self.late:.0f} ms at most"
        )


class Caller(Calls):
    """Counts what it has to send again."""

    def __init__(self, plan: Plan) -> None:
        super().__init__(
            plan.addresses,
            lambda: plan.token,
            patience_seconds=60.0,
            hanging_seconds=plan.hanging_seconds,
            timeout_seconds=plan.timeout_seconds,
        )
        self.again: Counter[str] = Counter()
        self._sendings = itertools.count()

    async def _once(
        self, service: str, method: str, path: str, *, session: aiohttp.ClientSession | None, **sent: Any
    ) -> Reply:
        if next(self._sendings) % ONCE_ONLY == 0:
            session = self._once_only
        try:
            return await super()._once(service, method, path, session=session, **sent)
        except _NotNow as not_now:
            self.again[f"{service}: {not_now}"] += 1
            raise
        except TimeoutError:
            self.again[f"{service}: no answer"] += 1
            raise
        except aiohttp.ClientError as lost:
            self.again[f"{service}: {type(lost).__name__}"] += 1
            raise


class Sending:
    """One run of a plan."""

    def __init__(self, plan: Plan, calls: Caller) -> None:
        self._plan = plan
        self._calls = calls
        self._report = Report()
        self._writes: list[float] = []
        self._reads: list[float] = []
        self._last: str | None = None
        self._ids: dict[str, str] = {}
        self._tasks: set[asyncio.Task[None]] = set()

    async def run(self, ended: asyncio.Event) -> Report:
        """Send until *ended*; once all are home, the same returns again with the same keys."""
        report, plan = self._report, self._plan
        began = time.monotonic()
        readers = [asyncio.create_task(self._read(n, ended)) for n in range(READERS)]
        for n, homecoming in enumerate(itertools.cycle(plan.homecomings)):
            due = began + n / plan.rate
            await asyncio.sleep(max(0.0, due - time.monotonic()))
            if ended.is_set():
                break
            report.late = max(report.late, (time.monotonic() - due) * 1000)
            report.sent = min(n + 1, len(plan.homecomings))
            report.repeated = n + 1 - report.sent
            self._begin(self._come_home(n, *homecoming))
        report.seconds = time.monotonic() - began
        await asyncio.gather(*readers)
        while self._tasks:
            await asyncio.wait(self._tasks)
        report.answered = list(self._ids)
        report.again = dict(self._calls.again)
        report.reads = len(self._reads)
        report.write_p50, report.write_p99, report.write_longest = _of(self._writes)
        report.read_p50, report.read_p99, report.read_longest = _of(self._reads)
        return report

    def _begin(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _come_home(self, n: int, worker: str, trip: str, reason: str) -> None:
        body = {"trip_id": trip, "returned_on": CAME_HOME, "reason": reason}
        began = time.perf_counter()
        try:
            reply = await self._calls.post(MIGRATION, "/returns", body, key=f"return-{trip}")
        except Unreachable as unreachable:
            self._report.failures.append(f"return {n}: {unreachable}")
            return
        self._writes.append((time.perf_counter() - began) * 1000)
        if reply.status != 201:
            self._report.failures.append(f"return {n}: {reply.status} {reply.slug}")
            return
        self._last = reply.position
        if self._ids.setdefault(trip, reply.body["id"]) != reply.body["id"]:
            self._report.failures.append(f"return {n}: sent again, it was answered with another id")
        if n % ASKED_ABOUT == 0:
            home = 200 if reason not in STANDING else 404
            await asyncio.gather(
                self._ask(ENTERPRISE, f"/training-roster/{worker}", reply.position, home),
                self._ask(COOPERATIVE, f"/prospects/{worker}", reply.position, home),
                self._ask(MIGRATION, f"/trips/{trip}", reply.position, 200),
                self._ask(REGISTRY, f"/persons/{worker}", reply.position, 200),
                self._ask(PARENTING, f"/children/{worker}", reply.position, 404),
            )

    async def _read(self, n: int, ended: asyncio.Event) -> None:
        """Lists and persons in turn, each other time with the position of the last return."""
        people = itertools.cycle(worker for worker, _, _ in self._plan.homecomings[n::READERS])
        villages = itertools.cycle(("", f"&region={KURIPAN}", f"&region={KENANGA[:2]}"))
        afters = itertools.cycle((False, False, True))
        for service, path in itertools.cycle(LISTS[n:] + LISTS[:n]):
            if ended.is_set():
                return
            after = self._last if next(afters) else None
            await self._ask(service, f"{path}?limit=50{next(villages)}", after, 200)
            roster, one = (ENTERPRISE, "/training-roster") if n % 2 else (COOPERATIVE, "/prospects")
            await self._ask(roster, f"{one}/{next(people)}", after, 200, 404)
            await asyncio.sleep(READ_EVERY_SECONDS)

    async def _ask(self, service: str, path: str, after: str | None, *statuses: int) -> None:
        began = time.perf_counter()
        asked = f"{service} {path.partition('?')[0]}{' after ' + after if after else ''}"
        try:
            reply = await self._calls.get(service, path, after=after)
        except Unreachable as unreachable:
            self._report.failures.append(f"{asked}: {unreachable}")
            return
        self._reads.append((time.perf_counter() - began) * 1000)
        if reply.status not in statuses:
            self._report.failures.append(f"{asked}: {reply.status} {reply.slug}")


def _of(took: Sequence[float]) -> tuple[float, float, float]:
    ordered = sorted(took) or [0.0]
    return statistics.median(ordered), ordered[min(len(ordered) - 1, int(len(ordered) * 0.99))], ordered[-1]


# ── From a test ──────────────────────────────────────────────────────────────────────────────────────────────────────


@asynccontextmanager
async def returning(
    house: House,
    trips: Sequence[Trip],
    *,
    reasons: Sequence[str],
    rate: float,
    timeout_seconds: float = 20.0,
    hanging_seconds: float = 0.0,
) -> AsyncIterator[Report]:
    """While the block runs, *trips* come home, *rate* a second; after it the report that was yielded is filled in.

    *reasons* are taken in turn. A trip whose return was answered stands from then on where that says.
    """
    said = Report()
    why = dict(zip((trip.trip_id for trip in trips), itertools.cycle(reasons), strict=False))
    token = house.issuer.mint("integrator", "*", subject="returns", ttl=timedelta(hours=1))
    homecomings = [(trip.worker_id, trip.trip_id, why[trip.trip_id]) for trip in trips]
    plan = Plan(house.addresses, token, rate, homecomings, timeout_seconds, hanging_seconds)
    program = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        __spec__.name,
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        limit=1 << 24,
    )
    if program.stdin is None or program.stdout is None:
        raise RuntimeError("it was given pipes")
    try:
        program.stdin.write(orjson.dumps(asdict(plan)) + b"\n")
        await program.stdin.drain()
        assert await program.stdout.readline() == b"begun\n"
        try:
            yield said
        finally:
            program.stdin.close()
            for name, value in orjson.loads(await program.stdout.read()).items():
                setattr(said, name, value)
            answered = set(said.answered)
            for trip in trips:
                if trip.trip_id in answered:
                    trip.standing = STANDING.get(why[trip.trip_id], "for_good")
        assert await program.wait() == 0
    finally:
        if program.returncode is None:
            program.kill()
            await program.wait()


async def _main() -> None:
    loop = asyncio.get_running_loop()
    told = asyncio.StreamReader(limit=1 << 26)
    await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(told), sys.stdin)
    plan = Plan(**orjson.loads(await told.readline()))
    ended = asyncio.Event()

    async def listen() -> None:
        await told.read()
        ended.set()

    listening = asyncio.create_task(listen())
    async with Caller(plan) as calls:
        sys.stdout.write("begun\n")
        sys.stdout.flush()
        report = await Sending(plan, calls).run(ended)
    await listening
    sys.stdout.buffer.write(orjson.dumps(asdict(report)))


if __name__ == "__main__":
    stamina.instrumentation.set_on_retry_hooks([])  # what is sent again is counted, not told line by line
    uvloop.run(_main())
