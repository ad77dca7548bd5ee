"""Who lives together, since when and where, who heads a household, and who is what to whom in it?

Follows the registry's own log; ids alone, names stand in `people`; the family card's number is kept as ciphertext, for
the API to open for those who may read it. *version*, the ETag of an edit, is the number of facts that are in the rows:
the version of the household's history once all of them are, and less while somebody's wait, so that nobody edits what
they have read a part of.

What holds from a day on has a row for each fact (`memberships`: for each membership), so that what held on any day can
be asked: `living_on`. A correction takes the place of the row that it corrects, but for a card, whose facts may be of
different heads: there it names the row. A human is named once, under the id that stands for all: who stands for whom
is what `people` keeps.
"""

from collections.abc import Iterable
from datetime import date
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import ARRAY, aggregate_order_by, distinct_on

from services.registry.domain.household import (
    FamilyCardCorrected,
    FamilyCardGiven,
    GuardianChanged,
    GuardianCorrected,
    HeadCorrected,
    HeadNamed,
    HouseholdMoved,
    HouseholdRegistered,
    HouseholdVillageCorrected,
    KinRecorded,
    KinRetracted,
    MemberJoined,
    MemberLeft,
    MembershipCorrected,
    MembershipRetracted,
)
from services.registry.views.people import ALIASES
from shared.codec import sealed_json
from shared.recorded import Recorded
from shared.views import Change, Put, Remove, View
from shared.vocabulary import Occurred
from shared.whereabouts import as_known

_tables = sa.MetaData(schema="households")

households = sa.Table(
    "households",
    _tables,
    sa.Column("household_id", sa.Uuid, primary_key=True),
    sa.Column("village", sa.Text),
    sa.Index("households_by_village", "village", "household_id"),
)
memberships = sa.Table(
    "memberships",
    _tables,
    sa.Column("household_id", sa.Uuid, primary_key=True),
    sa.Column("person_id", sa.Uuid, primary_key=True),
    sa.Column("began", sa.Integer, primary_key=True, comment="version of the fact that began it"),
    sa.Column("joined_on", sa.Date, comment="first day of the interval"),
    sa.Column("joined_precision", sa.Text),
    sa.Column("left_on", sa.Date, comment="first day of the interval; null: lives here"),
    sa.Column("left_precision", sa.Text),
    sa.Index("memberships_by_person", "person_id"),
)
heads = sa.Table(
    "heads",
    _tables,
    sa.Column("household_id", sa.Uuid, primary_key=True),
    sa.Column("fact", sa.Integer, primary_key=True, comment="version of what says so"),
    sa.Column("person_id", sa.Uuid),
    sa.Column("since", sa.Date, comment="first day of the interval"),
    sa.Column("until", sa.Date, comment="last day of that interval: facts are ordered by it"),
)
villages = sa.Table(
    "villages",
    _tables,
    sa.Column("household_id", sa.Uuid, primary_key=True),
    sa.Column("fact", sa.Integer, primary_key=True, comment="version of what says so"),
    sa.Column("village", sa.Text),
    sa.Column("since", sa.Date, comment="first day of the interval"),
    sa.Column("until", sa.Date, comment="last day of that interval: facts are ordered by it"),
)
cards = sa.Table(
    "cards",
    _tables,
    sa.Column("household_id", sa.Uuid, primary_key=True),
    sa.Column("fact", sa.Integer, primary_key=True, comment="version of what says so"),
    sa.Column("corrects", sa.Integer, comment="the fact in whose place it stands"),
    sa.Column("number", sa.JSON(none_as_null=True), comment="ciphertext; null: that card was an error"),
    sa.Column("since", sa.Date, comment="first day of the interval"),
    sa.Column("until", sa.Date, comment="last day of that interval: facts are ordered by it"),
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

_Of = (
    HouseholdRegistered
    | MemberJoined
    | MemberLeft
    | MembershipCorrected
    | MembershipRetracted
    | HeadNamed
    | HeadCorrected
    | FamilyCardGiven
    | FamilyCardCorrected
    | HouseholdMoved
    | HouseholdVillageCorrected
    | KinRecorded
    | GuardianChanged
    | GuardianCorrected
    | KinRetracted
)


def project(recorded: Recorded) -> Iterable[Change]:
    """What a fact about a household changes in its rows."""
    event = recorded.event
    if not isinstance(event, _Of):
        return
    match event:
        case HouseholdRegistered() | HouseholdMoved() | HouseholdVillageCorrected():
            yield from _where(event, recorded.version)
        case HeadNamed() | HeadCorrected():
            yield from _head(event, recorded.version)
        case FamilyCardGiven() | FamilyCardCorrected():
            yield _card(event, recorded.version)
        case KinRecorded() | GuardianCorrected():
            yield Put(kin, {**_kin(event), "guardian_id": event.guardian_id})
        case GuardianChanged():
            yield Put(kin, {**_kin(event), "guardian_id": event.present_id})
        case KinRetracted():
            yield Remove(kin, _kin(event))
        case _:
            yield _membership(event, recorded.version)
    yield Put(facts, {"household_id": event.household_id, "version": recorded.version})


def _where(event: HouseholdRegistered | HouseholdMoved | HouseholdVillageCorrected, version: int) -> Iterable[Change]:
    home = {"household_id": event.household_id}
    present = event.village if isinstance(event, HouseholdRegistered) else event.present
    yield Put(households, home | {"village": present})
    if isinstance(event, HouseholdRegistered):
        for person_id in event.members:
            yield Put(memberships, home | {"person_id": person_id, "began": version} | _joined(event.occurred))
    if isinstance(event, HouseholdVillageCorrected):
        yield Remove(villages, home | {"fact": event.corrects})
    yield Put(villages, home | {"fact": version, "village": event.village} | _since(event.occurred))


def _membership(event: MemberJoined | MemberLeft | MembershipCorrected | MembershipRetracted, version: int) -> Change:
    key = {"household_id": event.household_id, "person_id": event.person_id}
    match event:
        case MemberJoined():
            return Put(memberships, key | {"began": version} | _joined(event.occurred))
        case MembershipCorrected(side="joined"):
            return Put(memberships, key | {"began": event.began} | _joined(event.occurred))
        case MemberLeft() | MembershipCorrected():
            return Put(memberships, key | {"began": event.began} | _left(event.occurred))
        case MembershipRetracted(side="left"):
            return Put(memberships, key | {"began": event.began} | _left(None))
        case MembershipRetracted():
            return Remove(memberships, key | {"began": event.began})


def _head(event: HeadNamed | HeadCorrected, version: int) -> Iterable[Change]:
    home = {"household_id": event.household_id}
    if isinstance(event, HeadCorrected):
        yield Remove(heads, home | {"fact": event.corrects})
    if event.person_id is not None:
        yield Put(heads, home | {"fact": version, "person_id": event.person_id} | _since(event.occurred))


def _card(event: FamilyCardGiven | FamilyCardCorrected, version: int) -> Change:
    corrects = event.corrects if isinstance(event, FamilyCardCorrected) else None
    said = {"corrects": corrects, "number": sealed_json(event.number)}
    return Put(cards, {"household_id": event.household_id, "fact": version} | said | _since(event.occurred))


def _joined(on: Occurred) -> dict[str, Any]:
    return {"joined_on": on.on, "joined_precision": on.precision}


def _left(on: Occurred | None) -> dict[str, Any]:
    return {"left_on": on and on.on, "left_precision": on and on.precision}


def _since(on: Occurred) -> dict[str, Any]:
    return {"since": on.on, "until": on.until}


def _kin(event: KinRecorded | GuardianChanged | GuardianCorrected | KinRetracted) -> dict[str, Any]:
    return {
        "household_id": event.household_id,
        "person_id": event.person_id,
        "relative_id": event.relative_id,
        "relation": "child" if isinstance(event, GuardianChanged) else event.relation,
    }


def together() -> sa.Select[Any]:
    """One row for each household as of now, to be ordered by village and id.

    household_id, village, version, members and kin (as lists), head_id, card (ciphertext; null: none is known).
    """
    home = households.c.household_id
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
        .where(kin.c.household_id == home)
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
    kinship = sa.func.json_build_object(*(part for c in related.c for part in (sa.literal(c.name, sa.Text), c)))
    in_order = (related.c.person_id, related.c.relative_id, related.c.relation)
    here = memberships.alias("here")
    lives_here = (here.c.household_id == home, here.c.left_on.is_(None))
    living = (
        sa.select(ALIASES.survivor(here.c.person_id).label("person_id"))
        .distinct()
        .where(*lives_here)
        .correlate(households)
        .lateral("living")
    )
    named = heads.alias("named")
    heading = (
        sa.select(named.c.person_id)
        .where(named.c.household_id == here.c.household_id)
        .order_by(named.c.until.desc(), named.c.fact.desc())
        .limit(1)
        .correlate(here)
        .scalar_subquery()
    )
    corrected = cards.alias("corrected")
    given = (
        sa.select(cards.c.number)
        .where(
            cards.c.household_id == home,
            ~sa.exists()
            .where(corrected.c.household_id == cards.c.household_id, corrected.c.corrects == cards.c.fact)
            .correlate(cards),
            # One that was an error holds for no day; one that is null because it was erased does.
            sa.or_(cards.c.corrects.is_(None), cards.c.number.is_not(None)),
        )
        .order_by(cards.c.until.desc(), cards.c.fact.desc())
        .limit(1)
    )
    return sa.select(
        households,
        sa.select(sa.func.count())
        .select_from(facts)
        .where(facts.c.household_id == home)
        .scalar_subquery()
        .label("version"),
        sa.select(_listed(aggregate_order_by(living.c.person_id, living.c.person_id)))
        .scalar_subquery()
        .label("members"),
        sa.select(_listed(aggregate_order_by(kinship, *in_order))).scalar_subquery().label("kin"),
        sa.select(ALIASES.survivor(here.c.person_id))
        .where(*lives_here, here.c.person_id == heading)
        .limit(1)
        .scalar_subquery()
        .label("head_id"),
        given.scalar_subquery().label("card"),
    )


def living_together() -> sa.Select[Any]:
    """One row for each household in which somebody lives: members, by the ids that stand for them."""
    member = ALIASES.survivor(memberships.c.person_id)
    return (
        sa.select(sa.func.array_agg(sa.distinct(member), type_=ARRAY(sa.Uuid)).label("members"))
        .select_from(households.join(memberships, memberships.c.household_id == households.c.household_id))
        .where(memberships.c.left_on.is_(None))
        .group_by(households.c.household_id)
    )


def living_on(day: date) -> sa.Select[Any]:
    """One row for each person who lived in a household on *day*: household_id, person_id, joined_on, left_on, village.

    By the days on which people joined and left, each counted from the first day of what is known of it, and the village
    in which the household lived on that day. Days are written as well as they are known. A human who was registered
    twice is named once in a household, with the first of the days. Whom overlapping facts place in several is named in
    each: that is what was said.
    """
    person_id = ALIASES.survivor(memberships.c.person_id)
    dated = villages.alias("dated")
    village = (
        sa.select(dated.c.village)
        .where(dated.c.household_id == memberships.c.household_id, dated.c.since <= day)
        .order_by(dated.c.until.desc(), dated.c.fact.desc())
        .limit(1)
        .lateral("lived_in")
    )
    return (
        sa.select(
            memberships.c.household_id,
            person_id.label("person_id"),
            as_known(memberships.c.joined_on, memberships.c.joined_precision).label("joined_on"),
            as_known(memberships.c.left_on, memberships.c.left_precision).label("left_on"),
            village.c.village,
        )
        .select_from(memberships.join(village, sa.true()))
        .where(
            memberships.c.joined_on <= day,
            sa.or_(memberships.c.left_on.is_(None), memberships.c.left_on > day),
        )
        .ext(distinct_on(memberships.c.household_id, person_id))
        .order_by(memberships.c.household_id, person_id, memberships.c.joined_on, memberships.c.began)
    )


def memberships_of_all() -> sa.Select[Any]:
    """Every membership there is or was, with the household's village now; a duplicate's are the survivor's."""
    return sa.select(
        memberships.c.household_id,
        ALIASES.survivor(memberships.c.person_id).label("person_id"),
        memberships.c.began,
        as_known(memberships.c.joined_on, memberships.c.joined_precision).label("joined_on"),
        as_known(memberships.c.left_on, memberships.c.left_precision).label("left_on"),
        households.c.village,
    ).join(households, households.c.household_id == memberships.c.household_id)


def _listed(items: Any) -> sa.ColumnElement[Any]:
    """A JSON list, empty where there is nothing to list."""
    return sa.func.coalesce(sa.func.json_agg(items), sa.literal_column("'[]'::json"), type_=sa.JSON)


VIEW = View(name="households", revision=3, tables=_tables, own=project)
"""The view; every row of it is what one household's facts, or one person's of them, say."""
