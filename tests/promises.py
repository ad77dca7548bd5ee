"""What the API pages promise, held against every answer that a test gets from a house or on the kernel's street.

A route answers no status and no problem that its page does not list, and what it answers has the form shown there.
"""

from collections.abc import Iterator, Sequence
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
    return [route for route in service(name).router.routes if isinstance(route, APIRoute)]


KERNEL = [route for route in kernel.router.routes if isinstance(route, APIRoute)]
"""The routes that every service has."""


def answers(name: str) -> Iterator[tuple[APIRoute, str, dict[str, Any]]]:
    """Each route of a service, the kernel's included, with each status of a success and what is documented of it."""
    for route in [*KERNEL, *_routes(name)]:
        for method in route.methods or ():
            promised = application(name).openapi()["paths"][route.path][method.lower()]["responses"]
            for status, response in promised.items():
                if status < "300":
                    yield route, status, response


def example_of(name: str, response: dict[str, Any]) -> Any:
    """The example of a documented response; None without one. Of a page of a list, that of an item."""
    shown = response["content"]["application/json"]
    if "example" in shown:
        return shown["example"]
    schemas = application(name).openapi()["components"]["schemas"]
    schema = schemas[shown["schema"]["$ref"].rsplit("/", 1)[1]]
    if "next" in schema["properties"]:
        schema = schemas[schema["properties"]["items"]["items"]["$ref"].rsplit("/", 1)[1]]
    return next(iter(schema.get("examples", ())), None)


@cache
def _form(model: Any) -> TypeAdapter[Any]:
    return TypeAdapter(model)


def form_of(route: APIRoute, status: str) -> Any:
    """The model of what *route* answers with *status*."""
    form = route.responses.get(status, {}).get("model")
    assert form is not None, f"{route.path} does not say of what form its {status} is"
    return form


def slugs(response: dict[str, Any]) -> set[str]:
    """The problems that a documented response lists."""
    return set(response.get("content", {}).get("application/problem+json", {}).get("examples", ()))


def hold(name: str, answer: httpx.Response) -> None:
    """Fail if *answer*, of the service *name*, is one that its page does not promise."""
    _hold(name, [*KERNEL, *_routes(name)], answer)


def hold_kernel(name: str, answer: httpx.Response) -> None:
    """The same for a service that bears the *name* of one and has routes of its own: what the kernel answers there."""
    _hold(name, KERNEL, answer)


def _hold(name: str, known: Sequence[APIRoute], answer: httpx.Response) -> None:
    method, path = answer.request.method, answer.request.url.path
    route = next((r for r in known if method in (r.methods or ()) and r.path_regex.match(path)), None)
    if route is None:  # no such route: nothing is promised
        return
    promised = application(name).openapi()["paths"][route.path][method.lower()]["responses"]
    status = str(answer.status_code)
    assert status in promised, f"{method} {route.path} does not say that it answers {status}: {answer.text}"
    if answer.headers.get("Content-Type") == "application/problem+json":
        slug = answer.json()["slug"]
        assert slug in slugs(promised[status]), f"{method} {route.path} does not list {slug}"
    elif answer.headers.get("Content-Type", "").startswith("text/csv"):
        assert "text/csv" in promised[status]["content"], f"{method} {route.path} does not say that it answers CSV"
    else:
        _form(form_of(route, status)).validate_json(answer.content, strict=True)
    if route.path.endswith(SUFFIX) and status == "200":
        alone = application(name).openapi()["paths"][route.path.removesuffix(SUFFIX)][method.lower()]["responses"]
        for one in answer.json()["results"]:
            assert str(one["status"]) in alone, f"{route.path} answers an item with {one['status']}"
            if "slug" in one:
                assert one["slug"] in slugs(alone[str(one["status"])]), f"{route.path} answers an item {one['slug']}"
