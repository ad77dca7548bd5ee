"""Parenting over HTTP."""

from datetime import date
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Query

from services.parenting.views import children
from shared.http import Paging, Read

router = APIRouter()

SCOPES: dict[tuple[str, str], str] = {
    ("GET", "/children"): "parenting:read",
    ("GET", "/children/{person_id}"): "parenting:read",
    ("GET", "/figures"): "parenting:read",
}
"""What a caller must be allowed to do, route by route."""

On = Annotated[
    date | None,
    Query(
        description=(
            "The day on which somebody must be a child, ISO 8601; today if absent. It decides of the age alone: where "
            "the parents stand is as it is known now."
        )
    ),
]


@router.get("/children", summary="Children with a parent abroad, by village", tags=["children"])
async def list_children(read: Read, paging: Paging, on: On = None) -> dict[str, Any]:
    """Each until 31 December of the year of the 18th birthday, with the parents who are abroad and the guardian."""
    return await read.page(
        children.children(on or read.today), key=children.KEY, paging=paging, village=children.VILLAGE
    )


@router.get("/children/{person_id}", summary="One child with a parent abroad", tags=["children"])
async def get_child(person_id: UUID, read: Read, on: On = None) -> dict[str, Any]:
    """404 for whoever is not on the roster."""
    query = children.children(on or read.today).where(children.PERSON == person_id)
    return dict(await read.one(query, village=children.VILLAGE))


@router.get("/figures", summary="Children with a parent abroad, counted by village", tags=["figures"])
async def list_figures(read: Read, paging: Paging, on: On = None) -> dict[str, Any]:
    """Each child once, however many parents are abroad; a village with none is not listed."""
    return await read.page(
        children.figures(on or read.today), key=(children.VILLAGE,), paging=paging, village=children.VILLAGE
    )
