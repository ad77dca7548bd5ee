"""Reports: what was so on a day, counted."""

import csv
import io
from datetime import date, timedelta
from typing import Any

import httpx

from deploy.house import House
from services.registry.views.reports import REPORTS
from tests.houses import TODAY, Api
from tests.registry.api.calls import REGISTRY, post, registered, slug

HERE, THERE = "33.07.03.2001", "33.07.03.2002"


def report(api: Api, name: str, query: str, after: str | None = None) -> dict[str, Any]:
    return dict(api.get(REGISTRY, f"/reports/{name}?{query}", after=after).raise_for_status().json())


def figures(said: dict[str, Any]) -> dict[str, dict[str, int]]:
    return {row["key"]: row["figures"] for row in said["rows"]}


def test_a_wrong_village_is_corrected_since_the_day_of_the_slip(api: Api) -> None:
    """No day of it shows the wrong one any more; without a day they moved today. A day stands beside a village."""
    wrong, right = "33.07.08.2002", "33.07.08.2003"
    people = [{"name": "Joko Contoh", "relation": "kepala"}]
    made = post(api, "/households", {"village": wrong, "surveyed_on": "2026-01-10", "people": people})
    path = f"/persons/{made.json()['people'][0]}"

    def patch(tag: str, **body: str) -> httpx.Response:
        return api.request("PATCH", REGISTRY, path, body=body, if_match=tag)

    moved = patch('"1"', village=right)
    corrected = patch(moved.headers["ETag"], village=right, since="2026-01")
    assert (corrected.status_code, corrected.json()["version"]) == (200, 3)
    at = corrected.headers["Event-Position"]
    for day in ("2026-01-10", "2026-02-01", TODAY):
        told = figures(report(api, "persons", f"region=33.07.08&by=village&as_of={day}", at))
        assert told == {right: {"persons": 1, "workers": 0, "died": 0}}
    for cells in ({"since": "2026-01"}, {"village": right, "since": "1899"}, {"village": right, "since": "2999-01-01"}):
        assert slug(patch('"3"', **cells)) == (422, "since-invalid")


def test_households_and_persons_are_counted_as_of_any_day(api: Api) -> None:
    body = {
        "village": HERE,
        "surveyed_on": "2019-05-04",
        "people": [
            {"name": "Joko Contoh", "relation": "kepala", "worker": True},
            {"name": "Bima Contoh", "relation": "anak"},
        ],
    }
    made = post(api, "/households", body)
    joko, bima = made.json()["people"]
    path = f"/households/{made.json()['id']}"
    post(api, f"{path}/members/{bima}/leaving", {"left_on": "2021"})
    post(api, f"/persons/{joko}/death", {"died_on": "2022-03"})
    widow = registered(api, village=HERE).json()["id"]
    post(api, f"{path}/members", {"person_id": widow, "since": "2021-05-01"}).raise_for_status()
    moved = post(api, f"{path}/move", {"village": THERE, "since": "2023-06-01", "with_members": False})
    moved.raise_for_status()
    at = post(api, f"/persons/{widow}/death", {"died_on": "2024"}).headers["Event-Position"]

    def of(day: str, name: str = "households") -> dict[str, dict[str, int]]:
        return figures(report(api, name, f"region=33.07.03&by=village&as_of={day}", at))

    assert of("2019-05-03") == {}
    assert of("2019-05-04") == {HERE: {"households": 1, "members": 2}}
    assert of("2021-01-01") == {HERE: {"households": 1, "members": 1}}
    assert of("2022-02-28") == {HERE: {"households": 1, "members": 2}}
    assert of("2022-03-01") == {HERE: {"households": 1, "members": 1}}  # the dead live nowhere
    assert of("2023-06-01") == {THERE: {"households": 1, "members": 1}}
    assert of("2024-01-01") == {}
    assert of("2022-02-28", "persons") == {HERE: {"persons": 2, "workers": 1, "died": 0}}
    assert of("2022-03-01", "persons") == {HERE: {"persons": 1, "workers": 0, "died": 1}}
    by_year = report(api, "households", "region=33.07.03&as_of=2020-01-01")
    assert (by_year["by"], figures(by_year)) == ("year", {"2019": {"households": 1, "members": 2}})
    assert figures(report(api, "households", "region=33.07.03&as_of=2020-01-01&begins=2019-06-01")) == {}
    assert all(by_year[named] for named in ("definition", "definition_id", "as_of", "known_at"))


def test_a_report_names_the_region_that_it_counted(house: House) -> None:
    """The narrower of what was asked for and what the caller may see; never a sum of nothing under another's name."""
    with Api(house, "regency-coordinator", "32.12", subject="indramayu-reports") as coordinator:
        for asked, told in (("", "32.12"), ("region=32", "32.12"), ("region=32.12.16", "32.12.16")):
            assert report(coordinator, "persons", asked)["region"] == told
        for beside in ("33.07.03", "32.13", "33"):
            answer = coordinator.get(REGISTRY, f"/reports/households?region={beside}")
            assert slug(answer) == (403, "outside-area")


def test_villages_are_counted_by_programme_year(api: Api, office: Api) -> None:
    at = ""
    for code, year in (("33.07.04.2001", 2018), ("33.07.04.2002", 2018), ("33.07.04.2003", 2019)):
        made = post(office, "/villages", {"village": code, "year": year, "decree": "59/2017"})
        assert made.status_code == 201, made.text
        at = made.headers["Event-Position"]
    said = report(api, "villages", "region=33.07.04", at)
    none = {"villages": 0, "DESMIGRATIF": 0, "DESA_MIGRAN_EMAS": 0}
    assert figures(said) == {
        "2018": none | {"villages": 2, "DESMIGRATIF": 2},
        "2019": none | {"villages": 1, "DESMIGRATIF": 1},
    }
    assert said["total"] == none | {"villages": 3, "DESMIGRATIF": 3}
    assert report(api, "villages", "region=33.07.04&as_of=2018-12-31", at)["total"]["villages"] == 2
    by = report(api, "villages", "region=33.07.04&by=district", at)["rows"]
    assert [(row["key"], bool(row["name"])) for row in by] == [("33.07.04", True)]


def test_villages_are_counted_as_they_stand_in_each_programme(api: Api, office: Api) -> None:
    """One in two programmes is one village; a designation taken back counts no more: as /villages/by-year has it."""
    in_both, taken_back = "33.07.06.2001", "33.07.06.2002"
    emas = {"year": 2025, "decree": "KEP-1/2025", "programme": "DESA_MIGRAN_EMAS"}
    for body in (
        {"village": in_both, "year": 2019, "decree": "59/2017"},
        {"village": in_both} | emas,
        {"village": taken_back, "year": 2019, "decree": "59/2017"},
    ):
        assert post(office, "/villages", body).status_code == 201
    back = office.request("DELETE", REGISTRY, f"/villages/{taken_back}/step", if_match='"1"')
    at = back.headers["Event-Position"]
    said = report(api, "villages", "region=33.07.06", at)
    by_year = api.items(REGISTRY, "/villages/by-year?region=33.07.06", after=at)
    assert {(row["programme"], str(row["year"])): row["villages"] for row in by_year} == {
        (programme, year): number
        for year, counts in figures(said).items()
        for programme, number in counts.items()
        if programme != "villages" and number
    }
    assert said["total"] == {"villages": 1, "DESMIGRATIF": 1, "DESA_MIGRAN_EMAS": 1}
    assert figures(said)["2019"] == {"villages": 1, "DESMIGRATIF": 1, "DESA_MIGRAN_EMAS": 0}
    assert figures(report(api, "villages", "region=33.07.06&as_of=2024-12-31", at)).keys() == {"2019"}


def test_a_report_is_written_as_csv_and_says_what_it_means_on_each_line(api: Api) -> None:
    asked = api.get(REGISTRY, "/reports/persons?by=province&format=csv")
    accepted = api.request("GET", REGISTRY, "/reports/persons?by=province", headers={"Accept": "text/csv"})
    for answer in (asked, accepted):
        assert answer.headers["Content-Type"].startswith("text/csv")
        *lines, total = csv.DictReader(io.StringIO(answer.text))
        for line in (*lines, total):
            assert all(line[column] for column in ("key", "persons", "as_of", "known_at", "region", "definition"))
        assert all(line["name"] for line in lines)
        assert (total["key"], int(total["persons"])) == ("total", sum(int(line["persons"]) for line in lines))
    nobody = api.get(REGISTRY, "/reports/persons?region=11.01&as_of=2016-12-01&format=csv").text
    assert [(line["key"], line["persons"], line["region"]) for line in csv.DictReader(io.StringIO(nobody))] == [
        ("total", "0", "11.01")
    ]


def test_a_report_is_asked_for_in_words_that_there_are(api: Api) -> None:
    assert slug(api.get(REGISTRY, "/reports/persons?region=99")) == (400, "region-unknown")
    assert slug(api.get(REGISTRY, "/reports/everything")) == (422, "malformed")
    assert slug(api.get(REGISTRY, "/reports/persons?by=street")) == (422, "malformed")


def test_a_report_is_of_a_day_of_which_something_is_known(api: Api) -> None:
    """Of a day to come only villages are: next year's may be designated already."""
    tomorrow, later = TODAY + timedelta(days=1), date(TODAY.year + 1, 12, 31)
    for name in REPORTS:
        assert api.get(REGISTRY, f"/reports/{name}?as_of={TODAY}&begins={TODAY}").status_code == 200
        expected = (200, name) if name == "villages" else (422, "as-of-invalid")
        answer = api.get(REGISTRY, f"/reports/{name}?as_of={tomorrow}")
        assert (answer.status_code, answer.json().get("report") or answer.json()["slug"]) == expected
        for query in (f"begins={tomorrow}", f"begins={TODAY}&as_of=2019-05-04"):
            assert slug(api.get(REGISTRY, f"/reports/{name}?{query}")) == (422, "begins-after-as-of")
    assert report(api, "villages", f"as_of={later}")["as_of"] == later.isoformat()
    assert slug(api.get(REGISTRY, f"/reports/villages?as_of={later + timedelta(days=1)}")) == (422, "as-of-invalid")


def test_facilities_and_appointments_are_counted_as_of_any_day(api: Api) -> None:
    road, pond = (
        post(api, "/facilities", {"village": "33.07.05.2001", "kind": kind, "on": on}).raise_for_status().json()["id"]
        for kind, on in (("road", "2019"), ("water_pond", "2020-05"))
    )
    post(api, f"/facilities/{road}/closing", {"on": "2022-02-01"}).raise_for_status()
    siti = registered(api, village="33.07.05.2001").json()["id"]
    service = {"person_id": siti, "role": "officer", "area": "33.07.05.2001", "on": "2021"}
    served = post(api, "/appointments", service).raise_for_status().json()["id"]
    coordinates = service | {"role": "coordinator", "area": "33.09", "on": "2023"}
    post(api, "/appointments", coordinates).raise_for_status()
    at = post(api, f"/appointments/{served}/end", {"on": "2022-12-31"}).headers["Event-Position"]

    def total(name: str, day: str, by: str = "district") -> dict[str, int]:
        said = report(api, name, f"region=33.07.05&by={by}&as_of={day}", at)["total"]
        return {figure: number for figure, number in said.items() if number}

    assert total("facilities", "2018-12-31") == {}
    assert total("facilities", "2020-05-01") == {"facilities": 2, "road": 1, "water_pond": 1}
    assert total("facilities", "2022-02-01") == {"facilities": 1, "water_pond": 1}
    assert total("appointments", "2020-12-31") == {}
    assert total("appointments", "2022-12-31") == {"appointments": 1, "officer": 1}
    assert total("appointments", "2023-01-01") == {}
    by_regency = figures(report(api, "appointments", "region=33.09&by=regency&as_of=2023-01-01", at))
    assert by_regency["33.09"]["coordinator"] == 1
    assert pond != road
