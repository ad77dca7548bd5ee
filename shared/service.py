"""A service as it declares itself: everything it says, hears, decides, shows and answers, on one page."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from fastapi import APIRouter

from shared.deadlines import Deadlines
from shared.execute import Handle
from shared.published import PublicEvent
from shared.reacting import HEARER, Reactions
from shared.views import View


@dataclass(frozen=True, slots=True, kw_only=True)
class Service:
    """*name* is durable: database, bus stream, subject and scopes carry it.

    *charter*: what it is for, shown above its API pages. *events*: the private events of its log. *publish*: what
    others hear of one. *handle*: what a command reads and writes. *react*: what it does when others speak. *deadlines*:
    what it does when a day has come. *scopes*: for each route (method, path) the scope it needs. *tags*: the groups of
    routes on its API pages, and what each is about.
    """

    name: str
    charter: str
    events: Sequence[type[Any]]
    router: APIRouter
    scopes: Mapping[tuple[str, str], str]
    tags: Mapping[str, str]
    publish: Callable[[Any], PublicEvent | None] | None = None
    handle: Handle | None = None
    react: Reactions | None = None
    views: Sequence[View] = field(default=())
    deadlines: Sequence[Deadlines] = field(default=())

    @property
    def hears(self) -> tuple[str, ...]:
        """Every other service that a view or the reactions listen to, each once."""
        heard = [source for view in self.views for source in view.heard]
        return tuple(dict.fromkeys([*heard, *(self.react.hears if self.react else ())]))

    @property
    def blind(self) -> tuple[View, ...]:
        """The views whose rows go with the keys of whom they are about."""
        return tuple(view for view in self.views if view.blind)

    @property
    def hearers(self) -> tuple[str, ...]:
        """What of it hears others or its own log, by the names that people use: its views, and its reactions."""
        return (*(view.name for view in self.views), *([HEARER] if self.react else ()))
