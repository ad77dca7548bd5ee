"""Parenting as a regency's system meets it: a house, its HTTP API, nothing else."""

import uuid

import httpx
import pytest

from tests.houses import Api
from tests.stories.telling import Story

PARENTING = "parenting"
VILLAGE = "33.07.05.2001"


def slug(answer: httpx.Response) -> tuple[int, str]:
    return answer.status_code, answer.json()["slug"]


def child_of_one_abroad(api: Api, born: str, village: str = VILLAGE) -> tuple[Story, str, str, str]:
    """The story, and in it the worker, the other parent, and the child."""
    story = Story(api, village)
    rini = story.registers("Rini Contoh")
    joko, bima = story.family_of(rini, "Joko Contoh", "Bima Contoh", born)
    story.departs(rini, "Malaysia", "2025-02-03")
    return story, rini, joko, bima


def test_the_roster_says_whom_to_look_after(api: Api) -> None:
    """With the year of birth, who cares for the child and who is abroad; no name, no day."""
    story, rini, joko, bima = child_of_one_abroad(api, "2018-05-17")
    one = api.get(PARENTING, f"/children/{bima}", after=story.at).json()
    assert one == {
        "person_id": bima,
        "village": VILLAGE,
        "birth_year": 2018,
        "guardian_id": joko,
        "parents_abroad": [rini],
    }
    roster = api.items(PARENTING, f"/children?region={VILLAGE}")
    assert one in roster
    figures = api.items(PARENTING, f"/figures?region={VILLAGE}")
    assert figures == [{"village": VILLAGE, "children_with_parent_abroad": len(roster)}]


def test_a_child_is_one_until_the_end_of_the_year_of_eighteen(api: Api) -> None:
    """Decided when it is asked, for any day."""
    village = "33.07.05.2002"
    story, _, _, bima = child_of_one_abroad(api, "2010-01-02", village)
    for on, is_child in (("2026-11-21", True), ("2028-12-31", True), ("2029-01-01", False), ("9999-12-31", False)):
        answer = api.get(PARENTING, f"/children/{bima}?on={on}", after=story.at)
        assert answer.status_code == (200 if is_child else 404), on
        assert len(api.items(PARENTING, f"/children?on={on}&region={village}")) == is_child
        assert len(api.items(PARENTING, f"/figures?on={on}&region={village}")) == is_child


@pytest.mark.parametrize("path", ["/children", "/figures", "/children/53ba5000-87a3-4bb8-9de9-b6340948e7f4"])
def test_a_day_is_a_day(api: Api, path: str) -> None:
    for on in ("x", "", "2026-02-30", "01/02/2026", "9" * 30, "%00", "99999-01-01", "0000-01-01"):
        assert slug(api.get(PARENTING, f"{path}?on={on}")) == (422, "malformed"), on
    assert api.get(PARENTING, f"{path}?on=0001-01-01").status_code in (200, 404)


def test_who_is_not_on_the_roster_is_not_found(api: Api) -> None:
    story, rini, joko, _ = child_of_one_abroad(api, "2018-05-17")
    for person in (rini, joko, str(uuid.uuid4())):
        assert slug(api.get(PARENTING, f"/children/{person}", after=story.at)) == (404, "not-found")


def test_pages_hold_every_child_once(api: Api) -> None:
    village = "33.07.05.2003"
    at: str | None = None
    made = []
    for _ in range(5):
        story, *_others, child = child_of_one_abroad(api, "2015-03-04", village)
        made.append(child)
        at = story.at
    found: list[str] = []
    page = api.get(PARENTING, f"/children?region={village}&limit=2", after=at).json()
    while True:
        found += [child["person_id"] for child in page["items"]]
        if page["next"] is None:
            break
        page = api.get(PARENTING, f"/children?region={village}&limit=2&cursor={page['next']}").json()
    assert len(found) == len(made)
    assert set(found) == set(made)
