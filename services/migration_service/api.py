"""The migration service over HTTP."""

from datetime import date, datetime
from typing import Annotated, Any, get_args
from uuid import UUID

from fastapi import APIRouter, Path, Query, Response
from pydantic import ConfigDict, Field

from services.migration_service.commands import CheckCells
from services.migration_service.domain import refusals
from services.migration_service.domain.placement import Cells, Procedure, Scheme, Sector
from services.migration_service.domain.trip import Reason, Standing
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
from shared.errors import NOT_FOUND, PERSON_MERGED
from shared.http import (
    Body,
    Bulk,
    OneWritten,
    Page,
    Paging,
    Read,
    Shown,
    Write,
    WriteAll,
    Written,
    edits,
    records,
    records_each,
    shows,
)
from shared.http.examples import AGUS, DEWI, TRIP, TRIP_OF_AGUS, TRIP_OF_DEWI, VILLAGE, WORKER, example

router = APIRouter()

SCOPES: dict[tuple[str, str], str] = {
    ("POST", "/departures"): "migration_service:write",
    ("POST", "/departures/bulk"): "migration_service:write",
    ("POST", "/returns"): "migration_service:write",
    ("POST", "/returns/bulk"): "migration_service:write",
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

TAGS = {
    "trips": "Departures, returns, leaves (cuti) and their corrections: one trip from the day of leaving to the end.",
    "service files": "What the service centre keeps for each worker; opened by itself.",
    "figures": "Counts by village.",
}
"""The groups of routes on the API pages."""

TripId = Annotated[UUID, Path(description="The trip.", examples=[TRIP])]
WorkerId = Annotated[UUID, Path(description="The worker's person id.", examples=[WORKER])]

_COLUMNS_OF_DEPARTURE = (
    refusals.COUNTRY_UNKNOWN,
    refusals.CONTRACT_DATE_INVALID,
    refusals.DEPARTED_ON_INVALID,
    refusals.SCHEME_INVALID,
    refusals.SECTOR_INVALID,
    refusals.PROCEDURE_INVALID,
)
_COLUMNS_OF_RETURN = (refusals.RETURNED_ON_INVALID, refusals.REASON_UNKNOWN)
_TOO_EARLY = (
    refusals.RETURNED_BEFORE_DEPARTURE,
    refusals.RETURNED_BEFORE_LEAVE,
    refusals.RETURNED_BEFORE_LEAVE_ENDED,
)
_OUT_OF_ORDER = (*_TOO_EARLY, refusals.LEAVE_ENDED_BEFORE_LEAVE)


def _codes(literal: Any, *more: None) -> dict[str, Any]:
    """Shown in the API pages; held against what is sent by the rules, so that a wrong one has its column's code."""
    return {"enum": [*get_args(literal), *more]}


class CellsBody(Body):
    """What is said of a departure, as the list has it or as a form sends it."""

    model_config = example(country="Taiwan", departed_on="2024-02-01")

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

    model_config = example(
        worker_id=WORKER, country="Hong Kong", decree="SK-0042/2024", contract_date="15/01/2024", departed_on="2024-02"
    )

    worker_id: UUID | None = Field(
        default=None, description="The worker's person id; may be left out with check=1, to have the rest judged."
    )

    def command(self) -> CheckCells | RecordDeparture:
        """Record it."""
        if self.worker_id is None:
            return CheckCells(cells=self.cells())
        return RecordDeparture(worker_id=self.worker_id, cells=self.cells())


class DeparturesBody(Bulk[DepartureBody]):
    """Many departures."""

    model_config = example(
        items=[
            {"key": "line 1", "body": {"worker_id": DEWI, "country": "Hong Kong", "contract_date": "15/01/2024"}},
            {"key": "line 2", "body": {"worker_id": AGUS, "country": "Taiwan", "contract_date": "15/01/2024"}},
        ]
    )


class ReturnBody(Body):
    """A worker is home (kepulangan)."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {"trip_id": TRIP, "returned_on": "2026-02-01", "reason": "contract_ended"},
                {"trip_id": TRIP, "returned_on": "2025-06", "reason": "leave"},
            ]
        }
    )

    trip_id: UUID = Field(description="The trip that the worker returned from.")
    returned_on: str = Field(
        description="Day of return, ISO 8601, or 2024-05 or 2024 where less is known.", examples=["2024-05-03"]
    )
    reason: str = Field(
        description="Why (UU 18/2017 Ps 27). leave: home on leave; died: by death; any other: home for good.",
        json_schema_extra=_codes(Reason),
    )

    def command(self) -> RecordReturn:
        """Record it."""
        return RecordReturn(trip_id=self.trip_id, returned_on=self.returned_on, reason=self.reason)


class ReturnsBody(Bulk[ReturnBody]):
    """Many returns."""

    model_config = example(
        items=[
            {
                "key": "line 1",
                "body": {"trip_id": TRIP_OF_DEWI, "returned_on": "2026-01-20", "reason": "contract_ended"},
            },
            {"key": "line 2", "body": {"trip_id": TRIP_OF_AGUS, "returned_on": "2026-02", "reason": "leave"}},
        ]
    )


class LeaveEndBody(Body):
    """A worker went back from leave (akhir cuti)."""

    model_config = example(trip_id=TRIP, ended_on="2025-07-01")

    trip_id: UUID = Field(description="The trip from which the worker was on leave.")
    ended_on: str = Field(description="Day of leaving again, ISO 8601, or 2024-05 or 2024 where less is known.")


class ReturnCorrectionBody(Body):
    """What was wrong about the last return of a trip."""

    model_config = example(returned_on="2026-02-03")

    returned_on: str | None = Field(default=None, description="The day that is right; stays if not sent.")
    reason: str | None = Field(
        default=None, description="The reason that is right; stays if not sent.", json_schema_extra=_codes(Reason, None)
    )


class LeaveEndCorrectionBody(Body):
    """What was wrong about the last end of a leave."""

    model_config = example(ended_on="2025-07-03")

    ended_on: str | None = Field(default=None, description="The day that is right; stays if not sent.")


class DepartureWritten(Written):
    """What a departure is answered."""

    departed_on: str = Field(description="The day it is taken for, as precise as it is known.")


class DepartureOfMany(OneWritten, DepartureWritten):
    """What a departure among others is answered."""


_TRIP = {
    "id": TRIP,
    "worker_id": WORKER,
    "village": VILLAGE,
    "country": "TW",
    "contract_date": "2024-01-15",
    "scheme": "unknown",
    "sector": "unknown",
    "procedure": "unknown",
    "overlaps": [],
}


class TripInList(Shown):
    """A trip as it stands now."""

    model_config = example(
        **_TRIP, departed_on="2024-02-01", standing="for_good", since="2026-02-03", reason="contract_ended"
    )

    id: UUID
    worker_id: UUID
    village: str = Field(description="Where the worker is served, a dotted code.")
    country: str = Field(description="ISO 3166-1 alpha-2.", examples=["HK"])
    departed_on: str = Field(description="As precise as it is known.", examples=["2024-02"])
    contract_date: date | None = Field(description="Of the work contract; null where it is unknown.")
    scheme: Scheme
    sector: Sector
    procedure: Procedure
    standing: Standing = Field(description="Where the trip stands.")
    since: str = Field(description="From when it stands so, as precise as it is known.", examples=["2026-02-01"])
    reason: Reason | None = Field(description="Of the return that the standing follows from (UU 18/2017 Ps 27).")
    overlaps: list[UUID] = Field(description="Trips of the same person that cannot be so at the same time.")


class Fact(Shown):
    """Something that was said of a trip."""

    version: int = Field(description="Its place in the trip's history.")
    fact: str = Field(description="What was said.", examples=["Returned"])
    occurred_on: str = Field(description="When it happened, as precise as it is known.", examples=["2026-02-01"])
    reason: Reason | None = Field(description="Of a return.")
    corrects: int | None = Field(description="The version of the fact that it corrects or retracts.")
    recorded_at: datetime = Field(description="When it was said, by the database's clock.")


def _fact(version: int, fact: str, occurred_on: str, **more: Any) -> dict[str, Any]:
    said = {"version": version, "fact": fact, "occurred_on": occurred_on, "reason": None, "corrects": None, **more}
    return {**said, "recorded_at": "2026-11-21T02:15:30.250000+00:00"}


class Trip(TripInList):
    """A trip with all that was ever said of it."""

    model_config = example(
        **_TRIP,
        departed_on="2024-02-01",
        standing="on_leave",
        since="2025-06",
        reason="leave",
        decree="SK-0042/2024",
        facts=[
            _fact(1, "Departed", "2024-02"),
            _fact(2, "DepartureCorrected", "2024-02-01", corrects=1),
            _fact(3, "Returned", "2025-06", reason="leave"),
        ],
    )

    decree: str | None = Field(description="Number of the placement decree; null for an erased worker.")
    facts: list[Fact]


class ServiceFile(Shown):
    """What the service centre keeps for a worker."""

    model_config = example(worker_id=WORKER, village=VILLAGE, opened_on="2026-11-21", trips=[TRIP])

    worker_id: UUID
    village: str = Field(description="Where the worker is served, a dotted code.")
    opened_on: date
    trips: list[UUID] = Field(description="The earliest departure first.")


class Figure(Shown):
    """What is counted in a village."""

    model_config = example(village=VILLAGE, abroad=0, on_leave=0, returned=1, deceased=0)

    village: str = Field(description="A dotted code.")
    abroad: int = Field(description="Workers who are abroad now.")
    on_leave: int
    returned: int
    deceased: int


@router.post(
    "/departures",
    status_code=201,
    summary="Record a departure",
    tags=["trips"],
    responses=records(
        TRIP,
        *_COLUMNS_OF_DEPARTURE,
        refusals.WORKER_ID_MISSING,
        refusals.WORKER_UNKNOWN,
        PERSON_MERGED,
        refusals.DUPLICATE_ROW,
        model=DepartureWritten,
        departed_on="2024-02",
    ),
)
async def record_departure(body: DepartureBody, write: Write) -> Response:
    """Opens a trip; its id is the answer's. A non-procedural departure is recorded like any other."""
    return await write(body.command())


@router.post(
    "/departures/bulk",
    summary="Record many departures",
    tags=["trips"],
    responses=records_each(TRIP_OF_DEWI, TRIP_OF_AGUS, model=DepartureOfMany, departed_on="2024-01-15"),
)
async def record_departures(body: DeparturesBody, write: WriteAll) -> Response:
    """Up to a thousand, each as `POST /departures` records one, in their order."""
    return await write(body, DepartureBody.command)


@router.post(
    "/returns",
    status_code=201,
    summary="Record a return",
    tags=["trips"],
    responses=records(
        TRIP,
        NOT_FOUND,
        *_COLUMNS_OF_RETURN,
        refusals.TRIP_RETRACTED,
        refusals.ALREADY_RETURNED,
        refusals.ALREADY_ON_LEAVE,
        *_TOO_EARLY,
    ),
)
async def record_return(body: ReturnBody, write: Write) -> Response:
    """From abroad, or straight from leave: for good, on leave, or by death."""
    return await write(body.command())


@router.post(
    "/returns/bulk",
    summary="Record many returns",
    tags=["trips"],
    responses=records_each(TRIP_OF_DEWI, TRIP_OF_AGUS),
)
async def record_returns(body: ReturnsBody, write: WriteAll) -> Response:
    """Up to a thousand, each as `POST /returns` records one, in their order."""
    return await write(body, ReturnBody.command)


@router.post(
    "/leave-ends",
    status_code=201,
    summary="Record the end of a leave",
    tags=["trips"],
    responses=records(
        TRIP,
        NOT_FOUND,
        refusals.ENDED_ON_INVALID,
        refusals.TRIP_RETRACTED,
        refusals.NOT_ON_LEAVE,
        refusals.LEAVE_ENDED_BEFORE_LEAVE,
    ),
)
async def record_leave_end(body: LeaveEndBody, write: Write) -> Response:
    """The worker is abroad again, on the same trip."""
    return await write(RecordLeaveEnd(trip_id=body.trip_id, ended_on=body.ended_on))


@router.patch(
    "/trips/{trip_id}/departure",
    summary="Correct a departure",
    tags=["trips"],
    responses=edits(
        TRIP,
        NOT_FOUND,
        *_COLUMNS_OF_DEPARTURE,
        refusals.TRIP_RETRACTED,
        refusals.DUPLICATE_ROW,
        *_OUT_OF_ORDER,
        model=DepartureWritten,
        departed_on="2024-02-01",
    ),
)
async def correct_departure(trip_id: TripId, body: CellsBody, write: Write) -> Response:
    """What is not sent stays; a blank decree takes it away. A departure on the contract date follows its correction."""
    return await write(CorrectDeparture(trip_id=trip_id, cells=body.cells()))


@router.delete(
    "/trips/{trip_id}/departure",
    summary="Retract a departure",
    tags=["trips"],
    responses=edits(TRIP, NOT_FOUND, refusals.TRIP_RETRACTED, refusals.TRIP_HAS_RETURN),
)
async def retract_departure(trip_id: TripId, write: Write) -> Response:
    """The trip never was."""
    return await write(RetractDeparture(trip_id=trip_id))


@router.patch(
    "/trips/{trip_id}/return",
    summary="Correct the last return",
    tags=["trips"],
    responses=edits(
        TRIP,
        NOT_FOUND,
        *_COLUMNS_OF_RETURN,
        refusals.TRIP_RETRACTED,
        refusals.NOT_RETURNED,
        refusals.LEAVE_HAS_ENDED,
        refusals.ALREADY_ON_LEAVE,
        *_OUT_OF_ORDER,
    ),
)
async def correct_return(trip_id: TripId, body: ReturnCorrectionBody, write: Write) -> Response:
    """What is not sent stays. A leave from which the worker went back stays a leave."""
    return await write(CorrectReturn(trip_id=trip_id, returned_on=body.returned_on, reason=body.reason))


@router.delete(
    "/trips/{trip_id}/return",
    summary="Retract the last return",
    tags=["trips"],
    responses=edits(TRIP, NOT_FOUND, refusals.TRIP_RETRACTED, refusals.NOT_RETURNED, refusals.LEAVE_HAS_ENDED),
)
async def retract_return(trip_id: TripId, write: Write) -> Response:
    """The worker stands where they stood before."""
    return await write(RetractReturn(trip_id=trip_id))


@router.patch(
    "/trips/{trip_id}/leave-end",
    summary="Correct the last end of a leave",
    tags=["trips"],
    responses=edits(
        TRIP,
        NOT_FOUND,
        refusals.ENDED_ON_INVALID,
        refusals.TRIP_RETRACTED,
        refusals.LEAVE_NOT_ENDED,
        *_OUT_OF_ORDER,
    ),
)
async def correct_leave_end(trip_id: TripId, body: LeaveEndCorrectionBody, write: Write) -> Response:
    """The day on which the worker left again."""
    return await write(CorrectLeaveEnd(trip_id=trip_id, ended_on=body.ended_on))


@router.delete(
    "/trips/{trip_id}/leave-end",
    summary="Retract the last end of a leave",
    tags=["trips"],
    responses=edits(TRIP, NOT_FOUND, refusals.TRIP_RETRACTED, refusals.LEAVE_NOT_ENDED, refusals.TRIP_HAS_RETURN),
)
async def retract_leave_end(trip_id: TripId, write: Write) -> Response:
    """The worker is still home on leave."""
    return await write(RetractLeaveEnd(trip_id=trip_id))


@router.get("/trips", summary="Trips by village", tags=["trips"], responses=shows(Page[TripInList]))
async def list_trips(
    read: Read,
    paging: Paging,
    worker_id: Annotated[UUID | None, Query(description="Only this worker's trips.")] = None,
) -> dict[str, Any]:
    """The retracted ones too. *overlaps* names trips of the same person that cannot be so at the same time."""
    query = (
        trips.trips() if worker_id is None else trips.trips().where(trips.WORKER == trips.ALIASES.survivor(worker_id))
    )
    return await read.page(query, key=trips.KEY, paging=paging, village=trips.VILLAGE, item=trips.item)


@router.get("/trips/{trip_id}", summary="One trip", tags=["trips"], responses=shows(Trip, NOT_FOUND, etag=True))
async def get_trip(trip_id: TripId, read: Read) -> Response:
    """With its decree and all that was ever said of it; *corrects* is the version of the fact it is about."""
    row = await read.one(trips.trip(trip_id), village=trips.VILLAGE)
    decree = await read.open(row["decree"])
    return read.answer({**trips.item(row), "decree": decree, "facts": row["facts"]}, version=row["version"])


@router.get(
    "/service-files",
    summary="Service files by village",
    tags=["service files"],
    responses=shows(Page[ServiceFile]),
)
async def list_service_files(read: Read, paging: Paging) -> dict[str, Any]:
    """One for each worker of the registry, opened by itself."""
    return await read.page(
        service_files.service_files(), key=service_files.KEY, paging=paging, village=service_files.VILLAGE
    )


@router.get(
    "/service-files/{worker_id}",
    summary="One worker's service file",
    tags=["service files"],
    responses=shows(ServiceFile, NOT_FOUND),
)
async def get_service_file(worker_id: WorkerId, read: Read) -> dict[str, Any]:
    """Where the worker is served and which trips are in the file."""
    query = service_files.service_files().where(service_files.WORKER == service_files.ALIASES.survivor(worker_id))
    return dict(await read.one(query, village=service_files.VILLAGE))


@router.get("/figures", summary="Where each village's workers stand", tags=["figures"], responses=shows(Page[Figure]))
async def list_figures(read: Read, paging: Paging) -> dict[str, Any]:
    """Workers abroad, on leave, returned for good and deceased; a village with none is not listed."""
    return await read.page(standing.figures(), key=(standing.VILLAGE,), paging=paging, village=standing.VILLAGE)
