"""Which pairs did somebody look at and find to be two? Follows the registry's own log."""

from collections.abc import Collection, Iterable
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import ARRAY

from services.registry.domain.namesakes import PersonsToldApart
from shared.recorded import Recorded
from shared.views import Change, Put, View

_tables = sa.MetaData(schema="namesakes")

_apart = sa.Table(
    "apart",
    _tables,
    sa.Column("person_id", sa.Uuid, primary_key=True, comment="the lower id"),
    sa.Column("other_id", sa.Uuid, primary_key=True),
)


def project(recorded: Recorded) -> Iterable[Change]:
    """What a fact about a pair changes."""
    if isinstance(event := recorded.event, PersonsToldApart):
        yield Put(_apart, {"person_id": event.person_id, "other_id": event.other_id})


VIEW = View(name="namesakes", revision=1, tables=_tables, own=project)


def told_apart(people: Collection[UUID]) -> sa.Select[Any]:
    """One row a pair of which the lower id is one of *people*: person_id, other_id."""
    return sa.select(_apart).where(_apart.c.person_id == sa.any_(sa.literal(list(people), ARRAY(sa.Uuid))))
