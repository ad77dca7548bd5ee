"""Which workers have a service file (berkas layanan), where are they served, and which trips are in it?

Who was registered twice has one file: that of who stands for both, with the trips of both.
"""

from collections.abc import Iterable
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import JSONB

from services.migration_service.domain.service_file import (
    ServiceFileErased,
    ServiceFileMerged,
    ServiceFileMoved,
    ServiceFileOpened,
    ServiceFileUnmerged,
)
from services.migration_service.domain.trip import OfTrip
from shared.aliases import Aliases
from shared.recorded import Recorded
from shared.views import Change, Put, Remove, View

_tables = sa.MetaData(schema="service_files")

_files = sa.Table(
    "files",
    _tables,
    sa.Column("worker_id", sa.Uuid, primary_key=True),
    sa.Column("village", sa.Text),
    sa.Column("opened_on", sa.Date),
    sa.Column("erased", sa.Boolean),
    sa.Index("files_by_village", "village", "worker_id"),
)
_trips = sa.Table(
    "trips",
    _tables,
    sa.Column("trip_id", sa.Uuid, primary_key=True),
    sa.Column("worker_id", sa.Uuid),
    sa.Column("departed_until", sa.Date, comment="last day of the interval of departure"),
    sa.Index("trips_by_worker", "worker_id"),
)

ALIASES = Aliases(_tables)
"""Who stands for whom."""


def own(recorded: Recorded) -> Iterable[Change]:
    """What a fact of this service changes; a retracted trip is in no file."""
    match recorded.event:
        case ServiceFileOpened() as event:
            yield Put(_files, {"worker_id": event.worker_id, "village": event.village, "opened_on": event.occurred.on})
        case ServiceFileMoved() as event:
            yield Put(_files, {"worker_id": event.worker_id, "village": event.village})
        case ServiceFileErased() as event:
            yield Put(_files, {"worker_id": event.worker_id, "erased": True})
        case ServiceFileMerged() as event:
            yield ALIASES.merge(event.worker_id, event.into)
        case ServiceFileUnmerged() as event:
            yield ALIASES.unmerge(event.worker_id)
        case OfTrip() as event:
            trip = event.trip
            if trip.standing == "retracted":
                yield Remove(_trips, {"trip_id": trip.trip_id})
            else:
                row = {
                    "trip_id": trip.trip_id,
                    "worker_id": event.worker_id,
                    "departed_until": trip.departed.until,
                }
                yield Put(_trips, row)
        case _:
            pass  # the kernel's own events


VIEW = View(name="service_files", revision=3, tables=_tables, own=own)
"""The view; it follows this service's own log alone."""

WORKER = _files.c.worker_id
"""Whose file it is."""
VILLAGE = _files.c.village
"""Where the worker is served, a dotted code."""
KEY = (VILLAGE, WORKER)
"""The order of `service_files`: by village."""


def service_files() -> sa.Select[Any]:
    """One row a file: worker_id, village, opened_on, trips (their ids, the earliest departure first)."""
    ids = (
        sa.select(sa.func.jsonb_agg(_trips.c.trip_id).aggregate_order_by(_trips.c.departed_until, _trips.c.trip_id))
        .where(_trips.c.worker_id == sa.any_(ALIASES.ids(WORKER)))
        .scalar_subquery()
    )
    trips = sa.type_coerce(sa.func.coalesce(ids, sa.func.jsonb_build_array()), JSONB)
    return sa.select(WORKER, VILLAGE, _files.c.opened_on, trips.label("trips")).where(
        _files.c.erased.is_not(True), ALIASES.for_itself(WORKER)
    )
