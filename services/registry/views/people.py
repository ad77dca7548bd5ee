"""Who is known to the registry, by village? With names as ciphertext, for the API to open for those who may read them.

Follows the registry's own log. An erased person keeps a row without particulars, so that an id found elsewhere leads
somewhere. *version* is the version of the person's history: the ETag of an edit. Who was merged into somebody else has
a row and is shown as that one.
"""

from collections.abc import Iterable, Mapping
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from services.registry.domain.merging import DuplicateAssigned, DuplicateReleased, PersonMerged, PersonUnmerged
from services.registry.domain.person import (
    BirthDateCorrected,
    CameOfAge,
    DeathCorrected,
    DeathReported,
    DeathRetracted,
    NameCorrected,
    NikCorrected,
    NikGiven,
    PersonErased,
    PersonRegistered,
    VillageCorrected,
    WorkerRegistered,
)
from shared.aliases import Aliases
from shared.codec import sealed_json
from shared.recorded import Recorded
from shared.views import Change, Put, View

_tables = sa.MetaData(schema="people")

people = sa.Table(
    "people",
    _tables,
    sa.Column("person_id", sa.Uuid, primary_key=True),
    sa.Column("version", sa.Integer),
    sa.Column("village", sa.Text),
    sa.Column("worker", sa.Boolean),
    sa.Column("full_name", sa.JSON(none_as_null=True), comment="ciphertext"),
    sa.Column("nik", sa.JSON(none_as_null=True), comment="ciphertext"),
    sa.Column("birth_date", sa.JSON(none_as_null=True), comment="ciphertext"),
    sa.Column("died_on", sa.Text, comment="ISO 8601, as precise as it is known"),
    sa.Column("erased", sa.Boolean),
    sa.Index("people_by_village", "village", "person_id"),
)

ALIASES = Aliases(_tables)
"""Who stands for whom."""


def project(recorded: Recorded) -> Iterable[Change]:
    """What a fact about a person changes in that person's row."""
    event = recorded.event
    match event:
        case PersonRegistered():
            changed: Mapping[str, Any] = {
                "village": event.village,
                "worker": False,
                "full_name": sealed_json(event.full_name),
                "nik": sealed_json(event.nik),
                "birth_date": sealed_json(event.birth_date),
                "erased": False,
            }
        case WorkerRegistered():
            changed = {"worker": True}
        case NameCorrected():
            changed = {"full_name": sealed_json(event.full_name)}
        case NikGiven() | NikCorrected():
            changed = {"nik": sealed_json(event.nik)}
        case BirthDateCorrected():
            changed = {"birth_date": sealed_json(event.birth_date)}
        case CameOfAge():
            changed = {}
        case VillageCorrected():
            changed = {"village": event.village}
        case DeathReported() | DeathCorrected() | DeathRetracted():
            changed = {"died_on": None if event.died_on is None else str(event.died_on)}
        case PersonErased():
            changed = {"full_name": None, "nik": None, "birth_date": None, "died_on": None, "erased": True}
        case PersonMerged():
            yield ALIASES.merge(event.person_id, event.into)
            changed = {}
        case PersonUnmerged():
            yield ALIASES.unmerge(event.person_id)
            changed = {}
        case DuplicateAssigned() | DuplicateReleased():
            changed = {}
        case _:
            return
    yield Put(people, {"person_id": event.person_id, "version": recorded.version, **changed})


def everyone() -> sa.Select[Any]:
    """One row for each human, erased ones included, to be ordered by village and id; a death under any id is theirs."""
    other = people.alias("other")
    died_as_other = (
        sa.select(sa.func.min(other.c.died_on))
        .where(other.c.person_id == sa.any_(ALIASES.ids(people.c.person_id)))
        .scalar_subquery()
    )
    shown = (column for column in people.c if column is not people.c.died_on)
    died_on = sa.func.coalesce(people.c.died_on, died_as_other).label("died_on")
    return sa.select(*shown, died_on).where(ALIASES.for_itself(people.c.person_id))


def one(person_id: UUID) -> sa.Select[Any]:
    """The row of this human, whichever of their ids is asked for."""
    return everyone().where(people.c.person_id == ALIASES.survivor(person_id))


def merges() -> sa.Select[Any]:
    """One row for each duplicate: person_id, version, village, into; to be ordered by village and id."""
    merged = ALIASES.merged
    return (
        sa.select(people.c.person_id, people.c.version, people.c.village, merged.c.into)
        .select_from(merged.join(people, people.c.person_id == merged.c.person_id))
        .where(people.c.erased.is_not(True))
    )


def workers() -> sa.Select[Any]:
    """The rows of those who work, will work or have worked abroad."""
    return everyone().where(people.c.worker)


VIEW = View(name="people", revision=3, tables=_tables, own=project)
