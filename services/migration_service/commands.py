"""Which histories each command reads and writes.

Every fact of a trip is decided together with the worker's service file: the file says in which village the worker is
served, hence who may ask. If it changes meanwhile, the command is decided anew. Who was registered twice is served
from the file of who stands for both; trips that were recorded under the duplicate's id stay where they are.
"""

from dataclasses import dataclass, replace
from typing import assert_never
from uuid import UUID

from services.migration_service.domain import refusals
from services.migration_service.domain.placement import Cells, placement
from services.migration_service.domain.service_file import (
    SERVICE_FILE,
    Dated,
    EraseServiceFile,
    FileDuplicate,
    Gone,
    MergeServiceFile,
    MoveServiceFile,
    NotOpened,
    Open,
    OpenServiceFile,
    ServiceFile,
    ServiceFileCommand,
    UnfileDuplicate,
    UnmergeServiceFile,
    stream_id,
)
from services.migration_service.domain.trip import NotRecorded, Taken
from services.migration_service.domain.trip_rules import (
    TRIP,
    CorrectDeparture,
    CorrectLeaveEnd,
    CorrectReturn,
    RecordDeparture,
    RecordLeaveEnd,
    RecordReturn,
    Request,
    RetractDeparture,
    RetractLeaveEnd,
    RetractReturn,
    TripCommand,
)
from shared.errors import NOT_FOUND, ColumnError, Refused, person_merged
from shared.execute import Answer, Work
from shared.vocabulary import lies_in


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckCells:
    """A departure whose worker is not known yet: only its cells can be judged, and only with ``?check=1``."""

    cells: Cells


Command = ServiceFileCommand | CheckCells | TripCommand


@dataclass(frozen=True, slots=True)
class Served:
    """A human whom this service serves: *worker_id* stands for all *ids*, *village* is where."""

    worker_id: UUID
    village: str
    ids: tuple[UUID, ...]


async def handle(work: Work, command: Command) -> Answer:
    """One attempt at *command*."""
    match command:
        case OpenServiceFile() | MoveServiceFile() | EraseServiceFile() | FileDuplicate() | UnfileDuplicate():
            await work.decide(SERVICE_FILE, stream_id(command.worker_id), Dated(command, work.today))
            return Answer(200, {"id": str(command.worker_id)})
        case MergeServiceFile() | UnmergeServiceFile():
            return await _follow_merge(work, command)
        case CheckCells():
            return _check_cells(work, command)
        case RecordDeparture():
            return await _depart(work, command)
        case RecordReturn() | RecordLeaveEnd():
            served = await _served(work, command.trip_id)
            return await _decide(work, command, command.trip_id, served, status=201)
        case (
            CorrectDeparture()
            | RetractDeparture()
            | CorrectReturn()
            | RetractReturn()
            | CorrectLeaveEnd()
            | RetractLeaveEnd()
        ):
            served = await _served(work, command.trip_id)
            work.match(command.trip_id)
            return await _decide(work, command, command.trip_id, served, status=200)
        case _:
            assert_never(command)


async def _follow_merge(work: Work, command: MergeServiceFile | UnmergeServiceFile) -> Answer:
    """Both histories take it in one append; of who was erased, or where it is said already, neither does."""
    mine = stream_id(command.worker_id)
    before = await work.state(SERVICE_FILE, mine)
    after = await work.decide(SERVICE_FILE, mine, Dated(command, work.today))
    if not isinstance(before, Gone) and not isinstance(after, Gone) and before != after:
        for survivor, asked in ((before.into, UnfileDuplicate), (after.into, FileDuplicate)):
            if survivor is not None:
                wish = asked(survivor, command.worker_id)
                await work.decide(SERVICE_FILE, stream_id(survivor), Dated(wish, work.today))
    return Answer(200, {"id": str(command.worker_id)})


def _check_cells(work: Work, command: CheckCells) -> Answer:
    if not work.check:
        missing = refusals.WORKER_ID_MISSING
        raise Refused(missing, errors=[ColumnError("worker_id", missing.slug)])
    return Answer(200, {"id": None, "departed_on": str(placement(command.cells, work.today).departed)})


async def _depart(work: Work, command: RecordDeparture) -> Answer:
    """What is wrong with the cells comes first, then whose departure it is, then whether it is known already."""
    said = placement(command.cells, work.today)
    file = await work.state(SERVICE_FILE, stream_id(command.worker_id))
    worker_id, stands = await _stands(work, command.worker_id)
    if isinstance(stands, NotOpened) and work.check:
        # Just registered and not heard of here: nothing of that worker can be recorded here yet.
        return Answer(200, {"id": None, "departed_on": str(said.departed)})
    served = _served_as(worker_id, stands)
    if served is None or not lies_in(served.village, work.caller.area):
        if isinstance(file, Open) and file.into and lies_in(file.village, work.caller.area):
            raise person_merged(file.into)
        raise Refused(refusals.WORKER_UNKNOWN)
    said_of = replace(command, worker_id=served.worker_id)
    answer = await _decide(work, said_of, work.new_id(), served, status=201)
    return Answer(200, {**answer.body, "id": None}) if work.check else answer


async def _stands(work: Work, worker_id: UUID) -> tuple[UUID, ServiceFile]:
    """Who stands for this worker, with that one's file."""
    file = await work.state(SERVICE_FILE, stream_id(worker_id))
    if isinstance(file, Gone) or file.into is None:
        return worker_id, file
    return file.into, await work.state(SERVICE_FILE, stream_id(file.into))


def _served_as(worker_id: UUID, file: ServiceFile) -> Served | None:
    """Who is served from this file; None for who is not heard of yet, or erased."""
    return Served(worker_id, file.village, (worker_id, *file.duplicates)) if isinstance(file, Open) else None


async def _served(work: Work, trip_id: UUID) -> Served:
    """Whose trip it is; 404 for no trip, an erased worker's, and one outside the caller's area alike."""
    trip = await work.state(TRIP, trip_id)
    if isinstance(trip, NotRecorded):
        raise Refused(NOT_FOUND)
    served = _served_as(*await _stands(work, trip.worker_id))
    if served is None:
        raise Refused(NOT_FOUND)
    work.within(served.village)
    return served


async def _decide(work: Work, command: TripCommand, trip_id: UUID, served: Served, status: int) -> Answer:
    trip = await work.decide(
        TRIP, trip_id, Request(command=command, trip_id=trip_id, village=served.village, today=work.today)
    )
    body = {"id": str(trip_id)}
    if isinstance(trip, Taken) and isinstance(command, RecordDeparture | CorrectDeparture):
        await _refuse_a_second(work, trip, served)
        body["departed_on"] = str(trip.placement.departed)
    return Answer(status, body, work.version(trip_id))


async def _refuse_a_second(work: Work, trip: Taken, served: Served) -> None:
    """Refuse a placement that another trip holds, under whichever id of the human.

    Who loses a race for it comes here again, and sees the other's.
    """
    for worker_id in served.ids:
        parts = trip.placement.same_as(worker_id)
        if parts and await work.holder("placement", *parts) not in (None, trip.trip_id):
            raise Refused(refusals.DUPLICATE_ROW)
