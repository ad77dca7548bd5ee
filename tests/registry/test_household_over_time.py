"""Households over time: who joins and leaves, the head, the card, the village, the guardians."""

from dataclasses import dataclass
from datetime import date
from itertools import zip_longest
from uuid import UUID

from hypothesis import given, settings
from hypothesis import strategies as st

from services.registry.domain import household as facts
from services.registry.domain.household import (
    FamilyCardCorrected,
    FamilyCardGiven,
    GuardianChanged,
    GuardianCorrected,
    HeadCorrected,
    HeadNamed,
    HouseholdEvent,
    HouseholdMoved,
    HouseholdRegistered,
    HouseholdVillageCorrected,
    Kin,
    KinRecorded,
    LivingTogether,
    MemberJoined,
    MemberLeft,
    MembershipCorrected,
    MembershipRetracted,
    Relation,
)
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
    RecordKin,
    RegisterHousehold,
    RetractFamilyCard,
    RetractHead,
    RetractKin,
    RetractMembership,
    claims,
    household,
)
from shared.decider import Claim, Release
from shared.errors import Refused
from shared.personal import Erased, Known
from shared.vocabulary import Occurred
from tests.registry.people_of_kuripan import BUDI, DEWI, KURIPAN, LIPURSARI, NOW, SARI, TODAY
from tests.spec import Given

HOME = UUID(int=31)
SINCE_2020 = Occurred(date(2020, 5, 4))
IN_2021, IN_MAY, IN_2023 = (Occurred.parse(text) or NOW for text in ("2021", "2022-05", "2023"))
NUMBER, OTHER = Known("3307101708209001"), Known("3307101708219002")

TOGETHER = HouseholdRegistered(occurred=SINCE_2020, household_id=HOME, village=KURIPAN, members=(SARI, BUDI))
JOINED = MemberJoined(occurred=IN_2021, household_id=HOME, person_id=DEWI)
BUDI_LEFT = MemberLeft(occurred=IN_MAY, household_id=HOME, person_id=BUDI, began=1)
HEAD = HeadNamed(occurred=SINCE_2020, household_id=HOME, person_id=BUDI)
CARD = FamilyCardGiven(occurred=SINCE_2020, household_id=HOME, person_id=BUDI, number=NUMBER)
CHILD = KinRecorded(
    occurred=SINCE_2020,
    household_id=HOME,
    village=KURIPAN,
    person_id=SARI,
    relative_id=DEWI,
    relation="child",
    guardian_id=BUDI,
    birth_year=2016,
)


def living(*happened: HouseholdEvent) -> LivingTogether:
    state = household.fold((TOGETHER, *happened))
    assert isinstance(state, LivingTogether)
    return state


# Who lives there


def test_a_member_joins_once() -> None:
    wish = JoinHousehold(person_id=DEWI, since=IN_2021)
    Given(household, TOGETHER).when(wish).then(JOINED)
    Given(household, TOGETHER, JOINED).when(wish).then()
    Given(household, TOGETHER, JOINED).when(JoinHousehold(person_id=DEWI, since=IN_MAY)).refuses("already-a-member")
    assert (SARI, BUDI, DEWI) == living(JOINED).members


def test_a_member_leaves_once() -> None:
    wish = LeaveHousehold(person_id=BUDI, left_on=IN_MAY)
    Given(household, TOGETHER).when(wish).then(BUDI_LEFT)
    Given(household, TOGETHER, BUDI_LEFT).when(wish).then()
    Given(household, TOGETHER, BUDI_LEFT).when(LeaveHousehold(person_id=BUDI, left_on=NOW)).refuses("not-in-household")
    Given(household, TOGETHER).when(LeaveHousehold(person_id=DEWI, left_on=NOW)).refuses("not-in-household")
    assert (SARI,) == living(BUDI_LEFT).members


def test_nobody_leaves_before_they_joined() -> None:
    early = LeaveHousehold(person_id=BUDI, left_on=Occurred(date(2019, 1, 1)))
    Given(household, TOGETHER).when(early).refuses("left-before-joining")


def test_of_a_year_and_a_day_in_it_the_year_may_be_either() -> None:
    """A year is ordered by its end: whoever joined in May may have left in that year."""
    left = MemberLeft(occurred=Occurred(date(2020, 1, 1), "year"), household_id=HOME, person_id=BUDI, began=1)
    wish = LeaveHousehold(person_id=BUDI, left_on=Occurred(date(2020, 1, 1), "year"))
    Given(household, TOGETHER).when(wish).then(left)


def test_who_left_may_come_back_but_not_before() -> None:
    again = MemberJoined(occurred=IN_2023, household_id=HOME, person_id=BUDI)
    Given(household, TOGETHER, BUDI_LEFT).when(JoinHousehold(person_id=BUDI, since=IN_2023)).then(again)
    early = JoinHousehold(person_id=BUDI, since=IN_2021)
    Given(household, TOGETHER, BUDI_LEFT).when(early).refuses("joined-before-leaving")
    assert [1, 3] == [one.began for one in living(BUDI_LEFT, again).of(BUDI)]


def test_the_days_of_the_last_membership_are_corrected() -> None:
    joined = MembershipCorrected(
        occurred=IN_2021, corrects=1, household_id=HOME, person_id=BUDI, began=1, side="joined"
    )
    left = MembershipCorrected(occurred=IN_2023, corrects=2, household_id=HOME, person_id=BUDI, began=1, side="left")
    wish = CorrectMembership(today=TODAY, person_id=BUDI, since=IN_2021, left_on=IN_2023)
    state = Given(household, TOGETHER, BUDI_LEFT).when(wish).then(joined, left)
    assert isinstance(state, LivingTogether)
    (one,) = state.of(BUDI)
    assert one.left is not None
    assert (IN_2021, IN_2023) == (one.joined.on, one.left.on)
    Given(household, TOGETHER, BUDI_LEFT, joined, left).when(wish).then()
    turned = CorrectMembership(today=TODAY, person_id=BUDI, left_on=Occurred(date(2019, 1, 1)))
    Given(household, TOGETHER, BUDI_LEFT).when(turned).refuses("left-before-joining")
    again = MemberJoined(occurred=IN_2023, household_id=HOME, person_id=BUDI)
    overlapping = CorrectMembership(today=TODAY, person_id=BUDI, since=IN_2021)
    Given(household, TOGETHER, BUDI_LEFT, again).when(overlapping).refuses("joined-before-leaving")


def test_what_was_never_said_is_not_corrected() -> None:
    unsaid = CorrectMembership(today=TODAY, person_id=DEWI, since=IN_2021)
    Given(household, TOGETHER).when(unsaid).refuses("not-found")
    Given(household, TOGETHER).when(CorrectMembership(today=TODAY, person_id=BUDI, left_on=NOW)).refuses("not-found")
    Given(household, TOGETHER).when(RetractMembership(today=TODAY, person_id=DEWI)).refuses("not-found")


def test_a_leaving_that_never_was_is_taken_back() -> None:
    back = MembershipRetracted(occurred=NOW, corrects=2, household_id=HOME, person_id=BUDI, began=1, side="left")
    wish = CorrectMembership(today=TODAY, person_id=BUDI, still_here=True)
    Given(household, TOGETHER, BUDI_LEFT).when(wish).then(back)
    assert (SARI, BUDI) == living(BUDI_LEFT, back).members


def test_a_membership_that_was_an_error_never_was() -> None:
    gone = MembershipRetracted(occurred=NOW, corrects=1, household_id=HOME, person_id=BUDI, began=1, side="joined")
    Given(household, TOGETHER).when(RetractMembership(today=TODAY, person_id=BUDI)).then(gone)
    assert () == living(gone).of(BUDI)


def test_a_person_is_claimed_by_one_household_while_they_live_there() -> None:
    mine, budis = claims(TOGETHER)
    assert isinstance(mine, Claim)
    assert isinstance(budis, Claim)
    assert ("member", (str(SARI),), SARI) == (mine.kind, mine.parts, mine.person_id)
    assert [Release("member", budis.holder)] == list(claims(BUDI_LEFT))
    back = MembershipRetracted(occurred=NOW, corrects=2, household_id=HOME, person_id=BUDI, began=1, side="left")
    assert [budis] == list(claims(back))
    elsewhere = MemberJoined(occurred=NOW, household_id=UUID(int=32), person_id=BUDI)
    (theirs,) = claims(elsewhere)
    assert isinstance(theirs, Claim)
    assert (budis.parts, budis.holder) != (theirs.parts, theirs.holder)
    assert budis.parts == theirs.parts


# Who heads it


def test_a_head_is_named_and_another_follows() -> None:
    Given(household, TOGETHER).when(NameHead(person_id=BUDI, since=SINCE_2020)).then(HEAD)
    Given(household, TOGETHER, HEAD).when(NameHead(person_id=BUDI, since=SINCE_2020)).then()
    after = HeadNamed(occurred=IN_MAY, household_id=HOME, person_id=SARI)
    Given(household, TOGETHER, HEAD).when(NameHead(person_id=SARI, since=IN_MAY)).then(after)
    assert SARI == living(HEAD, after).head
    assert SARI == living(after, HEAD).head, "what was said late of an earlier day changes nothing now"
    Given(household, TOGETHER).when(NameHead(person_id=DEWI, since=NOW)).refuses("head-not-a-member")


def test_a_head_who_leaves_heads_it_no_longer() -> None:
    assert living(HEAD, BUDI_LEFT).head is None


def test_a_wrong_head_is_corrected_or_taken_back() -> None:
    corrected = HeadCorrected(occurred=SINCE_2020, corrects=2, household_id=HOME, person_id=SARI)
    Given(household, TOGETHER, HEAD).when(CorrectHead(person_id=SARI)).then(corrected)
    later = HeadCorrected(occurred=IN_2021, corrects=2, household_id=HOME, person_id=BUDI)
    Given(household, TOGETHER, HEAD).when(CorrectHead(since=IN_2021)).then(later)
    Given(household, TOGETHER, HEAD).when(CorrectHead(person_id=BUDI)).then()
    nobody = HeadCorrected(occurred=NOW, corrects=3, household_id=HOME, person_id=None)
    Given(household, TOGETHER, HEAD, corrected).when(RetractHead(today=TODAY)).then(nobody)
    assert living(HEAD, corrected, nobody).head is None
    Given(household, TOGETHER).when(RetractHead(today=TODAY)).refuses("not-found")
    Given(household, TOGETHER).when(CorrectHead(person_id=SARI)).refuses("not-found")
    Given(household, TOGETHER, HEAD).when(CorrectHead(person_id=DEWI)).refuses("head-not-a-member")


# Its card


def test_a_card_is_given_and_changes() -> None:
    Given(household, TOGETHER, HEAD).when(GiveFamilyCard(number=NUMBER, since=SINCE_2020)).then(CARD)
    Given(household, TOGETHER, HEAD, CARD).when(GiveFamilyCard(number=NUMBER, since=SINCE_2020)).then()
    after = FamilyCardGiven(occurred=IN_MAY, household_id=HOME, person_id=BUDI, number=OTHER)
    Given(household, TOGETHER, HEAD, CARD).when(GiveFamilyCard(number=OTHER, since=IN_MAY)).then(after)
    refused = Given(household, TOGETHER).when(GiveFamilyCard(number=NUMBER, since=NOW))
    refused.refuses("household-without-head")


def test_a_wrong_card_is_corrected_or_taken_back() -> None:
    corrected = FamilyCardCorrected(occurred=SINCE_2020, corrects=3, household_id=HOME, person_id=BUDI, number=OTHER)
    Given(household, TOGETHER, HEAD, CARD).when(CorrectFamilyCard(number=OTHER)).then(corrected)
    later = FamilyCardCorrected(occurred=IN_2021, corrects=3, household_id=HOME, person_id=BUDI, number=NUMBER)
    Given(household, TOGETHER, HEAD, CARD).when(CorrectFamilyCard(since=IN_2021)).then(later)
    Given(household, TOGETHER, HEAD, CARD).when(CorrectFamilyCard(number=NUMBER)).then()
    gone = FamilyCardCorrected(occurred=NOW, corrects=4, household_id=HOME, person_id=BUDI, number=None)
    state = Given(household, TOGETHER, HEAD, CARD, corrected).when(RetractFamilyCard(today=TODAY)).then(gone)
    assert isinstance(state, LivingTogether)
    assert () == state.cards
    Given(household, TOGETHER, HEAD).when(CorrectFamilyCard(number=OTHER)).refuses("not-found")
    Given(household, TOGETHER, HEAD, CARD, BUDI_LEFT).when(CorrectFamilyCard(number=OTHER)).refuses(
        "household-without-head"
    )


def test_a_number_stays_sealed_for_who_was_the_head_when_the_day_alone_is_corrected() -> None:
    """It goes with that person's erasure, also from what was corrected since; another number is the new head's."""
    other_head = HeadNamed(occurred=IN_MAY, household_id=HOME, person_id=SARI)
    given = Given(household, TOGETHER, HEAD, CARD, other_head)
    for day_alone in (CorrectFamilyCard(since=IN_2021), CorrectFamilyCard(number=NUMBER, since=IN_2021)):
        given.when(day_alone).then(
            FamilyCardCorrected(occurred=IN_2021, corrects=3, household_id=HOME, person_id=BUDI, number=NUMBER)
        )
    given.when(CorrectFamilyCard(number=OTHER)).then(
        FamilyCardCorrected(occurred=SINCE_2020, corrects=3, household_id=HOME, person_id=SARI, number=OTHER)
    )


def test_a_number_that_went_with_its_head_is_given_anew_under_another() -> None:
    erased = FamilyCardGiven(occurred=SINCE_2020, household_id=HOME, person_id=BUDI, number=Erased())
    other_head = HeadNamed(occurred=IN_MAY, household_id=HOME, person_id=SARI)
    given = Given(household, TOGETHER, HEAD, erased, other_head)
    given.when(CorrectFamilyCard(since=IN_2021)).refuses("not-found")
    anew = FamilyCardGiven(occurred=SINCE_2020, household_id=HOME, person_id=SARI, number=NUMBER)
    given.when(GiveFamilyCard(number=NUMBER, since=SINCE_2020)).then(anew)


# Where it lives


def test_a_household_moves() -> None:
    moved = HouseholdMoved(occurred=IN_MAY, household_id=HOME, village=LIPURSARI, present=LIPURSARI)
    Given(household, TOGETHER).when(MoveHousehold(village=LIPURSARI, since=IN_MAY)).then(moved)
    Given(household, TOGETHER, moved).when(MoveHousehold(village=LIPURSARI, since=IN_MAY)).then()
    late = HouseholdMoved(occurred=IN_2021, household_id=HOME, village=KURIPAN, present=LIPURSARI)
    Given(household, TOGETHER, moved).when(MoveHousehold(village=KURIPAN, since=IN_2021)).then(late)
    assert LIPURSARI == living(moved, late).village


def test_a_move_back_on_the_same_day_is_one() -> None:
    """Of one day what was said last holds: only that is known already when it is said again."""
    away = HouseholdMoved(occurred=SINCE_2020, household_id=HOME, village=LIPURSARI, present=LIPURSARI)
    back = HouseholdMoved(occurred=SINCE_2020, household_id=HOME, village=KURIPAN, present=KURIPAN)
    go_away, go_back = (MoveHousehold(village=one.village, since=SINCE_2020) for one in (away, back))
    Given(household, TOGETHER).when(go_back).then()
    Given(household, TOGETHER, away).when(go_away).then()
    Given(household, TOGETHER, away).when(go_back).then(back)
    Given(household, TOGETHER, away, back).when(go_back).then()
    Given(household, TOGETHER, away, back).when(go_away).then(away)
    assert KURIPAN == living(away, back).village


def test_the_last_day_of_a_month_and_the_month_are_ordered_as_one_day() -> None:
    on_the_last = Occurred(date(2022, 5, 31))
    away = HouseholdMoved(occurred=on_the_last, household_id=HOME, village=LIPURSARI, present=LIPURSARI)
    back = HouseholdMoved(occurred=IN_MAY, household_id=HOME, village=KURIPAN, present=KURIPAN)
    wish = MoveHousehold(village=LIPURSARI, since=on_the_last)
    Given(household, TOGETHER, away).when(wish).then()
    Given(household, TOGETHER, away, back).when(wish).then(away)


def test_what_holds_no_longer_is_not_recorded_twice() -> None:
    """A move, a head and a card that others followed on later days are known when they are said again."""
    moved, later = (
        HouseholdMoved(occurred=on, household_id=HOME, village=village, present=village)
        for on, village in ((IN_2021, LIPURSARI), (IN_2023, KURIPAN))
    )
    Given(household, TOGETHER, moved, later).when(MoveHousehold(village=LIPURSARI, since=IN_2021)).then()
    sari = HeadNamed(occurred=IN_MAY, household_id=HOME, person_id=SARI)
    other = FamilyCardGiven(occurred=IN_MAY, household_id=HOME, person_id=SARI, number=OTHER)
    given = Given(household, TOGETHER, HEAD, CARD, sari, other)
    given.when(NameHead(person_id=BUDI, since=SINCE_2020)).then()
    given.when(GiveFamilyCard(number=NUMBER, since=SINCE_2020)).then()


def test_a_head_and_a_card_are_said_again_after_another_of_the_same_day() -> None:
    sari = HeadNamed(occurred=SINCE_2020, household_id=HOME, person_id=SARI)
    Given(household, TOGETHER, HEAD, sari).when(NameHead(person_id=BUDI, since=SINCE_2020)).then(HEAD)
    Given(household, TOGETHER, HEAD, sari).when(NameHead(person_id=SARI, since=SINCE_2020)).then()
    other = FamilyCardGiven(occurred=SINCE_2020, household_id=HOME, person_id=BUDI, number=OTHER)
    given = Given(household, TOGETHER, HEAD, CARD, other)
    given.when(GiveFamilyCard(number=NUMBER, since=SINCE_2020)).then(CARD)
    given.when(GiveFamilyCard(number=OTHER, since=SINCE_2020)).then()


def test_where_it_lives_is_corrected() -> None:
    wrong = HouseholdVillageCorrected(
        occurred=SINCE_2020, corrects=1, household_id=HOME, village=LIPURSARI, present=LIPURSARI
    )
    Given(household, TOGETHER).when(CorrectHouseholdVillage(village=LIPURSARI)).then(wrong)
    Given(household, TOGETHER, wrong).when(CorrectHouseholdVillage(village=LIPURSARI)).then()
    assert LIPURSARI == living(wrong).village


# Who guards a child


def guarding(guardian: UUID | None, since: Occurred, present: UUID | None, holds: Occurred) -> GuardianChanged:
    return GuardianChanged(
        occurred=since,
        household_id=HOME,
        village=KURIPAN,
        person_id=SARI,
        relative_id=DEWI,
        guardian_id=guardian,
        present_id=present,
        present_since=holds,
    )


def change(guardian: UUID | None, since: Occurred, one: UUID = SARI, other: UUID = DEWI) -> ChangeGuardian:
    return ChangeGuardian(person_id=one, relative_id=other, guardian_id=guardian, since=since)


def test_a_guardian_follows_another_and_a_guardianship_ends() -> None:
    after = guarding(SARI, IN_MAY, SARI, IN_MAY)
    Given(household, TOGETHER, CHILD).when(change(SARI, IN_MAY)).then(after)
    Given(household, TOGETHER, CHILD).when(change(SARI, IN_MAY, DEWI, SARI)).then(after)
    Given(household, TOGETHER, CHILD, after).when(change(SARI, IN_MAY)).then()
    ended = guarding(None, IN_2023, None, IN_2023)
    Given(household, TOGETHER, CHILD, after).when(change(None, IN_2023)).then(ended)
    (kin,) = living(CHILD, after, ended).kin
    assert kin.guardian_id is None


def test_what_is_learnt_late_of_a_guardian_says_who_guards_now() -> None:
    after, late = guarding(SARI, IN_2023, SARI, IN_2023), guarding(None, IN_2021, SARI, IN_2023)
    Given(household, TOGETHER, CHILD, after).when(change(None, IN_2021)).then(late)
    (kin,) = living(CHILD, after, late).kin
    assert SARI == kin.guardian_id


def test_a_wrong_guardian_is_corrected_and_the_day_stays() -> None:
    after = guarding(SARI, IN_2021, SARI, IN_2021)
    corrected = GuardianCorrected(
        occurred=NOW,
        corrects=3,
        household_id=HOME,
        village=KURIPAN,
        person_id=SARI,
        relative_id=DEWI,
        relation="child",
        guardian_id=BUDI,
        birth_year=2016,
    )
    kin = Kin(person_id=SARI, relative_id=DEWI, relation="child", guardian_id=BUDI)
    wish = RecordKin(today=TODAY, kin=kin, birth_year=2016)
    state = Given(household, TOGETHER, CHILD, after).when(wish).then(corrected)
    assert isinstance(state, LivingTogether)
    assert [(SINCE_2020, BUDI), (IN_2021, BUDI)] == [(one.on, one.value) for one in state.kin[0].guardians]


def test_only_a_child_of_the_household_gets_a_guardian_and_is_never_its_own() -> None:
    Given(household, TOGETHER, CHILD).when(change(DEWI, NOW)).refuses("guardian-not-of-a-child")
    Given(household, TOGETHER).when(change(SARI, NOW)).refuses("not-found")


# Whatever is asked


PEOPLE = (SARI, BUDI, DEWI, UUID(int=4))
_people = st.sampled_from(PEOPLE)
_days = st.builds(
    Occurred, st.dates(date(2020, 1, 1), TODAY).map(lambda day: day.replace(day=1)), st.sampled_from(["day", "month"])
)
_sometimes = st.none() | _days
_villages = st.sampled_from((KURIPAN, LIPURSARI))
_numbers = st.sampled_from((NUMBER, OTHER))
_relations: st.SearchStrategy[Relation] = st.sampled_from(("spouse", "child"))


def _related(one: UUID, other: UUID, relation: Relation, guardian: UUID) -> Kin:
    guards = guardian if relation == "child" and guardian != other else None
    return Kin(person_id=one, relative_id=other, relation=relation, guardian_id=guards)


_pairs = st.permutations(PEOPLE)
_commands: st.SearchStrategy[HouseholdCommand] = st.one_of(
    st.builds(JoinHousehold, person_id=_people, since=_days),
    st.builds(LeaveHousehold, person_id=_people, left_on=_days),
    st.builds(CorrectMembership, today=st.just(TODAY), person_id=_people, since=_sometimes, left_on=_sometimes),
    st.builds(CorrectMembership, today=st.just(TODAY), person_id=_people, still_here=st.just(value=True)),
    st.builds(RetractMembership, today=st.just(TODAY), person_id=_people),
    st.builds(NameHead, person_id=_people, since=_days),
    st.builds(CorrectHead, person_id=st.none() | _people, since=_sometimes),
    st.builds(RetractHead, today=st.just(TODAY)),
    st.builds(GiveFamilyCard, number=_numbers, since=_days),
    st.builds(CorrectFamilyCard, number=st.none() | _numbers, since=_sometimes),
    st.builds(RetractFamilyCard, today=st.just(TODAY)),
    st.builds(MoveHousehold, village=_villages, since=_days),
    st.builds(CorrectHouseholdVillage, village=st.none() | _villages, since=_sometimes),
    st.builds(
        lambda who, relation: RecordKin(today=TODAY, kin=_related(who[0], who[1], relation, who[2])),
        _pairs,
        _relations,
    ),
    st.builds(
        lambda who, guarded, since: ChangeGuardian(
            person_id=who[0], relative_id=who[1], guardian_id=who[2] if guarded else None, since=since
        ),
        _pairs,
        st.booleans(),
        _days,
    ),
    st.builds(lambda who: RetractKin(today=TODAY, person_id=who[0], relative_id=who[1]), _pairs),
)


@dataclass
class Held:
    """Whom the household claims, by holder, as the log would keep it."""

    members: dict[UUID, str]

    def after(self, event: HouseholdEvent) -> None:
        for claim in claims(event):
            if claim.kind != "member":
                continue
            if isinstance(claim, Claim):
                assert claim.parts[0] not in self.members.values(), "nobody is claimed twice"
                self.members[claim.holder] = claim.parts[0]
            else:
                self.members.pop(claim.holder, None)


@settings(deadline=None)
@given(asked=st.lists(_commands, max_size=25))
def test_no_commands_lead_out_of_what_a_household_can_be(asked: list[HouseholdCommand]) -> None:
    state: facts.Household = facts.NoHousehold()
    held, told = Held({}), 0
    begin = RegisterHousehold(today=date(2020, 5, 4), household_id=HOME, village=KURIPAN, members=(SARI, BUDI))
    for command in (begin, *asked):
        try:
            happened = household.decide(state, command)
        except Refused:
            continue
        for event in happened:
            corrects = getattr(event, "corrects", None)
            assert corrects is None or 1 <= corrects <= told, "what is corrected was said"
            state = household.evolve(state, event)
            held.after(event)
            told += 1
        assert isinstance(state, LivingTogether)
        assert told == state.version
        assert set(map(str, state.members)) == set(held.members.values()), "who lives there is claimed, nobody else"
        assert state.head is None or state.head in state.members
        assert state.villages
        for person in PEOPLE:
            mine = state.of(person)
            assert all(one.left is not None for one in mine[:-1]), "only the last membership goes on"
            for one, following in zip_longest(mine, mine[1:]):
                if one.left is not None:
                    assert one.joined.on.until <= one.left.on.until
                    assert following is None or one.left.on.until <= following.joined.on.until
        for kin in state.kin:
            present = facts.holding(kin.guardians)
            assert kin.guardian_id == (present.value if present else None)
