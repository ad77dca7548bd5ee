"""Some faults, drawn anew in each run, while clients write and read: what was answered holds."""

from pathlib import Path

import pytest

from tests.chaos.faults import ALL
from tests.chaos.run import Run, run

KINDS = tuple(sorted(kind for kind in ALL if "database" not in kind))
"""A database put back has tests of its own (test_log_put_back). `make chaos` makes it too; there, seed 1409396918 once
ended with a write that was answered under a name that lost it, and yet was there: not yet understood."""
FEWER = 6
"""So many faults; ``make chaos`` makes a dozen."""


async def test_what_was_answered_holds_whatever_happens(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], seed: int
) -> None:

    def say(said: str) -> None:
        with capsys.disabled():
            print(f"\n    {said}", end="", flush=True)  # noqa: T201 - whatever comes of it, it can be done again

    outcome = await run(Run(seed, tmp_path, FEWER, only=KINDS), say)
    assert outcome.findings == []
    assert len(outcome.made) + len(outcome.passed_over) >= FEWER
    assert outcome.lives > 0
