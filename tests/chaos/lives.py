"""What clients do, drawn from a seed: invented workers who are registered, leave and come home, one after the other."""

import random
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

Kind = Literal[
    "worker", "family", "course", "group", "depart", "home", "leave end", "correct", "look", "again", "reuse"
]

GOOD = ("contract_ended", "deported", "abuse", "early_termination")
"""Reasons for which somebody is home for good."""


@dataclass(frozen=True, slots=True)
class Step:
    """One thing to do. *racers*: so many ask for it at once, each in their own way, and one at most may get it.

    *hasty*: asked once, and not waited for long. *twice*: the very same request is sent twice at once. *choice*: which
    of the possibilities. *pause_seconds* comes before.
    """

    kind: Kind
    racers: int = 1
    hasty: bool = False
    twice: bool = False
    reason: str = ""
    choice: int = 0
    pause_seconds: float = 0.0


@dataclass(frozen=True, slots=True)
class Plan:
    """One worker's life: *name* is unique in a run, *serial* makes the NIK."""

    name: str
    serial: int
    steps: tuple[Step, ...]


def lives(seed: int, client: int, clients: int) -> Iterator[Plan]:
    """The lives that the *client*-th of *clients* writes, without end."""
    drawn = random.Random(f"{seed} client {client}")  # noqa: S311 - the same seed lives the same lives
    n = 0
    while True:
        yield Plan(f"{client}.{n}", client + n * clients, tuple(_steps(drawn)))
        n += 1


def _steps(drawn: random.Random) -> Iterator[Step]:
    def step(kind: Kind, *, races: float = 0.0, reason: str = "") -> Step:
        return Step(
            kind,
            racers=drawn.randint(2, 3) if drawn.random() < races else 1,
            hasty=drawn.random() < 0.1,
            twice=drawn.random() < 0.1,
            reason=reason,
            choice=drawn.randrange(1 << 16),
            pause_seconds=drawn.random() * 0.15,
        )

    yield step("worker", races=0.15)
    if drawn.random() < 0.25:
        yield step("family")
    if drawn.random() < 0.15:
        yield step("course")
    if drawn.random() < 0.15:
        yield step("group")
    yield step("look")
    yield step("depart", races=0.15)
    yield step("look")
    if drawn.random() < 0.15:
        yield step("reuse")
    if drawn.random() < 0.3:
        yield step("home", reason="leave")
        yield step("look")
        if drawn.random() < 0.7:
            yield step("leave end")
    if drawn.random() < 0.85:
        yield step("home", races=0.25, reason="died" if drawn.random() < 0.1 else drawn.choice(GOOD))
        yield step("look")
        if drawn.random() < 0.3:
            yield step("correct", races=0.5)
    yield step("again")
    yield step("look")
