"""The demo's rules: what it makes of an accepted list. Dates are the programme's calendar (Asia/Jakarta)."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Literal

from deploy.command.load import Judged, in_list_order

Reason = Literal["contract_ended", "leave", "died"]

YEARS_ABROAD = 2
EVERY_NTH_ON_LEAVE = 10
EVERY_NTH_BY_DEATH = 25
CHILDREN_BORN_YEARS_AGO = (6, 10)

_FAMILY_YEARS = " and ".join(f"this year - {years}" for years in CHILDREN_BORN_YEARS_AGO)
SAID = (
    "Accepted lines (with or without warning) are numbered in list order. Each is a trip, departed on the contract "
    "date. A person's first accepted line gives the person, the village and, if even-numbered, the family: an invented "
    f"spouse and two children, born in {_FAMILY_YEARS}. A further line adds a trip alone.\n"
    "If contract date + 24 months (29 February: 1 March) is today or earlier, the worker came home from that trip that "
    f"day; of those, in list order, every {EVERY_NTH_ON_LEAVE}th on leave, every {EVERY_NTH_BY_DEATH}th by death "
    "(death wins), the others because the contract ended.\n"
    "With several trips the one with the latest contract date (then the later line) says where the person stands; "
    "death wins. Workers counts the people accepted, the dead too: workers = abroad + on leave + returned + deceased."
)
"""The rules as the demo prints them."""


@dataclass(frozen=True, slots=True)
class Trip:
    """An accepted line. *number* counts accepted lines from 1; *first* is whether it is the person's first."""

    number: int
    worker_id: str
    trip_id: str
    departed_on: date
    first: bool
    judged: Judged

    @property
    def brings_family(self) -> bool:
        """Whether a family is invented for this line."""
        return self.first and self.number % 2 == 0


@dataclass(frozen=True, slots=True)
class HomeComing:
    """A return that the rules make of *trip*."""

    trip: Trip
    on: date
    reason: Reason


def trips(judged: Iterable[Judged]) -> list[Trip]:
    """The accepted lines, numbered in list order."""
    known: set[str] = set()
    found: list[Trip] = []
    for one in in_list_order(judged):
        if one.accepted and one.worker_id and one.trip_id and one.departed_on:
            found.append(
                Trip(len(found) + 1, one.worker_id, one.trip_id, one.departed_on, one.worker_id not in known, one)
            )
            known.add(one.worker_id)
    return found


def home_on(departed_on: date) -> date:
    """24 months later; from 29 February it is 1 March."""
    try:
        return departed_on.replace(year=departed_on.year + YEARS_ABROAD)
    except ValueError:
        return departed_on.replace(day=28, year=departed_on.year + YEARS_ABROAD) + timedelta(days=1)


def home_comings(all_trips: Iterable[Trip], today: date) -> list[HomeComing]:
    """Who came home by *today*, in list order."""
    due = [(trip, home_on(trip.departed_on)) for trip in all_trips]
    due = [(trip, on) for trip, on in due if on <= today]
    return [HomeComing(trip, on, _reason(n)) for n, (trip, on) in enumerate(due, start=1)]


def _reason(n: int) -> Reason:
    """Why the n-th of them came home."""
    if n % EVERY_NTH_BY_DEATH == 0:
        return "died"
    return "leave" if n % EVERY_NTH_ON_LEAVE == 0 else "contract_ended"


def decides(all_trips: Iterable[Trip], coming_home: Iterable[HomeComing], one: HomeComing) -> bool:
    """Whether *one* says where its worker stands: the trip is the latest, and no return by death wins over it."""
    worker = one.trip.worker_id
    latest = max((t for t in all_trips if t.worker_id == worker), key=lambda trip: (trip.departed_on, trip.number))
    died = any(other.reason == "died" for other in coming_home if other.trip.worker_id == worker)
    return one.reason == "died" or (latest == one.trip and not died)


def to_be_followed(all_trips: Sequence[Trip], coming_home: Sequence[HomeComing]) -> HomeComing | None:
    """The return whose way through the services is shown: the last that every pillar has something to do with.

    That is one for good, by somebody with a family, which says where they stand; failing that, the nearest to it.
    """
    with_family = {trip.worker_id for trip in all_trips if trip.brings_family}

    def worth(n: int) -> tuple[bool, bool, bool, int]:
        one = coming_home[n]
        standing = decides(all_trips, coming_home, one)
        return standing, one.reason == "contract_ended", one.trip.worker_id in with_family, n

    return coming_home[max(range(len(coming_home)), key=worth)] if coming_home else None
