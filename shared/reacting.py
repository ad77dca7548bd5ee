"""Reactions: what a service does by itself when another speaks.

``react(word) -> commands`` is pure. A command's id is made from the fact's id, so a fact heard twice is answered
once (P3); the checkpoint moves when every command is in the log or refused for good. Rebuilding views never reacts.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import structlog

from shared import crash, ids, parking, telemetry
from shared.bulk import execute_all
from shared.bus import Told
from shared.errors import Refused
from shared.execute import Caller, Request
from shared.feed import WentBack
from shared.hearing import Checkpoint, Fenced, Moving, Transient, note_going_back
from shared.parking import Fact
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
    label = HEARER

    def __init__(self, runtime: "Runtime", reactions: Reactions) -> None:
        self._runtime = runtime
        self._reactions = reactions

    async def open(self) -> None:
        """Reactions begin with the first fact of each source."""
        await self._runtime.pool.executemany(
            "INSERT INTO log.checkpoints (hearer, source, number) VALUES ($1, $2, 0) ON CONFLICT DO NOTHING",
            [(self.name, source) for source in self._reactions.hears],
        )

    async def take(self, source: str, facts: Sequence[Fact], moving: Moving) -> None:
        """What is done about each fact, in their order; then the checkpoint."""
        asked = [
            (fact, n, command)
            for fact in facts
            if isinstance(fact, Told) and fact.word is not None
            for n, command in enumerate(self._reactions.react(fact.word))
        ]
        if asked:
            await self._carry_out(source, asked)
        await crash.at("reacting.answered")
        async with moving(alone=True):
            await crash.at("reacting.moved")
        await crash.at("reacting.committed")

    async def _carry_out(self, source: str, asked: Sequence[tuple[Told, int, object]]) -> None:
        requests = [(self._request(source, fact, n), command) for fact, n, command in asked]
        outcomes = await execute_all(self._runtime, requests)
        await crash.at("reacting.carried_out")
        for (fact, n, _), outcome in zip(asked, outcomes, strict=True):
            if isinstance(outcome, Refused):
                await self._refused(source, fact, n, outcome)
            elif isinstance(outcome, Exception):
                raise outcome

    def _request(self, source: str, fact: Told, n: int) -> Request:
        runtime = self._runtime
        operation = f"react:{source}"
        with telemetry.span(f"react {fact.word.name if fact.word else None}", fact.traceparent):
            return Request(
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
                traceparent=telemetry.traceparent(),
            )

    async def _refused(self, source: str, fact: Told, n: int, refused: Refused) -> None:
        if refused.refusal.status == _TRANSIENT:
            raise Transient from refused
        await crash.at("reacting.refused")
        log.info("reaction-refused", source=source, number=fact.number, slug=refused.slug)
        await self._runtime.pool.execute(
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
        hearer, stands = self.name, Checkpoint(back.identity.log_id, back.kept, back.kept_event_id)
        async with self._runtime.pool.acquire() as connection, connection.transaction():
            moved = await connection.execute(
                "UPDATE log.checkpoints SET log_id = $3, number = $4, event_id = $5, parkings = parkings + 1 "
                "WHERE hearer = $1 AND source = $2 AND number = $6 AND log_id IS NOT DISTINCT FROM $7",
                hearer,
                source,
                stands.log_id,
                stands.number,
                stands.event_id,
                before.number,
                before.log_id,
            )
            if moved != "UPDATE 1":
                raise Fenced
            await parking.forget(connection, hearer, source, stands.number)
            await note_going_back(connection, self.name, source, before, back)
            await crash.at("back.reactions_moved")
        await crash.at("back.reactions_gone")
