"""What others hear of a trip."""

from collections import defaultdict
from collections.abc import Iterator
from datetime import date

import pytest

from services.migration_service.domain.placement import Cells
from services.migration_service.domain.service_file import ServiceFileErased, ServiceFileMoved, ServiceFileOpened
from services.migration_service.domain.trip import NotRecorded, Trip, TripEvent
from services.migration_service.domain.trip_rules import (
    TRIP,
    CorrectDeparture,
    CorrectLeaveEnd,
    CorrectReturn,
    RecordLeaveEnd,
    RecordReturn,
    Request,
    RetractDeparture,
    RetractLeaveEnd,
    RetractReturn,
)
from services.migration_service.publishing import MigrationEvent, publish
from shared.errors import Refused
from shared.published import migration_service as said
from shared.vocabulary import Occurred
from tests.migration_service.trips_of_siti import (
    DEPARTED,
    DIED,
    HOME,
    LEAVE,
    LEAVE_ENDED,
    SITI,
    TRIP_ID,
    ask,
    depart,
    departure_corrected,
    departure_retracted,
    facts,
    leave_end_corrected,
    leave_end_retracted,
    return_corrected,
    return_retracted,
)
from tests.rosters import KENANGA, KURIPAN

DAY = Occurred(date(2026, 11, 21))
FACTS: list[tuple[TripEvent, type[said.TripWord]]] = [
    (DEPARTED, said.WorkerDeparted),
    (departure_corrected(1, facts(departed="2024", since="2024"), country="HK"), said.WorkerDepartureCorrected),
    (departure_retracted(1, facts("retracted")), said.WorkerDepartureRetracted),
    (HOME, said.WorkerReturned),
    (LEAVE, said.WorkerReturned),
    (DIED, said.WorkerReturned),
    (return_corrected(2, "2025-05", "abuse", facts("for_good", "2025-05")), said.WorkerReturnCorrected),
    (return_retracted(2, "2025-06-01", facts()), said.WorkerReturnRetracted),
    (LEAVE_ENDED, said.WorkerLeaveEnded),
    (leave_end_corrected(3, "2025-03-05", facts("abroad", "2025-03-05")), said.WorkerLeaveEndCorrected),
    (leave_end_retracted(3, "2025-03-01", facts("on_leave", "2025-02-01")), said.WorkerLeaveEndRetracted),
]


@pytest.mark.parametrize(("event", "kind"), FACTS)
def test_every_fact_of_a_trip_is_heard_with_where_it_stands(event: TripEvent, kind: type[said.TripWord]) -> None:
    word = publish(event)
    assert type(word) is kind
    assert isinstance(word, said.TripWord)
    assert (word.trip_id, word.worker_id, word.village) == (TRIP_ID, SITI, KURIPAN)
    assert Occurred(word.departed_on, word.departed_precision) == event.trip.departed
    assert (word.standing, Occurred(word.since, word.since_precision)) == (event.trip.standing, event.trip.since)


@pytest.mark.parametrize(("event", "kind"), FACTS)
def test_neither_reason_nor_way_nor_decree_travels(event: TripEvent, kind: type[said.TripWord]) -> None:
    assert kind.model_fields.keys().isdisjoint({"reason", *Cells.__dataclass_fields__} - {"country", "departed_on"})
    word = publish(event)
    assert word is not None
    for private in ("abuse", "SK-1", "contract_ended"):
        assert private not in word.model_dump_json()


def test_a_departure_says_where_to() -> None:
    word = publish(DEPARTED)
    assert isinstance(word, said.WorkerDeparted)
    assert word.country == "TW"


@pytest.mark.parametrize(
    "event",
    [
        ServiceFileOpened(occurred=DAY, worker_id=SITI, village=KURIPAN),
        ServiceFileMoved(occurred=DAY, worker_id=SITI, village=KENANGA),
        ServiceFileErased(occurred=DAY, worker_id=SITI),
    ],
)
def test_service_files_concern_nobody_else(event: MigrationEvent) -> None:
    assert publish(event) is None


def asked(step: int) -> Iterator[Request]:
    """Everything that can be asked of a trip; each step lies in a month of its own."""
    for reason in ("contract_ended", "leave", "died"):
        yield ask(RecordReturn(trip_id=TRIP_ID, returned_on=f"2025-{step:02d}-10", reason=reason))
        yield ask(CorrectReturn(trip_id=TRIP_ID, returned_on=None, reason=reason))
    yield ask(RecordLeaveEnd(trip_id=TRIP_ID, ended_on=f"2025-{step:02d}-10"))
    for month in range(1, step + 1):
        yield ask(CorrectLeaveEnd(trip_id=TRIP_ID, ended_on=f"2025-{month:02d}-15"))
    yield ask(CorrectDeparture(trip_id=TRIP_ID, cells=Cells(country="Hong Kong")))
    yield ask(RetractReturn(trip_id=TRIP_ID))
    yield ask(RetractLeaveEnd(trip_id=TRIP_ID))
    yield ask(RetractDeparture(trip_id=TRIP_ID))


def said_from(trip: Trip, step: int = 1, last: int = 5) -> Iterator[said.TripWord]:
    """Every word that can follow, whatever is asked, up to the step *last*."""
    for request in [depart()] if step == 1 else asked(step):
        try:
            events = TRIP.decide(trip, request)
        except Refused:
            continue
        after = trip
        for event in events:
            after = TRIP.evolve(after, event)
            word = publish(event)
            assert isinstance(word, said.TripWord)
            yield word
        if events and step < last:
            yield from said_from(after, step + 1, last)


def test_each_word_says_where_a_trip_can_stand_after_it() -> None:
    """No more and no less than what really happens: the map and the AsyncAPI document rest on it."""
    stood: dict[type[said.TripWord], set[str]] = defaultdict(set)
    for word in said_from(NotRecorded()):
        stood[type(word)].add(word.standing)
    assert {word.name: set(word.standings) for word in said.TripWord.__subclasses__()} == {
        word.name: standings for word, standings in stood.items()
    }
