"""Questions that come at the same time are asked together: one round trip for all of them."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Generic, TypeVar

from shared import database

Key = TypeVar("Key")
Value = TypeVar("Value")


class Gathering(Generic[Key, Value]):
    """What is asked for before the loop comes round is asked of *ask* in one call; nothing is kept for later.

    So an answer is never older than its question.
    """

    def __init__(self, ask: Callable[[Sequence[Key]], Awaitable[Mapping[Key, Value]]]) -> None:
        self._ask = ask
        self._wanted: list[tuple[Key, asyncio.Future[Value]]] = []
        self._asking: set[asyncio.Task[None]] = set()

    def ask(self, key: Key) -> asyncio.Future[Value]:
        """The answer to be: the asker's own, who may give it up without taking it from anybody else."""
        loop = asyncio.get_running_loop()
        if not self._wanted:
            loop.call_soon(self._go)
        answer: asyncio.Future[Value] = loop.create_future()
        self._wanted.append((key, answer))
        return answer

    def _go(self) -> None:
        wanted, self._wanted = self._wanted, []
        asking = asyncio.create_task(self._answer(wanted))
        self._asking.add(asking)
        asking.add_done_callback(self._asking.discard)

    async def _answer(self, wanted: Sequence[tuple[Key, asyncio.Future[Value]]]) -> None:
        keys = list(dict.fromkeys(key for key, _ in wanted))
        try:
            found = await self._ask(keys)
        except Exception as error:  # noqa: BLE001  it is raised where it was asked for
            if len(keys) > 1 and not database.lost(error):
                # One that cannot be read must not keep its neighbours from being read.
                for one in wanted:
                    await self._answer([one])
                return
            for _, answer in wanted:
                if not answer.done():
                    answer.set_exception(error)
        else:
            for key, answer in wanted:
                if not answer.done():  # else nobody waits any more
                    answer.set_result(found[key])
