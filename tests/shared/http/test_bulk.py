"""Bulk routes: each item has its own answer, and is the very request that it would be alone."""

import json
import uuid
from collections.abc import Iterator, Mapping, Sequence
from itertools import count
from typing import Any

import httpx
import pytest

from deploy.house import House
from shared.http.bulk import MOST_BYTES, MOST_ITEMS
from tests.houses import KENANGA, Api, nik

REGISTRY, MIGRATION = "registry", "migration_service"
NEAR = "33.07.14.2001"
VILLAGE = "52.03.13.2001"
"""After every village whose first page other tests read: a thousand people come to live here."""
UNHEARD = "Rahasia"
"""Stands in what is sent, and in nothing that is answered."""

_serials = count(90_000)


@pytest.fixture
def operator(house: House) -> Iterator[Api]:
    with Api(house, "operator", subject="tests-operator") as api:
        yield api


def somebody(**changed: Any) -> dict[str, Any]:
    return {"nik": nik(next(_serials), "520313"), "name": "Siti Contoh", "village": VILLAGE} | changed


def send(
    api: Api, path: str, bodies: Sequence[Any], *, keys: Sequence[str] = (), service: str = REGISTRY, **options: Any
) -> httpx.Response:
    items = [{"key": key, "body": body} for key, body in zip(keys or fresh(len(bodies)), bodies, strict=True)]
    return api.post(service, path, {"items": items}, **options)


def fresh(how_many: int) -> list[str]:
    return [str(uuid.uuid4()) for _ in range(how_many)]


def results(answer: httpx.Response) -> list[dict[str, Any]]:
    assert answer.status_code == 200, answer.text
    found: list[dict[str, Any]] = answer.json()["results"]
    assert [one["index"] for one in found] == list(range(len(found)))
    return found


def said(answer: httpx.Response) -> list[Any]:
    return [one.get("slug") or one["status"] for one in results(answer)]


def position(operator: Api, service: str = REGISTRY) -> int:
    return int(operator.get(service, "/operations/status").raise_for_status().json()["position"])


def test_each_item_has_its_own_answer_with_its_place_and_key(api: Api) -> None:
    bodies = [somebody(), somebody(nik="123", village="none"), somebody(name=7), somebody()]
    answer = send(api, "/workers/bulk", bodies, keys=["a", "b", "c", "d"])
    one, refused, malformed, other = results(answer)
    assert [found["key"] for found in results(answer)] == ["a", "b", "c", "d"]
    assert {"status": 201, "version": 2, "warnings": []}.items() <= one.items()
    assert other["status"] == 201
    assert [error["code"] for error in refused["errors"]] == ["nik-length", "village-unknown"]
    assert refused["type"] == f"urn:desmigratif:problem:{refused['slug']}"
    assert refused["title"] != refused["title_id"]
    assert malformed["slug"] == "malformed"
    assert malformed["errors"] == [{"column": "name", "code": "string_type"}]
    # Everybody whom it answers stands where it says.
    for found in (one, other):
        person = api.get(REGISTRY, f"/persons/{found['id']}", after=answer.headers["Event-Position"])
        assert person.json()["worker"]


def test_an_item_is_the_very_request_that_it_is_alone(api: Api, operator: Api) -> None:
    before = position(operator)
    bodies, keys = [somebody() for _ in range(3)], fresh(3)
    first = results(send(api, "/persons/bulk", bodies, keys=keys))
    alone = api.post(REGISTRY, "/persons", dict(reversed(bodies[1].items())), key=keys[1])
    assert first[1] == {"index": 1, "key": keys[1], "status": 201, **alone.json()}
    new = api.post(REGISTRY, "/persons", body := somebody(), key=(key := fresh(1)[0]))
    again = results(send(api, "/persons/bulk", [*bodies, body], keys=[*keys, key]))
    assert again[:3] == first
    assert again[3]["id"] == new.json()["id"]
    other = results(send(api, "/persons/bulk", [somebody(), body], keys=[keys[0], key]))
    assert [one.get("slug") for one in other] == ["idempotency-key-reused", None]
    # Under another route a key is another.
    assert said(send(api, "/workers/bulk", [bodies[0]], keys=[keys[0]])) == [200]
    assert position(operator) == before + 4 + 1


def test_items_come_out_as_if_sent_one_after_the_other(api: Api) -> None:
    body = somebody()
    answer = send(
        api, "/workers/bulk", [body, body | {"name": "SITI  CONTOH"}, body | {"name": "Budi"}, somebody(nik=None)]
    )
    assert said(answer) == [201, 200, "nik-belongs-to-another-name", 201]
    first, second, *_ = results(answer)
    assert first["id"] == second["id"]
    twice = fresh(1) * 2
    once = results(send(api, "/persons/bulk", [body := somebody(nik=None), body], keys=twice))
    assert once[0] == once[1] | {"index": 0}

    after = answer.headers["Event-Position"]
    placement = {"worker_id": first["id"], "country": "Taiwan", "decree": "SK-1", "contract_date": "2023-01-31"}
    departed = send(api, "/departures/bulk", [placement, placement], service=MIGRATION, after=after)
    assert said(departed) == [201, "duplicate-row"]
    trip = results(departed)[0]["id"]
    home = [
        {"trip_id": trip, "returned_on": "2024-01-31", "reason": "leave"},
        {"trip_id": trip, "returned_on": "2024-02-01", "reason": "leave"},
        {"trip_id": trip, "returned_on": "2024-03-01", "reason": "contract_ended"},
        {"trip_id": trip, "returned_on": "2024-03-01", "reason": "contract_ended"},
    ]
    assert said(send(api, "/returns/bulk", home, service=MIGRATION)) == [
        201, "already-on-leave", 201, "already-returned"
    ]  # fmt: skip


def test_who_belongs_to_whom_is_recorded_once_whatever_the_household(api: Api) -> None:
    people = [one["id"] for one in results(send(api, "/persons/bulk", [somebody() for _ in range(4)]))]
    couple = {"person_id": people[0], "relative_id": people[1], "relation": "spouse"}
    living = {"village": VILLAGE, "members": people[:2], "kin": [couple]}
    said_again = {"village": VILLAGE, "members": people[2:3], "kin": [couple]}
    contrary = said_again | {"kin": [couple | {"relation": "child"}]}
    both_ways = [{"person_id": people[0], "relative_id": people[2], "relation": of} for of in ("child", "parent")]
    bodies = [living, living, said_again, contrary, said_again | {"kin": both_ways}]
    bodies += [{"village": VILLAGE, "members": [str(uuid.uuid4())]}, {"village": VILLAGE, "members": people[3:]}]
    assert said(send(api, "/households/bulk", bodies)) == [
        201,
        "member-of-another-household",
        "kin-recorded-elsewhere",
        "kin-recorded-elsewhere",
        "kin-contradictory",
        "person-unknown",
        201,
    ]


def test_a_check_judges_each_after_those_before_it_and_records_nothing(api: Api, operator: Api) -> None:
    before = position(operator)
    body = somebody()
    keys = fresh(4)
    bodies = [body, body, body | {"name": "Budi"}, somebody(nik="1")]
    answer = send(api, "/workers/bulk", bodies, keys=keys, check=True)
    assert [one["status"] for one in results(answer)] == [200, 200, 409, 422]
    assert [one.get("id", "none") for one in results(answer)] == [None, None, "none", "none"]
    assert "Event-Position" not in answer.headers
    assert position(operator) == before
    assert said(send(api, "/workers/bulk", bodies[:3], keys=keys[:3])) == [201, 200, "nik-belongs-to-another-name"]


def test_each_item_is_held_against_the_callers_area(house: House, api: Api) -> None:
    there = api.post(REGISTRY, "/workers", somebody(village=KENANGA)).json()["id"]
    with Api(house, "village-officer", "33.07", subject="near") as near:
        answer = send(near, "/workers/bulk", [somebody(village=v) for v in (NEAR, KENANGA, NEAR)])
        assert said(answer) == [201, "outside-area", 201]
        assert said(send(near, "/workers/bulk", [{"person_id": there}])) == ["not-found"]
    with Api(house, "service", subject="nobody") as nobody:
        assert send(nobody, "/workers/bulk", [somebody()]).json()["slug"] == "scope-missing"


def test_a_thousand_items_are_taken_and_no_more(api: Api, operator: Api) -> None:
    before = position(operator)
    answer = send(api, "/persons/bulk", [somebody(nik=None) for _ in range(MOST_ITEMS)])
    assert set(said(answer)) == {201}
    assert len({one["id"] for one in results(answer)}) == MOST_ITEMS
    for bodies in ([somebody()] * (MOST_ITEMS + 1), []):
        refused = send(api, "/persons/bulk", bodies)
        assert (refused.status_code, refused.json()["slug"]) == (422, "malformed")
    assert position(operator) == before + MOST_ITEMS


def raw(api: Api, path: str, content: bytes) -> httpx.Response:
    address = api._house.addresses[REGISTRY] + path
    return api._client.post(address, content=content, headers={"Content-Type": "application/json"})


def test_a_bulk_request_may_be_larger_than_another(api: Api) -> None:
    long = b'{"items": [{"key": "k", "body": {"name": "%b"}}]}'
    assert raw(api, "/persons/bulk", long % (b"x" * (2 << 20))).status_code == 200
    for path, size in (("/persons/bulk", MOST_BYTES), ("/persons", 1 << 20)):
        assert raw(api, path, long % (b"x" * size)).json()["slug"] == "too-large"


ITEMS: Mapping[str, Any] = {
    "no object": 7,
    "nothing": None,
    "no key": {"body": {"name": UNHEARD}},
    "an empty key": {"key": "", "body": {"name": UNHEARD}},
    "a key that is too long": {"key": "k" * 256, "body": {"name": UNHEARD}},
    "a key of another type": {"key": 7, "body": {"name": UNHEARD}},
    "a key that is no text": {"key": "\ud800", "body": {"name": UNHEARD}},
    "no body": {"key": "k"},
    "a body that is none": {"key": "k", "body": [UNHEARD]},
    "a field that is none": {"key": "k", "body": {UNHEARD: 1}},
    "a member that is none": {"key": "k", "body": {"name": UNHEARD}, UNHEARD: 1},
    "NUL": {"key": "k", "body": {"name": f"{UNHEARD}\0"}},
    "a lone surrogate": {"key": "k", "body": {"name": f"{UNHEARD}\ud800"}},
    "too deep": {"key": "k", "body": {"name": json.loads("[" * 400 + "]" * 400)}},
    "a digit too many": {"key": "k", "body": {"name": 10**40}},
}


def test_an_item_that_cannot_be_read_is_malformed_and_the_others_are_not(api: Api, operator: Api) -> None:
    before = position(operator)
    items = [{"key": fresh(1)[0], "body": somebody()}, *ITEMS.values(), {"key": fresh(1)[0], "body": somebody()}]
    answer = raw(api, "/persons/bulk", json.dumps({"items": items}).encode())
    assert dict(zip(["first", *ITEMS, "last"], said(answer), strict=True)) == {
        "first": 201, **dict.fromkeys(ITEMS, "malformed"), "last": 201
    }  # fmt: skip
    assert UNHEARD not in answer.text
    assert position(operator) == before + 2
