"""Facilities of villages: built, found in a condition, closed."""

from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Path, Response
from pydantic import Field

from services.registry.api.fields import Known, VillageCell, When, codes_of
from services.registry.commands import facilities as commands
from services.registry.domain.reference import CONDITIONS, FACILITY_KINDS
from services.registry.domain.refusals import FACILITY_CLOSED, FACILITY_NOT_YET_THERE, of_columns
from services.registry.views.facilities import facilities, found
from shared.errors import NOT_FOUND, OUTSIDE_AREA
from shared.http import Body, Bulk, Page, Paging, Read, Shown, Write, WriteAll, edits, records, records_each, shows
from shared.http.examples import FACILITY, FACILITY_OF_MANY, VILLAGE, example

router = APIRouter()

SCOPES: dict[tuple[str, str], str] = {
    ("POST", "/facilities"): "registry:write",
    ("POST", "/facilities/bulk"): "registry:write",
    ("GET", "/facilities"): "registry:read",
    ("GET", "/facilities/{facility_id}"): "registry:read",
    ("PATCH", "/facilities/{facility_id}"): "registry:write",
    ("DELETE", "/facilities/{facility_id}"): "registry:write",
    ("POST", "/facilities/{facility_id}/reports"): "registry:write",
    ("PATCH", "/facilities/{facility_id}/reports/{fact}"): "registry:write",
    ("DELETE", "/facilities/{facility_id}/reports/{fact}"): "registry:write",
    ("POST", "/facilities/{facility_id}/closing"): "registry:write",
    ("DELETE", "/facilities/{facility_id}/closing"): "registry:write",
}
"""The scope that each of these routes needs."""

FacilityId = Annotated[UUID, Path(description="The facility.", examples=[FACILITY])]
KindCell = Annotated[str, Field(description=f"What it is. {codes_of(FACILITY_KINDS)}", max_length=40)]
ConditionCell = Annotated[str, Field(description=f"How it was found. {codes_of(CONDITIONS)}", max_length=40)]

_WHILE_THERE = (FACILITY_NOT_YET_THERE, FACILITY_CLOSED)


def _fact(example_: int) -> Any:
    return Path(description="The report: `fact` in the list.", ge=1, le=2**31 - 1, examples=[example_])


class FacilityBody(Body):
    """A facility was built or opened (fasilitas dibangun)."""

    model_config = example(village=VILLAGE, kind="education_house", on="2017-12")

    village: VillageCell
    kind: KindCell
    on: When

    def command(self) -> commands.Open:
        """Record it."""
        return commands.Open(village=self.village, kind=self.kind, on=self.on)


class FacilitiesBody(Bulk[FacilityBody]):
    """Many facilities."""

    model_config = example(
        items=[{"key": "line 1", "body": {"village": VILLAGE, "kind": "road", "on": "2019"}}],
    )


class FacilityEdit(Body):
    """What to correct; a field that is left out stays as it is."""

    model_config = example(on="2017-11-20")

    kind: KindCell | None = None
    on: When | None = None


class ReportBody(Body):
    """In which condition it was found (kondisi)."""

    model_config = example(condition="good", on="2021-02")

    condition: ConditionCell
    on: When


class ReportEdit(ReportBody):
    """The report as it should have been."""

    model_config = example(condition="lightly_damaged", on="2021-02-14")


class ClosingBody(Body):
    """It is there or in use no more (ditutup)."""

    model_config = example(on="2024-06")

    on: When


class ReportShown(Shown):
    """In which condition it was found."""

    fact: int = Field(description="Names this report where it is corrected.")
    on: str = Field(description="ISO 8601, as precise as it is known.")
    condition: str = Field(description="The condition's code.")


class Facility(Shown):
    """A facility of a village."""

    model_config = example(
        id=FACILITY,
        version=5,
        village=VILLAGE,
        kind="education_house",
        opened_on="2017-11-20",
        closed_on="2024-06",
        reports=[{"fact": 4, "on": "2021-02-14", "condition": "lightly_damaged"}],
    )

    id: UUID
    version: int = Field(description="As in ETag.")
    village: str = Field(description="A dotted code.")
    kind: str = Field(description="The kind's code.")
    opened_on: str = Field(description="ISO 8601, as precise as it is known.")
    closed_on: Known
    reports: list[ReportShown] = Field(description="By day.")


@router.post(
    "/facilities",
    status_code=201,
    summary="Record a facility",
    tags=["facilities"],
    responses=records(FACILITY, *of_columns("village", "kind", "on-"), OUTSIDE_AREA),
)
async def open_facility(body: FacilityBody, write: Write) -> Response:
    """201 with its id."""
    return await write(body.command())


@router.post(
    "/facilities/bulk",
    summary="Record many facilities",
    tags=["facilities"],
    responses=records_each(FACILITY_OF_MANY),
)
async def open_facilities(body: FacilitiesBody, write: WriteAll) -> Response:
    """Up to a thousand, each as `POST /facilities` records one, in their order."""
    return await write(body, FacilityBody.command)


@router.get("/facilities", summary="Facilities by village", tags=["facilities"], responses=shows(Page[Facility]))
async def list_facilities(read: Read, paging: Paging) -> dict[str, Any]:
    """Each with the conditions in which it was found; closed ones too."""
    key = (facilities.c.village, facilities.c.facility_id)
    return await read.page(found(), key=key, paging=paging, village=facilities.c.village, item=_facility)


@router.get(
    "/facilities/{facility_id}",
    summary="One facility",
    tags=["facilities"],
    responses=shows(Facility, NOT_FOUND, etag=True),
)
async def get_facility(facility_id: FacilityId, read: Read) -> Response:
    """With the ETag that an edit needs."""
    query = found().where(facilities.c.facility_id == facility_id)
    row = await read.one(query, village=facilities.c.village)
    return read.answer(_facility(row), version=row["version"])


def _facility(row: Any) -> dict[str, Any]:
    shown = ("version", "village", "kind", "opened_on", "closed_on", "reports")
    return {"id": row["facility_id"], **{name: row[name] for name in shown}}


@router.patch(
    "/facilities/{facility_id}",
    summary="Correct a facility's kind or opening",
    tags=["facilities"],
    responses=edits(FACILITY, NOT_FOUND, *of_columns("kind", "on-"), *_WHILE_THERE),
)
async def edit_facility(facility_id: FacilityId, body: FacilityEdit, write: Write) -> Response:
    """No report may then be from before its opening."""
    return await write(commands.EditOpening(facility_id=facility_id, kind=body.kind, on=body.on))


@router.delete(
    "/facilities/{facility_id}",
    summary="Retract a facility",
    tags=["facilities"],
    responses=edits(FACILITY, NOT_FOUND),
)
async def withdraw_facility(facility_id: FacilityId, write: Write) -> Response:
    """One that was recorded in error; one that is gone is closed."""
    return await write(commands.Withdraw(facility_id=facility_id))


@router.post(
    "/facilities/{facility_id}/reports",
    status_code=201,
    summary="Record in which condition a facility was found",
    tags=["facilities"],
    responses=records(FACILITY, NOT_FOUND, *of_columns("condition", "on-"), *_WHILE_THERE),
)
async def report_facility(facility_id: FacilityId, body: ReportBody, write: Write) -> Response:
    """Reports may come late and in any order; *version* names this one. 200 if the same was said before."""
    return await write(commands.Report(facility_id=facility_id, condition=body.condition, on=body.on))


@router.patch(
    "/facilities/{facility_id}/reports/{fact}",
    summary="Correct a report",
    tags=["facilities"],
    responses=edits(FACILITY, NOT_FOUND, *of_columns("condition", "on-"), *_WHILE_THERE),
)
async def edit_report(
    facility_id: FacilityId, fact: Annotated[int, _fact(3)], body: ReportEdit, write: Write
) -> Response:
    """Afterwards *version* names the report."""
    wish = commands.EditReport(facility_id=facility_id, fact=fact, condition=body.condition, on=body.on)
    return await write(wish)


@router.delete(
    "/facilities/{facility_id}/reports/{fact}",
    summary="Retract a report",
    tags=["facilities"],
    responses=edits(FACILITY, NOT_FOUND),
)
async def withdraw_report(facility_id: FacilityId, fact: Annotated[int, _fact(4)], write: Write) -> Response:
    """It was an error: nobody found it so."""
    return await write(commands.WithdrawReport(facility_id=facility_id, fact=fact))


@router.post(
    "/facilities/{facility_id}/closing",
    status_code=201,
    summary="Record that a facility was closed",
    tags=["facilities"],
    responses=records(FACILITY, NOT_FOUND, *of_columns("on-"), *_WHILE_THERE),
)
async def close_facility(facility_id: FacilityId, body: ClosingBody, write: Write) -> Response:
    """200 if the same was said before."""
    return await write(commands.Close(facility_id=facility_id, on=body.on))


@router.delete(
    "/facilities/{facility_id}/closing",
    summary="Retract a closing",
    tags=["facilities"],
    responses=edits(FACILITY, NOT_FOUND),
)
async def withdraw_closing(facility_id: FacilityId, write: Write) -> Response:
    """It was an error: the facility is in use."""
    return await write(commands.WithdrawClosing(facility_id=facility_id))
