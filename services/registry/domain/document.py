"""A document of a person (dokumen: paspor, ID CPMI, E-KPMI, SPLP): an opaque number with its kind, issuer and validity.

Nothing is concluded from a number but whether its form is usual; who issued it knows what it means. A document has a
history of its own, so that one is edited without regard to the others. Numbers and issuers are personal: encrypted
under the person's key. Dates are the programme's calendar (Asia/Jakarta).

A correction or retraction names the fact it corrects by *corrects*: that fact's version in this document's history.
Where it can stand, and what leads from where to where, `services/registry/domain/states.md` says in a table.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import ClassVar, assert_never
from uuid import UUID

from services.registry.domain.refusals import DOCUMENT_ALREADY_WITHDRAWN
from shared.decider import Claim, Decider, Release
from shared.errors import NOT_FOUND, Refused
from shared.personal import Known, Personal, known
from shared.vocabulary import Occurred

# ---------------------------------------------------------------------------------------------------------------------
# What happens
# ---------------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class DocumentRecorded:
    """A person has this document, as of the day it was said.

    *kind* is a code of `document_kinds`. *valid_from* and *valid_until* are its first and last day, None if unknown.
    """

    name: ClassVar[str] = "DocumentRecorded"
    schema_version: ClassVar[int] = 1
    about: ClassVar[str | None] = "person_id"
    erases: ClassVar[bool] = False
    occurred: Occurred
    person_id: UUID
    document_id: UUID
    kind: str
    number: Personal[str]
    issuer: Personal[str] | None
    valid_from: date | None
    valid_until: date | None


@dataclass(frozen=True, slots=True, kw_only=True)
class DocumentCorrected:
    """What the document says (perbaikan data dokumen); every field holds from now on."""

    name: ClassVar[str] = "DocumentCorrected"
    schema_version: ClassVar[int] = 1
    about: ClassVar[str | None] = "person_id"
    erases: ClassVar[bool] = False
    occurred: Occurred
    corrects: int
    person_id: UUID
    document_id: UUID
    kind: str
    number: Personal[str]
    issuer: Personal[str] | None
    valid_from: date | None
    valid_until: date | None


@dataclass(frozen=True, slots=True, kw_only=True)
class DocumentWithdrawn:
    """From *occurred* on the document is good for nothing (dicabut): revoked, lost, or replaced by another."""

    name: ClassVar[str] = "DocumentWithdrawn"
    schema_version: ClassVar[int] = 1
    about: ClassVar[str | None] = "person_id"
    erases: ClassVar[bool] = False
    occurred: Occurred
    person_id: UUID
    document_id: UUID


@dataclass(frozen=True, slots=True, kw_only=True)
class DocumentWithdrawalRetracted:
    """That the document was withdrawn was an error; it is as good as it says."""

    name: ClassVar[str] = "DocumentWithdrawalRetracted"
    schema_version: ClassVar[int] = 1
    about: ClassVar[str | None] = "person_id"
    erases: ClassVar[bool] = False
    occurred: Occurred
    corrects: int
    person_id: UUID
    document_id: UUID


@dataclass(frozen=True, slots=True, kw_only=True)
class DocumentRetracted:
    """That this person has this document was an error; it never held."""

    name: ClassVar[str] = "DocumentRetracted"
    schema_version: ClassVar[int] = 1
    about: ClassVar[str | None] = "person_id"
    erases: ClassVar[bool] = False
    occurred: Occurred
    corrects: int
    person_id: UUID
    document_id: UUID


DocumentEvent = (
    DocumentRecorded | DocumentCorrected | DocumentWithdrawn | DocumentWithdrawalRetracted | DocumentRetracted
)

# ---------------------------------------------------------------------------------------------------------------------
# Where it can stand
# ---------------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class Says:
    """What stands on a document."""

    kind: str
    number: Personal[str]
    issuer: Personal[str] | None
    valid_from: date | None
    valid_until: date | None


@dataclass(frozen=True, slots=True)
class NoDocument:
    """Nothing was recorded under this id."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """A document that somebody has. *fact* is the version of what says what stands on it."""

    version: int
    fact: int
    person_id: UUID
    document_id: UUID
    says: Says


@dataclass(frozen=True, slots=True, kw_only=True)
class Withdrawn(Standing):
    """It was withdrawn on the day *on*; *withdrawal* is the version of what says so."""

    withdrawal: int
    on: date


@dataclass(frozen=True, slots=True)
class Retracted:
    """It was recorded in error, of *person_id*: nothing more can happen to it."""

    person_id: UUID


Document = NoDocument | Standing | Withdrawn | Retracted


def evolve(state: Document, event: DocumentEvent) -> Document:
    """Where the document stands after *event*."""
    if isinstance(event, DocumentRecorded):
        return Standing(
            version=1, fact=1, person_id=event.person_id, document_id=event.document_id, says=_what_stands_on(event)
        )
    if not isinstance(state, Standing):
        return state  # nothing comes before it is recorded or after it was retracted
    fact = state.version + 1
    match event:
        case DocumentCorrected():
            return replace(state, version=fact, fact=fact, says=_what_stands_on(event))
        case DocumentWithdrawn():
            return Withdrawn(
                version=fact,
                fact=state.fact,
                person_id=state.person_id,
                document_id=state.document_id,
                says=state.says,
                withdrawal=fact,
                on=event.occurred.on,
            )
        case DocumentWithdrawalRetracted():
            return Standing(
                version=fact,
                fact=state.fact,
                person_id=state.person_id,
                document_id=state.document_id,
                says=state.says,
            )
        case DocumentRetracted():
            return Retracted(state.person_id)
        case _:
            assert_never(event)


def _what_stands_on(event: DocumentRecorded | DocumentCorrected) -> Says:
    return Says(
        kind=event.kind,
        number=event.number,
        issuer=event.issuer,
        valid_from=event.valid_from,
        valid_until=event.valid_until,
    )


# ---------------------------------------------------------------------------------------------------------------------
# What can be asked
# ---------------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordDocument:
    """Record that a person has a document. That the person is known is asked before, not here."""

    today: date
    person_id: UUID
    document_id: UUID
    says: Says


@dataclass(frozen=True, slots=True, kw_only=True)
class CorrectDocument:
    """Correct what stands on it."""

    today: date
    says: Says


@dataclass(frozen=True, slots=True, kw_only=True)
class WithdrawDocument:
    """Say that it is good for nothing from the day *on*."""

    on: date


@dataclass(frozen=True, slots=True, kw_only=True)
class RetractWithdrawal:
    """Take back that it was withdrawn."""

    today: date


@dataclass(frozen=True, slots=True, kw_only=True)
class RetractDocument:
    """Take back that the person has it."""

    today: date


DocumentCommand = RecordDocument | CorrectDocument | WithdrawDocument | RetractWithdrawal | RetractDocument


def decide(state: Document, command: DocumentCommand) -> Sequence[DocumentEvent]:
    """What happens. Rejects: ``not-found`` for all but the first record, ``document-already-withdrawn``."""
    if isinstance(command, RecordDocument):
        return _record(state, command)
    if not isinstance(state, Standing):
        raise Refused(NOT_FOUND)
    match command:
        case CorrectDocument():
            return _correct(state, command)
        case WithdrawDocument():
            return _withdraw(state, command)
        case RetractWithdrawal():
            return _retract_withdrawal(state, command)
        case RetractDocument():
            return (
                DocumentRetracted(
                    occurred=Occurred(command.today),
                    corrects=state.fact,
                    person_id=state.person_id,
                    document_id=state.document_id,
                ),
            )
        case _:
            assert_never(command)


def _record(state: Document, command: RecordDocument) -> Sequence[DocumentEvent]:
    """A new history begins; a history that has begun is not begun again."""
    if not isinstance(state, NoDocument):
        return ()
    says = command.says
    return (
        DocumentRecorded(
            occurred=Occurred(command.today),
            person_id=command.person_id,
            document_id=command.document_id,
            kind=says.kind,
            number=says.number,
            issuer=says.issuer,
            valid_from=says.valid_from,
            valid_until=says.valid_until,
        ),
    )


def _correct(state: Standing, command: CorrectDocument) -> Sequence[DocumentEvent]:
    """Also of a withdrawn one; what stands there already is no correction."""
    says = command.says
    if state.says == says:
        return ()
    return (
        DocumentCorrected(
            occurred=Occurred(command.today),
            corrects=state.fact,
            person_id=state.person_id,
            document_id=state.document_id,
            kind=says.kind,
            number=says.number,
            issuer=says.issuer,
            valid_from=says.valid_from,
            valid_until=says.valid_until,
        ),
    )


def _withdraw(state: Standing, command: WithdrawDocument) -> Sequence[DocumentEvent]:
    """Once. Rejects: ``document-already-withdrawn`` (on another day: take that back first)."""
    if isinstance(state, Withdrawn):
        if state.on == command.on:
            return ()
        raise Refused(DOCUMENT_ALREADY_WITHDRAWN)
    return (DocumentWithdrawn(occurred=Occurred(command.on), person_id=state.person_id, document_id=state.document_id),)


def _retract_withdrawal(state: Standing, command: RetractWithdrawal) -> Sequence[DocumentEvent]:
    """Rejects: ``not-found`` (it was not withdrawn)."""
    if not isinstance(state, Withdrawn):
        raise Refused(NOT_FOUND)
    return (
        DocumentWithdrawalRetracted(
            occurred=Occurred(command.today),
            corrects=state.withdrawal,
            person_id=state.person_id,
            document_id=state.document_id,
        ),
    )


def same_document(one: Says, other: Says) -> bool:
    """Whether both name one document: the same number of one kind, however it is spaced."""
    return one.kind == other.kind and _unspaced(known(one.number) or "") == _unspaced(known(other.number) or "")


def adds(told: Says, there: Says) -> bool:
    """Whether *told* says of a document's issuer or days what is not known of it. What is left out denies nothing."""
    pairs = (
        (told.issuer, there.issuer),
        (told.valid_from, there.valid_from),
        (told.valid_until, there.valid_until),
    )
    return any(new is not None and new != old for new, old in pairs)


def claimed(person_id: UUID, kind: str, number: str) -> tuple[str, str, str]:
    """What is claimed of a document: of one person one number of a kind is one document, however it is spaced."""
    return str(person_id), kind, _unspaced(number)


def _unspaced(number: str) -> str:
    return "".join(number.split()).upper()


def claims(event: DocumentEvent) -> Iterable[Claim | Release]:
    """Said again, a document is the known one; another person may have one of the same number."""
    match event:
        case DocumentRecorded() | DocumentCorrected():
            if isinstance(event, DocumentCorrected):
                yield Release("document", holder=event.document_id)
            if isinstance(event.number, Known):
                parts = claimed(event.person_id, event.kind, event.number.value)
                yield Claim("document", parts, holder=event.document_id, person_id=event.person_id)
        case DocumentRetracted():
            yield Release("document", holder=event.document_id)
        case DocumentWithdrawn() | DocumentWithdrawalRetracted():
            pass
        case _:
            assert_never(event)


document: Decider[Document, DocumentEvent, DocumentCommand] = Decider(
    initial=NoDocument(), decide=decide, evolve=evolve, claims=claims
)
