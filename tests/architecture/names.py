"""Every name that outlives the code: it stands in logs, on the bus, in checkpoints, or in somebody else's program.

``python -m tests.architecture.names`` prints them; what it prints for a new name is added to ``names.txt``.
"""

import ast
import dataclasses
import importlib
import pkgutil
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any, TypeVar

import services
import shared
from shared import wire
from shared.codec import LogRestored
from shared.errors import Refusal
from shared.http import access, kernel
from shared.http.app import routes
from shared.published import SPOKEN
from shared.service import Service

T = TypeVar("T")

ROOT = Path(__file__).parents[2]
SERVICES = [module.name for module in pkgutil.iter_modules(services.__path__) if module.ispkg]


def service(name: str) -> Service:
    """A service as its ``main`` puts it together."""
    found: Service = importlib.import_module(f"services.{name}.main").SERVICE
    return found


def constants(package: ModuleType, kind: type[T]) -> Iterator[tuple[str, T]]:
    """Every constant of *kind* in *package*, alone or in a tuple, with the service it belongs to (or ``shared``)."""
    for module in pkgutil.walk_packages(package.__path__, package.__name__ + "."):
        if module.name.startswith("shared.schema."):  # Alembic's environment runs when it is imported
            continue
        owner = module.name.split(".")[1] if package is services else package.__name__
        for constant in vars(importlib.import_module(module.name)).values():
            for value in constant if isinstance(constant, tuple) else (constant,):
                if isinstance(value, kind):
                    yield owner, value


def claim_kinds() -> Iterator[tuple[str, str]]:
    """What every ``Claim(...)`` and ``Release(...)`` of a service's rules says of its kind: a word, or a constant."""
    for path in sorted(ROOT.glob("services/*/domain/*.py")):
        module = importlib.import_module(".".join(path.relative_to(ROOT).with_suffix("").parts))
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in {"Claim", "Release"}:
                kind = next((word.value for word in node.keywords if word.arg == "kind"), None) or node.args[0]
                yield path.parts[-3], str(eval(ast.unparse(kind), vars(module)))  # noqa: S307  this project's own code


def fields(owner: str, event: type[Any]) -> Iterator[str]:
    """One line for each field of a private event, as they stand in rows of a log."""
    yield from (
        f"event {owner} {event.name} v{event.schema_version} {field.name}" for field in dataclasses.fields(event)
    )


def operations(composed: Service) -> Iterator[str]:
    """One line for each operation of the API pages: a client that is generated from them calls its functions so."""
    for path, methods in routes(composed).openapi()["paths"].items():
        for method, operation in methods.items():
            owner = composed.name if (method.upper(), path) in composed.scopes else "kernel"
            yield f"operation {owner} {operation['operationId']}"


def durable_names() -> list[str]:
    """One line a name: what it is, whose, the name."""
    names = set(fields("kernel", LogRestored))
    names |= {f"route kernel {method} {path}" for method, path in kernel.SCOPES}
    names |= {f"scope {scope}" for scope in kernel.SCOPES.values()}
    names |= {f"role {role}" for role in access.SCOPES_OF}
    for name in SERVICES:
        composed = service(name)
        names.update(line for event in composed.events for line in fields(name, event))
        names |= {f"scope {scope}" for scope in composed.scopes.values()}
        names |= {f"view {name} {view.name}" for view in composed.views}
        names |= {f"route {name} {method} {path}" for method, path in composed.scopes}
        names |= {f"bus {name} {wire.bus_name(name)}"}
        names |= set(operations(composed))
    for owner, kind in claim_kinds():
        names.add(f"claim {owner} {kind}")
    for package in (services, shared):
        names |= {f"problem {refusal.status} {refusal.slug}" for _, refusal in constants(package, Refusal)}
    for (speaker, word, version), said in SPOKEN.items():
        names |= {f"word {speaker} {word}.v{version} {field}" for field in said.model_fields}
    headers = (wire.LOG_ID, wire.NUMBER, wire.RECORDED_AT, wire.TRACEPARENT, wire.MESSAGE_ID)
    names |= {f"header bus {header}" for header in headers}
    return sorted(names)


if __name__ == "__main__":
    print("\n".join(durable_names()))  # noqa: T201  this is what it is run for
