"""Cooperative over HTTP."""

from datetime import date
from typing import Any
from uuid import UUID

from fastapi import APIRouter, Response
from pydantic import Field
from sqlalchemy import RowMapping

from services.cooperative.commands import Joining, Leaving, NewGroup
from services.cooperative.views import groups, prospects
from shared.http import Body, Paging, Read, Write

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


class GroupBody(Body):
    """A group that is to be formed."""

    village: str = Field(description="Village code (Kemendagri), dotted or not.", examples=["33.07.10.2004"])
    name: str = Field(description="1 to 120 printable characters.", examples=["Kelompok Tani Makmur"])


class MemberBody(Body):
    """A person who joins."""

    person_id: UUID = Field(description="Somebody on the roster of prospects.")
    on: date | None = Field(default=None, description="The day of joining, ISO 8601; today if absent.")


class LeavingBody(Body):
    """The end of a membership."""

    on: date | None = Field(default=None, description="The day of leaving, ISO 8601; today if absent.")


@router.get("/prospects", summary="Prospective members, by village", tags=["prospects"])
async def list_prospects(read: Read, paging: Paging) -> dict[str, Any]:
    """Workers who are home for good and in no group yet, with the day of their return."""
    return await read.page(prospects.prospects(), key=prospects.KEY, paging=paging, village=prospects.VILLAGE)


@router.get("/prospects/{person_id}", summary="One prospective member", tags=["prospects"])
async def get_prospect(person_id: UUID, read: Read) -> dict[str, Any]:
    """404 for whoever is not on the roster."""
    query = prospects.prospects().where(prospects.PERSON == person_id)
    return dict(await read.one(query, village=prospects.VILLAGE))


@router.post("/groups", status_code=201, summary="Form a group", tags=["groups"])
async def form_group(body: GroupBody, write: Write) -> Response:
    """Refuses: village-unknown, name-missing, name-unreadable, outside-area."""
    return await write(NewGroup(village=body.village, group_name=body.name))


@router.post("/groups/{group_id}/members", status_code=201, summary="Join a group", tags=["groups"])
async def admit_member(group_id: UUID, body: MemberBody, write: Write) -> Response:
    """200 for somebody who is a member already. Refuses: not-found, on-in-future, not-a-prospect.

    Right after the return that made somebody a prospect, send that answer's position as After-Position.
    """
    return await write(Joining(group_id=group_id, person_id=body.person_id, on=body.on))


@router.post(
    "/groups/{group_id}/members/{person_id}/leaving", status_code=201, summary="Leave a group", tags=["groups"]
)
async def record_leaving(group_id: UUID, person_id: UUID, body: LeavingBody, write: Write) -> Response:
    """Refuses: not-found, on-in-future, not-a-member, on-before-joining."""
    return await write(Leaving(group_id=group_id, person_id=person_id, on=body.on))


@router.get("/groups", summary="Groups by village", tags=["groups"])
async def list_groups(read: Read, paging: Paging) -> dict[str, Any]:
    """Each with the number of its members."""
    return await read.page(groups.groups(), key=groups.KEY, paging=paging, village=groups.VILLAGE, item=_as_group)


@router.get("/groups/{group_id}", summary="One group", tags=["groups"])
async def get_group(group_id: UUID, read: Read) -> Response:
    """With its members and the day on which each joined."""
    found = await read.one(groups.group(group_id), village=groups.VILLAGE)
    return read.answer(_as_group(found), version=found["version"])


@router.get("/figures", summary="Prospective members by village", tags=["figures"])
async def list_figures(read: Read, paging: Paging) -> dict[str, Any]:
    """How many persons stand on the roster of prospects; a village with none is not listed."""
    return await read.page(prospects.figures(), key=(prospects.VILLAGE,), paging=paging, village=prospects.VILLAGE)


def _as_group(row: RowMapping) -> dict[str, Any]:
    """A group as callers know it; its version is the ETag."""
    return {"id": row["group_id"], "village": row["village"], "name": row["group_name"], "members": row["members"]}
