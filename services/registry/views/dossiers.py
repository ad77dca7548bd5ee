"""What is on file about a person beside who they are: documents, what Dukcapil said, what forbids an erasure?

Follows the registry's own log. Numbers, issuers, verdicts and reasons are the facts' ciphertext, for the API to open;
of an erased person it stays, and nothing opens it. What is on file under a duplicate's id is on file of the survivor.
"""

from collections.abc import Iterable, Mapping
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import distinct_on

from services.registry.domain.document import (
    DocumentCorrected,
    DocumentRecorded,
    DocumentRetracted,
    DocumentWithdrawalRetracted,
    DocumentWithdrawn,
)
from services.registry.domain.legal_hold import HoldLifted, HoldPlaced
from services.registry.domain.person import BirthDateCorrected, NameCorrected, NikCorrected, NikGiven
from services.registry.domain.verification import DetailsVerified, Field
from services.registry.views.people import ALIASES, people
from shared.codec import sealed_json
from shared.recorded import Recorded
from shared.views import Change, Put, Remove, View

_tables = sa.MetaData(schema="dossiers")

documents = sa.Table(
    "documents",
    _tables,
    sa.Column("document_id", sa.Uuid, primary_key=True),
    sa.Column("person_id", sa.Uuid),
    sa.Column("version", sa.Integer),
    sa.Column("kind", sa.Text),
    sa.Column("number", sa.JSON(none_as_null=True), comment="ciphertext"),
    sa.Column("issuer", sa.JSON(none_as_null=True), comment="ciphertext"),
    sa.Column("valid_from", sa.Date),
    sa.Column("valid_until", sa.Date),
    sa.Column("withdrawn_on", sa.Date),
    sa.Index("documents_by_person", "person_id", "document_id"),
)
verdicts = sa.Table(
    "verdicts",
    _tables,
    sa.Column("person_id", sa.Uuid, primary_key=True),
    sa.Column("nth", sa.Integer, primary_key=True, comment="version of the history of what was verified"),
    sa.Column("of_version", sa.Integer, comment="the version of the person that was verified"),
    sa.Column("verified_on", sa.Date),
    sa.Column("matched", sa.JSON(none_as_null=True), comment="ciphertext"),
    sa.Column("differed", sa.JSON(none_as_null=True), comment="ciphertext"),
    sa.Column("by", sa.Text, comment="the roles of who recorded it"),
)
corrections = sa.Table(
    "corrections",
    _tables,
    sa.Column("person_id", sa.Uuid, primary_key=True),
    sa.Column("field", sa.Text, primary_key=True),
    sa.Column("version", sa.Integer, comment="the version of the person that last gave the field"),
)
holds = sa.Table(
    "holds",
    _tables,
    sa.Column("person_id", sa.Uuid, primary_key=True, comment="a hold stands under each id of its person"),
    sa.Column("hold_id", sa.Uuid, primary_key=True),
    sa.Column("reason", sa.JSON(none_as_null=True), comment="ciphertext"),
    sa.Column("until", sa.Date),
    sa.Column("placed_on", sa.Date),
    sa.Column("placed_by", sa.Text, comment="the roles of who placed it"),
    sa.Column("lifted_on", sa.Date),
    sa.Column("lifted_by", sa.Text),
)


def project(recorded: Recorded) -> Iterable[Change]:
    """What a fact changes in what is on file about its person."""
    event = recorded.event
    match event:
        case DocumentRecorded() | DocumentCorrected():
            yield _document(
                recorded,
                event,
                person_id=event.person_id,
                kind=event.kind,
                number=sealed_json(event.number),
                issuer=sealed_json(event.issuer),
                valid_from=event.valid_from,
                valid_until=event.valid_until,
            )
        case DocumentWithdrawn():
            yield _document(recorded, event, withdrawn_on=event.occurred.on)
        case DocumentWithdrawalRetracted():
            yield _document(recorded, event, withdrawn_on=None)
        case DocumentRetracted():
            yield Remove(documents, {"document_id": event.document_id})
        case DetailsVerified():
            yield Put(verdicts, _verdict(recorded, event))
        case NameCorrected():
            yield _correction(event.person_id, "name", recorded.version)
        case NikGiven() | NikCorrected():
            yield _correction(event.person_id, "nik", recorded.version)
        case BirthDateCorrected():
            yield _correction(event.person_id, "birth_date", recorded.version)
        case HoldPlaced():
            yield Put(holds, _placed(event))
        case HoldLifted():
            lifted = {"lifted_on": event.occurred.on, "lifted_by": " ".join(event.by)}
            yield Put(holds, {"person_id": event.person_id, "hold_id": event.hold_id, **lifted})
        case _:
            return


def _document(
    recorded: Recorded,
    event: DocumentRecorded | DocumentCorrected | DocumentWithdrawn | DocumentWithdrawalRetracted,
    **changed: Any,
) -> Put:
    return Put(documents, {"document_id": event.document_id, "version": recorded.version, **changed})


def _verdict(recorded: Recorded, event: DetailsVerified) -> Mapping[str, Any]:
    return {
        "person_id": event.person_id,
        "nth": recorded.version,
        "of_version": event.of_version,
        "verified_on": event.occurred.on,
        "matched": sealed_json(event.matched),
        "differed": sealed_json(event.differed),
        "by": " ".join(event.by),
    }


def _correction(person_id: UUID, field: Field, version: int) -> Put:
    return Put(corrections, {"person_id": person_id, "field": field, "version": version})


def _placed(event: HoldPlaced) -> Mapping[str, Any]:
    return {
        "hold_id": event.hold_id,
        "person_id": event.person_id,
        "reason": sealed_json(event.reason),
        "until": event.until,
        "placed_on": event.occurred.on,
        "placed_by": " ".join(event.by),
    }


def documents_of(person_id: UUID) -> sa.Select[Any]:
    """One row for each document of a person who was not erased, with the person's *village*; to be ordered by id."""
    return _of_somebody(documents).where(documents.c.person_id == _any_id_of(person_id))


def holds_of(person_id: UUID) -> sa.Select[Any]:
    """The same for each legal hold, those that were lifted or have run out included.

    One that stands under several ids of the person is one, and lifted once it is under all of them.
    """
    return (
        _of_somebody(holds)
        .ext(distinct_on(holds.c.hold_id))
        .where(holds.c.person_id == _any_id_of(person_id))
        .order_by(holds.c.hold_id, holds.c.lifted_on.desc().nulls_first(), holds.c.person_id)
    )


def _of_somebody(table: sa.Table) -> sa.Select[Any]:
    return (
        sa.select(table, people.c.village)
        .select_from(table.join(people, people.c.person_id == ALIASES.survivor(table.c.person_id)))
        .where(people.c.erased.is_not(True))
    )


def _any_id_of(person_id: UUID) -> sa.ColumnElement[Any]:
    return sa.any_(ALIASES.ids(ALIASES.survivor(person_id)))


def verdicts_of(person_id: UUID) -> sa.Select[Any]:
    """One row for each verification, under whichever id, with *of_duplicate*; those of one id as they came."""
    of_duplicate = ~ALIASES.for_itself(verdicts.c.person_id)
    return (
        sa.select(verdicts, of_duplicate.label("of_duplicate"))
        .where(verdicts.c.person_id == _any_id_of(person_id))
        .order_by(verdicts.c.person_id, verdicts.c.nth)
    )


def corrections_of(person_id: UUID) -> sa.Select[Any]:
    """One row for each field that another fact than the registration gave, of the survivor: *field*, *version*."""
    return sa.select(corrections.c.field, corrections.c.version).where(
        corrections.c.person_id == ALIASES.survivor(person_id)
    )


VIEW = View(name="dossiers", revision=2, tables=_tables, own=project)
