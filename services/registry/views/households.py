"""Who lives together, and who is what to whom in a household?

Follows the registry's own log; ids alone, names stand in `people`. *version*, the ETag of an edit, is the number of
facts that are in the rows: the version of the household's history once all of them are, and less while somebody's
wait, so that nobody edits what they have read a part of. A human is named once, under the id that stands for all: who
stands for whom is what `people` keeps.
"""

from collections.abc import Iterable
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import ARRAY, aggregate_order_by, distinct_on

from services.registry.domain.household import GuardianCorrected, HouseholdRegistered, KinRecorded, KinRetracted
from services.registry.views.people import ALIASES
from shared.recorded import Recorded
from shared.views import Change, Put, Remove, View

_tables = sa.MetaData(schema="households")

households = sa.Table(
    "households",
    _tables,
    sa.Column("household_id", sa.Uuid, primary_key=True),
    sa.Column("village", sa.Text),
    sa.Index("households_by_village", "village", "household_id"),
)
members = sa.Table(
    "members",
    _tables,
    sa.Column("household_id", sa.Uuid, primary_key=True),
    sa.Column("person_id", sa.Uuid, primary_key=True),
)
kin = sa.Table(
    "kin",
    _tables,
    sa.Column("household_id", sa.Uuid, primary_key=True),
    sa.Column("person_id", sa.Uuid, primary_key=True),
    sa.Column("relative_id", sa.Uuid, primary_key=True),
    sa.Column("relation", sa.Text, primary_key=True),
    sa.Column("guardian_id", sa.Uuid),
)
facts = sa.Table(
    "facts",
    _tables,
    sa.Column("household_id", sa.Uuid, primary_key=True),
    sa.Column("version", sa.Integer, primary_key=True),
    comment="which facts of a household's history are in the rows",
)


def project(recorded: Recorded) -> Iterable[Change]:
    """What a fact about a household changes in its rows."""
    event = recorded.event
    match event:
        case HouseholdRegistered():
            yield Put(households, {"household_id": event.household_id, "village": event.village})
            for person_id in event.members:
                yield Put(members, {"household_id": event.household_id, "person_id": person_id})
        case KinRecorded() | GuardianCorrected():
            yield Put(kin, {**_key(event), "guardian_id": event.guardian_id})
        case KinRetracted():
            yield Remove(kin, _key(event))
        case _:
            return
    yield Put(facts, {"household_id": event.household_id, "version": recorded.version})


def _key(event: KinRecorded | GuardianCorrected | KinRetracted) -> dict[str, Any]:
    return {
        "household_id": event.household_id,
        "person_id": event.person_id,
        "relative_id": event.relative_id,
        "relation": event.relation,
    }


def together() -> sa.Select[Any]:
    """One row for each household, with version, members and kinship (as lists), to be ordered by village and id."""
    here = households.c.household_id
    person_id, relative_id = ALIASES.survivor(kin.c.person_id), ALIASES.survivor(kin.c.relative_id)
    # Of one relation that was recorded under several ids, the guardian who was named with the survivor's holds.
    related = (
        sa.select(
            person_id.label("person_id"),
            relative_id.label("relative_id"),
            kin.c.relation,
            ALIASES.survivor(kin.c.guardian_id).label("guardian_id"),
        )
        .ext(distinct_on(person_id, relative_id, kin.c.relation))
        .where(kin.c.household_id == here)
        .order_by(
            person_id,
            relative_id,
            kin.c.relation,
            (kin.c.person_id == person_id).desc(),
            (kin.c.relative_id == relative_id).desc(),
            kin.c.person_id,
            kin.c.relative_id,
        )
        .correlate(households)
        .lateral("related")
    )
    living = (
        sa.select(ALIASES.survivor(members.c.person_id).label("person_id"))
        .distinct()
        .where(members.c.household_id == here)
        .correlate(households)
        .lateral("living")
    )
    kinship = sa.func.json_build_object(*(part for c in related.c for part in (sa.literal(c.name, sa.Text), c)))
    in_order = (related.c.person_id, related.c.relative_id, related.c.relation)
    return sa.select(
        households,
        sa.select(sa.func.count())
        .select_from(facts)
        .where(facts.c.household_id == households.c.household_id)
        .scalar_subquery()
        .label("version"),
        sa.select(_listed(aggregate_order_by(living.c.person_id, living.c.person_id)))
        .scalar_subquery()
        .label("members"),
        sa.select(_listed(aggregate_order_by(kinship, *in_order))).scalar_subquery().label("kin"),
    )


def living_together() -> sa.Select[Any]:
    """One row for each household: members, by the ids that stand for them."""
    member = ALIASES.survivor(members.c.person_id)
    return (
        sa.select(sa.func.array_agg(sa.distinct(member), type_=ARRAY(sa.Uuid)).label("members"))
        .select_from(households.join(members, members.c.household_id == households.c.household_id))
        .group_by(households.c.household_id)
    )


def _listed(items: Any) -> sa.ColumnElement[Any]:
    """A JSON list, empty where there is nothing to list."""
    return sa.func.coalesce(sa.func.json_agg(items), sa.literal_column("'[]'::json"), type_=sa.JSON)


VIEW = View(name="households", revision=2, tables=_tables, own=project)
