"""The structure of a family card's number."""

from datetime import date

import pytest

from services.registry.domain.family_card import read_card
from shared.personal import Known

TODAY = date(2026, 11, 21)


@pytest.mark.parametrize("cell", ["3307101708269001", " 3307 1017 0826 9001", "'33.07.10.170826.9001"])
def test_a_number_may_be_written_as_a_nik_may_be(cell: str) -> None:
    assert (Known("3307101708269001"), None) == read_card(cell, TODAY)


@pytest.mark.parametrize(
    ("cell", "code"),
    [
        ("3,30710E+15", "card-mangled-by-spreadsheet"),
        ("330710170826900", "card-length"),
        ("9907101708269001", "card-unknown-province"),
        ("3300101708269001", "card-unknown-district"),
        ("3307103108269000", ""),
        ("3307103113269001", "card-impossible-date"),
        ("3307101708260000", "card-serial-zero"),
    ],
)
def test_what_is_no_number_of_a_card_is_refused(cell: str, code: str) -> None:
    number, wrong = read_card(cell, TODAY)
    assert code == (wrong.code if wrong else "")
    assert (number is None) == bool(code)


def test_only_a_nik_raises_the_day_by_40() -> None:
    number, wrong = read_card("3307105708269001", TODAY)
    assert number is None
    assert wrong is not None
    assert ("card", "card-impossible-date", False) == (wrong.column, wrong.code, wrong.warning)


def test_a_district_that_the_table_lacks_is_a_warning() -> None:
    number, wrong = read_card("3212991708269001", TODAY)
    assert Known("3212991708269001") == number
    assert wrong is not None
    assert ("card-unknown-district", True) == (wrong.code, wrong.warning)
