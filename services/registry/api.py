"""The registry over HTTP: read the request, ask for the command, answer. No rule stands here.

Cells of a person come raw, as a form or a list has them. Names, NIK and birth dates are opened for callers in whose
area the person lives, and for nobody else.
"""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Annotated, Any, Self
from uuid import UUID

import sqlalchemy as sa
from fastapi import APIRouter, Path, Response
from pydantic import ConfigDict, Field, model_validator

from services.registry import commands
from services.registry.domain.household import Relation, StatedRelation
from services.registry.domain.refusals import (
    DEATH_ALREADY_RECORDED,
    DEATH_SAID_BY_TRIP,
    KIN_RECORDED_ELSEWHERE,
    NIK_BELONGS_TO_ANOTHER_NAME,
    NIK_REGISTERED_ELSEWHERE,
    PERSON_ERASED,
    PERSON_UNKNOWN,
    VILLAGE_ALREADY_DESIGNATED,
    of_columns,
)
from services.registry.views.figures import figures, workers_by_village
from services.registry.views.households import households, together
from services.registry.views.people import everyone, people, workers
from services.registry.views.villages import designated, villages
from shared.errors import NOT_FOUND, OUTSIDE_AREA, Refused
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
from shared.http.examples import (
    AGUS,
    CHILD,
    DEWI,
    GALIH,
    HOUSEHOLD,
    HOUSEHOLD_OF_DEWI,
    RINI,
    SPOUSE,
    VILLAGE,
    WORKER,
    example,
)
from shared.vocabulary import village_code

router = APIRouter()

SCOPES: dict[tuple[str, str], str] = {
    ("POST", "/villages"): "villages:designate",
    ("GET", "/villages"): "registry:read",
    ("GET", "/villages/{code}"): "registry:read",
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
    ("POST", "/households"): "registry:write",
    ("POST", "/households/bulk"): "registry:write",
    ("GET", "/households"): "registry:read",
    ("GET", "/households/{household_id}"): "registry:read",
    ("POST", "/households/{household_id}/kin"): "registry:write",
    ("DELETE", "/households/{household_id}/kin/{person_id}/{relative_id}"): "registry:write",
    ("GET", "/figures"): "registry:read",
}
"""The scope that each route needs; a route without a row is a defect."""

TAGS = {
    "villages": "Villages that are designated for the programme (desa Desmigratif).",
    "persons": "Who somebody is, that they work abroad, that they died. Names and numbers only in one's own area.",
    "households": "Who lives together, and who is what to whom (keluarga PMI).",
    "figures": "Counts by village.",
}
"""The groups of routes on the API pages."""

PersonId = Annotated[UUID, Path(description="The person.", examples=[WORKER])]
RelativeId = Annotated[UUID, Path(description="The other of the two.", examples=[SPOUSE])]
HouseholdId = Annotated[UUID, Path(description="The household.", examples=[HOUSEHOLD])]

VillageCell = Annotated[str, Field(description="Village code (kode desa), dotted or not.", examples=[VILLAGE])]
NikCell = Annotated[
    str,
    Field(
        description="NIK as it was written, also with blanks, dots or a leading apostrophe. Left out: none is known.",
        examples=["3307106902009001"],
    ),
]
NameCell = Annotated[str, Field(description="Full name (nama lengkap).", examples=["Siti Aminah"])]
BirthDateCell = Annotated[str, Field(description="Birth date (tanggal lahir), YYYY-MM-DD.", examples=["2000-02-29"])]
DayOfDeath = Annotated[
    str, Field(description="Day, month or year of the death, as well as it is known.", examples=["2026-08"])
]

_OF_PERSON = (
    *of_columns("nik", "name", "birth-date", "village"),
    OUTSIDE_AREA,
    NIK_BELONGS_TO_ANOTHER_NAME,
    NIK_REGISTERED_ELSEWHERE,
)
_OF_KIN = (*of_columns("relation", "guardian"), PERSON_UNKNOWN, PERSON_ERASED, KIN_RECORDED_ELSEWHERE)


class DesignationBody(Body):
    """The designation of a village (penetapan desa)."""

    model_config = example(village=VILLAGE, year=2019, decree="KEP-59/2017")

    village: VillageCell
    year: int = Field(description="Programme year.")
    decree: str = Field(description="The decree's number (nomor SK).")


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


class DeathBody(Body):
    """A death that the village reports."""

    model_config = example(died_on="2026-08")

    died_on: DayOfDeath


class KinBody(Body):
    """*relative_id* is the *relation* of *person_id*: the spouse, the child or the parent."""

    model_config = example(person_id=WORKER, relative_id=CHILD, relation="child", guardian_id=SPOUSE)

    person_id: UUID = Field(description="One of the two.")
    relative_id: UUID = Field(description="The other.")
    relation: StatedRelation = Field(description="What the other is to the one.")
    guardian_id: UUID | None = Field(default=None, description="Who cares for the child (wali), where it is known.")

    def relative(self) -> commands.Relative:
        """As the command has it."""
        return commands.Relative(
            person_id=self.person_id,
            relative_id=self.relative_id,
            relation=self.relation,
            guardian_id=self.guardian_id,
        )


class HouseholdBody(Body):
    """Who lives together, and who is what to whom."""

    model_config = example(
        village=VILLAGE,
        members=[WORKER, SPOUSE, CHILD],
        kin=[
            {"person_id": WORKER, "relative_id": SPOUSE, "relation": "spouse"},
            {"person_id": WORKER, "relative_id": CHILD, "relation": "child"},
        ],
    )

    village: VillageCell
    members: list[UUID] = Field(min_length=1, max_length=100, description="Their person ids.")
    kin: list[KinBody] = Field(default_factory=list, max_length=200, description="Who is what to whom.")

    def command(self) -> commands.RegisterTogether:
        """Register them."""
        return commands.RegisterTogether(
            village=self.village, members=tuple(self.members), kin=tuple(kin.relative() for kin in self.kin)
        )


class HouseholdsBody(Bulk[HouseholdBody]):
    """Many households."""

    model_config = example(
        items=[
            {
                "key": "line 1",
                "body": {
                    "village": VILLAGE,
                    "members": [DEWI, RINI],
                    "kin": [{"person_id": DEWI, "relative_id": RINI, "relation": "spouse"}],
                },
            }
        ]
    )


class DesignatedVillage(Shown):
    """A village of the programme."""

    model_config = example(village=VILLAGE, version=1, year=2019, decree="KEP-59/2017")

    village: str = Field(description="A dotted code.")
    version: int = Field(description="As in ETag.")
    year: int = Field(description="The programme year.")
    decree: str = Field(description="The decree's number.")


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


class KinShown(Shown):
    """*relative_id* is the spouse or child of *person_id*."""

    person_id: UUID
    relative_id: UUID
    relation: Relation = Field(description="What the relative is to the person.")
    guardian_id: UUID | None = Field(description="Who cares for a child (wali), where it is known.")


class Household(Shown):
    """Who lives together, and who is what to whom."""

    model_config = example(
        id=HOUSEHOLD,
        village=VILLAGE,
        members=[WORKER, SPOUSE, CHILD],
        kin=[
            {"person_id": WORKER, "relative_id": SPOUSE, "relation": "spouse", "guardian_id": None},
            {"person_id": WORKER, "relative_id": CHILD, "relation": "child", "guardian_id": SPOUSE},
        ],
    )

    id: UUID
    village: str = Field(description="Where they live, a dotted code.")
    members: list[UUID] = Field(description="Persons.")
    kin: list[KinShown]


class Figure(Shown):
    """What is counted in a village."""

    model_config = example(village=VILLAGE, workers=1)

    village: str = Field(description="A dotted code.")
    workers: int


# ---------------------------------------------------------------------------------------------------------------------
# Villages
# ---------------------------------------------------------------------------------------------------------------------


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


# ---------------------------------------------------------------------------------------------------------------------
# Persons and workers
# ---------------------------------------------------------------------------------------------------------------------


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
    responses=records_each(RINI, GALIH),
)
async def register_persons(body: PersonsBody, write: WriteAll) -> Response:
    """Up to a thousand, each as `POST /persons` registers one, in their order."""
    return await write(body, PersonBody.command)


@router.post(
    "/workers",
    status_code=201,
    summary="Register a worker",
    tags=["persons"],
    responses=records(WORKER, NOT_FOUND, PERSON_ERASED, *_OF_PERSON),
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
    return {**page, "items": await _opened(read, page["items"])}


@router.get(
    "/persons/{person_id}",
    summary="One person",
    tags=["persons"],
    responses=shows(Person, NOT_FOUND, etag=True),
)
async def get_person(person_id: PersonId, read: Read) -> Response:
    """With the ETag that an edit needs."""
    row = await read.one(everyone().where(people.c.person_id == person_id), village=people.c.village)
    (person,) = await _opened(read, [row])
    return read.answer(person, version=row["version"])


async def _opened(read: Read, rows: Sequence[Mapping[Any, Any]]) -> list[dict[str, Any]]:
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
    responses=edits(WORKER, NOT_FOUND, PERSON_ERASED, *_OF_PERSON),
)
async def edit_person(person_id: PersonId, body: PersonEdit, write: Write) -> Response:
    """Each field given that differs is one correction; all of them are recorded together or not at all."""
    given: dict[commands.Column, str | None] = {
        "nik": body.nik,
        "name": body.name,
        "birth_date": body.birth_date,
        "village": body.village,
    }
    cells = {column: cell for column, cell in given.items() if column in body.model_fields_set}
    return await write(commands.Edit(person_id=person_id, cells=cells))


@router.post(
    "/persons/{person_id}/death",
    status_code=201,
    summary="Record a death",
    tags=["persons"],
    responses=records(WORKER, NOT_FOUND, PERSON_ERASED, *of_columns("died-on"), DEATH_ALREADY_RECORDED),
)
async def report_death(person_id: PersonId, body: DeathBody, write: Write) -> Response:
    """Reported by the village; a return by death records the death by itself."""
    return await write(commands.ReportDeath(person_id=person_id, died_on=body.died_on))


@router.patch(
    "/persons/{person_id}/death",
    summary="Correct the day of a death",
    tags=["persons"],
    responses=edits(WORKER, NOT_FOUND, PERSON_ERASED, *of_columns("died-on"), DEATH_SAID_BY_TRIP),
)
async def edit_death(person_id: PersonId, body: DeathBody, write: Write) -> Response:
    """Only of a death that the village reported; another is corrected with the return that said so."""
    return await write(commands.EditDeath(person_id=person_id, died_on=body.died_on))


@router.delete(
    "/persons/{person_id}/death",
    summary="Retract a death",
    tags=["persons"],
    responses=edits(WORKER, NOT_FOUND, PERSON_ERASED, DEATH_SAID_BY_TRIP),
)
async def withdraw_death(person_id: PersonId, write: Write) -> Response:
    """Only one that the village reported; another is retracted with the return that said so."""
    return await write(commands.WithdrawDeath(person_id=person_id))


@router.post(
    "/persons/{person_id}/erasure",
    summary="Erase a person's data",
    tags=["persons"],
    responses=changes(WORKER, NOT_FOUND),
)
async def erase_person(person_id: PersonId, write: Write) -> Response:
    """For good, here and in every service that hears of it (UU 27/2022 Ps 44)."""
    return await write(commands.Erase(person_id=person_id))


# ---------------------------------------------------------------------------------------------------------------------
# Households
# ---------------------------------------------------------------------------------------------------------------------


@router.post(
    "/households",
    status_code=201,
    summary="Register a household and its kinship",
    tags=["households"],
    responses=records(HOUSEHOLD, *of_columns("village"), OUTSIDE_AREA, *_OF_KIN),
)
async def register_household(body: HouseholdBody, write: Write) -> Response:
    """All persons named must be known; the household and its kinship are recorded together or not at all."""
    return await write(body.command())


@router.post(
    "/households/bulk",
    summary="Register many households and their kinship",
    tags=["households"],
    responses=records_each(HOUSEHOLD_OF_DEWI),
)
async def register_households(body: HouseholdsBody, write: WriteAll) -> Response:
    """Up to a thousand, each as `POST /households` registers one, in their order."""
    return await write(body, HouseholdBody.command)


@router.get("/households", summary="Households by village", tags=["households"], responses=shows(Page[Household]))
async def list_households(read: Read, paging: Paging) -> dict[str, Any]:
    """Each with its members and their kinship."""
    key = (households.c.village, households.c.household_id)
    return await read.page(together(), key=key, paging=paging, village=households.c.village, item=_household)


@router.get(
    "/households/{household_id}",
    summary="One household",
    tags=["households"],
    responses=shows(Household, NOT_FOUND, etag=True),
)
async def get_household(household_id: HouseholdId, read: Read) -> Response:
    """With the ETag that an edit needs."""
    query = together().where(households.c.household_id == household_id)
    row = await read.one(query, village=households.c.village)
    return read.answer(_household(row), version=row["version"])


def _household(row: Any) -> dict[str, Any]:
    return {"id": row["household_id"], "village": row["village"], "members": row["members"], "kin": row["kin"]}


@router.post(
    "/households/{household_id}/kin",
    status_code=201,
    summary="Record a relation",
    tags=["households"],
    responses=records(HOUSEHOLD, NOT_FOUND, *_OF_KIN),
)
async def add_kin(household_id: HouseholdId, body: KinBody, write: Write) -> Response:
    """200 if it was known; with another guardian this is a correction of the guardian."""
    return await write(commands.AddKin(household_id=household_id, kin=body.relative()))


@router.delete(
    "/households/{household_id}/kin/{person_id}/{relative_id}",
    summary="Retract a relation",
    tags=["households"],
    responses=edits(HOUSEHOLD, NOT_FOUND),
)
async def withdraw_kin(
    household_id: HouseholdId, person_id: PersonId, relative_id: RelativeId, write: Write
) -> Response:
    """Whatever was recorded between the two in this household, whoever was named first."""
    return await write(commands.WithdrawKin(household_id=household_id, person_id=person_id, relative_id=relative_id))


# ---------------------------------------------------------------------------------------------------------------------
# Figures
# ---------------------------------------------------------------------------------------------------------------------


@router.get("/figures", summary="Workers, counted by village", tags=["figures"], responses=shows(Page[Figure]))
async def list_figures(read: Read, paging: Paging) -> dict[str, Any]:
    """Everybody who works, will work or has worked abroad, the dead too."""
    village = workers_by_village.c.village
    return await read.page(figures(), key=(village,), paging=paging, village=village)
