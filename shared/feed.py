"""Asking the owner: a service's feed of published facts, from the hearer's side.

The feed repairs holes, bootstraps a new service, and is how a hearer learns that a log was put back.
"""

import asyncio
import time
from collections.abc import Mapping
from dataclasses import dataclass
from http import HTTPStatus
from pathlib import Path
from typing import TYPE_CHECKING, Any
from uuid import UUID

import aiohttp
import orjson

from shared.bus import Told
from shared.log.identity import Identity, LogName

if TYPE_CHECKING:
    from shared.hearing import Checkpoint

PAGE = 2000

_HANGS_SECONDS = 0.5
_AT_ONCE = 4
_PATIENCE_SECONDS = 16.0
"""Of an owner's replicas one may hang: what is not answered soon is asked again beside, on another connection that may
come to another process; one that is only slow gets its time all the same."""


class FeedUnavailable(Exception):
    """The owner cannot be asked right now."""


@dataclass(frozen=True, slots=True)
class Page:
    """The next facts after a checkpoint; none where it is at the *head*."""

    identity: Identity
    head: int
    told: list[Told]


@dataclass(frozen=True, slots=True)
class WentBack:
    """The owner's log does not hold what the checkpoint names: it stands up to *kept*, no further."""

    identity: Identity
    head: int
    kept: int
    kept_event_id: UUID | None


class Feeds:
    """The feeds of all peers, asked with this service's own token."""

    def __init__(self, peers: Mapping[str, str], token_file: Path) -> None:
        self._peers = peers
        self._token_file = token_file
        self._session = aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=None), trust_env=False)
        self._took: dict[str, float] = {}

    async def close(self) -> None:
        """Let the connections go."""
        await self._session.close()

    async def after(self, source: str, checkpoint: "Checkpoint", limit: int = PAGE) -> Page | WentBack:
        """The page after a checkpoint."""
        asked: dict[str, str | int] = {"after": checkpoint.number, "limit": limit}
        if checkpoint.log_id is not None:
            asked["log"] = str(checkpoint.log_id)
        if checkpoint.event_id is not None:
            asked["event"] = str(checkpoint.event_id)
        status, answer = await self._get(source, "/feed", asked)
        if status not in (HTTPStatus.OK, HTTPStatus.CONFLICT):
            raise FeedUnavailable
        identity = Identity([LogName(UUID(n["log_id"]), n["begins_after"]) for n in answer["lineage"]])
        if status == HTTPStatus.CONFLICT:
            kept_event_id = answer["kept_event_id"]
            return WentBack(identity, answer["head"], answer["kept"], UUID(kept_event_id) if kept_event_id else None)
        return Page(
            identity,
            answer["head"],
            [
                Told.read(identity.log_id, fact["number"], fact["recorded_at"], fact["words"].encode())
                for fact in answer["events"]
            ],
        )

    async def head(self, source: str) -> tuple[Identity, int]:
        """How far the owner itself says that it has come, and under which names."""
        status, answer = await self._get(source, "/feed", {"after": 0, "limit": 0})
        if status != HTTPStatus.OK:
            raise FeedUnavailable
        identity = Identity([LogName(UUID(n["log_id"]), n["begins_after"]) for n in answer["lineage"]])
        return identity, answer["head"]

    async def _get(self, source: str, path: str, asked: Mapping[str, str | int]) -> tuple[int, Any]:
        """The first answer of the owner; the others who were asked are hung up on."""
        hangs = max(_HANGS_SECONDS, 2 * self._took.get(source, 0.0))
        asking: set[asyncio.Task[tuple[int, Any]]] = set()
        answered: set[asyncio.Task[tuple[int, Any]]] = set()
        try:
            async with asyncio.timeout(_PATIENCE_SECONDS):
                while not answered:
                    if len(asking) < _AT_ONCE:
                        asking.add(asyncio.create_task(self._ask(source, path, asked)))
                    answered, _ = await asyncio.wait(asking, timeout=hangs, return_when=asyncio.FIRST_COMPLETED)
            return answered.pop().result()
        except (aiohttp.ClientError, OSError, ValueError) as error:  # a timeout is an OSError too
            raise FeedUnavailable from error
        finally:
            for one in asking:
                one.cancel()
            await asyncio.gather(*asking, return_exceptions=True)

    async def _ask(self, source: str, path: str, asked: Mapping[str, str | int]) -> tuple[int, Any]:
        began = time.monotonic()
        token = self._token_file.read_text().strip()
        async with self._session.get(
            self._peers[source] + path, params=asked, headers={"Authorization": f"Bearer {token}"}
        ) as response:
            answer = await response.read()
        self._took[source] = time.monotonic() - began
        return response.status, orjson.loads(answer)
