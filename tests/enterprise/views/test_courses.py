"""Which courses there are, who takes part and who came."""

from datetime import UTC, date, datetime

import pytest
import pytest_asyncio

from services.enterprise.domain.course import AttendanceRecorded, CourseEvent, CourseOffered, ParticipantEnrolled
from services.enterprise.views import training_roster
from services.enterprise.views.courses import KEY, VIEW, VILLAGE, course, courses
from shared.recorded import Recorded
from shared.vocabulary import Occurred
from tests.rosters import KENANGA, KURIPAN, Roster, someone

COURSE, SITI, BUDI = someone(31), someone(1), someone(2)
DAY = Occurred(date(2025, 3, 1))

pytestmark = pytest.mark.parametrize("roster", ["as said"], indirect=True)


@pytest_asyncio.fixture(autouse=True)
async def nobody_is_merged(roster: Roster) -> None:
    """Who stands for whom is kept by another view of this service."""
    await roster.hear(training_roster.VIEW)


def history(*events: CourseEvent) -> list[Recorded]:
    return [
        Recorded(
            position=version,
            stream_id=COURSE,
            version=version,
            event_id=someone(90 + version),
            recorded_at=datetime(2025, 3, 1, tzinfo=UTC),
            event=event,
            published=None,
            words=None,
            partition_key="",
        )
        for version, event in enumerate(events, 1)
    ]


OFFERED = CourseOffered(occurred=DAY, village=KURIPAN, title="Keripik singkong", starts_on=date(2025, 3, 10))


async def test_a_new_course_has_no_participants(roster: Roster) -> None:
    await roster.follow(VIEW, *history(OFFERED))
    expected = {
        "course_id": COURSE,
        "village": KURIPAN,
        "title": "Keripik singkong",
        "starts_on": date(2025, 3, 10),
        "participants": 0,
    }
    assert [expected] == await roster.ask(courses().order_by(*KEY))
    assert [expected | {"participants": [], "version": 1}] == await roster.ask(course(COURSE))


async def test_a_course_shows_who_takes_part_and_the_days_on_which_they_came(roster: Roster) -> None:
    days = [AttendanceRecorded(occurred=Occurred(date(2025, 3, day)), person_id=SITI) for day in (11, 10)]
    enrolled = [ParticipantEnrolled(occurred=DAY, person_id=who) for who in (BUDI, SITI)]
    await roster.follow(VIEW, *history(OFFERED, *enrolled, *days))
    (found,) = await roster.ask(course(COURSE))
    assert 5 == found["version"]
    assert [
        {"person_id": str(SITI), "enrolled_on": "2025-03-01", "attended_on": ["2025-03-10", "2025-03-11"]},
        {"person_id": str(BUDI), "enrolled_on": "2025-03-01", "attended_on": []},
    ] == found["participants"]
    assert [2] == [row["participants"] for row in await roster.ask(courses())]


async def test_while_facts_of_a_participant_wait_the_version_is_none_of_those_to_come(roster: Roster) -> None:
    came = AttendanceRecorded(occurred=Occurred(date(2025, 3, 10)), person_id=SITI)
    enrolled = [ParticipantEnrolled(occurred=DAY, person_id=who) for who in (SITI, BUDI)]
    offered, siti, budi, siti_came = history(OFFERED, *enrolled, came)
    await roster.follow(VIEW, offered, budi)
    assert [(2, 1)] == [(row["version"], len(row["participants"])) for row in await roster.ask(course(COURSE))]
    await roster.follow(VIEW, siti, siti_came, anew=False)
    assert [(4, 2)] == [(row["version"], len(row["participants"])) for row in await roster.ask(course(COURSE))]


async def test_a_course_is_found_in_its_village(roster: Roster) -> None:
    await roster.follow(VIEW, *history(OFFERED))
    assert 1 == len(await roster.ask(courses().where(VILLAGE == KURIPAN)))
    assert [] == await roster.ask(courses().where(VILLAGE == KENANGA))
    assert [] == await roster.ask(course(someone(32)))
