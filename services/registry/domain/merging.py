"""Two registrations of one human (data ganda): one is merged into the other, or taken out again.

The *duplicate* is merged into the *survivor*. Both histories stay as they are, and so does the duplicate's id: whoever
names it means the survivor. Both take the merge in one append, so both are held against what was read of them. What may
be merged is `merge_rules`.
"""

from dataclasses import dataclass
from typing import ClassVar
from uuid import UUID

from shared.vocabulary import Occurred


@dataclass(frozen=True, slots=True, kw_only=True)
class PersonMerged:
    """This person is the same human as *into* (penggabungan data ganda), who stands for both from now on.

    *village* is that of the duplicate. *occurred* is the day of the decision.
    """

    name: ClassVar[str] = "PersonMerged"
    schema_version: ClassVar[int] = 1
    about: ClassVar[str | None] = "person_id"
    erases: ClassVar[bool] = False
    occurred: Occurred
    person_id: UUID
    village: str
    into: UUID


@dataclass(frozen=True, slots=True, kw_only=True)
class PersonUnmerged:
    """This person is not the same human as *into*: the merge, fact *corrects*, was an error."""

    name: ClassVar[str] = "PersonUnmerged"
    schema_version: ClassVar[int] = 1
    about: ClassVar[str | None] = "person_id"
    erases: ClassVar[bool] = False
    occurred: Occurred
    person_id: UUID
    village: str
    corrects: int
    into: UUID


@dataclass(frozen=True, slots=True, kw_only=True)
class DuplicateAssigned:
    """*duplicate_id* was merged into this person: the survivor's side of a `PersonMerged`."""

    name: ClassVar[str] = "DuplicateAssigned"
    schema_version: ClassVar[int] = 1
    about: ClassVar[str | None] = "person_id"
    erases: ClassVar[bool] = False
    occurred: Occurred
    person_id: UUID
    duplicate_id: UUID


@dataclass(frozen=True, slots=True, kw_only=True)
class DuplicateReleased:
    """*duplicate_id* stands for itself again: the survivor's side of a `PersonUnmerged`; *corrects* its assignment."""

    name: ClassVar[str] = "DuplicateReleased"
    schema_version: ClassVar[int] = 1
    about: ClassVar[str | None] = "person_id"
    erases: ClassVar[bool] = False
    occurred: Occurred
    person_id: UUID
    corrects: int
    duplicate_id: UUID


MergingEvent = PersonMerged | PersonUnmerged | DuplicateAssigned | DuplicateReleased


@dataclass(frozen=True, slots=True)
class Merged:
    """That a person is a duplicate of *into*: *fact* is the version of what says so."""

    fact: int
    into: UUID


@dataclass(frozen=True, slots=True)
class Duplicate:
    """That *person_id* was merged into this person: *fact* is the version of what says so."""

    fact: int
    person_id: UUID
