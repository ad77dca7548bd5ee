"""After-Position: answer only once this service has come as far as the caller already is.

It waits for views *and* reactions, and where reactions write facts of this service's own, for its views of those too.
A number beyond the last head heard proves nothing: the owner is asked.
"""

import asyncio
import time
from typing import TYPE_CHECKING

from shared import projecting
from shared.errors import Refusal, Refused
from shared.feed import FeedUnavailable
from shared.log.identity import Identity
from shared.positions import POSITION_UNKNOWN, Position, Vector
from shared.views import View

if TYPE_CHECKING:
    from shared.hearing import Checkpoint
    from shared.runtime import Runtime

_LOOK_SECONDS = 0.02
_ASK_AFTER_SECONDS = 0.1

NOT_YET_HEARD = Refusal(
    "not-yet-heard", 503, "This service has not yet heard what After-Position names: try again soon.",
    "Layanan ini belum menerima data yang disebut After-Position: coba lagi sebentar lagi.",
)  # fmt: skip


async def until_reached(runtime: "Runtime", vector: Vector) -> None:
    """Return once everything named in *vector* that this service hears has taken effect here.

    `position-unknown` for a position its service never answered; `not-yet-heard` (503) after a bounded wait.
    """
    deadline = time.monotonic() + runtime.settings.wait_seconds
    heard = {source for _, source in runtime.followed()}
    for source, position in vector.items():
        if source == runtime.service.name:
            await _known_here(runtime, position)
            await _wait(runtime, deadline, source, position.position or await _position_of(runtime, position))
        elif source in heard:
            await _wait(runtime, deadline, source, await _standing(runtime, source, position, deadline))
    reacted = runtime.service.react is not None and any(s in runtime.service.react.hears for s in vector)
    if reacted and any(view.follows_own for view in runtime.service.views):
        await _wait(runtime, deadline, runtime.service.name, await runtime.log.position())


async def until_followed(runtime: "Runtime", view: View) -> None:
    """Return once *view* has come as far as this service's own log stands now, whatever other views do.

    `not-yet-heard` (503) after a bounded wait.
    """
    deadline = time.monotonic() + runtime.settings.wait_seconds
    hearer = projecting.live_schema(view)
    await _wait(runtime, deadline, runtime.service.name, await runtime.log.position(), hearer)


async def _wait(runtime: "Runtime", deadline: float, source: str, number: int, hearer: str | None = None) -> None:
    """Until *hearer*, or without one every hearer of *source*, has passed *number*."""
    mine = [followed for followed in runtime.followed() if followed[1] == source and hearer in (None, followed[0])]

    def passed() -> bool:
        return all((c := runtime.checkpoints.get(f)) is not None and _come(runtime, source, c) >= number for f in mine)

    while True:
        rang = runtime.progress.listen()
        if passed():
            return
        if not runtime.active_for_all():
            await runtime.look_at_checkpoints()
            if passed():
                return
        left = deadline - time.monotonic()
        if left <= 0:
            raise Refused(NOT_YET_HEARD)
        await runtime.progress.wait(rang, min(left, _LOOK_SECONDS))


def _come(runtime: "Runtime", source: str, checkpoint: "Checkpoint") -> int:
    """How far *checkpoint* is: under a name from before a restore, what was heard of lost facts does not count."""
    if source == runtime.service.name:
        return checkpoint.number  # log and checkpoint lie in one database and are put back together
    identity = runtime.lineages.get(source)
    kept = identity.kept(checkpoint.log_id) if identity and checkpoint.log_id else None
    return checkpoint.number if kept is None else min(checkpoint.number, kept)


async def _known_here(runtime: "Runtime", position: Position) -> None:
    """A position of this service's own log must be one that it could have answered."""
    try:
        await _check_here(runtime, position)
    except Refused:
        # Another process of this service may have answered it, under a name that this one has not learnt.
        await runtime.same_log()
        raise


async def _check_here(runtime: "Runtime", position: Position) -> None:
    head = await runtime.log.head()
    end = await runtime.log.position()
    _check_name(runtime.identity, position)
    own = next(n.log_id for n in runtime.identity.lineage if n.log_id.hex[:8] == position.log8)
    kept = runtime.identity.kept_position(own)
    if kept is not None and (position.position or 0) > kept:
        raise Refused(POSITION_UNKNOWN)
    if position.number > head.number or (position.position or 0) > end:
        raise Refused(POSITION_UNKNOWN)


async def _position_of(runtime: "Runtime", position: Position) -> int:
    found: int | None = await runtime.pool.fetchval(
        "SELECT position FROM log.events WHERE published = $1", position.number
    )
    return found or 0


async def _standing(runtime: "Runtime", source: str, position: Position, deadline: float) -> int:
    """The number to wait for; checked against the owner where its last head does not come to cover it."""
    ask_from = time.monotonic() + _ASK_AFTER_SECONDS
    while True:
        rang = runtime.progress.listen()
        identity = runtime.lineages.get(source)
        head = runtime.bus.heads.get(source)
        known = max((_come(runtime, source, c) for (_, s), c in runtime.checkpoints.items() if s == source), default=0)
        if identity is not None and identity.log_id.hex[:8] == position.log8:
            if head is not None and head.log_id == identity.log_id:
                known = max(known, head.number)
            if position.number <= known:
                return position.number
        elif identity is None and position.number <= _heard_under(runtime, source, position.log8):
            # Its owner was not met since this process began; what was heard from it needs no asking.
            return position.number
        if time.monotonic() < ask_from:
            # Most likely it is on its way: a fact heard costs less than a question.
            await runtime.progress.wait(rang, _LOOK_SECONDS)
            continue
        try:
            identity, end = await runtime.feeds.head(source)
        except FeedUnavailable as error:
            if time.monotonic() >= deadline:
                raise Refused(NOT_YET_HEARD) from error
            await asyncio.sleep(_LOOK_SECONDS)
            continue
        runtime.lineages[source] = identity
        _check_name(identity, position)
        if position.number > end:
            raise Refused(POSITION_UNKNOWN)
        return position.number


def _heard_under(runtime: "Runtime", source: str, log8: str) -> int:
    """How far this service has come with *source* under this very name."""
    heard = (c for (_, s), c in runtime.checkpoints.items() if s == source)
    return max((c.number for c in heard if c.log_id is not None and c.log_id.hex[:8] == log8), default=0)


def _check_name(identity: Identity, position: Position) -> None:
    for name in identity.lineage:
        if name.log_id.hex[:8] == position.log8:
            kept = identity.kept(name.log_id)
            if kept is None or position.number <= kept:
                return
    raise Refused(POSITION_UNKNOWN)
