"""Facts as this service's log holds them."""

from collections import Counter
from datetime import UTC, datetime
from uuid import UUID

from services.migration_service.domain.service_file import ServiceFileErased, ServiceFileMoved, ServiceFileOpened
from services.migration_service.domain.service_file import stream_id as file_of
from services.migration_service.domain.trip import OfTrip
from services.migration_service.publishing import MigrationEvent, publish
from shared import wire
from shared.recorded import Recorded
from tests.migration_service.trips_of_siti import SITI, on
from tests.rosters import KENANGA, KURIPAN, someone

RECORDED_AT = datetime(2026, 11, 21, 3, tzinfo=UTC)
OPENED = ServiceFileOpened(occurred=on("2024-01-05"), worker_id=SITI, village=KURIPAN)
MOVED = ServiceFileMoved(occurred=on("2026-01-05"), worker_id=SITI, village=KENANGA)
ERASED = ServiceFileErased(occurred=on("2026-02-05"), worker_id=SITI)


def log(*events: MigrationEvent) -> list[Recorded]:
    """*events* as the log's first ones, each in its history, published where it is heard by others."""
    versions: Counter[UUID] = Counter()
    published = 0
    recorded = []
    for position, event in enumerate(events, 1):
        stream = event.trip.trip_id if isinstance(event, OfTrip) else file_of(event.worker_id)
        versions[stream] += 1
        word = publish(event)
        published += word is not None
        recorded.append(
            Recorded(
                position=position,
                stream_id=stream,
                version=versions[stream],
                event_id=someone(900 + position),
                recorded_at=RECORDED_AT,
                event=event,
                published=published if word else None,
                words=wire.words(word, someone(900 + position), event.occurred, someone(3), None) if word else None,
                partition_key=str(word.partition_key if word else stream),
            )
        )
    return recorded
