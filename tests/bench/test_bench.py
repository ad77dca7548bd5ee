"""The bench runs; how fast anything is, no test asks."""

import subprocess
import sys
from pathlib import Path

import orjson

from tests.bench.__main__ import FIGURES
from tests.bench.figures import USUAL, Figure, Target
from tests.bench.results import Before, slower

WHAT_EACH_BEGINS_WITH = {
    "append": "append-",
    "growth": "growth-",
    "command": "command",
    "load": "load",
    "propagation": "propagation-",
    "rebuild": "rebuild-",
    "one_return": "one-return-",
    "search": "search-",
    "households": "households",
    "memory": "memory-",
    "start": "ready-",
}


LONG = {"load", "memory", "start"}
"""They begin and end whole houses; the command, the house and the returns they use are tested elsewhere."""


def test_every_figure_comes_out_with_a_ratio(tmp_path: Path) -> None:
    tried = [name for name in FIGURES if name not in LONG]
    told = tmp_path / "bench.json"
    ran = subprocess.run(
        [sys.executable, "-m", "tests.bench", *tried, "--tiny", "--json", told],
        cwd=Path(__file__).parents[2],
        capture_output=True,
        text=True,
        check=False,
    )
    assert ran.returncode == 0, ran.stderr
    figures = orjson.loads(told.read_bytes())["figures"]
    assert tuple(WHAT_EACH_BEGINS_WITH) == FIGURES
    assert [name for name in tried if not any(f.startswith(WHAT_EACH_BEGINS_WITH[name]) for f in figures)] == []
    assert {key: figure["ratio"] for key, figure in figures.items() if not figure["ratio"] > 0} == {}
    assert "short of their target" in ran.stdout


def figure(ours: float, *, more_is_better: bool = True) -> Figure:
    return Figure(
        "append", "append", "INSERT", "1/s", [ours] * USUAL.runs, [100.0] * USUAL.runs, more_is_better=more_is_better
    )


def test_what_became_slower_since_it_was_kept_is_named() -> None:
    earlier = Before("0123456789ab", {"append": 0.6})
    assert slower([figure(40.0)], earlier) == [figure(40.0)]
    assert slower([figure(59.0), figure(90.0)], earlier) == []
    assert slower([figure(90.0, more_is_better=False)], earlier) == [figure(90.0, more_is_better=False)]
    assert slower([figure(40.0)], None) == []


def test_a_target_is_held_against_the_median_of_the_runs_ratios() -> None:
    ours = Figure("a", "a", "b", "ms", [1.0, 9.0, 2.0], [1.0, 1.0, 2.0], target=Target(at_most=1.0))
    assert ours.ratios == [1.0, 9.0, 1.0]
    assert (ours.ratio, ours.met) == (1.0, True)
    assert Target(at_least=0.55).met(0.55)
    assert not Target(at_least=0.55).met(0.54)
