"""The contract date of a placement list (*tanggal kontrak*), as people write it.

``31/12/2023``, ``31-12-2023``, ``2023-12-31``, ``31 Desember 2023``: day before month, a year of four digits, month
names and their usual short forms in Indonesian or English. A date in the programme's calendar (Asia/Jakarta).
"""

import re
import unicodedata
from collections.abc import Mapping
from datetime import date

EARLIEST = date(1900, 1, 1)
"""No living worker left before: an earlier year is a slip of the pen (``0203``), not a date."""

_NAMED = (
    ("januari", "january", "jan"),
    ("februari", "pebruari", "february", "feb", "peb"),
    ("maret", "march", "mar", "mrt"),
    ("april", "apr"),
    ("mei", "may"),
    ("juni", "june", "jun"),
    ("juli", "july", "jul"),
    ("agustus", "august", "agust", "agu", "agt", "ags", "aug"),
    ("september", "sept", "sep"),
    ("oktober", "october", "okt", "oct"),
    ("november", "nopember", "nov", "nop"),
    ("desember", "december", "des", "dec"),
)
MONTHS: Mapping[str, int] = {name: month for month, names in enumerate(_NAMED, start=1) for name in names}

_FORMS = (
    re.compile(r"(?P<day>[0-9]{1,2})/(?P<month>[0-9]{1,2})/(?P<year>[0-9]{4})"),
    re.compile(r"(?P<day>[0-9]{1,2})-(?P<month>[0-9]{1,2})-(?P<year>[0-9]{4})"),
    re.compile(r"(?P<year>[0-9]{4})-(?P<month>[0-9]{1,2})-(?P<day>[0-9]{1,2})"),
    re.compile(r"(?P<day>[0-9]{1,2})[ -](?P<month>[a-z]+)\.?[ -](?P<year>[0-9]{4})"),
)


def contract_date(cell: str, today: date) -> date | None:
    """The day that *cell* means; None where it means none, or one after *today*."""
    text = " ".join(unicodedata.normalize("NFKC", cell).casefold().split())
    found = next((match for form in _FORMS if (match := form.fullmatch(text))), None)
    if found is None:
        return None
    named = found["month"]
    month = int(named) if named.isdigit() else MONTHS.get(named, 0)
    try:
        day = date(int(found["year"]), month, int(found["day"]))
    except ValueError:
        return None
    return day if EARLIEST <= day <= today else None
