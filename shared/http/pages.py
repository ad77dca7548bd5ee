"""The API pages: a service's OpenAPI document, and ``/docs``, which shows it and asks the internet for nothing."""

from collections.abc import Mapping
from functools import cached_property
from importlib.resources import files
from pathlib import Path
from typing import Any

import fastapi_offline
from fastapi import FastAPI
from fastapi.openapi.docs import get_swagger_ui_html
from fastapi.responses import FileResponse, Response
from fastapi.routing import APIRoute, iter_route_contexts
from fastapi.telemetry import TelemetryConfig

from shared.errors import Refusal
from shared.execute import BUSY, IF_MATCH_REQUIRED, KEY_REUSED
from shared.http import problems
from shared.http.access import SCOPE_MISSING, SCOPES_OF, TOKEN_INVALID, TOKEN_MISSING
from shared.http.answers import Problem, add_problem
from shared.http.doors import CURSOR_MALFORMED, IF_MATCH_MALFORMED, KEY_MISSING, REGION_UNKNOWN
from shared.parking import PARKED
from shared.positions import POSITION_UNKNOWN
from shared.service import Service
from shared.viewing import CATCHING_UP
from shared.waiting import NOT_YET_HEARD

_FILES = ("swagger-ui-bundle.js", "swagger-ui.css", "favicon.png")

PATHS = frozenset({"/openapi.json", "/docs", *(f"/docs/{name}" for name in _FILES)})
"""What the pages are made of."""

_HOW = """

**How to call it.** Every call carries a bearer token (`Authorization: Bearer …`); its roles say what may be done and
its area whose data are there at all. Every write carries an `Idempotency-Key` of your choice: sent again with the same
key it gives the same answer, and nothing is recorded twice; with `?check=1` it is judged and nothing is recorded. An
edit carries `If-Match` with the `ETag` last read. A write answers `Event-Position`: send it as `After-Position`, to
this or any other service, and the answer comes once what you wrote has taken effect there. Lists come in pages: send
`next` back as `cursor`. A field or a parameter that the route does not take is refused (`malformed`). A route that ends
in `/bulk` takes up to a thousand requests of the route before it, each with a `key` in place of the header, and answers
each. Every no is a problem (RFC 9457) with a stable `slug`, listed beside
each route. Who looks for a person by name or number sends a POST that records nothing and takes no key: what is looked
for has no place in an address. What an operator asks for (`POST /operations/…`) is no write either: it says nothing new
about anybody, takes no `Idempotency-Key`, and may be sent again without harm.

**Cara memanggil.** Setiap permintaan membawa token (`Authorization: Bearer …`). Setiap penulisan membawa
`Idempotency-Key`: permintaan yang dikirim ulang dengan kunci yang sama mendapat jawaban yang sama dan tidak dicatat dua
kali; dengan `?check=1` permintaan hanya diperiksa. Perubahan membawa `If-Match` berisi `ETag` yang terakhir dibaca.
Isian atau parameter yang tidak dikenal ditolak (`malformed`).
Alamat yang berakhir dengan `/bulk` menerima hingga seribu permintaan sekaligus,
masing-masing dengan `key`-nya sendiri dan jawabannya sendiri.
Kirim `Event-Position` dari jawaban sebagai `After-Position` agar hasilnya pasti terlihat. Setiap penolakan memuat
`slug` yang tetap; daftarnya ada di setiap alamat. Pencarian orang dengan nama atau NIK dikirim sebagai POST tanpa
kunci: tidak mencatat apa pun, dan yang dicari tidak muncul di alamat. Permintaan operator (`POST /operations/…`) bukan
penulisan: tidak mencatat hal baru tentang siapa pun, tidak memerlukan `Idempotency-Key`, dan aman dikirim ulang.
"""

_ALWAYS = (
    TOKEN_MISSING,
    TOKEN_INVALID,
    SCOPE_MISSING,
    problems.MALFORMED,
    problems.INTERNAL,
    problems.STARTING,
    problems.UNAVAILABLE,
)
"""What any route may refuse with that needs a token."""

_WITH: Mapping[str, tuple[Refusal, ...]] = {
    "After-Position": (POSITION_UNKNOWN, NOT_YET_HEARD, CATCHING_UP, PARKED),
    "Idempotency-Key": (KEY_MISSING, KEY_REUSED, problems.TOO_LARGE, BUSY),
    "If-Match": (IF_MATCH_MALFORMED,),
    "region": (REGION_UNKNOWN,),
    "cursor": (CURSOR_MALFORMED,),
}
"""What a route may refuse with because it takes this parameter."""

_BEARER = {
    "type": "http",
    "scheme": "bearer",
    "bearerFormat": "JWT",
    "description": "A JWT of the issuer this house trusts: `roles` is a list, `area` a region code or `*`.",
}

# The page may ask nobody but the service it came from; the script that starts it stands in the page itself.
_POLICY = (
    "default-src 'none'; connect-src 'self'; img-src 'self' data:; "
    "script-src 'self' 'unsafe-inline'; style-src 'self' 'unsafe-inline'"
)
_LOOKS: dict[str, Any] = {
    "defaultModelsExpandDepth": 0,
    "displayRequestDuration": True,
    "tryItOutEnabled": True,
    "validatorUrl": None,  # else Swagger UI shows the document to its makers' server
}


def _operation_id(route: APIRoute) -> str:
    """The name of the route's function: durable, since generated clients call theirs the same."""
    return route.name


class Documented(FastAPI):
    """A service's application with the whole truth in its document."""

    def __init__(self, service: Service, tags: Mapping[str, str], *, telemetry: TelemetryConfig) -> None:
        super().__init__(
            title=f"Desmigratif {service.name}",
            description=service.charter + _HOW,
            version="1",
            license_info={"name": "Apache-2.0", "url": "https://www.apache.org/licenses/LICENSE-2.0"},
            openapi_tags=[{"name": name, "description": about} for name, about in tags.items()],
            servers=[{"url": "/", "description": "The service that shows this page."}],
            docs_url=None,
            redoc_url=None,
            redirect_slashes=False,
            telemetry=telemetry,
            generate_unique_id_function=_operation_id,
        )

    def openapi(self) -> dict[str, Any]:
        """The document."""
        return self._document

    @cached_property
    def _document(self) -> dict[str, Any]:
        document = super().openapi()
        scopes: Mapping[tuple[str, str], str] = self.state.scopes
        shown = document.setdefault("components", {})
        shown["securitySchemes"] = {"bearer": _BEARER}
        shown.setdefault("schemas", {})["Problem"] = Problem.model_json_schema(
            ref_template="#/components/schemas/{model}"
        )
        shown["schemas"] |= shown["schemas"]["Problem"].pop("$defs")
        shown["schemas"] = {
            name: schema
            for name, schema in sorted(shown["schemas"].items())
            if name not in ("HTTPValidationError", "ValidationError")
        }
        self._put_nulls_back(shown["schemas"])
        shown["examples"] = {}
        for path, methods in document["paths"].items():
            for method, operation in methods.items():
                _complete(operation, scopes.get((method.upper(), path)))
                _share_examples(operation, shown["examples"])
        return document

    def _put_nulls_back(self, schemas: dict[str, Any]) -> None:
        """FastAPI leaves every null out of a document: an example would lack members that a body or an answer has."""
        found = [context.original_route for context in iter_route_contexts(self.routes)]
        routes = [route for route in found if isinstance(route, APIRoute)]
        forms = {answer["model"] for route in routes for answer in route.responses.values() if "model" in answer}
        forms |= {route.body_field.field_info.annotation for route in routes if route.body_field}
        for form in forms:
            schema = form.model_json_schema()
            for name, part in {form.__name__: schema, **schema.get("$defs", {})}.items():
                if "examples" in part:
                    schemas[name]["examples"] = part["examples"]


def _complete(operation: dict[str, Any], scope: str | None) -> None:
    """Add to *operation* what the kernel answers for every route, or for every route with such parameters."""
    responses: dict[str, dict[str, Any]] = operation["responses"]
    if "HTTPValidationError" in str(responses.get("422")):
        del responses["422"]
    if str(IF_MATCH_REQUIRED.status) not in responses:
        # Every write looks at If-Match; what makes something new does not need it.
        operation["parameters"] = [p for p in operation.get("parameters", ()) if p["name"] != "If-Match"]
    parameters = {parameter["name"]: parameter for parameter in operation.get("parameters", ())}
    for parameter in parameters.values():
        parameter["schema"] = _never_null(parameter["schema"])
        if examples := parameter["schema"].get("examples"):
            parameter["example"] = examples[0]  # which Swagger UI fills in
    if "If-Match" in parameters:
        parameters["If-Match"]["required"] = True
    brought = [refusal for name in parameters for refusal in _WITH.get(name, ())]
    if scope is not None:
        roles = sorted(role for role, scopes in SCOPES_OF.items() if scope in scopes)
        operation["description"] += f"\n\nNeeds `{scope}`: {', '.join(roles)}."
        operation["security"] = [{"bearer": []}]
        brought += _ALWAYS
    for refusal in brought:
        add_problem(responses, refusal)
    operation["responses"] = dict(sorted(responses.items()))


def _never_null(schema: dict[str, Any]) -> dict[str, Any]:
    """*schema* of a parameter: one that is left out is not sent as null."""
    kinds = [kind for kind in schema.get("anyOf", ()) if kind != {"type": "null"}]
    return {**kinds[0], **{k: v for k, v in schema.items() if k != "anyOf"}} if len(kinds) == 1 else schema


def _share_examples(operation: dict[str, Any], shared: dict[str, Any]) -> None:
    """Say each problem's example once for the whole document; and of an answer whose form is known, only that form."""
    for response in operation["responses"].values():
        for media, content in response.get("content", {}).items():
            if media == problems.MEDIA_TYPE:
                shared |= content["examples"]
                content["examples"] = {slug: {"$ref": f"#/components/examples/{slug}"} for slug in content["examples"]}
            elif "$ref" in content.get("schema", {}):
                content["schema"] = {"$ref": content["schema"]["$ref"]}


def install(app: FastAPI) -> None:
    """Serve ``/docs``."""
    page = get_swagger_ui_html(
        openapi_url="openapi.json",
        title=app.title,
        swagger_js_url=f"docs/{_FILES[0]}",
        swagger_css_url=f"docs/{_FILES[1]}",
        swagger_favicon_url=f"docs/{_FILES[2]}",
        swagger_ui_parameters=_LOOKS,
    )
    page.headers["Content-Security-Policy"] = _POLICY

    @app.get("/docs", include_in_schema=False)
    async def docs() -> Response:
        return page

    for name in _FILES:
        app.add_api_route(f"/docs/{name}", _giving(name), include_in_schema=False)


def _giving(name: str) -> Any:
    path = Path(str(files(fastapi_offline) / "static" / name))

    async def give() -> Response:
        return FileResponse(path)

    return give
