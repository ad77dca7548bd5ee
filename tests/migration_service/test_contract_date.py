"""Which day a contract date means."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.migration_service.domain.contract_date import EARLIEST, MONTHS, contract_date

TODAY = date(2026, 11, 21)
THE_DAY = date(2023, 12, 31)


@pytest.mark.parametrize(
    "cell",
    [
        "31/12/2023",
        "31-12-2023",
        "2023-12-31",
        "31 Desember 2023",
        " 31/12/2023 ",
        "31 DESEMBER 2023",
        "31  desember\u00a02023",
        "31 Des 2023",
        "31 Des. 2023",
        "31-Des-2023",
        "31 December 2023",
        "31 Dec 2023",
    ],
)
def test_a_day_is_known_in_all_its_forms(cell: str) -> None:
    assert contract_date(cell, TODAY) == THE_DAY


@pytest.mark.parametrize(
    ("cell", "day"),
    [
        ("3/4/2024", date(2024, 4, 3)),
        ("03/04/2024", date(2024, 4, 3)),
        ("5 Mei 2024", date(2024, 5, 5)),
        ("29/02/2024", date(2024, 2, 29)),
        ("17 Pebruari 2022", date(2022, 2, 17)),
        ("1 Nopember 2022", date(2022, 11, 1)),
        ("1 Agt 2022", date(2022, 8, 1)),
    ],
)
def test_the_day_comes_before_the_month(cell: str, day: date) -> None:
    assert contract_date(cell, TODAY) == day


@pytest.mark.parametrize(
    "cell",
    [
        "",
        "-",
        "kemarin",
        "2023-13-01",
        "31/02/2023",
        "29/02/2023",
        "12/31/2023",
        "00/01/2023",
        "31/12/23",
        "31-12/2023",
        "45291",
        "2023",
        "Desember 2023",
        "31 Wakanda 2023",
        "31/12/2023 00:00",
        "01/01/0203",
        "٣١/١٢/٢٠٢٣",
    ],
)
def test_what_is_no_day_is_none(cell: str) -> None:
    assert contract_date(cell, TODAY) is None


def test_a_contract_of_today_is_the_latest() -> None:
    assert contract_date("21/11/2026", TODAY) == TODAY
    assert contract_date("22/11/2026", TODAY) is None


@given(st.dates(EARLIEST, TODAY), st.sampled_from(sorted(MONTHS)))
def test_what_is_written_is_read(day: date, month_name: str) -> None:
    named = day.replace(day=min(day.day, 28), month=MONTHS[month_name])
    if named <= TODAY:
        assert contract_date(f"{named.day} {month_name.title()} {named.year}", TODAY) == named
    for form in ("%d/%m/%Y", "%d-%m-%Y", "%Y-%m-%d"):
        assert contract_date(day.strftime(form), TODAY) == day
    assert contract_date((TODAY + (day - EARLIEST) + timedelta(days=1)).isoformat(), TODAY) is None
