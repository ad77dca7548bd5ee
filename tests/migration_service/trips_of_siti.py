"""Facts of one invented worker's trips, and what is asked of them."""

from dataclasses import fields, replace
from datetime import date
from typing import Any

from services.migration_service.domain.placement import Cells
from services.migration_service.domain.trip import (
    Departed,
    DepartureCorrected,
    DepartureRetracted,
    LeaveEndCorrected,
    LeaveEnded,
    LeaveEndRetracted,
    Reason,
    ReturnCorrected,
    Returned,
    ReturnRetracted,
    Standing,
    TripFacts,
)
from services.migration_service.domain.trip_rules import RecordDeparture, Request, TripCommand
from shared.personal import Known
from shared.vocabulary import Occurred
from tests.rosters import KURIPAN, someone

TODAY = date(2026, 11, 21)
SITI, TRIP_ID = someone(1), someone(11)
CELLS = Cells(country="Taiwan", decree="SK-1", contract_date="2024-01-10")


def on(text: str) -> Occurred:
    """A day, month or year."""
    day = Occurred.parse(text)
    assert day is not None
    return day


def ask(command: TripCommand) -> Request:
    return Request(command=command, trip_id=TRIP_ID, village=KURIPAN, today=TODAY)


def depart(cells: Cells = CELLS) -> Request:
    return ask(RecordDeparture(worker_id=SITI, cells=cells))


def facts(standing: Standing = "abroad", since: str = "2024-01-10", departed: str = "2024-01-10") -> TripFacts:
    return TripFacts(trip_id=TRIP_ID, village=KURIPAN, departed=on(departed), standing=standing, since=on(since))


DEPARTED = Departed(
    occurred=on("2024-01-10"),
    worker_id=SITI,
    trip=facts(),
    country="TW",
    decree=Known("SK-1"),
    contract_date=date(2024, 1, 10),
    scheme="unknown",
    sector="unknown",
    procedure="unknown",
)


def returned(day: str = "2025-06-01", reason: Reason = "contract_ended", standing: Standing = "for_good") -> Returned:
    return Returned(occurred=on(day), worker_id=SITI, trip=facts(standing, day), reason=reason)


LEAVE = returned("2025-02-01", "leave", "on_leave")
LEAVE_ENDED = LeaveEnded(occurred=on("2025-03-01"), worker_id=SITI, trip=facts("abroad", "2025-03-01"))
HOME = returned()
DIED = returned("2025-06-01", "died", "deceased")


def return_corrected(corrects: int, day: str, reason: Reason, trip: TripFacts) -> ReturnCorrected:
    return ReturnCorrected(occurred=on(day), worker_id=SITI, trip=trip, reason=reason, corrects=corrects)


def return_retracted(corrects: int, day: str, trip: TripFacts) -> ReturnRetracted:
    return ReturnRetracted(occurred=on(day), worker_id=SITI, trip=trip, corrects=corrects)


def leave_end_corrected(corrects: int, day: str, trip: TripFacts) -> LeaveEndCorrected:
    return LeaveEndCorrected(occurred=on(day), worker_id=SITI, trip=trip, corrects=corrects)


def leave_end_retracted(corrects: int, day: str, trip: TripFacts) -> LeaveEndRetracted:
    return LeaveEndRetracted(occurred=on(day), worker_id=SITI, trip=trip, corrects=corrects)


def departure_corrected(corrects: int, trip: TripFacts, **changed: Any) -> DepartureCorrected:
    before = replace(DEPARTED, occurred=trip.departed, trip=trip, **changed)
    said = {field.name: getattr(before, field.name) for field in fields(Departed)}
    return DepartureCorrected(**said, corrects=corrects)


def departure_retracted(corrects: int, trip: TripFacts) -> DepartureRetracted:
    return DepartureRetracted(occurred=trip.departed, worker_id=SITI, trip=trip, corrects=corrects)
