"""One return's way through all five services, with what a caller sees before and after, and how long it takes.

Everything is told by id: the demo prints no name.
"""

import asyncio
import time
from dataclasses import dataclass

from rich.console import Console

from deploy.command.calls import COOPERATIVE, ENTERPRISE, MIGRATION, PARENTING, REGISTRY, Calls, Reply
from deploy.command.failures import Failure
from deploy.command.families import Family
from deploy.command.rules import HomeComing
from deploy.command.showing import table

_FOUND, _ABSENT = 200, 404


@dataclass(frozen=True, slots=True)
class Question:
    """What is asked of a service, and how its answer is told. *expected*: the status once the return is heard."""

    service: str
    path: str
    found: str
    absent: str
    expected: int | None = None

    def told(self, reply: Reply) -> str:
        """The answer in words."""
        return self.found if reply.must(_FOUND, _ABSENT) and reply.status == _FOUND else self.absent


@dataclass(frozen=True, slots=True)
class Station:
    """One service on the way. *milliseconds*: from the arrival of the return's answer to the arrival of this one."""

    question: Question
    before: str
    after: str
    milliseconds: float


@dataclass(frozen=True, slots=True)
class Journey:
    """The whole way. *posted_ms*: from sending the return to its 201."""

    home_coming: HomeComing
    posted_ms: float
    stations: tuple[Station, ...]


def questions(home_coming: HomeComing, family: Family | None) -> list[Question]:
    """What the five services are asked about this worker."""
    worker, trip = home_coming.trip.worker_id, home_coming.trip.trip_id
    for_good = home_coming.reason == "contract_ended"
    asked = [
        Question(MIGRATION, f"/trips/{trip}", "the trip", "no such trip", _FOUND),
        Question(REGISTRY, f"/persons/{worker}", "known, with the family", "unknown", _FOUND),
        Question(
            ENTERPRISE,
            f"/training-roster/{worker}",
            "on the training roster",
            "not on the training roster",
            _FOUND if for_good else _ABSENT,
        ),
        Question(
            COOPERATIVE,
            f"/prospects/{worker}",
            "a prospective member",
            "not a prospective member",
            _FOUND if for_good else _ABSENT,
        ),
    ]
    asked += [
        Question(PARENTING, f"/children/{child}", "child: a parent abroad", "child: no parent abroad", _ABSENT)
        for child in (family.children_ids if family else ())
    ]
    return asked


async def follow(calls: Calls, home_coming: HomeComing, family: Family | None, key: str) -> Journey:
    """Post the return, and with its position ask every service at once.

    Raises:
        Failure: the return does not show up where it must.
    """
    asked = questions(home_coming, family)
    before = await asyncio.gather(*(calls.get(question.service, question.path) for question in asked))
    posted = await post(calls, home_coming, key)
    arrived = time.perf_counter()

    async def at(question: Question, earlier: Reply) -> Station:
        reply = await calls.get(question.service, question.path, after=posted.position)
        took = (time.perf_counter() - arrived) * 1000
        if question.expected not in (None, reply.status):
            raise Failure(f"{question.service} does not show the return: {question.told(reply)}")
        return Station(question, question.told(earlier), question.told(reply), took)

    stations = await asyncio.gather(*(at(*pair) for pair in zip(asked, before, strict=True)))
    return Journey(home_coming, posted.milliseconds, tuple(stations))


async def post(calls: Calls, home_coming: HomeComing, key: str) -> Reply:
    """Record one return."""
    body = {
        "trip_id": home_coming.trip.trip_id,
        "returned_on": home_coming.on.isoformat(),
        "reason": home_coming.reason,
    }
    reply = await calls.post(MIGRATION, "/returns", body, key=key)
    reply.must()
    return reply


def show(journey: Journey, console: Console) -> None:
    """The way as a table."""
    trip = journey.home_coming.trip
    shown = table("One return's way · perjalanan satu kepulangan", "service", "before", "after", "ms")
    for column in shown.columns[1:3]:
        column.justify = "left"
    shown.add_row(
        MIGRATION, f"departed {trip.departed_on}", f"returned {journey.home_coming.on}", f"{journey.posted_ms:.1f}"
    )
    for station in journey.stations:
        shown.add_row(station.question.service, station.before, station.after, f"+{station.milliseconds:.1f}")
    console.print(f"Worker {trip.worker_id}, accepted line {trip.number}, home for reason {journey.home_coming.reason}")
    console.print(shown)
    console.print(
        "The first line: from sending the return to its 201. The others, asked at once with that After-Position: from "
        "the 201 to their own answer."
    )
