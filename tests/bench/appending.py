"""``python -m tests.bench.appending URL``: a service's batcher, with as many appends under way as it is asked for."""

import asyncio
import sys
import time
import uuid
from datetime import date
from typing import Any

from shared.log.append import Append, Batcher, NewEvent
from tests.bench.figures import Texts, percentile
from tests.bench.worker import Answers, serve

_ON = date(2026, 3, 1)
_PRINT = bytes(32)
_ANSWER = b'{"status": 201, "body": {"id": "00000000-0000-0000-0000-000000000001"}, "version": 1, "warnings": []}'


def one(texts: Texts) -> Append:
    """A command that begins a stream of its own with one event, written as *texts*."""
    stream = uuid.uuid4()
    event = NewEvent(
        stream,
        uuid.uuid4(),
        "Returned",
        1,
        _ON,
        "day",
        uuid.uuid4(),
        None,
        texts.meta,
        texts.data,
        texts.public,
    )
    return Append(uuid.uuid4(), _PRINT, _ANSWER, event.person_id, ((stream, 0),), (event,))


async def _starting() -> Answers:
    batcher = Batcher(sys.argv[1], None, _any_log, lambda: None)
    running = asyncio.create_task(batcher.run())

    async def append(asked: dict[str, Any]) -> dict[str, float]:
        if running.done():
            running.result()
        began = time.perf_counter()
        took: list[float] = []
        texts = Texts(**asked["texts"])

        async def again() -> None:
            while (at := time.perf_counter()) - began < asked["seconds"]:
                await batcher.append(one(texts))
                took.append(time.perf_counter() - at)

        await asyncio.gather(*(again() for _ in range(asked["at_once"])))
        seconds = time.perf_counter() - began
        return {"rate": len(took) / seconds, "p95": percentile(took, 0.95) * 1000}

    return append


async def _any_log(_connection: object) -> None:
    """It is looked at by nobody else."""


if __name__ == "__main__":
    serve(_starting)
