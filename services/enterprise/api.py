"""Enterprise over HTTP."""

from datetime import date
from typing import Annotated, Any, Literal
from uuid import UUID

from fastapi import APIRouter, Path, Response
from pydantic import Field
from sqlalchemy import RowMapping

from services.enterprise.commands import Attendance, Enrolment, NewCourse
from services.enterprise.domain import refusals
from services.enterprise.views import courses, training_roster
from shared.errors import NOT_FOUND, OUTSIDE_AREA
from shared.http import Body, Page, Paging, Read, Shown, Write, records, shows
from shared.http.examples import COURSE, VILLAGE, WORKER, example

router = APIRouter()

SCOPES: dict[tuple[str, str], str] = {
    ("GET", "/training-roster"): "enterprise:read",
    ("GET", "/training-roster/{person_id}"): "enterprise:read",
    ("POST", "/courses"): "enterprise:write",
    ("POST", "/courses/{course_id}/enrolments"): "enterprise:write",
    ("POST", "/courses/{course_id}/attendances"): "enterprise:write",
    ("GET", "/courses"): "enterprise:read",
    ("GET", "/courses/{course_id}"): "enterprise:read",
    ("GET", "/figures"): "enterprise:read",
}
"""What a caller must be allowed to do, route by route."""


TAGS = {
    "training roster": "Who may be trained (calon peserta pelatihan): the returned, and spouses of workers abroad.",
    "courses": "Courses (pelatihan) that villages offer, who takes part and who came.",
    "figures": "Counts by village.",
}
"""The groups of routes on the API pages."""

CourseId = Annotated[UUID, Path(description="The course.", examples=[COURSE])]
PersonId = Annotated[UUID, Path(description="The person.", examples=[WORKER])]


class CourseBody(Body):
    """A course that a village offers."""

    model_config = example(village=VILLAGE, title="Keripik singkong", starts_on="2026-03-02")

    village: str = Field(description="Village code (Kemendagri), dotted or not.")
    title: str = Field(description="1 to 120 printable characters; no names of persons.")
    starts_on: date = Field(description="First day of the course, ISO 8601; may lie in the past.")


class EnrolmentBody(Body):
    """A person who is to take part."""

    model_config = example(person_id=WORKER)

    person_id: UUID = Field(description="Somebody on the training roster.")


class AttendanceBody(Body):
    """A participant who came."""

    model_config = example(person_id=WORKER, on="2026-03-02")

    person_id: UUID = Field(description="A participant of the course.")
    on: date = Field(description="The day, ISO 8601; from the first day of the course to today.")


class Reason(Shown):
    """Why somebody may be trained."""

    reason: Literal["returned", "spouse-of-worker-abroad"]
    worker_id: UUID = Field(description="The person, if returned; else the spouse who is abroad.")
    since: str = Field(
        description="Day of the return, or since when the spouse is abroad; as precise as it is known.",
        examples=["2026-02-01"],
    )


class Candidate(Shown):
    """Somebody who may be trained."""

    model_config = example(
        person_id=WORKER,
        village=VILLAGE,
        reasons=[{"reason": "returned", "worker_id": WORKER, "since": "2026-02-03"}],
    )

    person_id: UUID
    village: str = Field(description="Where they live, a dotted code.")
    reasons: list[Reason]


class CourseInList(Shown):
    """A course, briefly."""

    model_config = example(id=COURSE, village=VILLAGE, title="Keripik singkong", starts_on="2026-03-02", participants=1)

    id: UUID
    village: str = Field(description="Where it takes place, a dotted code.")
    title: str
    starts_on: date
    participants: int = Field(description="How many.")


class Participant(Shown):
    """Somebody who takes part in a course."""

    person_id: UUID
    enrolled_on: date
    attended_on: list[date] = Field(description="The days on which they came.")


class Course(Shown):
    """A course with its participants."""

    model_config = example(
        id=COURSE,
        village=VILLAGE,
        title="Keripik singkong",
        starts_on="2026-03-02",
        participants=[{"person_id": WORKER, "enrolled_on": "2026-11-21", "attended_on": ["2026-03-02"]}],
    )

    id: UUID
    village: str = Field(description="Where it takes place, a dotted code.")
    title: str
    starts_on: date
    participants: list[Participant]


class Figure(Shown):
    """What is counted in a village."""

    model_config = example(village=VILLAGE, training_candidates=1)

    village: str = Field(description="A dotted code.")
    training_candidates: int = Field(description="Persons on the training roster.")


@router.get(
    "/training-roster",
    summary="Who may be trained, by village",
    tags=["training roster"],
    responses=shows(Page[Candidate]),
)
async def list_training_roster(read: Read, paging: Paging) -> dict[str, Any]:
    """Workers who are home for good and spouses of workers abroad, each once, with every reason."""
    return await read.page(
        training_roster.roster(), key=training_roster.KEY, paging=paging, village=training_roster.VILLAGE
    )


@router.get(
    "/training-roster/{person_id}",
    summary="One person of the training roster",
    tags=["training roster"],
    responses=shows(Candidate, NOT_FOUND),
)
async def get_training_candidate(person_id: PersonId, read: Read) -> dict[str, Any]:
    """404 for whoever is not on the roster."""
    query = training_roster.roster().where(training_roster.PERSON == training_roster.ALIASES.survivor(person_id))
    return dict(await read.one(query, village=training_roster.VILLAGE))


@router.post(
    "/courses",
    status_code=201,
    summary="Offer a course",
    tags=["courses"],
    responses=records(
        COURSE, refusals.VILLAGE_UNKNOWN, refusals.TITLE_MISSING, refusals.TITLE_UNREADABLE, OUTSIDE_AREA
    ),
)
async def offer_course(body: CourseBody, write: Write) -> Response:
    """A course belongs to one village."""
    return await write(NewCourse(village=body.village, title=body.title, starts_on=body.starts_on))


@router.post(
    "/courses/{course_id}/enrolments",
    status_code=201,
    summary="Enrol a participant",
    tags=["courses"],
    responses=records(COURSE, NOT_FOUND, refusals.NOT_ON_ROSTER),
)
async def enrol_participant(course_id: CourseId, body: EnrolmentBody, write: Write) -> Response:
    """200 for somebody who is enrolled already.

    Right after the departure or return that put somebody on the roster, send that answer's position as After-Position.
    """
    return await write(Enrolment(course_id=course_id, person_id=body.person_id))


@router.post(
    "/courses/{course_id}/attendances",
    status_code=201,
    summary="Record who came",
    tags=["courses"],
    responses=records(COURSE, NOT_FOUND, refusals.ON_BEFORE_COURSE, refusals.ON_IN_FUTURE, refusals.NOT_ENROLLED),
)
async def record_attendance(course_id: CourseId, body: AttendanceBody, write: Write) -> Response:
    """One person on one day; 200 for a day already recorded."""
    return await write(Attendance(course_id=course_id, person_id=body.person_id, on=body.on))


@router.get("/courses", summary="Courses by village", tags=["courses"], responses=shows(Page[CourseInList]))
async def list_courses(read: Read, paging: Paging) -> dict[str, Any]:
    """Each with the number of its participants."""
    return await read.page(courses.courses(), key=courses.KEY, paging=paging, village=courses.VILLAGE, item=_as_course)


@router.get(
    "/courses/{course_id}",
    summary="One course",
    tags=["courses"],
    responses=shows(Course, NOT_FOUND, etag=True),
)
async def get_course(course_id: CourseId, read: Read) -> Response:
    """With its participants and the days on which each came."""
    found = await read.one(courses.course(course_id), village=courses.VILLAGE)
    return read.answer(_as_course(found), version=found["version"])


@router.get(
    "/figures", summary="Training candidates, counted by village", tags=["figures"], responses=shows(Page[Figure])
)
async def list_figures(read: Read, paging: Paging) -> dict[str, Any]:
    """How many persons stand on the training roster; a village with none is not listed."""
    return await read.page(
        training_roster.figures(), key=(training_roster.VILLAGE,), paging=paging, village=training_roster.VILLAGE
    )


def _as_course(row: RowMapping) -> dict[str, Any]:
    """A course as callers know it; its version is the ETag."""
    shown = ("village", "title", "starts_on", "participants")
    return {"id": row["course_id"], **{name: row[name] for name in shown}}
