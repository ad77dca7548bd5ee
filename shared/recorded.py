"""A fact as the log holds it."""

from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from shared import wire
from shared.decider import DomainEvent
from shared.published import PublicEvent


class Recorded(NamedTuple):
    """A private event with its envelope. *recorded_at* is an instant (UTC) and never falls along the log.

    *published* and *words* are set where others heard of it: the published number and the CloudEvent as it was said.
    *partition_key*: the person it is about, else the history it belongs to; facts of one key are never taken out of
    their order. *traceparent*: the span that recorded it.
    """

    position: int
    stream_id: UUID
    version: int
    event_id: UUID
    recorded_at: datetime
    event: DomainEvent
    published: int | None
    words: str | None
    partition_key: str
    traceparent: str | None = None

    @property
    def number(self) -> int:
        """What a hearer of the own log counts by: the position."""
        return self.position

    @property
    def word(self) -> PublicEvent | None:
        """What was said; read anew each time, for most hearers of the own log never ask."""
        return wire.read(self.words)[1] if self.words else None
