"""Registrations of one human: merged, and taken apart again."""

from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Path, Response
from pydantic import Field

from services.registry.commands import merges as commands
from services.registry.domain.refusals import (
    DUPLICATE_OF_ANOTHER,
    HAS_DUPLICATES,
    MERGE_OF_RELATIVES,
    MERGE_WOULD_LOSE,
    PERSON_ERASED,
    PERSON_UNKNOWN,
    of_columns,
)
from services.registry.views.people import merges, people
from shared.errors import NOT_FOUND, PERSON_MERGED
from shared.http import Body, Page, Paging, Read, Shown, Write, edits, records, shows
from shared.http.examples import GALIH, GALIH_AGAIN, VILLAGE, example

router = APIRouter()

SCOPES: dict[tuple[str, str], str] = {
    ("POST", "/persons/{person_id}/merge"): "registry:write",
    ("GET", "/persons/{person_id}/merge"): "registry:read",
    ("DELETE", "/persons/{person_id}/merge"): "registry:write",
    ("GET", "/merges"): "registry:read",
}
"""The scope that each of these routes needs."""


DuplicateId = Annotated[UUID, Path(description="The duplicate.", examples=[GALIH_AGAIN])]


class MergeBody(Body):
    """Who stands for both."""

    model_config = example(into=GALIH)

    into: UUID = Field(description="The person id that stands for both from now on.")


class Merge(Shown):
    """A duplicate, and who stands for both."""

    model_config = example(person_id=GALIH_AGAIN, village=VILLAGE, into=GALIH)

    person_id: UUID = Field(description="The duplicate; its id stays valid, and means the other.")
    village: str = Field(description="Where the duplicate was registered, a dotted code.")
    into: UUID = Field(description="Who stands for both.")


@router.post(
    "/persons/{person_id}/merge",
    status_code=201,
    summary="Merge a duplicate into another person",
    tags=["duplicates"],
    responses=records(
        GALIH_AGAIN,
        NOT_FOUND,
        *of_columns("into"),
        PERSON_UNKNOWN,
        PERSON_ERASED,
        PERSON_MERGED,
        DUPLICATE_OF_ANOTHER,
        HAS_DUPLICATES,
        MERGE_OF_RELATIVES,
        MERGE_WOULD_LOSE,
    ),
)
async def merge_person(person_id: DuplicateId, body: MergeBody, write: Write) -> Response:
    """Both must lie in the caller's area. Nothing that was recorded of either changes; each service shows one human."""
    return await write(commands.Merge(person_id=person_id, into=body.into))


@router.get(
    "/persons/{person_id}/merge",
    summary="Into whom a duplicate was merged",
    tags=["duplicates"],
    responses=shows(Merge, NOT_FOUND, etag=True),
)
async def get_merge(person_id: DuplicateId, read: Read) -> Response:
    """With the ETag that the undoing needs; 404 for who is no duplicate."""
    row = await read.one(merges().where(people.c.person_id == person_id), village=people.c.village)
    return read.answer(_merge(row), version=row["version"])


@router.delete(
    "/persons/{person_id}/merge",
    summary="Undo a merge",
    tags=["duplicates"],
    responses=edits(GALIH_AGAIN, NOT_FOUND, PERSON_ERASED),
)
async def unmerge_person(person_id: DuplicateId, write: Write) -> Response:
    """They are two again, each with what was recorded under its own id; what was said meanwhile is the survivor's."""
    return await write(commands.Unmerge(person_id=person_id))


@router.get("/merges", summary="Duplicates by village", tags=["duplicates"], responses=shows(Page[Merge]))
async def list_merges(read: Read, paging: Paging) -> dict[str, Any]:
    """Who was merged into somebody else, by the village of the duplicate."""
    key = (people.c.village, people.c.person_id)
    return await read.page(merges(), key=key, paging=paging, village=people.c.village, item=_merge)


def _merge(row: Any) -> dict[str, Any]:
    return {"person_id": row["person_id"], "village": row["village"], "into": row["into"]}
