"""What can be asked about what forbids to erase a person."""

from dataclasses import dataclass
from typing import assert_never
from uuid import UUID

from services.registry.commands.persons import registered
from services.registry.domain.legal_hold import LiftHold, PlaceHold, holds_stream, legal_holds
from services.registry.domain.particulars import read_day
from services.registry.domain.person_rules import person
from services.registry.domain.refusals import refused_for
from shared.errors import NOT_FOUND, ColumnError, Refused
from shared.execute import Answer, Work


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class Place:
    """Forbid to erase a person, for a reason (a code), through a day; None: until it is lifted."""

    person_id: UUID
    reason: str
    until: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Lift:
    """Let a hold forbid nothing any more."""

    person_id: UUID
    hold_id: UUID


Command = Place | Lift


async def handle(work: Work, command: Command) -> Answer:
    """What `services.registry.commands.handle` does with one of these."""
    match command:
        case Place():
            return await place(work, command)
        case Lift():
            return await lift(work, command)
        case _:
            assert_never(command)


async def place(work: Work, command: Place) -> Answer:
    """One hold, under every id of the human: should one of them prove to be somebody else's, it still forbids.

    Rejects: ``not-found``, ``person-erased``, ``person-merged``, ``reason-no-ground``, ``until-of-hold-invalid``.
    """
    human = await registered(work, command.person_id)
    until = None if command.until is None else read_day(command.until)
    if command.until is not None and until is None:
        raise refused_for(ColumnError("until", "until-of-hold-invalid"))
    hold_id = work.new_id()
    for one in human.ids:
        await work.state(person, one)  # whose key seals it
        wish = PlaceHold(
            today=work.today,
            person_id=one,
            hold_id=hold_id,
            reason=command.reason,
            until=until,
            by=by(work),
        )
        await work.decide(legal_holds, holds_stream(one), wish)
    if work.check:
        return Answer(200, {"id": None})
    return Answer(201, {"id": str(hold_id)}, version=work.version(holds_stream(human.person_id)))


async def lift(work: Work, command: Lift) -> Answer:
    """Done once, under every id of the human under which it was placed; asked again it is done already.

    Rejects: ``not-found``, ``person-erased``, ``person-merged``.
    """
    human = await registered(work, command.person_id)
    placed = [one for one in human.ids if await is_held(work, one, command.hold_id)]
    if not placed:
        raise Refused(NOT_FOUND)
    for one in placed:
        wish = LiftHold(today=work.today, person_id=one, hold_id=command.hold_id, by=by(work))
        await work.decide(legal_holds, holds_stream(one), wish)
    return Answer(200, {"id": str(command.hold_id)}, version=work.version(holds_stream(placed[0])))


async def is_held(work: Work, person_id: UUID, hold_id: UUID) -> bool:
    """Whether this hold was ever placed under this id."""
    holds = await work.state(legal_holds, holds_stream(person_id))
    return any(hold.hold_id == hold_id for hold in holds.all)


def by(work: Work) -> tuple[str, ...]:
    """The roles of who asks, in order."""
    return tuple(sorted(work.caller.roles))
