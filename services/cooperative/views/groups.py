"""Which groups there are (daftar kelompok) and who belongs to them: cooperative's own log.

A human belongs once to a group, under the id that stands for all; who stands for whom is what the roster of prospects
heard.
"""

from collections.abc import Iterable
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import JSONB

from services.cooperative.domain.group import GroupFormed, MemberJoined, MemberLeft
from services.cooperative.views.prospects import ALIASES
from shared.recorded import Recorded
from shared.views import Change, Put, Remove, View

_tables = sa.MetaData(schema="groups")

_groups = sa.Table(
    "groups",
    _tables,
    sa.Column("group_id", sa.Uuid, primary_key=True),
    sa.Column("village", sa.Text),
    sa.Column("group_name", sa.Text),
    sa.Index("groups_by_village", "village", "group_id"),
)
_members = sa.Table(
    "members",
    _tables,
    sa.Column("group_id", sa.Uuid, primary_key=True),
    sa.Column("person_id", sa.Uuid, primary_key=True),
    sa.Column("joined_on", sa.Date),
)
_facts = sa.Table(
    "facts",
    _tables,
    sa.Column("group_id", sa.Uuid, primary_key=True),
    sa.Column("version", sa.BigInteger, primary_key=True),
    comment="which facts of a group's history are in the rows",
)


def own(recorded: Recorded) -> Iterable[Change]:
    """What a fact of a group changes."""
    group_id = recorded.stream_id
    match recorded.event:
        case GroupFormed() as event:
            yield Put(
                _groups,
                {
                    "group_id": group_id,
                    "village": event.village,
                    "group_name": event.group_name,
                },
            )
        case MemberJoined() as event:
            yield Put(_members, {"group_id": group_id, "person_id": event.person_id, "joined_on": event.occurred.on})
        case MemberLeft() as event:
            yield Remove(_members, {"group_id": group_id, "person_id": event.person_id})
        case _:
            return  # the kernel's own events
    yield Put(_facts, {"group_id": group_id, "version": recorded.version})


VIEW = View(name="groups", revision=2, tables=_tables, own=own)
"""The view; it follows cooperative's log alone."""

VILLAGE = _groups.c.village
"""Where a group was formed, a dotted code."""
KEY = (VILLAGE, _groups.c.group_id)
"""The order of `groups`: by village."""

_version = (
    sa.select(sa.func.count()).select_from(_facts).where(_facts.c.group_id == _groups.c.group_id).scalar_subquery()
)
"""How many facts are in the rows: the history's version once all of them are, and less while somebody's wait."""


_human = ALIASES.survivor(_members.c.person_id)


def groups() -> sa.Select[Any]:
    """One row a group: group_id, village, group_name, members (how many)."""
    members = (
        sa.select(sa.func.count(sa.distinct(_human))).where(_members.c.group_id == _groups.c.group_id).scalar_subquery()
    )
    return sa.select(_groups.c.group_id, VILLAGE, _groups.c.group_name, members.label("members"))


def group(group_id: UUID) -> sa.Select[Any]:
    """The group with this id: group_id, village, group_name, version, members.

    *members* are ``{"person_id", "joined_on"}`` in the order of their ids.
    """
    human = (
        sa.select(_human.label("person_id"), sa.func.min(_members.c.joined_on).label("joined_on"))
        .where(_members.c.group_id == _groups.c.group_id)
        .group_by(_human)
        .correlate(_groups)
        .lateral("human")
    )
    member = sa.func.jsonb_build_object("person_id", human.c.person_id, "joined_on", human.c.joined_on)
    members = (
        sa.select(sa.func.jsonb_agg(member).aggregate_order_by(human.c.person_id)).correlate(_groups).scalar_subquery()
    )
    return sa.select(
        _groups.c.group_id,
        VILLAGE,
        _groups.c.group_name,
        _version.label("version"),
        sa.type_coerce(sa.func.coalesce(members, sa.func.jsonb_build_array()), JSONB).label("members"),
    ).where(_groups.c.group_id == group_id)
