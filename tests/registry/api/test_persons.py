"""Persons and workers: registered, corrected, dead, listed, erased."""

import uuid
from typing import Any

import pytest

from deploy import SERVICES
from tests.houses import Api
from tests.registry.api.calls import NEXT, REGISTRY, VILLAGE, codes, fresh, position, post, registered, shown, slug


def test_a_person_is_read_back_as_registered(api: Api) -> None:
    number = fresh()
    answer = registered(
        api, nik=f"'{number[:4]} {number[4:10]}.{number[10:]}", name="  SITI   contoh ", birth_date="2000-02-29"
    )
    person = shown(api, answer)
    assert person == {
        "id": answer.json()["id"],
        "village": VILLAGE,
        "worker": False,
        "name": "SITI contoh",
        "nik": number,
        "birth_date": "2000-02-29",
        "died_on": None,
        "erased": False,
    }
    assert person in api.items(REGISTRY, f"/persons?region={VILLAGE}")
    assert person not in api.items(REGISTRY, f"/workers?region={VILLAGE}")


def test_a_person_without_nik_is_possible(api: Api) -> None:
    """Left out or null: none is known. An empty cell of a list is a NIK that is wrong."""
    for body in ({"name": "Bima", "village": VILLAGE}, {"nik": None, "name": "Bima", "village": VILLAGE}):
        answer = post(api, "/persons", body)
        assert answer.status_code == 201
        assert shown(api, answer)["nik"] is None
    assert slug(post(api, "/persons", {"nik": "", "name": "Bima", "village": VILLAGE})) == (422, "nik-length")


def test_a_known_nik_is_the_known_person(api: Api, operator: Api) -> None:
    number = fresh()
    first = registered(api, nik=number)
    before = position(operator)
    again = post(api, "/persons", {"nik": number, "name": "SITI  CONTOH", "village": VILLAGE})
    assert (again.status_code, again.json()["id"]) == (200, first.json()["id"])
    other = post(api, "/persons", {"nik": number, "name": "Rini Contoh", "village": VILLAGE})
    assert slug(other) == (409, "nik-belongs-to-another-name")
    assert other.json()["errors"] == [{"column": "nik", "code": "nik-belongs-to-another-name"}]
    assert position(operator) == before


@pytest.mark.parametrize(
    ("cells", "expected"),
    [
        ({"nik": "3,30710E+15"}, ["nik-mangled-by-spreadsheet"]),
        ({"nik": "123"}, ["nik-length"]),
        ({"nik": "9" * 100_000}, ["nik-length"]),
        ({"nik": "٣" * 16}, ["nik-length"]),
        ({"nik": "9907024107909001"}, ["nik-unknown-province"]),
        ({"nik": "3300024107909001"}, ["nik-unknown-district"]),
        ({"nik": "3307023013909001"}, ["nik-impossible-date"]),
        ({"nik": "3307024107900000"}, ["nik-serial-zero"]),
        ({"name": " "}, ["name-missing"]),
        ({"name": "\u200e\u202e"}, ["name-missing"]),
        ({"name": None}, ["name-missing"]),
        ({"village": "33.07"}, ["village-unknown"]),
        ({"village": None}, ["village-unknown"]),
        ({"birth_date": "29/02/2000"}, ["birth-date-invalid"]),
        ({"birth_date": "2999-01-01"}, ["birth-date-invalid"]),
        (
            {"nik": "1", "name": "", "village": "x", "birth_date": "x"},
            ["nik-length", "name-missing", "birth-date-invalid", "village-unknown"],
        ),
        # a warning stands beside a rejection, and does not give the slug
        ({"nik": "3399024107909001", "village": "x"}, ["nik-unknown-district", "village-unknown"]),
    ],
)  # fmt: skip
def test_each_wrong_column_has_its_code(api: Api, operator: Api, cells: dict[str, Any], expected: list[str]) -> None:
    """The same for a person and a worker, checked or sent; and no trace is left."""
    before = position(operator)
    body = {"nik": "3307024107909999", "name": "Siti Contoh", "village": VILLAGE} | cells
    for path in ("/persons", "/workers"):
        for check in (True, False):
            answer = post(api, path, body, check=check)
            assert answer.status_code == 422, answer.text
            errors = answer.json()["errors"]
            assert [error["code"] for error in errors] == expected
            assert answer.json()["slug"] == next(error["code"] for error in errors if not error.get("warning"))
    assert position(operator) == before


def test_a_warning_is_told_and_recorded_all_the_same(api: Api) -> None:
    odd = fresh("330799")
    body = {"nik": odd, "name": "Siti Contoh", "village": VILLAGE}
    assert post(api, "/workers", body, check=True).json() == {"id": None, "warnings": ["nik-unknown-district"]}
    made = post(api, "/workers", body)
    assert (made.status_code, made.json()["warnings"]) == (201, ["nik-unknown-district"])
    other = post(api, "/workers", body | {"name": "Rini"})
    assert slug(other) == (409, "nik-belongs-to-another-name")
    assert codes(other) == ["nik-unknown-district", "nik-belongs-to-another-name"]


def test_a_check_leaves_no_trace(api: Api, operator: Api) -> None:
    """Nothing is appended, no NIK is taken, no key is used up, and no position is told."""
    number, key = fresh(), str(uuid.uuid4())
    body = {"nik": number, "name": "Siti Contoh", "village": VILLAGE}
    before = position(operator)
    for path in ("/persons", "/workers"):
        answer = post(api, path, body, check=True, key=key)
        assert (answer.status_code, answer.json()) == (200, {"id": None, "warnings": []})
        assert "Event-Position" not in answer.headers
    assert position(operator) == before
    made = post(api, "/persons", body, key=key)
    assert made.status_code == 201
    known = post(api, "/workers", body, check=True)
    assert (known.status_code, known.json()["id"]) == (200, made.json()["id"])
    assert not shown(api, made)["worker"]


def test_a_known_person_becomes_a_worker_once(api: Api, operator: Api) -> None:
    person = registered(api)
    first = post(api, "/workers", {"person_id": person.json()["id"]})
    assert (first.status_code, first.json()["version"]) == (200, 2)
    assert shown(api, first)["worker"]
    before = position(operator)
    assert post(api, "/workers", {"person_id": person.json()["id"]}).json() == first.json()
    assert position(operator) == before
    assert slug(post(api, "/workers", {"person_id": str(uuid.uuid4())})) == (404, "not-found")
    both = {"person_id": person.json()["id"], "name": "Siti"}
    assert slug(post(api, "/workers", both)) == (422, "malformed")


def test_an_edit_changes_what_it_names(api: Api) -> None:
    made = registered(api, birth_date="2000-01-01")
    path = f"/persons/{made.json()['id']}"
    body = {"name": "Siti Aminah", "birth_date": None, "village": NEXT}
    edited = api.request("PATCH", REGISTRY, path, body=body, if_match=made.headers["ETag"])
    assert (edited.status_code, edited.json()["version"]) == (200, 4)
    person = shown(api, edited)
    assert (person["name"], person["birth_date"], person["village"]) == ("Siti Aminah", None, NEXT)
    assert person["nik"] is not None
    late = api.request("PATCH", REGISTRY, path, body={"name": "Siti"}, if_match=made.headers["ETag"])
    assert slug(late) == (412, "version-mismatch")
    wrong = api.request("PATCH", REGISTRY, path, body={"name": "", "nik": "1"}, if_match=edited.headers["ETag"])
    assert slug(wrong) == (422, "nik-length")
    assert codes(wrong) == ["nik-length", "name-missing"]
    nobody = api.request("PATCH", REGISTRY, f"/persons/{uuid.uuid4()}", body={"name": "Siti"}, if_match='"1"')
    assert slug(nobody) == (404, "not-found")
    nothing = api.request("PATCH", REGISTRY, path, body={}, if_match=edited.headers["ETag"])
    assert (nothing.status_code, nothing.json()["version"]) == (200, 4)


def test_a_corrected_nik_is_free_for_whose_it_is(api: Api) -> None:
    number = fresh()
    wrong, other = registered(api, nik=number), registered(api)
    path = f"/persons/{other.json()['id']}"
    taken = api.request("PATCH", REGISTRY, path, body={"nik": number}, if_match='"1"')
    assert slug(taken) == (409, "nik-belongs-to-another-name")
    freed = api.request("PATCH", REGISTRY, f"/persons/{wrong.json()['id']}", body={"nik": None}, if_match='"1"')
    assert freed.status_code == 200
    assert api.request("PATCH", REGISTRY, path, body={"nik": number}, if_match='"1"').status_code == 200


def test_a_death_is_reported_corrected_and_withdrawn(api: Api) -> None:
    person = registered(api).json()["id"]
    path = f"/persons/{person}/death"
    for wrong in ("", "x", "2999", "2024-13", "01/01/2024", "9" * 1000):
        assert slug(post(api, path, {"died_on": wrong})) == (422, "died-on-invalid")
    died = post(api, path, {"died_on": "2024-05"})
    assert died.status_code == 201
    assert shown(api, died)["died_on"] == "2024-05"
    assert post(api, path, {"died_on": "2024-05"}).status_code == 200
    assert slug(post(api, path, {"died_on": "2024"})) == (409, "death-already-recorded")
    assert slug(api.request("PATCH", REGISTRY, path, body={"died_on": "2024"})) == (428, "if-match-required")
    tag = died.headers["ETag"]
    edited = api.request("PATCH", REGISTRY, path, body={"died_on": "2024-05-03"}, if_match=tag)
    assert shown(api, edited)["died_on"] == "2024-05-03"
    assert slug(api.request("DELETE", REGISTRY, path, if_match=tag)) == (412, "version-mismatch")
    gone = api.request("DELETE", REGISTRY, path, if_match=edited.headers["ETag"])
    assert shown(api, gone)["died_on"] is None


def test_pages_hold_everybody_once(api: Api) -> None:
    """More than a page, of two villages; the region narrows it."""
    here, next_door = "33.07.02.2004", "33.07.02.2005"
    made = {
        registered(api, "/workers", village=village).json()["id"] for village in (here, next_door) for _ in range(4)
    }
    at = registered(api, village=here).headers["Event-Position"]
    for path, expected in ((f"/workers?region={here}", 4), ("/workers?region=33.07.02", 8)):
        found: list[str] = []
        cursor, pages = "", 0
        while pages == 0 or cursor:
            page = api.get(REGISTRY, f"{path}&limit=3{cursor and '&cursor=' + cursor}", after=at).json()
            assert len(page["items"]) <= 3
            found += [person["id"] for person in page["items"] if person["village"] in (here, next_door)]
            cursor, pages = page["next"] or "", pages + 1
        assert len(found) == len(set(found)) == expected
        assert set(found) <= made
    figures = {row["village"]: row["workers"] for row in api.items(REGISTRY, "/figures?region=33.07.02")}
    assert (figures[here], figures[next_door]) == (4, 4)


def test_an_erased_person_has_no_name_anywhere(api: Api, operator: Api) -> None:
    """Particulars are gone, the NIK is free, and log, bus and views are as valid as before."""
    number, key = fresh(), str(uuid.uuid4())
    body = {"nik": number, "name": "Siti Terhapus", "village": VILLAGE, "birth_date": "1990-01-01"}
    made = post(api, "/workers", body, key=key)
    person, at = made.json()["id"], made.headers["Event-Position"]
    trip = api.post(
        "migration_service",
        "/departures",
        {"worker_id": person, "country": "Taiwan", "decree": "SK-TERHAPUS", "contract_date": "2024-01-01"},
        after=at,
    )
    assert trip.status_code == 201
    paper = {"kind": "other", "number": "TERHAPUS-1", "issuer": "Penerbit Terhapus"}
    assert post(api, f"/persons/{person}/documents", paper).status_code == 201
    verdict = {"verified_on": "2026-11-01", "outcomes": {"nik": "differed"}}
    version = api.get(REGISTRY, f"/persons/{person}", after=at).headers["ETag"]
    assert post(api, f"/persons/{person}/verifications", verdict, if_match=version).status_code == 201
    counted = _counted(api, at)

    erased = post(api, f"/persons/{person}/erasure", after=trip.headers["Event-Position"])
    assert erased.status_code == 200
    at = erased.headers["Event-Position"]
    gone = shown(api, erased)
    assert gone | {"village": None} == {
        "id": person,
        "village": None,
        "worker": gone["worker"],
        "name": None,
        "nik": None,
        "birth_date": None,
        "died_on": None,
        "erased": True,
    }
    for path in ("/persons", "/workers"):
        assert "Siti Terhapus" not in str(api.items(REGISTRY, f"{path}?region={VILLAGE}"))
    assert _counted(api, at) == counted
    on_file = [api.get(REGISTRY, f"/persons/{person}/{what}", after=at) for what in ("documents", "verifications")]
    assert [answer.json() for answer in on_file] == [{"items": [], "next": None}, {"id": person, "verdicts": []}]
    assert slug(post(api, f"/persons/{person}/documents", paper)) == (410, "person-erased")
    seen = api.get("migration_service", f"/trips/{trip.json()['id']}", after=at)
    assert "SK-TERHAPUS" not in seen.text

    # Asked again it is done; sent again it answers as it did; nothing else can be done to who is gone.
    assert post(api, f"/persons/{person}/erasure").status_code == 200
    again = post(api, "/workers", body, key=key)
    assert again.status_code == 201
    assert again.json()["id"] == person
    assert slug(post(api, "/workers", {"person_id": person})) == (410, "person-erased")
    assert slug(post(api, f"/persons/{person}/death", {"died_on": "2024"})) == (410, "person-erased")
    edit = api.request("PATCH", REGISTRY, f"/persons/{person}", body={"name": "Siti"}, if_match=erased.headers["ETag"])
    assert slug(edit) == (410, "person-erased")
    assert slug(post(api, f"/persons/{uuid.uuid4()}/erasure")) == (404, "not-found")

    # Whoever has that NIK next is somebody else.
    new = post(api, "/workers", body | {"name": "Rini Baru"})
    assert new.status_code == 201
    assert new.json()["id"] != person

    for service in SERVICES:
        assert operator.get(service, "/operations/verify").json()["findings"] == [], service
        for view in {c["hearer"] for c in operator.get(service, "/operations/status").json()["checkpoints"]}:
            rebuilt = operator.post(service, f"/operations/views/{view}/rebuild")
            assert rebuilt.status_code == (200 if view != "reactions" else 404), (service, view)
            if rebuilt.status_code == 200:
                assert not rebuilt.json()["differences"], (service, view)


def _counted(api: Api, at: str) -> int:
    """The workers of the village by the figures."""
    (row,) = api.items(REGISTRY, f"/figures?region={VILLAGE}", after=at)
    return int(row["workers"])
