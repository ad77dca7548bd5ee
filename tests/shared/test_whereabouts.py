"""Where workers stand, as the published words say it, whatever is heard first."""

import random
from collections.abc import Sequence
from datetime import date
from typing import Any
from uuid import UUID

import pytest
import sqlalchemy as sa

from shared.published import PublicEvent, registry
from shared.views import Change, Put, Remove, View
from shared.whereabouts import Whereabouts
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
    spouse,
    unmerged,
    worker,
)

_tables = sa.MetaData(schema="whereabouts")
SAID = Whereabouts(_tables, kin=True, ages=True)
VIEW = View(
    name="whereabouts",
    revision=1,
    tables=_tables,
    heard={"registry": SAID.registry, "migration_service": SAID.migration_service},
)

SITI, BUDI, TONO = someone(1), someone(2), someone(3)
FIRST = Trip(someone(11), SITI, date(2024, 1, 1))
SECOND = Trip(someone(12), SITI, date(2025, 6, 1))
KNOWN = (person(SITI), worker(SITI))


def born(who: UUID, year: int | None, *, of_age: bool = False) -> PublicEvent:
    return registry.BirthYearCorrected(person_id=who, village=KURIPAN, birth_year=year, of_age=of_age)


async def where(roster: Roster, *words: PublicEvent) -> dict[UUID, tuple[Any, ...]]:
    """Village, standing, trip and since of each worker once *words* are heard."""
    await roster.hear(VIEW, *words)
    rows = await roster.ask(sa.select(SAID.standings()))
    return {row["person_id"]: (row["village"], row["standing"], row["trip_id"], row["since"]) for row in rows}


ABROAD = (KURIPAN, "abroad", FIRST.trip_id, date(2024, 1, 1))
HOME = (KURIPAN, "for_good", FIRST.trip_id, date(2025, 1, 1))
ABROAD_AGAIN = (KURIPAN, "abroad", SECOND.trip_id, date(2025, 6, 1))
NEVER_LEFT = (KURIPAN, None, None, None)


class TestStandings:
    async def test_a_worker_may_never_have_left(self, roster: Roster) -> None:
        assert await where(roster, *KNOWN) == {SITI: NEVER_LEFT}

    async def test_who_is_no_worker_stands_nowhere(self, roster: Roster) -> None:
        assert await where(roster, person(BUDI)) == {}

    async def test_a_trip_says_where_its_worker_stands(self, roster: Roster) -> None:
        assert await where(roster, *KNOWN, FIRST.departed()) == {SITI: ABROAD}
        assert await where(roster, *KNOWN, FIRST.departed(), FIRST.returned()) == {SITI: HOME}
        on_leave = (KURIPAN, "on_leave", FIRST.trip_id, date(2025, 1, 1))
        assert await where(roster, *KNOWN, FIRST.departed(), FIRST.returned("on_leave")) == {SITI: on_leave}

    async def test_a_trip_of_somebody_unheard_of_waits(self, roster: Roster) -> None:
        assert await where(roster, FIRST.departed()) == {}

    async def test_the_latest_departure_counts(self, roster: Roster) -> None:
        history = (FIRST.departed(), FIRST.returned())
        assert await where(roster, *KNOWN, *history, SECOND.departed()) == {SITI: ABROAD_AGAIN}
        assert await where(roster, *KNOWN, SECOND.departed(), *history) == {SITI: ABROAD_AGAIN}

    async def test_a_retracted_departure_counts_for_nothing(self, roster: Roster) -> None:
        assert await where(roster, *KNOWN, FIRST.departed(), FIRST.departure_retracted()) == {SITI: NEVER_LEFT}
        history = (FIRST.departed(), FIRST.returned(), SECOND.departed(), SECOND.departure_retracted())
        assert await where(roster, *KNOWN, *history) == {SITI: HOME}

    async def test_a_retracted_return_leads_abroad_again(self, roster: Roster) -> None:
        history = (FIRST.departed(), FIRST.returned(), FIRST.return_retracted())
        assert await where(roster, *KNOWN, *history) == {SITI: ABROAD}

    async def test_a_month_is_ordered_by_its_end(self, roster: Roster) -> None:
        vague = Trip(someone(13), SITI, date(2025, 6, 1), "month")
        found = await where(roster, *KNOWN, vague.departed(), SECOND.departed(), SECOND.returned())
        assert found[SITI][2] == vague.trip_id

    async def test_of_two_departures_on_one_day_the_later_said_counts(self, roster: Roster) -> None:
        same_day = Trip(someone(10), SITI, SECOND.departed_on)
        assert (await where(roster, *KNOWN, SECOND.departed(), same_day.departed()))[SITI][2] == same_day.trip_id
        assert (await where(roster, *KNOWN, same_day.departed(), SECOND.departed()))[SITI][2] == SECOND.trip_id

    async def test_a_corrected_departure_counts_by_its_new_day_and_its_own_number(self, roster: Roster) -> None:
        later = SECOND.departure_corrected(date(2023, 1, 1))
        assert (await where(roster, *KNOWN, FIRST.departed(), SECOND.departed(), later))[SITI][2] == FIRST.trip_id
        same = FIRST.departure_corrected(SECOND.departed_on)
        assert (await where(roster, *KNOWN, FIRST.departed(), SECOND.departed(), same))[SITI][2] == SECOND.trip_id

    async def test_a_death_the_registry_knows_wins(self, roster: Roster) -> None:
        found = await where(roster, *KNOWN, FIRST.departed(), died(SITI))
        assert found == {SITI: (KURIPAN, "deceased", FIRST.trip_id, date(2025, 3, 1))}
        assert await where(roster, *KNOWN, FIRST.departed(), died(SITI), lives(SITI)) == {SITI: ABROAD}

    async def test_so_does_a_death_on_any_trip(self, roster: Roster) -> None:
        history = (FIRST.departed(), FIRST.returned("deceased"), SECOND.departed())
        assert (await where(roster, *KNOWN, *history))[SITI][1] == "deceased"
        corrected = FIRST.return_corrected("for_good")
        assert await where(roster, *KNOWN, *history, corrected) == {SITI: ABROAD_AGAIN}

    async def test_a_person_belongs_where_they_moved(self, roster: Roster) -> None:
        assert (await where(roster, *KNOWN, FIRST.departed(), moved(SITI, KENANGA)))[SITI][0] == KENANGA

    async def test_nobody_erased_is_named(self, roster: Roster) -> None:
        assert await where(roster, *KNOWN, FIRST.departed(), erased(SITI)) == {}

    async def test_one_village_is_read_by_its_index(self, roster: Roster) -> None:
        await roster.hear(VIEW)
        await roster.crowd(VIEW)
        standings = SAID.standings()
        assert await roster.scans(sa.select(standings).where(standings.c.village == crowded(7))) == set()


class TestAge:
    async def age(self, roster: Roster) -> tuple[int | None, bool | None]:
        known = SAID.age(sa.literal(BUDI))
        (row,) = await roster.ask(sa.select(known.c.birth_year, known.c.of_age))
        return row["birth_year"], row["of_age"]

    async def test_of_whom_nothing_was_said_nothing_is_known(self, roster: Roster) -> None:
        await roster.hear(VIEW, person(BUDI))
        assert await self.age(roster) == (None, None)

    async def test_of_two_who_say_it_who_said_it_last_is_believed(self, roster: Roster) -> None:
        await roster.hear(VIEW, child(SITI, BUDI, 2014), child(TONO, BUDI, 2015))
        assert await self.age(roster) == (2015, False)
        await roster.hear(VIEW, child(TONO, BUDI, 2015), child(SITI, BUDI, 2014), born(BUDI, 2016))
        assert await self.age(roster) == (2016, False)
        await roster.hear(VIEW, born(BUDI, None, of_age=True), child(SITI, BUDI, None), child(TONO, BUDI, 2015))
        assert await self.age(roster) == (2015, False)

    @pytest.mark.parametrize("roster", ["as said"], indirect=True)
    async def test_it_is_what_was_said_in_order_whoever_is_heard_first(self, roster: Roster, seed: int) -> None:
        chance = random.Random(seed)  # noqa: S311
        for _ in range(40):
            year: int | None = None
            of_age: bool | None = None
            heard: dict[UUID, list[Change]] = {SITI: [], TONO: [], BUDI: []}
            for number in range(1, chance.randint(2, 9)):
                said_by = chance.choice(list(heard))
                said_year, said_of_age = chance.choice([(None, False), (None, True), (2000 + number, False)])
                if said_by == BUDI:
                    word = born(BUDI, said_year, of_age=said_of_age)
                    year, of_age = said_year, said_of_age
                else:
                    word = child(said_by, BUDI, said_year, of_age=said_of_age)
                    year = said_year or year
                    of_age = False if said_year else said_of_age or of_age
                heard[said_by] += SAID.registry(word, number)
            one_after_the_other = chance.sample(list(heard.values()), len(heard))
            await roster.change(VIEW, [change for changes in one_after_the_other for change in changes])
            assert await self.age(roster) == (year, of_age)


class TestWords:
    """What a word changes is the same whenever and however often it is heard."""

    def said(self, word: PublicEvent) -> Sequence[Put | Remove]:
        return list(SAID.registry(word, 1))

    def test_a_relation_is_a_row(self) -> None:
        row = {"person_id": SITI, "relative_id": BUDI, "relation": "spouse", "guardian_id": None}
        assert self.said(spouse(SITI, BUDI)) == [Put(SAID.kin, row)]

    def test_a_child_brings_its_birth_year(self) -> None:
        said = {"person_id": BUDI, "said_by": SITI, "birth_year": 2016, "year_number": 1, "of_age": False, "number": 1}
        assert self.said(child(SITI, BUDI, 2016, someone(3)))[1:] == [Put(SAID.ages, said)]

    def test_that_a_child_is_of_age_leaves_its_birth_year(self) -> None:
        said = {"person_id": BUDI, "said_by": SITI, "of_age": True, "number": 1}
        assert self.said(child(SITI, BUDI, None, of_age=True))[1:] == [Put(SAID.ages, said)]

    def test_so_does_that_it_came_of_age(self) -> None:
        said = {"person_id": BUDI, "said_by": BUDI, "of_age": True, "number": 1}
        assert self.said(came_of_age(BUDI)) == [Put(SAID.ages, said)]

    def test_a_word_that_knows_nothing_of_the_age_takes_nothing_away(self) -> None:
        assert len(self.said(child(SITI, BUDI, None))) == 1

    def test_a_retracted_relation_is_gone(self) -> None:
        key = {"person_id": SITI, "relative_id": BUDI, "relation": "child"}
        assert self.said(no_kin(SITI, BUDI, "child")) == [Remove(SAID.kin, key)]

    def test_a_birth_year_may_be_taken_back(self) -> None:
        said = {"person_id": BUDI, "said_by": BUDI, "birth_year": None, "year_number": 1, "of_age": False, "number": 1}
        assert self.said(born(BUDI, None)) == [Put(SAID.ages, said)]

    def test_a_death_is_known_as_well_as_it_was_told(self) -> None:
        word = registry.PersonDied(person_id=SITI, village=KURIPAN, died_on=date(2025, 2, 1), precision="month")
        row = {"person_id": SITI, "died_on": date(2025, 2, 1), "died_precision": "month"}
        assert self.said(word) == [Put(SAID.people, row)]

    def test_who_does_not_ask_for_kin_or_ages_keeps_none(self) -> None:
        tables = sa.MetaData(schema="without_kin")
        without = Whereabouts(tables)
        words = (
            spouse(SITI, BUDI),
            child(SITI, BUDI, 2016),
            no_kin(SITI, BUDI, "spouse"),
            born(BUDI, 2016),
            came_of_age(BUDI),
        )
        assert [change for word in words for change in without.registry(word, 1)] == []
        assert {table.name for table in tables.tables.values()} == {"people", "merged", "trips"}

    def test_who_asks_for_kin_alone_keeps_no_ages(self) -> None:
        tables = sa.MetaData(schema="without_ages")
        without = Whereabouts(tables, kin=True)
        changes = list(without.registry(child(SITI, BUDI, 2016), 1))
        assert [change.table for change in changes] == [without.kin]
        assert {table.name for table in tables.tables.values()} == {"people", "merged", "kin", "trips"}

    def test_what_is_said_of_villages_moves_nobody(self) -> None:
        assert self.said(registry.VillageDesignated(village=KURIPAN, year=2019)) == []
        assert list(SAID.migration_service(person(SITI), 1)) == []

    def test_only_the_departure_itself_numbers_a_trip(self) -> None:
        (departed,) = SAID.migration_service(FIRST.departed(), 7)
        (returned,) = SAID.migration_service(FIRST.returned(), 8)
        assert isinstance(departed, Put)
        assert isinstance(returned, Put)
        assert (departed.values["number"], "number" in returned.values) == (7, False)


class TestMerges:
    """Budi is Siti once more; whatever is heard first, and whoever was told of."""

    BOTH = (*KNOWN, worker(BUDI, KENANGA))
    LATER = Trip(someone(13), BUDI, date(2025, 6, 1))

    async def test_a_human_stands_once_in_the_survivors_village_with_the_trips_of_both(self, roster: Roster) -> None:
        told = (*self.BOTH, FIRST.departed(), FIRST.returned(), self.LATER.departed(), merged(BUDI, SITI))
        assert await where(roster, *told) == {SITI: (KURIPAN, "abroad", self.LATER.trip_id, date(2025, 6, 1))}

    async def test_a_merge_may_come_before_whatever_it_is_about(self, roster: Roster) -> None:
        told = (merged(BUDI, SITI), self.LATER.departed(), *self.BOTH)
        assert await where(roster, *told) == {SITI: (KURIPAN, "abroad", self.LATER.trip_id, date(2025, 6, 1))}

    async def test_undone_each_stands_with_their_own(self, roster: Roster) -> None:
        told = (*self.BOTH, merged(BUDI, SITI), FIRST.departed(), self.LATER.departed(), unmerged(BUDI, SITI))
        assert await where(roster, *told) == {
            SITI: ABROAD,
            BUDI: (KENANGA, "abroad", self.LATER.trip_id, date(2025, 6, 1)),
        }

    async def test_a_death_that_the_duplicates_trip_ended_in_wins(self, roster: Roster) -> None:
        told = (*self.BOTH, SECOND.departed(), self.LATER.departed(), self.LATER.returned("deceased"))
        found = await where(roster, *told, merged(BUDI, SITI))
        assert [row[1] for row in found.values()] == ["deceased"]

    async def test_a_death_that_is_known_of_the_duplicate_wins(self, roster: Roster) -> None:
        """Before the trip that it came of is heard of, and on the survivor's own day where one is known."""
        told = (*self.BOTH, FIRST.departed(), died(BUDI, date(2025, 2, 1)), merged(BUDI, SITI))
        assert await where(roster, *told) == {SITI: (KURIPAN, "deceased", FIRST.trip_id, date(2025, 2, 1))}
        assert (await where(roster, *told, died(SITI)))[SITI][3] == date(2025, 3, 1)
        assert await where(roster, *told, lives(BUDI)) == {SITI: ABROAD}
        assert (await where(roster, *told, unmerged(BUDI, SITI)))[SITI] == ABROAD

    async def test_of_two_duplicates_the_earlier_death_says_since_when(self, roster: Roster) -> None:
        both = (worker(TONO), died(BUDI), died(TONO, date(2025, 2, 1)), merged(BUDI, SITI), merged(TONO, SITI))
        assert (await where(roster, *self.BOTH, *both))[SITI] == (KURIPAN, "deceased", None, date(2025, 2, 1))
        assert (await where(roster, *self.BOTH, *both, unmerged(TONO, SITI)))[SITI][3] == date(2025, 3, 1)

    @pytest.mark.parametrize(
        ("of_survivor", "of_duplicate", "expected"),
        [
            pytest.param([born(TONO, 2010)], [born(BUDI, 2007)], (2010, False), id="the survivor's year"),
            pytest.param([born(TONO, 2010)], [came_of_age(BUDI)], (2010, False), id="not of age as the duplicate is"),
            pytest.param(
                [born(TONO, None, of_age=True)], [born(BUDI, 2012)], (None, True), id="the survivor is of age"
            ),
            pytest.param([child(SITI, TONO, 2010)], [born(BUDI, 2007)], (2010, False), id="as a parent said"),
            pytest.param(
                [born(TONO, 2011), born(TONO, 2010)], [born(BUDI, 2007)], (2010, False), id="the last of the survivor"
            ),
            pytest.param([], [born(BUDI, 2007), came_of_age(BUDI)], (2007, True), id="nothing known of the survivor"),
            pytest.param(
                [born(TONO, None)], [born(BUDI, 2007)], (2007, False), id="known that it is unknown of the survivor"
            ),
            pytest.param(
                [born(TONO, 2010), came_of_age(TONO)], [born(BUDI, 2012)], (2010, True), id="the survivor came of age"
            ),
        ],
    )
    @pytest.mark.parametrize("first", ["survivor", "duplicate"])
    @pytest.mark.parametrize("roster", ["as said"], indirect=True)
    async def test_an_age_is_the_survivors_and_the_duplicates_where_that_is_unknown(
        self,
        roster: Roster,
        first: str,
        of_survivor: list[PublicEvent],
        of_duplicate: list[PublicEvent],
        expected: tuple[int | None, bool],
    ) -> None:
        said = [*of_survivor, *of_duplicate] if first == "survivor" else [*of_duplicate, *of_survivor]
        await roster.hear(VIEW, person(TONO), person(BUDI), *said, merged(BUDI, TONO))
        assert await self.age(roster, TONO) == expected

    @pytest.mark.parametrize("roster", ["as said"], indirect=True)
    async def test_undone_each_has_the_age_that_was_said_of_them(self, roster: Roster) -> None:
        said = (person(TONO), person(BUDI), born(TONO, 2010), born(BUDI, 2007))
        await roster.hear(VIEW, *said, merged(BUDI, TONO), came_of_age(TONO), unmerged(BUDI, TONO))
        assert [await self.age(roster, who) for who in (TONO, BUDI)] == [(2010, True), (2007, False)]

    async def age(self, roster: Roster, who: UUID) -> tuple[int | None, bool | None]:
        ages = SAID.age(SAID.people.c.person_id)
        query = sa.select(ages).select_from(SAID.people.join(ages, sa.true())).where(SAID.people.c.person_id == who)
        (row,) = await roster.ask(query)
        return row["birth_year"], row["of_age"]
