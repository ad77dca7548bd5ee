"""Where workers stand and who belongs to them, as the published words say it: read alike by every roster.

Each source's words lie in tables of their own, keyed by that source's ids; what they mean together is a join when a
roster is read. So it does not matter which service was heard first, or how late (decision 0005).
"""

from collections.abc import Iterable
from typing import Any, assert_never

import sqlalchemy as sa

from shared.published import PublicEvent
from shared.published import registry as r
from shared.published.migration_service import TripWord, WorkerDeparted
from shared.views import Change, Put, Remove
from shared.vocabulary import Occurred


class Whereabouts:
    """Tables *people*, *kin* and *trips* in a view's own *metadata*, with what puts words into them and reads them.

    *kin* says whether the view asks who belongs to whom: if not, it keeps neither kinship nor ages.
    """

    def __init__(self, metadata: sa.MetaData, *, kin: bool = True) -> None:
        self._keeps_kin = kin
        ages = (
            sa.Column("birth_year", sa.Integer, comment="of children alone"),
            sa.Column("of_age", sa.Boolean, comment="known to be; the year then did not travel"),
        )
        self.people = sa.Table(
            "people",
            metadata,
            sa.Column("person_id", sa.Uuid, primary_key=True),
            sa.Column("village", sa.Text),
            sa.Column("worker", sa.Boolean),
            *(ages if kin else ()),
            sa.Column("died_on", sa.Date, comment="first day of the interval of death"),
            sa.Column("died_precision", sa.Text),
            sa.Column("erased", sa.Boolean),
            sa.Index("people_by_village", "village", "person_id"),
        )
        # Unless it is kept, it belongs to no view: nothing makes it, and a query for it finds no table.
        self.kin = sa.Table(
            "kin",
            metadata if kin else sa.MetaData(),
            sa.Column("person_id", sa.Uuid, primary_key=True),
            sa.Column("relative_id", sa.Uuid, primary_key=True),
            sa.Column("relation", sa.Text, primary_key=True),
            sa.Column("guardian_id", sa.Uuid),
            sa.Index("kin_by_relative", "relative_id"),
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

    def registry(self, word: PublicEvent, _number: int) -> Iterable[Change]:
        """What a word of the registry changes."""
        match word:
            case r.PersonRegistered() | r.PersonMoved():
                yield Put(self.people, {"person_id": word.person_id, "village": word.village})
            case r.WorkerRegistered():
                yield Put(self.people, {"person_id": word.person_id, "village": word.village, "worker": True})
            case r.KinRecorded() | r.KinRetracted() | r.BirthYearCorrected():
                if self._keeps_kin:
                    yield from self._kinship(word)
            case r.PersonDied():
                died = {"died_on": word.died_on, "died_precision": word.precision}
                yield Put(self.people, {"person_id": word.person_id, **died})
            case r.PersonDeathRetracted():
                yield Put(self.people, {"person_id": word.person_id, "died_on": None, "died_precision": None})
            case r.PersonErased():
                yield Put(self.people, {"person_id": word.person_id, "erased": True})
            case _:
                pass  # what is said of villages moves nobody

    def _kinship(self, word: r.KinRecorded | r.KinRetracted | r.BirthYearCorrected) -> Iterable[Change]:
        match word:
            case r.KinRecorded():
                yield Put(
                    self.kin,
                    {
                        "person_id": word.person_id,
                        "relative_id": word.relative_id,
                        "relation": word.relation,
                        "guardian_id": word.guardian_id,
                    },
                )
                # A word that knows nothing of the age takes nothing away; only a correction does.
                if word.birth_year is not None:
                    yield Put(
                        self.people, {"person_id": word.relative_id, "birth_year": word.birth_year, "of_age": False}
                    )
                elif word.of_age:
                    yield Put(self.people, {"person_id": word.relative_id, "of_age": True})
            case r.KinRetracted():
                yield Remove(
                    self.kin,
                    {"person_id": word.person_id, "relative_id": word.relative_id, "relation": word.relation},
                )
            case r.BirthYearCorrected():
                yield Put(
                    self.people, {"person_id": word.person_id, "birth_year": word.birth_year, "of_age": word.of_age}
                )
            case _:
                assert_never(word)

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

    def standings(self) -> sa.Subquery:
        """One row for each worker, living or dead: person_id, village, standing, trip_id, since, since_precision.

        The trip with the latest departure says where somebody stands, by the interval's end, then by the published
        number, never by arrival. Death wins: one that the registry knows, and one that a trip ended in, whichever is
        heard first. Nobody erased is named. *standing* is null for a worker who never left.
        """
        people, trips = self.people, self.trips
        decisive = (
            sa.select(trips.c.trip_id, trips.c.standing, trips.c.since, trips.c.since_precision)
            .where(trips.c.worker_id == people.c.person_id, trips.c.standing != "retracted")
            .order_by(
                (trips.c.standing == "deceased").desc(),
                trips.c.departed_until.desc(),
                trips.c.number.desc().nulls_last(),
            )
            .limit(1)
            .lateral("decisive")
        )
        died = people.c.died_on.is_not(None)
        return (
            sa.select(
                people.c.person_id,
                people.c.village,
                sa.case((died, "deceased"), else_=decisive.c.standing).label("standing"),
                decisive.c.trip_id,
                sa.case((died, people.c.died_on), else_=decisive.c.since).label("since"),
                sa.case((died, people.c.died_precision), else_=decisive.c.since_precision).label("since_precision"),
            )
            .select_from(people.outerjoin(decisive, sa.true()))
            .where(people.c.village.is_not(None), people.c.worker, people.c.erased.is_not(True))
            .subquery("standings")
        )


def as_known(on: sa.ColumnElement[Any], precision: sa.ColumnElement[Any]) -> sa.ColumnElement[str]:
    """A day as well as it is known, written as `Occurred` writes itself: ``2024-05-03``, ``2024-05`` or ``2024``."""
    form = sa.case((precision == "year", "YYYY"), (precision == "month", "YYYY-MM"), else_="YYYY-MM-DD")
    return sa.func.to_char(on, form, type_=sa.Text)
