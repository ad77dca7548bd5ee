"""Two registrations of one human: which may be merged, and where that leaves them."""

import random
import re
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import date
from uuid import UUID

import pytest

from services.registry.domain import merge_rules
from services.registry.domain.merge_rules import (
    AssignDuplicate,
    MergePerson,
    ReleaseDuplicate,
    UnmergePerson,
    known_alone,
)
from services.registry.domain.merging import (
    Duplicate,
    DuplicateAssigned,
    DuplicateReleased,
    Merged,
    PersonMerged,
    PersonUnmerged,
)
from services.registry.domain.person import Person, PersonEvent, Registered
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
    RegisterWorker,
    RetractDeath,
    person,
)
from shared.errors import Refused
from shared.personal import Known
from shared.vocabulary import Occurred
from tests.registry.people_of_kuripan import BUDI, DEWI, KURIPAN, LIPURSARI, NOW, REGISTERED, SARI, TODAY, TRIP, WORKER
from tests.registry.test_person import BY_TRIP, BY_VILLAGE, ERASED, MAY
from tests.spec import Given

AGAIN = replace(REGISTERED, person_id=BUDI, nik=None, village=LIPURSARI)
"""Sari, registered a second time in the next village."""
MERGED = PersonMerged(occurred=NOW, person_id=BUDI, village=LIPURSARI, into=SARI)
UNMERGED = PersonUnmerged(occurred=NOW, person_id=BUDI, village=LIPURSARI, corrects=2, into=SARI)
ASSIGNED = DuplicateAssigned(occurred=NOW, person_id=SARI, duplicate_id=BUDI)
RELEASED = DuplicateReleased(occurred=NOW, person_id=SARI, corrects=2, duplicate_id=BUDI)
UNMERGE = UnmergePerson(today=TODAY)


def after(*events: PersonEvent) -> Registered:
    state = person.fold(events)
    assert isinstance(state, Registered)
    return state


def merge_into(*survivor: PersonEvent) -> MergePerson:
    return MergePerson(today=TODAY, survivor=after(*survivor))


class TestMerging:
    def test_a_duplicate_is_merged_once(self) -> None:
        state = Given(person, AGAIN).when(merge_into(REGISTERED)).then(MERGED)
        assert state == replace(after(AGAIN), version=2, merged=Merged(2, SARI))
        Given(person, AGAIN, MERGED).when(merge_into(REGISTERED, ASSIGNED)).then()

    def test_a_survivor_knows_its_duplicates(self) -> None:
        assign = AssignDuplicate(today=TODAY, duplicate_id=BUDI)
        state = Given(person, REGISTERED).when(assign).then(ASSIGNED)
        assert state == replace(after(REGISTERED), version=2, duplicates=(Duplicate(2, BUDI),))
        assert after(REGISTERED, ASSIGNED).ids == (SARI, BUDI)
        Given(person, REGISTERED, ASSIGNED).when(assign).then()

    def test_undone_each_stands_for_itself(self) -> None:
        release = ReleaseDuplicate(today=TODAY, duplicate_id=BUDI)
        alone = Given(person, AGAIN, MERGED).when(UNMERGE).then(UNMERGED)
        assert alone == replace(after(AGAIN), version=3)
        survivor = Given(person, REGISTERED, ASSIGNED).when(release).then(RELEASED)
        assert survivor == replace(after(REGISTERED), version=3)

    def test_what_is_undone_is_the_last_merge(self) -> None:
        again = Given(person, AGAIN, MERGED, UNMERGED, MERGED).when(UNMERGE)
        again.then(replace(UNMERGED, corrects=4))

    def test_who_was_erased_is_merged_with_nobody(self) -> None:
        Given(person, REGISTERED, ERASED).when(merge_into(AGAIN)).refuses("person-erased")
        Given(person, REGISTERED, ERASED).when(UNMERGE).refuses("person-erased")
        Given(person).when(merge_into(AGAIN)).refuses("not-found")


class TestNothingIsLostFromSight:
    @pytest.mark.parametrize(
        ("duplicate", "survivor", "lost"),
        [
            ([AGAIN, replace(WORKER, person_id=BUDI)], [REGISTERED], ["worker"]),
            ([replace(AGAIN, nik=Known("3307106902009002"))], [replace(REGISTERED, nik=None)], ["nik"]),
            ([AGAIN], [replace(REGISTERED, birth_date=None)], ["birth_date"]),
            ([AGAIN, replace(BY_VILLAGE, person_id=BUDI)], [REGISTERED, BY_TRIP], ["died_on"]),
            (
                [replace(AGAIN, nik=Known("3307106902009002")), replace(WORKER, person_id=BUDI)],
                [replace(REGISTERED, nik=None)],
                ["worker", "nik"],
            ),
        ],
    )
    def test_what_is_known_of_the_duplicate_must_be_known_of_the_survivor(
        self, duplicate: Sequence[PersonEvent], survivor: Sequence[PersonEvent], lost: Sequence[str]
    ) -> None:
        refused = Given(person, *duplicate).when(merge_into(*survivor)).refuses("merge-would-lose")
        assert [error.column for error in refused.errors] == lost

    def test_what_both_know_may_differ(self) -> None:
        """The survivor's holds; the duplicate's NIK stays with the duplicate, and leads to the survivor."""
        other = replace(AGAIN, nik=Known("3307106902009002"), birth_date=Known(date(1999, 2, 28)))
        death = replace(BY_VILLAGE, person_id=BUDI)
        Given(person, other, death).when(merge_into(REGISTERED, WORKER, BY_VILLAGE)).then(MERGED)

    def test_a_death_that_a_trip_ended_in_is_the_survivors_since_the_trip_is(self) -> None:
        assert list(known_alone(after(AGAIN, replace(BY_TRIP, person_id=BUDI)), after(REGISTERED))) == []


ASKED_OF_A_DUPLICATE: list[tuple[PersonCommand, bool]] = [
    (RegisterWorker(today=TODAY), False),
    (CorrectName(today=TODAY, full_name=Known("Sari")), False),
    (CorrectNik(today=TODAY, nik=None), False),
    (CorrectBirthDate(today=TODAY, birth_date=None), False),
    (CorrectVillage(since=NOW, village=KURIPAN), False),
    (RecordDeath(died_on=MAY), False),
    (AssignDuplicate(today=TODAY, duplicate_id=DEWI), False),
    (ReleaseDuplicate(today=TODAY, duplicate_id=DEWI), False),
    (RecordDeath(died_on=MAY, cause=TRIP), True),
    (RetractDeath(today=TODAY, cause=TRIP), True),
    (RetractDeath(today=TODAY), True),
    (CorrectDeath(died_on=MAY), True),
    (ComeOfAge(today=TODAY), True),
    (ErasePerson(today=TODAY), True),
]


@pytest.mark.parametrize(("command", "heard"), ASKED_OF_A_DUPLICATE)
def test_of_a_duplicate_nothing_is_said_but_deaths_a_birthday_and_the_erasure(
    command: PersonCommand, heard: bool
) -> None:
    given = Given(person, AGAIN, replace(BY_VILLAGE, person_id=BUDI), MERGED)
    if heard:
        person.decide(given.state, command)
    else:
        assert given.when(command).refuses("person-merged").extra == {"into": str(SARI)}


# ── The table ────────────────────────────────────────────────────────────────────────────────────────────────────────

STATES: dict[str, list[PersonEvent]] = {
    "alone": [AGAIN],
    "survivor": [AGAIN, DuplicateAssigned(occurred=NOW, person_id=BUDI, duplicate_id=DEWI)],
    "duplicate": [AGAIN, MERGED],
}
THIRD = replace(REGISTERED, person_id=UUID(int=4), nik=None)


def where(state: Person) -> str:
    assert isinstance(state, Registered)
    return "duplicate" if state.merged else "survivor" if state.duplicates else "alone"


def asked_of(state: str) -> dict[str, Callable[[], Person]]:
    """What is done to a person in *state*, by the column of the table."""
    before = after(*STATES[state])

    def does(command: PersonCommand) -> Person:
        return person.fold(person.decide(before, command), before)

    def gets_a_duplicate() -> Person:
        person.decide(after(THIRD), MergePerson(today=TODAY, survivor=before))
        return does(AssignDuplicate(today=TODAY, duplicate_id=THIRD.person_id))

    return {
        "is merged": lambda: does(merge_into(THIRD)),
        "gets a duplicate": gets_a_duplicate,
        "loses its only one": lambda: does(ReleaseDuplicate(today=TODAY, duplicate_id=DEWI)),
        "is unmerged": lambda: does(UNMERGE),
    }


def table() -> list[tuple[str, str, str]]:
    """The table in `merge_rules`: state, what is done, and the state or the slug that follows."""
    rows = [re.split(r"  +", line.strip()) for line in (merge_rules.__doc__ or "").splitlines() if line[:4] == "    "]
    head, *rows = rows
    return [(row[0], done, then) for row in rows for done, then in zip(head[1:], row[1:], strict=True) if then != "-"]


def test_the_table_has_every_state_and_everything_that_is_done() -> None:
    assert {state for state, _, _ in table()} == set(STATES)
    assert {done for _, done, _ in table()} == set(asked_of("alone"))


@pytest.mark.parametrize(("state", "done", "then"), table())
def test_the_table_says_what_happens(state: str, done: str, then: str) -> None:
    if then in STATES:
        assert where(asked_of(state)[done]()) == then
    else:
        with pytest.raises(Refused, match=f"^{then}$"):
            asked_of(state)[done]()


def test_no_sequence_of_commands_leaves_the_table(seed: int) -> None:
    """Nobody is a duplicate and has one; among somebody's duplicates are those merged into them, and nobody else."""
    chance = random.Random(seed)  # noqa: S311
    ids = [UUID(int=n) for n in range(1, 7)]
    states: dict[UUID, Person] = {
        who: person.fold([replace(REGISTERED, person_id=who, nik=None, birth_date=None)]) for who in ids
    }
    seen = set()
    for _ in range(3_000):
        one, other = chance.sample(ids, 2)
        asked: list[tuple[UUID, PersonCommand]]
        mine, theirs = states[one], states[other]
        if not isinstance(mine, Registered) or not isinstance(theirs, Registered):
            continue
        if chance.random() < 0.6:
            asked = [(one, MergePerson(today=TODAY, survivor=theirs))]
            if mine.merged is None:
                asked.append((other, AssignDuplicate(today=TODAY, duplicate_id=one)))
        else:
            into = mine.merged.into if mine.merged else other
            asked = [(one, UNMERGE), (into, ReleaseDuplicate(today=TODAY, duplicate_id=one))]
        try:
            made = {who: person.fold(person.decide(states[who], command), states[who]) for who, command in asked}
        except Refused as refused:
            seen.add(refused.slug)
            continue
        states |= made
        known = {who: state for who, state in states.items() if isinstance(state, Registered)}
        for who, state in known.items():
            assert not (state.merged and state.duplicates)
            assert {duplicate.person_id for duplicate in state.duplicates} == {
                duplicate for duplicate, said in known.items() if said.merged and said.merged.into == who
            }
    assert seen == {"duplicate-of-another", "has-duplicates", "person-merged", "not-found"}


def test_a_death_is_dated_as_the_duplicate_had_it() -> None:
    """A correction reaches the report of the duplicate too."""
    given: list[PersonEvent] = [AGAIN, replace(BY_VILLAGE, person_id=BUDI), MERGED]
    june = Occurred(date(2026, 6, 1), "month")
    state = after(*given, *person.decide(after(*given), CorrectDeath(died_on=june)))
    assert [report.died_on for report in state.deaths] == [june]
