"""Households and their kinship."""

import uuid
from typing import Any

from tests.houses import Api
from tests.registry.api.calls import REGISTRY, VILLAGE, position, post, registered, slug


def test_a_household_and_its_kinship(api: Api) -> None:
    siti, joko, bima = (registered(api).json()["id"] for _ in range(3))
    kin = {"person_id": siti, "relative_id": joko, "relation": "spouse"}
    made = post(api, "/households", {"village": VILLAGE, "members": [siti, joko], "kin": [kin]})
    assert made.status_code == 201
    path = f"/households/{made.json()['id']}"
    child = {"person_id": siti, "relative_id": bima, "relation": "child", "guardian_id": joko}
    added = post(api, f"{path}/kin", child)
    assert added.status_code == 201
    assert post(api, f"{path}/kin", child).status_code == 200

    found = api.get(REGISTRY, path, after=added.headers["Event-Position"])
    assert found.json()["village"] == VILLAGE
    assert set(found.json()["members"]) >= {siti, joko}
    assert {(one["relative_id"], one["relation"]) for one in found.json()["kin"]} >= {(joko, "spouse"), (bima, "child")}
    assert found.json() in api.items(REGISTRY, f"/households?region={VILLAGE}")

    less = f"{path}/kin/{siti}/{bima}"
    assert slug(api.request("DELETE", REGISTRY, less)) == (428, "if-match-required")
    assert slug(api.request("DELETE", REGISTRY, less, if_match='"99"')) == (412, "version-mismatch")
    removed = api.request("DELETE", REGISTRY, less, if_match=found.headers["ETag"])
    assert removed.status_code == 200
    left = api.get(REGISTRY, path, after=removed.headers["Event-Position"]).json()["kin"]
    assert all(bima not in (one["person_id"], one["relative_id"]) for one in left)


def test_a_household_is_held_against_its_rules(api: Api, operator: Api) -> None:
    siti, joko = (registered(api).json()["id"] for _ in range(2))
    spouse = {"person_id": siti, "relative_id": joko, "relation": "spouse"}
    nobody = str(uuid.uuid4())
    before = position(operator)
    wrong: list[tuple[dict[str, Any], tuple[int, str]]] = [
        ({"village": "x"}, (422, "village-unknown")),
        ({"members": []}, (422, "malformed")),
        ({"members": [str(uuid.uuid4()) for _ in range(101)]}, (422, "malformed")),
        ({"members": [nobody]}, (404, "person-unknown")),
        ({"kin": [spouse | {"relative_id": nobody}]}, (404, "person-unknown")),
        ({"kin": [spouse | {"relative_id": siti}]}, (422, "relation-of-oneself")),
        ({"kin": [spouse | {"relation": "friend"}]}, (422, "malformed")),
        ({"kin": [spouse | {"guardian_id": joko}]}, (422, "guardian-not-of-a-child")),
    ]
    for changed, expected in wrong:
        body = {"village": VILLAGE, "members": [siti], "kin": []} | changed
        assert slug(post(api, "/households", body)) == expected
    assert slug(post(api, f"/households/{nobody}/kin", spouse)) == (404, "not-found")
    assert position(operator) == before
    first = {"village": VILLAGE, "members": [siti, joko], "kin": [spouse]}
    assert post(api, "/households", first).status_code == 201
    assert slug(post(api, "/households", first)) == (409, "member-of-another-household")
    elsewhere = {"village": VILLAGE, "members": [registered(api).json()["id"]], "kin": [spouse]}
    assert slug(post(api, "/households", elsewhere)) == (409, "kin-recorded-elsewhere")


def test_two_persons_are_one_thing_to_each_other_until_that_is_taken_back(api: Api) -> None:
    """Under whichever id they are named, in one registration, in one household, and in any other."""
    siti, again, bima, rini = (registered(api).json()["id"] for _ in range(4))
    child = {"person_id": siti, "relative_id": bima, "relation": "child"}
    otherwise = [child | {"relation": "parent"}, child | {"relation": "spouse"}]
    for contrary in otherwise:
        both = {"village": VILLAGE, "members": [siti, bima], "kin": [child, contrary]}
        assert slug(post(api, "/households", both)) == (409, "kin-contradictory")
    made = post(api, "/households", {"village": VILLAGE, "members": [siti, bima], "kin": [child]})
    path = f"/households/{made.json()['id']}"
    post(api, f"/persons/{again}/merge", {"into": siti}).raise_for_status()
    for contrary in otherwise:
        for who in (siti, again):
            assert slug(post(api, f"{path}/kin", contrary | {"person_id": who})) == (409, "kin-contradictory")
        elsewhere = {"village": VILLAGE, "members": [rini], "kin": [contrary]}
        assert slug(post(api, "/households", elsewhere)) == (409, "kin-recorded-elsewhere")
    taken_back = api.request("DELETE", REGISTRY, f"{path}/kin/{siti}/{bima}", if_match=made.headers["ETag"])
    assert taken_back.status_code == 200
    assert post(api, f"{path}/kin", otherwise[0]).status_code == 201


def test_a_couple_is_of_one_household_until_that_is_taken_back(api: Api) -> None:
    siti, joko = (registered(api).json()["id"] for _ in range(2))
    spouse = {"person_id": siti, "relative_id": joko, "relation": "spouse"}
    made = post(api, "/households", {"village": VILLAGE, "members": [siti, joko], "kin": [spouse]})
    turned = {"person_id": joko, "relative_id": siti, "relation": "spouse"}
    rini = registered(api).json()["id"]
    other = {"village": VILLAGE, "members": [rini], "kin": [turned]}
    assert slug(post(api, "/households", other)) == (409, "kin-recorded-elsewhere")
    taken_back = f"/households/{made.json()['id']}/kin/{joko}/{siti}"
    assert api.request("DELETE", REGISTRY, taken_back, if_match=made.headers["ETag"]).status_code == 200
    assert post(api, "/households", other).status_code == 201
