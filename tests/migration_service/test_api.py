"""The migration service as a regency's system meets it: a house, its HTTP API, nothing else."""

from itertools import count
from typing import Any

import httpx
import pytest

from deploy.house import House
from tests.houses import KENANGA, KURIPAN, Api, nik

MIGRATION = "migration_service"
DEPARTURE = {"country": "Hongkong", "decree": "SK-1/BP3MI/2024", "contract_date": "10 Januari 2024"}

_serials = count(7000)


class Worker:
    """A worker newly registered, and how far one has come since."""

    def __init__(self, api: Api, village: str = KURIPAN) -> None:
        self._api = api
        body = {"nik": nik(next(_serials), "330710"), "name": "Siti Contoh", "village": village}
        answer = api.post("registry", "/workers", body)
        assert answer.status_code == 201, answer.text
        self.id = answer.json()["id"]
        self.at = answer.headers["Event-Position"]
        self.tag: str | None = None

    def write(self, method: str, path: str, body: dict[str, Any] | None = None) -> httpx.Response:
        answer = self._api.request(method, MIGRATION, path, body=body, after=self.at, if_match=self.tag)
        if answer.is_success:
            self.at, self.tag = answer.headers["Event-Position"], answer.headers["ETag"]
        return answer

    def departs(self, **changed: Any) -> str:
        answer = self.write("POST", "/departures", DEPARTURE | {"worker_id": self.id} | changed)
        assert answer.status_code == 201, answer.text
        return str(answer.json()["id"])

    def trip(self, trip_id: str) -> dict[str, Any]:
        answer = self._api.get(MIGRATION, f"/trips/{trip_id}", after=self.at)
        assert answer.headers["ETag"] == self.tag
        return dict(answer.json())


@pytest.fixture
def siti(api: Api) -> Worker:
    return Worker(api)


def slug(answer: httpx.Response) -> tuple[int, str]:
    return answer.status_code, answer.json()["slug"]


def test_a_registered_worker_has_a_service_file(api: Api, siti: Worker) -> None:
    answer = api.get(MIGRATION, f"/service-files/{siti.id}", after=siti.at)
    assert answer.json() | {"opened_on": None} == {
        "worker_id": siti.id,
        "village": KURIPAN,
        "opened_on": None,
        "trips": [],
    }


def test_a_departure_is_read_back_as_it_was_meant(siti: Worker) -> None:
    trip_id = siti.departs()
    trip = siti.trip(trip_id)
    assert (trip["country"], trip["decree"], trip["departed_on"], trip["standing"]) == (
        "HK",
        "SK-1/BP3MI/2024",
        "2024-01-10",
        "abroad",
    )
    assert [fact["fact"] for fact in trip["facts"]] == ["Departed"]


def test_the_same_placement_is_recorded_once(siti: Worker) -> None:
    siti.departs()
    again = DEPARTURE | {
        "worker_id": siti.id,
        "country": "HKG",
        "decree": " sk-1/bp3mi/2024 ",
        "contract_date": "2024-01-11",
    }
    assert slug(siti.write("POST", "/departures", again)) == (409, "duplicate-row")
    siti.departs(decree="SK-2")


def test_a_retracted_departure_may_be_recorded_again(siti: Worker) -> None:
    trip_id = siti.departs()
    assert siti.write("DELETE", f"/trips/{trip_id}/departure").status_code == 200
    assert siti.departs() != trip_id


def test_a_corrected_decree_frees_the_former(siti: Worker) -> None:
    trip_id = siti.departs()
    answer = siti.write("PATCH", f"/trips/{trip_id}/departure", {"decree": "SK-9"})
    assert answer.status_code == 200, answer.text
    assert siti.trip(trip_id)["decree"] == "SK-9"
    siti.departs()


def test_a_correction_needs_to_know_what_it_corrects(api: Api, siti: Worker) -> None:
    trip_id = siti.departs()
    path = f"/trips/{trip_id}/departure"
    assert slug(api.request("PATCH", MIGRATION, path, body={"country": "SG"})) == (428, "if-match-required")
    stale = api.request("PATCH", MIGRATION, path, body={"country": "SG"}, if_match='"7"')
    assert slug(stale) == (412, "version-mismatch")


def test_a_way_home_and_back(siti: Worker) -> None:
    trip_id = siti.departs()
    leave = {"trip_id": trip_id, "returned_on": "2025-02", "reason": "leave"}
    assert siti.write("POST", "/returns", leave).status_code == 201
    assert siti.trip(trip_id)["standing"] == "on_leave"
    assert siti.write("POST", "/leave-ends", {"trip_id": trip_id, "ended_on": "2025-03-01"}).status_code == 201
    assert siti.trip(trip_id)["standing"] == "abroad"
    home = {"trip_id": trip_id, "returned_on": "2026-01-10", "reason": "abuse"}
    assert siti.write("POST", "/returns", home).status_code == 201
    assert (siti.trip(trip_id)["standing"], siti.trip(trip_id)["reason"]) == ("for_good", "abuse")
    assert slug(siti.write("POST", "/returns", home)) == (409, "already-returned")
    assert siti.write("PATCH", f"/trips/{trip_id}/return", {"reason": "contract_ended"}).status_code == 200
    assert siti.write("DELETE", f"/trips/{trip_id}/return").status_code == 200
    assert siti.write("PATCH", f"/trips/{trip_id}/leave-end", {"ended_on": "2025-03-02"}).status_code == 200
    assert slug(siti.write("DELETE", f"/trips/{trip_id}/return")) == (409, "leave-has-ended")
    assert siti.write("DELETE", f"/trips/{trip_id}/leave-end").status_code == 200
    assert siti.write("DELETE", f"/trips/{trip_id}/return").status_code == 200
    trip = siti.trip(trip_id)
    assert (trip["standing"], len(trip["facts"]), trip["facts"][-1]["corrects"]) == ("abroad", 9, 2)


def test_cells_are_checked_without_leaving_a_trace(api: Api) -> None:
    fine = api.post(MIGRATION, "/departures", DEPARTURE, check=True)
    assert (fine.status_code, fine.json()) == (200, {"id": None, "departed_on": "2024-01-10", "warnings": []})
    wrong = api.post(MIGRATION, "/departures", {"country": "Wakanda", "contract_date": "kemarin"}, check=True)
    assert wrong.status_code == 422
    assert wrong.json()["errors"] == [
        {"column": "country", "code": "country-unknown"},
        {"column": "contract_date", "code": "contract-date-invalid"},
    ]
    assert slug(api.post(MIGRATION, "/departures", DEPARTURE)) == (422, "worker-id-missing")


def test_a_second_placement_is_told_by_a_check(api: Api, siti: Worker) -> None:
    body = DEPARTURE | {"worker_id": siti.id}
    assert api.post(MIGRATION, "/departures", body, check=True, after=siti.at).status_code == 200
    siti.departs()
    assert slug(api.post(MIGRATION, "/departures", body, check=True)) == (409, "duplicate-row")


def test_a_caller_of_another_area_finds_nothing(house: House, siti: Worker) -> None:
    trip_id = siti.departs()
    with Api(house, role="regency-coordinator", area="32.12") as elsewhere:
        assert elsewhere.get(MIGRATION, f"/trips/{trip_id}", after=siti.at).status_code == 404
        assert elsewhere.get(MIGRATION, f"/service-files/{siti.id}").status_code == 404
        assert elsewhere.items(MIGRATION, f"/trips?worker_id={siti.id}") == []
        home = {"trip_id": trip_id, "returned_on": "2025", "reason": "contract_ended"}
        assert slug(elsewhere.post(MIGRATION, "/returns", home)) == (404, "not-found")
        other = DEPARTURE | {"worker_id": siti.id, "decree": "SK-3"}
        assert slug(elsewhere.post(MIGRATION, "/departures", other)) == (404, "worker-unknown")
        assert {row["village"][:5] for row in elsewhere.items(MIGRATION, "/figures")} <= {"32.12"}


def test_lists_are_paged_and_filtered(api: Api) -> None:
    workers = [Worker(api, KENANGA) for _ in range(3)]
    trips = [worker.departs() for worker in workers]
    first = api.get(MIGRATION, f"/trips?region={KENANGA}&limit=1", after=workers[-1].at).json()
    assert (len(first["items"]), first["next"] is not None) == (1, True)
    assert set(trips) <= {row["id"] for row in api.items(MIGRATION, "/trips?region=32.12")}
    assert {row["id"] for row in api.items(MIGRATION, f"/trips?worker_id={workers[0].id}")} == {trips[0]}
    (figures,) = api.items(MIGRATION, f"/figures?region={KENANGA}")
    assert figures["abroad"] >= 3
