"""Read models: what a view is and the two ways it changes.

A view stores what each source said, in tables of its own keyed by that source's ids; its answer is a join made when
it is read. A row holds nothing that the events do not determine (no clock, no serial, no fresh ciphertext), so a
rebuilt view equals the live one row for row (P5). A row is changed by facts of one partition key alone (the person,
else the aggregate), so that what was parked may take effect late (decision 0012).
"""

from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import sqlalchemy as sa

from shared.published import PublicEvent
from shared.recorded import Recorded


class Put(NamedTuple):
    """These columns of the row with this primary key now hold these values; other columns stay as they are.

    *values* has every primary-key column. The row is made if it is not there, so a fact may come before what it
    refers to; hence every other column of a view's table may be null.
    """

    table: sa.Table
    values: Mapping[str, Any]


class Remove(NamedTuple):
    """The row with this whole primary key is gone."""

    table: sa.Table
    key: Mapping[str, Any]


Change = Put | Remove

Keyed = Callable[[str], bytes]
"""A keyed hash of a text (HMAC-SHA256) under a secret of one view alone, derived from the service's own."""


@dataclass(frozen=True, slots=True)
class View:
    """One question and the tables that answer it. *name* is durable; raise *revision* when tables or rules change.

    *tables* is a `MetaData` whose ``schema`` is *name*. *heard* maps a publishing service to what its words change,
    called with the word and its published number. *own* is the same for the service's own log, private facts
    included, personal fields sealed. *blind*, in place of *own*, is given the fields named in *opens* opened, and a
    keyed hash: of what is personal its rows hold hashes alone (decision 0016). Its tables are keyed by ``person_id``,
    and a person's rows go with the keys.
    """

    name: str
    revision: int
    tables: sa.MetaData
    heard: Mapping[str, Callable[[PublicEvent, int], Iterable[Change]]] = field(default_factory=dict)
    own: Callable[[Recorded], Iterable[Change]] | None = None
    blind: Callable[[Recorded, Keyed], Iterable[Change]] | None = None
    opens: Collection[str] = ()

    @property
    def follows_own(self) -> bool:
        """Whether it follows its service's own log."""
        return self.own is not None or self.blind is not None
