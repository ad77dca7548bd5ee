"""Villages and where they stand in a programme."""

from typing import Annotated, Any

from fastapi import APIRouter, Path, Query, Response
from pydantic import Field, StrictInt

from services.registry.api.fields import Known, VillageCell, When, codes_of
from services.registry.commands import villages as commands
from services.registry.domain.reference import DESMIGRATIF, PROGRAMMES
from services.registry.domain.refusals import (
    PROGRAMME_ENDED,
    STEP_TOO_EARLY,
    VILLAGE_ALREADY_ACTIVE,
    VILLAGE_ALREADY_DESIGNATED,
    VILLAGE_ALREADY_PROPOSED,
    VILLAGE_NOT_DESIGNATED,
    of_columns,
)
from services.registry.domain.village import Stage
from services.registry.views.villages import by_year, standing, villages
from shared.errors import NOT_FOUND, OUTSIDE_AREA, Refused
from shared.http import Body, Bulk, Page, Paging, Read, Shown, Write, WriteAll, edits, records, records_each, shows
from shared.http.examples import VILLAGE, example
from shared.vocabulary import village_code

router = APIRouter()

SCOPES: dict[tuple[str, str], str] = {
    ("POST", "/villages"): "villages:designate",
    ("POST", "/villages/bulk"): "villages:designate",
    ("POST", "/villages/proposals"): "programme:write",
    ("POST", "/villages/{code}/activation"): "programme:write",
    ("POST", "/villages/{code}/end"): "villages:designate",
    ("DELETE", "/villages/{code}/step"): "villages:designate",
    ("GET", "/villages"): "registry:read",
    ("GET", "/villages/by-year"): "registry:read",
    ("GET", "/villages/{code}"): "registry:read",
}
"""The scope that each of these routes needs."""

_OTHER = "33.07.05.2002"
"""Lipursari, in the same regency."""

_PROGRAMME = f"The programme. {codes_of(PROGRAMMES)}"
ProgrammeCell = Annotated[str, Field(description=_PROGRAMME, max_length=40)]
_CODE = "^[A-Z][A-Z0-9_]*$"
ProgrammeAsked = Annotated[str, Query(description=_PROGRAMME, max_length=40, pattern=_CODE)]
ProgrammeOnly = Annotated[str | None, Query(description=f"Only this one. {_PROGRAMME}", max_length=40, pattern=_CODE)]
Code = Annotated[str, Path(description="Village code, dotted or not.", examples=[VILLAGE])]


class DesignationBody(Body):
    """The designation of a village (penetapan desa)."""

    model_config = example(village=VILLAGE, year=2019, decree="KEP-59/2017")

    village: VillageCell
    year: StrictInt = Field(description="Programme year.")
    decree: str = Field(description="The decree's number (nomor SK).", max_length=200)
    programme: ProgrammeCell = DESMIGRATIF

    def command(self) -> commands.Designate:
        """Designate it."""
        return commands.Designate(village=self.village, year=self.year, decree=self.decree, programme=self.programme)


class DesignationsBody(Bulk[DesignationBody]):
    """Many designations."""

    model_config = example(
        items=[{"key": "line 1", "body": {"village": _OTHER, "year": 2017, "decree": "KEP-59/2017"}}]
    )


class ProposalBody(Body):
    """A village is proposed (usulan desa)."""

    model_config = example(village=VILLAGE, programme="DESA_MIGRAN_EMAS", on="2025-03")

    village: VillageCell
    programme: ProgrammeCell = DESMIGRATIF
    on: When


class StepBody(Body):
    """A step of a designated village."""

    model_config = example(on="2019-09-11")

    programme: ProgrammeCell = DESMIGRATIF
    on: When


class VillageOfProgramme(Shown):
    """Where a village stands in a programme."""

    model_config = example(
        village=VILLAGE,
        programme=DESMIGRATIF,
        version=1,
        stage="designated",
        proposed_on=None,
        year=2019,
        decree="KEP-59/2017",
        active_since=None,
        ended_on=None,
    )

    village: str = Field(description="A dotted code.")
    programme: str = Field(description="The programme's code.")
    version: int = Field(description="As in ETag.")
    stage: Stage = Field(description="Where it stands.")
    proposed_on: Known
    year: int | None = Field(description="The programme year of the designation; null while it is proposed.")
    decree: str | None = Field(description="The decree's number; null while it is proposed.")
    active_since: Known
    ended_on: Known


class VillagesOfYear(Shown):
    """How many villages were designated."""

    model_config = example(programme=DESMIGRATIF, year=2019, villages=1)

    programme: str = Field(description="The programme's code.")
    year: int = Field(description="The programme year.")
    villages: int


@router.post(
    "/villages",
    status_code=201,
    summary="Designate a village for a programme",
    tags=["villages"],
    responses=records(
        VILLAGE,
        *of_columns("village", "year", "decree", "programme"),
        OUTSIDE_AREA,
        VILLAGE_ALREADY_DESIGNATED,
        STEP_TOO_EARLY,
    ),
)
async def designate_village(body: DesignationBody, write: Write) -> Response:
    """201 with the dotted code; 200 if the same was said before. It need not have been proposed."""
    return await write(body.command())


@router.post("/villages/bulk", summary="Designate many villages", tags=["villages"], responses=records_each(_OTHER))
async def designate_villages(body: DesignationsBody, write: WriteAll) -> Response:
    """Up to a thousand, each as `POST /villages` designates one, in their order."""
    return await write(body, DesignationBody.command)


@router.post(
    "/villages/proposals",
    status_code=201,
    summary="Propose a village for a programme",
    tags=["villages"],
    responses=records(
        VILLAGE,
        *of_columns("village", "programme", "on-"),
        OUTSIDE_AREA,
        VILLAGE_ALREADY_PROPOSED,
        VILLAGE_ALREADY_DESIGNATED,
    ),
)
async def propose_village(body: ProposalBody, write: Write) -> Response:
    """200 if the same was said before."""
    return await write(commands.Propose(village=body.village, programme=body.programme, on=body.on))


@router.post(
    "/villages/{code}/activation",
    status_code=201,
    summary="Say that a programme works in a village",
    tags=["villages"],
    responses=records(
        VILLAGE,
        NOT_FOUND,
        *of_columns("programme", "on-"),
        VILLAGE_NOT_DESIGNATED,
        VILLAGE_ALREADY_ACTIVE,
        PROGRAMME_ENDED,
        STEP_TOO_EARLY,
    ),
)
async def activate_village(code: Code, body: StepBody, write: Write) -> Response:
    """Once it is designated; 200 if the same was said before."""
    return await write(commands.Activate(village=code, programme=body.programme, on=body.on))


@router.post(
    "/villages/{code}/end",
    status_code=201,
    summary="Say that a programme's support for a village ended",
    tags=["villages"],
    responses=records(
        VILLAGE, NOT_FOUND, *of_columns("programme", "on-"), VILLAGE_NOT_DESIGNATED, PROGRAMME_ENDED, STEP_TOO_EARLY
    ),
)
async def end_programme(code: Code, body: StepBody, write: Write) -> Response:
    """Whether it was active or only designated; 200 if the same was said before."""
    return await write(commands.End(village=code, programme=body.programme, on=body.on))


@router.delete(
    "/villages/{code}/step",
    summary="Retract a village's last step",
    tags=["villages"],
    responses=edits(VILLAGE, NOT_FOUND, *of_columns("programme")),
)
async def withdraw_step(code: Code, write: Write, programme: ProgrammeAsked = DESMIGRATIF) -> Response:
    """The village stands where it stood before: a step recorded in error is taken back and recorded anew."""
    return await write(commands.WithdrawStep(village=code, programme=programme))


@router.get(
    "/villages", summary="Villages and where they stand", tags=["villages"], responses=shows(Page[VillageOfProgramme])
)
async def list_villages(read: Read, paging: Paging, programme: ProgrammeOnly = None) -> dict[str, Any]:
    """By code and programme: a village in two programmes is there twice."""
    key = (villages.c.village, villages.c.programme)
    return await read.page(standing(programme=programme), key=key, paging=paging, village=villages.c.village)


@router.get(
    "/villages/by-year",
    summary="Designated villages, counted by year",
    tags=["figures"],
    responses=shows(Page[VillagesOfYear]),
)
async def list_villages_by_year(read: Read, paging: Paging, programme: ProgrammeOnly = None) -> dict[str, Any]:
    """By programme and year of the designation, ended ones too, within the caller's area and the region."""
    query = by_year() if programme is None else by_year().where(villages.c.programme == programme)
    key = (villages.c.programme, villages.c.year)
    return await read.page(query, key=key, paging=paging, village=villages.c.village)


@router.get(
    "/villages/{code}",
    summary="One village in a programme",
    tags=["villages"],
    responses=shows(VillageOfProgramme, NOT_FOUND, etag=True),
)
async def get_village(code: Code, read: Read, programme: ProgrammeAsked = DESMIGRATIF) -> Response:
    """Its stage, programme year and decree; 404 if nothing is known of it there."""
    dotted = village_code(code)
    if dotted is None:
        raise Refused(NOT_FOUND)
    row = await read.one(standing(dotted, programme), village=villages.c.village)
    return read.answer(dict(row), version=row["version"])
