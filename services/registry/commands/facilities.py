"""What can be asked about the facilities of a village."""

from dataclasses import dataclass
from typing import assert_never
from uuid import UUID

from services.registry.commands.answers import changed, made
from services.registry.domain.cells import read_code, read_when
from services.registry.domain.facility import (
    CloseFacility,
    CorrectCondition,
    CorrectOpening,
    FacilityCommand,
    InUse,
    OpenFacility,
    ReportCondition,
    RetractClosing,
    RetractCondition,
    RetractFacility,
    facility,
)
from services.registry.domain.particulars import read_village
from services.registry.domain.reference import CONDITIONS, FACILITY_KINDS
from services.registry.domain.refusals import refuse_columns
from shared.errors import NOT_FOUND, Refused
from shared.execute import Answer, Work


@dataclass(frozen=True, slots=True, kw_only=True)
class Open:
    """Record that a facility was built or opened in a village."""

    village: str
    kind: str
    on: str


@dataclass(frozen=True, slots=True, kw_only=True)
class EditOpening:
    """Correct the kind or the opening day of a facility; None: as it stands."""

    facility_id: UUID
    kind: str | None
    on: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """Record in which condition a facility was found."""

    facility_id: UUID
    condition: str
    on: str


@dataclass(frozen=True, slots=True, kw_only=True)
class EditReport:
    """Correct the report that the fact of this version says."""

    facility_id: UUID
    fact: int
    condition: str
    on: str


@dataclass(frozen=True, slots=True, kw_only=True)
class WithdrawReport:
    """Take back the report that the fact of this version says."""

    facility_id: UUID
    fact: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Close:
    """Record that a facility was closed."""

    facility_id: UUID
    on: str


@dataclass(frozen=True, slots=True, kw_only=True)
class WithdrawClosing:
    """Take back that a facility was closed."""

    facility_id: UUID


@dataclass(frozen=True, slots=True, kw_only=True)
class Withdraw:
    """Take a facility back that was recorded in error."""

    facility_id: UUID


Command = Open | EditOpening | Report | EditReport | WithdrawReport | Close | WithdrawClosing | Withdraw


async def handle(work: Work, command: Command) -> Answer:
    """What `services.registry.commands.handle` does with one of these."""
    match command:
        case Open():
            return await open_one(work, command)
        case Report():
            return await report(work, command)
        case Close():
            return await close(work, command)
        case EditOpening() | EditReport() | WithdrawReport() | WithdrawClosing() | Withdraw():
            return await correct(work, command)
        case _:
            assert_never(command)


async def open_one(work: Work, command: Open) -> Answer:
    """A new facility. Rejects: column codes (village, kind, on), ``outside-area``."""
    code, wrong_village = read_village(command.village)
    kind, wrong_kind = read_code("kind", command.kind, FACILITY_KINDS)
    on, wrong_on = read_when("on", command.on, until=work.today)
    refuse_columns(wrong_village, wrong_kind, wrong_on)
    work.names(code)
    facility_id = work.new_id()
    await work.decide(facility, facility_id, OpenFacility(facility_id=facility_id, village=code, kind=kind, on=on))
    return made(work, facility_id)


async def report(work: Work, command: Report) -> Answer:
    """Its condition on a day. Rejects: ``not-found``, column codes (condition, on), and what `ReportCondition` does."""
    before = await known(work, command.facility_id)
    condition, wrong_condition = read_code("condition", command.condition, CONDITIONS)
    on, wrong_on = read_when("on", command.on, until=work.today)
    refuse_columns(wrong_condition, wrong_on)
    after = await work.decide(facility, command.facility_id, ReportCondition(condition=condition, on=on))
    return changed(work, command.facility_id, status=200 if after == before or work.check else 201)


async def close(work: Work, command: Close) -> Answer:
    """Its last day. Rejects: ``not-found``, ``on-invalid``, and what `CloseFacility` does."""
    before = await known(work, command.facility_id)
    on, wrong_on = read_when("on", command.on, until=work.today)
    refuse_columns(wrong_on)
    after = await work.decide(facility, command.facility_id, CloseFacility(on=on))
    return changed(work, command.facility_id, status=200 if after == before or work.check else 201)


async def correct(
    work: Work, command: EditOpening | EditReport | WithdrawReport | WithdrawClosing | Withdraw
) -> Answer:
    """What was recorded before. Rejects: ``not-found``, If-Match codes, column codes, and what the correction does."""
    await known(work, command.facility_id)
    work.match(command.facility_id)
    await work.decide(facility, command.facility_id, correction_of(work, command))
    return changed(work, command.facility_id)


def correction_of(
    work: Work, command: EditOpening | EditReport | WithdrawReport | WithdrawClosing | Withdraw
) -> FacilityCommand:
    """What is asked of the facility's history."""
    match command:
        case EditOpening():
            kind, wrong_kind = (None, None) if command.kind is None else read_code("kind", command.kind, FACILITY_KINDS)
            on, wrong_on = (None, None) if command.on is None else read_when("on", command.on, until=work.today)
            refuse_columns(wrong_kind, wrong_on)
            return CorrectOpening(kind=kind, on=on)
        case EditReport():
            condition, wrong_condition = read_code("condition", command.condition, CONDITIONS)
            when, wrong_when = read_when("on", command.on, until=work.today)
            refuse_columns(wrong_condition, wrong_when)
            return CorrectCondition(fact=command.fact, condition=condition, on=when)
        case WithdrawReport():
            return RetractCondition(fact=command.fact, today=work.today)
        case WithdrawClosing():
            return RetractClosing(today=work.today)
        case Withdraw():
            return RetractFacility(today=work.today)
        case _:
            assert_never(command)


async def known(work: Work, facility_id: UUID) -> InUse:
    """The facility a request is about. Rejects: ``not-found`` (also outside the area)."""
    state = await work.state(facility, facility_id)
    if not isinstance(state, InUse):
        raise Refused(NOT_FOUND)
    work.within(state.village)
    return state
