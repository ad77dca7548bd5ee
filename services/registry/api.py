"""The registry over HTTP: read the request, ask for the command, answer. No rule stands here.

Cells of a person come raw, as a form or a list has them. Names, NIK and birth dates are opened for callers in whose
area the person lives, and for nobody else.
"""

from collections.abc import Mapping, Sequence
from typing import Annotated, Any, Self
from uuid import UUID

import sqlalchemy as sa
from fastapi import APIRouter, Response
from pydantic import Field, model_validator

from services.registry import commands
from services.registry.domain.household import StatedRelation
from services.registry.views.figures import figures, workers_by_village
from services.registry.views.households import households, together
from services.registry.views.people import everyone, people, workers
from services.registry.views.villages import designated, villages
from shared.errors import NOT_FOUND, Refused
from shared.http import Body, Paging, Read, Write
from shared.vocabulary import village_code

router = APIRouter()

SCOPES: dict[tuple[str, str], str] = {
    ("POST", "/villages"): "villages:designate",
    ("GET", "/villages"): "registry:read",
    ("GET", "/villages/{code}"): "registry:read",
    ("POST", "/persons"): "registry:write",
    ("GET", "/persons"): "registry:read",
    ("GET", "/persons/{person_id}"): "registry:read",
    ("PATCH", "/persons/{person_id}"): "registry:write",
    ("POST", "/persons/{person_id}/death"): "registry:write",
    ("PATCH", "/persons/{person_id}/death"): "registry:write",
    ("DELETE", "/persons/{person_id}/death"): "registry:write",
    ("POST", "/persons/{person_id}/erasure"): "registry:write",
    ("POST", "/workers"): "registry:write",
    ("GET", "/workers"): "registry:read",
    ("POST", "/households"): "registry:write",
    ("GET", "/households"): "registry:read",
    ("GET", "/households/{household_id}"): "registry:read",
    ("POST", "/households/{household_id}/kin"): "registry:write",
    ("DELETE", "/households/{household_id}/kin/{person_id}/{relative_id}"): "registry:write",
    ("GET", "/figures"): "registry:read",
}
"""The scope that each route needs; a route without a row is a defect."""

VillageCell = Annotated[str, Field(description="Village code (kode desa), dotted or not.", examples=["33.07.10.2004"])]
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
    str, Field(description="Day, month or year of the death, as well as it is known.", examples=["2024-05"])
]


class DesignationBody(Body):
    """The designation of a village (penetapan desa)."""

    village: VillageCell
    year: int = Field(description="Programme year.", examples=[2019])
    decree: str = Field(description="The decree's number (nomor SK).", examples=["KEP-59/2017"])


class PersonBody(Body):
    """A person as a form or a list describes them. A column that is missing is answered with its code."""

    nik: NikCell | None = None
    name: NameCell | None = None
    birth_date: BirthDateCell | None = None
    village: VillageCell | None = None


class WorkerBody(PersonBody):
    """A worker: somebody new, or by *person_id* alone somebody known."""

    person_id: UUID | None = Field(default=None, description="A known person; then no other field is given.")

    @model_validator(mode="after")
    def _known_or_new(self) -> Self:
        if self.person_id is not None and self.model_fields_set != {"person_id"}:
            raise ValueError("person_id stands alone")
        return self


class PersonEdit(Body):
    """What to correct: only the fields given change. A null NIK or birth date takes the value away."""

    nik: NikCell | None = None
    name: NameCell | None = None
    birth_date: BirthDateCell | None = None
    village: VillageCell | None = None


class DeathBody(Body):
    """A death that the village reports."""

    died_on: DayOfDeath


class KinBody(Body):
    """*relative_id* is the *relation* of *person_id*: the spouse, the child or the parent."""

    person_id: UUID
    relative_id: UUID
    relation: StatedRelation
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

    village: VillageCell
    members: list[UUID] = Field(min_length=1, max_length=100)
    kin: list[KinBody] = Field(default_factory=list, max_length=200)


# ---------------------------------------------------------------------------------------------------------------------
# Villages
# ---------------------------------------------------------------------------------------------------------------------


@router.post("/villages", status_code=201, summary="Designate a village for the programme", tags=["villages"])
async def designate_village(body: DesignationBody, write: Write) -> Response:
    """201 with the dotted code; 200 if the same was said before."""
    return await write(commands.Designate(village=body.village, year=body.year, decree=body.decree))


@router.get("/villages", summary="Designated villages", tags=["villages"])
async def list_villages(read: Read, paging: Paging) -> dict[str, Any]:
    """By code."""
    return await read.page(designated(), key=(villages.c.village,), paging=paging, village=villages.c.village)


@router.get("/villages/{code}", summary="One designated village", tags=["villages"])
async def get_village(code: str, read: Read) -> Response:
    """Its programme year and decree; 404 if it is not designated."""
    dotted = village_code(code)
    if dotted is None:
        raise Refused(NOT_FOUND)
    row = await read.one(designated(dotted), village=villages.c.village)
    return read.answer(dict(row), version=row["version"])


# ---------------------------------------------------------------------------------------------------------------------
# Persons and workers
# ---------------------------------------------------------------------------------------------------------------------


@router.post("/persons", status_code=201, summary="Register a person", tags=["persons"])
async def register_person(body: PersonBody, write: Write) -> Response:
    """201 with a new id; 200 with the known one if this NIK is registered under an equal name."""
    return await write(
        commands.Register(
            nik=body.nik, name=body.name, birth_date=body.birth_date, village=body.village, as_worker=False
        )
    )


@router.post("/workers", status_code=201, summary="Register a worker", tags=["persons"])
async def register_worker(body: WorkerBody, write: Write) -> Response:
    """201 with a new id; 200 with the known one, who becomes a worker if they were none yet."""
    if body.person_id is not None:
        return await write(commands.RegisterKnown(person_id=body.person_id))
    return await write(
        commands.Register(
            nik=body.nik, name=body.name, birth_date=body.birth_date, village=body.village, as_worker=True
        )
    )


@router.get("/persons", summary="Persons", tags=["persons"])
async def list_persons(read: Read, paging: Paging) -> dict[str, Any]:
    """By village and id."""
    return await _page_of_people(everyone(), read, paging)


@router.get("/workers", summary="Workers", tags=["persons"])
async def list_workers(read: Read, paging: Paging) -> dict[str, Any]:
    """By village and id: who works, will work or has worked abroad."""
    return await _page_of_people(workers(), read, paging)


async def _page_of_people(query: sa.Select[Any], read: Read, paging: Paging) -> dict[str, Any]:
    key = (people.c.village, people.c.person_id)
    page = await read.page(query, key=key, paging=paging, village=people.c.village, item=dict)
    return {**page, "items": await _opened(read, page["items"])}


@router.get("/persons/{person_id}", summary="One person", tags=["persons"])
async def get_person(person_id: UUID, read: Read) -> Response:
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


@router.patch("/persons/{person_id}", summary="Correct a person", tags=["persons"])
async def edit_person(person_id: UUID, body: PersonEdit, write: Write) -> Response:
    """Each field given that differs is one correction; all of them are recorded together or not at all."""
    given: dict[commands.Column, str | None] = {
        "nik": body.nik,
        "name": body.name,
        "birth_date": body.birth_date,
        "village": body.village,
    }
    cells = {column: cell for column, cell in given.items() if column in body.model_fields_set}
    return await write(commands.Edit(person_id=person_id, cells=cells))


@router.post("/persons/{person_id}/death", status_code=201, summary="Record a death", tags=["persons"])
async def report_death(person_id: UUID, body: DeathBody, write: Write) -> Response:
    """Reported by the village; a return by death records the death by itself."""
    return await write(commands.ReportDeath(person_id=person_id, died_on=body.died_on))


@router.patch("/persons/{person_id}/death", summary="Correct the day of a death", tags=["persons"])
async def edit_death(person_id: UUID, body: DeathBody, write: Write) -> Response:
    """Only of a death that the village reported; another is corrected with the return that said so."""
    return await write(commands.EditDeath(person_id=person_id, died_on=body.died_on))


@router.delete("/persons/{person_id}/death", summary="Retract a death", tags=["persons"])
async def withdraw_death(person_id: UUID, write: Write) -> Response:
    """Only one that the village reported; another is retracted with the return that said so."""
    return await write(commands.WithdrawDeath(person_id=person_id))


@router.post("/persons/{person_id}/erasure", summary="Erase a person's data", tags=["persons"])
async def erase_person(person_id: UUID, write: Write) -> Response:
    """For good, here and in every service that hears of it (UU 27/2022 Ps 44)."""
    return await write(commands.Erase(person_id=person_id))


# ---------------------------------------------------------------------------------------------------------------------
# Households
# ---------------------------------------------------------------------------------------------------------------------


@router.post("/households", status_code=201, summary="Register a household and its kinship", tags=["households"])
async def register_household(body: HouseholdBody, write: Write) -> Response:
    """All persons named must be known; the household and its kinship are recorded together or not at all."""
    return await write(
        commands.RegisterTogether(
            village=body.village,
            members=tuple(body.members),
            kin=tuple(kin.relative() for kin in body.kin),
        )
    )


@router.get("/households", summary="Households", tags=["households"])
async def list_households(read: Read, paging: Paging) -> dict[str, Any]:
    """By village and id, with members and kinship."""
    key = (households.c.village, households.c.household_id)
    return await read.page(together(), key=key, paging=paging, village=households.c.village, item=_household)


@router.get("/households/{household_id}", summary="One household", tags=["households"])
async def get_household(household_id: UUID, read: Read) -> Response:
    """With the ETag that an edit needs."""
    query = together().where(households.c.household_id == household_id)
    row = await read.one(query, village=households.c.village)
    return read.answer(_household(row), version=row["version"])


def _household(row: Any) -> dict[str, Any]:
    return {"id": row["household_id"], "village": row["village"], "members": row["members"], "kin": row["kin"]}


@router.post("/households/{household_id}/kin", status_code=201, summary="Record a relation", tags=["households"])
async def add_kin(household_id: UUID, body: KinBody, write: Write) -> Response:
    """200 if it was known; with another guardian this is a correction of the guardian."""
    return await write(commands.AddKin(household_id=household_id, kin=body.relative()))


@router.delete(
    "/households/{household_id}/kin/{person_id}/{relative_id}", summary="Retract a relation", tags=["households"]
)
async def withdraw_kin(household_id: UUID, person_id: UUID, relative_id: UUID, write: Write) -> Response:
    """Whatever was recorded between the two in this household, whoever was named first."""
    return await write(commands.WithdrawKin(household_id=household_id, person_id=person_id, relative_id=relative_id))


# ---------------------------------------------------------------------------------------------------------------------
# Figures
# ---------------------------------------------------------------------------------------------------------------------


@router.get("/figures", summary="Workers by village", tags=["figures"])
async def get_figures(read: Read, paging: Paging) -> dict[str, Any]:
    """Everybody who works, will work or has worked abroad, the dead too."""
    village = workers_by_village.c.village
    return await read.page(figures(), key=(village,), paging=paging, village=village)
