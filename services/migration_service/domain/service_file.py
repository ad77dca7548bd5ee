"""A worker's service file (*berkas layanan*): opened once, it says in which village the worker is served.

One history a worker, under an id that follows from the worker's. It never decides who somebody is or where they live:
that is the registry's, and this file only keeps up with it. Erased (UU 27/2022 Ps 43-44), it takes with it whatever is
held here of that person, and nothing more can be recorded about the person's trips.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import ClassVar, assert_never
from uuid import UUID

from shared.decider import Decider
from shared.ids import stream_of
from shared.vocabulary import Occurred

# ---------------------------------------------------------------------------------------------------- What happens


@dataclass(frozen=True, slots=True, kw_only=True)
class ServiceFileOpened:
    """A worker is served from *village* (dotted code). *occurred*: the day this service learnt of the worker."""

    name: ClassVar[str] = "ServiceFileOpened"
    schema_version: ClassVar[int] = 1
    about: ClassVar[str | None] = "worker_id"
    erases: ClassVar[bool] = False

    occurred: Occurred
    worker_id: UUID
    village: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ServiceFileMoved:
    """The worker belongs to *village* from now on. *occurred*: the day this service learnt of it."""

    name: ClassVar[str] = "ServiceFileMoved"
    schema_version: ClassVar[int] = 1
    about: ClassVar[str | None] = "worker_id"
    erases: ClassVar[bool] = False

    occurred: Occurred
    worker_id: UUID
    village: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ServiceFileErased:
    """The worker's personal data are destroyed here too (penghapusan)."""

    name: ClassVar[str] = "ServiceFileErased"
    schema_version: ClassVar[int] = 1
    about: ClassVar[str | None] = "worker_id"
    erases: ClassVar[bool] = True

    occurred: Occurred
    worker_id: UUID


@dataclass(frozen=True, slots=True, kw_only=True)
class ServiceFileMerged:
    """The registry found this person to be a duplicate of *into*, whose file holds the trips of both from now on.

    Said of who has no file too: whoever names them means *into*.
    """

    name: ClassVar[str] = "ServiceFileMerged"
    schema_version: ClassVar[int] = 1
    about: ClassVar[str | None] = "worker_id"
    erases: ClassVar[bool] = False

    occurred: Occurred
    worker_id: UUID
    into: UUID


@dataclass(frozen=True, slots=True, kw_only=True)
class ServiceFileUnmerged:
    """The registry took the merge back: this person stands for themself, with the trips under their own id."""

    name: ClassVar[str] = "ServiceFileUnmerged"
    schema_version: ClassVar[int] = 1
    about: ClassVar[str | None] = "worker_id"
    erases: ClassVar[bool] = False

    occurred: Occurred
    worker_id: UUID
    into: UUID


@dataclass(frozen=True, slots=True, kw_only=True)
class DuplicateFiled:
    """The file of *duplicate_id* was merged into this worker's: the other side of a `ServiceFileMerged`."""

    name: ClassVar[str] = "DuplicateFiled"
    schema_version: ClassVar[int] = 1
    about: ClassVar[str | None] = "worker_id"
    erases: ClassVar[bool] = False

    occurred: Occurred
    worker_id: UUID
    duplicate_id: UUID


@dataclass(frozen=True, slots=True, kw_only=True)
class DuplicateUnfiled:
    """The file of *duplicate_id* stands for itself again: the other side of a `ServiceFileUnmerged`."""

    name: ClassVar[str] = "DuplicateUnfiled"
    schema_version: ClassVar[int] = 1
    about: ClassVar[str | None] = "worker_id"
    erases: ClassVar[bool] = False

    occurred: Occurred
    worker_id: UUID
    duplicate_id: UUID


ServiceFileEvent = (
    ServiceFileOpened
    | ServiceFileMoved
    | ServiceFileErased
    | ServiceFileMerged
    | ServiceFileUnmerged
    | DuplicateFiled
    | DuplicateUnfiled
)

# ----------------------------------------------------------------------------------------------- Where it can stand


@dataclass(frozen=True, slots=True)
class NotOpened:
    """No worker, as far as is known here; *into* and *duplicates* as of one (`Open`)."""

    into: UUID | None = None
    duplicates: tuple[UUID, ...] = ()


@dataclass(frozen=True, slots=True)
class Open:
    """The worker is served from *village*; or *into* stands for them, whose file holds what was theirs.

    *duplicates*: whose files belong to this one.
    """

    village: str
    into: UUID | None = None
    duplicates: tuple[UUID, ...] = ()


@dataclass(frozen=True, slots=True)
class Gone:
    """Erased; it is never opened again."""


ServiceFile = NotOpened | Open | Gone


def evolve(file: ServiceFile, event: ServiceFileEvent) -> ServiceFile:
    """Where a file stands after *event*."""
    match event:
        case ServiceFileErased():
            return Gone()
        case _ if isinstance(file, Gone):
            return file
        case ServiceFileOpened() | ServiceFileMoved():
            return Open(event.village, file.into, file.duplicates)
        case ServiceFileMerged():
            return replace(file, into=event.into)
        case ServiceFileUnmerged():
            return replace(file, into=None)
        case DuplicateFiled():
            return replace(file, duplicates=(*file.duplicates, event.duplicate_id))
        case DuplicateUnfiled():
            rest = tuple(duplicate for duplicate in file.duplicates if duplicate != event.duplicate_id)
            return replace(file, duplicates=rest)
        case _:
            assert_never(event)


# ------------------------------------------------------------------------------------------------ What can be asked


@dataclass(frozen=True, slots=True)
class OpenServiceFile:
    """Open the file of a worker that the registry names."""

    worker_id: UUID
    village: str


@dataclass(frozen=True, slots=True)
class MoveServiceFile:
    """Keep up with a person's village; somebody without a file is no worker and stays without one."""

    worker_id: UUID
    village: str


@dataclass(frozen=True, slots=True)
class EraseServiceFile:
    """Forget a person; somebody without a file left nothing here to forget."""

    worker_id: UUID


@dataclass(frozen=True, slots=True)
class MergeServiceFile:
    """Let *into* stand for a person, who may be no worker and have no file."""

    worker_id: UUID
    into: UUID


@dataclass(frozen=True, slots=True)
class UnmergeServiceFile:
    """Let a person stand for themself again."""

    worker_id: UUID


@dataclass(frozen=True, slots=True)
class FileDuplicate:
    """Let the file of *duplicate_id* belong to this worker's: decided together with `MergeServiceFile`."""

    worker_id: UUID
    duplicate_id: UUID


@dataclass(frozen=True, slots=True)
class UnfileDuplicate:
    """Let it belong here no more: decided together with `UnmergeServiceFile`."""

    worker_id: UUID
    duplicate_id: UUID


ServiceFileCommand = (
    OpenServiceFile
    | MoveServiceFile
    | EraseServiceFile
    | MergeServiceFile
    | UnmergeServiceFile
    | FileDuplicate
    | UnfileDuplicate
)


@dataclass(frozen=True, slots=True)
class Dated:
    """A command and the day on which it reaches the file (Asia/Jakarta)."""

    command: ServiceFileCommand
    today: date


def decide(file: ServiceFile, asked: Dated) -> Sequence[ServiceFileEvent]:
    """Never refuses: what the registry says happened."""
    on, command = Occurred(asked.today), asked.command
    match command:
        case OpenServiceFile():
            return _open(file, command, on)
        case MoveServiceFile():
            return _move(file, command, on)
        case EraseServiceFile():
            return _erase(file, command, on)
        case MergeServiceFile():
            return _merge(file, command, on)
        case UnmergeServiceFile():
            return _unmerge(file, command, on)
        case FileDuplicate():
            return _file_duplicate(file, command, on)
        case UnfileDuplicate():
            return _unfile_duplicate(file, command, on)
        case _:
            assert_never(command)


def _open(file: ServiceFile, command: OpenServiceFile, on: Occurred) -> Sequence[ServiceFileEvent]:
    if not isinstance(file, NotOpened):
        return ()
    return (ServiceFileOpened(occurred=on, worker_id=command.worker_id, village=command.village),)


def _move(file: ServiceFile, command: MoveServiceFile, on: Occurred) -> Sequence[ServiceFileEvent]:
    if not isinstance(file, Open) or file.village == command.village:
        return ()
    return (ServiceFileMoved(occurred=on, worker_id=command.worker_id, village=command.village),)


def _erase(file: ServiceFile, command: EraseServiceFile, on: Occurred) -> Sequence[ServiceFileEvent]:
    if not isinstance(file, Open):
        return ()
    return (ServiceFileErased(occurred=on, worker_id=command.worker_id),)


def _merge(file: ServiceFile, command: MergeServiceFile, on: Occurred) -> Sequence[ServiceFileEvent]:
    if isinstance(file, Gone) or file.into == command.into:
        return ()
    return (ServiceFileMerged(occurred=on, worker_id=command.worker_id, into=command.into),)


def _unmerge(file: ServiceFile, command: UnmergeServiceFile, on: Occurred) -> Sequence[ServiceFileEvent]:
    if isinstance(file, Gone) or file.into is None:
        return ()
    return (ServiceFileUnmerged(occurred=on, worker_id=command.worker_id, into=file.into),)


def _file_duplicate(file: ServiceFile, command: FileDuplicate, on: Occurred) -> Sequence[ServiceFileEvent]:
    if isinstance(file, Gone) or command.duplicate_id in file.duplicates:
        return ()
    return (DuplicateFiled(occurred=on, worker_id=command.worker_id, duplicate_id=command.duplicate_id),)


def _unfile_duplicate(file: ServiceFile, command: UnfileDuplicate, on: Occurred) -> Sequence[ServiceFileEvent]:
    if isinstance(file, Gone) or command.duplicate_id not in file.duplicates:
        return ()
    return (DuplicateUnfiled(occurred=on, worker_id=command.worker_id, duplicate_id=command.duplicate_id),)


def stream_id(worker_id: UUID) -> UUID:
    """The history of this worker's file."""
    return stream_of("service-file", worker_id)


SERVICE_FILE: Decider[ServiceFile, ServiceFileEvent, Dated] = Decider(initial=NotOpened(), decide=decide, evolve=evolve)
