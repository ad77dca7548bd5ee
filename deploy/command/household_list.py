"""A list of households (daftar rumah tangga) as a file: one line a person, the lines of one household under one key.

Columns: Rumah Tangga (the household's key: whatever tells it from the others of its village, in every list), Nama,
Hubungan (to the head of the household), Kode Desa; and where they are known NIK, Tanggal Lahir, No KK, PMI (ya: works,
will work or has worked abroad), Tanggal Pendataan. Village, card and day of the survey are the household's: its first
line that has one says it. Recognised by the header's names in any order; cells are passed on exactly as they stand.
"""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import orjson

from deploy.command.records import missing, places, raw, readable, records

COLUMNS = {
    "Rumah Tangga": ("rumahtangga", "nomorrumahtangga", "norumahtangga", "household"),
    "Nama": ("nama", "namalengkap", "name"),
    "Hubungan": ("hubungan", "hubungankeluarga", "shdk", "relation"),
    "Kode Desa": ("kodedesa", "kodedesakelurahan", "village"),
    "NIK": ("nik",),
    "Tanggal Lahir": ("tanggallahir", "tgllahir", "birthdate"),
    "No KK": ("nokk", "nomorkk", "card"),
    "PMI": ("pmi", "pekerjamigran", "worker"),
    "Tanggal Pendataan": ("tanggalpendataan", "tglpendataan", "surveyedon"),
}
"""The list's columns, each with the spellings of its header: letters and digits alone, lower case."""

_REQUIRED = ("Rumah Tangga", "Nama", "Hubungan", "Kode Desa")
_YES = frozenset({"ya", "y", "yes", "true", "1", "pmi", "cpmi"})


@dataclass(frozen=True, slots=True)
class Listed:
    """A household of the list: its lines' numbers (the header is line 1) and what the registry is asked.

    *body* is None where a line of it is not UTF-8: to guess its letters would be to invent somebody's name.
    """

    numbers: tuple[int, ...]
    body: dict[str, Any] | None
    key: str
    """Its Idempotency-Key, made from the household's key and village: in whatever file, this is that household.

    So one that was recorded and reads otherwise now is not recorded a second time; one that was refused may be put
    right. A line that names no household is told from others by its number and what it says.
    """


def read(path: Path) -> list[Listed]:
    """Every household, in the order of its first line. `BadFile` if it is no such list."""
    return parse(raw(path), str(path))


def parse(raw: bytes, name: str = "the list") -> list[Listed]:
    """`read` of the file's bytes."""
    found = records(raw, name)
    columns = places(next(found)[1], COLUMNS)
    if absent := [column for column in _REQUIRED if columns[column] is None]:
        raise missing(absent, name)
    by_key: dict[str, list[tuple[int, dict[str, str]]]] = {}
    for number, cells in found:
        line = {
            column: cells[place] if place is not None and place < len(cells) else ""
            for column, place in columns.items()
        }
        # A line of no household is one by itself: the registry says what is wrong with it.
        by_key.setdefault(line["Rumah Tangga"].strip() or f"line {number}", []).append((number, line))
    return [_household(lines) for lines in by_key.values()]


def _household(lines: Sequence[tuple[int, dict[str, str]]]) -> Listed:
    numbers = tuple(number for number, _ in lines)
    if not all(readable(list(line.values())) for _, line in lines):
        return Listed(numbers, None, "")
    body: dict[str, Any] = {"village": "", "people": [_person(line) for _, line in lines]}
    for field, column in (("village", "Kode Desa"), ("card", "No KK"), ("surveyed_on", "Tanggal Pendataan")):
        if said := next((line[column] for _, line in lines if line[column].strip()), ""):
            body[field] = said
    key = lines[0][1]["Rumah Tangga"].strip()
    village = "".join(letter for letter in body["village"] if letter.isdigit())
    told = orjson.dumps([key, village] if key else ["", numbers[0], body], option=orjson.OPT_SORT_KEYS)
    return Listed(numbers, body, hashlib.sha256(told).hexdigest())


def _person(line: dict[str, str]) -> dict[str, Any]:
    person: dict[str, Any] = {"name": line["Nama"], "relation": line["Hubungan"]}
    for field, column in (("nik", "NIK"), ("birth_date", "Tanggal Lahir")):
        if line[column].strip():
            person[field] = line[column]
    if line["PMI"].strip().casefold() in _YES:
        person["worker"] = True
    return person
