"""A coordination meeting (rapat koordinasi) and how many people of each role attended it.

Counts alone: who came stands nowhere. The meeting of 8 to 10 August 2022 had 50 officers, 50 responsible persons and 18
others (apakabaronline.com). A correction or retraction names the fact it corrects by *corrects*: that fact's version in
this meeting's history (P7).

============  ====================  ============
stands        asked                 then stands
============  ====================  ============
NoMeeting     RecordMeeting         Held
Held          CorrectMeeting        Held
Held          RetractMeeting        NeverHeld
============  ====================  ============
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import ClassVar, assert_never
from uuid import UUID

from shared.decider import Decider
from shared.errors import NOT_FOUND, Refused
from shared.vocabulary import Occurred

# ---------------------------------------------------------------------------------------------------------------------
# What happens
# ---------------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class Attended:
    """So many people of one role came (kehadiran)."""

    role: str
    count: int


@dataclass(frozen=True, slots=True, kw_only=True)
class MeetingHeld:
    """A meeting for *area* was held (rapat koordinasi) on *occurred*.

    *area* is a dotted region of any level, ``*`` for the whole country.
    """

    name: ClassVar[str] = "MeetingHeld"
    schema_version: ClassVar[int] = 1
    about: ClassVar[str | None] = None
    erases: ClassVar[bool] = False
    occurred: Occurred
    meeting_id: UUID
    area: str
    attendance: tuple[Attended, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class MeetingCorrected:
    """The meeting was held on *occurred*, with this attendance."""

    name: ClassVar[str] = "MeetingCorrected"
    schema_version: ClassVar[int] = 1
    about: ClassVar[str | None] = None
    erases: ClassVar[bool] = False
    occurred: Occurred
    corrects: int
    meeting_id: UUID
    attendance: tuple[Attended, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class MeetingRetracted:
    """There was no such meeting."""

    name: ClassVar[str] = "MeetingRetracted"
    schema_version: ClassVar[int] = 1
    about: ClassVar[str | None] = None
    erases: ClassVar[bool] = False
    occurred: Occurred
    corrects: int
    meeting_id: UUID


MeetingEvent = MeetingHeld | MeetingCorrected | MeetingRetracted

# ---------------------------------------------------------------------------------------------------------------------
# Where it can stand
# ---------------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class NoMeeting:
    """No meeting has this id."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Held:
    """A meeting. *version*: the number of facts, the last of which says when it was and who came."""

    version: int
    meeting_id: UUID
    area: str
    on: Occurred
    attendance: tuple[Attended, ...]


@dataclass(frozen=True, slots=True)
class NeverHeld:
    """It was recorded in error: nothing more can happen to it."""


Meeting = NoMeeting | Held | NeverHeld


def evolve(state: Meeting, event: MeetingEvent) -> Meeting:
    """Where the meeting stands after *event*."""
    match state, event:
        case NoMeeting(), MeetingHeld():
            return Held(
                version=1,
                meeting_id=event.meeting_id,
                area=event.area,
                on=event.occurred,
                attendance=event.attendance,
            )
        case Held(), MeetingCorrected():
            return Held(
                version=state.version + 1,
                meeting_id=state.meeting_id,
                area=state.area,
                on=event.occurred,
                attendance=event.attendance,
            )
        case Held(), MeetingRetracted():
            return NeverHeld()
        case _:
            return state  # nothing comes before a meeting or after its retraction


# ---------------------------------------------------------------------------------------------------------------------
# What can be asked
# ---------------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordMeeting:
    """Record that a meeting was held."""

    meeting_id: UUID
    area: str
    on: Occurred
    attendance: tuple[Attended, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class CorrectMeeting:
    """Correct when it was, or who came; None: as it stands."""

    on: Occurred | None = None
    attendance: tuple[Attended, ...] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class RetractMeeting:
    """Take the whole meeting back."""

    today: date


MeetingCommand = RecordMeeting | CorrectMeeting | RetractMeeting


def decide(state: Meeting, command: MeetingCommand) -> Sequence[MeetingEvent]:
    """What happens. Rejects: ``not-found`` for all but a record."""
    if isinstance(command, RecordMeeting):
        return record_meeting(state, command)
    if not isinstance(state, Held):
        raise Refused(NOT_FOUND)
    match command:
        case CorrectMeeting():
            return correct_meeting(state, command)
        case RetractMeeting():
            return retract_meeting(state, command)
        case _:
            assert_never(command)


def record_meeting(state: Meeting, command: RecordMeeting) -> Sequence[MeetingEvent]:
    """Its id is made for it, so it is recorded once."""
    if not isinstance(state, NoMeeting):
        return ()
    return (
        MeetingHeld(
            occurred=command.on, meeting_id=command.meeting_id, area=command.area, attendance=command.attendance
        ),
    )


def correct_meeting(state: Held, command: CorrectMeeting) -> Sequence[MeetingEvent]:
    """The same said again is nothing new."""
    on = command.on or state.on
    attendance = state.attendance if command.attendance is None else command.attendance
    if (on, attendance) == (state.on, state.attendance):
        return ()
    return (MeetingCorrected(occurred=on, corrects=state.version, meeting_id=state.meeting_id, attendance=attendance),)


def retract_meeting(state: Held, command: RetractMeeting) -> Sequence[MeetingEvent]:
    """Its attendance goes with it."""
    return (MeetingRetracted(occurred=Occurred(command.today), corrects=state.version, meeting_id=state.meeting_id),)


def attendance_of(counts: Mapping[str, int]) -> tuple[Attended, ...]:
    """How many of each role came, by role; a role of which nobody came is left out."""
    return tuple(Attended(role=role, count=count) for role, count in sorted(counts.items()) if count)


def total(attendance: Sequence[Attended]) -> int:
    """How many people came."""
    return sum(attended.count for attended in attendance)


meeting: Decider[Meeting, MeetingEvent, MeetingCommand] = Decider(initial=NoMeeting(), decide=decide, evolve=evolve)
