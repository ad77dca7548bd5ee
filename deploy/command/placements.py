"""BP3MI's placement list (daftar penempatan) as a file: which cells stand on which line, and nothing about them.

Columns: NIK, Nama, Negara Tujuan, SK Penempatan, Tanggal Kontrak, Kode Desa; recognised by the header's names in any
order. Separated by ``,`` or ``;``, UTF-8 with or without BOM. Cells are passed on exactly as they stand.
"""

import csv
import io
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from deploy.command.failures import BadFile

COLUMNS = {
    "NIK": ("nik",),
    "Nama": ("nama", "namalengkap"),
    "Negara Tujuan": ("negaratujuan", "negara"),
    "SK Penempatan": ("skpenempatan", "nomorskpenempatan", "noskpenempatan", "sk"),
    "Tanggal Kontrak": ("tanggalkontrak", "tglkontrak", "tanggal"),
    "Kode Desa": ("kodedesa", "kodedesakelurahan"),
}
"""The list's columns in its order, each with the spellings of its header: letters and digits alone, lower case."""

# A record may go on over line ends inside quotes. A quote that nobody closes would swallow the rest of the list, so
# after this many lines it is taken for a stray character, and the line for a record of its own.
_LINES_PER_RECORD = 8


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
    try:
        raw = path.read_bytes()
    except OSError as error:
        raise BadFile(f"{path}: {error.strerror} · berkas tidak dapat dibaca") from error
    return parse(raw, str(path))


def parse(raw: bytes, name: str = "the list") -> list[Line]:
    """`read` of the file's bytes."""
    # Bytes that are no UTF-8 become lone surrogates, which no valid text has: they mark their record, not the file.
    text = raw.removeprefix(b"\xef\xbb\xbf").decode("utf-8", errors="surrogateescape")
    lines = list(io.StringIO(text, newline=""))
    start = 1 if lines and re.fullmatch(r"sep=.\s*", lines[0], re.IGNORECASE) else 0
    while start < len(lines) and not lines[start].strip():
        start += 1
    if start == len(lines):
        raise BadFile(f"{name}: the list is empty · daftar kosong")
    separator = ";" if lines[start].count(";") > lines[start].count(",") else ","
    records = _records(lines, start, separator)
    first = next(records)
    places = _places(first[1], name)
    if places is None:
        return [_line(*first, range(len(COLUMNS))), *(_line(*record, range(len(COLUMNS))) for record in records)]
    return [_line(*record, places) for record in records]


def _records(lines: Sequence[str], start: int, separator: str) -> Iterator[tuple[int, list[str]]]:
    """Each record's first line number and cells."""
    at = start
    while at < len(lines):
        if not lines[at].strip():
            at += 1
            continue
        source = _Source(lines[at : at + _LINES_PER_RECORD])
        try:
            cells = next(csv.reader(source, delimiter=separator))
            readable = not source.ran_out
        except csv.Error:  # a cell longer than any cell is
            cells, readable = [], False
        yield at + 1, cells if readable else lines[at].rstrip("\r\n").split(separator)
        at += source.taken if readable else 1


class _Source:
    """Lines for the CSV reader, which takes a further one only while a quote is open."""

    def __init__(self, lines: Sequence[str]) -> None:
        self._lines = lines
        self.taken = 0
        self.ran_out = False

    def __iter__(self) -> Iterator[str]:
        return self

    def __next__(self) -> str:
        if self.taken == len(self._lines):
            self.ran_out = True
            raise StopIteration
        self.taken += 1
        return self._lines[self.taken - 1]


def _places(header: Sequence[str], name: str) -> Sequence[int] | None:
    """Where each column stands; None if the first record is no header (the columns then stand in the list's order)."""
    plain = [re.sub(r"[^0-9a-z]", "", cell.casefold()) for cell in header]
    found = {
        column: next((plain.index(spelling) for spelling in spellings if spelling in plain), None)
        for column, spellings in COLUMNS.items()
    }
    missing = [column for column, place in found.items() if place is None]
    if len(missing) == len(COLUMNS):
        return None
    if missing:
        raise BadFile(f"{name}: no column {', '.join(missing)} · kolom tidak ada: {', '.join(missing)}")
    return [place for place in found.values() if place is not None]


def _line(number: int, cells: Sequence[str], places: Sequence[int]) -> Line:
    """The record with its cells in the list's order; a cell that is not there is an empty one."""
    wanted = [cells[place] if place < len(cells) else "" for place in places]
    if any("\ud800" <= letter <= "\udfff" for cell in wanted for letter in cell):
        return Line(number, None)
    return Line(number, Cells(*wanted))
