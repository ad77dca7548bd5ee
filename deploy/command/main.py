"""The `desmigratif` command.

A command imports what it alone needs when it is called: the whole of it takes a second, which is as long as a thousand
lines of a list.
"""

import asyncio
import gc
import signal
import sys
from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import date
from pathlib import Path
from types import FrameType
from typing import Annotated, TypeVar

import orjson
import stamina.instrumentation
import typer
import uvloop

from deploy.command import load as load_
from deploy.command import parked as parked_
from deploy.command import rebuild as rebuild_
from deploy.command import report as report_
from deploy.command import restored as restored_
from deploy.command import running
from deploy.command import status as status_
from deploy.command import verify as verify_
from deploy.command.calls import SERVICES, Calls
from deploy.command.failures import BadFile, Failure, Unreachable
from deploy.command.showing import aside, results
from deploy.errands import Deed, Errand, ask
from deploy.program import HouseFailed

Answer = TypeVar("Answer")

# A load waits for a service that comes up again; somebody who asks how things stand wants to be told that it is away.
_MADE_BEFORE_COLLECTING = 50_000
_PATIENCE_SECONDS = 2.0
_HANGING_SECONDS = 15.0
_TIMEOUT_SECONDS = 1.5

app = typer.Typer(
    help="Desa Migran Produktif: five services for migrant workers and their families. Commands speak to the house in "
    f"the folder {running.DEFAULT_DATA}, or where {running.DATA} says.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)


def _day(text: str) -> date:
    return date.fromisoformat(text)


Today = Annotated[
    date | None, typer.Option("--today", parser=_day, metavar="DATE", help="Hold the calendar at DATE (2026-11-21).")
]
Report = Annotated[
    Path | None, typer.Option("--report", dir_okay=False, metavar="FILE.csv", help="What became of each line.")
]
JsonFile = Annotated[Path | None, typer.Option("--json", dir_okay=False, metavar="FILE.json", help="The same as JSON.")]
Service = Annotated[str, typer.Argument(metavar="SERVICE", help=f"One of {', '.join(SERVICES)}.")]


@app.command()
def demo(
    placements: Annotated[
        Path | None,
        typer.Option(
            "--placements",
            dir_okay=False,
            metavar="FILE",
            help="A placement list of BP3MI.",
            show_default="the shipped one",
        ),
    ] = None,
    today: Today = None,
    report: Report = None,
    json: JsonFile = None,
) -> None:
    """Start everything in a temporary folder, load a list, and show who came home."""
    from deploy.command import demo as demo_

    _can_be_written(report, json)
    complete = demo_.run(placements or demo_.PLACEMENTS, today or demo_.shipped_today(), report, json)
    raise typer.Exit(0 if complete else 1)


@app.command()
def up(
    data: Annotated[
        Path | None, typer.Option("--data", file_okay=False, metavar="DIR", help="Where the data are kept.")
    ] = None,
    today: Today = None,
    replicas: Annotated[
        list[str] | None,
        typer.Option(
            "--replicas",
            metavar="SERVICE=N",
            help="How many processes a service shall have, or N for all; may be repeated.",
            show_default="as many as last time, at first one",
        ),
    ] = None,
) -> None:
    """Start everything and keep it running; Ctrl-C ends it. The data stay."""
    from deploy.command import replicas as replicas_
    from deploy.command import up as up_

    up_.run(running.data_folder(data), today, replicas_.read(replicas or [], for_all=True))


@app.command()
def load(
    file: Annotated[Path, typer.Argument(dir_okay=False, metavar="FILE", help="A placement list of BP3MI.")],
    report: Report = None,
) -> None:
    """Load a placement list into what runs: no families, no returns."""
    _can_be_written(report)
    # Every line of a long list is kept until the report: to look through all of them for garbage finds none.
    gc.freeze()
    gc.set_threshold(_MADE_BEFORE_COLLECTING)
    judged = uvloop.run(load_.run(running.find(), file, report))
    load_.show_outcomes(judged, results())


@app.command("load-households")
def load_households(
    file: Annotated[Path, typer.Argument(dir_okay=False, metavar="FILE", help="A list, one line a person.")],
    report: Report = None,
) -> None:
    """Load a list of households into what runs; the same file again records nothing twice."""
    from deploy.command import load_households as load_households_

    _can_be_written(report)
    gc.freeze()
    gc.set_threshold(_MADE_BEFORE_COLLECTING)
    judged, households = uvloop.run(load_households_.run(running.find(), file, report))
    load_households_.show(judged, households, results())


@app.command()
def report(
    name: Annotated[report_.Name, typer.Argument(help="Which one.")],
    as_of: Annotated[
        date | None, typer.Option("--as-of", parser=_day, metavar="DATE", help="Of that day; today without.")
    ] = None,
    begins: Annotated[
        date | None, typer.Option("--from", parser=_day, metavar="DATE", help="Only what is counted from that day on.")
    ] = None,
    region: Annotated[str | None, typer.Option("--region", metavar="CODE", help="Only in this region.")] = None,
    by: Annotated[
        report_.By, typer.Option("--by", help="One row for each year, or for each region of this level.")
    ] = "year",
    json: Annotated[bool, typer.Option("--json", help="As JSON.")] = False,
    csv: Annotated[bool, typer.Option("--csv", help="As CSV, for a spreadsheet; its last line is the total.")] = False,
) -> None:
    """Show a report with its definition: what was so on a day, as it is known now."""
    if json and csv:
        raise typer.BadParameter("either --json or --csv")
    asked = {
        "as_of": as_of.isoformat() if as_of else None,
        "begins": begins.isoformat() if begins else None,
        "region": region,
        "by": by,
    }
    if csv:
        lines = _ask(lambda calls: report_.ask_csv(calls, name, **asked), "programme-office")
        sys.stdout.buffer.write(lines.encode())
        return
    said = _ask(lambda calls: report_.ask(calls, name, **asked), "programme-office")
    if json:
        sys.stdout.buffer.write(orjson.dumps(said, option=orjson.OPT_INDENT_2) + b"\n")
    else:
        report_.show(said, results())


@app.command()
def villages(json: JsonFile = None) -> None:
    """Show how each village stands."""
    from deploy.command import villages as villages_

    _can_be_written(json)
    found = _ask(villages_.ask, "programme-office", "operator")
    villages_.show(found, results())
    if json:
        villages_.write_json(found, json)
    for sentence in found.silent:
        aside().print(f"{sentence}: its figures are missing · angkanya kosong", markup=False)
    if found.withheld:
        aside().print(f"What {', '.join(found.withheld)} measured is for operators alone · hanya untuk operator")
    raise typer.Exit(0 if found.complete else 1)


@app.command()
def status(
    json: Annotated[bool, typer.Option("--json", help="As JSON.")] = False,
    wait: Annotated[
        float, typer.Option("--wait", min=0, metavar="SECONDS", help="Wait until everyone has heard everything.")
    ] = 0,
) -> None:
    """Show services, heads, lags and leases; ends with 1 if anything is stopped, parked, silent or not ready."""

    async def ask(calls: Calls) -> status_.Statuses:
        return await (status_.wait_until_heard(calls, wait) if wait else status_.ask(calls))

    statuses = _ask(ask, "operator", patience_seconds=0.2)
    if json:
        sys.stdout.buffer.write(orjson.dumps(status_.as_json(statuses), option=orjson.OPT_INDENT_2) + b"\n")
    else:
        status_.show(statuses, results())
    for sentence in status_.troubles(statuses):
        aside().print(sentence, markup=False)
    well = status_.all_heard(statuses) if wait else not status_.troubles(statuses)
    if wait and not well:
        aside().print(f"Not everyone has heard everything after {wait:g} s · belum semua mendengar")
    raise typer.Exit(0 if well else 1)


@app.command()
def verify() -> None:
    """Check every log, every checkpoint against its owner, and the bus against the logs."""
    verified = _ask(verify_.ask, "operator")
    verify_.show(verified, results())
    for finding in verified.findings:
        results().print(str(finding), markup=False, highlight=False)
    raise typer.Exit(1 if verified.findings else 0)


@app.command()
def rebuild(service: Service, view: Annotated[str, typer.Argument(metavar="VIEW", help="The view's name.")]) -> None:
    """Build a view anew beside the live one, compare them, and switch; what was live is kept until `drop`."""
    _known(service)
    said = _ask(lambda calls: rebuild_.ask(calls, service, view), "operator")
    rebuild_.show(service, said, results())
    differing = rebuild_.differences(service, said)
    for sentence in differing:
        results().print(sentence, markup=False, highlight=False)
    if differing:
        results().print(f"{said['repaired']} put right · diperbaiki")
    raise typer.Exit(1 if differing else 0)


@app.command()
def drop(service: Service, view: Annotated[str, typer.Argument(metavar="VIEW", help="The view's name.")]) -> None:
    """Drop what a view was before it was rebuilt or upgraded."""
    _known(service)
    dropped = _ask(lambda calls: rebuild_.drop(calls, service, view), "operator")
    results().print(", ".join(dropped) or "There was nothing to drop. · Tidak ada yang dihapus.", soft_wrap=True)


@app.command()
def parked(
    service: Annotated[str | None, typer.Argument(metavar="[SERVICE]", help="All services without it.")] = None,
    json: Annotated[bool, typer.Option("--json", help="As JSON.")] = False,
) -> None:
    """Show whose facts wait, since when and why; ends with 1 if somebody's do."""
    found = _ask(lambda calls: parked_.ask(calls, _services(service)), "operator")
    if json:
        shown = {name: None if isinstance(said, Unreachable) else said for name, said in found.items()}
        sys.stdout.buffer.write(orjson.dumps(shown, option=orjson.OPT_INDENT_2) + b"\n")
    else:
        parked_.show(found, results())
    for sentence in parked_.silent(found):
        aside().print(sentence, markup=False)
    raise typer.Exit(1 if any(found.values()) else 0)


@app.command()
def replay(
    service: Annotated[str | None, typer.Argument(metavar="[SERVICE]", help="All services without it.")] = None,
    hearer: Annotated[str | None, typer.Option("--hearer", metavar="NAME", help="As `parked` names it.")] = None,
    person: Annotated[str | None, typer.Option("--person", metavar="ID", help="A person or village alone.")] = None,
) -> None:
    """Let facts that wait take effect, each person's in their order; ends with 1 if somebody's still wait."""
    if hearer and "." in hearer:
        service, _, hearer = hearer.partition(".")
    done = _ask(lambda calls: parked_.replay(calls, _services(service), hearer, person), "operator")
    left = parked_.show_replayed(done, results())
    for sentence in parked_.silent(done):
        aside().print(sentence, markup=False)
    raise typer.Exit(1 if left or parked_.silent(done) else 0)


@app.command()
def token(
    role: Annotated[
        list[str], typer.Option("--role", metavar="R", help=f"One of {', '.join(running.ROLES)}; may be repeated.")
    ],
    area: Annotated[str, typer.Option("--area", metavar="CODE", help="A region code, or * for the whole country.")],
    subject: Annotated[
        str, typer.Option("--subject", metavar="ID", help="Who the caller is; by default the role and the area.")
    ] = "",
) -> None:
    """Print a bearer token for what runs in the data folder."""
    from deploy.command import tokens

    typer.echo(tokens.mint(running.data_folder(), role, area, subject or f"{'+'.join(role)}@{area}"))


@app.command()
def secrets(
    file: Annotated[Path, typer.Argument(dir_okay=False, metavar="FILE", help="Where to.")] = Path(".env"),
) -> None:
    """Write random secrets for the containers to FILE, for their owner alone; never over a file that is there."""
    from deploy import secret_environment

    try:
        secret_environment.write(file)
    except FileExistsError:
        raise BadFile(f"{file} is there already and is left as it is · {file} sudah ada, tidak diubah") from None
    aside().print(f"{file} is written; keep a copy in a safe place · simpan salinannya di tempat aman", markup=False)


@app.command()
def stop(service: Service) -> None:
    """End one service of what runs in the data folder; the others go on without it."""
    _change("stop", {service: 1})
    results().print(f"{service} has stopped; `desmigratif start {service}` brings it back · {service} dihentikan")


@app.command()
def start(service: Service) -> None:
    """Start a service again that `stop` ended; returns when it is ready."""
    _change("start", {service: 1})
    results().print(f"{service} serves · {service} melayani kembali")


@app.command()
def restart(service: Service) -> None:
    """Replace the processes of a service one by one; there are never fewer, and it returns when all new ones serve."""
    _change("restart", {service: 1})
    results().print(f"{service}: its processes are new ones · semua prosesnya sudah diganti")


@app.command()
def scale(
    replicas: Annotated[
        list[str], typer.Argument(metavar="SERVICE=N...", help="How many processes the service shall have.")
    ],
) -> None:
    """Let services have more or fewer processes; returns when the new ones serve and the others are gone."""
    from deploy.command import replicas as replicas_

    wanted = replicas_.read(replicas)
    _change("scale", wanted)
    for service, number in wanted.items():
        results().print(f"{service}: {number} {'process' if number == 1 else 'processes'} · {number} proses")


@app.command()
def restored(service: Service) -> None:
    """Tell a service that its database was put back to an earlier state."""
    _known(service)
    said = _ask(lambda calls: restored_.ask(calls, service), "operator")
    results().print(f"{service}: {orjson.dumps(said).decode()}", markup=False, highlight=False, soft_wrap=True)


def main() -> None:
    """Run the command; every failure that can be foreseen is a sentence and an exit code, not a traceback."""
    # A shell starts what it puts into the background with Ctrl-C ignored; whoever sends that signal means it.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    signal.signal(signal.SIGTERM, _as_ctrl_c)
    if signal.getsignal(signal.SIGHUP) is not signal.SIG_IGN:  # not under nohup
        signal.signal(signal.SIGHUP, _as_ctrl_c)
    # Each try is told on stderr by whoever tried; the library's own log lines would end up among the results.
    stamina.instrumentation.set_on_retry_hooks([])
    try:
        app()
    except Failure as failure:
        aside().print(str(failure), style="red", markup=False)
        sys.exit(failure.exit_code)
    except (HouseFailed, OSError) as failure:
        aside().print(str(failure), style="red", markup=False)
        sys.exit(1)


def _as_ctrl_c(_number: int, _frame: FrameType | None) -> None:
    """End as Ctrl-C does: whoever started something ends it."""
    signal.raise_signal(signal.SIGINT)


def _ask(job: Callable[[Calls], Awaitable[Answer]], *roles: str, patience_seconds: float = _PATIENCE_SECONDS) -> Answer:
    """Do *job* against what runs, as somebody with *roles*."""

    async def asked() -> Answer:
        async with running.find().calls(
            *roles,
            patience_seconds=patience_seconds,
            hanging_seconds=_HANGING_SECONDS,
            timeout_seconds=_TIMEOUT_SECONDS,
        ) as calls:
            return await job(calls)

    return asyncio.run(asked())


def _change(deed: Deed, services: Mapping[str, int]) -> None:
    """Let the house in the data folder do it."""
    for service in services:
        _known(service)
    ask(running.data_folder(), Errand(deed, services))


def _services(service: str | None) -> Sequence[str]:
    """The one that is named, else all."""
    if service is None:
        return SERVICES
    _known(service)
    return (service,)


def _known(service: str) -> None:
    if service not in SERVICES:
        raise BadFile(f"no service {service!r}; there are {', '.join(SERVICES)} · layanan tidak dikenal")


def _can_be_written(*paths: Path | None) -> None:
    """Say it before the work, not after."""
    for path in paths:
        if path and not path.absolute().parent.is_dir():
            raise BadFile(f"{path}: there is no such folder · folder tidak ada")


if __name__ == "__main__":
    main()
