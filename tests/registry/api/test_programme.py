"""Facilities, appointments, partners, meetings and region codes."""

from typing import Any

import httpx
import pytest

from deploy.house import House
from tests.houses import Api
from tests.registry.api.calls import NEXT, REGISTRY, VILLAGE, codes, post, registered, slug

REGENCY = "33.07"
ROAD = {"village": VILLAGE, "kind": "road", "on": "2019"}
BANK = {"name": "Bank Contoh", "kind": "bank", "agreement": "PKS-1", "area": REGENCY, "starts_on": "2021-03-01"}
PROMISE = {"what": "Mesin jahit", "quantity": 10, "unit": "unit", "area": VILLAGE, "on": "2021-03-01"}
RAPAT = {"area": REGENCY, "on": "2022-08-08", "attendance": {"officer": 50, "responsible": 50, "other": 18}}


def made(api: Api, path: str, body: dict[str, Any]) -> str:
    """The path of what was made."""
    answer = post(api, path, body)
    assert answer.status_code == 201, answer.text
    return f"{path}/{answer.json()['id']}"


def edited(api: Api, method: str, path: str, of: str, body: dict[str, Any] | None = None) -> httpx.Response:
    """An edit at *path* under the ETag that *of* shows, once all that was said is there."""
    at = post(api, "/meetings", RAPAT | {"area": VILLAGE}).headers["Event-Position"]
    tag = api.get(REGISTRY, of, after=at).headers["ETag"]
    return api.request(method, REGISTRY, path, body=body, if_match=tag)


def shown(api: Api, path: str, answer: httpx.Response) -> dict[str, Any]:
    """What stands at *path* after *answer*."""
    return dict(api.get(REGISTRY, path, after=answer.headers["Event-Position"]).raise_for_status().json())


def test_a_facility_is_found_in_conditions_and_closed(api: Api) -> None:
    road = made(api, "/facilities", ROAD)
    report = {"condition": "good", "on": "2021-02-14"}
    first = post(api, f"{road}/reports", report)
    assert (first.status_code, first.json()["version"]) == (201, 2)
    assert post(api, f"{road}/reports", report).status_code == 200
    assert slug(post(api, f"{road}/reports", report | {"on": "2018"})) == (409, "facility-not-yet-there")
    assert post(api, f"{road}/closing", {"on": "2024-06"}).status_code == 201
    assert slug(post(api, f"{road}/closing", {"on": "2025"})) == (409, "facility-closed")
    assert slug(post(api, f"{road}/reports", report | {"on": "2025"})) == (409, "facility-closed")
    worse = edited(api, "PATCH", f"{road}/reports/2", road, report | {"condition": "heavily_damaged"})
    assert worse.json()["version"] == 4
    assert slug(edited(api, "PATCH", f"{road}/reports/2", road, report)) == (404, "not-found")
    reopened = edited(api, "DELETE", f"{road}/closing", road)
    facility = shown(api, road, reopened)
    assert facility["reports"] == [{"fact": 4, "on": "2021-02-14", "condition": "heavily_damaged"}]
    assert (facility["opened_on"], facility["closed_on"]) == ("2019", None)
    assert slug(edited(api, "DELETE", f"{road}/closing", road)) == (404, "not-found")
    assert slug(edited(api, "PATCH", road, road, {"on": "2022"})) == (409, "facility-not-yet-there")
    assert edited(api, "PATCH", road, road, {"kind": "internet", "on": "2020"}).status_code == 200
    assert edited(api, "DELETE", f"{road}/reports/4", road).status_code == 200
    gone = edited(api, "DELETE", road, road)
    assert slug(api.get(REGISTRY, road, after=gone.headers["Event-Position"])) == (404, "not-found")
    assert slug(post(api, f"{road}/closing", {"on": "2024"})) == (404, "not-found")


@pytest.mark.parametrize(
    ("path", "body", "expected"),
    [
        (
            "/facilities",
            ROAD | {"village": "0", "kind": "castle", "on": "2030"},
            ["village-unknown", "kind-unknown", "on-invalid"],
        ),
        (
            "/meetings",
            {"area": "99", "on": "x", "attendance": {}},
            ["area-unknown", "on-invalid", "attendance-invalid"],
        ),
        (
            "/partners",
            {"name": " ", "kind": "x", "agreement": " ", "area": "99", "starts_on": "x", "ends_on": "y"},
            [
                *("name-missing", "kind-unknown", "agreement-missing"),
                *("area-unknown", "starts-on-invalid", "ends-on-invalid"),
            ],
        ),
        ("/partners", BANK | {"ends_on": "2020"}, ["ends-on-before-start"]),
    ],
)
def test_each_column_that_is_wrong_is_named(api: Api, path: str, body: dict[str, Any], expected: list[str]) -> None:
    answer = post(api, path, body)
    assert answer.status_code == 422
    assert codes(answer) == expected
    # A code begins with the name of its column.
    assert all(e["code"].startswith(e["column"].replace("_", "-") + "-") for e in answer.json()["errors"])


def test_a_person_serves_once_as_the_same_in_the_same_area(api: Api) -> None:
    person = registered(api).json()["id"]
    body = {"person_id": person, "role": "officer", "area": VILLAGE, "on": "2022-01-03"}
    office = made(api, "/appointments", body)
    assert slug(post(api, "/appointments", body)) == (409, "appointment-stands")
    other = made(api, "/appointments", body | {"role": "coordinator", "area": REGENCY})
    assert post(api, f"{office}/end", {"on": "2024-12-31"}).status_code == 201
    assert slug(post(api, f"{office}/end", {"on": "2025"})) == (409, "appointment-ended")
    assert slug(post(api, f"{other}/end", {"on": "2021"})) == (409, "appointment-not-begun")
    again = made(api, "/appointments", body | {"on": "2025-01-01"})
    assert slug(edited(api, "DELETE", f"{office}/end", office)) == (409, "appointment-stands")
    assert slug(edited(api, "PATCH", office, office, {"on": "2026"})) == (409, "appointment-ended")
    assert edited(api, "PATCH", office, office, {"on": "2021"}).status_code == 200
    assert edited(api, "DELETE", again, again).status_code == 200
    serves = edited(api, "DELETE", f"{office}/end", office)
    rows = api.items(REGISTRY, f"/appointments?person_id={person}", after=serves.headers["Event-Position"])
    assert {(row["role"], row["area"], row["since"], row["until"]) for row in rows} == {
        ("officer", VILLAGE, "2021", None),
        ("coordinator", REGENCY, "2022-01-03", None),
    }


@pytest.mark.parametrize(
    ("changed", "code"),
    [
        ({"role": "king"}, "role-unknown"),
        ({"area": REGENCY}, "area-of-another-level"),
        ({"role": "coordinator"}, "area-of-another-level"),
        ({"area": "99"}, "area-unknown"),
        ({"on": "2030"}, "on-invalid"),
    ],
)
def test_an_appointment_is_held_against_its_rules(api: Api, changed: dict[str, Any], code: str) -> None:
    person = registered(api).json()["id"]
    body = {"person_id": person, "role": "officer", "area": VILLAGE, "on": "2022"} | changed
    assert codes(post(api, "/appointments", body)) == [code]


def test_who_was_erased_is_appointed_no_more_and_leaves_an_id(api: Api) -> None:
    person = registered(api)
    body = {"person_id": person.json()["id"], "role": "officer", "area": VILLAGE, "on": "2022"}
    office = made(api, "/appointments", body)
    assert post(api, f"{office}/end", {"on": "2024"}).status_code == 201
    erased = post(api, f"/persons/{person.json()['id']}/erasure")
    assert erased.status_code == 200
    assert slug(post(api, "/appointments", body)) == (410, "person-erased")
    assert slug(edited(api, "DELETE", f"{office}/end", office)) == (410, "person-erased")
    row = shown(api, office, erased)
    assert (row["person_id"], row["since"], row["until"]) == (person.json()["id"], "2022", "2024")
    assert slug(post(api, "/appointments", body | {"person_id": "00000000-0000-0000-0000-000000000001"})) == (
        404,
        "person-unknown",
    )


def test_a_partner_promises_and_keeps(api: Api) -> None:
    bank = made(api, "/partners", BANK)
    promise = post(api, f"{bank}/commitments", PROMISE)
    commitment = f"/commitments/{promise.json()['id']}"
    assert slug(post(api, f"{commitment}/outcome", {"outcome": "kept", "on": "2020"})) == (
        409,
        "commitment-not-yet-made",
    )
    kept = post(api, f"{commitment}/outcome", {"outcome": "kept", "on": "2022"})
    assert kept.status_code == 201
    assert slug(post(api, f"{commitment}/outcome", {"outcome": "broken", "on": "2022"})) == (409, "commitment-judged")
    partner = bank.rpartition("/")[2]
    (row,) = api.items(REGISTRY, f"/commitments?partner_id={partner}", after=kept.headers["Event-Position"])
    assert (row["quantity"], row["unit"], row["outcome"], row["judged_on"]) == (10, "unit", "kept", "2022")
    late = edited(api, "PUT", commitment, commitment, PROMISE | {"on": "2023"})
    assert slug(late) == (409, "commitment-not-yet-made")
    assert edited(api, "DELETE", f"{commitment}/outcome", commitment).status_code == 200
    more = edited(api, "PUT", commitment, commitment, PROMISE | {"quantity": 12, "due_on": "2022"})
    assert shown(api, commitment, more)["quantity"] == 12
    assert edited(api, "DELETE", commitment, commitment).status_code == 200
    assert post(api, f"{bank}/end", {"on": "2024"}).status_code == 201
    assert slug(post(api, f"{bank}/end", {"on": "2025"})) == (409, "partnership-ended")
    assert slug(edited(api, "PUT", bank, bank, BANK | {"starts_on": "2025"})) == (409, "partnership-ended")
    assert edited(api, "DELETE", f"{bank}/end", bank).status_code == 200
    assert slug(post(api, f"{bank}/end", {"on": "2020"})) == (409, "partnership-not-begun")


@pytest.mark.parametrize(
    ("changed", "code"),
    [
        ({"what": " "}, "what-missing"),
        ({"quantity": 0}, "quantity-invalid"),
        ({"quantity": 10**30}, "quantity-invalid"),
        ({"quantity": True}, "int_type"),
        ({"unit": "wagon"}, "unit-unknown"),
        ({"due_on": "soon"}, "due-on-invalid"),
        ({"due_on": "2018"}, "due-on-before-promise"),
    ],
)
def test_a_commitment_is_held_against_its_rules(api: Api, changed: dict[str, Any], code: str) -> None:
    bank = made(api, "/partners", BANK)
    assert codes(post(api, f"{bank}/commitments", PROMISE | changed)) == [code]


def test_what_concerns_a_regency_is_seen_in_it_and_not_beside_it(house: House, api: Api) -> None:
    """A village's officer sees the partners that concern it and their own village's meetings.

    They may record a promise of the regency's partner for their village, and correct nothing of the partner.
    """
    bank = made(api, "/partners", BANK)
    rapat = made(api, "/meetings", RAPAT)
    country = made(api, "/meetings", RAPAT | {"area": "*"})
    with (
        Api(house, "regency-coordinator", REGENCY, subject="wonosobo") as inside,
        Api(house, "regency-coordinator", "33.08", subject="magelang") as beside,
        Api(house, "village-officer", VILLAGE, subject="officer") as officer,
    ):
        promise = post(officer, f"{bank}/commitments", PROMISE)
        assert promise.status_code == 201
        at = promise.headers["Event-Position"]
        assert rapat.rpartition("/")[2] in {row["id"] for row in inside.items(REGISTRY, "/meetings", after=at)}
        assert inside.get(REGISTRY, bank).status_code == 200
        for path in (bank, rapat):
            assert slug(beside.get(REGISTRY, path, after=at)) == (404, "not-found")
        assert slug(officer.get(REGISTRY, rapat)) == (404, "not-found")
        assert officer.get(REGISTRY, bank).status_code == 200
        assert bank.rpartition("/")[2] in {row["id"] for row in officer.items(REGISTRY, "/partners")}
        assert bank.rpartition("/")[2] not in {row["id"] for row in beside.items(REGISTRY, "/partners")}
        assert slug(post(officer, f"{bank}/end", {"on": "2024"})) == (403, "outside-area")
        assert slug(post(beside, f"{bank}/end", {"on": "2024"})) == (404, "not-found")
        assert slug(inside.get(REGISTRY, country)) == (404, "not-found")
        assert slug(post(beside, f"{bank}/commitments", PROMISE | {"area": "33.08"})) == (404, "partner-unknown")
        assert slug(post(inside, "/meetings", RAPAT | {"area": "*"})) == (403, "outside-area")
        assert officer.get(REGISTRY, f"/commitments/{promise.json()['id']}").status_code == 200


def test_the_ministry_records_its_partners_for_the_whole_country(house: House, office: Api) -> None:
    """Everybody sees them, and only who answers for the whole country corrects them."""
    bank = made(office, "/partners", BANK | {"area": "*"})
    promise = post(office, f"{bank}/commitments", PROMISE | {"area": "*"})
    assert promise.status_code == 201
    kept = post(office, f"/commitments/{promise.json()['id']}/outcome", {"outcome": "kept", "on": "2022"})
    assert kept.status_code == 201
    with Api(house, "village-officer", VILLAGE, subject="officer") as officer:
        seen = officer.get(REGISTRY, bank, after=kept.headers["Event-Position"])
        assert (seen.status_code, seen.json()["area"]) == (200, "*")
        assert bank.rpartition("/")[2] in {row["id"] for row in officer.items(REGISTRY, "/partners")}
        mine = officer.request("PUT", REGISTRY, bank, body=BANK | {"area": VILLAGE}, if_match=seen.headers["ETag"])
        assert slug(mine) == (403, "outside-area")
        assert post(officer, f"{bank}/commitments", PROMISE).status_code == 201
    corrected = office.request("PUT", REGISTRY, bank, body=BANK | {"area": "*", "agreement": "2"}, if_match='"1"')
    assert corrected.status_code == 200, corrected.text


def test_the_ministrys_meeting_of_2022_was_attended_by_118(office: Api) -> None:
    """50 officers and 50 responsible persons of as many villages, and 18 others: recorded by who held it."""
    rapat = made(office, "/meetings", RAPAT | {"area": "*", "attendance": {"officer": 50, "responsible": 50}})
    corrected = edited(office, "PATCH", rapat, rapat, {"attendance": RAPAT["attendance"]})
    assert shown(office, rapat, corrected)["attended"] == 118
    gone = edited(office, "DELETE", rapat, rapat)
    assert slug(office.get(REGISTRY, rapat, after=gone.headers["Event-Position"])) == (404, "not-found")


def test_facilities_and_appointments_come_in_lists(api: Api) -> None:
    person = registered(api, village=NEXT).json()["id"]
    office = {"person_id": person, "role": "responsible", "area": NEXT, "on": "2022"}
    for path, good, wrong in (
        ("/facilities/bulk", ROAD, ROAD | {"kind": "castle"}),
        ("/appointments/bulk", office, office),
    ):
        items = [{"key": f"{person}-{n}", "body": body} for n, body in enumerate((good, wrong))]
        results = post(api, path, {"items": items}).json()["results"]
        assert [one["status"] for one in results] == [201, 422 if "castle" in str(wrong) else 409]


@pytest.mark.parametrize(
    ("path", "now"),
    [
        ("/regions/9604?on=2024-03-06", ["96.02"]),
        ("/regions/96.04?on=2026-01-01", ["96.04"]),
        ("/regions/91?on=2020-01-01", ["91", "93", "94", "95"]),
        (f"/regions/{VILLAGE}", [VILLAGE]),
    ],
)
def test_a_region_code_is_resolved_as_of_a_day(api: Api, path: str, now: list[str]) -> None:
    found = api.get(REGISTRY, path).raise_for_status().json()["now"]
    assert [region["code"] for region in found] == now
    assert all(region["name"] for region in found)


@pytest.mark.parametrize("path", ["/regions/93.01?on=2020-01-01", "/regions/x", "/regions/99"])
def test_what_a_code_meant_is_not_guessed(api: Api, path: str) -> None:
    assert slug(api.get(REGISTRY, path)) == (404, "not-found")
