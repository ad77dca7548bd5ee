"""One return's way through all five services, with what a caller sees before and after, and how long it takes.

Everything is told by id: the demo prints no name.
"""

import asyncio
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from rich.console import Console

from deploy.command.calls import COOPERATIVE, ENTERPRISE, MIGRATION, PARENTING, REGISTRY, Calls, Reply
from deploy.command.failures import Failure
from deploy.command.families import Family
from deploy.command.rules import HomeComing
from deploy.command.showing import table

_FOUND, _ABSENT = 200, 404


@dataclass(frozen=True, slots=True)
class Question:
    """What is asked of a service, and how its answer is told.

    *expected* is the status once the return is heard; None where another trip says where the worker stands.
    """

    service: str
    path: str
    told: Callable[[Any], str]
    absent: str
    expected: int | None

    def answer(self, reply: Reply) -> str:
        """The answer in words."""
        body = reply.must(_FOUND, _ABSENT)
        return self.told(body) if reply.status == _FOUND else self.absent


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


def questions(home_coming: HomeComing, family: Family | None, *, decides: bool) -> list[Question]:
    """What the five services are asked about this worker; *decides*: this return says where they stand."""
    worker, trip = home_coming.trip.worker_id, home_coming.trip.trip_id
    on_rosters = None if not decides else _FOUND if home_coming.reason == "contract_ended" else _ABSENT
    of_children = _ABSENT if decides else None
    asked = [
        Question(MIGRATION, f"/trips/{trip}", lambda body: f"trip: {body['standing']}", "no trip", _FOUND),
        Question(REGISTRY, f"/persons/{worker}", _alive, "not known", _FOUND),
        Question(ENTERPRISE, f"/training-roster/{worker}", lambda _: "on the roster", "not on the roster", on_rosters),
        Question(COOPERATIVE, f"/prospects/{worker}", lambda _: "on the roster", "not on the roster", on_rosters),
    ]
    asked += [
        Question(PARENTING, f"/children/{child}", lambda _: "child on the roster", "child not on it", of_children)
        for child in (family.children_ids if family else ())
    ]
    return asked


def _alive(person: Any) -> str:
    return f"died {person['died_on']}" if person["died_on"] else "alive"


async def follow(calls: Calls, home_coming: HomeComing, family: Family | None, *, decides: bool, key: str) -> Journey:
    """Post the return, and with its position ask every service at once.

    Raises:
        Failure: the return does not show up where it must.
    """
    asked = questions(home_coming, family, decides=decides)
    before = await asyncio.gather(*(calls.get(question.service, question.path) for question in asked))
    posted = await post(calls, home_coming, key)
    arrived = time.perf_counter()

    async def at(question: Question, earlier: Reply) -> Station:
        reply = await calls.get(question.service, question.path, after=posted.position)
        took = (time.perf_counter() - arrived) * 1000
        if question.expected not in (None, reply.status):
            raise Failure(f"{question.service} does not show the return: {question.answer(reply)}")
        return Station(question, question.answer(earlier), question.answer(reply), took)

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
    trip, home = journey.home_coming.trip, journey.home_coming
    console.print(
        f"Worker {trip.worker_id} (accepted line {trip.number}) departed on {trip.departed_on} and came home on "
        f"{home.on}: {home.reason}. From sending the return to its 201: {journey.posted_ms:.1f} ms. Then all five were "
        "asked at once with that After-Position; ms is from the 201 to the answer.",
        highlight=False,
    )
    shown = table("One return's way · perjalanan satu kepulangan", "service", "before", "after", "ms")
    for column in shown.columns[1:3]:
        column.justify = "left"
    for station in journey.stations:
        shown.add_row(station.question.service, station.before, station.after, f"{station.milliseconds:.1f}")
    console.print(shown)
