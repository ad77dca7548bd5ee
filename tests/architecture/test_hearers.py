"""The map cannot lie: it changes with every word that comes and every hearer that goes."""

from dataclasses import replace
from typing import ClassVar

import pytest

from shared.published import SPOKEN, registry
from shared.published.migration_service import WorkerDeparted, WorkerReturned
from shared.service import Service
from tests.architecture import documents, hearers
from tests.architecture.names import service


class HouseholdMoved(registry.PersonMoved):
    """A word that nobody ever said."""

    name: ClassVar[str] = "HouseholdMoved"


def test_a_word_that_is_added_is_missed(monkeypatch: pytest.MonkeyPatch) -> None:
    before = documents.documents()
    monkeypatch.setitem(SPOKEN, ("registry", "HouseholdMoved", 1), HouseholdMoved)
    after = documents.documents()
    assert [path.name for path in before if before[path] == after[path]] == []


def test_a_view_that_no_longer_hears_is_missed(monkeypatch: pytest.MonkeyPatch) -> None:
    def without_roster(name: str) -> Service:
        return replace(service(name), views=()) if name == "enterprise" else service(name)

    before = documents.documents()
    monkeypatch.setattr(hearers, "service", without_roster)
    after = documents.documents()
    assert [path.name for path in before if before[path] == after[path]] == []


def test_who_hears_everything_and_changes_nothing_is_no_hearer() -> None:
    """The registry reads every word of the migration service; only a death, or what takes one back, moves it."""
    assert ("registry", "reactions") in hearers.hearers(WorkerReturned)
    assert "registry" not in dict(hearers.hearers(WorkerDeparted))


def test_a_word_is_told_in_every_shape() -> None:
    """A child or a spouse, of age or not, its year of birth and its guardian known or not."""
    shapes = list(hearers.shapes(registry.KinRecorded))
    assert len({shape.model_dump_json() for shape in shapes}) == len(shapes) == 2**4
