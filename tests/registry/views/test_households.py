"""The rows of households and kinship."""

from dataclasses import replace
from uuid import UUID

import pytest

from services.registry.domain.household import GuardianCorrected, HouseholdRegistered, KinRecorded, KinRetracted
from services.registry.views.households import VIEW, facts, households, kin, memberships, project, together, villages
from shared.views import Put, Remove
from tests.registry.people_of_kuripan import BUDI, DEWI, KURIPAN, NOW, REGISTERED, SARI, TODAY
from tests.registry.views.recording import recorded
from tests.rosters import Roster

HOME = UUID(int=31)
KEY = {"household_id": HOME, "person_id": SARI, "relative_id": DEWI, "relation": "child"}

JOINED = {"joined_on": TODAY, "joined_precision": "day"}

REGISTERED_HOME = HouseholdRegistered(occurred=NOW, household_id=HOME, village=KURIPAN, members=(SARI, DEWI))
SAID = KinRecorded(
    occurred=NOW,
    household_id=HOME,
    village=KURIPAN,
    person_id=SARI,
    relative_id=DEWI,
    relation="child",
    guardian_id=None,
    birth_year=2016,
)
CORRECTED = GuardianCorrected(
    occurred=NOW,
    corrects=2,
    household_id=HOME,
    village=KURIPAN,
    person_id=SARI,
    relative_id=DEWI,
    relation="child",
    guardian_id=BUDI,
    birth_year=2016,
)
GONE = KinRetracted(
    occurred=NOW, corrects=2, household_id=HOME, village=KURIPAN, person_id=SARI, relative_id=DEWI, relation="child"
)


def test_a_household_has_its_members() -> None:
    assert list(project(recorded(REGISTERED_HOME))) == [
        Put(households, {"household_id": HOME, "village": KURIPAN}),
        Put(memberships, {"household_id": HOME, "person_id": SARI, "began": 1} | JOINED),
        Put(memberships, {"household_id": HOME, "person_id": DEWI, "began": 1} | JOINED),
        Put(villages, {"household_id": HOME, "fact": 1, "village": KURIPAN, "since": TODAY, "until": TODAY}),
        Put(facts, {"household_id": HOME, "version": 1}),
    ]


def test_kin_and_a_corrected_guardian_are_one_row() -> None:
    assert list(project(recorded(SAID, 2))) == [
        Put(kin, {**KEY, "guardian_id": None}),
        Put(facts, {"household_id": HOME, "version": 2}),
    ]
    assert list(project(recorded(CORRECTED, 3))) == [
        Put(kin, {**KEY, "guardian_id": BUDI}),
        Put(facts, {"household_id": HOME, "version": 3}),
    ]


def test_a_retracted_relation_has_no_row() -> None:
    assert list(project(recorded(GONE, 4))) == [
        Remove(kin, KEY),
        Put(facts, {"household_id": HOME, "version": 4}),
    ]


def test_a_fact_about_a_person_changes_no_household() -> None:
    assert [] == list(project(recorded(REGISTERED)))


@pytest.mark.usefixtures("nobody_is_merged")
@pytest.mark.parametrize("roster", ["as said"], indirect=True)
async def test_while_facts_of_a_member_wait_the_version_is_none_that_an_edit_may_be_based_on(roster: Roster) -> None:
    of_budi = replace(SAID, person_id=BUDI)
    home, of_sari, corrected, gone = (
        recorded(event, version) for version, event in ((1, REGISTERED_HOME), (2, SAID), (3, CORRECTED), (5, GONE))
    )
    await roster.follow(VIEW, home, recorded(of_budi, 4))
    (found,) = await roster.ask(together())
    assert (2, [str(BUDI)]) == (found["version"], [kin["person_id"] for kin in found["kin"]])
    await roster.follow(VIEW, of_sari, corrected, gone, anew=False)
    (found,) = await roster.ask(together())
    assert (5, [str(BUDI)]) == (found["version"], [kin["person_id"] for kin in found["kin"]])
