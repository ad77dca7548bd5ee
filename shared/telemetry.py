"""One trace from the request through log and bus to every hearer: `traceparent` travels, spans are made around it.

Nothing personal is ever an attribute of a span (P6).
"""

from collections.abc import Iterator
from contextlib import contextmanager

import structlog
from opentelemetry import trace
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import ReadableSpan, SpanProcessor, TracerProvider
from opentelemetry.trace import SpanKind
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

_propagator = TraceContextTextMapPropagator()
_tracer = trace.get_tracer("desmigratif")
log = structlog.get_logger()


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
            milliseconds=round(((span.end_time or 0) - (span.start_time or 0)) / 1e6, 3),
            **dict(span.attributes or {}),
        )


def configure(service: str, *, log_spans: bool) -> None:
    """Set the process up to trace as *service*."""
    provider = TracerProvider(resource=Resource({"service.name": service}))
    if log_spans:
        provider.add_span_processor(_SpansInTheLog())
    trace.set_tracer_provider(provider)


@contextmanager
def span(name: str, traceparent: str | None = None, kind: SpanKind = SpanKind.INTERNAL) -> Iterator[trace.Span]:
    """A span called *name*, below *traceparent* where one came along."""
    context = _propagator.extract({"traceparent": traceparent}) if traceparent else None
    with _tracer.start_as_current_span(
        name, context=context, kind=kind, record_exception=False, set_status_on_exception=False
    ) as current:
        yield current


def traceparent() -> str | None:
    """The current span as a W3C `traceparent`; None outside any."""
    carrier: dict[str, str] = {}
    _propagator.inject(carrier)
    return carrier.get("traceparent")
