"""What is the house's own here: a clock that goes wrong for one process."""

import os
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest

from tests.chaos.house import FalseClock

_TELL = "import time\nwhile input(): print(time.time(), time.monotonic(), flush=True)"
_NEAR_SECONDS = 5.0


class Telling:
    """A process that tells the time whenever it is asked."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self._process = process

    def off(self) -> tuple[float, float]:
        """By how many seconds it is off: its time of day, and its monotonic clock."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write("?\n")
        self._process.stdin.flush()
        of_day, monotonic = map(float, self._process.stdout.readline().split())
        return of_day - time.time(), monotonic - time.monotonic()


@contextmanager
def telling(environment: Mapping[str, str]) -> Iterator[Telling]:
    with subprocess.Popen(
        [sys.executable, "-c", _TELL],
        env={**os.environ, **environment},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        yield Telling(process)
        process.kill()


def test_a_clock_that_jumps_does_so_for_one_process_alone(tmp_path: Path) -> None:
    """Where the library for it is missing, that is said, and nobody's clock goes wrong."""
    clock = FalseClock(tmp_path / "clock")
    clock.jump(0)
    with ExitStack() as stack:
        one = stack.enter_context(telling(clock.environment()))
        other = stack.enter_context(telling({}))
        for seconds in (0, -86_400, 3_600, 0):
            clock.jump(seconds)
            assert one.off() == pytest.approx((0 if clock.missing else seconds, 0), abs=_NEAR_SECONDS)
            assert other.off() == pytest.approx((0, 0), abs=_NEAR_SECONDS)
