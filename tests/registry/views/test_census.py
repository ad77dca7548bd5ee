"""Who is counted on a day."""

from dataclasses import replace
from datetime import date

import pytest

from services.registry.domain.merging import PersonMerged, PersonUnmerged
from services.registry.domain.person import DeathReported, PersonEvent, VillageCorrected
from services.registry.views import people
from services.registry.views.census import VIEW, known_on
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
