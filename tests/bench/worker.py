"""A program that is asked to measure something, again and again, over its standard input and output: a line of JSON
each. What it does there is held up by nothing that goes on in the process that asks.
"""

import asyncio
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any

import orjson
import uvloop

_LONGEST_LINE = 1 << 26
_PATIENCE_SECONDS = 10.0

Answers = Callable[[dict[str, Any]], Awaitable[Any]]


class Worker:
    """A running program of this package."""

    def __init__(self, module: str, process: asyncio.subprocess.Process) -> None:
        self._module = module
        self._process = process

    async def ask(self, do: str, **more: Any) -> Any:
        """Have it *do* something; what it answers.

        Raises:
            RuntimeError: it ended instead; it has said why on standard error.
        """
        if self._process.stdin is None or self._process.stdout is None:
            raise RuntimeError("it was given pipes")
        self._process.stdin.write(orjson.dumps({"do": do, **more}) + b"\n")
        await self._process.stdin.drain()
        line = await self._process.stdout.readline()
        if not line:
            raise RuntimeError(f"{self._module} ended at {do}")
        return orjson.loads(line)

    async def end(self) -> None:
        """Its input ends, so it does too; it is made to if it takes long."""
        if self._process.stdin is not None:
            self._process.stdin.close()
        try:
            async with asyncio.timeout(_PATIENCE_SECONDS):
                await self._process.wait()
        finally:
            if self._process.returncode is None:
                self._process.kill()
                await self._process.wait()


@asynccontextmanager
async def a_worker(module: str, *arguments: str) -> AsyncIterator[Worker]:
    """``python -m tests.bench.MODULE ARGUMENTS``, ended afterwards."""
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        f"tests.bench.{module}",
        *arguments,
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        limit=_LONGEST_LINE,
        start_new_session=True,  # a Ctrl-C is for the process that asks
    )
    worker = Worker(module, process)
    try:
        yield worker
    finally:
        await worker.end()


def serve(starting: Callable[[], Awaitable[Answers]]) -> None:
    """Answer whatever is asked until the input ends; *starting* says who answers."""
    uvloop.run(_serve(starting))


async def _serve(starting: Callable[[], Awaitable[Answers]]) -> None:
    asked = asyncio.StreamReader(limit=_LONGEST_LINE)
    await asyncio.get_running_loop().connect_read_pipe(lambda: asyncio.StreamReaderProtocol(asked), sys.stdin)
    answers = await starting()
    while line := await asked.readline():
        sys.stdout.buffer.write(orjson.dumps(await answers(orjson.loads(line))) + b"\n")
        sys.stdout.buffer.flush()
