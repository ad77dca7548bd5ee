"""The programme's partners and what they promised."""

from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Path, Query, Response
from pydantic import Field, StrictInt

from services.registry.api.fields import AreaCell, Known, When, codes_of
from services.registry.commands import partners as commands
from services.registry.domain.commitment import Outcome
from services.registry.domain.reference import PARTNER_KINDS, UNITS
from services.registry.domain.refusals import (
    COMMITMENT_JUDGED,
    COMMITMENT_NOT_YET_MADE,
    PARTNER_UNKNOWN,
    PARTNERSHIP_ENDED,
    PARTNERSHIP_NOT_BEGUN,
    of_columns,
)
from services.registry.views.partners import agreed, commitments, partners, promised
from shared.errors import NOT_FOUND, OUTSIDE_AREA
from shared.http import Body, Page, Paging, Read, Shown, Write, edits, records, shows
from shared.http.examples import COMMITMENT, PARTNER, VILLAGE, example

router = APIRouter()

SCOPES: dict[tuple[str, str], str] = {
    ("POST", "/partners"): "programme:write",
    ("GET", "/partners"): "registry:read",
    ("GET", "/partners/{partner_id}"): "registry:read",
    ("PUT", "/partners/{partner_id}"): "programme:write",
    ("POST", "/partners/{partner_id}/end"): "programme:write",
    ("DELETE", "/partners/{partner_id}/end"): "programme:write",
    ("POST", "/partners/{partner_id}/commitments"): "programme:write",
    ("GET", "/commitments"): "registry:read",
    ("GET", "/commitments/{commitment_id}"): "registry:read",
    ("PUT", "/commitments/{commitment_id}"): "programme:write",
    ("DELETE", "/commitments/{commitment_id}"): "programme:write",
    ("POST", "/commitments/{commitment_id}/outcome"): "programme:write",
    ("DELETE", "/commitments/{commitment_id}/outcome"): "programme:write",
}
"""The scope that each of these routes needs."""

PartnerId = Annotated[UUID, Path(description="The partner.", examples=[PARTNER])]
CommitmentId = Annotated[UUID, Path(description="The commitment.", examples=[COMMITMENT])]

_OF_AGREEMENT = (*of_columns("name", "kind", "agreement", "area", "starts-on", "ends-on"), OUTSIDE_AREA)
_OF_PROMISE = (*of_columns("what", "quantity", "unit", "area", "on-", "due-on"), OUTSIDE_AREA)
_AGREED = {
    "name": "Bank Contoh",
    "kind": "bank",
    "agreement": "PKS-12/2021",
    "area": "33.07",
    "starts_on": "2021-03-01",
    "ends_on": "2026-02-28",
}
_PROMISED = {
    "what": "Pelatihan pembukuan usaha",
    "quantity": 12,
    "unit": "session",
    "area": VILLAGE,
    "on": "2021-03-01",
    "due_on": "2022",
}


class PartnerBody(Body):
    """A partner (mitra) and its agreement: an institution, never a private person."""

    model_config = example(**_AGREED)

    name: str = Field(description="What the institution is called.", max_length=200)
    kind: str = Field(description=f"What kind it is. {codes_of(PARTNER_KINDS)}", max_length=40)
    agreement: str = Field(description="The agreement's number (nomor perjanjian).", max_length=100)
    area: AreaCell
    starts_on: When
    ends_on: When | None = Field(default=None, description="The last day that the agreement states, if it does.")

    def cells(self) -> commands.AgreementCells:
        """As the command has it."""
        return commands.AgreementCells(
            name=self.name,
            kind=self.kind,
            agreement=self.agreement,
            area=self.area,
            starts_on=self.starts_on,
            ends_on=self.ends_on,
        )


class PartnerEndBody(Body):
    """Until when it was a partner."""

    model_config = example(on="2025-12-31")

    on: When


class CommitmentBody(Body):
    """What a partner promised (komitmen)."""

    model_config = example(**_PROMISED)

    what: str = Field(description="What was promised. Names nobody.", max_length=200)
    quantity: StrictInt = Field(description="How much or how many.")
    unit: str = Field(description=f"Of what. {codes_of(UNITS)}", max_length=40)
    area: AreaCell
    on: When
    due_on: When | None = Field(default=None, description="Until when, if a day, month or year was set.")

    def cells(self) -> commands.PromiseCells:
        """As the command has it."""
        return commands.PromiseCells(
            what=self.what,
            quantity=self.quantity,
            unit=self.unit,
            area=self.area,
            on=self.on,
            due_on=self.due_on,
        )


class OutcomeBody(Body):
    """Whether it was kept."""

    model_config = example(outcome="kept", on="2022-11-30")

    outcome: Outcome = Field(description="Kept (dipenuhi) or broken (tidak dipenuhi).")
    on: When


class Partner(Shown):
    """A partner of the programme."""

    model_config = example(id=PARTNER, version=2, **_AGREED, ended_on="2025-12-31")

    id: UUID
    version: int = Field(description="As in ETag.")
    name: str = Field(description="What the institution is called.")
    kind: str = Field(description="The kind's code.")
    agreement: str = Field(description="The agreement's number.")
    area: str = Field(description="A dotted code, or `*`.")
    starts_on: str = Field(description="ISO 8601, as precise as it is known.")
    ends_on: str | None = Field(description="The last day that the agreement states.")
    ended_on: Known


class Commitment(Shown):
    """What a partner promised."""

    model_config = example(
        id=COMMITMENT, version=2, partner_id=PARTNER, **_PROMISED, outcome="kept", judged_on="2022-11-30"
    )

    id: UUID
    version: int = Field(description="As in ETag.")
    partner_id: UUID
    what: str = Field(description="What was promised.")
    quantity: int = Field(description="How much or how many.")
    unit: str = Field(description="The unit's code.")
    area: str = Field(description="For whom: a dotted code, or `*`.")
    on: str = Field(description="When it was promised.")
    due_on: str | None = Field(description="Until when it was promised.")
    outcome: Outcome | None = Field(description="Null while nobody has said.")
    judged_on: Known


@router.post(
    "/partners",
    status_code=201,
    summary="Record a partner",
    tags=["partners"],
    responses=records(PARTNER, *_OF_AGREEMENT),
)
async def record_partner(body: PartnerBody, write: Write) -> Response:
    """201 with its id."""
    return await write(commands.Record(cells=body.cells()))


@router.get("/partners", summary="Partners by area", tags=["partners"], responses=shows(Page[Partner]))
async def list_partners(read: Read, paging: Paging) -> dict[str, Any]:
    """Former ones too, and those of a region around the caller's area or of the whole country: whom they concern."""
    key = (partners.c.place, partners.c.partner_id)
    place, around = partners.c.place, partners.c.area
    return await read.page(agreed(), key=key, paging=paging, village=place, around=around, item=_partner)


@router.get(
    "/partners/{partner_id}",
    summary="One partner",
    tags=["partners"],
    responses=shows(Partner, NOT_FOUND, etag=True),
)
async def get_partner(partner_id: PartnerId, read: Read) -> Response:
    """With the ETag that an edit needs. One of a wider region is seen, but not edited, from the areas inside it."""
    query = agreed().where(partners.c.partner_id == partner_id)
    row = await read.one(query, village=partners.c.place, around=partners.c.area)
    return read.answer(_partner(row), version=row["version"])


def _partner(row: Any) -> dict[str, Any]:
    shown = ("version", "kind", "agreement", "area", "starts_on", "ends_on", "ended_on")
    return {"id": row["partner_id"], "name": row["partner_name"], **{name: row[name] for name in shown}}


@router.put(
    "/partners/{partner_id}",
    summary="Correct a partner and its agreement",
    tags=["partners"],
    responses=edits(PARTNER, NOT_FOUND, *_OF_AGREEMENT, PARTNERSHIP_ENDED),
)
async def edit_partner(partner_id: PartnerId, body: PartnerBody, write: Write) -> Response:
    """All of it, as it should have been recorded."""
    return await write(commands.Edit(partner_id=partner_id, cells=body.cells()))


@router.post(
    "/partners/{partner_id}/end",
    status_code=201,
    summary="End a partnership",
    tags=["partners"],
    responses=records(PARTNER, NOT_FOUND, *of_columns("on-"), OUTSIDE_AREA, PARTNERSHIP_ENDED, PARTNERSHIP_NOT_BEGUN),
)
async def end_partnership(partner_id: PartnerId, body: PartnerEndBody, write: Write) -> Response:
    """*on* is the last day; 200 if the same was said before."""
    return await write(commands.End(partner_id=partner_id, on=body.on))


@router.delete(
    "/partners/{partner_id}/end",
    summary="Retract the end of a partnership",
    tags=["partners"],
    responses=edits(PARTNER, NOT_FOUND, OUTSIDE_AREA),
)
async def withdraw_partnership_end(partner_id: PartnerId, write: Write) -> Response:
    """It was an error: the institution is a partner."""
    return await write(commands.WithdrawEnd(partner_id=partner_id))


@router.post(
    "/partners/{partner_id}/commitments",
    status_code=201,
    summary="Record what a partner promised",
    tags=["partners"],
    responses=records(COMMITMENT, *_OF_PROMISE, PARTNER_UNKNOWN),
)
async def make_commitment(partner_id: PartnerId, body: CommitmentBody, write: Write) -> Response:
    """Of a partner in the caller's area, or in one around it."""
    return await write(commands.Commit(partner_id=partner_id, cells=body.cells()))


@router.get("/commitments", summary="Commitments by area", tags=["partners"], responses=shows(Page[Commitment]))
async def list_commitments(
    read: Read,
    paging: Paging,
    partner_id: Annotated[UUID | None, Query(description="Only this partner's.")] = None,
) -> dict[str, Any]:
    """What partners promised, and whether it was kept."""
    place = commitments.c.place
    key = (place, commitments.c.commitment_id)
    return await read.page(promised(partner_id), key=key, paging=paging, village=place, item=_commitment)


@router.get(
    "/commitments/{commitment_id}",
    summary="One commitment",
    tags=["partners"],
    responses=shows(Commitment, NOT_FOUND, etag=True),
)
async def get_commitment(commitment_id: CommitmentId, read: Read) -> Response:
    """With the ETag that an edit needs."""
    query = promised().where(commitments.c.commitment_id == commitment_id)
    row = await read.one(query, village=commitments.c.place)
    return read.answer(_commitment(row), version=row["version"])


def _commitment(row: Any) -> dict[str, Any]:
    shown = ("version", "partner_id", "what", "quantity", "unit", "area", "due_on", "outcome", "judged_on")
    return {"id": row["commitment_id"], "on": row["made_on"], **{name: row[name] for name in shown}}


@router.put(
    "/commitments/{commitment_id}",
    summary="Correct what was promised",
    tags=["partners"],
    responses=edits(COMMITMENT, NOT_FOUND, *_OF_PROMISE, COMMITMENT_NOT_YET_MADE),
)
async def edit_commitment(commitment_id: CommitmentId, body: CommitmentBody, write: Write) -> Response:
    """All of it, as it should have been recorded; of another partner it is another commitment."""
    return await write(commands.EditCommitment(commitment_id=commitment_id, cells=body.cells()))


@router.delete(
    "/commitments/{commitment_id}",
    summary="Retract a commitment",
    tags=["partners"],
    responses=edits(COMMITMENT, NOT_FOUND),
)
async def withdraw_commitment(commitment_id: CommitmentId, write: Write) -> Response:
    """One that was recorded in error; one that was not kept is broken."""
    return await write(commands.WithdrawCommitment(commitment_id=commitment_id))


@router.post(
    "/commitments/{commitment_id}/outcome",
    status_code=201,
    summary="Record whether a commitment was kept",
    tags=["partners"],
    responses=records(COMMITMENT, NOT_FOUND, *of_columns("on-"), COMMITMENT_JUDGED, COMMITMENT_NOT_YET_MADE),
)
async def judge_commitment(commitment_id: CommitmentId, body: OutcomeBody, write: Write) -> Response:
    """200 if the same was said before."""
    return await write(commands.Judge(commitment_id=commitment_id, outcome=body.outcome, on=body.on))


@router.delete(
    "/commitments/{commitment_id}/outcome",
    summary="Retract whether a commitment was kept",
    tags=["partners"],
    responses=edits(COMMITMENT, NOT_FOUND),
)
async def withdraw_outcome(commitment_id: CommitmentId, write: Write) -> Response:
    """It was an error: the commitment is open."""
    return await write(commands.WithdrawJudgement(commitment_id=commitment_id))
