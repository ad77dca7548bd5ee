"""The rows of villages in programmes."""

import sqlalchemy as sa

from services.registry.domain.reference import DESMIGRATIF
from services.registry.domain.village import VillageDesignated, VillageEvent
from services.registry.views.villages import VIEW, by_year, project, standing, villages
from tests.registry.people_of_kuripan import KURIPAN, LIPURSARI, NOW, REGISTERED
from tests.registry.test_village import ACTIVE, DESIGNATED, EMAS, ENDED, PROPOSED, retracted
from tests.registry.views.recording import recorded
from tests.rosters import Roster

ROW = {
    "village": KURIPAN,
    "programme": DESMIGRATIF,
    "version": 2,
    "stage": "designated",
    "proposed_on": "2017-05-30",
    "year": 2017,
    "decree": "KEP-59/2017",
    "active_since": None,
    "ended_on": None,
}
STEPS: tuple[VillageEvent, ...] = (PROPOSED, DESIGNATED, ACTIVE, ENDED)
LIFE = [recorded(step, n) for n, step in enumerate(STEPS, 1)]


async def test_a_village_has_a_row_in_each_programme(roster: Roster) -> None:
    emas = VillageDesignated(occurred=NOW, village=KURIPAN, year=2025, decree="SK-1", programme=EMAS)
    await roster.follow(VIEW, *LIFE[:2], recorded(emas))
    assert await roster.ask(standing(KURIPAN, DESMIGRATIF)) == [ROW]
    assert len(await roster.ask(standing(KURIPAN))) == 2


async def test_a_row_tells_how_far_the_village_came(roster: Roster) -> None:
    await roster.follow(VIEW, *LIFE)
    ended = {"version": 4, "stage": "ended", "active_since": "2017-06-01", "ended_on": "2026-11-21"}
    assert await roster.ask(standing()) == [ROW | ended]


async def test_what_a_step_said_goes_with_it(roster: Roster) -> None:
    back = recorded(retracted(4, "active", ACTIVE.occurred), 5)
    await roster.follow(VIEW, *LIFE, back)
    active = {"version": 5, "stage": "active", "active_since": "2017-06-01"}
    assert await roster.ask(standing()) == [ROW | active]
    await roster.follow(VIEW, recorded(retracted(3, "designated", DESIGNATED.occurred), 6), anew=False)
    assert await roster.ask(standing()) == [ROW | {"version": 6}]
    await roster.follow(VIEW, recorded(retracted(2, "proposed", PROPOSED.occurred), 7), anew=False)
    proposed = {"version": 7, "stage": "proposed", "year": None, "decree": None}
    assert await roster.ask(standing()) == [ROW | proposed]
    await roster.follow(VIEW, recorded(retracted(1, None, None), 8), anew=False)
    assert await roster.ask(standing()) == []


async def test_villages_are_counted_by_the_year_of_their_designation(roster: Roster) -> None:
    other = VillageDesignated(occurred=NOW, village=LIPURSARI, year=2017, decree="SK-1")
    await roster.follow(VIEW, *LIFE, recorded(other))
    counted = await roster.ask(by_year().order_by(villages.c.programme, villages.c.year))
    assert counted == [{"programme": DESMIGRATIF, "year": 2017, "villages": 2}]
    assert await roster.ask(by_year().where(villages.c.village == sa.literal("33.07.10.2005"))) == []


def test_other_facts_change_nothing() -> None:
    assert [] == list(project(recorded(REGISTERED)))
