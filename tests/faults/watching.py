"""Who moved a checkpoint, who got a lease, who published: every single time, as the servers themselves saw it.

A sample over HTTP would miss most of it, and what a process believes of itself proves nothing. So PostgreSQL writes
down each move of a checkpoint in the transaction that makes it: from where to where, by which process, and who had the
lease at that instant. And NATS delivers what is published together with the inbox of the process that published it,
also what the stream then refuses.
"""

import time
from collections import defaultdict
from collections.abc import AsyncIterator, Iterable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime
from itertools import groupby, pairwise
from uuid import UUID

import asyncpg
import nats
from nats.aio.msg import Msg

from deploy.command.calls import SERVICES
from deploy.house import House
from deploy.nats import operator_of
from shared import wire
from shared.bus import known

_WATCH = """
CREATE SCHEMA watched;
CREATE TABLE watched.moves (
  n bigint GENERATED ALWAYS AS IDENTITY, hearer text, source text, before bigint, after bigint, pid int,
  holder uuid, at timestamptz);
CREATE TABLE watched.changes (name text, ran_out boolean);
CREATE TABLE watched.held (name text, holder uuid, PRIMARY KEY (name, holder));
CREATE TABLE watched.processes (holder uuid PRIMARY KEY, pid int);
CREATE FUNCTION watched.pid() RETURNS int LANGUAGE sql AS
  $$ SELECT split_part(current_setting('application_name'), ' ', 2)::int $$;
CREATE FUNCTION watched.moved() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER AS $$
BEGIN
  INSERT INTO watched.moves (hearer, source, before, after, pid, holder, at)
  SELECT NEW.hearer, NEW.source, OLD.number, NEW.number, watched.pid(),
         (SELECT l.holder FROM log.leases l
          WHERE l.name = NEW.hearer || '<' || NEW.source AND l.until > clock_timestamp()), clock_timestamp();
  RETURN NULL;
END $$;
CREATE FUNCTION watched.taken() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER AS $$
BEGIN
  INSERT INTO watched.processes VALUES (NEW.holder, watched.pid()) ON CONFLICT DO NOTHING;
  INSERT INTO watched.held VALUES (NEW.name, NEW.holder) ON CONFLICT DO NOTHING;
  IF TG_OP = 'UPDATE' THEN
    INSERT INTO watched.changes SELECT NEW.name, OLD.until < clock_timestamp() WHERE NEW.holder <> OLD.holder;
  END IF;
  RETURN NULL;
END $$;
CREATE TRIGGER watched AFTER UPDATE ON log.checkpoints
  FOR EACH ROW WHEN (OLD.number <> NEW.number) EXECUTE FUNCTION watched.moved();
CREATE TRIGGER watched AFTER INSERT OR UPDATE ON log.leases FOR EACH ROW EXECUTE FUNCTION watched.taken();
"""


@dataclass(frozen=True, slots=True)
class Move:
    """A checkpoint moved from *before* to *after* by the process *pid*, while *holder* had the lease."""

    hearer: str
    source: str
    before: int
    after: int
    pid: int
    holder: UUID | None
    at: datetime


@dataclass(slots=True)
class Ledger:
    """What PostgreSQL wrote down in one service's database."""

    service: str
    connection: asyncpg.Connection

    async def moves(self, hearer: str = "%", source: str = "%", *, since: datetime | None = None) -> list[Move]:
        """In the order in which they were made."""
        rows = await self.connection.fetch(
            "SELECT hearer, source, before, after, pid, holder, at FROM watched.moves "
            "WHERE hearer LIKE $1 AND source LIKE $2 AND at > coalesce($3::timestamptz, '-infinity') ORDER BY n",
            hearer,
            source,
            since,
        )
        return [Move(**row) for row in rows]

    async def processes(self) -> dict[UUID, int]:
        """By holder, as it calls itself in leases, the id of the process."""
        return {row["holder"]: row["pid"] for row in await self.connection.fetch("SELECT * FROM watched.processes")}

    async def holder(self, lease: str) -> int:
        """The id of the process that has it now."""
        holder = await self.connection.fetchval(
            "SELECT holder FROM log.leases WHERE name = $1 AND until > clock_timestamp()", lease
        )
        return (await self.processes())[holder]

    async def faults(self) -> list[str]:
        """Where two were active at once, or facts were taken twice or passed over."""
        found: list[str] = []
        processes = await self.processes()
        by_subscription: dict[tuple[str, str], list[Move]] = defaultdict(list)
        for move in await self.moves():
            if "_beside" not in move.hearer:  # that is how far a rebuild has come: it holds another lease
                by_subscription[move.hearer, move.source].append(move)
        for (hearer, source), moves in by_subscription.items():
            where = f"{self.service} {hearer}<{source}"
            found += [f"{where}: from {a.after} to {b.before}" for a, b in pairwise(moves) if a.after != b.before]
            found += [f"{where}: back from {move.before}" for move in moves if move.after <= move.before]
            found += [
                f"{where}: {move.pid} moved it, but did not have the lease"
                for move in moves
                if move.holder is None or processes[move.holder] != move.pid
            ]
        early = await self.connection.fetch("SELECT name FROM watched.changes WHERE NOT ran_out")
        found += [f"{self.service} {row['name']}: taken before it had run out" for row in early]
        return found

    async def readers(self) -> dict[str, int]:
        """By subscription, how many processes have been the active one."""
        rows = await self.connection.fetch(
            "SELECT name, count(*) FROM watched.held WHERE name LIKE '%<%' AND name NOT LIKE '%beside%' GROUP BY name"
        )
        return dict(map(tuple, rows))


@dataclass(frozen=True, slots=True)
class Sent:
    """A message as it was sent: by whom (the inbox in which they await the answer), under which published number."""

    by: str
    number: int
    at: float
    """By this machine's clock, seconds since the epoch."""


@dataclass(slots=True)
class Watched:
    """Everything that is written down about a house."""

    ledgers: dict[str, Ledger]
    sent: dict[str, list[Sent]] = field(default_factory=lambda: defaultdict(list))
    """By service, what its relays sent, in the order in which it came to the bus."""

    def begin_again(self) -> None:
        """Forget what was sent: whose turn it is to relay may have changed more than once since."""
        self.sent.clear()

    async def faults(self, *, relays_sent_once: bool = True) -> list[str]:
        """All that should not be; *relays_sent_once*: not even a refused message was sent by a second relay."""
        found = [fault for ledger in self.ledgers.values() for fault in await ledger.faults()]
        for service, sent in self.sent.items():
            if relays_sent_once:
                turns = runs([message.by for message in sent])
                found += [f"{service}: a relay came back"] * (len(turns) - len(set(turns)))
                numbers = [message.number for message in sent]
                found += [f"{service}: {b} was sent after {a}" for a, b in pairwise(numbers) if b != a + 1]
        return found


def runs(items: Iterable[object]) -> Sequence[object]:
    """*items* without repetitions of the one before."""
    return [item for item, _ in groupby(items)]


@asynccontextmanager
async def watching(house: House) -> AsyncIterator[Watched]:
    """From now on everything is written down."""
    watched = Watched({})
    clients = []

    for service in SERVICES:
        connection = await asyncpg.connect(house.url("postgres", database=service))
        await connection.execute(_WATCH)
        watched.ledgers[service] = Ledger(service, connection)
        client = await nats.connect(house.url("nats", user=operator_of(service)))
        clients.append(client)

        async def note(message: Msg, service: str = service) -> None:
            by = message.reply.rpartition(".")[0]
            number = int((message.headers or {})[wire.NUMBER])
            watched.sent[service].append(Sent(by, number, time.time()))

        await client.subscribe(f"desmigratif.{service}.>", cb=note)
        await known(client)
    try:
        yield watched
    finally:
        for client in clients:
            await client.close()
        for ledger in watched.ledgers.values():
            await ledger.connection.close()
