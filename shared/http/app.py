"""One service's HTTP application: who asks is settled before the route is looked for."""

from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any, cast

import aiohttp
import structlog
from fastapi import FastAPI
from fastapi.dependencies.utils import get_flat_params
from fastapi.params import Param, ParamTypes
from fastapi.routing import RouteContext, iter_route_contexts
from fastapi.telemetry import TelemetryConfig
from opentelemetry.trace import Span, SpanKind, StatusCode
from starlette.exceptions import HTTPException
from starlette.responses import Response

from shared import telemetry
from shared.errors import Refused
from shared.http import bulk, kernel, pages, problems
from shared.http.access import TOKEN_INVALID, TOKEN_MISSING, TokenInvalid, Tokens
from shared.http.doors import GUARDED
from shared.runtime import Runtime
from shared.service import Service

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]

log = structlog.get_logger()

_MOST_BYTES = 1 << 20
_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "CONNECT", "TRACE"})
_SERVER_ERROR = 500

_NO_TELEMETRY: TelemetryConfig = {"tracing": False, "metrics": False, "logs": False, "auto_configure": False}
"""FastAPI's own spans hold the address as it was asked, and with it what a caller wrote there (P6)."""


class Doorkeeper:
    """Outermost: a span and a token for all but health and the API pages."""

    def __init__(
        self, app: Callable[[Scope, Receive, Send], Awaitable[None]], runtime: Runtime, tokens: Tokens
    ) -> None:
        self._app = app
        self._runtime = runtime
        self._tokens = tokens

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        if scope["path"] in kernel.OPEN:  # probes would be most of what is traced
            await self._app(scope, _bounded(scope, receive), send)
            return
        headers = {name: value for name, value in scope["headers"] if name in (b"authorization", b"traceparent")}
        traceparent = headers.get(b"traceparent")
        # A caller may write anything for a method too.
        method = scope["method"] if scope["method"] in _METHODS else "HTTP"
        attributes = {
            "http.request.method": method if method in _METHODS else "_OTHER",
            "network.protocol.version": scope["http_version"],
        }
        with telemetry.span(
            method, traceparent.decode("latin-1") if traceparent else None, SpanKind.SERVER, attributes
        ) as span:

            async def sending(message: MutableMapping[str, Any]) -> None:
                if message["type"] == "http.response.start" and span.is_recording():
                    _tell(span, method, scope, message["status"])
                await send(message)

            refused = await self._refused(scope, headers.get(b"authorization", b"").decode("latin-1"))
            if refused:
                await refused(scope, receive, sending)
            else:
                await self._app(scope, _bounded(scope, receive), sending)

    async def _refused(self, scope: Scope, authorization: str) -> Response | None:
        scheme, _, token = authorization.partition(" ")
        if scheme.lower() != "bearer" or not token:
            return problems.answer(Refused(TOKEN_MISSING), {"WWW-Authenticate": "Bearer"})
        try:
            scope["caller"] = await self._tokens.caller(token.strip())
        except TokenInvalid:
            return problems.answer(Refused(TOKEN_INVALID), {"WWW-Authenticate": 'Bearer error="invalid_token"'})
        except (aiohttp.ClientError, OSError) as error:
            log.warning("no-keys-of-the-issuer", error=type(error).__name__)
            return problems.answer(Refused(problems.UNAVAILABLE))
        if self._runtime.waits_for or self._runtime.stopping:
            return problems.answer(Refused(problems.STARTING))
        return None


def _tell(span: Span, method: str, scope: Scope, status: int) -> None:
    """How a request ended. Its address stays out: it holds what the caller wrote there (P6)."""
    route = getattr(scope.get("route"), "path", None)
    if route:
        span.update_name(f"{method} {route}")
        span.set_attribute("http.route", route)
    span.set_attribute("http.response.status_code", status)
    if status >= _SERVER_ERROR:
        span.set_status(StatusCode.ERROR)
        span.set_attribute("error.type", str(status))


def _bounded(scope: Scope, receive: Receive) -> Receive:
    """*receive*, up to as much of a body as its route may take: nothing that it does take is near it."""
    received = 0

    async def receiving() -> MutableMapping[str, Any]:
        nonlocal received
        message = await receive()
        received += len(message.get("body") or b"")
        # The route is known by now: nobody reads a body before it was looked for.
        in_bulk = getattr(scope.get("route"), "path", "").endswith(bulk.SUFFIX)
        if received > (bulk.MOST_BYTES if in_bulk else _MOST_BYTES):
            raise HTTPException(413)
        return message

    return receiving


def build(service: Service, runtime: Runtime) -> Doorkeeper:
    """The application; refuses to be built where a route has no row in a scope table."""
    app = routes(service)
    app.state.runtime = runtime
    settings = runtime.settings
    return Doorkeeper(app, runtime, Tokens(settings.jwks, settings.issuer, settings.audience))


def routes(service: Service) -> FastAPI:
    """The application without anything behind it: enough for its document."""
    app = pages.Documented(service, {**service.tags, **kernel.TAGS}, telemetry=_NO_TELEMETRY)
    app.state.scopes = {**kernel.SCOPES, **service.scopes}
    app.include_router(kernel.router)
    app.include_router(service.router, dependencies=GUARDED)
    app.state.parameters = {one: _parameters(route) for one, route in _served(app).items()}
    pages.install(app)
    problems.install(app)
    without = unscoped(app)
    if without:
        raise RuntimeError(f"routes without a scope: {sorted(without)}")
    return app


def unscoped(app: FastAPI) -> set[tuple[str, str]]:
    """Routes that have no row in the scope table."""
    return {one for one in _served(app) if one not in app.state.scopes and one[1] not in kernel.OPEN}


def _served(app: FastAPI) -> dict[tuple[str, str], RouteContext]:
    """The routes of the document, by method and path: to ask the document itself would take a start twice as long."""
    return {
        (method, cast("str", route.path)): route
        for route in iter_route_contexts(app.routes)
        if getattr(route, "include_in_schema", False)
        for method in route.methods or ()
    }


def _parameters(route: RouteContext) -> frozenset[str]:
    """The names that a route takes in its address behind ``?``."""
    taken = get_flat_params(route.dependant)
    return frozenset(field.alias for field in taken if cast("Param", field.field_info).in_ is ParamTypes.query)
