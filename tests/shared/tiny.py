"""Three services as small as services can be, under the real names of three: all the kernel, hardly any domain.

The *registry* registers a person under a number, notes things about nobody, erases. The *migration_service* lets a
worker leave. The *enterprise* hears both: a view of what each said, and a greeting to everybody registered.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Any, ClassVar
from uuid import UUID

import sqlalchemy as sa
from fastapi import APIRouter

from shared import ids
from shared.decider import Claim, Decider, Release
from shared.errors import Refusal, Refused
from shared.execute import Answer, Work
from shared.personal import Known, Personal
from shared.published import PublicEvent, migration_service, registry
from shared.reacting import Reactions
from shared.recorded import Recorded
from shared.service import Service
from shared.views import Change, Put, Remove, View
from shared.vocabulary import Occurred

KURIPAN = "33.07.10.2004"
DAY = date(2026, 11, 21)
NUMBER_TAKEN = Refusal("number-taken", 409, "Another person has this number.", "Nomor ini milik orang lain.")


@dataclass(frozen=True, slots=True, kw_only=True)
class Registered:
    name: ClassVar[str] = "Registered"
    schema_version: ClassVar[int] = 1
    about: ClassVar[str | None] = "person_id"
    erases: ClassVar[bool] = False
    occurred: Occurred
    person_id: UUID
    full_name: Personal[str]
    born: Personal[date] | None = None
    number: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Noted:
    """Private, about nobody; nobody else hears of it."""

    name: ClassVar[str] = "Noted"
    schema_version: ClassVar[int] = 1
    about: ClassVar[str | None] = None
    erases: ClassVar[bool] = False
    occurred: Occurred
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Forgotten:
    name: ClassVar[str] = "Forgotten"
    schema_version: ClassVar[int] = 1
    about: ClassVar[str | None] = "person_id"
    erases: ClassVar[bool] = True
    occurred: Occurred
    person_id: UUID


@dataclass(frozen=True, slots=True, kw_only=True)
class Departed:
    name: ClassVar[str] = "Departed"
    schema_version: ClassVar[int] = 1
    about: ClassVar[str | None] = "worker_id"
    erases: ClassVar[bool] = False
    occurred: Occurred
    worker_id: UUID
    trip_id: UUID


@dataclass(frozen=True, slots=True, kw_only=True)
class Greeted:
    name: ClassVar[str] = "Greeted"
    schema_version: ClassVar[int] = 1
    about: ClassVar[str | None] = "person_id"
    erases: ClassVar[bool] = False
    occurred: Occurred
    person_id: UUID


@dataclass(frozen=True, slots=True)
class Register:
    number: str
    full_name: str


@dataclass(frozen=True, slots=True)
class RegisterTwo:
    """Two persons in one history, each with a name of its own."""

    one: str
    other: str


@dataclass(frozen=True, slots=True)
class NameIn:
    """Another name for one of those in a history."""

    stream_id: UUID
    person_id: UUID
    full_name: str


@dataclass(frozen=True, slots=True)
class Rename:
    person_id: UUID
    full_name: str


@dataclass(frozen=True, slots=True)
class Note:
    stream_id: UUID
    text: str
    once: bool = False


@dataclass(frozen=True, slots=True)
class Forget:
    person_id: UUID


@dataclass(frozen=True, slots=True)
class Depart:
    worker_id: UUID


@dataclass(frozen=True, slots=True)
class Greet:
    person_id: UUID


Fact = Registered | Noted | Forgotten | Departed | Greeted


def _claims(fact: Fact) -> Iterable[Claim | Release]:
    match fact:
        case Registered(number=number, person_id=person_id) if number:
            return [Release("number", person_id), Claim("number", (number,), person_id, person_id)]
        case _:
            return ()


def _decide(_so_far: tuple[Fact, ...], facts: Sequence[Fact]) -> Sequence[Fact]:
    return facts


def _evolve(so_far: tuple[Fact, ...], fact: Fact) -> tuple[Fact, ...]:
    return (*so_far, fact)


HISTORY: Decider[tuple[Fact, ...], Fact, Sequence[Fact]] = Decider((), _decide, _evolve, _claims)
"""A history whose state is everything that happened, and which decides what it is told."""

TODAY = Occurred(DAY)


async def handle(work: Work, command: Any) -> Answer:
    """What every one of the three carries out."""
    match command:
        case Register(number, full_name):
            if number and await work.holder("number", number):
                raise Refused(NUMBER_TAKEN)
            person = work.new_id()
            fact = Registered(occurred=TODAY, person_id=person, full_name=Known(full_name), number=number)
            await work.decide(HISTORY, person, [fact])
            return Answer(201, {"id": str(person)}, version=work.version(person))
        case RegisterTwo(one, other):
            stream = work.new_id()
            for n, full_name in enumerate((one, other), 1):
                registered = Registered(occurred=TODAY, person_id=work.new_id(n), full_name=Known(full_name))
                await work.decide(HISTORY, stream, [registered])
            return Answer(201, {"id": str(stream)})
        case Rename(person_id, full_name):
            so_far = await work.state(HISTORY, person_id)
            last = [fact for fact in so_far if isinstance(fact, Registered) and fact.person_id == person_id][-1]
            await work.decide(HISTORY, person_id, [replace(last, full_name=Known(full_name))])
            return Answer(200, {"id": str(person_id)})
        case NameIn(stream_id, person_id, full_name):
            renamed = Registered(occurred=TODAY, person_id=person_id, full_name=Known(full_name))
            await work.decide(HISTORY, stream_id, [renamed])
            return Answer(200, {"id": str(stream_id)})
        case Note(stream_id, text, once):
            so_far = await work.state(HISTORY, stream_id)
            if not (once and so_far):
                await work.decide(HISTORY, stream_id, [Noted(occurred=TODAY, text=text)])
            return Answer(200, {"id": str(stream_id)}, version=work.version(stream_id))
        case Forget(person_id):
            so_far = await work.state(HISTORY, person_id)
            if not any(isinstance(fact, Forgotten) for fact in so_far):
                await work.decide(HISTORY, person_id, [Forgotten(occurred=TODAY, person_id=person_id)])
            return Answer(200, {"id": str(person_id)})
        case Depart(worker_id):
            trip = work.new_id()
            await work.decide(HISTORY, trip, [Departed(occurred=TODAY, worker_id=worker_id, trip_id=trip)])
            return Answer(201, {"id": str(trip)})
        case Greet(person_id):
            await work.decide(HISTORY, ids.stream_of("greeting", person_id), [greeted(person_id)])
            return Answer(200, {"id": str(person_id)})
        case _:
            raise TypeError(type(command).__name__)


def greeted(person_id: UUID) -> Greeted:
    return Greeted(occurred=TODAY, person_id=person_id)


def publish(fact: Fact) -> PublicEvent | None:
    match fact:
        case Registered(person_id=person_id):
            return registry.PersonRegistered(person_id=person_id, village=KURIPAN)
        case Forgotten(person_id=person_id):
            return registry.PersonErased(person_id=person_id, village=KURIPAN)
        case Departed(worker_id=worker_id, trip_id=trip_id):
            return migration_service.WorkerDeparted(
                trip_id=trip_id,
                worker_id=worker_id,
                village=KURIPAN,
                departed_on=DAY,
                departed_precision="day",
                standing="abroad",
                since=DAY,
                since_precision="day",
                country="TW",
            )
        case _:
            return None


tables = sa.MetaData(schema="neighbours")
PEOPLE = sa.Table(
    "people",
    tables,
    sa.Column("person_id", sa.Uuid, primary_key=True),
    sa.Column("village", sa.Text),
    sa.Column("number", sa.BigInteger),
    sa.Index("people_village", "village"),
)
TRIPS = sa.Table(
    "trips",
    tables,
    sa.Column("trip_id", sa.Uuid, primary_key=True),
    sa.Column("worker_id", sa.Uuid),
    sa.Column("number", sa.BigInteger),
)
GREETINGS = sa.Table(
    "greetings",
    tables,
    sa.Column("person_id", sa.Uuid, primary_key=True),
    sa.Column("version", sa.Integer, primary_key=True),
    sa.Column("position", sa.BigInteger),
)
NOTES = sa.Table(
    "notes",
    tables,
    sa.Column("stream_id", sa.Uuid, primary_key=True),
    sa.Column("version", sa.Integer, primary_key=True),
    sa.Column("detail", sa.JSON),
)


def heard_registry(word: PublicEvent, number: int) -> Iterable[Change]:
    match word:
        case registry.PersonRegistered(person_id=person_id, village=village):
            yield Put(PEOPLE, {"person_id": person_id, "village": village, "number": number})
        case registry.PersonErased(person_id=person_id):
            yield Remove(PEOPLE, {"person_id": person_id})
        case _:
            return


def heard_migration_service(word: PublicEvent, number: int) -> Iterable[Change]:
    if isinstance(word, migration_service.WorkerDeparted):
        yield Put(TRIPS, {"trip_id": word.trip_id, "worker_id": word.worker_id, "number": number})


def own(recorded: Recorded) -> Iterable[Change]:
    match recorded.event:
        case Greeted(person_id=person_id):
            row = {"person_id": person_id, "version": recorded.version, "position": recorded.position}
            yield Put(GREETINGS, row)
        case Noted(text=text):
            yield Put(NOTES, {"stream_id": recorded.stream_id, "version": recorded.version, "detail": {"text": text}})
        case _:
            return


class Faults:
    """What goes wrong on purpose: the person at whose word a hearer stumbles."""

    def __init__(self) -> None:
        self.at: set[UUID] = set()
        self.stumble_over_all_but: set[UUID] | None = None

    def stumble(self, word: PublicEvent) -> None:
        person = getattr(word, "person_id", None)
        if person in self.at:
            raise LookupError
        if self.stumble_over_all_but is not None and person not in self.stumble_over_all_but:
            raise LookupError


def react(word: PublicEvent) -> Sequence[object]:
    return [Greet(word.person_id)] if isinstance(word, registry.PersonRegistered) else []


_EVENTS = (Registered, Noted, Forgotten, Departed, Greeted)


def service(name: str, **more: Any) -> Service:
    """One that says its own words, hears nobody and shows nothing."""
    parts: dict[str, Any] = {
        "charter": "A service under test.",
        "events": _EVENTS,
        "router": APIRouter(),
        "scopes": {},
        "tags": {},
        "publish": publish,
        "handle": handle,
    }
    return Service(name=name, **{**parts, **more})


def enterprise(faults: Faults | None = None, *sources: str, revision: int = 1) -> Service:
    """One that hears *sources* (the registry alone unless said otherwise) for its view, and the registry to greet."""

    def guarded(project: Callable[[PublicEvent, int], Iterable[Change]]) -> Any:
        def said(word: PublicEvent, number: int) -> Iterable[Change]:
            if faults:
                faults.stumble(word)
            return project(word, number)

        return said

    heard = {"registry": guarded(heard_registry), "migration_service": guarded(heard_migration_service)}
    view = View(
        name="neighbours",
        revision=revision,
        tables=tables,
        heard={source: heard[source] for source in sources or ("registry",)},
        own=own,
    )

    def reacting(word: PublicEvent) -> Sequence[object]:
        if faults:
            faults.stumble(word)
        return react(word)

    return service(
        "enterprise",
        publish=None,
        react=Reactions(hears=("registry",), react=reacting),
        views=(view,),
    )
