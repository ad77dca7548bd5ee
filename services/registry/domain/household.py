"""A household (rumah tangga) and the kinship its members have, as the village recorded it (keluarga PMI).

A household is a set of persons, not a family card: a No. KK changes over time. Kinship is what others hear of it:
spouse (suami, istri) and child (anak) with its guardian (wali); a parent is recorded as the reverse of a child. One
relation of two persons stands in one household. That everybody named is a known person is asked before, not here.
A correction or retraction names the fact it corrects by *corrects*: that fact's version in this household's history.
Dates are the programme's calendar (Asia/Jakarta).
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import ClassVar, Literal, assert_never
from uuid import UUID

from services.registry.domain.refusals import refuse_columns
from shared.decider import Claim, Decider, Release
from shared.errors import NOT_FOUND, ColumnError, Refused
from shared.ids import stream_of
from shared.vocabulary import Occurred

Relation = Literal["spouse", "child"]
StatedRelation = Literal["spouse", "child", "parent"]

# ---------------------------------------------------------------------------------------------------------------------
# What happens
# ---------------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class HouseholdRegistered:
    """These persons live together (pendataan rumah tangga) in *village* (dotted code), as of the day it was said."""

    name: ClassVar[str] = "HouseholdRegistered"
    schema_version: ClassVar[int] = 1
    about: ClassVar[str | None] = None
    erases: ClassVar[bool] = False
    occurred: Occurred
    household_id: UUID
    village: str
    members: tuple[UUID, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class KinRecorded:
    """*relative_id* is the spouse or the child of *person_id* (hubungan keluarga), as of the day it was said.

    Of a child alone: *guardian_id*, the person who cares for it; *birth_year*, while it is a minor; *of_age*, that it
    is known to be none.
    """

    name: ClassVar[str] = "KinRecorded"
    schema_version: ClassVar[int] = 1
    about: ClassVar[str | None] = "person_id"
    erases: ClassVar[bool] = False
    occurred: Occurred
    household_id: UUID
    village: str
    person_id: UUID
    relative_id: UUID
    relation: Relation
    guardian_id: UUID | None
    birth_year: int | None
    of_age: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class GuardianCorrected:
    """The child *relative_id* of *person_id* has this guardian (wali) from now on; None: nobody is known."""

    name: ClassVar[str] = "GuardianCorrected"
    schema_version: ClassVar[int] = 1
    about: ClassVar[str | None] = "person_id"
    erases: ClassVar[bool] = False
    occurred: Occurred
    corrects: int
    household_id: UUID
    village: str
    person_id: UUID
    relative_id: UUID
    relation: Relation
    guardian_id: UUID | None
    birth_year: int | None
    of_age: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class KinRetracted:
    """That *relative_id* is the *relation* of *person_id* was an error; it never held."""

    name: ClassVar[str] = "KinRetracted"
    schema_version: ClassVar[int] = 1
    about: ClassVar[str | None] = "person_id"
    erases: ClassVar[bool] = False
    occurred: Occurred
    corrects: int
    household_id: UUID
    village: str
    person_id: UUID
    relative_id: UUID
    relation: Relation


HouseholdEvent = HouseholdRegistered | KinRecorded | GuardianCorrected | KinRetracted

# ---------------------------------------------------------------------------------------------------------------------
# Where it can stand
# ---------------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class NoHousehold:
    """No household has this id."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Kin:
    """*relative_id* is the *relation* of *person_id*."""

    person_id: UUID
    relative_id: UUID
    relation: Relation
    guardian_id: UUID | None = None

    def is_of(self, one: UUID, other: UUID) -> bool:
        """Whether this says what the two are to each other, whoever was named first."""
        return {self.person_id, self.relative_id} == {one, other}

    def says(self, other: "Kin") -> bool:
        """Whether *other* is the same relation: between spouses either may be named first."""
        if self.relation != other.relation or not self.is_of(other.person_id, other.relative_id):
            return False
        return self.relation == "spouse" or self.person_id == other.person_id


@dataclass(frozen=True, slots=True, kw_only=True)
class SaidKin(Kin):
    """A relation that stands: *fact* is the version of what says so."""

    fact: int


@dataclass(frozen=True, slots=True, kw_only=True)
class LivingTogether:
    """A household, with the kinship that was recorded with it. *version*: the number of facts."""

    version: int
    household_id: UUID
    village: str
    members: tuple[UUID, ...]
    kin: tuple[SaidKin, ...] = ()


Household = NoHousehold | LivingTogether


def evolve(state: Household, event: HouseholdEvent) -> Household:
    """Where the household stands after *event*."""
    if isinstance(event, HouseholdRegistered):
        return LivingTogether(version=1, household_id=event.household_id, village=event.village, members=event.members)
    if not isinstance(state, LivingTogether):
        return state  # nothing comes before a registration
    fact = state.version + 1
    match event:
        case KinRecorded() | GuardianCorrected():
            kin = SaidKin(
                fact=fact,
                person_id=event.person_id,
                relative_id=event.relative_id,
                relation=event.relation,
                guardian_id=event.guardian_id,
            )
            rest = (other for other in state.kin if not other.says(kin))
            return replace(state, version=fact, kin=(*rest, kin))
        case KinRetracted():
            return replace(state, version=fact, kin=tuple(kin for kin in state.kin if kin.fact != event.corrects))
        case _:
            assert_never(event)


# ---------------------------------------------------------------------------------------------------------------------
# What can be asked
# ---------------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class RegisterHousehold:
    """Register who lives together."""

    today: date
    household_id: UUID
    village: str
    members: tuple[UUID, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordKin:
    """Record one relation. *birth_year* is the child's while it is a minor; *of_age*: it is known to be none."""

    today: date
    kin: Kin
    birth_year: int | None = None
    of_age: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class RetractKin:
    """Take back what was recorded between these two, whoever was named first."""

    today: date
    person_id: UUID
    relative_id: UUID


HouseholdCommand = RegisterHousehold | RecordKin | RetractKin


def stated_kin(person_id: UUID, relative_id: UUID, relation: StatedRelation, guardian_id: UUID | None) -> Kin:
    """The relation that is recorded when *relative_id* is said to be the *relation* of *person_id*.

    Rejects: ``relation-of-oneself``, ``guardian-not-of-a-child``.
    """
    if relation == "parent":
        kin = Kin(person_id=relative_id, relative_id=person_id, relation="child", guardian_id=guardian_id)
    else:
        kin = Kin(person_id=person_id, relative_id=relative_id, relation=relation, guardian_id=guardian_id)
    of_oneself = kin.person_id == kin.relative_id
    no_ward = guardian_id is not None and (kin.relation != "child" or guardian_id == kin.relative_id)
    refuse_columns(
        ColumnError("relation", "relation-of-oneself") if of_oneself else None,
        ColumnError("guardian_id", "guardian-not-of-a-child") if no_ward else None,
    )
    return kin


def decide(state: Household, command: HouseholdCommand) -> Sequence[HouseholdEvent]:
    """What happens. Rejects: ``not-found`` for all but a registration."""
    if isinstance(command, RegisterHousehold):
        return register_household(state, command)
    if isinstance(state, NoHousehold):
        raise Refused(NOT_FOUND)
    match command:
        case RecordKin():
            return record_kin(state, command)
        case RetractKin():
            return retract_kin(state, command)
        case _:
            assert_never(command)


def register_household(state: Household, command: RegisterHousehold) -> Sequence[HouseholdEvent]:
    """A new history begins. Each member is named once."""
    if isinstance(state, LivingTogether):
        return ()
    return (
        HouseholdRegistered(
            occurred=Occurred(command.today),
            household_id=command.household_id,
            village=command.village,
            members=tuple(dict.fromkeys(command.members)),
        ),
    )


def record_kin(state: LivingTogether, command: RecordKin) -> Sequence[HouseholdEvent]:
    """Once; said again with another guardian it corrects the guardian, and without one it leaves the guardian be."""
    kin = command.kin
    said = next((other for other in state.kin if other.says(kin)), None)
    if said is None:
        return (
            KinRecorded(
                occurred=Occurred(command.today),
                household_id=state.household_id,
                village=state.village,
                person_id=kin.person_id,
                relative_id=kin.relative_id,
                relation=kin.relation,
                guardian_id=kin.guardian_id,
                birth_year=command.birth_year,
                of_age=command.of_age,
            ),
        )
    if kin.guardian_id is None or kin.guardian_id == said.guardian_id:
        return ()
    return (
        GuardianCorrected(
            occurred=Occurred(command.today),
            corrects=said.fact,
            household_id=state.household_id,
            village=state.village,
            person_id=said.person_id,
            relative_id=said.relative_id,
            relation=said.relation,
            guardian_id=kin.guardian_id,
            birth_year=command.birth_year,
            of_age=command.of_age,
        ),
    )


def retract_kin(state: LivingTogether, command: RetractKin) -> Sequence[HouseholdEvent]:
    """Rejects: ``not-found`` (nothing was recorded between the two)."""
    gone = [kin for kin in state.kin if kin.is_of(command.person_id, command.relative_id)]
    if not gone:
        raise Refused(NOT_FOUND)
    return tuple(
        KinRetracted(
            occurred=Occurred(command.today),
            corrects=kin.fact,
            household_id=state.household_id,
            village=state.village,
            person_id=kin.person_id,
            relative_id=kin.relative_id,
            relation=kin.relation,
        )
        for kin in gone
    )


def kin_parts(person_id: UUID, relative_id: UUID, relation: Relation) -> tuple[str, str, str]:
    """What is claimed of a relation: between spouses the same whoever was named first."""
    one, other = str(person_id), str(relative_id)
    if relation == "spouse":
        one, other = sorted((one, other))
    return relation, one, other


def claims(event: HouseholdEvent) -> Iterable[Claim | Release]:
    """A relation of two persons stands once, in one household: retracted there, it holds nowhere."""
    if isinstance(event, KinRecorded | KinRetracted):
        parts = kin_parts(event.person_id, event.relative_id, event.relation)
        # Of this household and this relation alone: another household that records it is another holder.
        holder = stream_of("kin", ":".join((str(event.household_id), *parts)))
        if isinstance(event, KinRecorded):
            yield Claim("kin", parts, holder=holder, person_id=event.person_id)
        else:
            yield Release("kin", holder=holder)


household: Decider[Household, HouseholdEvent, HouseholdCommand] = Decider(
    initial=NoHousehold(), decide=decide, evolve=evolve, claims=claims
)
