"""Each check finds what it is for, and nothing in a history that is right."""

from collections.abc import Callable, Iterable
from dataclasses import replace
from itertools import chain
from uuid import UUID

import pytest

from tests.chaos import checks
from tests.chaos.evidence import Command, Fact, Log, Name
from tests.chaos.history import Asked, Request, Sending

LOG, LATER = UUID(int=0xA << 124), UUID(int=0xB << 124)
WORKER, TRIP = str(UUID(int=1)), str(UUID(int=2))
MIGRATION = "migration_service"
NUMBERS = {"r1": 1, "d1": 2, "h1": 3, "h2": 4, "x1": 5}


def command_id(request: Request) -> UUID:
    return UUID(int=NUMBERS[request.asked.key])


def asked(name: str, service: str, kind: str, body: dict[str, object], race: str = "") -> Asked:
    return Asked(name, "0", "0.0", kind, service, "POST", f"/{kind}s", name, body, race=race)


def answered(at: float, position: str, body: dict[str, object], status: int = 201) -> Sending:
    return Sending(at, None, at + 0.5, status, "", {**body, "warnings": []}, position)


def fact(position: int, name: str, command: int | None, stream: int, version: int, cause: str | None = None) -> Fact:
    by = None if command is None else UUID(int=command)
    return Fact(position, UUID(int=stream), version, name, position, UUID(int=1), None, by, cause)


class Story:
    """A worker is registered, leaves, comes home; all is as it should be until a test spoils it."""

    def __init__(self) -> None:
        body = {"id": WORKER, "version": 2}
        trip = {"id": TRIP, "version": 1}
        self.requests = [
            Request(
                asked("r1", "registry", "worker", {"village": "33.07.10.2004"}),
                [answered(1, f"registry=2.2@{LOG.hex[:8]}", body)],
            ),
            Request(asked("d1", MIGRATION, "depart", {}), [answered(2, f"{MIGRATION}=2.2@{LOG.hex[:8]}", trip)]),
            Request(
                asked("h1", MIGRATION, "home", {"reason": "deported"}, race="0.0.5"),
                [answered(3, f"{MIGRATION}=3.3@{LOG.hex[:8]}", trip | {"version": 2})],
            ),
            Request(
                asked("h2", MIGRATION, "home", {"reason": "abuse"}, race="0.0.5"),
                [Sending(3, None, 3.5, 409, "already-returned", {})],
            ),
        ]  # fmt: skip
        registry, migration = Log(names=[Name(LOG, 0, 0)]), Log(names=[Name(LOG, 0, 0)])
        registry.add(fact(1, "PersonRegistered", 1, 1, 1), fact(2, "WorkerRegistered", 1, 1, 2))
        registry.commands[UUID(int=1)] = Command(2, 201, body)
        migration.add(
            fact(1, "ServiceFileOpened", 9, 9, 1, cause="word 2"),
            fact(2, "Departed", 2, 2, 1),
            fact(3, "Returned", 3, 2, 2),
        )
        migration.commands[UUID(int=2)] = Command(2, 201, trip)
        migration.commands[UUID(int=3)] = Command(3, 201, trip | {"version": 2})
        self.registry, self.migration = registry, migration
        self.put_back: list[str] = []

    @property
    def home(self) -> Request:
        return self.requests[2]

    def look(self, status: int, **body: object) -> None:
        expected = {"status": 200, "standing": "for_good"}
        look = Asked("l1", "0", "0.0", "look", MIGRATION, "GET", f"/trips/{TRIP}", expects=expected)
        self.requests.append(Request(look, [Sending(4, "registry=2.2@a0000000", 4.1, status, "", body)]))

    def findings(self) -> list[str]:
        logs = {"registry": self.registry, MIGRATION: self.migration}
        every = checks.judged(self.requests, logs, command_id)
        found: Iterable[str] = chain(
            checks.writes(every), checks.answers(every), checks.reused(self.requests, every), checks.races(every),
            checks.strangers(self.requests, logs, command_id), checks.order(logs), checks.real_time(every),
            checks.reactions(logs), checks.keys(logs), checks.names(logs, self.put_back),
            checks.reads(self.requests, every, logs),
        )  # fmt: skip
        return sorted({finding.partition(":")[0] for finding in found})

    def takes_away(self, *positions: int) -> None:
        kept = [fact for fact in self.migration.facts if fact.position not in positions]
        self.migration.facts.clear()
        self.migration.by_command.clear()
        self.migration.add(*kept)


def test_nothing_is_found_where_all_is_right() -> None:
    story = Story()
    story.look(200, standing="for_good")
    assert story.findings() == []


def lost(story: Story) -> None:
    story.takes_away(3)
    del story.migration.commands[UUID(int=3)]


def doubled(story: Story) -> None:
    story.migration.add(fact(4, "Returned", 3, 2, 3))


def both_won(story: Story) -> None:
    story.migration.add(fact(4, "Returned", 4, 2, 3))
    story.migration.commands[UUID(int=4)] = Command(4, 201, {"id": TRIP, "version": 3})


def both_were_told_so(story: Story) -> None:
    both_won(story)
    story.requests[3].sendings[0] = answered(3, f"{MIGRATION}=4.4@{LOG.hex[:8]}", {"id": TRIP, "version": 3})


def made_by_nobody(story: Story) -> None:
    story.migration.add(fact(4, "Returned", 77, 2, 3))


def with_a_hole(story: Story) -> None:
    story.migration.facts[2] = replace(story.migration.facts[2], position=4, published=4)


def versions_the_other_way(story: Story) -> None:
    facts = story.migration.facts
    facts[1], facts[2] = replace(facts[1], version=2), replace(facts[2], version=1)


def before_what_was_answered(story: Story) -> None:
    story.requests[1].sendings[0] = answered(5, f"{MIGRATION}=2.2@{LOG.hex[:8]}", {"id": TRIP, "version": 1})


def reacted_twice(story: Story) -> None:
    story.migration.add(fact(4, "ServiceFileOpened", 10, 9, 2, cause="word 2"))


def one_key_for_two(story: Story) -> None:
    facts = story.registry.facts
    facts[0] = replace(facts[0], key_id=UUID(int=7))
    facts[1] = replace(facts[1], key_id=UUID(int=7), person_id=UUID(int=8))


def renamed(story: Story) -> None:
    story.migration.names.append(Name(LATER, 3, 3))


def not_renamed(story: Story) -> None:
    story.put_back.append(MIGRATION)


def answered_in_two_ways(story: Story) -> None:
    story.home.sendings.append(answered(4, f"{MIGRATION}=3.3@{LOG.hex[:8]}", {"id": TRIP, "version": 9}))


def done_under_anothers_key(story: Story) -> None:
    other = replace(story.home.asked, request="h1!", kind="reuse", body={"reason": "leave"})
    story.requests.append(Request(other, [answered(4, f"{MIGRATION}=3.3@{LOG.hex[:8]}", {"id": TRIP})]))


def read_too_old(story: Story) -> None:
    story.look(200, standing="abroad")


def unknown(story: Story, after: str) -> None:
    story.requests[3].sendings.append(Sending(4, after, 4.1, 400, "position-unknown", {}))


def position_forgotten(story: Story) -> None:
    unknown(story, "registry=2.2@a0000000")


def name_not_learnt(story: Story) -> None:
    """The database was put back to 2; of what was written since one process does not know the name."""
    story.migration.names.append(Name(LATER, 2, 2))
    story.put_back.append(MIGRATION)
    story.home.sendings[0] = answered(3, f"{MIGRATION}=3.3@{LATER.hex[:8]}", {"id": TRIP, "version": 2})
    unknown(story, f"{MIGRATION}=3.3@{LATER.hex[:8]}, registry=2@{LOG.hex[:8]}")


@pytest.mark.parametrize(
    ("spoil", "found"),
    [
        (lost, ["acknowledged-missing"]),
        (doubled, ["not-once"]),
        (both_won, ["race-won-twice", "refused-present"]),
        (both_were_told_so, ["race-won-twice"]),
        (made_by_nobody, ["stranger"]),
        (with_a_hole, ["position-gap", "published-gap"]),
        (versions_the_other_way, ["stream-order"]),
        (before_what_was_answered, ["real-time"]),
        (reacted_twice, ["reaction-doubled"]),
        (one_key_for_two, ["key-shared"]),
        (renamed, ["name"]),
        (not_renamed, ["name"]),
        (answered_in_two_ways, ["answers-differ"]),
        (done_under_anothers_key, ["key-reused"]),
        (read_too_old, ["old-read"]),
        (position_forgotten, ["position-unknown"]),
        (name_not_learnt, ["position-unknown"]),
    ],
)
def test_what_is_wrong_is_found(spoil: Callable[[Story], None], found: list[str]) -> None:
    story = Story()
    spoil(story)
    assert story.findings() == found


def test_a_write_without_an_answer_may_be_there_or_not() -> None:
    story = Story()
    story.home.sendings[0] = Sending(3, None, 7, error="TimeoutError")
    assert story.findings() == []
    lost(story)
    assert story.findings() == []


def test_what_was_answered_after_the_dump_is_gone_and_what_was_answered_before_is_not() -> None:
    story = Story()
    story.migration.names.append(Name(LATER, 2, 2))
    story.put_back.append(MIGRATION)
    assert story.findings() == ["lost-present"]
    # Unless somebody who was never answered did it, or an answer tells of that: sent again, it is there again.
    (first,) = story.home.sendings
    for again in (
        Sending(4, None, 7, error="TimeoutError"),
        answered(4, f"{MIGRATION}=3.3@{LATER.hex[:8]}", {"id": TRIP, "version": 2}),
    ):
        story.home.sendings = [first, again]
        assert story.findings() == []
    story.home.sendings = [first, replace(first)]
    assert story.findings() == ["lost-present"]
    # Or somebody took its place: its key was free again.
    done_under_anothers_key(story)
    assert story.findings() == []
    story.requests.pop()
    lost(story)
    unknown(story, f"{MIGRATION}=3.3@{LOG.hex[:8]}")
    unknown(story, f"{MIGRATION}=3@{LOG.hex[:8]}")
    unknown(story, f"{MIGRATION}=3.2@{LOG.hex[:8]}")
    assert story.findings() == []
    story.takes_away(2)
    del story.migration.commands[UUID(int=2)]
    assert story.findings() == ["acknowledged-missing"]


def test_what_was_accepted_is_folded_into_where_a_worker_stands() -> None:
    story = Story()
    logs = {"registry": story.registry, MIGRATION: story.migration}
    (trip,) = checks.accepted(checks.judged(story.requests, logs, command_id), logs, []).trips
    assert (trip.worker_id, trip.trip_id, trip.standing) == (WORKER, TRIP, "for_good")


def test_a_reaction_refused_for_want_of_whom_it_is_about_is_right_only_where_a_database_was_put_back() -> None:
    story = Story()
    logs = {"registry": story.registry, MIGRATION: story.migration}
    story.registry.nobody_there.add("word 3")
    every = checks.judged(story.requests, logs, command_id)
    assert checks.accepted(every, logs, []).refused == checks.accepted(every, logs, [MIGRATION]).refused == frozenset()
    assert checks.accepted(every, logs, ["registry"]).refused == {"word 3"}
