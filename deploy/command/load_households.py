"""`desmigratif load-households`: a list of households into the registry, with what became of each line.

A household goes in one request of its own among others in bulk, all of it or nothing. Every rule of the list is the
registry's. A load that was broken off is begun again with the same file: what was recorded is answered as it was, and
nothing is recorded twice. Nor is it by a file in which some households were put right: what had been refused is
recorded then, and one that was recorded and reads otherwise now is refused with ``idempotency-key-reused``. What is
recorded is corrected household by household.
"""

import csv
import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from rich.console import Console

from deploy.command.calls import REGISTRY, Calls, Reply
from deploy.command.concurrently import in_batches
from deploy.command.household_list import Listed, read
from deploy.command.running import Running
from deploy.command.showing import step, table

Outcome = Literal["accepted", "warning", "rejected"]
OUTCOMES: tuple[Outcome, ...] = ("accepted", "warning", "rejected")

TOGETHER = 250
"""Households in one request."""

IN_FLIGHT = 3
"""So many requests are under way at once: while one is made durable, others are read and decided."""

NOT_UTF8 = "line-not-utf-8"
"""The one code that the registry does not answer: the line cannot be posted at all."""

WITH_OTHERS = "household-rejected"
"""What is told of a line that is right, in a household that was refused for another line."""

_OF_LINE = re.compile(r"people\.([0-9]+)\.")
_REFUSED = (403, 404, 409, 410, 422)


@dataclass(frozen=True, slots=True)
class Judged:
    """What became of one line; *codes* in the order of the answer."""

    number: int
    outcome: Outcome
    codes: tuple[str, ...] = ()


async def load(calls: Calls, households: Iterable[Listed], on_household: Callable[[list[Judged]], None]) -> None:
    """Write every household; *on_household* is told of each when it is done, with its lines."""

    async def write(batch: list[Listed]) -> None:
        sent = [(one.key, one.body) for one in batch if one.body is not None]
        replies = iter(await calls.post_all(REGISTRY, "/households", sent))
        for one in batch:
            on_household(judged(one, None if one.body is None else next(replies)))

    await in_batches(_in_turn(households), write, most=TOGETHER, at_once=IN_FLIGHT)


def _in_turn(households: Iterable[Listed]) -> list[list[Listed]]:
    """Households whose request is the same (two alike under one key) follow one another; all others need not."""
    groups: dict[str, list[Listed]] = {}
    for one in households:
        groups.setdefault(one.key or f"line {one.numbers[0]}", []).append(one)
    return list(groups.values())


def judged(household: Listed, reply: Reply | None) -> list[Judged]:
    """The lines of a household, as the registry judged it; what says nothing of it ends the load."""
    if reply is None:
        return [Judged(number, "rejected", (NOT_UTF8,)) for number in household.numbers]
    if not reply.ok and reply.status not in _REFUSED:
        reply.must()
    errors = [] if reply.ok else reply.body.get("errors") or []
    of_line: dict[int, list[str]] = {}
    of_all: list[str] = []
    for error in errors:
        line = _OF_LINE.match(str(error["column"]))
        (of_line.setdefault(int(line[1]), []) if line else of_all).append(str(error["code"]))
    if reply.ok:
        warnings = tuple(str(code) for code in reply.body.get("warnings", ()))
        return [Judged(number, "warning" if warnings else "accepted", warnings) for number in household.numbers]
    if not errors:
        of_all.append(reply.slug)
    return [
        Judged(number, "rejected", tuple(dict.fromkeys((*of_all, *of_line.get(n, ())))) or (WITH_OTHERS,))
        for n, number in enumerate(household.numbers)
    ]


def write_report(path: Path, judged: Iterable[Judged]) -> None:
    """The report as CSV, ``line,outcome,codes``, in the order of the list; several codes are joined by a blank."""
    with path.open("w", encoding="utf-8", newline="") as file:
        rows = csv.writer(file)
        rows.writerow(("line", "outcome", "codes"))
        rows.writerows((j.number, j.outcome, " ".join(j.codes)) for j in sorted(judged, key=lambda j: j.number))


def show(judged: Sequence[Judged], households: int, console: Console) -> None:
    """How many lines ended how, and why."""
    shown = table("The list · daftar rumah tangga", "outcome", "lines")
    for outcome in OUTCOMES:
        shown.add_row(outcome, f"{sum(one.outcome == outcome for one in judged):,}")
    shown.add_section()
    shown.add_row("all", f"{len(judged):,}")
    shown.add_row("households", f"{households:,}")
    console.print(shown)
    console.print()
    codes = sorted(code for one in judged for code in one.codes)
    if codes:
        why = table("Codes · kode", "code", "lines")
        for code in dict.fromkeys(codes):
            why.add_row(code, f"{codes.count(code):,}")
        console.print(why)
        console.print()


async def run(running: Running, file: Path, report: Path | None) -> tuple[list[Judged], int]:
    """Load *file* into what runs; the report is written also when it is broken off, with the lines done by then."""
    households = read(file)
    done: list[Judged] = []
    try:
        async with running.calls("integrator") as calls:
            with step("Loading the households · memuat rumah tangga", len(households)) as shown:

                def on_household(lines: list[Judged]) -> None:
                    done.extend(lines)
                    shown.advance()

                await load(calls, households, on_household)
    finally:
        if report:
            write_report(report, done)
    return done, len(households)
