"""What can be asked about coordination meetings."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import assert_never
from uuid import UUID

from services.registry.commands.answers import changed, made
from services.registry.domain.cells import read_area, read_attendance, read_when
from services.registry.domain.meeting import (
    CorrectMeeting,
    Held,
    RecordMeeting,
    RetractMeeting,
    attendance_of,
    meeting,
)
from services.registry.domain.reference import ATTENDANCE_ROLES
from services.registry.domain.refusals import refuse_columns
from shared.errors import NOT_FOUND, Refused
from shared.execute import Answer, Work


@dataclass(frozen=True, slots=True, kw_only=True)
class Record:
    """Record that a coordination meeting was held, and how many of each role came."""

    area: str
    on: str
    attendance: Mapping[str, int]


@dataclass(frozen=True, slots=True, kw_only=True)
class Edit:
    """Correct when a meeting was held, or who came; None: as it stands."""

    meeting_id: UUID
    on: str | None
    attendance: Mapping[str, int] | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Withdraw:
    """Take a meeting back that was recorded in error."""

    meeting_id: UUID


Command = Record | Edit | Withdraw


async def handle(work: Work, command: Command) -> Answer:
    """What `services.registry.commands.handle` does with one of these."""
    match command:
        case Record():
            return await record(work, command)
        case Edit():
            return await edit(work, command)
        case Withdraw():
            return await withdraw(work, command)
        case _:
            assert_never(command)


async def record(work: Work, command: Record) -> Answer:
    """Rejects: column codes (area, on, attendance), ``outside-area``."""
    area, wrong_area = read_area(command.area)
    on, wrong_on = read_when("on", command.on, until=work.today)
    refuse_columns(wrong_area, wrong_on, read_attendance(command.attendance, ATTENDANCE_ROLES))
    work.names(area)
    new = work.new_id()
    wish = RecordMeeting(meeting_id=new, area=area, on=on, attendance=attendance_of(command.attendance))
    await work.decide(meeting, new, wish)
    return made(work, new)


async def edit(work: Work, command: Edit) -> Answer:
    """Rejects: ``not-found``, If-Match codes, column codes (on, attendance)."""
    await known(work, command.meeting_id)
    work.match(command.meeting_id)
    on, wrong_on = (None, None) if command.on is None else read_when("on", command.on, until=work.today)
    counts = command.attendance
    refuse_columns(wrong_on, None if counts is None else read_attendance(counts, ATTENDANCE_ROLES))
    wish = CorrectMeeting(on=on, attendance=None if counts is None else attendance_of(counts))
    await work.decide(meeting, command.meeting_id, wish)
    return changed(work, command.meeting_id)


async def withdraw(work: Work, command: Withdraw) -> Answer:
    """Rejects: ``not-found``, If-Match codes."""
    await known(work, command.meeting_id)
    work.match(command.meeting_id)
    await work.decide(meeting, command.meeting_id, RetractMeeting(today=work.today))
    return changed(work, command.meeting_id)


async def known(work: Work, meeting_id: UUID) -> Held:
    """The meeting a request is about. Rejects: ``not-found`` (also outside the area)."""
    state = await work.state(meeting, meeting_id)
    if not isinstance(state, Held):
        raise Refused(NOT_FOUND)
    work.within(state.area)
    return state
