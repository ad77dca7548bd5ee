"""Persons and workers: who somebody is, that they work abroad, that they died.

Cells come raw, as a form or a list has them. Names, NIK and birth dates are opened for callers in whose area the person
lives, and for nobody else.
"""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Annotated, Any, Self
from uuid import UUID

import sqlalchemy as sa
from fastapi import APIRouter, Response
from pydantic import ConfigDict, Field, model_validator

from services.registry.api.fields import PersonId, SinceCell, VillageCell
from services.registry.commands import persons as commands
from services.registry.domain.refusals import (
    DEATH_ALREADY_RECORDED,
    DEATH_BEFORE_BIRTH,
    DEATH_SAID_BY_TRIP,
    ERASURE_HELD,
    KNOWN_OF_DUPLICATE,
    NIK_BELONGS_TO_ANOTHER_NAME,
    NIK_OF_DUPLICATE,
    NIK_REGISTERED_ELSEWHERE,
    PERSON_ERASED,
    of_columns,
)
from services.registry.views.people import everyone, one, people, workers
from shared.errors import NOT_FOUND, OUTSIDE_AREA, PERSON_MERGED
from shared.http import (
    Body,
    Bulk,
    Page,
    Paging,
    Read,
    Shown,
    Write,
    WriteAll,
    changes,
    edits,
    records,
    records_each,
    shows,
)
from shared.http.examples import AGUS, DEWI, GALIH, GALIH_AGAIN, RINI, SPOUSE, VILLAGE, WORKER, example

router = APIRouter()

SCOPES: dict[tuple[str, str], str] = {
    ("POST", "/persons"): "registry:write",
    ("POST", "/persons/bulk"): "registry:write",
    ("GET", "/persons"): "registry:read",
    ("GET", "/persons/{person_id}"): "registry:read",
    ("PATCH", "/persons/{person_id}"): "registry:write",
    ("POST", "/persons/{person_id}/death"): "registry:write",
    ("PATCH", "/persons/{person_id}/death"): "registry:write",
    ("DELETE", "/persons/{person_id}/death"): "registry:write",
    ("POST", "/persons/{person_id}/erasure"): "registry:write",
    ("POST", "/workers"): "registry:write",
    ("POST", "/workers/bulk"): "registry:write",
    ("GET", "/workers"): "registry:read",
}
"""The scope that each of these routes needs."""

NikCell = Annotated[
    str,
    Field(
        description="NIK as it was written, also with blanks, dots or a leading apostrophe. Left out: none is known.",
        examples=["3307106902009001"],
    ),
]
NameCell = Annotated[str, Field(description="Full name (nama lengkap).", max_length=200, examples=["Siti Aminah"])]
BirthDateCell = Annotated[str, Field(description="Birth date (tanggal lahir), YYYY-MM-DD.", examples=["2000-02-29"])]
DayOfDeath = Annotated[
    str, Field(description="Day, month or year of the death, as well as it is known.", examples=["2026-08"])
]

_OF_PERSON = (
    *of_columns("nik", "name", "birth-date-invalid", "village"),
    OUTSIDE_AREA,
    NIK_BELONGS_TO_ANOTHER_NAME,
    NIK_REGISTERED_ELSEWHERE,
)


class PersonBody(Body):
    """A person as a form or a list describes them. A column that is missing is answered with its code."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {"nik": "3307101205989002", "name": "Joko Prasetyo", "birth_date": "1998-05-12", "village": VILLAGE},
                {"name": "Bima Prasetyo", "birth_date": "2018-05-17", "village": VILLAGE},
            ]
        }
    )

    nik: NikCell | None = None
    name: NameCell | None = None
    birth_date: BirthDateCell | None = None
    village: VillageCell | None = None

    def command(self) -> commands.Register | commands.RegisterKnown:
        """Register them."""
        return self._register(as_worker=False)

    def _register(self, *, as_worker: bool) -> commands.Register:
        return commands.Register(
            nik=self.nik, name=self.name, birth_date=self.birth_date, village=self.village, as_worker=as_worker
        )


class WorkerBody(PersonBody):
    """A worker: somebody new, or by *person_id* alone somebody known."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {"nik": "3307106902009001", "name": "Siti Aminah", "birth_date": "2000-02-29", "village": VILLAGE},
                {"person_id": SPOUSE},
            ]
        }
    )

    person_id: UUID | None = Field(default=None, description="A known person; then no other field is given.")

    @model_validator(mode="after")
    def _known_or_new(self) -> Self:
        if self.person_id is not None and self.model_fields_set != {"person_id"}:
            raise ValueError("person_id stands alone")
        return self

    def command(self) -> commands.Register | commands.RegisterKnown:
        """Register them as a worker."""
        if self.person_id is not None:
            return commands.RegisterKnown(person_id=self.person_id)
        return self._register(as_worker=True)


class PersonsBody(Bulk[PersonBody]):
    """Many persons."""

    model_config = example(
        items=[
            {"key": "line 1", "body": {"name": "Rini Lestari", "birth_date": "1999-01-31", "village": VILLAGE}},
            {"key": "line 2", "body": {"name": "Galih Lestari", "birth_date": "2019-11-02", "village": VILLAGE}},
            {"key": "line 3", "body": {"name": "Galih Lestary", "birth_date": "2019-11-02", "village": VILLAGE}},
        ]
    )


class WorkersBody(Bulk[WorkerBody]):
    """Many workers: new ones, and known ones by *person_id* alone."""

    model_config = example(
        items=[
            {"key": "line 1", "body": {"nik": "3307104504979003", "name": "Dewi Anggraini", "village": VILLAGE}},
            {"key": "line 2", "body": {"nik": "3307101708959004", "name": "Agus Santoso", "village": VILLAGE}},
        ]
    )


class PersonEdit(Body):
    """What to correct: only the fields given change. A null NIK or birth date takes the value away."""

    model_config = example(name="Siti Aminah Prasetyo")

    nik: NikCell | None = None
    name: NameCell | None = None
    birth_date: BirthDateCell | None = None
    village: VillageCell | None = None
    since: SinceCell | None = Field(
        default=None,
        description="Only beside `village`: the day, month or year since when they live there. Left out: since today, "
        "as of a move.",
    )


class DeathBody(Body):
    """A death that the village reports."""

    model_config = example(died_on="2026-08")

    died_on: DayOfDeath


class Person(Shown):
    """A person; of an erased one every particular is null."""

    model_config = example(
        id=WORKER,
        village=VILLAGE,
        worker=True,
        name="Siti Aminah Prasetyo",
        nik="3307106902009001",
        birth_date="2000-02-29",
        died_on=None,
        erased=False,
    )

    id: UUID
    village: str = Field(description="Where they live, a dotted code.")
    worker: bool = Field(description="Whether they work, will work or have worked abroad.")
    name: str | None
    nik: str | None = Field(description="The national identity number; null where it is unknown.")
    birth_date: date | None = Field(description="Null where it is unknown.")
    died_on: str | None = Field(description="As precise as it is known.", examples=["2026-08"])
    erased: bool


@router.post(
    "/persons",
    status_code=201,
    summary="Register a person",
    tags=["persons"],
    responses=records(SPOUSE, *_OF_PERSON),
)
async def register_person(body: PersonBody, write: Write) -> Response:
    """201 with a new id; 200 with the known one if this NIK is registered under an equal name."""
    return await write(body.command())


@router.post(
    "/persons/bulk",
    summary="Register many persons",
    tags=["persons"],
    responses=records_each(RINI, GALIH, GALIH_AGAIN),
)
async def register_persons(body: PersonsBody, write: WriteAll) -> Response:
    """Up to a thousand, each as `POST /persons` registers one, in their order."""
    return await write(body, PersonBody.command)


@router.post(
    "/workers",
    status_code=201,
    summary="Register a worker",
    tags=["persons"],
    responses=records(WORKER, NOT_FOUND, PERSON_ERASED, PERSON_MERGED, *_OF_PERSON),
)
async def register_worker(body: WorkerBody, write: Write) -> Response:
    """201 with a new id; 200 with the known one, who becomes a worker if they were none yet."""
    return await write(body.command())


@router.post(
    "/workers/bulk",
    summary="Register many workers",
    tags=["persons"],
    responses=records_each(DEWI, AGUS),
)
async def register_workers(body: WorkersBody, write: WriteAll) -> Response:
    """Up to a thousand, each as `POST /workers` registers one, in their order."""
    return await write(body, WorkerBody.command)


@router.get("/persons", summary="Persons by village", tags=["persons"], responses=shows(Page[Person]))
async def list_persons(read: Read, paging: Paging) -> dict[str, Any]:
    """Everybody who is known: workers, spouses, children. The erased too, without their particulars."""
    return await _page_of_people(everyone(), read, paging)


@router.get("/workers", summary="Workers by village", tags=["persons"], responses=shows(Page[Person]))
async def list_workers(read: Read, paging: Paging) -> dict[str, Any]:
    """Who works, will work or has worked abroad (CPMI and PMI)."""
    return await _page_of_people(workers(), read, paging)


async def _page_of_people(query: sa.Select[Any], read: Read, paging: Paging) -> dict[str, Any]:
    key = (people.c.village, people.c.person_id)
    page = await read.page(query, key=key, paging=paging, village=people.c.village, item=dict)
    return {**page, "items": await opened(read, page["items"])}


@router.get(
    "/persons/{person_id}",
    summary="One person",
    tags=["persons"],
    responses=shows(Person, NOT_FOUND, etag=True),
)
async def get_person(person_id: PersonId, read: Read) -> Response:
    """With the ETag that an edit needs. Of a duplicate, who stands for both, under their own id."""
    row = await read.one(one(person_id), village=people.c.village)
    (person,) = await opened(read, [row])
    return read.answer(person, version=row["version"])


async def opened(read: Read, rows: Sequence[Mapping[Any, Any]]) -> list[dict[str, Any]]:
    """Rows as the caller sees them, particulars opened; of an erased person every particular is null."""
    sealed = [row[field] for row in rows for field in ("full_name", "nik", "birth_date")]
    opened = iter(await read.open_all(sealed))
    return [
        {
            "id": row["person_id"],
            "village": row["village"],
            "worker": row["worker"],
            "name": next(opened),
            "nik": next(opened),
            "birth_date": next(opened),
            "died_on": row["died_on"],
            "erased": row["erased"],
        }
        for row in rows
    ]


@router.patch(
    "/persons/{person_id}",
    summary="Correct a person",
    tags=["persons"],
    responses=edits(
        WORKER,
        NOT_FOUND,
        PERSON_ERASED,
        PERSON_MERGED,
        *_OF_PERSON,
        *of_columns("since"),
        DEATH_BEFORE_BIRTH,
        NIK_OF_DUPLICATE,
        KNOWN_OF_DUPLICATE,
    ),
)
async def edit_person(person_id: PersonId, body: PersonEdit, write: Write) -> Response:
    """Each field given that differs is one correction; all of them are recorded together or not at all.

    A village holds since `since`, and takes the place of whatever was said before of that day or a later one: who
    moved is given the day of the move; of whom a wrong village was recorded, the day since when it was said, of a
    registration its day or an earlier one. Reports of days before show what they did. A later move that was right is
    said again afterwards.
    """
    given: dict[commands.Column, str | None] = {
        "nik": body.nik,
        "name": body.name,
        "birth_date": body.birth_date,
        "village": body.village,
    }
    cells = {column: cell for column, cell in given.items() if column in body.model_fields_set}
    return await write(commands.Edit(person_id=person_id, cells=cells, since=body.since))


@router.post(
    "/persons/{person_id}/death",
    status_code=201,
    summary="Record a death",
    tags=["persons"],
    responses=records(
        WORKER,
        NOT_FOUND,
        PERSON_ERASED,
        PERSON_MERGED,
        *of_columns("died-on"),
        DEATH_ALREADY_RECORDED,
        DEATH_BEFORE_BIRTH,
    ),
)
async def report_death(person_id: PersonId, body: DeathBody, write: Write) -> Response:
    """Reported by the village; a return by death records the death by itself."""
    return await write(commands.ReportDeath(person_id=person_id, died_on=body.died_on))


@router.patch(
    "/persons/{person_id}/death",
    summary="Correct the day of a death",
    tags=["persons"],
    responses=edits(
        WORKER,
        NOT_FOUND,
        PERSON_ERASED,
        PERSON_MERGED,
        *of_columns("died-on"),
        DEATH_SAID_BY_TRIP,
        DEATH_BEFORE_BIRTH,
    ),
)
async def edit_death(person_id: PersonId, body: DeathBody, write: Write) -> Response:
    """Only of a death that the village reported; another is corrected with the return that said so."""
    return await write(commands.EditDeath(person_id=person_id, died_on=body.died_on))


@router.delete(
    "/persons/{person_id}/death",
    summary="Retract a death",
    tags=["persons"],
    responses=edits(WORKER, NOT_FOUND, PERSON_ERASED, PERSON_MERGED, DEATH_SAID_BY_TRIP),
)
async def withdraw_death(person_id: PersonId, write: Write) -> Response:
    """Only one that the village reported; another is retracted with the return that said so."""
    return await write(commands.WithdrawDeath(person_id=person_id))


@router.post(
    "/persons/{person_id}/erasure",
    summary="Erase a person's data",
    tags=["persons"],
    responses=changes(WORKER, NOT_FOUND, PERSON_MERGED, ERASURE_HELD),
)
async def erase_person(person_id: PersonId, write: Write) -> Response:
    """For good, here and in every service that hears of it (UU 27/2022 Ps 43-44).

    Refused while the law or a duty of the state forbids it (Ps 15, Ps 42-45). `held_by` has the codes of why, for
    those alone who may see what forbids it (scope `holds:read`): it may tell of a crime.
    """
    return await write(commands.Erase(person_id=person_id, hears_why=write.may("holds:read")))
