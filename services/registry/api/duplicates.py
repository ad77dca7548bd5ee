"""Who may have been registered twice: pairs for somebody to look at.

Names and numbers are encrypted under each person's own key, so nothing is kept to find pairs by: they are opened and
compared when somebody asks, within a region. To open and compare 10,000 people takes 0.4 s of a core (decision 0017).
"""

import asyncio
from collections.abc import Mapping
from datetime import date
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Path, Response
from pydantic import Field

from services.registry.commands import merges as commands
from services.registry.domain.likeness import Candidate as Found
from services.registry.domain.likeness import Likeness, Mark, candidates
from services.registry.domain.refusals import PERSON_ERASED, PERSON_UNKNOWN, TOO_MANY_TO_COMPARE, of_columns
from services.registry.views.households import households, living_together
from services.registry.views.namesakes import told_apart
from services.registry.views.people import everyone, people
from shared.errors import NOT_FOUND, Refused
from shared.http import Body, Page, Paging, Read, Reading, Shown, Write, records, shows
from shared.http.examples import GALIH, GALIH_AGAIN, VILLAGE, example

router = APIRouter()

SCOPES: dict[tuple[str, str], str] = {
    ("GET", "/duplicates"): "registry:read",
    ("POST", "/persons/{person_id}/namesakes"): "registry:write",
}
"""The scope that each of these routes needs."""

MOST_COMPARED = 25_000
"""So many people of a region are opened at most for one answer."""
_OPENED_AT_ONCE = 500
"""Fields; between two portions others are answered."""


OneId = Annotated[UUID, Path(description="One of the two.", examples=[GALIH])]


class Registration(Shown):
    """One of two registrations, as `GET /persons` shows it."""

    id: UUID
    village: str = Field(description="A dotted code.")
    name: str | None
    nik: str | None
    birth_date: date | None


class Candidate(Shown):
    """Two registrations that may be of one human."""

    model_config = example(
        persons=[
            {"id": GALIH, "village": VILLAGE, "name": "Galih Lestari", "nik": None, "birth_date": "2019-11-02"},
            {"id": GALIH_AGAIN, "village": VILLAGE, "name": "Galih Lestary", "nik": None, "birth_date": "2019-11-02"},
        ],
        marks=["birth-date-and-name"],
    )

    persons: list[Registration] = Field(description="The two.")
    marks: list[Mark] = Field(description="What the two have in common.")


class NamesakeBody(Body):
    """Who is somebody else."""

    model_config = example(other_id=GALIH_AGAIN)

    other_id: UUID = Field(description="The other of the two.")


@router.get(
    "/duplicates",
    summary="Registrations that may be of one human",
    tags=["duplicates"],
    responses=shows(Page[Candidate], TOO_MANY_TO_COMPARE),
)
async def list_duplicates(read: Read, paging: Paging) -> dict[str, Any]:
    """Both lie in the caller's area and the region, which has 25,000 people at most. Not those told apart or merged."""
    shown, found = await compare(read, paging.region, MOST_COMPARED)

    def item(pair: Found) -> dict[str, Any]:
        return {"persons": [shown[pair.one], shown[pair.other]], "marks": pair.marks}

    return read.listed(found, key=lambda pair: f"{pair.one} {pair.other}", paging=paging, item=item)


async def compare(read: Reading, region: str | None, most: int) -> tuple[Mapping[UUID, dict[str, Any]], list[Found]]:
    """Everybody whom the caller may see there, opened, and who of them look alike. `too-many-to-compare`."""
    known = everyone().where(people.c.erased.is_not(True)).limit(most + 1)
    rows = await read.rows(known.where(*read.within(people.c.village, region)))
    if len(rows) > most:
        raise Refused(TOO_MANY_TO_COMPARE)
    opened: list[Any] = []
    sealed = [row[field] for row in rows for field in ("full_name", "nik", "birth_date")]
    for first in range(0, len(sealed), _OPENED_AT_ONCE):
        opened += await read.open_all(sealed[first : first + _OPENED_AT_ONCE])
    shown = {
        row["person_id"]: {
            "id": row["person_id"],
            "village": row["village"],
            "name": name,
            "nik": nik,
            "birth_date": birth_date,
        }
        for row, name, nik, birth_date in zip(rows, opened[::3], opened[1::3], opened[2::3], strict=True)
    }
    compared = [
        Likeness(who, one["name"] or "", one["birth_date"] and date.fromisoformat(one["birth_date"]), one["nik"])
        for who, one in shown.items()
    ]
    together = await read.rows(living_together().where(*read.within(households.c.village, region)))
    apart = {(row["person_id"], row["other_id"]) for row in await read.rows(told_apart(shown))}
    # In a thread: others are answered meanwhile.
    return shown, await asyncio.to_thread(candidates, compared, [row["members"] for row in together], apart)


@router.post(
    "/persons/{person_id}/namesakes",
    status_code=201,
    summary="Tell two persons apart",
    tags=["duplicates"],
    responses=records(GALIH, NOT_FOUND, *of_columns("into"), PERSON_UNKNOWN, PERSON_ERASED),
)
async def tell_apart(person_id: OneId, body: NamesakeBody, write: Write) -> Response:
    """They look alike and are two: they are listed as candidates no more. A merge is not forbidden by it."""
    return await write(commands.ToldApart(person_id=person_id, other_id=body.other_id))
