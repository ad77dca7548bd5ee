"""A village's place in the programme: its designation (penetapan desa Desmigratif) by a decree for a year.

Villages themselves stand in the region table; here is only what the programme decided about one. Everything else
about a person's village needs no designation.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import ClassVar
from uuid import UUID

from services.registry.domain.refusals import VILLAGE_ALREADY_DESIGNATED, refuse_columns
from shared.decider import Decider
from shared.errors import ColumnError, Refused
from shared.ids import stream_of
from shared.vocabulary import Occurred

FIRST_PROGRAMME_YEAR = 2016
"""The two pilots, Kenanga and Kuripan, began in December 2016 (Kepmenaker 59/2017 followed)."""

# ---------------------------------------------------------------------------------------------------------------------
# What happens
# ---------------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class VillageDesignated:
    """A village belongs to the programme (penetapan desa): *occurred* is the programme year, *decree* its SK number."""

    name: ClassVar[str] = "VillageDesignated"
    schema_version: ClassVar[int] = 1
    about: ClassVar[str | None] = None
    erases: ClassVar[bool] = False
    occurred: Occurred
    village: str
    year: int
    decree: str


# ---------------------------------------------------------------------------------------------------------------------
# Where it can stand
# ---------------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Undesignated:
    """The programme has decided nothing about this village."""


@dataclass(frozen=True, slots=True)
class Designated:
    """The village belongs to the programme since *year*, by *decree*."""

    year: int
    decree: str


Village = Undesignated | Designated


def evolve(_state: Village, event: VillageDesignated) -> Village:
    """Where the village stands after *event*."""
    return Designated(event.year, event.decree)


# ---------------------------------------------------------------------------------------------------------------------
# What can be asked
# ---------------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class DesignateVillage:
    """Designate a village (dotted code) for a programme year by a decree."""

    today: date
    village: str
    year: int
    decree: str


def decide(state: Village, command: DesignateVillage) -> Sequence[VillageDesignated]:
    """A village is designated once; the same said again is nothing new.

    Rejects: ``year-invalid``, ``decree-missing``, ``village-already-designated``.
    """
    decree = " ".join(command.decree.split())
    in_programme = FIRST_PROGRAMME_YEAR <= command.year <= command.today.year + 1
    refuse_columns(
        None if in_programme else ColumnError("year", "year-invalid"),
        None if decree else ColumnError("decree", "decree-missing"),
    )
    if isinstance(state, Designated):
        if state == Designated(command.year, decree):
            return ()
        raise Refused(VILLAGE_ALREADY_DESIGNATED)
    return (
        VillageDesignated(
            occurred=Occurred(date(command.year, 1, 1), "year"),
            village=command.village,
            year=command.year,
            decree=decree,
        ),
    )


def village_stream(code: str) -> UUID:
    """The one history of a village's designation."""
    return stream_of("village", code)


village: Decider[Village, VillageDesignated, DesignateVillage] = Decider(
    initial=Undesignated(), decide=decide, evolve=evolve
)
