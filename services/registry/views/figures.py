"""How many workers does each village have? Counted over the rows of `people` when it is read.

The dead count, since a worker's family stays the programme's concern, and so do the erased: a count tells of nobody. A
human who was registered twice counts once.
"""

from typing import Any

import sqlalchemy as sa

from services.registry.views.people import ALIASES, people

workers_by_village = (
    sa.select(people.c.village, sa.func.count().label("workers"))
    .where(people.c.worker, ALIASES.for_itself(people.c.person_id))
    .group_by(people.c.village)
    .subquery("workers_by_village")
)


def figures() -> sa.Select[Any]:
    """One row for each village that has workers, to be ordered by village."""
    return sa.select(workers_by_village)
