"""What becomes of a household later: who joins and leaves, its head, its card, its village, the guardians in it."""

from datetime import date
from typing import Annotated, Any
from uuid import UUID

import sqlalchemy as sa
from fastapi import APIRouter, Path, Query, Response
from pydantic import Field, StrictBool

from services.registry.api.fields import CardCell, PersonId, SinceCell, VillageCell
from services.registry.api.households import HouseholdId
from services.registry.commands import household_changes as commands
from services.registry.domain.refusals import (
    ALREADY_A_MEMBER,
    HEAD_NOT_A_MEMBER,
    HOUSEHOLD_WITHOUT_HEAD,
    JOINED_BEFORE_LEAVING,
    LEFT_BEFORE_JOINING,
    MEMBER_OF_ANOTHER_HOUSEHOLD,
    NOT_IN_HOUSEHOLD,
    PERSON_ERASED,
    PERSON_UNKNOWN,
    of_columns,
)
from services.registry.views.households import households, living_on, memberships, memberships_of_all
from shared.errors import NOT_FOUND, OUTSIDE_AREA, PERSON_MERGED
from shared.http import Body, Page, Paging, Read, Shown, Write, edits, records, shows
from shared.http.examples import CHILD, HOUSEHOLD, SPOUSE, VILLAGE, WORKER, example

router = APIRouter()

SCOPES: dict[tuple[str, str], str] = {
    ("GET", "/memberships"): "registry:read",
    ("GET", "/households/{household_id}/members"): "registry:read",
    ("POST", "/households/{household_id}/members"): "registry:write",
    ("POST", "/households/{household_id}/members/{person_id}/leaving"): "registry:write",
    ("PATCH", "/households/{household_id}/members/{person_id}"): "registry:write",
    ("DELETE", "/households/{household_id}/members/{person_id}"): "registry:write",
    ("POST", "/households/{household_id}/head"): "registry:write",
    ("PATCH", "/households/{household_id}/head"): "registry:write",
    ("DELETE", "/households/{household_id}/head"): "registry:write",
    ("POST", "/households/{household_id}/card"): "registry:write",
    ("PATCH", "/households/{household_id}/card"): "registry:write",
    ("DELETE", "/households/{household_id}/card"): "registry:write",
    ("POST", "/households/{household_id}/move"): "registry:write",
    ("PATCH", "/households/{household_id}/village"): "registry:write",
    ("POST", "/households/{household_id}/kin/{person_id}/{relative_id}/guardian"): "registry:write",
}
"""The scope that each of these routes needs."""

ChildId = Annotated[UUID, Path(description="The child, or the other of the two.", examples=[CHILD])]

_SINCE = of_columns("since")
_PERSON = (PERSON_UNKNOWN, PERSON_ERASED, PERSON_MERGED)


class JoiningBody(Body):
    """Who lives in the household, and since when."""

    model_config = example(person_id=WORKER, since="2026-09")

    person_id: UUID = Field(description="A known person who lives in no other household.")
    since: SinceCell


class LeavingBody(Body):
    """When somebody left."""

    model_config = example(left_on="2026-11")

    left_on: str = Field(description="A day, month or year, as it is known.", examples=["2026-11"])


class MembershipEdit(Body):
    """The days of somebody's last membership: only those given change. A null *left_on*: they never left."""

    model_config = example(since="2026-09-02")

    since: SinceCell | None = None
    left_on: str | None = Field(default=None, description="A day, month or year; null: they live here after all.")


class HeadBody(Body):
    """Who heads the household, and since when."""

    model_config = example(person_id=WORKER, since="2026-08")

    person_id: UUID = Field(description="One of its members.")
    since: SinceCell


class HeadEdit(Body):
    """What was said last of the head: only the fields given change."""

    model_config = example(person_id=SPOUSE)

    person_id: UUID | None = Field(default=None, description="One of its members.")
    since: SinceCell | None = None


class CardBody(Body):
    """A family card (KK), and since when it holds."""

    model_config = example(card="3307101708269002", since="2026-08-17")

    card: CardCell
    since: SinceCell


class CardEdit(Body):
    """What was said last of the card: only the fields given change."""

    model_config = example(card="3307101708269003")

    card: CardCell | None = None
    since: SinceCell | None = None


class MoveBody(Body):
    """Where the household moved, and since when."""

    model_config = example(village="33.07.05.2002", since="2026-11", with_members=True)

    village: VillageCell
    since: SinceCell
    with_members: StrictBool = Field(
        default=True,
        description="Members whose own village was the household's live in the new one too, if the household does now.",
    )


class VillageEdit(Body):
    """What was said last of where the household lives: only the fields given change. Nobody's own village does."""

    model_config = example(village=VILLAGE)

    village: VillageCell | None = None
    since: SinceCell | None = None


class GuardianBody(Body):
    """Who guards a child, and since when."""

    model_config = example(guardian_id=None, since="2026-10-01")

    guardian_id: UUID | None = Field(description="A known person (wali); null: nobody does any more.")
    since: SinceCell


class MemberShown(Shown):
    """A membership: somebody lives or lived in a household."""

    model_config = example(
        household_id=HOUSEHOLD, person_id=WORKER, village=VILLAGE, joined_on="2026-09-02", left_on=None
    )

    household_id: UUID
    person_id: UUID
    village: str = Field(description="Where the household lives (asked of a day: lived on it), a dotted code.")
    joined_on: str = Field(description="As precise as it is known.")
    left_on: str | None = Field(description="As precise as it is known; null: they live there.")


@router.get(
    "/memberships",
    summary="Who lived in which household on a day",
    tags=["households"],
    responses=shows(Page[MemberShown]),
)
async def list_memberships(
    read: Read,
    paging: Paging,
    on: Annotated[date | None, Query(description="The day; today without.", examples=["2026-09-30"])] = None,
) -> dict[str, Any]:
    """By the days on which people joined and left, as they are known now; each counts from its first day."""
    lived = living_on(on or read.today).subquery("lived")
    key = (lived.c.village, lived.c.household_id, lived.c.person_id)
    return await read.page(sa.select(lived), key=key, paging=paging, village=lived.c.village)


@router.get(
    "/households/{household_id}/members",
    summary="Who lives or lived in a household",
    tags=["households"],
    responses=shows(Page[MemberShown], NOT_FOUND),
)
async def list_members(household_id: HouseholdId, read: Read, paging: Paging) -> dict[str, Any]:
    """Every membership, also those that have ended."""
    await read.one(_home(household_id), village=households.c.village)
    key = (memberships.c.person_id, memberships.c.began)
    query = memberships_of_all().where(memberships.c.household_id == household_id)
    return await read.page(query, key=key, paging=paging, village=households.c.village, item=_member)


def _home(household_id: UUID) -> sa.Select[Any]:
    return sa.select(households).where(households.c.household_id == household_id)


def _member(row: sa.RowMapping) -> dict[str, Any]:
    return {str(name): row[name] for name in MemberShown.model_fields}


@router.post(
    "/households/{household_id}/members",
    status_code=201,
    summary="Record that somebody joined",
    tags=["households"],
    responses=records(
        HOUSEHOLD,
        NOT_FOUND,
        *_SINCE,
        *_PERSON,
        MEMBER_OF_ANOTHER_HOUSEHOLD,
        ALREADY_A_MEMBER,
        JOINED_BEFORE_LEAVING,
    ),
)
async def join_household(household_id: HouseholdId, body: JoiningBody, write: Write) -> Response:
    """A person lives in one household at a time: who lives in another now leaves that first."""
    return await write(commands.Join(household_id=household_id, person_id=body.person_id, since=body.since))


@router.post(
    "/households/{household_id}/members/{person_id}/leaving",
    status_code=201,
    summary="Record that somebody left",
    tags=["households"],
    responses=records(HOUSEHOLD, NOT_FOUND, *of_columns("left-on"), NOT_IN_HOUSEHOLD, LEFT_BEFORE_JOINING),
)
async def leave_household(household_id: HouseholdId, person_id: PersonId, body: LeavingBody, write: Write) -> Response:
    """What they are to the others stays; a head who leaves heads the household no longer."""
    return await write(commands.Leave(household_id=household_id, person_id=person_id, left_on=body.left_on))


@router.patch(
    "/households/{household_id}/members/{person_id}",
    summary="Correct when somebody joined or left",
    tags=["households"],
    responses=edits(
        HOUSEHOLD,
        NOT_FOUND,
        *_SINCE,
        *of_columns("left-on"),
        *_PERSON,
        MEMBER_OF_ANOTHER_HOUSEHOLD,
        JOINED_BEFORE_LEAVING,
        LEFT_BEFORE_JOINING,
    ),
)
async def edit_membership(
    household_id: HouseholdId, person_id: PersonId, body: MembershipEdit, write: Write
) -> Response:
    """Of their last membership; a null *left_on* takes a leaving back.

    Who was registered twice may have one under each id: that of the id which is named, where it has any.
    """
    return await write(
        commands.EditMembership(
            household_id=household_id,
            person_id=person_id,
            since=body.since,
            left_on=body.left_on,
            still_here="left_on" in body.model_fields_set and body.left_on is None,
        )
    )


@router.delete(
    "/households/{household_id}/members/{person_id}",
    summary="Retract a membership",
    tags=["households"],
    responses=edits(HOUSEHOLD, NOT_FOUND),
)
async def withdraw_membership(household_id: HouseholdId, person_id: PersonId, write: Write) -> Response:
    """Their last one here: it was an error, and they never lived here then. Who left is recorded as leaving.

    Who was registered twice may have one under each id: that of the id which is named, where it has any.
    """
    return await write(commands.WithdrawMembership(household_id=household_id, person_id=person_id))


@router.post(
    "/households/{household_id}/head",
    status_code=201,
    summary="Name the head",
    tags=["households"],
    responses=records(HOUSEHOLD, NOT_FOUND, *_SINCE, *_PERSON, HEAD_NOT_A_MEMBER),
)
async def name_head(household_id: HouseholdId, body: HeadBody, write: Write) -> Response:
    """From a day on; who headed it before did so until then."""
    return await write(commands.Head(household_id=household_id, person_id=body.person_id, since=body.since))


@router.patch(
    "/households/{household_id}/head",
    summary="Correct the head",
    tags=["households"],
    responses=edits(HOUSEHOLD, NOT_FOUND, *_SINCE, *_PERSON, HEAD_NOT_A_MEMBER),
)
async def edit_head(household_id: HouseholdId, body: HeadEdit, write: Write) -> Response:
    """What was said last was wrong: another person, or since another day."""
    return await write(commands.EditHead(household_id=household_id, person_id=body.person_id, since=body.since))


@router.delete(
    "/households/{household_id}/head",
    summary="Retract the head",
    tags=["households"],
    responses=edits(HOUSEHOLD, NOT_FOUND),
)
async def withdraw_head(household_id: HouseholdId, write: Write) -> Response:
    """What was said last was wrong; who was named before holds again."""
    return await write(commands.WithdrawHead(household_id=household_id))


@router.post(
    "/households/{household_id}/card",
    status_code=201,
    summary="Record a family card",
    tags=["households"],
    responses=records(HOUSEHOLD, NOT_FOUND, *of_columns("card"), *_SINCE, *_PERSON, HOUSEHOLD_WITHOUT_HEAD),
)
async def give_card(household_id: HouseholdId, body: CardBody, write: Write) -> Response:
    """A number changes over time. It is kept under the head's key: erased with them, it can be given again."""
    return await write(commands.GiveCard(household_id=household_id, card=body.card, since=body.since))


@router.patch(
    "/households/{household_id}/card",
    summary="Correct the family card",
    tags=["households"],
    responses=edits(HOUSEHOLD, NOT_FOUND, *of_columns("card"), *_SINCE, *_PERSON, HOUSEHOLD_WITHOUT_HEAD),
)
async def edit_card(household_id: HouseholdId, body: CardEdit, write: Write) -> Response:
    """What was said last was wrong: another number, or since another day."""
    return await write(commands.EditCard(household_id=household_id, card=body.card, since=body.since))


@router.delete(
    "/households/{household_id}/card",
    summary="Retract the family card",
    tags=["households"],
    responses=edits(HOUSEHOLD, NOT_FOUND, HOUSEHOLD_WITHOUT_HEAD),
)
async def withdraw_card(household_id: HouseholdId, write: Write) -> Response:
    """The card given last was an error; the one before holds again."""
    return await write(commands.WithdrawCard(household_id=household_id))


@router.post(
    "/households/{household_id}/move",
    status_code=201,
    summary="Record a move",
    tags=["households"],
    responses=records(HOUSEHOLD, NOT_FOUND, *of_columns("village"), *_SINCE, OUTSIDE_AREA),
)
async def move_household(household_id: HouseholdId, body: MoveBody, write: Write) -> Response:
    """To another village of the caller's area. Whose own village was another stays there.

    A move that is learnt late, of a day before what is known of where the household lives now, moves nobody.
    """
    return await write(
        commands.Move(household_id=household_id, village=body.village, since=body.since, with_members=body.with_members)
    )


@router.patch(
    "/households/{household_id}/village",
    summary="Correct where a household lives",
    tags=["households"],
    responses=edits(HOUSEHOLD, NOT_FOUND, *of_columns("village"), *_SINCE, OUTSIDE_AREA),
)
async def edit_household_village(household_id: HouseholdId, body: VillageEdit, write: Write) -> Response:
    """What was said last was wrong: another village, or since another day. Nobody's own village changes.

    Whom a mistaken move put into its village is put right each by `PATCH /persons/{person_id}`, with the day of that
    move as `since`.
    """
    return await write(commands.EditVillage(household_id=household_id, village=body.village, since=body.since))


@router.post(
    "/households/{household_id}/kin/{person_id}/{relative_id}/guardian",
    status_code=201,
    summary="Record another guardian",
    tags=["households"],
    responses=records(HOUSEHOLD, NOT_FOUND, *_SINCE, *of_columns("guardian"), *_PERSON),
)
async def name_guardian(
    household_id: HouseholdId, person_id: PersonId, relative_id: ChildId, body: GuardianBody, write: Write
) -> Response:
    """From a day on, or none any more. A wrong guardian is corrected by recording the relation again."""
    return await write(
        commands.NameGuardian(
            household_id=household_id,
            person_id=person_id,
            relative_id=relative_id,
            guardian_id=body.guardian_id,
            since=body.since,
        )
    )
