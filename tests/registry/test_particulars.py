"""Cells of a registration other than the NIK, and which refusal several wrong columns make."""

from datetime import date

import pytest

from services.registry.domain.particulars import (
    Particulars,
    read_birth_date,
    read_day_of_death,
    read_name,
    read_particulars,
    same_name,
)
from shared.errors import ColumnError, Refused
from shared.personal import Known
from shared.vocabulary import Occurred

TODAY = date(2026, 11, 21)
KURIPAN = "33.07.10.2004"


def read(
    nik: str | None = "3307106902009001",
    name: str | None = "Sari Wulandari",
    birth_date: str | None = None,
    village: str | None = KURIPAN,
) -> Particulars:
    return read_particulars(nik=nik, name=name, birth_date=birth_date, village=village, today=TODAY)


def test_a_person_as_a_list_has_them() -> None:
    told = read(nik=" 330710.690200.9001", name=" SARI   WULANDARI ", birth_date="2000-02-29", village="3307102004")
    assert told == Particulars(
        nik=Known("3307106902009001"),
        full_name=Known("SARI WULANDARI"),
        birth_date=Known(date(2000, 2, 29)),
        village=KURIPAN,
        warnings=(),
    )


def test_a_person_without_nik_and_birth_date_is_possible() -> None:
    told = read(nik=None)
    assert (None, None) == (told.nik, told.birth_date)


def test_a_warning_stands_beside_what_was_read() -> None:
    assert read(nik="3307991005959254").warnings == (ColumnError("nik", "nik-unknown-district", warning=True),)


def test_each_column_has_its_code_in_the_order_of_the_fields() -> None:
    with pytest.raises(Refused) as refused:
        read(nik="", name="  ", birth_date="2027-01-01", village="33.07.10.9999")
    assert "nik-length" == refused.value.slug
    assert refused.value.errors == (
        ColumnError("nik", "nik-length"),
        ColumnError("name", "name-missing"),
        ColumnError("birth_date", "birth-date-invalid"),
        ColumnError("village", "village-unknown"),
    )


def test_a_warning_is_named_with_a_refusal_but_is_not_the_refusal() -> None:
    with pytest.raises(Refused) as refused:
        read(nik="3307991005959254", name=None)
    assert "name-missing" == refused.value.slug
    assert refused.value.errors == (
        ColumnError("nik", "nik-unknown-district", warning=True),
        ColumnError("name", "name-missing"),
    )


@pytest.mark.parametrize("name", [None, "", ".", "-", "12345", "\u200b", "\u200e\u202e", "\u3164", "' ’", "\u0301"])
def test_what_has_no_letter_is_no_name(name: str | None) -> None:
    assert read_name(name)[1] == ColumnError("name", "name-missing")


@pytest.mark.parametrize("name", ["I", "O'Brien", "R. 2", "Ñ", "محمد", "王"])
def test_a_letter_of_any_script_is_enough_of_a_name(name: str) -> None:
    assert read_name(name) == (Known(name), None)


@pytest.mark.parametrize("village", [None, "", "33.07.10", "33.07.10.9999", "Kuripan", "33.07.10.20040"])
def test_a_village_that_no_table_has_is_unknown(village: str | None) -> None:
    with pytest.raises(Refused) as refused:
        read(village=village)
    assert "village-unknown" == refused.value.slug


def test_a_name_keeps_its_capitals_and_loses_stray_blanks() -> None:
    assert (Known("TUTI NUGROHO"), None) == read_name("\u00a0TUTI \t NUGROHO ")


@pytest.mark.parametrize("cell", [None, "", " \u00a0\t"])
def test_a_name_of_blanks_is_missing(cell: str | None) -> None:
    assert read_name(cell)[1] == ColumnError("name", "name-missing")


def test_names_are_equal_after_case_folding_and_collapsing_blanks() -> None:
    assert same_name("Tuti  Nugroho ", "TUTI NUGROHO")
    assert same_name("Ren\u00e9 Contoh", "Rene\u0301 contoh")
    assert not same_name("Tuti Nugroho", "Tuti Nugraha")
    assert not same_name("Ren\u00e9 Contoh", "Rene Contoh")


@pytest.mark.parametrize(
    "cell", ["", "2026-11-22", "2023-02-29", "20230228", "2023-W01-1", "28/02/2023", "2023-2-8", "1899-12-31"]
)
def test_a_birth_date_is_a_day_up_to_today(cell: str) -> None:
    assert (None, ColumnError("birth_date", "birth-date-invalid")) == read_birth_date(cell, TODAY)


def test_a_child_may_be_born_today() -> None:
    assert (Known(TODAY), None) == read_birth_date(" 2026-11-21 ", TODAY)


def test_a_death_is_known_to_the_day_the_month_or_the_year() -> None:
    assert [read_day_of_death(cell, TODAY) for cell in ("2026-11-21", "2026-11", "2026")] == [
        Occurred(date(2026, 11, 21)),
        Occurred(date(2026, 11, 1), "month"),
        Occurred(date(2026, 1, 1), "year"),
    ]


@pytest.mark.parametrize("cell", ["", "2026-11-22", "2026-12", "2027", "yesterday"])
def test_a_death_has_begun_by_today(cell: str) -> None:
    with pytest.raises(Refused) as refused:
        read_day_of_death(cell, TODAY)
    assert "died-on-invalid" == refused.value.slug
