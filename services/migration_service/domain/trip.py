"""One trip (*penempatan*): a worker leaves for work abroad, comes home on leave, goes back, comes home for good.

Each trip is a history of its own, and a return names its trip: a person may have many, reported months late and in
any order. Overlapping trips of one person are both kept, as a contradiction to clear. Corrections and retractions are
facts too; each names the fact it corrects by that fact's version in this trip's history.

This file says what happens to a trip and where it then stands; what may be asked of it is `trip_rules`.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date
from typing import ClassVar, Literal, assert_never
from uuid import UUID

from services.migration_service.domain.placement import Placement, Procedure, Scheme, Sector
from shared.decider import Claim, Release
from shared.personal import Personal
from shared.vocabulary import Occurred

Reason = Literal[
    "contract_ended",  # a: berakhirnya perjanjian kerja
    "leave",  # b: cuti
    "early_termination",  # c: pemutusan hubungan kerja sebelum masa perjanjian berakhir
    "accident_or_illness",  # d: kecelakaan kerja dan/atau sakit, tidak bisa lagi menjalankan pekerjaan
    "abuse",  # e: penganiayaan atau tindak kekerasan lainnya
    "war_disaster_or_epidemic",  # f: perang, bencana alam, atau wabah penyakit di negara tujuan
    "deported",  # g: dideportasi oleh pemerintah setempat
    "died",  # h: meninggal dunia di negara tujuan
    "other_loss",  # i: sebab lain yang menimbulkan kerugian
]
"""Why a worker is home (sebab kepulangan): the nine of UU 18/2017 Ps 27, in its order."""

Standing = Literal["abroad", "on_leave", "for_good", "deceased", "retracted"]
"""Where a trip stands, as others hear it."""

# ---------------------------------------------------------------------------------------------------- What happens


@dataclass(frozen=True, slots=True, kw_only=True)
class TripFacts:
    """The trip as it stands once the event that carries this has happened: what others are told of it.

    *village*: the worker's, dotted code, as the service file had it then. *since*: from when *standing* holds.
    """

    trip_id: UUID
    village: str
    departed: Occurred
    standing: Standing
    since: Occurred


@dataclass(frozen=True, slots=True, kw_only=True)
class OfTrip:
    """What every fact of a trip has. A correction or retraction *occurred* on the day of the fact it is about."""

    schema_version: ClassVar[int] = 1
    about: ClassVar[str | None] = "worker_id"
    erases: ClassVar[bool] = False

    occurred: Occurred
    worker_id: UUID
    trip: TripFacts


@dataclass(frozen=True, slots=True, kw_only=True)
class OfDeparture(OfTrip):
    """What is said of a departure: see `Placement`."""

    country: str
    decree: Personal[str] | None
    contract_date: date | None
    scheme: Scheme
    sector: Sector
    procedure: Procedure

    @property
    def placement(self) -> Placement:
        """The departure by itself."""
        return Placement(
            departed=self.occurred,
            country=self.country,
            decree=self.decree,
            contract_date=self.contract_date,
            scheme=self.scheme,
            sector=self.sector,
            procedure=self.procedure,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Departed(OfDeparture):
    """A worker left for work abroad (keberangkatan), by whatever way."""

    name: ClassVar[str] = "Departed"


@dataclass(frozen=True, slots=True, kw_only=True)
class DepartureCorrected(OfDeparture):
    """All that is said here of the departure holds from now on, in place of fact *corrects* of this trip."""

    name: ClassVar[str] = "DepartureCorrected"

    corrects: int


@dataclass(frozen=True, slots=True, kw_only=True)
class DepartureRetracted(OfTrip):
    """The departure, fact *corrects*, was recorded in error: this trip never was."""

    name: ClassVar[str] = "DepartureRetracted"

    corrects: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Returned(OfTrip):
    """The worker is home (kepulangan, UU 18/2017 Ps 27)."""

    name: ClassVar[str] = "Returned"

    reason: Reason


@dataclass(frozen=True, slots=True, kw_only=True)
class ReturnCorrected(OfTrip):
    """Day and reason of the return that hold from now on, in place of fact *corrects*."""

    name: ClassVar[str] = "ReturnCorrected"

    reason: Reason
    corrects: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ReturnRetracted(OfTrip):
    """The return, fact *corrects*, was recorded in error: the worker stands where they stood before it."""

    name: ClassVar[str] = "ReturnRetracted"

    corrects: int


@dataclass(frozen=True, slots=True, kw_only=True)
class LeaveEnded(OfTrip):
    """The worker went back from leave (cuti) to the same work."""

    name: ClassVar[str] = "LeaveEnded"


@dataclass(frozen=True, slots=True, kw_only=True)
class LeaveEndCorrected(OfTrip):
    """The day on which the leave ended, in place of fact *corrects*."""

    name: ClassVar[str] = "LeaveEndCorrected"

    corrects: int


@dataclass(frozen=True, slots=True, kw_only=True)
class LeaveEndRetracted(OfTrip):
    """The end of the leave, fact *corrects*, was recorded in error: the worker is still home on leave."""

    name: ClassVar[str] = "LeaveEndRetracted"

    corrects: int


TripEvent = (
    Departed
    | DepartureCorrected
    | DepartureRetracted
    | Returned
    | ReturnCorrected
    | ReturnRetracted
    | LeaveEnded
    | LeaveEndCorrected
    | LeaveEndRetracted
)


def claims(event: TripEvent) -> Iterable[Claim | Release]:
    """A trip holds its worker's placement as long as it stands (see `placement.claimed`)."""
    match event:
        case Departed() | DepartureCorrected():
            if isinstance(event, DepartureCorrected):
                yield Release("placement", event.trip.trip_id)
            if parts := event.placement.same_as(event.worker_id):
                yield Claim("placement", parts, event.trip.trip_id, event.worker_id)
        case DepartureRetracted():
            yield Release("placement", event.trip.trip_id)
        case _:
            return


# ----------------------------------------------------------------------------------------------- Where it can stand


@dataclass(frozen=True, slots=True)
class Return:
    """A return that stands: *fact* is the version of the fact that says so."""

    fact: int
    on: Occurred
    reason: Reason


@dataclass(frozen=True, slots=True)
class LeaveEnd:
    """An end of a leave that stands."""

    fact: int
    on: Occurred


Step = Return | LeaveEnd


@dataclass(frozen=True, slots=True)
class NotRecorded:
    """No departure yet: there is no such trip."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Taken:
    """A trip that stands. *version*: its number of facts. *said*: the fact that says the departure as it holds now.

    *steps*: what stands of its returns and ends of leaves, in order. Each leave is followed by its end, by a return
    that is no leave, or by nothing yet; a return that is no leave comes last.
    """

    version: int
    trip_id: UUID
    worker_id: UUID
    placement: Placement
    said: int
    steps: tuple[Step, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Abroad(Taken):
    """At work abroad, never home yet or back from leave."""


@dataclass(frozen=True, slots=True, kw_only=True)
class OnLeave(Taken):
    """Home on leave (cuti): neither abroad nor returned."""


@dataclass(frozen=True, slots=True, kw_only=True)
class HomeForGood(Taken):
    """Home, and this trip is over (purna)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Deceased(Taken):
    """The worker died on this trip."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Retracted:
    """Recorded in error; nothing more happens to it."""

    version: int
    trip_id: UUID
    worker_id: UUID


Trip = NotRecorded | Abroad | OnLeave | HomeForGood | Deceased | Retracted


def standing(placement: Placement, steps: tuple[Step, ...]) -> tuple[Standing, Occurred]:
    """Where a trip with these *steps* stands, and since when."""
    if not steps:
        return "abroad", placement.departed
    last = steps[-1]
    if isinstance(last, LeaveEnd):
        return "abroad", last.on
    match last.reason:
        case "leave":
            return "on_leave", last.on
        case "died":
            return "deceased", last.on
        case _:
            return "for_good", last.on


def evolve(trip: Trip, event: TripEvent) -> Trip:
    """Where a trip stands after *event*."""
    if isinstance(event, Departed):
        return Abroad(
            version=1,
            trip_id=event.trip.trip_id,
            worker_id=event.worker_id,
            placement=event.placement,
            said=1,
            steps=(),
        )
    if not isinstance(trip, Taken):
        return trip
    fact = trip.version + 1
    match event:
        case DepartureRetracted():
            return Retracted(version=fact, trip_id=trip.trip_id, worker_id=trip.worker_id)
        case DepartureCorrected():
            return _at(replace(trip, version=fact, placement=event.placement, said=fact), trip.steps)
        case Returned():
            steps = (*trip.steps, Return(fact, event.occurred, event.reason))
        case LeaveEnded():
            steps = (*trip.steps, LeaveEnd(fact, event.occurred))
        case ReturnCorrected():
            steps = _instead(trip.steps, event.corrects, Return(fact, event.occurred, event.reason))
        case LeaveEndCorrected():
            steps = _instead(trip.steps, event.corrects, LeaveEnd(fact, event.occurred))
        case ReturnRetracted() | LeaveEndRetracted():
            steps = tuple(step for step in trip.steps if step.fact != event.corrects)
        case _:
            assert_never(event)
    return _at(replace(trip, version=fact), steps)


def _instead(steps: tuple[Step, ...], corrected: int, step: Step) -> tuple[Step, ...]:
    return tuple(step if old.fact == corrected else old for old in steps)


_STATES: Mapping[Standing, type[Abroad] | type[OnLeave] | type[HomeForGood] | type[Deceased]] = {
    "abroad": Abroad,
    "on_leave": OnLeave,
    "for_good": HomeForGood,
    "deceased": Deceased,
}


def _at(trip: Taken, steps: tuple[Step, ...]) -> Trip:
    """The trip with these *steps*, as the kind of state they put it in."""
    stands, _ = standing(trip.placement, steps)
    return _STATES[stands](
        version=trip.version,
        trip_id=trip.trip_id,
        worker_id=trip.worker_id,
        placement=trip.placement,
        said=trip.said,
        steps=steps,
    )
