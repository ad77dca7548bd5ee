"""Some faults, drawn anew in each run, while clients write and read: what was answered holds."""

from pathlib import Path

import pytest

from tests.chaos.run import Run, run

FEWER = 6
"""So many faults; ``make chaos`` makes a dozen."""


async def test_what_was_answered_holds_whatever_happens(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], seed: int
) -> None:

    def say(said: str) -> None:
        with capsys.disabled():
            print(f"\n    {said}", end="", flush=True)  # noqa: T201 - whatever comes of it, it can be done again

    outcome = await run(Run(seed, tmp_path, FEWER), say)
    assert outcome.findings == []
    assert len(outcome.made) + len(outcome.passed_over) >= FEWER
    assert outcome.lives > 0
