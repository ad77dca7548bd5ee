"""Villages that are designated for the programme."""

from typing import Annotated, Any

from fastapi import APIRouter, Path, Response
from pydantic import Field

from services.registry.api.fields import VillageCell
from services.registry.commands import villages as commands
from services.registry.domain.refusals import VILLAGE_ALREADY_DESIGNATED, of_columns
from services.registry.views.villages import designated, villages
from shared.errors import NOT_FOUND, OUTSIDE_AREA, Refused
from shared.http import Body, Page, Paging, Read, Shown, Write, records, shows
from shared.http.examples import VILLAGE, example
from shared.vocabulary import village_code

router = APIRouter()

SCOPES: dict[tuple[str, str], str] = {
    ("POST", "/villages"): "villages:designate",
    ("GET", "/villages"): "registry:read",
    ("GET", "/villages/{code}"): "registry:read",
}
"""The scope that each of these routes needs."""


class DesignationBody(Body):
    """The designation of a village (penetapan desa)."""

    model_config = example(village=VILLAGE, year=2019, decree="KEP-59/2017")

    village: VillageCell
    year: int = Field(description="Programme year.")
    decree: str = Field(description="The decree's number (nomor SK).")


class DesignatedVillage(Shown):
    """A village of the programme."""

    model_config = example(village=VILLAGE, version=1, year=2019, decree="KEP-59/2017")

    village: str = Field(description="A dotted code.")
    version: int = Field(description="As in ETag.")
    year: int = Field(description="The programme year.")
    decree: str = Field(description="The decree's number.")


@router.post(
    "/villages",
    status_code=201,
    summary="Designate a village for the programme",
    tags=["villages"],
    responses=records(VILLAGE, *of_columns("village", "year", "decree"), OUTSIDE_AREA, VILLAGE_ALREADY_DESIGNATED),
)
async def designate_village(body: DesignationBody, write: Write) -> Response:
    """201 with the dotted code; 200 if the same was said before."""
    return await write(commands.Designate(village=body.village, year=body.year, decree=body.decree))


@router.get("/villages", summary="Designated villages", tags=["villages"], responses=shows(Page[DesignatedVillage]))
async def list_villages(read: Read, paging: Paging) -> dict[str, Any]:
    """By code; with the year and the decree of the designation."""
    return await read.page(designated(), key=(villages.c.village,), paging=paging, village=villages.c.village)


@router.get(
    "/villages/{code}",
    summary="One designated village",
    tags=["villages"],
    responses=shows(DesignatedVillage, NOT_FOUND, etag=True),
)
async def get_village(
    code: Annotated[str, Path(description="Village code, dotted or not.", examples=[VILLAGE])], read: Read
) -> Response:
    """Its programme year and decree; 404 if it is not designated."""
    dotted = village_code(code)
    if dotted is None:
        raise Refused(NOT_FOUND)
    row = await read.one(designated(dotted), village=villages.c.village)
    return read.answer(dict(row), version=row["version"])
