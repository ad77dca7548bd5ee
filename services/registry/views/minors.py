"""Who is a minor, and in which year do they come of age?

Follows the registry's own log. The year alone stands in clear, as it does of every minor; the birth date is the fact's
ciphertext, which `services.registry.deadlines` opens in that year. A row goes when the person came of age, is no minor
after all, or was erased. Whom older code registered has no row. Of everybody whose death was ever reported it is kept
whether that stands, and of everybody who was registered twice who stands for them: another view's word on it would be
of another moment (decision 0015).
"""

from collections.abc import Iterable
from datetime import date
from typing import Any

import sqlalchemy as sa

from services.registry.domain.merging import PersonMerged, PersonUnmerged
from services.registry.domain.person import (
    ADULT_AT,
    BirthDateCorrected,
    CameOfAge,
    DeathCorrected,
    DeathReported,
    DeathRetracted,
    PersonErased,
    PersonRegistered,
)
from shared.aliases import Aliases
from shared.codec import sealed_json
from shared.recorded import Recorded
from shared.views import Change, Put, Remove, View

_tables = sa.MetaData(schema="minors")

minors = sa.Table(
    "minors",
    _tables,
    sa.Column("person_id", sa.Uuid, primary_key=True),
    sa.Column("fact", sa.Integer, comment="version of what gave the birth date"),
    sa.Column("year", sa.Integer, comment="of the 18th birthday"),
    sa.Column("birth_date", sa.JSON(none_as_null=True), comment="ciphertext"),
    sa.Index("minors_by_year", "year", "person_id"),
)
deaths = sa.Table(
    "deaths",
    _tables,
    sa.Column("person_id", sa.Uuid, primary_key=True),
    sa.Column("fact", sa.Integer, comment="version of what was said last"),
    sa.Column("dead", sa.Boolean, comment="whether any report stands"),
)


ALIASES = Aliases(_tables)


def project(recorded: Recorded) -> Iterable[Change]:
    """What a fact about a person changes in that person's rows."""
    event = recorded.event
    match event:
        case PersonRegistered(birth_year=None):
            return
        case BirthDateCorrected(birth_year=None) | CameOfAge():
            yield Remove(minors, {"person_id": event.person_id})
        case PersonErased():
            yield Remove(minors, {"person_id": event.person_id})
            yield Remove(deaths, {"person_id": event.person_id})
        case DeathReported() | DeathCorrected() | DeathRetracted():
            said = {"fact": recorded.version, "dead": event.died_on is not None}
            yield Put(deaths, {"person_id": event.person_id} | said)
        case PersonMerged():
            yield ALIASES.merge(event.person_id, event.into)
        case PersonUnmerged():
            yield ALIASES.unmerge(event.person_id)
        case PersonRegistered(birth_year=int(year)) | BirthDateCorrected(birth_year=int(year)):
            yield Put(
                minors,
                {
                    "person_id": event.person_id,
                    "fact": recorded.version,
                    "year": year + ADULT_AT,
                    "birth_date": sealed_json(event.birth_date),
                },
            )
        case _:
            return


def of_age_by(today: date) -> sa.Select[Any]:
    """Everybody living who comes of age in the year of *today*, or did: *key*, *fact*, *sealed* (the birth date).

    Whose death was recorded, under whichever of their ids, is left out as long as it stands. *fact* is the last that
    decides anything: another birth date, a death that was reported or taken back.
    """
    said = (
        sa.select(sa.func.bool_or(deaths.c.dead).label("dead"), sa.func.max(deaths.c.fact).label("fact"))
        .where(deaths.c.person_id == sa.any_(ALIASES.ids(ALIASES.survivor(minors.c.person_id))))
        .lateral("said")
    )
    return (
        sa.select(
            minors.c.person_id.label("key"),
            sa.func.greatest(minors.c.fact, said.c.fact).label("fact"),
            minors.c.birth_date.label("sealed"),
        )
        .select_from(minors.join(said, sa.true()))
        .where(minors.c.year <= today.year, said.c.dead.is_not(True))
    )


VIEW = View(name="minors", revision=2, tables=_tables, own=project)
