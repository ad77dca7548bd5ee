"""What can be asked about what forbids to erase a person."""

from dataclasses import dataclass
from typing import assert_never
from uuid import UUID

from services.registry.commands.persons import registered
from services.registry.domain.legal_hold import HoldCommand, LiftHold, PlaceHold, holds_stream, legal_holds
from services.registry.domain.particulars import read_day
from services.registry.domain.refusals import refused_for
from shared.errors import ColumnError
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
    """Under the id that stands for the human, whose every id it protects.

    Rejects: ``not-found``, ``person-erased``, ``person-merged``, ``reason-no-ground``, ``until-of-hold-invalid``.
    """
    person_id = (await registered(work, command.person_id)).person_id
    until = None if command.until is None else read_day(command.until)
    if command.until is not None and until is None:
        raise refused_for(ColumnError("until", "until-of-hold-invalid"))
    hold_id = work.new_id()
    wish = PlaceHold(
        today=work.today,
        person_id=person_id,
        hold_id=hold_id,
        reason=command.reason,
        until=until,
        by=by(work),
    )
    await decide(work, person_id, wish)
    if work.check:
        return Answer(200, {"id": None})
    return Answer(201, {"id": str(hold_id)}, version=work.version(holds_stream(person_id)))


async def lift(work: Work, command: Lift) -> Answer:
    """Done once, under whichever id of the human it was placed; asked again it is done already.

    Rejects: ``not-found``, ``person-erased``, ``person-merged``.
    """
    human = await registered(work, command.person_id)
    person_id = human.person_id
    for one in human.ids:
        holds = await work.state(legal_holds, holds_stream(one))
        if any(hold.hold_id == command.hold_id for hold in holds.all):
            person_id = one
    wish = LiftHold(today=work.today, person_id=person_id, hold_id=command.hold_id, by=by(work))
    await decide(work, person_id, wish)
    return Answer(200, {"id": str(command.hold_id)}, version=work.version(holds_stream(person_id)))


async def decide(work: Work, person_id: UUID, wish: HoldCommand) -> None:
    """One decision about a person's holds."""
    await work.decide(legal_holds, holds_stream(person_id), wish)


def by(work: Work) -> tuple[str, ...]:
    """The roles of who asks, in order."""
    return tuple(sorted(work.caller.roles))
