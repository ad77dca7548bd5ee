"""Which registrations may be of one human (calon data ganda)? Three marks, each of which somebody has to look at.

- *birth-date-and-name*: born on the same day, and the names are near (`near`).
- *household-and-first-name*: registered in one household under the same first name, and no two birth dates say
  otherwise: brothers who are both called Muhammad differ in those.
- *nik-off-by-one*: two NIK that differ in one digit, as a typist leaves them.

Pure: names and numbers come in opened, and only marks go out.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import combinations
from typing import Literal
from uuid import UUID

from rapidfuzz.distance import OSA

Mark = Literal["birth-date-and-name", "household-and-first-name", "nik-off-by-one"]

NEAR = 0.8
"""Share of letters that two names have alike, from which they are near: one slip in five letters.

A wrong, missing, doubled or swapped letter in a word of five still is (Dwi Astuti, Dewi Astuti: 0.91; Yanto, Yatno:
0.8), two in a word of eight no longer. Since the birth date is the same anyway, chance makes few: of 10,000 people some
2,000 pairs share a birth date, and of 100 pairs of Indonesian names about one is that near.
"""


@dataclass(frozen=True, slots=True, repr=False)
class Likeness:
    """What of a registration is compared; None where it is unknown."""

    person_id: UUID
    name: str
    birth_date: date | None
    nik: str | None


@dataclass(frozen=True, slots=True)
class Candidate:
    """Two registrations, the lower id first, and what marks them as alike."""

    one: UUID
    other: UUID
    marks: tuple[Mark, ...]


def candidates(
    people: Sequence[Likeness], households: Iterable[Collection[UUID]], apart: Collection[tuple[UUID, UUID]] = ()
) -> list[Candidate]:
    """All pairs of *people* with a mark, in the order of their ids, but for those that were told *apart*.

    *households*: who was registered together. In time that grows with the people, not with their pairs: compared are
    those born on one day, of one household, or whose NIK are the same but for one place.
    """
    by_id = {person.person_id: person for person in people}
    marked: dict[tuple[UUID, UUID], list[Mark]] = defaultdict(list)
    for one, other in _sharing({person: person.birth_date for person in people}):
        if near(one.name, other.name):
            marked[_pair(one, other)].append("birth-date-and-name")
    for together in households:
        here = [by_id[person_id] for person_id in sorted(together) if person_id in by_id]
        for one, other in combinations(here, 2):
            born = {one.birth_date, other.birth_date} - {None}
            if len(born) < 2 and first_name(one.name) == first_name(other.name):  # noqa: PLR2004 - two dates
                pair = _pair(one, other)
                if "household-and-first-name" not in marked[pair]:
                    marked[pair].append("household-and-first-name")
    for place in range(16):
        for one, other in _sharing({p: p.nik and p.nik[:place] + p.nik[place + 1 :] for p in people}):
            # The same without this place, so they differ in it alone: no two persons have one NIK.
            marked[_pair(one, other)].append("nik-off-by-one")
    return [
        Candidate(one, other, tuple(marks))
        for (one, other), marks in sorted(marked.items())
        if marks and (one, other) not in apart
    ]


def near(one: str, other: str) -> bool:
    """Whether two names are near, in whatever order the words come, or one leaves words out (*Siti*, *Siti Aminah*)."""
    ones, others = sorted(one.casefold().split()), sorted(other.casefold().split())
    if set(ones) <= set(others) or set(others) <= set(ones):
        return True
    return OSA.normalized_similarity(" ".join(ones), " ".join(others)) >= NEAR


def first_name(name: str) -> str:
    """The first word, whatever its capitals."""
    return name.casefold().split()[0] if name.split() else ""


def _sharing(of: Mapping[Likeness, object]) -> Iterable[tuple[Likeness, Likeness]]:
    """All pairs who have the same, but for nothing."""
    sharing: dict[object, list[Likeness]] = defaultdict(list)
    for person, what in of.items():
        if what is not None:
            sharing[what].append(person)
    for some in sharing.values():
        yield from combinations(some, 2)


def _pair(one: Likeness, other: Likeness) -> tuple[UUID, UUID]:
    lower, higher = sorted((one.person_id, other.person_id))
    return lower, higher
