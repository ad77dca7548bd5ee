from datetime import date

import pytest

from deploy.command import families
from deploy.command.load import Judged, Outcome
from deploy.command.placements import Line
from deploy.command.rules import HomeComing, Trip, decides, home_comings, home_on, to_be_followed, trips

TODAY = date(2026, 11, 21)
LONG_AGO = date(2020, 1, 1)


def judged(number: int, worker: str, outcome: Outcome = "accepted", departed_on: date = LONG_AGO) -> Judged:
    accepted = outcome in ("accepted", "warning")
    return Judged(
        Line(number, None),
        outcome,
        worker_id=worker if accepted else None,
        trip_id=f"t{number}" if accepted else None,
        departed_on=departed_on if accepted else None,
    )


def test_accepted_lines_are_numbered_in_list_order_with_or_without_warning() -> None:
    found = trips(
        [
            judged(5, "c"),
            judged(2, "a"),
            judged(3, "x", "rejected"),
            judged(4, "b", "warning"),
            judged(6, "x", "duplicate"),
        ]
    )
    assert [(trip.number, trip.worker_id) for trip in found] == [(1, "a"), (2, "b"), (3, "c")]


def test_only_a_persons_first_line_brings_a_family_and_only_if_even_numbered() -> None:
    found = trips([judged(2, "a"), judged(3, "b"), judged(4, "b"), judged(5, "a"), judged(6, "a"), judged(7, "c")])
    assert [trip.brings_family for trip in found] == [False, True, False, False, False, True]


@pytest.mark.parametrize(
    ("departed", "home"),
    [
        (date(2022, 5, 3), date(2024, 5, 3)),
        (date(2024, 2, 29), date(2026, 3, 1)),
        (date(2022, 2, 28), date(2024, 2, 28)),
        (date(2021, 12, 31), date(2023, 12, 31)),
    ],
)
def test_the_worker_is_home_after_24_months(departed: date, home: date) -> None:
    assert home_on(departed) == home


def test_who_is_home_by_today_came_home_that_very_day() -> None:
    found = trips(
        [
            judged(2, "a", departed_on=date(2024, 11, 21)),
            judged(3, "b", departed_on=date(2024, 11, 22)),
            judged(4, "c", departed_on=date(2020, 2, 29)),
        ]
    )
    assert [(one.trip.worker_id, one.on) for one in home_comings(found, TODAY)] == [
        ("a", TODAY),
        ("c", date(2022, 3, 1)),
    ]


def test_every_10th_of_them_is_on_leave_and_every_25th_died_and_death_wins() -> None:
    found = trips(
        judged(n, f"w{n}", departed_on=LONG_AGO if n % 3 else TODAY)  # those who are still abroad do not count
        for n in range(1, 151)
    )
    home = home_comings(found, TODAY)
    assert len(home) == 100
    by_reason = {
        reason: [n for n, one in enumerate(home, start=1) if one.reason == reason] for reason in ("leave", "died")
    }
    assert by_reason == {"leave": [10, 20, 30, 40, 60, 70, 80, 90], "died": [25, 50, 75, 100]}
    assert sum(one.reason == "contract_ended" for one in home) == 88


def test_the_return_to_be_followed_is_for_good_by_somebody_with_a_family_and_says_where_they_stand() -> None:
    later = date(2026, 1, 1)
    found = trips(
        [
            judged(2, "a"),
            judged(3, "b"),
            judged(4, "c"),
            judged(5, "d"),
            judged(6, "d", departed_on=later),
            judged(7, "a"),
        ]
    )
    followed = to_be_followed(found, home_comings(found, TODAY))
    assert followed is not None
    assert followed.trip.worker_id == "b"  # d's other trip goes on; a, b and c stand where they came home to
    only_d = [trip for trip in found if trip.worker_id == "d"]
    followed = to_be_followed(only_d, home_comings(only_d, TODAY))
    assert followed is not None
    assert not decides(only_d, home_comings(only_d, TODAY), followed)


def test_a_death_says_where_somebody_stands_whatever_came_later() -> None:
    first, second = trips([judged(2, "a"), judged(3, "a", departed_on=date(2021, 1, 1))])
    died, ended = HomeComing(first, TODAY, "died"), HomeComing(second, TODAY, "contract_ended")
    assert decides([first, second], [died, ended], died)
    assert not decides([first, second], [died, ended], ended)
    assert to_be_followed([first, second], [died, ended]) is died


def test_where_nobody_came_home_nobody_is_followed() -> None:
    assert to_be_followed([], []) is None
    trip = Trip(1, "a", "t", LONG_AGO, True, judged(2, "a"))
    only = HomeComing(trip, TODAY, "died")
    assert to_be_followed([trip], [only]) is only


def test_a_family_is_a_spouse_and_two_children_the_same_at_every_run() -> None:
    for number in range(2, 1001, 2):
        spouse, *children = families.invented(number, TODAY)
        assert [spouse, *children] == list(families.invented(number, TODAY))
        assert spouse.birth_date is None
        assert [child.birth_date.year for child in children if child.birth_date] == [TODAY.year - 6, TODAY.year - 10]
        assert len({spouse.name, *(child.name for child in children)}) == 3
        assert all(len(one.name.split()) == 2 for one in (spouse, *children))
