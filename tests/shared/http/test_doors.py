"""What every service answers to requests as nobody should send them: never a fault, never an echo, always a problem.

Each is tried at every service that has such a route, since a rule that one door forgets is found there.
"""

import base64
import json
import uuid
from collections.abc import Iterator, Mapping
from contextlib import ExitStack
from typing import Any

import httpx
import pytest

from deploy import SERVICES
from deploy.house import House
from shared.feed import PAGE
from shared.http import kernel
from shared.http.access import SCOPES_OF
from tests.houses import KURIPAN, Api, nik
from tests.promises import application

WRITES: dict[tuple[str, str], dict[str, Any]] = {
    ("registry", "/persons"): {"name": "Siti Contoh", "village": KURIPAN},
    ("registry", "/workers"): {"name": "Siti Contoh", "village": KURIPAN},
    ("registry", "/households"): {"village": KURIPAN, "members": [str(uuid.UUID(int=1))]},
    ("migration_service", "/departures"): {
        "worker_id": str(uuid.UUID(int=1)),
        "country": "Taiwan",
        "contract_date": "2024-01-01",
    },
    ("migration_service", "/returns"): {
        "trip_id": str(uuid.UUID(int=1)),
        "returned_on": "2024-01-01",
        "reason": "leave",
    },
    ("migration_service", "/leave-ends"): {"trip_id": str(uuid.UUID(int=1)), "ended_on": "2024-01-01"},
    ("enterprise", "/courses"): {"village": KURIPAN, "title": "Keripik", "starts_on": "2026-01-01"},
    ("cooperative", "/groups"): {"village": KURIPAN, "name": "Kelompok Tani"},
}
LISTS = [
    ("registry", "/villages", 2),
    ("registry", "/persons", 2),
    ("registry", "/workers", 2),
    ("registry", "/households", 2),
    ("registry", "/figures", 1),
    ("migration_service", "/trips", 3),
    ("migration_service", "/service-files", 2),
    ("migration_service", "/figures", 1),
    ("enterprise", "/training-roster", 2),
    ("enterprise", "/courses", 3),
    ("enterprise", "/figures", 1),
    ("parenting", "/children", 2),
    ("parenting", "/figures", 1),
    ("cooperative", "/prospects", 2),
    ("cooperative", "/groups", 2),
    ("cooperative", "/figures", 1),
]
UNHEARD = "Rahasia"
"""Stands in what is sent, and in nothing that is answered."""


@pytest.fixture
def operator(house: House) -> Iterator[Api]:
    with Api(house, "operator", subject="tests-operator") as api:
        yield api


def send(
    api: Api,
    method: str,
    service: str,
    path: str,
    content: bytes | None = None,
    headers: Mapping[str, str | bytes] | list[tuple[str, str]] | None = None,
) -> httpx.Response:
    """A request as it stands, byte for byte."""
    given: list[tuple[str, Any]] = list(headers.items()) if isinstance(headers, Mapping) else list(headers or ())
    if method != "GET" and not any(name == "Idempotency-Key" for name, _ in given):
        given.append(("Idempotency-Key", str(uuid.uuid4())))
    if content is not None and not any(name == "Content-Type" for name, _ in given):
        given.append(("Content-Type", "application/json"))
    return api._client.request(method, api._house.addresses[service] + path, content=content, headers=given)


def refused(answer: httpx.Response, status: int, slug: str) -> dict[str, Any]:
    """*answer* is that problem, in both languages, and quotes nothing."""
    assert answer.status_code == status, answer.text
    assert answer.headers["Content-Type"] == "application/problem+json"
    problem: dict[str, Any] = answer.json()
    assert (problem["slug"], problem["status"]) == (slug, status)
    assert problem["type"] == f"urn:desmigratif:problem:{slug}"
    assert problem["title"]
    assert problem["title_id"]
    assert problem["title"] != problem["title_id"]
    assert UNHEARD not in answer.text
    return problem


def position(operator: Api, service: str) -> int:
    return int(operator.get(service, "/operations/status").raise_for_status().json()["position"])


# ── Bodies ───────────────────────────────────────────────────────────────────────────────────────────────────────────

MALFORMED = {
    "nothing": b"",
    "no JSON": b"{Rahasia",
    "half of it": b'{"name": "Rahasia',
    "null": b"null",
    "a number": b"1",
    "a list": b'["Rahasia"]',
    "a text": b'"Rahasia"',
    "not UTF-8": b'{"name": "Rahasia\xff"}',
    "UTF-16": '{"name": "Rahasia"}'.encode("utf-16-le"),
    "too deep": b'{"a":' * 5_000 + b"1" + b"}" * 5_000,
    "lists too deep": b"[" * 100_000,
    "a digit too many": b'{"year": ' + b"9" * 5_000 + b"}",
    "not a number": b'{"name": NaN}',
    "a field that is none": b'{"Rahasia": 1}',
    "a form": b"name=Rahasia",
}


@pytest.mark.parametrize(("service", "path"), WRITES)
def test_a_body_that_no_route_takes_is_malformed(api: Api, operator: Api, service: str, path: str) -> None:
    before = position(operator, service)
    for body in MALFORMED.values():
        refused(send(api, "POST", service, path, body), 422, "malformed")
        refused(send(api, "POST", service, path, body, {"Content-Type": "text/plain"}), 422, "malformed")
    assert position(operator, service) == before


@pytest.mark.parametrize(("service", "path"), WRITES)
def test_each_field_is_held_against_its_form(api: Api, operator: Api, service: str, path: str) -> None:
    """Text that no log can keep, other types, a misspelled field: 422, and never what was sent."""
    good = WRITES[service, path]
    before = position(operator, service)
    assert "Rahasia" not in json.dumps(good)
    for field in good:
        # JSON can say NUL and lone surrogates; PostgreSQL and UTF-8 cannot.
        for value in ('"Raha\\u0000sia"', '"\\ud800Rahasia"', '{"Rahasia": 1}', '["Rahasia"]', "true", "1e400"):
            parts = [f'"{name}": {value if name == field else json.dumps(told)}' for name, told in good.items()]
            body = "{" + ", ".join(parts) + "}"
            answer = send(api, "POST", service, path, body.encode())
            assert answer.status_code == 422, (field, value, answer.text)
            assert "Rahasia" not in answer.text
        misspelled = {(f"{name}_rahasia" if name == field else name): told for name, told in good.items()}
        answer = send(api, "POST", service, path, json.dumps(misspelled).encode())
        assert (answer.status_code, answer.json()["slug"]) == (422, "malformed")
        assert "rahasia" not in answer.text
    assert position(operator, service) == before


@pytest.mark.parametrize(("service", "path"), WRITES)
def test_a_body_has_an_end(api: Api, service: str, path: str) -> None:
    long = json.dumps(WRITES[service, path] | {"more": UNHEARD * 200_000}).encode()
    refused(send(api, "POST", service, path, long), 413, "too-large")


def test_a_backslash_before_u0000_is_no_nul(api: Api) -> None:
    """What looks like NUL in JSON and is not, is kept as it is."""
    name = "Siti \\u0000 Contoh"
    made = api.post("registry", "/persons", {"name": name, "village": KURIPAN})
    assert made.status_code == 201
    shown = api.get("registry", f"/persons/{made.json()['id']}", after=made.headers["Event-Position"])
    assert shown.json()["name"] == name


def test_a_body_where_none_is_asked_for_is_read_all_the_same(api: Api) -> None:
    """It belongs to what the key was used for."""
    person = api.post("registry", "/persons", {"name": "Siti Contoh", "village": KURIPAN}).json()["id"]
    refused(send(api, "POST", "registry", f"/persons/{person}/erasure", b"{Rahasia"), 422, "malformed")
    refused(send(api, "DELETE", "registry", f"/persons/{person}/death", b"\xff", {"If-Match": '"1"'}), 422, "malformed")


# ── Headers ──────────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(("service", "path"), WRITES)
def test_a_write_needs_a_key(api: Api, service: str, path: str) -> None:
    """A check writes nothing and needs none."""
    body = json.dumps(WRITES[service, path]).encode()
    refused(send(api, "POST", service, path, body, {"Idempotency-Key": ""}), 400, "idempotency-key-missing")
    refused(send(api, "POST", service, path, body, {"Idempotency-Key": "k" * 256}), 422, "malformed")
    assert send(api, "POST", service, f"{path}?check=1", body, {"Idempotency-Key": ""}).status_code in (200, 404)


def test_a_key_may_hold_whatever_a_header_may(api: Api) -> None:
    body = json.dumps(WRITES["registry", "/persons"]).encode()
    for key in (b"k" * 255, "Desa é".encode("latin-1"), b"\xff\xfe", b"'; DROP TABLE log.events; --"):
        own = {"Idempotency-Key": uuid.uuid4().hex[:8].encode() + key[: 255 - 8]}
        answers = [send(api, "POST", "registry", "/persons", body, own) for _ in range(2)]
        assert [answer.status_code for answer in answers] == [201, 201]
        assert answers[0].content == answers[1].content


def test_a_key_is_kept_nowhere_in_clear(house: House, api: Api) -> None:
    """Callers use a NIK as key: neither the log's rows nor any line of a log file holds it."""
    number = nik(60_001, "330710")
    body = {"name": "Siti Contoh", "village": KURIPAN}
    made = api.post("registry", "/persons", body, key=number)
    assert made.status_code == 201
    refused(api.post("registry", "/persons", body | {"name": UNHEARD}, key=number), 422, "idempotency-key-reused")
    assert api.post("registry", "/persons", {}, key=number).status_code == 422
    for file in sorted((house.data / "logs").iterdir()):
        assert number.encode() not in file.read_bytes(), file.name
    with Api(house, "service", subject="sixth") as peer:
        assert number not in peer.get("registry", "/feed?after=0").text


@pytest.mark.parametrize(
    "tag", ["x", "1", '"x"', '"1', 'W/"1"', "*", '"1", "2"', '"-1"', '""', '"' + "9" * 19 + '"', '"' + "9" * 5000 + '"']
)
def test_if_match_takes_one_etag(api: Api, tag: str) -> None:
    person = f"/persons/{uuid.uuid4()}"
    answer = send(api, "PATCH", "registry", person, b'{"name": "Siti"}', {"If-Match": tag})
    refused(answer, 400, "if-match-malformed")


def test_an_edit_says_on_what_it_is_based(api: Api) -> None:
    made = api.post("registry", "/persons", {"name": "Siti Contoh", "village": KURIPAN})
    person = f"/persons/{made.json()['id']}"
    refused(send(api, "PATCH", "registry", person, b'{"name": "Rini"}'), 428, "if-match-required")
    for tag in ('"0"', '"2"', '"' + "9" * 18 + '"'):
        answer = send(api, "PATCH", "registry", person, b'{"name": "Rini"}', {"If-Match": tag})
        refused(answer, 412, "version-mismatch")
    assert send(api, "PATCH", "registry", person, b'{"name": "Rini"}', {"If-Match": '"1"'}).status_code == 200


@pytest.mark.parametrize("service", SERVICES)
def test_a_position_is_one_that_was_answered(api: Api, service: str) -> None:
    at = api.post("registry", "/persons", {"name": "Siti Contoh", "village": KURIPAN}).headers["Event-Position"]
    path = next(path for named, path, _ in LISTS if named == service)
    for after in ("x", "", ",", "registry", "registry=1", "registry=x@00000000", "registry=-1@00000000"):
        refused(send(api, "GET", service, path, None, {"After-Position": after}), 400, "position-unknown")
    for after in (f"{at}, x", f"{at},", at.replace("@", "@0"), at.replace("registry=", "registry=1@,registry=")):
        refused(send(api, "GET", service, path, None, {"After-Position": after}), 400, "position-unknown")
    assert send(api, "GET", service, path, None, {"After-Position": at}).status_code == 200
    # Of a service that nobody here hears, nothing is asked.
    assert send(api, "GET", service, path, None, {"After-Position": "elsewhere=9@12345678"}).status_code == 200


@pytest.mark.parametrize("service", ["registry", "migration_service", "enterprise", "parenting"])
def test_a_position_beyond_the_log_is_unknown(api: Api, service: str) -> None:
    """At the writer itself and at who hears it; and of another log at once."""
    at = api.post("registry", "/persons", {"name": "Siti Contoh", "village": KURIPAN}).headers["Event-Position"]
    path = next(path for named, path, _ in LISTS if named == service)
    log8 = at.split("registry=")[1].split("@")[1][:8]
    for after in (f"registry=999999999@{log8}", "registry=1@00000000", f"registry={'9' * 18}@{log8}"):
        refused(send(api, "GET", service, path, None, {"After-Position": after}), 400, "position-unknown")


def test_a_header_sent_twice_is_one_list(api: Api) -> None:
    """A second After-Position is waited for too, hence also looked at."""
    at = api.post("registry", "/persons", {"name": "Siti Contoh", "village": KURIPAN}).headers["Event-Position"]
    twice = [("After-Position", at), ("After-Position", "registry=999999999@00000000")]
    refused(send(api, "GET", "registry", "/persons", None, twice), 400, "position-unknown")
    assert send(api, "GET", "registry", "/persons?limit=1", None, [("After-Position", at)] * 2).status_code == 200


@pytest.mark.parametrize("traceparent", ["x", "00-" + "0" * 32 + "-" + "0" * 16 + "-00", "ff" * 30, "\xe9"])
def test_a_trace_that_makes_no_sense_is_left_aside(api: Api, traceparent: str) -> None:
    headers = {"traceparent": traceparent.encode("latin-1")}
    assert send(api, "GET", "registry", "/figures", None, headers).status_code == 200


# ── Addresses ────────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("service", SERVICES)
def test_a_parameter_that_the_route_does_not_take_is_malformed(house: House, operator: Api, service: str) -> None:
    """On every route that needs a token, before anything is looked for or done: a check that is misspelled too."""
    asks = {scope: role for role, scopes in SCOPES_OF.items() for scope in scopes}
    before = position(operator, service)
    with ExitStack() as stack:
        callers = {role: stack.enter_context(Api(house, role, subject="tests")) for role in set(asks.values())}
        for (method, path), scope in application(service).state.scopes.items():
            for query in ("Rahasia=Rahasia", "check=1&chek=Rahasia", "regoin=Rahasia&limit=x"):
                problem = refused(send(callers[asks[scope]], method, service, f"{path}?{query}"), 422, "malformed")
                assert {"column": "query", "code": "extra_forbidden"} in problem["errors"], (method, path, query)
                assert "chek" not in str(problem), "a name may be a NIK"
    assert position(operator, service) == before


@pytest.mark.parametrize("service", SERVICES)
def test_a_parameter_that_is_sent_twice_is_malformed(house: House, operator: Api, service: str) -> None:
    """Whichever it is, also with the same value: the last would count, and the caller meant both."""
    asks = {scope: role for role, scopes in SCOPES_OF.items() for scope in scopes}
    routes = application(service).state
    before = position(operator, service)
    with ExitStack() as stack:
        callers = {role: stack.enter_context(Api(house, role, subject="tests")) for role in set(asks.values())}
        for route, scope in routes.scopes.items():
            method, path = route
            for name in routes.parameters[route]:
                answer = send(callers[asks[scope]], method, service, f"{path}?{name}=1&{name}=1")
                problem = refused(answer, 422, "malformed")
                assert problem["errors"] == [{"column": name, "code": "repeated"}], (route, name)
    assert position(operator, service) == before


# ── Lists ────────────────────────────────────────────────────────────────────────────────────────────────────────────


def cursor(*values: Any) -> str:
    return base64.urlsafe_b64encode(json.dumps(values).encode()).decode()


@pytest.mark.parametrize(("service", "path", "_columns"), LISTS)
def test_a_cursor_is_one_that_a_page_gave(api: Api, service: str, path: str, _columns: int) -> None:
    some = str(uuid.uuid4())
    odd: list[Any] = [None, 1, True, 1e300, 10**30, [], {}, "a\0", ""]
    wrong = ["x", "é", "%00", cursor(), cursor(1), base64.urlsafe_b64encode(b'{"a": 1}').decode()]
    texts = {"/villages": 2}.get(path, 1)  # so many columns of nothing but texts are what a page gives
    for columns in (1, 2, 3, 4):
        for value in odd:
            wrong += [cursor(*[value] * columns), cursor("33", *[value] * (columns - 1)) if columns > 1 else "x"]
        wrong += [cursor("33\0", *[some] * (columns - 1)), cursor(*["x"] * columns) if columns != texts else "x"]
    for tried in wrong:
        answer = api._client.get(api._house.addresses[service] + path, params={"cursor": tried})
        refused(answer, 400, "cursor-malformed")


@pytest.mark.parametrize(("service", "path", "_columns"), LISTS)
def test_a_list_has_limits_and_regions(api: Api, service: str, path: str, _columns: int) -> None:
    for limit in ("0", "-1", "501", "9" * 30, "x", "", "1.5"):
        refused(api.get(service, f"{path}?limit={limit}"), 422, "malformed")
    for region in ("99", "x", "", "%00", "33.07.10.2004.1", "330", "33'--", "9" * 5000):
        refused(api.get(service, f"{path}?region={region}"), 400, "region-unknown")
    for region in ("33", "33.07", "3307", "33.07.10", "3307102004", "33.07.10.2004"):
        for item in api.get(service, f"{path}?region={region}&limit=500").raise_for_status().json()["items"]:
            assert item["village"].startswith("33")


# ── Routes ───────────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("service", SERVICES)
def test_an_id_is_a_uuid(house: House, service: str) -> None:
    """What is none cannot be there; nothing is looked for. Asked by who may read everything."""
    paths = httpx.get(f"{house.addresses[service]}/openapi.json").json()["paths"]
    with Api(house, "data-protection-officer", subject="tests") as api:
        for path in (path for path, methods in paths.items() if "_id}" in path and "get" in methods):
            for wrong in ("x", "1", "%00", "é", "0" * 5000):
                before, _, after = path.partition("{")
                refused(api.get(service, before + wrong + after.partition("}")[2]), 422, "malformed")
            refused(api.get(service, path.partition("{")[0] + str(uuid.uuid4())), 404, "not-found")


@pytest.mark.parametrize("service", SERVICES)
def test_what_is_no_route_is_not_found(api: Api, service: str) -> None:
    path = next(path for named, path, _ in LISTS if named == service)
    for nowhere in ("/nothing-here", "/", f"{path}/", "/Rahasia", "/%00", "/../etc/passwd"):
        refused(send(api, "GET", service, nowhere), 404, "not-found")
    for method in ("PUT", "OPTIONS", "RAHASIA"):
        refused(send(api, method, service, path), 405, "method-not-allowed")
    head = send(api, "HEAD", service, path)
    assert (head.status_code, head.content) == (405, b"")


@pytest.mark.parametrize("service", SERVICES)
def test_health_is_open_and_says_what_is_waited_for(house: House, service: str) -> None:
    address = house.addresses[service]
    live, ready = httpx.get(f"{address}/health/live"), httpx.get(f"{address}/health/ready")
    assert (live.status_code, live.json()) == (200, {"status": "alive"})
    assert (ready.status_code, ready.json()) == (200, {"status": "ready", "waits_for": []})


@pytest.mark.parametrize("service", SERVICES)
def test_every_route_is_described(house: House, service: str) -> None:
    """A summary, a tag, and a word for each parameter that is not plain from the path."""
    described = httpx.get(f"{house.addresses[service]}/openapi.json").json()
    for path, methods in described["paths"].items():
        for method, route in methods.items():
            assert route["summary"], (method, path)
            assert route["tags"], (method, path)
            for parameter in route.get("parameters", ()):
                assert parameter["in"] == "path" or parameter["description"], (method, path, parameter["name"])
    assert httpx.get(f"{house.addresses[service]}/docs").status_code == 200


# ── What an operator asks ────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("service", SERVICES)
def test_a_feed_is_asked_with_numbers(operator: Api, service: str) -> None:
    for asked in ("", "after=-1", "after=x", f"after={2**63}", "after=" + "9" * 30, f"after=0&limit={PAGE + 1}"):
        refused(operator.get(service, f"/feed?{asked}"), 422, "malformed")
    for asked in ("after=1&log=x", f"after=1&log={uuid.uuid4()}&event=x"):
        refused(operator.get(service, f"/feed?{asked}"), 422, "malformed")
    refused(operator.get(service, f"/feed?after=1&log={uuid.uuid4()}"), 409, "cursor-unknown")
    page = operator.get(service, f"/feed?after={2**63 - 1}").json()
    assert page["events"] == []
    log_id = page["log_id"]
    refused(operator.get(service, f"/feed?after={2**63 - 1}&log={log_id}"), 409, "cursor-unknown")


def test_a_feed_pages_in_order(operator: Api, api: Api) -> None:
    """Every number once, from any number on."""
    for _ in range(3):
        api.post("registry", "/persons", {"name": "Siti Contoh", "village": KURIPAN}).raise_for_status()
    whole = operator.get("registry", "/feed?after=0&limit=500").json()
    numbers = [event["number"] for event in whole["events"]]
    assert numbers == list(range(1, len(numbers) + 1))
    after = 0
    first: list[Any] = []
    while len(first) < min(len(numbers), 20):
        page = operator.get("registry", f"/feed?after={after}&limit=2").json()
        assert page["log_id"] == whole["log_id"]
        first += page["events"]
        after = first[-1]["number"]
    assert first == whole["events"][: len(first)]


@pytest.mark.parametrize("service", SERVICES)
def test_operations_are_asked_with_sense(operator: Api, service: str) -> None:
    for number in ("", "0", "-1", "x", str(2**63), "9" * 30):
        refused(operator.get(service, f"/operations/verify/event?number={number}"), 422, "malformed")
    refused(operator.get(service, f"/operations/verify/event?number={2**63 - 1}"), 404, "not-found")
    for word in ("", "%00", "x" * 101, "Worker-Returned", "é"):
        refused(operator.get(service, f"/operations/propagation?word={word}"), 422, "malformed")
    assert operator.get(service, "/operations/propagation?word=NeverSaid").json()["n"] == 0
    for view in ("nothing-here", "%00", "'"):
        refused(operator.post(service, f"/operations/views/{view}/rebuild"), 404, "view-unknown")
    assert not operator.get(service, "/operations/status").json()["stopped"]


def test_the_open_paths_are_few() -> None:
    """Whatever is added to them is open to anybody."""
    page = {"/docs", "/docs/favicon.png", "/docs/swagger-ui-bundle.js", "/docs/swagger-ui.css"}
    assert kernel.OPEN == {"/health/live", "/health/ready", "/openapi.json", *page}
