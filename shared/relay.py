"""The relay: from the log to the bus, in order, each word as it was stored.

It keeps no cursor: where the stream ends, there it goes on. So a stream that was lost, emptied or put back to an
older copy is filled again without anybody noticing it first (P4). It takes nothing away: what the bus still has from
the log's former names stays in front of what is sent under the present one.
"""

import asyncio
import time
from typing import TYPE_CHECKING

import structlog

from shared import crash, database, telemetry
from shared.bus import PublishBroken, Tail, Unreachable
from shared.log.store import Head, Said

if TYPE_CHECKING:
    from shared.runtime import Runtime

LEASE = "relay"

_MOST = 256
_POLL_SECONDS = 0.1
_HEAD_SECONDS = 1.0
_BETWEEN_HEADS_SECONDS = 0.05
"""A head wakes every hearer: of many facts in a row the facts themselves tell them."""
_LOOK_SECONDS = 5.0
_RETRY_SECONDS = 0.2

_INTERRUPTED: tuple[type[Exception], ...] = (PublishBroken, *Unreachable, *database.LOST)

log = structlog.get_logger()


class WasRestored(Exception):
    """The bus holds a fact under this log's name that the log does not: the log was put back."""


class Relay:
    """One active relay a service, by lease; two would be fenced by the sequence each message must follow."""

    def __init__(self, runtime: "Runtime") -> None:
        self._runtime = runtime
        self._restart = False
        self._said_head = 0.0

    def reconnected(self) -> None:
        """The bus may not be the one it was: look at its tail again."""
        self._restart = True

    async def run(self) -> None:
        """Until cancelled."""
        while True:
            await self._runtime.leases.wait(LEASE)
            try:
                await self._session()
            except _INTERRUPTED as error:
                if isinstance(error, ValueError):
                    raise
                log.debug("relay-interrupted", error=type(error).__name__)
                await asyncio.sleep(_RETRY_SECONDS)

    async def _session(self) -> None:
        runtime = self._runtime
        self._restart = False
        await runtime.bus.open_stream()
        tail = await runtime.bus.tail()
        if await was_restored(runtime, tail):
            raise WasRestored
        number, sequence = self._sent(tail), tail.sequence
        if number == 0 and sequence > 0:
            log.warning("bus-stream-filled-again", behind=sequence)
        looked = time.monotonic()
        unsaid: Said | None = None
        while runtime.leases.held(LEASE) and not self._restart:
            rang = runtime.appended.listen()
            # Under a name that the log has no more nothing may be sent: until this process ends, it stands still.
            said = await runtime.log.said(number, _MOST, runtime.identity.log_id)
            if said:
                await crash.at("relay.read")
                with telemetry.publishing(runtime.service.name, said):
                    sequence = await runtime.bus.publish(runtime.identity.log_id, said, sequence)
                await crash.at("relay.published")
                unsaid, number = said[-1], said[-1].number
                runtime.relayed = number
            quiet = time.monotonic() - self._said_head
            if unsaid and quiet >= _BETWEEN_HEADS_SECONDS:
                await self._say_head(unsaid)
                unsaid = None
            elif not said and quiet >= _HEAD_SECONDS:
                await self._say_head(await runtime.log.said_at(number))
                if time.monotonic() - looked >= _LOOK_SECONDS:
                    # On a quiet day nothing else would tell that the stream was deleted, emptied or put back.
                    looked = time.monotonic()
                    tail = await runtime.bus.tail()
                    self._restart = tail.sequence < sequence or (tail.told is None and number > 0)
            if len(said) < _MOST:
                await runtime.appended.wait(rang, _BETWEEN_HEADS_SECONDS if unsaid else _POLL_SECONDS)

    def _sent(self, tail: Tail) -> int:
        """The number that the stream ends with; 0 where it ends with nothing of this log under its present name."""
        told = tail.told
        return told.number if told is not None and told.log_id == self._runtime.identity.log_id else 0

    async def _say_head(self, last: Said | None) -> None:
        head = Head(last.number, last.event_id) if last else Head(0, None)
        await self._runtime.bus.say_head(self._runtime.identity.log_id, head)
        self._said_head = time.monotonic()
        self._runtime.relayed = head.number


async def was_restored(runtime: "Runtime", tail: Tail) -> bool:
    """Whether the stream's last message carries this log's present name but is not in this log."""
    if tail.told is None or tail.told.log_id != runtime.identity.log_id:
        return False
    there = await runtime.log.said_at(tail.told.number)
    return there is None or there.event_id != tail.told.event_id
