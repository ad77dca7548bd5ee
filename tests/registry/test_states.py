"""What `domain/states.md` says: nothing leaves its tables, and all that they name happens."""

import random
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import date, timedelta
from pathlib import Path
from random import Random
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

import services.registry.domain
from services.registry.domain import document as documents
from services.registry.domain import legal_hold as holds
from services.registry.domain import merge_rules as merges
from services.registry.domain import namesakes as pairs
from services.registry.domain import person_rules as persons
from services.registry.domain import verification as verdicts
from services.registry.domain.merging import PersonMerged, PersonUnmerged
from services.registry.domain.person import (
    BirthDateCorrected,
    CameOfAge,
    Gone,
    NameCorrected,
    PersonErased,
    PersonRegistered,
    Registered,
    Report,
    Unknown,
)
from shared.personal import Known, known
from shared.vocabulary import Occurred
from tests.registry import walks_of_a_household as households
from tests.registry.people_of_kuripan import BUDI, DEWI, KURIPAN, LIPURSARI, OTHER_TRIP, SARI, TRIP
from tests.registry.walking import Happened, Machine, Step, decided

TABLES = Path(services.registry.domain.__file__).with_name("states.md")
ENOUGH = 5_000
THING = UUID(int=81)
DAYS = [date(2026, 11, 1) + timedelta(days=n) for n in range(6)]

_AS_BEFORE = "as before"


def steps_of(title: str) -> set[Step]:
    """The rows of the table below *title*, each alternative by itself."""
    section = TABLES.read_text().split(f"## {title}\n", 1)[1].split("\n## ", 1)[0]
    rows = re.findall(r"^\| (.+?) \| (.+?) \| (.+?) \| (.+?) \|$", section, re.MULTILINE)
    return {
        (start, asked, event, start if end == _AS_BEFORE else end)
        for starts, asked, event, ends in rows
        if asked != "asked"
        for start in starts.split(", ")
        for end in ends.split(", ")
    }


DUPLICATES = (BUDI, DEWI)
OTHER = UUID(int=83)
HARDLY_KNOWN = Registered(
    version=1,
    person_id=OTHER,
    village=KURIPAN,
    village_since=Occurred(DAYS[0]),
    full_name=Known("a"),
    nik=None,
    birth_date=None,
)
WELL_KNOWN = replace(
    HARDLY_KNOWN,
    nik=Known("3"),
    birth_date=Known(DAYS[0]),
    worker=True,
    deaths=(Report(1, None, Occurred(DAYS[0])),),
)
"""Into whom anybody may be merged: everything is known that a merge asks for."""


def a_person(title: str, called: Callable[[Any], str], about: Callable[[Any, Any], bool]) -> Machine:
    def ask(chance: Random, state: Any) -> Iterator[Happened]:
        return decided(persons.person, state, of_a_person(chance))

    return Machine(title, Unknown(), called, ask, about)


def of_a_person(chance: Random) -> object:
    one_of, today = chance.choice, chance.choice(DAYS)
    born = one_of((None, *(Known(date(year, 11, 4)) for year in (1999, 2008, 2015))))
    nik, name = one_of((None, Known("1"), Known("2"))), Known(one_of("ab"))
    cause, died = one_of((None, TRIP, OTHER_TRIP)), Occurred(one_of(DAYS))
    village = one_of((KURIPAN, LIPURSARI))
    made: object = one_of(
        (
            persons.RegisterPerson(
                person_id=SARI, today=today, village=village, full_name=name, nik=nik, birth_date=born
            ),
            persons.RegisterWorker(today=today),
            persons.CorrectName(today=today, full_name=name),
            persons.CorrectNik(today=today, nik=nik),
            persons.CorrectBirthDate(today=today, birth_date=born),
            persons.CorrectVillage(since=died, village=village),
            persons.ComeOfAge(today=today),
            persons.RecordDeath(died_on=died, cause=cause),
            persons.CorrectDeath(died_on=died),
            persons.RetractDeath(today=today, cause=cause),
            merges.MergePerson(today=today, survivor=one_of((HARDLY_KNOWN, WELL_KNOWN))),
            merges.UnmergePerson(today=today),
            merges.AssignDuplicate(today=today, duplicate_id=one_of(DUPLICATES)),
            merges.ReleaseDuplicate(today=today, duplicate_id=one_of(DUPLICATES)),
            persons.ErasePerson(today=today),
        )
    )
    return made


def life(state: Any) -> str:
    match state:
        case Registered():
            assert not (state.merged and state.duplicates), "nobody has duplicates and is one"
            return ("dead" if state.deaths else "living") + (" duplicate" if state.merged else "")
        case Gone():
            return "erased"
        case _:
            return "unknown"


def age(state: Any) -> str:
    if isinstance(state, Registered):
        return ("minor" if state.minor else "no minor") + (" duplicate" if state.merged else "")
    return life(state)


TELLING_AN_AGE = (
    *(PersonRegistered, BirthDateCorrected, CameOfAge, PersonErased),
    *(PersonMerged, PersonUnmerged),
)


def ask_of_two_alike(chance: Random, state: pairs.Namesakes) -> Iterator[Happened]:
    one, other = chance.sample((SARI, BUDI), 2)
    command = pairs.TellApart(today=chance.choice(DAYS), person_id=one, other_id=other)
    return decided(pairs.namesakes, state, command)


def seen(state: pairs.Namesakes) -> str:
    return "told apart" if state.apart else "not looked at"


def ask_for_a_document(chance: Random, state: Any) -> Iterator[Happened]:
    one_of, today = chance.choice, chance.choice(DAYS)
    says = documents.Says(
        kind="other", number=Known(one_of("12")), issuer=None, valid_from=None, valid_until=one_of((None, today))
    )
    command: object = one_of(
        (
            documents.RecordDocument(today=today, person_id=SARI, document_id=THING, says=says),
            documents.CorrectDocument(today=today, says=says),
            documents.WithdrawDocument(on=today),
            documents.RetractWithdrawal(today=today),
            documents.RetractDocument(today=today),
        )
    )
    return decided(documents.document, state, command)


def paper(state: Any) -> str:
    match state:
        case documents.Withdrawn():
            return "withdrawn"
        case documents.Standing():
            return "standing"
        case documents.Retracted():
            return "retracted"
        case _:
            return "none"


@dataclass(frozen=True)
class Verified:
    """Somebody with a NIK, and what was *said* of them by the day *on*."""

    somebody: Registered
    said: verdicts.Verdicts
    on: date


WITH_A_NIK = Verified(replace(HARDLY_KNOWN, nik=Known("1")), (), DAYS[0])


def ask_to_verify(chance: Random, state: Verified) -> Iterator[Happened]:
    """The NIK, among verdicts on the name and corrections of it, which change nothing of that."""
    somebody, said, day = state.somebody, state.said, state.on + timedelta(days=chance.randint(0, 1))
    outcomes: dict[verdicts.Field, verdicts.Outcome] = {
        chance.choice(("nik", "name")): chance.choice(("matched", "differed"))
    }
    command: object = chance.choice(
        (
            persons.CorrectNik(today=day, nik=Known(chance.choice("12"))),
            persons.CorrectName(today=day, full_name=Known(chance.choice("ab"))),
            verdicts.RecordVerdict(
                person_id=SARI, of_version=chance.randint(1, somebody.version), on=day, outcomes=outcomes, by=()
            ),
        )
    )
    if isinstance(command, verdicts.RecordVerdict):
        for asked, event, after in decided(verdicts.verification, said, command):
            yield asked, event, Verified(somebody, after, day)
    else:
        for asked, event, after in decided(persons.person, somebody, command):
            yield asked, event, Verified(after, said, day)


def verified(state: Verified) -> str:
    of_nik = next((verdict for verdict in state.said if verdict.field == "nik"), None)
    if of_nik is None:
        return "never"
    return "outdated" if verdicts.outdated(of_nik, {"nik": state.somebody.given.nik}) else of_nik.outcome


def about_the_nik(event: Any, _after: Verified) -> bool:
    if isinstance(event, verdicts.DetailsVerified):
        return "nik" in (*(known(event.matched) or ()), *(known(event.differed) or ()))
    return not isinstance(event, NameCorrected)


@dataclass(frozen=True)
class Held:
    """What forbids an erasure on the day *today*."""

    holds: holds.Holds
    today: date


def ask_for_a_hold(chance: Random, state: Held) -> Iterator[Happened]:
    today = state.today
    until = chance.choice((None, today + timedelta(days=1)))
    command = chance.choice(
        (
            holds.PlaceHold(today=today, person_id=SARI, hold_id=THING, reason="statistics", until=until, by=()),
            holds.LiftHold(today=today, person_id=SARI, hold_id=THING, by=()),
            None,
        )
    )
    if command is None:
        yield "a day passes", None, replace(state, today=today + timedelta(days=1))
        return
    for asked, event, after in decided(holds.legal_holds, state.holds, command):
        yield asked, event, replace(state, holds=after)


def held(state: Held) -> str:
    if not state.holds.all:
        return "none"
    (hold,) = state.holds.all
    assert (holds.holding(state.holds, state.today) == ("statistics",)) == hold.stands(state.today)
    return "lifted" if hold.lifted else "standing" if hold.stands(state.today) else "run out"


MACHINES = [
    a_person("A person", life, lambda _event, _after: True),
    a_person("A person's age", age, lambda event, _: isinstance(event, TELLING_AN_AGE)),
    Machine("Two who look alike", pairs.Namesakes(), seen, ask_of_two_alike),
    households.MEMBERSHIP,
    households.HEAD,
    households.CARD,
    households.VILLAGE,
    households.KIN,
    households.GUARDIAN,
    Machine("A document", documents.NoDocument(), paper, ask_for_a_document),
    Machine("What was verified of a field", WITH_A_NIK, verified, ask_to_verify, about_the_nik),
    Machine("A legal hold", Held(holds.Holds(), DAYS[0]), held, ask_for_a_hold),
]
each_machine = pytest.mark.parametrize("machine", [pytest.param(machine, id=machine.title) for machine in MACHINES])


def test_every_table_is_held_against_the_rules() -> None:
    assert [machine.title for machine in MACHINES] == re.findall(r"^## (.+)$", TABLES.read_text(), re.MULTILINE)


@each_machine
@given(chance=st.randoms(use_true_random=False), commands=st.integers(1, 40))
def test_no_sequence_of_commands_leaves_the_table(machine: Machine, chance: Random, commands: int) -> None:
    assert set(machine.walk(chance, commands)) - steps_of(machine.title) == set()


@each_machine
def test_everything_that_the_table_names_happens_and_nothing_else(machine: Machine, seed: int) -> None:
    """Asked for everything from every place alike: also where a sequence of commands seldom comes."""
    happened: set[Step] = set()
    for n, step in enumerate(machine.explore(random.Random(seed), 200_000)):  # noqa: S311
        happened.add(step)
        if n > ENOUGH and happened >= steps_of(machine.title):
            break
    assert sorted(happened) == sorted(steps_of(machine.title))
