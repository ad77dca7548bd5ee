"""What a form or a list says of a person, cell by cell: name, birth date, village, day of death.

Cells come as they were written; here they become values or the code of what is wrong with them. Dates are the
programme's calendar (Asia/Jakarta); *today* comes with the command.
"""

import re
import unicodedata
from dataclasses import dataclass
from datetime import date

from services.registry.domain.cells import read_when
from services.registry.domain.names import has_letter
from services.registry.domain.nik import read_nik, says_otherwise
from services.registry.domain.refusals import refuse_columns
from shared.errors import ColumnError
from shared.personal import Known
from shared.vocabulary import EARLIEST, Occurred, village_code

_ISO_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Particulars:
    """A person as a registration describes them (data kependudukan), read and judged.

    *nik* and *birth_date* are None where nobody gave them: a person without NIK is possible. *village* is a dotted
    Kemendagri code. *warnings* are columns that stand although something about them is odd.
    """

    nik: Known[str] | None
    full_name: Known[str]
    birth_date: Known[date] | None
    village: str
    warnings: tuple[ColumnError, ...]


def read_particulars(
    *, nik: str | None, name: str | None, birth_date: str | None, village: str | None, today: date
) -> Particulars:
    """Read the cells of a registration; None is a column that was not given.

    Rejects, one code a column, in this order: ``nik-…`` (see `read_nik`), ``name-missing``, ``birth-date-invalid``,
    ``village-unknown``. Warns besides: ``nik-birth-date-differs``. Whether the village is designated is not asked.
    """
    digits, wrong_nik = (None, None) if nik is None else read_nik(nik, today)
    full_name, wrong_name = read_name(name)
    born, wrong_birth_date = (None, None) if birth_date is None else read_birth_date(birth_date, today)
    code, wrong_village = read_village(village)
    warnings = refuse_columns(wrong_nik, wrong_name, wrong_birth_date, wrong_village)
    odd = odd_together(warnings, digits, born)
    return Particulars(nik=digits, full_name=full_name, birth_date=born, village=code, warnings=odd)


def odd_together(
    warnings: tuple[ColumnError, ...], nik: Known[str] | None, birth_date: Known[date] | None
) -> tuple[ColumnError, ...]:
    """*warnings*, and ``nik-birth-date-differs`` where it applies and the NIK has no other."""
    odd = says_otherwise(nik, birth_date)
    if odd is None or any(warning.column == odd.column for warning in warnings):
        return warnings
    return (odd, *warnings)


def read_name(cell: str | None) -> tuple[Known[str], ColumnError | None]:
    """The name as given, its blanks collapsed; ``name-missing`` if no letter is in it. Capitals stay capitals.

    Signs, digits and letters that show as nothing are no name: they stand for one that nobody wrote.
    """
    name = " ".join((cell or "").split())
    return Known(name), None if has_letter(name) else ColumnError("name", "name-missing")


def same_name(one: str, other: str) -> bool:
    """Whether two names are equal: after case folding, collapsing blanks, and whichever way an accent is encoded."""
    return _folded(one) == _folded(other)


def _folded(name: str) -> str:
    return unicodedata.normalize("NFC", " ".join(name.split()).casefold())


def read_birth_date(cell: str, today: date) -> tuple[Known[date] | None, ColumnError | None]:
    """A day as ISO 8601 writes it, *today* at the latest; else ``birth-date-invalid``."""
    born = read_day(cell)
    if born is not None and born <= today:
        return Known(born), None
    return None, ColumnError("birth_date", "birth-date-invalid")


def born_after(birth_date: Known[date] | None, surveyed_on: date) -> ColumnError | None:
    """``birth-date-after-survey`` where a list that was written on *surveyed_on* names somebody born later."""
    late = birth_date is not None and birth_date.value > surveyed_on
    return ColumnError("birth_date", "birth-date-after-survey") if late else None


def read_day(cell: str) -> date | None:
    """A day from `EARLIEST` on as ISO 8601 writes it; None for anything else."""
    text = cell.strip()
    if not _ISO_DAY.fullmatch(text):
        return None
    try:
        day = date.fromisoformat(text)
    except ValueError:
        return None
    return day if day >= EARLIEST else None


def read_village(cell: str | None) -> tuple[str, ColumnError | None]:
    """The dotted code of a village of the region table, written dotted or not; else ``village-unknown``."""
    code = village_code(cell or "")
    return code or "", None if code else ColumnError("village", "village-unknown")


def read_day_of_death(cell: str, today: date) -> Occurred:
    """A day, month or year that has begun by *today*. Rejects: ``died-on-invalid``."""
    died, wrong = read_when("died_on", cell, until=today)
    refuse_columns(wrong)
    return died


def read_survey_day(cell: str | None, today: date) -> tuple[date, ColumnError | None]:
    """The day on which a list was written (YYYY-MM-DD), *today* where none is given; else ``surveyed-on-invalid``."""
    if cell is None:
        return today, None
    day, wrong = read_birth_date(cell, today)
    return (today, ColumnError("surveyed_on", "surveyed-on-invalid")) if day is None or wrong else (day.value, None)
