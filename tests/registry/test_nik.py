"""NIK cells: the vectors of the research (synthetic, serial 9xxx) and every way of writing one."""

from datetime import date

import pytest

from services.registry.domain.nik import read_nik, says_otherwise
from shared.errors import ColumnError
from shared.personal import Known

TODAY = date(2025, 6, 1)


def code(cell: str, today: date = TODAY) -> str:
    """The code of a cell that is refused."""
    digits, error = read_nik(cell, today)
    assert digits is None
    assert error is not None
    assert (error.column, error.warning) == ("nik", False)
    return error.code


@pytest.mark.parametrize(
    "nik",
    [
        "3212161508959001",  # male, 15 August 1995
        "3212165508959001",  # female, the same day
        "3307106902009001",  # female, 29 February 2000
        "3212164101959001",  # female, day 01
        "3212161508269001",  # 1926: the year 26 has not come yet
    ],
)
def test_a_possible_nik_stands(nik: str) -> None:
    assert read_nik(nik, TODAY) == (Known(nik), None)


def test_an_unknown_district_is_a_warning_since_regions_are_split() -> None:
    warning = ColumnError("nik", "nik-unknown-district", warning=True)
    assert read_nik("3212991508959001", TODAY) == (Known("3212991508959001"), warning)
    assert read_nik("3299161508959001", TODAY) == (Known("3299161508959001"), warning)


@pytest.mark.parametrize(
    ("nik", "expected"),
    [
        ("3212163213959001", "nik-impossible-date"),  # day 32, month 13
        ("3212167213959001", "nik-impossible-date"),  # day 72
        ("3212164001959001", "nik-impossible-date"),  # day 40
        ("3307106902999001", "nik-impossible-date"),  # 29 February 1999
        ("3212160008959001", "nik-impossible-date"),  # day 00
        ("3212161508950000", "nik-serial-zero"),
        ("9912161508959001", "nik-unknown-province"),
        ("0012161508959001", "nik-unknown-province"),
        ("3200161508959001", "nik-unknown-district"),
        ("3212001508959001", "nik-unknown-district"),
        ("321216150895900", "nik-length"),
        ("32121615089590011", "nik-length"),
    ],
)
def test_an_impossible_nik_is_refused(nik: str, expected: str) -> None:
    assert expected == code(nik)


@pytest.mark.parametrize(
    ("nik", "expected"),
    [
        ("9900163213950000", "nik-unknown-province"),
        ("3200163213950000", "nik-unknown-district"),
        ("3212993213950000", "nik-impossible-date"),
        ("3212991508950000", "nik-serial-zero"),
    ],
)
def test_one_code_the_first_that_applies(nik: str, expected: str) -> None:
    assert expected == code(nik)


@pytest.mark.parametrize(
    "cell",
    [
        " 321216.150895.9001 ",
        "'3212161508959001",
        "’3212161508959001",
        " ' 3212 1615 0895 9001",
        "3212\u00a01615\u20090895\t9001\n",
        "32.12.16.150895.9001",
    ],
)
def test_blanks_dots_and_a_leading_apostrophe_are_no_part_of_it(cell: str) -> None:
    assert read_nik(cell, TODAY) == (Known("3212161508959001"), None)


@pytest.mark.parametrize(
    "cell",
    ["3.30710E+15", "3,30710E+15", "3.3071E15", "3,3071e+15", " 3.30710E+15 ", "'3.30710E+15", "3E+15", "3.E+15"],
)
def test_what_a_spreadsheet_makes_of_a_nik_is_named(cell: str) -> None:
    assert "nik-mangled-by-spreadsheet" == code(cell)


@pytest.mark.parametrize(
    "cell",
    [
        "",
        "   ",
        "'",
        "-",
        "3212-1615-0895-9001",  # a hyphen is neither a blank nor a dot
        "3212161508959001'",
        "''3212161508959001",
        "321216150895900O",
        "٣٢١٢١٦١٥٠٨٩٥٩٠٠١",
        "3.3.0710E+15",
        "3.30710E-15",
        "E+15",
    ],
)
def test_whatever_else_is_not_16_digits_has_a_wrong_length(cell: str) -> None:
    assert "nik-length" == code(cell)


def test_the_century_is_that_of_today_or_the_one_before() -> None:
    leap_day = "3307102902009001"  # 29 February of a year 00: there was one in 2000, none in 1900
    assert read_nik(leap_day, date(2026, 1, 1)) == (Known(leap_day), None)


@pytest.mark.parametrize(
    ("nik", "born", "differs"),
    [
        ("3307106902009001", date(2000, 2, 29), False),  # a woman: day + 40
        ("3212161508959001", date(1995, 8, 15), False),
        ("3212161508959001", date(1895, 8, 15), False),  # no century stands in it
        ("3212161508959001", date(1995, 8, 16), True),
        ("3212161508959001", date(1996, 8, 15), True),
    ],
)
def test_a_birth_date_other_than_the_one_in_the_nik_is_warned_of(nik: str, born: date, *, differs: bool) -> None:
    warning = ColumnError("nik", "nik-birth-date-differs", warning=True)
    assert says_otherwise(Known(nik), Known(born)) == (warning if differs else None)
    assert says_otherwise(None, Known(born)) is None
    assert says_otherwise(Known(nik), None) is None
