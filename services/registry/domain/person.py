"""One human, one history (pendataan penduduk): who somebody is, where they live, that they work abroad, that they died.

A worker (PMI, UU 18/2017 Ps 1), a spouse and a child are persons alike. What is personal (name, NIK, birth date) is
encrypted at rest under the person's own key and never leaves the registry; village, death and being a worker do.
What can be asked of a person stands in `person_rules`; where somebody stands abroad is never decided here. Dates are
the programme's calendar (Asia/Jakarta).

A correction or retraction names the fact it corrects by *corrects*: that fact's version in this person's history.
Several reports of one death may stand side by side, told apart by their *cause*: one by the village (no cause), one
for each trip that ended in it.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import ClassVar, assert_never
from uuid import UUID

from services.registry.domain.merging import (
    Duplicate,
    DuplicateAssigned,
    DuplicateReleased,
    Merged,
    MergingEvent,
    PersonMerged,
    PersonUnmerged,
)
from shared.personal import Personal
from shared.vocabulary import Occurred

ADULT_AT = 18
"""Years of age from which somebody is no child (UU 35/2014 Ps 1)."""

# ---------------------------------------------------------------------------------------------------------------------
# What happens
# ---------------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class PersonRegistered:
    """A person is known to the registry (pendataan penduduk); *occurred* is the day of the registration.

    *nik* and *birth_date* are None where nobody gave them. *village* is a dotted Kemendagri code. *birth_year* is that
    of a minor (None of anybody else, and in facts that older code recorded): from it the 18th birthday is awaited.
    """

    name: ClassVar[str] = "PersonRegistered"
    schema_version: ClassVar[int] = 1
    about: ClassVar[str | None] = "person_id"
    erases: ClassVar[bool] = False
    occurred: Occurred
    person_id: UUID
    village: str
    full_name: Personal[str]
    nik: Personal[str] | None
    birth_date: Personal[date] | None
    birth_year: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkerRegistered:
    """The person works, will work or has worked abroad (CPMI/PMI, UU 18/2017 Ps 1); *occurred*: when it was said."""

    name: ClassVar[str] = "WorkerRegistered"
    schema_version: ClassVar[int] = 1
    about: ClassVar[str | None] = "person_id"
    erases: ClassVar[bool] = False
    occurred: Occurred
    person_id: UUID
    village: str


@dataclass(frozen=True, slots=True, kw_only=True)
class NameCorrected:
    """The name that holds from now on (perbaikan nama)."""

    name: ClassVar[str] = "NameCorrected"
    schema_version: ClassVar[int] = 1
    about: ClassVar[str | None] = "person_id"
    erases: ClassVar[bool] = False
    occurred: Occurred
    person_id: UUID
    corrects: int
    full_name: Personal[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class NikGiven:
    """The NIK of a person of whom none was known (NIK menyusul): nothing was wrong before, so nothing is corrected.

    Older code recorded such a first NIK as `NikCorrected`; either reads the same.
    """

    name: ClassVar[str] = "NikGiven"
    schema_version: ClassVar[int] = 1
    about: ClassVar[str | None] = "person_id"
    erases: ClassVar[bool] = False
    occurred: Occurred
    person_id: UUID
    nik: Personal[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class NikCorrected:
    """The NIK that holds from now on instead of another (perbaikan NIK); None: none is known after all."""

    name: ClassVar[str] = "NikCorrected"
    schema_version: ClassVar[int] = 1
    about: ClassVar[str | None] = "person_id"
    erases: ClassVar[bool] = False
    occurred: Occurred
    person_id: UUID
    corrects: int
    nik: Personal[str] | None


@dataclass(frozen=True, slots=True, kw_only=True)
class BirthDateCorrected:
    """The birth date that holds from now on (perbaikan tanggal lahir); None where it is unknown.

    *of_minor*: by the old or the new date this is a minor. *was_of_age*, *of_age*: by the old, by the new date this is
    an adult, and nobody was told otherwise. Others hear of it if it is about a minor or changes who is known to be of
    age, with *birth_year* (None if unknown, or if by the new date this is no minor: an adult's year of birth does not
    travel).
    """

    name: ClassVar[str] = "BirthDateCorrected"
    schema_version: ClassVar[int] = 1
    about: ClassVar[str | None] = "person_id"
    erases: ClassVar[bool] = False
    occurred: Occurred
    person_id: UUID
    corrects: int
    village: str
    birth_date: Personal[date] | None
    of_minor: bool
    birth_year: int | None
    was_of_age: bool = False
    of_age: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class CameOfAge:
    """Who was registered as a minor is 18 (dewasa): no child any more (UU 35/2014 Ps 1).

    *occurred* is the year alone: the day would tell the birth date to whoever reads the log (P6).
    """

    name: ClassVar[str] = "CameOfAge"
    schema_version: ClassVar[int] = 1
    about: ClassVar[str | None] = "person_id"
    erases: ClassVar[bool] = False
    occurred: Occurred
    person_id: UUID
    village: str


@dataclass(frozen=True, slots=True, kw_only=True)
class VillageCorrected:
    """The person lives in this village (pindah desa or perbaikan desa), a dotted Kemendagri code, since *occurred*.

    Of a move that is the day, month or year in which it happened; of a slip the day since when the wrong village was
    said. What is said last takes the place of all that was said of days which do not begin before its own: on a day
    the person lives where the last fact says that has begun by then.
    """

    name: ClassVar[str] = "VillageCorrected"
    schema_version: ClassVar[int] = 1
    about: ClassVar[str | None] = "person_id"
    erases: ClassVar[bool] = False
    occurred: Occurred
    person_id: UUID
    corrects: int
    village: str


@dataclass(frozen=True, slots=True, kw_only=True)
class DeathReported:
    """A person died (meninggal dunia): *occurred* is the day, month or year of which *cause* says so.

    *cause* is the trip that ended in this death (UU 18/2017 Ps 27 letter h), None if the village reported it.
    *died_on* is the day that holds now, by all reports that stand.
    """

    name: ClassVar[str] = "DeathReported"
    schema_version: ClassVar[int] = 1
    about: ClassVar[str | None] = "person_id"
    erases: ClassVar[bool] = False
    occurred: Occurred
    person_id: UUID
    village: str
    cause: UUID | None
    died_on: Occurred


@dataclass(frozen=True, slots=True, kw_only=True)
class DeathCorrected:
    """The report of a death by *cause* now says *occurred*; *died_on* is the day that holds now."""

    name: ClassVar[str] = "DeathCorrected"
    schema_version: ClassVar[int] = 1
    about: ClassVar[str | None] = "person_id"
    erases: ClassVar[bool] = False
    occurred: Occurred
    person_id: UUID
    corrects: int
    village: str
    cause: UUID | None
    died_on: Occurred


@dataclass(frozen=True, slots=True, kw_only=True)
class DeathRetracted:
    """The report of a death by *cause* was an error; *occurred* is the day of the retraction.

    *died_on* is the day that other reports still say; None: the person lives.
    """

    name: ClassVar[str] = "DeathRetracted"
    schema_version: ClassVar[int] = 1
    about: ClassVar[str | None] = "person_id"
    erases: ClassVar[bool] = False
    occurred: Occurred
    person_id: UUID
    corrects: int
    village: str
    cause: UUID | None
    died_on: Occurred | None


@dataclass(frozen=True, slots=True, kw_only=True)
class PersonErased:
    """The person's data are erased (penghapusan data pribadi, UU 27/2022 Ps 43-44); the id and village stay."""

    name: ClassVar[str] = "PersonErased"
    schema_version: ClassVar[int] = 1
    about: ClassVar[str | None] = "person_id"
    erases: ClassVar[bool] = True
    occurred: Occurred
    person_id: UUID
    village: str


PersonEvent = (
    PersonRegistered
    | WorkerRegistered
    | NameCorrected
    | NikGiven
    | NikCorrected
    | BirthDateCorrected
    | CameOfAge
    | VillageCorrected
    | DeathReported
    | DeathCorrected
    | DeathRetracted
    | PersonErased
    | MergingEvent
)

# ---------------------------------------------------------------------------------------------------------------------
# Where it can stand
# ---------------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Unknown:
    """Nobody has this id."""


@dataclass(frozen=True, slots=True)
class Report:
    """That the person died, as *cause* (a trip; None: the village) says it: *fact* is the version of what says so."""

    fact: int
    cause: UUID | None
    died_on: Occurred


@dataclass(frozen=True, slots=True, kw_only=True)
class Given:
    """By version: the fact that gave what now holds of each of these."""

    village: int = 1
    full_name: int = 1
    nik: int = 1
    birth_date: int = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Registered:
    """A known person, living or dead. *version*: the number of facts.

    *village_since*: the day since when the last fact says that they live there.
    *deaths* are the reports that stand, in the order in which they came. *minor*: registered or corrected as one, whose
    coming of age was not announced since. *merged*: this is a duplicate of another; *duplicates* were merged into this
    person. Nobody has both.
    """

    version: int
    person_id: UUID
    village: str
    village_since: Occurred
    full_name: Personal[str]
    nik: Personal[str] | None
    birth_date: Personal[date] | None
    given: Given = Given()
    worker: bool = False
    minor: bool = False
    deaths: tuple[Report, ...] = ()
    merged: Merged | None = None
    duplicates: tuple[Duplicate, ...] = ()

    @property
    def dead_by_village(self) -> bool:
        """Whether the village reported a death."""
        return any(report.cause is None for report in self.deaths)

    @property
    def ids(self) -> tuple[UUID, ...]:
        """Every id under which this human was registered, of a survivor."""
        return self.person_id, *(duplicate.person_id for duplicate in self.duplicates)


@dataclass(frozen=True, slots=True)
class Gone:
    """A person whose data were erased, last of *village*: nothing more can happen to them here."""

    village: str


Person = Unknown | Registered | Gone


def evolve(state: Person, event: PersonEvent) -> Person:
    """Where the person stands after *event*."""
    if isinstance(event, PersonRegistered):
        return Registered(
            version=1,
            person_id=event.person_id,
            village=event.village,
            village_since=event.occurred,
            full_name=event.full_name,
            nik=event.nik,
            birth_date=event.birth_date,
            minor=event.birth_year is not None,
        )
    if not isinstance(state, Registered):
        return state  # nothing comes before a registration or after an erasure
    fact = state.version + 1
    given = state.given
    state = replace(state, version=fact)
    match event:
        case WorkerRegistered():
            return replace(state, worker=True)
        case NameCorrected():
            return replace(state, full_name=event.full_name, given=replace(given, full_name=fact))
        case NikGiven() | NikCorrected():
            return replace(state, nik=event.nik, given=replace(given, nik=fact))
        case BirthDateCorrected():
            given = replace(given, birth_date=fact)
            return replace(state, birth_date=event.birth_date, minor=event.birth_year is not None, given=given)
        case CameOfAge():
            return replace(state, minor=False)
        case VillageCorrected():
            given = replace(given, village=fact)
            return replace(state, village=event.village, village_since=event.occurred, given=given)
        case DeathReported() | DeathCorrected():
            return replace(state, deaths=with_report(state.deaths, Report(fact, event.cause, event.occurred)))
        case DeathRetracted():
            return replace(state, deaths=without_report(state.deaths, event.cause))
        case PersonMerged():
            return replace(state, merged=Merged(fact, event.into))
        case PersonUnmerged():
            return replace(state, merged=None)
        case DuplicateAssigned():
            return replace(state, duplicates=(*state.duplicates, Duplicate(fact, event.duplicate_id)))
        case DuplicateReleased():
            return replace(state, duplicates=tuple(d for d in state.duplicates if d.fact != event.corrects))
        case PersonErased():
            return Gone(state.village)
        case _:
            assert_never(event)


def with_report(deaths: tuple[Report, ...], report: Report) -> tuple[Report, ...]:
    """*report* in the place of the earlier one by the same cause, else after all others."""
    if any(said.cause == report.cause for said in deaths):
        return tuple(report if said.cause == report.cause else said for said in deaths)
    return (*deaths, report)


def without_report(deaths: tuple[Report, ...], cause: UUID | None) -> tuple[Report, ...]:
    """*deaths* but for what *cause* said."""
    return tuple(report for report in deaths if report.cause != cause)


def day_of_death(deaths: Sequence[Report]) -> Occurred | None:
    """The day that holds: what the village reported, else what came first; None while nobody says they died."""
    of_village = (report.died_on for report in deaths if report.cause is None)
    return next(of_village, deaths[0].died_on if deaths else None)


def published_birth_year(birth_date: date | None, on: date) -> int | None:
    """The year of birth of a minor, of which alone others hear it; None for an adult and where it is unknown."""
    return birth_date.year if birth_date and not known_of_age(birth_date, on) else None


def known_of_age(birth_date: date | None, on: date) -> bool:
    """Whether this is an adult (UU 35/2014 Ps 1); False where the birth date is unknown."""
    return birth_date is not None and on >= adult_on(birth_date)


def adult_on(birth_date: date) -> date:
    """The 18th birthday: until the day before, somebody is a child (UU 35/2014 Ps 1: "belum berusia 18 tahun").

    Who was born on 29 February is 18 on 1 March of a common year. No source was found for that: it is a choice, for
    the day on which eighteen full years have passed.
    """
    year = birth_date.year + ADULT_AT
    try:
        return birth_date.replace(year=year)
    except ValueError:
        return date(year, 3, 1)
