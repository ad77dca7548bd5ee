"""`desmigratif load`: a placement list into what runs, line by line, with what became of each.

Every rule of the list is a service's rule. A line is checked at the registry and at the migration service before it is
written at either, so a rejected line leaves no trace; what is told of a line is what the services answered.
"""

import csv
import re
import secrets
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any, Literal

from rich.console import Console

from deploy.command.calls import MIGRATION, REGISTRY, Calls, Reply
from deploy.command.concurrently import for_each
from deploy.command.placements import Cells, Line, read
from deploy.command.running import Running
from deploy.command.showing import step, table
from shared import crash

Outcome = Literal["accepted", "warning", "duplicate", "rejected"]
OUTCOMES: tuple[Outcome, ...] = ("accepted", "warning", "duplicate", "rejected")

IN_FLIGHT = 16
"""Lines under way at once."""

NOT_UTF8 = "line-not-utf-8"
"""The one code that no service answers: the line cannot be posted at all."""

DUPLICATE = "duplicate-row"
WORKER_UNKNOWN = "worker-unknown"

# A code begins with the name of its column; this is the order of the columns in the list.
_COLUMNS = ("nik-", "name-", "country-", "decree-", "contract-date-", "village-")
_MALFORMED = 422
_REFUSED = (403, 404, 409, _MALFORMED)


@dataclass(frozen=True, slots=True)
class Judged:
    """What became of *line*. Of an accepted one: the person, the trip, and the day of departure that the service read.

    *codes* stand in the order of the report.
    """

    line: Line
    outcome: Outcome
    codes: tuple[str, ...] = ()
    worker_id: str | None = None
    trip_id: str | None = None
    departed_on: date | None = None

    @property
    def accepted(self) -> bool:
        """With or without a warning."""
        return self.outcome in ("accepted", "warning")


class Load:
    """One run of `load`. *run* makes its Idempotency-Keys: a resend repeats, another run is judged afresh."""

    def __init__(self, calls: Calls, run: str | None = None) -> None:
        self._calls = calls
        self._run = run or secrets.token_hex(16)

    async def all(self, lines: Iterable[Line], on_line: Callable[[Judged], None]) -> None:
        """Judge and write every line, *IN_FLIGHT* at once; *on_line* is told of each when it is done.

        Lines that may concern the same person follow one another in the order of the list.
        """

        async def in_order(group: Sequence[Line]) -> None:
            for line in group:
                on_line(await self.one(line))

        await for_each(in_turn(lines), in_order, at_once=IN_FLIGHT)

    async def one(self, line: Line) -> Judged:
        """Check one line at both services, then write it at both."""
        cells = line.cells
        if cells is None:
            return Judged(line, "rejected", (NOT_UTF8,))
        worker, departure = worker_body(cells), departure_body(cells)

        known = await self._post(REGISTRY, "/workers", worker, f"{line.number}:worker:check", check=True)
        worker_id = known.body.get("id") if known.ok else None
        checked = await self._check_departure(line.number, departure, worker_id)
        outcome, codes = verdict((known, checked))
        if outcome in ("rejected", "duplicate"):
            return Judged(line, outcome, codes)

        person = await self._post(REGISTRY, "/workers", worker, f"{line.number}:worker")
        if not person.ok:
            return _refused_all_the_same(line, (person, checked))
        worker_id = str(person.body["id"])
        await crash.at("load.registered")
        trip = await self._post(
            MIGRATION,
            "/departures",
            departure | {"worker_id": worker_id},
            f"{line.number}:departure",
            after=person.position,
        )
        if not trip.ok:
            return _refused_all_the_same(line, (person, trip), worker_id)
        await crash.at("load.recorded")
        outcome, codes = verdict((person, trip))
        return Judged(
            line,
            outcome,
            codes,
            worker_id,
            str(trip.body["id"]),
            date.fromisoformat(trip.body["departed_on"]),
        )

    async def _check_departure(self, number: int, departure: dict[str, Any], worker_id: str | None) -> Reply:
        """Whether the migration service would record it; it may be asked before it has heard of the worker."""
        key = f"{number}:departure:check"
        if worker_id:
            checked = await self._post(MIGRATION, "/departures", departure | {"worker_id": worker_id}, key, check=True)
            if checked.slug != WORKER_UNKNOWN:
                return checked
        return await self._post(MIGRATION, "/departures", departure, key, check=True)

    async def _post(
        self,
        service: str,
        path: str,
        body: dict[str, Any],
        key: str,
        *,
        after: str | None = None,
        check: bool = False,
    ) -> Reply:
        reply = await self._calls.post(service, path, body, key=f"{self._run}:{key}", after=after, check=check)
        if not reply.ok and (reply.status not in _REFUSED or reply.slug == "scope-missing"):
            reply.must()
        return reply


def worker_body(cells: Cells) -> dict[str, Any]:
    """What the registry is asked."""
    return {"nik": cells.nik, "name": cells.name, "village": cells.village}


def departure_body(cells: Cells) -> dict[str, Any]:
    """What the migration service is asked; the worker is named once the registry has said who it is."""
    return {"country": cells.country, "decree": cells.decree, "contract_date": cells.contract_date}


def in_turn(lines: Iterable[Line]) -> list[list[Line]]:
    """Lines that may concern the same person, in their order: those with the same digits in the NIK's cell.

    This decides nothing about a NIK; it only says what must not be posted at the same instant.
    """
    groups: dict[str | int, list[Line]] = {}
    for line in lines:
        digits = re.sub(r"[^0-9]", "", line.cells.nik) if line.cells else ""
        groups.setdefault(digits or line.number, []).append(line)
    return list(groups.values())


def verdict(replies: Sequence[Reply]) -> tuple[Outcome, tuple[str, ...]]:
    """What the answers of both services, the registry's first, make of a line.

    Column codes come first, in the order of the list's columns. A 422 anywhere rejects the line; only a line without
    one is held against what is known, and the code of that comes last.
    """
    columns = _by_column(code for reply in replies for code in _codes(reply))
    if any(reply.status == _MALFORMED for reply in replies):
        return "rejected", columns
    for reply in replies:
        if not reply.ok:
            outcome: Outcome = "duplicate" if reply.slug == DUPLICATE else "rejected"
            return outcome, (*columns, reply.slug)
    return "warning" if columns else "accepted", columns


def _refused_all_the_same(line: Line, replies: Sequence[Reply], worker_id: str | None = None) -> Judged:
    """A write was refused although its check was not: somebody else was faster. A person written already stays."""
    _, codes = verdict(replies)
    return Judged(line, "rejected", codes, worker_id)


def _codes(reply: Reply) -> list[str]:
    """The column codes of one answer, warnings among them; a rule's own slug is none of them."""
    if reply.ok:
        return [str(code) for code in reply.body.get("warnings", ())]
    codes = [str(error["code"]) for error in reply.body.get("errors", ())]
    if reply.status == _MALFORMED:
        return codes or [reply.slug]
    return [code for code in codes if code != reply.slug]


def _by_column(codes: Iterable[str]) -> tuple[str, ...]:
    """*codes*, each once, in the order of the list's columns; one of no column comes last."""
    unique = dict.fromkeys(codes)
    return tuple(
        sorted(
            unique,
            key=lambda code: next((i for i, name in enumerate(_COLUMNS) if code.startswith(name)), len(_COLUMNS)),
        )
    )


def write_report(path: Path, judged: Iterable[Judged]) -> None:
    """The report as CSV, ``line,outcome,codes``, in the order of the list; several codes are joined by a blank."""
    with path.open("w", encoding="utf-8", newline="") as file:
        rows = csv.writer(file)
        rows.writerow(("line", "outcome", "codes"))
        rows.writerows((j.line.number, j.outcome, " ".join(j.codes)) for j in in_list_order(judged))


def in_list_order(judged: Iterable[Judged]) -> list[Judged]:
    """As the list has them, whatever was done first."""
    return sorted(judged, key=lambda j: j.line.number)


def counted(judged: Iterable[Judged]) -> tuple[Counter[Outcome], Counter[str]]:
    """How many lines ended how, and how often each code was given."""
    outcomes: Counter[Outcome] = Counter()
    codes: Counter[str] = Counter()
    for one in judged:
        outcomes[one.outcome] += 1
        codes.update(one.codes)
    return outcomes, codes


def show_outcomes(judged: Sequence[Judged], console: Console) -> None:
    """How many lines ended how, and why."""
    outcomes, codes = counted(judged)
    shown = table("The list · daftar penempatan", "outcome", "lines")
    for outcome in OUTCOMES:
        shown.add_row(outcome, f"{outcomes[outcome]:,}")
    shown.add_section()
    shown.add_row("all", f"{len(judged):,}")
    console.print(shown)
    console.print()
    if codes:
        why = table("Codes · kode", "code", "lines")
        for code, lines in sorted(codes.items()):
            why.add_row(code, f"{lines:,}")
        console.print(why)
        console.print()


async def run(running: Running, file: Path, report: Path | None) -> list[Judged]:
    """Load *file* into what runs; the report is written also when it is broken off, with the lines done by then."""
    lines = read(file)
    judged: list[Judged] = []
    try:
        async with running.calls("integrator") as calls:
            with step("Loading the list · memuat daftar", len(lines)) as shown:

                def on_line(one: Judged) -> None:
                    judged.append(one)
                    shown.advance()

                await Load(calls).all(lines, on_line)
    finally:
        await crash.at("load.judged")
        if report:
            write_report(report, judged)
    return in_list_order(judged)
