"""What can be asked of a household, and what happens then. What a household is stands in `household`.

Where somebody, the head, the card, the village, a relation and a guardian can stand is told in `states.md`.
That everybody named is a known person who lives in no other household is asked before, not here, and held by a claim.
Dates are the programme's calendar (Asia/Jakarta); *today* comes with the command.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import assert_never
from uuid import UUID

from services.registry.domain.household import (
    FamilyCardCorrected,
    FamilyCardGiven,
    GuardianChanged,
    GuardianCorrected,
    HeadCorrected,
    HeadNamed,
    Household,
    HouseholdEvent,
    HouseholdMoved,
    HouseholdRegistered,
    HouseholdVillageCorrected,
    Kin,
    KinRecorded,
    KinRetracted,
    LivingTogether,
    MemberJoined,
    MemberLeft,
    Membership,
    MembershipCorrected,
    MembershipRetracted,
    NoHousehold,
    SaidKin,
    Since,
    StatedRelation,
    evolve,
    holding,
    instead,
    said_already,
)
from services.registry.domain.refusals import (
    ALREADY_A_MEMBER,
    HEAD_NOT_A_MEMBER,
    HOUSEHOLD_WITHOUT_HEAD,
    JOINED_BEFORE_LEAVING,
    KIN_CONTRADICTORY,
    LEFT_BEFORE_JOINING,
    NOT_IN_HOUSEHOLD,
    refuse_columns,
    refused_for,
)
from shared.decider import Claim, Decider, Release
from shared.errors import NOT_FOUND, ColumnError, Refused
from shared.ids import stream_of
from shared.personal import Known, Personal
from shared.vocabulary import Occurred

# ---------------------------------------------------------------------------------------------------------------------
# What can be asked
# ---------------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class RegisterHousehold:
    """Register who lives together, since *today* as far as is known: the day of the survey."""

    today: date
    household_id: UUID
    village: str
    members: tuple[UUID, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class JoinHousehold:
    """Say that somebody lives here from a day on."""

    person_id: UUID
    since: Occurred


@dataclass(frozen=True, slots=True, kw_only=True)
class LeaveHousehold:
    """Say that somebody lives here no longer."""

    person_id: UUID
    left_on: Occurred


@dataclass(frozen=True, slots=True, kw_only=True)
class CorrectMembership:
    """Correct the days of somebody's last membership; None leaves a day as it is.

    *still_here*: they never left, whatever was said; then no *left_on* is given.
    """

    today: date
    person_id: UUID
    since: Occurred | None = None
    left_on: Occurred | None = None
    still_here: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class RetractMembership:
    """Take back somebody's last membership: it was an error."""

    today: date
    person_id: UUID


@dataclass(frozen=True, slots=True, kw_only=True)
class NameHead:
    """Say who heads the household from a day on."""

    person_id: UUID
    since: Occurred


@dataclass(frozen=True, slots=True, kw_only=True)
class CorrectHead:
    """Correct who was named last, or since when; None leaves it as it is."""

    person_id: UUID | None = None
    since: Occurred | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class RetractHead:
    """Take back who was named last as head."""

    today: date


@dataclass(frozen=True, slots=True, kw_only=True)
class GiveFamilyCard:
    """Give the household this card from a day on."""

    number: Known[str]
    since: Occurred


@dataclass(frozen=True, slots=True, kw_only=True)
class CorrectFamilyCard:
    """Correct the number given last, or since when; None leaves it as it is."""

    number: Known[str] | None = None
    since: Occurred | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class RetractFamilyCard:
    """Take back the card given last."""

    today: date


@dataclass(frozen=True, slots=True, kw_only=True)
class MoveHousehold:
    """Say where the household lives from a day on."""

    village: str
    since: Occurred


@dataclass(frozen=True, slots=True, kw_only=True)
class CorrectHouseholdVillage:
    """Correct where the household lives, or since when; None leaves it as it is."""

    village: str | None = None
    since: Occurred | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordKin:
    """Record one relation, and since when (None: *today*) it, or the guardian who is added to it, is known to hold.

    *birth_year* is the child's while it is a minor; *of_age*: it is known to be none. Both are as of *today*.
    """

    today: date
    kin: Kin
    since: Occurred | None = None
    birth_year: int | None = None
    of_age: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangeGuardian:
    """Say who guards the child *relative_id* of *person_id* from a day on; None: nobody does any more."""

    person_id: UUID
    relative_id: UUID
    guardian_id: UUID | None
    since: Occurred


@dataclass(frozen=True, slots=True, kw_only=True)
class RetractKin:
    """Take back what was recorded between these two, whoever was named first."""

    today: date
    person_id: UUID
    relative_id: UUID


HouseholdCommand = (
    RegisterHousehold
    | JoinHousehold
    | LeaveHousehold
    | CorrectMembership
    | RetractMembership
    | NameHead
    | CorrectHead
    | RetractHead
    | GiveFamilyCard
    | CorrectFamilyCard
    | RetractFamilyCard
    | MoveHousehold
    | CorrectHouseholdVillage
    | RecordKin
    | ChangeGuardian
    | RetractKin
)


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
        case JoinHousehold():
            return join_household(state, command)
        case LeaveHousehold():
            return leave_household(state, command)
        case CorrectMembership():
            return correct_membership(state, command)
        case RetractMembership():
            return retract_membership(state, command)
        case NameHead():
            return name_head(state, command)
        case CorrectHead() | RetractHead():
            return correct_head(state, command)
        case GiveFamilyCard():
            return give_family_card(state, command)
        case CorrectFamilyCard() | RetractFamilyCard():
            return correct_family_card(state, command)
        case MoveHousehold():
            return move_household(state, command)
        case CorrectHouseholdVillage():
            return correct_household_village(state, command)
        case RecordKin():
            return record_kin(state, command)
        case ChangeGuardian():
            return change_guardian(state, command)
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


def join_household(state: LivingTogether, command: JoinHousehold) -> Sequence[HouseholdEvent]:
    """Again after having left is another membership, which begins when the last one has ended.

    Rejects: ``already-a-member`` (since another day), ``joined-before-leaving``.
    """
    last = last_membership(state, command.person_id)
    if last is not None and last.left is None:
        if last.joined.on != command.since:
            raise Refused(ALREADY_A_MEMBER)
        return ()
    if last is not None and last.left is not None and command.since.until < last.left.on.until:
        raise Refused(JOINED_BEFORE_LEAVING)
    return (MemberJoined(occurred=command.since, household_id=state.household_id, person_id=command.person_id),)


def leave_household(state: LivingTogether, command: LeaveHousehold) -> Sequence[HouseholdEvent]:
    """Once; said again of the same day it is nothing new. Who heads the household and leaves heads it no longer.

    Rejects: ``not-in-household``, ``left-before-joining``.
    """
    last = last_membership(state, command.person_id)
    if last is not None and last.left is not None and last.left.on == command.left_on:
        return ()
    if last is None or last.left is not None:
        raise Refused(NOT_IN_HOUSEHOLD)
    refuse_order(state, last, last.joined.on, command.left_on)
    return (
        MemberLeft(
            occurred=command.left_on,
            household_id=state.household_id,
            person_id=command.person_id,
            began=last.began,
        ),
    )


def correct_membership(state: LivingTogether, command: CorrectMembership) -> Sequence[HouseholdEvent]:
    """One correction for each day that is another than was said; a leaving that never was is retracted.

    Rejects: ``not-found`` (no membership, or they have not left), ``left-before-joining``, ``joined-before-leaving``.
    """
    last = last_membership(state, command.person_id)
    if last is None or (last.left is None and command.left_on is not None):
        raise Refused(NOT_FOUND)
    joined_on = command.since or last.joined.on
    left_on = command.left_on or (last.left.on if last.left and not command.still_here else None)
    refuse_order(state, last, joined_on, left_on)
    facts: list[HouseholdEvent] = []
    if joined_on != last.joined.on:
        facts.append(
            MembershipCorrected(
                occurred=joined_on,
                corrects=last.joined.fact,
                household_id=state.household_id,
                person_id=command.person_id,
                began=last.began,
                side="joined",
            )
        )
    if last.left is not None and left_on is None:
        facts.append(
            MembershipRetracted(
                occurred=Occurred(command.today),
                corrects=last.left.fact,
                household_id=state.household_id,
                person_id=command.person_id,
                began=last.began,
                side="left",
            )
        )
    if last.left is not None and left_on is not None and left_on != last.left.on:
        facts.append(
            MembershipCorrected(
                occurred=left_on,
                corrects=last.left.fact,
                household_id=state.household_id,
                person_id=command.person_id,
                began=last.began,
                side="left",
            )
        )
    return facts


def retract_membership(state: LivingTogether, command: RetractMembership) -> Sequence[HouseholdEvent]:
    """The last one, as if it had never been said. Rejects: ``not-found``."""
    last = last_membership(state, command.person_id)
    if last is None:
        raise Refused(NOT_FOUND)
    return (
        MembershipRetracted(
            occurred=Occurred(command.today),
            corrects=last.joined.fact,
            household_id=state.household_id,
            person_id=command.person_id,
            began=last.began,
            side="joined",
        ),
    )


def last_membership(state: LivingTogether, person_id: UUID) -> Membership | None:
    """The person's latest membership here, ended or not."""
    mine = state.of(person_id)
    return mine[-1] if mine else None


def refuse_order(state: LivingTogether, one: Membership, joined_on: Occurred, left_on: Occurred | None) -> None:
    """Refuse days out of their order: months and years by their ends."""
    if left_on is not None and left_on.until < joined_on.until:
        raise Refused(LEFT_BEFORE_JOINING)
    earlier = (other for other in state.of(one.person_id) if other.began != one.began and other.left is not None)
    if any(other.left is not None and joined_on.until < other.left.on.until for other in earlier):
        raise Refused(JOINED_BEFORE_LEAVING)


def name_head(state: LivingTogether, command: NameHead) -> Sequence[HouseholdEvent]:
    """Who headed it before does so until then; said again it is nothing new. Rejects: ``head-not-a-member``."""
    refuse_no_member(state, command.person_id)
    if said_already(state.heads, command.person_id, command.since):
        return ()
    return (HeadNamed(occurred=command.since, household_id=state.household_id, person_id=command.person_id),)


def correct_head(state: LivingTogether, command: CorrectHead | RetractHead) -> Sequence[HouseholdEvent]:
    """What was said last of the head. Rejects: ``not-found`` (nobody was named), ``head-not-a-member``."""
    present = holding(state.heads)
    if present is None:
        raise Refused(NOT_FOUND)
    if isinstance(command, RetractHead):
        wish, on = None, Occurred(command.today)
    else:
        wish, on = command.person_id or present.value, command.since or present.on
        refuse_no_member(state, wish)
        if (wish, on) == (present.value, present.on):
            return ()
    return (HeadCorrected(occurred=on, corrects=present.fact, household_id=state.household_id, person_id=wish),)


def refuse_no_member(state: LivingTogether, person_id: UUID) -> None:
    """Who heads a household lives in it: ``head-not-a-member``."""
    if person_id not in state.members:
        raise Refused(HEAD_NOT_A_MEMBER)


def give_family_card(state: LivingTogether, command: GiveFamilyCard) -> Sequence[HouseholdEvent]:
    """The card before holds until then; said again it is nothing new. Rejects: ``household-without-head``."""
    numbers: Iterable[Since[Personal[str]]] = (Since(one.fact, one.on, one.value.number) for one in state.cards)
    if said_already(numbers, command.number, command.since):
        return ()
    return (
        FamilyCardGiven(
            occurred=command.since,
            household_id=state.household_id,
            person_id=head_of(state),
            number=command.number,
        ),
    )


def correct_family_card(
    state: LivingTogether, command: CorrectFamilyCard | RetractFamilyCard
) -> Sequence[HouseholdEvent]:
    """What was said last of the card; of a number that went with its head's erasure the day alone is not corrected.

    Where the day alone is, the number stays sealed under the key of who was the head then: it goes with that person.

    Rejects: ``not-found`` (no card was given, or its number is gone and no other comes), ``household-without-head``.
    """
    present = holding(state.cards)
    if present is None:
        raise Refused(NOT_FOUND)
    number: Personal[str] | None = None
    on = Occurred(command.today) if isinstance(command, RetractFamilyCard) else command.since or present.on
    if isinstance(command, CorrectFamilyCard):
        number = command.number or present.value.number
        if not isinstance(number, Known):
            raise Refused(NOT_FOUND)
        if (number, on) == (present.value.number, present.on):
            return ()
    return (
        FamilyCardCorrected(
            occurred=on,
            corrects=present.fact,
            household_id=state.household_id,
            person_id=present.value.person_id if number == present.value.number else head_of(state),
            number=number,
        ),
    )


def head_of(state: LivingTogether) -> UUID:
    """Under whose key the number of the card is sealed. Rejects: ``household-without-head``."""
    if state.head is None:
        raise Refused(HOUSEHOLD_WITHOUT_HEAD)
    return state.head


def move_household(state: LivingTogether, command: MoveHousehold) -> Sequence[HouseholdEvent]:
    """From one village to another; said again it is nothing new, unless it has been overruled on its own day."""
    if said_already(state.villages, command.village, command.since):
        return ()
    said = Since(state.version + 1, command.since, command.village)
    return (
        HouseholdMoved(
            occurred=command.since,
            household_id=state.household_id,
            village=command.village,
            present=_village((*state.villages, said)),
        ),
    )


def correct_household_village(state: LivingTogether, command: CorrectHouseholdVillage) -> Sequence[HouseholdEvent]:
    """What was said last of where it lives, at its registration or since."""
    present = holding(state.villages)
    if present is None:
        raise AssertionError("a household always lives somewhere")
    said = Since(state.version + 1, command.since or present.on, command.village or present.value)
    if (said.value, said.on) == (present.value, present.on):
        return ()
    return (
        HouseholdVillageCorrected(
            occurred=said.on,
            corrects=present.fact,
            household_id=state.household_id,
            village=said.value,
            present=_village(instead(state.villages, present.fact, said)),
        ),
    )


def _village(said: Iterable[Since[str]]) -> str:
    return max(said, key=lambda one: (one.on.until, one.fact)).value


def record_kin(state: LivingTogether, command: RecordKin) -> Sequence[HouseholdEvent]:
    """Once; said again with another guardian it corrects the guardian, and without one it leaves the guardian be.

    The day since when a known relation or guardian holds is not corrected so.

    Rejects: ``kin-contradictory`` (the two are something else to each other here: spouse and child, or each the other's
    child).
    """
    kin, since = command.kin, command.since or Occurred(command.today)
    said = next((other for other in state.kin if other.says(kin)), None)
    if said is None:
        if any(other.is_of(kin.person_id, kin.relative_id) for other in state.kin):
            raise Refused(KIN_CONTRADICTORY)
        return (
            KinRecorded(
                occurred=since,
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
    guards = holding(said.guardians)
    return (
        GuardianCorrected(
            occurred=Occurred(command.today) if guards else since,
            corrects=guards.fact if guards else said.fact,
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


def change_guardian(state: LivingTogether, command: ChangeGuardian) -> Sequence[HouseholdEvent]:
    """Another guardian from a day on, or none any more; a wrong one is corrected by recording the relation again.

    Rejects: ``not-found`` (no such child of this parent), ``guardian-not-of-a-child`` (the child itself).
    """
    said = child_of(state, command)
    if command.guardian_id == said.relative_id:
        raise refused_for(ColumnError("guardian_id", "guardian-not-of-a-child"))
    before = holding(said.guardians)
    if (before.value if before else None) == command.guardian_id and (before is None or before.on == command.since):
        return ()
    change = Since(state.version + 1, command.since, command.guardian_id)
    present = max((*said.guardians, change), key=lambda one: (one.on.until, one.fact))
    return (
        GuardianChanged(
            occurred=command.since,
            household_id=state.household_id,
            village=state.village,
            person_id=said.person_id,
            relative_id=said.relative_id,
            guardian_id=command.guardian_id,
            present_id=present.value,
            present_since=present.on,
        ),
    )


def child_of(state: LivingTogether, command: ChangeGuardian) -> SaidKin:
    """The relation of parent and child that is meant, whoever was named first. Rejects: ``not-found``."""
    for kin in state.kin:
        if kin.relation == "child" and kin.is_of(command.person_id, command.relative_id):
            return kin
    raise Refused(NOT_FOUND)


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


def kin_parts(one: UUID, other: UUID) -> tuple[str, str]:
    """What is claimed of a relation: the two, whatever they are to each other and whoever was named first."""
    first, second = sorted((str(one), str(other)))
    return first, second


def claims(event: HouseholdEvent) -> Iterable[Claim | Release]:
    """Nobody joins a household while they live in another; what two persons are to each other is said in one household.

    Left there, or retracted there, it is free.
    """
    match event:
        case HouseholdRegistered():
            for person_id in event.members:
                yield _lives_in(event.household_id, person_id)
        case MemberJoined() | MembershipRetracted(side="left"):
            yield _lives_in(event.household_id, event.person_id)
        case MemberLeft() | MembershipRetracted():
            yield Release("member", holder=_member(event.household_id, event.person_id))
        case KinRecorded() | KinRetracted():
            parts = kin_parts(event.person_id, event.relative_id)
            # Of this household and these two alone: another household that records them is another holder.
            holder = stream_of("kin", ":".join((str(event.household_id), *parts)))
            if isinstance(event, KinRecorded):
                yield Claim("kin", parts, holder=holder, person_id=event.person_id)
            else:
                yield Release("kin", holder=holder)
        case _:
            pass


def _lives_in(household_id: UUID, person_id: UUID) -> Claim:
    return Claim("member", (str(person_id),), holder=_member(household_id, person_id), person_id=person_id)


def _member(household_id: UUID, person_id: UUID) -> UUID:
    """Of this household and this person alone: another household that takes them in is another holder."""
    return stream_of("member", f"{household_id}:{person_id}")


household: Decider[Household, HouseholdEvent, HouseholdCommand] = Decider(
    initial=NoHousehold(), decide=decide, evolve=evolve, claims=claims
)
