"""Somebody serves the programme (penugasan): as officer, responsible person or regency coordinator, from day to day.

The appointee is a registered person, known here by id alone: no name stands in these facts, so an erasure needs nothing
more here. The three roles, and that a coordinator is of the labour office of a regency, are named in "Lindungi PMI,
Kemnaker Bakal Tambah 51 Desa Migran Produktif Tahun Ini" (IDX Channel, 2021, page 2). How many officers a village has
is stated by no source (Permenaker 2/2019 was not to be had), so nobody is refused for being one too many; nor are two
coordinators of one regency. The same person is appointed as the same in the same area once at a time: that is claimed,
so that two clerks at once cannot do it twice.

Authorisation by appointment is not decided here. A correction or retraction names the fact it corrects by *corrects*:
that fact's version in this appointment's history (P7).

=================  ======================  =================
stands             asked                   then stands
=================  ======================  =================
NotAppointed       Appoint                 Serving
Serving            CorrectAppointment      Serving
Serving            EndAppointment          Served
Serving            RetractAppointment      NeverAppointed
Served             CorrectAppointment      Served
Served             RetractEnd              Serving
Served             RetractAppointment      NeverAppointed
=================  ======================  =================
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, fields, replace
from datetime import date
from typing import Any, ClassVar, assert_never
from uuid import UUID

from services.registry.domain.cells import precedes
from services.registry.domain.refusals import APPOINTMENT_ENDED, APPOINTMENT_NOT_BEGUN
from shared.decider import Claim, Decider, Release
from shared.errors import NOT_FOUND, Refused
from shared.vocabulary import Level, Occurred

LEVELS: Mapping[str, Level] = {"officer": "village", "responsible": "village", "coordinator": "regency"}
"""The level of region that each role serves (petugas, penanggung jawab: desa; koordinator: kabupaten/kota)."""

# ---------------------------------------------------------------------------------------------------------------------
# What happens
# ---------------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class Appointed:
    """A person serves as *role* in *area* (penugasan) from *occurred*. *area*: a dotted village or regency."""

    name: ClassVar[str] = "Appointed"
    schema_version: ClassVar[int] = 1
    about: ClassVar[str | None] = "person_id"
    erases: ClassVar[bool] = False
    occurred: Occurred
    appointment_id: UUID
    person_id: UUID
    role: str
    area: str


@dataclass(frozen=True, slots=True, kw_only=True)
class AppointmentCorrected:
    """The appointment began on *occurred*."""

    name: ClassVar[str] = "AppointmentCorrected"
    schema_version: ClassVar[int] = 1
    about: ClassVar[str | None] = "person_id"
    erases: ClassVar[bool] = False
    occurred: Occurred
    corrects: int
    appointment_id: UUID
    person_id: UUID


@dataclass(frozen=True, slots=True, kw_only=True)
class AppointmentEnded:
    """The person serves no more (pemberhentian) after *occurred*."""

    name: ClassVar[str] = "AppointmentEnded"
    schema_version: ClassVar[int] = 1
    about: ClassVar[str | None] = "person_id"
    erases: ClassVar[bool] = False
    occurred: Occurred
    appointment_id: UUID
    person_id: UUID


@dataclass(frozen=True, slots=True, kw_only=True)
class AppointmentEndRetracted:
    """That the appointment ended was an error: the person serves as *role* in *area*."""

    name: ClassVar[str] = "AppointmentEndRetracted"
    schema_version: ClassVar[int] = 1
    about: ClassVar[str | None] = "person_id"
    erases: ClassVar[bool] = False
    occurred: Occurred
    corrects: int
    appointment_id: UUID
    person_id: UUID
    role: str
    area: str


@dataclass(frozen=True, slots=True, kw_only=True)
class AppointmentRetracted:
    """The person was never appointed."""

    name: ClassVar[str] = "AppointmentRetracted"
    schema_version: ClassVar[int] = 1
    about: ClassVar[str | None] = "person_id"
    erases: ClassVar[bool] = False
    occurred: Occurred
    corrects: int
    appointment_id: UUID
    person_id: UUID


AppointmentEvent = Appointed | AppointmentCorrected | AppointmentEnded | AppointmentEndRetracted | AppointmentRetracted

# ---------------------------------------------------------------------------------------------------------------------
# Where it can stand
# ---------------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class NotAppointed:
    """No appointment has this id."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Serving:
    """Somebody serves. *version*: the number of facts; *fact*: the version of what says since when."""

    version: int
    fact: int
    appointment_id: UUID
    person_id: UUID
    role: str
    area: str
    since: Occurred


@dataclass(frozen=True, slots=True, kw_only=True)
class Served(Serving):
    """Somebody served until *until*, as the fact of the version *end* says."""

    until: Occurred
    end: int


@dataclass(frozen=True, slots=True)
class NeverAppointed:
    """It was recorded in error: nothing more can happen to it."""


Appointment = NotAppointed | Serving | Served | NeverAppointed


def evolve(state: Appointment, event: AppointmentEvent) -> Appointment:
    """Where the appointment stands after *event*."""
    if isinstance(event, Appointed):
        return Serving(
            version=1,
            fact=1,
            appointment_id=event.appointment_id,
            person_id=event.person_id,
            role=event.role,
            area=event.area,
            since=event.occurred,
        )
    if not isinstance(state, Serving):
        return state  # nothing comes before an appointment or after its retraction
    fact = state.version + 1
    state = replace(state, version=fact)
    match event:
        case AppointmentCorrected():
            return replace(state, fact=fact, since=event.occurred)
        case AppointmentEnded():
            return Served(until=event.occurred, end=fact, **beginning_of(state))
        case AppointmentEndRetracted():
            return Serving(**beginning_of(state))
        case AppointmentRetracted():
            return NeverAppointed()
        case _:
            assert_never(event)


def beginning_of(state: Serving) -> dict[str, Any]:
    """What is known of an appointment apart from its end."""
    return {field.name: getattr(state, field.name) for field in fields(Serving)}


# ---------------------------------------------------------------------------------------------------------------------
# What can be asked
# ---------------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class Appoint:
    """Appoint a person. That they do not serve so already is asked of the claims, not of this history."""

    appointment_id: UUID
    person_id: UUID
    role: str
    area: str
    on: Occurred


@dataclass(frozen=True, slots=True, kw_only=True)
class CorrectAppointment:
    """Correct the day on which it began."""

    on: Occurred


@dataclass(frozen=True, slots=True, kw_only=True)
class EndAppointment:
    """Record the last day of the appointment."""

    on: Occurred


@dataclass(frozen=True, slots=True, kw_only=True)
class RetractEnd:
    """Take back that it ended."""

    today: date


@dataclass(frozen=True, slots=True, kw_only=True)
class RetractAppointment:
    """Take the whole appointment back."""

    today: date


AppointmentCommand = Appoint | CorrectAppointment | EndAppointment | RetractEnd | RetractAppointment


def decide(state: Appointment, command: AppointmentCommand) -> Sequence[AppointmentEvent]:
    """What happens. Rejects: ``not-found`` for all but an appointment, and what each says."""
    if isinstance(command, Appoint):
        return appoint(state, command)
    if not isinstance(state, Serving):
        raise Refused(NOT_FOUND)
    match command:
        case CorrectAppointment():
            return correct_appointment(state, command)
        case EndAppointment():
            return end_appointment(state, command)
        case RetractEnd():
            return retract_end(state, command)
        case RetractAppointment():
            return retract_appointment(state, command)
        case _:
            assert_never(command)


def appoint(state: Appointment, command: Appoint) -> Sequence[AppointmentEvent]:
    """Its id is made for it, so it begins once."""
    if not isinstance(state, NotAppointed):
        return ()
    return (
        Appointed(
            occurred=command.on,
            appointment_id=command.appointment_id,
            person_id=command.person_id,
            role=command.role,
            area=command.area,
        ),
    )


def correct_appointment(state: Serving, command: CorrectAppointment) -> Sequence[AppointmentEvent]:
    """Rejects: ``appointment-ended`` (before the new day)."""
    if command.on == state.since:
        return ()
    if isinstance(state, Served) and precedes(state.until, command.on):
        raise Refused(APPOINTMENT_ENDED)
    return (
        AppointmentCorrected(
            occurred=command.on,
            corrects=state.fact,
            appointment_id=state.appointment_id,
            person_id=state.person_id,
        ),
    )


def end_appointment(state: Serving, command: EndAppointment) -> Sequence[AppointmentEvent]:
    """Rejects: ``appointment-ended`` (on another day), ``appointment-not-begun`` (by that day)."""
    if isinstance(state, Served):
        if state.until == command.on:
            return ()
        raise Refused(APPOINTMENT_ENDED)
    if precedes(command.on, state.since):
        raise Refused(APPOINTMENT_NOT_BEGUN)
    return (AppointmentEnded(occurred=command.on, appointment_id=state.appointment_id, person_id=state.person_id),)


def retract_end(state: Serving, command: RetractEnd) -> Sequence[AppointmentEvent]:
    """Rejects: ``not-found`` (it has not ended). That nobody serves so meanwhile is asked of the claims."""
    if not isinstance(state, Served):
        raise Refused(NOT_FOUND)
    return (
        AppointmentEndRetracted(
            occurred=Occurred(command.today),
            corrects=state.end,
            appointment_id=state.appointment_id,
            person_id=state.person_id,
            role=state.role,
            area=state.area,
        ),
    )


def retract_appointment(state: Serving, command: RetractAppointment) -> Sequence[AppointmentEvent]:
    """Its end, if it had one, goes with it."""
    return (
        AppointmentRetracted(
            occurred=Occurred(command.today),
            corrects=state.fact,
            appointment_id=state.appointment_id,
            person_id=state.person_id,
        ),
    )


def service_parts(person_id: UUID, role: str, area: str) -> tuple[str, str, str]:
    """What is claimed of somebody who serves."""
    return str(person_id), role, area


def claims(event: AppointmentEvent) -> Iterable[Claim | Release]:
    """A person serves as the same in the same area once at a time."""
    match event:
        case Appointed() | AppointmentEndRetracted():
            parts = service_parts(event.person_id, event.role, event.area)
            yield Claim("appointment", parts, holder=event.appointment_id, person_id=event.person_id)
        case AppointmentEnded() | AppointmentRetracted():
            yield Release("appointment", holder=event.appointment_id)
        case AppointmentCorrected():
            return
        case _:
            assert_never(event)


appointment: Decider[Appointment, AppointmentEvent, AppointmentCommand] = Decider(
    initial=NotAppointed(), decide=decide, evolve=evolve, claims=claims
)
