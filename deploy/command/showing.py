"""What the command shows: results on standard output, everything on the way there on standard error."""

import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn
from rich.table import Table

_LINE_EVERY_SECONDS = 5.0
_WIDE = 200


def results() -> Console:
    """Where results go. Without a terminal nothing is wrapped or cut, so that they can be read by a program."""
    return Console() if sys.stdout.isatty() else Console(width=_WIDE, soft_wrap=True)


@cache
def aside() -> Console:
    """Where progress and reproaches go: one console, so that a sentence and a moving bar know of each other."""
    return Console(stderr=True, highlight=False, soft_wrap=True)


class Step:
    """One step of a job, with or without a known *total*."""

    def __init__(self, what: str, total: int | None) -> None:
        self.what = what
        self.total = total
        self.done = 0

    def advance(self) -> None:
        """One more is done."""
        self.done += 1


class _Bar(Step):
    """A step on a terminal."""

    def __init__(self, what: str, total: int | None, bars: Progress) -> None:
        super().__init__(what, total)
        self._bars = bars
        self._task = bars.add_task(what, total=total)

    def advance(self) -> None:
        super().advance()
        self._bars.advance(self._task)


class _Lines(Step):
    """A step in a log: a line now and then."""

    def __init__(self, what: str, total: int | None, console: Console) -> None:
        super().__init__(what, total)
        self._console = console
        self._said = time.monotonic()

    def advance(self) -> None:
        super().advance()
        if time.monotonic() - self._said >= _LINE_EVERY_SECONDS:
            self._said = time.monotonic()
            self._console.print(f"  {self.what}: {self.done} of {self.total}")


@contextmanager
def step(what: str, total: int | None = None) -> Iterator[Step]:
    """Show that *what* is being done, and in the end how long it took."""
    console = aside()
    began = time.monotonic()
    made: Step
    if console.is_terminal:
        columns = (SpinnerColumn(), TextColumn("{task.description}"), BarColumn(), TimeElapsedColumn())
        with Progress(*columns, *([MofNCompleteColumn()] if total else []), console=console, transient=True) as bars:
            made = _Bar(what, total, bars)
            yield made
    else:
        console.print(f"{what} …")
        made = _Lines(what, total, console)
        yield made
    console.print(f"  {what}: {f'{made.done}, ' if total else ''}{time.monotonic() - began:.1f} s")


def show_whole(shown: Table, console: Console) -> None:
    """Print a table whose ids are there to be copied: on a narrow terminal its lines go on below, nothing is cut."""
    width = console.width
    console.width = max(width, _WIDE)
    try:
        console.print(shown, crop=False, soft_wrap=True)
    finally:
        console.width = width


def table(title: str, *columns: str) -> Table:
    """A plain table; the first column is text, the others are figures unless said otherwise."""
    made = Table(title=title, title_justify="left", show_edge=False, pad_edge=False)
    for n, column in enumerate(columns):
        made.add_column(column, justify="left" if n == 0 else "right", no_wrap=True)
    return made
