"""The families of the demo: a spouse and two children for a worker, all of them invented, the same at every run.

They have no NIK, as many real ones have none when they are first written down.
"""

from collections.abc import Iterator
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


async def record(calls: Calls, trip: Trip, village: str, today: date, run: str) -> Family:
    """Register the family of *trip*'s worker in *village* and say who belongs to whom; the spouse is the guardian."""
    ids: list[str] = []
    for n, one in enumerate(invented(trip.number, today)):
        body: dict[str, Any] = {"name": one.name, "village": village}
        if one.birth_date:
            body["birth_date"] = one.birth_date.isoformat()
        answer = await calls.post(REGISTRY, "/persons", body, key=f"{run}:{trip.number}:family:{n}")
        ids.append(str(answer.must()["id"]))
    spouse, *children = ids
    kin: list[dict[str, str]] = [{"person_id": trip.worker_id, "relative_id": spouse, "relation": "spouse"}]
    kin += [
        {"person_id": trip.worker_id, "relative_id": child, "relation": "child", "guardian_id": spouse}
        for child in children
    ]
    household = {"village": village, "members": [trip.worker_id, *ids], "kin": kin}
    (await calls.post(REGISTRY, "/households", household, key=f"{run}:{trip.number}:household")).must()
    return Family(trip.worker_id, spouse, tuple(children))
