"""What can be asked about those who serve the programme."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import assert_never
from uuid import UUID

from services.registry.commands.answers import changed, made
from services.registry.commands.persons import named, survivor_of
from services.registry.domain.appointment import (
    LEVELS,
    Appoint,
    CorrectAppointment,
    EndAppointment,
    RetractAppointment,
    RetractEnd,
    Served,
    Serving,
    appointment,
    service_parts,
)
from services.registry.domain.cells import read_area, read_code, read_when
from services.registry.domain.person import Gone, Registered
from services.registry.domain.person_rules import person
from services.registry.domain.reference import APPOINTMENT_ROLES
from services.registry.domain.refusals import APPOINTMENT_STANDS, PERSON_ERASED, refuse_columns
from shared.errors import NOT_FOUND, Refused
from shared.execute import Answer, Work


@dataclass(frozen=True, slots=True, kw_only=True)
class AppointPerson:
    """Appoint a registered person (penugasan)."""

    person_id: UUID
    role: str
    area: str
    on: str


@dataclass(frozen=True, slots=True, kw_only=True)
class EditAppointment:
    """Correct the day on which an appointment began."""

    appointment_id: UUID
    on: str


@dataclass(frozen=True, slots=True, kw_only=True)
class End:
    """Record the last day of an appointment (pemberhentian)."""

    appointment_id: UUID
    on: str


@dataclass(frozen=True, slots=True, kw_only=True)
class WithdrawEnd:
    """Take back that an appointment ended."""

    appointment_id: UUID


@dataclass(frozen=True, slots=True, kw_only=True)
class WithdrawAppointment:
    """Take an appointment back that was recorded in error."""

    appointment_id: UUID


Command = AppointPerson | EditAppointment | End | WithdrawEnd | WithdrawAppointment


async def handle(work: Work, command: Command) -> Answer:
    """What `services.registry.commands.handle` does with one of these."""
    match command:
        case AppointPerson():
            return await appoint_person(work, command)
        case EditAppointment():
            return await edit_appointment(work, command)
        case End():
            return await end(work, command)
        case WithdrawEnd():
            return await withdraw_end(work, command)
        case WithdrawAppointment():
            return await withdraw_appointment(work, command)
        case _:
            assert_never(command)


async def appoint_person(work: Work, command: AppointPerson) -> Answer:
    """A person of the caller's area serves somewhere in it.

    Rejects: column codes (role, area, on), ``outside-area``, ``person-unknown``, ``person-erased``, ``person-merged``,
    ``appointment-stands``.
    """
    role, wrong_role = read_code("role", command.role, APPOINTMENT_ROLES)
    area, wrong_area = read_area(command.area, level=LEVELS.get(role))
    on, wrong_on = read_when("on", command.on, until=work.today)
    refuse_columns(wrong_role, wrong_area, wrong_on)
    work.names(area)
    appointee = await named(work, command.person_id)
    await refuse_held(work, appointee.ids, role, area)
    new = work.new_id()
    wish = Appoint(appointment_id=new, person_id=appointee.person_id, role=role, area=area, on=on)
    await work.decide(appointment, new, wish)
    return made(work, new)


async def edit_appointment(work: Work, command: EditAppointment) -> Answer:
    """Rejects: ``not-found``, If-Match codes, ``on-invalid``, and what `CorrectAppointment` does."""
    await known(work, command.appointment_id)
    work.match(command.appointment_id)
    on, wrong_on = read_when("on", command.on, until=work.today)
    refuse_columns(wrong_on)
    await work.decide(appointment, command.appointment_id, CorrectAppointment(on=on))
    return changed(work, command.appointment_id)


async def end(work: Work, command: End) -> Answer:
    """Rejects: ``not-found``, ``on-invalid``, and what `EndAppointment` does."""
    before = await known(work, command.appointment_id)
    on, wrong_on = read_when("on", command.on, until=work.today)
    refuse_columns(wrong_on)
    after = await work.decide(appointment, command.appointment_id, EndAppointment(on=on))
    return changed(work, command.appointment_id, status=200 if after == before or work.check else 201)


async def withdraw_end(work: Work, command: WithdrawEnd) -> Answer:
    """The person serves again. Rejects: ``not-found``, If-Match codes, ``person-erased``, ``appointment-stands``."""
    state = await known(work, command.appointment_id)
    work.match(command.appointment_id)
    if isinstance(state, Served):
        appointee = await work.state(person, state.person_id)
        if isinstance(appointee, Gone):
            raise Refused(PERSON_ERASED)
        ids = (await survivor_of(work, appointee)).ids if isinstance(appointee, Registered) else (state.person_id,)
        await refuse_held(work, ids, state.role, state.area)
    await work.decide(appointment, command.appointment_id, RetractEnd(today=work.today))
    return changed(work, command.appointment_id)


async def withdraw_appointment(work: Work, command: WithdrawAppointment) -> Answer:
    """Rejects: ``not-found``, If-Match codes."""
    await known(work, command.appointment_id)
    work.match(command.appointment_id)
    await work.decide(appointment, command.appointment_id, RetractAppointment(today=work.today))
    return changed(work, command.appointment_id)


async def refuse_held(work: Work, ids: Iterable[UUID], role: str, area: str) -> None:
    """Refuse where the person serves so already, under any of their ids: ``appointment-stands``."""
    for one in ids:
        if await work.holder("appointment", *service_parts(one, role, area)):
            raise Refused(APPOINTMENT_STANDS)


async def known(work: Work, appointment_id: UUID) -> Serving:
    """The appointment a request is about. Rejects: ``not-found`` (also outside the area)."""
    state = await work.state(appointment, appointment_id)
    if not isinstance(state, Serving):
        raise Refused(NOT_FOUND)
    work.within(state.area)
    return state
