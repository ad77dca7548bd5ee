"""What a process may be armed with, and where."""

import asyncio
import os
import signal
import subprocess
import sys

import pytest

from shared import crash
from shared.crash import CrashRefused
from tests.shared.tiny import DAY

ARMED = """
import asyncio
from datetime import date
from shared import crash

async def twice() -> None:
    for time in (1, 2):
        await crash.at("append.committed")
        await crash.at("append.asked")
        print(time, flush=True)

crash.arm("append.asked:2", date(2026, 11, 21))
asyncio.run(twice())
"""


def test_an_armed_process_dies_there_the_time_that_was_said_and_says_where() -> None:
    died = subprocess.run([sys.executable, "-c", ARMED], capture_output=True, text=True, check=False, env=os.environ)
    assert (died.returncode, died.stdout, died.stderr) == (-signal.SIGKILL, "1\n", "crashed at append.asked\n")


def test_one_that_is_not_armed_passes_every_point() -> None:
    crash.arm("", None)

    async def all_of_them() -> None:
        for point in crash.POINTS:
            await crash.at(point)

    asyncio.run(all_of_them())


@pytest.mark.parametrize("setting", ["append", "append.asked:", "append.asked:soon", "append.asked:0"])
def test_what_is_no_point_is_refused(setting: str) -> None:
    with pytest.raises(CrashRefused, match=r"DESMIGRATIF_CRASH: .* · DESMIGRATIF_CRASH: "):
        crash.arm(setting, DAY)


def test_nobody_is_armed_where_the_calendar_goes_on() -> None:
    with pytest.raises(CrashRefused, match="only for tests"):
        crash.arm("append.asked", None)
