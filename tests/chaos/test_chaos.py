"""A dozen faults, drawn anew in each run, while clients write and read: what was answered holds."""

import os
import secrets
from pathlib import Path

import pytest

from tests.chaos.__main__ import SEED
from tests.chaos.run import FAULTS, Run, run


async def test_what_was_answered_holds_whatever_happens(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    seed = int(os.environ.get(SEED) or secrets.randbits(32))

    def say(said: str) -> None:
        with capsys.disabled():
            print(f"\n    {said}", end="", flush=True)  # noqa: T201 - whatever comes of it, it can be done again

    say(f"{SEED}={seed}")
    outcome = await run(Run(seed, tmp_path), say)
    assert outcome.findings == []
    assert len(outcome.made) + len(outcome.passed_over) >= FAULTS
    assert outcome.lives > 0
