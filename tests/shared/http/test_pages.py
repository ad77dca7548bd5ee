"""The API pages tell a stranger everything, and tell nobody else that they were read."""

import re
from typing import Any

import httpx
import pytest

import services
import shared
from deploy import SERVICES
from deploy.house import House
from shared.errors import Refusal
from shared.http import kernel, pages, problems
from tests.architecture.names import constants, service
from tests.promises import application, slugs

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
def test_what_a_service_answers_has_a_form(name: str) -> None:
    for route in service(name).scopes:
        found = [response for status, response in operations(name)[route]["responses"].items() if status < "300"]
        assert all("$ref" in response["content"]["application/json"]["schema"] for response in found), route


def test_the_page_is_made_of_nothing_from_outside(house: House) -> None:
    with httpx.Client(base_url=house.addresses["registry"]) as anybody:
        page = anybody.get("/docs").raise_for_status()
        named = re.findall(r"(?:src|href)=\"([^\"]*)\"", page.text)
        assert {f"/{path}" for path in named} | {"/docs", "/openapi.json"} == pages.PATHS
        assert "//" not in page.text.replace("<!--", "").replace("// ", "")
        assert "default-src 'none'" in page.headers["Content-Security-Policy"]
        for path in named:
            assert anybody.get(f"/{path}").raise_for_status().content
