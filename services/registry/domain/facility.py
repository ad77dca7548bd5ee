"""A facility of a village (fasilitas desa): an education house, a water pond, a road; its condition over time; its end.

What kinds there are stands in `reference`. Nobody counts here how many a village may have. Days are as precise as they
are known and may be reported late. A correction or retraction names the fact it corrects by *corrects*: that fact's
version in this facility's history (P7).

==============  ====================  ==============
stands          asked                 then stands
==============  ====================  ==============
NoFacility      OpenFacility          InUse
InUse           CorrectOpening        InUse
InUse           ReportCondition       InUse
InUse           CorrectCondition      InUse
InUse           RetractCondition      InUse
InUse           CloseFacility         Closed
InUse           RetractFacility       NeverThere
Closed          CorrectOpening        Closed
Closed          ReportCondition       Closed
Closed          CorrectCondition      Closed
Closed          RetractCondition      Closed
Closed          RetractClosing        InUse
Closed          RetractFacility       NeverThere
==============  ====================  ==============

A report about a day before the closing may come after it.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, fields, replace
from datetime import date
from typing import Any, ClassVar, assert_never
from uuid import UUID

from services.registry.domain.cells import precedes
from services.registry.domain.refusals import FACILITY_CLOSED, FACILITY_NOT_YET_THERE
from shared.decider import Decider
from shared.errors import NOT_FOUND, Refused
from shared.vocabulary import Occurred

# ---------------------------------------------------------------------------------------------------------------------
# What happens
# ---------------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class FacilityOpened:
    """A facility was built or opened in *village* (fasilitas dibangun) on *occurred*."""

    name: ClassVar[str] = "FacilityOpened"
    schema_version: ClassVar[int] = 1
    about: ClassVar[str | None] = None
    erases: ClassVar[bool] = False
    occurred: Occurred
    facility_id: UUID
    village: str
    kind: str


@dataclass(frozen=True, slots=True, kw_only=True)
class FacilityOpeningCorrected:
    """It was opened on *occurred* and is of this *kind*."""

    name: ClassVar[str] = "FacilityOpeningCorrected"
    schema_version: ClassVar[int] = 1
    about: ClassVar[str | None] = None
    erases: ClassVar[bool] = False
    occurred: Occurred
    corrects: int
    facility_id: UUID
    kind: str


@dataclass(frozen=True, slots=True, kw_only=True)
class FacilityConditionReported:
    """It was found in this *condition* (kondisi) on *occurred*."""

    name: ClassVar[str] = "FacilityConditionReported"
    schema_version: ClassVar[int] = 1
    about: ClassVar[str | None] = None
    erases: ClassVar[bool] = False
    occurred: Occurred
    facility_id: UUID
    condition: str


@dataclass(frozen=True, slots=True, kw_only=True)
class FacilityConditionCorrected:
    """The report that this *corrects* was of *occurred*, and of this *condition*."""

    name: ClassVar[str] = "FacilityConditionCorrected"
    schema_version: ClassVar[int] = 1
    about: ClassVar[str | None] = None
    erases: ClassVar[bool] = False
    occurred: Occurred
    corrects: int
    facility_id: UUID
    condition: str


@dataclass(frozen=True, slots=True, kw_only=True)
class FacilityConditionRetracted:
    """The report that this *corrects* was an error."""

    name: ClassVar[str] = "FacilityConditionRetracted"
    schema_version: ClassVar[int] = 1
    about: ClassVar[str | None] = None
    erases: ClassVar[bool] = False
    occurred: Occurred
    corrects: int
    facility_id: UUID


@dataclass(frozen=True, slots=True, kw_only=True)
class FacilityClosed:
    """It is there or in use no more (fasilitas ditutup) since *occurred*."""

    name: ClassVar[str] = "FacilityClosed"
    schema_version: ClassVar[int] = 1
    about: ClassVar[str | None] = None
    erases: ClassVar[bool] = False
    occurred: Occurred
    facility_id: UUID


@dataclass(frozen=True, slots=True, kw_only=True)
class FacilityClosingRetracted:
    """That it was closed was an error."""

    name: ClassVar[str] = "FacilityClosingRetracted"
    schema_version: ClassVar[int] = 1
    about: ClassVar[str | None] = None
    erases: ClassVar[bool] = False
    occurred: Occurred
    corrects: int
    facility_id: UUID


@dataclass(frozen=True, slots=True, kw_only=True)
class FacilityRetracted:
    """There never was such a facility."""

    name: ClassVar[str] = "FacilityRetracted"
    schema_version: ClassVar[int] = 1
    about: ClassVar[str | None] = None
    erases: ClassVar[bool] = False
    occurred: Occurred
    corrects: int
    facility_id: UUID


FacilityEvent = (
    FacilityOpened
    | FacilityOpeningCorrected
    | FacilityConditionReported
    | FacilityConditionCorrected
    | FacilityConditionRetracted
    | FacilityClosed
    | FacilityClosingRetracted
    | FacilityRetracted
)

# ---------------------------------------------------------------------------------------------------------------------
# Where it can stand
# ---------------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class NoFacility:
    """No facility has this id."""


@dataclass(frozen=True, slots=True)
class Report:
    """In which condition it was found, and when: *fact* is the version of what says so."""

    fact: int
    on: Occurred
    condition: str


@dataclass(frozen=True, slots=True, kw_only=True)
class InUse:
    """A facility that is there. *version*: the number of facts; *fact*: the version of what says how it opened."""

    version: int
    fact: int
    facility_id: UUID
    village: str
    kind: str
    opened: Occurred
    reports: tuple[Report, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Closed(InUse):
    """One that is closed since *closed*, as the fact of the version *closing* says."""

    closed: Occurred
    closing: int


@dataclass(frozen=True, slots=True)
class NeverThere:
    """It was recorded in error: nothing more can happen to it."""


Facility = NoFacility | InUse | Closed | NeverThere


def evolve(state: Facility, event: FacilityEvent) -> Facility:
    """Where the facility stands after *event*."""
    if isinstance(event, FacilityOpened):
        return InUse(
            version=1,
            fact=1,
            facility_id=event.facility_id,
            village=event.village,
            kind=event.kind,
            opened=event.occurred,
        )
    if not isinstance(state, InUse):
        return state  # nothing comes before an opening or after a retraction
    fact = state.version + 1
    state = replace(state, version=fact)
    match event:
        case FacilityOpeningCorrected():
            return replace(state, fact=fact, kind=event.kind, opened=event.occurred)
        case FacilityConditionReported():
            return replace(state, reports=(*state.reports, Report(fact, event.occurred, event.condition)))
        case FacilityConditionCorrected():
            report = Report(fact, event.occurred, event.condition)
            return replace(state, reports=(*without(state.reports, event.corrects), report))
        case FacilityConditionRetracted():
            return replace(state, reports=tuple(without(state.reports, event.corrects)))
        case FacilityClosed():
            return Closed(closed=event.occurred, closing=fact, **opening_of(state))
        case FacilityClosingRetracted():
            return InUse(**opening_of(state))
        case FacilityRetracted():
            return NeverThere()
        case _:
            assert_never(event)


def opening_of(state: InUse) -> dict[str, Any]:
    """What is known of a facility apart from its closing."""
    return {field.name: getattr(state, field.name) for field in fields(InUse)}


def without(reports: Iterable[Report], fact: int) -> Iterable[Report]:
    """*reports* but for the one that the fact of this version says."""
    return (report for report in reports if report.fact != fact)


# ---------------------------------------------------------------------------------------------------------------------
# What can be asked
# ---------------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenFacility:
    """Record that a facility was opened."""

    facility_id: UUID
    village: str
    kind: str
    on: Occurred


@dataclass(frozen=True, slots=True, kw_only=True)
class CorrectOpening:
    """Correct its kind, or the day on which it was opened; None: as it stands."""

    kind: str | None = None
    on: Occurred | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportCondition:
    """Record in which condition it was found."""

    condition: str
    on: Occurred


@dataclass(frozen=True, slots=True, kw_only=True)
class CorrectCondition:
    """Correct the report that the fact of the version *fact* says."""

    fact: int
    condition: str
    on: Occurred


@dataclass(frozen=True, slots=True, kw_only=True)
class RetractCondition:
    """Take back the report that the fact of the version *fact* says."""

    fact: int
    today: date


@dataclass(frozen=True, slots=True, kw_only=True)
class CloseFacility:
    """Record that it was closed."""

    on: Occurred


@dataclass(frozen=True, slots=True, kw_only=True)
class RetractClosing:
    """Take back that it was closed."""

    today: date


@dataclass(frozen=True, slots=True, kw_only=True)
class RetractFacility:
    """Take the whole facility back."""

    today: date


FacilityCommand = (
    OpenFacility
    | CorrectOpening
    | ReportCondition
    | CorrectCondition
    | RetractCondition
    | CloseFacility
    | RetractClosing
    | RetractFacility
)


def decide(state: Facility, command: FacilityCommand) -> Sequence[FacilityEvent]:
    """What happens. Rejects: ``not-found`` for all but an opening, and what each says."""
    if isinstance(command, OpenFacility):
        return open_facility(state, command)
    if not isinstance(state, InUse):
        raise Refused(NOT_FOUND)
    match command:
        case CorrectOpening():
            return correct_opening(state, command)
        case ReportCondition():
            return report_condition(state, command)
        case CorrectCondition():
            return correct_condition(state, command)
        case RetractCondition():
            return retract_condition(state, command)
        case CloseFacility():
            return close_facility(state, command)
        case RetractClosing():
            return retract_closing(state, command)
        case RetractFacility():
            return retract_facility(state, command)
        case _:
            assert_never(command)


def open_facility(state: Facility, command: OpenFacility) -> Sequence[FacilityEvent]:
    """Its id is made for it, so it is opened once."""
    if not isinstance(state, NoFacility):
        return ()
    return (
        FacilityOpened(
            occurred=command.on, facility_id=command.facility_id, village=command.village, kind=command.kind
        ),
    )


def correct_opening(state: InUse, command: CorrectOpening) -> Sequence[FacilityEvent]:
    """Rejects: ``facility-not-yet-there`` (by the new day, at a report), ``facility-closed`` (before the new day)."""
    kind, on = command.kind or state.kind, command.on or state.opened
    if (kind, on) == (state.kind, state.opened):
        return ()
    corrected = replace(state, opened=on)
    for report in state.reports:
        refuse_outside(corrected, report.on)
    if isinstance(state, Closed) and precedes(state.closed, on):
        raise Refused(FACILITY_CLOSED)
    return (FacilityOpeningCorrected(occurred=on, corrects=state.fact, facility_id=state.facility_id, kind=kind),)


def report_condition(state: InUse, command: ReportCondition) -> Sequence[FacilityEvent]:
    """Rejects: ``facility-not-yet-there``, ``facility-closed`` (on that day). The same said again is nothing new."""
    if any((said.on, said.condition) == (command.on, command.condition) for said in state.reports):
        return ()
    refuse_outside(state, command.on)
    return (FacilityConditionReported(occurred=command.on, facility_id=state.facility_id, condition=command.condition),)


def correct_condition(state: InUse, command: CorrectCondition) -> Sequence[FacilityEvent]:
    """Rejects: ``not-found`` (no such report), ``facility-not-yet-there``, ``facility-closed``."""
    said = report_of(state, command.fact)
    if (said.on, said.condition) == (command.on, command.condition):
        return ()
    refuse_outside(state, command.on)
    return (
        FacilityConditionCorrected(
            occurred=command.on, corrects=said.fact, facility_id=state.facility_id, condition=command.condition
        ),
    )


def retract_condition(state: InUse, command: RetractCondition) -> Sequence[FacilityEvent]:
    """Rejects: ``not-found`` (no such report)."""
    said = report_of(state, command.fact)
    return (
        FacilityConditionRetracted(occurred=Occurred(command.today), corrects=said.fact, facility_id=state.facility_id),
    )


def close_facility(state: InUse, command: CloseFacility) -> Sequence[FacilityEvent]:
    """Rejects: ``facility-closed`` (on another day, or before a report), ``facility-not-yet-there``."""
    if isinstance(state, Closed):
        if state.closed == command.on:
            return ()
        raise Refused(FACILITY_CLOSED)
    if precedes(command.on, state.opened):
        raise Refused(FACILITY_NOT_YET_THERE)
    if any(precedes(command.on, said.on) for said in state.reports):
        raise Refused(FACILITY_CLOSED)
    return (FacilityClosed(occurred=command.on, facility_id=state.facility_id),)


def retract_closing(state: InUse, command: RetractClosing) -> Sequence[FacilityEvent]:
    """Rejects: ``not-found`` (it is not closed)."""
    if not isinstance(state, Closed):
        raise Refused(NOT_FOUND)
    return (
        FacilityClosingRetracted(
            occurred=Occurred(command.today), corrects=state.closing, facility_id=state.facility_id
        ),
    )


def retract_facility(state: InUse, command: RetractFacility) -> Sequence[FacilityEvent]:
    """Whatever was said of it goes with it."""
    return (FacilityRetracted(occurred=Occurred(command.today), corrects=state.fact, facility_id=state.facility_id),)


def report_of(state: InUse, fact: int) -> Report:
    """The report that the fact of this version says. Rejects: ``not-found``."""
    for report in state.reports:
        if report.fact == fact:
            return report
    raise Refused(NOT_FOUND)


def refuse_outside(state: InUse, on: Occurred) -> None:
    """A facility is found in a condition while it is there: ``facility-not-yet-there``, ``facility-closed``."""
    if precedes(on, state.opened):
        raise Refused(FACILITY_NOT_YET_THERE)
    if isinstance(state, Closed) and precedes(state.closed, on):
        raise Refused(FACILITY_CLOSED)


facility: Decider[Facility, FacilityEvent, FacilityCommand] = Decider(
    initial=NoFacility(), decide=decide, evolve=evolve
)
