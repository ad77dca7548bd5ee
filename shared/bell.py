"""A bell that wakes everyone who listens: something was appended, a checkpoint moved."""

import asyncio


class Bell:
    """Listen first, look, then wait: what rings in between is not missed."""

    def __init__(self) -> None:
        self._event = asyncio.Event()

    def ring(self) -> None:
        """Wake whoever listened so far."""
        rung, self._event = self._event, asyncio.Event()
        rung.set()

    def listen(self) -> asyncio.Event:
        """What the next `ring` sets."""
        return self._event

    async def wait(self, listened: asyncio.Event, seconds: float) -> None:
        """Until it rings, or for *seconds*: in another process nobody rings this bell."""
        try:
            async with asyncio.timeout(seconds):
                await listened.wait()
        except TimeoutError:
            return
