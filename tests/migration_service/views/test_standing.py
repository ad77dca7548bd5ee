"""How many of a village's workers stand where, whatever is heard first."""

from dataclasses import replace
from typing import Any

import pytest

from services.migration_service.domain.trip import TripEvent
from services.migration_service.views.standing import VIEW, VILLAGE, figures
from shared.published import PublicEvent
from tests.migration_service.trips_of_siti import (
    DEPARTED,
    DIED,
    HOME,
    LEAVE,
    LEAVE_ENDED,
    SITI,
    departure_retracted,
    facts,
    on,
    return_retracted,
)
from tests.migration_service.views.history import OPENED, log
from tests.rosters import KENANGA, KURIPAN, Roster, died, erased, lives, moved, person, someone, worker

HEARD = (person(SITI), worker(SITI))
ZERO = {"village": KURIPAN, "abroad": 0, "on_leave": 0, "returned": 0, "deceased": 0}


async def counted(roster: Roster, heard: tuple[PublicEvent, ...], *events: TripEvent) -> list[dict[str, Any]]:
    """The figures once the registry said *heard* and this service's own log holds *events*."""
    own = log(OPENED, *events)
    if roster.delivery == "registry last":
        await roster.follow(VIEW, *own)
        await hear(roster, heard)
    elif roster.delivery == "registry first":
        await roster.follow(VIEW)
        await hear(roster, heard)
        await roster.follow(VIEW, *own, anew=False)
    else:
        await roster.follow(VIEW)
        for n in range(max(len(heard), len(own))):
            await hear(roster, heard[n : n + 1])
            await roster.follow(VIEW, *own[n : n + 1], anew=False)
    return await roster.ask(figures().order_by(VILLAGE))


async def hear(roster: Roster, words: tuple[PublicEvent, ...]) -> None:
    for word in words:
        await roster._apply(VIEW, list(VIEW.heard["registry"](word, 0)))


def second(event: Any, *, departed: str = "2026-01-01", since: str | None = None) -> Any:
    """The same fact of a second trip."""
    trip = replace(event.trip, trip_id=someone(12), departed=on(departed), since=on(since or departed))
    return replace(event, trip=trip)


@pytest.mark.parametrize(
    ("events", "figure"),
    [
        ((DEPARTED,), "abroad"),
        ((DEPARTED, LEAVE), "on_leave"),
        ((DEPARTED, LEAVE, LEAVE_ENDED), "abroad"),
        ((DEPARTED, HOME), "returned"),
        ((DEPARTED, HOME, return_retracted(2, "2025-06-01", facts())), "abroad"),
        ((DEPARTED, DIED), "deceased"),
    ],
)
async def test_a_worker_is_counted_once(roster: Roster, events: tuple[TripEvent, ...], figure: str) -> None:
    assert await counted(roster, HEARD, *events) == [ZERO | {figure: 1}]


async def test_who_never_left_is_not_counted(roster: Roster) -> None:
    assert await counted(roster, HEARD) == []
    assert await counted(roster, HEARD, DEPARTED, departure_retracted(1, facts("retracted"))) == []


async def test_only_workers_are_counted(roster: Roster) -> None:
    assert await counted(roster, (person(SITI),), DEPARTED) == []
    assert await counted(roster, (*HEARD, person(someone(2))), DEPARTED) == [ZERO | {"abroad": 1}]


async def test_the_latest_departure_says_where_somebody_stands(roster: Roster) -> None:
    assert await counted(roster, HEARD, DEPARTED, HOME, second(DEPARTED)) == [ZERO | {"abroad": 1}]
    assert await counted(roster, HEARD, second(DEPARTED), DEPARTED, HOME) == [ZERO | {"abroad": 1}]


async def test_an_earlier_trip_reported_late_changes_nothing(roster: Roster) -> None:
    earlier = second(DEPARTED, departed="2020")
    back = second(HOME, departed="2020", since="2021")
    assert await counted(roster, HEARD, DEPARTED, earlier, back) == [ZERO | {"abroad": 1}]


async def test_of_two_departures_on_one_day_the_later_one_counts(roster: Roster) -> None:
    same_day = second(DEPARTED, departed="2024-01-10")
    assert await counted(roster, HEARD, DEPARTED, same_day, HOME) == [ZERO | {"abroad": 1}]
    back = second(HOME, departed="2024-01-10", since="2025-06-01")
    assert await counted(roster, HEARD, DEPARTED, same_day, back) == [ZERO | {"returned": 1}]


async def test_death_wins(roster: Roster) -> None:
    assert await counted(roster, (*HEARD, died(SITI)), DEPARTED, HOME) == [ZERO | {"deceased": 1}]
    assert await counted(roster, HEARD, DEPARTED, DIED, second(DEPARTED)) == [ZERO | {"deceased": 1}]
    assert await counted(roster, (*HEARD, died(SITI), lives(SITI)), DEPARTED) == [ZERO | {"abroad": 1}]


async def test_a_worker_counts_in_the_village_they_belong_to_now(roster: Roster) -> None:
    expected = [ZERO | {"village": KENANGA, "abroad": 1}]
    assert await counted(roster, (*HEARD, moved(SITI, KENANGA)), DEPARTED) == expected


async def test_nobody_erased_is_counted(roster: Roster) -> None:
    assert await counted(roster, (*HEARD, erased(SITI)), DEPARTED) == []


def test_no_kinship_is_kept() -> None:
    assert {table.name for table in VIEW.tables.sorted_tables} == {"people", "merged", "trips"}
