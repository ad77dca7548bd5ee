"""Who may join a group (calon anggota koperasi): workers who are home for good, alive, and in no group yet.

A worker home on leave (cuti) is no prospect, nor is one who left again. A member who leaves a group is a prospect
once more.
"""

from collections.abc import Iterable
from functools import cache
from typing import Any

import sqlalchemy as sa

from services.cooperative.domain.group import MemberJoined, MemberLeft
from shared.recorded import Recorded
from shared.views import Change, Put, Remove, View
from shared.whereabouts import Whereabouts, as_known

_tables = sa.MetaData(schema="prospects")
_said = Whereabouts(_tables)
_members = sa.Table(
    "members",
    _tables,
    sa.Column("person_id", sa.Uuid, primary_key=True),
    sa.Column("group_id", sa.Uuid, primary_key=True),
)


def own(recorded: Recorded) -> Iterable[Change]:
    """What a fact of a group changes."""
    match recorded.event:
        case MemberJoined() as event:
            yield Put(_members, {"person_id": event.person_id, "group_id": recorded.stream_id})
        case MemberLeft() as event:
            yield Remove(_members, {"person_id": event.person_id, "group_id": recorded.stream_id})
        case _:
            pass  # no other fact moves anybody


VIEW = View(
    name="prospects",
    revision=3,
    tables=_tables,
    heard={"registry": _said.registry, "migration_service": _said.migration_service},
    own=own,
)
"""The view: what the registry and the migration service said, and who belongs to a group."""

_worker = _said.standings()

PERSON = _worker.c.person_id
"""Whom a row of `prospects` is about."""
ALIASES = _said.aliases
"""Who stands for whom."""
VILLAGE = _worker.c.village
"""Where they live, a dotted code."""
KEY = (VILLAGE, PERSON)
"""The order of `prospects`: that of the index *people_by_village*, so that a page reads one village after the other."""


@cache
def prospects() -> sa.Select[Any]:
    """One row a prospective member: person_id, village, since (the day of the return, as precise as it is known)."""
    member = (
        sa.select(sa.literal(1))
        .select_from(_members)
        .where(_members.c.person_id == sa.any_(_said.aliases.ids(PERSON)))
        .exists()
    )
    # Null for who is no prospect: Postgres expects most rows to pass IS NOT NULL, so it walks the index in the order of
    # `KEY` and stops when the page is full, instead of working out the whole region and sorting.
    home_since = sa.case((_worker.c.standing == "for_good", _worker.c.since))
    since = as_known(_worker.c.since, _worker.c.since_precision)
    return sa.select(PERSON, VILLAGE, since.label("since")).where(home_since.is_not(None), ~member)


@cache
def figures() -> sa.Select[Any]:
    """One row a village that has prospects: village, cooperative_prospects."""
    return (
        prospects()
        .with_only_columns(VILLAGE, sa.func.count().label("cooperative_prospects"), maintain_column_froms=True)
        .group_by(VILLAGE)
    )
