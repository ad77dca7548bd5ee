"""Households: who lives together, and who is what to whom."""

from collections.abc import Mapping, Sequence
from typing import Annotated, Any, Self
from uuid import UUID

from fastapi import APIRouter, Path, Response
from pydantic import ConfigDict, Field, StrictBool, model_validator

from services.registry.api.fields import CardCell, PersonId, SinceCell, VillageCell
from services.registry.api.persons import BirthDateCell, NameCell, NikCell
from services.registry.commands import households as commands
from services.registry.domain.household import Relation, StatedRelation
from services.registry.domain.refusals import (
    HEAD_NOT_A_MEMBER,
    HOUSEHOLD_WITHOUT_HEAD,
    KIN_CONTRADICTORY,
    KIN_RECORDED_ELSEWHERE,
    MEMBER_OF_ANOTHER_HOUSEHOLD,
    NIK_BELONGS_TO_ANOTHER_NAME,
    NIK_REGISTERED_ELSEWHERE,
    PERSON_ERASED,
    PERSON_UNKNOWN,
    of_columns,
)
from services.registry.views.households import households, together
from shared.errors import NOT_FOUND, OUTSIDE_AREA, PERSON_MERGED
from shared.http import (
    Body,
    Bulk,
    OneWritten,
    Page,
    Paging,
    Read,
    Shown,
    Write,
    WriteAll,
    Written,
    edits,
    records,
    records_each,
    shows,
)
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

_OF_KIN = (
    *of_columns("relation-of", "guardian", "since"),
    PERSON_UNKNOWN,
    PERSON_ERASED,
    PERSON_MERGED,
    KIN_RECORDED_ELSEWHERE,
    KIN_CONTRADICTORY,
)
_OF_PEOPLE = (
    *of_columns("nik", "name", "birth-date", "relation-unknown", "relation-no-head", "card", "surveyed-on"),
    NIK_BELONGS_TO_ANOTHER_NAME,
    NIK_REGISTERED_ELSEWHERE,
    MEMBER_OF_ANOTHER_HOUSEHOLD,
    HEAD_NOT_A_MEMBER,
    HOUSEHOLD_WITHOUT_HEAD,
)


class KinBody(Body):
    """*relative_id* is the *relation* of *person_id*: the spouse, the child or the parent."""

    model_config = example(person_id=WORKER, relative_id=CHILD, relation="child", guardian_id=SPOUSE)

    person_id: UUID = Field(description="One of the two.")
    relative_id: UUID = Field(description="The other.")
    relation: StatedRelation = Field(description="What the other is to the one.")
    guardian_id: UUID | None = Field(default=None, description="Who cares for the child (wali), where it is known.")
    since: SinceCell | None = Field(
        default=None,
        description="Since when the relation, or the guardian who is added to it, holds: a day, month or year. "
        "Without: since *surveyed_on*, or today.",
    )

    def relative(self) -> commands.Relative:
        """As the command has it."""
        return commands.Relative(
            person_id=self.person_id,
            relative_id=self.relative_id,
            relation=self.relation,
            guardian_id=self.guardian_id,
            since=self.since,
        )


class InhabitantBody(Body):
    """One of the people of a household, as a list describes them; their village is the household's."""

    nik: NikCell | None = None
    name: NameCell | None = None
    birth_date: BirthDateCell | None = None
    relation: str = Field(
        description="To the head of the household, in English or Indonesian: head (kepala keluarga), spouse (suami, "
        "istri), child (anak), parent (orang tua) or other (lainnya).",
        examples=["istri"],
    )
    worker: StrictBool = Field(default=False, description="Whether they work, will work or have worked abroad.")

    def inhabitant(self) -> commands.Inhabitant:
        """As the command has it."""
        return commands.Inhabitant(
            nik=self.nik, name=self.name, birth_date=self.birth_date, relation=self.relation, as_worker=self.worker
        )


class HouseholdBody(Body):
    """Who lives together, and who is what to whom.

    *members* are known; *people* are described, and each becomes a new person or is the one who holds the NIK.
    """

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "village": VILLAGE,
                    "members": [WORKER, SPOUSE, CHILD],
                    "kin": [
                        {"person_id": WORKER, "relative_id": SPOUSE, "relation": "spouse"},
                        {"person_id": WORKER, "relative_id": CHILD, "relation": "child"},
                    ],
                },
                {
                    "village": VILLAGE,
                    "surveyed_on": "2026-08-17",
                    "card": "3307101708269001",
                    "people": [
                        {"name": "Wati Lestari", "relation": "kepala keluarga", "worker": True},
                        {"name": "Tono Lestari", "birth_date": "2017-04-21", "relation": "anak"},
                    ],
                },
            ]
        }
    )

    village: VillageCell
    members: list[UUID] = Field(default_factory=list, max_length=100, description="Known persons' ids.")
    kin: list[KinBody] = Field(default_factory=list, max_length=200, description="Who is what to whom.")
    people: list[InhabitantBody] = Field(
        default_factory=list, max_length=100, description="People whom a list describes; one of them is the head."
    )
    head_id: UUID | None = Field(default=None, description="Who of *members* heads the household; not with *people*.")
    card: CardCell | None = None
    surveyed_on: str | None = Field(
        default=None,
        description="The day on which this was written down (tanggal pendataan), since when it holds; today without.",
        examples=["2026-08-17"],
    )

    @model_validator(mode="after")
    def _somebody(self) -> Self:
        if not self.members and not self.people:
            raise ValueError("nobody lives here")
        if self.people and self.head_id is not None:
            raise ValueError("the head is one of the people")
        return self

    def command(self) -> commands.RegisterTogether:
        """Register them."""
        return commands.RegisterTogether(
            village=self.village,
            members=tuple(self.members),
            kin=tuple(kin.relative() for kin in self.kin),
            people=tuple(one.inhabitant() for one in self.people),
            head_id=self.head_id,
            card=self.card,
            surveyed_on=self.surveyed_on,
        )


class HouseholdWritten(Written):
    """What the registration of a household answers."""

    people: list[str | None] = Field(description="The ids of its *people*, in their order; null in a check.")


class OneHouseholdWritten(OneWritten, HouseholdWritten):
    """The same of one among many."""


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
        head_id=None,
        card=None,
    )

    id: UUID
    village: str = Field(description="Where they live, a dotted code.")
    members: list[UUID] = Field(description="Who lives there now: persons.")
    kin: list[KinShown]
    head_id: UUID | None = Field(description="Who heads it (kepala keluarga); null: nobody is known.")
    card: str | None = Field(description="The family card's number (No. KK); null where it is unknown or erased.")


@router.post(
    "/households",
    status_code=201,
    summary="Register a household and its kinship",
    tags=["households"],
    responses=records(
        HOUSEHOLD, *of_columns("village"), OUTSIDE_AREA, *_OF_KIN, *_OF_PEOPLE, model=HouseholdWritten, people=[]
    ),
)
async def register_household(body: HouseholdBody, write: Write) -> Response:
    """The household, its new people and its kinship are recorded together or not at all.

    A child of the head is recorded as a child of the spouse too, where exactly one is described.
    """
    return await write(body.command())


@router.post(
    "/households/bulk",
    summary="Register many households and their kinship",
    tags=["households"],
    responses=records_each(HOUSEHOLD_OF_DEWI, model=OneHouseholdWritten, people=[]),
)
async def register_households(body: HouseholdsBody, write: WriteAll) -> Response:
    """Up to a thousand, each as `POST /households` registers one, in their order."""
    return await write(body, HouseholdBody.command)


@router.get("/households", summary="Households by village", tags=["households"], responses=shows(Page[Household]))
async def list_households(read: Read, paging: Paging) -> dict[str, Any]:
    """Each with its members and their kinship."""
    key = (households.c.village, households.c.household_id)
    page = await read.page(together(), key=key, paging=paging, village=households.c.village, item=dict)
    return {**page, "items": await _opened(read, page["items"])}


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
    (household,) = await _opened(read, [row])
    return read.answer(household, version=row["version"])


async def _opened(read: Read, rows: Sequence[Mapping[Any, Any]]) -> list[dict[str, Any]]:
    """Rows as the caller sees them, the numbers of their cards opened."""
    numbers = await read.open_all([row["card"] for row in rows])
    return [
        {
            "id": row["household_id"],
            "village": row["village"],
            "members": row["members"],
            "kin": row["kin"],
            "head_id": row["head_id"],
            "card": number,
        }
        for row, number in zip(rows, numbers, strict=True)
    ]


@router.post(
    "/households/{household_id}/kin",
    status_code=201,
    summary="Record a relation",
    tags=["households"],
    responses=records(HOUSEHOLD, NOT_FOUND, *_OF_KIN),
)
async def add_kin(household_id: HouseholdId, body: KinBody, write: Write) -> Response:
    """200 if it was known; with another guardian this is a correction of the guardian, whose day stays."""
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
