"""What can be asked about households and their kinship."""

from dataclasses import dataclass, replace
from typing import assert_never
from uuid import UUID

from services.registry.commands.answers import changed, made
from services.registry.commands.persons import named, survivor_of
from services.registry.domain.household import (
    Household,
    Kin,
    LivingTogether,
    RecordKin,
    RegisterHousehold,
    RetractKin,
    StatedRelation,
    household,
    kin_parts,
    stated_kin,
)
from services.registry.domain.particulars import read_village
from services.registry.domain.person import Registered, known_of_age, published_birth_year
from services.registry.domain.person_rules import person
from services.registry.domain.refusals import KIN_RECORDED_ELSEWHERE, refuse_columns
from shared.errors import NOT_FOUND, Refused
from shared.execute import Answer, Work
from shared.personal import known


@dataclass(frozen=True, slots=True, kw_only=True)
class Relative:
    """*relative_id* is the *relation* of *person_id*; *guardian_id* cares for the child among the two."""

    person_id: UUID
    relative_id: UUID
    relation: StatedRelation
    guardian_id: UUID | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class RegisterTogether:
    """Register a household (rumah tangga) and who is what to whom in it."""

    village: str
    members: tuple[UUID, ...]
    kin: tuple[Relative, ...]


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


Command = RegisterTogether | AddKin | WithdrawKin


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
            assert_never(command)


async def register_together(work: Work, command: RegisterTogether) -> Answer:
    """A household of known persons, and its kinship, in one append.

    Rejects: ``village-unknown``, ``outside-area``, ``relation-of-oneself``, ``guardian-not-of-a-child``,
    ``person-unknown``, ``person-erased``, ``kin-recorded-elsewhere``.
    """
    code, wrong = read_village(command.village)
    refuse_columns(wrong)
    work.names(code)
    kin = [as_recorded(relative) for relative in command.kin]
    members = tuple([(await named(work, member)).person_id for member in dict.fromkeys(command.members)])
    household_id = work.new_id()
    wish = RegisterHousehold(today=work.today, household_id=household_id, village=code, members=members)
    state = await work.decide(household, household_id, wish)
    for relation in kin:
        state = await record(work, household_id, state, relation)
    return made(work, household_id)


async def add_kin(work: Work, command: AddKin) -> Answer:
    """One relation more. Rejects: ``not-found`` and what `register_together` says of kinship."""
    before = await living_together(work, command.household_id)
    after = await record(work, command.household_id, before, as_recorded(command.kin))
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


async def ids_of(work: Work, person_id: UUID) -> tuple[UUID, ...]:
    """Every id of this human; of somebody erased or unknown this one."""
    state = await work.state(person, person_id)
    if not isinstance(state, Registered):
        return (person_id,)
    return (await survivor_of(work, state)).ids


def as_recorded(relative: Relative) -> Kin:
    """A relation as somebody stated it, the way round in which it is recorded."""
    return stated_kin(relative.person_id, relative.relative_id, relative.relation, relative.guardian_id)


async def record(work: Work, household_id: UUID, state: Household, kin: Kin) -> Household:
    """Record *kin* in the household, now at *state*; what is told of a child's age comes from its own history.

    Of duplicates the survivors are recorded; what stands under a duplicate's id is the same relation.
    """
    one, relative = await named(work, kin.person_id), await named(work, kin.relative_id)
    guardian = None if kin.guardian_id is None else (await named(work, kin.guardian_id)).person_id
    kin = stated_kin(one.person_id, relative.person_id, kin.relation, guardian)
    same = [replace(kin, person_id=a, relative_id=b) for a in one.ids for b in relative.ids]
    standing = state.kin if isinstance(state, LivingTogether) else ()
    said_here = next((other for other in same if any(said.says(other) for said in standing)), None)
    if said_here is None:
        for other in same:
            if await work.holder("kin", *kin_parts(other.person_id, other.relative_id, other.relation)):
                raise Refused(KIN_RECORDED_ELSEWHERE)
    birth_date = known(relative.birth_date) if kin.relation == "child" else None
    wish = RecordKin(
        today=work.today,
        kin=said_here or kin,
        birth_year=published_birth_year(birth_date, work.today),
        of_age=known_of_age(birth_date, work.today),
    )
    return await work.decide(household, household_id, wish)


async def living_together(work: Work, household_id: UUID) -> LivingTogether:
    """The household a request is about. Rejects: ``not-found`` (also outside the area)."""
    state = await work.state(household, household_id)
    if not isinstance(state, LivingTogether):
        raise Refused(NOT_FOUND)
    work.within(state.village)
    return state
