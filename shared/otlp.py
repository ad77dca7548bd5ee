"""To a collector over OTLP/HTTP: a collector that is away costs a line when that is noticed and one when it is back."""

from collections.abc import Sequence
from typing import Any

import structlog
from opentelemetry.exporter.otlp.proto.http.metric_exporter import OTLPMetricExporter
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.metrics.export import MetricExportResult, MetricsData
from opentelemetry.sdk.trace import ReadableSpan
from opentelemetry.sdk.trace.export import SpanExportResult

log = structlog.get_logger()


class _Collector:
    """Whether it took what it was last sent. *what* it is sent and *service* stand in the line that says so."""

    def __init__(self, what: str, service: str) -> None:
        # An exporter's thread has none of the context that other lines take the service from.
        self._log = log.bind(service=service, what=what)
        self.away = False

    def answered(self, took: bool) -> None:
        if self.away and took:
            self._log.info("collector-is-back")
        elif not self.away and not took:
            self._log.warning("collector-is-away")
        self.away = not took


class SpansOut(OTLPSpanExporter):
    """The spans of *service*, to where the environment says."""

    def __init__(self, service: str) -> None:
        super().__init__()
        self._collector = _Collector("spans", service)

    def export(self, spans: Sequence[ReadableSpan]) -> SpanExportResult:
        """Send them; after some tries they are lost."""
        result = super().export(spans)
        self._collector.answered(result is SpanExportResult.SUCCESS)
        return result

    def gone(self) -> None:
        """The process ends: what a collector that is away was not told is given up at once."""
        if self._collector.away:
            self.shutdown()  # type: ignore[no-untyped-call]  # the library says nothing of what it returns


class FiguresOut(OTLPMetricExporter):
    """The figures of *service*, to where the environment says."""

    def __init__(self, service: str) -> None:
        super().__init__()
        self._collector = _Collector("metrics", service)

    def export(
        self, metrics_data: MetricsData, timeout_millis: float | None = 10_000, **kwargs: Any
    ) -> MetricExportResult:
        """Send them; those of the next interval hold what counts."""
        result = super().export(metrics_data, timeout_millis, **kwargs)
        self._collector.answered(result is MetricExportResult.SUCCESS)
        return result

    def gone(self) -> None:
        """The process ends: a collector that is away is not told."""
        if self._collector.away:
            self.shutdown()
