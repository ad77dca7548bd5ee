"""The families of the demo: a spouse and two children for a worker, all of them invented, the same at every run.

They have no NIK, as many real ones have none when they are first written down.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from deploy.command.calls import REGISTRY, Calls
from deploy.command.rules import CHILDREN_BORN_YEARS_AGO, Trip

_GIVEN = (
    "Arunika", "Baskara", "Cempaka", "Danastri", "Ekawira", "Gantari", "Hanindya", "Jatmika", "Kinarya", "Laksita",
    "Mahesani", "Narendra", "Padmarini", "Rengganis", "Sadewa", "Tirtawati", "Wibisana",
)  # fmt: skip
_FAMILY = (
    "Adiwangsa", "Birawasesa", "Candrakirana", "Dirgantara", "Gayatrika", "Hadibrata", "Jayengrana", "Kertapraja",
    "Linggabuana", "Mandraguna", "Pranawengrum", "Suryadarma", "Wiratanu",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Invented:
    """Somebody who does not exist. *birth_date* is set for a child alone."""

    name: str
    birth_date: date | None = None


@dataclass(frozen=True, slots=True)
class Family:
    """What the registry answered: the ids of the worker's spouse and children."""

    worker_id: str
    spouse_id: str
    children_ids: tuple[str, ...]


def invented(number: int, today: date) -> Iterator[Invented]:
    """The spouse and the children of the worker of accepted line *number*."""
    surname = _FAMILY[number // 2 % len(_FAMILY)]
    yield Invented(f"{_GIVEN[number % len(_GIVEN)]} {surname}")
    for n, years in enumerate(CHILDREN_BORN_YEARS_AGO, start=1):
        name = f"{_GIVEN[(number + 5 * n) % len(_GIVEN)]} {surname}"
        yield Invented(name, date(today.year - years, 1 + (number + n) % 12, 1 + (number * 7 + n) % 28))


async def record(calls: Calls, bringing: Sequence[tuple[Trip, str]], today: date, run: str) -> list[Family]:
    """Register the families of trips' workers, each in its village, and say who belongs to whom.

    The spouse is the children's guardian.
    """
    persons = [
        (f"{run}:{trip.number}:family:{n}", _person(one, village))
        for trip, village in bringing
        for n, one in enumerate(invented(trip.number, today))
    ]
    ids = iter([str(reply.must()["id"]) for reply in await calls.post_all(REGISTRY, "/persons", persons)])
    found = [
        Family(trip.worker_id, next(ids), tuple(next(ids) for _ in CHILDREN_BORN_YEARS_AGO)) for trip, _ in bringing
    ]
    households = [
        (f"{run}:{trip.number}:household", _household(family, village))
        for (trip, village), family in zip(bringing, found, strict=True)
    ]
    for reply in await calls.post_all(REGISTRY, "/households", households):
        reply.must()
    return found


def _person(one: Invented, village: str) -> dict[str, Any]:
    born = {"birth_date": one.birth_date.isoformat()} if one.birth_date else {}
    return {"name": one.name, "village": village, **born}


def _household(family: Family, village: str) -> dict[str, Any]:
    kin: list[dict[str, str]] = [{"person_id": family.worker_id, "relative_id": family.spouse_id, "relation": "spouse"}]
    kin += [
        {
            "person_id": family.worker_id,
            "relative_id": child,
            "relation": "child",
            "guardian_id": family.spouse_id,
        }
        for child in family.children_ids
    ]
    members = [family.worker_id, family.spouse_id, *family.children_ids]
    return {"village": village, "members": members, "kin": kin}
