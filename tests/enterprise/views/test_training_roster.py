"""Who may be trained, whatever is heard first."""

from datetime import date
from typing import Any

import pytest

from services.enterprise.views.training_roster import KEY, PERSON, VIEW, VILLAGE, figures
from services.enterprise.views.training_roster import roster as training_roster
from shared.published import PublicEvent
from tests.rosters import (
    KENANGA,
    KURIPAN,
    Roster,
    Trip,
    crowded,
    died,
    erased,
    lives,
    merged,
    moved,
    no_kin,
    person,
    someone,
    spouse,
    unmerged,
    worker,
)

SITI, BUDI, SARI = someone(1), someone(2), someone(3)
TRIP = Trip(someone(11), SITI)
SECOND = Trip(someone(12), SITI, date(2025, 6, 1))
FAMILY = (person(SITI), worker(SITI), person(BUDI), spouse(SITI, BUDI))

RETURNED = {"reason": "returned", "worker_id": str(SITI), "since": "2025-01-01"}
LEFT_BEHIND = {"reason": "spouse-of-worker-abroad", "worker_id": str(SITI), "since": "2024-01-01"}


async def reasons(roster: Roster, *words: PublicEvent) -> dict[Any, Any]:
    """Why each candidate stands on the roster once *words* are heard."""
    await roster.hear(VIEW, *words)
    return {row["person_id"]: row["reasons"] for row in await roster.ask(training_roster())}


async def test_nobody_is_a_candidate_before_somebody_leaves(roster: Roster) -> None:
    assert {} == await reasons(roster, *FAMILY)


async def test_the_spouse_of_a_worker_abroad_is_a_candidate(roster: Roster) -> None:
    assert {BUDI: [LEFT_BEHIND]} == await reasons(roster, *FAMILY, TRIP.departed())


async def test_a_marriage_counts_from_whichever_side_it_was_told(roster: Roster) -> None:
    words = person(SITI), worker(SITI), person(BUDI), spouse(BUDI, SITI), TRIP.departed()
    assert {BUDI: [LEFT_BEHIND]} == await reasons(roster, *words)


async def test_a_marriage_told_from_both_sides_is_one_reason(roster: Roster) -> None:
    assert {BUDI: [LEFT_BEHIND]} == await reasons(roster, *FAMILY, spouse(BUDI, SITI), TRIP.departed())


async def test_a_marriage_that_never_was_gives_no_reason(roster: Roster) -> None:
    assert {} == await reasons(roster, *FAMILY, TRIP.departed(), no_kin(SITI, BUDI, "spouse"))


async def test_a_returned_worker_takes_the_place_of_the_spouse(roster: Roster) -> None:
    assert {SITI: [RETURNED]} == await reasons(roster, *FAMILY, TRIP.departed(), TRIP.returned())


async def test_the_family_may_be_registered_after_the_return(roster: Roster) -> None:
    words = TRIP.departed(), TRIP.returned(), *FAMILY
    assert {SITI: [RETURNED]} == await reasons(roster, *words)


async def test_a_leave_gives_nobody_a_reason(roster: Roster) -> None:
    assert {} == await reasons(roster, *FAMILY, TRIP.departed(), TRIP.returned("on_leave"))


async def test_the_end_of_a_leave_brings_the_spouse_back(roster: Roster) -> None:
    words = TRIP.departed(), TRIP.returned("on_leave"), TRIP.leave_ended()
    assert {BUDI: [LEFT_BEHIND | {"since": "2025-02-01"}]} == await reasons(roster, *FAMILY, *words)


async def test_a_retracted_end_of_a_leave_takes_the_spouse_off_again(roster: Roster) -> None:
    words = TRIP.departed(), TRIP.returned("on_leave"), TRIP.leave_ended(), TRIP.leave_end_retracted()
    assert {} == await reasons(roster, *FAMILY, *words)


async def test_a_return_by_death_leaves_nobody_on_the_roster(roster: Roster) -> None:
    assert {} == await reasons(roster, *FAMILY, TRIP.departed(), TRIP.returned("deceased"))


async def test_a_death_on_an_earlier_trip_wins_over_a_later_departure(roster: Roster) -> None:
    words = TRIP.departed(), SECOND.departed(), TRIP.returned("deceased")
    assert {} == await reasons(roster, *FAMILY, *words)
    assert {BUDI} == set(await reasons(roster, *FAMILY, *words, TRIP.return_retracted()))


async def test_a_return_corrected_from_death_brings_the_worker_back(roster: Roster) -> None:
    words = TRIP.departed(), TRIP.returned("deceased"), TRIP.return_corrected("for_good")
    assert {SITI: [RETURNED]} == await reasons(roster, *FAMILY, *words)


async def test_a_death_that_the_registry_knows_ends_every_reason(roster: Roster) -> None:
    assert {} == await reasons(roster, *FAMILY, TRIP.departed(), died(SITI))
    assert {} == await reasons(roster, *FAMILY, TRIP.departed(), TRIP.returned(), died(SITI))
    assert {} == await reasons(roster, *FAMILY, TRIP.departed(), died(BUDI))


async def test_a_retracted_death_brings_the_reason_back(roster: Roster) -> None:
    assert {BUDI: [LEFT_BEHIND]} == await reasons(roster, *FAMILY, TRIP.departed(), died(SITI), lives(SITI))


async def test_a_retracted_return_takes_the_worker_off(roster: Roster) -> None:
    words = TRIP.departed(), TRIP.returned(), TRIP.return_retracted()
    assert {BUDI: [LEFT_BEHIND]} == await reasons(roster, *FAMILY, *words)


async def test_a_retracted_departure_never_was(roster: Roster) -> None:
    assert {} == await reasons(roster, *FAMILY, TRIP.departed(), TRIP.departure_retracted())


async def test_a_second_departure_takes_the_worker_off(roster: Roster) -> None:
    words = TRIP.departed(), TRIP.returned(), SECOND.departed()
    assert {BUDI: [LEFT_BEHIND | {"since": "2025-06-01"}]} == await reasons(roster, *FAMILY, *words)


async def test_a_retracted_second_departure_puts_the_worker_back(roster: Roster) -> None:
    words = TRIP.departed(), TRIP.returned(), SECOND.departed(), SECOND.departure_retracted()
    assert {SITI: [RETURNED]} == await reasons(roster, *FAMILY, *words)


async def test_an_earlier_trip_told_late_moves_nobody(roster: Roster) -> None:
    words = SECOND.departed(), SECOND.returned(since=date(2025, 7, 1)), TRIP.departed()
    assert {SITI: [RETURNED | {"since": "2025-07-01"}]} == await reasons(roster, *FAMILY, *words)


async def test_a_departure_known_by_its_year_comes_after_those_within_that_year(roster: Roster) -> None:
    words = Trip(someone(13), SITI, date(2024, 1, 1), "year").departed(), SECOND_IN_2024.departed()
    assert {BUDI} == set(await reasons(roster, *FAMILY, *words, SECOND_IN_2024.returned()))


SECOND_IN_2024 = Trip(someone(14), SITI, date(2024, 6, 1))


async def test_between_two_departures_on_one_day_the_later_told_decides(roster: Roster) -> None:
    again = Trip(someone(10), SITI, TRIP.departed_on)
    assert {BUDI} == set(await reasons(roster, *FAMILY, TRIP.departed(), again.departed(), TRIP.returned()))
    assert {SITI} == set(await reasons(roster, *FAMILY, TRIP.departed(), again.departed(), again.returned()))


async def test_a_day_is_shown_as_precisely_as_it_is_known(roster: Roster) -> None:
    in_year = Trip(someone(13), SITI, date(2024, 1, 1), "year")
    assert {BUDI: [LEFT_BEHIND | {"since": "2024"}]} == await reasons(roster, *FAMILY, in_year.departed())
    in_month = in_year.departed(), in_year.returned(since=date(2025, 5, 1), precision="month")
    assert {SITI: [RETURNED | {"since": "2025-05"}]} == await reasons(roster, *FAMILY, *in_month)


async def test_a_corrected_departure_moves_the_trip_in_time(roster: Roster) -> None:
    words = TRIP.departed(), SECOND.departed(), SECOND.returned()
    assert {SITI} == set(await reasons(roster, *FAMILY, *words))
    assert {BUDI} == set(await reasons(roster, *FAMILY, *words, TRIP.departure_corrected(date(2025, 8, 1))))


async def test_somebody_with_two_reasons_stands_there_once(roster: Roster) -> None:
    elsewhere = Trip(someone(15), BUDI, date(2023, 1, 1))
    words = worker(BUDI), elsewhere.departed(), elsewhere.returned(since=date(2024, 5, 1)), TRIP.departed()
    own = {"reason": "returned", "worker_id": str(BUDI), "since": "2024-05-01"}
    assert {BUDI: [own, LEFT_BEHIND]} == await reasons(roster, *FAMILY, *words)


async def test_a_spouse_who_is_abroad_or_on_leave_is_no_candidate(roster: Roster) -> None:
    elsewhere = Trip(someone(15), BUDI, date(2023, 1, 1))
    words = worker(BUDI), elsewhere.departed(), TRIP.departed()
    assert {} == await reasons(roster, *FAMILY, *words)
    assert {} == await reasons(roster, *FAMILY, *words, elsewhere.returned("on_leave"))


async def test_a_spouse_whose_trips_were_all_retracted_is_a_candidate(roster: Roster) -> None:
    elsewhere = Trip(someone(15), BUDI, date(2023, 1, 1))
    words = worker(BUDI), elsewhere.departed(), elsewhere.departure_retracted(), TRIP.departed()
    assert {BUDI: [LEFT_BEHIND]} == await reasons(roster, *FAMILY, *words)


async def test_each_spouse_abroad_is_a_reason(roster: Roster) -> None:
    other = Trip(someone(15), SARI, date(2023, 1, 1))
    words = TRIP.departed(), worker(SARI), spouse(SARI, BUDI), other.departed()
    second = {"reason": "spouse-of-worker-abroad", "worker_id": str(SARI), "since": "2023-01-01"}
    assert {BUDI: [LEFT_BEHIND, second]} == await reasons(roster, *FAMILY, *words)


async def test_nobody_erased_is_named(roster: Roster) -> None:
    assert {} == await reasons(roster, *FAMILY, TRIP.departed(), TRIP.returned(), erased(SITI))
    assert {} == await reasons(roster, *FAMILY, TRIP.departed(), erased(SITI))
    assert {} == await reasons(roster, *FAMILY, TRIP.departed(), erased(BUDI))


async def test_a_candidate_is_listed_where_they_live(roster: Roster) -> None:
    await roster.hear(VIEW, *FAMILY, TRIP.departed(), moved(BUDI, KENANGA))
    assert [(BUDI, KENANGA)] == [(row["person_id"], row["village"]) for row in await roster.ask(training_roster())]
    assert [] == await roster.ask(training_roster().where(VILLAGE == KURIPAN))
    assert 1 == len(await roster.ask(training_roster().where(PERSON == BUDI)))


async def test_figures_count_each_candidate_once(roster: Roster) -> None:
    other = Trip(someone(15), SARI, date(2023, 1, 1))
    words = worker(SARI, KENANGA), other.departed(), other.returned(), TRIP.departed()
    await roster.hear(VIEW, *FAMILY, *words)
    expected = [
        {"village": KENANGA, "training_candidates": 1},
        {"village": KURIPAN, "training_candidates": 1},
    ]
    assert expected == await roster.ask(figures().order_by(VILLAGE))
    assert expected[1:] == await roster.ask(figures().where(VILLAGE.startswith("33.")))


@pytest.mark.parametrize("roster", ["as said"], indirect=True)
async def test_a_page_reads_no_table_from_end_to_end(roster: Roster) -> None:
    await roster.hear(VIEW)
    await roster.crowd(VIEW)
    village = training_roster().where(VILLAGE == crowded(0)).order_by(*KEY).limit(500)
    assert 50 == len(await roster.ask(village))
    assert set() == await roster.scans(village)
    regency = training_roster().where(VILLAGE.startswith("33.07.")).order_by(*KEY).limit(100)
    assert 100 == len(await roster.ask(regency))
    assert set() == await roster.scans(regency)


async def test_of_a_couple_registered_twice_each_is_named_once(roster: Roster) -> None:
    """Whichever of their ids the marriage was told of; the spouse is named, with the worker who stands for both."""
    again, also = someone(61), someone(62)
    told = (*FAMILY, worker(again), person(also), spouse(again, also), merged(again, SITI), merged(also, BUDI))
    later = Trip(someone(63), again, date(2025, 6, 1))
    expected = [{"reason": "spouse-of-worker-abroad", "worker_id": str(SITI), "since": "2025-06-01"}]
    assert await reasons(roster, *told, later.departed()) == {BUDI: expected}
    apart = (unmerged(again, SITI), unmerged(also, BUDI))
    assert set(await reasons(roster, *told, later.departed(), *apart)) == {also}
