"""The routes that every service has: health, the feed, and what an operator asks."""

from dataclasses import asdict
from datetime import datetime
from typing import Annotated, Any, Literal
from uuid import UUID

import orjson
from fastapi import APIRouter, Path, Query, Request
from fastapi.responses import Response
from pydantic import Field

from shared import operations, parking, viewing
from shared.errors import NOT_FOUND, Refusal, Refused
from shared.feed import PAGE
from shared.http import operating, pages
from shared.http.answers import Shown, does, shows
from shared.http.doors import GUARDED, runtime_of
from shared.http.examples import LOG, LOG_EVENT, LOG_FORMER, REQUEST, VILLAGE, example
from shared.log import identity as identities
from shared.parking import HEARER_UNKNOWN
from shared.runtime import Runtime
from shared.viewing import FORMER_IN_USE, REBUILD_POSTPONED, REBUILD_STOPPED, REBUILD_UNDER_WAY, VIEW_UNKNOWN
from shared.views import View

router = APIRouter()

SCOPES: dict[tuple[str, str], str] = {
    ("GET", "/feed"): "feed",
    ("GET", "/operations/status"): "operate",
    ("GET", "/operations/verify"): "operate",
    ("GET", "/operations/verify/event"): "operate",
    ("GET", "/operations/propagation"): "operate",
    ("GET", "/operations/parked"): "operate",
    ("POST", "/operations/replay"): "operate",
    ("POST", "/operations/views/{view}/rebuild"): "operate",
    ("POST", "/operations/views/{view}/drop-formers"): "operate",
    ("POST", "/operations/restored"): "operate",
}

OPEN = frozenset({"/health/live", "/health/ready", *pages.PATHS})
"""The only paths that need no token."""

TAGS = {
    "feed": "What this service published, as it was said and in order: for services, and to fill a hole.",
    "operations": "For who runs the house: positions, comparison with the bus, rebuilding. No personal data.",
    "health": "For supervisors of processes; no token.",
}
"""The groups of these routes on the API pages."""

CURSOR_UNKNOWN = Refusal(
    "cursor-unknown", 409, "This log does not hold what the cursor names: it was put back, or it is another log.",
    "Log ini tidak memuat data yang ditunjuk kursor: log dipulihkan, atau log lain.",
)  # fmt: skip

_LAST = 2**63 - 1
"""No log has a higher number: PostgreSQL counts so far."""

_WORDS = (
    f'{{"specversion":"1.0","id":"{LOG_EVENT}","source":"urn:desmigratif:registry",'
    f'"type":"desmigratif.registry.VillageDesignated.v1","subject":"{VILLAGE}","partitionkey":"{VILLAGE}",'
    '"datacontenttype":"application/json","occurredon":"2019-05-02",'
    f'"correlationid":"{REQUEST}","data":{{"village":"{VILLAGE}","year":2019}}}}'
)
"""An example of an event as it is stored."""

ViewName = Annotated[str, Path(description="The view's name.", examples=["training_roster"])]


class Alive(Shown):
    """The process can answer."""

    model_config = example(status="alive")

    status: Literal["alive"]


class Readiness(Shown):
    """Whether a process can do its work."""

    status: Literal["ready", "waiting"]
    waits_for: list[str] = Field(description="What is not there yet, or goes no further; empty when it is ready.")


class LogNameShown(Shown):
    """A name of a log: it gets a new one when it was put back to an earlier state."""

    log_id: UUID
    begins_after: int = Field(description="The number after which events bear this name; those up to it stand.")


class Said(Shown):
    """A published event."""

    number: int = Field(description="Its place among the published events: 1, 2, 3 …")
    recorded_at: datetime = Field(description="When it was recorded, by the database's clock.")
    words: str = Field(description="The event as stored and as sent: a CloudEvent in JSON, byte for byte.")


class FeedPage(Shown):
    """Published events that follow one another."""

    model_config = example(
        log_id=LOG,
        lineage=[{"log_id": LOG_FORMER, "begins_after": 0}, {"log_id": LOG, "begins_after": 901}],
        head=1236,
        events=[{"number": 1234, "recorded_at": "2026-03-02T01:15:30.250000+00:00", "words": _WORDS}],
    )

    log_id: UUID = Field(description="The present name of the log.")
    lineage: list[LogNameShown] = Field(
        description="Every name that it had, the oldest first; the last is the present."
    )
    head: int = Field(description="The number of the last published event; 0 for none.")
    events: list[Said]


def _readiness(description: str, **shown: Any) -> dict[str, Any]:
    return {"model": Readiness, "description": description, "content": {"application/json": {"example": shown}}}


@router.get("/health/live", tags=["health"], summary="Is the process alive?", responses=shows(Alive))
async def live() -> dict[str, str]:
    """Answers as long as the process can answer at all."""
    return {"status": "alive"}


@router.get(
    "/health/ready",
    tags=["health"],
    summary="Can it do its work, and what does it wait for?",
    responses={
        "200": _readiness("It can.", status="ready", waits_for=[]),
        "503": _readiness("Not yet: *waits_for* says for what.", status="waiting", waits_for=["bus"]),
    },
)
async def ready(request: Request) -> Response:
    """200 when everything is there, else 503 with what is waited for."""
    runtime = runtime_of(request)
    waits_for = runtime.readiness
    body = {"status": "waiting" if waits_for else "ready", "waits_for": waits_for}
    return Response(orjson.dumps(body), 503 if waits_for else 200, media_type="application/json")


def _lineage(runtime: Runtime) -> list[dict[str, Any]]:
    return [{"log_id": str(n.log_id), "begins_after": n.begins_after} for n in runtime.identity.lineage]


@router.get(
    "/feed",
    tags=["feed"],
    summary="Published events as stored, in order",
    dependencies=GUARDED,
    responses=shows(FeedPage, CURSOR_UNKNOWN),
)
async def feed(
    request: Request,
    after: Annotated[int, Query(ge=0, le=_LAST, description="The published number to go on after.")],
    log: Annotated[UUID | None, Query(description="The log id under which *after* was heard.")] = None,
    event: Annotated[UUID | None, Query(description="The id of the event *after*.")] = None,
    limit: Annotated[int, Query(ge=0, le=PAGE, description="Events a page; 0 for the head alone.")] = PAGE,
) -> Response:
    """A page of the feed; 409 `cursor-unknown`, with what is kept, where the log does not hold the cursor."""
    runtime = runtime_of(request)
    head = await runtime.log.head()
    common = {"log_id": str(runtime.identity.log_id), "lineage": _lineage(runtime), "head": head.number}
    if log is not None and after > 0:
        kept = head.number if log == runtime.identity.log_id else runtime.identity.kept(log)
        there = await runtime.log.said_at(after) if kept is not None and after <= kept else None
        if there is None or (event is not None and there.event_id != event):
            # A cursor that ought to be there and does not fit is of another history: nothing of it is known to stand.
            stands = kept if kept is not None and after > kept and log != runtime.identity.log_id else 0
            last = await runtime.log.said_at(stands)
            extra = {"kept": stands, "kept_event_id": str(last.event_id) if last else None}
            # Only under its right name may a log say that it does not hold something, or what it holds.
            await runtime.same_log()
            raise Refused(CURSOR_UNKNOWN, extra=common | extra)
    said = await runtime.log.said(after, limit) if limit else []
    await runtime.same_log()
    events = [{"number": s.number, "recorded_at": s.recorded_at.isoformat(), "words": s.words} for s in said]
    return Response(orjson.dumps(common | {"events": events}), media_type="application/json")


@router.get(
    "/operations/status",
    tags=["operations"],
    summary="How far everything is",
    dependencies=GUARDED,
    responses=shows(operating.Status),
)
async def status(request: Request) -> Response:
    """Positions, checkpoints with what they are behind, leases, what stopped, what was refused."""
    return Response(orjson.dumps(await operations.status(runtime_of(request))), media_type="application/json")


@router.get(
    "/operations/verify",
    tags=["operations"],
    summary="Hold log and bus against each other",
    dependencies=GUARDED,
    responses=shows(operating.Verified),
)
async def verify(request: Request) -> Response:
    """P2 of the log, and every message on the bus against the log: number, event id, bytes."""
    return Response(orjson.dumps(await operations.verify(runtime_of(request))), media_type="application/json")


@router.get(
    "/operations/verify/event",
    tags=["operations"],
    summary="The event under a number",
    dependencies=GUARDED,
    responses=shows(operating.EventUnder, NOT_FOUND),
)
async def event_under(
    request: Request, number: Annotated[int, Query(ge=1, le=_LAST, description="A published number.")]
) -> dict[str, Any]:
    """What a hearer's checkpoint is held against; `not-found` beyond the head."""
    runtime = runtime_of(request)
    said = await runtime.log.said_at(number)
    if said is None:
        raise Refused(NOT_FOUND)
    return {"log_id": str(runtime.identity.log_id), "number": said.number, "event_id": str(said.event_id)}


@router.get(
    "/operations/propagation",
    tags=["operations"],
    summary="How long a word took to take effect here",
    dependencies=GUARDED,
    responses=shows(operating.Propagation),
)
async def propagation(
    request: Request, word: Annotated[str, Query(pattern="^[A-Za-z]{1,100}$", description="The public event's name.")]
) -> dict[str, Any]:
    """Milliseconds from *recorded_at* to the end of the transaction that moved a checkpoint past it."""
    return await operations.propagation(runtime_of(request), word)


@router.get(
    "/operations/parked",
    tags=["operations"],
    summary="Whose facts wait",
    dependencies=GUARDED,
    responses=shows(operating.Parked),
)
async def parked(request: Request) -> dict[str, Any]:
    """By hearer, source and partition key (a person's id): since when, from which number on, why, how many facts."""
    return {"items": [operations.as_json(waiting) for waiting in await operations.parked(runtime_of(request))]}


@router.post(
    "/operations/replay",
    tags=["operations"],
    summary="Let what waits take effect",
    dependencies=GUARDED,
    responses=does(operating.Replayed, NOT_FOUND, HEARER_UNKNOWN),
)
async def replay(
    request: Request,
    hearer: Annotated[str | None, Query(description="A view's name, or `reactions`; all without it.")] = None,
    key: Annotated[str | None, Query(description="A partition key (a person's id); everybody without it.")] = None,
) -> dict[str, Any]:
    """Each person's facts in their order. One that is poison still stays, with all that came after it."""
    replayed = await parking.replay(runtime_of(request), hearer, key)
    return {"items": [asdict(one) for one in replayed]}


@router.post(
    "/operations/views/{view}/rebuild",
    tags=["operations"],
    summary="Build a view anew beside the live one, compare, switch",
    dependencies=GUARDED,
    responses=does(operating.Rebuilt, VIEW_UNKNOWN, REBUILD_UNDER_WAY, REBUILD_POSTPONED, REBUILD_STOPPED),
)
async def rebuild_view(request: Request, view: ViewName) -> dict[str, Any]:
    """What differed, by table and key; what was rebuilt is live from then on, what was live is kept as former."""
    runtime = runtime_of(request)
    return await viewing.rebuild(runtime, _view(runtime, view))


@router.post(
    "/operations/views/{view}/drop-formers",
    tags=["operations"],
    summary="Drop what rebuilds and upgrades left of a view",
    dependencies=GUARDED,
    responses=does(operating.Dropped, VIEW_UNKNOWN, FORMER_IN_USE),
)
async def drop_formers(request: Request, view: ViewName) -> dict[str, Any]:
    """What was dropped."""
    runtime = runtime_of(request)
    return {"dropped": await viewing.drop_formers(runtime, _view(runtime, view))}


def _view(runtime: Runtime, name: str) -> View:
    found = next((view for view in runtime.service.views if view.name == name), None)
    if found is None:
        raise Refused(VIEW_UNKNOWN, extra={"views": [view.name for view in runtime.service.views]})
    return found


@router.post(
    "/operations/restored",
    tags=["operations"],
    summary="Say that this log was put back to an earlier state",
    dependencies=GUARDED,
    responses=does(operating.Restored),
)
async def was_restored(request: Request) -> dict[str, Any]:
    """The log goes on under a new name; the process ends and comes up again with it."""
    runtime = runtime_of(request)
    await runtime.fall_silent()
    async with runtime.pool.acquire() as connection:
        identity = await identities.restored(connection, runtime.identity.log_id, runtime.clock)
    runtime.fail()
    return {"log_id": str(identity.log_id), "kept": identity.lineage[-1].begins_after}
