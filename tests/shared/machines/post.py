"""Between the bus and who listens there: words held back, brought in another order, twice, late or never."""

import asyncio
from collections.abc import Collection, Iterable

from shared.bus import Bus, Following, Told

Letterbox = asyncio.Queue[Told | None]


class Post:
    """Brings what comes from the bus, as it comes; while *holding*, only what it is told to bring."""

    def __init__(self) -> None:
        self.holding = False
        self.held: list[tuple[Letterbox, Told]] = []
        """What was not brought yet, and to whom it goes."""
        self._brought: list[Told] = []

    def between(self, bus: Bus) -> None:
        """Stand between *bus* and all who follow somebody there."""
        follow = bus.follow

        async def followed(source: str, queue: Letterbox) -> Following:
            return await follow(source, _Sorting(self, queue))

        bus.follow = followed  # type: ignore[method-assign]

    def take(self, queue: Letterbox, told: Told) -> None:
        """The bus brought it."""
        if self.holding:
            self.held.append((queue, told))
        else:
            self._bring(queue, told)

    def _bring(self, queue: Letterbox, told: Told) -> None:
        self._brought.append(told)
        queue.put_nowait(told)

    def bring(self, picks: Iterable[tuple[int, bool]]) -> None:
        """Some of what was held back, in any order, some of it twice; the rest never comes."""
        for pick, twice in picks:
            if self.held:
                n = pick % len(self.held)
                self._bring(*(self.held[n] if twice else self.held.pop(n)))
        self.held.clear()

    def again(self, picks: Iterable[int], queues: Collection[Letterbox]) -> None:
        """What came long ago comes again, to everybody."""
        for pick in picks:
            for queue in queues if self._brought else ():
                queue.put_nowait(self._brought[pick % len(self._brought)])


class _Sorting(asyncio.Queue[Told | None]):
    """Where the bus puts what it brings."""

    def __init__(self, post: Post, queue: Letterbox) -> None:
        super().__init__()
        self._post = post
        self._of = queue

    def put_nowait(self, item: Told | None) -> None:
        assert item
        self._post.take(self._of, item)
