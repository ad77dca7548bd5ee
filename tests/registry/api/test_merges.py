"""Registrations of one human: found, told apart, merged, and what each route makes of a duplicate's id."""

from collections.abc import Iterator
from itertools import count
from typing import Any

import httpx
import pytest

from deploy.house import House
from tests.houses import Api
from tests.registry.api.calls import NEXT, REGISTRY, VILLAGE, codes, fresh, position, post, registered, shown, slug

_names = count(1)


def person(api: Api, path: str = "/persons", **particulars: Any) -> str:
    """Somebody without NIK whom nobody resembles."""
    given = {"nik": None, "name": f"Orang {chr(64 + next(_names)) * 9}"} | particulars
    return str(registered(api, path, **given).json()["id"])


def merge(api: Api, duplicate: str, into: str, **options: Any) -> httpx.Response:
    return post(api, f"/persons/{duplicate}/merge", {"into": into}, **options)


def merged(api: Api, duplicate: str, into: str) -> httpx.Response:
    answer = merge(api, duplicate, into)
    assert answer.status_code == 201, answer.text
    return answer


def edit(api: Api, method: str, path: str, body: dict[str, Any] | None = None, tag: str = '"1"') -> httpx.Response:
    return api.request(method, REGISTRY, path, body=body, if_match=tag)


@pytest.fixture
def village(house: House) -> Iterator[Api]:
    """Whose area is one village alone."""
    with Api(house, "village-officer", VILLAGE, subject="officer") as api:
        yield api


@pytest.fixture
def guardian(house: House) -> Iterator[Api]:
    """Of personal data."""
    with Api(house, "data-protection-officer", subject="guardian") as api:
        yield api


# ── Merging and undoing ──────────────────────────────────────────────────────────────────────────────────────────────


def test_a_merge_is_recorded_once_and_undone_under_its_etag(api: Api, operator: Api) -> None:
    into, duplicate = person(api), person(api)
    assert merge(api, duplicate, into, check=True).status_code == 200
    answer = merged(api, duplicate, into)
    before = position(operator)
    assert merge(api, duplicate, into).status_code == 200
    assert position(operator) == before

    path = f"/persons/{duplicate}/merge"
    found = api.get(REGISTRY, path, after=answer.headers["Event-Position"])
    assert found.json() == {"person_id": duplicate, "village": VILLAGE, "into": into}
    assert found.headers["ETag"] == answer.headers["ETag"]
    assert slug(api.request("DELETE", REGISTRY, path)) == (428, "if-match-required")
    assert slug(edit(api, "DELETE", path)) == (412, "version-mismatch")
    gone = edit(api, "DELETE", path, tag=found.headers["ETag"])
    assert gone.status_code == 200
    assert slug(edit(api, "DELETE", path, tag=gone.headers["ETag"])) == (404, "not-found")
    assert slug(api.get(REGISTRY, path, after=gone.headers["Event-Position"])) == (404, "not-found")


def test_there_are_no_chains(api: Api) -> None:
    one, other, third, fourth = (person(api) for _ in range(4))
    merged(api, other, one)
    assert slug(merge(api, other, third)) == (409, "duplicate-of-another")
    assert slug(merge(api, one, third)) == (409, "has-duplicates")
    refused = merge(api, third, other)
    assert (slug(refused), refused.json()["into"]) == ((409, "person-merged"), one)
    assert merge(api, fourth, one).status_code == 201


def test_nobody_is_merged_with_themself_with_nobody_or_with_the_erased(api: Api) -> None:
    one, erased = person(api), person(api)
    nobody = "00000000-0000-4000-8000-000000000000"
    assert post(api, f"/persons/{erased}/erasure").status_code == 200
    refused = merge(api, one, one)
    assert slug(refused) == (422, "into-oneself")
    assert refused.json()["errors"] == [{"column": "into", "code": "into-oneself"}]
    assert slug(merge(api, nobody, one)) == (404, "not-found")
    assert slug(merge(api, one, nobody)) == (404, "person-unknown")
    assert slug(merge(api, one, erased)) == slug(merge(api, erased, one)) == (410, "person-erased")
    assert slug(edit(api, "DELETE", f"/persons/{erased}/merge")) == (404, "not-found")


def test_relatives_are_not_merged(api: Api) -> None:
    """Nor with somebody whose duplicate they are related to."""
    one, other, parent, again = (person(api) for _ in range(4))
    kin = [
        {"person_id": one, "relative_id": other, "relation": "spouse"},
        {"person_id": one, "relative_id": parent, "relation": "parent"},
    ]
    home = post(api, "/households", {"village": VILLAGE, "members": [one], "kin": kin}).raise_for_status().json()["id"]
    merged(api, one, again)
    for relative in (other, parent):
        assert slug(merge(api, relative, again)) == (409, "merge-of-relatives")
    refused = post(api, f"/households/{home}/kin", {"person_id": one, "relative_id": again, "relation": "spouse"})
    assert slug(refused) == (422, "relation-of-oneself")


def test_a_merge_that_would_hide_something_says_what(api: Api) -> None:
    worker = person(api, "/workers", nik=fresh(), birth_date="1990-05-03")
    post(api, f"/persons/{worker}/death", {"died_on": "2026-01-01"}).raise_for_status()
    other = person(api)
    refused = merge(api, worker, other)
    assert slug(refused) == (409, "merge-would-lose")
    assert [error["column"] for error in refused.json()["errors"]] == ["worker", "nik", "birth_date", "died_on"]
    merged(api, other, worker)


def test_both_must_lie_in_the_callers_area(api: Api, village: Api) -> None:
    here, there = person(api), person(api, village=NEXT)
    assert slug(merge(village, here, there)) == (404, "person-unknown")
    assert slug(merge(village, there, here)) == (404, "not-found")
    at = merged(api, here, there).headers["Event-Position"]
    assert slug(edit(village, "DELETE", f"/persons/{here}/merge", tag='"2"')) == (404, "not-found")
    # Whoever knows the duplicate alone is told who stands for them, and nothing else.
    assert slug(village.get(REGISTRY, f"/persons/{here}", after=at)) == (404, "not-found")
    refused = [
        post(village, f"/persons/{here}/death", {"died_on": "2026"}),
        post(village, f"/persons/{here}/erasure"),
        post(village, "/workers", {"person_id": here}),
        post(village, "/households", {"village": VILLAGE, "members": [here]}),
    ]
    for one in refused:
        assert (slug(one), one.json()["into"]) == ((409, "person-merged"), there)
    assert slug(post(village, f"/persons/{there}/death", {"died_on": "2026"})) == (404, "not-found")


# ── What a duplicate's id means ──────────────────────────────────────────────────────────────────────────────────────


def test_who_registers_the_duplicates_nik_is_answered_who_stands_for_both(api: Api, village: Api) -> None:
    """Under either name; the NIK is nobody else's, and not to be had for the survivor either."""
    number, own = fresh(), fresh()
    duplicate = person(api, nik=number, name="Siti Conto", village=NEXT)
    into = person(api, nik=own, name="Siti Contoh", village=NEXT)
    merged(api, duplicate, into)
    by_own_name = post(api, "/workers", {"nik": number, "name": "Siti Contoh", "village": VILLAGE})
    known = post(api, "/workers", {"nik": number, "name": "Siti Conto", "village": VILLAGE})
    assert [(answer.status_code, answer.json()["id"]) for answer in (by_own_name, known)] == [(200, into)] * 2
    assert shown(api, known)["worker"] is True
    other = {"nik": number, "name": "Budi", "village": VILLAGE}
    assert slug(post(api, "/persons", other)) == (409, "nik-belongs-to-another-name")
    assert slug(post(village, "/persons", other)) == (409, "nik-registered-elsewhere")
    tag = known.headers["ETag"]
    assert slug(edit(api, "PATCH", f"/persons/{into}", {"nik": number}, tag)) == (409, "nik-of-duplicate")
    third = person(api)
    assert slug(edit(api, "PATCH", f"/persons/{third}", {"nik": number})) == (409, "nik-belongs-to-another-name")


def test_what_the_duplicate_knows_is_not_taken_from_the_survivor(api: Api) -> None:
    """While the merge stands: it would be lost from sight, as a merge itself may lose nothing."""
    into = person(api, nik=fresh(), birth_date="1990-05-06", village=NEXT)
    duplicate = person(api, nik=fresh(), village=NEXT)
    at = merged(api, duplicate, into)
    path = f"/persons/{into}"
    for check in (True, False):
        refused = api.request(
            "PATCH", REGISTRY, path, body={"nik": None, "birth_date": None}, if_match='"2"', check=check
        )
        assert (slug(refused), codes(refused)) == ((409, "known-of-duplicate"), ["known-of-duplicate"])
    unknown_of_duplicate = edit(api, "PATCH", path, {"birth_date": None}, '"2"')
    assert unknown_of_duplicate.status_code == 200, unknown_of_duplicate.text
    apart = edit(api, "DELETE", f"/persons/{duplicate}/merge", tag=at.headers["ETag"])
    assert apart.status_code == 200, apart.text
    assert edit(api, "PATCH", path, {"nik": None}, '"4"').status_code == 200


def test_an_edit_names_the_survivor_itself(api: Api) -> None:
    """Its ETag is that of one history; whoever read the duplicate has read another."""
    into, duplicate = person(api), person(api)
    merged(api, duplicate, into)
    for method, path, body in (
        ("PATCH", "", {"name": "Siti"}),
        ("PATCH", "/death", {"died_on": "2026"}),
        ("DELETE", "/death", None),
    ):
        refused = edit(api, method, f"/persons/{duplicate}{path}", body)
        assert (slug(refused), refused.json()["into"]) == ((409, "person-merged"), into)


def test_a_death_is_recorded_corrected_and_retracted_for_both(api: Api) -> None:
    """The village may have reported it of either; retracted, neither is dead, also once they are two again."""
    into, duplicate = person(api), person(api)
    for who in (into, duplicate):
        post(api, f"/persons/{who}/death", {"died_on": "2026-01"}).raise_for_status()
    merged(api, duplicate, into)
    assert slug(post(api, f"/persons/{duplicate}/death", {"died_on": "2025"})) == (409, "death-already-recorded")
    path = f"/persons/{into}/death"
    corrected = edit(api, "PATCH", path, {"died_on": "2026-02"}, '"3"')
    assert shown(api, corrected)["died_on"] == "2026-02"
    retracted = edit(api, "DELETE", path, tag=corrected.headers["ETag"])
    assert shown(api, retracted)["died_on"] is None
    tag = api.get(REGISTRY, f"/persons/{duplicate}/merge").headers["ETag"]
    assert shown(api, edit(api, "DELETE", f"/persons/{duplicate}/merge", tag=tag))["died_on"] is None


def test_a_household_names_who_stands_for_both(api: Api) -> None:
    into, duplicate, child, other = (person(api) for _ in range(4))
    kin = [{"person_id": duplicate, "relative_id": child, "relation": "child"}]
    first = post(api, "/households", {"village": VILLAGE, "members": [duplicate, child], "kin": kin})
    merged(api, duplicate, into)
    again = [{"person_id": into, "relative_id": child, "relation": "child"}]
    elsewhere = post(api, "/households", {"village": VILLAGE, "members": [other], "kin": again})
    assert slug(elsewhere) == (409, "kin-recorded-elsewhere")
    for who in (into, duplicate):
        refused = post(api, "/households", {"village": VILLAGE, "members": [who]})
        assert slug(refused) == (409, "member-of-another-household")
    path = f"/households/{first.json()['id']}"
    headed = post(api, f"{path}/head", {"person_id": into, "since": "2024"})
    found = api.get(REGISTRY, path, after=headed.headers["Event-Position"]).json()
    assert (set(found["members"]), found["head_id"]) == ({into, child}, into)
    assert [(one["person_id"], one["relative_id"]) for one in found["kin"]] == [(into, child)]

    guarded = post(api, f"{path}/kin/{into}/{child}/guardian", {"guardian_id": duplicate, "since": "2025"})
    assert guarded.status_code == 201, guarded.text
    assert post(api, f"{path}/members/{into}/leaving", {"left_on": "2026"}).status_code == 201
    second = post(api, "/households", {"village": VILLAGE, "members": [duplicate]})
    at = second.headers["Event-Position"]
    found = api.get(REGISTRY, path, after=at).json()
    assert (found["members"], found["head_id"], found["kin"][0]["guardian_id"]) == ([child], None, into)
    assert api.get(REGISTRY, f"/households/{second.json()['id']}").json()["members"] == [into]


def test_who_lives_in_a_household_under_both_ids_leaves_it_under_both(api: Api) -> None:
    into, duplicate = person(api), person(api)
    home = post(api, "/households", {"village": VILLAGE, "members": [into, duplicate]})
    merged(api, duplicate, into)
    path = f"/households/{home.json()['id']}"
    left = post(api, f"{path}/members/{duplicate}/leaving", {"left_on": "2026"})
    assert left.status_code == 201, left.text
    assert api.get(REGISTRY, path, after=left.headers["Event-Position"]).json()["members"] == []


def test_of_two_memberships_in_a_household_the_one_that_is_named_is_corrected_or_taken_back(api: Api) -> None:
    """The other says truly since when the human lives there; of an id that never did, the one that does is meant."""
    into, duplicate, third = (person(api) for _ in range(3))
    home = post(api, "/households", {"village": VILLAGE, "members": [into, duplicate], "surveyed_on": "2024-05-06"})
    for other in (duplicate, third):
        merged(api, other, into)
    path, tag = f"/households/{home.json()['id']}", home.headers["ETag"]

    def joined_after(answer: httpx.Response) -> list[tuple[str, str]]:
        assert answer.status_code == 200, answer.text
        items = api.items(REGISTRY, f"{path}/members", after=answer.headers["Event-Position"])
        return sorted((one["person_id"], one["joined_on"]) for one in items)

    corrected = edit(api, "PATCH", f"{path}/members/{duplicate}", {"since": "2023"}, tag)
    assert joined_after(corrected) == [(into, "2023"), (into, "2024-05-06")]
    gone = edit(api, "DELETE", f"{path}/members/{duplicate}", tag=corrected.headers["ETag"])
    assert joined_after(gone) == [(into, "2024-05-06")]
    of_no_member = edit(api, "PATCH", f"{path}/members/{third}", {"since": "2022"}, gone.headers["ETag"])
    assert joined_after(of_no_member) == [(into, "2022")]


def test_what_is_on_file_of_a_duplicate_is_on_file_of_who_stands_for_both(api: Api, guardian: Api) -> None:
    """Documents, what forbids an erasure, what was verified, where they serve: read and changed by either id."""
    into, duplicate = person(api), person(api)
    paper = {"kind": "other", "number": "17"}
    document = post(api, f"/persons/{duplicate}/documents", paper).json()["id"]
    verified = {"verified_on": "2026-01-01", "outcomes": {"name": "matched"}}
    asked = api.request("POST", REGISTRY, f"/persons/{duplicate}/verifications", body=verified, if_match='"1"')
    assert asked.status_code == 201, asked.text
    service = {"person_id": duplicate, "role": "officer", "area": VILLAGE, "on": "2024"}
    post(api, "/appointments", service).raise_for_status()
    hold = post(guardian, f"/persons/{duplicate}/holds", {"reason": "statistics"}).json()["id"]
    at = merged(api, duplicate, into).headers["Event-Position"]

    for who in (into, duplicate):
        assert [one["id"] for one in api.items(REGISTRY, f"/persons/{who}/documents", after=at)] == [document]
        assert [one["id"] for one in guardian.items(REGISTRY, f"/persons/{who}/holds", after=at)] == [hold]
        verdicts = api.get(REGISTRY, f"/persons/{who}/verifications", after=at).json()
        assert (verdicts["id"], [one["outdated"] for one in verdicts["verdicts"]]) == (into, [True])
        served = api.items(REGISTRY, f"/appointments?person_id={who}", after=at)
        assert [one["person_id"] for one in served] == [into]
    known = post(api, f"/persons/{into}/documents", paper)
    assert (known.status_code, known.json()["id"]) == (200, document)
    assert slug(post(api, "/appointments", service | {"person_id": into})) == (409, "appointment-stands")
    refused = api.request("POST", REGISTRY, f"/persons/{duplicate}/verifications", body=verified, if_match='"2"')
    assert slug(refused) == (409, "person-merged")

    held = post(guardian, f"/persons/{into}/erasure")
    assert (slug(held), held.json()["held_by"]) == ((409, "erasure-held"), ["statistics"])
    assert guardian.request("DELETE", REGISTRY, f"/persons/{into}/holds/{hold}").status_code == 200
    gone = post(api, f"/persons/{into}/erasure")
    assert gone.status_code == 200, gone.text
    for who in (into, duplicate):
        assert api.items(REGISTRY, f"/persons/{who}/documents", after=gone.headers["Event-Position"]) == []


def test_a_search_lists_humans_and_finds_them_by_the_name_of_a_duplicate(api: Api, village: Api) -> None:
    number = fresh()
    into = person(api, name="Rukmini Handayaningtyas", birth_date="1988-04-05", nik=fresh())
    duplicate = person(api, name="Rukminah Hondoyoningtyas", birth_date="1988-04-05", nik=number, village=NEXT)
    told = {"name": "Rukminah Hondoyoningtyas", "birth_date": "1988-04-05"}
    two = {"name": "Rukminah Hondoyoningtyas", "nik": number}
    at = merged(api, duplicate, into).headers["Event-Position"]
    found = post(village, "/persons/search", {"name": "Rukminah Hondoyoningtyas"}, after=at).json()["items"]
    assert found[0]["name"] == "Rukminah Hondoyoningtyas"
    assert {who["id"] for one in found for who in one["persons"]} == {into}
    assert all(who["village"] == VILLAGE for one in found for who in one["persons"])
    by_nik = post(village, "/persons/by-nik", {"nik": number})
    assert by_nik.json()["id"] == into
    for asked in (told, two):
        assert post(api, "/persons/match", asked).json()["match"]["id"] == into


# ── Candidates ───────────────────────────────────────────────────────────────────────────────────────────────────────

PLACE, BESIDE = "33.07.12.2001", "33.07.12.2002"


def pairs(api: Api) -> dict[frozenset[str], list[str]]:
    found = api.items(REGISTRY, "/duplicates?region=33.07.12")
    return {frozenset(one["id"] for one in pair["persons"]): pair["marks"] for pair in found}


def test_candidates_are_listed_until_they_are_told_apart_or_merged(api: Api, house: House) -> None:
    number = fresh("330712")
    slip = number[:-1] + str((int(number[-1]) + 1) % 10)
    siti = person(api, name="Siti Aminah", birth_date="1991-02-03", village=PLACE)
    near = person(api, name="Siti Aminnah", birth_date="1991-02-03", village=BESIDE)
    one, other = (person(api, nik=written, village=PLACE) for written in (number, slip))
    dewi, same = (person(api, name=f"Dewi {name}", village=PLACE) for name in ("Lestari", "Sartika"))
    at = post(api, "/households", {"village": PLACE, "members": [dewi, same]}).headers["Event-Position"]
    api.get(REGISTRY, "/figures", after=at).raise_for_status()
    assert pairs(api) == {
        frozenset((siti, near)): ["birth-date-and-name"],
        frozenset((one, other)): ["nik-off-by-one"],
        frozenset((dewi, same)): ["household-and-first-name"],
    }
    page = api.get(REGISTRY, "/duplicates?region=33.07.12&limit=2").json()
    rest = api.get(REGISTRY, f"/duplicates?region=33.07.12&limit=2&cursor={page['next']}").json()
    assert (len(page["items"]), len(rest["items"]), rest["next"]) == (2, 1, None)
    assert slug(api.get(REGISTRY, "/duplicates?cursor=x")) == (400, "cursor-malformed")
    names = {one["name"] for pair in page["items"] + rest["items"] for one in pair["persons"]}
    assert {"Siti Aminah", "Siti Aminnah"} <= names
    # Listed only where both lie in the caller's area.
    with Api(house, "village-officer", PLACE, subject="officer") as officer:
        assert set(pairs(officer)) == {frozenset((one, other)), frozenset((dewi, same))}

    apart = post(api, f"/persons/{dewi}/namesakes", {"other_id": same})
    assert apart.status_code == 201
    assert post(api, f"/persons/{same}/namesakes", {"other_id": dewi}).status_code == 200
    at = merged(api, near, siti).headers["Event-Position"]
    api.get(REGISTRY, "/figures", after=at).raise_for_status()
    assert set(pairs(api)) == {frozenset((one, other))}
    # Who finds out better merges them all the same.
    merged(api, same, dewi)


def test_only_two_known_persons_are_told_apart(api: Api) -> None:
    one, erased = person(api), person(api)
    assert post(api, f"/persons/{erased}/erasure").status_code == 200
    nobody = "00000000-0000-4000-8000-000000000000"
    for who, other, expected in (
        (one, one, (422, "into-oneself")),
        (nobody, one, (404, "not-found")),
        (one, nobody, (404, "person-unknown")),
        (one, erased, (410, "person-erased")),
    ):
        assert slug(post(api, f"/persons/{who}/namesakes", {"other_id": other})) == expected
