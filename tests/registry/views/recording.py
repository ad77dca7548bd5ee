"""Facts as a view is given them: recorded, personal fields sealed."""

from datetime import UTC, datetime
from uuid import UUID

from shared.decider import DomainEvent
from shared.personal import Sealed
from shared.recorded import Recorded
from tests.registry.people_of_kuripan import FIRST_EVENT, SARI


def recorded(event: DomainEvent, version: int = 1) -> Recorded:
    return Recorded(
        position=100 + version,
        stream_id=SARI,
        version=version,
        event_id=FIRST_EVENT,
        recorded_at=datetime(2026, 11, 21, 3, 0, tzinfo=UTC),
        event=event,
        published=None,
        words=None,
        partition_key="",
    )


def sealed(field: str, box: str = "Ym94") -> Sealed:
    return Sealed(SARI, UUID(int=41), FIRST_EVENT, field, box)


def stored(field: str, box: str = "Ym94") -> dict[str, str]:
    """What a view keeps of `sealed`."""
    return {"person": str(SARI), "key": str(UUID(int=41)), "event": str(FIRST_EVENT), "field": field, "box": box}
