"""What the five logs hold once all is healed, as PostgreSQL itself says it."""

from collections import defaultdict
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

import asyncpg
import orjson

from deploy import SERVICES
from deploy.house import POSTGRES, House
from shared.positions import Position


@dataclass(frozen=True, slots=True)
class Fact:
    """A row of a log. *command*: whose; null for the kernel's own. *cause*: the published fact that was reacted to."""

    position: int
    stream_id: UUID
    version: int
    type: str
    published: int | None
    person_id: UUID | None
    key_id: UUID | None
    command: UUID | None
    cause: str | None


@dataclass(frozen=True, slots=True)
class Command:
    """A command that was answered 2xx: where the log stood then, and the answer."""

    position: int
    status: int
    body: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Name:
    """A name in a log's lineage, and after which position and which published number it begins."""

    log_id: UUID
    begins_after: int
    begins_after_number: int


@dataclass(slots=True)
class Log:
    """One service's log: facts by position, commands by id, names from the oldest on."""

    facts: list[Fact] = field(default_factory=list)
    commands: dict[UUID, Command] = field(default_factory=dict)
    names: list[Name] = field(default_factory=list)
    by_command: dict[UUID, list[Fact]] = field(default_factory=lambda: defaultdict(list))
    nobody_there: set[str] = field(default_factory=set)
    """Ids of published words to which there was no reaction: whom they are about was not there."""

    def add(self, *facts: Fact) -> None:
        """The next facts."""
        self.facts += facts
        for fact in facts:
            if fact.command is not None:
                self.by_command[fact.command].append(fact)

    def stands(self, answered: Position) -> bool:
        """Whether what was answered at that position was never put back.

        Number and position may be of two answers: of others than the log's own service one has the number alone.
        """
        for n, name in enumerate(self.names):
            if name.log_id.hex[:8] == answered.log8:
                return all(
                    answered.number <= later.begins_after_number and (answered.position or 0) <= later.begins_after
                    for later in self.names[n + 1 :]
                )
        return False


async def gather(house: House) -> dict[str, Log]:
    """Every service's log."""
    logs: dict[str, Log] = {}
    for service in SERVICES:
        connection = await asyncpg.connect(house.url(POSTGRES, database=service))
        try:
            log = logs[service] = Log()
            log.add(*(_fact(row) for row in await connection.fetch(_FACTS)))
            for row in await connection.fetch("SELECT command_id, position, answer FROM log.commands"):
                answer = orjson.loads(row["answer"])
                body = {**answer["body"], "version": answer["version"]}
                log.commands[row["command_id"]] = Command(row["position"], answer["status"], body)
            names = await connection.fetch(
                "SELECT log_id, begins_after_position, begins_after FROM log.identity ORDER BY ordinal"
            )
            log.names = [Name(*row) for row in names]
            refused = await connection.fetch("SELECT event_id FROM log.refused_reactions WHERE slug = 'not-found'")
            log.nobody_there = {str(row["event_id"]) for row in refused}
        finally:
            await connection.close()
    return logs


def _fact(row: asyncpg.Record) -> Fact:
    meta = orjson.loads(row["meta"])
    command = meta.get("command")
    return Fact(
        row["position"],
        row["stream_id"],
        row["version"],
        row["type"],
        row["published"],
        row["person_id"],
        row["key_id"],
        UUID(command) if command else None,
        meta["cause"]["event_id"] if "cause" in meta else None,
    )


_FACTS = """
SELECT position, stream_id, version, type, published, person_id, key_id, meta FROM log.events ORDER BY position
"""
