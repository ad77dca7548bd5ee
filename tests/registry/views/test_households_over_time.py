"""The rows of a household over time, asked of any day."""

from datetime import date
from typing import Any
from uuid import UUID

import pytest

from services.registry.domain.household import (
    FamilyCardCorrected,
    FamilyCardGiven,
    HeadCorrected,
    HeadNamed,
    HouseholdMoved,
    HouseholdRegistered,
    HouseholdVillageCorrected,
    MemberJoined,
    MemberLeft,
    MembershipCorrected,
    MembershipRetracted,
)
from services.registry.domain.merging import PersonMerged
from services.registry.views import census, people
from services.registry.views.households import VIEW, living_on, memberships_of_all, together
from services.registry.views.reports import households_on
from shared.decider import DomainEvent
from shared.vocabulary import Occurred
from tests.registry.people_of_kuripan import BUDI, DEWI, KURIPAN, LIPURSARI, SARI
from tests.registry.views.recording import recorded, sealed, stored
from tests.rosters import Roster

pytestmark = pytest.mark.usefixtures("nobody_is_merged")

HOME, NEXT_DOOR = UUID(int=31), UUID(int=32)


def on(text: str) -> Occurred:
    day = Occurred.parse(text)
    assert day is not None
    return day


TOGETHER = HouseholdRegistered(occurred=on("2020-05-04"), household_id=HOME, village=KURIPAN, members=(SARI, BUDI))
NEIGHBOURS = HouseholdRegistered(occurred=on("2020"), household_id=NEXT_DOOR, village=KURIPAN, members=())
JOINED = MemberJoined(occurred=on("2021"), household_id=HOME, person_id=DEWI)
LEFT = MemberLeft(occurred=on("2022-05"), household_id=HOME, person_id=BUDI, began=1)


async def follow(roster: Roster, *events: DomainEvent) -> None:
    facts = (recorded(event, version) for version, event in enumerate(events, start=1))
    await roster.follow(VIEW, *facts)


async def living(roster: Roster, day: str) -> dict[UUID, Any]:
    return {row["person_id"]: row["village"] for row in await roster.ask(living_on(date.fromisoformat(day)))}


async def now(roster: Roster) -> Any:
    (found,) = (row for row in await roster.ask(together()) if row["household_id"] == HOME)
    return found


@pytest.mark.parametrize("roster", ["as said"], indirect=True)
async def test_who_lived_there_on_a_day(roster: Roster) -> None:
    await follow(roster, TOGETHER, JOINED, LEFT)
    assert {} == await living(roster, "2020-05-03")
    assert {SARI, BUDI} == set(await living(roster, "2020-12-31"))
    assert {SARI, BUDI, DEWI} == set(await living(roster, "2021-01-01"))
    assert {SARI, DEWI} == set(await living(roster, "2022-05-01"))
    days = {row["person_id"]: (row["joined_on"], row["left_on"]) for row in await roster.ask(memberships_of_all())}
    assert {SARI: ("2020-05-04", None), BUDI: ("2020-05-04", "2022-05"), DEWI: ("2021", None)} == days
    assert sorted(map(str, (SARI, DEWI))) == (await now(roster))["members"]


@pytest.mark.parametrize("roster", ["as said"], indirect=True)
async def test_what_was_corrected_or_retracted_counts_as_it_is_known_now(roster: Roster) -> None:
    later = MembershipCorrected(
        occurred=on("2021-06-01"), corrects=1, household_id=HOME, person_id=SARI, began=1, side="joined"
    )
    earlier = MembershipCorrected(
        occurred=on("2022-03-01"), corrects=3, household_id=HOME, person_id=BUDI, began=1, side="left"
    )
    never = MembershipRetracted(
        occurred=on("2026-11-21"), corrects=2, household_id=HOME, person_id=DEWI, began=2, side="joined"
    )
    await follow(roster, TOGETHER, JOINED, LEFT, later, earlier, never)
    assert {BUDI} == set(await living(roster, "2021-05-31"))
    assert {SARI, BUDI} == set(await living(roster, "2022-02-28"))
    assert {SARI} == set(await living(roster, "2022-03-01"))
    back = MembershipRetracted(
        occurred=on("2026-11-21"), corrects=5, household_id=HOME, person_id=BUDI, began=1, side="left"
    )
    await follow(roster, TOGETHER, JOINED, LEFT, later, earlier, never, back)
    assert {SARI, BUDI} == set(await living(roster, "2022-03-01"))


@pytest.mark.parametrize("roster", ["as said"], indirect=True)
async def test_where_it_lived_on_a_day(roster: Roster) -> None:
    moved = HouseholdMoved(occurred=on("2023-06-01"), household_id=HOME, village=LIPURSARI, present=LIPURSARI)
    await follow(roster, TOGETHER, moved)
    assert {KURIPAN} == set((await living(roster, "2023-05-31")).values())
    assert {LIPURSARI} == set((await living(roster, "2023-06-01")).values())
    later = HouseholdVillageCorrected(
        occurred=on("2024-01-01"), corrects=2, household_id=HOME, village=LIPURSARI, present=LIPURSARI
    )
    await follow(roster, TOGETHER, moved, later)
    assert {KURIPAN} == set((await living(roster, "2023-06-01")).values())


@pytest.mark.parametrize("roster", ["as said"], indirect=True)
async def test_its_head_is_who_was_named_last_and_lives_there(roster: Roster) -> None:
    named = HeadNamed(occurred=on("2020-05-04"), household_id=HOME, person_id=BUDI)
    theirs = HeadNamed(occurred=on("2025"), household_id=NEXT_DOOR, person_id=DEWI)
    await follow(roster, TOGETHER, named, NEIGHBOURS, theirs)
    assert BUDI == (await now(roster))["head_id"]
    await follow(roster, TOGETHER, named, LEFT)
    assert (await now(roster))["head_id"] is None
    other = HeadCorrected(occurred=on("2020-05-04"), corrects=2, household_id=HOME, person_id=SARI)
    await follow(roster, TOGETHER, named, other)
    assert SARI == (await now(roster))["head_id"]


@pytest.mark.parametrize("roster", ["as said"], indirect=True)
async def test_its_card_is_the_one_since_the_latest_day(roster: Roster) -> None:
    def card(box: str, since: str) -> FamilyCardGiven:
        return FamilyCardGiven(occurred=on(since), household_id=HOME, person_id=SARI, number=sealed("number", box))

    old, new = card("b2xk", "2020-05-04"), card("bmV3", "2024")
    await follow(roster, TOGETHER, new, old)
    assert stored("number", "bmV3") == (await now(roster))["card"]
    right = FamilyCardCorrected(
        occurred=on("2024"), corrects=2, household_id=HOME, person_id=BUDI, number=sealed("number", "cmln")
    )
    await follow(roster, TOGETHER, new, old, right)
    assert stored("number", "cmln") == (await now(roster))["card"]
    error = FamilyCardCorrected(occurred=on("2026-11-21"), corrects=4, household_id=HOME, person_id=BUDI, number=None)
    # What another household corrects says nothing of this one.
    theirs = FamilyCardCorrected(
        occurred=on("2024"), corrects=3, household_id=NEXT_DOOR, person_id=DEWI, number=sealed("number", "bm8=")
    )
    await follow(roster, TOGETHER, new, old, right, error, NEIGHBOURS, theirs)
    assert stored("number", "b2xk") == (await now(roster))["card"]


async def members(roster: Roster, day: str) -> dict[str, int]:
    """How many a report counts on *day*, by the village of their household."""
    return {row["village"]: row["members"] for row in await roster.ask(households_on(date.fromisoformat(day)))}


@pytest.mark.parametrize("roster", ["as said"], indirect=True)
async def test_whom_overlapping_facts_place_in_two_households_is_counted_in_the_one_joined_last(roster: Roster) -> None:
    """And shown in both. Where nobody else lives, the other is not counted at all."""
    await roster.hear(census.VIEW)
    theirs = HouseholdRegistered(occurred=on("2020-06-01"), household_id=NEXT_DOOR, village=LIPURSARI, members=(SARI,))
    budi = MemberJoined(occurred=on("2022"), household_id=NEXT_DOOR, person_id=BUDI)  # who left HOME in May
    here, there = [recorded(TOGETHER, 1), recorded(LEFT, 2)], [recorded(theirs, 1), recorded(budi, 2)]
    await roster.follow(VIEW, *here, *there)
    assert {KURIPAN: 2} == await members(roster, "2020-05-31")
    assert {KURIPAN: 1, LIPURSARI: 1} == await members(roster, "2020-06-01")
    assert {LIPURSARI: 2} == await members(roster, "2022-01-01") == await members(roster, "2022-05-01")
    lived = [(row["household_id"], row["person_id"]) for row in await roster.ask(living_on(date(2022, 1, 1)))]
    assert sorted(lived) == [(HOME, SARI), (HOME, BUDI), (NEXT_DOOR, SARI), (NEXT_DOOR, BUDI)]


@pytest.mark.parametrize("roster", ["as said"], indirect=True)
async def test_who_lives_there_under_two_ids_is_one_member(roster: Roster) -> None:
    """Named by the id that stands for both, since the first of the days; in a report too."""
    merged = PersonMerged(occurred=on("2026-11-21"), person_id=DEWI, village=KURIPAN, into=SARI)
    await roster.follow(people.VIEW, recorded(merged))
    await roster.hear(census.VIEW)
    await follow(roster, TOGETHER, JOINED)
    assert {SARI, BUDI} == set(await living(roster, "2022-01-01"))
    assert sorted(map(str, (SARI, BUDI))) == sorted((await now(roster))["members"])
    (counted,) = await roster.ask(households_on(date(2022, 1, 1)))
    assert (counted["households"], counted["members"]) == (1, 2)
    days = [(row["person_id"], row["joined_on"]) for row in await roster.ask(memberships_of_all())]
    assert sorted(days) == sorted([(SARI, "2020-05-04"), (BUDI, "2020-05-04"), (SARI, "2021")])
