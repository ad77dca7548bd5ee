"""``python -m tests.bench.peer URL``: the library `eventsourcing` on PostgreSQL, with the trip of our own log.

An aggregate that is saved with one event, and a projection that keeps a row a trip, tracked in the same transaction.
"""

import asyncio
import sys
import threading
import time
from datetime import date
from typing import Any
from urllib.parse import urlsplit
from uuid import UUID, uuid4

from eventsourcing.application import Application
from eventsourcing.domain import Aggregate, event
from eventsourcing.persistence import Tracking
from eventsourcing.postgres import PostgresDatastore, PostgresTrackingRecorder
from eventsourcing.projection import Projection, ProjectionRunner
from psycopg.sql import SQL

from tests.bench.worker import Answers, serve

_AT_ONCE = 200
_LONGEST_SECONDS = 600.0


class Trip(Aggregate):
    """A trip that ended: what `Returned` says of one."""

    @event("Returned")
    def __init__(
        self, worker_id: UUID, village: str, departed_on: str, standing: str, since: str, reason: str, caller: str
    ) -> None:
        self.worker_id = worker_id
        self.village = village
        self.departed_on = departed_on
        self.standing = standing
        self.since = since
        self.reason = reason
        self.caller = caller


class Trips(Application[UUID]):
    """Where trips are saved."""


class Rows(PostgresTrackingRecorder):
    """One row a trip, as our rosters keep it."""

    def __init__(self, datastore: PostgresDatastore, **settings: Any) -> None:
        super().__init__(datastore, **settings)
        self.sql_create_statements += [
            SQL(
                "CREATE TABLE IF NOT EXISTS trips (trip_id uuid PRIMARY KEY, worker_id uuid, departed_until date,"
                " standing text, since date)"
            ).format(),
            SQL("CREATE INDEX IF NOT EXISTS trips_by_worker ON trips (worker_id)").format(),
        ]

    def put(self, said: Aggregate.Event, tracking: Tracking) -> None:
        """The row and how far it has come, in one transaction."""
        with self.datastore.transaction(commit=True) as cursor:
            self._insert_tracking(cursor, tracking)
            cursor.execute(
                "INSERT INTO trips VALUES (%s, %s, %s, %s, %s) ON CONFLICT (trip_id) DO UPDATE"
                " SET standing = excluded.standing, since = excluded.since",
                (said.originator_id, said.worker_id, said.departed_on, said.standing, said.since),  # type: ignore[attr-defined]  # defined by the decorator
                prepare=True,
            )


class Roster(Projection[Rows]):
    """Each event becomes a row."""

    def process_event(self, domain_event: Any, tracking: Tracking) -> None:
        self.view.put(domain_event, tracking)


def _trip() -> Trip:
    on, since = date(2024, 3, 1).isoformat(), date(2026, 3, 1).isoformat()
    return Trip(uuid4(), "33.07.10.2004", on, "for_good", since, "contract_ended", "bench")


def _environment(threads: int) -> dict[str, str]:
    at = urlsplit(sys.argv[1])
    return {
        "PERSISTENCE_MODULE": "eventsourcing.postgres",
        "POSTGRES_DBNAME": at.path.removeprefix("/"),
        "POSTGRES_HOST": at.hostname or "",
        "POSTGRES_PORT": str(at.port),
        "POSTGRES_USER": at.username or "",
        "POSTGRES_PASSWORD": at.password or "",
        "POSTGRES_POOL_SIZE": str(threads),
        "POSTGRES_MAX_OVERFLOW": "0",
    }


def _append(threads: int, seconds: float) -> dict[str, float]:
    with Trips(_environment(threads)) as trips:
        trips.save(_trip())
        counts = [0] * threads
        began = time.perf_counter()

        def again(n: int) -> None:
            while time.perf_counter() - began < seconds:
                trips.save(_trip())
                counts[n] += 1

        running = [threading.Thread(target=again, args=(n,)) for n in range(threads)]
        for thread in running:
            thread.start()
        for thread in running:
            thread.join()
        return {"rate": sum(counts) / (time.perf_counter() - began)}


def _fill(events: int) -> dict[str, float]:
    with Trips(_environment(2)) as trips:
        for start in range(0, events, _AT_ONCE):
            trips.save(*(_trip() for _ in range(min(_AT_ONCE, events - start))))
    return {}


def _project() -> dict[str, float]:
    """From nothing to the last event; the tables were emptied before."""
    began = time.perf_counter()
    with ProjectionRunner(
        application_class=Trips, projection_class=Roster, view_class=Rows, env=_environment(4)
    ) as runner:
        events = runner.app.recorder.max_notification_id() or 0
        runner.wait(events, timeout=_LONGEST_SECONDS)
        return {"rate": events / (time.perf_counter() - began)}


async def _starting() -> Answers:
    async def answer(asked: dict[str, Any]) -> dict[str, float]:
        match asked["do"]:
            case "append":
                return await asyncio.to_thread(_append, asked["at_once"], asked["seconds"])
            case "fill":
                return await asyncio.to_thread(_fill, asked["events"])
            case "project":
                return await asyncio.to_thread(_project)
            case other:
                raise ValueError(other)

    return answer


if __name__ == "__main__":
    serve(_starting)
