"""The shape of every history: what can be asked of it, what happens then, where that leaves it.

All four functions are pure. *decide* may refuse (`shared.errors.Refused`) and never changes anything; *evolve*
never refuses and never reads a clock; *claims* says which things in the world an event takes or frees.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import reduce
from typing import ClassVar, Generic, Protocol, TypeVar
from uuid import UUID

from shared.vocabulary import Occurred


class DomainEvent(Protocol):
    """A private fact: a frozen, slotted, keyword-only dataclass.

    *name* and *schema_version* are durable: they stand in the log for ever, so they are written out, never derived.
    *about* names the field that holds the id of the person the fact is about; an event with `Personal` fields
    must have one. *erases* marks the fact that ends that person's keys, claims and fingerprints.
    """

    name: ClassVar[str]
    schema_version: ClassVar[int]
    about: ClassVar[str | None]
    erases: ClassVar[bool]

    @property
    def occurred(self) -> Occurred:
        """The day it happened, in the programme's calendar (Asia/Jakarta)."""


@dataclass(frozen=True, slots=True)
class Claim:
    """Something only one holder may have at a time: a NIK; a worker together with a placement decree.

    The log keeps a keyed hash of *parts*, never the parts.
    """

    kind: str
    parts: tuple[str, ...]
    holder: UUID
    person_id: UUID


@dataclass(frozen=True, slots=True)
class Release:
    """Whatever *holder* claimed of this *kind* is free again."""

    kind: str
    holder: UUID


State = TypeVar("State")
Event = TypeVar("Event", bound=DomainEvent)
Command = TypeVar("Command")


def no_claims(_event: object) -> Iterable[Claim | Release]:
    """Most histories take nothing that another could want."""
    return ()


@dataclass(frozen=True, slots=True)
class Decider(Generic[State, Event, Command]):
    """One kind of history."""

    initial: State
    decide: Callable[[State, Command], Sequence[Event]]
    evolve: Callable[[State, Event], State]
    claims: Callable[[Event], Iterable[Claim | Release]] = no_claims

    def fold(self, events: Iterable[Event], start: State | None = None) -> State:
        """Where a history stands after *events*."""
        return reduce(self.evolve, events, self.initial if start is None else start)
