"""The family card's number (No. KK, nomor kartu keluarga): 16 digits, of which only the structure can be judged here.

Six digits of region, the day on which the card was *recorded* as DDMMYY, a serial from 0001. It looks like a NIK and is
none: the day is never raised by 40 (the structure as guides for village offices give it: agibalaja.blogspot.com,
September 2022). The number changes over time and one person is on one card at a time, so nothing is derived from it:
neither who lives together nor where. It is personal data of everybody on the card.
"""

from datetime import date

from services.registry.domain.nik import read_nik
from shared.errors import ColumnError
from shared.personal import Known

COLUMN = "card"

_RAISED_FROM = 40
"""Days above this stand in a woman's NIK alone."""


def read_card(cell: str, today: date) -> tuple[Known[str] | None, ColumnError | None]:
    """The 16 digits that *cell* holds, written as a NIK may be, and what is wrong with them.

    One code, the first that applies: ``card-mangled-by-spreadsheet``, ``card-length``, ``card-unknown-province``,
    ``card-unknown-district`` (a code ``00``), ``card-impossible-date`` (also a day raised by 40), ``card-serial-zero``,
    and last, as a warning, ``card-unknown-district`` (regency or district not in the table).
    """
    digits, wrong = read_nik(cell, today)
    if digits is not None and int(digits.value[6:8]) > _RAISED_FROM:
        return None, ColumnError(COLUMN, "card-impossible-date")
    if wrong is None:
        return digits, None
    return digits, ColumnError(COLUMN, COLUMN + wrong.code.removeprefix("nik"), warning=wrong.warning)
