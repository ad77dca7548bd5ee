"""Who is a minor, and in which year do they come of age?

Follows the registry's own log. The year alone stands in clear, as it does of every minor; the birth date is the fact's
ciphertext, which `services.registry.deadlines` opens in that year. A row goes when the person came of age, is no minor
after all, or was erased. Whom older code registered has no row.
"""

from collections.abc import Iterable
from datetime import date
from typing import Any

import sqlalchemy as sa

from services.registry.domain.person import (
    ADULT_AT,
    BirthDateCorrected,
    CameOfAge,
    PersonErased,
    PersonRegistered,
)
from services.registry.views.people import ALIASES, people
from shared.codec import sealed_json
from shared.recorded import Recorded
from shared.views import Change, Put, Remove, View

_tables = sa.MetaData(schema="minors")

minors = sa.Table(
    "minors",
    _tables,
    sa.Column("person_id", sa.Uuid, primary_key=True),
    sa.Column("year", sa.Integer, comment="of the 18th birthday"),
    sa.Column("birth_date", sa.JSON(none_as_null=True), comment="ciphertext"),
    sa.Index("minors_by_year", "year", "person_id"),
)


def project(recorded: Recorded) -> Iterable[Change]:
    """What a fact about a person changes in that person's row."""
    event = recorded.event
    match event:
        case PersonRegistered(birth_year=None):
            return
        case BirthDateCorrected(birth_year=None) | CameOfAge() | PersonErased():
            yield Remove(minors, {"person_id": event.person_id})
        case PersonRegistered(birth_year=int(year)) | BirthDateCorrected(birth_year=int(year)):
            yield Put(
                minors,
                {
                    "person_id": event.person_id,
                    "year": year + ADULT_AT,
                    "birth_date": sealed_json(event.birth_date),
                },
            )
        case _:
            return


def of_age_by(today: date) -> sa.Select[Any]:
    """Everybody living who comes of age in the year of *today*, or did: *key*, *fact*, *sealed* (the birth date).

    Whose death was recorded, under whichever id, is left out as long as it stands; *fact* tells the time before it from
    the time after.
    """
    other = people.alias("other")
    ids = ALIASES.ids(ALIASES.survivor(people.c.person_id))
    dead = sa.exists().where(other.c.person_id == sa.any_(ids), other.c.died_on.is_not(None)).correlate_except(other)
    return (
        sa.select(minors.c.person_id.label("key"), people.c.version.label("fact"), minors.c.birth_date.label("sealed"))
        .select_from(minors.join(people, people.c.person_id == minors.c.person_id))
        .where(minors.c.year <= today.year, ~dead, people.c.erased.is_not(True))
    )


VIEW = View(name="minors", revision=1, tables=_tables, own=project)
