"""Villages of the programme."""

from typing import Any

import pytest

from tests.houses import Api
from tests.registry.api.calls import NEXT, REGISTRY, codes, post, slug

DESIGNATED = "33.07.02.2003"


def test_a_village_is_designated_once(office: Api) -> None:
    body = {"village": DESIGNATED.replace(".", ""), "year": 2019, "decree": "KEP-59/2017"}
    first = post(office, "/villages", body)
    assert (first.status_code, first.json()["id"]) == (201, DESIGNATED)
    assert post(office, "/villages", body).status_code == 200
    assert slug(post(office, "/villages", body | {"year": 2020})) == (409, "village-already-designated")
    one = office.get(REGISTRY, f"/villages/{DESIGNATED}", after=first.headers["Event-Position"])
    assert one.json() == {"village": DESIGNATED, "version": 1, "year": 2019, "decree": "KEP-59/2017"}
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
    ],
)
def test_a_designation_is_held_against_its_rules(office: Api, changed: dict[str, Any], code: str) -> None:
    answer = post(office, "/villages", {"village": NEXT, "year": 2019, "decree": "KEP-59/2017"} | changed)
    assert slug(answer) == (422, code)
    assert codes(answer) == [code]
