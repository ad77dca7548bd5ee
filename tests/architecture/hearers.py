"""Who hears which public event: found out by telling everybody every word in every shape it can take.

A service reads all that another says; it *hears* a word if any shape of it changes a row of a view there, or makes the
service do something.
"""

import itertools
import types
import typing
from collections.abc import Iterator
from typing import Any

from deploy import SERVICES
from shared import reacting
from shared.published import SPOKEN, PublicEvent
from shared.published.migration_service import TripWord
from tests.architecture.names import service
from tests.architecture.samples import example


def choices(hint: Any, name: str) -> list[Any]:
    """Values of the type *hint* that code may tell apart: of a choice each one, of an optional value none too."""
    origin, options = typing.get_origin(hint), typing.get_args(hint)
    if origin is typing.Literal:
        return list(options)
    if origin in {typing.Union, types.UnionType}:
        return [value for option in options for value in ([None] if option is type(None) else choices(option, name))]
    return [True, False] if hint is bool else [example(hint, name)]


def shapes(word: type[PublicEvent]) -> Iterator[PublicEvent]:
    """*word* in every shape in which it is said."""
    fields = {name: choices(field.annotation, name) for name, field in word.model_fields.items()}
    if issubclass(word, TripWord):
        fields["standing"] = list(word.standings)
    for values in itertools.product(*fields.values()):
        yield word.model_validate(dict(zip(fields, values, strict=True)))


def hearers(word: type[PublicEvent]) -> list[tuple[str, str]]:
    """Service and hearer, a view or its reactions, of everybody whom *word* moves."""
    found = []
    for name in SERVICES:
        composed = service(name)
        for view in composed.views:
            changes = view.heard.get(word.service)
            if changes and any(list(changes(said, 1)) for said in shapes(word)):
                found.append((name, view.name))
        react = composed.react
        if react and word.service in react.hears and any(react.react(said) for said in shapes(word)):
            found.append((name, reacting.HEARER))
    return found


def spoken() -> list[type[PublicEvent]]:
    """Every public event, by the order of the services and then of their words."""
    return sorted(SPOKEN.values(), key=lambda word: SERVICES.index(word.service))


def says(word: type[PublicEvent]) -> str:
    """What *word* says, in a sentence."""
    return " ".join((word.__doc__ or "").split("\n\n", maxsplit=1)[0].split())
