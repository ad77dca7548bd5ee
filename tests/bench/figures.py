"""What a figure is: something of ours beside something else, measured in turns."""

import statistics
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field, replace

Say = Callable[[str], None]
"""Tells whoever waits what is being done."""
Side = Callable[[], Awaitable[float]]
"""One measurement of one side."""


@dataclass(frozen=True, slots=True)
class Target:
    """What a ratio is to be: *at_least* or *at_most* that much."""

    at_least: float | None = None
    at_most: float | None = None

    def met(self, ratio: float) -> bool:
        return (self.at_least is None or ratio >= self.at_least) and (self.at_most is None or ratio <= self.at_most)

    def __str__(self) -> str:
        return f"≥ {self.at_least:g}" if self.at_least is not None else f"≤ {self.at_most:g}"


@dataclass(frozen=True, slots=True)
class Figure:
    """Ours beside *beside*, a value a run each, in *unit*; *key* is what the history knows it by.

    *more_is_better* says in which direction the ratio of ours to theirs ought to go.
    """

    key: str
    what: str
    beside: str
    unit: str
    ours: list[float]
    theirs: list[float]
    more_is_better: bool = True
    target: Target | None = None

    @property
    def ratios(self) -> list[float]:
        """Ours to theirs, run by run."""
        return [ours / theirs for ours, theirs in zip(self.ours, self.theirs, strict=True)]

    @property
    def ratio(self) -> float:
        """The median of the runs."""
        return statistics.median(self.ratios)

    @property
    def met(self) -> bool | None:
        """Whether it is as it is to be; None where nothing is asked of it."""
        return None if self.target is None else self.target.met(self.ratio)


@dataclass(frozen=True, slots=True)
class Texts:
    """What a row of the log has of one event as text."""

    meta: str
    data: str
    public: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Sizes:
    """How much is measured. *seconds* of each measurement of appends; everything else is a number of things.

    *at_once*: appends under way. *requests* of each measurement over HTTP. *lines* of a placement list. *rates*:
    returns a second, for *rate_seconds* each. *events* that a view is made from, and *peer_events* for a library that
    needs seconds for each thousand. *logs*: events of a log as it grows, and *calls* of each kind to each. *people* to
    look for, and *queries* for one with a long name, in all runs together. *households* of a list.
    *careful*: everything is warmed up first, and who is not measured is stopped.
    """

    name: str
    runs: int
    seconds: float
    at_once: tuple[int, ...]
    requests: int
    lines: int
    rates: tuple[int, ...]
    rate_seconds: float
    events: int
    peer_events: int
    logs: tuple[int, ...]
    calls: int
    people: int
    queries: int
    households: int
    careful: bool = True


USUAL = Sizes(
    name="usual",
    runs=5,
    seconds=5,
    at_once=(1, 32, 256),
    requests=5_000,
    lines=10_000,
    rates=(10, 100, 500),
    rate_seconds=10.0,
    events=40_000,
    peer_events=5_000,
    logs=(10_000, 1_000_000),
    calls=1_000,
    people=100_000,
    queries=2_000,
    households=40_072,
)
FULL = replace(USUAL, name="full", logs=(10_000, 1_000_000, 10_000_000))
QUICK = Sizes(
    name="quick",
    runs=2,
    seconds=2,
    at_once=(1, 32, 256),
    requests=1_000,
    lines=300,
    rates=(10, 100, 500),
    rate_seconds=3.0,
    events=8_000,
    peer_events=1_000,
    logs=(10_000, 100_000),
    calls=300,
    people=5_000,
    queries=400,
    households=400,
)
TINY = Sizes(
    name="tiny",
    runs=1,
    seconds=0.2,
    at_once=(32,),
    requests=50,
    lines=10,
    rates=(100,),
    rate_seconds=0.3,
    events=200,
    peer_events=50,
    logs=(400, 800),
    calls=20,
    people=200,
    queries=20,
    households=20,
    careful=False,
)
"""Only enough to see that it works."""


@dataclass(slots=True)
class Turns:
    """Sides that take turns, a run after the other; *taken* is what each came to, run by run."""

    runs: int
    say: Say
    taken: dict[str, list[float]] = field(default_factory=dict)

    async def take(self, what: str, sides: Mapping[str, Side]) -> dict[str, list[float]]:
        """Measure each of *sides* in every run, the first of them last in every other run."""
        for run in range(self.runs):
            names = list(sides) if run % 2 == 0 else list(sides)[::-1]
            for name in names:
                value = await sides[name]()
                self.taken.setdefault(name, []).append(value)
                self.say(f"{what}, run {run + 1} of {self.runs}: {name} {value:,.4g}")
        return self.taken


def percentile(values: list[float], share: float) -> float:
    """Of *values*, the one below which *share* (0 to 1) of them lie."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(len(ordered) * share))]
