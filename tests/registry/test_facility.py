"""What was built for a village, and what became of it."""

from datetime import date
from uuid import UUID

import pytest

from services.registry.domain.facility import (
    CloseFacility,
    CorrectCondition,
    CorrectOpening,
    FacilityClosed,
    FacilityClosingRetracted,
    FacilityCommand,
    FacilityConditionCorrected,
    FacilityConditionReported,
    FacilityConditionRetracted,
    FacilityOpened,
    FacilityOpeningCorrected,
    FacilityRetracted,
    OpenFacility,
    ReportCondition,
    RetractClosing,
    RetractCondition,
    RetractFacility,
    facility,
)
from shared.vocabulary import Occurred
from tests.registry.people_of_kuripan import KURIPAN, NOW, TODAY
from tests.spec import Given

HOUSE = UUID(int=71)
OPENING, CHECK, LATER = Occurred(date(2017, 12, 1), "month"), Occurred(date(2021, 2, 14)), Occurred(date(2024, 6, 1))
BEFORE = Occurred(date(2017, 11, 30))

OPENED = FacilityOpened(occurred=OPENING, facility_id=HOUSE, village=KURIPAN, kind="education_house")
REPORTED = FacilityConditionReported(occurred=CHECK, facility_id=HOUSE, condition="good")
CLOSED = FacilityClosed(occurred=LATER, facility_id=HOUSE)


def test_a_facility_is_opened_once() -> None:
    wish = OpenFacility(facility_id=HOUSE, village=KURIPAN, kind="education_house", on=OPENING)
    Given(facility).when(wish).then(OPENED)
    Given(facility, OPENED).when(wish).then()


def test_its_condition_is_reported_over_time_in_any_order() -> None:
    wish = ReportCondition(condition="heavily_damaged", on=Occurred(date(2019, 1, 1), "year"))
    worse = FacilityConditionReported(occurred=wish.on, facility_id=HOUSE, condition="heavily_damaged")
    Given(facility, OPENED, REPORTED).when(wish).then(worse)
    Given(facility, OPENED, REPORTED, CLOSED).when(wish).then(worse)
    Given(facility, OPENED, worse).when(wish).then()


def test_it_is_found_in_a_condition_while_it_is_there() -> None:
    Given(facility, OPENED).when(ReportCondition(condition="good", on=BEFORE)).refuses("facility-not-yet-there")
    Given(facility, OPENED, CLOSED).when(ReportCondition(condition="good", on=NOW)).refuses("facility-closed")


def test_a_report_is_corrected_by_a_fact_that_names_it() -> None:
    wish = CorrectCondition(fact=2, condition="lightly_damaged", on=CHECK)
    corrected = FacilityConditionCorrected(occurred=CHECK, corrects=2, facility_id=HOUSE, condition="lightly_damaged")
    Given(facility, OPENED, REPORTED).when(wish).then(corrected)
    Given(facility, OPENED, REPORTED, corrected).when(wish).refuses("not-found")
    again = CorrectCondition(fact=3, condition="lightly_damaged", on=CHECK)
    Given(facility, OPENED, REPORTED, corrected).when(again).then()
    Given(facility, OPENED, REPORTED).when(CorrectCondition(fact=2, condition="good", on=BEFORE)).refuses(
        "facility-not-yet-there"
    )


def test_a_report_is_taken_back() -> None:
    taken_back = FacilityConditionRetracted(occurred=NOW, corrects=2, facility_id=HOUSE)
    wish = RetractCondition(fact=2, today=TODAY)
    Given(facility, OPENED, REPORTED).when(wish).then(taken_back)
    Given(facility, OPENED, REPORTED, taken_back).when(wish).refuses("not-found")


def test_its_opening_is_corrected_unless_a_report_speaks_against_it() -> None:
    earlier = CorrectOpening(on=BEFORE)
    corrected = FacilityOpeningCorrected(occurred=BEFORE, corrects=1, facility_id=HOUSE, kind="education_house")
    Given(facility, OPENED, REPORTED).when(earlier).then(corrected)
    Given(facility, OPENED, REPORTED, corrected).when(CorrectOpening(kind="education_house")).then()
    Given(facility, OPENED, REPORTED).when(CorrectOpening(on=LATER)).refuses("facility-not-yet-there")
    Given(facility, OPENED, CLOSED).when(CorrectOpening(on=NOW)).refuses("facility-closed")


def test_it_is_closed_once_and_after_its_last_report() -> None:
    wish = CloseFacility(on=LATER)
    Given(facility, OPENED, REPORTED).when(wish).then(CLOSED)
    Given(facility, OPENED, CLOSED).when(wish).then()
    Given(facility, OPENED, CLOSED).when(CloseFacility(on=NOW)).refuses("facility-closed")
    Given(facility, OPENED).when(CloseFacility(on=BEFORE)).refuses("facility-not-yet-there")
    before_the_report = CloseFacility(on=Occurred(date(2020, 1, 1)))
    Given(facility, OPENED, REPORTED).when(before_the_report).refuses("facility-closed")


def test_a_closing_is_taken_back() -> None:
    wish = RetractClosing(today=TODAY)
    taken_back = FacilityClosingRetracted(occurred=NOW, corrects=3, facility_id=HOUSE)
    Given(facility, OPENED, REPORTED, CLOSED).when(wish).then(taken_back)
    Given(facility, OPENED, REPORTED).when(wish).refuses("not-found")


@pytest.mark.parametrize("command", [RetractFacility(today=TODAY), CloseFacility(on=NOW), CorrectOpening(on=NOW)])
def test_nothing_happens_to_what_was_never_there(command: FacilityCommand) -> None:
    gone = FacilityRetracted(occurred=NOW, corrects=1, facility_id=HOUSE)
    Given(facility, OPENED).when(RetractFacility(today=TODAY)).then(gone)
    Given(facility, OPENED, gone).when(command).refuses("not-found")
    Given(facility).when(command).refuses("not-found")
