"""The log as several commands see it together: read once, many answers to a question, and then as they change it."""

import asyncio
from collections.abc import Iterator, Mapping, Sequence
from typing import Generic, TypeVar
from uuid import UUID

from shared.log.append import NewClaim
from shared.log.gathering import Gathering
from shared.log.store import EventLog, History

Key = TypeVar("Key")
Value = TypeVar("Value")


class Snapshot:
    """Each history and each claim as it was when first asked for, and from `add` on as it was decided to be."""

    def __init__(self, log: EventLog) -> None:
        self.changed: set[UUID | bytes] = set()
        """Streams and claims that are not as the log has them."""
        self.made: set[str] = set()
        """Streams that the log does not have, as answers name them."""
        self._histories = _Answers(Gathering(log.histories))
        self._holders = _Answers(Gathering(log.holders))
        self._kinds: dict[bytes, str] = {}
        self._released: set[tuple[str, UUID]] = set()

    async def history(self, stream_id: UUID) -> History:
        """A whole stream, in order."""
        return await self._histories.get(stream_id)

    async def holder(self, kind: str, key: bytes) -> UUID | None:
        """Who holds the claim that stands under *key*."""
        self._kinds[key] = kind
        holder = await self._holders.get(key)
        freed = holder is not None and (kind, holder) in self._released and key not in self.changed
        return None if freed else holder

    def add(self, histories: Mapping[UUID, History], claims: Sequence[NewClaim]) -> None:
        """Let *histories* be so, and *claims* taken or freed, for those that ask from now on."""
        for stream_id, history in histories.items():
            self._histories.put(stream_id, history)
            self.changed.add(stream_id)
            if not history.seen:
                self.made.add(str(stream_id))
        for claim in claims:
            if claim.key is None:
                self._released.add((claim.kind, claim.holder))
                for key in [key for key, holder in self._holders.known() if holder == claim.holder]:
                    if self._kinds[key] == claim.kind:
                        self._take(key, None)
        for claim in claims:
            if claim.key is not None:
                self._kinds[claim.key] = claim.kind
                self._take(claim.key, claim.holder)

    def _take(self, key: bytes, holder: UUID | None) -> None:
        self._holders.put(key, holder)
        self.changed.add(key)


class _Answers(Generic[Key, Value]):
    """Each key is asked for once."""

    def __init__(self, gathering: Gathering[Key, Value]) -> None:
        self._gathering = gathering
        self._answers: dict[Key, asyncio.Future[Value]] = {}

    async def get(self, key: Key) -> Value:
        if key not in self._answers:
            self._answers[key] = self._gathering.ask(key)
        return await self._answers[key]

    def put(self, key: Key, value: Value) -> None:
        self._answers[key] = asyncio.get_running_loop().create_future()
        self._answers[key].set_result(value)

    def known(self) -> Iterator[tuple[Key, Value]]:
        for key, answer in self._answers.items():
            if answer.done() and not answer.cancelled() and answer.exception() is None:
                yield key, answer.result()
