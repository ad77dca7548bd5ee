"""Who may be meant by a name that is written a little differently? Candidates, whose names the API opens and ranks.

A blind index: of a name it holds 64 bits, one set for each piece of the name, at the place that a keyed hash gives the
piece and that many pieces share. Persons are spread over shelves, and on each shelf a piece has another place, so that
equal names look alike only there. Of a birth date it holds the keyed hash of its year, cut to one of a few. Decision
0016 says what that gives away, and to whom. Follows the registry's own log, opened; an erased person has no row. Who
was registered twice has two, and is found by either name, as who stands for both.
"""

from collections.abc import Callable, Iterable, Sequence
from functools import lru_cache
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import ARRAY, BIT
from sqlalchemy.sql.elements import Grouping

from services.registry.domain.names import pieces_of, spelled
from services.registry.domain.person import (
    BirthDateCorrected,
    NameCorrected,
    PersonErased,
    PersonRegistered,
    VillageCorrected,
)
from services.registry.views.people import ALIASES, everyone, people
from shared.personal import known
from shared.recorded import Recorded
from shared.views import Change, Keyed, Put, Remove, View

BITS = 64
"""So many places there are for the pieces of all names."""
SHELVES = 32
"""One for each byte of a hash."""
_YEARS = 8
"""So many places there are for years of birth."""
NEAREST = 300
"""Of so many persons the names are opened and ranked."""
MOST_BEARERS = 2_000
"""So many persons are looked at who may bear the names of one page; of more it is known only that there are more."""
_SIGN = 1 << (BITS - 1)
_WORDS_REMEMBERED = 1 << 13

Bits = tuple[int, ...]
"""The bits of a name on each shelf, as PostgreSQL has a bigint."""

Within = Callable[[sa.ColumnElement[Any]], Sequence[sa.ColumnElement[bool]]]
"""The conditions on a village."""

_tables = sa.MetaData(schema="search")

names = sa.Table(
    "names",
    _tables,
    sa.Column("person_id", sa.Uuid, primary_key=True),
    sa.Column("village", sa.Text),
    sa.Column("shelf", sa.Integer, comment="by the person's id"),
    sa.Column("bits", sa.BigInteger, comment="keyed: places of the name's pieces on that shelf"),
    sa.Column("born", sa.Integer, comment="keyed: place of the year of birth"),
    sa.Index("names_by_village", "village"),
)


def project(recorded: Recorded, keyed: Keyed) -> Iterable[Change]:
    """What a fact about a person, opened, changes in that person's row."""
    event = recorded.event
    match event:
        case PersonRegistered():
            name, born = known(event.full_name), known(event.birth_date)
            if name is None:
                return
            changed: dict[str, Any] = {
                "village": event.village,
                **_bits_of(event.person_id, name, keyed),
                "born": None if born is None else year_place(born.year, keyed),
            }
        case NameCorrected():
            name = known(event.full_name)
            if name is None:
                return
            changed = _bits_of(event.person_id, name, keyed)
        case BirthDateCorrected():
            born = known(event.birth_date)
            changed = {"born": None if born is None else year_place(born.year, keyed)}
        case VillageCorrected():
            changed = {"village": event.village}
        case PersonErased():
            yield Remove(names, {"person_id": event.person_id})
            return
        case _:
            return
    yield Put(names, {"person_id": event.person_id, **changed})


def _bits_of(person_id: UUID, name: str, keyed: Keyed) -> dict[str, int]:
    shelf = person_id.int % SHELVES
    return {"shelf": shelf, "bits": _on_shelf(shelf, _digests(name, keyed))}


def bits(name: str, keyed: Keyed) -> Bits:
    """The places of the pieces of *name*, on each shelf."""
    digests = _digests(name, keyed)
    return tuple(_on_shelf(shelf, digests) for shelf in range(SHELVES))


def _digests(name: str, keyed: Keyed) -> list[bytes]:
    return [digest for word in spelled(name).split() for digest in _of_word(word, keyed)]


@lru_cache(maxsize=_WORDS_REMEMBERED)
def _of_word(word: str, keyed: Keyed) -> tuple[bytes, ...]:
    """Names share their words: the same few thousand come again and again."""
    return tuple(keyed(f"piece {piece}") for piece in pieces_of(word))


def _on_shelf(shelf: int, digests: Iterable[bytes]) -> int:
    return _signed({digest[shelf] % BITS for digest in digests})


def _signed(places: Iterable[int]) -> int:
    value = sum(1 << place for place in places)
    return (value ^ _SIGN) - _SIGN


def year_place(year: int, keyed: Keyed) -> int:
    """The place of a year of birth."""
    return keyed(f"year {year}")[0] % _YEARS


def nearest(wanted: Bits, born: int | None, within: Within) -> sa.Select[Any]:
    """The ciphertext of name and birth date of those whose names may be likest to the one of these bits, nearest first.

    *within* gives the conditions on a village; *born*: the place of a year of birth.
    """
    there = _there(within)
    asked = _on_its_shelf(wanted, there)
    both, all_there = _count(there.c.bits.op("&")(asked)), _count(there.c.bits) + _count(asked)
    nearness = sa.cast(both, sa.Float) / all_there
    found = (
        sa.select(there.c.person_id, there.c.survivor, nearness.label("nearness"))
        .where(both > 0, *_born(born, there))
        .order_by(nearness.desc(), there.c.person_id)
        .limit(NEAREST)
        .subquery("found")
    )
    survivor = people.alias("survivor")
    return (
        sa.select(people.c.full_name, survivor.c.birth_date)
        .select_from(
            people.join(found, found.c.person_id == people.c.person_id).join(
                survivor, survivor.c.person_id == found.c.survivor
            )
        )
        .where(people.c.erased.is_not(True), survivor.c.erased.is_not(True))
        .order_by(found.c.nearness.desc(), people.c.person_id)
    )


def bearers(of: Iterable[Bits], born: int | None, within: Within, also: UUID | None = None) -> sa.Select[Any]:
    """Those who may bear just one of the names of these bits, and *also*, by village: rows of `registrations`.

    One more than `MOST_BEARERS` where there are more.
    """
    there = _there(within)
    any_of = sa.or_(*(there.c.bits == _on_its_shelf(wanted, there) for wanted in of))
    found: sa.SelectBase = sa.select(there.c.person_id).where(any_of, *_born(born, there))
    if also is not None:
        found = sa.union(found, sa.select(sa.literal(also, sa.Uuid).label("person_id")))
    return registrations(found).limit(MOST_BEARERS + 1)


def registrations(of: sa.SelectBase) -> sa.Select[Any]:
    """Rows as the view `people` has them, of the humans whose ids, any of them, *of* selects, by village.

    Name and NIK are those of that very registration: of a human who was registered twice there may be two rows.
    """
    asked = of.subquery("asked")
    shown, said = everyone().subquery("shown"), people.alias("said")
    others = (column for column in shown.c if column.name not in ("full_name", "nik"))
    return (
        sa.select(*others, said.c.full_name, said.c.nik)
        .select_from(
            asked.join(said, said.c.person_id == asked.c.person_id).join(
                shown, shown.c.person_id == ALIASES.survivor(asked.c.person_id)
            )
        )
        .where(said.c.erased.is_not(True), shown.c.erased.is_not(True))
        .order_by(shown.c.village, shown.c.person_id, said.c.person_id)
    )


def _there(within: Within) -> sa.Subquery:
    """The names of all who live there: those of duplicates too, where who stands for them lives there."""
    survivor, merged = names.alias("survivor"), ALIASES.merged
    own = sa.select(
        names.c.person_id, names.c.person_id.label("survivor"), names.c.shelf, names.c.bits, names.c.born
    ).where(*within(names.c.village), ALIASES.for_itself(names.c.person_id))
    of_duplicates = (
        sa.select(names.c.person_id, survivor.c.person_id, names.c.shelf, names.c.bits, survivor.c.born)
        .select_from(
            names.join(merged, merged.c.person_id == names.c.person_id).join(
                survivor, survivor.c.person_id == merged.c.into
            )
        )
        .where(*within(survivor.c.village))
    )
    return own.union_all(of_duplicates).subquery("there")


def _on_its_shelf(wanted: Bits, there: sa.Subquery) -> sa.ColumnElement[int]:
    """What a row is held against: an array of PostgreSQL begins with 1."""
    on_each = Grouping(sa.literal(list(wanted), ARRAY(sa.BigInteger)))  # a[1] needs (a) here
    found: sa.ColumnElement[int] = on_each[there.c.shelf + 1]
    return found


def _count(of: sa.ColumnElement[Any]) -> sa.ColumnElement[int]:
    return sa.func.bit_count(sa.cast(of, BIT(BITS)), type_=sa.Integer)


def _born(place: int | None, there: sa.Subquery) -> list[sa.ColumnElement[bool]]:
    return [] if place is None else [there.c.born == place]


VIEW = View(name="search", revision=1, tables=_tables, blind=project, opens=("full_name", "birth_date"))
