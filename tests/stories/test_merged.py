"""One worker, registered twice: both with trips, a family, a course and a group. Merged, taken apart, merged again."""

from collections.abc import Iterator
from typing import Any

import pytest

from deploy import SERVICES
from deploy.house import House
from tests.architecture.names import service
from tests.houses import Api
from tests.stories.telling import Story

VILLAGE, NEXT = "33.07.09.2001", "33.07.09.2005"
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
        # Joko and Bima live in the first household, so in nobody else's. It is the one joined last.
        home = {"village": VILLAGE, "members": [self.again], "kin": kin, "surveyed_on": "2017-05-04"}
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
        wanted = {"name": "Siti Contoh", "region": VILLAGE}
        said["search"] = self.api.post(REGISTRY, "/persons/search", wanted, after=self.at).json()["items"]
        for report in ("persons", "households"):
            counted = self.shown(REGISTRY, f"/reports/{report}?region={VILLAGE}&by=village")
            said[report] = {part: counted[part] for part in ("rows", "total")}
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
    found = {name["name"]: [person["id"] for person in name["persons"]] for name in one["search"]}
    assert found["Siti Contoh"] == found["Siti Conto"] == [siti]
    assert one["persons"]["total"] == {"persons": 3, "workers": 1, "died": 0}
    assert one["households"]["total"] == {"households": 1, "members": 3}  # counted once: nobody else is in the second
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


class Rini(Story):
    """Rini, known as four persons, of whom one never was a worker; her child and its guardian, each known as two."""

    def __init__(self, api: Api) -> None:
        super().__init__(api, NEXT)
        self.rini, self.second, self.third = (self.registers(f"Rini Contoh{end}") for end in ("", "h", "o"))
        self.no_worker = self.knows("Rini Conto")
        self.nenek, self.nenek_again = self.registers("Nenek Contoh"), self.registers("Nenek Conto")
        self.bima, self.bima_again = self.knows("Bima Contoh", "2012-05-17"), self.knows("Bima Conto", "2009-01-01")
        for parent, child, guardian in ((self.rini, self.bima, self.nenek), (self.third, self.bima_again, None)):
            kin = {"person_id": parent, "relative_id": child, "relation": "child", "guardian_id": guardian}
            home = {"village": NEXT, "members": [parent, child], "kin": [kin]}
            self._told(REGISTRY, "/households", home)
        self.course = str(
            self._told(ENTERPRISE, "/courses", {"village": NEXT, "title": "Jahit", "starts_on": "2022-01-01"})["id"]
        )
        for who in (self.rini, self.second):
            self.returns(self.departs(who, "Taiwan", "2018-01-01"), "2020-01-01", "contract_ended")
            self._told(ENTERPRISE, f"/courses/{self.course}/enrolments", {"person_id": who})
        self.group = str(self._told(COOPERATIVE, "/groups", {"village": NEXT, "name": "Tani"})["id"])

    def came(self, who: str, on: str) -> None:
        self._told(ENTERPRISE, f"/courses/{self.course}/attendances", {"person_id": who, "on": on})

    def attended(self) -> dict[str, list[str]]:
        """By the id of each participant."""
        course = self.shown(ENTERPRISE, f"/courses/{self.course}")
        return {one["person_id"]: one["attended_on"] for one in course["participants"]}

    def members(self) -> list[str]:
        return [one["person_id"] for one in self.shown(COOPERATIVE, f"/groups/{self.group}")["members"]]

    def trips_of(self, who: str) -> list[str]:
        return [trip["id"] for trip in self.api.items(MIGRATION, f"/trips?worker_id={who}", after=self.at)]

    def child(self, who: str, on: str = "2026-11-21") -> Any:
        return self.shown(PARENTING, f"/children/{who}?on={on}")


@pytest.fixture(scope="module")
def rini(story: Siti) -> Rini:
    return Rini(story.api)


def test_what_is_said_between_a_merge_and_its_undoing_is_the_survivors_and_stays_there(rini: Rini) -> None:
    """Said of either id; of two duplicates one is taken out again, and the other stays one."""
    survivor, duplicate = rini.rini, rini.second
    before = rini.trips_of(survivor), rini.trips_of(duplicate)
    rini.merged(duplicate, survivor)
    rini.merged(rini.third, survivor)
    rini.came(survivor, "2022-01-01")
    rini.came(duplicate, "2022-01-02")
    rini._told(COOPERATIVE, f"/groups/{rini.group}/members", {"person_id": duplicate, "on": "2022-01-01"})
    left = rini.departs(duplicate, "Hong Kong", "2024-01-01")
    rini._told(REGISTRY, f"/persons/{duplicate}/documents", {"kind": "passport", "number": "C1234567"})
    days = ["2022-01-01", "2022-01-02"]
    assert (rini.attended(), rini.members()) == ({survivor: days}, [survivor])
    assert sorted(rini.trips_of(survivor)) == sorted([*before[0], *before[1], left])

    rini.unmerged(duplicate)
    assert (rini.attended(), rini.members()) == ({survivor: days, duplicate: []}, [survivor])
    assert sorted(rini.trips_of(survivor)) == sorted([*before[0], left])
    assert rini.trips_of(duplicate) == before[1]
    assert (rini.reasons_to_train(survivor), rini.reasons_to_train(duplicate)) == ([], ["returned"])
    assert not rini.is_prospect(survivor)
    assert rini.is_prospect(duplicate)
    documents = [rini.shown(REGISTRY, f"/persons/{who}/documents")["items"] for who in (survivor, duplicate)]
    assert [len(items) for items in documents] == [1, 0]
    assert [rini.shown(REGISTRY, f"/persons/{who}")["id"] for who in (duplicate, rini.third)] == [duplicate, survivor]
    assert rini.trips_of(rini.third) == rini.trips_of(survivor)


def test_of_three_registrations_two_are_merged_into_the_third_and_never_one_into_the_next(rini: Rini) -> None:
    survivor, second, third = rini.rini, rini.second, rini.third  # the third is the survivor's already
    assert rini.merged(survivor, second, expected=409).json()["slug"] == "has-duplicates"
    refused = rini.merged(second, third, expected=409).json()
    assert (refused["slug"], refused["into"]) == ("person-merged", survivor)
    assert rini.merged(third, second, expected=409).json()["slug"] == "duplicate-of-another"
    rini.merged(second, survivor)
    assert {rini.shown(REGISTRY, f"/persons/{who}")["id"] for who in (survivor, second, third)} == {survivor}
    assert list(rini.attended()) == [survivor]


def test_a_duplicate_who_was_no_worker_means_the_worker_in_every_service(rini: Rini) -> None:
    file = rini.shown(MIGRATION, f"/service-files/{rini.rini}")
    assert rini.shown(MIGRATION, f"/service-files/{rini.no_worker}")["slug"] == "not-found"
    rini.merged(rini.no_worker, rini.rini)
    assert rini.shown(MIGRATION, f"/service-files/{rini.no_worker}") == file
    assert rini.trips_of(rini.no_worker) == rini.trips_of(rini.rini) != []
    known = {"worker_id": rini.no_worker, "country": "Hong Kong", "contract_date": "2024-01-01"}
    assert rini.api.post(MIGRATION, "/departures", known, after=rini.at).json()["slug"] == "duplicate-row"
    rini.unmerged(rini.no_worker)
    assert rini.shown(MIGRATION, f"/service-files/{rini.no_worker}")["slug"] == "not-found"
    assert rini.trips_of(rini.no_worker) == []
    assert rini.shown(MIGRATION, f"/service-files/{rini.rini}") == file


def test_a_child_has_the_survivors_age_and_no_guardian_who_died_under_another_id(rini: Rini) -> None:
    """The duplicate's birth date was mistyped; the guardian's duplicate died abroad."""
    listed = rini.child(rini.bima)
    assert (listed["birth_year"], listed["guardian_id"], listed["parents_abroad"]) == (2012, rini.nenek, [rini.rini])
    rini.merged(rini.bima_again, rini.bima)
    for who in (rini.bima, rini.bima_again):
        assert rini.child(who) == listed
        assert rini.child(who, "2028-06-01") == listed  # by the mistyped date no child any more
    trip = rini.departs(rini.nenek_again, "Malaysia", "2025-01-01")
    rini.returns(trip, "2025-06-01", "died")
    rini.merged(rini.nenek_again, rini.nenek)
    assert rini.died_on(rini.nenek) == "2025-06-01"
    assert rini.child(rini.bima) == listed | {"guardian_id": None}
    rini.unmerged(rini.nenek_again)
    assert rini.child(rini.bima) == listed
    rini.merged(rini.nenek_again, rini.nenek)  # so that the last test rebuilds it


def test_whoever_names_the_duplicate_means_who_stands_for_both(story: Siti) -> None:
    """Told of the duplicate's id: a departure, a return, attendance, leaving a group, kin, a death, the erasure.

    At its end all that this module told is rebuilt.
    """
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
