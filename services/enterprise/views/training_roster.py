"""Who may be trained (calon peserta pelatihan): workers who are home for good, and the spouses of workers abroad.

A person stands on the roster once, with every reason. Nobody does who is dead or erased, nor who is abroad or home on
leave (cuti) themself: a training in the village is not for somebody who is about to be elsewhere. A worker on leave is
neither abroad nor returned, so gives nobody a reason; the same after a death. Candidates are listed under their own
village, which need not be the worker's.
"""

from functools import cache
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import ARRAY, JSONB

from shared.views import View
from shared.whereabouts import Whereabouts, as_known

_tables = sa.MetaData(schema="training_roster")
_said = Whereabouts(_tables, kin=True)

VIEW = View(
    name="training_roster",
    revision=3,
    tables=_tables,
    heard={"registry": _said.registry, "migration_service": _said.migration_service},
)
"""The view; every row of it is what the registry or the migration service said."""

PERSON = _said.people.c.person_id
"""Whom a row of `roster` is about."""
ALIASES = _said.aliases
"""Who stands for whom."""
VILLAGE = _said.people.c.village
"""Where they live, a dotted code."""
KEY = (VILLAGE, PERSON)
"""The order of `roster`: that of the index *people_by_village*, so that a page reads one village after the other."""


@cache
def roster() -> sa.Select[Any]:
    """One row a candidate: person_id, village, reasons.

    *reasons* are ``{"reason": "returned" | "spouse-of-worker-abroad", "worker_id", "since"}``: for *returned* the
    worker is the person and *since* the day of the return; for a spouse, since when the worker is abroad. *since* is as
    precise as it is known: ``2024-05-03``, ``2024-05`` or ``2024``.
    """
    own = _said.standings().alias("own")
    behind = _left_behind()
    # One expression, null for who is no candidate: Postgres expects most rows to pass IS NOT NULL, so it walks the
    # index in the order of `KEY` and stops when the page is full, instead of working out the whole region and sorting.
    reasons = sa.case(
        (
            own.c.standing == "for_good",
            _list(_reason("returned", own)).op("||")(sa.func.coalesce(behind.c.reasons, _list())),
        ),
        (own.c.standing.is_(None), behind.c.reasons),
    )
    return (
        sa.select(PERSON, VILLAGE, sa.type_coerce(reasons, JSONB).label("reasons"))
        .select_from(_said.people.outerjoin(own, own.c.person_id == PERSON).join(behind, sa.true()))
        .where(
            VILLAGE.is_not(None),
            _said.people.c.died_on.is_(None),
            _said.people.c.erased.is_not(True),
            _said.aliases.for_itself(PERSON),
            reasons.is_not(None),
        )
    )


@cache
def figures() -> sa.Select[Any]:
    """One row a village that has candidates: village, training_candidates."""
    return (
        roster()
        .with_only_columns(VILLAGE, sa.func.count().label("training_candidates"), maintain_column_froms=True)
        .group_by(VILLAGE)
    )


def _left_behind() -> sa.FromClause:
    """One row: *reasons*, a list with one entry for each spouse who stands abroad, null where there is none."""
    people, kin, aliases = _said.people, _said.kin, _said.aliases
    partner = _said.standings().alias("partner")
    own_ids = aliases.ids(PERSON)
    # A marriage is recorded from whichever side it was told; two lookups, since an OR would read all kin.
    married = sa.union_all(
        *(
            sa.select(aliases.survivor(other))
            .where(one == sa.any_(own_ids), kin.c.relation == "spouse")
            .correlate(people)
            for one, other in ((kin.c.person_id, kin.c.relative_id), (kin.c.relative_id, kin.c.person_id))
        )
    )
    # As an array, whose few ids are looked up: joined, a small table of people would be read whole for each person.
    spouses = sa.func.array(married.scalar_subquery(), type_=ARRAY(sa.Uuid))
    reason = _reason("spouse-of-worker-abroad", partner)
    return (
        sa.select(sa.func.jsonb_agg(reason).aggregate_order_by(partner.c.person_id).label("reasons"))
        .where(partner.c.person_id == sa.any_(spouses), partner.c.standing == "abroad")
        .lateral("behind")
    )


def _reason(reason: str, worker: sa.FromClause) -> sa.ColumnElement[Any]:
    return sa.func.jsonb_build_object(
        "reason",
        sa.literal(reason),
        "worker_id",
        worker.c.person_id,
        "since",
        as_known(worker.c.since, worker.c.since_precision),
    )


def _list(*items: sa.ColumnElement[Any]) -> sa.ColumnElement[Any]:
    return sa.func.jsonb_build_array(*items)
