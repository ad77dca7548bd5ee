"""Households: who lives together, and who is what to whom."""

from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Path, Response
from pydantic import Field

from services.registry.api.fields import PersonId, VillageCell
from services.registry.commands import households as commands
from services.registry.domain.household import Relation, StatedRelation
from services.registry.domain.refusals import KIN_RECORDED_ELSEWHERE, PERSON_ERASED, PERSON_UNKNOWN, of_columns
from services.registry.views.households import households, together
from shared.errors import NOT_FOUND, OUTSIDE_AREA, PERSON_MERGED
from shared.http import Body, Bulk, Page, Paging, Read, Shown, Write, WriteAll, edits, records, records_each, shows
from shared.http.examples import (
    CHILD,
    DEWI,
    HOUSEHOLD,
    HOUSEHOLD_OF_DEWI,
    RINI,
    SPOUSE,
    VILLAGE,
    WORKER,
    example,
)

router = APIRouter()

SCOPES: dict[tuple[str, str], str] = {
    ("POST", "/households"): "registry:write",
    ("POST", "/households/bulk"): "registry:write",
    ("GET", "/households"): "registry:read",
    ("GET", "/households/{household_id}"): "registry:read",
    ("POST", "/households/{household_id}/kin"): "registry:write",
    ("DELETE", "/households/{household_id}/kin/{person_id}/{relative_id}"): "registry:write",
}
"""The scope that each of these routes needs."""

RelativeId = Annotated[UUID, Path(description="The other of the two.", examples=[SPOUSE])]
HouseholdId = Annotated[UUID, Path(description="The household.", examples=[HOUSEHOLD])]

_OF_KIN = (*of_columns("relation", "guardian"), PERSON_UNKNOWN, PERSON_ERASED, PERSON_MERGED, KIN_RECORDED_ELSEWHERE)


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
