"""Which children have a parent abroad, whatever is heard first."""

from datetime import date
from typing import Any

import pytest

from services.parenting.views.children import KEY, PERSON, VIEW, VILLAGE, children, figures
from shared.published import PublicEvent
from shared.published.registry import BirthYearCorrected
from tests.rosters import (
    KENANGA,
    KURIPAN,
    Roster,
    Trip,
    came_of_age,
    child,
    crowded,
    died,
    erased,
    lives,
    merged,
    moved,
    no_kin,
    person,
    someone,
    unmerged,
    worker,
)

SITI, BUDI, DEWI, NENEK, PAMAN = someone(1), someone(2), someone(3), someone(4), someone(5)
TRIP = Trip(someone(11), SITI)
HIS_TRIP = Trip(someone(12), BUDI, date(2024, 6, 1))
FAMILY = (person(SITI), worker(SITI), person(DEWI), person(NENEK), child(SITI, DEWI, 2010, NENEK))
TODAY = date(2025, 3, 1)


async def listed(roster: Roster, *words: PublicEvent, on: date = TODAY) -> list[dict[str, Any]]:
    """The children on the roster once *words* are heard."""
    await roster.hear(VIEW, *words)
    return await roster.ask(children(on).order_by(*KEY))


async def names_dewi(roster: Roster, *words: PublicEvent, on: date = TODAY) -> bool:
    """Whether Dewi, and nobody else, is on the roster."""
    ids = [row["person_id"] for row in await listed(roster, *words, on=on)]
    assert ids in ([], [DEWI])
    return ids == [DEWI]


async def test_a_child_is_listed_while_a_parent_is_abroad(roster: Roster) -> None:
    assert not await names_dewi(roster, *FAMILY)
    expected = {
        "person_id": DEWI,
        "village": KURIPAN,
        "birth_year": 2010,
        "guardian_id": NENEK,
        "parents_abroad": [SITI],
    }
    assert [expected] == await listed(roster, *FAMILY, TRIP.departed())


@pytest.mark.parametrize("standing", ["for_good", "on_leave", "deceased"])
async def test_whoever_is_home_or_dead_is_not_abroad(roster: Roster, standing: Any) -> None:
    assert not await names_dewi(roster, *FAMILY, TRIP.departed(), TRIP.returned(standing))


async def test_the_end_of_a_leave_brings_the_child_back(roster: Roster) -> None:
    words = TRIP.departed(), TRIP.returned("on_leave"), TRIP.leave_ended()
    assert await names_dewi(roster, *FAMILY, *words)
    assert not await names_dewi(roster, *FAMILY, *words, TRIP.leave_end_retracted())
    assert not await names_dewi(roster, *FAMILY, *words, TRIP.returned())


async def test_a_retracted_return_brings_the_child_back(roster: Roster) -> None:
    assert await names_dewi(roster, *FAMILY, TRIP.departed(), TRIP.returned(), TRIP.return_retracted())


async def test_a_second_departure_brings_the_child_back(roster: Roster) -> None:
    again = Trip(someone(13), SITI, date(2025, 2, 1))
    words = TRIP.departed(), TRIP.returned(), again.departed()
    assert await names_dewi(roster, *FAMILY, *words)
    assert not await names_dewi(roster, *FAMILY, *words, again.departure_retracted())


async def test_a_death_that_the_registry_knows_ends_it(roster: Roster) -> None:
    words = *FAMILY, TRIP.departed()
    assert not await names_dewi(roster, *words, died(SITI))
    assert await names_dewi(roster, *words, died(SITI), lives(SITI))
    assert not await names_dewi(roster, *words, died(DEWI))


async def test_nobody_erased_is_named(roster: Roster) -> None:
    words = *FAMILY, TRIP.departed()
    assert not await names_dewi(roster, *words, erased(DEWI))
    assert not await names_dewi(roster, *words, erased(SITI))
    assert [None] == [row["guardian_id"] for row in await listed(roster, *words, erased(NENEK))]


async def test_a_child_who_went_abroad_and_died_there_is_off(roster: Roster) -> None:
    own = Trip(someone(14), DEWI)
    words = *FAMILY, TRIP.departed(), worker(DEWI), own.departed()
    assert await names_dewi(roster, *words)
    assert not await names_dewi(roster, *words, own.returned("deceased"))


async def test_a_child_is_off_on_its_18th_birthday(roster: Roster) -> None:
    words = *FAMILY, TRIP.departed()
    assert await names_dewi(roster, *words, on=date(2028, 5, 17))
    assert not await names_dewi(roster, *words, came_of_age(DEWI), on=date(2028, 5, 17))


async def test_whose_birthday_nobody_announced_is_off_with_the_year(roster: Roster) -> None:
    words = *FAMILY, TRIP.departed()
    assert await names_dewi(roster, *words, on=date(2028, 12, 31))
    assert not await names_dewi(roster, *words, on=date(2029, 1, 1))


async def test_that_a_child_came_of_age_takes_nothing_from_earlier_years(roster: Roster) -> None:
    words = *FAMILY, TRIP.departed(), came_of_age(DEWI)
    assert await names_dewi(roster, *words, on=date(2027, 12, 31))
    assert not await names_dewi(roster, *words, on=date(2028, 1, 1))  # on which day of it, nobody here knows


async def test_a_correction_makes_a_child_of_who_came_of_age(roster: Roster) -> None:
    corrected = BirthYearCorrected(person_id=DEWI, village=KURIPAN, birth_year=2011)
    words = *FAMILY, TRIP.departed(), came_of_age(DEWI), corrected
    assert await names_dewi(roster, *words, on=date(2029, 5, 17))
    assert not await names_dewi(roster, *words, came_of_age(DEWI), on=date(2029, 5, 17))


async def test_the_day_decides_of_the_age_alone(roster: Roster) -> None:
    before_the_departure = date(2023, 12, 31)
    assert await names_dewi(roster, *FAMILY, TRIP.departed(), on=before_the_departure)
    assert not await names_dewi(roster, *FAMILY, TRIP.departed(), TRIP.returned(), on=before_the_departure)


async def test_a_child_whose_year_of_birth_is_unknown_stays(roster: Roster) -> None:
    words = person(SITI), worker(SITI), person(DEWI), child(SITI, DEWI, None), TRIP.departed()
    assert await names_dewi(roster, *words, on=date(2060, 1, 1))


async def test_a_corrected_year_of_birth_holds(roster: Roster) -> None:
    corrected = BirthYearCorrected(person_id=DEWI, village=KURIPAN, birth_year=2009)
    words = *FAMILY, TRIP.departed(), corrected
    assert await names_dewi(roster, *words, on=date(2027, 12, 31))
    assert not await names_dewi(roster, *words, on=date(2028, 1, 1))


async def test_who_is_known_to_be_of_age_is_no_child(roster: Roster) -> None:
    words = person(SITI), worker(SITI), person(DEWI), child(SITI, DEWI, None, of_age=True), TRIP.departed()
    assert not await names_dewi(roster, *words)


async def test_that_somebody_is_of_age_may_become_known_later(roster: Roster) -> None:
    words = person(SITI), worker(SITI), person(DEWI), child(SITI, DEWI, None), TRIP.departed()
    of_age = BirthYearCorrected(person_id=DEWI, village=KURIPAN, birth_year=None, of_age=True)
    a_minor = BirthYearCorrected(person_id=DEWI, village=KURIPAN, birth_year=2010)
    unknown = BirthYearCorrected(person_id=DEWI, village=KURIPAN, birth_year=None)
    assert await names_dewi(roster, *words)
    assert not await names_dewi(roster, *words, of_age)
    assert not await names_dewi(roster, *FAMILY, TRIP.departed(), of_age)
    assert await names_dewi(roster, *words, of_age, a_minor)
    assert await names_dewi(roster, *words, of_age, unknown)
    assert await names_dewi(roster, *words, of_age, child(SITI, DEWI, 2010))
    assert not await names_dewi(roster, *words, of_age, child(SITI, DEWI, None))


async def test_a_year_told_of_a_minor_still_decides_of_earlier_days(roster: Roster) -> None:
    words = *FAMILY, TRIP.departed(), child(SITI, DEWI, None, PAMAN, of_age=True)  # said again, years later
    assert await names_dewi(roster, *words, on=date(2027, 12, 31))
    assert not await names_dewi(roster, *words, on=date(2028, 1, 1))


async def test_a_child_that_was_none_is_off(roster: Roster) -> None:
    assert not await names_dewi(roster, *FAMILY, TRIP.departed(), no_kin(SITI, DEWI, "child"))


async def test_a_child_with_both_parents_abroad_is_listed_once(roster: Roster) -> None:
    words = *FAMILY, TRIP.departed(), worker(BUDI), child(BUDI, DEWI, 2010), HIS_TRIP.departed()
    assert [[SITI, BUDI]] == [row["parents_abroad"] for row in await listed(roster, *words)]
    assert [[BUDI]] == [row["parents_abroad"] for row in await listed(roster, *words, TRIP.returned())]


async def test_the_guardian_whom_the_parent_abroad_named_last_is_shown(roster: Roster) -> None:
    words = *FAMILY, TRIP.departed(), worker(BUDI), person(PAMAN), child(BUDI, DEWI, 2010, PAMAN)
    assert [NENEK] == [row["guardian_id"] for row in await listed(roster, *words)]
    assert [PAMAN] == [row["guardian_id"] for row in await listed(roster, *words, HIS_TRIP.departed())]
    assert [NENEK] == [row["guardian_id"] for row in await listed(roster, *words, HIS_TRIP.departed(), died(PAMAN))]


async def test_a_guardian_who_died_under_another_id_is_not_named(roster: Roster) -> None:
    words = *FAMILY, TRIP.departed(), worker(NENEK), worker(PAMAN), died(PAMAN)
    assert [NENEK] == [row["guardian_id"] for row in await listed(roster, *words)]
    one = *words, merged(PAMAN, NENEK)
    assert [None] == [row["guardian_id"] for row in await listed(roster, *one)]
    assert [NENEK] == [row["guardian_id"] for row in await listed(roster, *one, lives(PAMAN))]
    assert [NENEK] == [row["guardian_id"] for row in await listed(roster, *one, unmerged(PAMAN, NENEK))]


async def test_a_child_of_the_survivors_age_is_listed_whatever_was_said_of_the_duplicate(roster: Roster) -> None:
    twice = person(BUDI), child(SITI, BUDI, 2007), came_of_age(BUDI), merged(BUDI, DEWI)
    words = *FAMILY, TRIP.departed(), *twice
    assert await names_dewi(roster, *words, on=date(2027, 12, 31))
    assert not await names_dewi(roster, *words, came_of_age(DEWI), on=date(2028, 5, 17))


async def test_a_guardian_may_be_named_later(roster: Roster) -> None:
    words = person(SITI), worker(SITI), person(DEWI), child(SITI, DEWI, 2010), TRIP.departed()
    assert [None] == [row["guardian_id"] for row in await listed(roster, *words)]
    later = *words, person(NENEK), child(SITI, DEWI, None, NENEK)
    assert [(2010, NENEK)] == [(row["birth_year"], row["guardian_id"]) for row in await listed(roster, *later)]


async def test_a_child_is_listed_where_it_lives(roster: Roster) -> None:
    await roster.hear(VIEW, *FAMILY, TRIP.departed(), moved(DEWI, KENANGA))
    assert [] == await roster.ask(children(TODAY).where(VILLAGE == KURIPAN))
    assert 1 == len(await roster.ask(children(TODAY).where(PERSON == DEWI)))
    assert [{"village": KENANGA, "children_with_parent_abroad": 1}] == await roster.ask(figures(TODAY))
    assert [] == await roster.ask(figures(date(2029, 1, 1)))


@pytest.mark.parametrize("roster", ["as said"], indirect=True)
async def test_a_page_reads_no_table_from_end_to_end(roster: Roster) -> None:
    await roster.hear(VIEW)
    await roster.crowd(VIEW)
    village = children(TODAY).where(VILLAGE == crowded(0)).order_by(*KEY).limit(500)
    assert 25 == len(await roster.ask(village))
    assert set() == await roster.scans(village)
    regency = children(TODAY).where(VILLAGE.startswith("33.07.")).order_by(*KEY).limit(100)
    assert 100 == len(await roster.ask(regency))
    assert set() == await roster.scans(regency)
