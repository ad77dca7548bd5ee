"""Coordination meetings."""

from datetime import date
from uuid import UUID

from services.registry.domain.meeting import (
    Attended,
    CorrectMeeting,
    Held,
    MeetingCorrected,
    MeetingHeld,
    MeetingRetracted,
    RecordMeeting,
    RetractMeeting,
    attendance_of,
    meeting,
    total,
)
from shared.vocabulary import Occurred
from tests.registry.people_of_kuripan import NOW, TODAY
from tests.spec import Given

MEETING = UUID(int=61)
DAY = Occurred(date(2022, 8, 8))
COUNTS = {"officer": 50, "responsible": 50, "other": 18}
HELD = MeetingHeld(occurred=DAY, meeting_id=MEETING, area="*", attendance=attendance_of(COUNTS))


def test_the_meeting_of_2022_was_attended_by_118() -> None:
    """Fifty officers, fifty responsible persons, and eighteen others."""
    wish = RecordMeeting(meeting_id=MEETING, area="*", on=DAY, attendance=attendance_of(COUNTS))
    state = Given(meeting).when(wish).then(HELD)
    assert isinstance(state, Held)
    assert 50 + 50 + 18 == total(state.attendance) == 118
    Given(meeting, HELD).when(wish).then()


def test_roles_of_which_nobody_came_are_left_out() -> None:
    assert (Attended(role="officer", count=1),) == attendance_of({"responsible": 0, "officer": 1})


def test_a_meeting_is_corrected() -> None:
    fewer = attendance_of({"officer": 49})
    corrected = MeetingCorrected(occurred=DAY, corrects=1, meeting_id=MEETING, attendance=fewer)
    Given(meeting, HELD).when(CorrectMeeting(attendance=fewer)).then(corrected)
    Given(meeting, HELD, corrected).when(CorrectMeeting(on=NOW)).then(
        MeetingCorrected(occurred=NOW, corrects=2, meeting_id=MEETING, attendance=fewer)
    )
    Given(meeting, HELD).when(CorrectMeeting(on=DAY)).then()


def test_a_meeting_in_error_is_taken_back_for_good() -> None:
    gone = MeetingRetracted(occurred=NOW, corrects=1, meeting_id=MEETING)
    Given(meeting, HELD).when(RetractMeeting(today=TODAY)).then(gone)
    for wish in (RetractMeeting(today=TODAY), CorrectMeeting(on=NOW)):
        Given(meeting, HELD, gone).when(wish).refuses("not-found")
        Given(meeting).when(wish).refuses("not-found")
