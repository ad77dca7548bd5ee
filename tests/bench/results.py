"""What came out: a table, JSON, and the history that says whether a change made something slower."""

import json
import platform
import statistics
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import psutil
from rich.console import Console
from rich.table import Table

from tests.bench.figures import Figure, Sizes

HISTORY = Path(__file__).parent / "history.jsonl"
SLOWER = 0.15
"""A ratio that got worse by more than this share is marked."""
_GIB = 1 << 30


@dataclass(frozen=True, slots=True)
class Before:
    """The ratios of an earlier run that was kept, by the figures' keys."""

    commit: str
    ratios: Mapping[str, float]


def machine() -> dict[str, Any]:
    """What it ran on, told by nothing that names it."""
    model = next(
        (line.partition(":")[2].strip() for line in _cpu_lines() if line.startswith("model name")), platform.machine()
    )
    return {
        "processor": model,
        "cores": psutil.cpu_count() or 0,
        "memory_gib": round(psutil.virtual_memory().total / _GIB),
        "python": platform.python_version(),
    }


def _cpu_lines() -> list[str]:
    try:
        return Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        return []


def commit() -> str:
    """The commit that was measured, with a + where files differ from it."""

    def git(*arguments: str) -> str:
        return subprocess.run(
            ["git", *arguments],  # noqa: S607 - whichever git is used here
            cwd=Path(__file__).parent,
            capture_output=True,
            text=True,
            check=True,
        ).stdout.strip()

    try:
        return git("rev-parse", "--short=12", "HEAD") + ("+" if git("status", "--porcelain", "-uno") else "")
    except (OSError, subprocess.CalledProcessError):
        return "unknown"


def as_json(figures: Sequence[Figure], sizes: Sizes) -> dict[str, Any]:
    """Everything that was measured."""
    return {
        "at": datetime.now(UTC).isoformat(timespec="seconds"),
        "commit": commit(),
        "machine": machine(),
        "sizes": sizes.name,
        "runs": sizes.runs,
        "figures": {
            figure.key: {
                "ratio": round(figure.ratio, 4),
                "ours": round(statistics.median(figure.ours), 4),
                "theirs": round(statistics.median(figure.theirs), 4),
                "unit": figure.unit,
                "what": figure.what,
                "beside": figure.beside,
                "target": str(figure.target) if figure.target else None,
                "met": figure.met,
                "ratios": [round(ratio, 4) for ratio in figure.ratios],
            }
            for figure in figures
        },
    }


def keep(result: Mapping[str, Any]) -> None:
    """Add a line to the history: ratios and what they are of, nothing of the runs."""
    few = {
        key: {name: figure[name] for name in ("ratio", "ours", "theirs", "unit")}
        for key, figure in result["figures"].items()
    }
    with HISTORY.open("a", encoding="utf-8") as history:
        history.write(json.dumps({**result, "figures": few}, ensure_ascii=False) + "\n")


def before(sizes: Sizes) -> Before | None:
    """The newest kept ratio of each figure on such a machine, at these sizes."""
    here = machine()
    ratios: dict[str, float] = {}
    last = ""
    for line in HISTORY.read_text(encoding="utf-8").splitlines() if HISTORY.exists() else []:
        kept = json.loads(line)
        if kept["sizes"] == sizes.name and all(kept["machine"][n] == here[n] for n in ("processor", "cores")):
            last = kept["commit"]
            ratios |= {key: figure["ratio"] for key, figure in kept["figures"].items()}
    return Before(last, ratios) if ratios else None


def show(figures: Sequence[Figure], earlier: Before | None, console: Console) -> None:
    """One line a figure, the ratio in its middle."""
    shown = Table(title="Ratios first: ours to theirs, medians of the runs", title_justify="left")
    shown.add_column("figure")
    for column in ("ours", "theirs"):
        shown.add_column(column, justify="right")
    shown.add_column("beside")
    shown.add_column("ratio", justify="right", style="bold")
    shown.add_column("runs", justify="right")
    shown.add_column("target", justify="right")
    shown.add_column("met")
    if earlier:
        shown.add_column(f"before ({earlier.commit})", justify="right")
    for figure in figures:
        spread = f"{_number(min(figure.ratios))}…{_number(max(figure.ratios))}"
        cells = [
            figure.what,
            f"{_number(statistics.median(figure.ours))} {figure.unit}",
            f"{_number(statistics.median(figure.theirs))} {figure.unit}",
            figure.beside,
            _number(figure.ratio),
            spread,
            str(figure.target or ""),
            {True: "[green]yes[/]", False: "[red]no[/]", None: ""}[figure.met],
        ]
        if earlier:
            cells.append(_then(figure, earlier))
        shown.add_row(*cells)
    console.print(shown)


def slower(figures: Sequence[Figure], earlier: Before | None) -> list[Figure]:
    """Those that got worse since they were last kept."""
    return [figure for figure in figures if earlier and _worse(figure, earlier) > SLOWER]


def _then(figure: Figure, earlier: Before) -> str:
    was = earlier.ratios.get(figure.key)
    if was is None:
        return ""
    return f"{_number(was)}{' [red]slower now[/]' if _worse(figure, earlier) > SLOWER else ''}"


def _worse(figure: Figure, earlier: Before) -> float:
    """By which share it is worse than it was; below 0 where it is better."""
    was = earlier.ratios.get(figure.key)
    if not was:
        return 0.0
    return 1 - figure.ratio / was if figure.more_is_better else figure.ratio / was - 1


def _number(value: float) -> str:
    if value >= 100:
        return f"{value:,.0f}"
    return f"{value:.3g}"
