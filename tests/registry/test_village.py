"""A village's way through a programme."""

from datetime import date

import pytest

from services.registry.domain.reference import DESMIGRATIF
from services.registry.domain.village import (
    ActivateVillage,
    DesignateVillage,
    EndProgramme,
    ProposeVillage,
    RetractStep,
    VillageActivated,
    VillageDesignated,
    VillageProgrammeEnded,
    VillageProposed,
    VillageStepRetracted,
    village,
    village_stream,
)
from shared.vocabulary import Occurred
from tests.registry.people_of_kuripan import KURIPAN, LIPURSARI, NOW, TODAY
from tests.spec import Given

MAY, JUNE = Occurred(date(2017, 5, 30)), Occurred(date(2017, 6, 1))
EMAS = "DESA_MIGRAN_EMAS"

PROPOSED = VillageProposed(occurred=MAY, village=KURIPAN, programme=DESMIGRATIF)
DESIGNATED = VillageDesignated(
    occurred=Occurred(date(2017, 1, 1), "year"), village=KURIPAN, year=2017, decree="KEP-59/2017"
)
ACTIVE = VillageActivated(occurred=JUNE, village=KURIPAN, programme=DESMIGRATIF)
ENDED = VillageProgrammeEnded(occurred=NOW, village=KURIPAN, programme=DESMIGRATIF)
PROPOSE = ProposeVillage(village=KURIPAN, programme=DESMIGRATIF, on=MAY)
ACTIVATE = ActivateVillage(village=KURIPAN, programme=DESMIGRATIF, on=JUNE)
END = EndProgramme(village=KURIPAN, programme=DESMIGRATIF, on=NOW)
RETRACT = RetractStep(today=TODAY, village=KURIPAN, programme=DESMIGRATIF)


def wish(year: int = 2017, decree: str = "KEP-59/2017", programme: str = DESMIGRATIF) -> DesignateVillage:
    return DesignateVillage(today=TODAY, village=KURIPAN, year=year, decree=decree, programme=programme)


def retracted(corrects: int, stage: str | None, since: Occurred | None) -> VillageStepRetracted:
    return VillageStepRetracted(
        occurred=NOW,
        corrects=corrects,
        village=KURIPAN,
        programme=DESMIGRATIF,
        stage=stage,  # type: ignore[arg-type]  # spelled out in each test
        since=since,
    )


def test_a_village_is_designated() -> None:
    Given(village).when(wish(decree=" KEP-59/2017 ")).then(DESIGNATED)


def test_a_proposed_village_is_designated() -> None:
    Given(village, PROPOSED).when(wish()).then(DESIGNATED)


def test_the_same_said_again_is_nothing_new() -> None:
    Given(village, PROPOSED).when(PROPOSE).then()
    for later in ([], [ACTIVE], [ACTIVE, ENDED]):
        Given(village, DESIGNATED, *later).when(wish()).then()
    Given(village, DESIGNATED, ACTIVE).when(ACTIVATE).then()
    Given(village, DESIGNATED, ENDED).when(END).then()


@pytest.mark.parametrize("other", [wish(year=2018), wish(decree="KEP-60/2017")])
def test_a_village_is_designated_once(other: DesignateVillage) -> None:
    for later in ([], [ACTIVE], [ACTIVE, ENDED]):
        Given(village, DESIGNATED, *later).when(other).refuses("village-already-designated")


def test_a_village_is_proposed_once_and_before_it_is_designated() -> None:
    Given(village).when(PROPOSE).then(PROPOSED)
    again = ProposeVillage(village=KURIPAN, programme=DESMIGRATIF, on=JUNE)
    Given(village, PROPOSED).when(again).refuses("village-already-proposed")
    Given(village, DESIGNATED).when(PROPOSE).refuses("village-already-designated")


def test_only_a_designated_village_becomes_active() -> None:
    Given(village, DESIGNATED).when(ACTIVATE).then(ACTIVE)
    Given(village, PROPOSED).when(ACTIVATE).refuses("village-not-designated")
    Given(village).when(ACTIVATE).refuses("village-not-designated")
    another_day = ActivateVillage(village=KURIPAN, programme=DESMIGRATIF, on=NOW)
    Given(village, DESIGNATED, ACTIVE).when(another_day).refuses("village-already-active")
    Given(village, DESIGNATED, ENDED).when(ACTIVATE).refuses("programme-ended")


def test_a_programme_ends_where_it_began() -> None:
    Given(village, DESIGNATED).when(END).then(ENDED)
    Given(village, DESIGNATED, ACTIVE).when(END).then(ENDED)
    Given(village, PROPOSED).when(END).refuses("village-not-designated")
    another_day = EndProgramme(village=KURIPAN, programme=DESMIGRATIF, on=JUNE)
    Given(village, DESIGNATED, ENDED).when(another_day).refuses("programme-ended")


def test_steps_follow_each_other_as_far_as_their_days_are_known() -> None:
    too_early = Occurred(date(2016, 12, 31))
    Given(village, PROPOSED).when(wish(year=2016)).refuses("step-too-early")
    active = ActivateVillage(village=KURIPAN, programme=DESMIGRATIF, on=too_early)
    Given(village, DESIGNATED).when(active).refuses("step-too-early")
    ended = EndProgramme(village=KURIPAN, programme=DESMIGRATIF, on=MAY)
    Given(village, DESIGNATED, ACTIVE).when(ended).refuses("step-too-early")


def test_the_last_step_is_taken_back_first() -> None:
    year = DESIGNATED.occurred
    Given(village, DESIGNATED, ACTIVE, ENDED).when(RETRACT).then(retracted(3, "active", JUNE))
    Given(village, DESIGNATED, ENDED).when(RETRACT).then(retracted(2, "designated", year))
    Given(village, PROPOSED, DESIGNATED).when(RETRACT).then(retracted(2, "proposed", MAY))
    Given(village, DESIGNATED, ACTIVE, retracted(2, "designated", year)).when(RETRACT).then(retracted(1, None, None))
    Given(village).when(RETRACT).refuses("not-found")


def test_a_step_that_was_taken_back_may_be_taken_anew() -> None:
    Given(village, DESIGNATED, retracted(1, None, None)).when(wish(decree="KEP-60/2017")).then(
        VillageDesignated(occurred=DESIGNATED.occurred, village=KURIPAN, year=2017, decree="KEP-60/2017")
    )


@pytest.mark.parametrize("year", [2015, 2028, 0])
def test_the_programme_has_its_years(year: int) -> None:
    Given(village).when(wish(year=year)).refuses("year-invalid")


def test_each_programme_has_years_of_its_own() -> None:
    Given(village).when(wish(year=2024, programme=EMAS)).refuses("year-invalid")
    Given(village).when(wish(year=2025, programme=EMAS)).then(
        VillageDesignated(
            occurred=Occurred(date(2025, 1, 1), "year"),
            village=KURIPAN,
            year=2025,
            decree="KEP-59/2017",
            programme=EMAS,
        )
    )


def test_a_designation_needs_a_decree() -> None:
    refused = Given(village).when(wish(year=1999, decree="  ")).refuses("year-invalid")
    assert ["year-invalid", "decree-missing"] == [error.code for error in refused.errors]


def test_each_village_has_a_history_of_its_own_in_each_programme() -> None:
    histories = {village_stream(code, programme) for code in (KURIPAN, LIPURSARI) for programme in (DESMIGRATIF, EMAS)}
    assert len(histories) == 4


def test_the_histories_of_old_are_those_of_desmigratif() -> None:
    """Their streams bear the village's code alone, and a stored designation names no programme."""
    assert village_stream(KURIPAN) == village_stream(KURIPAN, DESMIGRATIF)
    assert DESIGNATED.programme == DESMIGRATIF
