"""Several calls under way at once."""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Iterable
from typing import TypeVar

T = TypeVar("T")


async def for_each(items: Iterable[T], do: Callable[[T], Awaitable[None]], *, at_once: int) -> None:
    """*do* each of *items*, begun in their order, *at_once* under way; the first that fails ends the others."""
    waiting = iter(items)

    async def work() -> None:
        for item in waiting:
            await do(item)

    try:
        async with asyncio.TaskGroup() as group:
            for _ in range(at_once):
                group.create_task(work())
    except ExceptionGroup as failed:
        raise failed.exceptions[0] from None


async def in_batches(
    groups: Iterable[Iterable[T]], do: Callable[[list[T]], Awaitable[None]], *, most: int, at_once: int
) -> None:
    """*do* at most *most* items together, *at_once* such batches under way; the first that fails ends the others.

    Items of one group follow one another: each is in a later batch, begun when the one before it was done.
    """
    ready = deque(deque(group) for group in groups)
    under_way = 0
    changed = asyncio.Condition()

    async def work(_: int) -> None:
        nonlocal under_way
        while True:
            async with changed:
                while under_way and not ready:
                    await changed.wait()
                mine = [ready.popleft() for _ in range(min(most, len(ready)))]
                if not mine:
                    return
                under_way += 1
            await do([group.popleft() for group in mine])
            async with changed:
                under_way -= 1
                ready.extendleft(group for group in reversed(mine) if group)
                changed.notify_all()

    await for_each(range(at_once), work, at_once=at_once)
