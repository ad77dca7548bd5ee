"""Crash points: the moments between two steps that matter, by name, so that a test can end a process at each of them.

`at` does nothing unless the process was armed with ``DESMIGRATIF_CRASH=append.committed`` (or ``append.committed:3``:
the third time it comes there). Then the process ends as SIGKILL ends it. Before that everything else in it goes on for
a moment: what was let out too early, an answer or a word to the bus, gets out.
"""

import asyncio
import os
import signal
from collections.abc import Mapping
from datetime import date
from types import MappingProxyType

CRASH = "DESMIGRATIF_CRASH"
"""The setting that arms a process."""

POINTS: Mapping[str, str] = MappingProxyType(
    {
        # The log:
        "append.asked": "commands are about to be sent to Postgres",
        "append.committed": "they are durable; nobody was answered, nobody who follows the log was woken",
        # The keys:
        "keys.made": "a block of keys was made; none is stored",
        "keys.stored": "the block is stored; none of it was given out",
        "keys.taken": "a key was given to a person; no event names it yet",
        # Erasure:
        "erase.heard": "another service's erasure was noted; nothing was erased here",
        "erase.recorded": "the erasure is in the log; the keys are still there",
        "erase.keys_destroyed": "the keys are gone; claims and fingerprints are still there",
        "erase.claims_released": "the claims are gone; fingerprints are still there",
        "erase.done": "nothing is left to erase; nobody was answered",
        # The log's name:
        "rename.named": "a name was written; the log does not tell of it yet, nothing is committed",
        "rename.recorded": "the log tells of its new name; nothing is committed",
        "rename.committed": "the new name is durable; the process does not know it yet",
        # The relay, whose cursor is the tail of the stream:
        "relay.read": "words were read from the log; none was sent",
        "relay.sent": "words were sent; no answer was awaited",
        "relay.published": "JetStream has the words; the head was not said",
        # Views that hear:
        "viewing.heard": "it is known what facts change; nothing was changed",
        "viewing.moved": "the checkpoint has moved; no row has, nothing is committed",
        "viewing.taken": "checkpoint and rows have moved; nothing is committed",
        "viewing.committed": "checkpoint and rows are committed; the process does not know it yet",
        # Reactions:
        "reacting.carried_out": "the commands were carried out; what was refused for good was not noted",
        "reacting.refused": "a command was refused for good; that is about to be noted",
        "reacting.answered": "all commands of the batch were answered; the checkpoint has not moved",
        "reacting.moved": "the checkpoint has moved behind them; nothing is committed",
        "reacting.committed": "the checkpoint is committed; the process does not know it yet",
        # Deadlines:
        "deadlines.due": "it is known what has become due; nothing was asked for",
        "deadlines.carried_out": "the commands were carried out; nobody was told, the views have not heard of it",
        # Parking:
        "parking.decided": "a fact is poison; nothing was parked",
        "parking.written": "the fact is parked and the checkpoint has passed it; nothing is committed",
        "parking.parked": "the fact is parked; the process does not know it yet",
        "replay.released": "a stopped subscription may go on; nothing was replayed",
        "replay.leaving": "a parked fact took effect and left; nothing is committed",
        "replay.left": "a parked fact took effect and left; those behind it wait",
        # A source that lost facts:
        "back.view_dropped": "a view that rests on lost facts is dropped; nothing is committed",
        "back.view_gone": "the view is gone; the process does not know it yet",
        "back.reactions_moved": "the reactions' checkpoint went back; nothing is committed",
        "back.reactions_gone": "the reactions' checkpoint went back; the process does not know it yet",
        # Rebuilding a view:
        "rebuild.begun": "empty tables lie beside the live view",
        "rebuild.heard": "the view beside has heard nearly everything; the live one goes on",
        "rebuild.locked": "the live view stands still for the last few facts",
        "rebuild.compared": "both were compared; neither was renamed",
        "rebuild.switched": "the view beside bears the live name; nothing is committed",
        "rebuild.committed": "the rebuilt view is live; who asked was not answered",
        "rebuild.dropping": "former views are dropped; nothing is committed",
        "rebuild.dropped": "former views are gone; who asked was not answered",
        # Leases:
        "lease.taken": "leases are held; the process does not know it yet",
        "lease.giving_up": "the process ends; it still holds its leases",
        "lease.given_up": "the process ends; its leases are free",
        # A start on a new or older server:
        "databases.roles_made": "a service's roles are there; it has no database",
        "databases.made": "a database is there; everybody may enter it",
        "schema.revised": "a schema was brought up to date; nothing is committed",
        "schema.committed": "one schema is up to date; the next is not",
        # A placement list:
        "load.registered": "the workers of some lines are registered; their departures are not recorded",
        "load.recorded": "some lines are recorded at both services; they are not in the report",
        "load.judged": "every line is judged; the report is not written",
    }
)
"""Every crash point, and what is done and what is not when a process ends there."""

_A_MOMENT_SECONDS = 0.15

_UNKNOWN = "{0}: there is no crash point {1!r} · {0}: titik {1!r} tidak ada"
_NO_REHEARSAL = (
    "{0} ends this process in the middle of its work; it is only for tests, where DESMIGRATIF_TODAY is set · "
    "{0} menghentikan proses ini di tengah pekerjaannya; hanya untuk pengujian dengan DESMIGRATIF_TODAY"
)

_armed: dict[str, int] = {}


class CrashRefused(ValueError):
    """``DESMIGRATIF_CRASH`` names no point, or is set where real work is done; says so in both languages."""


def arm(setting: str, today: date | None) -> None:
    """Let this process end at the point that *setting* names; nothing where it names none.

    `CrashRefused` unless *today*, the day at which a rehearsal holds the calendar, is set.
    """
    if not setting:
        return
    if today is None:
        raise CrashRefused(_NO_REHEARSAL.format(CRASH))
    point, colon, nth = setting.partition(":")
    if point not in POINTS or (colon and not (nth.isdecimal() and int(nth))):
        raise CrashRefused(_UNKNOWN.format(CRASH, setting))
    _armed[point] = int(nth or 1)


async def at(point: str) -> None:
    """This is *point*: one of `POINTS`, and nowhere else in the code."""
    if point not in _armed:
        return
    _armed[point] -= 1
    if _armed[point] != 0:
        return
    await asyncio.sleep(_A_MOMENT_SECONDS)
    os.write(2, f"crashed at {point}\n".encode())
    os.kill(os.getpid(), signal.SIGKILL)
