"""A collector of OpenTelemetry's: takes spans and metrics over OTLP/HTTP and keeps them."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import ExportMetricsServiceRequest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.common.v1.common_pb2 import KeyValue
from opentelemetry.proto.trace.v1 import trace_pb2


@dataclass(frozen=True)
class Span:
    """A span as it came; *kind* as OTLP names it, without its prefix."""

    service: str
    name: str
    kind: str
    trace_id: str
    span_id: str
    parent_id: str
    links: tuple[tuple[str, str], ...]
    attributes: dict[str, Any]
    failed: bool


@dataclass(frozen=True)
class Figure:
    """A metric's point: a gauge's value, or a histogram's sum and count."""

    service: str
    name: str
    unit: str
    attributes: dict[str, Any]
    value: float
    count: int


@dataclass
class Collector:
    """What came so far. *endpoint* is where it is sent."""

    endpoint: str
    spans: list[Span] = field(default_factory=list)
    figures: list[Figure] = field(default_factory=list)
    resources: list[dict[str, Any]] = field(default_factory=list)
    bodies: list[bytes] = field(default_factory=list)
    texts: list[str] = field(default_factory=list)
    """Each body as protobuf writes it for people."""
    status: int = HTTPStatus.OK
    """What senders are answered; what is refused is not kept."""

    def of_trace(self, trace_id: str) -> list[Span]:
        """The spans of one trace."""
        return [span for span in list(self.spans) if span.trace_id == trace_id]

    def take(self, path: str, body: bytes) -> None:
        """What was posted to *path*."""
        self.bodies.append(body)
        if path == "/v1/traces":
            told = ExportTraceServiceRequest.FromString(body)
            self.texts.append(str(told))
            for by_resource in told.resource_spans:
                resource = _plain(by_resource.resource.attributes)
                self.resources.append(resource)
                for scope in by_resource.scope_spans:
                    self.spans += [_span(resource["service.name"], span) for span in scope.spans]
        else:
            assert path == "/v1/metrics", path
            figures = ExportMetricsServiceRequest.FromString(body)
            self.texts.append(str(figures))
            for of_resource in figures.resource_metrics:
                resource = _plain(of_resource.resource.attributes)
                self.resources.append(resource)
                for scope_metrics in of_resource.scope_metrics:
                    for metric in scope_metrics.metrics:
                        self.figures += _figures(resource["service.name"], metric)


def _plain(attributes: Any) -> dict[str, Any]:
    def value(attribute: KeyValue) -> Any:
        return getattr(attribute.value, str(attribute.value.WhichOneof("value")))

    return {attribute.key: value(attribute) for attribute in attributes}


def _span(service: str, span: trace_pb2.Span) -> Span:
    return Span(
        service,
        span.name,
        trace_pb2.Span.SpanKind.Name(span.kind).removeprefix("SPAN_KIND_"),
        span.trace_id.hex(),
        span.span_id.hex(),
        span.parent_span_id.hex(),
        tuple((link.trace_id.hex(), link.span_id.hex()) for link in span.links),
        _plain(span.attributes),
        span.status.code == trace_pb2.Status.STATUS_CODE_ERROR,
    )


def _figures(service: str, metric: Any) -> list[Figure]:
    if metric.WhichOneof("data") == "histogram":
        return [
            Figure(service, metric.name, metric.unit, _plain(p.attributes), p.sum, p.count)
            for p in metric.histogram.data_points
        ]
    return [
        Figure(service, metric.name, metric.unit, _plain(p.attributes), p.as_double or p.as_int, 1)
        for p in metric.gauge.data_points
    ]


@contextmanager
def a_collector() -> Iterator[Collector]:
    """One that listens on a free port."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            if collector.status == HTTPStatus.OK:
                collector.take(self.path, body)
            self.send_response(collector.status)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_: object) -> None:
            """Nothing on the tests' own output."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    collector = Collector(f"http://127.0.0.1:{server.server_port}")
    thread = threading.Thread(target=server.serve_forever, name="collector", daemon=True)
    thread.start()
    try:
        yield collector
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


@contextmanager
def told_to(endpoint: str) -> Iterator[None]:
    """What is started meanwhile tells the collector at *endpoint*, and soon."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", endpoint)
        patch.setenv("OTEL_BSP_SCHEDULE_DELAY", "50")
        patch.setenv("OTEL_METRIC_EXPORT_INTERVAL", "500")
        patch.setenv("OTEL_EXPORTER_OTLP_TIMEOUT", "2")
        yield
