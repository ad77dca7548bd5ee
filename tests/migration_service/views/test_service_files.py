"""Which workers have a service file."""

from datetime import date

import pytest

from services.migration_service.views.service_files import KEY, VIEW, VILLAGE, service_files
from tests.migration_service.trips_of_siti import DEPARTED, HOME, SITI, TRIP_ID, departure_retracted, facts
from tests.migration_service.views.history import ERASED, MOVED, OPENED, log
from tests.rosters import KENANGA, KURIPAN, Roster

pytestmark = pytest.mark.parametrize("roster", ["as said"], indirect=True)

FILE = {"worker_id": SITI, "village": KURIPAN, "opened_on": date(2024, 1, 5), "trips": []}


async def test_a_file_is_there_before_anybody_leaves(roster: Roster) -> None:
    await roster.follow(VIEW, *log(OPENED))
    assert await roster.ask(service_files().order_by(*KEY)) == [FILE]


async def test_a_file_holds_its_trips(roster: Roster) -> None:
    await roster.follow(VIEW, *log(OPENED, DEPARTED, HOME))
    assert await roster.ask(service_files()) == [FILE | {"trips": [str(TRIP_ID)]}]


async def test_a_trip_that_never_was_is_in_no_file(roster: Roster) -> None:
    await roster.follow(VIEW, *log(OPENED, DEPARTED, departure_retracted(1, facts("retracted"))))
    assert await roster.ask(service_files()) == [FILE]


async def test_a_file_follows_its_worker(roster: Roster) -> None:
    await roster.follow(VIEW, *log(OPENED, MOVED))
    assert await roster.ask(service_files().where(VILLAGE == KENANGA)) == [FILE | {"village": KENANGA}]


async def test_an_erased_file_is_not_shown(roster: Roster) -> None:
    await roster.follow(VIEW, *log(OPENED, ERASED))
    assert await roster.ask(service_files()) == []
