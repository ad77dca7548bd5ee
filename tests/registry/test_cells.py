"""What forms say of the programme's records, cell by cell."""

from datetime import date

import pytest

from services.registry.domain.cells import (
    MOST,
    MOST_ATTENDING,
    precedes,
    read_area,
    read_attendance,
    read_code,
    read_quantity,
    read_text,
    read_when,
)
from services.registry.domain.refusals import COLUMN_REFUSALS
from shared.errors import ColumnError
from shared.vocabulary import Occurred
from tests.registry.people_of_kuripan import KURIPAN, TODAY


def code_of(error: ColumnError | None) -> str | None:
    if error is not None:
        assert error.code in COLUMN_REFUSALS
    return None if error is None else error.code


def test_a_day_is_read_as_precisely_as_it_was_written() -> None:
    assert read_when("on", "2019-05", until=TODAY) == (Occurred(date(2019, 5, 1), "month"), None)
    assert code_of(read_when("due_on", "2030")[1]) is None


@pytest.mark.parametrize("cell", ["2030", "yesterday", "2019-02-30", ""])
def test_a_day_that_has_not_come_or_is_none_is_refused(cell: str) -> None:
    assert code_of(read_when("on", cell, until=TODAY)[1]) == "on-invalid"


@pytest.mark.parametrize(
    ("column", "code"),
    [("due_on", "due-on-invalid"), ("starts_on", "starts-on-invalid"), ("ends_on", "ends-on-invalid")],
)
def test_each_column_has_a_code_of_its_own(column: str, code: str) -> None:
    assert code_of(read_when(column, "never")[1]) == code


@pytest.mark.parametrize(
    ("column", "code"),
    [
        ("programme", "programme-unknown"),
        ("kind", "kind-unknown"),
        ("condition", "condition-unknown"),
        ("role", "role-unknown"),
        ("unit", "unit-unknown"),
    ],
)
def test_a_code_is_one_of_its_list(column: str, code: str) -> None:
    assert read_code(column, " road ", {"road"}) == ("road", None)
    assert code_of(read_code(column, "street", {"road"})[1]) == code


def test_an_area_is_a_region_of_any_level_or_the_country() -> None:
    assert [read_area(cell) for cell in ("3307", "33.07", "*")] == [("33.07", None), ("33.07", None), ("*", None)]
    assert code_of(read_area("99")[1]) == "area-unknown"


def test_an_area_may_have_to_be_of_a_level() -> None:
    assert read_area(KURIPAN, level="village") == (KURIPAN, None)
    for cell in ("33.07", "*"):
        assert code_of(read_area(cell, level="village")[1]) == "area-of-another-level"


@pytest.mark.parametrize("column", ["name", "agreement", "what"])
def test_a_text_may_not_be_missing(column: str) -> None:
    assert read_text(column, "  Bank   Contoh ") == ("Bank Contoh", None)
    assert code_of(read_text(column, "  ")[1]) == f"{column}-missing"


def test_an_amount_is_some_but_not_too_much() -> None:
    assert [read_quantity(amount) for amount in (1, MOST)] == [None, None]
    assert [code_of(read_quantity(amount)) for amount in (0, -1, MOST + 1)] == ["quantity-invalid"] * 3


@pytest.mark.parametrize("counts", [{}, {"officer": 0}, {"guest": 1}, {"officer": -1}, {"officer": MOST_ATTENDING + 1}])
def test_somebody_of_a_known_role_attends(counts: dict[str, int]) -> None:
    assert code_of(read_attendance(counts, {"officer"})) == "attendance-invalid"
    assert read_attendance({"officer": 50}, {"officer"}) is None


def test_a_day_precedes_another_only_if_it_surely_does() -> None:
    year, day = Occurred(date(2019, 1, 1), "year"), Occurred(date(2019, 5, 3))
    assert [precedes(year, day), precedes(day, year)] == [False, False]
    assert precedes(year, Occurred(date(2020, 1, 1)))
