"""`desmigratif load`: a placement list into what runs, with what became of each line.

Lines go in bulk, each in a request of its own among others; what is said below of a line is said of all that go along.
Every rule of the list is a service's rule; what is told of a line is what the services answered. The migration service
is asked first whether a line's placement could be recorded, of whomever: only then is its worker registered, if the
registry has nothing against it, and the placement recorded. So a rejected line leaves no trace. One that repeats a
placement is found out at the end; its worker was known already.
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
from deploy.command.concurrently import in_batches
from deploy.command.placements import Cells, Line, read
from deploy.command.running import Running
from deploy.command.showing import step, table
from shared import crash

Outcome = Literal["accepted", "warning", "duplicate", "rejected"]
OUTCOMES: tuple[Outcome, ...] = ("accepted", "warning", "duplicate", "rejected")

TOGETHER = 200
"""Lines in one request."""

IN_FLIGHT = 4
"""So many times *TOGETHER* are under way at once: each of the two services has work while the other has the rest."""

NOT_UTF8 = "line-not-utf-8"
"""The one code that no service answers: the line cannot be posted at all."""

DUPLICATE = "duplicate-row"

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
        """Judge and write every line; *on_line* is told of each when it is done.

        Lines that may concern the same person follow one another in the order of the list.
        """

        async def judge(batch: list[Line]) -> None:
            for one in await self.together(batch):
                on_line(one)

        await in_batches(in_turn(lines), judge, most=TOGETHER, at_once=IN_FLIGHT)

    async def together(self, lines: Sequence[Line]) -> list[Judged]:
        """Write lines, none of the same person, at both services, but for those that either refuses."""
        judged = {line.number: Judged(line, "rejected", (NOT_UTF8,)) for line in lines if line.cells is None}
        going = [_Going(line, line.cells) for line in lines if line.cells is not None]

        await self._post(
            MIGRATION, "/departures", [(one, "departure:check", one.departure) for one in going], check=True
        )
        for one in going:
            one.checked = one.reply
        wrong = [one for one in going if not one.checked.ok]
        await self._post(REGISTRY, "/workers", [(one, "worker:check", one.worker) for one in wrong], check=True)
        judged |= {one.line.number: _refused(one, one.reply, one.checked) for one in wrong}

        going = [one for one in going if one.checked.ok]
        await self._post(REGISTRY, "/workers", [(one, "worker", one.worker) for one in going])
        for one in going:
            one.known = one.reply
            if one.known.ok:
                one.worker_id = str(one.known.body["id"])
            else:
                judged[one.line.number] = _refused(one, one.known, one.checked)

        await crash.at("load.registered")

        going = [one for one in going if one.known.ok]
        after = ", ".join(dict.fromkeys(one.known.position for one in going if one.known.position))
        await self._post(MIGRATION, "/departures", [(one, "departure", one.departure) for one in going], after=after)
        await crash.at("load.recorded")
        judged |= {one.line.number: _written(one) for one in going}
        return [judged[line.number] for line in lines]

    async def _post(
        self,
        service: str,
        path: str,
        asked: Sequence[tuple["_Going", str, dict[str, Any]]],
        *,
        after: str | None = None,
        check: bool = False,
    ) -> None:
        """Ask, and leave the reply with each line; what says nothing of a line ends the load."""
        items = [(f"{self._run}:{one.line.number}:{what}", body) for one, what, body in asked]
        replies = await self._calls.post_all(service, path, items, after=after, check=check)
        for (one, _, _), reply in zip(asked, replies, strict=True):
            if not reply.ok and reply.status not in _REFUSED:
                reply.must()
            one.reply = reply


class _Going:
    """A line on its way: who its worker is, and what was last answered."""

    known: Reply
    checked: Reply
    reply: Reply

    def __init__(self, line: Line, cells: Cells) -> None:
        self.line = line
        self.cells = cells
        self.worker_id: str | None = None

    @property
    def worker(self) -> dict[str, Any]:
        """What the registry is asked."""
        return worker_body(self.cells)

    @property
    def departure(self) -> dict[str, Any]:
        """What the migration service is asked."""
        return departure_body(self.cells) | ({"worker_id": self.worker_id} if self.worker_id else {})


def _written(one: _Going) -> Judged:
    """A line whose worker is registered, and whose departure was answered."""
    if not one.reply.ok:
        return _refused(one, one.known, one.reply)
    outcome, codes = verdict((one.known, one.reply))
    departed_on = date.fromisoformat(one.reply.body["departed_on"])
    return Judged(one.line, outcome, codes, one.worker_id, str(one.reply.body["id"]), departed_on)


def _refused(one: _Going, *replies: Reply) -> Judged:
    """A line that one of *replies*, the registry's and the migration service's, refused; who was known stays so."""
    return Judged(one.line, *verdict(replies), one.worker_id)


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
