"""The migration service over HTTP."""

from typing import Annotated, Any, get_args
from uuid import UUID

from fastapi import APIRouter, Query, Response
from pydantic import Field

from services.migration_service.commands import CheckCells
from services.migration_service.domain.placement import Cells, Procedure, Scheme, Sector
from services.migration_service.domain.trip import Reason
from services.migration_service.domain.trip_rules import (
    CorrectDeparture,
    CorrectLeaveEnd,
    CorrectReturn,
    RecordDeparture,
    RecordLeaveEnd,
    RecordReturn,
    RetractDeparture,
    RetractLeaveEnd,
    RetractReturn,
)
from services.migration_service.views import service_files, standing, trips
from shared.http import Body, Paging, Read, Write

router = APIRouter()

SCOPES: dict[tuple[str, str], str] = {
    ("POST", "/departures"): "migration_service:write",
    ("POST", "/returns"): "migration_service:write",
    ("POST", "/leave-ends"): "migration_service:write",
    ("PATCH", "/trips/{trip_id}/departure"): "migration_service:write",
    ("DELETE", "/trips/{trip_id}/departure"): "migration_service:write",
    ("PATCH", "/trips/{trip_id}/return"): "migration_service:write",
    ("DELETE", "/trips/{trip_id}/return"): "migration_service:write",
    ("PATCH", "/trips/{trip_id}/leave-end"): "migration_service:write",
    ("DELETE", "/trips/{trip_id}/leave-end"): "migration_service:write",
    ("GET", "/trips"): "migration_service:read",
    ("GET", "/trips/{trip_id}"): "migration_service:read",
    ("GET", "/service-files"): "migration_service:read",
    ("GET", "/service-files/{worker_id}"): "migration_service:read",
    ("GET", "/figures"): "migration_service:read",
}
"""What a caller must be allowed to do, route by route."""


def _codes(literal: Any, *more: None) -> dict[str, Any]:
    """Shown in the API pages; held against what is sent by the rules, so that a wrong one has its column's code."""
    return {"enum": [*get_args(literal), *more]}


class CellsBody(Body):
    """What is said of a departure, as the list has it or as a form sends it."""

    country: str | None = Field(
        default=None,
        description="Country or territory abroad: an Indonesian or English name, a common spelling, or an ISO code.",
        examples=["Hong Kong"],
    )
    decree: str | None = Field(
        default=None, description="Number of the placement decree (SK penempatan); blank where there is none."
    )
    contract_date: str | None = Field(
        default=None,
        description="Contract date (tanggal kontrak): 31/12/2023, 31-12-2023, 2023-12-31 or 31 Desember 2023.",
        examples=["31/12/2023"],
    )
    departed_on: str | None = Field(
        default=None,
        description="Day of departure, ISO 8601, or 2024-05 or 2024 where less is known; else the contract date.",
        examples=["2024-05"],
    )
    scheme: str | None = Field(
        default=None,
        description="Placement scheme (skema); unknown if not sent.",
        json_schema_extra=_codes(Scheme, None),
    )
    sector: str | None = Field(
        default=None, description="Sector (sektor); unknown if not sent.", json_schema_extra=_codes(Sector, None)
    )
    procedure: str | None = Field(
        default=None,
        description="Procedural or not (status prosedural); unknown if not sent. Never a reason to refuse.",
        json_schema_extra=_codes(Procedure, None),
    )

    def cells(self) -> Cells:
        """As the rules take them."""
        return Cells(
            country=self.country,
            decree=self.decree,
            contract_date=self.contract_date,
            departed_on=self.departed_on,
            scheme=self.scheme,
            sector=self.sector,
            procedure=self.procedure,
        )


class DepartureBody(CellsBody):
    """A worker left for work abroad (keberangkatan)."""

    worker_id: UUID | None = Field(
        default=None, description="The worker's person id; may be left out with check=1, to have the rest judged."
    )


class ReturnBody(Body):
    """A worker is home (kepulangan)."""

    trip_id: UUID = Field(description="The trip that the worker returned from.")
    returned_on: str = Field(
        description="Day of return, ISO 8601, or 2024-05 or 2024 where less is known.", examples=["2024-05-03"]
    )
    reason: str = Field(
        description="Why (UU 18/2017 Ps 27). leave: home on leave; died: by death; any other: home for good.",
        json_schema_extra=_codes(Reason),
    )


class LeaveEndBody(Body):
    """A worker went back from leave (akhir cuti)."""

    trip_id: UUID = Field(description="The trip from which the worker was on leave.")
    ended_on: str = Field(description="Day of leaving again, ISO 8601, or 2024-05 or 2024 where less is known.")


class ReturnCorrectionBody(Body):
    """What was wrong about the last return of a trip."""

    returned_on: str | None = Field(default=None, description="The day that is right; stays if not sent.")
    reason: str | None = Field(
        default=None, description="The reason that is right; stays if not sent.", json_schema_extra=_codes(Reason, None)
    )


class LeaveEndCorrectionBody(Body):
    """What was wrong about the last end of a leave."""

    ended_on: str | None = Field(default=None, description="The day that is right; stays if not sent.")


@router.post("/departures", status_code=201, summary="Record a departure", tags=["trips"])
async def record_departure(body: DepartureBody, write: Write) -> Response:
    """Opens a trip; its id is the answer's. A non-procedural departure is recorded like any other.

    Refuses: country-unknown, contract-date-invalid, departed-on-invalid, scheme-invalid, sector-invalid,
    procedure-invalid, worker-id-missing, worker-unknown, duplicate-row.
    """
    if body.worker_id is None:
        return await write(CheckCells(cells=body.cells()))
    return await write(RecordDeparture(worker_id=body.worker_id, cells=body.cells()))


@router.post("/returns", status_code=201, summary="Record a return", tags=["trips"])
async def record_return(body: ReturnBody, write: Write) -> Response:
    """From abroad, or straight from leave.

    Refuses: not-found, returned-on-invalid, reason-unknown, trip-retracted, already-returned, already-on-leave,
    returned-before-departure, returned-before-leave, returned-before-leave-ended.
    """
    return await write(RecordReturn(trip_id=body.trip_id, returned_on=body.returned_on, reason=body.reason))


@router.post("/leave-ends", status_code=201, summary="Record the end of a leave", tags=["trips"])
async def record_leave_end(body: LeaveEndBody, write: Write) -> Response:
    """Refuses: not-found, ended-on-invalid, trip-retracted, not-on-leave, leave-ended-before-leave."""
    return await write(RecordLeaveEnd(trip_id=body.trip_id, ended_on=body.ended_on))


@router.patch("/trips/{trip_id}/departure", summary="Correct a departure", tags=["trips"])
async def correct_departure(trip_id: UUID, body: CellsBody, write: Write) -> Response:
    """What is not sent stays; a blank decree takes it away. A departure on the contract date follows its correction.

    Refuses: not-found, the codes of a departure's columns, trip-retracted, duplicate-row, and those of a return's
    order where one would come to lie before the departure.
    """
    return await write(CorrectDeparture(trip_id=trip_id, cells=body.cells()))


@router.delete("/trips/{trip_id}/departure", summary="Retract a departure", tags=["trips"])
async def retract_departure(trip_id: UUID, write: Write) -> Response:
    """The trip never was. Refuses: not-found, trip-retracted, trip-has-return."""
    return await write(RetractDeparture(trip_id=trip_id))


@router.patch("/trips/{trip_id}/return", summary="Correct the last return", tags=["trips"])
async def correct_return(trip_id: UUID, body: ReturnCorrectionBody, write: Write) -> Response:
    """Refuses: not-found, trip-retracted, not-returned, leave-has-ended, already-on-leave, and a return's codes."""
    return await write(CorrectReturn(trip_id=trip_id, returned_on=body.returned_on, reason=body.reason))


@router.delete("/trips/{trip_id}/return", summary="Retract the last return", tags=["trips"])
async def retract_return(trip_id: UUID, write: Write) -> Response:
    """The worker stands where they stood before. Refuses: not-found, trip-retracted, not-returned, leave-has-ended."""
    return await write(RetractReturn(trip_id=trip_id))


@router.patch("/trips/{trip_id}/leave-end", summary="Correct the last end of a leave", tags=["trips"])
async def correct_leave_end(trip_id: UUID, body: LeaveEndCorrectionBody, write: Write) -> Response:
    """Refuses: not-found, trip-retracted, leave-not-ended, and the codes of a leave's end and of a return's order."""
    return await write(CorrectLeaveEnd(trip_id=trip_id, ended_on=body.ended_on))


@router.delete("/trips/{trip_id}/leave-end", summary="Retract the last end of a leave", tags=["trips"])
async def retract_leave_end(trip_id: UUID, write: Write) -> Response:
    """The worker is still home on leave. Refuses: not-found, trip-retracted, leave-not-ended, trip-has-return."""
    return await write(RetractLeaveEnd(trip_id=trip_id))


@router.get("/trips", summary="Trips by village", tags=["trips"])
async def list_trips(
    read: Read,
    paging: Paging,
    worker_id: Annotated[UUID | None, Query(description="Only this worker's trips.")] = None,
) -> dict[str, Any]:
    """The retracted ones too. *overlaps* names trips of the same person that cannot be so at the same time."""
    query = trips.trips() if worker_id is None else trips.trips().where(trips.WORKER == worker_id)
    return await read.page(query, key=trips.KEY, paging=paging, village=trips.VILLAGE, item=trips.item)


@router.get("/trips/{trip_id}", summary="One trip", tags=["trips"])
async def get_trip(trip_id: UUID, read: Read) -> Response:
    """With its decree and all that was ever said of it; *corrects* is the version of the fact it is about."""
    row = await read.one(trips.trip(trip_id), village=trips.VILLAGE)
    decree = await read.open(row["decree"])
    return read.answer({**trips.item(row), "decree": decree, "facts": row["facts"]}, version=row["version"])


@router.get("/service-files", summary="Service files by village", tags=["service files"])
async def list_service_files(read: Read, paging: Paging) -> dict[str, Any]:
    """One for each worker of the registry, opened by itself."""
    return await read.page(
        service_files.service_files(), key=service_files.KEY, paging=paging, village=service_files.VILLAGE
    )


@router.get("/service-files/{worker_id}", summary="One worker's service file", tags=["service files"])
async def get_service_file(worker_id: UUID, read: Read) -> dict[str, Any]:
    """Where the worker is served and which trips are in the file."""
    query = service_files.service_files().where(service_files.WORKER == worker_id)
    return dict(await read.one(query, village=service_files.VILLAGE))


@router.get("/figures", summary="Where each village's workers stand", tags=["figures"])
async def list_figures(read: Read, paging: Paging) -> dict[str, Any]:
    """Workers abroad, on leave, returned for good and deceased; a village with none is not listed."""
    return await read.page(standing.figures(), key=(standing.VILLAGE,), paging=paging, village=standing.VILLAGE)
