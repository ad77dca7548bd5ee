"""A village's way through a programme: proposed, designated, active, ended (desa Desmigratif and others like it).

Villages themselves stand in the region table; here is only what a programme decided about one. A village may be in
several programmes at a time, each a history of its own (`reference.PROGRAMMES` names the one that is known to be).
Nothing else about a person's village needs a designation.

Which villages a programme takes the ministry decides after a survey, and a regency's labour office only helps (on four
villages of Karanganyar, apakabaronline.com): so a scope of its own asks for all but a proposal and a beginning, which
villages and regencies say as well as the ministry (`shared.http.access`).

Records arrive late, so a village may be designated without ever having been proposed. The steps follow each other in
time as well, as far as their days are known. What was recorded in error is taken back step by step, the last first:
the retraction names the fact it corrects by *corrects*, that fact's version in this history (P7).

===============  ==================  ===============
stands           asked               then stands
===============  ==================  ===============
Undesignated     ProposeVillage      Proposed
Undesignated     DesignateVillage    Designated
Proposed         DesignateVillage    Designated
Proposed         RetractStep         Undesignated
Designated       ActivateVillage     Active
Designated       EndProgramme        Ended
Designated       RetractStep         Undesignated
Designated       RetractStep         Proposed
Active           EndProgramme        Ended
Active           RetractStep         Designated
Ended            RetractStep         Designated
Ended            RetractStep         Active
===============  ==================  ===============

Whatever is not in the table is refused, or is the same said again. What comes after a programme's support for a village
(mandiri, tidak aktif) is told by no source; it ends, and the day of that is what is kept.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import ClassVar, Literal, assert_never
from uuid import UUID

from services.registry.domain.cells import precedes
from services.registry.domain.reference import DESMIGRATIF, PROGRAMMES
from services.registry.domain.refusals import (
    PROGRAMME_ENDED,
    STEP_TOO_EARLY,
    VILLAGE_ALREADY_ACTIVE,
    VILLAGE_ALREADY_DESIGNATED,
    VILLAGE_ALREADY_PROPOSED,
    VILLAGE_NOT_DESIGNATED,
    refuse_columns,
)
from shared.decider import Decider
from shared.errors import NOT_FOUND, ColumnError, Refused
from shared.ids import stream_of
from shared.vocabulary import Occurred

Stage = Literal["proposed", "designated", "active", "ended"]
"""Where a village stands in a programme."""

# ---------------------------------------------------------------------------------------------------------------------
# What happens
# ---------------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class VillageProposed:
    """A village is proposed for a programme (desa diusulkan) on the day *occurred*."""

    name: ClassVar[str] = "VillageProposed"
    schema_version: ClassVar[int] = 1
    about: ClassVar[str | None] = None
    erases: ClassVar[bool] = False
    occurred: Occurred
    village: str
    programme: str


@dataclass(frozen=True, slots=True, kw_only=True)
class VillageDesignated:
    """A village belongs to a programme (penetapan desa): *occurred* is the programme year, *decree* its SK number.

    A designation that names no *programme* is one of Desmigratif.
    """

    name: ClassVar[str] = "VillageDesignated"
    schema_version: ClassVar[int] = 1
    about: ClassVar[str | None] = None
    erases: ClassVar[bool] = False
    occurred: Occurred
    village: str
    year: int
    decree: str
    programme: str = DESMIGRATIF


@dataclass(frozen=True, slots=True, kw_only=True)
class VillageActivated:
    """The programme works in a designated village (desa aktif) since *occurred*."""

    name: ClassVar[str] = "VillageActivated"
    schema_version: ClassVar[int] = 1
    about: ClassVar[str | None] = None
    erases: ClassVar[bool] = False
    occurred: Occurred
    village: str
    programme: str


@dataclass(frozen=True, slots=True, kw_only=True)
class VillageProgrammeEnded:
    """The programme's support for a village ended (program berakhir) on *occurred*."""

    name: ClassVar[str] = "VillageProgrammeEnded"
    schema_version: ClassVar[int] = 1
    about: ClassVar[str | None] = None
    erases: ClassVar[bool] = False
    occurred: Occurred
    village: str
    programme: str


@dataclass(frozen=True, slots=True, kw_only=True)
class VillageStepRetracted:
    """The last step was recorded in error; it never was. The village stands at *stage* again (None: nowhere).

    *since* is the day of the step that brought it there.
    """

    name: ClassVar[str] = "VillageStepRetracted"
    schema_version: ClassVar[int] = 1
    about: ClassVar[str | None] = None
    erases: ClassVar[bool] = False
    occurred: Occurred
    corrects: int
    village: str
    programme: str
    stage: Stage | None
    since: Occurred | None


VillageEvent = VillageProposed | VillageDesignated | VillageActivated | VillageProgrammeEnded | VillageStepRetracted

# ---------------------------------------------------------------------------------------------------------------------
# Where it can stand
# ---------------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class Undesignated:
    """The programme has decided nothing about this village that stands. *version*: the number of facts."""

    version: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Proposed:
    """The village is proposed. *fact* is the version of what says so, *before* what stood until then."""

    version: int
    fact: int
    since: Occurred
    before: Undesignated


@dataclass(frozen=True, slots=True, kw_only=True)
class Designated:
    """The village belongs to the programme since *year*, by *decree*."""

    version: int
    fact: int
    since: Occurred
    before: Undesignated | Proposed
    year: int
    decree: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Active:
    """The programme works in the village."""

    version: int
    fact: int
    since: Occurred
    before: Designated


@dataclass(frozen=True, slots=True, kw_only=True)
class Ended:
    """The programme's support for the village is over."""

    version: int
    fact: int
    since: Occurred
    before: Designated | Active


Village = Undesignated | Proposed | Designated | Active | Ended

STAGES: dict[type[Village], Stage | None] = {
    Undesignated: None,
    Proposed: "proposed",
    Designated: "designated",
    Active: "active",
    Ended: "ended",
}
"""What each state is called where others read it."""


def evolve(state: Village, event: VillageEvent) -> Village:
    """Where the village stands after *event*."""
    fact = state.version + 1
    match state, event:
        case Undesignated(), VillageProposed():
            return Proposed(version=fact, fact=fact, since=event.occurred, before=state)
        case Undesignated() | Proposed(), VillageDesignated():
            return Designated(
                version=fact, fact=fact, since=event.occurred, before=state, year=event.year, decree=event.decree
            )
        case Designated(), VillageActivated():
            return Active(version=fact, fact=fact, since=event.occurred, before=state)
        case Designated() | Active(), VillageProgrammeEnded():
            return Ended(version=fact, fact=fact, since=event.occurred, before=state)
        case Proposed() | Designated() | Active() | Ended(), VillageStepRetracted():
            return replace(state.before, version=fact)
        case _:
            return state  # nothing comes before a designation or after an end


# ---------------------------------------------------------------------------------------------------------------------
# What can be asked
# ---------------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class ProposeVillage:
    """Propose a village (dotted code) for a programme."""

    village: str
    programme: str
    on: Occurred


@dataclass(frozen=True, slots=True, kw_only=True)
class DesignateVillage:
    """Designate a village (dotted code) for a programme year by a decree."""

    today: date
    village: str
    year: int
    decree: str
    programme: str = DESMIGRATIF


@dataclass(frozen=True, slots=True, kw_only=True)
class ActivateVillage:
    """Say that the programme works in the village."""

    village: str
    programme: str
    on: Occurred


@dataclass(frozen=True, slots=True, kw_only=True)
class EndProgramme:
    """Say that the programme's support for the village ended."""

    village: str
    programme: str
    on: Occurred


@dataclass(frozen=True, slots=True, kw_only=True)
class RetractStep:
    """Take back the last step that stands."""

    today: date
    village: str
    programme: str


VillageCommand = ProposeVillage | DesignateVillage | ActivateVillage | EndProgramme | RetractStep


def decide(state: Village, command: VillageCommand) -> Sequence[VillageEvent]:
    """What happens; each command says what it rejects. The same said again is nothing new."""
    match command:
        case ProposeVillage():
            return propose_village(state, command)
        case DesignateVillage():
            return designate_village(state, command)
        case ActivateVillage():
            return activate_village(state, command)
        case EndProgramme():
            return end_programme(state, command)
        case RetractStep():
            return retract_step(state, command)
        case _:
            assert_never(command)


def last_year(today: date) -> int:
    """The last programme year for which a village may be designated *today*: the next."""
    return today.year + 1


def propose_village(state: Village, command: ProposeVillage) -> Sequence[VillageEvent]:
    """Rejects: ``village-already-proposed``, ``village-already-designated``."""
    if isinstance(state, Proposed):
        if state.since == command.on:
            return ()
        raise Refused(VILLAGE_ALREADY_PROPOSED)
    if not isinstance(state, Undesignated):
        raise Refused(VILLAGE_ALREADY_DESIGNATED)
    return (VillageProposed(occurred=command.on, village=command.village, programme=command.programme),)


def designate_village(state: Village, command: DesignateVillage) -> Sequence[VillageEvent]:
    """A village is designated once.

    Rejects: ``year-invalid``, ``decree-missing``, ``village-already-designated``, ``step-too-early``.
    """
    decree = " ".join(command.decree.split())
    in_programme = PROGRAMMES[command.programme].first_year <= command.year <= last_year(command.today)
    refuse_columns(
        None if in_programme else ColumnError("year", "year-invalid"),
        None if decree else ColumnError("decree", "decree-missing"),
    )
    if designation := designation_of(state):
        if (designation.year, designation.decree) == (command.year, decree):
            return ()
        raise Refused(VILLAGE_ALREADY_DESIGNATED)
    occurred = Occurred(date(command.year, 1, 1), "year")
    refuse_too_early(state, occurred)
    return (
        VillageDesignated(
            occurred=occurred, village=command.village, year=command.year, decree=decree, programme=command.programme
        ),
    )


def activate_village(state: Village, command: ActivateVillage) -> Sequence[VillageEvent]:
    """Rejects: ``village-not-designated``, ``village-already-active``, ``programme-ended``, ``step-too-early``."""
    match state:
        case Undesignated() | Proposed():
            raise Refused(VILLAGE_NOT_DESIGNATED)
        case Active():
            if state.since == command.on:
                return ()
            raise Refused(VILLAGE_ALREADY_ACTIVE)
        case Ended():
            raise Refused(PROGRAMME_ENDED)
        case Designated():
            refuse_too_early(state, command.on)
            return (VillageActivated(occurred=command.on, village=command.village, programme=command.programme),)
        case _:
            assert_never(state)


def end_programme(state: Village, command: EndProgramme) -> Sequence[VillageEvent]:
    """Rejects: ``village-not-designated``, ``programme-ended`` (on another day), ``step-too-early``."""
    match state:
        case Undesignated() | Proposed():
            raise Refused(VILLAGE_NOT_DESIGNATED)
        case Ended():
            if state.since == command.on:
                return ()
            raise Refused(PROGRAMME_ENDED)
        case Designated() | Active():
            refuse_too_early(state, command.on)
            return (VillageProgrammeEnded(occurred=command.on, village=command.village, programme=command.programme),)
        case _:
            assert_never(state)


def retract_step(state: Village, command: RetractStep) -> Sequence[VillageEvent]:
    """Rejects: ``not-found`` (nothing stands)."""
    if isinstance(state, Undesignated):
        raise Refused(NOT_FOUND)
    before = state.before
    return (
        VillageStepRetracted(
            occurred=Occurred(command.today),
            corrects=state.fact,
            village=command.village,
            programme=command.programme,
            stage=STAGES[type(before)],
            since=None if isinstance(before, Undesignated) else before.since,
        ),
    )


def designation_of(state: Village) -> Designated | None:
    """The designation that stands, whatever came after it."""
    match state:
        case Undesignated() | Proposed():
            return None
        case Designated():
            return state
        case Active():
            return state.before
        case Ended():
            return designation_of(state.before)
        case _:
            assert_never(state)


def refuse_too_early(state: Village, on: Occurred) -> None:
    """``step-too-early`` where *on* surely lies before the step that stands."""
    if not isinstance(state, Undesignated) and precedes(on, state.since):
        raise Refused(STEP_TOO_EARLY)


def village_stream(code: str, programme: str = DESMIGRATIF) -> UUID:
    """The one history of a village in a programme; that of Desmigratif bears the village's code alone."""
    return stream_of("village", code if programme == DESMIGRATIF else f"{code}:{programme}")


village: Decider[Village, VillageEvent, VillageCommand] = Decider(initial=Undesignated(), decide=decide, evolve=evolve)
