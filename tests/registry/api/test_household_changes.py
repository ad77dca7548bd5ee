"""Households over time, as callers change and ask them."""

import json
import uuid
from itertools import count
from typing import Any

import httpx

from tests.houses import Api
from tests.registry.api.calls import NEXT, REGISTRY, VILLAGE, codes, fresh, post, registered, slug

THIRD = "33.07.02.2003"

_serials = count(1)


def card() -> str:
    """A number that no card has."""
    return f"3307021708209{next(_serials):03d}"


def a_household(api: Api, **more: Any) -> tuple[str, list[str]]:
    """Its path, and the ids of its head, spouse and child."""
    people = [
        {"name": "Siti Contoh", "relation": "istri", "worker": True},
        {"name": "Joko Contoh", "relation": "kepala keluarga"},
        {"name": "Bima Contoh", "relation": "anak", "birth_date": "2018-05-17"},
    ]
    body = {"village": VILLAGE, "people": people, "surveyed_on": "2020-05-04", "card": card()} | more
    made = post(api, "/households", body)
    assert made.status_code == 201, made.text
    siti, joko, bima = made.json()["people"]
    return f"/households/{made.json()['id']}", [joko, siti, bima]


def edited(api: Api, method: str, path: str, body: dict[str, Any] | None = None) -> httpx.Response:
    """*path* edited under the ETag of its household."""
    tag = api.get(REGISTRY, "/".join(path.split("/")[:3]), after=api_at.get(path.split("/")[2])).headers["ETag"]
    return told(path, api.request(method, REGISTRY, path, body=body, if_match=tag))


api_at: dict[str, str] = {}


def told(path: str, answer: httpx.Response) -> httpx.Response:
    """*answer*, remembered as the last of its household."""
    if "Event-Position" in answer.headers:
        api_at[path.split("/")[2]] = answer.headers["Event-Position"]
    return answer


def asked(api: Api, path: str, body: dict[str, Any]) -> httpx.Response:
    return told(path, post(api, path, body))


def shown(api: Api, path: str) -> dict[str, Any]:
    return dict(api.get(REGISTRY, path, after=api_at.get(path.split("/")[2])).json())


def test_people_of_a_list_become_persons_of_one_household(api: Api) -> None:
    number = card()
    path, (joko, siti, bima) = a_household(api, card=number)
    at = asked(api, f"{path}/head", {"person_id": joko, "since": "2020-05-04"})
    assert at.status_code == 200, "that was said with the household"
    home = shown(api, path)
    assert (set(home["members"]), home["head_id"], home["card"]) == ({joko, siti, bima}, joko, number)
    kin = {(one["person_id"], one["relative_id"], one["relation"]) for one in home["kin"]}
    assert kin == {(joko, siti, "spouse"), (joko, bima, "child"), (siti, bima, "child")}
    person = api.get(REGISTRY, f"/persons/{siti}").json()
    assert (person["name"], person["worker"], person["village"]) == ("Siti Contoh", True, VILLAGE)


def test_each_line_of_a_household_is_told_what_is_wrong_with_it(api: Api) -> None:
    same, known_nik = fresh(), fresh()
    registered(api, nik=known_nik, name="Rini Contoh")
    head = {"name": "Joko Contoh", "relation": "kepala"}
    wrong: list[tuple[dict[str, Any], int, list[tuple[str, str]]]] = [
        ({"people": [head, {"relation": "anak"}]}, 422, [("people.1.name", "name-missing")]),
        ({"people": [head | {"nik": "1"}]}, 422, [("people.0.nik", "nik-length")]),
        ({"people": [head | {"birth_date": "x"}]}, 422, [("people.0.birth_date", "birth-date-invalid")]),
        ({"people": [head | {"birth_date": "2022-05-01"}], "surveyed_on": "2020-01-01"}, 422,
         [("people.0.birth_date", "birth-date-after-survey")]),
        ({"people": [head | {"birth_date": "2022-05-01"}], "surveyed_on": "x"}, 422,
         [("surveyed_on", "surveyed-on-invalid")]),
        ({"people": [head | {"relation": "tetangga"}]}, 422, [("people.0.relation", "relation-unknown")]),
        ({"people": [head, head]}, 422, [("relation", "relation-no-head")]),
        ({"people": [head | {"nik": same}, {"name": "B", "relation": "anak", "nik": same}]}, 422,
         [("people.1.nik", "nik-twice")]),
        ({"people": [head], "card": "3307105708269001"}, 422, [("card", "card-impossible-date")]),
        ({"people": [head], "card": "1"}, 422, [("card", "card-length")]),
        ({"people": [head], "card": "3,3E+15"}, 422, [("card", "card-mangled-by-spreadsheet")]),
        ({"people": [head], "card": "9907101708269001"}, 422, [("card", "card-unknown-province")]),
        ({"people": [head], "card": "3300101708269001"}, 422, [("card", "card-unknown-district")]),
        ({"people": [head], "card": "3307101708260000"}, 422, [("card", "card-serial-zero")]),
        ({"people": [head], "surveyed_on": "2020"}, 422, [("surveyed_on", "surveyed-on-invalid")]),
        ({"people": [head | {"nik": known_nik}]}, 409, [("people.0.nik", "nik-belongs-to-another-name")]),
    ]  # fmt: skip
    odd = head | {"nik": fresh(), "birth_date": "1970-02-28"}
    both = [("people.0.nik", "nik-birth-date-differs"), ("people.1.name", "name-missing")]
    wrong.append(({"people": [odd, {"relation": "anak"}]}, 422, both))
    for changed, status, errors in wrong:
        answer = post(api, "/households", {"village": VILLAGE, **changed})
        assert (answer.status_code, [(e["column"], e["code"]) for e in answer.json()["errors"]]) == (status, errors)
    for body in ({"village": VILLAGE}, {"village": VILLAGE, "people": [head], "head_id": str(uuid.uuid4())}):
        assert slug(post(api, "/households", body)) == (422, "malformed")
    made = post(api, "/households", {"village": VILLAGE, "people": [odd]})
    assert (made.status_code, made.json()["warnings"]) == (201, ["nik-birth-date-differs"])
    siti = registered(api).json()["id"]
    numbered = {"village": VILLAGE, "members": [siti], "card": card()}
    assert slug(post(api, "/households", numbered)) == (409, "household-without-head")
    other = {"village": VILLAGE, "members": [siti], "head_id": registered(api).json()["id"]}
    assert slug(post(api, "/households", other)) == (409, "head-not-a-member")


def test_a_known_person_of_a_list_lives_in_one_household_alone(api: Api) -> None:
    nik = fresh()
    head = {"name": "Rini Contoh", "relation": "kepala", "nik": nik}
    first = post(api, "/households", {"village": VILLAGE, "people": [head]})
    again = post(api, "/households", {"village": VILLAGE, "people": [head]})
    assert (first.status_code, slug(again), codes(again)) == (
        201,
        (409, "member-of-another-household"),
        ["member-of-another-household"],
    )
    rini = first.json()["people"][0]
    path = f"/households/{first.json()['id']}"
    assert asked(api, f"{path}/members/{rini}/leaving", {"left_on": "2026-11-21"}).status_code == 201
    after = post(api, "/households", {"village": VILLAGE, "people": [head]})
    assert (after.status_code, after.json()["people"]) == (201, [rini])


def test_members_join_and_leave(api: Api) -> None:
    path, (joko, siti, _) = a_household(api)
    rini = registered(api).json()["id"]
    joining = {"person_id": rini, "since": "2021"}
    assert asked(api, f"{path}/members", joining).status_code == 201
    assert asked(api, f"{path}/members", joining).status_code == 200
    assert slug(asked(api, f"{path}/members", joining | {"since": "2022"})) == (409, "already-a-member")
    assert slug(asked(api, f"{path}/members", joining | {"since": "x"})) == (422, "since-invalid")
    nobody = {"person_id": str(uuid.uuid4()), "since": "2021"}
    assert slug(asked(api, f"{path}/members", nobody)) == (404, "person-unknown")
    other, _ = a_household(api)
    assert slug(asked(api, f"{other}/members", joining)) == (409, "member-of-another-household")

    leaving = f"{path}/members/{rini}/leaving"
    assert slug(asked(api, leaving, {"left_on": "2020"})) == (409, "left-before-joining")
    assert slug(asked(api, leaving, {"left_on": "x"})) == (422, "left-on-invalid")
    assert asked(api, leaving, {"left_on": "2023-05"}).status_code == 201
    assert slug(asked(api, leaving, {"left_on": "2024"})) == (409, "not-in-household")
    assert slug(asked(api, f"{path}/members", joining)) == (409, "joined-before-leaving")
    assert asked(api, f"{other}/members", {"person_id": rini, "since": "2024"}).status_code == 201
    back = edited(api, "PATCH", f"{path}/members/{rini}", {"left_on": None})
    assert slug(back) == (409, "member-of-another-household")
    assert edited(api, "PATCH", f"{path}/members/{rini}", {"since": "2021-03"}).status_code == 200
    assert slug(edited(api, "PATCH", f"{path}/members/{siti}", {"left_on": "2024"})) == (404, "not-found")
    assert edited(api, "DELETE", f"{path}/members/{siti}").status_code == 200

    members = {one["person_id"]: (one["joined_on"], one["left_on"]) for one in shown(api, f"{path}/members")["items"]}
    assert (members[rini], members[joko], siti in members) == (("2021-03", "2023-05"), ("2020-05-04", None), False)
    for day, there in (("2021-02-28", False), ("2021-03-01", True), ("2023-04-30", True), ("2023-05-01", False)):
        lived = api.items(REGISTRY, f"/memberships?region={VILLAGE}&on={day}", after=api_at[path.split("/")[2]])
        found = any((one["person_id"], one["household_id"]) == (rini, path.split("/")[2]) for one in lived)
        assert found == there, day


def test_a_head_a_card_and_a_guardian_follow_one_another(api: Api) -> None:
    path, (joko, siti, bima) = a_household(api)
    number = card()
    assert asked(api, f"{path}/head", {"person_id": siti, "since": "2022"}).status_code == 201
    assert asked(api, f"{path}/card", {"card": number, "since": "2022-02-01"}).status_code == 201
    assert (shown(api, path)["head_id"], shown(api, path)["card"]) == (siti, number)
    assert edited(api, "PATCH", f"{path}/card", {"card": (right := card())}).status_code == 200
    assert shown(api, path)["card"] == right
    assert edited(api, "DELETE", f"{path}/card").status_code == 200
    assert shown(api, path)["card"] not in (None, number, right), "the one before holds again"
    assert edited(api, "PATCH", f"{path}/head", {"since": "2021"}).status_code == 200
    assert edited(api, "DELETE", f"{path}/head").status_code == 200
    assert shown(api, path)["head_id"] == joko
    guardian = f"{path}/kin/{joko}/{bima}/guardian"
    assert asked(api, guardian, {"guardian_id": siti, "since": "2022"}).status_code == 201
    assert slug(asked(api, guardian, {"guardian_id": bima, "since": "2022"})) == (422, "guardian-not-of-a-child")
    assert asked(api, guardian, {"guardian_id": None, "since": "2023"}).status_code == 201
    late = asked(api, guardian, {"guardian_id": joko, "since": "2021"})
    assert late.status_code == 201
    (kin,) = (one for one in shown(api, path)["kin"] if (one["person_id"], one["relative_id"]) == (joko, bima))
    assert kin["guardian_id"] is None


def test_who_guards_since_the_survey_is_followed_by_whoever_guards_since_a_later_day(api: Api) -> None:
    """However late the list is loaded: all of it holds since the day on which it was written."""
    siti, joko, bima = (registered(api).json()["id"] for _ in range(3))
    child = {"person_id": siti, "relative_id": bima, "relation": "child", "guardian_id": joko}
    body = {"village": VILLAGE, "members": [siti, bima], "surveyed_on": "2026-08-17"}
    made = post(api, "/households", body | {"kin": [child]})
    path = f"/households/{made.json()['id']}"

    def guardian() -> Any:
        (kin,) = (one for one in shown(api, path)["kin"] if one["relative_id"] == bima)
        return kin["guardian_id"]

    assert asked(api, f"{path}/kin/{siti}/{bima}/guardian", {"guardian_id": siti, "since": "2026-09"}).is_success
    assert guardian() == siti
    assert edited(api, "DELETE", f"{path}/kin/{siti}/{bima}").is_success
    assert slug(asked(api, f"{path}/kin", child | {"since": "2999"})) == (422, "since-invalid")
    assert slug(post(api, "/households", body | {"kin": [child | {"since": "x"}]})) == (422, "since-invalid")
    assert asked(api, f"{path}/kin", child | {"since": "2020"}).status_code == 201
    assert asked(api, f"{path}/kin/{siti}/{bima}/guardian", {"guardian_id": siti, "since": "2026-09"}).is_success
    assert guardian() == siti


def test_a_household_moves_with_those_who_lived_in_its_village(api: Api) -> None:
    path, (joko, siti, bima) = a_household(api)
    away = api.request("PATCH", REGISTRY, f"/persons/{siti}", body={"village": THIRD}, if_match='"2"')
    assert away.status_code == 200
    assert slug(asked(api, f"{path}/move", {"village": "x", "since": "2024"})) == (422, "village-unknown")
    assert asked(api, f"{path}/move", {"village": NEXT, "since": "2024-03-01"}).status_code == 201
    assert shown(api, path)["village"] == NEXT
    at = api_at[path.split("/")[2]]
    where = [api.get(REGISTRY, f"/persons/{one}", after=at).json()["village"] for one in (joko, siti, bima)]
    assert where == [NEXT, THIRD, NEXT]
    assert edited(api, "PATCH", f"{path}/village", {"village": VILLAGE}).status_code == 200
    assert shown(api, path)["village"] == VILLAGE


def test_a_move_of_a_year_is_no_move_of_its_first_day(api: Api, operator: Api) -> None:
    """Each member is said to have moved on a day that is known no better than the household's."""
    path, people = a_household(api)
    before = operator.get(REGISTRY, "/feed?after=0&limit=0").json()["head"]
    asked(api, f"{path}/move", {"village": NEXT, "since": "2025"})
    facts = [json.loads(said["words"]) for said in operator.get(REGISTRY, f"/feed?after={before}").json()["events"]]
    assert {fact["data"]["person_id"]: fact["occurredon"] for fact in facts} == dict.fromkeys(people, "2025")


def test_a_move_that_is_learnt_late_or_was_known_moves_nobody(api: Api) -> None:
    """The household lives where it did, so nobody's own village changes, and nobody else hears of a move."""
    path, people = a_household(api)
    assert asked(api, f"{path}/move", {"village": THIRD, "since": "2025"}).status_code == 201
    for status in (201, 200):
        answer = asked(api, f"{path}/move", {"village": NEXT, "since": "2024-03"})
        assert answer.status_code == status
        assert shown(api, path)["village"] == THIRD
        at = answer.headers["Event-Position"]
        assert {api.get(REGISTRY, f"/persons/{one}", after=at).json()["village"] for one in people} == {THIRD}


def test_the_number_of_a_card_goes_with_its_head(api: Api) -> None:
    path, (joko, siti, _) = a_household(api)
    gone = api.request("POST", REGISTRY, f"/persons/{joko}/erasure")
    assert gone.status_code == 200
    assert api.get(REGISTRY, path, after=gone.headers["Event-Position"]).json()["card"] is None
    wish = {"card": card(), "since": "2024"}
    assert slug(asked(api, f"{path}/card", wish)) == (410, "person-erased")
    assert asked(api, f"{path}/head", {"person_id": siti, "since": "2024"}).status_code == 201
    assert asked(api, f"{path}/card", wish).status_code == 201
    assert shown(api, path)["card"] == wish["card"]
