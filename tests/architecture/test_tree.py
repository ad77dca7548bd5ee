"""What has no place in the repository, and what the lock must hold."""

import ast
import os
import re
import sys
import tomllib
from collections.abc import Iterator
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
HIDDEN = {".ci", ".dockerignore", ".gitignore"}

SERVICES = sorted(path.parent.name for path in ROOT.glob("services/*/__init__.py"))
ROOMS = {
    "__init__.py", "api.py", "api", "commands.py", "commands", "domain", "main.py", "publishing.py", "reactions.py",
    "deadlines.py", "views",
}  # fmt: skip
"""The rooms of a service: a module, or a package by subject. A new kind of room is a decision for all five."""


def files() -> Iterator[Path]:
    for folder, folders, names in os.walk(ROOT):
        folders[:] = [
            name for name in folders if (name in HIDDEN or not name.startswith(".")) and name != "__pycache__"
        ]
        yield from (Path(folder) / name for name in names if name in HIDDEN or not name.startswith("."))


def lines() -> Iterator[tuple[str, str]]:
    for path in files():
        if path == Path(__file__):
            continue
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
            yield f"{path.relative_to(ROOT)}:{number}", line


@pytest.mark.parametrize(
    "pattern",
    [
        r"(?<![\w.])/(root|home|work|Users)/\w",
        r"pypi\.org|pythonhosted|npmjs|/simple/|--(extra-)?index-url\s+http",
        r"(?i)\b(todo|fixme|xxx)\b",
        r"\b(domain|engines|peers|style|design)\.md\b",  # a source is named by its law or page
    ],
)
def test_nothing_says_where_it_was_made_or_that_it_is_unfinished(pattern: str) -> None:
    assert [where for where, line in lines() if re.search(pattern, line)] == []


def test_every_dependency_is_locked_by_hash_and_without_an_address() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    wanted = project["dependencies"] + [name for group in project["optional-dependencies"].values() for name in group]
    lock = (ROOT / "requirements.lock").read_text()
    entries = re.findall(r"^([\w.-]+)==((?:.*\\\n)*.*)", lock, re.MULTILINE)
    locked = {name: "--hash=sha256:" in rest for name, rest in entries}

    assert [name for name in wanted if not locked.get(re.split(r"[^\w.-]", name)[0])] == []
    assert [name for name, hashed in locked.items() if not hashed] == []
    assert "://" not in lock


def test_what_is_imported_is_declared_and_what_is_declared_is_used() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    declared = {re.split(r"[^\w-]", wanted)[0] for wanted in project["dependencies"]}
    distributions = packages_distributions()
    ours = {"deploy", "services", "shared"}
    imported = {
        name
        for path in files()
        if path.suffix == ".py" and path.relative_to(ROOT).parts[0] in ours
        for node in ast.walk(ast.parse(path.read_text()))
        for name in imports(node)
    } - ours - set(sys.stdlib_module_names)  # fmt: skip
    givers = {name: {giver.lower().replace("_", "-") for giver in distributions[name]} for name in imported}

    assert {name for name, some in givers.items() if not some & declared} == set()
    assert declared - set().union(*givers.values()) - FOUND_BY_PATH == set()


FOUND_BY_PATH = {"tzdata"}
"""Dependencies that hold programs and data, not modules to import."""


def imports(node: ast.AST) -> list[str]:
    """The top-level modules that a statement imports."""
    if isinstance(node, ast.Import):
        return [alias.name.partition(".")[0] for alias in node.names]
    return [(node.module or "").partition(".")[0]] if isinstance(node, ast.ImportFrom) else []


@pytest.mark.parametrize("service", SERVICES)
def test_a_service_has_no_room_that_the_others_do_not_know(service: str) -> None:
    rooms = {path.name for path in (ROOT / "services" / service).iterdir() if path.name != "__pycache__"}
    assert rooms - ROOMS == set()


@pytest.mark.parametrize("service", SERVICES)
def test_no_room_is_empty(service: str) -> None:
    folders = [path for path in (ROOT / "services" / service).iterdir() if path.is_dir() and path.name in ROOMS]
    assert [room.name for room in folders if not any(path.name != "__init__.py" for path in room.glob("*.py"))] == []


def test_nothing_is_named_after_having_no_name() -> None:
    nameless = {"utils", "util", "helpers", "helper", "common", "misc", "base", "managers", "handlers"}
    assert [path.name for path in files() if path.suffix == ".py" and path.stem in nameless] == []
