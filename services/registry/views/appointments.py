"""Who serves the programme as what, where, from when until when? By person id; names stand in `people`.

Follows the registry's own log. *version* is the version of the appointment's history: the ETag of an edit.
"""

from collections.abc import Iterable
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from services.registry.domain.appointment import (
    Appointed,
    AppointmentCorrected,
    AppointmentEnded,
    AppointmentEndRetracted,
    AppointmentRetracted,
)
from services.registry.views.areas import place_of
from services.registry.views.people import ALIASES
from shared.recorded import Recorded
from shared.views import Change, Put, Remove, View

_tables = sa.MetaData(schema="appointments")

appointments = sa.Table(
    "appointments",
    _tables,
    sa.Column("appointment_id", sa.Uuid, primary_key=True),
    sa.Column("version", sa.Integer),
    sa.Column("person_id", sa.Uuid),
    sa.Column("role", sa.Text),
    sa.Column("area", sa.Text),
    sa.Column("place", sa.Text, comment="the area as lists are filtered by it"),
    sa.Column("since", sa.Text, comment="ISO 8601, as precise as it is known, like the other"),
    sa.Column("until", sa.Text),
    sa.Index("appointments_by_place", "place", "appointment_id"),
)


def project(recorded: Recorded) -> Iterable[Change]:
    """What a fact about an appointment changes in its row."""
    event = recorded.event
    match event:
        case Appointed():
            changed: dict[str, Any] = {
                "person_id": event.person_id,
                "role": event.role,
                "area": event.area,
                "place": place_of(event.area),
                "since": str(event.occurred),
            }
        case AppointmentCorrected():
            changed = {"since": str(event.occurred)}
        case AppointmentEnded():
            changed = {"until": str(event.occurred)}
        case AppointmentEndRetracted():
            changed = {"until": None}
        case AppointmentRetracted():
            yield Remove(appointments, {"appointment_id": event.appointment_id})
            return
        case _:
            return
    yield Put(appointments, {"appointment_id": event.appointment_id, "version": recorded.version, **changed})


def serving(person_id: UUID | None = None) -> sa.Select[Any]:
    """One row for each appointment, past ones too, to be ordered by place and id; of *person_id* alone if given.

    What was recorded of a duplicate is the survivor's.
    """
    whose = appointments.c.person_id
    others = (column for column in appointments.c if column is not whose)
    query = sa.select(*others, ALIASES.survivor(whose).label("person_id"))
    return query if person_id is None else query.where(whose == sa.any_(ALIASES.ids(ALIASES.survivor(person_id))))


VIEW = View(name="appointments", revision=1, tables=_tables, own=project)
