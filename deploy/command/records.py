"""Files as spreadsheets save them: records of cells, each with its line, and which column stands where.

Separated by ``,`` or ``;``, UTF-8 with or without BOM. Cells are passed on exactly as they stand.
"""

import csv
import io
import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from deploy.command.failures import BadFile

Record = tuple[int, list[str]]
"""The line of the file on which a record begins, and its cells."""

# A record may go on over line ends inside quotes. A quote that nobody closes would swallow the rest of the list, so
# after this many lines it is taken for a stray character, and the line for a record of its own.
_LINES_PER_RECORD = 8


def raw(path: Path) -> bytes:
    """The file's bytes; `BadFile` where it cannot be read."""
    try:
        return path.read_bytes()
    except OSError as error:
        raise BadFile(f"{path}: {error.strerror} · berkas tidak dapat dibaca") from error


def records(raw: bytes, name: str) -> Iterator[Record]:
    """Every record, the header first; blank lines are left out, but counted. `BadFile` if there is none."""
    # Bytes that are no UTF-8 become lone surrogates, which no valid text has: they mark their record, not the file.
    text = raw.removeprefix(b"\xef\xbb\xbf").decode("utf-8", errors="surrogateescape")
    lines = list(io.StringIO(text, newline=""))
    start = 1 if lines and re.fullmatch(r"sep=.\s*", lines[0], re.IGNORECASE) else 0
    while start < len(lines) and not lines[start].strip():
        start += 1
    if start == len(lines):
        raise BadFile(f"{name}: the list is empty · daftar kosong")
    separator = ";" if lines[start].count(";") > lines[start].count(",") else ","
    return _records(lines, start, separator)


def places(header: Sequence[str], columns: Mapping[str, Sequence[str]]) -> dict[str, int | None]:
    """Where each of *columns* stands, by the spellings of its header: letters and digits alone, lower case."""
    plain = [re.sub(r"[^0-9a-z]", "", cell.casefold()) for cell in header]
    return {
        column: next((plain.index(spelling) for spelling in spellings if spelling in plain), None)
        for column, spellings in columns.items()
    }


def missing(columns: Sequence[str], name: str) -> BadFile:
    """What is said of a list that lacks *columns*."""
    return BadFile(f"{name}: no column {', '.join(columns)} · kolom tidak ada: {', '.join(columns)}")


def readable(cells: Sequence[str]) -> bool:
    """Whether all of it is UTF-8: to guess letters would be to invent somebody's name."""
    return not any("\ud800" <= letter <= "\udfff" for cell in cells for letter in cell)


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
