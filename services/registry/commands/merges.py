"""What can be asked about registrations of one human: merge them, take them apart, tell two persons apart."""

from dataclasses import dataclass
from typing import assert_never
from uuid import UUID

from services.registry.commands.answers import changed
from services.registry.domain.household_rules import kin_parts
from services.registry.domain.merge_rules import AssignDuplicate, MergePerson, ReleaseDuplicate, UnmergePerson
from services.registry.domain.namesakes import TellApart, namesakes, pair_of
from services.registry.domain.person import Gone, Registered
from services.registry.domain.person_rules import person
from services.registry.domain.refusals import MERGE_OF_RELATIVES, PERSON_ERASED, PERSON_UNKNOWN, refuse_columns
from shared.errors import NOT_FOUND, ColumnError, Refusal, Refused
from shared.execute import Answer, Work
from shared.vocabulary import lies_in


@dataclass(frozen=True, slots=True, kw_only=True)
class Merge:
    """Say that *person_id* is a duplicate of *into* (data ganda)."""

    person_id: UUID
    into: UUID


@dataclass(frozen=True, slots=True, kw_only=True)
class Unmerge:
    """Say that *person_id* was no duplicate."""

    person_id: UUID


@dataclass(frozen=True, slots=True, kw_only=True)
class ToldApart:
    """Say that two persons who look alike are two."""

    person_id: UUID
    other_id: UUID


Command = Merge | Unmerge | ToldApart


async def handle(work: Work, command: Command) -> Answer:
    """What `services.registry.commands.handle` does with one of these."""
    match command:
        case Merge():
            return await merge(work, command)
        case Unmerge():
            return await unmerge(work, command)
        case ToldApart():
            return await tell_apart(work, command)
        case _:
            assert_never(command)


async def merge(work: Work, command: Merge) -> Answer:
    """Both histories take it in one append, so of two merges the other way round at once one is refused.

    Rejects: ``into-oneself``, ``not-found``, ``person-unknown``, ``person-erased``, ``merge-of-relatives``, and what
    `MergePerson` says.
    """
    refuse_oneself("into", command.person_id, command.into)
    duplicate = await by_id(work, command.person_id, NOT_FOUND)
    survivor = await by_id(work, command.into, PERSON_UNKNOWN)
    after = await work.decide(person, command.person_id, MergePerson(today=work.today, survivor=survivor))
    if after == duplicate:
        return changed(work, command.person_id)
    await refuse_relatives(work, duplicate, survivor)
    assigned = AssignDuplicate(today=work.today, duplicate_id=command.person_id)
    await work.decide(person, command.into, assigned)
    return changed(work, command.person_id, status=200 if work.check else 201)


async def unmerge(work: Work, command: Unmerge) -> Answer:
    """Both histories take it in one append. Rejects: ``not-found`` (also: this is no duplicate), If-Match codes."""
    duplicate = await work.state(person, command.person_id)
    if not isinstance(duplicate, Registered):
        raise Refused(NOT_FOUND)
    work.within(duplicate.village)
    if duplicate.merged is not None:
        survivor = await by_id(work, duplicate.merged.into, NOT_FOUND)
        work.match(command.person_id)
        released = ReleaseDuplicate(today=work.today, duplicate_id=command.person_id)
        await work.decide(person, survivor.person_id, released)
    await work.decide(person, command.person_id, UnmergePerson(today=work.today))
    return changed(work, command.person_id)


async def tell_apart(work: Work, command: ToldApart) -> Answer:
    """Once for the two, whoever is named first.

    Rejects: ``into-oneself``, ``not-found``, ``person-unknown``, ``person-erased``.
    """
    refuse_oneself("other_id", command.person_id, command.other_id)
    await by_id(work, command.person_id, NOT_FOUND)
    await by_id(work, command.other_id, PERSON_UNKNOWN)
    pair = pair_of(command.person_id, command.other_id)
    before = await work.state(namesakes, pair)
    wish = TellApart(today=work.today, person_id=command.person_id, other_id=command.other_id)
    after = await work.decide(namesakes, pair, wish)
    made = after != before and not work.check
    return Answer(201 if made else 200, {"id": str(command.person_id)}, version=work.version(pair))


def refuse_oneself(column: str, one: UUID, other: UUID) -> None:
    """Two persons are meant. Rejects: ``into-oneself``."""
    refuse_columns(ColumnError(column, "into-oneself") if one == other else None)


async def by_id(work: Work, person_id: UUID, unknown: Refusal) -> Registered:
    """The history of this very id, in the area. Rejects: *unknown* (also outside the area), ``person-erased``."""
    state = await work.state(person, person_id)
    if not isinstance(state, Registered | Gone) or not lies_in(state.village, work.caller.area):
        raise Refused(unknown)
    if isinstance(state, Gone):
        raise Refused(PERSON_ERASED)
    return state


async def refuse_relatives(work: Work, duplicate: Registered, survivor: Registered) -> None:
    """Nobody is their own spouse, child or parent. Rejects: ``merge-of-relatives``."""
    one = duplicate.person_id
    for other in survivor.ids:
        if await work.holder("kin", *kin_parts(one, other)) is not None:
            raise Refused(MERGE_OF_RELATIVES)
