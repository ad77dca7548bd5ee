"""What the registry does when the migration service speaks."""

from datetime import date

import pytest

from services.registry.commands.persons import HearOfTrip
from services.registry.reactions import react
from shared.published import migration_service as trips
from shared.published import registry as words
from shared.published.migration_service import Standing, TripWord
from shared.vocabulary import Occurred
from tests.registry.people_of_kuripan import KURIPAN, SARI, TRIP

ALIVE = (HearOfTrip(person_id=SARI, trip_id=TRIP, died_on=None),)
DIED_IN_MAY = (HearOfTrip(person_id=SARI, trip_id=TRIP, died_on=Occurred(date(2026, 5, 1), "month")),)


def told(word: type[TripWord], standing: Standing) -> TripWord:
    return word.model_validate(
        {
            "trip_id": TRIP,
            "worker_id": SARI,
            "village": KURIPAN,
            "country": "TW",
            "departed_on": "2024-05-01",
            "departed_precision": "day",
            "standing": standing,
            "since": "2026-05-01",
            "since_precision": "month",
        }
    )


@pytest.mark.parametrize("word", [trips.WorkerReturned, trips.WorkerReturnCorrected, trips.WorkerDepartureCorrected])
def test_a_trip_that_ends_in_death_makes_it_known_here(word: type[TripWord]) -> None:
    assert react(told(word, "deceased")) == DIED_IN_MAY


@pytest.mark.parametrize(
    ("word", "standing"),
    [
        (trips.WorkerReturnCorrected, "for_good"),
        (trips.WorkerReturnCorrected, "on_leave"),
        (trips.WorkerReturnRetracted, "abroad"),
        (trips.WorkerReturnRetracted, "on_leave"),
        (trips.WorkerDepartureCorrected, "abroad"),
        (trips.WorkerDepartureRetracted, "retracted"),
        (trips.WorkerLeaveEndCorrected, "abroad"),
        (trips.WorkerLeaveEndRetracted, "on_leave"),
    ],
)
def test_a_trip_that_no_longer_ends_in_death_takes_it_back(word: type[TripWord], standing: Standing) -> None:
    assert react(told(word, standing)) == ALIVE


@pytest.mark.parametrize(
    ("word", "standing"),
    [
        (trips.WorkerDeparted, "abroad"),
        (trips.WorkerReturned, "for_good"),
        (trips.WorkerReturned, "on_leave"),
        (trips.WorkerLeaveEnded, "abroad"),
    ],
)
def test_a_way_that_a_trip_takes_alive_asks_nothing(word: type[TripWord], standing: Standing) -> None:
    assert () == react(told(word, standing))


def test_other_words_ask_nothing() -> None:
    assert () == react(words.PersonRegistered(person_id=SARI, village=KURIPAN))
