"""Which facilities does each village have, and in which condition were they found?

Follows the registry's own log. *version* is the version of the facility's history: the ETag of an edit; *fact* names a
report where it is corrected. Reports of a facility that was taken back stay, and are shown nowhere: each fact changes
the rows whose keys it names.
"""

from collections.abc import Iterable
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import aggregate_order_by

from services.registry.domain.facility import (
    FacilityClosed,
    FacilityClosingRetracted,
    FacilityConditionCorrected,
    FacilityConditionReported,
    FacilityConditionRetracted,
    FacilityOpened,
    FacilityOpeningCorrected,
    FacilityRetracted,
)
from shared.recorded import Recorded
from shared.views import Change, Put, Remove, View

_tables = sa.MetaData(schema="facilities")

facilities = sa.Table(
    "facilities",
    _tables,
    sa.Column("facility_id", sa.Uuid, primary_key=True),
    sa.Column("version", sa.Integer),
    sa.Column("village", sa.Text),
    sa.Column("kind", sa.Text),
    sa.Column("opened_on", sa.Text, comment="ISO 8601, as precise as it is known, like the others"),
    sa.Column("closed_on", sa.Text),
    sa.Index("facilities_by_village", "village", "facility_id"),
)
reports = sa.Table(
    "reports",
    _tables,
    sa.Column("facility_id", sa.Uuid, primary_key=True),
    sa.Column("fact", sa.Integer, primary_key=True),
    sa.Column("reported_on", sa.Text),
    sa.Column("condition", sa.Text),
)


def project(recorded: Recorded) -> Iterable[Change]:
    """What a fact about a facility changes in its rows."""
    event = recorded.event
    changed: dict[str, Any] = {}
    match event:
        case FacilityOpened():
            changed = {"village": event.village, "kind": event.kind, "opened_on": str(event.occurred)}
        case FacilityOpeningCorrected():
            changed = {"kind": event.kind, "opened_on": str(event.occurred)}
        case FacilityConditionReported():
            yield Put(reports, _report(event, recorded.version))
        case FacilityConditionCorrected():
            yield Remove(reports, {"facility_id": event.facility_id, "fact": event.corrects})
            yield Put(reports, _report(event, recorded.version))
        case FacilityConditionRetracted():
            yield Remove(reports, {"facility_id": event.facility_id, "fact": event.corrects})
        case FacilityClosed():
            changed = {"closed_on": str(event.occurred)}
        case FacilityClosingRetracted():
            changed = {"closed_on": None}
        case FacilityRetracted():
            yield Remove(facilities, {"facility_id": event.facility_id})
            return
        case _:
            return
    yield Put(facilities, {"facility_id": event.facility_id, "version": recorded.version, **changed})


def _report(event: FacilityConditionReported | FacilityConditionCorrected, fact: int) -> dict[str, Any]:
    return {
        "facility_id": event.facility_id,
        "fact": fact,
        "reported_on": str(event.occurred),
        "condition": event.condition,
    }


def found() -> sa.Select[Any]:
    """One row for each facility, with its reports (as a list, by day), to be ordered by village and id."""
    report = sa.func.json_build_object(
        "fact", reports.c.fact, "on", reports.c.reported_on, "condition", reports.c.condition
    )
    listed = sa.func.json_agg(aggregate_order_by(report, reports.c.reported_on, reports.c.fact))
    return sa.select(
        facilities,
        sa.select(sa.func.coalesce(listed, sa.literal_column("'[]'::json"), type_=sa.JSON))
        .where(reports.c.facility_id == facilities.c.facility_id)
        .scalar_subquery()
        .label("reports"),
    )


VIEW = View(name="facilities", revision=1, tables=_tables, own=project)
