"""The service file of a worker."""

from datetime import date

from services.migration_service.domain.service_file import (
    SERVICE_FILE,
    Dated,
    EraseServiceFile,
    MoveServiceFile,
    OpenServiceFile,
    ServiceFileErased,
    ServiceFileMoved,
    ServiceFileOpened,
    stream_id,
)
from shared.vocabulary import Occurred
from tests.rosters import KENANGA, KURIPAN, someone
from tests.spec import Given

SITI = someone(1)
TODAY = date(2026, 11, 21)
ON = Occurred(TODAY)
OPENED = ServiceFileOpened(occurred=ON, worker_id=SITI, village=KURIPAN)
MOVED = ServiceFileMoved(occurred=ON, worker_id=SITI, village=KENANGA)
ERASED = ServiceFileErased(occurred=ON, worker_id=SITI)
OPEN = Dated(OpenServiceFile(SITI, KURIPAN), TODAY)
MOVE = Dated(MoveServiceFile(SITI, KENANGA), TODAY)
ERASE = Dated(EraseServiceFile(SITI), TODAY)


def test_a_file_is_opened_once() -> None:
    Given(SERVICE_FILE).when(OPEN).then(OPENED)
    Given(SERVICE_FILE, OPENED).when(OPEN).then()


def test_a_file_follows_its_worker() -> None:
    Given(SERVICE_FILE, OPENED).when(MOVE).then(MOVED)
    Given(SERVICE_FILE, OPENED, MOVED).when(MOVE).then()


def test_somebody_who_is_no_worker_has_no_file_to_move_or_erase() -> None:
    Given(SERVICE_FILE).when(MOVE).then()
    Given(SERVICE_FILE).when(ERASE).then()


def test_erased_is_for_good() -> None:
    Given(SERVICE_FILE, OPENED).when(ERASE).then(ERASED)
    for command in (OPEN, MOVE, ERASE):
        Given(SERVICE_FILE, OPENED, ERASED).when(command).then()


def test_erasing_a_file_ends_what_is_held_of_the_person() -> None:
    assert ServiceFileErased.erases
    assert ServiceFileErased.about == "worker_id"


def test_the_history_follows_from_the_worker() -> None:
    assert stream_id(SITI) == stream_id(SITI) != stream_id(someone(2))
