"""Each row of a view is changed by facts of one partition key alone, so facts of different keys may come in any order.

While one of a person's facts is parked, all their later ones wait and everybody else's go on; replayed, they take
effect late. Nothing is left of that lateness only if nobody else's facts touch the same rows.
"""

import random
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import pytest

from shared import ids
from shared.published import SPOKEN
from shared.recorded import Recorded
from shared.views import Change, Put, View
from tests.architecture.histories import CATALOGUES, KEY, Programme, key_of
from tests.architecture.names import SERVICES, service

COMMANDS = 1_200
ORDERS = 12
VIEWS = [pytest.param(name, view, id=f"{name}.{view.name}") for name in SERVICES for view in service(name).views]

Row = tuple[str, tuple[Any, ...]]


@dataclass(frozen=True)
class Fact:
    """What one fact changes in a view, and whose fact it is."""

    source: str
    key: str
    name: str
    changes: Sequence[Change]


@pytest.fixture(scope="module")
def programmes(seed: int) -> list[Programme]:
    """Histories, until there are ten and every event of every service has happened."""
    chance = random.Random(seed)  # noqa: S311
    told: list[Programme] = []
    missing = {event.name for name in SERVICES for event in service(name).events} | {word for _, word, _ in SPOKEN}
    while missing or len(told) < 10:
        assert len(told) < 50, f"never happened: {missing}"
        programme = Programme(chance)
        programme.go_on(COMMANDS)
        for fact in (fact for log in programme.logs.values() for fact in log):
            missing -= {fact.event.name} | ({word.name} if (word := fact.word) else set())
        told.append(programme)
    return told


def facts_of(name: str, view: View, programme: Programme) -> list[Fact]:
    """Everything that *view* follows, source by source."""
    heard = [
        Fact(source, key_of(source, fact), fact.event.name, list(project(word, fact.published)))
        for source, project in view.heard.items()
        for fact in programme.logs[source]
        if (word := fact.word) is not None and fact.published is not None
    ]
    own = programme.logs[name] if view.follows_own else []
    return heard + [Fact(name, key_of(name, fact), fact.event.name, own_changes(name, view, fact)) for fact in own]


def own_changes(name: str, view: View, fact: Recorded) -> list[Change]:
    """What a fact of its service's own log changes."""
    if view.blind:
        opened = fact._replace(event=CATALOGUES[name].opened(fact.event, view.opens, dict([KEY])))
        return list(view.blind(opened, lambda text: ids.keyed(bytes(32), text)))
    return list(view.own(fact)) if view.own else []


def row_of(change: Change) -> Row:
    """Which row a change is made in."""
    said = change.values if isinstance(change, Put) else change.key
    return change.table.name, tuple(said[column.name] for column in change.table.primary_key)


def rows_of(facts: Iterable[Fact]) -> dict[Row, dict[str, Any]]:
    """The rows of the view once *facts* have taken effect in this order."""
    rows: dict[Row, dict[str, Any]] = {}
    for change in (change for fact in facts for change in fact.changes):
        if isinstance(change, Put):
            row = rows.setdefault(row_of(change), dict.fromkeys(change.table.columns.keys()))
            row.update(change.values)
        else:
            rows.pop(row_of(change), None)
    return rows


def in_another_order(facts: Iterable[Fact], chance: random.Random, longest: int) -> list[Fact]:
    """Each key's facts of one source in their order, all else at random, at most *longest* of one key in a row."""
    waiting: dict[tuple[str, str], list[Fact]] = defaultdict(list)
    for fact in facts:
        waiting[fact.source, fact.key].append(fact)
    order: list[Fact] = []
    while waiting:
        key = chance.choice(list(waiting))
        some = chance.randint(1, longest)
        order += waiting[key][:some]
        waiting[key] = waiting[key][some:]
        if not waiting[key]:
            del waiting[key]
    return order


@pytest.mark.parametrize(("name", "view"), VIEWS)
def test_a_row_is_changed_by_facts_of_one_key_alone(name: str, view: View, programmes: list[Programme]) -> None:
    for programme in programmes:
        changed_by: dict[Row, Fact] = {}
        for fact in facts_of(name, view, programme):
            for change in fact.changes:
                first = changed_by.setdefault(row_of(change), fact)
                assert first.key == fact.key, f"{view.name}.{change.table.name}: {first.name} and {fact.name}"
        assert changed_by


@pytest.mark.parametrize(("name", "view"), VIEWS)
def test_facts_of_different_keys_may_come_in_any_order(
    name: str, view: View, programmes: list[Programme], seed: int
) -> None:
    chance = random.Random(seed)  # noqa: S311
    for programme in programmes:
        facts = facts_of(name, view, programme)
        as_said = rows_of(facts)
        for longest in [1, len(facts)] * (ORDERS // 2):
            assert rows_of(in_another_order(facts, chance, longest)) == as_said
