"""Cooperative over HTTP."""

from datetime import date
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Path, Response
from pydantic import Field
from sqlalchemy import RowMapping

from services.cooperative.commands import Joining, Leaving, NewGroup
from services.cooperative.domain import refusals
from services.cooperative.views import groups, prospects
from shared.errors import NOT_FOUND, OUTSIDE_AREA
from shared.http import Body, Page, Paging, Read, Shown, Write, records, shows
from shared.http.examples import GROUP, VILLAGE, WORKER, example

router = APIRouter()

SCOPES: dict[tuple[str, str], str] = {
    ("GET", "/prospects"): "cooperative:read",
    ("GET", "/prospects/{person_id}"): "cooperative:read",
    ("POST", "/groups"): "cooperative:write",
    ("POST", "/groups/{group_id}/members"): "cooperative:write",
    ("POST", "/groups/{group_id}/members/{person_id}/leaving"): "cooperative:write",
    ("GET", "/groups"): "cooperative:read",
    ("GET", "/groups/{group_id}"): "cooperative:read",
    ("GET", "/figures"): "cooperative:read",
}
"""What a caller must be allowed to do, route by route."""


TAGS = {
    "prospects": "Workers who are home for good and in no group yet (calon anggota).",
    "groups": "Groups (kelompok), the first form of a cooperative, and who belongs to them.",
    "figures": "Counts by village.",
}
"""The groups of routes on the API pages."""

GroupId = Annotated[UUID, Path(description="The group.", examples=[GROUP])]
PersonId = Annotated[UUID, Path(description="The person.", examples=[WORKER])]


class GroupBody(Body):
    """A group that is to be formed."""

    model_config = example(village=VILLAGE, name="Kelompok Tani Makmur")

    village: str = Field(description="Village code (Kemendagri), dotted or not.")
    name: str = Field(description="1 to 120 printable characters.")


class MemberBody(Body):
    """A person who joins."""

    model_config = example(person_id=WORKER, on="2026-06-01")

    person_id: UUID = Field(description="Somebody on the roster of prospects.")
    on: date | None = Field(default=None, description="The day of joining, ISO 8601; today if absent.")


class LeavingBody(Body):
    """The end of a membership."""

    model_config = example(on="2026-10-01")

    on: date | None = Field(default=None, description="The day of leaving, ISO 8601; today if absent.")


class Prospect(Shown):
    """Somebody who may become a member."""

    model_config = example(person_id=WORKER, village=VILLAGE, since="2026-02-03")

    person_id: UUID
    village: str = Field(description="Where they live, a dotted code.")
    since: str = Field(description="The day of the return, as precise as it is known.", examples=["2026-02-01"])


class GroupInList(Shown):
    """A group, briefly."""

    model_config = example(id=GROUP, village=VILLAGE, name="Kelompok Tani Makmur", members=1)

    id: UUID
    village: str = Field(description="Where it was formed, a dotted code.")
    name: str
    members: int = Field(description="How many.")


class Member(Shown):
    """A member of a group."""

    person_id: UUID
    joined_on: date


class Group(Shown):
    """A group with its members."""

    model_config = example(
        id=GROUP,
        village=VILLAGE,
        name="Kelompok Tani Makmur",
        members=[{"person_id": WORKER, "joined_on": "2026-06-01"}],
    )

    id: UUID
    village: str = Field(description="Where it was formed, a dotted code.")
    name: str
    members: list[Member]


class Figure(Shown):
    """What is counted in a village."""

    model_config = example(village=VILLAGE, cooperative_prospects=1)

    village: str = Field(description="A dotted code.")
    cooperative_prospects: int


@router.get(
    "/prospects",
    summary="Who may become a member, by village",
    tags=["prospects"],
    responses=shows(Page[Prospect]),
)
async def list_prospects(read: Read, paging: Paging) -> dict[str, Any]:
    """Workers who are home for good and in no group yet, with the day of their return."""
    return await read.page(prospects.prospects(), key=prospects.KEY, paging=paging, village=prospects.VILLAGE)


@router.get(
    "/prospects/{person_id}",
    summary="One person who may become a member",
    tags=["prospects"],
    responses=shows(Prospect, NOT_FOUND),
)
async def get_prospect(person_id: PersonId, read: Read) -> dict[str, Any]:
    """404 for whoever is not on the roster."""
    query = prospects.prospects().where(prospects.PERSON == prospects.ALIASES.survivor(person_id))
    return dict(await read.one(query, village=prospects.VILLAGE))


@router.post(
    "/groups",
    status_code=201,
    summary="Form a group",
    tags=["groups"],
    responses=records(GROUP, refusals.VILLAGE_UNKNOWN, refusals.NAME_MISSING, refusals.NAME_UNREADABLE, OUTSIDE_AREA),
)
async def form_group(body: GroupBody, write: Write) -> Response:
    """A group belongs to one village and begins without members."""
    return await write(NewGroup(village=body.village, group_name=body.name))


@router.post(
    "/groups/{group_id}/members",
    status_code=201,
    summary="Join a group",
    tags=["groups"],
    responses=records(GROUP, NOT_FOUND, refusals.ON_IN_FUTURE, refusals.NOT_A_PROSPECT),
)
async def admit_member(group_id: GroupId, body: MemberBody, write: Write) -> Response:
    """200 for somebody who is a member already.

    Right after the return that made somebody a prospect, send that answer's position as After-Position.
    """
    return await write(Joining(group_id=group_id, person_id=body.person_id, on=body.on))


@router.post(
    "/groups/{group_id}/members/{person_id}/leaving",
    status_code=201,
    summary="Leave a group",
    tags=["groups"],
    responses=records(GROUP, NOT_FOUND, refusals.ON_IN_FUTURE, refusals.NOT_A_MEMBER, refusals.ON_BEFORE_JOINING),
)
async def record_leaving(group_id: GroupId, person_id: PersonId, body: LeavingBody, write: Write) -> Response:
    """Who is still home for good is a prospective member again."""
    return await write(Leaving(group_id=group_id, person_id=person_id, on=body.on))


@router.get("/groups", summary="Groups by village", tags=["groups"], responses=shows(Page[GroupInList]))
async def list_groups(read: Read, paging: Paging) -> dict[str, Any]:
    """Each with the number of its members."""
    return await read.page(groups.groups(), key=groups.KEY, paging=paging, village=groups.VILLAGE, item=_as_group)


@router.get("/groups/{group_id}", summary="One group", tags=["groups"], responses=shows(Group, NOT_FOUND, etag=True))
async def get_group(group_id: GroupId, read: Read) -> Response:
    """With its members and the day on which each joined."""
    found = await read.one(groups.group(group_id), village=groups.VILLAGE)
    return read.answer(_as_group(found), version=found["version"])


@router.get(
    "/figures", summary="Prospective members, counted by village", tags=["figures"], responses=shows(Page[Figure])
)
async def list_figures(read: Read, paging: Paging) -> dict[str, Any]:
    """How many persons stand on the roster of prospects; a village with none is not listed."""
    return await read.page(prospects.figures(), key=(prospects.VILLAGE,), paging=paging, village=prospects.VILLAGE)


def _as_group(row: RowMapping) -> dict[str, Any]:
    """A group as callers know it; its version is the ETag."""
    return {"id": row["group_id"], "village": row["village"], "name": row["group_name"], "members": row["members"]}
