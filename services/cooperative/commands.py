"""What callers can ask of cooperative, and which histories, claims and views each request reads and writes."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import assert_never
from uuid import UUID

from services.cooperative.domain.group import MEMBERSHIP, AdmitMember, Formed, FormGroup, RecordLeaving, group
from services.cooperative.views import prospects
from shared.errors import NOT_FOUND, Refused
from shared.execute import Answer, Work
from shared.vocabulary import lies_in, village_code


@dataclass(frozen=True, slots=True, kw_only=True)
class NewGroup:
    """A group that is to be formed. *village* is a region code as the caller wrote it."""

    village: str
    group_name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Joining:
    """A person who is to join a group; *on* is today where it is None."""

    group_id: UUID
    person_id: UUID
    on: date | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Leaving:
    """A member who left a group; *on* is today where it is None."""

    group_id: UUID
    person_id: UUID
    on: date | None


Request = NewGroup | Joining | Leaving


async def handle(work: Work, request: Request) -> Answer:
    """One attempt at *request*."""
    match request:
        case NewGroup():
            return await _form(work, request)
        case Joining():
            found = await _of_caller(work, request.group_id)
            survivor, ids = await _human(work, request.person_id)
            admission = AdmitMember(
                group_id=request.group_id,
                person_id=next((one for one in ids if one in found.members), survivor),
                prospect=await _prospect(work, survivor, ids),
                on=request.on or work.today,
                today=work.today,
            )
            return await _record(work, request.group_id, admission)
        case Leaving():
            found = await _of_caller(work, request.group_id)
            survivor, ids = await _human(work, request.person_id)
            leaving = [
                RecordLeaving(group_id=request.group_id, person_id=one, on=request.on or work.today, today=work.today)
                for one in [one for one in ids if one in found.members] or [survivor]
            ]
            return await _record(work, request.group_id, *leaving)
        case _:
            assert_never(request)


async def _form(work: Work, request: NewGroup) -> Answer:
    code = village_code(request.village)
    if code is not None:
        work.names(code)
    group_id = work.new_id()
    await work.decide(
        group, group_id, FormGroup(village=request.village, group_name=request.group_name, today=work.today)
    )
    if work.check:  # a check makes nothing, so it knows no id
        return Answer(status=200, body={"id": None})
    return Answer(status=201, body={"id": str(group_id)}, version=work.version(group_id))


async def _record(work: Work, group_id: UUID, *asked: AdmitMember | RecordLeaving) -> Answer:
    before = work.version(group_id)
    for command in asked:
        await work.decide(group, group_id, command)
    after = work.version(group_id)
    return Answer(status=201 if after > before else 200, body={"id": str(group_id)}, version=after)


async def _of_caller(work: Work, group_id: UUID) -> Formed:
    """404 for a group that does not exist, and for one outside the caller's area alike."""
    found = await work.state(group, group_id)
    if not isinstance(found, Formed):
        raise Refused(NOT_FOUND)
    work.within(found.village)
    return found


async def _human(work: Work, person_id: UUID) -> tuple[UUID, Sequence[UUID]]:
    """Who stands for this person, and every id of the same human: under each of them a group may have a member."""
    [human] = await work.rows(prospects.ALIASES.human(person_id))
    return human["survivor"], human["ids"]


async def _prospect(work: Work, survivor: UUID, ids: Sequence[UUID]) -> bool:
    """As the roster knows it now; somebody outside the caller's area counts as no prospect, so nothing is told of them.

    The claim is asked beside the roster: the roster follows the log, the claim is the log.
    """
    for person_id in ids:
        if await work.holder(MEMBERSHIP, str(person_id)) is not None:
            return False
    rows = await work.rows(prospects.prospects().where(prospects.PERSON == survivor))
    return any(lies_in(row["village"], work.caller.area) for row in rows)
