"""One trace from the request through log and bus to every hearer, and the meter that `shared.metrics` counts with.

``traceparent`` travels with every fact, whether anybody records or not. Spans are recorded where an OTLP endpoint is
set (``OTEL_EXPORTER_OTLP_ENDPOINT``, or the one of traces alone) and, at log level debug, written into the log. All
other ``OTEL_…`` variables of the SDK and of its OTLP/HTTP exporter hold, the samplers among them; only the service's
name is our own. The spans of one return:

==========================  ========  =================================================================================
span                        kind      what it is
==========================  ========  =================================================================================
``POST /returns``           SERVER    the request; named by its route, never by the address that was asked
``append``                  INTERNAL  one attempt at a command's facts; what they carry as ``traceparent`` is this span
``append batch``            CLIENT    the one call that made the facts of several commands durable
``publish WorkerReturned``  PRODUCER  one fact on its way to the bus, below the ``append`` that recorded it
``publish batch``           CLIENT    all facts that went to the bus together
``hear training_roster``    CONSUMER  one fact taking effect in a view or in ``reactions``, below the same ``append``
``hear batch``              CONSUMER  all facts that took effect in one transaction
``react WorkerReturned``    INTERNAL  what a service does about a fact; an ``append`` of its own below
==========================  ========  =================================================================================

A batch is a trace of its own, linked with every span that it did the work for, and recorded only if one of those is.
Nothing personal is in a span (P6): no address as it was asked, no id of anybody, of an exception its type alone.
"""

import logging
import os
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import lru_cache
from importlib import metadata
from typing import TYPE_CHECKING

import orjson
import structlog
from opentelemetry import context as contexts
from opentelemetry import trace
from opentelemetry.metrics import Meter, NoOpMeter
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import PeriodicExportingMetricReader
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import ReadableSpan, SpanProcessor, TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor
from opentelemetry.sdk.trace.id_generator import RandomIdGenerator
from opentelemetry.sdk.trace.sampling import ALWAYS_ON, Sampler, SamplingResult
from opentelemetry.trace import Link, NonRecordingSpan, SpanContext, SpanKind, StatusCode, TraceFlags, TraceState
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator
from opentelemetry.util import types

from shared import clock, ids, wire
from shared.recorded import Recorded

if TYPE_CHECKING:
    from shared.bus import Told
    from shared.log.store import Said

SCOPE = "desmigratif"

_GOODBYE_SECONDS = 2.0
_PARENTS = 1024
"""What is done in bulk has few parents."""
_STALE = timedelta(hours=1)
"""A fact that is heard or published so long after it was recorded (by a view being made, to a bus filled again) gets
no span of its own: nobody looks at its trace any more."""

Attributes = Mapping[str, str | int | float]

_ids = RandomIdGenerator()
_propagator = TraceContextTextMapPropagator()
log = structlog.get_logger()


@dataclass(slots=True)
class _Process:
    """What this process was set up to do. Without a tracer nothing is recorded."""

    tracer: trace.Tracer | None = None
    meter: Meter = field(default_factory=lambda: NoOpMeter(SCOPE))
    metering: bool = False
    goodbyes: list[Callable[[], None]] = field(default_factory=list)


_here = _Process()


class _SpansInTheLog(SpanProcessor):
    """Writes each ended span as a debug line, so that a trace can be followed without a collector."""

    def on_end(self, span: ReadableSpan) -> None:
        context = span.get_span_context()
        if context is None:
            return
        log.debug(
            "span",
            span=span.name,
            trace_id=f"{context.trace_id:032x}",
            span_id=f"{context.span_id:016x}",
            parent_id=f"{span.parent.span_id:016x}" if span.parent else None,
            milliseconds=round(((span.end_time or 0) - (span.start_time or 0)) / 1e6, 3),
            **dict(span.attributes or {}),
        )


class _Batches(Sampler):
    """As *others* say; but a batch is recorded with its parts.

    It alone begins with links, and only where one of its parts is recorded.
    """

    def __init__(self, others: Sampler) -> None:
        self._others = others

    def should_sample(
        self,
        parent_context: contexts.Context | None,
        trace_id: int,
        name: str,
        kind: SpanKind | None = None,
        attributes: types.Attributes = None,
        links: Sequence[Link] | None = None,
        trace_state: TraceState | None = None,
    ) -> SamplingResult:
        sampler = ALWAYS_ON if links else self._others
        return sampler.should_sample(parent_context, trace_id, name, kind, attributes, links, trace_state)

    def get_description(self) -> str:
        return f"Batches({self._others.get_description()})"


# Setting up and ending


def configure(service: str, *, log_spans: bool) -> None:
    """Set the process up to trace and to count as *service*; `close` ends it."""
    disabled = os.environ.get("OTEL_SDK_DISABLED", "").strip().lower() == "true"
    spans, figures = not disabled and _endpoint("TRACES"), not disabled and _endpoint("METRICS")
    log_spans = log_spans and not disabled
    if spans or log_spans:
        tracing = TracerProvider(resource=_resource(service), shutdown_on_exit=False)
        if log_spans:
            tracing.add_span_processor(_SpansInTheLog())
        if spans:
            from shared.otlp import SpansOut  # noqa: PLC0415  0.2 s and 9 MB, for those alone who export

            out = SpansOut(service)
            tracing.add_span_processor(BatchSpanProcessor(out))
            _here.goodbyes.append(lambda: _end(out.gone, tracing.shutdown))
        tracing.sampler = _Batches(tracing.sampler)
        _here.tracer = tracing.get_tracer(SCOPE)
    if figures:
        from shared.otlp import FiguresOut  # noqa: PLC0415  as above

        counted = FiguresOut(service)
        reader = PeriodicExportingMetricReader(counted)
        metering = MeterProvider([reader], _resource(service), shutdown_on_exit=False)
        _here.goodbyes.append(lambda: _end(counted.gone, metering.shutdown))
        _here.meter, _here.metering = metering.get_meter(SCOPE), True
    # From here on a collector that is away would fill the log: `shared.otlp` says it once.
    logging.getLogger("opentelemetry").setLevel(logging.CRITICAL)


def close() -> None:
    """Send what was recorded last, at most for `_GOODBYE_SECONDS`; not to a collector that is known to be away."""
    goodbyes = [threading.Thread(target=goodbye, daemon=True) for goodbye in _here.goodbyes]
    for thread in goodbyes:
        thread.start()
    until = time.monotonic() + _GOODBYE_SECONDS
    for thread in goodbyes:
        thread.join(max(0.0, until - time.monotonic()))
    _here.tracer, _here.meter, _here.metering, _here.goodbyes = None, NoOpMeter(SCOPE), False, []


def _end(gone: Callable[[], None], shutdown: Callable[[], None]) -> None:
    gone()
    shutdown()


def _endpoint(signal: str) -> bool:
    """Whether the environment names a collector for *signal*, and not ``none`` as its exporter."""
    if os.environ.get(f"OTEL_{signal}_EXPORTER", "").strip().lower() == "none":
        return False
    names = (f"OTEL_EXPORTER_OTLP_{signal}_ENDPOINT", "OTEL_EXPORTER_OTLP_ENDPOINT")
    return any(os.environ.get(name, "").strip() for name in names)


def _resource(service: str) -> Resource:
    try:
        version = {"service.version": metadata.version(SCOPE)}
    except metadata.PackageNotFoundError:  # run from its folder without having been installed
        version = {}
    return Resource.create(
        {
            "service.name": service,
            "service.namespace": SCOPE,
            "service.instance.id": str(ids.PROCESS),
            **version,
        }
    )


def meter() -> Meter:
    """What instruments are made of; they do nothing where no collector is told."""
    return _here.meter


def metering() -> bool:
    """Whether a collector is told figures."""
    return _here.metering


# One thing at a time


@contextmanager
def span(
    name: str,
    traceparent: str | None = None,
    kind: SpanKind = SpanKind.INTERNAL,
    attributes: Attributes | None = None,
) -> Iterator[trace.Span]:
    """A span called *name*, below *traceparent* where one came along, else below the current one.

    Where nothing is recorded the trace is carried on as it came, or begun, unsampled, for what it leads to.
    """
    context = _context(traceparent) if traceparent else contexts.get_current()
    tracer = _here.tracer
    current: trace.Span
    if tracer is None:
        current = trace.get_current_span(context)
        if not current.get_span_context().is_valid:
            current = NonRecordingSpan(_new())
    else:
        current = tracer.start_span(name, context, kind, attributes)
    token = contexts.attach(trace.set_span_in_context(current, context))
    try:
        yield current
    except BaseException as error:
        _failed([current], error)
        raise
    finally:
        contexts.detach(token)
        if tracer is not None:
            current.end()


def traceparent() -> str | None:
    """The current span as a W3C `traceparent`; None outside any."""
    current = trace.get_current_span().get_span_context()
    if not current.is_valid:
        return None
    return f"00-{current.trace_id:032x}-{current.span_id:016x}-{current.trace_flags:02x}"


def recorded() -> trace.Span | None:
    """The current span if it is recorded."""
    if _here.tracer is None:
        return None
    current = trace.get_current_span()
    return current if current.is_recording() else None


@lru_cache(maxsize=_PARENTS)
def _context(traceparent: str) -> contexts.Context:
    return _propagator.extract({"traceparent": traceparent}, contexts.Context())


def _new() -> SpanContext:
    flags = TraceFlags(TraceFlags.RANDOM_TRACE_ID)
    return SpanContext(_ids.generate_trace_id(), _ids.generate_span_id(), is_remote=False, trace_flags=flags)


def _failed(spans: Sequence[trace.Span], error: BaseException) -> None:
    """The exception's type alone: its message may hold what a caller sent."""
    for each in spans:
        each.set_status(StatusCode.ERROR)
        each.set_attribute("error.type", type(error).__name__)


# Many things at once


@contextmanager
def together(name: str, kind: SpanKind, attributes: Attributes, parts: Sequence[trace.Span | None]) -> Iterator[None]:
    """A span for what is done for all *parts* at once: a trace of its own, linked with each of them both ways."""
    recording = [part for part in parts if part is not None]
    if _here.tracer is None or not recording:
        yield
        return
    links = [Link(part.get_span_context()) for part in recording]
    whole = _here.tracer.start_span(name, contexts.Context(), kind, attributes, links)
    for part in recording:
        part.add_link(whole.get_span_context())
    try:
        yield
    except BaseException as error:
        _failed([whole], error)
        raise
    finally:
        whole.end()


def hearing(hearer: str, source: str, facts: "Sequence[Told | Recorded]") -> AbstractContextManager[None]:
    """While facts of *source* take effect in *hearer*: each in the trace that recorded it."""
    tracer = _here.tracer
    if tracer is None:
        return nullcontext()
    about = {"desmigratif.hearer": hearer, "desmigratif.source": source, "messaging.operation.type": "process"}
    parts = [_heard(f"hear {hearer}", fact, about) for fact in facts]
    return _at_once(tracer, "hear batch", SpanKind.CONSUMER, SpanKind.CONSUMER, about, parts)


def publishing(service: str, said: "Sequence[Said]") -> AbstractContextManager[None]:
    """While facts of *service* go to the bus: each in the trace that recorded it."""
    tracer = _here.tracer
    if tracer is None:
        return nullcontext()
    about = {
        "messaging.system": "nats",
        "messaging.destination.name": wire.bus_name(service),
        "messaging.operation.type": "send",
    }
    parts: list[_Part] = []
    for fact in said:
        envelope = orjson.loads(fact.words)
        event = envelope["type"].split(".")[2]
        attributes = about | {"desmigratif.event": event, "desmigratif.number": fact.number}
        parts.append(_Part(f"publish {event}", fact.recorded_at, envelope.get("traceparent"), attributes))
    return _at_once(tracer, "publish batch", SpanKind.CLIENT, SpanKind.PRODUCER, about, parts)


@dataclass(frozen=True, slots=True)
class _Part:
    """One fact of a batch: its span to be."""

    name: str
    recorded_at: datetime
    traceparent: str | None
    attributes: Attributes


def _heard(name: str, fact: "Told | Recorded", about: Mapping[str, str]) -> _Part:
    attributes: dict[str, str | int | float] = dict(about)
    if isinstance(fact, Recorded):
        attributes |= {"desmigratif.event": fact.event.name, "desmigratif.position": fact.position}
    else:
        attributes |= {
            "messaging.system": "nats",
            "messaging.destination.name": wire.bus_name(about["desmigratif.source"]),
            "desmigratif.event": fact.word.name if fact.word else "unknown",
            "desmigratif.number": fact.number,
        }
    return _Part(name, fact.recorded_at, fact.traceparent, attributes)


@contextmanager
def _at_once(
    tracer: trace.Tracer,
    name: str,
    kind: SpanKind,
    kind_of_part: SpanKind,
    attributes: Mapping[str, str],
    parts: Sequence[_Part],
) -> Iterator[None]:
    oldest = clock.now() - _STALE
    begun = [
        tracer.start_span(part.name, _context(part.traceparent), kind_of_part, part.attributes)
        for part in parts
        if part.traceparent and part.recorded_at >= oldest
    ]
    begun = [each for each in begun if each.is_recording()]
    try:
        with together(name, kind, {**attributes, "messaging.batch.message_count": len(parts)}, begun):
            yield
    except BaseException as error:
        _failed(begun, error)
        raise
    finally:
        for each in begun:
            each.end()
