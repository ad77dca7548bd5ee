"""Which groups there are and who belongs to them."""

from datetime import UTC, date, datetime

import pytest
import pytest_asyncio

from services.cooperative.domain.group import GroupEvent, GroupFormed, MemberJoined, MemberLeft
from services.cooperative.views import prospects
from services.cooperative.views.groups import KEY, VIEW, VILLAGE, group, groups
from shared.recorded import Recorded
from shared.vocabulary import Occurred
from tests.rosters import KENANGA, KURIPAN, Roster, someone

GROUP, SITI, BUDI = someone(21), someone(1), someone(2)
DAY = Occurred(date(2025, 3, 1))

pytestmark = pytest.mark.parametrize("roster", ["as said"], indirect=True)


@pytest_asyncio.fixture(autouse=True)
async def nobody_is_merged(roster: Roster) -> None:
    """Who stands for whom is kept by another view of this service."""
    await roster.hear(prospects.VIEW)


def history(*events: GroupEvent) -> list[Recorded]:
    return [
        Recorded(
            position=version,
            stream_id=GROUP,
            version=version,
            event_id=someone(90 + version),
            recorded_at=datetime(2025, 3, 1, tzinfo=UTC),
            event=event,
            published=None,
            words=None,
            partition_key="",
        )
        for version, event in enumerate(events, 1)
    ]


FORMED = GroupFormed(occurred=DAY, village=KURIPAN, group_name="Tani Makmur")
SITI_JOINED = MemberJoined(occurred=DAY, group_id=GROUP, person_id=SITI)
BUDI_JOINED = MemberJoined(occurred=DAY, group_id=GROUP, person_id=BUDI)
SITI_LEFT = MemberLeft(occurred=DAY, group_id=GROUP, person_id=SITI)


async def test_a_new_group_has_nobody(roster: Roster) -> None:
    await roster.follow(VIEW, *history(FORMED))
    expected = {"group_id": GROUP, "village": KURIPAN, "group_name": "Tani Makmur", "members": 0}
    assert [expected] == await roster.ask(groups().order_by(*KEY))
    assert [expected | {"members": [], "version": 1}] == await roster.ask(group(GROUP))


async def test_members_are_those_who_joined_and_did_not_leave(roster: Roster) -> None:
    await roster.follow(VIEW, *history(FORMED, SITI_JOINED, BUDI_JOINED, SITI_LEFT))
    assert [1] == [row["members"] for row in await roster.ask(groups())]
    (found,) = await roster.ask(group(GROUP))
    assert [{"person_id": str(BUDI), "joined_on": "2025-03-01"}] == found["members"]
    assert 4 == found["version"]


async def test_while_facts_of_a_member_wait_the_version_is_none_that_an_edit_may_be_based_on(roster: Roster) -> None:
    formed, siti_joined, budi_joined, siti_left = history(FORMED, SITI_JOINED, BUDI_JOINED, SITI_LEFT)
    await roster.follow(VIEW, formed, budi_joined)
    (found,) = await roster.ask(group(GROUP))
    assert (2, [str(BUDI)]) == (found["version"], [member["person_id"] for member in found["members"]])
    await roster.follow(VIEW, siti_joined, siti_left, anew=False)
    (found,) = await roster.ask(group(GROUP))
    assert (4, [str(BUDI)]) == (found["version"], [member["person_id"] for member in found["members"]])


async def test_a_group_is_found_in_its_village(roster: Roster) -> None:
    await roster.follow(VIEW, *history(FORMED))
    assert 1 == len(await roster.ask(groups().where(VILLAGE == KURIPAN)))
    assert [] == await roster.ask(groups().where(VILLAGE == KENANGA))
    assert [] == await roster.ask(group(someone(22)))
