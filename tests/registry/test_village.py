"""The designation of villages."""

from datetime import date

import pytest

from services.registry.domain.village import DesignateVillage, VillageDesignated, village, village_stream
from shared.vocabulary import Occurred
from tests.registry.people_of_kuripan import KURIPAN, LIPURSARI, TODAY
from tests.spec import Given

DESIGNATED = VillageDesignated(
    occurred=Occurred(date(2017, 1, 1), "year"), village=KURIPAN, year=2017, decree="KEP-59/2017"
)


def wish(year: int = 2017, decree: str = "KEP-59/2017") -> DesignateVillage:
    return DesignateVillage(today=TODAY, village=KURIPAN, year=year, decree=decree)


def test_a_village_is_designated() -> None:
    Given(village).when(wish(decree=" KEP-59/2017 ")).then(DESIGNATED)


def test_the_same_said_again_is_nothing_new() -> None:
    Given(village, DESIGNATED).when(wish()).then()


@pytest.mark.parametrize("other", [wish(year=2018), wish(decree="KEP-60/2017")])
def test_a_village_is_designated_once(other: DesignateVillage) -> None:
    Given(village, DESIGNATED).when(other).refuses("village-already-designated")


@pytest.mark.parametrize("year", [2015, 2028, 0])
def test_the_programme_has_its_years(year: int) -> None:
    Given(village).when(wish(year=year)).refuses("year-invalid")


def test_a_designation_needs_a_decree() -> None:
    refused = Given(village).when(wish(year=1999, decree="  ")).refuses("year-invalid")
    assert ["year-invalid", "decree-missing"] == [error.code for error in refused.errors]


def test_each_village_has_a_history_of_its_own() -> None:
    assert village_stream(KURIPAN) == village_stream(KURIPAN)
    assert village_stream(KURIPAN) != village_stream(LIPURSARI)
