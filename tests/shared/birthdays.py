"""A tiny service that awaits birthdays: each is noted once when its day has come."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from shared import ids
from shared.codec import sealed_json
from shared.deadlines import Deadlines
from shared.execute import Answer, Work
from shared.personal import Known
from shared.recorded import Recorded
from shared.service import Service
from shared.views import Change, Put, Remove, View
from tests.shared import tiny

_tables = sa.MetaData(schema="awaited")
AWAITED = sa.Table(
    "awaited",
    _tables,
    sa.Column("person_id", sa.Uuid, primary_key=True),
    sa.Column("version", sa.Integer),
    sa.Column("born", sa.JSON(none_as_null=True)),
)


def _awaited(recorded: Recorded) -> Iterable[Change]:
    match recorded.event:
        case tiny.Registered(person_id=person_id, born=born) if born is not None:
            row = {"person_id": person_id, "version": recorded.version, "born": sealed_json(born)}
            yield Put(AWAITED, row)
        case tiny.Forgotten(person_id=person_id):
            yield Remove(AWAITED, {"person_id": person_id})
        case _:
            return


VIEW = View(name="awaited", revision=1, tables=_tables, own=_awaited)


@dataclass(frozen=True, slots=True)
class Born:
    """Somebody new, with a day that is awaited."""

    day: str


@dataclass(frozen=True, slots=True)
class BornAfterAll:
    """Another day for somebody known."""

    person_id: UUID
    day: str


@dataclass(frozen=True, slots=True)
class Celebrate:
    """Noted each time it is asked for: who asks twice under two ids is found out."""

    person_id: UUID


def note_of(person_id: UUID) -> UUID:
    """The history in which somebody's birthday is noted."""
    return ids.stream_of("birthday", person_id)


async def handle(work: Work, command: Any) -> Answer:
    match command:
        case Born(day):
            person = work.new_id()
            await work.decide(tiny.HISTORY, person, [_born(person, day)])
            return Answer(201, {"id": str(person)})
        case BornAfterAll(person_id, day):
            await work.decide(tiny.HISTORY, person_id, [_born(person_id, day)])
            return Answer(200, {"id": str(person_id)})
        case Celebrate(person_id):
            await work.state(tiny.HISTORY, person_id)
            noted = tiny.Noted(occurred=tiny.TODAY, text="birthday")
            await work.decide(tiny.HISTORY, note_of(person_id), [noted])
            return Answer(200, {"id": str(person_id)})
        case _:
            return await tiny.handle(work, command)


def _born(person: UUID, day: str) -> tiny.Registered:
    born = Known(date.fromisoformat(day))
    return tiny.Registered(occurred=tiny.TODAY, person_id=person, full_name=Known("Siti"), born=born)


def _perhaps(_today: date) -> sa.Select[Any]:
    return sa.select(AWAITED.c.person_id.label("key"), AWAITED.c.version.label("fact"), AWAITED.c.born.label("sealed"))


def due(person_id: UUID, born: Any, today: date) -> Celebrate | None:
    return Celebrate(person_id) if born is not None and date.fromisoformat(born) <= today else None


BIRTHDAYS = Deadlines(name="birthdays", view=VIEW, perhaps=_perhaps, due=due)


def service(**more: Any) -> Service:
    """The registry of this street."""
    return tiny.service("registry", **({"handle": handle, "views": (VIEW,), "deadlines": (BIRTHDAYS,)} | more))
