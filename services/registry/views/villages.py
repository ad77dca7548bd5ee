"""Which villages are designated for the programme, for which year and by which decree?

Follows the registry's own log.
"""

from collections.abc import Iterable
from typing import Any

import sqlalchemy as sa

from services.registry.domain.village import VillageDesignated
from shared.recorded import Recorded
from shared.views import Change, Put, View

_tables = sa.MetaData(schema="villages")

villages = sa.Table(
    "villages",
    _tables,
    sa.Column("village", sa.Text, primary_key=True),
    sa.Column("version", sa.Integer),
    sa.Column("year", sa.Integer),
    sa.Column("decree", sa.Text),
)


def project(recorded: Recorded) -> Iterable[Change]:
    """What a fact about a village changes in its row."""
    event = recorded.event
    if isinstance(event, VillageDesignated):
        row = {"village": event.village, "version": recorded.version, "year": event.year, "decree": event.decree}
        yield Put(villages, row)


def designated(code: str | None = None) -> sa.Select[Any]:
    """One row for each designated village, to be ordered by code; or that of *code* alone."""
    query = sa.select(villages)
    return query if code is None else query.where(villages.c.village == code)


VIEW = View(name="villages", revision=2, tables=_tables, own=project)
