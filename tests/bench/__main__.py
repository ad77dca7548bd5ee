"""``python -m tests.bench [FIGURE…]``: measure, show, and keep what came out where that is asked for."""

import asyncio
import dataclasses
import importlib
import logging
import signal
import sys
import tempfile
import time
from pathlib import Path
from typing import Annotated, Any

import orjson
import stamina.instrumentation
import typer
import uvloop
from rich.console import Console

from tests.bench import results
from tests.bench.bed import Bed
from tests.bench.figures import FULL, QUICK, TINY, USUAL, Figure, Sizes

FIGURES = (
    "append", "growth", "command", "load", "propagation", "rebuild", "one_return", "search", "households", "memory",
    "start",
)  # fmt: skip
"""In the order in which they are measured: first what needs no house."""


app = typer.Typer(add_completion=False, pretty_exceptions_enable=False)


@app.command()
def main(
    figures: Annotated[list[str] | None, typer.Argument(metavar="[FIGURE]…", help=f"Of: {', '.join(FIGURES)}.")] = None,
    quick: Annotated[bool, typer.Option("--quick", help="Small sizes, two runs: a few minutes.")] = False,
    full: Annotated[bool, typer.Option("--full", help="A log of ten million events too.")] = False,
    tiny: Annotated[bool, typer.Option("--tiny", help="Only to see that it works.")] = False,
    runs: Annotated[int | None, typer.Option(min=1, help="How often each side takes its turn.")] = None,
    json: Annotated[Path, typer.Option(dir_okay=False, metavar="FILE", help="Everything that was measured.")] = Path(
        "bench.json"
    ),
    keep: Annotated[bool, typer.Option("--keep", help="Add a line to tests/bench/history.jsonl.")] = False,
) -> None:
    """Measure figures beside their peers; all of them if none is named. Ctrl-C ends every server."""
    if unknown := set(figures or ()) - set(FIGURES):
        raise typer.BadParameter(f"no such figure: {', '.join(sorted(unknown))}")
    sizes = TINY if tiny else QUICK if quick else FULL if full else USUAL
    if runs:
        sizes = dataclasses.replace(sizes, runs=runs)
    stamina.instrumentation.set_on_retry_hooks([])  # who waits for a server that starts need not say so
    logging.getLogger("eventsourcing").setLevel(logging.ERROR)
    chosen = [name for name in FIGURES if not figures or name in figures]
    with tempfile.TemporaryDirectory(prefix="desmigratif-bench-") as folder:
        Path(folder).chmod(0o711)  # as root PostgreSQL runs under an account of its own, which must pass through
        bed = Bed(Path(folder), careful=sizes.careful)
        try:
            measured = uvloop.run(_measure(bed, sizes, chosen))
        except (KeyboardInterrupt, asyncio.CancelledError):
            Console(stderr=True).print("Ended.")
            raise typer.Exit(130) from None
        finally:
            bed.close_now()
    result = results.as_json(measured, sizes)
    json.write_bytes(orjson.dumps(result, option=orjson.OPT_INDENT_2) + b"\n")
    earlier = results.before(sizes)
    console = Console(width=None if sys.stdout.isatty() else 180)
    results.show(measured, earlier, console)
    for figure in results.slower(measured, earlier):
        console.print(f"Slower than when it was last kept: {figure.what}, beside {figure.beside}", style="red")
    missed = [figure for figure in measured if figure.met is False]
    console.print(f"{len(measured)} figures, {len(missed)} short of their target; all of it in {json}", highlight=False)
    if keep:
        results.keep(result)


async def _measure(bed: Bed, sizes: Sizes, names: list[str]) -> list[Figure]:
    task = asyncio.current_task()
    if task is not None:
        asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, task.cancel)
    told = Console(stderr=True, highlight=False)
    measured: list[Figure] = []
    for name in names:
        began = time.monotonic()
        module: Any = importlib.import_module(f"tests.bench.{name}")
        measured += await module.measure(bed, sizes, lambda said: told.print(f"  {said}", style="dim", markup=False))
        told.print(f"{name}: {time.monotonic() - began:.0f} s")
    return measured


if __name__ == "__main__":
    app()
