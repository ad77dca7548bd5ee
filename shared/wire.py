"""How a public event travels: CloudEvents 1.0 structured JSON, one subject each, a few headers.

What is made here is stored once, beside the fact, and sent as stored ever after (decision 0002).
"""

from typing import Annotated, Any, Literal, NotRequired, Union, get_type_hints
from uuid import UUID

import orjson
from pydantic import Field, TypeAdapter, ValidationError
from typing_extensions import TypedDict

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
        "type": type_of(type(word)),
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


class Envelope(TypedDict):
    """What a hearer reads of a CloudEvent."""

    id: UUID
    type: str
    partitionkey: str
    correlationid: UUID
    traceparent: NotRequired[str]


def read(words: str | bytes) -> tuple[Envelope, PublicEvent | None]:
    """A CloudEvent and its word, None for one that this code does not know; `ValueError` where it cannot be read."""
    try:
        envelope: Any = _KNOWN.validate_json(words)
    except ValidationError as error:
        if error.errors(include_input=False)[0]["type"] != _NO_SUCH_WORD:
            raise
        return _UNKNOWN.validate_json(words), None
    return envelope, envelope["data"]


def type_of(word: type[PublicEvent]) -> str:
    """The CloudEvents *type* of a word."""
    return f"desmigratif.{word.service}.{word.name}.v{word.version}"


def _envelope_of(word: type[PublicEvent]) -> Any:
    kind = {"type": Literal[type_of(word)], "data": word}
    return TypedDict(f"EnvelopeOf{word.__name__}", get_type_hints(Envelope, include_extras=True) | kind)  # type: ignore[operator]  # made for each word


_NO_SUCH_WORD = "union_tag_invalid"
_UNKNOWN = TypeAdapter(Envelope)
# Envelope and word in one go: to read JSON into a dictionary, and that into ids, dates and a word, took twice as long.
_ANY: Any = Union[tuple(_envelope_of(word) for word in SPOKEN.values())]  # noqa: UP007 - of a tuple
_KNOWN: TypeAdapter[Any] = TypeAdapter(Annotated[_ANY, Field(discriminator="type")])


def subject(envelope: dict[str, Any]) -> str:
    """``desmigratif.<service>.<event>.v<n>.<province>.<regency>``: where it happened, ``00.00`` without a place."""
    province, regency = envelope["subject"].split(".")[:2]
    return f"{envelope['type']}.{province}.{regency}"


def bus_name(service: str) -> str:
    """The JetStream stream that carries a service's words."""
    return f"DESMIGRATIF_{service.upper()}"
