"""What the walks through the tables of `domain/states.md` are made of."""

from collections.abc import Iterator
from typing import Any

from shared.errors import Refused

Step = tuple[str, str, str, str]
"""From, asked, event, to."""


def decided(decider: Any, state: Any, command: object) -> Iterator[tuple[Any, Any]]:
    """Each event that happens, with the state after it; nothing where the command is refused."""
    try:
        events = decider.decide(state, command)
    except Refused:
        return
    for event in events:
        state = decider.evolve(state, event)
        yield event, state
