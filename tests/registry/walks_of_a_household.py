"""A household asked for whatever chance draws, seen from one side at a time: its members, its head, its card."""

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
from tests.registry.walking import Happened, Machine, decided

HOME = UUID(int=82)
NOBODY = facts.NoHousehold()
TODAY = date(2026, 11, 1)
DAYS = [*(Occurred(date(2026, month, 3)) for month in range(1, 6)), Occurred(date(2026, 1, 1), "year")]


def one_side(
    title: str,
    called: Callable[[Household], str],
    asked: Callable[[Random], object],
    about: Callable[[Any], bool],
) -> Machine:
    """A household that is registered first, and then *asked* for what chance draws."""

    def ask(chance: Random, home: Household) -> Iterator[Happened]:
        return decided(rules.household, home, asked(chance) if together(home) else registration(chance))

    return Machine(title, NOBODY, called, ask, lambda event, _: about(event))


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


MEMBERSHIP = one_side(
    "Somebody in a household",
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


HEAD = one_side(
    "The head of a household",
    called=headed,
    asked=heading,
    about=lambda event: isinstance(event, facts.HeadNamed | facts.HeadCorrected),
)

# Its card


@dataclass(frozen=True)
class Carded:
    """A household with what was recorded of it, of whom some are *erased*: what was sealed under their keys is gone."""

    home: Household = NOBODY
    history: tuple[facts.HouseholdEvent, ...] = ()
    erased: frozenset[UUID] = frozenset()


def ask_for_a_card(chance: Random, state: Carded) -> Iterator[Happened]:
    one_of, home = chance.choice, together(state.home)
    if home is None:
        yield from recorded(state, replace(registration(chance), members=(SARI, BUDI, DEWI)))
        return
    number, since = Known(one_of("12")), one_of(DAYS)
    command: object = one_of(
        (
            rules.NameHead(person_id=one_of((SARI, BUDI, DEWI)), since=since),
            rules.GiveFamilyCard(number=number, since=since),
            rules.CorrectFamilyCard(number=one_of((None, number)), since=one_of((None, since))),
            rules.RetractFamilyCard(today=TODAY),
            # Somebody is left to be the head: without one who can be named nothing more happens.
            *((None,) if home.head and len(state.erased) < 2 else ()),
        )
    )
    if command is None and home.head:
        erased = state.erased | {home.head}
        history = tuple(without_number(event, erased) for event in state.history)
        yield "their head is erased", None, Carded(rules.household.fold(history), history, erased)
    elif home.head in state.erased and isinstance(command, rules.GiveFamilyCard | rules.CorrectFamilyCard):
        return  # refused before the rules are asked: there is no key to seal a number under
    else:
        yield from recorded(state, command)


def recorded(state: Carded, command: object) -> Iterator[Happened]:
    for asked, event, home in decided(rules.household, state.home, command):
        state = replace(state, home=home, history=(*state.history, event))
        yield asked, event, state


def without_number(event: facts.HouseholdEvent, erased: frozenset[UUID]) -> facts.HouseholdEvent:
    """As the log answers it once the keys of *erased* are gone."""
    match event:
        case facts.FamilyCardGiven() | facts.FamilyCardCorrected() if event.person_id in erased and event.number:
            return replace(event, number=Erased())
        case _:
            return event


def carded(state: Carded) -> str:
    home = together(state.home)
    present = facts.holding(home.cards) if home else None
    return "no card" if present is None else "known" if isinstance(present.value.number, Known) else "erased"


CARD = Machine(
    "The family card of a household",
    Carded(),
    carded,
    ask_for_a_card,
    about=lambda event, _: event is None or isinstance(event, facts.FamilyCardGiven | facts.FamilyCardCorrected),
)

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


def ask_for_a_village(chance: Random, home: Household) -> Iterator[Happened]:
    """What a fact says of where the household lives now is where it does."""
    command = moving(chance) if together(home) else registration(chance)
    for asked, event, after in decided(rules.household, home, command):
        if isinstance(event, facts.HouseholdMoved | facts.HouseholdVillageCorrected):
            assert living(after) == ("in the village" if event.present == KURIPAN else "elsewhere")
        yield asked, event, after


VILLAGE = Machine("The village of a household", NOBODY, living, ask_for_a_village)

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


@dataclass(frozen=True)
class Related:
    """A household, and the relation of two persons that is looked at in it (None: not chosen yet)."""

    home: Household = NOBODY
    chosen: Kin | None = None


def ask_of_two(chance: Random, state: Related) -> Iterator[Happened]:
    """A child, or a spouse, whichever of the two is named first."""
    chosen = state.chosen or chance.choice((OF_SARI, SPOUSE_OF_SARI))
    command: object = registration(chance)
    if together(state.home):
        command = relating(chance, chosen.person_id, chosen.relative_id, chosen.relation)
    for asked, event, home in decided(rules.household, state.home, command):
        yield asked, event, Related(home, chosen)


def related(state: Related) -> str:
    home, chosen = together(state.home), state.chosen
    return "recorded" if home and chosen and any(kin.says(chosen) for kin in home.kin) else "not recorded"


def is_about(event: Any, these: Kin) -> bool:
    match event:
        case facts.KinRecorded() | facts.GuardianCorrected() | facts.KinRetracted():
            relation: Relation = event.relation
        case facts.GuardianChanged():
            relation = "child"
        case _:
            return False
    return these.says(Kin(person_id=event.person_id, relative_id=event.relative_id, relation=relation))


OF_SARI = Kin(person_id=SARI, relative_id=DEWI, relation="child")
SPOUSE_OF_SARI = Kin(person_id=SARI, relative_id=BUDI, relation="spouse")
KIN = Machine(
    "What somebody is to somebody else",
    Related(),
    related,
    ask_of_two,
    about=lambda event, after: is_about(event, after.chosen),
)


def guarded(state: Household) -> str:
    home = together(state)
    said = next((kin for kin in home.kin if kin.says(OF_SARI)), None) if home else None
    if said is None:
        return "not recorded"
    return "unguarded" if said.guardian_id is None else "guarded"


GUARDIAN = one_side(
    "Who guards a child",
    called=guarded,
    asked=lambda chance: relating(chance, SARI, DEWI, "child"),
    about=lambda event: is_about(event, OF_SARI),
)
