"""What a partner promised (komitmen mitra): what, how much, for which area, until when; and whether it was kept.

Each commitment is a history of its own, so that two clerks can see to two of them at once. One that is due is neither
kept nor broken by the day alone: only a fact says so. A correction or retraction names the fact it corrects by
*corrects*: that fact's version in this commitment's history (P7).

============  ====================  ============
stands        asked                 then stands
============  ====================  ============
NoCommitment  MakeCommitment        Promised
Promised      CorrectCommitment     Promised
Promised      JudgeCommitment       Judged
Promised      RetractCommitment     NeverMade
Judged        CorrectCommitment     Judged
Judged        RetractJudgement      Promised
Judged        RetractCommitment     NeverMade
============  ====================  ============
"""

from collections.abc import Sequence
from dataclasses import dataclass, fields, replace
from datetime import date
from typing import Any, ClassVar, Literal, assert_never
from uuid import UUID

from services.registry.domain.cells import precedes
from services.registry.domain.refusals import COMMITMENT_JUDGED, COMMITMENT_NOT_YET_MADE, refuse_columns
from shared.decider import Decider
from shared.errors import NOT_FOUND, ColumnError, Refused
from shared.vocabulary import Occurred

Outcome = Literal["kept", "broken"]
"""Whether the partner did what was promised (dipenuhi, tidak dipenuhi)."""

# ---------------------------------------------------------------------------------------------------------------------
# What happens
# ---------------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class CommitmentMade:
    """A partner promised *quantity* *unit* of *what* (komitmen) for *area* on *occurred*, until *due_on*.

    *area* is a dotted region of any level, ``*`` for the whole country. *due_on* is None where no day was set.
    """

    name: ClassVar[str] = "CommitmentMade"
    schema_version: ClassVar[int] = 1
    about: ClassVar[str | None] = None
    erases: ClassVar[bool] = False
    occurred: Occurred
    commitment_id: UUID
    partner_id: UUID
    what: str
    quantity: int
    unit: str
    area: str
    due_on: Occurred | None


@dataclass(frozen=True, slots=True, kw_only=True)
class CommitmentCorrected:
    """This is what was promised, on *occurred*."""

    name: ClassVar[str] = "CommitmentCorrected"
    schema_version: ClassVar[int] = 1
    about: ClassVar[str | None] = None
    erases: ClassVar[bool] = False
    occurred: Occurred
    corrects: int
    commitment_id: UUID
    what: str
    quantity: int
    unit: str
    area: str
    due_on: Occurred | None


@dataclass(frozen=True, slots=True, kw_only=True)
class CommitmentKept:
    """The partner did what was promised (komitmen dipenuhi) on *occurred*."""

    name: ClassVar[str] = "CommitmentKept"
    schema_version: ClassVar[int] = 1
    about: ClassVar[str | None] = None
    erases: ClassVar[bool] = False
    occurred: Occurred
    commitment_id: UUID


@dataclass(frozen=True, slots=True, kw_only=True)
class CommitmentBroken:
    """The partner did not do what was promised (komitmen tidak dipenuhi), as of *occurred*."""

    name: ClassVar[str] = "CommitmentBroken"
    schema_version: ClassVar[int] = 1
    about: ClassVar[str | None] = None
    erases: ClassVar[bool] = False
    occurred: Occurred
    commitment_id: UUID


@dataclass(frozen=True, slots=True, kw_only=True)
class CommitmentJudgementRetracted:
    """That it was kept, or broken, was an error: it is open."""

    name: ClassVar[str] = "CommitmentJudgementRetracted"
    schema_version: ClassVar[int] = 1
    about: ClassVar[str | None] = None
    erases: ClassVar[bool] = False
    occurred: Occurred
    corrects: int
    commitment_id: UUID


@dataclass(frozen=True, slots=True, kw_only=True)
class CommitmentRetracted:
    """Nothing was promised."""

    name: ClassVar[str] = "CommitmentRetracted"
    schema_version: ClassVar[int] = 1
    about: ClassVar[str | None] = None
    erases: ClassVar[bool] = False
    occurred: Occurred
    corrects: int
    commitment_id: UUID


CommitmentEvent = (
    CommitmentMade
    | CommitmentCorrected
    | CommitmentKept
    | CommitmentBroken
    | CommitmentJudgementRetracted
    | CommitmentRetracted
)

# ---------------------------------------------------------------------------------------------------------------------
# Where it can stand
# ---------------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class Promise:
    """What was promised, read and judged. *quantity*: of *unit*, more than nothing."""

    what: str
    quantity: int
    unit: str
    area: str
    on: Occurred
    due_on: Occurred | None


@dataclass(frozen=True, slots=True)
class NoCommitment:
    """No commitment has this id."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Promised:
    """A commitment. *version*: the number of facts; *fact*: the version of what says the promise."""

    version: int
    fact: int
    commitment_id: UUID
    promise: Promise


@dataclass(frozen=True, slots=True, kw_only=True)
class Judged(Promised):
    """One of which is known how it came out, since *judged*, as the fact of the version *judgement* says."""

    outcome: Outcome
    judged: Occurred
    judgement: int


@dataclass(frozen=True, slots=True)
class NeverMade:
    """It was recorded in error: nothing more can happen to it."""


Commitment = NoCommitment | Promised | Judged | NeverMade


def evolve(state: Commitment, event: CommitmentEvent) -> Commitment:
    """Where the commitment stands after *event*."""
    if isinstance(event, CommitmentMade):
        return Promised(version=1, fact=1, commitment_id=event.commitment_id, promise=promise_of(event))
    if not isinstance(state, Promised):
        return state  # nothing comes before a promise or after its retraction
    fact = state.version + 1
    state = replace(state, version=fact)
    match event:
        case CommitmentCorrected():
            return replace(state, fact=fact, promise=promise_of(event))
        case CommitmentKept():
            return Judged(outcome="kept", judged=event.occurred, judgement=fact, **promised_of(state))
        case CommitmentBroken():
            return Judged(outcome="broken", judged=event.occurred, judgement=fact, **promised_of(state))
        case CommitmentJudgementRetracted():
            return Promised(**promised_of(state))
        case CommitmentRetracted():
            return NeverMade()
        case _:
            assert_never(event)


def promise_of(event: CommitmentMade | CommitmentCorrected) -> Promise:
    """The promise as a fact says it."""
    return Promise(
        what=event.what,
        quantity=event.quantity,
        unit=event.unit,
        area=event.area,
        on=event.occurred,
        due_on=event.due_on,
    )


def promised_of(state: Promised) -> dict[str, Any]:
    """What is known of a commitment apart from how it came out."""
    return {field.name: getattr(state, field.name) for field in fields(Promised)}


# ---------------------------------------------------------------------------------------------------------------------
# What can be asked
# ---------------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class MakeCommitment:
    """Record what a partner promised. That the partner is known is asked before, not here."""

    commitment_id: UUID
    partner_id: UUID
    promise: Promise


@dataclass(frozen=True, slots=True, kw_only=True)
class CorrectCommitment:
    """Correct what was promised."""

    promise: Promise


@dataclass(frozen=True, slots=True, kw_only=True)
class JudgeCommitment:
    """Record how it came out, and as of which day."""

    outcome: Outcome
    on: Occurred


@dataclass(frozen=True, slots=True, kw_only=True)
class RetractJudgement:
    """Take back how it came out."""

    today: date


@dataclass(frozen=True, slots=True, kw_only=True)
class RetractCommitment:
    """Take the whole commitment back."""

    today: date


CommitmentCommand = MakeCommitment | CorrectCommitment | JudgeCommitment | RetractJudgement | RetractCommitment


def decide(state: Commitment, command: CommitmentCommand) -> Sequence[CommitmentEvent]:
    """What happens. Rejects: ``not-found`` for all but a promise, and what each says."""
    if isinstance(command, MakeCommitment):
        return make_commitment(state, command)
    if not isinstance(state, Promised):
        raise Refused(NOT_FOUND)
    match command:
        case CorrectCommitment():
            return correct_commitment(state, command)
        case JudgeCommitment():
            return judge_commitment(state, command)
        case RetractJudgement():
            return retract_judgement(state, command)
        case RetractCommitment():
            return retract_commitment(state, command)
        case _:
            assert_never(command)


def make_commitment(state: Commitment, command: MakeCommitment) -> Sequence[CommitmentEvent]:
    """Its id is made for it, so it is made once. Rejects: ``due-on-before-promise``."""
    if not isinstance(state, NoCommitment):
        return ()
    promise = command.promise
    refuse_due_before_made(promise)
    return (
        CommitmentMade(
            occurred=promise.on,
            commitment_id=command.commitment_id,
            partner_id=command.partner_id,
            what=promise.what,
            quantity=promise.quantity,
            unit=promise.unit,
            area=promise.area,
            due_on=promise.due_on,
        ),
    )


def correct_commitment(state: Promised, command: CorrectCommitment) -> Sequence[CommitmentEvent]:
    """Rejects: ``due-on-before-promise``, ``commitment-not-yet-made`` (by the new day, when it was judged)."""
    promise = command.promise
    if promise == state.promise:
        return ()
    refuse_due_before_made(promise)
    if isinstance(state, Judged) and precedes(state.judged, promise.on):
        raise Refused(COMMITMENT_NOT_YET_MADE)
    return (
        CommitmentCorrected(
            occurred=promise.on,
            corrects=state.fact,
            commitment_id=state.commitment_id,
            what=promise.what,
            quantity=promise.quantity,
            unit=promise.unit,
            area=promise.area,
            due_on=promise.due_on,
        ),
    )


def refuse_due_before_made(promise: Promise) -> None:
    """``due-on-before-promise``, however roughly both days are known."""
    backwards = promise.due_on is not None and precedes(promise.due_on, promise.on)
    refuse_columns(ColumnError("due_on", "due-on-before-promise") if backwards else None)


def judge_commitment(state: Promised, command: JudgeCommitment) -> Sequence[CommitmentEvent]:
    """Rejects: ``commitment-judged`` (otherwise), ``commitment-not-yet-made`` (by that day)."""
    if isinstance(state, Judged):
        if (state.outcome, state.judged) == (command.outcome, command.on):
            return ()
        raise Refused(COMMITMENT_JUDGED)
    if precedes(command.on, state.promise.on):
        raise Refused(COMMITMENT_NOT_YET_MADE)
    judgement = CommitmentKept if command.outcome == "kept" else CommitmentBroken
    return (judgement(occurred=command.on, commitment_id=state.commitment_id),)


def retract_judgement(state: Promised, command: RetractJudgement) -> Sequence[CommitmentEvent]:
    """Rejects: ``not-found`` (nobody has said how it came out)."""
    if not isinstance(state, Judged):
        raise Refused(NOT_FOUND)
    return (
        CommitmentJudgementRetracted(
            occurred=Occurred(command.today), corrects=state.judgement, commitment_id=state.commitment_id
        ),
    )


def retract_commitment(state: Promised, command: RetractCommitment) -> Sequence[CommitmentEvent]:
    """How it came out goes with it."""
    return (
        CommitmentRetracted(occurred=Occurred(command.today), corrects=state.fact, commitment_id=state.commitment_id),
    )


commitment: Decider[Commitment, CommitmentEvent, CommitmentCommand] = Decider(
    initial=NoCommitment(), decide=decide, evolve=evolve
)
