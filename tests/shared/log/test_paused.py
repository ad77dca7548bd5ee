"""A process that is paused (SIGSTOP, a virtual machine that is moved) holds nothing that others wait for."""

import asyncio
import random
import signal
import sys
import time
import uuid
from collections.abc import AsyncIterator

import pytest

from shared import database
from tests.shared.log.writing import Writer, append, event

PAUSES = 40
WITHIN_SECONDS = 3.0
"""A lease is good for so long: whoever is paused has lost his by then, and must not stand in the way."""


@pytest.fixture
async def appending(url: str) -> AsyncIterator[asyncio.subprocess.Process]:
    """Another process, busy appending."""
    program = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "tests.shared.log.appending", url, stdout=asyncio.subprocess.PIPE
    )
    assert program.stdout is not None
    assert await program.stdout.readline() == b"appends\n"
    yield program
    program.kill()
    await program.wait()


async def test_whenever_a_process_is_paused_others_go_on_appending(
    appending: asyncio.subprocess.Process, writer: Writer, seed: int
) -> None:
    drawn = random.Random(seed)  # noqa: S311 - the same seed pauses after the same times
    longest = 0.0
    for _ in range(PAUSES):
        await asyncio.sleep(drawn.uniform(0.0, 0.03))
        appending.send_signal(signal.SIGSTOP)
        try:
            began = time.monotonic()
            verdict = await writer.one(append(event(uuid.uuid4())))
            longest = max(longest, time.monotonic() - began)
        finally:
            appending.send_signal(signal.SIGCONT)
        assert verdict.said == "ok"
    assert longest < WITHIN_SECONDS
    (row,) = await writer.rows("SELECT count(*), max(position) FROM log.events")
    assert row["count"] == row["max"]


async def test_a_transaction_that_was_left_open_gives_way_and_leaves_nothing(url: str) -> None:
    """A hearer that is paused between moving its checkpoint and the commit."""
    paused, next_one = await database.create_pool(url, size=1), await database.create_pool(url, size=1)
    await paused.execute("INSERT INTO log.checkpoints (hearer, source, number) VALUES ('view', 'registry', 7)")
    move = "UPDATE log.checkpoints SET number = $1 WHERE hearer = 'view' AND number = 7"
    async with paused.acquire() as connection:
        transaction = connection.transaction()
        await transaction.start()
        assert await connection.execute(move, 8) == "UPDATE 1"
        began = time.monotonic()
        assert await next_one.execute(move, 9) == "UPDATE 1"
        assert time.monotonic() - began < WITHIN_SECONDS
        with pytest.raises(database.LOST) as error:
            await transaction.commit()
        assert database.lost(error.value)
    assert await next_one.fetchval("SELECT number FROM log.checkpoints WHERE hearer = 'view'") == 9
    await paused.close()
    await next_one.close()
