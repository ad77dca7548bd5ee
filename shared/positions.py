"""How far a caller has come: ``Event-Position: migration_service=77.903@9f3c2a1b, registry=1234@17aa03de``."""

import re
from collections.abc import Mapping
from dataclasses import dataclass

from shared.errors import Refusal, Refused

POSITION_UNKNOWN = Refusal(
    "position-unknown",
    400,
    "After-Position names a position that its service never answered.",
    "After-Position menyebut posisi yang tidak pernah diberikan oleh layanannya.",
)

_ENTRY = re.compile(r"\s*([a-z_]+)=([0-9]{1,18})(?:\.([0-9]{1,18}))?@([0-9a-f]{8})\s*")


@dataclass(frozen=True, slots=True)
class Position:
    """Published *number* of a log, the first eight hex digits of its id, and for the writer its log *position*."""

    number: int
    log8: str
    position: int | None = None

    def __str__(self) -> str:
        return f"{self.number}{'' if self.position is None else f'.{self.position}'}@{self.log8}"


Vector = Mapping[str, Position]


def parse(header: str) -> Vector:
    """Read what `write` wrote; `position-unknown` for anything else."""
    vector: dict[str, Position] = {}
    for entry in header.split(","):
        found = _ENTRY.fullmatch(entry)
        if not found:
            raise Refused(POSITION_UNKNOWN)
        service, number, position, log8 = found.groups()
        vector = merge(vector, {service: Position(int(number), log8, int(position) if position else None)})
    return vector


def write(vector: Vector) -> str:
    """The header's value, services in alphabetical order."""
    return ", ".join(f"{service}={position}" for service, position in sorted(vector.items()))


def merge(older: Vector, newer: Vector) -> dict[str, Position]:
    """The furthest of both. Where a log changed its name between them, the newer name stands."""
    merged = dict(older)
    for service, there in newer.items():
        here = merged.get(service)
        if here is None or here.log8 != there.log8:
            merged[service] = there
        else:
            positions = [p for p in (here.position, there.position) if p is not None]
            merged[service] = Position(max(here.number, there.number), here.log8, max(positions, default=None))
    return merged
