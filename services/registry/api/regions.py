"""Region codes over time: reference data, the same for everybody."""

from datetime import date
from typing import Annotated, Any

from fastapi import APIRouter, Path, Query
from pydantic import Field

from services.registry.domain.region import name_of, region_code, resolve
from shared.errors import NOT_FOUND, Refused
from shared.http import Read, Shown, shows
from shared.http.examples import example

router = APIRouter()

SCOPES: dict[tuple[str, str], str] = {
    ("GET", "/regions/{code}"): "registry:read",
}
"""The scope that each of these routes needs."""


class RegionNow(Shown):
    """A region as it is known today."""

    code: str = Field(description="A dotted code (Kemendagri).")
    name: str


class RegionThen(Shown):
    """What a code meant on a day."""

    model_config = example(
        code="91.01",
        now=[{"code": "93.01", "name": "Kabupaten Merauke"}],
        by=["UU 14, 15, 16/2022; Kepmendagri 100.1.1-6117/2022"],
    )

    code: str = Field(description="As it was asked for, dotted.")
    now: list[RegionNow] = Field(description="By which codes it is known today: several if it was split.")
    by: list[str] = Field(description="The decrees by which that came about; none where nothing changed.")


@router.get(
    "/regions/{code}",
    summary="What a region code meant on a day",
    tags=["regions"],
    responses=shows(RegionThen, NOT_FOUND),
)
async def resolve_region(
    code: Annotated[str, Path(description="A code of any level, dotted or not.", examples=["91.01"])],
    read: Read,
    on: Annotated[date | None, Query(description="The day on which it was written; today if left out.")] = None,
) -> dict[str, Any]:
    """An abolished code stays resolvable, unless it was given again. 404 where what it meant is not known."""
    dotted = region_code(code)
    resolved = None if dotted is None else resolve(dotted, on or read.today)
    if resolved is None:
        raise Refused(NOT_FOUND)
    now = [{"code": known, "name": name_of(known)} for known in resolved.codes]
    return {"code": dotted, "now": now, "by": list(resolved.sources)}
