"""Villages of programmes."""

from collections import Counter
from itertools import chain, repeat
from typing import Any

import pytest
from lokal import wilayah

from deploy.house import House
from tests.houses import Api
from tests.registry.api.calls import NEXT, REGISTRY, codes, post, slug

DESIGNATED = "33.07.02.2003"
PROPOSED = "33.07.02.2004"
COHORTS = {2016: 2, 2017: 120, 2018: 130, 2019: 150}


def test_a_village_is_designated_once(office: Api) -> None:
    body = {"village": DESIGNATED.replace(".", ""), "year": 2019, "decree": "KEP-59/2017"}
    first = post(office, "/villages", body)
    assert (first.status_code, first.json()["id"]) == (201, DESIGNATED)
    assert post(office, "/villages", body).status_code == 200
    assert slug(post(office, "/villages", body | {"year": 2020})) == (409, "village-already-designated")
    one = office.get(REGISTRY, f"/villages/{DESIGNATED}", after=first.headers["Event-Position"])
    shown = {"village": DESIGNATED, "version": 1, "year": 2019, "decree": "KEP-59/2017"}
    not_yet = {"proposed_on": None, "active_since": None, "ended_on": None}
    assert one.json() == shown | {"programme": "DESMIGRATIF", "stage": "designated"} | not_yet
    assert one.headers["ETag"] == '"1"'
    assert office.get(REGISTRY, f"/villages/{DESIGNATED.replace('.', '')}").json() == one.json()
    assert one.json() in office.items(REGISTRY, "/villages?region=33.07.02")
    assert slug(office.get(REGISTRY, f"/villages/{NEXT}")) == (404, "not-found")
    assert slug(office.get(REGISTRY, "/villages/99.99.99.9999")) == (404, "not-found")


@pytest.mark.parametrize(
    ("changed", "code"),
    [
        ({"village": "99.99.99.9999"}, "village-unknown"),
        ({"year": 1900}, "year-invalid"),
        ({"year": 10**30}, "year-invalid"),
        ({"decree": " "}, "decree-missing"),
        ({"programme": "ANOTHER"}, "programme-unknown"),
    ],
)
def test_a_designation_is_held_against_its_rules(office: Api, changed: dict[str, Any], code: str) -> None:
    answer = post(office, "/villages", {"village": NEXT, "year": 2019, "decree": "KEP-59/2017"} | changed)
    assert slug(answer) == (422, code)
    assert codes(answer) == [code]


def test_a_village_passes_through_two_programmes(api: Api, office: Api) -> None:
    """As Anjani did: each with a history, an ETag and a last step of its own."""
    body = {"village": PROPOSED, "on": "2018-03"}
    assert post(api, "/villages/proposals", body).status_code == 201
    assert post(api, "/villages/proposals", body).status_code == 200
    assert slug(post(api, "/villages/proposals", body | {"on": "2017"})) == (409, "village-already-proposed")
    path = f"/villages/{PROPOSED}"
    assert slug(post(api, f"{path}/activation", {"on": "2019"})) == (409, "village-not-designated")
    year = {"village": PROPOSED, "year": 2019, "decree": "KEP-59/2017"}
    assert slug(post(office, "/villages", year | {"year": 2017})) == (409, "step-too-early")
    assert post(office, "/villages", year).status_code == 201
    assert slug(post(api, "/villages/proposals", body)) == (409, "village-already-designated")
    assert post(office, "/villages", year | {"year": 2025, "programme": "DESA_MIGRAN_EMAS"}).status_code == 201
    assert post(api, f"{path}/activation", {"on": "2019-09-11"}).status_code == 201
    assert slug(post(api, f"{path}/activation", {"on": "2020"})) == (409, "village-already-active")
    ended = post(office, f"{path}/end", {"on": "2022"})
    assert (ended.status_code, ended.json()["version"]) == (201, 4)
    assert slug(post(office, f"{path}/end", {"on": "2023"})) == (409, "programme-ended")
    at = ended.headers["Event-Position"]
    stages = {row["programme"]: row["stage"] for row in office.items(REGISTRY, "/villages?region=33.07.02", after=at)}
    assert stages["DESA_MIGRAN_EMAS"] == "designated"
    assert office.get(REGISTRY, f"{path}?programme=DESA_MIGRAN_EMAS").json()["year"] == 2025
    assert office.get(REGISTRY, path).json()["stage"] == "ended"
    back = office.request("DELETE", REGISTRY, f"{path}/step", if_match='"3"')
    assert slug(back) == (412, "version-mismatch")
    back = office.request("DELETE", REGISTRY, f"{path}/step", if_match='"4"')
    shown = office.get(REGISTRY, path, after=back.headers["Event-Position"]).json()
    assert (shown["stage"], shown["ended_on"], shown["version"]) == ("active", None, 5)


def test_a_step_needs_a_village_that_is_known_there(api: Api) -> None:
    assert slug(post(api, f"/villages/{NEXT}/activation", {"on": "2019"})) == (404, "not-found")
    assert slug(post(api, "/villages/99.99.99.9999/activation", {"on": "2019"})) == (404, "not-found")
    answer = post(api, "/villages/proposals", {"village": NEXT, "on": "2030", "programme": "ANOTHER"})
    assert codes(answer) == ["programme-unknown", "on-invalid"]
    for path in ("/villages", "/villages/by-year", f"/villages/{NEXT}"):
        assert slug(api.get(REGISTRY, f"{path}?programme=%00")) == (422, "malformed")


def test_402_villages_are_loaded_and_counted_by_year(house: House, office: Api) -> None:
    """2, 120, 130 and 150, as Kemnaker counts the years 2016 to 2019; within the area of who asks."""
    codes_ = [region.code for region in villages_of("31.74", "36.71", "32.73", "35.78")][: sum(COHORTS.values())]
    years = chain.from_iterable(repeat(year, many) for year, many in COHORTS.items())
    items = [
        {"key": f"designation-{code}", "body": {"village": code, "year": year, "decree": f"SK-{year}"}}
        for code, year in zip(codes_, years, strict=True)
    ]
    before, reported = counted(office, "/villages/by-year"), by_report(office)
    loaded = office.post(REGISTRY, "/villages/bulk", {"items": items})
    assert Counter(one["status"] for one in loaded.json()["results"]) == {201: 402}
    after = loaded.headers["Event-Position"]
    now = counted(office, "/villages/by-year?programme=DESMIGRATIF", after)
    assert {year: now[year] - before[year] for year in COHORTS} == COHORTS
    assert by_report(office) - reported == COHORTS
    regencies = {code[:5] for code in codes_}
    assert len(regencies) > 1
    of_each = Counter[int]()
    for regency in regencies:
        with Api(house, "regency-coordinator", regency, subject="counts") as coordinator:
            of_each += counted(coordinator, "/villages/by-year", after)
    assert of_each == COHORTS


def villages_of(*regencies: str) -> list[wilayah.Wilayah]:
    return [
        village
        for regency in regencies
        for district in wilayah.list_wilayah(regency)
        for village in wilayah.list_wilayah(district.code)
    ]


def by_report(api: Api) -> Counter[int]:
    rows = api.get(REGISTRY, "/reports/villages?by=year").raise_for_status().json()["rows"]
    return Counter({int(row["key"]): row["figures"]["villages"] for row in rows})


def counted(api: Api, path: str, after: str | None = None) -> Counter[int]:
    rows = api.items(REGISTRY, path, after=after)
    return Counter({row["year"]: row["villages"] for row in rows if row["programme"] == "DESMIGRATIF"})
