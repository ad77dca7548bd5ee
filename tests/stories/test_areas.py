"""Who may see and do what: nobody without a token, and nobody outside their area (P8).

Every route of every service stands in a table here; one that is added without a row fails.
"""

import base64
import json
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from itertools import count
from pathlib import Path
from typing import Any

import httpx
import pytest
from joserfc import jwt
from joserfc.jwk import ECKey

from deploy import SERVICES
from deploy.house import House
from deploy.issuer import AUDIENCE, ISSUER, Issuer
from shared.http import kernel
from tests.houses import Api, nik
from tests.stories.telling import Story

WONOSOBO, INDRAMAYU = "33.07.01.2003", "32.12.01.2007"

_serials = count(50_000)


def routes(house: House, service: str) -> list[tuple[str, str]]:
    """Every route of a service, by its own API page."""
    paths = httpx.get(f"{house.addresses[service]}/openapi.json").raise_for_status().json()["paths"]
    return sorted((method.upper(), path) for path, methods in paths.items() for method in methods)


def positions(house: House) -> dict[str, int]:
    """How many facts each log holds."""
    with Api(house, "operator", subject="tests-operator") as operator:
        return {
            service: operator.get(service, "/operations/status").raise_for_status().json()["position"]
            for service in SERVICES
        }


# ── Tokens ───────────────────────────────────────────────────────────────────────────────────────────────────────────


def forged(house: House, tmp_path: Path) -> dict[str, str]:
    """Tokens that prove nothing, each in its own way."""
    other = Issuer(tmp_path)
    everybody: dict[str, Any] = {"subject": "forger", "ttl": timedelta(hours=1)}
    good = house.issuer.mint("integrator", "*", **everybody)
    header, claims, signature = good.split(".")
    kid = json.loads(house.issuer.jwks.read_text())["keys"][0]["kid"]
    far = {"iss": ISSUER, "aud": AUDIENCE, "sub": "forger", "roles": ["integrator"], "area": "*", "exp": 4_102_444_800}
    stolen_name = ECKey.generate_key("P-256")

    def ours(**changed: Any) -> str:
        """Signed by the house's own key, with something about it wrong."""
        said = {name: value for name, value in (far | changed).items() if value is not None}
        return jwt.encode({"alg": "ES256", "kid": kid}, said, house.issuer._key)

    return {
        "another key": other.mint("integrator", "*", **everybody),
        "another key under this one's name": jwt.encode({"alg": "ES256", "kid": kid}, far, stolen_name),
        "no signature": f"{_part({'alg': 'none', 'kid': kid})}.{claims}.",
        "a cut signature": f"{header}.{claims}.{signature[:-4]}",
        "other claims": f"{header}.{_part(far | {'area': '*', 'roles': ['operator']})}.{signature}",
        "the public key as a secret": f"{_part({'alg': 'HS256', 'kid': kid})}.{claims}.{signature}",
        "expired": house.issuer.mint("integrator", "*", subject="forger", ttl=timedelta(hours=-1)),
        "without end": ours(exp=None),
        "another issuer": ours(iss="urn:another"),
        "another audience": ours(aud="another"),
        "nobody": ours(sub=None),
        "no area": ours(area=None),
        "an empty area": ours(area=""),
        "no roles": ours(roles=None),
        "roles that are no list": ours(roles="integrator"),
        "not a token": "siti",
        "not a header": f"{_part(['alg'])}.{claims}.{signature}",
        "a header that makes no sense": f"{_part({'alg': 'ES256', 'crit': 1})}.{claims}.{signature}",
        "letters that no token has": "é.ü.ñ",
    }


def _part(value: Any) -> str:
    return base64.urlsafe_b64encode(json.dumps(value).encode()).decode().rstrip("=")


@pytest.mark.parametrize("service", SERVICES)
def test_without_a_token_every_route_answers_401(house: House, service: str, tmp_path: Path) -> None:
    """No token and a forged one alike, on every route but health and the API pages, and on paths that are none."""
    found = routes(house, service)
    assert len(found) > len(kernel.OPEN)
    another = Issuer(tmp_path).mint("integrator", "*", subject="forger", ttl=timedelta(hours=1))
    guarded = [route for route in found if route[1] not in kernel.OPEN]
    with httpx.Client(base_url=house.addresses[service]) as anybody:
        for method, path in [*guarded, ("GET", "/nothing-here"), ("POST", "/health/live/"), ("HEAD", "/feed")]:
            for authorization, slug in (
                (None, "token-missing"),
                ("Basic c2l0aTpydGluaQ==", "token-missing"),
                ("Bearer", "token-missing"),
                (f"Bearer {another}", "token-invalid"),
            ):
                headers = {"Authorization": authorization} if authorization else {}
                answer = anybody.request(method, path.replace("{", "").replace("}", ""), headers=headers)
                assert answer.status_code == 401, (method, path, authorization)
                assert answer.headers["WWW-Authenticate"].startswith("Bearer")
                if method != "HEAD":
                    assert answer.json()["slug"] == slug, (method, path)
        for path in sorted(kernel.OPEN):
            assert anybody.get(path).status_code == 200, path


def test_no_forged_token_is_taken(house: House, tmp_path: Path) -> None:
    for how, token in forged(house, tmp_path).items():
        headers = {b"Authorization": f"Bearer {token}".encode()}
        answer = httpx.get(f"{house.addresses['registry']}/persons", headers=headers)
        assert (answer.status_code, answer.json()["slug"]) == (401, "token-invalid"), how


def test_a_good_token_is_taken(house: House) -> None:
    """What the forged ones are held against."""
    token = house.issuer.mint("village-officer", WONOSOBO, subject="officer", ttl=timedelta(hours=1))
    address = f"{house.addresses['registry']}/persons"
    for scheme in ("Bearer", "bearer"):
        assert httpx.get(address, headers={"Authorization": f"{scheme} {token}"}).status_code == 200


@pytest.mark.parametrize(
    ("role", "reads", "writes", "runs", "designates", "operates", "feeds"),
    [
        ("village-officer", True, True, True, False, False, False),
        ("regency-coordinator", True, True, True, False, False, False),
        ("integrator", True, True, True, False, False, False),
        ("programme-office", True, False, True, True, False, False),
        ("data-protection-officer", True, True, False, False, False, False),
        ("service", False, False, False, False, False, True),
        ("operator", False, False, False, False, True, True),
        ("no-such-role", False, False, False, False, False, False),
    ],
)
def test_each_role_has_its_scopes(
    house: House, role: str, reads: bool, writes: bool, runs: bool, designates: bool, operates: bool, feeds: bool
) -> None:
    """403 `scope-missing` before anything of the request is looked at; with the scope, it is looked at."""
    asked = [
        (reads, "GET", "/persons?limit=1"),
        (writes, "POST", "/persons"),
        (runs, "POST", "/partners"),
        (runs, "POST", "/meetings"),
        (runs, "POST", "/villages/proposals"),
        (runs, "POST", f"/villages/{WONOSOBO}/activation"),
        (designates, "POST", "/villages"),
        (operates, "GET", "/operations/status"),
        (operates, "GET", "/operations/verify/event?number=1"),
        (operates, "POST", "/operations/views/no-such-view/rebuild"),
        (feeds, "GET", "/feed?after=0&limit=0"),
    ]
    with Api(house, role, subject=role) as api:
        for allowed, method, path in asked:
            answer = api.request(method, "registry", path, body={} if method == "POST" else None)
            if allowed:
                assert answer.status_code in (200, 404, 422), (role, path)
            else:
                assert (answer.status_code, answer.json()["slug"]) == (403, "scope-missing"), (role, path)


# ── Areas ────────────────────────────────────────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True, slots=True)
class There:
    """What lies in one village: something of every kind."""

    village: str
    person_id: str
    candidate: str
    child: str
    duplicate: str
    household_id: str
    trip_id: str
    course_id: str
    group_id: str
    document_id: str
    of_programme: dict[str, str]
    at: str

    @classmethod
    def made(cls, house: House, village: str) -> "There":
        """By somebody who may."""
        with Api(house, "programme-office", subject="office") as office:
            designation = {"village": village, "year": 2019, "decree": "KEP-59/2017"}
            assert office.post("registry", "/villages", designation).status_code in (200, 201)
        with Api(house) as api:
            story = Story(api, village)
            home = story.registers("Siti Contoh")
            story.returns(story.departs(home, "Taiwan", "2022-01-01"), "2024-01-01", "contract_ended")
            worker = story.registers("Rini Contoh")
            spouse, child = story.family_of(worker, "Joko Contoh", "Bima Contoh", "2018-05-17")
            trip = story.departs(worker, "Malaysia", "2025-01-01")
            answer = api.post(
                "registry",
                "/households",
                {
                    "village": village,
                    "members": [home],
                    "kin": [{"person_id": home, "relative_id": child, "relation": "parent"}],
                },
                after=story.at,
            )
            story.at = answer.headers["Event-Position"]
            household = answer.json()["id"]
            course = story._told(
                "enterprise", "/courses", {"village": village, "title": "T", "starts_on": "2026-01-01"}
            )
            story._told("enterprise", f"/courses/{course['id']}/enrolments", {"person_id": home})
            group = story._told("cooperative", "/groups", {"village": village, "name": "Kelompok Tani"})
            paper = story._told("registry", f"/persons/{worker}/documents", {"kind": "other", "number": "1"})
            assert story.reasons_to_train(spouse)
            assert story.parents_abroad(child)
            assert story.is_prospect(home)
            of_programme = {
                name: story._told("registry", path, body)["id"]
                for name, path, body in (
                    ("facility_id", "/facilities", facility(village)),
                    ("appointment_id", "/appointments", appointment(village, worker)),
                    ("partner_id", "/partners", partner(village)),
                    ("meeting_id", "/meetings", meeting(village)),
                )
            }
            path = f"/partners/{of_programme['partner_id']}/commitments"
            of_programme["commitment_id"] = story._told("registry", path, commitment(village))["id"]
            duplicate, other = story.registers("Tini Contoh"), story.registers("Tini Conto")
            story._told("registry", f"/persons/{duplicate}/merge", {"into": other})
            assert story.at
            return cls(
                village,
                worker,
                home,
                child,
                duplicate,
                household,
                trip,
                course["id"],
                group["id"],
                paper["id"],
                of_programme,
                story.at,
            )


def facility(village: str) -> dict[str, Any]:
    return {"village": village, "kind": "road", "on": "2019"}


def appointment(village: str, person_id: str) -> dict[str, Any]:
    return {"person_id": person_id, "role": "officer", "area": village, "on": "2022"}


def partner(village: str) -> dict[str, Any]:
    return {"name": "Bank Contoh", "kind": "bank", "agreement": "1", "area": village, "starts_on": "2021"}


def commitment(village: str) -> dict[str, Any]:
    return {"what": "Mesin jahit", "quantity": 1, "unit": "unit", "area": village, "on": "2021"}


def meeting(village: str) -> dict[str, Any]:
    return {"area": village, "on": "2022-08-08", "attendance": {"officer": 1}}


@pytest.fixture(scope="module")
def wonosobo(house: House) -> There:
    return There.made(house, WONOSOBO)


@pytest.fixture(scope="module")
def indramayu(house: House) -> There:
    return There.made(house, INDRAMAYU)


@pytest.fixture
def neighbour(house: House) -> Iterator[Api]:
    """A coordinator of Indramayu."""
    with Api(house, "regency-coordinator", "32.12", subject="indramayu") as api:
        yield api


LISTS: dict[str, list[str]] = {
    "registry": [
        "/villages",
        "/persons",
        "/workers",
        "/households",
        "/memberships",
        "/figures",
        "/facilities",
        "/appointments",
        "/partners",
        "/commitments",
        "/meetings",
        "/merges",
    ],
    "migration_service": ["/trips", "/service-files", "/figures"],
    "enterprise": ["/training-roster", "/courses", "/figures"],
    "parenting": ["/children", "/figures"],
    "cooperative": ["/prospects", "/groups", "/figures"],
}
ON_FILE = [
    "/persons/{person_id}/verifications",
    "/persons/{person_id}/documents",
    "/persons/{person_id}/documents/{document_id}",
]
DETAILS: dict[str, list[str]] = {
    "registry": [
        "/villages/{code}",
        "/persons/{person_id}",
        "/households/{household_id}",
        "/households/{household_id}/members",
        *ON_FILE,
        "/facilities/{facility_id}",
        "/appointments/{appointment_id}",
        "/partners/{partner_id}",
        "/commitments/{commitment_id}",
        "/meetings/{meeting_id}",
        "/persons/{person_id}/merge",
    ],
    "migration_service": ["/trips/{trip_id}", "/service-files/{worker_id}"],
    "enterprise": ["/training-roster/{person_id}", "/courses/{course_id}"],
    "parenting": ["/children/{person_id}"],
    "cooperative": ["/prospects/{person_id}", "/groups/{group_id}"],
}
WRITES_THERE: dict[str, list[tuple[str, str, dict[str, Any] | None]]] = {
    "registry": [
        ("PATCH", "/persons/{person_id}", {"name": "Siti Baru"}),
        ("POST", "/persons/{person_id}/death", {"died_on": "2026-01-01"}),
        ("PATCH", "/persons/{person_id}/death", {"died_on": "2026-01-01"}),
        ("DELETE", "/persons/{person_id}/death", None),
        ("POST", "/persons/{person_id}/erasure", None),
        ("POST", "/persons/{person_id}/verifications", {"verified_on": "2026-01-01", "outcomes": {"name": "matched"}}),
        ("POST", "/persons/{person_id}/documents", {"kind": "other", "number": "1"}),
        ("PATCH", "/persons/{person_id}/documents/{document_id}", {"number": "2"}),
        ("DELETE", "/persons/{person_id}/documents/{document_id}", None),
        ("POST", "/persons/{person_id}/documents/{document_id}/withdrawal", {"withdrawn_on": "2026-01-01"}),
        ("DELETE", "/persons/{person_id}/documents/{document_id}/withdrawal", None),
        ("POST", "/persons/{person_id}/merge", {"into": "$own"}),
        ("DELETE", "/persons/{person_id}/merge", None),
        ("POST", "/persons/{person_id}/namesakes", {"other_id": "$own"}),
        ("POST", "/households/{household_id}/kin", {"person_id": "$own", "relative_id": "$own2", "relation": "spouse"}),
        ("DELETE", "/households/{household_id}/kin/{person_id}/{relative_id}", None),
        ("POST", "/households/{household_id}/members", {"person_id": "$own", "since": "2026"}),
        ("POST", "/households/{household_id}/members/{person_id}/leaving", {"left_on": "2026-01-01"}),
        ("PATCH", "/households/{household_id}/members/{person_id}", {"since": "2026-01-01"}),
        ("DELETE", "/households/{household_id}/members/{person_id}", None),
        ("POST", "/households/{household_id}/head", {"person_id": "$there", "since": "2026-01-01"}),
        ("PATCH", "/households/{household_id}/head", {"since": "2026-01-01"}),
        ("DELETE", "/households/{household_id}/head", None),
        ("POST", "/households/{household_id}/card", {"card": "3307101708269001", "since": "2026-01-01"}),
        ("PATCH", "/households/{household_id}/card", {"since": "2026-01-01"}),
        ("DELETE", "/households/{household_id}/card", None),
        ("POST", "/households/{household_id}/move", {"village": INDRAMAYU, "since": "2026-01-01"}),
        ("PATCH", "/households/{household_id}/village", {"since": "2026-01-01"}),
        (
            "POST",
            "/households/{household_id}/kin/{person_id}/{relative_id}/guardian",
            {"guardian_id": None, "since": "2026-01-01"},
        ),
        ("POST", "/villages/{code}/activation", {"on": "2019-09-11"}),
        ("PATCH", "/facilities/{facility_id}", {"on": "2018"}),
        ("DELETE", "/facilities/{facility_id}", None),
        ("POST", "/facilities/{facility_id}/reports", {"condition": "good", "on": "2020"}),
        ("PATCH", "/facilities/{facility_id}/reports/{fact}", {"condition": "good", "on": "2020"}),
        ("DELETE", "/facilities/{facility_id}/reports/{fact}", None),
        ("POST", "/facilities/{facility_id}/closing", {"on": "2020"}),
        ("DELETE", "/facilities/{facility_id}/closing", None),
        ("PATCH", "/appointments/{appointment_id}", {"on": "2021"}),
        ("DELETE", "/appointments/{appointment_id}", None),
        ("POST", "/appointments/{appointment_id}/end", {"on": "2024"}),
        ("DELETE", "/appointments/{appointment_id}/end", None),
        ("PUT", "/partners/{partner_id}", partner(INDRAMAYU)),
        ("POST", "/partners/{partner_id}/end", {"on": "2024"}),
        ("DELETE", "/partners/{partner_id}/end", None),
        ("POST", "/partners/{partner_id}/commitments", commitment(INDRAMAYU)),
        ("PUT", "/commitments/{commitment_id}", commitment(INDRAMAYU)),
        ("DELETE", "/commitments/{commitment_id}", None),
        ("POST", "/commitments/{commitment_id}/outcome", {"outcome": "kept", "on": "2024"}),
        ("DELETE", "/commitments/{commitment_id}/outcome", None),
        ("PATCH", "/meetings/{meeting_id}", {"on": "2022"}),
        ("DELETE", "/meetings/{meeting_id}", None),
        # A person there, named in a body
        ("POST", "/appointments", appointment(INDRAMAYU, "$there")),
        ("POST", "/workers", {"person_id": "$there"}),
        ("POST", "/households", {"village": INDRAMAYU, "members": ["$there"]}),
        (
            "POST",
            "/households",
            {
                "village": INDRAMAYU,
                "members": ["$own"],
                "kin": [{"person_id": "$own", "relative_id": "$there", "relation": "child"}],
            },
        ),
    ],
    "migration_service": [
        ("POST", "/departures", {"worker_id": "$there", "country": "Taiwan", "contract_date": "2024-03-01"}),
        ("POST", "/returns", {"trip_id": "$trip", "returned_on": "2026-01-01", "reason": "contract_ended"}),
        ("POST", "/leave-ends", {"trip_id": "$trip", "ended_on": "2026-01-01"}),
        ("PATCH", "/trips/{trip_id}/departure", {"country": "Korea"}),
        ("DELETE", "/trips/{trip_id}/departure", None),
        ("PATCH", "/trips/{trip_id}/return", {"reason": "leave"}),
        ("DELETE", "/trips/{trip_id}/return", None),
        ("PATCH", "/trips/{trip_id}/leave-end", {"ended_on": "2026-01-01"}),
        ("DELETE", "/trips/{trip_id}/leave-end", None),
    ],
    "enterprise": [
        ("POST", "/courses/{course_id}/enrolments", {"person_id": "$own"}),
        ("POST", "/courses/{course_id}/attendances", {"person_id": "$own", "on": "2026-02-01"}),
    ],
    "parenting": [],
    "cooperative": [
        ("POST", "/groups/{group_id}/members", {"person_id": "$own"}),
        ("POST", "/groups/{group_id}/members/{person_id}/leaving", {}),
    ],
}
NAMES_A_VILLAGE_THERE: dict[str, list[tuple[str, str, dict[str, Any]]]] = {
    "registry": [
        ("POST", "/persons", {"name": "Siti Contoh", "village": WONOSOBO}),
        ("POST", "/persons", {"name": "Siti Contoh", "village": WONOSOBO.replace(".", "")}),
        ("POST", "/workers", {"name": "Siti Contoh", "village": WONOSOBO}),
        ("POST", "/households", {"village": WONOSOBO, "members": ["$own"]}),
        ("PATCH", "/persons/{own}", {"village": WONOSOBO}),
        ("POST", "/villages/proposals", {"village": WONOSOBO, "on": "2018"}),
        ("POST", "/facilities", facility(WONOSOBO)),
        ("POST", "/appointments", appointment(WONOSOBO, "$own")),
        ("POST", "/partners", partner(WONOSOBO)),
        ("POST", "/meetings", meeting(WONOSOBO)),
    ],
    "migration_service": [],
    "enterprise": [("POST", "/courses", {"village": WONOSOBO, "title": "T", "starts_on": "2026-01-01"})],
    "parenting": [],
    "cooperative": [("POST", "/groups", {"village": WONOSOBO, "name": "Kelompok"})],
}
LOOKED_FOR: dict[str, list[str]] = {"registry": ["/persons/search", "/persons/by-nik", "/persons/match"]}
"""Reads that are sent as POST; what they show of another area is in `tests/registry/api/test_search.py`."""
COUNTED = {("registry", "GET", "/reports/{report}")}
"""Figures without villages: `tests/registry/api/test_reports.py` speaks of them."""
BY_OFFICER: list[tuple[str, str, dict[str, Any] | None]] = [
    ("POST", "/persons/{person_id}/holds", {"reason": "statistics"}),
    ("GET", "/persons/{person_id}/holds", None),
    ("DELETE", "/persons/{person_id}/holds/{hold_id}", None),
]
"""What guards personal data in the registry is for who guards them, in their area."""
BY_ROLE_ALONE = {
    ("registry", "POST", "/villages"),
    ("registry", "POST", "/villages/bulk"),
    ("registry", "POST", "/villages/{code}/end"),
    ("registry", "DELETE", "/villages/{code}/step"),
}
CONCERNS_A_REGION = {"/partners"}
"""What is seen from inside the region that it concerns, too: `tests/registry/api/test_programme.py` speaks of it."""
AROUND_INDRAMAYU = {"*", "32", "32.12"}
NO_PLACE_SHOWN = {("registry", "GET", "/villages/by-year"), ("registry", "GET", "/regions/{code}")}
"""Counts within the caller's area (`tests/registry/api/test_villages.py`), and what is the same for everybody."""
OF_TWO = {("registry", "GET", "/duplicates")}
"""An item is about two persons, who may live in two villages: see `tests/registry/api/test_merges.py`."""
IN_BULK = {
    "registry": ("/persons", "/workers", "/households", "/facilities", "/appointments"),
    "migration_service": ("/departures", "/returns"),
}


def at(path: str, there: There, own: There) -> str:
    """*path* with the ids of what lies *there*."""
    candidate = path.startswith(("/training-roster", "/prospects"))
    person_id = there.duplicate if path.endswith("/merge") else there.person_id
    return path.format(
        code=there.village,
        person_id=there.candidate if candidate else there.child if "/children" in path else person_id,
        relative_id=there.child,
        worker_id=there.person_id,
        household_id=there.household_id,
        trip_id=there.trip_id,
        course_id=there.course_id,
        group_id=there.group_id,
        document_id=there.document_id,
        hold_id=there.document_id,
        own=own.person_id,
        fact=2,
        **there.of_programme,
    )


def place(item: dict[str, Any]) -> str:
    """Where it is, or for which region."""
    found: str = item["village"] if "village" in item else item["area"]
    return found


def filled(body: Any, there: There, own: There) -> Any:
    """*body* with ids in place of their names."""
    ids = {"$there": there.person_id, "$trip": there.trip_id, "$own": own.person_id, "$own2": own.candidate}
    if isinstance(body, dict):
        return {name: filled(value, there, own) for name, value in body.items()}
    if isinstance(body, list):
        return [filled(value, there, own) for value in body]
    return ids.get(body, body) if isinstance(body, str) else body


@pytest.mark.parametrize("service", SERVICES)
def test_every_route_stands_in_a_table(house: House, service: str) -> None:
    """The tests below speak of all of them."""
    told = {("GET", path) for path in LISTS[service] + DETAILS[service]}
    told |= {("POST", path) for path in LOOKED_FOR.get(service, ())}
    told |= {(method, path) for method, path, _ in WRITES_THERE[service]}
    told |= {(method, path.replace("{own}", "{person_id}")) for method, path, _ in NAMES_A_VILLAGE_THERE[service]}
    told |= {(method, path) for named, method, path in BY_ROLE_ALONE if named == service}
    told |= {(method, path) for method, path, _ in BY_OFFICER if service == "registry"}
    told |= {(method, path) for named, method, path in COUNTED | NO_PLACE_SHOWN | OF_TWO if named == service}
    told |= {("POST", f"{path}/bulk") for path in IN_BULK.get(service, ())}
    own = {route for route in routes(house, service) if route not in kernel.SCOPES and route[1] not in kernel.OPEN}
    assert told == own


@pytest.mark.parametrize("service", SERVICES)
def test_reads_show_nothing_of_another_area(
    house: House, neighbour: Api, wonosobo: There, indramayu: There, service: str
) -> None:
    """Lists name only the caller's own villages, details of others are not there; who may see both, sees both.

    A partner is somebody's whom it concerns: that of the province or of the country is seen in the regency too.
    """
    with Api(house) as everybody:
        for path in LISTS[service]:
            here = {place(item) for item in neighbour.items(service, path, after=indramayu.at)}
            assert INDRAMAYU in here, path
            here -= AROUND_INDRAMAYU if path in CONCERNS_A_REGION else set()
            assert all(village.startswith("32.12.") for village in here), path
            assert neighbour.items(service, f"{path}?region=33.07", after=wonosobo.at) == [], path
            assert neighbour.items(service, f"{path}?region={WONOSOBO}") == [], path
            there = {place(item) for item in everybody.items(service, path, after=wonosobo.at)}
            assert {WONOSOBO, INDRAMAYU} <= there, path
        for path in DETAILS[service]:
            assert everybody.get(service, at(path, wonosobo, indramayu), after=wonosobo.at).status_code == 200, path
            assert neighbour.get(service, at(path, indramayu, indramayu)).status_code == 200, path
            answer = neighbour.get(service, at(path, wonosobo, indramayu))
            assert (answer.status_code, answer.json()["slug"]) == (404, "not-found"), path
    if service == "migration_service":
        assert neighbour.items(service, f"/trips?worker_id={wonosobo.person_id}") == []


@pytest.mark.parametrize("service", SERVICES)
def test_writes_on_what_lies_there_find_nothing(
    house: House, neighbour: Api, wonosobo: There, indramayu: There, service: str
) -> None:
    """404 as for what does not exist at all, a check too; and no log has grown."""
    before = positions(house)
    for method, path, body in WRITES_THERE[service]:
        for check in (False, True):
            answer = neighbour.request(
                method,
                service,
                at(path, wonosobo, indramayu),
                body=filled(body, wonosobo, indramayu),
                if_match='"1"',
                after=f"{wonosobo.at}, {indramayu.at}",
                check=check,
            )
            assert answer.status_code == 404, (method, path, answer.text)
            assert answer.json()["slug"] in (
                "not-found",
                "worker-unknown",
                "person-unknown",
                "partner-unknown",
            ), (method, path)
    assert positions(house) == before


@pytest.mark.parametrize("service", SERVICES)
def test_no_write_may_name_a_village_there(
    house: House, neighbour: Api, wonosobo: There, indramayu: There, service: str
) -> None:
    """403 `outside-area`, a check too; and no log has grown."""
    before = positions(house)
    for method, path, body in NAMES_A_VILLAGE_THERE[service]:
        own = at(path, wonosobo, indramayu)
        tag = neighbour.get(service, own, after=indramayu.at).headers["ETag"] if method == "PATCH" else None
        for check in (False, True):
            answer = neighbour.request(
                method, service, own, body=filled(body, wonosobo, indramayu), if_match=tag, check=check
            )
            assert (answer.status_code, answer.json()["slug"]) == (403, "outside-area"), (method, path)
    assert positions(house) == before


@pytest.mark.parametrize("service", IN_BULK)
def test_each_item_of_many_is_refused_as_it_is_alone(
    house: House, neighbour: Api, wonosobo: There, indramayu: There, service: str
) -> None:
    """What lies there is not found, a village there may not be named; and no log has grown."""
    before = positions(house)
    after = f"{wonosobo.at}, {indramayu.at}"
    for bulk in IN_BULK[service]:
        bodies = [
            filled(body, wonosobo, indramayu)
            for method, path, body in (*WRITES_THERE[service], *NAMES_A_VILLAGE_THERE[service])
            if (method, path) == ("POST", bulk)
        ]
        assert bodies
        for check in (False, True):
            alone = [neighbour.request("POST", service, bulk, body=body, after=after, check=check) for body in bodies]
            items = [{"key": str(uuid.uuid4()), "body": body} for body in bodies]
            answer = neighbour.request("POST", service, f"{bulk}/bulk", body={"items": items}, after=after, check=check)
            told = [(one["status"], one["slug"]) for one in answer.json()["results"]]
            assert told == [(one.status_code, one.json()["slug"]) for one in alone]
            assert {status for status, _ in told} <= {403, 404}
    assert positions(house) == before


def test_an_officer_of_another_area_finds_nobody_to_hold_and_nobody_else_may_ask(
    house: House, neighbour: Api, wonosobo: There, indramayu: There
) -> None:
    before = positions(house)
    with Api(house, "data-protection-officer", "32.12", subject="officer") as officer:
        for method, path, body in BY_OFFICER:
            asked = at(path, wonosobo, indramayu)
            for api, expected in ((officer, (404, "not-found")), (neighbour, (403, "scope-missing"))):
                answer = api.request(method, "registry", asked, body=body, after=wonosobo.at)
                assert (answer.status_code, answer.json()["slug"]) == expected, (method, path)
    assert positions(house) == before


def test_nobody_is_recruited_from_another_area(house: House, neighbour: Api, wonosobo: There, indramayu: There) -> None:
    """Somebody on a roster there counts as on none here: the answer is that for a person nobody knows."""
    before = positions(house)
    for service, path, slug in (
        ("enterprise", f"/courses/{indramayu.course_id}/enrolments", "not-on-roster"),
        ("cooperative", f"/groups/{indramayu.group_id}/members", "not-a-prospect"),
    ):
        answers = [
            neighbour.post(service, path, {"person_id": person}, after=wonosobo.at)
            for person in (wonosobo.candidate, str(uuid.uuid4()))
        ]
        assert [(answer.status_code, answer.json()) for answer in answers] == [(409, answers[1].json())] * 2
        assert answers[0].json()["slug"] == slug
    assert positions(house) == before


def test_a_nik_from_there_tells_no_name(house: House, api: Api, neighbour: Api) -> None:
    """Whatever name it is tried with, the answer is the same: registered elsewhere."""
    number = nik(next(_serials), "330701")
    there = api.post("registry", "/persons", {"nik": number, "name": "Siti Contoh", "village": WONOSOBO})
    assert there.status_code == 201
    before = positions(house)
    answers = [
        neighbour.post("registry", "/workers", {"nik": number, "name": name, "village": INDRAMAYU}, check=check)
        for name in ("Siti Contoh", "Rini Contoh")
        for check in (False, True)
    ]
    assert {answer.status_code for answer in answers} == {409}
    assert len({answer.content for answer in answers}) == 1
    assert answers[0].json()["slug"] == "nik-registered-elsewhere"
    assert positions(house) == before


def test_only_the_programme_office_designates_and_only_in_its_area(house: House, neighbour: Api) -> None:
    body = {"village": "33.07.01.2004", "year": 2019, "decree": "KEP-59/2017"}
    before = positions(house)
    answer = neighbour.post("registry", "/villages", body)
    assert (answer.status_code, answer.json()["slug"]) == (403, "scope-missing")
    with Api(house, "programme-office", "32", subject="west-java") as office:
        answer = office.post("registry", "/villages", body)
        assert (answer.status_code, answer.json()["slug"]) == (403, "outside-area")
    assert positions(house) == before


@pytest.mark.parametrize("service", SERVICES)
def test_the_feed_is_for_services_and_operators(house: House, neighbour: Api, service: str) -> None:
    """403 `scope-missing` for everybody else, whatever their area."""
    with Api(house) as everybody, Api(house, "service", subject="sixth") as sixth:
        for api in (neighbour, everybody):
            answer = api.get(service, "/feed?after=0")
            assert (answer.status_code, answer.json()["slug"]) == (403, "scope-missing")
        assert sixth.get(service, "/feed?after=0&limit=1").status_code == 200


def test_an_area_ends_where_its_code_does(house: House, wonosobo: There) -> None:
    """33.0 is no prefix of 33.07, and a village's officer sees one village."""
    with Api(house, "village-officer", "33.0", subject="nowhere") as nowhere:
        assert nowhere.items("registry", "/persons", after=wonosobo.at) == []
        assert nowhere.get("registry", f"/persons/{wonosobo.person_id}").status_code == 404
    with Api(house, "village-officer", WONOSOBO, subject="officer") as officer:
        assert {person["village"] for person in officer.items("registry", "/persons")} == {WONOSOBO}
        named = officer.post("registry", "/persons", {"name": "Siti Contoh", "village": "33.07.01.2004"})
        assert (named.status_code, named.json()["slug"]) == (403, "outside-area")
