"""Enterprise over HTTP."""

from datetime import date
from typing import Any
from uuid import UUID

from fastapi import APIRouter, Response
from pydantic import Field
from sqlalchemy import RowMapping

from services.enterprise.commands import Attendance, Enrolment, NewCourse
from services.enterprise.views import courses, training_roster
from shared.http import Body, Paging, Read, Write

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


class CourseBody(Body):
    """A course that a village offers."""

    village: str = Field(description="Village code (Kemendagri), dotted or not.", examples=["33.07.10.2004"])
    title: str = Field(description="1 to 120 printable characters; no names of persons.", examples=["Keripik singkong"])
    starts_on: date = Field(description="First day of the course, ISO 8601; may lie in the past.")


class EnrolmentBody(Body):
    """A person who is to take part."""

    person_id: UUID = Field(description="Somebody on the training roster.")


class AttendanceBody(Body):
    """A participant who came."""

    person_id: UUID = Field(description="A participant of the course.")
    on: date = Field(description="The day, ISO 8601; from the first day of the course to today.")


@router.get("/training-roster", summary="Who may be trained, by village", tags=["training roster"])
async def list_training_roster(read: Read, paging: Paging) -> dict[str, Any]:
    """Workers who are home for good and spouses of workers abroad, each once, with every reason."""
    return await read.page(
        training_roster.roster(), key=training_roster.KEY, paging=paging, village=training_roster.VILLAGE
    )


@router.get("/training-roster/{person_id}", summary="One person of the training roster", tags=["training roster"])
async def get_training_candidate(person_id: UUID, read: Read) -> dict[str, Any]:
    """404 for whoever is not on the roster."""
    query = training_roster.roster().where(training_roster.PERSON == person_id)
    return dict(await read.one(query, village=training_roster.VILLAGE))


@router.post("/courses", status_code=201, summary="Offer a course", tags=["courses"])
async def offer_course(body: CourseBody, write: Write) -> Response:
    """Refuses: village-unknown, title-missing, title-unreadable, outside-area."""
    return await write(NewCourse(village=body.village, title=body.title, starts_on=body.starts_on))


@router.post("/courses/{course_id}/enrolments", status_code=201, summary="Enrol a participant", tags=["courses"])
async def enrol_participant(course_id: UUID, body: EnrolmentBody, write: Write) -> Response:
    """200 for somebody who is enrolled already. Refuses: not-found, not-on-roster.

    Right after the departure or return that put somebody on the roster, send that answer's position as After-Position.
    """
    return await write(Enrolment(course_id=course_id, person_id=body.person_id))


@router.post("/courses/{course_id}/attendances", status_code=201, summary="Record who came", tags=["courses"])
async def record_attendance(course_id: UUID, body: AttendanceBody, write: Write) -> Response:
    """200 for a day already recorded. Refuses: not-found, on-before-course, on-in-future, not-enrolled."""
    return await write(Attendance(course_id=course_id, person_id=body.person_id, on=body.on))


@router.get("/courses", summary="Courses by village", tags=["courses"])
async def list_courses(read: Read, paging: Paging) -> dict[str, Any]:
    """Each with the number of its participants."""
    return await read.page(courses.courses(), key=courses.KEY, paging=paging, village=courses.VILLAGE, item=_as_course)


@router.get("/courses/{course_id}", summary="One course", tags=["courses"])
async def get_course(course_id: UUID, read: Read) -> Response:
    """With its participants and the days on which each came."""
    found = await read.one(courses.course(course_id), village=courses.VILLAGE)
    return read.answer(_as_course(found), version=found["version"])


@router.get("/figures", summary="Training candidates by village", tags=["figures"])
async def list_figures(read: Read, paging: Paging) -> dict[str, Any]:
    """How many persons stand on the training roster; a village with none is not listed."""
    return await read.page(
        training_roster.figures(), key=(training_roster.VILLAGE,), paging=paging, village=training_roster.VILLAGE
    )


def _as_course(row: RowMapping) -> dict[str, Any]:
    """A course as callers know it; its version is the ETag."""
    shown = ("village", "title", "starts_on", "participants")
    return {"id": row["course_id"], **{name: row[name] for name in shown}}
