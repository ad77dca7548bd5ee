"""What the registry's words make this service do."""

from services.migration_service.domain.service_file import (
    EraseServiceFile,
    MergeServiceFile,
    MoveServiceFile,
    OpenServiceFile,
    UnmergeServiceFile,
)
from services.migration_service.reactions import react
from tests.rosters import KENANGA, KURIPAN, died, erased, merged, moved, person, someone, unmerged, worker

SITI, BUDI = someone(1), someone(2)


def test_a_worker_gets_a_service_file() -> None:
    assert list(react(worker(SITI))) == [OpenServiceFile(SITI, KURIPAN)]


def test_the_file_follows_the_worker() -> None:
    assert list(react(moved(SITI, KENANGA))) == [MoveServiceFile(SITI, KENANGA)]


def test_an_erased_person_is_forgotten() -> None:
    assert list(react(erased(SITI))) == [EraseServiceFile(SITI)]


def test_the_file_of_a_duplicate_belongs_to_who_stands_for_both() -> None:
    assert list(react(merged(SITI, BUDI))) == [MergeServiceFile(SITI, BUDI)]
    assert list(react(unmerged(SITI, BUDI))) == [UnmergeServiceFile(SITI)]


def test_nothing_else_concerns_it() -> None:
    assert [list(react(word)) for word in (person(SITI), died(SITI))] == [[], []]
