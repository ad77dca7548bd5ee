"""What can be asked about persons and workers.

Cells come raw, as a form or a list has them; `domain` reads and judges them.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Literal, NoReturn, TypeVar, assert_never
from uuid import UUID

from services.registry.commands.answers import changed, made
from services.registry.domain.cells import read_when
from services.registry.domain.legal_hold import holding, holds_stream, legal_holds
from services.registry.domain.merge_rules import known_alone
from services.registry.domain.nik import read_nik
from services.registry.domain.particulars import (
    Particulars,
    odd_together,
    read_birth_date,
    read_day_of_death,
    read_name,
    read_particulars,
    read_village,
    same_name,
)
from services.registry.domain.person import Gone, Registered
from services.registry.domain.person_rules import (
    ComeOfAge,
    CorrectBirthDate,
    CorrectDeath,
    CorrectName,
    CorrectNik,
    CorrectVillage,
    ErasePerson,
    PersonCommand,
    RecordDeath,
    RegisterPerson,
    RegisterWorker,
    RetractDeath,
    person,
)
from services.registry.domain.refusals import (
    KNOWN_OF_DUPLICATE,
    NIK_BELONGS_TO_ANOTHER_NAME,
    NIK_OF_DUPLICATE,
    NIK_REGISTERED_ELSEWHERE,
    PERSON_ERASED,
    PERSON_UNKNOWN,
    codes,
    refuse_columns,
)
from shared.errors import NOT_FOUND, ColumnError, Refusal, Refused, person_merged
from shared.execute import Answer, Work
from shared.personal import Known, Personal, known
from shared.vocabulary import Occurred, lies_in

T = TypeVar("T")
Column = Literal["nik", "name", "birth_date", "village"]
"""What of a person can be edited."""


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class Register:
    """Register a person (pendataan penduduk), *as_worker* one who works or will work abroad; None: not given."""

    nik: str | None
    name: str | None
    birth_date: str | None
    village: str | None
    as_worker: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class RegisterKnown:
    """Say of a known person that they work or will work abroad."""

    person_id: UUID


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class Edit:
    """Correct what is known of a person: only the columns named; None takes the value away.

    *since*: the day, month or year since when they live in the village; None: since today.
    """

    person_id: UUID
    cells: Mapping[Column, str | None]
    since: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportDeath:
    """Record a death that the village reports (meninggal dunia): a day, month or year."""

    person_id: UUID
    died_on: str


@dataclass(frozen=True, slots=True, kw_only=True)
class EditDeath:
    """Correct the day of a death that the village reported."""

    person_id: UUID
    died_on: str


@dataclass(frozen=True, slots=True, kw_only=True)
class WithdrawDeath:
    """Take back a death that the village reported."""

    person_id: UUID


@dataclass(frozen=True, slots=True, kw_only=True)
class HearOfTrip:
    """A trip ended in its worker's death on *died_on*; None: it did not, whatever it said before."""

    person_id: UUID
    trip_id: UUID
    died_on: Occurred | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Birthday:
    """The day has come on which a minor is of age."""

    person_id: UUID


@dataclass(frozen=True, slots=True, kw_only=True)
class Erase:
    """Erase a person's data for good (penghapusan, UU 27/2022 Ps 43-44).

    *hears_why*: who asks may know what forbids it.
    """

    person_id: UUID
    hears_why: bool = False


Command = Register | RegisterKnown | Edit | ReportDeath | EditDeath | WithdrawDeath | HearOfTrip | Birthday | Erase


async def handle(work: Work, command: Command) -> Answer:
    """What `services.registry.commands.handle` does with one of these."""
    match command:
        case Register():
            return await register(work, command)
        case RegisterKnown():
            return await register_known(work, command)
        case Edit():
            return await edit(work, command)
        case ReportDeath():
            death = RecordDeath(died_on=read_day_of_death(command.died_on, work.today))
            return await decide_on(work, command.person_id, death, status=201)
        case EditDeath():
            new = CorrectDeath(died_on=read_day_of_death(command.died_on, work.today))
            return await decide_on(work, command.person_id, new, matching=True)
        case WithdrawDeath():
            return await decide_on(work, command.person_id, RetractDeath(today=work.today), matching=True)
        case HearOfTrip():
            return await hear_of_trip(work, command)
        case Birthday():
            await work.decide(person, command.person_id, ComeOfAge(today=work.today))
            return changed(work, command.person_id)
        case Erase():
            return await erase(work, command)
        case _:
            assert_never(command)


async def register(work: Work, command: Register) -> Answer:
    """A new person, or the one who holds this NIK under an equal name.

    Rejects: column codes (422), ``outside-area``, ``nik-belongs-to-another-name``, ``nik-registered-elsewhere``.
    """
    told = read_particulars(
        nik=command.nik,
        name=command.name,
        birth_date=command.birth_date,
        village=command.village,
        today=work.today,
    )
    work.names(told.village)
    warnings = codes(told.warnings)
    holder = await work.holder("nik", told.nik.value) if told.nik else None
    if holder is not None:
        state = await work.state(person, holder)
        if isinstance(state, Registered):  # else erased in this very moment: the NIK is free, or the append says taken
            survivor = await survivor_of(work, state)
            refuse_another(work, state, survivor, told)
            known_id = survivor.person_id
            if command.as_worker:
                await work.decide(person, known_id, RegisterWorker(today=work.today))
            return Answer(200, {"id": str(known_id)}, version=work.version(known_id), warnings=warnings)
    person_id = work.new_id()
    await work.decide(
        person,
        person_id,
        RegisterPerson(
            person_id=person_id,
            today=work.today,
            village=told.village,
            full_name=told.full_name,
            nik=told.nik,
            birth_date=told.birth_date,
        ),
    )
    if command.as_worker:
        await work.decide(person, person_id, RegisterWorker(today=work.today))
    return made(work, person_id, warnings)


def refuse_another(work: Work, holder: Registered, survivor: Registered, told: Particulars) -> None:
    """Refuse a registration whose NIK *holder* has, unless it is about the same person in the caller's area.

    *survivor* is who stands for the holder: of a duplicate either name is right, and the survivor's village counts.
    Outside the area the answer does not depend on the name: nobody finds out there whose NIK it is.
    """
    if not lies_in(survivor.village, work.caller.area):
        refuse_nik(NIK_REGISTERED_ELSEWHERE, told.warnings)
    names = (known(one.full_name) or "" for one in (holder, survivor))
    if not any(same_name(name, told.full_name.value) for name in names):
        refuse_nik(NIK_BELONGS_TO_ANOTHER_NAME, told.warnings)


def refuse_nik(refusal: Refusal, warnings: Sequence[ColumnError]) -> NoReturn:
    """Refuse a NIK for what is known about it: its code comes after those of the columns."""
    raise Refused(refusal, errors=(*warnings, ColumnError("nik", refusal.slug)))


async def register_known(work: Work, command: RegisterKnown) -> Answer:
    """A known person becomes a worker, once. Rejects: ``not-found``, ``person-erased``, ``person-merged``."""
    person_id = (await registered(work, command.person_id)).person_id
    await work.decide(person, person_id, RegisterWorker(today=work.today))
    return changed(work, person_id)


async def edit(work: Work, command: Edit) -> Answer:
    """Each column that holds something new is one correction; all of them are one append.

    Rejects: ``not-found``, ``person-erased``, ``person-merged``, If-Match codes, column codes (422; ``since-invalid``
    also without a village), ``outside-area``, ``nik-belongs-to-another-name``, ``nik-registered-elsewhere``,
    ``nik-of-duplicate``, ``known-of-duplicate``, ``death-before-birth``.
    """
    person_id, cells = command.person_id, command.cells
    await registered(work, person_id, itself=True)
    work.match(person_id)
    nik_cell, birth_cell = cells.get("nik"), cells.get("birth_date")
    nik, wrong_nik = (None, None) if nik_cell is None else read_nik(nik_cell, work.today)
    full_name, wrong_name = read_name(cells.get("name"))
    born, wrong_birth_date = (None, None) if birth_cell is None else read_birth_date(birth_cell, work.today)
    code, wrong_village = read_village(cells.get("village"))
    since, wrong_since = _lives_since(command, work.today)
    warnings = refuse_columns(
        wrong_nik,
        wrong_name if "name" in cells else None,
        wrong_birth_date,
        wrong_village if "village" in cells else None,
        wrong_since,
    )
    if "village" in cells:
        work.names(code)
    wishes: list[PersonCommand] = []
    if "nik" in cells:
        if nik is not None:
            await refuse_held(work, person_id, nik.value, warnings)
        wishes.append(CorrectNik(today=work.today, nik=nik))
    if "name" in cells:
        wishes.append(CorrectName(today=work.today, full_name=full_name))
    if "birth_date" in cells:
        wishes.append(CorrectBirthDate(today=work.today, birth_date=born))
    if "village" in cells:
        wishes.append(CorrectVillage(since=since, village=code))
    for wish in wishes:
        await work.decide(person, person_id, wish)
    after = await registered(work, person_id)
    await refuse_losing(work, after, cells)
    if cells.keys() & {"nik", "birth_date"}:
        warnings = odd_together(warnings, opened(after.nik), opened(after.birth_date))
    return changed(work, person_id, codes(warnings))


def _lives_since(command: Edit, today: date) -> tuple[Occurred, ColumnError | None]:
    """The day that is told beside a village, else today; ``since-invalid`` also where it stands beside none."""
    if command.since is None:
        return Occurred(today), None
    since, wrong = read_when("since", command.since, until=today)
    return since, wrong if "village" in command.cells else ColumnError("since", "since-invalid")


async def refuse_losing(work: Work, survivor: Registered, cells: Mapping[Column, str | None]) -> None:
    """What a merge may not lose from sight (`merge_rules`), an edit may not take away.

    Rejects: ``known-of-duplicate``.
    """
    emptied = {column for column, cell in cells.items() if cell is None}
    if not emptied:
        return
    lost = set[str]()
    for duplicate in survivor.duplicates:
        state = await work.state(person, duplicate.person_id)
        if isinstance(state, Registered):
            lost |= emptied & set(known_alone(state, survivor))
    if lost:
        errors = (ColumnError(column, KNOWN_OF_DUPLICATE.slug) for column in cells if column in lost)
        raise Refused(KNOWN_OF_DUPLICATE, errors=errors)


def opened(field: Personal[T] | None) -> Known[T] | None:
    """A personal field where it can be read."""
    return field if isinstance(field, Known) else None


async def refuse_held(work: Work, person_id: UUID, nik: str, warnings: Sequence[ColumnError]) -> None:
    """Refuse a NIK that somebody other than *person_id* holds."""
    holder = await work.holder("nik", nik)
    if holder is None or holder == person_id:
        return
    state = await work.state(person, holder)
    if isinstance(state, Registered):
        survivor = await survivor_of(work, state)
        if survivor.person_id == person_id:
            refuse_nik(NIK_OF_DUPLICATE, warnings)
        near = lies_in(survivor.village, work.caller.area)
        refuse_nik(NIK_BELONGS_TO_ANOTHER_NAME if near else NIK_REGISTERED_ELSEWHERE, warnings)


async def decide_on(
    work: Work, person_id: UUID, command: PersonCommand, *, status: int = 200, matching: bool = False
) -> Answer:
    """One decision about a person of the caller's area, *status* if it makes something new; *matching*: an edit.

    A death that the village reported is corrected or retracted under every id under which the village reported it.
    """
    before = await registered(work, person_id, itself=matching)
    if matching:
        work.match(before.person_id)
    after = await work.decide(person, before.person_id, command)
    if isinstance(command, CorrectDeath | RetractDeath):
        for duplicate in before.duplicates:
            state = await work.state(person, duplicate.person_id)
            if isinstance(state, Registered) and state.dead_by_village:
                await work.decide(person, duplicate.person_id, command)
    return changed(work, before.person_id, status=200 if after == before or work.check else status)


async def hear_of_trip(work: Work, command: HearOfTrip) -> Answer:
    """What a trip says of its worker's death, recorded or taken back under the id that the trip has, a duplicate's too.

    So the merge's undoing leaves no death where the trip does not belong.
    """
    if command.died_on is None:
        said: PersonCommand = RetractDeath(today=work.today, cause=command.trip_id)
    else:
        said = RecordDeath(died_on=command.died_on, cause=command.trip_id)
    await work.decide(person, command.person_id, said)
    return changed(work, command.person_id)


async def erase(work: Work, command: Erase) -> Answer:
    """Under every id of the human, once; asked again it is done already.

    What forbids it under any id is read with the person: a hold that is placed at the same instant comes before or
    after it. Rejects: ``not-found``, ``person-merged``, ``erasure-held``.
    """
    state = await work.state(person, command.person_id)
    if not isinstance(state, Registered):
        if isinstance(state, Gone):
            work.within(state.village)
        await work.decide(person, command.person_id, ErasePerson(today=work.today))
        return changed(work, command.person_id)
    survivor = await registered(work, command.person_id)
    held_by = set[str]()
    for person_id in survivor.ids:
        holds = await work.state(legal_holds, holds_stream(person_id))
        held_by |= set(holding(holds, work.today))
    wish = ErasePerson(today=work.today, held_by=tuple(sorted(held_by)), hears_why=command.hears_why)
    for person_id in survivor.ids:
        await work.decide(person, person_id, wish)
    return changed(work, survivor.person_id)


async def registered(work: Work, person_id: UUID, *, itself: bool = False) -> Registered:
    """The person a request is about; of a duplicate, who stands for them. *itself*: the request needs that very id.

    Rejects: ``not-found`` (also outside the area), ``person-erased``, ``person-merged`` (the duplicate lies in the area
    and the survivor outside, or *itself*: an ETag is that of one history).
    """
    state = await work.state(person, person_id)
    match state:
        case Registered(merged=None):
            work.within(state.village)
            return state
        case Registered():
            survivor = await survivor_of(work, state)
            if not lies_in(survivor.village, work.caller.area):
                work.within(state.village)
            elif not itself:
                return survivor
            raise person_merged(survivor.person_id)
        case Gone():
            work.within(state.village)
            raise Refused(PERSON_ERASED)
        case _:
            raise Refused(NOT_FOUND)


async def named(work: Work, person_id: UUID) -> Registered:
    """A person whom a request names; of a duplicate, who stands for them.

    Rejects: ``person-unknown`` (also outside the area), ``person-erased``, ``person-merged`` (only the survivor does).
    """
    state = await work.state(person, person_id)
    if not isinstance(state, Registered | Gone):
        raise Refused(PERSON_UNKNOWN)
    survivor = await survivor_of(work, state) if isinstance(state, Registered) else state
    if not lies_in(survivor.village, work.caller.area):
        if isinstance(survivor, Registered) and survivor is not state and lies_in(state.village, work.caller.area):
            raise person_merged(survivor.person_id)
        raise Refused(PERSON_UNKNOWN)
    if isinstance(survivor, Gone):
        raise Refused(PERSON_ERASED)
    return survivor


async def survivor_of(work: Work, state: Registered) -> Registered:
    """Who stands for a person: themself, or whom they were merged into. Rejects: ``person-erased`` (just now)."""
    if state.merged is None:
        return state
    survivor = await work.state(person, state.merged.into)
    if not isinstance(survivor, Registered):
        raise Refused(PERSON_ERASED)
    return survivor
