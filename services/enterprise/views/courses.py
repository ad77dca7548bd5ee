"""Which courses there are (daftar pelatihan), who takes part and on which days they came: enterprise's own log.

A human takes part once, under the id that stands for all; who stands for whom is what the training roster heard.
"""

from collections.abc import Iterable
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import JSONB

from services.enterprise.domain.course import AttendanceRecorded, CourseOffered, ParticipantEnrolled
from services.enterprise.views.training_roster import ALIASES
from shared.recorded import Recorded
from shared.views import Change, Put, View

_tables = sa.MetaData(schema="courses")

_courses = sa.Table(
    "courses",
    _tables,
    sa.Column("course_id", sa.Uuid, primary_key=True),
    sa.Column("village", sa.Text),
    sa.Column("title", sa.Text),
    sa.Column("starts_on", sa.Date),
    sa.Index("courses_by_village", "village", "course_id"),
)
_participants = sa.Table(
    "participants",
    _tables,
    sa.Column("course_id", sa.Uuid, primary_key=True),
    sa.Column("person_id", sa.Uuid, primary_key=True),
    sa.Column("enrolled_on", sa.Date),
)
_attendances = sa.Table(
    "attendances",
    _tables,
    sa.Column("course_id", sa.Uuid, primary_key=True),
    sa.Column("person_id", sa.Uuid, primary_key=True),
    sa.Column("attended_on", sa.Date, primary_key=True),
)
_facts = sa.Table(
    "facts",
    _tables,
    sa.Column("course_id", sa.Uuid, primary_key=True),
    sa.Column("version", sa.BigInteger, primary_key=True),
    comment="which facts of a course's history are in the rows",
)


def own(recorded: Recorded) -> Iterable[Change]:
    """What a fact of a course changes."""
    course_id, event = recorded.stream_id, recorded.event
    match event:
        case CourseOffered():
            yield Put(
                _courses,
                {
                    "course_id": course_id,
                    "village": event.village,
                    "title": event.title,
                    "starts_on": event.starts_on,
                },
            )
        case ParticipantEnrolled():
            yield Put(
                _participants,
                {"course_id": course_id, "person_id": event.person_id, "enrolled_on": event.occurred.on},
            )
        case AttendanceRecorded():
            yield Put(
                _attendances,
                {"course_id": course_id, "person_id": event.person_id, "attended_on": event.occurred.on},
            )
        case _:
            return  # the kernel's own events
    yield Put(_facts, {"course_id": course_id, "version": recorded.version})


VIEW = View(name="courses", revision=2, tables=_tables, own=own)
"""The view; it follows enterprise's log alone."""

VILLAGE = _courses.c.village
"""Where a course takes place, a dotted code."""
KEY = (VILLAGE, _courses.c.course_id)
"""The order of `courses`: by village."""

_version = (
    sa.select(sa.func.count()).select_from(_facts).where(_facts.c.course_id == _courses.c.course_id).scalar_subquery()
)
"""How many facts are in the rows: the history's version once all of them are, and less while somebody's wait."""


_human = ALIASES.survivor(_participants.c.person_id)


def courses() -> sa.Select[Any]:
    """One row a course: course_id, village, title, starts_on, participants (how many)."""
    participants = (
        sa.select(sa.func.count(sa.distinct(_human)))
        .where(_participants.c.course_id == _courses.c.course_id)
        .scalar_subquery()
    )
    return sa.select(
        _courses.c.course_id, VILLAGE, _courses.c.title, _courses.c.starts_on, participants.label("participants")
    )


def course(course_id: UUID) -> sa.Select[Any]:
    """The course with this id: course_id, village, title, starts_on, version, participants.

    *participants* are ``{"person_id", "enrolled_on", "attended_on": [day, ...]}`` in the order of their ids.
    """
    days = _attendances
    taking_part = (
        sa.select(_human.label("person_id"), sa.func.min(_participants.c.enrolled_on).label("enrolled_on"))
        .where(_participants.c.course_id == _courses.c.course_id)
        .group_by(_human)
        .correlate(_courses)
        .lateral("taking_part")
    )
    attended = (
        sa.select(sa.func.jsonb_agg(sa.distinct(days.c.attended_on)).aggregate_order_by(days.c.attended_on))
        .where(
            days.c.course_id == _courses.c.course_id,
            days.c.person_id == sa.any_(ALIASES.ids(taking_part.c.person_id)),
        )
        .correlate(_courses, taking_part)
        .scalar_subquery()
    )
    participant = sa.func.jsonb_build_object(
        "person_id",
        taking_part.c.person_id,
        "enrolled_on",
        taking_part.c.enrolled_on,
        "attended_on",
        sa.func.coalesce(attended, sa.func.jsonb_build_array()),
    )
    participants = (
        sa.select(sa.func.jsonb_agg(participant).aggregate_order_by(taking_part.c.person_id))
        .correlate(_courses)
        .scalar_subquery()
    )
    return sa.select(
        _courses.c.course_id,
        VILLAGE,
        _courses.c.title,
        _courses.c.starts_on,
        _version.label("version"),
        sa.type_coerce(sa.func.coalesce(participants, sa.func.jsonb_build_array()), JSONB).label("participants"),
    ).where(_courses.c.course_id == course_id)
