"""What is said of a departure, and what is wrong with it."""

import csv
from datetime import date
from pathlib import Path
from uuid import UUID

import pytest

from services.migration_service.domain.placement import Cells, Placement, placement
from shared.errors import Refused
from shared.personal import Erased, Known
from shared.vocabulary import Occurred

TODAY = date(2026, 11, 21)
SITI = UUID(int=1)
EXAMPLE = Path(__file__).parents[2] / "deploy" / "example"

FULL = Cells(country="Taiwan", decree=" SK-1/BP3MI/2024  a ", contract_date="05/09/2024")


def said(**changed: object) -> Placement:
    fields = {
        "departed": Occurred(date(2024, 9, 5)),
        "country": "TW",
        "decree": Known("SK-1/BP3MI/2024 a"),
        "contract_date": date(2024, 9, 5),
        "scheme": "unknown",
        "sector": "unknown",
        "procedure": "unknown",
    }
    return Placement(**{**fields, **changed})  # type: ignore[arg-type]


def codes(cells: Cells, before: Placement | None = None) -> list[tuple[str, str]]:
    with pytest.raises(Refused) as caught:
        placement(cells, TODAY, before)
    assert caught.value.slug == caught.value.errors[0].code
    assert caught.value.refusal.status == 422
    return [(error.column, error.code) for error in caught.value.errors]


def test_a_line_of_the_list_is_a_departure_on_its_contract_date() -> None:
    assert placement(FULL, TODAY) == said()


@pytest.mark.parametrize("decree", [None, "", "  "])
def test_a_decree_may_be_missing(decree: str | None) -> None:
    assert placement(Cells(country="TW", decree=decree, contract_date="2024-09-05"), TODAY) == said(decree=None)


def test_the_departure_may_be_known_by_its_month_alone() -> None:
    cells = Cells(country="TW", decree="SK-1", contract_date=" ", departed_on="2024-05")
    expected = said(departed=Occurred(date(2024, 5, 1), "month"), decree=Known("SK-1"), contract_date=None)
    assert placement(cells, TODAY) == expected


def test_how_somebody_left_is_recorded_never_refused() -> None:
    cells = Cells(country="MY", departed_on="2024", procedure="non_procedural", scheme="individual", sector="informal")
    assert placement(cells, TODAY).procedure == "non_procedural"


def test_every_column_has_its_code_in_their_order() -> None:
    cells = Cells(country="-", contract_date="kemarin", departed_on="x", scheme="x", sector="", procedure="illegal")
    assert codes(cells) == [
        ("country", "country-unknown"),
        ("contract_date", "contract-date-invalid"),
        ("departed_on", "departed-on-invalid"),
        ("scheme", "scheme-invalid"),
        ("sector", "sector-invalid"),
        ("procedure", "procedure-invalid"),
    ]


@pytest.mark.parametrize("contract", [None, "", " ", "kemarin", "22/11/2026"])
def test_without_a_day_of_its_own_a_departure_needs_a_contract_date(contract: str | None) -> None:
    assert codes(Cells(country="TW", contract_date=contract)) == [("contract_date", "contract-date-invalid")]


def test_a_contract_date_is_judged_also_beside_a_day_of_departure() -> None:
    cells = Cells(country="TW", contract_date="31/02/2023", departed_on="2023-03-01")
    assert codes(cells) == [("contract_date", "contract-date-invalid")]


@pytest.mark.parametrize("day", ["2026-11-22", "2026-12", "2027", "0024-01-01", "31/12/2023", "2024-13"])
def test_a_departure_has_begun_by_today(day: str) -> None:
    assert codes(Cells(country="TW", departed_on=day)) == [("departed_on", "departed-on-invalid")]


@pytest.mark.parametrize("day", ["2026-11-21", "2026-11", "2026"])
def test_an_interval_that_began_may_end_later(day: str) -> None:
    assert str(placement(Cells(country="TW", departed_on=day), TODAY).departed) == day


def test_a_correction_leaves_what_is_not_sent() -> None:
    assert placement(Cells(), TODAY, before=said()) == said()
    assert placement(Cells(country="HK"), TODAY, before=said()) == said(country="HK")
    assert placement(Cells(decree=""), TODAY, before=said()) == said(decree=None)


def test_a_departure_on_the_contract_date_follows_its_correction() -> None:
    corrected = date(2024, 5, 9)
    expected = said(departed=Occurred(corrected), contract_date=corrected)
    assert placement(Cells(contract_date="09/05/2024"), TODAY, before=said()) == expected


def test_a_departure_with_a_day_of_its_own_stays_where_it_was() -> None:
    before = said(departed=Occurred(date(2024, 10, 1), "month"))
    after = placement(Cells(contract_date="09/05/2024"), TODAY, before=before)
    assert (after.departed, after.contract_date) == (before.departed, date(2024, 5, 9))


def test_a_contract_date_can_be_taken_back() -> None:
    assert placement(Cells(contract_date=""), TODAY, before=said()) == said(contract_date=None)


def test_a_correction_is_held_to_the_same_rules() -> None:
    wrong = Cells(country="Wakanda", contract_date="kemarin", departed_on="2030")
    assert [code for _, code in codes(wrong, said())] == [
        "country-unknown",
        "contract-date-invalid",
        "departed-on-invalid",
    ]


def test_one_placement_is_one_whatever_the_spelling_of_date_country_or_decree() -> None:
    again = Cells(country="TWN", decree="sk-1/bp3mi/2024 A", contract_date="5 September 2024")
    assert placement(FULL, TODAY).same_as(SITI) == placement(again, TODAY).same_as(SITI)
    later = Cells(country="TWN", decree="sk-1/bp3mi/2024 A", contract_date="6 September 2024")
    assert placement(FULL, TODAY).same_as(SITI) == placement(later, TODAY).same_as(SITI)


def test_another_decree_or_another_worker_is_another_placement() -> None:
    first = placement(FULL, TODAY)
    other = placement(Cells(country="TW", decree="SK-2", contract_date="05/09/2024"), TODAY)
    assert len({first.same_as(SITI), other.same_as(SITI), first.same_as(UUID(int=2))}) == 3


def test_without_a_decree_the_contract_date_stands_for_it() -> None:
    first = said(decree=None)
    assert first.same_as(SITI) == said(decree=None, country="HK").same_as(SITI)
    assert first.same_as(SITI) != said(decree=None, contract_date=date(2024, 9, 6)).same_as(SITI)
    assert first.same_as(SITI) != said(decree=Known("2024-09-05")).same_as(SITI)
    assert first.same_as(SITI) != said(decree=None, contract_date=None).same_as(SITI)


def test_an_erased_decree_is_like_nothing() -> None:
    assert said(decree=Erased()).same_as(SITI) is None


def test_the_shipped_list_gets_exactly_its_codes() -> None:
    """Lines that the registry refuses have no code of ours after theirs, so each line is judged by what it expects."""
    today = date.fromisoformat((EXAMPLE / "today").read_text().strip())
    with (EXAMPLE / "placements.csv").open(encoding="utf-8-sig", newline="") as file:
        lines = list(csv.DictReader(file, delimiter=";"))
    with (EXAMPLE / "placements.expected.csv").open(encoding="utf-8", newline="") as file:
        expected = [row["codes"].split() for row in csv.DictReader(file)]
    ours = {"country-unknown", "contract-date-invalid"}
    for number, (line, wanted) in enumerate(zip(lines, expected, strict=True), 2):
        cells = Cells(
            country=line["Negara Tujuan"], decree=line["SK Penempatan"], contract_date=line["Tanggal Kontrak"]
        )
        try:
            placement(cells, today)
            found = []
        except Refused as refused:
            found = [error.code for error in refused.errors]
        assert found == [code for code in wanted if code in ours], f"line {number}"
