"""A household (rumah tangga) over time: who lives together and where, its head, and who is what to whom (keluarga PMI).

A household is a set of persons, not a family card: members come and go, its head changes, it moves, and a No. KK is
given and changes. Kinship is what others hear of it: spouse (suami, istri) and child (anak) with its guardian (wali); a
parent is recorded as the reverse of a child. These are a worker's family, by a court's ruling as well as by birth or
marriage, so nobody asks here which it is (UU 18/2017 Ps 1). What two persons are to each other is one thing, in one
household. What can be asked of a household stands in `household_rules`.

A person lives in one household at a time: nobody joins while they still live in another. Of past days the facts of two
households may overlap: somebody joined the one before the day on which, as was said, they left the other; a day is
known to the month or year; somebody was registered twice. What was said is shown, and a report counts them once.

Whatever changes holds from a day on, which is the fact's *occurred*; facts come late and out of order, so what holds is
what has the latest day, not what was said last. A correction or retraction names the fact it corrects by *corrects*:
that fact's version in this household's history; its *occurred* is the day that holds instead, of a retraction the day
on which it was said. Dates are the programme's calendar (Asia/Jakarta).
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from typing import ClassVar, Generic, Literal, TypeVar, assert_never
from uuid import UUID

from shared.personal import Personal
from shared.vocabulary import Occurred

Relation = Literal["spouse", "child"]
StatedRelation = Literal["spouse", "child", "parent"]
Side = Literal["joined", "left"]
"""Which of the two days of a membership a fact is about."""

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
class MemberJoined:
    """The person lives in this household from that day on (anggota bergabung): born, married, come home, taken in."""

    name: ClassVar[str] = "MemberJoined"
    schema_version: ClassVar[int] = 1
    about: ClassVar[str | None] = None
    erases: ClassVar[bool] = False
    occurred: Occurred
    household_id: UUID
    person_id: UUID


@dataclass(frozen=True, slots=True, kw_only=True)
class MemberLeft:
    """The person lives in this household no longer (anggota keluar); *began*: the fact that began the membership."""

    name: ClassVar[str] = "MemberLeft"
    schema_version: ClassVar[int] = 1
    about: ClassVar[str | None] = None
    erases: ClassVar[bool] = False
    occurred: Occurred
    household_id: UUID
    person_id: UUID
    began: int


@dataclass(frozen=True, slots=True, kw_only=True)
class MembershipCorrected:
    """The person joined or left (*side*) on another day than was said (perbaikan tanggal): *occurred*."""

    name: ClassVar[str] = "MembershipCorrected"
    schema_version: ClassVar[int] = 1
    about: ClassVar[str | None] = None
    erases: ClassVar[bool] = False
    occurred: Occurred
    corrects: int
    household_id: UUID
    person_id: UUID
    began: int
    side: Side


@dataclass(frozen=True, slots=True, kw_only=True)
class MembershipRetracted:
    """That the person joined was an error: the whole membership never was. That they left: they still live here."""

    name: ClassVar[str] = "MembershipRetracted"
    schema_version: ClassVar[int] = 1
    about: ClassVar[str | None] = None
    erases: ClassVar[bool] = False
    occurred: Occurred
    corrects: int
    household_id: UUID
    person_id: UUID
    began: int
    side: Side


@dataclass(frozen=True, slots=True, kw_only=True)
class HeadNamed:
    """The person heads the household from that day on (kepala keluarga); the head before does no longer."""

    name: ClassVar[str] = "HeadNamed"
    schema_version: ClassVar[int] = 1
    about: ClassVar[str | None] = None
    erases: ClassVar[bool] = False
    occurred: Occurred
    household_id: UUID
    person_id: UUID


@dataclass(frozen=True, slots=True, kw_only=True)
class HeadCorrected:
    """Another person, or since another day, than was said (perbaikan kepala keluarga); None: nobody was named."""

    name: ClassVar[str] = "HeadCorrected"
    schema_version: ClassVar[int] = 1
    about: ClassVar[str | None] = None
    erases: ClassVar[bool] = False
    occurred: Occurred
    corrects: int
    household_id: UUID
    person_id: UUID | None


@dataclass(frozen=True, slots=True, kw_only=True)
class FamilyCardGiven:
    """The household has this family card (No. KK) from that day on.

    The number is sealed under the key of *person_id*, who heads the household when it is recorded: with that person's
    erasure it is gone from every fact that was sealed so, and can be given again under another head.
    """

    name: ClassVar[str] = "FamilyCardGiven"
    schema_version: ClassVar[int] = 1
    about: ClassVar[str | None] = "person_id"
    erases: ClassVar[bool] = False
    occurred: Occurred
    household_id: UUID
    person_id: UUID
    number: Personal[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class FamilyCardCorrected:
    """Another number, or from another day on, than was said (perbaikan No. KK); None: it was an error."""

    name: ClassVar[str] = "FamilyCardCorrected"
    schema_version: ClassVar[int] = 1
    about: ClassVar[str | None] = "person_id"
    erases: ClassVar[bool] = False
    occurred: Occurred
    corrects: int
    household_id: UUID
    person_id: UUID
    number: Personal[str] | None


@dataclass(frozen=True, slots=True, kw_only=True)
class HouseholdMoved:
    """The household lives in *village* from that day on (pindah desa); *present*: where it lives by all that is known.

    Whose own village changes with it is said in each person's own history.
    """

    name: ClassVar[str] = "HouseholdMoved"
    schema_version: ClassVar[int] = 1
    about: ClassVar[str | None] = None
    erases: ClassVar[bool] = False
    occurred: Occurred
    household_id: UUID
    village: str
    present: str


@dataclass(frozen=True, slots=True, kw_only=True)
class HouseholdVillageCorrected:
    """Another village, or from another day on, than was said (perbaikan desa); *present* as in `HouseholdMoved`."""

    name: ClassVar[str] = "HouseholdVillageCorrected"
    schema_version: ClassVar[int] = 1
    about: ClassVar[str | None] = None
    erases: ClassVar[bool] = False
    occurred: Occurred
    corrects: int
    household_id: UUID
    village: str
    present: str


@dataclass(frozen=True, slots=True, kw_only=True)
class KinRecorded:
    """*relative_id* is the spouse or the child of *person_id* (hubungan keluarga), as of that day.

    It is the day on which it was said, of a list the day of the survey, unless another was given.

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
class GuardianChanged:
    """*guardian_id* guards the child *relative_id* of *person_id* from that day on (pengasuhan berganti).

    None: nobody does, the guardianship ended. *present_id*: who guards it by all that is known, since *present_since*.
    """

    name: ClassVar[str] = "GuardianChanged"
    schema_version: ClassVar[int] = 1
    about: ClassVar[str | None] = "person_id"
    erases: ClassVar[bool] = False
    occurred: Occurred
    household_id: UUID
    village: str
    person_id: UUID
    relative_id: UUID
    guardian_id: UUID | None
    present_id: UUID | None
    present_since: Occurred


@dataclass(frozen=True, slots=True, kw_only=True)
class GuardianCorrected:
    """The child *relative_id* of *person_id* has this guardian (wali) instead; None: nobody is known.

    Since the day of the guardian who was wrong; where none was known, from that day on.
    """

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


HouseholdEvent = (
    HouseholdRegistered
    | MemberJoined
    | MemberLeft
    | MembershipCorrected
    | MembershipRetracted
    | HeadNamed
    | HeadCorrected
    | FamilyCardGiven
    | FamilyCardCorrected
    | HouseholdMoved
    | HouseholdVillageCorrected
    | KinRecorded
    | GuardianChanged
    | GuardianCorrected
    | KinRetracted
)

# ---------------------------------------------------------------------------------------------------------------------
# Where it can stand
# ---------------------------------------------------------------------------------------------------------------------

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Since(Generic[T]):
    """*value* holds from the day *on* on, as the fact of version *fact* says."""

    fact: int
    on: Occurred
    value: T


def holding(said: Iterable[Since[T]]) -> Since[T] | None:
    """What holds: what has the latest day (a month or year by its end), of equal days what was said last."""
    return max(said, key=lambda one: (one.on.until, one.fact), default=None)


def said_already(said: Iterable[Since[T]], value: T, on: Occurred) -> bool:
    """Whether *value* was said of *on*, and nothing else since of the same day (a month or year by its end)."""
    same_day = [one for one in said if one.on.until == on.until]
    last = holding(same_day)
    return last is not None and last.value == value and any((one.value, one.on) == (value, on) for one in same_day)


@dataclass(frozen=True, slots=True)
class Card:
    """A family card's *number* (No. KK), sealed under the key of *person_id*, who was the head when it was given."""

    number: Personal[str]
    person_id: UUID


@dataclass(frozen=True, slots=True, kw_only=True)
class Membership:
    """A person lives or lived here: *began* is the fact that began it, the two days are said by facts of their own."""

    person_id: UUID
    began: int
    joined: Since[None]
    left: Since[None] | None = None


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
    """A relation that stands: *fact* is the version of what last said so; *guardian_id* is who guards the child now."""

    fact: int
    guardians: tuple[Since[UUID | None], ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class LivingTogether:
    """A household, with the kinship that was recorded with it. *version*: the number of facts.

    *villages*, *heads* and *cards* are what was said of each and stands; a card whose head was erased is `Erased`.
    """

    version: int
    household_id: UUID
    villages: tuple[Since[str], ...]
    memberships: tuple[Membership, ...]
    heads: tuple[Since[UUID], ...] = ()
    cards: tuple[Since[Card], ...] = ()
    kin: tuple[SaidKin, ...] = ()

    @property
    def village(self) -> str:
        """Where it lives."""
        return max(self.villages, key=lambda one: (one.on.until, one.fact)).value

    @property
    def members(self) -> tuple[UUID, ...]:
        """Who lives here now, in the order in which they joined."""
        return tuple(one.person_id for one in self.memberships if one.left is None)

    @property
    def head(self) -> UUID | None:
        """Who heads it: who was named last, if they live here; None: nobody is known."""
        named = holding(self.heads)
        return named.value if named and named.value in self.members else None

    def of(self, person_id: UUID) -> tuple[Membership, ...]:
        """The person's memberships here, by the day they joined."""
        mine = (one for one in self.memberships if one.person_id == person_id)
        return tuple(sorted(mine, key=lambda one: (one.joined.on.until, one.began)))


Household = NoHousehold | LivingTogether


def evolve(state: Household, event: HouseholdEvent) -> Household:
    """Where the household stands after *event*."""
    if isinstance(event, HouseholdRegistered):
        return registered(event)
    if not isinstance(state, LivingTogether):
        return state  # nothing comes before a registration
    fact = state.version + 1
    state = replace(state, version=fact)
    match event:
        case MemberJoined():
            joined = Membership(person_id=event.person_id, began=fact, joined=Since(fact, event.occurred, None))
            return replace(state, memberships=(*state.memberships, joined))
        case MemberLeft():
            left = Since(fact, event.occurred, None)
            return _with(state, event.person_id, event.began, lambda one: replace(one, left=left))
        case MembershipCorrected(side=side):
            day = Since(fact, event.occurred, None)
            return _with(
                state,
                event.person_id,
                event.began,
                lambda one: replace(one, joined=day) if side == "joined" else replace(one, left=day),
            )
        case MembershipRetracted(side=side):
            return _with(
                state,
                event.person_id,
                event.began,
                lambda one: None if side == "joined" else replace(one, left=None),
            )
        case HeadNamed():
            return replace(state, heads=(*state.heads, Since(fact, event.occurred, event.person_id)))
        case HeadCorrected():
            corrected = None if event.person_id is None else Since(fact, event.occurred, event.person_id)
            return replace(state, heads=instead(state.heads, event.corrects, corrected))
        case FamilyCardGiven():
            given = Since(fact, event.occurred, Card(event.number, event.person_id))
            return replace(state, cards=(*state.cards, given))
        case FamilyCardCorrected():
            number = event.number
            card = None if number is None else Since(fact, event.occurred, Card(number, event.person_id))
            return replace(state, cards=instead(state.cards, event.corrects, card))
        case HouseholdMoved():
            return replace(state, villages=(*state.villages, Since(fact, event.occurred, event.village)))
        case HouseholdVillageCorrected():
            village = Since(fact, event.occurred, event.village)
            return replace(state, villages=instead(state.villages, event.corrects, village))
        case KinRecorded() | GuardianChanged() | GuardianCorrected() | KinRetracted():
            return replace(state, kin=_kin_after(state.kin, event, fact))
        case _:
            assert_never(event)


def registered(event: HouseholdRegistered) -> LivingTogether:
    """A household in which everybody joined with its first fact."""
    return LivingTogether(
        version=1,
        household_id=event.household_id,
        villages=(Since(1, event.occurred, event.village),),
        memberships=tuple(
            Membership(person_id=person_id, began=1, joined=Since(1, event.occurred, None))
            for person_id in event.members
        ),
    )


def instead(said: tuple[Since[T], ...], corrects: int, corrected: Since[T] | None) -> tuple[Since[T], ...]:
    """*said* with *corrected* in the place of what the fact *corrects* said; None: it goes."""
    changed = (corrected if one.fact == corrects else one for one in said)
    return tuple(one for one in changed if one is not None)


def _with(
    state: LivingTogether, person_id: UUID, began: int, change: Callable[[Membership], Membership | None]
) -> LivingTogether:
    changed = (change(one) if (one.person_id, one.began) == (person_id, began) else one for one in state.memberships)
    return replace(state, memberships=tuple(one for one in changed if one is not None))


def _kin_after(
    kin: tuple[SaidKin, ...], event: KinRecorded | GuardianChanged | GuardianCorrected | KinRetracted, fact: int
) -> tuple[SaidKin, ...]:
    match event:
        case KinRecorded():
            guardians: tuple[Since[UUID | None], ...] = (
                () if event.guardian_id is None else (Since(fact, event.occurred, event.guardian_id),)
            )
            said = _said(event, fact, event.relation, guardians)
            return (*(other for other in kin if not other.says(said)), said)
        case GuardianChanged():
            (before,) = (one for one in kin if _is(one, event, "child"))
            changed = (*before.guardians, Since(fact, event.occurred, event.guardian_id))
            return (*(one for one in kin if one is not before), _said(event, fact, "child", changed))
        case GuardianCorrected():
            (before,) = (one for one in kin if _is(one, event, event.relation))
            corrected = _corrected(before.guardians, event, fact)
            return (*(one for one in kin if one is not before), _said(event, fact, event.relation, corrected))
        case KinRetracted():
            return tuple(one for one in kin if one.fact != event.corrects)
        case _:
            assert_never(event)


def _is(one: SaidKin, event: GuardianChanged | GuardianCorrected, relation: Relation) -> bool:
    return (one.person_id, one.relative_id, one.relation) == (event.person_id, event.relative_id, relation)


def _said(
    event: KinRecorded | GuardianChanged | GuardianCorrected,
    fact: int,
    relation: Relation,
    guardians: tuple[Since[UUID | None], ...],
) -> SaidKin:
    present = holding(guardians)
    return SaidKin(
        fact=fact,
        person_id=event.person_id,
        relative_id=event.relative_id,
        relation=relation,
        guardian_id=present.value if present else None,
        guardians=guardians,
    )


def _corrected(
    guardians: tuple[Since[UUID | None], ...], event: GuardianCorrected, fact: int
) -> tuple[Since[UUID | None], ...]:
    """The guardian that held was wrong from its day on; where none was known, this one is from the fact's day on."""
    before = holding(guardians)
    if before is None:
        return (Since(fact, event.occurred, event.guardian_id),)
    return instead(guardians, before.fact, Since(fact, before.on, event.guardian_id))
