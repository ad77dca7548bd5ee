"""Cooperative as a regency's system meets it: a house, its HTTP API, nothing else."""

import uuid
from typing import Any

import httpx
import pytest

from tests.houses import Api
from tests.stories.telling import Story

COOPERATIVE = "cooperative"
VILLAGE, NEXT = "33.07.04.2001", "33.07.04.2002"
GROUP = {"village": VILLAGE, "name": "Kelompok Tani Makmur"}


@pytest.fixture
def story(api: Api) -> Story:
    return Story(api, VILLAGE)


def slug(answer: httpx.Response) -> tuple[int, str]:
    return answer.status_code, answer.json()["slug"]


def formed(api: Api, **changed: Any) -> str:
    answer = api.post(COOPERATIVE, "/groups", GROUP | changed)
    assert answer.status_code == 201, answer.text
    return f"/groups/{answer.json()['id']}"


def prospect(story: Story) -> str:
    """Somebody who came home for good."""
    siti = story.registers("Siti Contoh")
    story.returns(story.departs(siti, "Taiwan", "2022-01-01"), "2024-05-06", "contract_ended")
    return siti


def test_the_roster_says_who_and_since_when(api: Api, story: Story) -> None:
    siti = prospect(story)
    one = api.get(COOPERATIVE, f"/prospects/{siti}", after=story.at).json()
    assert one == {"person_id": siti, "village": VILLAGE, "since": "2024-05-06"}
    roster = api.items(COOPERATIVE, f"/prospects?region={VILLAGE}")
    assert one in roster
    figures = api.items(COOPERATIVE, f"/figures?region={VILLAGE}")
    assert figures == [{"village": VILLAGE, "cooperative_prospects": len(roster)}]
    assert slug(api.get(COOPERATIVE, f"/prospects/{uuid.uuid4()}")) == (404, "not-found")


def test_a_member_from_joining_to_leaving(api: Api, story: Story) -> None:
    """A member is no prospect, of this group or another; one who left is one again."""
    siti, group, other = prospect(story), formed(api, village=VILLAGE.replace(".", "")), formed(api)
    body = {"person_id": siti, "on": "2026-02-01"}
    joined = api.post(COOPERATIVE, f"{group}/members", body, after=story.at)
    assert joined.status_code == 201
    story.at = joined.headers["Event-Position"]
    assert api.post(COOPERATIVE, f"{group}/members", body).status_code == 200
    assert slug(api.post(COOPERATIVE, f"{other}/members", body)) == (409, "not-a-prospect")
    assert not story.is_prospect(siti)

    found = api.get(COOPERATIVE, group, after=story.at)
    assert found.headers["ETag"] == joined.headers["ETag"] == '"2"'
    assert [member["person_id"] for member in found.json()["members"]] == [siti]
    (listed,) = (g for g in api.items(COOPERATIVE, f"/groups?region={VILLAGE}") if group.endswith(g["id"]))
    assert listed == {"id": found.json()["id"], **GROUP, "members": 1}

    leaving = f"{group}/members/{siti}/leaving"
    assert slug(api.post(COOPERATIVE, leaving, {"on": "2026-01-31"})) == (422, "on-before-joining")
    assert slug(api.post(COOPERATIVE, leaving, {"on": "2999-01-31"})) == (422, "on-in-future")
    left = api.post(COOPERATIVE, leaving, {"on": "2026-03-01"})
    assert left.status_code == 201
    story.at = left.headers["Event-Position"]
    assert story.is_prospect(siti)
    assert slug(api.post(COOPERATIVE, leaving, {})) == (409, "not-a-member")
    assert api.post(COOPERATIVE, f"{other}/members", {"person_id": siti}).status_code == 201


def test_a_group_is_held_against_its_rules(api: Api, story: Story) -> None:
    for changed, expected in (
        ({"village": "33.07"}, (422, "village-unknown")),
        ({"name": "  "}, (422, "name-missing")),
        ({"name": "x" * 121}, (422, "name-unreadable")),
        ({"name": "a\x07b"}, (422, "name-unreadable")),
    ):
        for check in (True, False):
            answer = api.post(COOPERATIVE, "/groups", GROUP | changed, check=check)
            assert slug(answer) == expected
            assert answer.json()["errors"]
    group, siti, nobody = formed(api), prospect(story), str(uuid.uuid4())
    members = f"{group}/members"
    assert slug(api.post(COOPERATIVE, members, {"person_id": nobody}, after=story.at)) == (409, "not-a-prospect")
    future = {"person_id": siti, "on": "2999-01-01"}
    assert slug(api.post(COOPERATIVE, members, future, after=story.at)) == (422, "on-in-future")
    assert slug(api.post(COOPERATIVE, f"{members}/{siti}/leaving", {})) == (409, "not-a-member")
    nowhere = f"/groups/{uuid.uuid4()}"
    assert slug(api.post(COOPERATIVE, f"{nowhere}/members", {"person_id": siti})) == (404, "not-found")
    assert slug(api.post(COOPERATIVE, f"{nowhere}/members/{siti}/leaving", {})) == (404, "not-found")
    assert slug(api.get(COOPERATIVE, nowhere)) == (404, "not-found")


def test_a_check_leaves_no_trace(api: Api, story: Story) -> None:
    before = api.items(COOPERATIVE, f"/groups?region={NEXT}")
    checked = api.post(COOPERATIVE, "/groups", GROUP | {"village": NEXT}, check=True)
    assert checked.status_code == 200
    assert checked.json() == {"id": None, "warnings": []}
    assert "ETag" not in checked.headers
    siti, group = prospect(story), formed(api)
    checked = api.post(COOPERATIVE, f"{group}/members", {"person_id": siti}, after=story.at, check=True)
    assert checked.status_code == 200
    later = api.post(COOPERATIVE, "/groups", GROUP).headers["Event-Position"]
    assert api.items(COOPERATIVE, f"/groups?region={NEXT}", after=later) == before
    assert api.get(COOPERATIVE, group).json()["members"] == []
    assert story.is_prospect(siti)


def test_pages_hold_every_group_once(api: Api) -> None:
    village = "33.07.04.2003"
    made = [formed(api, village=village).split("/")[2] for _ in range(7)]
    at = api.post(COOPERATIVE, "/groups", GROUP).headers["Event-Position"]
    found: list[str] = []
    page = api.get(COOPERATIVE, f"/groups?region={village}&limit=3", after=at).json()
    while True:
        found += [group["id"] for group in page["items"]]
        if page["next"] is None:
            break
        page = api.get(COOPERATIVE, f"/groups?region={village}&limit=3&cursor={page['next']}").json()
    assert len(found) == len(made)
    assert set(found) == set(made)
