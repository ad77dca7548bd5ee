"""Who stands for whom: duplicates that the registry merged, as every view keeps them and resolves them when it reads.

A merge changes no row but one of its own: what was said under the duplicate's id stays there, and a query finds it
with the survivor. So the merge may come before or after any of it, and is undone by taking one row away.
"""

from collections.abc import Iterable
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import ARRAY

from shared.published import PublicEvent
from shared.published.registry import PersonMerged, PersonUnmerged
from shared.views import Change, Put, Remove


class Aliases:
    """A table *merged* in a view's own *metadata*, with what puts merges into it and resolves them.

    It is small, and empty for most: a look costs a step in a short index.
    """

    def __init__(self, metadata: sa.MetaData) -> None:
        self.merged = sa.Table(
            "merged",
            metadata,
            sa.Column("person_id", sa.Uuid, primary_key=True, comment="the duplicate"),
            sa.Column("into", sa.Uuid, comment="who stands for both"),
            sa.Index("merged_by_survivor", "into"),
        )

    def registry(self, word: PublicEvent, _number: int) -> Iterable[Change]:
        """What a word of the registry changes."""
        match word:
            case PersonMerged():
                yield self.merge(word.person_id, word.into)
            case PersonUnmerged():
                yield self.unmerge(word.person_id)
            case _:
                pass  # nothing else says who is whom

    def merge(self, person_id: UUID, into: UUID) -> Change:
        """*into* stands for *person_id* from now on."""
        return Put(self.merged, {"person_id": person_id, "into": into})

    def unmerge(self, person_id: UUID) -> Change:
        """*person_id* stands for itself again."""
        return Remove(self.merged, {"person_id": person_id})

    def survivor(self, person: sa.ColumnElement[Any] | UUID) -> sa.ColumnElement[Any]:
        """The id that stands for *person*, which may be its own."""
        person = sa.literal(person, sa.Uuid) if isinstance(person, UUID) else person
        return sa.func.coalesce(self._into(person), person, type_=sa.Uuid)

    def for_itself(self, person: sa.ColumnElement[Any]) -> sa.ColumnElement[bool]:
        """Whether *person* is no duplicate.

        Said so that Postgres expects it of nearly everybody: of a bare ``IS NULL`` it expects one row in 200, and looks
        at the whole table once for each person.
        """
        return sa.case((self._into(person).is_(None), person)).is_not(None)

    def ids(self, person: sa.ColumnElement[Any] | UUID) -> sa.ColumnElement[Any]:
        """Every id of the human for whom *person* stands, as an array: for ``column == sa.any_(ids)``."""
        person = sa.literal(person, sa.Uuid) if isinstance(person, UUID) else person
        merged = self.merged.alias()
        duplicates = (
            sa.select(merged.c.person_id)
            .where(merged.c.into == person)
            .order_by(merged.c.person_id)
            .correlate_except(merged)
            .scalar_subquery()
        )
        return sa.func.array_append(sa.func.array(duplicates), person, type_=ARRAY(sa.Uuid))

    def human(self, person_id: UUID) -> sa.Select[Any]:
        """One row: *survivor*, who stands for this person, and *ids*, all ids of that human, the survivor's last."""
        who = sa.select(self.survivor(person_id).label("survivor")).subquery("who")
        return sa.select(who.c.survivor, self.ids(who.c.survivor).label("ids"))

    def _into(self, person: sa.ColumnElement[Any]) -> sa.ScalarSelect[Any]:
        # An alias of its own each time: what it is joined to may be an alias of the same table.
        merged = self.merged.alias()
        return sa.select(merged.c.into).where(merged.c.person_id == person).correlate_except(merged).scalar_subquery()
