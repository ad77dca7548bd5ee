"""Which children have a parent abroad (anak yang ditinggal orang tua bekerja di luar negeri), and who guards them.

A child stands on the roster while at least one parent stands abroad. A parent home on leave (cuti) or dead is not
abroad. It is off on its 18th birthday, when the registry says that it came of age. Of children only the year of birth
travels: of any other year than that of the birthday it decides alone; of that year, whether the child is known to be of
age by now. A child whose year is unknown stays until then. Nobody dead or erased is named, as child, parent or
guardian. Children are listed under their own village, which need not be the parent's.
"""

from datetime import date
from functools import cache
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import ARRAY

from shared.views import View
from shared.whereabouts import Whereabouts

ADULT_AT = 18
"""Years; under 18 somebody is a child (UU 35/2014 Ps 1, perlindungan anak)."""

_tables = sa.MetaData(schema="children")
_said = Whereabouts(_tables, kin=True, ages=True)

VIEW = View(
    name="children",
    revision=3,
    tables=_tables,
    heard={"registry": _said.registry, "migration_service": _said.migration_service},
)
"""The view; every row of it is what the registry or the migration service said."""

PERSON = _said.people.c.person_id
"""Whom a row of `children` is about."""
ALIASES = _said.aliases
"""Who stands for whom."""
VILLAGE = _said.people.c.village
"""Where the child lives, a dotted code."""
KEY = (VILLAGE, PERSON)
"""The order of `children`: that of the index *people_by_village*, so that a page reads one village after the other."""


def children(on: date) -> sa.Select[Any]:
    """One row a child: person_id, village, birth_year, guardian_id, parents_abroad (a list of worker ids).

    *on* decides of the age alone; where the parents stand is as it is known now.
    """
    age = _age()
    # A year that was told of a minor decides of any day outside that of the birthday; of that year, and where no year
    # was told, only that somebody is of age is known.
    in_question = age.c.birth_year.is_(None) | (age.c.birth_year == on.year - ADULT_AT)
    young = sa.case((in_question, age.c.of_age.is_not(True)), else_=age.c.birth_year > on.year - ADULT_AT)
    return _of_any_age().where(young)


def figures(on: date) -> sa.Select[Any]:
    """One row a village that has such children: village, children_with_parent_abroad; *on* as for `children`."""
    return (
        children(on)
        .with_only_columns(VILLAGE, sa.func.count().label("children_with_parent_abroad"), maintain_column_froms=True)
        .group_by(VILLAGE)
    )


@cache
def _of_any_age() -> sa.Select[Any]:
    people = _said.people
    own = _said.standings().alias("own")
    parents, age, guard = _parents_abroad(), _age(), _guardian()
    return (
        sa.select(PERSON, VILLAGE, age.c.birth_year, guard.c.guardian_id, parents.c.parents_abroad)
        .select_from(
            people.outerjoin(own, own.c.person_id == PERSON)
            .join(parents, sa.true())
            .join(age, sa.true())
            .outerjoin(guard, sa.true())
        )
        .where(
            VILLAGE.is_not(None),
            people.c.died_on.is_(None),
            people.c.erased.is_not(True),
            _said.aliases.for_itself(PERSON),
            # A minor may have worked abroad, and died there before the registry knows.
            own.c.standing.is_distinct_from("deceased"),
            parents.c.parents_abroad.is_not(None),
        )
    )


@cache
def _age() -> sa.FromClause:
    """One row: *birth_year*, *of_age*. Asked of the child of `_parents_abroad`, so that it is asked of few."""
    return _said.age(_parents_abroad().c.child_id)


@cache
def _parents_abroad() -> sa.FromClause:
    """One row: *child_id*, *parents_abroad*, null where there is none."""
    kin, aliases = _said.kin, _said.aliases
    parent = _said.standings().alias("parent")
    return (
        sa.select(
            # Distinct: a parent may have been named under two ids.
            sa.func.array_agg(sa.distinct(parent.c.person_id), type_=ARRAY(sa.Uuid))
            .aggregate_order_by(parent.c.person_id)
            .label("parents_abroad"),
            PERSON.label("child_id"),
        )
        .select_from(kin.join(parent, parent.c.person_id == aliases.survivor(kin.c.person_id)))
        .where(
            kin.c.relative_id == sa.any_(aliases.ids(PERSON)), kin.c.relation == "child", parent.c.standing == "abroad"
        )
        .lateral("parents")
    )


def _guardian() -> sa.FromClause:
    """At most one row: *guardian_id* (wali), alive; where the parents named several, whom the one abroad named last."""
    kin, aliases = _said.kin, _said.aliases
    naming = _said.standings().alias("naming")
    guardian = _said.people.alias("guardian")
    return (
        sa.select(guardian.c.person_id.label("guardian_id"))
        .select_from(
            kin.join(guardian, guardian.c.person_id == aliases.survivor(kin.c.guardian_id)).outerjoin(
                naming, naming.c.person_id == aliases.survivor(kin.c.person_id)
            )
        )
        .where(
            kin.c.relative_id == sa.any_(aliases.ids(PERSON)),
            kin.c.relation == "child",
            ~_said.dead(guardian),
            guardian.c.erased.is_not(True),
        )
        .order_by(
            sa.func.coalesce(naming.c.standing == "abroad", False).desc(),
            naming.c.since.desc().nulls_last(),
            kin.c.person_id,
        )
        .limit(1)
        .lateral("guard")
    )
