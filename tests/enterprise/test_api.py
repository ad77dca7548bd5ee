"""Enterprise as a regency's system meets it: a house, its HTTP API, nothing else."""

import uuid
from typing import Any

import httpx
import pytest

from tests.houses import Api
from tests.stories.telling import Story

ENTERPRISE = "enterprise"
VILLAGE, NEXT = "33.07.03.2001", "33.07.03.2002"
COURSE = {"village": VILLAGE, "title": "Keripik singkong", "starts_on": "2026-01-01"}


@pytest.fixture
def story(api: Api) -> Story:
    return Story(api, VILLAGE)


def slug(answer: httpx.Response) -> tuple[int, str]:
    return answer.status_code, answer.json()["slug"]


def offered(api: Api, **changed: Any) -> str:
    answer = api.post(ENTERPRISE, "/courses", COURSE | changed)
    assert answer.status_code == 201, answer.text
    return f"/courses/{answer.json()['id']}"


def candidate(story: Story) -> str:
    """Somebody who came home for good."""
    siti = story.registers("Siti Contoh")
    story.returns(story.departs(siti, "Taiwan", "2022-01-01"), "2024-05", "contract_ended")
    return siti


def test_the_roster_says_who_why_and_since_when(api: Api, story: Story) -> None:
    """A person once, with every reason: home for good, and the spouse of one abroad."""
    siti = candidate(story)
    rini = story.registers("Rini Contoh")
    joko, _ = story.family_of(rini, "Joko Contoh", "Bima Contoh", "2018-05-17")
    story.departs(rini, "Malaysia", "2025-02-03")

    one = api.get(ENTERPRISE, f"/training-roster/{siti}", after=story.at).json()
    assert (one["person_id"], one["village"]) == (siti, VILLAGE)
    assert [(r["reason"], r["worker_id"]) for r in one["reasons"]] == [("returned", siti)]
    spouse = api.get(ENTERPRISE, f"/training-roster/{joko}", after=story.at).json()
    assert spouse["reasons"] == [{"reason": "spouse-of-worker-abroad", "worker_id": rini, "since": "2025-02-03"}]

    roster = api.items(ENTERPRISE, f"/training-roster?region={VILLAGE}")
    assert one in roster
    assert spouse in roster
    assert slug(api.get(ENTERPRISE, f"/training-roster/{rini}")) == (404, "not-found")
    figures = api.items(ENTERPRISE, f"/figures?region={VILLAGE}")
    assert figures == [{"village": VILLAGE, "training_candidates": len(roster)}]


def test_a_course_from_offer_to_attendance(api: Api, story: Story) -> None:
    siti, course = candidate(story), offered(api, village=VILLAGE.replace(".", ""))
    enrolled = api.post(ENTERPRISE, f"{course}/enrolments", {"person_id": siti}, after=story.at)
    assert enrolled.status_code == 201
    assert api.post(ENTERPRISE, f"{course}/enrolments", {"person_id": siti}).status_code == 200
    came = api.post(ENTERPRISE, f"{course}/attendances", {"person_id": siti, "on": "2026-02-01"})
    assert came.status_code == 201
    assert api.post(ENTERPRISE, f"{course}/attendances", {"person_id": siti, "on": "2026-02-01"}).status_code == 200

    found = api.get(ENTERPRISE, course, after=came.headers["Event-Position"])
    assert found.headers["ETag"] == came.headers["ETag"] == '"3"'
    (participant,) = found.json().pop("participants")
    assert (participant["person_id"], participant["attended_on"]) == (siti, ["2026-02-01"])
    (listed,) = (c for c in api.items(ENTERPRISE, f"/courses?region={VILLAGE}") if course.endswith(c["id"]))
    assert listed == {"id": found.json()["id"], **COURSE, "participants": 1}


def test_a_course_is_held_against_its_rules(api: Api, story: Story) -> None:
    for changed, expected in (
        ({"village": "33.07"}, (422, "village-unknown")),
        ({"title": "  "}, (422, "title-missing")),
        ({"title": "x" * 121}, (422, "title-unreadable")),
        ({"title": "a\x07b"}, (422, "title-unreadable")),
        ({"starts_on": "01/02/2026"}, (422, "malformed")),
    ):
        for check in (True, False):
            answer = api.post(ENTERPRISE, "/courses", COURSE | changed, check=check)
            assert slug(answer) == expected
            assert answer.json()["errors"]
    course = offered(api)
    siti, nobody = candidate(story), str(uuid.uuid4())
    enrolments, attendances = f"{course}/enrolments", f"{course}/attendances"
    came = {"person_id": siti, "on": "2026-02-01"}
    assert slug(api.post(ENTERPRISE, enrolments, {"person_id": nobody}, after=story.at)) == (409, "not-on-roster")
    assert slug(api.post(ENTERPRISE, attendances, came)) == (409, "not-enrolled")
    api.post(ENTERPRISE, enrolments, {"person_id": siti}, after=story.at).raise_for_status()
    assert slug(api.post(ENTERPRISE, attendances, came | {"on": "2025-12-31"})) == (422, "on-before-course")
    assert slug(api.post(ENTERPRISE, attendances, came | {"on": "2999-01-01"})) == (422, "on-in-future")
    nowhere = f"/courses/{uuid.uuid4()}"
    assert slug(api.post(ENTERPRISE, f"{nowhere}/enrolments", {"person_id": siti})) == (404, "not-found")
    assert slug(api.post(ENTERPRISE, f"{nowhere}/attendances", came)) == (404, "not-found")
    assert slug(api.get(ENTERPRISE, nowhere)) == (404, "not-found")


def test_a_check_leaves_no_trace(api: Api, story: Story) -> None:
    before = api.items(ENTERPRISE, f"/courses?region={NEXT}")
    checked = api.post(ENTERPRISE, "/courses", COURSE | {"village": NEXT}, check=True)
    assert checked.status_code == 200
    assert checked.json()["warnings"] == []
    assert "Event-Position" not in checked.headers
    siti, course = candidate(story), offered(api)
    checked = api.post(ENTERPRISE, f"{course}/enrolments", {"person_id": siti}, after=story.at, check=True)
    assert checked.status_code == 200
    later = api.post(ENTERPRISE, "/courses", COURSE).headers["Event-Position"]
    assert api.items(ENTERPRISE, f"/courses?region={NEXT}", after=later) == before
    assert api.get(ENTERPRISE, course).json()["participants"] == []


def test_pages_hold_every_course_once(api: Api) -> None:
    village = "33.07.03.2003"
    made = [offered(api, village=village, starts_on=f"2026-01-{n % 3 + 1:02d}").split("/")[2] for n in range(7)]
    at = api.post(ENTERPRISE, "/courses", COURSE).headers["Event-Position"]
    found: list[str] = []
    page = api.get(ENTERPRISE, f"/courses?region={village}&limit=3", after=at).json()
    while True:
        found += [course["id"] for course in page["items"]]
        if page["next"] is None:
            break
        page = api.get(ENTERPRISE, f"/courses?region={village}&limit=3&cursor={page['next']}").json()
    assert len(found) == len(made)
    assert set(found) == set(made)
