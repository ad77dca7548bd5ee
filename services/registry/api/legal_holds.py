"""What forbids to erase a person: placed, lifted and seen by who guards personal data (petugas PDP) alone."""

from datetime import date
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Path, Response
from pydantic import Field

from services.registry.api.fields import PersonId
from services.registry.commands import legal_holds as commands
from services.registry.domain.legal_hold import REASONS
from services.registry.domain.refusals import PERSON_ERASED, of_columns
from services.registry.views.dossiers import holds, holds_of
from services.registry.views.people import one, people
from shared.errors import NOT_FOUND, PERSON_MERGED
from shared.http import Body, Page, Paging, Read, Shown, Write, changes, records, shows
from shared.http.examples import HOLD, example

router = APIRouter()

SCOPES: dict[tuple[str, str], str] = {
    ("POST", "/persons/{person_id}/holds"): "holds:write",
    ("GET", "/persons/{person_id}/holds"): "holds:read",
    ("DELETE", "/persons/{person_id}/holds/{hold_id}"): "holds:write",
}
"""The scope that each of these routes needs."""

HoldId = Annotated[UUID, Path(description="The hold.", examples=[HOLD])]


class HoldBody(Body):
    """Why, and until when, a person may not be erased."""

    model_config = example(reason="legal_dispute", until="2027-06-30")

    reason: str = Field(
        description="One of " + "; ".join(f"`{code}` (UU 27/2022 {ground})" for code, ground in REASONS.items()) + ".",
        examples=["legal_dispute"],
    )
    until: str | None = Field(
        default=None,
        description="The last day on which it holds, YYYY-MM-DD; null: until it is lifted.",
        examples=["2027-06-30"],
    )


class HoldShown(Shown):
    """What forbids to erase a person, or did."""

    model_config = example(
        id=HOLD,
        reason="legal_dispute",
        until="2027-06-30",
        placed_on="2026-11-21",
        placed_by=["data-protection-officer"],
        lifted_on=None,
        lifted_by=None,
    )

    id: UUID
    reason: str = Field(description="A code.")
    until: date | None = Field(description="The last day on which it holds; null: until it is lifted.")
    placed_on: date
    placed_by: list[str] = Field(description="The roles of who placed it.")
    lifted_on: date | None = Field(description="Null while it was not lifted.")
    lifted_by: list[str] | None = Field(description="The roles of who lifted it.")


@router.post(
    "/persons/{person_id}/holds",
    status_code=201,
    summary="Forbid to erase a person",
    tags=["erasure"],
    responses=records(HOLD, NOT_FOUND, PERSON_ERASED, PERSON_MERGED, *of_columns("reason", "until")),
)
async def place_hold(person_id: PersonId, body: HoldBody, write: Write) -> Response:
    """Any number may stand side by side; while one does, `POST …/erasure` is refused (`erasure-held`)."""
    return await write(commands.Place(person_id=person_id, reason=body.reason, until=body.until))


@router.get(
    "/persons/{person_id}/holds",
    summary="What forbids to erase a person",
    tags=["erasure"],
    responses=shows(Page[HoldShown], NOT_FOUND),
)
async def list_holds(person_id: PersonId, read: Read, paging: Paging) -> dict[str, Any]:
    """Those that were lifted or have run out too; of an erased person none."""
    await read.one(one(person_id), village=people.c.village)
    page = await read.page(
        holds_of(person_id), key=(holds.c.hold_id,), paging=paging, village=people.c.village, item=dict
    )
    reasons = await read.open_all([row["reason"] for row in page["items"]])
    items = [
        {
            "id": row["hold_id"],
            "reason": reason,
            "until": row["until"],
            "placed_on": row["placed_on"],
            "placed_by": row["placed_by"].split(),
            "lifted_on": row["lifted_on"],
            "lifted_by": None if row["lifted_by"] is None else row["lifted_by"].split(),
        }
        for row, reason in zip(page["items"], reasons, strict=True)
    ]
    return {**page, "items": items}


@router.delete(
    "/persons/{person_id}/holds/{hold_id}",
    summary="Lift what forbids to erase a person",
    tags=["erasure"],
    responses=changes(HOLD, NOT_FOUND, PERSON_ERASED, PERSON_MERGED),
)
async def lift_hold(person_id: PersonId, hold_id: HoldId, write: Write) -> Response:
    """From now on; that it stood stays on file."""
    return await write(commands.Lift(person_id=person_id, hold_id=hold_id))
