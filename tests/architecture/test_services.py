"""What every service's parts must be, looked at as its ``main`` puts them together."""

import ast
import dataclasses
import re
import typing
from collections.abc import Iterator
from datetime import date
from typing import Any
from uuid import UUID

import pytest
import sqlalchemy as sa
from fastapi.routing import APIRoute
from pydantic import TypeAdapter

import services
import shared
from shared.decider import DomainEvent
from shared.errors import Refusal
from shared.personal import Erased, Known, Sealed
from shared.published import SPOKEN
from shared.vocabulary import Occurred
from tests.architecture.names import ROOT, SERVICES, constants, service

STATUSES = {400, 401, 403, 404, 405, 409, 410, 412, 413, 422, 428, 500, 503}
"""Decision 0008."""

READ_BY_POST = {("registry", f"/persons/{how}") for how in ("search", "by-nik", "match")}
"""What is looked for is personal: it stands in a body, never in an address."""

each_service = pytest.mark.parametrize("name", SERVICES)
each_event = pytest.mark.parametrize(
    "event", [pytest.param(event, id=f"{name}.{event.name}") for name in SERVICES for event in service(name).events]
)
each_view = pytest.mark.parametrize(
    "view", [pytest.param(view, id=f"{name}.{view.name}") for name in SERVICES for view in service(name).views]
)


def is_personal(hint: object) -> bool:
    kinds = {typing.get_origin(part) or part for part in typing.get_args(hint)}
    return {Known, Sealed, Erased} <= kinds


@each_service
def test_every_route_declares_its_scope(name: str) -> None:
    composed = service(name)
    routes = {(method, route.path) for route in composed.router.routes for method in route.methods}  # type: ignore[attr-defined]
    assert set(composed.scopes) == routes


@each_service
def test_a_scope_is_of_its_own_service(name: str) -> None:
    own = {f"{name}:read", f"{name}:write"}
    special = {"registry": {"villages:designate", "programme:write", "holds:read", "holds:write"}}.get(name, set())
    assert set(service(name).scopes.values()) - own - special == set()


@each_service
def test_what_reads_asks_for_the_right_to_read_and_what_writes_for_more(name: str) -> None:
    for (method, path), scope in service(name).scopes.items():
        assert (method == "GET" or (name, path) in READ_BY_POST) == scope.endswith(":read")


def lax(schema: Any) -> Iterator[str]:
    """Each number or truth value in pydantic's *schema* that may be written as something else: ``"0001"``, ``true``."""
    if isinstance(schema, dict):
        if schema.get("type") in ("int", "float", "bool") and not schema.get("strict"):
            yield str(schema["type"])
        for part in schema.values():
            yield from lax(part)
    elif isinstance(schema, list | tuple):
        for part in schema:
            yield from lax(part)


@each_service
def test_a_number_in_a_body_is_a_number(name: str) -> None:
    routes = [route for route in service(name).router.routes if isinstance(route, APIRoute)]
    forms: dict[str, Any] = {route.path: route.body_field.field_info.annotation for route in routes if route.body_field}
    assert {path for path, form in forms.items() if any(lax(TypeAdapter(form).core_schema))} == set()


@each_event
def test_a_private_event_cannot_be_altered(event: type[DomainEvent]) -> None:
    parameters: Any = event.__dataclass_params__  # type: ignore[attr-defined]
    assert (parameters.frozen, hasattr(event, "__slots__")) == (True, True)


@each_event
def test_the_order_of_its_fields_means_nothing(event: type[Any]) -> None:
    assert [field.name for field in dataclasses.fields(event) if not field.kw_only] == []


@each_event
def test_a_private_event_says_when_it_happened_before_anything_else(event: type[Any]) -> None:
    first = dataclasses.fields(event)[0]
    assert (first.name, typing.get_type_hints(event)["occurred"]) == ("occurred", Occurred)


@each_event
def test_personal_fields_belong_to_somebody(event: type[Any]) -> None:
    hints = typing.get_type_hints(event)
    personal = [field.name for field in dataclasses.fields(event) if is_personal(hints[field.name])]
    if personal:
        assert hints[event.about] is UUID


@each_event
def test_what_names_or_numbers_a_person_is_personal(event: type[Any]) -> None:
    hints = typing.get_type_hints(event)
    telling = [field.name for field in dataclasses.fields(event) if field.name in {"name", "nik", "birth_date"}]
    assert [field for field in telling if not is_personal(hints[field])] == []


@each_view
def test_a_fact_may_come_before_what_it_refers_to(view: Any) -> None:
    columns = [column for table in view.tables.tables.values() for column in table.columns]
    assert [str(column) for column in columns if not column.primary_key and not column.nullable] == []


@each_view
def test_a_row_holds_nothing_that_the_events_do_not_determine(view: Any) -> None:
    columns: list[sa.Column[Any]] = [column for table in view.tables.tables.values() for column in table.columns]
    made = [str(c) for c in columns if c.default or c.server_default or c.onupdate or c.identity or c.computed]
    assert made == []
    assert [str(c) for c in columns if c.primary_key and c.autoincrement is True] == []


@each_view
def test_a_view_keeps_its_tables_in_a_schema_of_its_own(view: Any) -> None:
    assert {table.schema for table in view.tables.tables.values()} == {view.name}


@each_service
def test_a_service_hears_only_services_that_speak(name: str) -> None:
    speakers = {speaker for speaker, _, _ in SPOKEN}
    heard = {source for view in service(name).views for source in view.heard}
    assert heard - speakers == set()
    assert name not in heard


REFUSALS = sorted(
    {(r.slug, r.status, r.en, r.id) for package in (services, shared) for _, r in constants(package, Refusal)}
)


def test_a_slug_means_one_thing() -> None:
    assert len({slug for slug, *_ in REFUSALS}) == len(REFUSALS)


@pytest.mark.parametrize(("slug", "status", "en", "indonesian"), REFUSALS, ids=[slug for slug, *_ in REFUSALS])
def test_a_refusal_speaks_to_both_kinds_of_reader(slug: str, status: int, en: str, indonesian: str) -> None:
    assert re.fullmatch(r"[a-z]+(-[a-z]+)*", slug)
    assert status in STATUSES
    assert en != indonesian
    assert all(sentence[0].isupper() and sentence.endswith(".") for sentence in (en, indonesian))


def texts_of_tests() -> set[str]:
    """Every text that stands by itself in a test: what is compared, or looked for in a refusal."""
    files = [path for path in (ROOT / "tests").rglob("test_*.py") if path.parent.name != "architecture"]
    nodes = (node for path in files for node in ast.walk(ast.parse(path.read_text())))
    return {n.value.strip("^$") for n in nodes if isinstance(n, ast.Constant) and isinstance(n.value, str)}


def test_every_refusal_is_one_that_a_test_expects() -> None:
    texts = texts_of_tests()
    assert [slug for slug, *_ in REFUSALS if slug not in texts] == []


def test_dates_of_events_are_days_not_instants() -> None:
    kinds = {
        hint
        for name in SERVICES
        for event in service(name).events
        for hint in typing.get_type_hints(event).values()
        if isinstance(hint, type) and issubclass(hint, date)
    }
    assert kinds <= {date}
