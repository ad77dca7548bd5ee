"""What can be asked of a person, and what happens then. What a person is stands in `person`.

To have one's data corrected is a right (UU 27/2022 Ps 6), to be granted within 3 x 24 hours (Ps 30), which no legal
hold takes away (Ps 15): so no correction is refused for one. Dates are the programme's calendar (Asia/Jakarta); *today*
comes with the command.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import assert_never
from uuid import UUID

from services.registry.domain.cells import precedes
from services.registry.domain.merge_rules import (
    AssignDuplicate,
    MergeCommand,
    MergePerson,
    ReleaseDuplicate,
    UnmergePerson,
    assign_duplicate,
    merge_person,
    release_duplicate,
    unmerge_person,
)
from services.registry.domain.merging import Merged
from services.registry.domain.person import (
    BirthDateCorrected,
    CameOfAge,
    DeathCorrected,
    DeathReported,
    DeathRetracted,
    Gone,
    NameCorrected,
    NikCorrected,
    NikGiven,
    Person,
    PersonErased,
    PersonEvent,
    PersonRegistered,
    Registered,
    Report,
    Unknown,
    VillageCorrected,
    WorkerRegistered,
    adult_on,
    day_of_death,
    evolve,
    known_of_age,
    published_birth_year,
    with_report,
    without_report,
)
from services.registry.domain.refusals import (
    DEATH_ALREADY_RECORDED,
    DEATH_BEFORE_BIRTH,
    DEATH_SAID_BY_TRIP,
    ERASURE_HELD,
    PERSON_ERASED,
)
from shared.decider import Claim, Decider, Release
from shared.errors import NOT_FOUND, Refused, person_merged
from shared.personal import Known, known
from shared.vocabulary import Occurred

# ---------------------------------------------------------------------------------------------------------------------
# What can be asked
# ---------------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class RegisterPerson:
    """Register a person nobody knew. That no one else holds the NIK is asked of the claims, not of this history.

    *surveyed_on*: the day since when the person is known, where that is not *today*.
    """

    person_id: UUID
    today: date
    village: str
    full_name: Known[str]
    nik: Known[str] | None
    birth_date: Known[date] | None
    surveyed_on: date | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class RegisterWorker:
    """Say that a known person works or will work abroad."""

    today: date


@dataclass(frozen=True, slots=True, kw_only=True)
class CorrectName:
    """Give the person this name."""

    today: date
    full_name: Known[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class CorrectNik:
    """Give the person this NIK, or none."""

    today: date
    nik: Known[str] | None


@dataclass(frozen=True, slots=True, kw_only=True)
class CorrectBirthDate:
    """Give the person this birth date, or none."""

    today: date
    birth_date: Known[date] | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ComeOfAge:
    """Announce that the person is of age, if they are."""

    today: date


@dataclass(frozen=True, slots=True, kw_only=True)
class CorrectVillage:
    """Put the person into this village *since* a day: of a move as well as it is known, of a slip that of the slip."""

    since: Occurred
    village: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordDeath:
    """Record that the person died, as *cause* (a trip; None: the village) says."""

    died_on: Occurred
    cause: UUID | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class CorrectDeath:
    """Correct the day of a death that the village reported."""

    died_on: Occurred


@dataclass(frozen=True, slots=True, kw_only=True)
class RetractDeath:
    """Take back what *cause* (a trip; None: the village) said of a death."""

    today: date
    cause: UUID | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ErasePerson:
    """Erase the person's data for good; *held_by* are the codes of what forbids it (`legal_hold.holding`).

    *hears_why*: who asks may know them, for they may tell of a crime.
    """

    today: date
    held_by: tuple[str, ...] = ()
    hears_why: bool = False


PersonCommand = (
    RegisterPerson
    | RegisterWorker
    | CorrectName
    | CorrectNik
    | CorrectBirthDate
    | ComeOfAge
    | CorrectVillage
    | RecordDeath
    | CorrectDeath
    | RetractDeath
    | ErasePerson
    | MergeCommand
)


def decide(state: Person, command: PersonCommand) -> Sequence[PersonEvent]:
    """What happens. Rejects: ``not-found`` and ``person-erased`` for all but a registration, and what each says."""
    if isinstance(command, RegisterPerson):
        return register_person(state, command)
    if isinstance(state, Gone):
        return refuse_the_erased(command)
    if isinstance(state, Unknown):
        raise Refused(NOT_FOUND)
    if state.merged is not None:
        refuse_of_duplicate(state.merged, command)
    match command:
        case RegisterWorker():
            return register_worker(state, command)
        case CorrectName():
            return correct_name(state, command)
        case CorrectNik():
            return correct_nik(state, command)
        case CorrectBirthDate():
            return correct_birth_date(state, command)
        case ComeOfAge():
            return come_of_age(state, command)
        case CorrectVillage():
            return correct_village(state, command)
        case RecordDeath():
            return record_death(state, command)
        case CorrectDeath():
            return correct_death(state, command)
        case RetractDeath():
            return retract_death(state, command)
        case ErasePerson():
            return erase_person(state, command)
        case MergePerson():
            return merge_person(state, command)
        case UnmergePerson():
            return unmerge_person(state, command)
        case AssignDuplicate():
            return assign_duplicate(state, command)
        case ReleaseDuplicate():
            return release_duplicate(state, command)
        case _:
            assert_never(command)


def refuse_the_erased(command: PersonCommand) -> Sequence[PersonEvent]:
    """Nothing happens to an erased person. To erase again is done already; a trip's word and a birthday find nobody.

    Rejects: ``person-erased``.
    """
    match command:
        case ErasePerson() | ComeOfAge() | RecordDeath(cause=UUID()) | RetractDeath(cause=UUID()):
            return ()
        case _:
            raise Refused(PERSON_ERASED)


def refuse_of_duplicate(merged: Merged, command: PersonCommand) -> None:
    """What can be said of a duplicate's own history: what undoes the merge, deaths as reported of it, the erasure.

    Also its 18th birthday: other services may know the child by this id. Everything else is said of the survivor.
    Rejects: ``person-merged``.
    """
    match command:
        case MergePerson() | UnmergePerson() | ComeOfAge() | CorrectDeath() | RetractDeath() | ErasePerson():
            return
        case RecordDeath(cause=UUID()):
            return
        case _:
            raise person_merged(merged.into)


def register_person(state: Person, command: RegisterPerson) -> Sequence[PersonEvent]:
    """A new history begins; a history that has begun is not begun again.

    Who is a minor is decided today, whenever the survey was: an adult's year of birth is told to nobody (P6).
    """
    if not isinstance(state, Unknown):
        return ()
    return (
        PersonRegistered(
            occurred=Occurred(command.surveyed_on or command.today),
            person_id=command.person_id,
            village=command.village,
            full_name=command.full_name,
            nik=command.nik,
            birth_date=command.birth_date,
            birth_year=published_birth_year(known(command.birth_date), command.today),
        ),
    )


def register_worker(state: Registered, command: RegisterWorker) -> Sequence[PersonEvent]:
    """Once. Also after a death: families report late, and who has worked abroad is a worker too (UU 18/2017 Ps 1).

    A village verifies and records who wants to work abroad (UU 18/2017 Ps 42 letter b), so its officer may say it.
    """
    if state.worker:
        return ()
    return (WorkerRegistered(occurred=Occurred(command.today), person_id=state.person_id, village=state.village),)


def correct_name(state: Registered, command: CorrectName) -> Sequence[PersonEvent]:
    """A name spelled otherwise is a correction, the same spelling none."""
    if state.full_name == command.full_name:
        return ()
    return (
        NameCorrected(
            occurred=Occurred(command.today),
            person_id=state.person_id,
            corrects=state.given.full_name,
            full_name=command.full_name,
        ),
    )


def correct_nik(state: Registered, command: CorrectNik) -> Sequence[PersonEvent]:
    """The old NIK is free again. That no one else holds the new one is asked of the claims, not of this history.

    A NIK is for life, with the region where it was first issued ("Arti 16 Digit Nomor Induk Kependudukan (NIK)",
    Dukcapil Kabupaten Klaten, dukcapil.klaten.go.id, undated); where none was known it is given, not corrected.
    """
    if state.nik == command.nik:
        return ()
    if state.nik is None and command.nik is not None:
        return (NikGiven(occurred=Occurred(command.today), person_id=state.person_id, nik=command.nik),)
    return (
        NikCorrected(
            occurred=Occurred(command.today),
            person_id=state.person_id,
            corrects=state.given.nik,
            nik=command.nik,
        ),
    )


def correct_birth_date(state: Registered, command: CorrectBirthDate) -> Sequence[PersonEvent]:
    """How old the person is by either date, on the day of the correction, decides whether others hear of it.

    Rejects: ``death-before-birth`` (that the village reported).
    """
    if state.birth_date == command.birth_date:
        return ()
    old, new = known(state.birth_date), known(command.birth_date)
    for report in state.deaths:
        if report.cause is None:
            refuse_death_before_birth(report.died_on, new)
    before, after = published_birth_year(old, command.today), published_birth_year(new, command.today)
    return (
        BirthDateCorrected(
            occurred=Occurred(command.today),
            person_id=state.person_id,
            corrects=state.given.birth_date,
            village=state.village,
            birth_date=command.birth_date,
            of_minor=state.minor or before is not None or after is not None,
            birth_year=after,
            was_of_age=known_of_age(old, command.today) and not state.minor,
            of_age=known_of_age(new, command.today),
        ),
    )


def come_of_age(state: Registered, command: ComeOfAge) -> Sequence[PersonEvent]:
    """Once, from the 18th birthday on (UU 35/2014 Ps 1), of a minor who lives; of anybody else nothing is said."""
    born = known(state.birth_date)
    if born is None or not state.minor or state.deaths or command.today < adult_on(born):
        return ()
    in_its_year = Occurred(date(adult_on(born).year, 1, 1), "year")
    return (CameOfAge(occurred=in_its_year, person_id=state.person_id, village=state.village),)


def correct_village(state: Registered, command: CorrectVillage) -> Sequence[PersonEvent]:
    """They live there since that day, whatever was said before of that day or a later one; a later move is said anew.

    That they live where they do since a later day than is known is nothing new.
    """
    if state.village == command.village and state.village_since.on <= command.since.on:
        return ()
    return (
        VillageCorrected(
            occurred=command.since,
            person_id=state.person_id,
            corrects=state.given.village,
            village=command.village,
        ),
    )


def record_death(state: Registered, command: RecordDeath) -> Sequence[PersonEvent]:
    """A report by each cause; said again it is nothing new, and a trip that now names another day corrects its own.

    What a trip says is what happened there: where it contradicts the birth date, both are kept until one is corrected.

    Rejects: ``death-already-recorded`` (the village reported another day), ``death-before-birth`` (the village does).
    """
    said = next((report for report in state.deaths if report.cause == command.cause), None)
    if said is None:
        if command.cause is None:
            refuse_death_before_birth(command.died_on, known(state.birth_date))
        deaths = (*state.deaths, Report(state.version + 1, command.cause, command.died_on))
        return (
            DeathReported(
                occurred=command.died_on,
                person_id=state.person_id,
                village=state.village,
                cause=command.cause,
                died_on=day_of_death(deaths) or command.died_on,
            ),
        )
    if said.died_on == command.died_on:
        return ()
    if command.cause is None:
        raise Refused(DEATH_ALREADY_RECORDED)
    return _corrected(state, said, command.died_on)


def correct_death(state: Registered, command: CorrectDeath) -> Sequence[PersonEvent]:
    """Of a duplicate the birth date that counts is the survivor's.

    Rejects: ``not-found`` (nobody reported a death), ``death-said-by-trip`` (only a trip says so),
    ``death-before-birth``.
    """
    said = _said_by_village(state)
    if said.died_on == command.died_on:
        return ()
    if state.merged is None:
        refuse_death_before_birth(command.died_on, known(state.birth_date))
    return _corrected(state, said, command.died_on)


def refuse_death_before_birth(died_on: Occurred, birth_date: date | None) -> None:
    """However roughly the day of death is known. Rejects: ``death-before-birth``."""
    if birth_date is not None and precedes(died_on, Occurred(birth_date)):
        raise Refused(DEATH_BEFORE_BIRTH)


def retract_death(state: Registered, command: RetractDeath) -> Sequence[PersonEvent]:
    """A trip takes back only what it caused itself: another report of the death stands.

    Rejects: ``not-found`` (the village retracts, nobody reported a death), ``death-said-by-trip`` (only a trip did).
    """
    if command.cause is None:
        _said_by_village(state)
    said = next((report for report in state.deaths if report.cause == command.cause), None)
    if said is None:
        return ()
    rest = without_report(state.deaths, command.cause)
    return (
        DeathRetracted(
            occurred=Occurred(command.today),
            person_id=state.person_id,
            corrects=said.fact,
            village=state.village,
            cause=command.cause,
            died_on=day_of_death(rest),
        ),
    )


def erase_person(state: Registered, command: ErasePerson) -> Sequence[PersonEvent]:
    """Keys, claims and hashes go with this fact, here and in every service that hears it (UU 27/2022 Ps 43-44).

    Not while a legal hold or a duty of the state stands (UU 27/2022 Ps 15, Ps 42-45).

    Rejects: ``erasure-held``.
    """
    if command.held_by:
        raise Refused(ERASURE_HELD, extra={"held_by": list(command.held_by)} if command.hears_why else None)
    return (PersonErased(occurred=Occurred(command.today), person_id=state.person_id, village=state.village),)


def _said_by_village(state: Registered) -> Report:
    for report in state.deaths:
        if report.cause is None:
            return report
    raise Refused(DEATH_SAID_BY_TRIP if state.deaths else NOT_FOUND)


def _corrected(state: Registered, said: Report, died_on: Occurred) -> Sequence[PersonEvent]:
    deaths = with_report(state.deaths, Report(state.version + 1, said.cause, died_on))
    return (
        DeathCorrected(
            occurred=died_on,
            person_id=state.person_id,
            corrects=said.fact,
            village=state.village,
            cause=said.cause,
            died_on=day_of_death(deaths) or died_on,
        ),
    )


def claims(event: PersonEvent) -> Iterable[Claim | Release]:
    """One person a NIK; a corrected NIK is free again, and so is that of an erased person."""
    match event:
        case PersonRegistered(nik=Known(digits)):
            yield Claim("nik", (digits,), holder=event.person_id, person_id=event.person_id)
        case NikGiven(nik=Known(digits)):
            yield Claim("nik", (digits,), holder=event.person_id, person_id=event.person_id)
        case NikCorrected():
            yield Release("nik", holder=event.person_id)
            if isinstance(event.nik, Known):
                yield Claim("nik", (event.nik.value,), holder=event.person_id, person_id=event.person_id)
        case PersonErased():
            yield Release("nik", holder=event.person_id)
        case _:
            pass


person: Decider[Person, PersonEvent, PersonCommand] = Decider(
    initial=Unknown(), decide=decide, evolve=evolve, claims=claims
)
