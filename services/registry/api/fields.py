"""What requests about several subjects have alike: ids in paths, cells of forms and lists."""

from collections.abc import Mapping
from typing import Annotated
from uuid import UUID

from fastapi import Path
from pydantic import Field

from services.registry.domain.reference import Entry
from shared.http.examples import VILLAGE, WORKER

PersonId = Annotated[UUID, Path(description="The person.", examples=[WORKER])]

VillageCell = Annotated[str, Field(description="Village code (kode desa), dotted or not.", examples=[VILLAGE])]

CardCell = Annotated[
    str,
    Field(
        description="Number of the family card (No. KK), written as a NIK may be. Left out: none is known.",
        examples=["3307101708269001"],
    ),
]
SinceCell = Annotated[
    str, Field(description="The day since when it holds: a day, month or year, as it is known.", examples=["2026-08"])
]

When = Annotated[
    str,
    Field(description="The day, month or year: YYYY-MM-DD, YYYY-MM or YYYY.", max_length=10, examples=["2019-05-03"]),
]

AreaCell = Annotated[
    str,
    Field(
        description="Code of a region of any level, dotted or not; `*` for the whole country.",
        max_length=20,
        examples=[VILLAGE],
    ),
]

Known = Annotated[str | None, Field(description="ISO 8601, as precise as it is known; null if it has not happened.")]


def codes_of(table: Mapping[str, Entry]) -> str:
    """The codes of a list of the registry, as the API pages tell them; the list may grow."""
    told = ", ".join(f"`{code}` ({entry.id})" for code, entry in table.items())
    return f"One of: {told}. The list may grow."
