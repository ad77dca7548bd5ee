"""What forbids to erase a person (penundaan penghapusan): legal holds and duties of the state, as dated facts.

Who is under one is not erased: the right to it may yield to defence, law enforcement, the public interest in the
administration of the state, supervision of finance, and statistics (UU 27/2022 Ps 15), and data are neither ended nor
destroyed while their retention runs or a legal dispute is open (Ps 42-45). The rights to have data corrected (Ps 6) and
to see them (Ps 7) are not among those that yield, so a hold forbids neither. The reason is personal, as it may tell of
a crime: encrypted under the person's key. A person's holds are one history; of who was registered twice, one under each
id, and a hold that is placed then stands in both. Dates are the programme's calendar (Asia/Jakarta).

Where a hold can stand, `services/registry/domain/states.md` says in a table.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from types import MappingProxyType
from typing import ClassVar, assert_never
from uuid import UUID

from services.registry.domain.refusals import refuse_columns
from shared.decider import Decider
from shared.errors import NOT_FOUND, ColumnError, Refused
from shared.ids import stream_of
from shared.personal import Known, Personal, known
from shared.vocabulary import Occurred

REASONS: Mapping[str, str] = MappingProxyType(
    {
        "defence": "Ps 15: pertahanan dan keamanan nasional",
        "law_enforcement": "Ps 15: proses penegakan hukum",
        "state_administration": "Ps 15: kepentingan umum dalam rangka penyelenggaraan negara",
        "finance_supervision": (
            "Ps 15: pengawasan sektor jasa keuangan, moneter, sistem pembayaran, dan stabilitas sistem keuangan"
        ),
        "statistics": "Ps 15: kepentingan statistik dan penelitian ilmiah",
        "legal_dispute": "Ps 42-45: penyelesaian proses hukum, termasuk pengaduan yang masih terbuka",
        "retention": "Ps 42-45: masa retensi menurut jadwal retensi arsip belum berakhir",
    }
)
"""Why somebody may not be erased, and where UU 27/2022 says so. Reference data: a code is added, never taken away."""

UNREADABLE = "unreadable"
"""What is told of a hold whose reason cannot be read: it holds all the same."""

# ---------------------------------------------------------------------------------------------------------------------
# What happens
# ---------------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class HoldPlaced:
    """From *occurred* on the person may not be erased, for *reason* (a code), through *until*.

    None: until it is lifted. *by*: the roles of who placed it.
    """

    name: ClassVar[str] = "HoldPlaced"
    schema_version: ClassVar[int] = 1
    about: ClassVar[str | None] = "person_id"
    erases: ClassVar[bool] = False
    occurred: Occurred
    person_id: UUID
    hold_id: UUID
    reason: Personal[str]
    until: date | None
    by: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class HoldLifted:
    """The hold that *corrects* names (a version of this history) forbids nothing from *occurred* on.

    *by*: the roles of who lifted it.
    """

    name: ClassVar[str] = "HoldLifted"
    schema_version: ClassVar[int] = 1
    about: ClassVar[str | None] = "person_id"
    erases: ClassVar[bool] = False
    occurred: Occurred
    corrects: int
    person_id: UUID
    hold_id: UUID
    by: tuple[str, ...]


HoldEvent = HoldPlaced | HoldLifted

# ---------------------------------------------------------------------------------------------------------------------
# Where it can stand
# ---------------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class Hold:
    """One hold; *fact* is the version of what placed it."""

    fact: int
    hold_id: UUID
    reason: Personal[str]
    until: date | None
    lifted: bool = False

    def stands(self, on: date) -> bool:
        """Whether it forbids an erasure on this day."""
        return not self.lifted and (self.until is None or on <= self.until)


@dataclass(frozen=True, slots=True)
class Holds:
    """All holds of one person. *version*: the number of facts."""

    version: int = 0
    all: tuple[Hold, ...] = ()


def evolve(state: Holds, event: HoldEvent) -> Holds:
    """Which holds there are after *event*."""
    fact = state.version + 1
    match event:
        case HoldPlaced():
            placed = Hold(fact=fact, hold_id=event.hold_id, reason=event.reason, until=event.until)
            return Holds(fact, (*state.all, placed))
        case HoldLifted():
            lifted = (replace(h, lifted=True) if h.hold_id == event.hold_id else h for h in state.all)
            return Holds(fact, tuple(lifted))
        case _:
            assert_never(event)


def holding(state: Holds, on: date) -> tuple[str, ...]:
    """The codes of what forbids an erasure on this day, each once, in order; empty where nothing does."""
    return tuple(sorted({known(hold.reason) or UNREADABLE for hold in state.all if hold.stands(on)}))


# ---------------------------------------------------------------------------------------------------------------------
# What can be asked
# ---------------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class PlaceHold:
    """Forbid to erase a person. That the person is known is asked before, not here."""

    today: date
    person_id: UUID
    hold_id: UUID
    reason: str
    until: date | None
    by: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class LiftHold:
    """Let one forbid nothing any more."""

    today: date
    person_id: UUID
    hold_id: UUID
    by: tuple[str, ...]


HoldCommand = PlaceHold | LiftHold


def decide(state: Holds, command: HoldCommand) -> Sequence[HoldEvent]:
    """What happens. Rejects: ``reason-no-ground``, ``until-of-hold-invalid``; ``not-found`` (no such hold)."""
    match command:
        case PlaceHold():
            return _place(state, command)
        case LiftHold():
            return _lift(state, command)
        case _:
            assert_never(command)


def _place(state: Holds, command: PlaceHold) -> Sequence[HoldEvent]:
    """Any number may stand side by side, each for its own reason and lifted by itself."""
    past = command.until is not None and command.until < command.today
    refuse_columns(
        None if command.reason in REASONS else ColumnError("reason", "reason-no-ground"),
        ColumnError("until", "until-of-hold-invalid") if past else None,
    )
    if any(hold.hold_id == command.hold_id for hold in state.all):
        return ()
    return (
        HoldPlaced(
            occurred=Occurred(command.today),
            person_id=command.person_id,
            hold_id=command.hold_id,
            reason=Known(command.reason),
            until=command.until,
            by=command.by,
        ),
    )


def _lift(state: Holds, command: LiftHold) -> Sequence[HoldEvent]:
    """Once; one that has run out may be lifted as well, which changes nothing more."""
    hold = next((hold for hold in state.all if hold.hold_id == command.hold_id), None)
    if hold is None:
        raise Refused(NOT_FOUND)
    if hold.lifted:
        return ()
    return (
        HoldLifted(
            occurred=Occurred(command.today),
            corrects=hold.fact,
            person_id=command.person_id,
            hold_id=command.hold_id,
            by=command.by,
        ),
    )


def holds_stream(person_id: UUID) -> UUID:
    """The one history of what forbids to erase a person."""
    return stream_of("legal-holds", person_id)


legal_holds: Decider[Holds, HoldEvent, HoldCommand] = Decider(initial=Holds(), decide=decide, evolve=evolve)
