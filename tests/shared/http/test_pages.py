"""The API pages tell a stranger everything, and tell nobody else that they were read."""

import json
import re
from typing import Any

import httpx
import pytest
from pydantic import TypeAdapter

import services
import shared
from deploy import SERVICES
from deploy.house import House
from shared import wire
from shared.errors import Refusal
from shared.http import Page, kernel, pages, problems
from tests.architecture.names import constants
from tests.promises import answers, application, example_of, form_of, slugs

each_service = pytest.mark.parametrize("name", SERVICES)


def operations(name: str) -> dict[tuple[str, str], dict[str, Any]]:
    """Every documented route: method and path."""
    paths = application(name).openapi()["paths"]
    return {(method.upper(), path): found for path, methods in paths.items() for method, found in methods.items()}


def listed(operation: dict[str, Any]) -> set[str]:
    """Every problem that a route lists."""
    return {slug for response in operation["responses"].values() for slug in slugs(response)}


def parameters(operation: dict[str, Any]) -> dict[str, dict[str, Any]]:
    return {parameter["name"]: parameter for parameter in operation.get("parameters", ())}


def test_every_refusal_of_a_service_stands_beside_a_route_of_it() -> None:
    """One that stands nowhere is forgotten, or dead."""
    shown = {(name, slug) for name in SERVICES for operation in operations(name).values() for slug in listed(operation)}
    assert {(name, refusal.slug) for name, refusal in constants(services, Refusal)} - shown == set()


def test_every_refusal_of_the_kernel_stands_beside_some_route() -> None:
    """But for the one that says that there is no such route."""
    shown = {slug for name in SERVICES for operation in operations(name).values() for slug in listed(operation)}
    everywhere = {refusal.slug for _, refusal in constants(shared, Refusal)}
    assert everywhere - shown == {problems.METHOD_NOT_ALLOWED.slug}


@each_service
def test_what_a_parameter_brings_stands_beside_every_route_that_takes_it(name: str) -> None:
    for operation in operations(name).values():
        if "Idempotency-Key" in parameters(operation):
            assert {"idempotency-key-missing", "idempotency-key-reused", "busy"} <= listed(operation)
        if "cursor" in parameters(operation):
            assert {"cursor-malformed", "region-unknown"} <= listed(operation)


@each_service
def test_a_route_takes_the_parameters_that_its_page_shows(name: str) -> None:
    """And no others: what it takes is asked of the route, at every start, and not of the page."""
    shown = {
        route: {name for name, parameter in parameters(operation).items() if parameter["in"] == "query"}
        for route, operation in operations(name).items()
    }
    assert application(name).state.parameters == shown


@each_service
def test_only_an_edit_asks_for_an_etag(name: str) -> None:
    """And then it must be sent; the answers that give one say so."""
    for operation in operations(name).values():
        asked = parameters(operation).get("If-Match")
        assert ("if-match-required" in listed(operation)) == (asked is not None)
        assert asked is None or asked["required"]
        if "Idempotency-Key" in parameters(operation):
            success = [response for status, response in operation["responses"].items() if status < "300"]
            assert all({"ETag", "Event-Position"} <= response["headers"].keys() for response in success)


@each_service
def test_every_route_that_needs_a_token_says_so_and_which_scope(name: str) -> None:
    for (method, path), operation in operations(name).items():
        scope = application(name).state.scopes.get((method, path))
        assert ("security" in operation) == (path not in kernel.OPEN)
        assert scope is None or f"`{scope}`" in operation["description"]


@each_service
def test_every_answer_has_a_form_and_an_example_of_that_form(name: str) -> None:
    """Of the kernel's routes too; what the house answers to the others is in the stories."""
    told = list(answers(name))
    assert {route.path for route, _, _ in told} == {path for _, path in operations(name)}
    for route, status, response in told:
        form, example = form_of(route, status), example_of(name, response)
        assert "$ref" in response["content"]["application/json"]["schema"], route.path
        assert example is not None, f"{route.path} shows no example of its {status}"
        whole = {"items": [example], "next": None} if issubclass(form, Page) else example
        TypeAdapter(form).validate_json(json.dumps(whole), strict=True)


@each_service
def test_what_is_answered_has_no_member_that_nobody_shows(name: str) -> None:
    schemas = application(name).openapi()["components"]["schemas"]
    for _, _, response in answers(name):
        shown = schemas[response["content"]["application/json"]["schema"]["$ref"].rsplit("/", 1)[1]]
        assert shown["additionalProperties"] is False, shown["title"]


def test_the_feed_shows_words_that_somebody_says() -> None:
    [shown] = [example_of("registry", response) for route, _, response in answers("registry") if route.path == "/feed"]
    for event in shown["events"]:
        assert wire.read(event["words"])[1] is not None


LOOKING = {("POST", f"/persons/{path}") for path in ("search", "by-nik", "match")}
"""Reads whose question has no place in an address."""


@each_service
def test_only_what_an_operator_asks_for_and_who_looks_for_a_person_takes_no_key(name: str) -> None:
    """As the page says above everything; in bulk each item has its own."""
    keyless = {
        route
        for route, operation in operations(name).items()
        if route[0] != "GET" and not route[1].endswith("/bulk") and "Idempotency-Key" not in parameters(operation)
    }
    assert keyless - LOOKING == {route for route in kernel.SCOPES if route[0] != "GET"}
    assert all(path.startswith("/operations/") for _, path in keyless - LOOKING)


def test_the_page_is_made_of_nothing_from_outside(house: House) -> None:
    with httpx.Client(base_url=house.addresses["registry"]) as anybody:
        page = anybody.get("/docs").raise_for_status()
        named = re.findall(r"(?:src|href)=\"([^\"]*)\"", page.text)
        assert {f"/{path}" for path in named} | {"/docs", "/openapi.json"} == pages.PATHS
        assert "//" not in page.text.replace("<!--", "").replace("// ", "")
        assert "default-src 'none'" in page.headers["Content-Security-Policy"]
        for path in named:
            assert anybody.get(f"/{path}").raise_for_status().content
