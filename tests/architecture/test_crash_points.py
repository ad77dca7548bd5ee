"""Crash points stand in the code and in the list of them, each in both and once."""

import ast
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

from shared.crash import POINTS

ROOT = Path(__file__).parents[2]


def passed() -> Iterator[ast.Call]:
    """Every ``crash.at(…)`` outside the tests."""
    for package in ("shared", "services", "deploy"):
        for path in (ROOT / package).rglob("*.py"):
            for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
                if isinstance(node, ast.Call) and ast.unparse(node.func) == "crash.at":
                    yield node


def test_every_point_is_passed_at_one_place_under_its_own_name() -> None:
    named = Counter(ast.literal_eval(call.args[0]) for call in passed())
    assert named == Counter(POINTS.keys())
