"""Counts by village."""

from typing import Any

from fastapi import APIRouter
from pydantic import Field

from services.registry.views.figures import figures, workers_by_village
from shared.http import Page, Paging, Read, Shown, shows
from shared.http.examples import VILLAGE, example

router = APIRouter()

SCOPES: dict[tuple[str, str], str] = {
    ("GET", "/figures"): "registry:read",
}
"""The scope that each of these routes needs."""


class Figure(Shown):
    """What is counted in a village."""

    model_config = example(village=VILLAGE, workers=1)

    village: str = Field(description="A dotted code.")
    workers: int


@router.get("/figures", summary="Workers, counted by village", tags=["figures"], responses=shows(Page[Figure]))
async def list_figures(read: Read, paging: Paging) -> dict[str, Any]:
    """Everybody who works, will work or has worked abroad, the dead too."""
    village = workers_by_village.c.village
    return await read.page(figures(), key=(village,), paging=paging, village=village)
