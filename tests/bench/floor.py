"""``python -m tests.bench.floor``: what a fact needs at least to be heard, whoever writes the program.

One durable commit of the fact, one JetStream publish and delivery, one durable commit at each hearer. The writer is
one process; each hearer is another and commits at once whatever has arrived meanwhile. Measured as our own propagation
is: from the instant in the fact's row to the commit of the hearer's, by the database's clock.
"""

import asyncio
import time
from typing import Any

import asyncpg
import nats
from nats.aio.msg import Msg

from tests.bench.worker import Answers, serve

STREAM = "FLOOR"
SUBJECT = "floor.said"
TABLES = (
    "CREATE TABLE said (number bigint PRIMARY KEY, at timestamptz NOT NULL, words text NOT NULL)",
    "CREATE TABLE heard (hearer int, number bigint, at timestamptz NOT NULL, PRIMARY KEY (hearer, number))",
)
_CONNECTIONS = 8
_NUMBER, _AT = "Number", "At"
_SAY = "INSERT INTO said VALUES ($1, clock_timestamp(), $2) RETURNING extract(epoch FROM at)::text"
_HEAR = "INSERT INTO heard SELECT $1, n, to_timestamp(at) FROM unnest($2::bigint[], $3::float8[]) x(n, at)"


class _Floor:
    """The writer or a hearer, as it is told first."""

    async def answer(self, asked: dict[str, Any]) -> dict[str, Any]:
        match asked["do"]:
            case "be":
                self._pool = await asyncpg.create_pool(asked["database"], min_size=1, max_size=_CONNECTIONS)
                self._bus = await nats.connect(asked["bus"])
            case "hear":
                await self._hear(asked["hearer"])
            case _:
                await self._say(asked["first"], asked["how_many"], asked["rate"], asked["words"])
        return {}

    async def _hear(self, hearer: int) -> None:
        self._queue: asyncio.Queue[Msg] = asyncio.Queue()
        await self._bus.jetstream().subscribe(SUBJECT, cb=self._queue.put, ordered_consumer=True)
        self._hearing = asyncio.create_task(self._write_down(hearer))

    async def _write_down(self, hearer: int) -> None:
        async with self._pool.acquire() as connection:
            while True:
                messages = [await self._queue.get()]
                while not self._queue.empty():
                    messages.append(self._queue.get_nowait())
                headers = [message.headers or {} for message in messages]
                await connection.execute(
                    _HEAR, hearer, [int(h[_NUMBER]) for h in headers], [float(h[_AT]) for h in headers]
                )

    async def _say(self, first: int, how_many: int, rate: float, words: str) -> None:
        """So many facts, *rate* a second."""
        jetstream = self._bus.jetstream()

        async def one(number: int) -> None:
            at = await self._pool.fetchval(_SAY, number, words)
            await jetstream.publish(SUBJECT, words.encode(), headers={_NUMBER: str(number), _AT: at})

        began = time.perf_counter()
        saying = set()
        for n in range(how_many):
            await asyncio.sleep(max(0.0, began + n / rate - time.perf_counter()))
            saying.add(asyncio.create_task(one(first + n)))
        await asyncio.gather(*saying)


async def _starting() -> Answers:
    return _Floor().answer


if __name__ == "__main__":
    serve(_starting)
