"""The day something happened, and region codes."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.vocabulary import EARLIEST, Occurred, lies_in, region_prefix, village_code


@pytest.mark.parametrize(
    ("text", "on", "until"),
    [
        ("2024-05-03", date(2024, 5, 3), date(2024, 5, 3)),
        ("2024-02", date(2024, 2, 1), date(2024, 2, 29)),
        ("2023-02", date(2023, 2, 1), date(2023, 2, 28)),
        ("2024-12", date(2024, 12, 1), date(2024, 12, 31)),
        ("2024", date(2024, 1, 1), date(2024, 12, 31)),
    ],
)
def test_a_partial_date_is_an_interval(text: str, on: date, until: date) -> None:
    occurred = Occurred.parse(text)
    assert occurred is not None
    assert (occurred.on, occurred.until, str(occurred)) == (on, until, text)


@given(st.dates(EARLIEST), st.sampled_from(["day", "month", "year"]))
def test_what_is_written_is_parsed(on: date, precision: str) -> None:
    first = {"day": on, "month": on.replace(day=1), "year": on.replace(month=1, day=1)}[precision]
    occurred = Occurred(first, precision)  # type: ignore[arg-type]
    assert Occurred.parse(str(occurred)) == occurred
    assert occurred.on <= on <= occurred.until
    if occurred.until < date.max:
        assert Occurred.parse(str(Occurred(occurred.until + timedelta(days=1), precision))) != occurred  # type: ignore[arg-type]


@pytest.mark.parametrize("text", ["", "2024-5", "2024-13", "2024-02-30", "24", "2024-", "2024-05-", "20240503", "0000"])
def test_anything_else_is_no_date(text: str) -> None:
    assert Occurred.parse(text) is None


@pytest.mark.parametrize("text", ["0001", "0001-01-01", "0202-05", "1899-12-31"])
def test_a_day_before_there_was_anybody_is_a_slip(text: str) -> None:
    """Of 0001-01-01 asyncpg makes minus infinity, of which no report can tell the year."""
    assert Occurred.parse(text) is None


@given(st.text())
def test_no_text_is_more_than_no_date_and_no_region(text: str) -> None:
    Occurred.parse(text)
    village_code(text)
    region_prefix(text)


def test_a_code_is_read_dotted_or_not_and_only_if_there_is_such_a_village() -> None:
    assert (
        village_code("33.07.10.2004") == village_code("3307102004") == village_code(" 33 07 10 2004") == "33.07.10.2004"
    )
    assert village_code("33.07.10.9999") is None
    assert village_code("33.07.10") is None
    assert region_prefix("3307") == region_prefix("33.07") == "33.07"
    assert region_prefix("33") == "33"
    assert region_prefix("330710") == "33.07.10"
    assert region_prefix("99") is region_prefix("333") is region_prefix("") is None


def test_a_village_lies_in_its_own_regions_alone() -> None:
    village = "33.07.10.2004"
    for area in ("*", "33", "33.07", "33.07.10", village):
        assert lies_in(village, area)
    for area in ("", "3", "33.0", "33.07.1", "33.07.10.200", "32", "33.07.10.2004.1", "33.07.11", "."):
        assert not lies_in(village, area)
