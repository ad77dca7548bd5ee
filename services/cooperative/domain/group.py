"""A group (kelompok) of a village and who belongs to it: the first form of a cooperative (pra-koperasi, koperasi).

A person belongs to one group at a time: joining claims the person's membership, leaving frees it, so that two groups
cannot take the same person at once. Never decided here: who is a prospective member; that is looked up first and comes
with the command.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from typing import ClassVar, assert_never
from uuid import UUID

from services.cooperative.domain.refusals import (
    NAME_MISSING,
    NAME_UNREADABLE,
    NOT_A_MEMBER,
    NOT_A_PROSPECT,
    ON_BEFORE_JOINING,
    ON_IN_FUTURE,
    VILLAGE_UNKNOWN,
)
from shared.decider import Claim, Decider, Release
from shared.errors import NOT_FOUND, ColumnError, Refusal, Refused
from shared.ids import stream_of
from shared.vocabulary import Occurred, village_code

MEMBERSHIP = "membership"
"""The kind of claim (durable) that keeps a person in one group at a time; its one part is the person's id."""

LONGEST_NAME = 120
"""Characters of a group's name."""

# ── What happens ─────────────────────────────────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True, slots=True, kw_only=True)
class GroupFormed:
    """A group is formed in a village (kelompok terbentuk). *occurred* is the day it was recorded here."""

    name: ClassVar[str] = "GroupFormed"
    schema_version: ClassVar[int] = 1
    about: ClassVar[str | None] = None
    erases: ClassVar[bool] = False

    occurred: Occurred
    village: str
    group_name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class MemberJoined:
    """A person belongs to the group (anggota bergabung) from the day *occurred*, local date of the village."""

    name: ClassVar[str] = "MemberJoined"
    schema_version: ClassVar[int] = 1
    about: ClassVar[str | None] = "person_id"
    erases: ClassVar[bool] = False

    occurred: Occurred
    group_id: UUID
    person_id: UUID


@dataclass(frozen=True, slots=True, kw_only=True)
class MemberLeft:
    """A member left the group (anggota keluar) on the day *occurred*, local date of the village."""

    name: ClassVar[str] = "MemberLeft"
    schema_version: ClassVar[int] = 1
    about: ClassVar[str | None] = "person_id"
    erases: ClassVar[bool] = False

    occurred: Occurred
    group_id: UUID
    person_id: UUID


GroupEvent = GroupFormed | MemberJoined | MemberLeft


def claims(event: GroupEvent) -> Iterable[Claim | Release]:
    """Joining takes the person's membership, leaving frees it."""
    match event:
        case MemberJoined():
            holder = _membership(event.group_id, event.person_id)
            yield Claim(MEMBERSHIP, (str(event.person_id),), holder, event.person_id)
        case MemberLeft():
            yield Release(MEMBERSHIP, _membership(event.group_id, event.person_id))
        case GroupFormed():
            pass


def _membership(group_id: UUID, person_id: UUID) -> UUID:
    # A holder of its own: were it the group, one member who leaves would free all of them.
    return stream_of(MEMBERSHIP, f"{group_id}:{person_id}")


# ── Where it can stand ───────────────────────────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True, slots=True)
class NotFormed:
    """There is no such group."""


@dataclass(frozen=True, slots=True)
class Formed:
    """The group has these members, each since the day they joined."""

    village: str
    members: Mapping[UUID, date] = field(default_factory=dict)


Group = NotFormed | Formed


def evolve(state: Group, event: GroupEvent) -> Group:
    """Where *event* leaves the group."""
    match state, event:
        case _, GroupFormed():
            return Formed(event.village)
        case Formed(), MemberJoined():
            return replace(state, members={**state.members, event.person_id: event.occurred.on})
        case Formed(), MemberLeft():
            return replace(state, members={who: on for who, on in state.members.items() if who != event.person_id})
        case _:
            return state


# ── What can be asked ────────────────────────────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True, slots=True, kw_only=True)
class FormGroup:
    """Form a group in *village* (code as the caller wrote it)."""

    village: str
    group_name: str
    today: date


@dataclass(frozen=True, slots=True, kw_only=True)
class AdmitMember:
    """Let a person join on the day *on*; *prospect*: the roster of prospects names the person now, and no group has."""

    group_id: UUID
    person_id: UUID
    prospect: bool
    on: date
    today: date


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordLeaving:
    """Record that a member left on the day *on*."""

    group_id: UUID
    person_id: UUID
    on: date
    today: date


GroupCommand = FormGroup | AdmitMember | RecordLeaving


def decide(state: Group, command: GroupCommand) -> Sequence[GroupEvent]:
    """What happens when *command* is asked of the group."""
    match command:
        case FormGroup():
            return form(command)
        case AdmitMember():
            return admit(_formed(state), command)
        case RecordLeaving():
            return record_leaving(_formed(state), command)
        case _:
            assert_never(command)


def _formed(state: Group) -> Formed:
    if isinstance(state, NotFormed):
        raise Refused(NOT_FOUND)
    return state


def form(command: FormGroup) -> Sequence[GroupEvent]:
    """A group has a village and a name of 1 to 120 printable characters.

    Rejects: village-unknown, name-missing, name-unreadable.
    """
    village = village_code(command.village)
    group_name = " ".join(command.group_name.split())
    wrong: list[tuple[str, Refusal]] = []
    if village is None:
        wrong.append(("village", VILLAGE_UNKNOWN))
    if not group_name:
        wrong.append(("name", NAME_MISSING))
    elif len(group_name) > LONGEST_NAME or not group_name.isprintable():
        wrong.append(("name", NAME_UNREADABLE))
    if village is None or wrong:
        raise Refused(wrong[0][1], errors=[ColumnError(column, refusal.slug) for column, refusal in wrong])
    return [GroupFormed(occurred=Occurred(command.today), village=village, group_name=group_name)]


def admit(state: Formed, command: AdmitMember) -> Sequence[GroupEvent]:
    """A prospective member joins, today or on an earlier day; who already belongs to this group still does.

    Rejects: on-in-future, not-a-prospect.
    """
    _not_in_future(command.on, command.today)
    if command.person_id in state.members:
        return []
    if not command.prospect:
        raise Refused(NOT_A_PROSPECT)
    return [MemberJoined(occurred=Occurred(command.on), group_id=command.group_id, person_id=command.person_id)]


def record_leaving(state: Formed, command: RecordLeaving) -> Sequence[GroupEvent]:
    """A member leaves, not before the day of joining.

    Rejects: on-in-future, not-a-member, on-before-joining.
    """
    _not_in_future(command.on, command.today)
    joined_on = state.members.get(command.person_id)
    if joined_on is None:
        raise Refused(NOT_A_MEMBER)
    if command.on < joined_on:
        raise Refused(ON_BEFORE_JOINING, errors=[ColumnError("on", ON_BEFORE_JOINING.slug)])
    return [MemberLeft(occurred=Occurred(command.on), group_id=command.group_id, person_id=command.person_id)]


def _not_in_future(on: date, today: date) -> None:
    if on > today:
        raise Refused(ON_IN_FUTURE, errors=[ColumnError("on", ON_IN_FUTURE.slug)])


group: Decider[Group, GroupEvent, GroupCommand] = Decider(
    initial=NotFormed(), decide=decide, evolve=evolve, claims=claims
)
"""The history of one group."""
