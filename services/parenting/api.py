"""Parenting over HTTP."""

from datetime import date
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Path, Query
from pydantic import Field

from services.parenting.views import children
from shared.errors import NOT_FOUND
from shared.http import Page, Paging, Read, Shown, shows
from shared.http.examples import CHILD, SPOUSE, VILLAGE, WORKER, example

router = APIRouter()

SCOPES: dict[tuple[str, str], str] = {
    ("GET", "/children"): "parenting:read",
    ("GET", "/children/{person_id}"): "parenting:read",
    ("GET", "/figures"): "parenting:read",
}
"""What a caller must be allowed to do, route by route."""

TAGS = {
    "children": "Children with a parent abroad (anak yang ditinggal orang tua bekerja di luar negeri).",
    "figures": "Counts by village.",
}
"""The groups of routes on the API pages."""

PersonId = Annotated[UUID, Path(description="The child.", examples=[CHILD])]
On = Annotated[
    date | None,
    Query(
        description=(
            "The day on which somebody must be a child, ISO 8601; today if absent. It decides of the age alone: where "
            "the parents stand is as it is known now."
        )
    ),
]


class Child(Shown):
    """A child with a parent abroad."""

    model_config = example(
        person_id=CHILD, village=VILLAGE, birth_year=2018, guardian_id=SPOUSE, parents_abroad=[WORKER]
    )

    person_id: UUID
    village: str = Field(description="Where the child lives, a dotted code.")
    birth_year: int | None = Field(description="Null where it is unknown.")
    guardian_id: UUID | None = Field(description="Who cares for the child (wali), where it is known.")
    parents_abroad: list[UUID] = Field(description="The parents who are abroad.")


class Figure(Shown):
    """What is counted in a village."""

    model_config = example(village=VILLAGE, children_with_parent_abroad=1)

    village: str = Field(description="A dotted code.")
    children_with_parent_abroad: int


@router.get(
    "/children",
    summary="Children with a parent abroad, by village",
    tags=["children"],
    responses=shows(Page[Child]),
)
async def list_children(read: Read, paging: Paging, on: On = None) -> dict[str, Any]:
    """Each until the day before the 18th birthday, with the parents who are abroad and the guardian."""
    return await read.page(
        children.children(on or read.today), key=children.KEY, paging=paging, village=children.VILLAGE
    )


@router.get(
    "/children/{person_id}",
    summary="One child with a parent abroad",
    tags=["children"],
    responses=shows(Child, NOT_FOUND),
)
async def get_child(person_id: PersonId, read: Read, on: On = None) -> dict[str, Any]:
    """404 for whoever is not on the roster."""
    query = children.children(on or read.today).where(children.PERSON == children.ALIASES.survivor(person_id))
    return dict(await read.one(query, village=children.VILLAGE))


@router.get(
    "/figures",
    summary="Children with a parent abroad, counted by village",
    tags=["figures"],
    responses=shows(Page[Figure]),
)
async def list_figures(read: Read, paging: Paging, on: On = None) -> dict[str, Any]:
    """Each child once, however many parents are abroad; a village with none is not listed."""
    return await read.page(
        children.figures(on or read.today), key=(children.VILLAGE,), paging=paging, village=children.VILLAGE
    )
