"""Where workers stand and who belongs to them, as the published words say it: read alike by every roster.

Each source's words lie in tables of their own, keyed by that source's ids; what they mean together is a join when a
roster is read. So it does not matter which service was heard first, or how late (decision 0005). No more does it
matter whose facts were heard first: a row is changed by one person's facts alone, so somebody's facts may wait while
everybody else's take effect, and once they are in the rows are the same.

Who was merged into somebody else stands for nobody: the survivor is asked about, and whatever was said under either id
is found with the survivor (`Aliases`).
"""

from collections.abc import Iterable
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.sql.elements import Grouping

from shared.aliases import Aliases
from shared.published import PublicEvent
from shared.published import registry as r
from shared.published.migration_service import TripWord, WorkerDeparted
from shared.views import Change, Put, Remove
from shared.vocabulary import Occurred


class Whereabouts:
    """Tables *people* and *trips* in a view's own *metadata*, with what puts words into them and reads them.

    *kin* says whether the view asks who belongs to whom, *ages* whether it asks how old children are: each has a table
    of its own, which a view that does not ask does not keep.
    """

    def __init__(self, metadata: sa.MetaData, *, kin: bool = False, ages: bool = False) -> None:
        self._keeps_kin = kin
        self._keeps_ages = ages
        self.aliases = Aliases(metadata)
        # What is not kept belongs to no view: nothing makes it, and a query for it finds no table.
        unkept = sa.MetaData()
        self.people = sa.Table(
            "people",
            metadata,
            sa.Column("person_id", sa.Uuid, primary_key=True),
            sa.Column("village", sa.Text),
            sa.Column("worker", sa.Boolean),
            sa.Column("died_on", sa.Date, comment="first day of the interval of death"),
            sa.Column("died_precision", sa.Text),
            sa.Column("erased", sa.Boolean),
            sa.Index("people_by_village", "village", "person_id"),
        )
        self.kin = sa.Table(
            "kin",
            metadata if kin else unkept,
            sa.Column("person_id", sa.Uuid, primary_key=True),
            sa.Column("relative_id", sa.Uuid, primary_key=True),
            sa.Column("relation", sa.Text, primary_key=True),
            sa.Column("guardian_id", sa.Uuid),
            sa.Index("kin_by_relative", "relative_id"),
        )
        # A parent says how old a child is, and so do the child's own facts: each says it in a row of its own.
        self.ages = sa.Table(
            "ages",
            metadata if ages else unkept,
            sa.Column("person_id", sa.Uuid, primary_key=True, comment="whose age"),
            sa.Column("said_by", sa.Uuid, primary_key=True, comment="the person whose facts say so"),
            sa.Column("birth_year", sa.Integer),
            sa.Column("year_number", sa.BigInteger, comment="published number of what said the year"),
            sa.Column("of_age", sa.Boolean, comment="known to be; the year then did not travel"),
            sa.Column("number", sa.BigInteger, comment="published number of the last that was said"),
        )
        self.trips = sa.Table(
            "trips",
            metadata,
            sa.Column("trip_id", sa.Uuid, primary_key=True),
            sa.Column("worker_id", sa.Uuid),
            sa.Column("departed_until", sa.Date, comment="last day of the interval of departure"),
            sa.Column("number", sa.BigInteger, comment="published number of the departure: decides between equal days"),
            sa.Column("standing", sa.Text),
            sa.Column("since", sa.Date, comment="first day of the interval since when *standing* holds"),
            sa.Column("since_precision", sa.Text),
            sa.Index("trips_by_worker", "worker_id"),
        )

    def registry(self, word: PublicEvent, number: int) -> Iterable[Change]:
        """What a word of the registry changes."""
        match word:
            case r.PersonRegistered() | r.PersonMoved():
                yield Put(self.people, {"person_id": word.person_id, "village": word.village})
            case r.WorkerRegistered():
                yield Put(self.people, {"person_id": word.person_id, "village": word.village, "worker": True})
            case r.KinRecorded() | r.KinRetracted():
                if self._keeps_kin:
                    yield self._kinship(word)
                if self._keeps_ages and isinstance(word, r.KinRecorded):
                    yield from self._age_of_child(word, number)
            case r.GuardianChanged():
                if self._keeps_kin:
                    key = {"person_id": word.person_id, "relative_id": word.relative_id, "relation": "child"}
                    yield Put(self.kin, key | {"guardian_id": word.guardian_id})
            case r.BirthYearCorrected():
                if self._keeps_ages:
                    yield self._age(word.person_id, word.person_id, number, word.birth_year, of_age=word.of_age)
            case r.PersonCameOfAge():
                if self._keeps_ages:
                    yield self._of_age(word.person_id, word.person_id, number)
            case r.PersonDied():
                died = {"died_on": word.died_on, "died_precision": word.precision}
                yield Put(self.people, {"person_id": word.person_id, **died})
            case r.PersonDeathRetracted():
                yield Put(self.people, {"person_id": word.person_id, "died_on": None, "died_precision": None})
            case r.PersonErased():
                yield Put(self.people, {"person_id": word.person_id, "erased": True})
            case r.PersonMerged() | r.PersonUnmerged():
                yield from self.aliases.registry(word, number)
            case _:
                pass  # what is said of villages moves nobody

    def _kinship(self, word: r.KinRecorded | r.KinRetracted) -> Change:
        key = {"person_id": word.person_id, "relative_id": word.relative_id, "relation": word.relation}
        if isinstance(word, r.KinRetracted):
            return Remove(self.kin, key)
        return Put(self.kin, key | {"guardian_id": word.guardian_id})

    def _age_of_child(self, word: r.KinRecorded, number: int) -> Iterable[Change]:
        """A word that knows nothing of the age takes nothing away; only a correction does."""
        if word.birth_year is not None:
            yield self._age(word.relative_id, word.person_id, number, word.birth_year, of_age=False)
        elif word.of_age:
            yield self._of_age(word.relative_id, word.person_id, number)

    def _of_age(self, person_id: UUID, said_by: UUID, number: int) -> Change:
        """The year that was told of a minor stays: of earlier days it still decides."""
        return Put(self.ages, {"person_id": person_id, "said_by": said_by, "of_age": True, "number": number})

    def _age(self, person_id: UUID, said_by: UUID, number: int, birth_year: int | None, *, of_age: bool) -> Change:
        return Put(
            self.ages,
            {
                "person_id": person_id,
                "said_by": said_by,
                "birth_year": birth_year,
                "year_number": number,
                "of_age": of_age,
                "number": number,
            },
        )

    def migration_service(self, word: PublicEvent, number: int) -> Iterable[Change]:
        """What a word of the migration service changes."""
        if not isinstance(word, TripWord):
            return
        row: dict[str, object] = {
            "trip_id": word.trip_id,
            "worker_id": word.worker_id,
            "departed_until": Occurred(word.departed_on, word.departed_precision).until,
            "standing": word.standing,
            "since": word.since,
            "since_precision": word.since_precision,
        }
        if isinstance(word, WorkerDeparted):
            row["number"] = number
        yield Put(self.trips, row)

    def age(self, person: sa.ColumnElement[Any]) -> sa.FromClause:
        """Exactly one row about *person*, a column of what it is joined to: birth_year, of_age; null where unknown.

        Of each, what the registry said last holds, in whosever facts: by the published number, never by arrival. Of
        somebody who was registered twice, what was said of the survivor's own id; only where nothing is known of that,
        what was said of a duplicate: never the year of one with the coming of age of the other.
        """
        ages = self.ages
        own = ages.c.person_id == person
        year, others_year = (_last(ages.c.birth_year, ages.c.year_number, whose) for whose in (own, ~own))
        of_age, others_of_age = (_last(ages.c.of_age, ages.c.number, whose) for whose in (own, ~own))
        known = sa.or_(year.is_not(None), of_age)
        return (
            sa.select(
                sa.case((known, year), else_=others_year).label("birth_year"),
                sa.case((known, of_age), else_=sa.func.coalesce(others_of_age, of_age)).label("of_age"),
            )
            .where(ages.c.person_id == sa.any_(self.aliases.ids(person)))
            .lateral("age")
        )

    def dead(self, person: sa.FromClause) -> sa.ColumnElement[bool]:
        """Whether the registry knows a death of *person*, people or an alias of it, under whichever id of the human."""
        return sa.or_(person.c.died_on.is_not(None), sa.exists(self._died_as_other(person)))

    def _died_as_other(self, person: sa.FromClause) -> sa.Select[Any]:
        """At most one row: *died_on* and *died_precision* of the earliest death of whoever was merged into *person*."""
        other, merged = self.people.alias(), self.aliases.merged.alias()
        return (
            sa.select(other.c.died_on, other.c.died_precision)
            .select_from(merged.join(other, other.c.person_id == merged.c.person_id))
            .where(merged.c.into == person.c.person_id, other.c.died_on.is_not(None))
            .order_by(other.c.died_on, other.c.died_precision.desc())
            .limit(1)
            .correlate(person)
        )

    def standings(self) -> sa.Subquery:
        """One row for each worker, living or dead: person_id, village, standing, trip_id, since, since_precision.

        The trip with the latest departure says where somebody stands, by the interval's end, then by the published
        number, never by arrival. Death wins: one that the registry knows under any id, on the survivor's day if that is
        known, and one that a trip ended in, whichever is heard first. Nobody erased is named, and a human once: with
        the trips of every id, under the id and in the village of the survivor. *standing* is null for a worker who
        never left.
        """
        people, trips = self.people, self.trips
        decisive = (
            sa.select(trips.c.trip_id, trips.c.standing, trips.c.since, trips.c.since_precision)
            .where(trips.c.worker_id == sa.any_(self.aliases.ids(people.c.person_id)), trips.c.standing != "retracted")
            .order_by(
                (trips.c.standing == "deceased").desc(),
                trips.c.departed_until.desc(),
                trips.c.number.desc().nulls_last(),
            )
            .limit(1)
            .lateral("decisive")
        )
        as_other = self._died_as_other(people).lateral("as_other")
        died_on = sa.func.coalesce(people.c.died_on, as_other.c.died_on)
        died_precision = sa.func.coalesce(people.c.died_precision, as_other.c.died_precision)
        died = died_on.is_not(None)
        return (
            sa.select(
                people.c.person_id,
                people.c.village,
                sa.case((died, "deceased"), else_=decisive.c.standing).label("standing"),
                decisive.c.trip_id,
                sa.case((died, died_on), else_=decisive.c.since).label("since"),
                sa.case((died, died_precision), else_=decisive.c.since_precision).label("since_precision"),
            )
            .select_from(people.outerjoin(decisive, sa.true()).outerjoin(as_other, sa.true()))
            .where(
                people.c.village.is_not(None),
                people.c.worker,
                people.c.erased.is_not(True),
                self.aliases.for_itself(people.c.person_id),
            )
            .subquery("standings")
        )


def _last(said: sa.Column[Any], number: sa.Column[Any], of: sa.ColumnElement[bool]) -> sa.ColumnElement[Any]:
    """Of several rows that *of* names, what the one with the highest number says."""
    latest_first = sa.func.array_agg(said).aggregate_order_by(number.desc().nulls_last()).filter(of)
    return Grouping(sa.type_coerce(latest_first, ARRAY(said.type)))[1]  # a[1] needs (a) here


def as_known(on: sa.ColumnElement[Any], precision: sa.ColumnElement[Any]) -> sa.ColumnElement[str]:
    """A day as well as it is known, written as `Occurred` writes itself: ``2024-05-03``, ``2024-05`` or ``2024``."""
    form = sa.case((precision == "year", "YYYY"), (precision == "month", "YYYY-MM"), else_="YYYY-MM-DD")
    return sa.func.to_char(on, form, type_=sa.Text)
