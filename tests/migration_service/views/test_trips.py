"""Which trips there are and what was said of them."""

from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from services.migration_service.domain.trip import Departed
from services.migration_service.views.trips import KEY, VIEW, VILLAGE, WORKER, item, trip, trips
from shared.personal import Sealed
from tests.migration_service.trips_of_siti import (
    DEPARTED,
    DIED,
    HOME,
    LEAVE,
    LEAVE_ENDED,
    SITI,
    TRIP_ID,
    departure_corrected,
    departure_retracted,
    facts,
    leave_end_retracted,
    on,
    return_corrected,
    return_retracted,
)
from tests.migration_service.views.history import ERASED, MOVED, OPENED, log
from tests.rosters import KENANGA, KURIPAN, Roster, someone

pytestmark = pytest.mark.parametrize("roster", ["as said"], indirect=True)

SEALED = Sealed(person_id=SITI, key_id=someone(80), event_id=someone(902), field="decree", box="AAAA")
LEFT = replace(DEPARTED, decree=SEALED)


def another(n: int, departed: str) -> Departed:
    """A further trip of the same worker."""
    trip_facts = replace(facts(since=departed, departed=departed), trip_id=someone(n))
    return replace(LEFT, occurred=on(departed), trip=trip_facts)


async def shown(roster: Roster, *events: Any) -> list[dict[str, Any]]:
    await roster.follow(VIEW, *log(OPENED, *events))
    return [item(row) for row in await roster.ask(trips().order_by(*KEY))]  # type: ignore[arg-type]


async def test_a_departure_is_a_trip_abroad(roster: Roster) -> None:
    assert await shown(roster, LEFT) == [
        {
            "id": TRIP_ID,
            "worker_id": SITI,
            "village": KURIPAN,
            "country": "TW",
            "departed_on": "2024-01-10",
            "contract_date": date(2024, 1, 10),
            "scheme": "unknown",
            "sector": "unknown",
            "procedure": "unknown",
            "standing": "abroad",
            "since": "2024-01-10",
            "reason": None,
            "overlaps": [],
        }
    ]


@pytest.mark.parametrize(
    ("events", "standing", "since", "reason"),
    [
        ((HOME,), "for_good", "2025-06-01", "contract_ended"),
        ((DIED,), "deceased", "2025-06-01", "died"),
        ((LEAVE,), "on_leave", "2025-02-01", "leave"),
        ((LEAVE, LEAVE_ENDED), "abroad", "2025-03-01", None),
        ((LEAVE, LEAVE_ENDED, HOME), "for_good", "2025-06-01", "contract_ended"),
        (
            (LEAVE, LEAVE_ENDED, leave_end_retracted(3, "2025-03-01", facts("on_leave", "2025-02-01"))),
            "on_leave",
            "2025-02-01",
            "leave",
        ),
        ((HOME, return_retracted(2, "2025-06-01", facts())), "abroad", "2024-01-10", None),
        (
            (HOME, return_corrected(2, "2025-05", "abuse", facts("for_good", "2025-05"))),
            "for_good",
            "2025-05",
            "abuse",
        ),
        (
            (LEAVE, LEAVE_ENDED, return_corrected(2, "2025-02-02", "leave", facts("abroad", "2025-03-01"))),
            "abroad",
            "2025-03-01",
            None,
        ),
        (
            (HOME, departure_corrected(1, facts("for_good", "2025-06-01"), country="HK")),
            "for_good",
            "2025-06-01",
            "contract_ended",
        ),
        ((departure_retracted(1, facts("retracted")),), "retracted", "2024-01-10", None),
    ],
)
async def test_a_trip_shows_where_it_stands(
    roster: Roster, events: tuple[Any, ...], standing: str, since: str, reason: str | None
) -> None:
    events = tuple(replace(e, decree=None) if hasattr(e, "decree") else e for e in events)
    (row,) = await shown(roster, LEFT, *events)
    assert (row["standing"], row["since"], row["reason"]) == (standing, since, reason)


async def test_a_correction_of_the_departure_is_shown(roster: Roster) -> None:
    corrected = departure_corrected(1, facts(departed="2024-02", since="2024-02"), country="HK", decree=None)
    (row,) = await shown(roster, LEFT, corrected)
    assert (row["country"], row["departed_on"], row["since"]) == ("HK", "2024-02", "2024-02")


async def test_a_trip_shows_all_that_was_said_of_it(roster: Roster) -> None:
    await roster.follow(VIEW, *log(OPENED, LEFT, HOME, return_retracted(2, "2025-06-01", facts())))
    (row,) = await roster.ask(trip(TRIP_ID))
    assert row["version"] == 3
    assert row["decree"] == {
        "person": str(SITI),
        "key": str(someone(80)),
        "event": str(someone(902)),
        "field": "decree",
        "box": "AAAA",
    }
    said = [(fact["version"], fact["fact"], fact["occurred_on"], fact["corrects"]) for fact in row["facts"]]
    assert said == [
        (1, "Departed", "2024-01-10", None),
        (2, "Returned", "2025-06-01", None),
        (3, "ReturnRetracted", "2025-06-01", 2),
    ]
    assert row["facts"][1]["reason"] == "contract_ended"
    assert row["facts"][0]["recorded_at"].startswith("2026-11-21T03:00:00")


async def test_a_trip_lies_where_its_worker_is_served_now(roster: Roster) -> None:
    await roster.follow(VIEW, *log(OPENED, LEFT, MOVED))
    assert await roster.ask(trips().where(VILLAGE == KURIPAN)) == []
    assert len(await roster.ask(trips().where(VILLAGE == KENANGA))) == 1
    assert len(await roster.ask(trips().where(WORKER == SITI))) == 1


async def test_the_trips_of_an_erased_worker_are_not_shown(roster: Roster) -> None:
    assert await shown(roster, LEFT, ERASED) == []
    assert await roster.ask(trip(TRIP_ID)) == []


class TestOverlap:
    async def overlaps(self, roster: Roster, *events: Any) -> dict[Any, Any]:
        return {row["id"]: row["overlaps"] for row in await shown(roster, *events)}

    async def test_two_trips_at_once_contradict_each_other(self, roster: Roster) -> None:
        found = await self.overlaps(roster, LEFT, another(12, "2024-05"))
        assert found == {TRIP_ID: [str(someone(12))], someone(12): [str(TRIP_ID)]}

    async def test_a_trip_after_the_return_does_not(self, roster: Roster) -> None:
        assert await self.overlaps(roster, LEFT, HOME, another(12, "2025-06-01")) == {TRIP_ID: [], someone(12): []}

    async def test_a_trip_from_leave_does(self, roster: Roster) -> None:
        found = await self.overlaps(roster, LEFT, LEAVE, another(12, "2025-02-10"))
        assert found[TRIP_ID] == [str(someone(12))]

    async def test_what_may_be_so_is_no_contradiction(self, roster: Roster) -> None:
        assert await self.overlaps(roster, LEFT, HOME, another(12, "2025")) == {TRIP_ID: [], someone(12): []}

    async def test_a_retracted_trip_contradicts_nothing(self, roster: Roster) -> None:
        gone = departure_retracted(1, facts("retracted"))
        assert await self.overlaps(roster, LEFT, another(12, "2024-05"), gone) == {TRIP_ID: [], someone(12): []}
