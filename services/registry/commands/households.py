"""What can be asked about households and their kinship."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from uuid import UUID

from services.registry.commands import household_changes as changes
from services.registry.commands.answers import changed, made
from services.registry.commands.household_changes import ids_of, lives_nowhere, living_together
from services.registry.commands.persons import named, refuse_another, survivor_of
from services.registry.domain.cells import read_when
from services.registry.domain.composition import RelationToHead, head_among, kin_of, read_relation
from services.registry.domain.family_card import read_card
from services.registry.domain.household import Household, Kin, LivingTogether, StatedRelation
from services.registry.domain.household_rules import (
    GiveFamilyCard,
    NameHead,
    RecordKin,
    RegisterHousehold,
    RetractKin,
    household,
    kin_parts,
    stated_kin,
)
from services.registry.domain.nik import read_nik, says_otherwise
from services.registry.domain.particulars import (
    Particulars,
    born_after,
    read_birth_date,
    read_name,
    read_survey_day,
    read_village,
)
from services.registry.domain.person import Registered, Unknown, known_of_age, published_birth_year
from services.registry.domain.person_rules import RegisterPerson, RegisterWorker, person
from services.registry.domain.refusals import KIN_RECORDED_ELSEWHERE, codes, refuse_columns
from shared.errors import ColumnError, Refused
from shared.execute import Answer, Work
from shared.personal import Known, known
from shared.vocabulary import Occurred


@dataclass(frozen=True, slots=True, kw_only=True)
class Relative:
    """*relative_id* is the *relation* of *person_id*; *guardian_id* cares for the child among the two.

    *since*: a day, month or year; None: the day of the survey, or today.
    """

    person_id: UUID
    relative_id: UUID
    relation: StatedRelation
    guardian_id: UUID | None = None
    since: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class Inhabitant:
    """One line of a list: a person of the household, raw, with the relation to its head; None: not given."""

    nik: str | None
    name: str | None
    birth_date: str | None
    relation: str
    as_worker: bool


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class RegisterTogether:
    """Register a household (rumah tangga) and who is what to whom in it.

    *members* are known persons, *people* those whom a list describes; *head_id* is one of *members*. *surveyed_on*: the
    day on which the list was written, since when all of it holds.
    """

    village: str
    members: tuple[UUID, ...]
    kin: tuple[Relative, ...]
    people: tuple[Inhabitant, ...] = ()
    head_id: UUID | None = None
    card: str | None = None
    surveyed_on: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class AddKin:
    """Record one more relation in a household."""

    household_id: UUID
    kin: Relative


@dataclass(frozen=True, slots=True, kw_only=True)
class WithdrawKin:
    """Take back what was recorded between two persons of a household."""

    household_id: UUID
    person_id: UUID
    relative_id: UUID


Command = RegisterTogether | AddKin | WithdrawKin | changes.Command


async def handle(work: Work, command: Command) -> Answer:
    """What `services.registry.commands.handle` does with one of these."""
    match command:
        case RegisterTogether():
            return await register_together(work, command)
        case AddKin():
            return await add_kin(work, command)
        case WithdrawKin():
            return await withdraw_kin(work, command)
        case _:
            return await changes.handle(work, command)


async def register_together(work: Work, command: RegisterTogether) -> Answer:
    """A household of known and of new persons, and its kinship, in one append; answers the ids of *people* in order.

    Rejects: ``village-unknown``, ``surveyed-on-invalid``, ``card-…``, ``since-invalid`` (of kin), of each of *people*
    the codes of a registration and ``birth-date-after-survey``, ``relation-unknown``, ``nik-twice``,
    ``relation-no-head``, ``outside-area``,
    ``relation-of-oneself``, ``guardian-not-of-a-child``, ``person-unknown``, ``person-erased``, ``person-merged``,
    ``nik-belongs-to-another-name``, ``nik-registered-elsewhere``, ``member-of-another-household``,
    ``head-not-a-member``, ``household-without-head``, ``kin-recorded-elsewhere``, ``kin-contradictory``.
    """
    told = _read(work, command)
    work.names(told.village)
    kin = [(as_recorded(relative), since) for relative, since in zip(command.kin, told.kin_since, strict=True)]
    members = dict.fromkeys([(await named(work, member)).ids for member in dict.fromkeys(command.members)])
    for relative in command.kin:  # whom the caller may not see is unknown, whatever else is to be said
        for who in (relative.person_id, relative.relative_id, relative.guardian_id):
            if who is not None:
                await named(work, who)
    for ids in members:
        await lives_nowhere(work, ids)
    people = [await inhabitant(work, n, one, told) for n, one in enumerate(told.people)]
    head_id = command.head_id and (await ids_of(work, command.head_id))[0]
    if people:
        head_id = people[told.head]
    since_survey = Occurred(told.surveyed_on)
    if head_id is not None:
        listed = list(zip(people, (one.relation for one in told.people), strict=True))
        kin += [(relation, since_survey) for relation in kin_of(head_id, listed)]
    household_id = work.new_id()
    state = await work.decide(
        household,
        household_id,
        RegisterHousehold(
            today=told.surveyed_on,
            household_id=household_id,
            village=told.village,
            members=(*(ids[0] for ids in members), *people),
        ),
    )
    if head_id is not None:
        state = await work.decide(household, household_id, NameHead(person_id=head_id, since=since_survey))
    if told.card is not None:
        state = await work.decide(household, household_id, GiveFamilyCard(number=told.card, since=since_survey))
    for relation, since in kin:
        state = await record(work, household_id, state, relation, since)
    answer = made(work, household_id, codes(told.warnings))
    return replace(answer, body=answer.body | {"people": [None if work.check else str(one) for one in people]})


@dataclass(frozen=True, slots=True, kw_only=True)
class _Line:
    """An inhabitant, read and judged."""

    told: Particulars
    relation: RelationToHead
    as_worker: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class _Told:
    """A registration, read and judged; *head* is the place of the head among *people*."""

    village: str
    surveyed_on: date
    card: Known[str] | None
    kin_since: tuple[Occurred, ...]
    people: tuple[_Line, ...]
    head: int
    warnings: tuple[ColumnError, ...]


def _read(work: Work, command: RegisterTogether) -> _Told:
    """Every cell, those of a line under the line's own name (``people.2.nik``); all that is wrong is said at once.

    Warns of each line's ``nik-birth-date-differs``, where its NIK has no other code.
    """
    village, wrong_village = read_village(command.village)
    surveyed_on, wrong_day = read_survey_day(command.surveyed_on, work.today)
    card, wrong_card = (None, None) if command.card is None else read_card(command.card, work.today)
    found: list[ColumnError | None] = [wrong_village, wrong_day, wrong_card]
    kin_since: list[Occurred] = []
    for n, relative in enumerate(command.kin):
        since, wrong_since = _since(relative, surveyed_on, work.today)
        kin_since.append(since)
        found.append(wrong_since and replace(wrong_since, column=f"kin.{n}.{wrong_since.column}"))
    lines: list[_Line] = []
    for n, one in enumerate(command.people):
        nik, wrong_nik = (None, None) if one.nik is None else read_nik(one.nik, work.today)
        full_name, wrong_name = read_name(one.name)
        born, wrong_born = (None, None) if one.birth_date is None else read_birth_date(one.birth_date, work.today)
        relation, wrong_relation = read_relation(one.relation)
        odd = None if wrong_nik else says_otherwise(nik, born)
        late = None if wrong_day else born_after(born, surveyed_on)
        wrong = (wrong_nik, odd, wrong_name, wrong_born or late, wrong_relation)
        found += [error and replace(error, column=f"people.{n}.{error.column}") for error in wrong]
        told = Particulars(nik=nik, full_name=full_name, birth_date=born, village=village, warnings=())
        lines.append(_Line(told=told, relation=relation, as_worker=one.as_worker))
    found += _twice(lines)
    head, no_head = head_among([line.relation for line in lines]) if lines else (0, None)
    if not any(error and error.code == "relation-unknown" for error in found):
        found.append(no_head)
    return _Told(
        village=village,
        surveyed_on=surveyed_on,
        card=card,
        kin_since=tuple(kin_since),
        people=tuple(lines),
        head=head,
        warnings=refuse_columns(*found),
    )


def _since(relative: Relative, otherwise: date, today: date) -> tuple[Occurred, ColumnError | None]:
    """Since when a relation holds: *otherwise* where nobody says; else ``since-invalid``."""
    return (Occurred(otherwise), None) if relative.since is None else read_when("since", relative.since, until=today)


def _twice(lines: Sequence[_Line]) -> list[ColumnError | None]:
    """Whose NIK an earlier line has: one person is listed once."""
    first: dict[str, int] = {}
    numbers = [(n, line.told.nik.value) for n, line in enumerate(lines) if line.told.nik]
    return [ColumnError(f"people.{n}.nik", "nik-twice") for n, nik in numbers if first.setdefault(nik, n) != n]


async def inhabitant(work: Work, n: int, line: _Line, told: _Told) -> UUID:
    """The *n*-th of a list: a new person, or the one who holds this NIK under an equal name and lives nowhere yet.

    Rejects: ``nik-belongs-to-another-name``, ``nik-registered-elsewhere``, ``member-of-another-household``.
    """
    nik = line.told.nik
    person_id = await work.holder("nik", nik.value) if nik else None
    known_one = await work.state(person, person_id) if person_id else Unknown()
    if person_id is not None and isinstance(known_one, Registered):
        try:
            survivor = await survivor_of(work, known_one)
            refuse_another(work, known_one, survivor, line.told)
            await lives_nowhere(work, survivor.ids)
            person_id = survivor.person_id
        except Refused as refused:  # the same no, and of which line
            raise Refused(refused.refusal, errors=[ColumnError(f"people.{n}.nik", refused.slug)]) from None
    else:  # nobody has it, or it was erased in this very moment: the NIK is free, or the append says taken
        person_id = work.new_id(f"person:{n}")
        await work.decide(
            person,
            person_id,
            RegisterPerson(
                person_id=person_id,
                today=work.today,
                village=told.village,
                full_name=line.told.full_name,
                nik=nik,
                birth_date=line.told.birth_date,
                surveyed_on=told.surveyed_on,
            ),
        )
    if line.as_worker:
        await work.decide(person, person_id, RegisterWorker(today=told.surveyed_on))
    return person_id


async def add_kin(work: Work, command: AddKin) -> Answer:
    """One relation more. Rejects: ``not-found`` and what `register_together` says of kinship."""
    before = await living_together(work, command.household_id)
    since, wrong = _since(command.kin, work.today, work.today)
    refuse_columns(wrong)
    after = await record(work, command.household_id, before, as_recorded(command.kin), since)
    return changed(work, command.household_id, status=200 if after == before or work.check else 201)


async def withdraw_kin(work: Work, command: WithdrawKin) -> Answer:
    """One relation less, under whichever ids of the two it was recorded. Rejects: ``not-found``, If-Match codes."""
    before = await living_together(work, command.household_id)
    work.match(command.household_id)
    ones, others = await ids_of(work, command.person_id), await ids_of(work, command.relative_id)
    pairs = {
        tuple(sorted((kin.person_id, kin.relative_id)))
        for kin in before.kin
        if any(kin.is_of(one, other) for one in ones for other in others)
    }
    for one, other in sorted(pairs) or [(command.person_id, command.relative_id)]:
        wish = RetractKin(today=work.today, person_id=one, relative_id=other)
        await work.decide(household, command.household_id, wish)
    return changed(work, command.household_id)


def as_recorded(relative: Relative) -> Kin:
    """A relation as somebody stated it, the way round in which it is recorded."""
    return stated_kin(relative.person_id, relative.relative_id, relative.relation, relative.guardian_id)


async def record(work: Work, household_id: UUID, state: Household, kin: Kin, since: Occurred) -> Household:
    """Record *kin* in the household, now at *state*; what is told of a child's age comes from its own history.

    It holds *since* then; of age is who is so today. Of duplicates the survivors are recorded; what stands under a
    duplicate's id is said of the same two. Rejects: ``kin-recorded-elsewhere``, ``kin-contradictory``.
    """
    one, relative = await named(work, kin.person_id), await named(work, kin.relative_id)
    guardian = None if kin.guardian_id is None else (await named(work, kin.guardian_id)).person_id
    kin = stated_kin(one.person_id, relative.person_id, kin.relation, guardian)
    same = [replace(kin, person_id=a, relative_id=b) for a in one.ids for b in relative.ids]
    standing = state.kin if isinstance(state, LivingTogether) else ()
    of_these_two = [other for other in same if any(said.is_of(other.person_id, other.relative_id) for said in standing)]
    # What says another relation of the two is refused by the rules; the same one is looked for first.
    said_here = next((other for other in of_these_two if any(said.says(other) for said in standing)), None)
    said_here = said_here or next(iter(of_these_two), None)
    if said_here is None:
        for other in same:
            if await work.holder("kin", *kin_parts(other.person_id, other.relative_id)):
                raise Refused(KIN_RECORDED_ELSEWHERE)
    birth_date = known(relative.birth_date) if kin.relation == "child" else None
    wish = RecordKin(
        today=work.today,
        since=since,
        kin=said_here or kin,
        birth_year=published_birth_year(birth_date, work.today),
        of_age=known_of_age(birth_date, work.today),
    )
    return await work.decide(household, household_id, wish)
