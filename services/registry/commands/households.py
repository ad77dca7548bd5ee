"""What can be asked about households and their kinship."""

from dataclasses import dataclass
from typing import assert_never
from uuid import UUID

from services.registry.commands.answers import changed, made
from services.registry.commands.persons import named
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
from services.registry.domain.person import known_of_age, published_birth_year
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
    for member in dict.fromkeys(command.members):
        await named(work, member)
    household_id = work.new_id()
    wish = RegisterHousehold(today=work.today, household_id=household_id, village=code, members=command.members)
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
    """One relation less. Rejects: ``not-found``, If-Match codes."""
    await living_together(work, command.household_id)
    work.match(command.household_id)
    wish = RetractKin(today=work.today, person_id=command.person_id, relative_id=command.relative_id)
    await work.decide(household, command.household_id, wish)
    return changed(work, command.household_id)


def as_recorded(relative: Relative) -> Kin:
    """A relation as somebody stated it, the way round in which it is recorded."""
    return stated_kin(relative.person_id, relative.relative_id, relative.relation, relative.guardian_id)


async def record(work: Work, household_id: UUID, state: Household, kin: Kin) -> Household:
    """Record *kin* in the household, now at *state*; what is told of a child's age comes from its own history."""
    await named(work, kin.person_id)
    relative = await named(work, kin.relative_id)
    if kin.guardian_id is not None:
        await named(work, kin.guardian_id)
    said_here = isinstance(state, LivingTogether) and any(other.says(kin) for other in state.kin)
    if not said_here and await work.holder("kin", *kin_parts(kin.person_id, kin.relative_id, kin.relation)):
        raise Refused(KIN_RECORDED_ELSEWHERE)
    birth_date = known(relative.birth_date) if kin.relation == "child" else None
    wish = RecordKin(
        today=work.today,
        kin=kin,
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
