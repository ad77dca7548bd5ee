"""What a form or a list says, cell by cell, of whatever it is: days, codes, areas, amounts.

Cells come as they were written; here they become values or the code of what is wrong with them. Each function answers
both, as `services.registry.domain.particulars` does: a value beside an error means nothing. Dates are the programme's
calendar (Asia/Jakarta); *today* comes with the command.
"""

from collections.abc import Container, Mapping
from datetime import date

from shared.errors import ColumnError
from shared.vocabulary import LENGTHS, Level, Occurred, region_prefix

EVERYWHERE = "*"
"""The area of what concerns the whole country."""

MOST = 10**15
"""The largest amount of a commitment: rupiah beyond it are a slip of the pen."""

MOST_ATTENDING = 100_000
"""The largest number of participants of one role in a meeting."""

_UNREAD = Occurred(date.min)


def read_when(column: str, cell: str, *, until: date | None = None) -> tuple[Occurred, ColumnError | None]:
    """A day, month or year that has begun by *until* (None: whenever); else ``<column>-invalid``."""
    when = Occurred.parse(cell)
    if when is None or (until is not None and when.on > until):
        return _UNREAD, ColumnError(column, f"{column.replace('_', '-')}-invalid")
    return when, None


def read_code(column: str, cell: str, codes: Container[str]) -> tuple[str, ColumnError | None]:
    """One of *codes* as it is spelled there; else ``<column>-unknown``."""
    code = cell.strip()
    return code, None if code in codes else ColumnError(column, f"{column}-unknown")


def read_area(cell: str, *, level: Level | None = None) -> tuple[str, ColumnError | None]:
    """The dotted code of a region, written dotted or not, or ``*`` for the whole country.

    Rejects: ``area-unknown``; with *level* also ``area-of-another-level``.
    """
    text = cell.strip()
    area = EVERYWHERE if text == EVERYWHERE else region_prefix(text)
    if area is None:
        return "", ColumnError("area", "area-unknown")
    if level is not None and len(area) != LENGTHS[level]:
        return "", ColumnError("area", "area-of-another-level")
    return area, None


def read_text(column: str, cell: str) -> tuple[str, ColumnError | None]:
    """What was written, its blanks collapsed; ``<column>-missing`` if nothing is left."""
    text = " ".join(cell.split())
    return text, None if text else ColumnError(column, f"{column}-missing")


def read_quantity(quantity: int) -> ColumnError | None:
    """``quantity-invalid`` for what is no amount."""
    return None if 1 <= quantity <= MOST else ColumnError("quantity", "quantity-invalid")


def read_attendance(attendance: Mapping[str, int], roles: Container[str]) -> ColumnError | None:
    """``attendance-invalid`` where a role is unknown, a count is no number of people, or nobody came."""
    stands = all(role in roles and 0 <= count <= MOST_ATTENDING for role, count in attendance.items())
    return None if stands and any(attendance.values()) else ColumnError("attendance", "attendance-invalid")


def precedes(one: Occurred, other: Occurred) -> bool:
    """Whether *one* surely lies before *other*, however roughly both are known."""
    return one.until < other.on
