"""Coordination meetings and how many of each role attended them."""

from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Path, Response
from pydantic import Field, StrictInt

from services.registry.api.fields import AreaCell, When, codes_of
from services.registry.commands import meetings as commands
from services.registry.domain.reference import ATTENDANCE_ROLES
from services.registry.domain.refusals import of_columns
from services.registry.views.meetings import held, meetings
from shared.errors import NOT_FOUND, OUTSIDE_AREA
from shared.http import Body, Page, Paging, Read, Shown, Write, edits, records, shows
from shared.http.examples import MEETING, example

router = APIRouter()

SCOPES: dict[tuple[str, str], str] = {
    ("POST", "/meetings"): "programme:write",
    ("GET", "/meetings"): "registry:read",
    ("GET", "/meetings/{meeting_id}"): "registry:read",
    ("PATCH", "/meetings/{meeting_id}"): "programme:write",
    ("DELETE", "/meetings/{meeting_id}"): "programme:write",
}
"""The scope that each of these routes needs."""

MeetingId = Annotated[UUID, Path(description="The meeting.", examples=[MEETING])]
AttendanceCell = Annotated[
    dict[str, StrictInt], Field(description=f"How many came, by role. {codes_of(ATTENDANCE_ROLES)}", max_length=50)
]


class MeetingBody(Body):
    """A coordination meeting (rapat koordinasi)."""

    model_config = example(area="33.07", on="2022-08-08", attendance={"officer": 50, "responsible": 50})

    area: AreaCell
    on: When
    attendance: AttendanceCell


class MeetingEdit(Body):
    """What to correct; a field that is left out stays as it is."""

    model_config = example(attendance={"officer": 50, "responsible": 50, "other": 18})

    on: When | None = None
    attendance: AttendanceCell | None = None


class Meeting(Shown):
    """A coordination meeting."""

    model_config = example(
        id=MEETING,
        version=2,
        area="33.07",
        held_on="2022-08-08",
        attendance={"officer": 50, "responsible": 50, "other": 18},
        attended=118,
    )

    id: UUID
    version: int = Field(description="As in ETag.")
    area: str = Field(description="A dotted code, or `*`.")
    held_on: str = Field(description="ISO 8601, as precise as it is known.")
    attendance: dict[str, int] = Field(description="How many came, by the role's code.")
    attended: int = Field(description="How many came in all.")


@router.post(
    "/meetings",
    status_code=201,
    summary="Record a coordination meeting",
    tags=["meetings"],
    responses=records(MEETING, *of_columns("area", "on-", "attendance"), OUTSIDE_AREA),
)
async def record_meeting(body: MeetingBody, write: Write) -> Response:
    """Counts alone: names nobody."""
    return await write(commands.Record(area=body.area, on=body.on, attendance=body.attendance))


@router.get("/meetings", summary="Meetings by area", tags=["meetings"], responses=shows(Page[Meeting]))
async def list_meetings(read: Read, paging: Paging) -> dict[str, Any]:
    """Those for the caller's area or a part of it."""
    key = (meetings.c.place, meetings.c.meeting_id)
    return await read.page(held(), key=key, paging=paging, village=meetings.c.place, item=_meeting)


@router.get(
    "/meetings/{meeting_id}",
    summary="One meeting",
    tags=["meetings"],
    responses=shows(Meeting, NOT_FOUND, etag=True),
)
async def get_meeting(meeting_id: MeetingId, read: Read) -> Response:
    """With the ETag that an edit needs."""
    row = await read.one(held().where(meetings.c.meeting_id == meeting_id), village=meetings.c.place)
    return read.answer(_meeting(row), version=row["version"])


def _meeting(row: Any) -> dict[str, Any]:
    shown = {name: row[name] for name in ("version", "area", "held_on", "attendance")}
    return {"id": row["meeting_id"], **shown, "attended": sum(row["attendance"].values())}


@router.patch(
    "/meetings/{meeting_id}",
    summary="Correct when a meeting was held, or who came",
    tags=["meetings"],
    responses=edits(MEETING, NOT_FOUND, *of_columns("on-", "attendance")),
)
async def edit_meeting(meeting_id: MeetingId, body: MeetingEdit, write: Write) -> Response:
    """For another area it is another meeting: retract this one."""
    return await write(commands.Edit(meeting_id=meeting_id, on=body.on, attendance=body.attendance))


@router.delete(
    "/meetings/{meeting_id}",
    summary="Retract a meeting",
    tags=["meetings"],
    responses=edits(MEETING, NOT_FOUND),
)
async def withdraw_meeting(meeting_id: MeetingId, write: Write) -> Response:
    """There was no such meeting."""
    return await write(commands.Withdraw(meeting_id=meeting_id))
