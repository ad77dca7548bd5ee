"""BP3MI's placement list (daftar penempatan) as a file: which cells stand on which line, and nothing about them.

Columns: NIK, Nama, Negara Tujuan, SK Penempatan, Tanggal Kontrak, Kode Desa; recognised by the header's names in any
order. Separated by ``,`` or ``;``, UTF-8 with or without BOM. Cells are passed on exactly as they stand.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from deploy.command.records import missing, places, raw, readable, records

COLUMNS = {
    "NIK": ("nik",),
    "Nama": ("nama", "namalengkap"),
    "Negara Tujuan": ("negaratujuan", "negara"),
    "SK Penempatan": ("skpenempatan", "nomorskpenempatan", "noskpenempatan", "sk"),
    "Tanggal Kontrak": ("tanggalkontrak", "tglkontrak", "tanggal"),
    "Kode Desa": ("kodedesa", "kodedesakelurahan"),
}
"""The list's columns in its order, each with the spellings of its header: letters and digits alone, lower case."""


@dataclass(frozen=True, slots=True)
class Cells:
    """One placement, raw."""

    nik: str
    name: str
    country: str
    decree: str
    contract_date: str
    village: str


@dataclass(frozen=True, slots=True)
class Line:
    """A record of the list. *number* is the line of the file on which it begins, the header being line 1.

    *cells* is None where the line is not UTF-8: to guess its letters would be to invent somebody's name.
    """

    number: int
    cells: Cells | None


def read(path: Path) -> list[Line]:
    """Every record of the list; blank lines are left out, but counted. `BadFile` if it is no such list."""
    return parse(raw(path), str(path))


def parse(raw: bytes, name: str = "the list") -> list[Line]:
    """`read` of the file's bytes."""
    found = records(raw, name)
    first = next(found)
    columns = _places(first[1], name)
    if columns is None:
        return [_line(*first, range(len(COLUMNS))), *(_line(*record, range(len(COLUMNS))) for record in found)]
    return [_line(*record, columns) for record in found]


def _places(header: Sequence[str], name: str) -> Sequence[int] | None:
    """Where each column stands; None if the first record is no header (the columns then stand in the list's order)."""
    found = places(header, COLUMNS)
    absent = [column for column, place in found.items() if place is None]
    if len(absent) == len(COLUMNS):
        return None
    if absent:
        raise missing(absent, name)
    return [place for place in found.values() if place is not None]


def _line(number: int, cells: Sequence[str], columns: Sequence[int]) -> Line:
    """The record with its cells in the list's order; a cell that is not there is an empty one."""
    wanted = [cells[place] if place < len(cells) else "" for place in columns]
    return Line(number, Cells(*wanted) if readable(wanted) else None)
