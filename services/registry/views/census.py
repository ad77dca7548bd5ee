"""Who was known, where, and alive on any day, and which villages were designated? For reports that count.

Follows the registry's own log, and keeps of each fact the day on which it happened. Nothing personal: the erased stay
in it, so that a figure of a past day does not change with an erasure.
"""

from collections.abc import Iterable
from datetime import date
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import distinct_on

from services.registry.domain.person import (
    DeathCorrected,
    DeathReported,
    DeathRetracted,
    PersonRegistered,
    VillageCorrected,
    WorkerRegistered,
)
from services.registry.domain.reference import PROGRAMMES
from services.registry.domain.village import VillageDesignated, VillageStepRetracted
from services.registry.views.people import ALIASES
from shared.recorded import Recorded
from shared.views import Change, Put, Remove, View
from shared.vocabulary import Occurred

_tables = sa.MetaData(schema="census")

people = sa.Table(
    "people",
    _tables,
    sa.Column("person_id", sa.Uuid, primary_key=True),
    sa.Column("registered_on", sa.Date),
    sa.Column("worker_since", sa.Date, comment="when it was said; null: no worker"),
    sa.Column("died_on", sa.Date, comment="first day of the interval; null: lives"),
)
residences = sa.Table(
    "residences",
    _tables,
    sa.Column("person_id", sa.Uuid, primary_key=True),
    sa.Column("fact", sa.Integer, primary_key=True, comment="version of what says so"),
    sa.Column("village", sa.Text),
    sa.Column("since", sa.Date, comment="first day of the interval"),
    sa.Column("until", sa.Date, comment="last day of that interval"),
)
designations = sa.Table(
    "designations",
    _tables,
    sa.Column("village", sa.Text, primary_key=True),
    sa.Column("programme", sa.Text, primary_key=True),
    sa.Column("since", sa.Date, comment="first day of the programme year"),
)


def project(recorded: Recorded) -> Iterable[Change]:
    """What a fact changes in the rows of one person, or of one village in one programme."""
    event = recorded.event
    match event:
        case VillageDesignated():
            since = date(event.year, 1, 1)
            yield Put(designations, {"village": event.village, "programme": event.programme, "since": since})
        case VillageStepRetracted(stage=None | "proposed"):
            # What was taken back is the designation, or was none.
            yield Remove(designations, {"village": event.village, "programme": event.programme})
        case PersonRegistered():
            yield Put(people, {"person_id": event.person_id, "registered_on": event.occurred.on})
            yield _lives(event, recorded.version)
        case VillageCorrected():
            yield _lives(event, recorded.version)
        case WorkerRegistered():
            yield Put(people, {"person_id": event.person_id, "worker_since": event.occurred.on})
        case DeathReported() | DeathCorrected() | DeathRetracted():
            died: Occurred | None = event.died_on
            yield Put(people, {"person_id": event.person_id, "died_on": died and died.on})
        case _:
            pass


def _lives(event: PersonRegistered | VillageCorrected, version: int) -> Change:
    since = {"since": event.occurred.on, "until": event.occurred.until}
    return Put(residences, {"person_id": event.person_id, "fact": version, "village": event.village} | since)


def known_on(day: date) -> sa.Select[Any]:
    """One row for each human registered by *day*: village and, as 1 or 0, whether living, worker, died.

    Who was registered twice is counted once, on days before the merge too: known since the first of the registrations,
    living where the one that stands for both says, and before it says anything, where another does. A worker since
    what is known first of either.
    """
    as_other = _as_other()
    registered_on = sa.func.least(people.c.registered_on, as_other.c.registered_on)
    worker_since = sa.func.least(people.c.worker_since, as_other.c.worker_since)
    died_on = _died_on(as_other)
    theirs = residences.alias("theirs")
    village = (
        sa.select(theirs.c.village)
        .where(theirs.c.person_id == people.c.person_id, theirs.c.since <= day)
        # What was said last, as on the person's page: it takes the place of what was said of its day and later ones.
        .order_by(theirs.c.fact.desc())
        .limit(1)
        .lateral("residence")
    )
    elsewhere = _residence_as_other(day)
    lives = sa.or_(died_on.is_(None), died_on > day)
    return (
        sa.select(
            sa.func.coalesce(village.c.village, elsewhere.c.village).label("village"),
            registered_on.label("counted_on"),
            sa.case((lives, 1), else_=0).label("persons"),
            sa.case((sa.and_(lives, worker_since <= day), 1), else_=0).label("workers"),
            sa.case((lives, 0), else_=1).label("died"),
        )
        .select_from(
            people.outerjoin(village, sa.true())
            .outerjoin(as_other, as_other.c.into == people.c.person_id)
            .outerjoin(elsewhere, elsewhere.c.into == people.c.person_id),
        )
        .where(
            registered_on <= day,
            sa.or_(village.c.village.is_not(None), elsewhere.c.village.is_not(None)),
            ALIASES.for_itself(people.c.person_id),
        )
    )


def dead_on(day: date) -> sa.Select[Any]:
    """The *person_id* of each human known to have died by *day*, under whichever id it was said: who stands for all."""
    as_other = _as_other()
    return (
        sa.select(people.c.person_id)
        .select_from(people.outerjoin(as_other, as_other.c.into == people.c.person_id))
        .where(_died_on(as_other) <= day, ALIASES.for_itself(people.c.person_id))
    )


def _as_other() -> sa.Subquery:
    """What was said of each human under other ids than the one that stands for them, *into*: the first of each."""
    other, merged = people.alias("other"), ALIASES.merged
    firsts = (other.c.registered_on, other.c.worker_since, other.c.died_on)
    return (
        sa.select(merged.c.into, *(sa.func.min(first).label(first.name) for first in firsts))
        .select_from(merged.join(other, other.c.person_id == merged.c.person_id))
        .group_by(merged.c.into)
        .subquery("as_other")
    )


def _residence_as_other(day: date) -> sa.Subquery:
    """Where each human lived on *day* by what was said under other ids than the one that stands for them, *into*."""
    theirs, merged = residences.alias("elsewhere"), ALIASES.merged
    said_last = (
        sa.select(merged.c.into, theirs)
        .ext(distinct_on(theirs.c.person_id))
        .select_from(merged.join(theirs, theirs.c.person_id == merged.c.person_id))
        .where(theirs.c.since <= day)
        .order_by(theirs.c.person_id, theirs.c.fact.desc())
        .subquery("said_last")
    )
    return (
        sa.select(said_last.c.into, said_last.c.village)
        .ext(distinct_on(said_last.c.into))
        .order_by(said_last.c.into, said_last.c.until.desc(), said_last.c.fact.desc(), said_last.c.person_id)
        .subquery("residence_as_other")
    )


def _died_on(as_other: sa.Subquery) -> sa.ColumnElement[date]:
    """As the id that stands for all says, else as another says first; null: lives."""
    died_on: sa.ColumnElement[date] = sa.func.coalesce(people.c.died_on, as_other.c.died_on)
    return died_on


def designated_by(day: date) -> sa.Select[Any]:
    """One row for each village and programme of which a programme year has begun by *day*, with a column for each.

    As *villages* a village is counted once, in the year of its first designation, whichever programme that is of.
    """
    nth = sa.func.row_number().over(
        partition_by=designations.c.village, order_by=(designations.c.since, designations.c.programme)
    )
    return sa.select(
        designations.c.village,
        designations.c.since.label("counted_on"),
        sa.case((nth == 1, 1), else_=0).label("villages"),
        *(sa.case((designations.c.programme == code, 1), else_=0).label(code) for code in PROGRAMMES),
    ).where(designations.c.since <= day)


VIEW = View(name="census", revision=2, tables=_tables, own=project)
"""The view; every row of it is what one person's facts say, or those of one village in one programme."""
