"""What callers can ask of enterprise, and which histories and views each request reads and writes."""

from dataclasses import dataclass
from datetime import date
from typing import assert_never
from uuid import UUID

from services.enterprise.domain.course import EnrolParticipant, OfferCourse, Offered, RecordAttendance, course
from services.enterprise.views import training_roster
from shared.errors import NOT_FOUND, Refused
from shared.execute import Answer, Work
from shared.vocabulary import lies_in, village_code


@dataclass(frozen=True, slots=True, kw_only=True)
class NewCourse:
    """A course that a village is to offer. *village* is a region code as the caller wrote it."""

    village: str
    title: str
    starts_on: date


@dataclass(frozen=True, slots=True, kw_only=True)
class Enrolment:
    """A person who is to take part in a course."""

    course_id: UUID
    person_id: UUID


@dataclass(frozen=True, slots=True, kw_only=True)
class Attendance:
    """A participant who came on the day *on*."""

    course_id: UUID
    person_id: UUID
    on: date


Request = NewCourse | Enrolment | Attendance


async def handle(work: Work, request: Request) -> Answer:
    """One attempt at *request*."""
    match request:
        case NewCourse():
            return await _offer(work, request)
        case Enrolment():
            found = await _of_caller(work, request.course_id)
            survivor, person_id = await _named(work, found, request.person_id)
            on_roster = await _on_roster(work, survivor)
            return await _record(
                work, request.course_id, EnrolParticipant(person_id=person_id, on_roster=on_roster, today=work.today)
            )
        case Attendance():
            found = await _of_caller(work, request.course_id)
            _, person_id = await _named(work, found, request.person_id)
            return await _record(
                work, request.course_id, RecordAttendance(person_id=person_id, on=request.on, today=work.today)
            )
        case _:
            assert_never(request)


async def _offer(work: Work, request: NewCourse) -> Answer:
    code = village_code(request.village)
    if code is not None:
        work.names(code)
    course_id = work.new_id()
    await work.decide(
        course,
        course_id,
        OfferCourse(village=request.village, title=request.title, starts_on=request.starts_on, today=work.today),
    )
    if work.check:  # a check makes nothing, so it knows no id
        return Answer(status=200, body={"id": None})
    return Answer(status=201, body={"id": str(course_id)}, version=work.version(course_id))


async def _record(work: Work, course_id: UUID, command: EnrolParticipant | RecordAttendance) -> Answer:
    before = work.version(course_id)
    await work.decide(course, course_id, command)
    after = work.version(course_id)
    return Answer(status=201 if after > before else 200, body={"id": str(course_id)}, version=after)


async def _of_caller(work: Work, course_id: UUID) -> Offered:
    """404 for a course that does not exist, and for one outside the caller's area alike."""
    found = await work.state(course, course_id)
    if not isinstance(found, Offered):
        raise Refused(NOT_FOUND)
    work.within(found.village)
    return found


async def _named(work: Work, found: Offered, person_id: UUID) -> tuple[UUID, UUID]:
    """Who stands for this person, and the id under which that human takes part: of who does not, the former.

    Of several ids the survivor's, then the one named: what is said while they are one stays with the survivor.
    """
    [human] = await work.rows(training_roster.ALIASES.human(person_id))
    survivor: UUID = human["survivor"]
    taking_part = (one for one in (survivor, person_id, *human["ids"]) if one in found.participants)
    return survivor, next(taking_part, survivor)


async def _on_roster(work: Work, person_id: UUID) -> bool:
    """As the roster knows it now; somebody outside the caller's area counts as not on it, so nothing is told of them.

    The roster may move between this look and the append: whoever is enrolled was a candidate when it was decided.
    """
    rows = await work.rows(training_roster.roster().where(training_roster.PERSON == person_id))
    return any(lies_in(row["village"], work.caller.area) for row in rows)
