"""One worker, registered twice: both with trips, a family, a course and a group. Merged, taken apart, merged again."""

from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from deploy import SERVICES
from deploy.house import House
from tests.architecture.names import service
from tests.houses import Api
from tests.stories.telling import Story

VILLAGE = "33.07.09.2001"
REGISTRY, MIGRATION, ENTERPRISE, PARENTING, COOPERATIVE = SERVICES

LISTS = {
    REGISTRY: ("/persons", "/workers", "/households", "/figures", "/merges"),
    MIGRATION: ("/trips", "/service-files", "/figures"),
    ENTERPRISE: ("/training-roster", "/courses", "/figures"),
    PARENTING: ("/children", "/figures"),
    COOPERATIVE: ("/prospects", "/groups", "/figures"),
}


class Siti(Story):
    """Siti, known to the registry as two persons, and those around her."""

    def __init__(self, api: Api, house: House) -> None:
        super().__init__(api, VILLAGE)
        self.house = house
        self.siti = self.registers("Siti Contoh")
        self.again = str(self._told(REGISTRY, "/workers", {"name": "Siti Conto", "village": VILLAGE})["id"])
        self.joko, self.bima = self.family_of(self.siti, "Joko Contoh", "Bima Contoh", "2018-05-17")
        kin = [
            {"person_id": self.joko, "relative_id": self.again, "relation": "spouse"},
            {"person_id": self.again, "relative_id": self.bima, "relation": "child"},
        ]
        # Joko and Bima live in the first household, so in nobody else's.
        home = {"village": VILLAGE, "members": [self.again], "kin": kin}
        self.second_home = str(self._told(REGISTRY, "/households", home)["id"])
        self.first = self.departs(self.siti, "Taiwan", "2018-01-01")
        self.returns(self.first, "2020-01-01", "contract_ended")
        self.second = self.departs(self.again, "Hong Kong", "2019-01-01")
        self.returns(self.second, "2021-01-01", "contract_ended")
        self.course = str(
            self._told(ENTERPRISE, "/courses", {"village": VILLAGE, "title": "Jahit", "starts_on": "2022-01-01"})["id"]
        )
        self.groups: dict[str, str] = {}
        for who, day in ((self.siti, "2022-01-01"), (self.again, "2022-01-02")):
            self._told(ENTERPRISE, f"/courses/{self.course}/enrolments", {"person_id": who})
            for on in (day, "2022-01-03"):
                self._told(ENTERPRISE, f"/courses/{self.course}/attendances", {"person_id": who, "on": on})
            group = str(self._told(COOPERATIVE, "/groups", {"village": VILLAGE, "name": f"Tani {day}"})["id"])
            self._told(COOPERATIVE, f"/groups/{group}/members", {"person_id": who, "on": day})
            self.groups[who] = group
        self.third = self.departs(self.again, "Malaysia", "2024-01-01")

    def merged(self, who: str, into: str, expected: int = 201, **options: Any) -> httpx.Response:
        answer = self.api.post(REGISTRY, f"/persons/{who}/merge", {"into": into}, after=self.at, **options)
        assert answer.status_code == expected, answer.text
        self.at = answer.headers.get("Event-Position", self.at)
        return answer

    def unmerged(self, who: str) -> None:
        path = f"/persons/{who}/merge"
        tag = self._asked(REGISTRY, path).headers["ETag"]
        answer = self.api.request("DELETE", REGISTRY, path, after=self.at, if_match=tag)
        assert answer.status_code == 200, answer.text
        self.at = answer.headers["Event-Position"]

    def shown(self, service: str, path: str) -> Any:
        return self._asked(service, path).json()

    def everything(self) -> dict[str, Any]:
        """Every list, figure and page of the village, and every page of each of the people."""
        said: dict[str, Any] = {
            f"{name}{path}": self.api.items(name, f"{path}?region={VILLAGE}", after=self.at)
            for name, paths in LISTS.items()
            for path in paths
        }
        for who in (self.siti, self.again, self.joko, self.bima):
            for name, path in (
                (REGISTRY, f"/persons/{who}"),
                (MIGRATION, f"/service-files/{who}"),
                (ENTERPRISE, f"/training-roster/{who}"),
                (PARENTING, f"/children/{who}"),
                (COOPERATIVE, f"/prospects/{who}"),
            ):
                said[f"{name}{path}"] = self.shown(name, path)
        said["course"] = self.shown(ENTERPRISE, f"/courses/{self.course}")
        for who, group in self.groups.items():
            said[f"group of {who}"] = self.shown(COOPERATIVE, f"/groups/{group}")
        for trip in (self.first, self.second, self.third):
            said[trip] = self.shown(MIGRATION, f"/trips/{trip}")
        return said

    def stands_up(self) -> None:
        """Every log and checkpoint is sound, and every view is what its events say."""
        with Api(self.house, "operator", subject="tests-merged") as operator:
            for name in SERVICES:
                assert operator.get(name, "/operations/verify", after=self.at).json()["findings"] == []
                for view in service(name).views:
                    path = f"/operations/views/{view.name}"
                    rebuilt = operator.post(name, f"{path}/rebuild", after=self.at)
                    assert rebuilt.status_code == 200, rebuilt.text
                    assert rebuilt.json()["differences"] == [], (name, view.name)
                    assert operator.post(name, f"{path}/drop-formers").status_code == 200


@pytest.fixture(scope="module")
def story(house: House) -> Iterator[Siti]:
    with Api(house, subject="tests-merged") as api:
        yield Siti(api, house)


def test_a_worker_registered_twice_is_one_everywhere_until_the_merge_is_undone(story: Siti) -> None:
    """Merged, undone, and merged again: each time every page of all five services says so, and a rebuild agrees."""
    siti, again, joko, bima = story.siti, story.again, story.joko, story.bima
    two = story.everything()
    assert two[f"{REGISTRY}/figures"] == [{"village": VILLAGE, "workers": 2}]
    assert two[f"{MIGRATION}/figures"][0] | {"village": VILLAGE} == figure(abroad=1, returned=1)
    assert [one["person_id"] for one in two[f"{ENTERPRISE}/training-roster"]] == sorted((siti, joko))
    assert [(one["person_id"], one["parents_abroad"]) for one in two[f"{PARENTING}/children"]] == [(bima, [again])]
    assert len(two["course"]["participants"]) == 2

    story.merged(again, siti)
    one = story.everything()
    is_siti(story, one)
    story.stands_up()

    assert story.merged(again, siti, expected=200).json()["id"] == again
    assert story.everything() == one

    story.unmerged(again)
    assert story.everything() == two
    assert story.shown(REGISTRY, f"/persons/{again}/merge")["slug"] == "not-found"

    story.merged(again, siti)
    assert story.everything() == one
    story.stands_up()


def figure(**counted: int) -> dict[str, Any]:
    return {"village": VILLAGE, "abroad": 0, "on_leave": 0, "returned": 0, "deceased": 0} | counted


def is_siti(story: Siti, one: dict[str, Any]) -> None:
    """What every service says once both are known to be Siti."""
    siti, again, joko, bima = story.siti, story.again, story.joko, story.bima
    # The registry: a human once, in both households, and the duplicate's id leads to her.
    assert sorted(row["id"] for row in one[f"{REGISTRY}/persons"]) == sorted((siti, joko, bima))
    assert one[f"{REGISTRY}/figures"] == [{"village": VILLAGE, "workers": 1}]
    assert one[f"{REGISTRY}/persons/{again}"] == one[f"{REGISTRY}/persons/{siti}"]
    assert one[f"{REGISTRY}/merges"] == [{"person_id": again, "village": VILLAGE, "into": siti}]
    assert len(one[f"{REGISTRY}/households"]) == 2
    homes = {tuple(sorted(home["members"])) for home in one[f"{REGISTRY}/households"]}
    assert homes == {tuple(sorted((siti, joko, bima))), (siti,)}
    for home in one[f"{REGISTRY}/households"]:
        assert {(kin["relation"], *sorted((kin["person_id"], kin["relative_id"]))) for kin in home["kin"]} == {
            ("spouse", *sorted((siti, joko))),
            ("child", *sorted((siti, bima))),
        }
    # The migration service: one file with the trips of both, and those that cannot both be so as a contradiction.
    [file] = one[f"{MIGRATION}/service-files"]
    assert (file["worker_id"], file["trips"]) == (siti, [story.first, story.second, story.third])
    assert one[f"{MIGRATION}/service-files/{again}"] == file
    assert {trip["worker_id"] for trip in one[f"{MIGRATION}/trips"]} == {siti}
    assert (one[story.first]["overlaps"], one[story.second]["overlaps"]) == ([story.second], [story.first])
    assert one[story.third]["overlaps"] == []
    assert one[f"{MIGRATION}/figures"] == [figure(abroad=1)]
    # The rosters: she is abroad, since the last trip says so, whoever's it was. Her family is named once.
    [candidate] = one[f"{ENTERPRISE}/training-roster"]
    assert (candidate["person_id"], candidate["reasons"]) == (
        joko,
        [{"reason": "spouse-of-worker-abroad", "worker_id": siti, "since": "2024-01-01"}],
    )
    [child] = one[f"{PARENTING}/children"]
    assert (child["person_id"], child["parents_abroad"], child["guardian_id"]) == (bima, [siti], joko)
    assert one[f"{COOPERATIVE}/prospects"] == []
    # What was recorded of either: she took part once, and belongs to both groups.
    [participant] = one["course"]["participants"]
    assert participant["person_id"] == siti
    assert participant["attended_on"] == ["2022-01-01", "2022-01-02", "2022-01-03"]
    assert one[f"{ENTERPRISE}/courses"][0]["participants"] == 1
    for who in (siti, again):
        assert [member["person_id"] for member in one[f"group of {who}"]["members"]] == [siti]


def test_whoever_names_the_duplicate_means_who_stands_for_both(story: Siti) -> None:
    """Told of the duplicate's id: a departure, a return, attendance, leaving a group, kin, a death, the erasure."""
    siti, again, joko, bima = story.siti, story.again, story.joko, story.bima
    story.merged(again, siti, expected=200)
    story.returns(story.third, "2025-01-01", "contract_ended")
    assert story.reasons_to_train(again) == story.reasons_to_train(siti) == ["returned"]

    fourth = story.departs(again, "Singapura", "2025-06-01")
    assert story.shown(MIGRATION, f"/trips/{fourth}")["worker_id"] == siti
    same = {"worker_id": siti, "country": "Hong Kong", "contract_date": "2019-01-01"}
    known = story.api.post(MIGRATION, "/departures", same, after=story.at)
    assert (known.status_code, known.json()["slug"]) == (409, "duplicate-row")
    assert story.parents_abroad(bima) == [siti]
    story.returns(fourth, "2026-01-01", "contract_ended")

    seen = f"/courses/{story.course}/attendances"
    story._told(ENTERPRISE, seen, {"person_id": siti, "on": "2022-01-04"})
    story._told(ENTERPRISE, f"/courses/{story.course}/enrolments", {"person_id": again})
    [participant] = story.shown(ENTERPRISE, f"/courses/{story.course}")["participants"]
    assert participant["attended_on"][-1] == "2022-01-04"
    assert not story.is_prospect(siti)
    for group in story.groups.values():
        story._told(COOPERATIVE, f"/groups/{group}/members/{siti}/leaving", {})
        assert story.shown(COOPERATIVE, f"/groups/{group}")["members"] == []
    assert story.is_prospect(again)

    # Kin: the same relation once more is nothing new, and is retracted as it is shown.
    home = f"/households/{story.second_home}"
    kin = {"person_id": siti, "relative_id": bima, "relation": "child", "guardian_id": joko}
    story._told(REGISTRY, f"{home}/kin", kin)
    assert [one["guardian_id"] for one in story.shown(REGISTRY, home)["kin"] if one["relation"] == "child"] == [joko]
    tag = story._asked(REGISTRY, home).headers["ETag"]
    gone = story.api.request("DELETE", REGISTRY, f"{home}/kin/{siti}/{joko}", after=story.at, if_match=tag)
    assert gone.status_code == 200, gone.text
    story.at = gone.headers["Event-Position"]
    assert [one["relation"] for one in story.shown(REGISTRY, home)["kin"]] == ["child"]

    # A death that a trip of the duplicate ended in is hers.
    fifth = story.departs(siti, "Brunei Darussalam", "2026-02-01")
    story.returns(fifth, "2026-03-01", "died")
    assert story.died_on(again) == story.died_on(siti) == "2026-03-01"
    assert story.shown(MIGRATION, f"/figures?region={VILLAGE}")["items"] == [figure(deceased=1)]

    # Erased is the human, under both ids and in every service.
    story._told(REGISTRY, f"/persons/{again}/erasure", {})
    for who in (siti, again):
        erased = story.shown(REGISTRY, f"/persons/{who}")
        assert (erased["id"], erased["name"], erased["erased"]) == (siti, None, True)
        assert story.shown(MIGRATION, f"/service-files/{who}")["slug"] == "not-found"
    assert story.shown(REGISTRY, f"/merges?region={VILLAGE}")["items"] == []
    story.stands_up()
