"""Given / when / then for one history: no database, no clock, no fixtures.

::

    Given(journey, Departed(...)).when(RecordReturn(...)).then(Returned(...))
    Given(journey).when(RecordReturn(...)).refuses("not-abroad")
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Generic

import pytest

from shared.decider import Command, Decider, Event, State
from shared.errors import Refused


class Given(Generic[State, Event, Command]):
    """A history of *decider* to which *events* have happened."""

    def __init__(self, decider: Decider[State, Event, Command], *events: Event) -> None:
        self._decider = decider
        self.state = decider.fold(events)

    def when(self, command: Command) -> "Asked[State, Event, Command]":
        """Ask it for *command*; nothing is decided until `then` or `refuses`."""
        return Asked(self._decider, self.state, command)

    def decided(self, command: Command) -> "Given[State, Event, Command]":
        """The same history, to which has happened besides what *command* decides."""
        further: Given[State, Event, Command] = Given(self._decider)
        further.state = self._decider.fold(self._decider.decide(self.state, command), self.state)
        return further


@dataclass(frozen=True, slots=True)
class Asked(Generic[State, Event, Command]):
    """A command put to a history."""

    decider: Decider[State, Event, Command]
    state: State
    command: Command

    def then(self, *events: Event) -> State:
        """Exactly *events* happen, in this order (none: it decides nothing); answers where that leaves the history."""
        assert list(events) == list(self._decide())
        return self.decider.fold(events, self.state)

    def refuses(self, slug: str) -> Refused:
        """It is refused with *slug*; answers the refusal, for its column errors."""
        with pytest.raises(Refused) as caught:
            self._decide()
        assert slug == caught.value.slug
        return caught.value

    def _decide(self) -> Sequence[Event]:
        return self.decider.decide(self.state, self.command)
