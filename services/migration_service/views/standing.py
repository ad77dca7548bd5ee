"""How many of each village's workers are abroad, home on leave, home for good, or dead?

Counted are workers, not trips: the trip with the latest departure says where somebody stands, and death wins. Trips
are this service's own; who is a worker of which village, and who died, is heard from the registry.
"""

from collections.abc import Iterable
from typing import Any

import sqlalchemy as sa

from shared.recorded import Recorded
from shared.views import Change, View
from shared.whereabouts import Whereabouts

_tables = sa.MetaData(schema="standing")
_said = Whereabouts(_tables)
_standings = _said.standings()


def own(recorded: Recorded) -> Iterable[Change]:
    """What this service itself said of a trip."""
    word = recorded.word
    if word is not None and recorded.published is not None:
        yield from _said.migration_service(word, recorded.published)


VIEW = View(name="standing", revision=3, tables=_tables, heard={"registry": _said.registry}, own=own)
"""The view; own words and the registry's."""

VILLAGE = _standings.c.village
"""The workers' village, a dotted code."""


def figures() -> sa.Select[Any]:
    """One row a village that has somebody to count: village, abroad, on_leave, returned, deceased."""
    standing = _standings.c.standing
    return (
        sa.select(
            VILLAGE,
            *(
                sa.func.count().filter(standing == counted).label(figure)
                for figure, counted in (
                    ("abroad", "abroad"),
                    ("on_leave", "on_leave"),
                    ("returned", "for_good"),
                    ("deceased", "deceased"),
                )
            ),
        )
        .where(standing.is_not(None))
        .group_by(VILLAGE)
    )
