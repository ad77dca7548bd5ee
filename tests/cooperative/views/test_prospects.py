"""Who may join a group, whatever is heard first."""

from datetime import UTC, date, datetime
from uuid import UUID

import pytest

from services.cooperative.domain.group import GroupEvent, GroupFormed, MemberJoined, MemberLeft
from services.cooperative.views.prospects import KEY, PERSON, VIEW, VILLAGE, figures, prospects
from shared.published import PublicEvent
from shared.recorded import Recorded
from shared.vocabulary import Occurred, Precision
from tests.rosters import (
    KENANGA,
    KURIPAN,
    Roster,
    Trip,
    crowded,
    died,
    erased,
    lives,
    moved,
    person,
    someone,
    spouse,
    worker,
)

SITI, BUDI = someone(1), someone(2)
TRIP = Trip(someone(11), SITI)
AGAIN = Trip(someone(12), SITI, date(2025, 2, 1))
FAMILY = (person(SITI), worker(SITI), person(BUDI), spouse(SITI, BUDI))
HOME = (*FAMILY, TRIP.departed(), TRIP.returned())
GROUP, OTHER = someone(21), someone(22)
DAY = Occurred(date(2025, 3, 1))


async def is_prospect(roster: Roster, *words: PublicEvent) -> bool:
    """Whether Siti, and nobody else, may join."""
    await roster.hear(VIEW, *words)
    ids = [row["person_id"] for row in await roster.ask(prospects())]
    assert ids in ([], [SITI])
    return ids == [SITI]


def recorded(event: GroupEvent, group_id: UUID = GROUP) -> Recorded:
    return Recorded(
        position=1,
        stream_id=group_id,
        version=1,
        event_id=someone(99),
        recorded_at=datetime(2025, 3, 1, tzinfo=UTC),
        event=event,
        published=None,
        words=None,
        partition_key="",
    )


def joined(group_id: UUID = GROUP) -> Recorded:
    return recorded(MemberJoined(occurred=DAY, group_id=group_id, person_id=SITI), group_id)


def left(group_id: UUID = GROUP) -> Recorded:
    return recorded(MemberLeft(occurred=DAY, group_id=group_id, person_id=SITI), group_id)


async def test_only_a_worker_who_is_home_for_good_is_a_prospect(roster: Roster) -> None:
    assert not await is_prospect(roster, *FAMILY)
    assert not await is_prospect(roster, *FAMILY, TRIP.departed())
    assert not await is_prospect(roster, *FAMILY, TRIP.departed(), TRIP.returned("on_leave"))
    assert not await is_prospect(roster, *FAMILY, TRIP.departed(), TRIP.returned("deceased"))
    assert await is_prospect(roster, *HOME)


@pytest.mark.parametrize(("precision", "since"), [("day", "2025-01-01"), ("month", "2025-01"), ("year", "2025")])
async def test_a_prospect_is_known_by_village_and_day_of_return(
    roster: Roster, precision: Precision, since: str
) -> None:
    await roster.hear(VIEW, *FAMILY, TRIP.departed(), TRIP.returned(precision=precision))
    assert [{"person_id": SITI, "village": KURIPAN, "since": since}] == await roster.ask(prospects())


def test_no_kinship_is_kept() -> None:
    assert {"people", "merged", "trips", "members"} == {table.name for table in VIEW.tables.sorted_tables}


async def test_the_final_return_after_a_leave_makes_a_prospect(roster: Roster) -> None:
    leave = *FAMILY, TRIP.departed(), TRIP.returned("on_leave")
    assert not await is_prospect(roster, *leave, TRIP.leave_ended())
    assert await is_prospect(roster, *leave, TRIP.leave_ended(), TRIP.returned())
    assert await is_prospect(roster, *leave, TRIP.returned())


async def test_a_retracted_return_takes_the_worker_off(roster: Roster) -> None:
    assert not await is_prospect(roster, *HOME, TRIP.return_retracted())


async def test_a_return_corrected_to_a_leave_takes_the_worker_off(roster: Roster) -> None:
    assert not await is_prospect(roster, *HOME, TRIP.return_corrected("on_leave"))


async def test_a_second_departure_takes_the_worker_off(roster: Roster) -> None:
    assert not await is_prospect(roster, *HOME, AGAIN.departed())
    assert await is_prospect(roster, *HOME, AGAIN.departed(), AGAIN.returned())
    assert await is_prospect(roster, *HOME, AGAIN.departed(), AGAIN.departure_retracted())


async def test_the_dead_and_the_erased_are_off(roster: Roster) -> None:
    assert not await is_prospect(roster, *HOME, died(SITI))
    assert await is_prospect(roster, *HOME, died(SITI), lives(SITI))
    assert not await is_prospect(roster, *HOME, erased(SITI))


async def test_a_member_of_any_group_is_no_prospect(roster: Roster) -> None:
    await roster.hear(VIEW, *HOME)
    formed = recorded(GroupFormed(occurred=DAY, village=KURIPAN, group_name="Tani Makmur"))
    await roster.follow(VIEW, formed, joined(), anew=False)
    assert [] == await roster.ask(prospects())
    assert [] == await roster.ask(figures())


async def test_whoever_left_a_group_is_a_prospect_again(roster: Roster) -> None:
    await roster.hear(VIEW, *HOME)
    await roster.follow(VIEW, joined(), left(), anew=False)
    assert 1 == len(await roster.ask(prospects()))
    await roster.follow(VIEW, joined(OTHER), anew=False)
    assert [] == await roster.ask(prospects())


async def test_a_prospect_is_counted_where_they_live(roster: Roster) -> None:
    await roster.hear(VIEW, *HOME, moved(SITI, KENANGA))
    assert [{"village": KENANGA, "cooperative_prospects": 1}] == await roster.ask(figures())
    assert [] == await roster.ask(prospects().where(VILLAGE == KURIPAN))
    assert 1 == len(await roster.ask(prospects().where(PERSON == SITI)))


@pytest.mark.parametrize("roster", ["as said"], indirect=True)
async def test_a_page_reads_no_table_of_people_or_trips_from_end_to_end(roster: Roster) -> None:
    await roster.hear(VIEW)
    await roster.crowd(VIEW)
    village = prospects().where(VILLAGE == crowded(0)).order_by(*KEY).limit(500)
    assert 25 == len(await roster.ask(village))
    assert {"people", "trips"}.isdisjoint(await roster.scans(village))
    regency = prospects().where(VILLAGE.startswith("33.07.")).order_by(*KEY).limit(100)
    assert 100 == len(await roster.ask(regency))
    assert {"people", "trips"}.isdisjoint(await roster.scans(regency))
