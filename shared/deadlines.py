"""Deadlines: what a service does by itself because a day has come.

A view keeps what is awaited, and ``due(key, opened, today) -> command | None`` is pure. One process of the service
looks, by lease: when it begins, when a day begins, and each hour for what was recorded late (decision 0015). A
command's id is made from what is awaited, of whom, and of which fact, so that whatever runs twice, is restarted or
loses its lease asks for the same thing; and what is asked for decides once more, on the history itself, whether it
holds. A day that passed while nobody ran is made up for at the start.

Where the day is personal, it lies sealed in the view and a year (or month) beside it says when it is worth opening.
"""

import asyncio
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Any
from uuid import UUID

import orjson
import sqlalchemy as sa
import structlog

from shared import crash, database, ids, telemetry
from shared.bulk import execute_all
from shared.codec import sealed_from, unseal
from shared.errors import Refused
from shared.execute import Caller, Request
from shared.views import View
from shared.waiting import until_followed

if TYPE_CHECKING:
    from shared.runtime import Runtime

_PAGE = 500
_LOOK_SECONDS = 1.0
"""How long after midnight a new day may be noticed."""
_AGAIN_SECONDS = 3600.0
_RETRY_SECONDS = 1.0
_TRANSIENT = 503
"""The status of a refusal that says: ask again."""

log = structlog.get_logger()

Due = Callable[[UUID, Any, date], object | None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Deadlines:
    """One thing that becomes due in a service. *name* is durable: command ids are made from it.

    *view*, of this service, keeps what is awaited. *perhaps*: of whom it may be due by a day, asked of *view* alone:
    columns *key* (whose it is, unique), *fact* (the version of the last fact that bears on whether it is due) and
    *sealed* (a personal field as the view keeps it, or null). Two views stand at two moments: a number of the one would
    soon be that of what the other has not heard, and what is asked for by mistake is never asked for again.
    *due*: called with key, the opened field as JSON has it (None where it is absent or erased) and today; the command
    to be carried out, None where the day has not come.
    """

    name: str
    view: View
    perhaps: Callable[[date], sa.Select[Any]]
    due: Due

    @property
    def lease(self) -> str:
        """What the process holds that looks."""
        return f"deadlines {self.name}"


class Transient(Exception):
    """It cannot be done now: again, after a pause."""


class Calendar:
    """Looks for what has become due, one process at a time."""

    def __init__(self, runtime: "Runtime", deadlines: Deadlines) -> None:
        self._runtime = runtime
        self._deadlines = deadlines

    async def run(self) -> None:
        """Until cancelled."""
        told = False
        while True:
            await self._runtime.leases.wait(self._deadlines.lease)
            today = self._runtime.clock.today()
            try:
                await self.look(today)
            except Exception as error:
                if not _passes(error):
                    raise
                # Once: it is tried each second, and whoever reads this need not be told each second.
                say = log.debug if told else log.warning
                say("deadlines-not-looked-at", deadlines=self._deadlines.name, error=_named(error))
                told = True
                await asyncio.sleep(_RETRY_SECONDS)
                continue
            told = False
            await self._rest(today)

    async def _rest(self, today: date) -> None:
        """Until another day, another hour, or until another process may have taken over."""
        again = time.monotonic() + _AGAIN_SECONDS
        while self._runtime.leases.held(self._deadlines.lease):
            if self._runtime.clock.today() != today or time.monotonic() >= again:
                return
            await asyncio.sleep(_LOOK_SECONDS)

    async def look(self, today: date) -> int:
        """Carry out all that is due on *today*; how many commands that were.

        Once the view has come as far as the log had: what was recorded before a day is awaited on it.
        """
        runtime = self._runtime
        await until_followed(runtime, self._deadlines.view)
        perhaps = self._deadlines.perhaps(today).subquery("perhaps")
        query = sa.select(perhaps).order_by(perhaps.c.key).limit(_PAGE)
        asked = 0
        rows = await runtime.rows(query)
        while rows:
            asked += await self._carry_out(await self._due(rows, today), today)
            rows = await runtime.rows(query.where(perhaps.c.key > rows[-1]["key"])) if len(rows) == _PAGE else []
        if asked:
            log.info("deadlines-due", deadlines=self._deadlines.name, count=asked)
        return asked

    async def _due(self, rows: Sequence[sa.RowMapping], today: date) -> list[tuple[UUID, int, object]]:
        """Key, fact and command of each whose day has come."""
        sealed = [sealed_from(row["sealed"]) if row["sealed"] else None for row in rows]
        keys = await self._runtime.log.keys.get({box.key_id for box in sealed if box})
        found = []
        for row, box in zip(rows, sealed, strict=True):
            key = keys[box.key_id] if box else None
            try:
                opened = orjson.loads(unseal(key, box)) if box and key else None
                command = self._deadlines.due(row["key"], opened, today)
            except Exception:  # one that cannot be read must not keep back the others; again within the hour
                log.exception("deadline-not-read", deadlines=self._deadlines.name, key=str(row["key"]))
                continue
            if command is not None:
                found.append((row["key"], row["fact"], command))
        return found

    async def _carry_out(self, due: Sequence[tuple[UUID, int, object]], today: date) -> int:
        if not due:
            return 0
        await crash.at("deadlines.due")
        outcomes = await execute_all(
            self._runtime, [(self._request(key, fact, today), command) for key, fact, command in due]
        )
        await crash.at("deadlines.carried_out")
        for (key, _, _), outcome in zip(due, outcomes, strict=True):
            if isinstance(outcome, Refused) and outcome.refusal.status == _TRANSIENT:
                raise Transient from outcome
            if isinstance(outcome, Refused):
                log.info("deadline-refused", deadlines=self._deadlines.name, slug=outcome.slug)
            elif isinstance(outcome, Exception):
                # One that fails must not keep back the others; it is tried again within the hour.
                log.error("deadline-failed", deadlines=self._deadlines.name, key=str(key), exc_info=outcome)
        return len(due)

    def _request(self, key: UUID, fact: int, today: date) -> Request:
        runtime, name = self._runtime, self._deadlines.name
        operation = f"deadline:{name}"
        with telemetry.span(f"deadline {name}"):
            return Request(
                command_id=ids.command_id(runtime.secret, "deadlines", operation, f"{key}:{fact}"),
                fingerprint=ids.keyed(runtime.secret, operation, str(key), str(fact)),
                caller=Caller(operation, frozenset(), "*"),
                today=today,
                traceparent=telemetry.traceparent(),
            )


def _named(error: Exception) -> str:
    """What it is: a refusal by its code."""
    return error.slug if isinstance(error, Refused) else type(error).__name__


def _passes(error: Exception) -> bool:
    """Whether *error* says: not now."""
    if isinstance(error, Refused):
        return error.refusal.status == _TRANSIENT
    return isinstance(error, Transient) or database.lost(error)
