"""Documents of persons: passports, programme ids. Cells come raw, as a form or a list has them.

Numbers and issuers are opened for callers in whose area the person lives, and for nobody else.
"""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Path, Response
from pydantic import Field

from services.registry.api.fields import PersonId
from services.registry.commands import documents as commands
from services.registry.domain.document_kinds import KINDS
from services.registry.domain.refusals import (
    DOCUMENT_ALREADY_WITHDRAWN,
    DOCUMENT_RECORDED_ALREADY,
    PERSON_ERASED,
    of_columns,
)
from services.registry.views.dossiers import documents, documents_of
from services.registry.views.people import one, people
from shared.errors import NOT_FOUND, PERSON_MERGED
from shared.http import Body, Page, Paging, Read, Shown, Write, edits, records, shows
from shared.http.examples import PASSPORT, example

router = APIRouter()

SCOPES: dict[tuple[str, str], str] = {
    ("POST", "/persons/{person_id}/documents"): "registry:write",
    ("GET", "/persons/{person_id}/documents"): "registry:read",
    ("GET", "/persons/{person_id}/documents/{document_id}"): "registry:read",
    ("PATCH", "/persons/{person_id}/documents/{document_id}"): "registry:write",
    ("DELETE", "/persons/{person_id}/documents/{document_id}"): "registry:write",
    ("POST", "/persons/{person_id}/documents/{document_id}/withdrawal"): "registry:write",
    ("DELETE", "/persons/{person_id}/documents/{document_id}/withdrawal"): "registry:write",
}
"""The scope that each of these routes needs."""

DocumentId = Annotated[UUID, Path(description="The document.", examples=[PASSPORT])]
KindCell = Annotated[
    str,
    Field(
        description="One of " + "; ".join(f"`{code}`: {kind.en} ({kind.id})" for code, kind in KINDS.items()) + ".",
        examples=["passport"],
    ),
]
NumberCell = Annotated[
    str, Field(description="As it stands there. An unusual form is warned of.", max_length=100, examples=["C1234567"])
]
IssuerCell = Annotated[
    str, Field(description="Who issued it (penerbit).", max_length=200, examples=["Kantor Imigrasi Wonosobo"])
]
FirstDay = Annotated[str, Field(description="First day of validity, YYYY-MM-DD.", examples=["2024-02-01"])]
LastDay = Annotated[str, Field(description="Last day of validity, YYYY-MM-DD.", examples=["2034-01-31"])]

_OF_DOCUMENT = of_columns("kind-of-document", "number-of-document", "valid")


class DocumentBody(Body):
    """A document that a person has."""

    model_config = example(
        kind="passport",
        number="C1234567",
        issuer="Kantor Imigrasi Wonosobo",
        valid_from="2024-02-01",
        valid_until="2034-01-31",
    )

    kind: KindCell
    number: NumberCell
    issuer: IssuerCell | None = None
    valid_from: FirstDay | None = None
    valid_until: LastDay | None = None


class DocumentEdit(Body):
    """What to correct: only the fields given change. A null issuer or day takes the value away."""

    model_config = example(number="C1234568")

    kind: KindCell | None = None
    number: NumberCell | None = None
    issuer: IssuerCell | None = None
    valid_from: FirstDay | None = None
    valid_until: LastDay | None = None


class WithdrawalBody(Body):
    """From when on the document is good for nothing."""

    model_config = example(withdrawn_on="2026-11-01")

    withdrawn_on: str = Field(description="Day of the withdrawal, YYYY-MM-DD.", examples=["2026-11-01"])


class Document(Shown):
    """A document; whether it is valid on a day is for who asks to conclude."""

    model_config = example(
        id=PASSPORT,
        kind="passport",
        number="C1234568",
        issuer="Kantor Imigrasi Wonosobo",
        valid_from="2024-02-01",
        valid_until="2034-01-31",
        withdrawn_on=None,
    )

    id: UUID
    kind: str = Field(description="A code.")
    number: str
    issuer: str | None = Field(description="Null where it is unknown.")
    valid_from: date | None = Field(description="Null where it is unknown.")
    valid_until: date | None = Field(description="Null where it is unknown, or where it has no end.")
    withdrawn_on: date | None = Field(description="Null while it was not withdrawn.")


@router.post(
    "/persons/{person_id}/documents",
    status_code=201,
    summary="Record a person's document",
    tags=["documents"],
    responses=records(PASSPORT, NOT_FOUND, PERSON_ERASED, PERSON_MERGED, *_OF_DOCUMENT, DOCUMENT_RECORDED_ALREADY),
)
async def record_document(person_id: PersonId, body: DocumentBody, write: Write) -> Response:
    """201 with a new id; 200 with the known one if this person has a document of this kind and number.

    What else it says, the known one must say too, or nothing is recorded (`document-recorded-already`).
    """
    return await write(
        commands.Record(
            person_id=person_id,
            kind=body.kind,
            number=body.number,
            issuer=body.issuer,
            valid_from=body.valid_from,
            valid_until=body.valid_until,
        )
    )


@router.get(
    "/persons/{person_id}/documents",
    summary="A person's documents",
    tags=["documents"],
    responses=shows(Page[Document], NOT_FOUND),
)
async def list_documents(person_id: PersonId, read: Read, paging: Paging) -> dict[str, Any]:
    """Those that were withdrawn too; of an erased person none."""
    await read.one(one(person_id), village=people.c.village)
    page = await read.page(
        documents_of(person_id), key=(documents.c.document_id,), paging=paging, village=people.c.village, item=dict
    )
    return {**page, "items": await _opened(read, page["items"])}


@router.get(
    "/persons/{person_id}/documents/{document_id}",
    summary="One document of a person",
    tags=["documents"],
    responses=shows(Document, NOT_FOUND, etag=True),
)
async def get_document(person_id: PersonId, document_id: DocumentId, read: Read) -> Response:
    """With the ETag that an edit needs."""
    query = documents_of(person_id).where(documents.c.document_id == document_id)
    row = await read.one(query, village=people.c.village)
    (shown,) = await _opened(read, [row])
    return read.answer(shown, version=row["version"])


async def _opened(read: Read, rows: Sequence[Mapping[Any, Any]]) -> list[dict[str, Any]]:
    opened = iter(await read.open_all([row[field] for row in rows for field in ("number", "issuer")]))
    return [
        {
            "id": row["document_id"],
            "kind": row["kind"],
            "number": next(opened),
            "issuer": next(opened),
            "valid_from": row["valid_from"],
            "valid_until": row["valid_until"],
            "withdrawn_on": row["withdrawn_on"],
        }
        for row in rows
    ]


@router.patch(
    "/persons/{person_id}/documents/{document_id}",
    summary="Correct a document",
    tags=["documents"],
    responses=edits(PASSPORT, NOT_FOUND, PERSON_ERASED, PERSON_MERGED, *_OF_DOCUMENT, DOCUMENT_RECORDED_ALREADY),
)
async def edit_document(person_id: PersonId, document_id: DocumentId, body: DocumentEdit, write: Write) -> Response:
    """All fields given are one correction."""
    given: dict[commands.Column, str | None] = {
        "kind": body.kind,
        "number": body.number,
        "issuer": body.issuer,
        "valid_from": body.valid_from,
        "valid_until": body.valid_until,
    }
    cells = {column: cell for column, cell in given.items() if column in body.model_fields_set}
    return await write(commands.EditDocument(person_id=person_id, document_id=document_id, cells=cells))


@router.post(
    "/persons/{person_id}/documents/{document_id}/withdrawal",
    status_code=201,
    summary="Record that a document was withdrawn",
    tags=["documents"],
    responses=records(
        PASSPORT, NOT_FOUND, PERSON_ERASED, PERSON_MERGED, *of_columns("withdrawn-on"), DOCUMENT_ALREADY_WITHDRAWN
    ),
)
async def withdraw_document(
    person_id: PersonId, document_id: DocumentId, body: WithdrawalBody, write: Write
) -> Response:
    """Revoked, lost, or replaced by another (dicabut)."""
    wish = commands.Withdraw(person_id=person_id, document_id=document_id, withdrawn_on=body.withdrawn_on)
    return await write(wish)


@router.delete(
    "/persons/{person_id}/documents/{document_id}/withdrawal",
    summary="Retract a document's withdrawal",
    tags=["documents"],
    responses=edits(PASSPORT, NOT_FOUND, PERSON_ERASED, PERSON_MERGED),
)
async def retract_withdrawal(person_id: PersonId, document_id: DocumentId, write: Write) -> Response:
    """It was recorded in error; the document is as good as it says."""
    return await write(commands.UndoWithdrawal(person_id=person_id, document_id=document_id))


@router.delete(
    "/persons/{person_id}/documents/{document_id}",
    summary="Retract a document",
    tags=["documents"],
    responses=edits(PASSPORT, NOT_FOUND, PERSON_ERASED, PERSON_MERGED),
)
async def retract_document(person_id: PersonId, document_id: DocumentId, write: Write) -> Response:
    """It was recorded in error: this person never had it."""
    return await write(commands.Retract(person_id=person_id, document_id=document_id))
