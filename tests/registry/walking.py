"""How the tables of `domain/states.md` are walked: in whatever order, and evenly over all places of a table."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from random import Random
from typing import Any

from shared.errors import Refused

Step = tuple[str, str, str, str]
"""From, asked, event, to."""

Happened = tuple[str, Any, Any]
"""What was asked, the event (None: nothing was recorded), the state after it."""

_AGAIN = 500
"""After so many commands it begins again: else what has a long history, and little more to come, prevails."""


@dataclass(frozen=True)
class Machine:
    """What a table is about: *title* is its heading.

    From *initial*, *ask* puts to a state what *chance* draws, once. In the table, a state is what it is *called*. What
    happens and is not *about* it (the event, the state after it) leaves it where it was; else it is a step as well.
    """

    title: str
    initial: Any
    called: Callable[[Any], str]
    ask: Callable[[Random, Any], Iterator[Happened]]
    about: Callable[[Any, Any], bool] = lambda _event, _after: True

    def walk(self, chance: Random, commands: int) -> Iterator[Step]:
        """The steps of one sequence of commands."""
        state = self.initial
        for _ in range(commands):
            for step, after in self._steps(chance, state):
                yield from step
                state = after

    def explore(self, chance: Random, commands: int) -> Iterator[Step]:
        """The steps from states that are drawn from each place alike, however seldom a sequence comes there."""
        known: dict[str, list[Any]] = {}
        for n in range(commands):
            if n % _AGAIN == 0:
                known = {self.called(self.initial): [self.initial]}
            before = state = chance.choice(known[chance.choice(list(known))])
            for step, after in self._steps(chance, before):
                yield from step
                state = after
            if state is not before:
                # Only where all events of a command led: nobody asks anything between two of them.
                known.setdefault(self.called(state), []).append(state)

    def _steps(self, chance: Random, state: Any) -> Iterator[tuple[tuple[Step, ...], Any]]:
        for asked, event, after in self.ask(chance, state):
            before, then = self.called(state), self.called(after)
            step = before, asked, event.name if event else "nothing", then
            yield (step,) if before != then or self.about(event, after) else (), after
            state = after


def decided(decider: Any, state: Any, command: object) -> Iterator[Happened]:
    """Each event that happens, with the state after it; nothing where the command is refused."""
    try:
        events = decider.decide(state, command)
    except Refused:
        return
    for event in events:
        state = decider.evolve(state, event)
        yield type(command).__name__, event, state
