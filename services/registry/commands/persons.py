"""What can be asked about persons and workers.

Cells come raw, as a form or a list has them; `domain` reads and judges them.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, NoReturn, TypeVar, assert_never
from uuid import UUID

from services.registry.commands.answers import changed, made
from services.registry.domain.legal_hold import holding, holds_stream, legal_holds
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
    NIK_BELONGS_TO_ANOTHER_NAME,
    NIK_REGISTERED_ELSEWHERE,
    PERSON_ERASED,
    PERSON_UNKNOWN,
    codes,
    refuse_columns,
)
from shared.errors import NOT_FOUND, ColumnError, Refusal, Refused
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
    """Correct what is known of a person: only the columns named; None takes the value away."""

    person_id: UUID
    cells: Mapping[Column, str | None]


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
    """Erase a person's data for good (penghapusan, UU 27/2022 Ps 44)."""

    person_id: UUID


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
            refuse_another(work, state, told)
            if command.as_worker:
                await work.decide(person, holder, RegisterWorker(today=work.today))
            return Answer(200, {"id": str(holder)}, version=work.version(holder), warnings=warnings)
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


def refuse_another(work: Work, holder: Registered, told: Particulars) -> None:
    """Refuse a registration whose NIK *holder* has, unless it is about the same person in the caller's area.

    Outside the area the answer does not depend on the name: nobody finds out there whose NIK it is.
    """
    if not lies_in(holder.village, work.caller.area):
        refuse_nik(NIK_REGISTERED_ELSEWHERE, told.warnings)
    if not same_name(known(holder.full_name) or "", told.full_name.value):
        refuse_nik(NIK_BELONGS_TO_ANOTHER_NAME, told.warnings)


def refuse_nik(refusal: Refusal, warnings: Sequence[ColumnError]) -> NoReturn:
    """Refuse a NIK for what is known about it: its code comes after those of the columns."""
    raise Refused(refusal, errors=(*warnings, ColumnError("nik", refusal.slug)))


async def register_known(work: Work, command: RegisterKnown) -> Answer:
    """A known person becomes a worker, once. Rejects: ``not-found``, ``person-erased``."""
    await registered(work, command.person_id)
    await work.decide(person, command.person_id, RegisterWorker(today=work.today))
    return changed(work, command.person_id)


async def edit(work: Work, command: Edit) -> Answer:
    """Each column that holds something new is one correction; all of them are one append.

    Rejects: ``not-found``, ``person-erased``, If-Match codes, column codes (422), ``outside-area``,
    ``nik-belongs-to-another-name``, ``nik-registered-elsewhere``.
    """
    person_id, cells = command.person_id, command.cells
    await registered(work, person_id)
    work.match(person_id)
    nik_cell, birth_cell = cells.get("nik"), cells.get("birth_date")
    nik, wrong_nik = (None, None) if nik_cell is None else read_nik(nik_cell, work.today)
    full_name, wrong_name = read_name(cells.get("name"))
    born, wrong_birth_date = (None, None) if birth_cell is None else read_birth_date(birth_cell, work.today)
    code, wrong_village = read_village(cells.get("village"))
    warnings = refuse_columns(
        wrong_nik,
        wrong_name if "name" in cells else None,
        wrong_birth_date,
        wrong_village if "village" in cells else None,
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
        wishes.append(CorrectVillage(today=work.today, village=code))
    for wish in wishes:
        await work.decide(person, person_id, wish)
    after = await registered(work, person_id)
    if cells.keys() & {"nik", "birth_date"}:
        warnings = odd_together(warnings, opened(after.nik), opened(after.birth_date))
    return changed(work, person_id, codes(warnings))


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
        near = lies_in(state.village, work.caller.area)
        refuse_nik(NIK_BELONGS_TO_ANOTHER_NAME if near else NIK_REGISTERED_ELSEWHERE, warnings)


async def decide_on(
    work: Work, person_id: UUID, command: PersonCommand, *, status: int = 200, matching: bool = False
) -> Answer:
    """One decision about a person of the caller's area, *status* if it makes something new; *matching*: an edit."""
    before = await registered(work, person_id)
    if matching:
        work.match(person_id)
    after = await work.decide(person, person_id, command)
    return changed(work, person_id, status=200 if after == before or work.check else status)


async def hear_of_trip(work: Work, command: HearOfTrip) -> Answer:
    """What a trip says of its worker's death, recorded or taken back."""
    if command.died_on is None:
        said: PersonCommand = RetractDeath(today=work.today, cause=command.trip_id)
    else:
        said = RecordDeath(died_on=command.died_on, cause=command.trip_id)
    await work.decide(person, command.person_id, said)
    return changed(work, command.person_id)


async def erase(work: Work, command: Erase) -> Answer:
    """Done once; asked again it is done already. Rejects: ``not-found``, ``erasure-held``.

    What forbids it is read with the person: a hold that is placed at the same instant comes before or after it.
    """
    state = await work.state(person, command.person_id)
    if isinstance(state, Registered | Gone):
        work.within(state.village)
    holds = await work.state(legal_holds, holds_stream(command.person_id))
    wish = ErasePerson(today=work.today, held_by=holding(holds, work.today))
    await work.decide(person, command.person_id, wish)
    return changed(work, command.person_id)


async def registered(work: Work, person_id: UUID) -> Registered:
    """The person a request is about. Rejects: ``not-found`` (also outside the area), ``person-erased``."""
    state = await work.state(person, person_id)
    match state:
        case Registered():
            work.within(state.village)
            return state
        case Gone():
            work.within(state.village)
            raise Refused(PERSON_ERASED)
        case _:
            raise Refused(NOT_FOUND)


async def named(work: Work, person_id: UUID) -> Registered:
    """A person whom a request names. Rejects: ``person-unknown`` (also outside the area), ``person-erased``."""
    state = await work.state(person, person_id)
    if not isinstance(state, Registered | Gone) or not lies_in(state.village, work.caller.area):
        raise Refused(PERSON_UNKNOWN)
    if isinstance(state, Gone):
        raise Refused(PERSON_ERASED)
    return state
