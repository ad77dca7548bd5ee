"""What the registry's words make this service do."""

from services.migration_service.domain.service_file import EraseServiceFile, MoveServiceFile, OpenServiceFile
from services.migration_service.reactions import react
from tests.rosters import KENANGA, KURIPAN, died, erased, moved, person, someone, worker

SITI = someone(1)


def test_a_worker_gets_a_service_file() -> None:
    assert list(react(worker(SITI))) == [OpenServiceFile(SITI, KURIPAN)]


def test_the_file_follows_the_worker() -> None:
    assert list(react(moved(SITI, KENANGA))) == [MoveServiceFile(SITI, KENANGA)]


def test_an_erased_person_is_forgotten() -> None:
    assert list(react(erased(SITI))) == [EraseServiceFile(SITI)]


def test_nothing_else_concerns_it() -> None:
    assert [list(react(word)) for word in (person(SITI), died(SITI))] == [[], []]
