"""One village in which everything happens that can happen, told from outside, and what the rosters then say of it.

Everybody has a name that says what becomes of them; rosters are read back in these names, so that the same story told
in another village, or heard in another order, must give the very same answer.
"""

import itertools
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import httpx

from tests.houses import TODAY, Api, nik

_serials = itertools.count(600)

CHILD_BORN = TODAY.year - 8
LEFT, BACK, LATER, TODAY_AT_LAST = "2023-05-01", "2025-01-10", "2025-03-01", "2026-02-01"

_LEAVE, _ENDED, _DIED = "leave", "contract_ended", "died"


@dataclass(slots=True)
class Village:
    """The story in *code*; who moves away moves to *elsewhere*.

    What is told is told right away, without waiting until others have heard: they may not be listening.
    """

    api: Api
    code: str
    elsewhere: str
    people: dict[str, str] = field(default_factory=dict)

    # What is told

    def lives(self) -> None:
        """All that concerns who somebody is, who leaves and who comes home."""
        for who in FAMILIES:
            self._register(who)
        trips = {who: self._depart(who) for who in FAMILIES if who != "never left"}
        for who in ("home", "moved", "renamed", "died at home", "lives after all", "erased", "member", "former member"):
            self._return(trips[who], _ENDED)
        for who in ("on leave", "left again", "home from leave", "still on leave"):
            self._return(trips[who], _LEAVE)
        for who in ("left again", "home from leave", "still on leave"):
            self._tell("migration_service", "POST", "/leave-ends", {"trip_id": trips[who], "ended_on": LATER})
        self._return(trips["home from leave"], "deported", TODAY_AT_LAST)
        for who in ("died abroad", "did not die"):
            self._return(trips[who], _DIED)
        self._return(trips["never returned"], "accident_or_illness")
        self._return(trips["left twice"], _ENDED)
        self._depart("left twice", TODAY_AT_LAST)
        earlier = self._depart("told backwards", "2019-01-01")
        self._return(earlier, "war_disaster_or_epidemic", "2021-01-01")

        self._edit_trip("PATCH", trips["did not die"], "return", {"reason": _ENDED})
        self._edit_trip("DELETE", trips["never returned"], "return")
        self._edit_trip("DELETE", trips["left in error"], "departure")
        self._edit_trip("PATCH", trips["left again"], "leave-end", {"ended_on": "2025-03-04"})
        self._edit_trip("DELETE", trips["still on leave"], "leave-end")
        self._edit_trip("PATCH", trips["abroad"], "departure", {"departed_on": "2023-06"})
        self._edit_trip("PATCH", trips["home"], "return", {"returned_on": "2025-01"})

        self._files()
        self._edit_person("moved", {"village": self.elsewhere})
        self._edit_person("renamed", {"name": "Rini Kusuma Dewi", "nik": nik(next(_serials))})
        self._edit_person("child of told backwards", {"birth_date": "2001-05-05"})
        for who in ("died at home", "lives after all", "child of left again"):
            self._tell("registry", "POST", f"/persons/{self.people[who]}/death", {"died_on": "2026-01"})
        self._edit_person("died at home", {"died_on": "2026-01-05"}, part="/death")
        self._edit_person("lives after all", None, part="/death", method="DELETE")
        for who in ("erased", "spouse of never returned"):
            self._tell("registry", "POST", f"/persons/{self.people[who]}/erasure")
        worker, spouse, child = (self.people[one] for one in members("left twice"))
        household = f"/households/{self.people['household of left twice']}"
        guarded = {"person_id": worker, "relative_id": child, "relation": "child", "guardian_id": self.people["home"]}
        self._tell("registry", "POST", f"{household}/kin", guarded)
        self._edit("registry", "DELETE", household, f"/kin/{worker}/{spouse}")

    def _files(self) -> None:
        """What is on file about some of them beside who they are; one of them is erased later."""
        for who in ("home", "abroad", "erased"):
            papers = f"/persons/{self.people[who]}/documents"
            passport = self._id("registry", papers, {"kind": "passport", "number": "C1234567", "issuer": "Imigrasi"})
            card = self._id("registry", papers, {"kind": "e_kpmi", "number": "E-1", "valid_until": LATER})
            self._tell("registry", "POST", f"{papers}/{card}/withdrawal", {"withdrawn_on": LATER})
            self._edit("registry", "PATCH", f"{papers}/{passport}", "", {"number": "C1234568"})
            verdict = {"verified_on": LATER, "outcomes": {"name": "matched", "nik": "differed"}}
            self._edit("registry", "POST", f"/persons/{self.people[who]}", "/verifications", verdict)

    def held(self, officer: Api) -> None:
        """What the officer for personal data places and lifts."""
        for who, is_lifted in (("home", False), ("abroad", True)):
            path = f"/persons/{self.people[who]}/holds"
            hold = officer.post("registry", path, {"reason": "statistics", "until": f"{TODAY.year + 1}-01-01"})
            assert hold.status_code == 201, hold.text
            if is_lifted:
                lifted = officer.request("DELETE", "registry", f"{path}/{hold.json()['id']}")
                assert lifted.status_code == 200, lifted.text

    def meets(self) -> None:
        """What is built on the rosters, so only once everybody has heard of the village's life."""
        course = self._id("enterprise", "/courses", {"village": self.code, "title": "Batik", "starts_on": "2026-02-01"})
        for who in ("home", "spouse of abroad"):
            body = {"person_id": self.people[who]}
            self._tell("enterprise", "POST", f"/courses/{course}/enrolments", body)
            self._tell("enterprise", "POST", f"/courses/{course}/attendances", body | {"on": "2026-02-02"})
        group = self._id("cooperative", "/groups", {"village": self.code, "name": "Kelompok Batik"})
        for who in ("member", "former member"):
            self._tell("cooperative", "POST", f"/groups/{group}/members", {"person_id": self.people[who]})
        leaving = f"/groups/{group}/members/{self.people['former member']}/leaving"
        self._tell("cooperative", "POST", leaving, {})

    def is_kept(self) -> None:
        """What the registry keeps beside people's lives: the programme in the village, cards, who is who."""
        road = self._id("registry", "/facilities", {"village": self.code, "kind": "road", "on": "2019"})
        self._tell("registry", "POST", f"/facilities/{road}/reports", {"condition": "good", "on": "2021-02-14"})
        officer = {"person_id": self.people["home"], "role": "officer", "area": self.code, "on": "2022-01-03"}
        self._id("registry", "/appointments", officer)
        bank = {"name": "Bank Contoh", "kind": "bank", "agreement": "PKS-1", "area": self.code, "starts_on": "2021"}
        promise = {"what": "Mesin jahit", "quantity": 10, "unit": "unit", "area": self.code, "on": "2021-03-01"}
        self._id("registry", f"/partners/{self._id('registry', '/partners', bank)}/commitments", promise)
        self._id("registry", "/meetings", {"area": self.code, "on": "2022-08-08", "attendance": {"officer": 50}})

        people = [{"name": "Rahmat Hidayat", "relation": "kepala keluarga"}, {"name": "Rahma", "relation": "istri"}]
        card = f"3307101708209{next(_serials):03d}"
        self._id("registry", "/households", {"village": self.code, "people": people, "card": card})
        one, other, again = (
            self._id("registry", "/persons", {"name": "Rahmat Hidayah", "village": self.code}) for _ in range(3)
        )
        self._tell("registry", "POST", f"/persons/{one}/namesakes", {"other_id": other})
        self._tell("registry", "POST", f"/persons/{again}/merge", {"into": one})

    # What is asked

    def rosters(self) -> dict[str, Any]:
        """Every answer that stands on facts of two services, in the names of this story."""
        names = {person: name for name, person in self.people.items()}
        return {
            "training": {
                names[row["person_id"]]: sorted(
                    (r["reason"], names[r["worker_id"]], r["since"]) for r in row["reasons"]
                )
                for row in self._rows("enterprise", "/training-roster")
            },
            "prospects": {names[row["person_id"]]: row["since"] for row in self._rows("cooperative", "/prospects")},
            "children": {
                names[row["person_id"]]: (
                    row["birth_year"],
                    names.get(row["guardian_id"]),
                    sorted(names[parent] for parent in row["parents_abroad"]),
                )
                for row in self._rows("parenting", "/children")
            },
            "standing": [
                {figure: n for figure, n in row.items() if figure != "village"}
                for row in self._rows("migration_service", "/figures")
            ],
        }

    def _rows(self, service: str, path: str) -> list[dict[str, Any]]:
        return [row for code in (self.code, self.elsewhere) for row in self.api.items(service, f"{path}?region={code}")]

    # How it is told

    def _register(self, who: str) -> None:
        worker, spouse, child = members(who)
        body = {"nik": nik(next(_serials)), "name": f"{who.title()} Lestari", "village": self.code}
        self.people[worker] = self._id("registry", "/workers", body)
        self.people[spouse] = self._id("registry", "/persons", {"name": "Wahyu Lestari", "village": self.code})
        born = {"birth_date": f"{CHILD_BORN}-05-05"}
        self.people[child] = self._id("registry", "/persons", {"name": "Bayu Lestari", "village": self.code} | born)
        ids = [self.people[one] for one in (worker, spouse, child)]
        kin = [
            {"person_id": ids[0], "relative_id": ids[1], "relation": "spouse"},
            {"person_id": ids[0], "relative_id": ids[2], "relation": "child", "guardian_id": ids[1]},
        ]
        household = {"village": self.code, "members": ids, "kin": kin}
        self.people[f"household of {who}"] = self._id("registry", "/households", household)

    def _depart(self, who: str, on: str = LEFT) -> str:
        return self._id(
            "migration_service", "/departures", {"worker_id": self.people[who], "country": "TW", "contract_date": on}
        )

    def _return(self, trip: str, reason: str, on: str = BACK) -> None:
        body = {"trip_id": trip, "returned_on": on, "reason": reason}
        self._tell("migration_service", "POST", "/returns", body)

    def _edit_trip(self, method: str, trip: str, part: str, body: dict[str, Any] | None = None) -> None:
        self._edit("migration_service", method, f"/trips/{trip}", f"/{part}", body)

    def _edit_person(self, who: str, body: dict[str, Any] | None, part: str = "", method: str = "PATCH") -> None:
        self._edit("registry", method, f"/persons/{self.people[who]}", part, body)

    def _edit(self, service: str, method: str, thing: str, part: str, body: dict[str, Any] | None = None) -> None:
        """With the ETag that the service's own view shows, which may be an older one at first (412)."""

        def edit() -> httpx.Response:
            seen = self.api.get(service, thing)
            return self.api.request(method, service, thing + part, body=body, if_match=seen.headers.get("ETag", '"0"'))

        _until(edit)

    def _id(self, service: str, path: str, body: dict[str, Any]) -> str:
        return str(self._tell(service, "POST", path, body).json()["id"])

    def _tell(self, service: str, method: str, path: str, body: dict[str, Any] | None = None) -> httpx.Response:
        return _until(lambda: self.api.request(method, service, path, body=body))


def _until(ask: Callable[[], httpx.Response]) -> httpx.Response:
    """What is told of somebody of whom the service has not heard yet (404) is told again."""
    until = time.monotonic() + 20
    while True:
        answer = ask()
        if answer.status_code not in (404, 412) or time.monotonic() > until:
            assert answer.is_success, (answer.request.method, str(answer.request.url), answer.text)
            return answer
        time.sleep(0.02)


FAMILIES = (
    "abroad", "died abroad", "did not die", "died at home", "erased", "former member", "home", "home from leave",
    "left again", "left in error", "left twice", "lives after all", "member", "moved", "never left", "never returned",
    "on leave", "renamed", "still on leave", "told backwards",
)  # fmt: skip
"""The workers, each with a spouse and a child, and called after what becomes of them."""


def members(who: str) -> tuple[str, str, str]:
    """What a worker, their spouse and their child are called."""
    return who, f"spouse of {who}", f"child of {who}"


_HOME: dict[str, str] = dict.fromkeys(
    ("did not die", "former member", "lives after all", "member", "moved", "renamed"), BACK
) | {"home": "2025-01", "home from leave": TODAY_AT_LAST}
_SPOUSES = {"abroad": "2023-06", "left again": "2025-03-04", "told backwards": LEFT}

IMPLIED: dict[str, Any] = {
    "training": {who: [("returned", who, since)] for who, since in _HOME.items()}
    | {f"spouse of {who}": [("spouse-of-worker-abroad", who, since)] for who, since in _SPOUSES.items()},
    "prospects": _HOME,
    "children": {
        "child of abroad": (CHILD_BORN, "spouse of abroad", ["abroad"]),
        "child of left twice": (CHILD_BORN, "home", ["left twice"]),
        "child of never returned": (CHILD_BORN, None, ["never returned"]),
    },
    "standing": [
        {"abroad": 5, "on_leave": 2, "returned": 7, "deceased": 2},
        {"abroad": 0, "on_leave": 0, "returned": 1, "deceased": 0},
    ],
}
"""What the rosters say after the story, before anybody meets."""
