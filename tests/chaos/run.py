"""One run: a house, clients and a nemesis; then everything is healed, heard and held against the history."""

import asyncio
import itertools
import random
import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from uuid import UUID

from deploy import SERVICES
from shared import ids
from tests.chaos import checks, evidence
from tests.chaos.checks import Accepted
from tests.chaos.clients import SUBJECT, Client, witnesses
from tests.chaos.faults import ALL
from tests.chaos.history import History, Request, read
from tests.chaos.house import REPLICAS, ChaosHouse
from tests.chaos.nemesis import Ears, Nemesis, Round, rounds
from tests.chaos.proxy import Links
from tests.faults.life import Clients, disagreements, of_accepted

CLIENTS = 8
FAULTS = 12
_MEGABYTES_A_MINUTE = 16
_MOST_FINDINGS = 40


@dataclass(frozen=True, slots=True)
class Run:
    """What is to be done: so many *faults*, no kind twice before each was made once; or go on for so many *minutes*.

    *only*: these kinds alone.
    """

    seed: int
    folder: Path
    faults: int = FAULTS
    minutes: float | None = None
    only: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        for name in self.only:
            if name not in ALL:
                raise ValueError(f"no fault {name!r}; there are: {', '.join(sorted(ALL))}")

    def planned(self) -> Iterator[Round]:
        """The faults, in their order."""
        every = rounds(self.seed, self.only)
        if self.minutes is not None:
            ends = time.monotonic() + 60 * self.minutes
            yield from itertools.takewhile(lambda _: time.monotonic() < ends, every)
            return
        wanted = self.faults
        for one in every:
            wanted -= len(one.kinds)
            yield one
            if wanted <= 0:
                return


@dataclass(slots=True)
class Outcome:
    """What became of it; *findings*: all that should not be."""

    findings: list[str] = field(default_factory=list)
    requests: list[Request] = field(default_factory=list)
    made: list[str] = field(default_factory=list)
    passed_over: dict[str, str] = field(default_factory=dict)
    lost: list[str] = field(default_factory=list)
    lives: int = 0
    seconds: float = 0.0

    def __str__(self) -> str:
        writes = Counter(request.outcome for request in self.requests if request.asked.key)
        sendings = sum(len(request.sendings) for request in self.requests)
        reads = sum(not request.asked.key for request in self.requests)
        return (
            f"{len(self.made)} faults, {self.lives} lives, {sum(writes.values())} writes {dict(writes)}, "
            f"{reads} reads, {sendings} sendings, {len(self.lost)} acknowledged writes lost with a database that was "
            f"put back; {len(self.findings)} findings; {self.seconds:.0f} s"
        )


async def run(what: Run, say: Callable[[str], None]) -> Outcome:
    """Do it; *say* is told each fault and what came of it."""
    began = time.monotonic()
    what.folder.mkdir(parents=True, exist_ok=True)
    outcome = Outcome()
    jumping = random.Random(f"{what.seed} clock")  # noqa: S311 - the same seed has the same clock wrong
    with Links() as links:
        house = ChaosHouse(
            what.folder / "data",
            links,
            seed=what.seed,
            jumping=(jumping.choice(SERVICES), jumping.randint(1, REPLICAS)),
            disk_megabytes=64 + int(_MEGABYTES_A_MINUTE * (what.minutes or 0)),
            say=lambda _: None,
        )
        await asyncio.to_thread(house.start)
        try:
            say(f"{len(SERVICES) * REPLICAS} processes after {time.monotonic() - began:.1f} s")
            accepted = await _storm(house, what, outcome, say)
            async with Clients(house, "operator") as operator, Clients(house) as calls:
                outcome.findings += await _hold_against(operator, calls, accepted)
            say(f"words lost on purpose: {house.lost_words}")
        finally:
            await asyncio.to_thread(house.stop)
    for name, why in outcome.passed_over.items():
        say(f"not made here: {name}: {why}")
    if outcome.lost:
        say(f"lost with the database: {', '.join(outcome.lost)}")
    for finding in outcome.findings[:_MOST_FINDINGS]:
        say(finding)
    outcome.seconds = time.monotonic() - began
    say(str(outcome))
    return outcome


async def _storm(house: ChaosHouse, what: Run, outcome: Outcome, say: Callable[[str], None]) -> Accepted:
    """Clients go on for as long as the nemesis does; what happened is in *outcome* then, and what was accepted."""
    history = History(what.folder / "history.jsonl")
    ended = asyncio.Event()
    async with Ears(house) as ears:
        nemesis = Nemesis(house, ears, history, what.folder, say)
        patient, hasty = witnesses(house, history)
        clients = [Client(n, CLIENTS, what.seed, patient, hasty) for n in range(CLIENTS)]
        async with patient, hasty, asyncio.TaskGroup() as group:
            for client in clients:
                group.create_task(client.run(ended))
            await nemesis.run(what.planned())
            ended.set()
        seconds, lagging = await ears.until_heard()
    say(f"all healed and written, all heard {seconds:.1f} s after")
    history.close()
    outcome.lives = sum(client.lived for client in clients)
    outcome.made, outcome.passed_over = nemesis.made, nemesis.passed_over
    outcome.findings += [f"not-healed: {one}" for one in (*nemesis.never_healed, *lagging)]
    outcome.requests = read(history.path.read_bytes().splitlines())
    put_back = [service for service, _ in nemesis.put_back]
    logs = await evidence.gather(house)
    secrets = {service: bytes.fromhex(house._secrets.get(f"log-secret-{service}")) for service in SERVICES}

    def command_id(request: Request) -> UUID:
        asked = request.asked
        return ids.command_id(secrets[asked.service], SUBJECT, asked.operation, asked.key)

    every = checks.judged(outcome.requests, logs, command_id)
    outcome.lost = [str(one) for one in every if one.lost and not one.there]
    outcome.findings += [
        *checks.writes(every),
        *checks.answers(every),
        *checks.reused(outcome.requests, every),
        *checks.races(every),
        *checks.strangers(outcome.requests, logs, command_id),
        *checks.order(logs),
        *checks.real_time(every),
        *checks.reactions(logs),
        *checks.keys(logs),
        *checks.names(logs, put_back),
        *checks.reads(outcome.requests, every, logs),
    ]
    if outcome.lost and not put_back:
        outcome.findings.append("lost: nothing was put back")
    return checks.accepted(every, logs, put_back)


async def _hold_against(operator: Clients, calls: Clients, accepted: Accepted) -> list[str]:
    """Every roster is the fold of what was accepted and of what was published; a rebuilt one is the live one."""
    try:
        said, found = await disagreements(operator, calls, accepted.refused)
    except AssertionError as error:  # a list that names somebody twice
        return [f"rosters: {error}"]
    meant = of_accepted(accepted.trips)
    whose = {person for trip in accepted.trips for person in (trip.worker_id, trip.spouse_id, trip.child_id) if person}
    for name in ("training", "prospects", "children", "workers", "died"):
        here, there = getattr(said, name), getattr(meant, name)
        for person in sorted(whose):
            if (is_so := _of(here, person)) != (was_accepted := _of(there, person)):
                found.append(f"fold: {name}: {person} is {is_so}, accepted was {was_accepted}")
    if accepted.whole and said.standings != meant.standings:
        found.append(f"fold: figures are {said.standings}, accepted was {meant.standings}")
    return found


def _of(roster: dict[str, Any] | set[str], person: str) -> Any:
    return roster.get(person) if isinstance(roster, dict) else person in roster
