"""What `domain/states.md` says: no sequence of commands leaves its tables, and all that they name can happen."""

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
from services.registry.domain.person import Gone, Registered, Report, Unknown
from shared.personal import Known
from shared.vocabulary import Occurred
from tests.registry import walks_of_a_household as households
from tests.registry.people_of_kuripan import BUDI, DEWI, KURIPAN, LIPURSARI, OTHER_TRIP, SARI, TRIP
from tests.registry.walking import Step, decided

TABLES = Path(services.registry.domain.__file__).with_name("states.md")
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


@dataclass(frozen=True)
class Machine:
    """What a table is about: *title* is its heading; *walk* takes it through commands that *chance* draws."""

    title: str
    walk: Callable[[Random, int], Iterator[Step]]


DUPLICATES = (BUDI, DEWI)
OTHER = UUID(int=83)
HARDLY_KNOWN = Registered(version=1, person_id=OTHER, village=KURIPAN, full_name=Known("a"), nik=None, birth_date=None)
WELL_KNOWN = replace(
    HARDLY_KNOWN,
    nik=Known("3"),
    birth_date=Known(DAYS[0]),
    worker=True,
    deaths=(Report(1, None, Occurred(DAYS[0])),),
)
"""Into whom anybody may be merged: everything is known that a merge asks for."""


def a_person(called: Callable[[Any], str]) -> Callable[[Random, int], Iterator[Step]]:
    def walk(chance: Random, commands: int) -> Iterator[Step]:
        state: Any = Unknown()
        for _ in range(commands):
            command = of_a_person(chance)
            for event, after in decided(persons.person, state, command):
                yield called(state), type(command).__name__, event.name, called(after)
                state = after

    return walk


def of_a_person(chance: Random) -> object:
    one_of, today = chance.choice, chance.choice(DAYS)
    born = one_of((None, *(Known(date(year, 11, 4)) for year in (1999, 2008, 2015))))
    nik, name = one_of((None, Known("1"), Known("2"))), Known(one_of("ab"))
    cause, died = one_of((None, TRIP, OTHER_TRIP)), Occurred(one_of(DAYS))
    village = one_of((KURIPAN, LIPURSARI))
    erased = persons.ErasePerson(today=today) if chance.random() < 0.2 else persons.RegisterWorker(today=today)
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
            erased,
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


def an_age(chance: Random, commands: int) -> Iterator[Step]:
    """Only what is about the age: everything else leaves it as it is."""
    telling = {
        *("PersonRegistered", "BirthDateCorrected", "CameOfAge", "PersonErased"),
        *("PersonMerged", "PersonUnmerged"),
    }
    for step in a_person(age)(chance, commands):
        if step[2] in telling:
            yield step
        else:
            assert step[0] == step[3], step


def two_alike(chance: Random, commands: int) -> Iterator[Step]:
    state = pairs.Namesakes()
    for _ in range(commands):
        one, other = chance.sample((SARI, BUDI), 2)
        command = pairs.TellApart(today=chance.choice(DAYS), person_id=one, other_id=other)
        for event, after in decided(pairs.namesakes, state, command):
            yield seen(state), type(command).__name__, event.name, seen(after)
            state = after


def seen(state: pairs.Namesakes) -> str:
    return "told apart" if state.apart else "not looked at"


def a_document(chance: Random, commands: int) -> Iterator[Step]:
    state: Any = documents.NoDocument()
    for _ in range(commands):
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
                *((documents.RetractDocument(today=today),) if chance.random() < 0.3 else ()),
            )
        )
        for event, after in decided(documents.document, state, command):
            yield paper(state), type(command).__name__, event.name, paper(after)
            state = after


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


def a_verified_field(chance: Random, commands: int) -> Iterator[Step]:
    """The NIK, among verdicts on the name and corrections of it, which change nothing of that."""
    register = persons.RegisterPerson(
        person_id=SARI, today=DAYS[0], village=KURIPAN, full_name=Known("a"), nik=Known("1"), birth_date=None
    )
    ((_, somebody),) = decided(persons.person, Unknown(), register)
    said: verdicts.Verdicts = ()
    day = DAYS[0]
    for _ in range(commands):
        before = verified(said, somebody)
        day += timedelta(days=chance.randint(0, 1))
        outcomes: dict[verdicts.Field, verdicts.Outcome] = {
            chance.choice(("nik", "name")): chance.choice(("matched", "differed"))
        }
        command: Any = chance.choice(
            (
                persons.CorrectNik(today=day, nik=Known(chance.choice("12"))),
                persons.CorrectName(today=day, full_name=Known(chance.choice("ab"))),
                verdicts.RecordVerdict(person_id=SARI, of_version=somebody.version, on=day, outcomes=outcomes, by=()),
            )
        )
        recording = isinstance(command, verdicts.RecordVerdict)
        decider: Any = verdicts.verification if recording else persons.person
        for event, after in decided(decider, said if recording else somebody, command):
            said, somebody = (after, somebody) if recording else (said, after)
            about_the_nik = "nik" in outcomes if recording else isinstance(command, persons.CorrectNik)
            if about_the_nik:
                yield before, type(command).__name__, event.name, verified(said, somebody)
            else:
                assert before == verified(said, somebody)


def verified(said: verdicts.Verdicts, somebody: Registered) -> str:
    of_nik = next((verdict for verdict in said if verdict.field == "nik"), None)
    if of_nik is None:
        return "never"
    return "outdated" if verdicts.outdated(of_nik, {"nik": somebody.given.nik}) else of_nik.outcome


def a_hold(chance: Random, commands: int) -> Iterator[Step]:
    state, today = holds.Holds(), DAYS[0]
    for _ in range(commands):
        command: Any = chance.choice(
            (
                holds.PlaceHold(
                    today=today,
                    person_id=SARI,
                    hold_id=THING,
                    reason="statistics",
                    until=chance.choice((None, today + timedelta(days=1))),
                    by=(),
                ),
                holds.LiftHold(today=today, person_id=SARI, hold_id=THING, by=()),
                None,
            )
        )
        before = held(state, today)
        if command is None:
            today += timedelta(days=1)
            yield before, "a day passes", "nothing", held(state, today)
            continue
        for event, after in decided(holds.legal_holds, state, command):
            state = after
            yield before, type(command).__name__, event.name, held(state, today)


def held(state: holds.Holds, today: date) -> str:
    if not state.all:
        return "none"
    (hold,) = state.all
    assert (holds.holding(state, today) == ("statistics",)) == hold.stands(today)
    return "lifted" if hold.lifted else "standing" if hold.stands(today) else "run out"


MACHINES = [
    Machine("A person", a_person(life)),
    Machine("A person's age", an_age),
    Machine("Two who look alike", two_alike),
    Machine("Somebody in a household", households.MEMBERSHIP.walk),
    Machine("The head of a household", households.HEAD.walk),
    Machine("The family card of a household", households.a_card),
    Machine("The village of a household", households.a_village),
    Machine("What somebody is to somebody else", households.a_relation),
    Machine("Who guards a child", households.GUARDIAN.walk),
    Machine("A document", a_document),
    Machine("What was verified of a field", a_verified_field),
    Machine("A legal hold", a_hold),
]
each_machine = pytest.mark.parametrize("machine", [pytest.param(machine, id=machine.title) for machine in MACHINES])


def test_every_table_is_held_against_the_rules() -> None:
    assert [machine.title for machine in MACHINES] == re.findall(r"^## (.+)$", TABLES.read_text(), re.MULTILINE)


@each_machine
@given(chance=st.randoms(use_true_random=False), commands=st.integers(1, 40))
def test_no_sequence_of_commands_leaves_the_table(machine: Machine, chance: Random, commands: int) -> None:
    assert set(machine.walk(chance, commands)) - steps_of(machine.title) == set()


@each_machine
def test_everything_that_the_table_names_can_happen(machine: Machine, seed: int) -> None:
    chance = random.Random(seed)  # noqa: S311
    missing = steps_of(machine.title)
    for _ in range(2000):
        missing -= set(machine.walk(chance, 40))
        if not missing:
            return
    assert not missing
