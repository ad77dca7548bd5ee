"""What can be asked about the programme's partners and what they promised."""

from dataclasses import dataclass
from typing import assert_never
from uuid import UUID

from services.registry.commands.answers import changed, made
from services.registry.domain.cells import read_area, read_code, read_quantity, read_text, read_when
from services.registry.domain.commitment import (
    CorrectCommitment,
    JudgeCommitment,
    MakeCommitment,
    Outcome,
    Promise,
    Promised,
    RetractCommitment,
    RetractJudgement,
    commitment,
)
from services.registry.domain.partner import (
    Agreement,
    CorrectPartner,
    EndPartnership,
    InPartnership,
    RecordPartner,
    RetractPartnershipEnd,
    partner,
)
from services.registry.domain.reference import PARTNER_KINDS, UNITS
from services.registry.domain.refusals import PARTNER_UNKNOWN, refuse_columns
from shared.errors import NOT_FOUND, Refused
from shared.execute import Answer, Work
from shared.vocabulary import lies_in


@dataclass(frozen=True, slots=True, kw_only=True)
class AgreementCells:
    """An agreement with an institution as it was written."""

    name: str
    kind: str
    agreement: str
    area: str
    starts_on: str
    ends_on: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class PromiseCells:
    """A promise of a partner as it was written."""

    what: str
    quantity: int
    unit: str
    area: str
    on: str
    due_on: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Record:
    """Record a partner (mitra) and its agreement."""

    cells: AgreementCells


@dataclass(frozen=True, slots=True, kw_only=True)
class Edit:
    """Correct what is recorded of a partner."""

    partner_id: UUID
    cells: AgreementCells


@dataclass(frozen=True, slots=True, kw_only=True)
class End:
    """Record the last day of a partnership."""

    partner_id: UUID
    on: str


@dataclass(frozen=True, slots=True, kw_only=True)
class WithdrawEnd:
    """Take back that a partnership ended."""

    partner_id: UUID


@dataclass(frozen=True, slots=True, kw_only=True)
class Commit:
    """Record what a partner promised (komitmen)."""

    partner_id: UUID
    cells: PromiseCells


@dataclass(frozen=True, slots=True, kw_only=True)
class EditCommitment:
    """Correct what a partner promised."""

    commitment_id: UUID
    cells: PromiseCells


@dataclass(frozen=True, slots=True, kw_only=True)
class Judge:
    """Record whether a commitment was kept."""

    commitment_id: UUID
    outcome: Outcome
    on: str


@dataclass(frozen=True, slots=True, kw_only=True)
class WithdrawJudgement:
    """Take back whether a commitment was kept."""

    commitment_id: UUID


@dataclass(frozen=True, slots=True, kw_only=True)
class WithdrawCommitment:
    """Take a commitment back that was recorded in error."""

    commitment_id: UUID


Command = Record | Edit | End | WithdrawEnd | Commit | EditCommitment | Judge | WithdrawJudgement | WithdrawCommitment


async def handle(work: Work, command: Command) -> Answer:
    """What `services.registry.commands.handle` does with one of these."""
    match command:
        case Record():
            return await record(work, command)
        case Edit():
            return await edit(work, command)
        case End():
            return await end(work, command)
        case WithdrawEnd():
            return await withdraw_end(work, command)
        case Commit():
            return await commit(work, command)
        case EditCommitment():
            return await edit_commitment(work, command)
        case Judge():
            return await judge(work, command)
        case WithdrawJudgement() | WithdrawCommitment():
            return await withdraw(work, command)
        case _:
            assert_never(command)


async def record(work: Work, command: Record) -> Answer:
    """Rejects: column codes (`read_agreement`), ``outside-area``, and what `RecordPartner` does."""
    agreed = read_agreement(command.cells)
    work.names(agreed.area)
    new = work.new_id()
    await work.decide(partner, new, RecordPartner(partner_id=new, agreed=agreed))
    return made(work, new)


async def edit(work: Work, command: Edit) -> Answer:
    """Rejects: ``not-found``, If-Match codes, column codes, ``outside-area``, and what `CorrectPartner` does."""
    await known(work, command.partner_id)
    work.match(command.partner_id)
    agreed = read_agreement(command.cells)
    work.names(agreed.area)
    await work.decide(partner, command.partner_id, CorrectPartner(agreed=agreed))
    return changed(work, command.partner_id)


async def end(work: Work, command: End) -> Answer:
    """Rejects: ``not-found``, ``outside-area``, ``on-invalid``, and what `EndPartnership` does."""
    before = await known(work, command.partner_id)
    on, wrong_on = read_when("on", command.on, until=work.today)
    refuse_columns(wrong_on)
    after = await work.decide(partner, command.partner_id, EndPartnership(on=on))
    return changed(work, command.partner_id, status=200 if after == before or work.check else 201)


async def withdraw_end(work: Work, command: WithdrawEnd) -> Answer:
    """Rejects: ``not-found``, ``outside-area``, If-Match codes."""
    await known(work, command.partner_id)
    work.match(command.partner_id)
    await work.decide(partner, command.partner_id, RetractPartnershipEnd(today=work.today))
    return changed(work, command.partner_id)


async def commit(work: Work, command: Commit) -> Answer:
    """Rejects: column codes (`read_promise`), ``outside-area``, ``partner-unknown``, what `MakeCommitment` does."""
    promise = read_promise(work, command.cells)
    work.names(promise.area)
    state = await work.state(partner, command.partner_id)
    if not isinstance(state, InPartnership) or not concerns(state.agreed.area, work.caller.area):
        raise Refused(PARTNER_UNKNOWN)
    new = work.new_id()
    wish = MakeCommitment(commitment_id=new, partner_id=command.partner_id, promise=promise)
    await work.decide(commitment, new, wish)
    return made(work, new)


async def edit_commitment(work: Work, command: EditCommitment) -> Answer:
    """Rejects: ``not-found``, If-Match codes, column codes, ``outside-area``, and what `CorrectCommitment` does."""
    await promised(work, command.commitment_id)
    work.match(command.commitment_id)
    promise = read_promise(work, command.cells)
    work.names(promise.area)
    await work.decide(commitment, command.commitment_id, CorrectCommitment(promise=promise))
    return changed(work, command.commitment_id)


async def judge(work: Work, command: Judge) -> Answer:
    """Rejects: ``not-found``, ``on-invalid``, and what `JudgeCommitment` does."""
    before = await promised(work, command.commitment_id)
    on, wrong_on = read_when("on", command.on, until=work.today)
    refuse_columns(wrong_on)
    after = await work.decide(commitment, command.commitment_id, JudgeCommitment(outcome=command.outcome, on=on))
    return changed(work, command.commitment_id, status=200 if after == before or work.check else 201)


async def withdraw(work: Work, command: WithdrawJudgement | WithdrawCommitment) -> Answer:
    """Rejects: ``not-found``, If-Match codes."""
    await promised(work, command.commitment_id)
    work.match(command.commitment_id)
    wish = RetractJudgement if isinstance(command, WithdrawJudgement) else RetractCommitment
    await work.decide(commitment, command.commitment_id, wish(today=work.today))
    return changed(work, command.commitment_id)


def read_agreement(cells: AgreementCells) -> Agreement:
    """Read the cells of an agreement.

    Rejects, one code a column: ``name-missing``, ``kind-unknown``, ``agreement-missing``, ``area-unknown``,
    ``starts-on-invalid``, ``ends-on-invalid``.
    """
    name, wrong_name = read_text("name", cells.name)
    kind, wrong_kind = read_code("kind", cells.kind, PARTNER_KINDS)
    number, wrong_number = read_text("agreement", cells.agreement)
    area, wrong_area = read_area(cells.area)
    starts_on, wrong_start = read_when("starts_on", cells.starts_on)
    ends_on, wrong_end = (None, None) if cells.ends_on is None else read_when("ends_on", cells.ends_on)
    refuse_columns(wrong_name, wrong_kind, wrong_number, wrong_area, wrong_start, wrong_end)
    return Agreement(partner_name=name, kind=kind, agreement=number, area=area, starts_on=starts_on, ends_on=ends_on)


def read_promise(work: Work, cells: PromiseCells) -> Promise:
    """Read the cells of a promise.

    Rejects, one code a column: ``what-missing``, ``quantity-invalid``, ``unit-unknown``, ``area-unknown``,
    ``on-invalid``, ``due-on-invalid``.
    """
    what, wrong_what = read_text("what", cells.what)
    unit, wrong_unit = read_code("unit", cells.unit, UNITS)
    area, wrong_area = read_area(cells.area)
    on, wrong_on = read_when("on", cells.on, until=work.today)
    due_on, wrong_due = (None, None) if cells.due_on is None else read_when("due_on", cells.due_on)
    refuse_columns(wrong_what, read_quantity(cells.quantity), wrong_unit, wrong_area, wrong_on, wrong_due)
    return Promise(what=what, quantity=cells.quantity, unit=unit, area=area, on=on, due_on=due_on)


def concerns(area: str, callers: str) -> bool:
    """Whether what holds for *area* holds for somebody of *callers* area: a part of it, or a whole around it."""
    return area == "*" or lies_in(area, callers) or lies_in(callers, area)


async def known(work: Work, partner_id: UUID) -> InPartnership:
    """The partner a request changes.

    Rejects: ``not-found`` (also one that does not concern the caller's area), ``outside-area`` (one of a region around
    it, which may be read there).
    """
    state = await work.state(partner, partner_id)
    if not isinstance(state, InPartnership) or not concerns(state.agreed.area, work.caller.area):
        raise Refused(NOT_FOUND)
    work.names(state.agreed.area)
    return state


async def promised(work: Work, commitment_id: UUID) -> Promised:
    """The commitment a request is about. Rejects: ``not-found`` (also outside the area)."""
    state = await work.state(commitment, commitment_id)
    if not isinstance(state, Promised):
        raise Refused(NOT_FOUND)
    work.within(state.promise.area)
    return state
