"""What may be asked of a trip, and what is then decided.

Rules about dates go by what is certain: ``2024`` and ``2024-05-03`` do not contradict each other. What stands on
another fact is taken back in reverse order: no departure while a return stands on it, no leave while its end does.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import TypeVar, assert_never, get_args
from uuid import UUID

from services.migration_service.domain import refusals
from services.migration_service.domain.placement import Cells, Placement, placement
from services.migration_service.domain.trip import (
    Deceased,
    Departed,
    DepartureCorrected,
    DepartureRetracted,
    HomeForGood,
    LeaveEnd,
    LeaveEndCorrected,
    LeaveEnded,
    LeaveEndRetracted,
    NotRecorded,
    OnLeave,
    Reason,
    Retracted,
    Return,
    ReturnCorrected,
    Returned,
    ReturnRetracted,
    Step,
    Taken,
    Trip,
    TripEvent,
    TripFacts,
    claims,
    evolve,
    standing,
)
from shared.decider import Decider
from shared.errors import NOT_FOUND, ColumnError, Refusal, Refused
from shared.vocabulary import Occurred

# ------------------------------------------------------------------------------------------------ What can be asked


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordDeparture:
    """A worker left (keberangkatan)."""

    worker_id: UUID
    cells: Cells


@dataclass(frozen=True, slots=True, kw_only=True)
class CorrectDeparture:
    """What was said of a departure was wrong; cells that are None stay as they were."""

    trip_id: UUID
    cells: Cells


@dataclass(frozen=True, slots=True, kw_only=True)
class RetractDeparture:
    """The trip never was."""

    trip_id: UUID


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordReturn:
    """A worker is home (kepulangan). *returned_on*: ISO date, partial where less is known. *reason*: see `Reason`."""

    trip_id: UUID
    returned_on: str
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CorrectReturn:
    """Day or reason of the last return were wrong; None stays as it was."""

    trip_id: UUID
    returned_on: str | None
    reason: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class RetractReturn:
    """The last return was recorded in error."""

    trip_id: UUID


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordLeaveEnd:
    """A worker went back from leave (akhir cuti). *ended_on*: ISO date, partial where less is known."""

    trip_id: UUID
    ended_on: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CorrectLeaveEnd:
    """The day of the last end of a leave was wrong; None stays as it was."""

    trip_id: UUID
    ended_on: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class RetractLeaveEnd:
    """The last end of a leave was recorded in error."""

    trip_id: UUID


Correction = CorrectDeparture | RetractDeparture | CorrectReturn | RetractReturn | CorrectLeaveEnd | RetractLeaveEnd
"""What changes a fact that a caller has read."""

TripCommand = RecordDeparture | RecordReturn | RecordLeaveEnd | Correction


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """A command as it reaches a trip, with what a rule must know besides.

    *trip_id*: the trip's, also where it is only now to be. *village*: where the worker is served now. *today*: the
    programme's calendar.
    """

    command: TripCommand
    trip_id: UUID
    village: str
    today: date


def decide(trip: Trip, request: Request) -> Sequence[TripEvent]:
    """Nothing where the trip is as it is asked to be already.

    Rejects: not-found before the departure is recorded, trip-retracted after its retraction.
    """
    command = request.command
    if isinstance(command, RecordDeparture):
        return record_departure(trip, command, request)
    match trip:
        case NotRecorded():
            raise Refused(NOT_FOUND)
        case Retracted():
            raise Refused(refusals.TRIP_RETRACTED)
        case _:
            return _decide(trip, command, request)


def _decide(
    trip: Taken,
    command: RecordReturn | RecordLeaveEnd | Correction,
    request: Request,
) -> Sequence[TripEvent]:
    match command:
        case CorrectDeparture():
            return correct_departure(trip, command, request)
        case RetractDeparture():
            return retract_departure(trip, request)
        case RecordReturn():
            return record_return(trip, command, request)
        case CorrectReturn():
            return correct_return(trip, command, request)
        case RetractReturn():
            return retract_return(trip, request)
        case RecordLeaveEnd():
            return record_leave_end(trip, command, request)
        case CorrectLeaveEnd():
            return correct_leave_end(trip, command, request)
        case RetractLeaveEnd():
            return retract_leave_end(trip, request)
        case _:
            assert_never(command)


# ----------------------------------------------------------------------------------------------------- the departure


def record_departure(trip: Trip, command: RecordDeparture, request: Request) -> Sequence[TripEvent]:
    """Rejects: the codes of `placement`."""
    said = placement(command.cells, request.today)
    if not isinstance(trip, NotRecorded):
        return ()
    return (
        Departed(
            occurred=said.departed,
            worker_id=command.worker_id,
            trip=_facts(request, said, ()),
            country=said.country,
            decree=said.decree,
            contract_date=said.contract_date,
            scheme=said.scheme,
            sector=said.sector,
            procedure=said.procedure,
        ),
    )


def correct_departure(trip: Taken, command: CorrectDeparture, request: Request) -> Sequence[TripEvent]:
    """Rejects: the codes of `placement`, and those of `in_order` where a return would come to lie before it."""
    said = placement(command.cells, request.today, before=trip.placement)
    in_order(said, trip.steps)
    if said == trip.placement:
        return ()
    return (
        DepartureCorrected(
            occurred=said.departed,
            worker_id=trip.worker_id,
            trip=_facts(request, said, trip.steps),
            country=said.country,
            decree=said.decree,
            contract_date=said.contract_date,
            scheme=said.scheme,
            sector=said.sector,
            procedure=said.procedure,
            corrects=trip.said,
        ),
    )


def retract_departure(trip: Taken, request: Request) -> Sequence[TripEvent]:
    """Rejects: trip-has-return while a return stands on it."""
    if trip.steps:
        raise Refused(refusals.TRIP_HAS_RETURN)
    departed = trip.placement.departed
    gone = replace(_facts(request, trip.placement, ()), standing="retracted", since=departed)
    return (DepartureRetracted(occurred=departed, worker_id=trip.worker_id, trip=gone, corrects=trip.said),)


# -------------------------------------------------------------------------------------------------------- the return


def record_return(trip: Taken, command: RecordReturn, request: Request) -> Sequence[TripEvent]:
    """From abroad or straight from leave.

    Rejects: returned-on-invalid, reason-unknown, already-returned, already-on-leave, and the codes of `in_order`.
    """
    on, reason = _return(command.returned_on, command.reason, request.today)
    if isinstance(trip, HomeForGood | Deceased):
        raise Refused(refusals.ALREADY_RETURNED)
    if isinstance(trip, OnLeave) and reason == "leave":
        raise Refused(refusals.ALREADY_ON_LEAVE)
    steps = (*trip.steps, Return(trip.version + 1, on, reason))
    in_order(trip.placement, steps)
    return (
        Returned(
            occurred=on,
            worker_id=trip.worker_id,
            trip=_facts(request, trip.placement, steps),
            reason=reason,
        ),
    )


def correct_return(trip: Taken, command: CorrectReturn, request: Request) -> Sequence[TripEvent]:
    """The last return, also a leave that has ended: that one stays a leave.

    Rejects: not-returned, returned-on-invalid, reason-unknown, leave-has-ended, already-on-leave, and the codes of
    `in_order`.
    """
    at, wrong = _last(trip, Return, refusals.NOT_RETURNED)
    on, reason = _return(
        str(wrong.on) if command.returned_on is None else command.returned_on,
        wrong.reason if command.reason is None else command.reason,
        request.today,
    )
    if reason != "leave" and at + 1 < len(trip.steps):
        raise Refused(refusals.LEAVE_HAS_ENDED)
    if reason == "leave" and at > 0 and isinstance(trip.steps[at - 1], Return):
        raise Refused(refusals.ALREADY_ON_LEAVE)
    steps = (*trip.steps[:at], Return(trip.version + 1, on, reason), *trip.steps[at + 1 :])
    in_order(trip.placement, steps)
    if (on, reason) == (wrong.on, wrong.reason):
        return ()
    return (
        ReturnCorrected(
            occurred=on,
            worker_id=trip.worker_id,
            trip=_facts(request, trip.placement, steps),
            reason=reason,
            corrects=wrong.fact,
        ),
    )


def retract_return(trip: Taken, request: Request) -> Sequence[TripEvent]:
    """Rejects: not-returned, leave-has-ended where it was a leave from which the worker went back."""
    at, wrong = _last(trip, Return, refusals.NOT_RETURNED)
    if at + 1 < len(trip.steps):
        raise Refused(refusals.LEAVE_HAS_ENDED)
    return (
        ReturnRetracted(
            occurred=wrong.on,
            worker_id=trip.worker_id,
            trip=_facts(request, trip.placement, trip.steps[:at]),
            corrects=wrong.fact,
        ),
    )


# ------------------------------------------------------------------------------------------------- the end of a leave


def record_leave_end(trip: Taken, command: RecordLeaveEnd, request: Request) -> Sequence[TripEvent]:
    """Rejects: ended-on-invalid, not-on-leave, leave-ended-before-leave."""
    on = _ended(command.ended_on, request.today)
    if not isinstance(trip, OnLeave):
        raise Refused(refusals.NOT_ON_LEAVE)
    steps = (*trip.steps, LeaveEnd(trip.version + 1, on))
    in_order(trip.placement, steps)
    return (LeaveEnded(occurred=on, worker_id=trip.worker_id, trip=_facts(request, trip.placement, steps)),)


def correct_leave_end(trip: Taken, command: CorrectLeaveEnd, request: Request) -> Sequence[TripEvent]:
    """The last one, also where a return has followed.

    Rejects: leave-not-ended, ended-on-invalid, and the codes of `in_order`.
    """
    at, wrong = _last(trip, LeaveEnd, refusals.LEAVE_NOT_ENDED)
    on = _ended(str(wrong.on) if command.ended_on is None else command.ended_on, request.today)
    steps = (*trip.steps[:at], LeaveEnd(trip.version + 1, on), *trip.steps[at + 1 :])
    in_order(trip.placement, steps)
    if on == wrong.on:
        return ()
    return (
        LeaveEndCorrected(
            occurred=on,
            worker_id=trip.worker_id,
            trip=_facts(request, trip.placement, steps),
            corrects=wrong.fact,
        ),
    )


def retract_leave_end(trip: Taken, request: Request) -> Sequence[TripEvent]:
    """Rejects: leave-not-ended, trip-has-return where a return has followed."""
    at, wrong = _last(trip, LeaveEnd, refusals.LEAVE_NOT_ENDED)
    if at + 1 < len(trip.steps):
        raise Refused(refusals.TRIP_HAS_RETURN)
    return (
        LeaveEndRetracted(
            occurred=wrong.on,
            worker_id=trip.worker_id,
            trip=_facts(request, trip.placement, trip.steps[:at]),
            corrects=wrong.fact,
        ),
    )


# -------------------------------------------------------------------------------------------------- what they share


def in_order(departure: Placement, steps: Sequence[Step]) -> None:
    """What follows cannot lie wholly before the earliest day of what it follows.

    Rejects: returned-before-departure, returned-before-leave, returned-before-leave-ended, leave-ended-before-leave.
    """
    earliest, before = departure.departed.on, None
    for step in steps:
        if step.on.until < earliest:
            raise Refused(_out_of_order(step, before))
        earliest, before = max(earliest, step.on.on), step


def _out_of_order(step: Step, before: Step | None) -> Refusal:
    if isinstance(step, LeaveEnd):
        return refusals.LEAVE_ENDED_BEFORE_LEAVE
    match before:
        case None:
            return refusals.RETURNED_BEFORE_DEPARTURE
        case Return():
            return refusals.RETURNED_BEFORE_LEAVE
        case LeaveEnd():
            return refusals.RETURNED_BEFORE_LEAVE_ENDED


def _facts(request: Request, said: Placement, steps: tuple[Step, ...]) -> TripFacts:
    stands, since = standing(said, steps)
    return TripFacts(
        trip_id=request.trip_id, village=request.village, departed=said.departed, standing=stands, since=since
    )


def _day(cell: str, today: date) -> Occurred | None:
    """An ISO date, partial or not, that has begun by *today*."""
    on = Occurred.parse(cell)
    return on if on and on.on <= today else None


StepT = TypeVar("StepT", Return, LeaveEnd)


def _last(trip: Taken, kind: type[StepT], missing: Refusal) -> tuple[int, StepT]:
    """The last step of this *kind* and its place; refused with *missing* where there is none."""
    for at in reversed(range(len(trip.steps))):
        step = trip.steps[at]
        if isinstance(step, kind):
            return at, step
    raise Refused(missing)


def _return(returned_on: str, reason: str, today: date) -> tuple[Occurred, Reason]:
    on = _day(returned_on, today)
    why: Reason | None = next((code for code in get_args(Reason) if code == reason), None)
    errors = []
    if on is None:
        errors.append(ColumnError("returned_on", refusals.RETURNED_ON_INVALID.slug))
    if why is None:
        errors.append(ColumnError("reason", refusals.REASON_UNKNOWN.slug))
    if on is None or why is None:
        refusals.refuse(errors)
    return on, why


def _ended(ended_on: str, today: date) -> Occurred:
    on = _day(ended_on, today)
    if on is None:
        refusals.refuse([ColumnError("ended_on", refusals.ENDED_ON_INVALID.slug)])
    return on


TRIP: Decider[Trip, TripEvent, Request] = Decider(initial=NotRecorded(), decide=decide, evolve=evolve, claims=claims)
