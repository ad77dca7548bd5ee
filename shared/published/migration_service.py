"""What the migration service says of trips. Each word carries where the trip stands once it is said."""

from datetime import date
from typing import ClassVar, Literal
from uuid import UUID

from pydantic import Field

from shared.published._base import PersonId, Precision, PublicEvent, Village

Standing = Literal["abroad", "on_leave", "for_good", "deceased", "retracted"]


class TripWord(PublicEvent):
    """One trip (penempatan) as it stands now. The nine legal reasons of a return stay in the migration service.

    *standings* are those that a word is said with; a hearer of the bus need expect no other.
    """

    service: ClassVar[str] = "migration_service"
    standings: ClassVar[tuple[Standing, ...]]
    trip_id: UUID = Field(description="The trip.")
    worker_id: UUID = PersonId
    village: str = Village
    departed_on: date = Field(description="First day of the interval of the departure (Asia/Jakarta).")
    departed_precision: Precision = Field(description="How well the day of departure is known.")
    standing: Standing = Field(
        description=(
            "Where the trip stands after this: abroad; home on leave (cuti); home for good; ended by death; "
            "or retracted, as if it had never been."
        )
    )
    since: date = Field(description="First day of the interval from which *standing* holds.")
    since_precision: Precision = Field(description="How well that day is known.")

    @property
    def partition_key(self) -> UUID:
        return self.worker_id

    @property
    def place(self) -> str:
        return self.village


class WorkerDeparted(TripWord):
    """A worker left for work abroad (keberangkatan), by whatever way."""

    name: ClassVar[str] = "WorkerDeparted"
    standings: ClassVar[tuple[Standing, ...]] = ("abroad",)
    country: str = Field(description="Country or territory, ISO 3166-1 alpha-2.", examples=["TW"])


class WorkerDepartureCorrected(TripWord):
    """A departure was corrected; every field holds from now on."""

    name: ClassVar[str] = "WorkerDepartureCorrected"
    standings: ClassVar[tuple[Standing, ...]] = ("abroad", "on_leave", "for_good", "deceased")
    country: str = Field(description="Country or territory, ISO 3166-1 alpha-2.", examples=["TW"])


class WorkerDepartureRetracted(TripWord):
    """A departure was recorded in error: the trip never was."""

    name: ClassVar[str] = "WorkerDepartureRetracted"
    standings: ClassVar[tuple[Standing, ...]] = ("retracted",)


class WorkerReturned(TripWord):
    """A worker is home (kepulangan, UU 18/2017 Ps 27): for good, on leave, or by death."""

    name: ClassVar[str] = "WorkerReturned"
    standings: ClassVar[tuple[Standing, ...]] = ("on_leave", "for_good", "deceased")


class WorkerReturnCorrected(TripWord):
    """A return was corrected; every field holds from now on."""

    name: ClassVar[str] = "WorkerReturnCorrected"
    standings: ClassVar[tuple[Standing, ...]] = ("on_leave", "for_good", "deceased")


class WorkerReturnRetracted(TripWord):
    """A return was recorded in error."""

    name: ClassVar[str] = "WorkerReturnRetracted"
    standings: ClassVar[tuple[Standing, ...]] = ("abroad", "on_leave")


class WorkerLeaveEnded(TripWord):
    """A worker on leave (cuti) went back to the same work abroad."""

    name: ClassVar[str] = "WorkerLeaveEnded"
    standings: ClassVar[tuple[Standing, ...]] = ("abroad",)


class WorkerLeaveEndCorrected(TripWord):
    """The end of a leave was corrected."""

    name: ClassVar[str] = "WorkerLeaveEndCorrected"
    standings: ClassVar[tuple[Standing, ...]] = ("abroad", "on_leave", "for_good", "deceased")


class WorkerLeaveEndRetracted(TripWord):
    """The end of a leave was recorded in error: the worker is still home on leave."""

    name: ClassVar[str] = "WorkerLeaveEndRetracted"
    standings: ClassVar[tuple[Standing, ...]] = ("on_leave",)
