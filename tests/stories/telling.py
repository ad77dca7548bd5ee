"""A story as the people of a village would tell it; every question is asked of the service that has to know."""

from itertools import count
from typing import Any
from uuid import UUID

import httpx

from tests.houses import KURIPAN, Api, nik

_serials = count(40_000)


class Story:
    """What *api*'s caller tells and asks, each time after all that was told before."""

    def __init__(self, api: Api, village: str = KURIPAN) -> None:
        self.api = api
        self.village = village
        self.at: str | None = None

    # Told

    def registers(self, name: str) -> str:
        """A worker of the village."""
        return str(self._told("registry", "/workers", self._particulars(name))["id"])

    def knows(self, name: str, born: str | None = None) -> str:
        """A person of the village."""
        return str(self._told("registry", "/persons", self._particulars(name) | {"birth_date": born})["id"])

    def goes_abroad(self, person: str) -> None:
        """A known person is a worker from now on; of a worker it is nothing new."""
        self._told("registry", "/workers", {"person_id": person})

    def family_of(self, worker: str, spouse: str, child: str, born: str) -> tuple[str, str]:
        """The worker's spouse and child, who live with them."""
        wife_or_husband, young = self.knows(spouse), self.knows(child, born)
        kin = [
            {"person_id": worker, "relative_id": wife_or_husband, "relation": "spouse"},
            {"person_id": worker, "relative_id": young, "relation": "child", "guardian_id": wife_or_husband},
        ]
        members = [worker, wife_or_husband, young]
        self._told("registry", "/households", {"village": self.village, "members": members, "kin": kin})
        return wife_or_husband, young

    def departs(self, worker: str, country: str, on: str) -> str:
        """Left for work abroad; answers the trip."""
        body = {"worker_id": worker, "country": country, "contract_date": on}
        return str(self._told("migration_service", "/departures", body)["id"])

    def returns(self, trip: str, on: str, reason: str) -> None:
        """Came home, for one of the nine legal reasons."""
        self._told("migration_service", "/returns", {"trip_id": trip, "returned_on": on, "reason": reason})

    def leaves_again(self, trip: str, on: str) -> None:
        """The leave is over."""
        self._told("migration_service", "/leave-ends", {"trip_id": trip, "ended_on": on})

    def never_returned(self, trip: str) -> None:
        """The return was recorded in error."""
        tag = self._asked("migration_service", f"/trips/{trip}").headers["ETag"]
        path = f"/trips/{trip}/return"
        answer = self.api.request("DELETE", "migration_service", path, after=self.at, if_match=tag)
        assert answer.status_code == 200, answer.text
        self.at = answer.headers["Event-Position"]

    def merged(self, who: str, into: str, expected: int = 201, **options: Any) -> httpx.Response:
        """Somebody was registered twice."""
        answer = self.api.post("registry", f"/persons/{who}/merge", {"into": into}, after=self.at, **options)
        assert answer.status_code == expected, answer.text
        self.at = answer.headers.get("Event-Position", self.at)
        return answer

    def unmerged(self, who: str) -> None:
        """They are two after all."""
        path = f"/persons/{who}/merge"
        tag = self._asked("registry", path).headers["ETag"]
        answer = self.api.request("DELETE", "registry", path, after=self.at, if_match=tag)
        assert answer.status_code == 200, answer.text
        self.at = answer.headers["Event-Position"]

    def registry_has_answered(self, person: str) -> None:
        """What the registry made of all that was told is part of the story from here on."""
        self.goes_abroad(person)

    # Asked

    def reasons_to_train(self, person: str) -> list[str]:
        """Why somebody stands on the training roster; empty for who does not."""
        answer = self._asked("enterprise", f"/training-roster/{person}")
        return [] if answer.status_code == 404 else [reason["reason"] for reason in answer.json()["reasons"]]

    def is_prospect(self, person: str) -> bool:
        """Whether somebody stands on the cooperative's roster."""
        return self._asked("cooperative", f"/prospects/{person}").status_code == 200

    def parents_abroad(self, child: str) -> list[str]:
        """For whom parenting looks after a child."""
        answer = self._asked("parenting", f"/children/{child}")
        return [] if answer.status_code == 404 else [str(UUID(parent)) for parent in answer.json()["parents_abroad"]]

    def shown(self, service: str, path: str) -> Any:
        """What a service shows there; the problem where it shows nothing."""
        return self._asked(service, path).json()

    def died_on(self, person: str) -> str | None:
        """When somebody died, as the registry knows it."""
        died: str | None = self._asked("registry", f"/persons/{person}").json()["died_on"]
        return died

    def _particulars(self, name: str) -> dict[str, Any]:
        return {"nik": nik(next(_serials), "330710"), "name": name, "village": self.village}

    def _told(self, service: str, path: str, body: dict[str, Any]) -> dict[str, Any]:
        answer = self.api.post(service, path, body, after=self.at)
        assert answer.status_code in (200, 201), answer.text
        self.at = answer.headers["Event-Position"]
        return dict(answer.json())

    def _asked(self, service: str, path: str) -> httpx.Response:
        answer = self.api.get(service, path, after=self.at)
        assert answer.status_code in (200, 404), answer.text
        return answer
