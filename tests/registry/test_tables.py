"""Every kind of history of the registry has a table, and its tables leave no command and no event out."""

import importlib
import pkgutil
import typing
from collections.abc import Callable
from typing import Any

import services.registry.domain
from shared.decider import Decider
from tests.registry import test_machines as machines
from tests.registry import test_states as states


def histories() -> dict[str, Decider[Any, Any, Any]]:
    """Every kind of history, by the name under which the rules keep it."""
    package = services.registry.domain
    rooms = [
        importlib.import_module(f"{package.__name__}.{room.name}") for room in pkgutil.iter_modules(package.__path__)
    ]
    return {name: kept for room in rooms for name, kept in vars(room).items() if isinstance(kept, Decider)}


def taken_by(function: Callable[..., Any]) -> set[str]:
    """The names of the classes that the second parameter of *function* may be of."""
    hints = typing.get_type_hints(function)
    kinds = hints[list(hints)[1]]
    return {kind.__name__ for kind in typing.get_args(kinds) or (kinds,)}


def test_the_tables_leave_no_command_and_no_event_out() -> None:
    """What is new fails here until a table names it, and then until it happens."""
    in_docstrings = {id(machine.decider): machine.table() for machine in machines.MACHINES}
    steps = {step for machine in states.MACHINES for step in states.steps_of(machine.title)}
    left_out: list[tuple[str, str]] = []
    for name, history in histories().items():
        if id(history) in in_docstrings:
            named = {asked for _, asked, _ in in_docstrings[id(history)]}
            missing = taken_by(history.decide) - named
        else:
            named = {word for _, asked, event, _ in steps for word in (asked, event)}
            missing = (taken_by(history.decide) | taken_by(history.evolve)) - named
        left_out += [(name, word) for word in missing]
    assert sorted(left_out) == []
    assert len(histories()) > len(in_docstrings)
