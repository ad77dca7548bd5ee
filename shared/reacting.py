"""Reactions: what a service does by itself when another speaks.

``react(word) -> commands`` is pure. A command's id is made from the fact's id, so a fact heard twice is answered
once (P3); the checkpoint moves when every command is in the log or refused for good.
"""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import structlog

from shared import ids, telemetry
from shared.bus import Told
from shared.errors import Refused
from shared.execute import Caller, Request, execute
from shared.feed import WentBack
from shared.hearing import Checkpoint, move, note_going_back
from shared.published import PublicEvent

if TYPE_CHECKING:
    from shared.runtime import Runtime

log = structlog.get_logger()

HEARER = "reactions"

_TRANSIENT = 503
"""The status of a refusal that says: ask again. Any other is for good."""


@dataclass(frozen=True, slots=True)
class Reactions:
    """Which services are listened to, and what is done when they speak."""

    hears: tuple[str, ...]
    react: Callable[[PublicEvent], Sequence[object]]


class ReactionHearer:
    """A service's reactions as a hearer."""

    name = HEARER

    def __init__(self, runtime: "Runtime", reactions: Reactions) -> None:
        self._runtime = runtime
        self._reactions = reactions

    async def take(self, source: str, told: Sequence[Told], before: Checkpoint, after: Checkpoint) -> None:
        """Facts of one person one after the other, of different persons at once; then the checkpoint."""
        by_person: dict[str, list[Told]] = {}
        for fact in told:
            by_person.setdefault(fact.partition_key, []).append(fact)
        await asyncio.gather(*(self._answer_all(source, facts) for facts in by_person.values()))
        await move(self._runtime.pool, self.name, source, before, after, told)

    async def _answer_all(self, source: str, facts: Sequence[Told]) -> None:
        for fact in facts:
            if fact.word is None:
                continue
            for n, command in enumerate(self._reactions.react(fact.word)):
                with telemetry.span(f"react {fact.word.name}", fact.traceparent):
                    await self._carry_out(source, fact, n, command)

    async def _carry_out(self, source: str, fact: Told, n: int, command: object) -> None:
        runtime = self._runtime
        operation = f"react:{source}"
        request = Request(
            command_id=ids.command_id(runtime.secret, "reactions", operation, f"{fact.event_id}:{n}"),
            fingerprint=ids.keyed(runtime.secret, operation, str(fact.event_id), str(n)),
            caller=Caller(f"reaction:{source}", frozenset(), "*"),
            today=runtime.clock.today(),
            correlation=fact.correlation,
            cause={
                "source": source,
                "log_id": str(fact.log_id),
                "number": fact.number,
                "event_id": str(fact.event_id),
            },
        )
        try:
            await execute(runtime, request, command)
        except Refused as refused:
            if refused.refusal.status == _TRANSIENT:
                raise
            log.info("reaction-refused", source=source, number=fact.number, slug=refused.slug)
            await runtime.pool.execute(
                "INSERT INTO log.refused_reactions VALUES ($1, $2, $3, $4, $5, $6, clock_timestamp()) "
                "ON CONFLICT DO NOTHING",
                source,
                fact.log_id,
                fact.number,
                n,
                fact.event_id,
                refused.slug,
            )

    async def go_back(self, source: str, before: Checkpoint, back: WentBack) -> None:
        """What was done stays done; `status` lists what was done to facts that no longer exist."""
        async with self._runtime.pool.acquire() as connection, connection.transaction():
            await move(
                connection,
                self.name,
                source,
                before,
                Checkpoint(back.identity.log_id, back.kept, back.kept_event_id),
            )
            await note_going_back(connection, self.name, source, before, back)

    async def caught_up_to(self, source: str, number: int) -> None:
        """Reactions are not read, so nobody waits for them to be made."""
