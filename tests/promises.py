"""What the API pages promise, held against every answer that a test gets from a house.

A route answers no status and no problem that its page does not list, and what it answers has the form shown there.
"""

from functools import cache
from typing import Any

import httpx
from fastapi import FastAPI
from fastapi.routing import APIRoute
from pydantic import TypeAdapter

from shared.http import kernel
from shared.http.app import routes
from shared.http.bulk import SUFFIX
from tests.architecture.names import service


@cache
def application(name: str) -> FastAPI:
    """A service's routes with nothing behind them."""
    return routes(service(name))


@cache
def _routes(name: str) -> list[APIRoute]:
    known = [*kernel.router.routes, *service(name).router.routes]
    return [route for route in known if isinstance(route, APIRoute)]


@cache
def _form(model: Any) -> TypeAdapter[Any]:
    return TypeAdapter(model)


def slugs(response: dict[str, Any]) -> set[str]:
    """The problems that a documented response lists."""
    return set(response.get("content", {}).get("application/problem+json", {}).get("examples", ()))


def hold(name: str, answer: httpx.Response) -> None:
    """Fail if *answer*, of the service *name*, is one that its page does not promise."""
    method, path = answer.request.method, answer.request.url.path
    route = next((r for r in _routes(name) if method in (r.methods or ()) and r.path_regex.match(path)), None)
    if route is None:  # no such route: nothing is promised
        return
    promised = application(name).openapi()["paths"][route.path][method.lower()]["responses"]
    status = str(answer.status_code)
    assert status in promised, f"{method} {route.path} does not say that it answers {status}: {answer.text}"
    if answer.headers.get("Content-Type") == "application/problem+json":
        slug = answer.json()["slug"]
        assert slug in slugs(promised[status]), f"{method} {route.path} does not list {slug}"
    elif model := route.responses.get(status, {}).get("model"):
        _form(model).validate_json(answer.content)
    if route.path.endswith(SUFFIX) and status == "200":
        alone = application(name).openapi()["paths"][route.path.removesuffix(SUFFIX)][method.lower()]["responses"]
        for one in answer.json()["results"]:
            assert str(one["status"]) in alone, f"{route.path} answers an item with {one['status']}"
            if "slug" in one:
                assert one["slug"] in slugs(alone[str(one["status"])]), f"{route.path} answers an item {one['slug']}"
