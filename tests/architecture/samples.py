"""One example of everything that is stored for ever: each private event as in a row, each word as on the bus.

``python -m tests.architecture.samples`` prints those that ``samples.jsonl`` lacks; they are added at its end. A line
that stands there is never changed or removed: rows like it lie in somebody's log.
"""

import dataclasses
import json
import types
import typing
from datetime import date
from pathlib import Path
from typing import Any
from uuid import UUID

from shared import ids, wire
from shared.codec import LogRestored
from shared.personal import Known
from shared.published import SPOKEN, PublicEvent
from shared.vocabulary import Occurred
from tests.architecture.names import SERVICES, service

FILE = Path(__file__).with_name("samples.jsonl")

TRACEPARENT = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"
EXAMPLES: dict[str, Any] = {"village": "33.07.10.2004", "country": "TW", "year": 2024, "birth_year": 2018}


def example(hint: Any, name: str) -> Any:
    """A value of the type *hint*, as JSON has it; for an optional one, a value."""
    options = [option for option in typing.get_args(hint) if option is not type(None)]
    if any(typing.get_origin(option) is Known for option in options):
        return {"sealed": "c2VhbGVk"}
    match typing.get_origin(hint) or hint:
        case typing.Literal:
            return options[0]
        case typing.Union | types.UnionType:
            return example(options[0], name)
        case builtin if builtin is tuple:
            return [example(options[0], name)]
        case kind if kind is Occurred:
            return {"on": "2024-05-01", "precision": "month"}
        case kind if dataclasses.is_dataclass(kind):
            hints = typing.get_type_hints(kind)
            return {field.name: example(hints[field.name], field.name) for field in dataclasses.fields(kind)}
        case kind if kind is UUID:
            return str(ids.stream_of("example", name))
        case kind if kind is date:
            return "2024-05-17"
        case kind if kind in {int, bool}:
            return EXAMPLES.get(name, kind(1))
        case kind if kind is str:
            return EXAMPLES.get(name, name)
    raise TypeError(f"{name}: nothing like {hint} may be stored")


def facts() -> list[dict[str, Any]]:
    """Every private event, as in a row of its service's log; the kernel's stand in any of them."""
    stored: list[tuple[str, Any]] = [
        ("kernel", LogRestored),
        *((name, event) for name in SERVICES for event in service(name).events),
    ]
    return [
        {
            "service": name,
            "type": event.name,
            "schema_version": event.schema_version,
            "data": {k: v for k, v in example(event, event.name).items() if k != "occurred"},
        }
        for name, event in stored
    ]


def words() -> list[dict[str, Any]]:
    """Every public event, as on the bus."""
    said = []
    for word in SPOKEN.values():
        hints = {name: field.annotation for name, field in word.model_fields.items()}
        said.append(on_the_bus(word.model_validate({name: example(hint, name) for name, hint in hints.items()})))
    return said


def on_the_bus(word: PublicEvent) -> dict[str, Any]:
    """*word* in its envelope."""
    event_id, correlation = ids.stream_of("example", word.name), ids.stream_of("example", "correlation")
    occurred = Occurred(date(2024, 5, 1), "month")
    envelope: dict[str, Any] = json.loads(wire.words(word, event_id, occurred, correlation, TRACEPARENT))
    return envelope


def key(line: dict[str, Any]) -> tuple[object, ...]:
    """What a line is an example of."""
    return (line.get("service"), line["type"], line.get("schema_version"))


def kept() -> list[dict[str, Any]]:
    """The lines of ``samples.jsonl``."""
    return [json.loads(line) for line in FILE.read_text().splitlines()]


if __name__ == "__main__":
    known = {key(line) for line in kept()}
    for line in [*facts(), *words()]:
        if key(line) not in known:
            print(json.dumps(line))  # noqa: T201  this is what it is run for
