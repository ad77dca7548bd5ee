"""Who is counted on a day."""

from dataclasses import replace
from datetime import date

import pytest

from services.registry.domain.merging import PersonMerged, PersonUnmerged
from services.registry.domain.person import DeathReported, PersonEvent, VillageCorrected
from services.registry.domain.reference import DESMIGRATIF
from services.registry.domain.village import Stage, VillageDesignated, VillageEvent, VillageStepRetracted
from services.registry.views import people
from services.registry.views.census import VIEW, dead_on, designated_by, known_on
from shared.vocabulary import Occurred
from tests.registry.people_of_kuripan import BUDI, KURIPAN, LIPURSARI, NOW, REGISTERED, SARI, TRIP, WORKER
from tests.registry.views.recording import recorded
from tests.rosters import KENANGA, Roster

EARLY, LATE, MAY = (Occurred(date(2020, month, 1)) for month in (1, 3, 5))
SAID: tuple[PersonEvent, ...] = (
    replace(REGISTERED, occurred=EARLY, person_id=SARI),
    replace(REGISTERED, occurred=EARLY, person_id=BUDI),
    replace(WORKER, occurred=LATE, person_id=SARI),
    replace(WORKER, occurred=EARLY, person_id=BUDI),
    DeathReported(occurred=MAY, person_id=BUDI, village=KURIPAN, cause=TRIP, died_on=MAY),
)
MERGED = PersonMerged(occurred=NOW, person_id=BUDI, village=KURIPAN, into=SARI)


@pytest.mark.usefixtures("nobody_is_merged")
async def test_who_moved_is_counted_where_their_page_says_they_live(roster: Roster) -> None:
    """Also where the move was before the registration, known by its year alone, or before what was said earlier."""
    in_2019 = Occurred(date(2019, 1, 1), "year")
    facts: tuple[PersonEvent, ...] = (
        replace(REGISTERED, occurred=MAY, person_id=SARI),
        VillageCorrected(occurred=in_2019, person_id=SARI, corrects=1, village=LIPURSARI),
        replace(REGISTERED, occurred=EARLY, person_id=BUDI),
        VillageCorrected(occurred=MAY, person_id=BUDI, corrects=1, village=LIPURSARI),
        VillageCorrected(occurred=LATE, person_id=BUDI, corrects=2, village=KENANGA),
    )
    await roster.follow(VIEW, *(recorded(fact, 1 + n) for n, fact in enumerate(facts)))
    rows = await roster.ask(known_on(date(2020, 6, 1)))
    assert {row["village"] for row in rows} == {LIPURSARI, KENANGA}


@pytest.mark.usefixtures("nobody_is_merged")
async def test_a_village_said_later_takes_the_place_of_what_was_said_of_its_day_and_later_ones(roster: Roster) -> None:
    """Of days before it nothing changes. The same where it was said under another id than the one that stands."""
    facts: tuple[PersonEvent, ...] = (
        replace(REGISTERED, occurred=EARLY, person_id=BUDI),
        VillageCorrected(occurred=MAY, person_id=BUDI, corrects=1, village=LIPURSARI),
        VillageCorrected(occurred=LATE, person_id=BUDI, corrects=2, village=KENANGA),
        VillageCorrected(occurred=LATE, person_id=BUDI, corrects=3, village=LIPURSARI),
        replace(REGISTERED, occurred=Occurred(date(2020, 8, 1)), person_id=SARI, village=KENANGA),
    )
    february, march, june = date(2020, 2, 1), date(2020, 3, 1), date(2020, 6, 1)
    await roster.follow(VIEW, *(recorded(fact, 1 + n) for n, fact in enumerate(facts)))
    for merge in ((), (recorded(MERGED),)):
        await roster.follow(people.VIEW, *merge)
        for day, village in ((february, KURIPAN), (march, LIPURSARI), (june, LIPURSARI)):
            assert await where(roster, day) == {village: date(2020, 1, 1)}


async def counted(roster: Roster, day: date) -> dict[str, int]:
    rows = await roster.ask(known_on(day))
    return {figure: sum(row[figure] for row in rows) for figure in ("persons", "workers", "died")}


@pytest.mark.usefixtures("nobody_is_merged")
async def test_who_was_registered_twice_is_counted_once(roster: Roster) -> None:
    """On days before the merge too, and with what is known first of either, until the merge is undone."""
    facts = [recorded(fact, 1 + n) for n, fact in enumerate(SAID)]
    await roster.follow(VIEW, *facts)
    february, june = date(2020, 2, 1), date(2020, 6, 1)
    assert await counted(roster, february) == {"persons": 2, "workers": 1, "died": 0}
    assert await counted(roster, june) == {"persons": 1, "workers": 1, "died": 1}
    await roster.follow(people.VIEW, recorded(MERGED))
    assert await counted(roster, february) == {"persons": 1, "workers": 1, "died": 0}
    assert await counted(roster, june) == {"persons": 0, "workers": 0, "died": 1}
    back = PersonUnmerged(occurred=NOW, person_id=BUDI, village=KURIPAN, corrects=3, into=SARI)
    await roster.follow(people.VIEW, recorded(back), anew=False)
    assert await counted(roster, february) == {"persons": 2, "workers": 1, "died": 0}


EMAS = "DESA_MIGRAN_EMAS"


def designated(programme: str, year: int, village: str = KURIPAN) -> VillageDesignated:
    of_year = Occurred(date(year, 1, 1), "year")
    return VillageDesignated(occurred=of_year, village=village, year=year, decree="1", programme=programme)


def back_to(stage: Stage | None) -> VillageStepRetracted:
    return VillageStepRetracted(
        occurred=NOW, corrects=1, village=KURIPAN, programme=DESMIGRATIF, stage=stage, since=None
    )


async def villages(roster: Roster, *facts: VillageEvent) -> dict[str, int]:
    await roster.follow(VIEW, *(recorded(fact, 1 + n) for n, fact in enumerate(facts)))
    rows = await roster.ask(designated_by(date(2025, 6, 1)))
    return {figure: sum(row[figure] for row in rows) for figure in ("villages", DESMIGRATIF, EMAS)}


async def test_a_village_in_two_programmes_is_one_village_since_the_first(roster: Roster) -> None:
    both = await villages(roster, designated(EMAS, 2025), designated(DESMIGRATIF, 2019))
    assert both == {"villages": 1, DESMIGRATIF: 1, EMAS: 1}
    (row,) = await roster.ask(designated_by(date(2024, 12, 31)))
    assert (row["villages"], row["counted_on"]) == (1, date(2019, 1, 1))


async def test_a_designation_that_was_taken_back_is_not_counted(roster: Roster) -> None:
    """That of another programme is; and a later step taken back leaves the designation as it is."""
    none: tuple[Stage | None, ...] = (None, "proposed")
    for stage in none:
        facts = designated(EMAS, 2025), designated(DESMIGRATIF, 2019), back_to(stage)
        assert await villages(roster, *facts) == {"villages": 1, DESMIGRATIF: 0, EMAS: 1}
    later: tuple[Stage, ...] = ("designated", "active")
    for stage in later:
        assert await villages(roster, designated(DESMIGRATIF, 2019), back_to(stage)) == {
            "villages": 1,
            DESMIGRATIF: 1,
            EMAS: 0,
        }


@pytest.mark.usefixtures("nobody_is_merged")
async def test_a_merge_takes_nobody_from_days_before_the_survivor_was_registered(roster: Roster) -> None:
    """Who was known as the duplicate was known, and lived where the duplicate did until the survivor says otherwise."""
    facts = (
        replace(REGISTERED, occurred=EARLY, person_id=BUDI, village=LIPURSARI),
        replace(REGISTERED, occurred=MAY, person_id=SARI),
    )
    await roster.follow(VIEW, *(recorded(fact, 1 + n) for n, fact in enumerate(facts)))
    march, june = date(2020, 3, 1), date(2020, 6, 1)
    assert await where(roster, march) == {LIPURSARI: date(2020, 1, 1)}
    await roster.follow(people.VIEW, recorded(MERGED))
    assert await where(roster, date(2019, 12, 31)) == {}
    assert await where(roster, march) == {LIPURSARI: date(2020, 1, 1)}
    assert await where(roster, june) == {KURIPAN: date(2020, 1, 1)}


async def where(roster: Roster, day: date) -> dict[str, date]:
    """The village of each human, and since when they are counted."""
    rows = await roster.ask(known_on(day))
    assert len(rows) == len({row["village"] for row in rows})
    return {row["village"]: row["counted_on"] for row in rows}


@pytest.mark.usefixtures("nobody_is_merged")
async def test_who_died_under_either_id_is_dead_under_the_one_that_stands_for_both(roster: Roster) -> None:
    facts = [recorded(fact, 1 + n) for n, fact in enumerate(SAID)]
    await roster.follow(VIEW, *facts)
    may, before = date(2020, 5, 1), date(2020, 4, 30)
    assert [row["person_id"] for row in await roster.ask(dead_on(may))] == [BUDI]
    await roster.follow(people.VIEW, recorded(MERGED))
    assert [row["person_id"] for row in await roster.ask(dead_on(may))] == [SARI]
    assert await roster.ask(dead_on(before)) == []
