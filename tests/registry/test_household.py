"""Households and the kinship recorded with them."""

from dataclasses import replace
from datetime import date
from uuid import UUID

import pytest

from services.registry.domain.household import (
    GuardianCorrected,
    HouseholdRegistered,
    Kin,
    KinRecorded,
    KinRetracted,
    LivingTogether,
)
from services.registry.domain.household_rules import (
    RecordKin,
    RegisterHousehold,
    RetractKin,
    claims,
    household,
    stated_kin,
)
from shared.decider import Claim, Release
from shared.errors import Refused
from shared.vocabulary import Occurred
from tests.registry.people_of_kuripan import BUDI, DEWI, KURIPAN, NOW, SARI, TODAY
from tests.spec import Given

HOME = UUID(int=31)
TOGETHER = HouseholdRegistered(occurred=NOW, household_id=HOME, village=KURIPAN, members=(SARI, BUDI, DEWI))
SPOUSE = KinRecorded(
    occurred=NOW,
    household_id=HOME,
    village=KURIPAN,
    person_id=SARI,
    relative_id=BUDI,
    relation="spouse",
    guardian_id=None,
    birth_year=None,
)
CHILD = KinRecorded(
    occurred=NOW,
    household_id=HOME,
    village=KURIPAN,
    person_id=SARI,
    relative_id=DEWI,
    relation="child",
    guardian_id=BUDI,
    birth_year=2016,
)


def recording(kin: Kin, birth_year: int | None = None) -> RecordKin:
    return RecordKin(today=TODAY, kin=kin, birth_year=birth_year)


def retracting(one: UUID, other: UUID) -> RetractKin:
    return RetractKin(today=TODAY, person_id=one, relative_id=other)


def test_members_are_named_once() -> None:
    wish = RegisterHousehold(today=TODAY, household_id=HOME, village=KURIPAN, members=(SARI, BUDI, SARI, DEWI))
    state = Given(household).when(wish).then(TOGETHER)
    assert isinstance(state, LivingTogether)
    assert (1, KURIPAN, (SARI, BUDI, DEWI)) == (state.version, state.village, state.members)


def test_a_spouse_and_a_child_are_recorded() -> None:
    Given(household, TOGETHER).when(recording(stated_kin(SARI, BUDI, "spouse", None))).then(SPOUSE)
    Given(household, TOGETHER).when(recording(stated_kin(SARI, DEWI, "child", BUDI), 2016)).then(CHILD)


def test_that_a_child_is_of_age_is_recorded_with_it() -> None:
    child = stated_kin(SARI, DEWI, "child", BUDI)
    grown_up = replace(CHILD, birth_year=None, of_age=True)
    Given(household, TOGETHER).when(RecordKin(today=TODAY, kin=child, of_age=True)).then(grown_up)


def test_a_relation_holds_since_the_day_that_is_given() -> None:
    since = Occurred(date(2026, 8, 1), "month")
    child = stated_kin(SARI, DEWI, "child", BUDI)
    wish = RecordKin(today=TODAY, kin=child, since=since, birth_year=2016)
    Given(household, TOGETHER).when(wish).then(replace(CHILD, occurred=since))
    unguarded = replace(CHILD, guardian_id=None)
    added = GuardianCorrected(
        occurred=since,
        corrects=2,
        household_id=HOME,
        village=KURIPAN,
        person_id=SARI,
        relative_id=DEWI,
        relation="child",
        guardian_id=BUDI,
        birth_year=2016,
    )
    state = Given(household, TOGETHER, unguarded).when(wish).then(added)
    assert isinstance(state, LivingTogether)
    assert [(since, BUDI)] == [(one.on, one.value) for one in state.kin[0].guardians]


def test_a_parent_is_recorded_as_the_reverse_of_a_child() -> None:
    Given(household, TOGETHER).when(recording(stated_kin(DEWI, SARI, "parent", BUDI), 2016)).then(CHILD)


@pytest.mark.parametrize(
    "kin",
    [
        stated_kin(SARI, DEWI, "child", BUDI),
        stated_kin(SARI, DEWI, "child", None),  # who says no guardian takes none away
        stated_kin(DEWI, SARI, "parent", None),
        stated_kin(SARI, BUDI, "spouse", None),
        stated_kin(BUDI, SARI, "spouse", None),
    ],
)
def test_kin_recorded_twice_is_one_fact(kin: Kin) -> None:
    Given(household, TOGETHER, SPOUSE, CHILD).when(recording(kin)).then()


def test_another_guardian_is_a_correction() -> None:
    corrected = GuardianCorrected(
        occurred=NOW,
        corrects=2,
        household_id=HOME,
        village=KURIPAN,
        person_id=SARI,
        relative_id=DEWI,
        relation="child",
        guardian_id=SARI,
        birth_year=2016,
    )
    wish = recording(stated_kin(SARI, DEWI, "child", SARI), 2016)
    state = Given(household, TOGETHER, CHILD).when(wish).then(corrected)
    assert isinstance(state, LivingTogether)
    assert [SARI] == [kin.guardian_id for kin in state.kin]


@pytest.mark.parametrize("wish", [retracting(SARI, DEWI), retracting(DEWI, SARI)])
def test_a_relation_is_retracted_whoever_is_named_first(wish: RetractKin) -> None:
    state = (
        Given(household, TOGETHER, SPOUSE, CHILD)
        .when(wish)
        .then(
            KinRetracted(
                occurred=NOW,
                corrects=3,
                household_id=HOME,
                village=KURIPAN,
                person_id=SARI,
                relative_id=DEWI,
                relation="child",
            )
        )
    )
    assert isinstance(state, LivingTogether)
    assert ["spouse"] == [kin.relation for kin in state.kin]


def test_what_is_retracted_of_a_corrected_relation_is_the_correction() -> None:
    corrected = GuardianCorrected(
        occurred=NOW,
        corrects=2,
        household_id=HOME,
        village=KURIPAN,
        person_id=SARI,
        relative_id=DEWI,
        relation="child",
        guardian_id=SARI,
        birth_year=2016,
    )
    gone = KinRetracted(
        occurred=NOW,
        corrects=4,
        household_id=HOME,
        village=KURIPAN,
        person_id=SARI,
        relative_id=DEWI,
        relation="child",
    )
    Given(household, TOGETHER, CHILD, SPOUSE, corrected).when(retracting(SARI, DEWI)).then(gone)


def test_what_was_never_recorded_is_not_retracted() -> None:
    Given(household, TOGETHER, SPOUSE).when(retracting(SARI, DEWI)).refuses("not-found")


def test_a_retracted_relation_can_be_recorded_again() -> None:
    gone = KinRetracted(
        occurred=NOW,
        corrects=2,
        household_id=HOME,
        village=KURIPAN,
        person_id=SARI,
        relative_id=BUDI,
        relation="spouse",
    )
    Given(household, TOGETHER, SPOUSE, gone).when(recording(stated_kin(SARI, BUDI, "spouse", None))).then(SPOUSE)


def test_nothing_is_asked_of_a_household_that_is_not_there() -> None:
    Given(household).when(recording(stated_kin(SARI, BUDI, "spouse", None))).refuses("not-found")
    Given(household).when(retracting(SARI, BUDI)).refuses("not-found")


def test_nobody_is_their_own_relative() -> None:
    with pytest.raises(Refused, match="relation-of-oneself"):
        stated_kin(SARI, SARI, "spouse", None)


@pytest.mark.parametrize("relation", ["spouse", "child"])
def test_only_a_child_has_a_guardian_and_is_never_its_own(relation: str) -> None:
    with pytest.raises(Refused, match="guardian-not-of-a-child"):
        stated_kin(SARI, DEWI, relation, DEWI if relation == "child" else BUDI)  # type: ignore[arg-type]


def test_a_relation_is_claimed_by_each_household_for_itself() -> None:
    """The same claim, of two holders: the log gives it to one of them."""
    elsewhere = replace(SPOUSE, household_id=UUID(int=32), person_id=BUDI, relative_id=SARI)
    (here,), (there,) = claims(SPOUSE), claims(elsewhere)
    assert isinstance(here, Claim)
    assert isinstance(there, Claim)
    assert here.parts == there.parts
    assert here.holder != there.holder


@pytest.mark.parametrize("other", [replace(CHILD, person_id=DEWI, relative_id=SARI), replace(CHILD, relation="spouse")])
def test_two_persons_are_claimed_whatever_they_are_to_each_other(other: KinRecorded) -> None:
    """So that no two households say otherwise of them."""
    elsewhere = replace(other, household_id=UUID(int=32))
    (one,), (there,) = claims(CHILD), claims(elsewhere)
    assert isinstance(one, Claim)
    assert isinstance(there, Claim)
    assert one.parts == there.parts
    assert one.holder != there.holder


@pytest.mark.parametrize(
    "otherwise",
    [
        stated_kin(DEWI, SARI, "child", None),  # each the other's child
        stated_kin(SARI, DEWI, "parent", None),
        stated_kin(SARI, DEWI, "spouse", None),
        stated_kin(DEWI, SARI, "spouse", None),
        stated_kin(SARI, BUDI, "child", None),
        stated_kin(BUDI, SARI, "child", None),
    ],
)
def test_two_persons_are_one_thing_to_each_other(otherwise: Kin) -> None:
    Given(household, TOGETHER, SPOUSE, CHILD).when(recording(otherwise)).refuses("kin-contradictory")


def test_what_was_retracted_of_two_persons_contradicts_nothing() -> None:
    gone = KinRetracted(
        occurred=NOW,
        corrects=2,
        household_id=HOME,
        village=KURIPAN,
        person_id=SARI,
        relative_id=DEWI,
        relation="child",
    )
    spouse = replace(SPOUSE, relative_id=DEWI)
    Given(household, TOGETHER, CHILD, gone).when(recording(stated_kin(SARI, DEWI, "spouse", None))).then(spouse)


def test_a_retraction_frees_what_the_record_claimed() -> None:
    gone = KinRetracted(
        occurred=NOW,
        corrects=2,
        household_id=HOME,
        village=KURIPAN,
        person_id=SARI,
        relative_id=BUDI,
        relation="spouse",
    )
    (taken,), (freed,) = claims(SPOUSE), claims(gone)
    assert isinstance(taken, Claim)
    assert Release("kin", taken.holder) == freed
