"""A course: who may take part and when somebody can have come."""

from dataclasses import replace
from datetime import date, timedelta
from typing import Any
from uuid import UUID

import pytest

from services.enterprise.domain.course import (
    AttendanceRecorded,
    CourseOffered,
    EnrolParticipant,
    OfferCourse,
    ParticipantEnrolled,
    RecordAttendance,
    course,
)
from shared.errors import ColumnError
from shared.vocabulary import Occurred
from tests.spec import Given

SITI = UUID(int=1)
TODAY = date(2025, 3, 15)
STARTS_ON = date(2025, 3, 10)
OFFERED = CourseOffered(
    occurred=Occurred(date(2025, 3, 1)), village="33.07.10.2004", title="Keripik singkong", starts_on=STARTS_ON
)
ENROLLED = ParticipantEnrolled(occurred=Occurred(date(2025, 3, 2)), person_id=SITI)


def offer(**changed: Any) -> OfferCourse:
    asked = OfferCourse(village="33.07.10.2004", title="Keripik singkong", starts_on=STARTS_ON, today=TODAY)
    return replace(asked, **changed)


def enrol(*, on_roster: bool) -> EnrolParticipant:
    return EnrolParticipant(person_id=SITI, on_roster=on_roster, today=TODAY)


def attend(on: date) -> RecordAttendance:
    return RecordAttendance(person_id=SITI, on=on, today=TODAY)


def attended(on: date) -> AttendanceRecorded:
    return AttendanceRecorded(occurred=Occurred(on), person_id=SITI)


def test_a_course_is_offered_in_a_village() -> None:
    Given(course).when(offer(village="3307102004", title="  Keripik   singkong ")).then(
        CourseOffered(occurred=Occurred(TODAY), village="33.07.10.2004", title="Keripik singkong", starts_on=STARTS_ON)
    )


@pytest.mark.parametrize(
    ("changed", "slug", "errors"),
    [
        ({"village": "33.07.10.9999"}, "village-unknown", [ColumnError("village", "village-unknown")]),
        ({"village": "33.07"}, "village-unknown", [ColumnError("village", "village-unknown")]),
        ({"title": " \t"}, "title-missing", [ColumnError("title", "title-missing")]),
        ({"title": "x" * 121}, "title-unreadable", [ColumnError("title", "title-unreadable")]),
        ({"title": "a\x00b"}, "title-unreadable", [ColumnError("title", "title-unreadable")]),
        (
            {"village": "", "title": ""},
            "village-unknown",
            [ColumnError("village", "village-unknown"), ColumnError("title", "title-missing")],
        ),
    ],
)
def test_a_course_needs_a_village_and_a_title(changed: dict[str, str], slug: str, errors: list[ColumnError]) -> None:
    assert tuple(errors) == Given(course).when(offer(**changed)).refuses(slug).errors


def test_whoever_is_on_the_roster_may_take_part() -> None:
    Given(course, OFFERED).when(enrol(on_roster=True)).then(
        ParticipantEnrolled(occurred=Occurred(TODAY), person_id=SITI)
    )


def test_nobody_else_may() -> None:
    Given(course, OFFERED).when(enrol(on_roster=False)).refuses("not-on-roster")


@pytest.mark.parametrize("on_roster", [True, False])
def test_whoever_takes_part_already_stays_enrolled(on_roster: bool) -> None:
    Given(course, OFFERED, ENROLLED).when(enrol(on_roster=on_roster)).then()


@pytest.mark.parametrize("on", [STARTS_ON, TODAY])
def test_a_participant_comes_from_the_first_day_to_today(on: date) -> None:
    Given(course, OFFERED, ENROLLED).when(attend(on)).then(attended(on))


def test_nobody_comes_before_the_first_day() -> None:
    refused = Given(course, OFFERED, ENROLLED).when(attend(STARTS_ON - timedelta(days=1))).refuses("on-before-course")
    assert (ColumnError("on", "on-before-course"),) == refused.errors


def test_nobody_comes_tomorrow() -> None:
    refused = Given(course, OFFERED, ENROLLED).when(attend(TODAY + timedelta(days=1))).refuses("on-in-future")
    assert (ColumnError("on", "on-in-future"),) == refused.errors


def test_only_a_participant_comes() -> None:
    Given(course, OFFERED).when(attend(TODAY)).refuses("not-enrolled")


def test_a_day_counts_once() -> None:
    Given(course, OFFERED, ENROLLED, attended(TODAY)).when(attend(TODAY)).then()
    Given(course, OFFERED, ENROLLED, attended(STARTS_ON)).when(attend(TODAY)).then(attended(TODAY))


def test_nobody_takes_part_in_a_course_that_does_not_exist() -> None:
    Given(course).when(enrol(on_roster=True)).refuses("not-found")
    Given(course).when(attend(TODAY)).refuses("not-found")
