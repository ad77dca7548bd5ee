"""Documents, verdicts and what forbids an erasure, over HTTP."""

import uuid
from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from deploy.house import House
from tests.houses import Api
from tests.registry.api.calls import REGISTRY, codes, fresh, post, registered, slug


@pytest.fixture
def officer(house: House) -> Iterator[Api]:
    with Api(house, "data-protection-officer", subject="officer") as api:
        yield api


PASSPORT = {
    "kind": "passport",
    "number": "C1234567",
    "issuer": "Kantor Imigrasi Wonosobo",
    "valid_from": "2024-02-01",
    "valid_until": "2034-01-31",
}


def recorded(api: Api, person: str, **cells: Any) -> httpx.Response:
    answer = post(api, f"/persons/{person}/documents", PASSPORT | cells)
    assert answer.status_code == 201, answer.text
    return answer


def on_file(api: Api, person: str, answer: httpx.Response) -> list[dict[str, Any]]:
    """The documents that a person has after *answer*."""
    listed = api.get(REGISTRY, f"/persons/{person}/documents", after=answer.headers["Event-Position"])
    return list(listed.json()["items"])


class TestDocuments:
    def test_a_document_is_read_back_as_recorded(self, api: Api) -> None:
        person = registered(api).json()["id"]
        made = recorded(api, person)
        assert made.json()["warnings"] == []
        assert on_file(api, person, made) == [{"id": made.json()["id"], **PASSPORT, "withdrawn_on": None}]
        one = api.get(REGISTRY, f"/persons/{person}/documents/{made.json()['id']}")
        assert (one.json(), one.headers["ETag"]) == (on_file(api, person, made)[0], made.headers["ETag"])

    def test_said_again_it_is_the_known_one_of_this_person_alone(self, api: Api) -> None:
        one, other = (registered(api).json()["id"] for _ in range(2))
        made = recorded(api, one)
        again = post(api, f"/persons/{one}/documents", PASSPORT | {"number": " c 1234567"})
        assert (again.status_code, again.json()["id"]) == (200, made.json()["id"])
        assert recorded(api, other).json()["id"] != made.json()["id"]

    def test_what_else_is_said_of_the_known_one_is_refused_and_not_lost(self, api: Api) -> None:
        person = registered(api).json()["id"]
        made = recorded(api, person)
        path = f"/persons/{person}/documents"
        for cells in ({"issuer": "Imigrasi"}, {"valid_from": "2024-02-02"}, {"valid_until": "2039-01-31"}):
            assert slug(post(api, path, PASSPORT | cells)) == (409, "document-recorded-already")
        less = post(api, path, {"kind": "passport", "number": "C1234567"})
        assert (less.status_code, less.json()["id"]) == (200, made.json()["id"])

    def test_no_document_is_edited_into_another_of_its_person(self, api: Api) -> None:
        """Under whichever id of that person; a check says so too. The same number spaced otherwise is no other."""
        person, duplicate = (registered(api, nik=None).json()["id"] for _ in range(2))
        recorded(api, person, number="C1234568")
        made = recorded(api, person)
        elsewhere = recorded(api, duplicate, number="C1234569")
        merged = post(api, f"/persons/{duplicate}/merge", {"into": person})
        assert merged.status_code == 201, merged.text
        for document, number in ((made, "c 1234568"), (made, "C1234569"), (elsewhere, "C1234567")):
            path, tag = f"/persons/{person}/documents/{document.json()['id']}", document.headers["ETag"]
            for check in (True, False):
                taken = api.request("PATCH", REGISTRY, path, body={"number": number}, if_match=tag, check=check)
                assert slug(taken) == (409, "document-recorded-already")
        path = f"/persons/{person}/documents/{made.json()['id']}"
        spaced = api.request("PATCH", REGISTRY, path, body={"number": "C 1234567"}, if_match=made.headers["ETag"])
        assert spaced.status_code == 200, spaced.text

    def test_an_unusual_number_is_warned_of_and_recorded(self, api: Api) -> None:
        person = registered(api).json()["id"]
        checked = post(api, f"/persons/{person}/documents", PASSPORT | {"number": "12"}, check=True)
        assert checked.json() == {"id": None, "warnings": ["number-unusual"]}
        assert recorded(api, person, number="12").json()["warnings"] == ["number-unusual"]

    @pytest.mark.parametrize(
        ("cells", "expected"),
        [
            ({"kind": "ktp"}, "kind-of-document-unknown"),
            ({"number": " "}, "number-of-document-missing"),
            ({"valid_from": "2024"}, "valid-from-invalid"),
            ({"valid_until": "x"}, "valid-until-invalid"),
            ({"valid_until": "2024-01-31"}, "valid-until-before-valid-from"),
        ],
    )
    def test_each_wrong_cell_has_its_code(self, api: Api, cells: dict[str, Any], expected: str) -> None:
        person = registered(api).json()["id"]
        answer = post(api, f"/persons/{person}/documents", PASSPORT | cells)
        assert (slug(answer), codes(answer)) == ((422, expected), [expected])

    def test_it_is_corrected_withdrawn_and_retracted(self, api: Api) -> None:
        person = registered(api).json()["id"]
        made = recorded(api, person)
        path = f"/persons/{person}/documents/{made.json()['id']}"
        tag = made.headers["ETag"]
        assert slug(api.request("PATCH", REGISTRY, path, body={"number": "C1"})) == (428, "if-match-required")
        wrong = api.request("PATCH", REGISTRY, path, body={"number": None}, if_match=tag)
        assert slug(wrong) == (422, "number-of-document-missing")
        edited = api.request("PATCH", REGISTRY, path, body={"number": "C1234568", "issuer": None}, if_match=tag)
        assert edited.status_code == 200, edited.text
        (shown,) = on_file(api, person, edited)
        assert shown == {
            "id": made.json()["id"],
            **PASSPORT,
            "number": "C1234568",
            "issuer": None,
            "withdrawn_on": None,
        }
        freed = recorded(api, person)  # the number that was corrected away is another document's now
        assert freed.json()["id"] != made.json()["id"]

        for day in ("x", "2999-01-01"):
            assert slug(post(api, f"{path}/withdrawal", {"withdrawn_on": day})) == (422, "withdrawn-on-invalid")
        withdrawn = post(api, f"{path}/withdrawal", {"withdrawn_on": "2026-11-01"})
        assert withdrawn.status_code == 201
        assert post(api, f"{path}/withdrawal", {"withdrawn_on": "2026-11-01"}).status_code == 200
        other = post(api, f"{path}/withdrawal", {"withdrawn_on": "2026-11-02"})
        assert slug(other) == (409, "document-already-withdrawn")
        back = api.request("DELETE", REGISTRY, f"{path}/withdrawal", if_match=withdrawn.headers["ETag"])
        assert {one["withdrawn_on"] for one in on_file(api, person, back)} == {None}
        gone = api.request("DELETE", REGISTRY, path, if_match=back.headers["ETag"])
        assert [one["id"] for one in on_file(api, person, gone)] == [freed.json()["id"]]
        assert slug(api.get(REGISTRY, path)) == (404, "not-found")
        assert slug(post(api, f"{path}/withdrawal", {"withdrawn_on": "2026-11-01"})) == (404, "not-found")

    def test_a_document_is_found_with_its_own_person_alone(self, api: Api) -> None:
        one, other = (registered(api).json()["id"] for _ in range(2))
        made = recorded(api, one)
        path = f"/persons/{other}/documents/{made.json()['id']}"
        assert slug(api.get(REGISTRY, path, after=made.headers["Event-Position"])) == (404, "not-found")
        edit = api.request("PATCH", REGISTRY, path, body={"number": "1"}, if_match=made.headers["ETag"])
        assert slug(edit) == (404, "not-found")


class TestVerification:
    def test_a_verdict_holds_until_its_field_is_corrected(self, api: Api) -> None:
        made = registered(api, birth_date="2000-01-01")
        path = f"/persons/{made.json()['id']}"
        outcomes = {"nik": "matched", "name": "differed", "birth_date": "matched"}
        said = post(api, f"{path}/verifications", {"verified_on": "2026-11-02", "outcomes": outcomes}, if_match='"1"')
        assert (said.status_code, said.headers["ETag"]) == (201, '"1"')
        edited = api.request("PATCH", REGISTRY, path, body={"name": "Siti Aminah"}, if_match='"1"')
        shown = api.get(REGISTRY, f"{path}/verifications", after=edited.headers["Event-Position"]).json()["verdicts"]
        assert shown == [
            {"field": field, "outcome": outcomes[field], "verified_on": "2026-11-02", "outdated": field == "name"}
            for field in ("nik", "name", "birth_date")
        ]

    def test_a_first_nik_may_be_given_and_verified_later(self, api: Api) -> None:
        made = registered(api, nik=None)
        path = f"/persons/{made.json()['id']}"
        body = {"verified_on": "2026-11-02", "outcomes": {"nik": "matched"}}
        assert slug(post(api, f"{path}/verifications", body, if_match='"1"')) == (422, "outcomes-of-nothing")
        given = api.request("PATCH", REGISTRY, path, body={"nik": fresh()}, if_match='"1"')
        assert slug(post(api, f"{path}/verifications", body, if_match='"1"')) == (412, "version-mismatch")
        said = post(api, f"{path}/verifications", body, if_match=given.headers["ETag"])
        assert said.status_code == 201
        assert post(api, f"{path}/verifications", body, if_match=given.headers["ETag"]).status_code == 200
        shown = api.get(REGISTRY, f"{path}/verifications", after=said.headers["Event-Position"]).json()["verdicts"]
        assert [(one["field"], one["outdated"]) for one in shown] == [("nik", False)]

    def test_an_answer_that_comes_late_is_about_the_version_that_was_sent(self, api: Api) -> None:
        path = f"/persons/{registered(api).json()['id']}"
        edited = api.request("PATCH", REGISTRY, path, body={"name": "Siti Aminah"}, if_match='"1"')
        body = {"verified_on": "2026-11-02", "outcomes": {"nik": "matched", "name": "differed"}, "of_version": 1}
        assert slug(post(api, f"{path}/verifications", body, if_match='"1"')) == (412, "version-mismatch")
        said = post(api, f"{path}/verifications", body, if_match=edited.headers["ETag"])
        assert (said.status_code, said.headers["ETag"]) == (201, '"2"')
        shown = api.get(REGISTRY, f"{path}/verifications", after=said.headers["Event-Position"]).json()["verdicts"]
        assert [(one["field"], one["outdated"]) for one in shown] == [("nik", False), ("name", True)]
        for version in (0, 3):
            unknown = post(api, f"{path}/verifications", body | {"of_version": version}, if_match='"2"')
            assert slug(unknown) == (422, "of-version-unknown")

    def test_what_is_wrong_with_a_verification_is_told(self, api: Api) -> None:
        path = f"/persons/{registered(api).json()['id']}/verifications"
        body = {"verified_on": "2026-11-02", "outcomes": {"nik": "matched"}}
        assert slug(post(api, path, body)) == (428, "if-match-required")
        late = post(api, path, body | {"verified_on": "2999-01-01"}, if_match='"1"')
        assert slug(late) == (422, "verified-on-invalid")
        assert slug(post(api, path, body | {"outcomes": {}}, if_match='"1"')) == (422, "outcomes-missing")
        assert slug(post(api, path, body | {"outcomes": {"kk": "matched"}}, if_match='"1"')) == (422, "malformed")


class TestHolds:
    def test_who_is_held_is_not_erased_until_every_hold_is_lifted(self, api: Api, officer: Api) -> None:
        person = registered(api).json()["id"]
        path = f"/persons/{person}/holds"
        holds = [
            post(officer, path, {"reason": reason, "until": until})
            for reason, until in (("legal_dispute", None), ("law_enforcement", "2999-01-01"))
        ]
        assert [hold.status_code for hold in holds] == [201, 201]
        at = ""
        for reason in ("law_enforcement", "legal_dispute"):
            refused, told = (post(caller, f"/persons/{person}/erasure") for caller in (api, officer))
            assert slug(refused) == slug(told) == (409, "erasure-held")
            assert "held_by" not in refused.json()  # who may not see the holds does not learn why either
            assert reason in told.json()["held_by"]
            lifted = officer.request("DELETE", REGISTRY, f"{path}/{holds.pop().json()['id']}")
            assert lifted.status_code == 200, lifted.text
            at = lifted.headers["Event-Position"]
        shown = officer.get(REGISTRY, path, after=at).json()["items"]
        assert {(one["reason"], one["placed_by"][0], one["lifted_by"][0]) for one in shown} == {
            (reason, "data-protection-officer", "data-protection-officer")
            for reason in ("law_enforcement", "legal_dispute")
        }
        assert post(api, f"/persons/{person}/erasure").status_code == 200
        assert slug(post(officer, path, {"reason": "statistics"})) == (410, "person-erased")
        assert officer.get(REGISTRY, path).json()["items"] == []

    def test_what_is_wrong_with_a_hold_is_told(self, api: Api, officer: Api) -> None:
        path = f"/persons/{registered(api).json()['id']}/holds"
        assert slug(post(officer, path, {"reason": "convenience"})) == (422, "reason-no-ground")
        for until in ("x", "2020-01-01"):
            wrong = post(officer, path, {"reason": "statistics", "until": until})
            assert slug(wrong) == (422, "until-of-hold-invalid")
        assert post(officer, path, {"reason": "statistics"}, check=True).json()["id"] is None
        assert slug(officer.request("DELETE", REGISTRY, f"{path}/{uuid.uuid4()}")) == (404, "not-found")
        assert slug(post(api, path, {"reason": "statistics"})) == (403, "scope-missing")
