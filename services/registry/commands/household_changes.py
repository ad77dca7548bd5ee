"""What can be asked of a household after its registration: who joins and leaves, its head, its card, its village.

Days come as cells, as they were written: a day, a month or a year. An edit is about what was said last. Who was
registered twice may stand in a household under either id, or under both: whoever names one of them means the human, but
an edit of a membership is of the one that stands under the id that is named.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import assert_never
from uuid import UUID

from services.registry.commands.answers import changed
from services.registry.commands.persons import named, survivor_of
from services.registry.domain.cells import read_when
from services.registry.domain.family_card import read_card
from services.registry.domain.household import Household, LivingTogether
from services.registry.domain.household_rules import (
    ChangeGuardian,
    CorrectFamilyCard,
    CorrectHead,
    CorrectHouseholdVillage,
    CorrectMembership,
    GiveFamilyCard,
    HouseholdCommand,
    JoinHousehold,
    LeaveHousehold,
    MoveHousehold,
    NameHead,
    RetractFamilyCard,
    RetractHead,
    RetractMembership,
    head_of,
    household,
)
from services.registry.domain.particulars import read_village
from services.registry.domain.person import Registered
from services.registry.domain.person_rules import CorrectVillage, person
from services.registry.domain.refusals import MEMBER_OF_ANOTHER_HOUSEHOLD, codes, refuse_columns
from shared.errors import NOT_FOUND, Refused
from shared.execute import Answer, Work
from shared.personal import Known
from shared.vocabulary import Occurred


@dataclass(frozen=True, slots=True, kw_only=True)
class Join:
    """Somebody lives in the household from a day on (anggota bergabung)."""

    household_id: UUID
    person_id: UUID
    since: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Leave:
    """Somebody lives in it no longer (anggota keluar)."""

    household_id: UUID
    person_id: UUID
    left_on: str


@dataclass(frozen=True, slots=True, kw_only=True)
class EditMembership:
    """Correct the days of somebody's last membership; *still_here*: they never left."""

    household_id: UUID
    person_id: UUID
    since: str | None
    left_on: str | None
    still_here: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class WithdrawMembership:
    """Take back somebody's last membership."""

    household_id: UUID
    person_id: UUID


@dataclass(frozen=True, slots=True, kw_only=True)
class Head:
    """Name who heads the household from a day on (kepala keluarga)."""

    household_id: UUID
    person_id: UUID
    since: str


@dataclass(frozen=True, slots=True, kw_only=True)
class EditHead:
    """Correct who was named last, or since when; None leaves it as it is."""

    household_id: UUID
    person_id: UUID | None
    since: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class WithdrawHead:
    """Take back who was named last."""

    household_id: UUID


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class GiveCard:
    """Give the household a family card (KK) from a day on."""

    household_id: UUID
    card: str
    since: str


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class EditCard:
    """Correct the number given last, or since when; None leaves it as it is."""

    household_id: UUID
    card: str | None
    since: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class WithdrawCard:
    """Take back the card given last."""

    household_id: UUID


@dataclass(frozen=True, slots=True, kw_only=True)
class Move:
    """The household moved (pindah desa); *with_members*: those of it who lived in the old village moved too.

    Where it lives now by what is known of a later day, the move is recorded and nobody's own village changes.
    """

    household_id: UUID
    village: str
    since: str
    with_members: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class EditVillage:
    """Correct where the household lives, or since when; None leaves it as it is. Nobody's own village changes.

    No history says of a member's village that this very move said it: they may have moved there by themselves.
    """

    household_id: UUID
    village: str | None
    since: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class NameGuardian:
    """Somebody guards the child of two persons from a day on (wali); None: nobody does any more."""

    household_id: UUID
    person_id: UUID
    relative_id: UUID
    guardian_id: UUID | None
    since: str


Command = (
    Join
    | Leave
    | EditMembership
    | WithdrawMembership
    | Head
    | EditHead
    | WithdrawHead
    | GiveCard
    | EditCard
    | WithdrawCard
    | Move
    | EditVillage
    | NameGuardian
)

_EDITS = (EditMembership, WithdrawMembership, EditHead, WithdrawHead, EditCard, WithdrawCard, EditVillage)


async def handle(work: Work, command: Command) -> Answer:
    """One decision of the household, an edit under its ETag; a move may be several persons' as well.

    Rejects: ``not-found`` (also outside the area), If-Match codes, column codes (422), ``person-unknown``,
    ``person-erased``, ``person-merged``, ``member-of-another-household``, and what the household's rules say.
    """
    before = await living_together(work, command.household_id)
    edit = isinstance(command, _EDITS)
    if edit:
        work.match(command.household_id)
    wishes = [await _wish(work, before, said) for said in await under_each_id(work, before, command)]
    after: Household = before
    for wish, _ in wishes:
        after = await work.decide(household, command.household_id, wish)
        if isinstance(command, Move) and command.with_members and isinstance(wish, MoveHousehold):
            await move_members(work, before, after, wish)
    _, warnings = wishes[0]
    nothing_new = after == before or work.check or edit
    return changed(work, command.household_id, warnings, status=200 if nothing_new else 201)


async def under_each_id(work: Work, state: LivingTogether, command: Command) -> Sequence[Command]:
    """The command, of each id under which the human whom it is about stands in the household.

    An edit is of one fact: of the id that is named, where that id lives or lived here.
    """
    match command:
        case Leave():
            ids = await ids_of(work, command.person_id)
            return [replace(command, person_id=one) for one in standing_here(state, ids)]
        case EditMembership() | WithdrawMembership():  # of two memberships the one that is named
            if state.of(command.person_id):
                return [command]
            ids = await ids_of(work, command.person_id)
            return [replace(command, person_id=standing_here(state, ids)[0])]
        case Join(person_id=who) | Head(person_id=who) | EditHead(person_id=UUID() as who):
            ids = await ids_of(work, who)
            return [replace(command, person_id=standing_here(state, ids)[0])]
        case NameGuardian():
            ones, others = await ids_of(work, command.person_id), await ids_of(work, command.relative_id)
            pairs = [
                (kin.person_id, kin.relative_id)
                for kin in state.kin
                if kin.relation == "child" and any(kin.is_of(one, other) for one in ones for other in others)
            ]
            return [replace(command, person_id=one, relative_id=other) for one, other in pairs] or [command]
        case _:
            return [command]


def standing_here(state: LivingTogether, ids: Sequence[UUID]) -> Sequence[UUID]:
    """Under which of a human's *ids* they live here; if under none, lived here; if they never did, the first."""
    present = [one for one in ids if one in state.members]
    return present or [one for one in ids if state.of(one)] or ids[:1]


async def _wish(work: Work, state: LivingTogether, command: Command) -> tuple[HouseholdCommand, tuple[str, ...]]:
    """What the household is asked, and the codes of what is odd about the cells."""
    match command:
        case Join():
            since = _day(work, command.since)
            await free_to_join(work, state, command.person_id)
            return JoinHousehold(person_id=command.person_id, since=since), ()
        case Leave():
            return LeaveHousehold(person_id=command.person_id, left_on=_left_on(work, command.left_on)), ()
        case EditMembership():
            return await _correction(work, state, command), ()
        case WithdrawMembership():
            return RetractMembership(today=work.today, person_id=command.person_id), ()
        case Head():
            since = _day(work, command.since)
            await named(work, command.person_id)  # who lives here under any id may be named
            return NameHead(person_id=command.person_id, since=since), ()
        case EditHead():
            if command.person_id is not None:
                await named(work, command.person_id)
            return CorrectHead(person_id=command.person_id, since=_optional(work, command.since)), ()
        case WithdrawHead():
            return RetractHead(today=work.today), ()
        case GiveCard():
            number, warnings = _card(work, command.card)
            since = _day(work, command.since)
            await named(work, head_of(state))
            return GiveFamilyCard(number=number, since=since), warnings
        case EditCard():
            given, warnings = (None, ()) if command.card is None else _card(work, command.card)
            since_too = _optional(work, command.since)
            await named(work, head_of(state))
            return CorrectFamilyCard(number=given, since=since_too), warnings
        case WithdrawCard():
            return RetractFamilyCard(today=work.today), ()
        case Move():
            return MoveHousehold(village=_village(work, command.village), since=_day(work, command.since)), ()
        case EditVillage():
            village = None if command.village is None else _village(work, command.village)
            return CorrectHouseholdVillage(village=village, since=_optional(work, command.since)), ()
        case NameGuardian():
            since = _day(work, command.since)
            guardian_id = command.guardian_id
            if guardian_id is not None:
                guardian = await named(work, guardian_id)
                # The child itself is refused under whichever id it is named.
                children = (command.person_id, command.relative_id)
                guardian_id = next((one for one in guardian.ids if one in children), guardian.person_id)
            asked = ChangeGuardian(
                person_id=command.person_id,
                relative_id=command.relative_id,
                guardian_id=guardian_id,
                since=since,
            )
            return asked, ()
        case _:
            assert_never(command)


async def _correction(work: Work, state: LivingTogether, command: EditMembership) -> CorrectMembership:
    since = _optional(work, command.since)
    left_on = None if command.left_on is None else _left_on(work, command.left_on)
    if command.still_here:
        await free_to_join(work, state, command.person_id)
    return CorrectMembership(
        today=work.today,
        person_id=command.person_id,
        since=since,
        left_on=left_on,
        still_here=command.still_here,
    )


async def free_to_join(work: Work, state: LivingTogether, person_id: UUID) -> None:
    """Rejects: ``person-unknown``, ``person-erased``, ``member-of-another-household``."""
    human = await named(work, person_id)
    if not any(one in state.members for one in human.ids):
        await lives_nowhere(work, human.ids)


async def lives_nowhere(work: Work, ids: Iterable[UUID]) -> None:
    """A person, under whichever of their *ids*, lives in one household at a time, now; of past days nothing is said.

    As everybody is on one family card ("setiap penduduk dicatat hanya pada 1 (satu) Kartu Keluarga": a guide to the
    card's numbers, agibalaja.blogspot.com, September 2022).

    Rejects: ``member-of-another-household``.
    """
    for one in ids:
        if await work.holder("member", str(one)):
            raise Refused(MEMBER_OF_ANOTHER_HOUSEHOLD)


async def ids_of(work: Work, person_id: UUID) -> tuple[UUID, ...]:
    """Every id of this human, the survivor's first; of somebody erased or unknown this one."""
    state = await work.state(person, person_id)
    if not isinstance(state, Registered):
        return (person_id,)
    return (await survivor_of(work, state)).ids


async def move_members(work: Work, before: LivingTogether, after: Household, said: MoveHousehold) -> None:
    """Whoever lives in the household, and by their own history in its village, lives in the new one with it.

    Only where the move changes in which village the household lives now: one that is learnt late, of a day before what
    is known to hold, or that was known, moves nobody. A person's village is their own fact: those whose village is
    another (abroad with an address of their own, away at school), the dead and the erased stay where they are.
    """
    if not isinstance(after, LivingTogether) or after.village == before.village:
        return
    humans = dict.fromkeys([await ids_of(work, member) for member in before.members])
    for ids in humans:
        known_as = [await work.state(person, one) for one in ids]
        survivor = known_as[0]
        if not isinstance(survivor, Registered) or survivor.village != before.village:
            continue
        if not any(isinstance(one, Registered) and one.deaths for one in known_as):
            await work.decide(person, survivor.person_id, CorrectVillage(since=said.since, village=after.village))


async def living_together(work: Work, household_id: UUID) -> LivingTogether:
    """The household a request is about. Rejects: ``not-found`` (also outside the area)."""
    state = await work.state(household, household_id)
    if not isinstance(state, LivingTogether):
        raise Refused(NOT_FOUND)
    work.within(state.village)
    return state


def _day(work: Work, cell: str) -> Occurred:
    day, wrong = read_when("since", cell, until=work.today)
    refuse_columns(wrong)
    return day


def _optional(work: Work, cell: str | None) -> Occurred | None:
    return None if cell is None else _day(work, cell)


def _left_on(work: Work, cell: str) -> Occurred:
    day, wrong = read_when("left_on", cell, until=work.today)
    refuse_columns(wrong)
    return day


def _village(work: Work, cell: str) -> str:
    code, wrong = read_village(cell)
    refuse_columns(wrong)
    work.names(code)
    return code


def _card(work: Work, cell: str) -> tuple[Known[str], tuple[str, ...]]:
    number, wrong = read_card(cell, work.today)
    warnings = refuse_columns(wrong)
    if number is None:
        raise AssertionError("no number and nothing wrong with it")
    return number, codes(warnings)
