"""Which coordination meetings were held, and how many of each role came?

Follows the registry's own log. *version* is the version of the meeting's history: the ETag of an edit.
"""

from collections.abc import Iterable
from typing import Any

import sqlalchemy as sa

from services.registry.domain.meeting import MeetingCorrected, MeetingHeld, MeetingRetracted
from services.registry.views.areas import place_of
from shared.recorded import Recorded
from shared.views import Change, Put, Remove, View

_tables = sa.MetaData(schema="meetings")

meetings = sa.Table(
    "meetings",
    _tables,
    sa.Column("meeting_id", sa.Uuid, primary_key=True),
    sa.Column("version", sa.Integer),
    sa.Column("area", sa.Text),
    sa.Column("place", sa.Text, comment="the area as lists are filtered by it"),
    sa.Column("held_on", sa.Text, comment="ISO 8601, as precise as it is known"),
    sa.Column("attendance", sa.JSON(none_as_null=True), comment="how many came, by role"),
    sa.Index("meetings_by_place", "place", "meeting_id"),
)


def project(recorded: Recorded) -> Iterable[Change]:
    """What a fact about a meeting changes in its row."""
    event = recorded.event
    where: dict[str, Any] = {}
    match event:
        case MeetingHeld():
            where = {"area": event.area, "place": place_of(event.area)}
        case MeetingCorrected():
            pass
        case MeetingRetracted():
            yield Remove(meetings, {"meeting_id": event.meeting_id})
            return
        case _:
            return
    attendance = {attended.role: attended.count for attended in event.attendance}
    said = {"held_on": str(event.occurred), "attendance": attendance}
    yield Put(meetings, {"meeting_id": event.meeting_id, "version": recorded.version, **where, **said})


def held() -> sa.Select[Any]:
    """One row for each meeting, to be ordered by place and id."""
    return sa.select(meetings)


VIEW = View(name="meetings", revision=1, tables=_tables, own=project)
