"""A partner of the programme (mitra): an institution, its agreement, the area and the period for which it holds.

Partners are institutions, never private persons, so their name is not personal; nor does it leave the registry. What a
partner promised stands in histories of their own (`commitment`). A correction or retraction names the fact it corrects
by *corrects*: that fact's version in this partner's history (P7).

===============  ========================  ===============
stands           asked                     then stands
===============  ========================  ===============
NoPartner        RecordPartner             InPartnership
InPartnership    CorrectPartner            InPartnership
InPartnership    EndPartnership            FormerPartner
FormerPartner    CorrectPartner            FormerPartner
FormerPartner    RetractPartnershipEnd     InPartnership
===============  ========================  ===============

An agreement that runs out does not end a partnership by itself: only a fact does.
"""

from collections.abc import Sequence
from dataclasses import dataclass, fields, replace
from datetime import date
from typing import Any, ClassVar, assert_never
from uuid import UUID

from services.registry.domain.cells import precedes
from services.registry.domain.refusals import PARTNERSHIP_ENDED, PARTNERSHIP_NOT_BEGUN, refuse_columns
from shared.decider import Decider
from shared.errors import NOT_FOUND, ColumnError, Refused
from shared.vocabulary import Occurred

# ---------------------------------------------------------------------------------------------------------------------
# What happens
# ---------------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class PartnerRecorded:
    """An institution is a partner (mitra) by *agreement* (nomor perjanjian) in *area* from *occurred*.

    *area* is a dotted region of any level, ``*`` for the whole country; *ends_on* the last day of the agreement, None
    where it states none.
    """

    name: ClassVar[str] = "PartnerRecorded"
    schema_version: ClassVar[int] = 1
    about: ClassVar[str | None] = None
    erases: ClassVar[bool] = False
    occurred: Occurred
    partner_id: UUID
    partner_name: str
    kind: str
    agreement: str
    area: str
    ends_on: Occurred | None


@dataclass(frozen=True, slots=True, kw_only=True)
class PartnerCorrected:
    """What holds of the partner and its agreement from now on; *occurred* is the day from which the agreement holds."""

    name: ClassVar[str] = "PartnerCorrected"
    schema_version: ClassVar[int] = 1
    about: ClassVar[str | None] = None
    erases: ClassVar[bool] = False
    occurred: Occurred
    corrects: int
    partner_id: UUID
    partner_name: str
    kind: str
    agreement: str
    area: str
    ends_on: Occurred | None


@dataclass(frozen=True, slots=True, kw_only=True)
class PartnershipEnded:
    """The institution is a partner no more after *occurred*."""

    name: ClassVar[str] = "PartnershipEnded"
    schema_version: ClassVar[int] = 1
    about: ClassVar[str | None] = None
    erases: ClassVar[bool] = False
    occurred: Occurred
    partner_id: UUID


@dataclass(frozen=True, slots=True, kw_only=True)
class PartnershipEndRetracted:
    """That the partnership ended was an error."""

    name: ClassVar[str] = "PartnershipEndRetracted"
    schema_version: ClassVar[int] = 1
    about: ClassVar[str | None] = None
    erases: ClassVar[bool] = False
    occurred: Occurred
    corrects: int
    partner_id: UUID


PartnerEvent = PartnerRecorded | PartnerCorrected | PartnershipEnded | PartnershipEndRetracted

# ---------------------------------------------------------------------------------------------------------------------
# Where it can stand
# ---------------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class Agreement:
    """What is agreed with an institution, read and judged."""

    partner_name: str
    kind: str
    agreement: str
    area: str
    starts_on: Occurred
    ends_on: Occurred | None


@dataclass(frozen=True, slots=True)
class NoPartner:
    """No partner has this id."""


@dataclass(frozen=True, slots=True, kw_only=True)
class InPartnership:
    """A partner. *version*: the number of facts; *fact*: the version of what says the agreement."""

    version: int
    fact: int
    partner_id: UUID
    agreed: Agreement


@dataclass(frozen=True, slots=True, kw_only=True)
class FormerPartner(InPartnership):
    """One that was a partner until *until*, as the fact of the version *end* says."""

    until: Occurred
    end: int


Partner = NoPartner | InPartnership | FormerPartner


def evolve(state: Partner, event: PartnerEvent) -> Partner:
    """Where the partner stands after *event*."""
    if isinstance(event, PartnerRecorded):
        return InPartnership(version=1, fact=1, partner_id=event.partner_id, agreed=agreement_of(event))
    if not isinstance(state, InPartnership):
        return state  # nothing comes before the agreement
    fact = state.version + 1
    state = replace(state, version=fact)
    match event:
        case PartnerCorrected():
            return replace(state, fact=fact, agreed=agreement_of(event))
        case PartnershipEnded():
            return FormerPartner(until=event.occurred, end=fact, **partnership_of(state))
        case PartnershipEndRetracted():
            return InPartnership(**partnership_of(state))
        case _:
            assert_never(event)


def agreement_of(event: PartnerRecorded | PartnerCorrected) -> Agreement:
    """The agreement as a fact says it."""
    return Agreement(
        partner_name=event.partner_name,
        kind=event.kind,
        agreement=event.agreement,
        area=event.area,
        starts_on=event.occurred,
        ends_on=event.ends_on,
    )


def partnership_of(state: InPartnership) -> dict[str, Any]:
    """What is known of a partner apart from the end."""
    return {field.name: getattr(state, field.name) for field in fields(InPartnership)}


# ---------------------------------------------------------------------------------------------------------------------
# What can be asked
# ---------------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordPartner:
    """Record a partner."""

    partner_id: UUID
    agreed: Agreement


@dataclass(frozen=True, slots=True, kw_only=True)
class CorrectPartner:
    """Correct what is recorded of the partner and its agreement."""

    agreed: Agreement


@dataclass(frozen=True, slots=True, kw_only=True)
class EndPartnership:
    """Record the last day of the partnership."""

    on: Occurred


@dataclass(frozen=True, slots=True, kw_only=True)
class RetractPartnershipEnd:
    """Take back that it ended."""

    today: date


PartnerCommand = RecordPartner | CorrectPartner | EndPartnership | RetractPartnershipEnd


def decide(state: Partner, command: PartnerCommand) -> Sequence[PartnerEvent]:
    """What happens. Rejects: ``not-found`` for all but a record, and what each says."""
    if isinstance(command, RecordPartner):
        return record_partner(state, command)
    if not isinstance(state, InPartnership):
        raise Refused(NOT_FOUND)
    match command:
        case CorrectPartner():
            return correct_partner(state, command)
        case EndPartnership():
            return end_partnership(state, command)
        case RetractPartnershipEnd():
            return retract_partnership_end(state, command)
        case _:
            assert_never(command)


def record_partner(state: Partner, command: RecordPartner) -> Sequence[PartnerEvent]:
    """Rejects: ``ends-on-before-start``."""
    if not isinstance(state, NoPartner):
        return ()
    agreed = command.agreed
    refuse_backwards(agreed)
    return (
        PartnerRecorded(
            occurred=agreed.starts_on,
            partner_id=command.partner_id,
            partner_name=agreed.partner_name,
            kind=agreed.kind,
            agreement=agreed.agreement,
            area=agreed.area,
            ends_on=agreed.ends_on,
        ),
    )


def correct_partner(state: InPartnership, command: CorrectPartner) -> Sequence[PartnerEvent]:
    """Rejects: ``ends-on-before-start``, ``partnership-ended`` (before the new beginning)."""
    agreed = command.agreed
    if agreed == state.agreed:
        return ()
    refuse_backwards(agreed)
    if isinstance(state, FormerPartner) and precedes(state.until, agreed.starts_on):
        raise Refused(PARTNERSHIP_ENDED)
    return (
        PartnerCorrected(
            occurred=agreed.starts_on,
            corrects=state.fact,
            partner_id=state.partner_id,
            partner_name=agreed.partner_name,
            kind=agreed.kind,
            agreement=agreed.agreement,
            area=agreed.area,
            ends_on=agreed.ends_on,
        ),
    )


def end_partnership(state: InPartnership, command: EndPartnership) -> Sequence[PartnerEvent]:
    """Rejects: ``partnership-ended`` (on another day), ``partnership-not-begun`` (by that day)."""
    if isinstance(state, FormerPartner):
        if state.until == command.on:
            return ()
        raise Refused(PARTNERSHIP_ENDED)
    if precedes(command.on, state.agreed.starts_on):
        raise Refused(PARTNERSHIP_NOT_BEGUN)
    return (PartnershipEnded(occurred=command.on, partner_id=state.partner_id),)


def retract_partnership_end(state: InPartnership, command: RetractPartnershipEnd) -> Sequence[PartnerEvent]:
    """Rejects: ``not-found`` (it has not ended)."""
    if not isinstance(state, FormerPartner):
        raise Refused(NOT_FOUND)
    return (PartnershipEndRetracted(occurred=Occurred(command.today), corrects=state.end, partner_id=state.partner_id),)


def refuse_backwards(agreed: Agreement) -> None:
    """``ends-on-before-start``: no agreement runs out before it holds."""
    backwards = agreed.ends_on is not None and precedes(agreed.ends_on, agreed.starts_on)
    refuse_columns(ColumnError("ends_on", "ends-on-before-start") if backwards else None)


partner: Decider[Partner, PartnerEvent, PartnerCommand] = Decider(initial=NoPartner(), decide=decide, evolve=evolve)
