"""Which histories each command reads and writes.

Every fact of a trip is decided together with the worker's service file: the file says in which village the worker is
served, hence who may ask. If it changes meanwhile, the command is decided anew.
"""

from dataclasses import dataclass
from typing import assert_never
from uuid import UUID

from services.migration_service.domain import refusals
from services.migration_service.domain.placement import Cells, placement
from services.migration_service.domain.service_file import (
    SERVICE_FILE,
    Dated,
    EraseServiceFile,
    MoveServiceFile,
    NotOpened,
    Open,
    OpenServiceFile,
    ServiceFileCommand,
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
from shared.errors import NOT_FOUND, ColumnError, Refused
from shared.execute import Answer, Work
from shared.vocabulary import lies_in


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckCells:
    """A departure whose worker is not known yet: only its cells can be judged, and only with ``?check=1``."""

    cells: Cells


Command = ServiceFileCommand | CheckCells | TripCommand


async def handle(work: Work, command: Command) -> Answer:
    """One attempt at *command*."""
    match command:
        case OpenServiceFile() | MoveServiceFile() | EraseServiceFile():
            await work.decide(SERVICE_FILE, stream_id(command.worker_id), Dated(command, work.today))
            return Answer(200, {"id": str(command.worker_id)})
        case CheckCells():
            return _check_cells(work, command)
        case RecordDeparture():
            return await _depart(work, command)
        case RecordReturn() | RecordLeaveEnd():
            village = await _village(work, command.trip_id)
            return await _decide(work, command, command.trip_id, village, status=201)
        case (
            CorrectDeparture()
            | RetractDeparture()
            | CorrectReturn()
            | RetractReturn()
            | CorrectLeaveEnd()
            | RetractLeaveEnd()
        ):
            village = await _village(work, command.trip_id)
            work.match(command.trip_id)
            return await _decide(work, command, command.trip_id, village, status=200)
        case _:
            assert_never(command)


def _check_cells(work: Work, command: CheckCells) -> Answer:
    if not work.check:
        missing = refusals.WORKER_ID_MISSING
        raise Refused(missing, errors=[ColumnError("worker_id", missing.slug)])
    return Answer(200, {"id": None, "departed_on": str(placement(command.cells, work.today).departed)})


async def _depart(work: Work, command: RecordDeparture) -> Answer:
    """What is wrong with the cells comes first, then whose departure it is, then whether it is known already."""
    said = placement(command.cells, work.today)
    file = await work.state(SERVICE_FILE, stream_id(command.worker_id))
    if isinstance(file, NotOpened) and work.check:
        # Just registered and not heard of here: nothing of that worker can be recorded here yet.
        return Answer(200, {"id": None, "departed_on": str(said.departed)})
    if not isinstance(file, Open) or not lies_in(file.village, work.caller.area):
        raise Refused(refusals.WORKER_UNKNOWN)
    answer = await _decide(work, command, work.new_id(), file.village, status=201)
    return Answer(200, {**answer.body, "id": None}) if work.check else answer


async def _village(work: Work, trip_id: UUID) -> str:
    """Where a trip's worker is served; 404 for no trip, an erased worker's, and one outside the caller's area alike."""
    trip = await work.state(TRIP, trip_id)
    if isinstance(trip, NotRecorded):
        raise Refused(NOT_FOUND)
    file = await work.state(SERVICE_FILE, stream_id(trip.worker_id))
    if not isinstance(file, Open):
        raise Refused(NOT_FOUND)
    work.within(file.village)
    return file.village


async def _decide(work: Work, command: TripCommand, trip_id: UUID, village: str, status: int) -> Answer:
    trip = await work.decide(
        TRIP, trip_id, Request(command=command, trip_id=trip_id, village=village, today=work.today)
    )
    body = {"id": str(trip_id)}
    if isinstance(trip, Taken) and isinstance(command, RecordDeparture | CorrectDeparture):
        await _refuse_a_second(work, trip)
        body["departed_on"] = str(trip.placement.departed)
    return Answer(status, body, work.version(trip_id))


async def _refuse_a_second(work: Work, trip: Taken) -> None:
    """Refuse a placement that another trip holds. Who loses a race for it comes here again, and sees the other's."""
    parts = trip.placement.same_as(trip.worker_id)
    if parts and await work.holder("placement", *parts) not in (None, trip.trip_id):
        raise Refused(refusals.DUPLICATE_ROW)
