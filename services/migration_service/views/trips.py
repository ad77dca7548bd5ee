"""Which trips are there, where does each stand, and what was said of it when?

Rows are made of this service's own facts. Who may see a trip is said by its worker's service file as it stands now;
the trips of an erased person are not shown. Two trips of one person that cannot both be so are shown as a
contradiction to clear: each names the others that it overlaps. The trips of somebody who was registered twice are shown
under the id that stands for both.
"""

from collections.abc import Iterable, Mapping
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import JSONB

from services.migration_service.domain.service_file import (
    ServiceFileErased,
    ServiceFileMerged,
    ServiceFileMoved,
    ServiceFileOpened,
    ServiceFileUnmerged,
)
from services.migration_service.domain.trip import (
    DepartureCorrected,
    DepartureRetracted,
    LeaveEndCorrected,
    LeaveEndRetracted,
    OfDeparture,
    OfTrip,
    ReturnCorrected,
    Returned,
    ReturnRetracted,
)
from shared.aliases import Aliases
from shared.codec import sealed_json
from shared.recorded import Recorded
from shared.views import Change, Put, View
from shared.vocabulary import Occurred, Precision

_tables = sa.MetaData(schema="trips")

_files = sa.Table(
    "files",
    _tables,
    sa.Column("worker_id", sa.Uuid, primary_key=True),
    sa.Column("village", sa.Text),
    sa.Column("erased", sa.Boolean),
    sa.Index("files_by_village", "village", "worker_id"),
)
_trips = sa.Table(
    "trips",
    _tables,
    sa.Column("trip_id", sa.Uuid, primary_key=True),
    sa.Column("worker_id", sa.Uuid),
    sa.Column("version", sa.BigInteger, comment="of the trip's history, for ETag"),
    sa.Column("departed_on", sa.Date),
    sa.Column("departed_precision", sa.Text),
    sa.Column("departed_until", sa.Date, comment="last day of the interval of departure"),
    sa.Column("country", sa.Text),
    sa.Column("decree", sa.JSON(none_as_null=True), comment="ciphertext"),
    sa.Column("contract_date", sa.Date),
    sa.Column("scheme", sa.Text),
    sa.Column("sector", sa.Text),
    sa.Column("procedure", sa.Text),
    sa.Column("standing", sa.Text),
    sa.Column("since", sa.Date),
    sa.Column("since_precision", sa.Text),
    sa.Column("reason", sa.Text, comment="of the return that the standing follows from"),
    sa.Column("ended_on", sa.Date, comment="first day of the interval in which it ended for good or by death"),
    sa.Index("trips_by_worker", "worker_id"),
)
_facts = sa.Table(
    "facts",
    _tables,
    sa.Column("trip_id", sa.Uuid, primary_key=True),
    sa.Column("version", sa.BigInteger, primary_key=True),
    sa.Column("fact", sa.Text),
    sa.Column("occurred_on", sa.Text, comment="ISO 8601, partial where less is known"),
    sa.Column("reason", sa.Text),
    sa.Column("corrects", sa.BigInteger, comment="version of the fact it corrects or retracts"),
    sa.Column("recorded_at", sa.DateTime(timezone=True)),
)

ALIASES = Aliases(_tables)
"""Who stands for whom."""


def own(recorded: Recorded) -> Iterable[Change]:
    """What a fact of this service changes."""
    match recorded.event:
        case ServiceFileOpened() | ServiceFileMoved() as event:
            yield Put(_files, {"worker_id": event.worker_id, "village": event.village})
        case ServiceFileErased() as event:
            yield Put(_files, {"worker_id": event.worker_id, "erased": True})
        case ServiceFileMerged() as event:
            yield ALIASES.merge(event.worker_id, event.into)
        case ServiceFileUnmerged() as event:
            yield ALIASES.unmerge(event.worker_id)
        case OfTrip() as event:
            yield Put(_trips, _trip(event, recorded.version))
            yield Put(_facts, _fact(event, recorded))
        case _:
            pass  # the kernel's own events


def _trip(event: OfTrip, version: int) -> dict[str, Any]:
    trip = event.trip
    row: dict[str, Any] = {
        "trip_id": trip.trip_id,
        "worker_id": event.worker_id,
        "version": version,
        "departed_on": trip.departed.on,
        "departed_precision": trip.departed.precision,
        "departed_until": trip.departed.until,
        "standing": trip.standing,
        "since": trip.since.on,
        "since_precision": trip.since.precision,
        "ended_on": trip.since.on if trip.standing in ("for_good", "deceased") else None,
    }
    if isinstance(event, OfDeparture):
        row |= {
            "country": event.country,
            "decree": sealed_json(event.decree),
            "contract_date": event.contract_date,
            "scheme": event.scheme,
            "sector": event.sector,
            "procedure": event.procedure,
        }
    elif trip.standing == "for_good" and isinstance(event, Returned | ReturnCorrected):
        row["reason"] = event.reason
    if trip.standing != "for_good":
        row["reason"] = _REASONS[trip.standing]
    return row


_REASONS: Mapping[str, str | None] = {"abroad": None, "on_leave": "leave", "deceased": "died", "retracted": None}
"""What a standing says of the reason; for good says none, so the return itself is asked."""

_CORRECTING = (
    DepartureCorrected | DepartureRetracted | ReturnCorrected | ReturnRetracted | LeaveEndCorrected | LeaveEndRetracted
)


def _fact(event: OfTrip, recorded: Recorded) -> dict[str, Any]:
    return {
        "trip_id": event.trip.trip_id,
        "version": recorded.version,
        "fact": recorded.event.name,
        "occurred_on": str(event.occurred),
        "reason": event.reason if isinstance(event, Returned | ReturnCorrected) else None,
        "corrects": event.corrects if isinstance(event, _CORRECTING) else None,
        "recorded_at": recorded.recorded_at,
    }


VIEW = View(name="trips", revision=3, tables=_tables, own=own)
"""The view; it follows this service's own log alone."""

WORKER = _files.c.worker_id
"""Whose trip it is."""
VILLAGE = _files.c.village
"""Where the worker is served now, a dotted code."""
KEY = (VILLAGE, WORKER, _trips.c.trip_id)
"""The order of `trips`: a village's workers one after the other."""


def trips() -> sa.Select[Any]:
    """One row a trip, the retracted ones too, with *overlaps*: the trips of the same person that it contradicts."""
    of_file = _trips.c.worker_id == sa.any_(ALIASES.ids(WORKER))
    return _select(of_file).where(ALIASES.for_itself(WORKER))


def trip(trip_id: UUID) -> sa.Select[Any]:
    """The trip with this id, with *decree* (ciphertext) and *facts*: all that was said of it, in order."""
    shown = (column for column in _facts.c if column is not _facts.c.trip_id)
    fact = sa.func.jsonb_build_object(*(part for c in shown for part in (sa.literal(c.name, sa.Text), c)))
    facts = (
        sa.select(sa.func.jsonb_agg(fact).aggregate_order_by(_facts.c.version))
        .where(_facts.c.trip_id == _trips.c.trip_id)
        .scalar_subquery()
    )
    of_trip = ALIASES.survivor(_trips.c.worker_id) == WORKER
    return _select(of_trip, _trips.c.decree, sa.type_coerce(facts, JSONB).label("facts")).where(
        _trips.c.trip_id == trip_id
    )


def _select(in_file: sa.ColumnElement[bool], *more: sa.ColumnElement[Any]) -> sa.Select[Any]:
    """*in_file* joins a trip with its file, as an index serves it: from the file, or from the trip."""
    hidden = ("worker_id", "decree", "departed_until", "ended_on")
    columns = (column for column in _trips.c if column.name not in hidden)
    return (
        sa.select(*columns, WORKER, VILLAGE, sa.type_coerce(_overlaps(), JSONB).label("overlaps"), *more)
        .select_from(_trips.join(_files, in_file))
        .where(_files.c.erased.is_not(True))
    )


def _overlaps() -> sa.ColumnElement[Any]:
    """Trips that certainly began before this one ended and ended after it began, as ids; leave does not end a trip."""
    other = _trips.alias("other")
    never: sa.ColumnElement[Any] = sa.literal_column("'infinity'::date")
    found = (
        sa.select(sa.func.jsonb_agg(other.c.trip_id).aggregate_order_by(other.c.trip_id))
        .where(
            other.c.worker_id == sa.any_(ALIASES.ids(WORKER)),
            other.c.trip_id != _trips.c.trip_id,
            other.c.standing != "retracted",
            _trips.c.standing != "retracted",
            other.c.departed_until < sa.func.coalesce(_trips.c.ended_on, never),
            _trips.c.departed_until < sa.func.coalesce(other.c.ended_on, never),
        )
        .scalar_subquery()
    )
    return sa.func.coalesce(found, sa.func.jsonb_build_array())


def item(row: sa.RowMapping) -> dict[str, Any]:
    """A trip as callers read it: dates as ISO 8601, partial where less is known."""
    return {
        "id": row["trip_id"],
        "worker_id": row["worker_id"],
        "village": row["village"],
        "country": row["country"],
        "departed_on": _partial(row["departed_on"], row["departed_precision"]),
        "contract_date": row["contract_date"],
        "scheme": row["scheme"],
        "sector": row["sector"],
        "procedure": row["procedure"],
        "standing": row["standing"],
        "since": _partial(row["since"], row["since_precision"]),
        "reason": row["reason"],
        "overlaps": row["overlaps"],
    }


def _partial(on: Any, precision: Precision) -> str:
    return str(Occurred(on, precision))
