"""Two persons who look alike on paper and are two (bukan data ganda): somebody looked, so nobody is asked again.

One history a pair, under an id that follows from both, whoever is named first. It forbids nothing: who finds out
better merges them, and the merge is what holds.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import ClassVar
from uuid import UUID

from shared.decider import Decider
from shared.ids import stream_of
from shared.vocabulary import Occurred


@dataclass(frozen=True, slots=True, kw_only=True)
class PersonsToldApart:
    """*person_id* and *other_id* are two humans; *occurred* is the day of the decision."""

    name: ClassVar[str] = "PersonsToldApart"
    schema_version: ClassVar[int] = 1
    about: ClassVar[str | None] = "person_id"
    erases: ClassVar[bool] = False
    occurred: Occurred
    person_id: UUID
    other_id: UUID


@dataclass(frozen=True, slots=True)
class Namesakes:
    """A pair: *apart* once somebody said so."""

    apart: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class TellApart:
    """Say that the two are two."""

    today: date
    person_id: UUID
    other_id: UUID


def evolve(_state: Namesakes, _event: PersonsToldApart) -> Namesakes:
    """Where the pair stands after the one thing that can happen to it."""
    return Namesakes(apart=True)


def decide(state: Namesakes, command: TellApart) -> Sequence[PersonsToldApart]:
    """Once. Never refuses."""
    if state.apart:
        return ()
    one, other = sorted((command.person_id, command.other_id))
    return (PersonsToldApart(occurred=Occurred(command.today), person_id=one, other_id=other),)


def pair_of(one: UUID, other: UUID) -> UUID:
    """The history of these two, whoever is named first."""
    return stream_of("namesakes", ":".join(sorted((str(one), str(other)))))


namesakes: Decider[Namesakes, PersonsToldApart, TellApart] = Decider(initial=Namesakes(), decide=decide, evolve=evolve)
