"""What this service does when the registry speaks: it keeps the workers' service files."""

from collections.abc import Sequence

from services.migration_service.domain.service_file import (
    EraseServiceFile,
    MergeServiceFile,
    MoveServiceFile,
    OpenServiceFile,
    ServiceFileCommand,
    UnmergeServiceFile,
)
from shared.published import PublicEvent
from shared.published.registry import PersonErased, PersonMerged, PersonMoved, PersonUnmerged, WorkerRegistered


def react(word: PublicEvent) -> Sequence[ServiceFileCommand]:
    """A worker gets a file, the file follows the worker's village, and an erased person is forgotten here too.

    The file of a worker who was registered twice belongs to that of who stands for both.
    """
    match word:
        case WorkerRegistered():
            return (OpenServiceFile(worker_id=word.person_id, village=word.village),)
        case PersonMoved():
            return (MoveServiceFile(worker_id=word.person_id, village=word.village),)
        case PersonMerged():
            return (MergeServiceFile(worker_id=word.person_id, into=word.into),)
        case PersonUnmerged():
            return (UnmergeServiceFile(worker_id=word.person_id),)
        case PersonErased():
            return (EraseServiceFile(worker_id=word.person_id),)
        case _:
            return ()
