"""What others hear of this service's facts: every fact of a trip, as a word that says where the trip stands after it.

Reason, scheme, sector, procedure, decree and contract date stay here (ADR 0009). Service files concern nobody else.
"""

from typing import Any, assert_never

from services.migration_service.domain.service_file import (
    DuplicateFiled,
    DuplicateUnfiled,
    ServiceFileErased,
    ServiceFileEvent,
    ServiceFileMerged,
    ServiceFileMoved,
    ServiceFileOpened,
    ServiceFileUnmerged,
)
from services.migration_service.domain.trip import (
    Departed,
    DepartureCorrected,
    DepartureRetracted,
    LeaveEndCorrected,
    LeaveEnded,
    LeaveEndRetracted,
    OfTrip,
    ReturnCorrected,
    Returned,
    ReturnRetracted,
    TripEvent,
)
from shared.published import PublicEvent
from shared.published import migration_service as said

MigrationEvent = TripEvent | ServiceFileEvent


def publish(event: MigrationEvent) -> PublicEvent | None:
    """The word for *event*."""
    match event:
        case ServiceFileOpened() | ServiceFileMoved() | ServiceFileErased():
            return None
        case ServiceFileMerged() | ServiceFileUnmerged() | DuplicateFiled() | DuplicateUnfiled():
            return None
        case Departed():
            return said.WorkerDeparted(**_trip(event), country=event.country)
        case DepartureCorrected():
            return said.WorkerDepartureCorrected(**_trip(event), country=event.country)
        case DepartureRetracted():
            return said.WorkerDepartureRetracted(**_trip(event))
        case Returned():
            return said.WorkerReturned(**_trip(event))
        case ReturnCorrected():
            return said.WorkerReturnCorrected(**_trip(event))
        case ReturnRetracted():
            return said.WorkerReturnRetracted(**_trip(event))
        case LeaveEnded():
            return said.WorkerLeaveEnded(**_trip(event))
        case LeaveEndCorrected():
            return said.WorkerLeaveEndCorrected(**_trip(event))
        case LeaveEndRetracted():
            return said.WorkerLeaveEndRetracted(**_trip(event))
        case _:
            assert_never(event)


def _trip(event: OfTrip) -> dict[str, Any]:
    """What every word about a trip says."""
    trip = event.trip
    return {
        "trip_id": trip.trip_id,
        "worker_id": event.worker_id,
        "village": trip.village,
        "departed_on": trip.departed.on,
        "departed_precision": trip.departed.precision,
        "standing": trip.standing,
        "since": trip.since.on,
        "since_precision": trip.since.precision,
    }
