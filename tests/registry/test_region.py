"""Which region a code meant on a day."""

from datetime import date

import pytest
from lokal import wilayah

from services.registry.domain.region import CHANGES, name_of, region_code, resolve

BEFORE, BETWEEN, TODAY = date(2020, 1, 1), date(2024, 3, 6), date(2026, 11, 21)


def now(code: str, on: date) -> tuple[str, ...]:
    resolved = resolve(code, on)
    return () if resolved is None else resolved.codes


def test_a_code_that_never_changed_means_what_it_meant() -> None:
    for on in (BEFORE, BETWEEN, TODAY):
        assert now("33.07.10.2004", on) == ("33.07.10.2004",)
        assert now("91.03", on) == ("91.03",)
        assert now("91.03.01", on) == ("91.03.01",)


def test_a_province_that_was_split_is_all_its_parts() -> None:
    assert now("91", BEFORE) == ("91", "93", "94", "95")
    assert now("92", BEFORE) == ("92", "96")
    assert now("91", TODAY) == ("91",)


def test_a_regency_that_was_renumbered_is_found_by_its_old_code() -> None:
    assert (now("91.01", BEFORE), name_of("93.01")) == (("93.01",), "Kabupaten Merauke")
    resolved = resolve("92.04", BEFORE)
    assert resolved is not None
    assert (resolved.codes, name_of("96.02")) == (("96.02",), "Kabupaten Sorong Selatan")
    assert resolved.sources == ("UU 29/2022", "Kepmendagri 300.2.2-2138/2025")


def test_a_code_that_was_given_again_means_another_region_by_the_day() -> None:
    """96.04 was Sorong Selatan until 24 April 2025, and is Tambrauw since."""
    assert now("96.04", date(2025, 4, 24)) == ("96.02",)
    assert now("96.04", date(2025, 4, 25)) == ("96.04",)
    assert now("96.01.06", BETWEEN) == ("96.01.04",)
    assert now("96.01.06", TODAY) == ("96.01.06",)


def test_an_abolished_code_stays_resolvable() -> None:
    assert now("91.01", TODAY) == ("93.01",)
    assert now("96.09.01", TODAY) == ("96.04.01",)


@pytest.mark.parametrize(
    ("code", "on"),
    [
        ("93.01", BEFORE),  # not yet given
        ("96.04", BEFORE),
        ("91.01.01", BEFORE),  # the regency is known; of its districts no list was at hand
        ("96.04.02.2001", BETWEEN),  # a village of Sorong Selatan then, one of Tambrauw now
        ("99", TODAY),
        ("99.01.01.2001", TODAY),
    ],
)
def test_what_is_not_known_is_not_guessed(code: str, on: date) -> None:
    assert resolve(code, on) is None


def test_every_change_leads_to_a_region_of_today_of_its_level() -> None:
    for change in CHANGES:
        codes = now(change.old, date.fromordinal(change.since.toordinal() - 1))
        assert codes
        assert all(name_of(code) and code.count(".") == change.old.count(".") for code in codes)


def test_the_districts_that_were_renumbered_are_all_there_once() -> None:
    """No two old districts became the same, and none of those of today is left over."""
    for regency in ("96.01", "96.02", "96.03", "96.04", "96.05"):
        districts = {region.code for region in wilayah.list_wilayah(regency)}
        came = [code for change in CHANGES for code in change.new if code.startswith(regency + ".")]
        assert len(came) == len(set(came))
        assert set(came) <= districts
        assert districts - set(came) <= {"96.01.01"}  # the one that kept its code


@pytest.mark.parametrize(
    ("text", "code"),
    [("9101", "91.01"), ("91.01", "91.01"), (" 33.07.10.2004 ", "33.07.10.2004"), ("910", None), ("x", None)],
)
def test_a_code_is_read_in_either_form(text: str, code: str | None) -> None:
    assert region_code(text) == code
