"""Who serves the programme: officers, responsible persons, coordinators. By person id; names stand with the persons."""

from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Path, Query, Response
from pydantic import Field

from services.registry.api.fields import AreaCell, Known, When, codes_of
from services.registry.commands import appointments as commands
from services.registry.domain.reference import APPOINTMENT_ROLES
from services.registry.domain.refusals import (
    APPOINTMENT_ENDED,
    APPOINTMENT_NOT_BEGUN,
    APPOINTMENT_STANDS,
    PERSON_ERASED,
    PERSON_UNKNOWN,
    of_columns,
)
from services.registry.views.appointments import appointments, serving
from shared.errors import NOT_FOUND, OUTSIDE_AREA, PERSON_MERGED
from shared.http import Body, Bulk, Page, Paging, Read, Shown, Write, WriteAll, edits, records, records_each, shows
from shared.http.examples import APPOINTMENT, APPOINTMENT_OF_MANY, DEWI, SPOUSE, VILLAGE, example

router = APIRouter()

SCOPES: dict[tuple[str, str], str] = {
    ("POST", "/appointments"): "registry:write",
    ("POST", "/appointments/bulk"): "registry:write",
    ("GET", "/appointments"): "registry:read",
    ("GET", "/appointments/{appointment_id}"): "registry:read",
    ("PATCH", "/appointments/{appointment_id}"): "registry:write",
    ("DELETE", "/appointments/{appointment_id}"): "registry:write",
    ("POST", "/appointments/{appointment_id}/end"): "registry:write",
    ("DELETE", "/appointments/{appointment_id}/end"): "registry:write",
}
"""The scope that each of these routes needs."""

AppointmentId = Annotated[UUID, Path(description="The appointment.", examples=[APPOINTMENT])]


class AppointmentBody(Body):
    """A registered person serves (penugasan)."""

    model_config = example(person_id=SPOUSE, role="officer", area=VILLAGE, on="2022-01-03")

    person_id: UUID = Field(description="Who serves: a person of the registry.")
    role: str = Field(description=f"As what. {codes_of(APPOINTMENT_ROLES)}", max_length=40)
    area: AreaCell
    on: When

    def command(self) -> commands.AppointPerson:
        """Appoint them."""
        return commands.AppointPerson(person_id=self.person_id, role=self.role, area=self.area, on=self.on)


class AppointmentsBody(Bulk[AppointmentBody]):
    """Many appointments."""

    model_config = example(
        items=[
            {
                "key": "line 1",
                "body": {"person_id": DEWI, "role": "coordinator", "area": "33.07", "on": "2022"},
            }
        ]
    )


class BeginningBody(Body):
    """Since when."""

    model_config = example(on="2022-01-10")

    on: When


class EndBody(Body):
    """Until when (pemberhentian)."""

    model_config = example(on="2024-12-31")

    on: When


class Appointment(Shown):
    """Somebody serves, or served."""

    model_config = example(
        id=APPOINTMENT,
        version=3,
        person_id=SPOUSE,
        role="officer",
        area=VILLAGE,
        since="2022-01-10",
        until="2024-12-31",
    )

    id: UUID
    version: int = Field(description="As in ETag.")
    person_id: UUID
    role: str = Field(description="The role's code.")
    area: str = Field(description="A dotted code.")
    since: str = Field(description="ISO 8601, as precise as it is known.")
    until: Known


@router.post(
    "/appointments",
    status_code=201,
    summary="Appoint a person",
    tags=["appointments"],
    responses=records(
        APPOINTMENT,
        *of_columns("role", "area", "on-"),
        OUTSIDE_AREA,
        PERSON_UNKNOWN,
        PERSON_ERASED,
        PERSON_MERGED,
        APPOINTMENT_STANDS,
    ),
)
async def appoint_person(body: AppointmentBody, write: Write) -> Response:
    """Officers and responsible persons of a village, coordinators of a regency; any number of each."""
    return await write(body.command())


@router.post(
    "/appointments/bulk",
    summary="Appoint many persons",
    tags=["appointments"],
    responses=records_each(APPOINTMENT_OF_MANY),
)
async def appoint_persons(body: AppointmentsBody, write: WriteAll) -> Response:
    """Up to a thousand, each as `POST /appointments` appoints one, in their order."""
    return await write(body, AppointmentBody.command)


@router.get("/appointments", summary="Appointments by area", tags=["appointments"], responses=shows(Page[Appointment]))
async def list_appointments(
    read: Read,
    paging: Paging,
    person_id: Annotated[UUID | None, Query(description="Only this person's.")] = None,
) -> dict[str, Any]:
    """Past ones too."""
    place = appointments.c.place
    key = (place, appointments.c.appointment_id)
    return await read.page(serving(person_id), key=key, paging=paging, village=place, item=_appointment)


@router.get(
    "/appointments/{appointment_id}",
    summary="One appointment",
    tags=["appointments"],
    responses=shows(Appointment, NOT_FOUND, etag=True),
)
async def get_appointment(appointment_id: AppointmentId, read: Read) -> Response:
    """With the ETag that an edit needs."""
    query = serving().where(appointments.c.appointment_id == appointment_id)
    row = await read.one(query, village=appointments.c.place)
    return read.answer(_appointment(row), version=row["version"])


def _appointment(row: Any) -> dict[str, Any]:
    shown = ("version", "person_id", "role", "area", "since", "until")
    return {"id": row["appointment_id"], **{name: row[name] for name in shown}}


@router.patch(
    "/appointments/{appointment_id}",
    summary="Correct since when somebody serves",
    tags=["appointments"],
    responses=edits(APPOINTMENT, NOT_FOUND, *of_columns("on-"), APPOINTMENT_ENDED),
)
async def edit_appointment(appointment_id: AppointmentId, body: BeginningBody, write: Write) -> Response:
    """Of another person, role or area it is another appointment: retract this one."""
    return await write(commands.EditAppointment(appointment_id=appointment_id, on=body.on))


@router.delete(
    "/appointments/{appointment_id}",
    summary="Retract an appointment",
    tags=["appointments"],
    responses=edits(APPOINTMENT, NOT_FOUND),
)
async def withdraw_appointment(appointment_id: AppointmentId, write: Write) -> Response:
    """One that was recorded in error; one that is over is ended."""
    return await write(commands.WithdrawAppointment(appointment_id=appointment_id))


@router.post(
    "/appointments/{appointment_id}/end",
    status_code=201,
    summary="End an appointment",
    tags=["appointments"],
    responses=records(APPOINTMENT, NOT_FOUND, *of_columns("on-"), APPOINTMENT_ENDED, APPOINTMENT_NOT_BEGUN),
)
async def end_appointment(appointment_id: AppointmentId, body: EndBody, write: Write) -> Response:
    """*on* is the last day; 200 if the same was said before."""
    return await write(commands.End(appointment_id=appointment_id, on=body.on))


@router.delete(
    "/appointments/{appointment_id}/end",
    summary="Retract the end of an appointment",
    tags=["appointments"],
    responses=edits(APPOINTMENT, NOT_FOUND, PERSON_ERASED, APPOINTMENT_STANDS),
)
async def withdraw_appointment_end(appointment_id: AppointmentId, write: Write) -> Response:
    """It was an error: the person serves."""
    return await write(commands.WithdrawEnd(appointment_id=appointment_id))
