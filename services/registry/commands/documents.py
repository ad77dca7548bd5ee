"""What can be asked about a person's documents. Cells come raw, as a form or a list has them."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal, assert_never
from uuid import UUID

from services.registry.commands.answers import changed, made
from services.registry.commands.persons import registered
from services.registry.domain.document import (
    CorrectDocument,
    DocumentCommand,
    RecordDocument,
    RetractDocument,
    RetractWithdrawal,
    Says,
    Standing,
    WithdrawDocument,
    adds,
    claimed,
    document,
    same_document,
)
from services.registry.domain.document_cells import read_document
from services.registry.domain.particulars import read_day
from services.registry.domain.person import Registered
from services.registry.domain.refusals import DOCUMENT_RECORDED_ALREADY, codes, refused_for
from shared.errors import NOT_FOUND, ColumnError, Refused
from shared.execute import Answer, Work
from shared.personal import known

Column = Literal["kind", "number", "issuer", "valid_from", "valid_until"]
"""What of a document can be edited."""


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class Record:
    """Record that a person has a document."""

    person_id: UUID
    kind: str
    number: str
    issuer: str | None
    valid_from: str | None
    valid_until: str | None


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class EditDocument:
    """Correct what stands on it: only the columns named; None takes the value away."""

    person_id: UUID
    document_id: UUID
    cells: Mapping[Column, str | None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Withdraw:
    """Say that it is good for nothing from a day on."""

    person_id: UUID
    document_id: UUID
    withdrawn_on: str


@dataclass(frozen=True, slots=True, kw_only=True)
class UndoWithdrawal:
    """Take back that it was withdrawn."""

    person_id: UUID
    document_id: UUID


@dataclass(frozen=True, slots=True, kw_only=True)
class Retract:
    """Take back that the person has it."""

    person_id: UUID
    document_id: UUID


Command = Record | EditDocument | Withdraw | UndoWithdrawal | Retract


async def handle(work: Work, command: Command) -> Answer:
    """What `services.registry.commands.handle` does with one of these."""
    match command:
        case Record():
            return await record(work, command)
        case EditDocument():
            return await edit(work, command)
        case Withdraw():
            return await withdraw(work, command)
        case UndoWithdrawal():
            return await take_back(work, command, RetractWithdrawal(today=work.today))
        case Retract():
            return await take_back(work, command, RetractDocument(today=work.today))
        case _:
            assert_never(command)


async def record(work: Work, command: Record) -> Answer:
    """A new document, or the known one of this kind and number of this person.

    Rejects: ``not-found``, ``person-erased``, ``person-merged``, column codes (422), ``document-recorded-already``
    (this says something else of the known one, which is to be corrected).
    """
    owner = await registered(work, command.person_id)
    says, warnings = read_document(
        kind=command.kind,
        number=command.number,
        issuer=command.issuer,
        valid_from=command.valid_from,
        valid_until=command.valid_until,
    )
    known_already = await recorded_of(work, owner, says)
    for there in known_already:
        if not adds(says, there.says):
            return changed(work, there.document_id, codes(warnings))
    if known_already:
        raise Refused(DOCUMENT_RECORDED_ALREADY)
    document_id = work.new_id()
    wish = RecordDocument(today=work.today, person_id=owner.person_id, document_id=document_id, says=says)
    await work.decide(document, document_id, wish)
    return made(work, document_id, codes(warnings))


async def edit(work: Work, command: EditDocument) -> Answer:
    """Rejects: ``not-found``, ``person-erased``, ``person-merged``, If-Match codes, column codes (422).

    ``document-recorded-already`` where another document of the person, under whichever id, has the new kind and number.
    """
    there = (await standing(work, command.person_id, command.document_id)).says
    work.match(command.document_id)
    before: dict[Column, str | None] = {
        "kind": there.kind,
        "number": known(there.number),
        "issuer": known(there.issuer),
        "valid_from": None if there.valid_from is None else there.valid_from.isoformat(),
        "valid_until": None if there.valid_until is None else there.valid_until.isoformat(),
    }
    cells = before | dict(command.cells)
    says, warnings = read_document(
        kind=cells["kind"] or "",
        number=cells["number"] or "",
        issuer=cells["issuer"],
        valid_from=cells["valid_from"],
        valid_until=cells["valid_until"],
    )
    if not same_document(says, there) and await recorded_of(work, await registered(work, command.person_id), says):
        raise Refused(DOCUMENT_RECORDED_ALREADY)
    await work.decide(document, command.document_id, CorrectDocument(today=work.today, says=says))
    return changed(work, command.document_id, codes(warnings))


async def withdraw(work: Work, command: Withdraw) -> Answer:
    """Once; of another day it is refused.

    Rejects: ``not-found``, ``person-erased``, ``person-merged``, ``withdrawn-on-invalid``,
    ``document-already-withdrawn``.
    """
    before = await standing(work, command.person_id, command.document_id)
    on = read_day(command.withdrawn_on)
    if on is None or on > work.today:
        raise refused_for(ColumnError("withdrawn_on", "withdrawn-on-invalid"))
    after = await work.decide(document, command.document_id, WithdrawDocument(on=on))
    return changed(work, command.document_id, status=200 if after == before or work.check else 201)


async def take_back(work: Work, command: UndoWithdrawal | Retract, wish: DocumentCommand) -> Answer:
    """Rejects: ``not-found``, ``person-erased``, ``person-merged``, If-Match codes."""
    await standing(work, command.person_id, command.document_id)
    work.match(command.document_id)
    await work.decide(document, command.document_id, wish)
    return changed(work, command.document_id)


async def recorded_of(work: Work, owner: Registered, says: Says) -> list[Standing]:
    """The documents of this kind and number that a person has: one at most under each of their ids."""
    there: list[Standing] = []
    for one in owner.ids:
        holder = await work.holder("document", *claimed(one, says.kind, known(says.number) or ""))
        if holder is not None and isinstance(state := await work.state(document, holder), Standing):
            there.append(state)
    return there


async def standing(work: Work, person_id: UUID, document_id: UUID) -> Standing:
    """The document a request is about, under whichever id of its owner it was recorded.

    Rejects: ``not-found`` (also another's), ``person-erased``, ``person-merged``.
    """
    owner = await registered(work, person_id)
    state = await work.state(document, document_id)
    if not isinstance(state, Standing) or state.person_id not in owner.ids:
        raise Refused(NOT_FOUND)
    return state
