"""How a route says what it answers: shown on the API pages, held against real answers by the tests.

``responses=shows(Course, NOT_FOUND)`` beside a route is data: what stands there is documented, and a problem that does
not stand there (nor comes with one of the route's parameters, see `shared.http.pages`) may not be answered.
"""

from typing import Any, Generic, TypeVar

from pydantic import BaseModel, ConfigDict, Field

from shared.errors import Refusal, Refused
from shared.execute import IF_MATCH_REQUIRED, VERSION_MISMATCH
from shared.http.problems import MEDIA_TYPE, body_of

Item = TypeVar("Item")
Responses = dict[int | str, dict[str, Any]]

_JSON = "application/json"
_ETAG = {"description": "The version, for If-Match.", "schema": {"type": "string", "examples": ['"3"']}}
_POSITION = {
    "description": "How far this answer reaches: send it as After-Position wherever its effect must be seen.",
    "schema": {"type": "string", "examples": ["migration_service=77.903@9f3c2a1b, registry=1234@17aa03de"]},
}
_ASK_ANEW = {"description": "Seconds to wait before the request is sent again.", "schema": {"type": "string"}}
_WHO = {"description": "Bearer, and what is wrong with the token.", "schema": {"type": "string"}}
_HEADERS = {"401": {"WWW-Authenticate": _WHO}, "503": {"Retry-After": _ASK_ANEW}}


class Shown(BaseModel):
    """A part of an answer, for the API pages: the answer itself comes from a query, and is not built from this."""

    model_config = ConfigDict(extra="forbid")


class Page(Shown, Generic[Item]):
    """A part of a list."""

    items: list[Item]
    next: str | None = Field(description="The *cursor* of the next page; null on the last one.", examples=[None])


class Written(Shown):
    """What every write answers."""

    id: str | None = Field(description="Of what was recorded or changed; null in a check that makes something new.")
    version: int | None = Field(default=None, description="Where its history stands now, as in ETag; not in a check.")
    warnings: list[str] = Field(description="Codes of what is odd about the input, but no reason to refuse it.")


class ProblemError(Shown):
    """What is wrong with one field of the input."""

    column: str = Field(description="The field, dotted where it lies deeper.")
    code: str = Field(description="What is wrong with it; stable.")
    warning: bool = Field(default=False, description="True: it alone would not have been refused.")


class Problem(BaseModel):
    """A no (RFC 9457). None of it quotes what was sent; some problems have members of their own beside these."""

    type: str = Field(description="``urn:desmigratif:problem:`` and the slug.")
    slug: str = Field(description="Which problem it is; stable, the same in answers, logs and this document.")
    title: str = Field(description="The problem in English.")
    title_id: str = Field(description="The problem in Indonesian.")
    status: int = Field(description="The HTTP status.")
    errors: list[ProblemError] | None = Field(default=None, description="The fields that are wrong, one code each.")


def refuses(*refusals: Refusal) -> Responses:
    """The problems that a route may answer."""
    responses: Responses = {}
    for refusal in refusals:
        add_problem(responses, refusal)
    return responses


def add_problem(responses: dict[Any, dict[str, Any]], refusal: Refusal) -> None:
    """Say in *responses* that *refusal* may be answered: an example under its status, named by its slug."""
    status = str(refusal.status)
    response = responses.setdefault(status, {})
    if status in _HEADERS:
        response["headers"] = _HEADERS[status]
    problem = response.setdefault("content", {}).setdefault(
        MEDIA_TYPE, {"schema": {"$ref": "#/components/schemas/Problem"}, "examples": {}}
    )
    problem["examples"][refusal.slug] = {
        "summary": refusal.slug,
        "description": f"{refusal.en} · {refusal.id}",
        "value": body_of(Refused(refusal)),
    }
    response["description"] = "\n".join(f"- `{slug}`: {e['description']}" for slug, e in problem["examples"].items())


def shows(model: Any, *refusals: Refusal, etag: bool = False) -> Responses:
    """What a read answers."""
    headers = {"headers": {"ETag": _ETAG}} if etag else {}
    return {"200": {"model": model, "description": "What was asked for.", **headers}, **refuses(*refusals)}


def does(model: Any, *refusals: Refusal) -> Responses:
    """What an operator is answered whose request is no write: it says nothing new about anybody, and takes no key."""
    return {"200": {"model": model, "description": "What was done."}, **refuses(*refusals)}


def records(example_id: str, *refusals: Refusal, model: type[Written] = Written, **more: Any) -> Responses:
    """What a write answers that makes something new; the example names *example_id* and has the fields *more*."""
    made = _written("Recorded.", example_id, model, more)
    known = _written("It was so already, or this was a check: nothing was recorded.", example_id, model, more)
    return {"201": made, "200": known, **refuses(*refusals)}


def changes(example_id: str, *refusals: Refusal, model: type[Written] = Written, **more: Any) -> Responses:
    """What a write answers that changes something known."""
    changed = _written("So it stands now; a check records nothing.", example_id, model, more)
    return {"200": changed, **refuses(*refusals)}


def edits(example_id: str, *refusals: Refusal, model: type[Written] = Written, **more: Any) -> Responses:
    """What a write answers that changes something under its ETag."""
    return changes(example_id, IF_MATCH_REQUIRED, VERSION_MISMATCH, *refusals, model=model, **more)


def positioned(description: str, model: Any, example: Any) -> dict[str, Any]:
    """An answer that says how far it reaches."""
    return {
        "model": model,
        "description": description,
        "headers": {"Event-Position": _POSITION},
        "content": {_JSON: {"example": example}},
    }


def _written(description: str, example_id: str, model: type[Written], more: dict[str, Any]) -> dict[str, Any]:
    return {
        "model": model,
        "description": description,
        "headers": {"ETag": _ETAG, "Event-Position": _POSITION},
        "content": {_JSON: {"example": {"id": example_id, **more, "version": 1, "warnings": []}}},
    }
