"""A household through whatever commands chance draws, seen from one side at a time: its members, its head, its card."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import date
from random import Random
from typing import Any
from uuid import UUID

from services.registry.domain import household as facts
from services.registry.domain import household_rules as rules
from services.registry.domain.household import Household, Kin, LivingTogether, Relation
from shared.personal import Erased, Known
from shared.vocabulary import Occurred
from tests.registry.people_of_kuripan import BUDI, DEWI, KURIPAN, LIPURSARI, SARI
from tests.registry.walking import Step, decided

HOME = UUID(int=82)
TODAY = date(2026, 11, 1)
DAYS = [*(Occurred(date(2026, month, 3)) for month in range(1, 6)), Occurred(date(2026, 1, 1), "year")]


@dataclass(frozen=True)
class Side:
    """One side of a household: what it is *called*, what may be *asked*, and which facts are *about* it."""

    called: Callable[[Household], str]
    asked: Callable[[Random], object]
    about: Callable[[Any], bool]

    def walk(self, chance: Random, commands: int) -> Iterator[Step]:
        """Steps that are about this side; every other fact leaves it as it was."""
        state: Household = facts.NoHousehold()
        for n in range(commands):
            command = registration(chance) if n == 0 else self.asked(chance)
            for event, after in decided(rules.household, state, command):
                before, state = state, after
                step = self.called(before), type(command).__name__, event.name, self.called(after)
                if self.about(event) or step[0] != step[3]:
                    yield step


def registration(chance: Random) -> rules.RegisterHousehold:
    return rules.RegisterHousehold(
        today=chance.choice(DAYS).on,
        household_id=HOME,
        village=chance.choice((KURIPAN, LIPURSARI)),
        members=chance.choice(((SARI,), (SARI, BUDI))),
    )


def together(state: Household) -> LivingTogether | None:
    return state if isinstance(state, LivingTogether) else None


# Who lives there


def coming_or_going(chance: Random, who: UUID) -> object:
    one_of = chance.choice
    sometimes = one_of((None, one_of(DAYS)))
    return one_of(
        (
            rules.JoinHousehold(person_id=who, since=one_of(DAYS)),
            rules.LeaveHousehold(person_id=who, left_on=one_of(DAYS)),
            rules.CorrectMembership(today=TODAY, person_id=who, since=sometimes, left_on=one_of((None, one_of(DAYS)))),
            rules.CorrectMembership(today=TODAY, person_id=who, since=sometimes, still_here=True),
            rules.RetractMembership(today=TODAY, person_id=who),
        )
    )


def standing(state: Household) -> str:
    home = together(state)
    if home and BUDI in home.members:
        return "lives here"
    return "lived here" if home and home.of(BUDI) else "never here"


MEMBERSHIP = Side(
    called=standing,
    asked=lambda chance: coming_or_going(chance, chance.choice((SARI, BUDI, BUDI, BUDI))),
    about=lambda event: getattr(event, "person_id", None) == BUDI,
)

# Who heads it


def heading(chance: Random) -> object:
    one_of, who = chance.choice, chance.choice((SARI, BUDI))
    if chance.random() < 0.4:
        return coming_or_going(chance, who)
    return one_of(
        (
            rules.NameHead(person_id=who, since=one_of(DAYS)),
            rules.CorrectHead(person_id=one_of((None, who)), since=one_of((None, one_of(DAYS)))),
            rules.RetractHead(today=TODAY),
        )
    )


def headed(state: Household) -> str:
    home = together(state)
    if home is None or not home.heads:
        return "nobody named"
    return "headed" if home.head else "headless"


HEAD = Side(
    called=headed,
    asked=heading,
    about=lambda event: isinstance(event, facts.HeadNamed | facts.HeadCorrected),
)

# Its card


def a_card(chance: Random, commands: int) -> Iterator[Step]:
    """With heads who are erased: their key goes, and with it what was sealed under it."""
    history: list[facts.HouseholdEvent] = []
    erased: set[UUID] = set()
    state: Household = facts.NoHousehold()
    for n in range(commands):
        one_of, home = chance.choice, together(state)
        number, since = Known(one_of("12")), one_of(DAYS)
        command: object = one_of(
            (
                rules.NameHead(person_id=one_of((SARI, BUDI, DEWI)), since=since),
                rules.GiveFamilyCard(number=number, since=since),
                rules.CorrectFamilyCard(number=one_of((None, number)), since=one_of((None, since))),
                rules.RetractFamilyCard(today=TODAY),
                # Somebody is left to be the head: without one who can be named nothing more happens.
                *((None,) if home and home.head and len(erased) < 2 else ()),
            )
        )
        if n == 0:
            command = replace(registration(chance), members=(SARI, BUDI, DEWI))
        before = carded(state)
        if command is None and home and home.head:
            erased.add(home.head)
            history = [without_number(event, erased) for event in history]
            state = rules.household.fold(history)
            yield before, "their head is erased", "nothing", carded(state)
            continue
        if home and home.head in erased and isinstance(command, rules.GiveFamilyCard | rules.CorrectFamilyCard):
            continue  # refused before the rules are asked: there is no key to seal a number under
        for event, after in decided(rules.household, state, command):
            history.append(event)
            step = carded(state), type(command).__name__, event.name, carded(after)
            state = after
            if isinstance(event, facts.FamilyCardGiven | facts.FamilyCardCorrected):
                yield step
            else:
                assert step[0] == step[3], step


def without_number(event: facts.HouseholdEvent, erased: set[UUID]) -> facts.HouseholdEvent:
    """As the log answers it once the keys of *erased* are gone."""
    match event:
        case facts.FamilyCardGiven() | facts.FamilyCardCorrected() if event.person_id in erased and event.number:
            return replace(event, number=Erased())
        case _:
            return event


def carded(state: Household) -> str:
    home = together(state)
    present = facts.holding(home.cards) if home else None
    return "no card" if present is None else "known" if isinstance(present.value, Known) else "erased"


# Its village


def moving(chance: Random) -> object:
    one_of, since = chance.choice, chance.choice(DAYS)
    village = one_of((KURIPAN, LIPURSARI))
    return one_of(
        (
            rules.MoveHousehold(village=village, since=since),
            rules.CorrectHouseholdVillage(village=one_of((None, village)), since=one_of((None, since))),
        )
    )


def living(state: Household) -> str:
    home = together(state)
    return "unknown" if home is None else "in the village" if home.village == KURIPAN else "elsewhere"


def a_village(chance: Random, commands: int) -> Iterator[Step]:
    """What a fact says of where the household lives now is where it does."""
    told = "unknown"

    def about(event: Any) -> bool:
        nonlocal told
        if isinstance(event, facts.HouseholdMoved | facts.HouseholdVillageCorrected):
            told = "in the village" if event.present == KURIPAN else "elsewhere"
        return True

    for step in Side(called=living, asked=moving, about=about).walk(chance, commands):
        assert told in ("unknown", step[3])
        yield step


# Who is what to whom in it


def relating(chance: Random, one: UUID, other: UUID, relation: Relation) -> object:
    """Mostly these two; sometimes the same the other way round, or another relation of theirs."""
    if chance.random() < 0.2:
        one, other, relation = other, one, chance.choice(("spouse", "child"))
    guardian = chance.choice((None, SARI, BUDI)) if relation == "child" else None
    kin = Kin(person_id=one, relative_id=other, relation=relation, guardian_id=None if guardian == other else guardian)
    since = chance.choice(DAYS)
    return chance.choice(
        (
            rules.RecordKin(today=TODAY, since=since, kin=kin),
            rules.RecordKin(today=TODAY, kin=kin),
            rules.ChangeGuardian(person_id=one, relative_id=other, guardian_id=kin.guardian_id, since=since),
            rules.RetractKin(today=TODAY, person_id=other, relative_id=one),
        )
    )


def of_two(one: UUID, other: UUID, relation: Relation) -> Side:
    """Whether *other* is the *relation* of *one*, by what is recorded."""
    these = Kin(person_id=one, relative_id=other, relation=relation)

    def related(state: Household) -> str:
        home = together(state)
        return "recorded" if home and any(kin.says(these) for kin in home.kin) else "not recorded"

    return Side(
        called=related,
        asked=lambda chance: relating(chance, one, other, relation),
        about=lambda event: is_about(event, these),
    )


def is_about(event: Any, these: Kin) -> bool:
    match event:
        case facts.KinRecorded() | facts.GuardianCorrected() | facts.KinRetracted():
            relation: Relation = event.relation
        case facts.GuardianChanged():
            relation = "child"
        case _:
            return False
    return these.says(Kin(person_id=event.person_id, relative_id=event.relative_id, relation=relation))


def a_relation(chance: Random, commands: int) -> Iterator[Step]:
    """A child, or a spouse, whichever of the two is named first."""
    one, other, relation = chance.choice(CHILD_OR_SPOUSE)
    yield from of_two(one, other, relation).walk(chance, commands)


CHILD_OR_SPOUSE: tuple[tuple[UUID, UUID, Relation], ...] = ((SARI, DEWI, "child"), (SARI, BUDI, "spouse"))


def guarded(state: Household) -> str:
    home = together(state)
    said = next((kin for kin in home.kin if kin.says(OF_SARI)), None) if home else None
    if said is None:
        return "not recorded"
    return "unguarded" if said.guardian_id is None else "guarded"


OF_SARI = Kin(person_id=SARI, relative_id=DEWI, relation="child")
GUARDIAN = Side(
    called=guarded,
    asked=lambda chance: relating(chance, SARI, DEWI, "child"),
    about=lambda event: is_about(event, OF_SARI),
)
