"""What callers send to the registry, and what they look for in its answers."""

from itertools import count
from typing import Any

import httpx

from tests.houses import Api, nik

REGISTRY = "registry"
VILLAGE, NEXT = "33.07.02.2001", "33.07.02.2002"

_serials = count(70_000)


def fresh(district: str = "330702") -> str:
    """A NIK that nobody has."""
    return nik(next(_serials), district)


def post(api: Api, path: str, body: dict[str, Any] | None = None, **options: Any) -> httpx.Response:
    return api.post(REGISTRY, path, body, **options)


def registered(api: Api, path: str = "/persons", **changed: Any) -> httpx.Response:
    answer = post(api, path, {"nik": fresh(), "name": "Siti Contoh", "village": VILLAGE} | changed)
    assert answer.status_code == 201, answer.text
    return answer


def shown(api: Api, answer: httpx.Response) -> dict[str, Any]:
    """What stands there after *answer*."""
    at = answer.headers["Event-Position"]
    person = api.get(REGISTRY, f"/persons/{answer.json()['id']}", after=at)
    assert person.headers["ETag"] == answer.headers["ETag"]
    return dict(person.json())


def slug(answer: httpx.Response) -> tuple[int, str]:
    return answer.status_code, answer.json()["slug"]


def codes(answer: httpx.Response) -> list[str]:
    return [error["code"] for error in answer.json()["errors"]]


def position(operator: Api) -> int:
    return int(operator.get(REGISTRY, "/operations/status").raise_for_status().json()["position"])
