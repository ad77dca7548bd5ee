"""The rows of households and kinship."""

from uuid import UUID

from services.registry.domain.household import GuardianCorrected, HouseholdRegistered, KinRecorded, KinRetracted
from services.registry.views.households import facts, households, kin, members, project
from shared.views import Put, Remove
from tests.registry.people_of_kuripan import BUDI, DEWI, KURIPAN, NOW, REGISTERED, SARI
from tests.registry.views.recording import recorded

HOME = UUID(int=31)
KEY = {"household_id": HOME, "person_id": SARI, "relative_id": DEWI, "relation": "child"}


def test_a_household_has_its_members() -> None:
    together = HouseholdRegistered(occurred=NOW, household_id=HOME, village=KURIPAN, members=(SARI, DEWI))
    assert list(project(recorded(together))) == [
        Put(households, {"household_id": HOME, "village": KURIPAN}),
        Put(members, {"household_id": HOME, "person_id": SARI}),
        Put(members, {"household_id": HOME, "person_id": DEWI}),
        Put(facts, {"household_id": HOME, "version": 1}),
    ]


def test_kin_and_a_corrected_guardian_are_one_row() -> None:
    said = KinRecorded(
        occurred=NOW,
        household_id=HOME,
        village=KURIPAN,
        person_id=SARI,
        relative_id=DEWI,
        relation="child",
        guardian_id=None,
        birth_year=2016,
    )
    corrected = GuardianCorrected(
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
    assert list(project(recorded(said, 2))) == [
        Put(kin, {**KEY, "guardian_id": None}),
        Put(facts, {"household_id": HOME, "version": 2}),
    ]
    assert list(project(recorded(corrected, 3))) == [
        Put(kin, {**KEY, "guardian_id": BUDI}),
        Put(facts, {"household_id": HOME, "version": 3}),
    ]


def test_a_retracted_relation_has_no_row() -> None:
    gone = KinRetracted(
        occurred=NOW, corrects=2, household_id=HOME, village=KURIPAN, person_id=SARI, relative_id=DEWI, relation="child"
    )
    assert list(project(recorded(gone, 4))) == [
        Remove(kin, KEY),
        Put(facts, {"household_id": HOME, "version": 4}),
    ]


def test_a_fact_about_a_person_changes_no_household() -> None:
    assert [] == list(project(recorded(REGISTERED)))
