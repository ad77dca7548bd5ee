"""What requests about several subjects have alike: ids in paths, cells of forms and lists."""

from typing import Annotated
from uuid import UUID

from fastapi import Path
from pydantic import Field

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
