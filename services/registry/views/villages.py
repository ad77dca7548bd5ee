"""Where does each village stand in each programme, since when and by which decree?

Follows the registry's own log. *version* is the version of the village's history in that programme: the ETag of an
edit. A village of which everything was taken back has no row.
"""

from collections.abc import Iterable
from typing import Any

import sqlalchemy as sa

from services.registry.domain.village import (
    Stage,
    VillageActivated,
    VillageDesignated,
    VillageProgrammeEnded,
    VillageProposed,
    VillageStepRetracted,
)
from shared.recorded import Recorded
from shared.views import Change, Put, Remove, View

_tables = sa.MetaData(schema="villages")

villages = sa.Table(
    "villages",
    _tables,
    sa.Column("village", sa.Text, primary_key=True),
    sa.Column("programme", sa.Text, primary_key=True),
    sa.Column("version", sa.Integer),
    sa.Column("stage", sa.Text),
    sa.Column("proposed_on", sa.Text, comment="ISO 8601, as precise as it is known, like the others"),
    sa.Column("year", sa.Integer),
    sa.Column("decree", sa.Text),
    sa.Column("active_since", sa.Text),
    sa.Column("ended_on", sa.Text),
)

_SAID_AFTER: dict[Stage, tuple[str, ...]] = {
    "proposed": ("year", "decree", "active_since", "ended_on"),
    "designated": ("active_since", "ended_on"),
    "active": ("ended_on",),
    "ended": (),
}
"""What later steps say: nothing where the village stands at this stage again."""


def project(recorded: Recorded) -> Iterable[Change]:
    """What a fact about a village changes in its row."""
    event = recorded.event
    match event:
        case VillageProposed():
            changed: dict[str, Any] = {"stage": "proposed", "proposed_on": str(event.occurred)}
        case VillageDesignated():
            changed = {"stage": "designated", "year": event.year, "decree": event.decree}
        case VillageActivated():
            changed = {"stage": "active", "active_since": str(event.occurred)}
        case VillageProgrammeEnded():
            changed = {"stage": "ended", "ended_on": str(event.occurred)}
        case VillageStepRetracted():
            if event.stage is None:
                yield Remove(villages, {"village": event.village, "programme": event.programme})
                return
            changed = {"stage": event.stage, **dict.fromkeys(_SAID_AFTER[event.stage])}
        case _:
            return
    key = {"village": event.village, "programme": event.programme}
    yield Put(villages, {**key, "version": recorded.version, **changed})


def standing(code: str | None = None, programme: str | None = None) -> sa.Select[Any]:
    """One row for each village and programme, to be ordered by both; of *code*, of *programme* alone if given."""
    query = sa.select(villages)
    if code is not None:
        query = query.where(villages.c.village == code)
    return query if programme is None else query.where(villages.c.programme == programme)


def by_year() -> sa.Select[Any]:
    """How many villages were designated in each year, by programme; to be ordered by both."""
    return (
        sa.select(villages.c.programme, villages.c.year, sa.func.count().label("villages"))
        .where(villages.c.year.is_not(None))
        .group_by(villages.c.programme, villages.c.year)
    )


VIEW = View(name="villages", revision=3, tables=_tables, own=project)
