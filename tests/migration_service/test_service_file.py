"""The service file of a worker."""

from datetime import date

from services.migration_service.domain.service_file import (
    SERVICE_FILE,
    Dated,
    DuplicateFiled,
    DuplicateUnfiled,
    EraseServiceFile,
    FileDuplicate,
    Gone,
    MergeServiceFile,
    MoveServiceFile,
    NotOpened,
    Open,
    OpenServiceFile,
    ServiceFileErased,
    ServiceFileMerged,
    ServiceFileMoved,
    ServiceFileOpened,
    ServiceFileUnmerged,
    UnfileDuplicate,
    UnmergeServiceFile,
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


BUDI = someone(2)
MERGED = ServiceFileMerged(occurred=ON, worker_id=SITI, into=BUDI)
UNMERGED = ServiceFileUnmerged(occurred=ON, worker_id=SITI, into=BUDI)
FILED = DuplicateFiled(occurred=ON, worker_id=SITI, duplicate_id=BUDI)
UNFILED = DuplicateUnfiled(occurred=ON, worker_id=SITI, duplicate_id=BUDI)
MERGE = Dated(MergeServiceFile(SITI, BUDI), TODAY)
UNMERGE = Dated(UnmergeServiceFile(SITI), TODAY)
FILE = Dated(FileDuplicate(SITI, BUDI), TODAY)
UNFILE = Dated(UnfileDuplicate(SITI, BUDI), TODAY)


def test_a_file_is_merged_once_and_follows_its_worker_all_the_same() -> None:
    Given(SERVICE_FILE, OPENED).when(MERGE).then(MERGED)
    Given(SERVICE_FILE, OPENED, MERGED).when(MERGE).then()
    assert Given(SERVICE_FILE, OPENED, MERGED, MOVED).state == Open(KENANGA, into=BUDI)
    assert Given(SERVICE_FILE, OPENED, MERGED).when(UNMERGE).then(UNMERGED) == Open(KURIPAN)


def test_who_is_no_worker_is_merged_and_taken_out_again_all_the_same() -> None:
    assert Given(SERVICE_FILE).when(MERGE).then(MERGED) == NotOpened(into=BUDI)
    Given(SERVICE_FILE, MERGED).when(MERGE).then()
    assert Given(SERVICE_FILE, MERGED, OPENED).state == Open(KURIPAN, into=BUDI)
    assert Given(SERVICE_FILE, MERGED).when(UNMERGE).then(UNMERGED) == NotOpened()
    Given(SERVICE_FILE, MERGED).when(ERASE).then()


def test_who_is_no_duplicate_or_was_erased_has_nothing_to_take_back() -> None:
    for history in ((), (OPENED,), (OPENED, ERASED), (OPENED, MERGED, ERASED)):
        Given(SERVICE_FILE, *history).when(UNMERGE).then()
    Given(SERVICE_FILE, OPENED, ERASED).when(MERGE).then()


def test_a_file_knows_the_duplicates_that_belong_to_it_even_before_it_is_opened() -> None:
    Given(SERVICE_FILE).when(FILE).then(FILED)
    assert Given(SERVICE_FILE, FILED).when(OPEN).then(OPENED) == Open(KURIPAN, duplicates=(BUDI,))
    Given(SERVICE_FILE, OPENED, FILED).when(FILE).then()
    assert Given(SERVICE_FILE, OPENED, FILED).when(UNFILE).then(UNFILED) == Open(KURIPAN)
    Given(SERVICE_FILE, OPENED).when(UNFILE).then()
    Given(SERVICE_FILE, OPENED, ERASED).when(UNFILE).then()
    Given(SERVICE_FILE, OPENED, ERASED).when(FILE).then()
    assert Given(SERVICE_FILE, OPENED, ERASED, FILED, UNFILED, MERGED, UNMERGED, OPENED).state == Gone()
