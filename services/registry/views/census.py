"""Who was known, where, and alive on any day, and which villages were designated? For reports that count.

Follows the registry's own log, and keeps of each fact the day on which it happened. Nothing personal: the erased stay
in it, so that a figure of a past day does not change with an erasure.
"""

from collections.abc import Iterable
from datetime import date
from typing import Any

import sqlalchemy as sa

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

    Who was registered twice is counted once, by the registration that stands for both, on days before the merge too;
    a worker since, and dead since, what is known first of either.
    """
    other, merged = people.alias("other"), ALIASES.merged
    as_other = (
        sa.select(
            merged.c.into,
            sa.func.min(other.c.worker_since).label("worker_since"),
            sa.func.min(other.c.died_on).label("died_on"),
        )
        .select_from(merged.join(other, other.c.person_id == merged.c.person_id))
        .group_by(merged.c.into)
        .subquery("as_other")
    )
    worker_since = sa.func.least(people.c.worker_since, as_other.c.worker_since)
    died_on = sa.func.coalesce(people.c.died_on, as_other.c.died_on)
    theirs = residences.alias("theirs")
    village = (
        sa.select(theirs.c.village)
        .where(theirs.c.person_id == people.c.person_id, theirs.c.since <= day)
        # What was said last, as on the person's page: a move learnt late corrects what was taken for the village.
        .order_by(theirs.c.fact.desc())
        .limit(1)
        .lateral("residence")
    )
    lives = sa.or_(died_on.is_(None), died_on > day)
    return (
        sa.select(
            village.c.village,
            people.c.registered_on.label("counted_on"),
            sa.case((lives, 1), else_=0).label("persons"),
            sa.case((sa.and_(lives, worker_since <= day), 1), else_=0).label("workers"),
            sa.case((lives, 0), else_=1).label("died"),
        )
        .select_from(
            people.join(village, sa.true()).outerjoin(as_other, as_other.c.into == people.c.person_id),
        )
        .where(people.c.registered_on <= day, ALIASES.for_itself(people.c.person_id))
    )


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
