"""Who are the programme's partners, what did each promise, and was it kept?

Follows the registry's own log. *version* is the version of the partner's, of the commitment's history: the ETag of an
edit. A commitment's partner stands beside it by id alone, in whichever order the two became known.
"""

from collections.abc import Iterable
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from services.registry.domain.commitment import (
    CommitmentBroken,
    CommitmentCorrected,
    CommitmentJudgementRetracted,
    CommitmentKept,
    CommitmentMade,
    CommitmentRetracted,
)
from services.registry.domain.partner import (
    PartnerCorrected,
    PartnerRecorded,
    PartnershipEnded,
    PartnershipEndRetracted,
)
from services.registry.views.areas import place_of
from shared.recorded import Recorded
from shared.views import Change, Put, Remove, View

_tables = sa.MetaData(schema="partners")

partners = sa.Table(
    "partners",
    _tables,
    sa.Column("partner_id", sa.Uuid, primary_key=True),
    sa.Column("version", sa.Integer),
    sa.Column("partner_name", sa.Text),
    sa.Column("kind", sa.Text),
    sa.Column("agreement", sa.Text),
    sa.Column("area", sa.Text),
    sa.Column("place", sa.Text, comment="the area as lists are filtered by it"),
    sa.Column("starts_on", sa.Text, comment="ISO 8601, as precise as it is known, like the others"),
    sa.Column("ends_on", sa.Text),
    sa.Column("ended_on", sa.Text),
    sa.Index("partners_by_place", "place", "partner_id"),
)
commitments = sa.Table(
    "commitments",
    _tables,
    sa.Column("commitment_id", sa.Uuid, primary_key=True),
    sa.Column("version", sa.Integer),
    sa.Column("partner_id", sa.Uuid),
    sa.Column("what", sa.Text),
    sa.Column("quantity", sa.BigInteger),
    sa.Column("unit", sa.Text),
    sa.Column("area", sa.Text),
    sa.Column("place", sa.Text, comment="the area as lists are filtered by it"),
    sa.Column("made_on", sa.Text, comment="ISO 8601, as precise as it is known, like the others"),
    sa.Column("due_on", sa.Text),
    sa.Column("outcome", sa.Text),
    sa.Column("judged_on", sa.Text),
    sa.Index("commitments_by_place", "place", "commitment_id"),
)


def project(recorded: Recorded) -> Iterable[Change]:
    """What a fact about a partner or a commitment changes in its row."""
    event = recorded.event
    changed: dict[str, Any]
    match event:
        case PartnerRecorded() | PartnerCorrected():
            changed = {
                "partner_name": event.partner_name,
                "kind": event.kind,
                "agreement": event.agreement,
                "area": event.area,
                "place": place_of(event.area),
                "starts_on": str(event.occurred),
                "ends_on": None if event.ends_on is None else str(event.ends_on),
            }
        case PartnershipEnded():
            changed = {"ended_on": str(event.occurred)}
        case PartnershipEndRetracted():
            changed = {"ended_on": None}
        case _:
            yield from _commitment(recorded)
            return
    yield Put(partners, {"partner_id": event.partner_id, "version": recorded.version, **changed})


def _commitment(recorded: Recorded) -> Iterable[Change]:
    event = recorded.event
    changed: dict[str, Any] = {}
    match event:
        case CommitmentMade() | CommitmentCorrected():
            changed = {
                "what": event.what,
                "quantity": event.quantity,
                "unit": event.unit,
                "area": event.area,
                "place": place_of(event.area),
                "made_on": str(event.occurred),
                "due_on": None if event.due_on is None else str(event.due_on),
            }
            if isinstance(event, CommitmentMade):
                changed["partner_id"] = event.partner_id
        case CommitmentKept():
            changed = {"outcome": "kept", "judged_on": str(event.occurred)}
        case CommitmentBroken():
            changed = {"outcome": "broken", "judged_on": str(event.occurred)}
        case CommitmentJudgementRetracted():
            changed = {"outcome": None, "judged_on": None}
        case CommitmentRetracted():
            yield Remove(commitments, {"commitment_id": event.commitment_id})
            return
        case _:
            return
    yield Put(commitments, {"commitment_id": event.commitment_id, "version": recorded.version, **changed})


def agreed() -> sa.Select[Any]:
    """One row for each partner, former ones too, to be ordered by place and id."""
    return sa.select(partners)


def promised(partner_id: UUID | None = None) -> sa.Select[Any]:
    """One row for each commitment, to be ordered by place and id; of *partner_id* alone if given."""
    query = sa.select(commitments)
    return query if partner_id is None else query.where(commitments.c.partner_id == partner_id)


VIEW = View(name="partners", revision=1, tables=_tables, own=project)
