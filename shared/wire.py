"""How a public event travels: CloudEvents 1.0 structured JSON, one subject each, a few headers.

What is made here is stored once, beside the fact, and sent as stored ever after (decision 0002).
"""

from typing import Any
from uuid import UUID

import orjson

from shared.published import SPOKEN, PublicEvent
from shared.vocabulary import Occurred

LOG_ID = "Desmigratif-Log-Id"
NUMBER = "Desmigratif-Number"
RECORDED_AT = "Desmigratif-Recorded-At"
TRACEPARENT = "traceparent"
MESSAGE_ID = "Nats-Msg-Id"
EXPECTED_LAST_SEQUENCE = "Nats-Expected-Last-Sequence"

NOWHERE = "00.00"


def words(word: PublicEvent, event_id: UUID, occurred: Occurred, correlation: UUID, traceparent: str | None) -> str:
    """The CloudEvent that says *word* of something that *occurred*, at the end of what *correlation* began.

    It has no ``time``: *recorded_at* is known only once it is in the log, and stands beside the words.
    """
    envelope: dict[str, Any] = {
        "specversion": "1.0",
        "id": str(event_id),
        "source": f"urn:desmigratif:{word.service}",
        "type": f"desmigratif.{word.service}.{word.name}.v{word.version}",
        "subject": word.place or NOWHERE,
        "partitionkey": str(word.partition_key),
        "datacontenttype": "application/json",
        "occurredon": str(occurred),
        "correlationid": str(correlation),
    }
    if traceparent:
        envelope["traceparent"] = traceparent
    envelope["data"] = word.model_dump(mode="json")
    return orjson.dumps(envelope).decode()


def word_of(envelope: dict[str, Any]) -> PublicEvent | None:
    """The word in a CloudEvent; None for one that this code does not know."""
    _, service, name, version = envelope["type"].split(".")
    spoken = SPOKEN.get((service, name, int(version[1:])))
    return spoken.model_validate(envelope["data"]) if spoken else None


def subject(envelope: dict[str, Any]) -> str:
    """``desmigratif.<service>.<event>.v<n>.<province>.<regency>``: where it happened, ``00.00`` without a place."""
    province, regency = envelope["subject"].split(".")[:2]
    return f"{envelope['type']}.{province}.{regency}"


def bus_name(service: str) -> str:
    """The JetStream stream that carries a service's words."""
    return f"DESMIGRATIF_{service.upper()}"
