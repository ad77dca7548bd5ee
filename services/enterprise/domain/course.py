"""A course (pelatihan) that a village offers, who takes part in it and on which days they came.

Services of the pillar (Kemnaker, Desmigratif): pembekalan dan pelatihan kewirausahaan. Never decided here: who stands
on the training roster; that is looked up first and comes with the command.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import ClassVar, assert_never
from uuid import UUID

from services.enterprise.domain.refusals import (
    NOT_ENROLLED,
    NOT_ON_ROSTER,
    ON_BEFORE_COURSE,
    ON_IN_FUTURE,
    TITLE_MISSING,
    TITLE_UNREADABLE,
    VILLAGE_UNKNOWN,
)
from shared.decider import Decider
from shared.errors import NOT_FOUND, ColumnError, Refusal, Refused
from shared.vocabulary import Occurred, village_code

LONGEST_TITLE = 120
"""Characters of a course's title."""

# ── What happens ─────────────────────────────────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True, slots=True, kw_only=True)
class CourseOffered:
    """A village offers a course (pelatihan). *occurred* is the day it was announced here."""

    name: ClassVar[str] = "CourseOffered"
    schema_version: ClassVar[int] = 1
    about: ClassVar[str | None] = None
    erases: ClassVar[bool] = False

    occurred: Occurred
    village: str
    title: str
    starts_on: date
    """First day of the course, local date of the village."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ParticipantEnrolled:
    """A person of the training roster takes part (peserta terdaftar)."""

    name: ClassVar[str] = "ParticipantEnrolled"
    schema_version: ClassVar[int] = 1
    about: ClassVar[str | None] = "person_id"
    erases: ClassVar[bool] = False

    occurred: Occurred
    person_id: UUID


@dataclass(frozen=True, slots=True, kw_only=True)
class AttendanceRecorded:
    """A participant came (hadir) on the day *occurred*, local date of the village."""

    name: ClassVar[str] = "AttendanceRecorded"
    schema_version: ClassVar[int] = 1
    about: ClassVar[str | None] = "person_id"
    erases: ClassVar[bool] = False

    occurred: Occurred
    person_id: UUID


CourseEvent = CourseOffered | ParticipantEnrolled | AttendanceRecorded

# ── Where it can stand ───────────────────────────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True, slots=True)
class NotOffered:
    """There is no such course."""


@dataclass(frozen=True, slots=True)
class Offered:
    """The course takes place; *attended* are the days on which each participant came."""

    village: str
    starts_on: date
    participants: frozenset[UUID] = frozenset()
    attended: frozenset[tuple[UUID, date]] = frozenset()


Course = NotOffered | Offered


def evolve(state: Course, event: CourseEvent) -> Course:
    """Where *event* leaves the course."""
    match state, event:
        case _, CourseOffered():
            return Offered(event.village, event.starts_on)
        case Offered(), ParticipantEnrolled():
            return replace(state, participants=state.participants | {event.person_id})
        case Offered(), AttendanceRecorded():
            return replace(state, attended=state.attended | {(event.person_id, event.occurred.on)})
        case _:
            return state


# ── What can be asked ────────────────────────────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True, slots=True, kw_only=True)
class OfferCourse:
    """Offer a course in *village* (code as the caller wrote it) from *starts_on*, which may lie in the past."""

    village: str
    title: str
    starts_on: date
    today: date


@dataclass(frozen=True, slots=True, kw_only=True)
class EnrolParticipant:
    """Enrol a person; *on_roster*: the training roster names the person now, within the caller's area."""

    person_id: UUID
    on_roster: bool
    today: date


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordAttendance:
    """Record that a participant came on the day *on*."""

    person_id: UUID
    on: date
    today: date


CourseCommand = OfferCourse | EnrolParticipant | RecordAttendance


def decide(state: Course, command: CourseCommand) -> Sequence[CourseEvent]:
    """What happens when *command* is asked of the course."""
    match command:
        case OfferCourse():
            return offer(command)
        case EnrolParticipant():
            return enrol(_offered(state), command)
        case RecordAttendance():
            return record_attendance(_offered(state), command)
        case _:
            assert_never(command)


def _offered(state: Course) -> Offered:
    if isinstance(state, NotOffered):
        raise Refused(NOT_FOUND)
    return state


def offer(command: OfferCourse) -> Sequence[CourseEvent]:
    """A course has a village and a title of 1 to 120 printable characters.

    Rejects: village-unknown, title-missing, title-unreadable.
    """
    village = village_code(command.village)
    title = " ".join(command.title.split())
    wrong: list[tuple[str, Refusal]] = []
    if village is None:
        wrong.append(("village", VILLAGE_UNKNOWN))
    if not title:
        wrong.append(("title", TITLE_MISSING))
    elif len(title) > LONGEST_TITLE or not title.isprintable():
        wrong.append(("title", TITLE_UNREADABLE))
    if village is None or wrong:
        raise Refused(wrong[0][1], errors=[ColumnError(column, refusal.slug) for column, refusal in wrong])
    return [CourseOffered(occurred=Occurred(command.today), village=village, title=title, starts_on=command.starts_on)]


def enrol(state: Offered, command: EnrolParticipant) -> Sequence[CourseEvent]:
    """Whoever stands on the training roster may take part; who already does stays enrolled, on the roster or not.

    Rejects: not-on-roster.
    """
    if command.person_id in state.participants:
        return []
    if not command.on_roster:
        raise Refused(NOT_ON_ROSTER)
    return [ParticipantEnrolled(occurred=Occurred(command.today), person_id=command.person_id)]


def record_attendance(state: Offered, command: RecordAttendance) -> Sequence[CourseEvent]:
    """Only a participant comes, from the first day of the course to today, once a day.

    Rejects: on-before-course, on-in-future, not-enrolled.
    """
    if command.on < state.starts_on:
        raise Refused(ON_BEFORE_COURSE, errors=[ColumnError("on", ON_BEFORE_COURSE.slug)])
    if command.on > command.today:
        raise Refused(ON_IN_FUTURE, errors=[ColumnError("on", ON_IN_FUTURE.slug)])
    if command.person_id not in state.participants:
        raise Refused(NOT_ENROLLED)
    if (command.person_id, command.on) in state.attended:
        return []
    return [AttendanceRecorded(occurred=Occurred(command.on), person_id=command.person_id)]


course: Decider[Course, CourseEvent, CourseCommand] = Decider(initial=NotOffered(), decide=decide, evolve=evolve)
"""The history of one course."""
