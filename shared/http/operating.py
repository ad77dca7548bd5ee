"""What an operator is answered: the forms of `shared.operations`, `shared.parking` and `shared.viewing` over HTTP."""

from datetime import datetime
from typing import Literal
from uuid import UUID

from pydantic import Field

from shared.http.answers import Shown
from shared.http.examples import LOG, LOG_EVENT, LOG_FORMER, PROCESS, WORKER, example

_AT = {"source": "registry", "log_id": LOG, "number": 1234, "event_id": LOG_EVENT}
_FOLLOWED = {"hearer": "training_roster", **_AT}
_WAITING = {
    "hearer": "training_roster",
    "source": "registry",
    "key": WORKER,
    "since": "2026-03-02T08:15:30.250000+07:00",
    "number": 1232,
    "event_id": LOG_EVENT,
    "why": "KeyError",
    "how_many": 2,
}
_FORMER = "training_roster_1_former_20260302081530250000"


class Followed(Shown):
    """How far a hearer has taken what a source said."""

    hearer: str = Field(description="A view's name, or `reactions`.")
    source: str = Field(description="Whose log it follows; a view may follow its own service's.")
    log_id: UUID | None = Field(description="The name of that log; null before the first fact.")
    number: int = Field(
        description="The last number that was taken: of the published events, or the position in the own log."
    )
    event_id: UUID | None = Field(description="The event under that number; null before the first.")


class Checkpoint(Followed):
    """The same, and how much is missing."""

    head: int | None = Field(description="The last number that the source is known to have; null where nobody said.")
    behind: int | None = Field(description="How many facts are still to be taken; null where the head is not known.")


class Process(Shown):
    """A process that is connected to the service's database."""

    process: UUID = Field(description="An id of its own, which its leases and log lines bear too.")
    pid: int = Field(description="Its number where it runs.")
    address: str | None = Field(description="Where it connects from; null over a socket on the same machine.")


class Lease(Shown):
    """One of several processes may do this; one does."""

    name: str = Field(description="What is done: `relay`, or hearer and source.")
    holder: UUID = Field(description="The process that does it.")
    until: datetime = Field(description="When another may take it over, unless it is prolonged.")


class Stop(Shown):
    """A subscription that goes no further until an operator has seen to it."""

    subscription: str = Field(description="Hearer and source.")
    number: int = Field(description="The number of the fact before which it stands.")
    event_id: UUID | None = Field(description="That fact.")
    error: str = Field(description="What it raised: the name of an exception, nothing of the fact.")


class Waiting(Shown):
    """One person's facts that wait at one hearer, in their order, while everybody else's go on."""

    hearer: str = Field(description="A view's name, or `reactions`.")
    source: str = Field(description="Whose facts they are.")
    key: str = Field(description="Their partition key: a person's id.")
    since: datetime = Field(description="When the first of them was parked.")
    number: int = Field(description="The number of that first one.")
    event_id: UUID = Field(description="That first one.")
    why: str = Field(description="What it raised: the name of an exception, nothing of the fact.")
    how_many: int = Field(description="Facts that wait.")


class LostReaction(Shown):
    """A fact of this log that answered a fact which its owner, put back to an earlier state, has lost."""

    position: int = Field(description="Of the fact in this log; it stands.")
    source: str = Field(description="Whose fact it answered.")
    log_id: UUID = Field(description="The name that log had then.")
    number: int = Field(description="The number of the lost fact.")
    event_id: UUID = Field(description="The lost fact.")


class Status(Shown):
    """How far everything in a service is."""

    model_config = example(
        service="enterprise",
        processes=[{"process": PROCESS, "pid": 4211, "address": "10.0.0.7"}],
        log_id=LOG_FORMER,
        position=77,
        published=0,
        ready=True,
        waits_for=[],
        bus=True,
        checkpoints=[{**_FOLLOWED, "head": 1236, "behind": 2}],
        leases=[{"name": "relay", "holder": PROCESS, "until": "2026-03-02T08:15:35.250000+07:00"}],
        stopped=[],
        parked=[_WAITING],
        formers={"training_roster": [_FORMER]},
        refused=0,
        lost_reactions=[],
    )

    service: str
    processes: list[Process] = Field(description="Every process of the service, the one that answers among them.")
    log_id: UUID = Field(description="The present name of the log.")
    position: int = Field(description="How many facts the log holds, private ones included.")
    published: int = Field(description="The number of the last published event; 0 for none.")
    ready: bool
    waits_for: list[str] = Field(description="As in /health/ready.")
    bus: bool = Field(description="Whether the process that answers is connected to it.")
    checkpoints: list[Checkpoint] = Field(description="Every subscription.")
    leases: list[Lease] = Field(description="Which process does what; what nobody does is absent.")
    stopped: list[Stop] = Field(description="Subscriptions that go no further.")
    parked: list[Waiting] = Field(description="As in /operations/parked.")
    formers: dict[str, list[str]] = Field(
        description="By view, what rebuilds and upgrades left of it; drop-formers removes it."
    )
    refused: int = Field(description="Commands of reactions that a rule refused, ever.")
    lost_reactions: list[LostReaction]


class Head(Shown):
    """The end of a log."""

    log_id: UUID
    number: int = Field(description="The number of the last published event; 0 for none.")
    event_id: UUID | None = Field(description="That event.")


class Finding(Shown):
    """Something that is not as it must be."""

    what: Literal[
        "position-gap",
        "published-gap",
        "version-gap",
        "recorded-at-falls",
        "words-of-another-event",
        "own-checkpoint-wrong",
        "bus-stream-missing",
        "bus-message-missing",
        "bus-message-not-in-log",
        "bus-message-of-another-log",
        "bus-message-id-wrong",
        "bus-bytes-differ",
        "bus-order",
    ]
    number: int | None = Field(
        description="Where: a position for position-gap, version-gap, recorded-at-falls and own-checkpoint-wrong, "
        "else the number of a published event."
    )
    detail: str | None = Field(default=None, description="What more there is to say.")


class OnBus(Shown):
    """What the bus has of a log."""

    first: int | None = Field(description="The first number under the log's present name; null for none.")
    last: int | None = Field(description="The last one.")
    former: int = Field(description="Messages in front of it from before the log was put back.")


class Verified(Shown):
    """Log and bus held against each other."""

    model_config = example(
        service="registry",
        log_id=LOG,
        findings=[{"what": "bus-message-missing", "number": 12, "detail": "up to 14"}],
        checkpoints=[],
        head={"log_id": LOG, "number": 1236, "event_id": LOG_EVENT},
        bus={"first": 1, "last": 1236, "former": 0},
    )

    service: str
    log_id: UUID = Field(description="The present name of the log.")
    findings: list[Finding] = Field(description="Empty where all is well.")
    checkpoints: list[Followed] = Field(
        description="Of other services' logs: to be held against what those answer under /operations/verify/event."
    )
    head: Head
    bus: OnBus


class EventUnder(Shown):
    """The event under a number."""

    model_config = example(log_id=LOG, number=1234, event_id=LOG_EVENT)

    log_id: UUID = Field(description="The present name of the log.")
    number: int
    event_id: UUID


class Propagation(Shown):
    """How long a word took, in milliseconds."""

    model_config = example(n=5000, p50=18.25, p99=94.7)

    n: int = Field(description="How many were measured; those of the last seven days.")
    p50: float | None = Field(description="Half of them took no longer; null for none.")
    p99: float | None = Field(description="99 of 100 took no longer; null for none.")


class Parked(Shown):
    """Whose facts wait."""

    model_config = example(items=[_WAITING])

    items: list[Waiting] = Field(description="Who has waited longest first.")


class ReplayedFacts(Shown):
    """What became of one person's facts."""

    hearer: str = Field(description="A view's name, or `reactions`.")
    source: str = Field(description="Whose facts they are.")
    key: str = Field(description="Their partition key: a person's id.")
    took_effect: int = Field(description="How many took effect now.")
    waiting: int = Field(description="How many still wait.")
    why: str | None = Field(description="What the first of these raised; null where none waits.")


class Replayed(Shown):
    """What became of whose facts waited."""

    model_config = example(
        items=[
            {
                "hearer": "training_roster",
                "source": "registry",
                "key": WORKER,
                "took_effect": 2,
                "waiting": 0,
                "why": None,
            }
        ]
    )

    items: list[ReplayedFacts]


class Differing(Shown):
    """A row in which what was live was not what the facts say."""

    table: str
    key: dict[str, str] = Field(description="The row's key, by column.")
    what: Literal["altered", "missing", "surplus"] = Field(description="What the row in the live table was.")


class Rebuilt(Shown):
    """A view that was built anew and switched in."""

    model_config = example(
        view="training_roster",
        at={"registry": 1236, "migration_service": 903},
        rows={"people": 812, "trips": 640},
        differences=[{"table": "trips", "key": {"trip_id": "b92e06c5-7f31-8da8-96b4-2ac85d17e305"}, "what": "missing"}],
        repaired=1,
        parked=[WORKER],
        former=_FORMER,
    )

    view: str
    at: dict[str, int] = Field(description="By source, the number up to which both had heard when they were compared.")
    rows: dict[str, int] = Field(description="By table, how many rows there are now.")
    differences: list[Differing] = Field(description="Empty where the live view was what the facts say.")
    repaired: int = Field(description="How many differences; they are gone with what was live.")
    parked: list[str] = Field(description="Whose rows were left out of the comparison because facts of theirs wait.")
    former: str | None = Field(description="Under what name that which was live is kept; null where there was nothing.")


class Dropped(Shown):
    """What is no longer kept."""

    model_config = example(dropped=[_FORMER])

    dropped: list[str]


class Restored(Shown):
    """A log that goes on under a new name."""

    model_config = example(log_id=LOG, kept=1234)

    log_id: UUID = Field(description="The new name.")
    kept: int = Field(description="The last published number that still stands.")
