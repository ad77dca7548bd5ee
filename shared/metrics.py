"""What is counted, and told to a collector where ``OTEL_EXPORTER_OTLP_ENDPOINT`` (or the one of metrics alone) is set.

=========================================  =========  ==========  ==================================================
name                                       unit       attributes  what it is
=========================================  =========  ==========  ==================================================
``desmigratif.append.duration``            s          verdict     histogram: from a command's append being asked for
                                                                  to its answer, waiting for its turn included
``desmigratif.append.batch.size``          {command}              histogram: commands in one call
``desmigratif.relay.lag``                  {event}                published facts of the log not yet on the bus
``desmigratif.subscription.lag``           {event}    h, s        facts between the checkpoint and the last head heard
``desmigratif.subscription.lag.duration``  s          h, s        how long ago the oldest head was heard that the
                                                                  checkpoint has not reached; 0 at the last one
``desmigratif.parked``                     {person}   h, s        persons whose facts wait
``desmigratif.stopped``                    1          h, s        1 where a subscription goes no further, else 0
=========================================  =========  ==========  ==================================================

The attributes are ``desmigratif.verdict`` (ok, duplicate, reused, conflict, taken), h: ``desmigratif.hearer`` and s:
``desmigratif.source``. For a service's own log the source is the service, and facts are counted by position. From the
relay's lag on they are gauges, looked at each second and told by the process that relays alone: their sum over the
replicas of a service is what holds for the service.
"""

import asyncio
import time
from collections import defaultdict
from collections.abc import Iterable
from functools import partial
from typing import TYPE_CHECKING

import structlog
from opentelemetry.metrics import CallbackOptions, Observation

from shared import database, telemetry
from shared.relay import LEASE

if TYPE_CHECKING:
    from shared.runtime import Runtime

RELAY_LAG = "desmigratif.relay.lag"
LAG = "desmigratif.subscription.lag"
LAG_SECONDS = "desmigratif.subscription.lag.duration"
PARKED = "desmigratif.parked"
STOPPED = "desmigratif.stopped"

_GAUGES = {
    RELAY_LAG: ("{event}", "Published facts of the log that are not yet on the bus."),
    LAG: ("{event}", "Facts between the checkpoint and the head last heard."),
    LAG_SECONDS: ("s", "How long ago the oldest head was heard that the checkpoint has not reached."),
    PARKED: ("{person}", "Persons whose facts wait."),
    STOPPED: ("1", "1 where a subscription goes no further, else 0."),
}
_LOOK_SECONDS = 1.0
_GOOD_SECONDS = 3.0
"""What was looked at longer ago is not told: another process may hold the lease by now."""
_MOST_HEADS = 1000

log = structlog.get_logger()

Figures = dict[str, list[Observation]]


class Heads:
    """The heads of one source that a checkpoint has not reached, each with when it was first heard (monotonic)."""

    def __init__(self) -> None:
        self._ahead: list[tuple[int, float]] = []
        self._apart = 0.0

    def behind_for(self, head: int, number: int, now: float) -> float:
        """Seconds since the oldest head was heard that lies beyond *number*; *head* is the last one, heard by *now*.

        The longer that is, the fewer heads are kept of each second; it may then be too small by one part in 500.
        """
        # A head falls where a log was put back; what it said before does not count any more.
        ahead = [(known, at) for known, at in self._ahead if number < known <= head]
        if not ahead:
            self._apart = 0.0
        if head > (ahead[-1][0] if ahead else number) and (not ahead or now - ahead[-1][1] >= self._apart):
            ahead.append((head, now))
        if len(ahead) > _MOST_HEADS:
            del ahead[1::2]
            self._apart = 2 * (now - ahead[0][1]) / _MOST_HEADS
        self._ahead = ahead
        return now - ahead[0][1] if ahead else 0.0


class Gauges:
    """The gauges of one running service."""

    def __init__(self, runtime: "Runtime") -> None:
        self._runtime = runtime
        self._heads: dict[str, Heads] = defaultdict(Heads)
        self._figures: Figures = {}
        self._looked = 0.0
        for name, (unit, description) in _GAUGES.items():
            telemetry.meter().create_observable_gauge(name, [partial(self._observed, name)], unit, description)

    async def run(self) -> None:
        """Look each second, until cancelled."""
        while True:
            try:
                self._figures = await self.look()
                self._looked = time.monotonic()
            except database.LOST as error:
                log.debug("gauges-not-looked-at", error=type(error).__name__)
            await asyncio.sleep(_LOOK_SECONDS)

    def _observed(self, name: str, _options: CallbackOptions) -> Iterable[Observation]:
        """What was last seen; the exporter's own thread asks, so nothing is looked at here."""
        return self._figures.get(name, []) if time.monotonic() - self._looked < _GOOD_SECONDS else []

    async def look(self) -> Figures:
        """What this process has to tell now, if it is the one that relays."""
        runtime = self._runtime
        figures: Figures = {name: [] for name in _GAUGES}
        if not runtime.leases.held(LEASE):
            self._heads.clear()
            return figures
        figures[RELAY_LAG] += await self._relay()
        own = runtime.service.name
        position = await runtime.log.position()
        now = time.monotonic()
        for subscription in runtime.subscriptions:
            hearer, source = subscription.hearer, subscription.source
            at = {"desmigratif.hearer": hearer.label, "desmigratif.source": source}
            figures[PARKED].append(Observation(runtime.parked.get((hearer.label, source), 0), at))
            figures[STOPPED].append(Observation(int((hearer.label, source) in runtime.stopped), at))
            heard = runtime.bus.heads.get(source)
            checkpoint = runtime.checkpoints.get((hearer.name, source))
            if checkpoint is None or (heard is None and source != own):
                continue
            head = heard.number if heard is not None and source != own else position
            figures[LAG].append(Observation(max(0, head - checkpoint.number), at))
            behind = self._heads[subscription.name].behind_for(head, checkpoint.number, now)
            figures[LAG_SECONDS].append(Observation(behind, at))
        return figures

    async def _relay(self) -> list[Observation]:
        """What the relay has said of itself, held against the log."""
        relayed = self._runtime.relayed
        if relayed is None:
            return []
        head = await self._runtime.log.head()
        return [Observation(max(0, head.number - relayed))]
