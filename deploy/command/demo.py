"""`desmigratif demo`: a whole house in a temporary folder, the list, the families, who came home, and what that shows.

It does what callers do and nothing else: everything goes through the services' HTTP APIs with a token.
"""

import asyncio
import secrets
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from rich.console import Console

from deploy.command import families, journey, rules, status, villages
from deploy.command.calls import Calls
from deploy.command.concurrently import for_each, in_batches
from deploy.command.failures import BadFile, Failure
from deploy.command.families import Family
from deploy.command.journey import Journey
from deploy.command.load import IN_FLIGHT, TOGETHER, Judged, Load, show_outcomes, write_report
from deploy.command.placements import Line, read
from deploy.command.rules import HomeComing, Trip
from deploy.command.running import Running
from deploy.command.showing import aside, results, step
from deploy.command.villages import Villages
from deploy.house import House

EXAMPLE = Path(__file__).parents[1] / "example"
PLACEMENTS = EXAMPLE / "placements.csv"

_HEARD_WITHIN_SECONDS = 60.0
_VILLAGES = 16
"""Returns reported at once."""


@dataclass(frozen=True, slots=True)
class Told:
    """What there is to tell in the end. *journey* is None where nobody came home."""

    judged: list[Judged]
    families: int
    home: list[HomeComing]
    journey: Journey | None
    villages: Villages


def shipped_today() -> date:
    """The day that stands beside the shipped list."""
    text = (EXAMPLE / "today").read_text(encoding="ascii").strip()
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        raise BadFile(f"{EXAMPLE / 'today'} holds no date") from error


def run(placements: Path, today: date, report: Path | None, json: Path | None) -> bool:
    """All of it; answers whether every service had its say."""
    lines = read(placements)
    with tempfile.TemporaryDirectory(prefix="desmigratif-") as folder:
        Path(folder).chmod(0o711)  # as root PostgreSQL runs under an account of its own, which must pass through
        house = House(Path(folder) / "house", today=today, say=lambda said: aside().print(f"  {said}", markup=False))
        try:
            with step("Starting PostgreSQL, NATS and five services · memulai"):
                house.start()
            told = asyncio.run(play(Running(house.addresses, issuer=house.issuer), lines, today, report))
        finally:
            with step("Ending everything · mengakhiri"):
                house.stop()
    if json:
        villages.write_json(told.villages, json)
    show(told, today, results())
    return told.villages.complete


async def play(running: Running, lines: Sequence[Line], today: date, report: Path | None = None) -> Told:
    """What happens while the house stands."""
    run_id = secrets.token_hex(16)
    judged: list[Judged] = []
    async with running.calls("integrator", "operator") as calls:
        with step("Loading the list · memuat daftar", len(lines)) as shown:

            def on_line(one: Judged) -> None:
                judged.append(one)
                shown.advance()

            await Load(calls, run_id).all(lines, on_line)
        if report:
            write_report(report, judged)
        trips = rules.trips(judged)
        at_home = await _record_families(calls, trips, today, run_id)
        home = rules.home_comings(trips, today)
        followed = rules.to_be_followed(trips, home)
        await _record_returns(calls, [one for one in home if one is not followed], run_id)
        await _wait_until_heard(calls)
        way = None
        if followed:
            with step("Following one return · mengikuti satu kepulangan"):
                way = await journey.follow(
                    calls,
                    followed,
                    at_home.get(followed.trip.worker_id),
                    decides=rules.decides(trips, home, followed),
                    key=f"{run_id}:followed",
                )
            await _wait_until_heard(calls)
        return Told(judged, len(at_home), home, way, await villages.ask(calls))


async def _record_families(calls: Calls, trips: Sequence[Trip], today: date, run_id: str) -> dict[str, Family]:
    """By worker, the families that the rules invent."""
    bringing = [(trip, _village_of(trip)) for trip in trips if trip.brings_family]
    found: list[Family] = []
    with step("Recording families · mencatat keluarga", len(bringing)) as shown:

        async def some(of_these: list[tuple[Trip, str]]) -> None:
            found.extend(await families.record(calls, of_these, today, run_id))
            for _ in of_these:
                shown.advance()

        await in_batches(([one] for one in bringing), some, most=TOGETHER, at_once=IN_FLIGHT)
    return {family.worker_id: family for family in found}


def _village_of(trip: Trip) -> str:
    cells = trip.judged.line.cells
    if cells is None:
        raise AssertionError("an accepted line was posted, so it has cells")
    return cells.village


async def _record_returns(calls: Calls, home: Sequence[HomeComing], run_id: str) -> None:
    """One at a time, as villages report them: so what is told in the end of how soon others hear is true of that."""
    with step("Recording returns · mencatat kepulangan", len(home)) as shown:

        async def one(home_coming: HomeComing) -> None:
            await journey.post(calls, home_coming, f"{run_id}:{home_coming.trip.number}:return")
            shown.advance()

        await for_each(home, one, at_once=_VILLAGES)


async def _wait_until_heard(calls: Calls) -> None:
    with step("Waiting until everyone has heard · menunggu semua mendengar"):
        statuses = await status.wait_until_heard(calls, _HEARD_WITHIN_SECONDS)
    if not status.all_heard(statuses):
        behind = [
            f"{service} {hearer} is {'unknown' if n is None else n} behind {source}"
            for service, hearer, source, n in status.lags(statuses)
        ]
        raise Failure("; ".join(status.troubles(statuses) + behind) or "the services do not come to rest")


def show(told: Told, today: date, console: Console) -> None:
    """Everything there is to tell."""
    console.print(f"The demo's rules; today is {today} · aturan demo", style="bold")
    console.print(rules.SAID, highlight=False)
    console.print()
    show_outcomes(told.judged, console)
    reasons = {reason: sum(one.reason == reason for one in told.home) for reason in ("contract_ended", "leave", "died")}
    console.print(
        f"{len(rules.trips(told.judged)):,} trips, {told.families:,} families, {len(told.home):,} returns: "
        f"{reasons['contract_ended']:,} because the contract ended, {reasons['leave']:,} on leave, "
        f"{reasons['died']:,} by death"
    )
    console.print()
    villages.show(told.villages, console)
    console.print()
    if told.journey:
        journey.show(told.journey, console)
    else:
        console.print("Nobody on this list had come home by today. · Belum ada yang pulang.")
