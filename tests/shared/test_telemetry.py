"""Traces are carried on whether anybody records or not, and a collector that fails does no harm."""

import io
import json
import socket
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from uuid import uuid4

import pytest
import structlog
from opentelemetry.trace import SpanKind

from shared import clock, logs, telemetry
from shared.log.store import Said
from tests.collector import Collector, a_collector

TRACE, PARENT = "4bf92f3577b34da6a3ce929d0e0e4736", "00f067aa0ba902b7"
SAMPLED, UNSAMPLED = f"00-{TRACE}-{PARENT}-01", f"00-{TRACE}-{PARENT}-00"


@pytest.fixture
def told(monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """Sets the ``OTEL_…`` variables that it is called with, and sends often."""
    monkeypatch.setenv("OTEL_BSP_SCHEDULE_DELAY", "20")
    monkeypatch.setenv("OTEL_METRIC_EXPORT_INTERVAL", "20")

    def told(**variables: str) -> None:
        for name, value in variables.items():
            monkeypatch.setenv(f"OTEL_{name}", value)

    return told


@contextmanager
def a_process(*, log_spans: bool = False) -> Iterator[io.StringIO]:
    """What a service does around its life; gives its log at debug.

    Kept whole: `capsys` loses a line that another thread prints while it is read.
    """
    before, printed = structlog.get_config(), io.StringIO()
    logs.configure("registry", "debug")
    structlog.configure(logger_factory=structlog.PrintLoggerFactory(printed), cache_logger_on_first_use=False)
    telemetry.configure("registry", log_spans=log_spans)
    try:
        yield printed
    finally:
        telemetry.close()
        structlog.configure(**before)


def wait_until(there: Callable[[], object]) -> None:
    until = time.monotonic() + 15
    while not there():
        assert time.monotonic() < until
        time.sleep(0.01)


def lines(printed: io.StringIO) -> list[dict[str, object]]:
    """All lines of *printed* so far."""
    return [json.loads(line) for line in printed.getvalue().splitlines()]


def said_in(*traceparents: str | None, age: timedelta = timedelta(0)) -> list[Said]:
    """Facts recorded *age* ago, one in each trace."""
    told = []
    for number, traceparent in enumerate(traceparents, 1):
        words = {"type": "desmigratif.registry.PersonErased.v1", "traceparent": traceparent}
        told.append(Said(number, uuid4(), clock.now() - age, json.dumps(words)))
    return told


# Where nobody records


def test_a_trace_that_came_along_is_carried_on_as_it_came() -> None:
    with telemetry.span("request", SAMPLED), telemetry.span("append"):
        assert telemetry.traceparent() == SAMPLED
        assert telemetry.recorded() is None
    assert telemetry.traceparent() is None


@pytest.mark.parametrize("nonsense", [None, "", "x", "00-" + "0" * 32 + "-" + "0" * 16 + "-01", "\xe9"])
def test_a_trace_is_begun_where_none_came_and_nobody_is_told_that_it_was_recorded(nonsense: str | None) -> None:
    with telemetry.span("request", nonsense):
        begun = telemetry.traceparent()
        with telemetry.span("append"):
            assert telemetry.traceparent() == begun
    with telemetry.span("another", nonsense):
        assert telemetry.traceparent() != begun
    assert begun is not None
    version, trace_id, span_id, flags = begun.split("-")
    assert (version, int(flags, 16) & 1) == ("00", 0)
    assert int(trace_id, 16)
    assert int(span_id, 16)


@pytest.mark.parametrize(
    "variables",
    [
        {"EXPORTER_OTLP_ENDPOINT": ""},
        {"EXPORTER_OTLP_ENDPOINT": "http://127.0.0.1:1", "SDK_DISABLED": "true"},
        {"EXPORTER_OTLP_ENDPOINT": "http://127.0.0.1:1", "TRACES_EXPORTER": "none", "METRICS_EXPORTER": "none"},
    ],
)
def test_nothing_is_recorded_unless_a_collector_is_named(told: Callable[..., None], variables: dict[str, str]) -> None:
    told(**variables)
    with a_process(), telemetry.span("request"):
        assert telemetry.recorded() is None
        assert not telemetry.metering()


def test_at_debug_spans_are_lines_of_the_log() -> None:
    with a_process(log_spans=True) as printed, telemetry.span("request", SAMPLED), telemetry.span("append"):
        pass
    inner, outer = lines(printed)
    assert (inner["span"], outer["span"]) == ("append", "request")
    assert inner["trace_id"] == outer["trace_id"] == TRACE
    assert (inner["parent_id"], outer["parent_id"]) == (outer["span_id"], PARENT)


# To a collector


@pytest.fixture
def collector(told: Callable[..., None]) -> Iterator[Collector]:
    with a_collector() as collector:
        told(EXPORTER_OTLP_ENDPOINT=collector.endpoint)
        yield collector


def test_what_was_recorded_last_is_sent_at_the_end_under_our_own_name(
    collector: Collector, told: Callable[..., None]
) -> None:
    told(
        SERVICE_NAME="somebody-else",
        RESOURCE_ATTRIBUTES="deployment.environment.name=rehearsal",
        BSP_SCHEDULE_DELAY="60000",
    )
    with a_process(), telemetry.span("request", SAMPLED, SpanKind.SERVER):
        assert (telemetry.traceparent() or "").startswith(f"00-{TRACE}-")
    (span,) = collector.spans
    assert (span.service, span.name, span.kind, span.trace_id, span.parent_id) == (
        "registry", "request", "SERVER", TRACE, PARENT
    )  # fmt: skip
    resource = collector.resources[0]
    assert resource["service.namespace"] == "desmigratif"
    assert resource["service.instance.id"]
    assert resource["deployment.environment.name"] == "rehearsal"


def test_each_fact_of_a_batch_is_in_its_own_trace_and_linked_with_the_batch(collector: Collector) -> None:
    others = f"00-{'a' * 32}-{'b' * 16}-01"
    with a_process(), telemetry.publishing("registry", said_in(SAMPLED, None, others, UNSAMPLED)):
        pass
    parts = {span.trace_id: span for span in collector.spans if span.name == "publish PersonErased"}
    (batch,) = [span for span in collector.spans if span.name == "publish batch"]
    assert set(parts) == {TRACE, "a" * 32}
    assert {part.parent_id for part in parts.values()} == {PARENT, "b" * 16}
    assert {part.links for part in parts.values()} == {((batch.trace_id, batch.span_id),)}
    assert {part.kind for part in parts.values()} == {"PRODUCER"}
    assert set(batch.links) == {(part.trace_id, part.span_id) for part in parts.values()}
    assert batch.attributes["messaging.batch.message_count"] == 4
    assert not batch.parent_id
    assert batch.trace_id not in parts


def test_a_caller_who_does_not_want_it_recorded_is_heeded(collector: Collector) -> None:
    with a_process():
        with telemetry.span("request", UNSAMPLED):
            assert (telemetry.traceparent() or "").startswith(f"00-{TRACE}-")
            assert telemetry.recorded() is None
        with telemetry.publishing("registry", said_in(UNSAMPLED)):
            pass
    assert collector.spans == []


def test_the_samplers_of_the_sdk_hold_and_a_batch_is_recorded_with_its_parts(
    collector: Collector, told: Callable[..., None]
) -> None:
    told(TRACES_SAMPLER="parentbased_always_off")
    with a_process():
        with telemetry.span("nobody wanted this"):
            assert telemetry.recorded() is None
        with telemetry.publishing("registry", said_in(SAMPLED)):
            pass
    assert sorted(span.name for span in collector.spans) == ["publish PersonErased", "publish batch"]


def test_what_is_published_again_long_after_is_in_nobodys_trace(collector: Collector) -> None:
    with a_process(), telemetry.publishing("registry", said_in(SAMPLED, age=timedelta(days=300))):
        pass
    assert collector.spans == []


def test_of_what_went_wrong_the_kind_alone_is_told(collector: Collector) -> None:
    with (
        a_process(),
        pytest.raises(LookupError),
        telemetry.span("request", SAMPLED),
        telemetry.publishing("registry", said_in(SAMPLED)),
    ):
        raise LookupError("Siti Aminah")
    assert {span.name: span.attributes["error.type"] for span in collector.spans if span.failed} == dict.fromkeys(
        ("request", "publish batch", "publish PersonErased"), "LookupError"
    )
    assert not any("Siti" in text for text in collector.texts)


# A collector that fails


def a_free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port: int = free.getsockname()[1]
        return port


@pytest.mark.parametrize("endpoint", ["http://127.0.0.1:{port}", "127.0.0.1:{port}", "no address"])
def test_one_that_is_not_there_is_one_line_for_each_kind_and_no_wait_at_the_end(
    endpoint: str, told: Callable[..., None]
) -> None:
    told(EXPORTER_OTLP_ENDPOINT=endpoint.format(port=a_free_port()), EXPORTER_OTLP_TIMEOUT="0.1")
    with a_process() as printed:
        telemetry.meter().create_counter("requests").add(1)
        until = time.monotonic() + 60
        while len(lines(printed)) < 2:
            with telemetry.span("request"):
                time.sleep(0.01)
            assert time.monotonic() < until
        for _ in range(100):
            with telemetry.span("request"):
                pass
            time.sleep(0.005)
        ending = time.monotonic()
    assert time.monotonic() - ending < telemetry._GOODBYE_SECONDS
    assert sorted((str(line["event"]), str(line["what"])) for line in lines(printed)) == [
        ("collector-is-away", "metrics"),
        ("collector-is-away", "spans"),
    ]


def test_one_that_comes_back_is_a_line(told: Callable[..., None]) -> None:
    with a_collector() as collector:
        told(EXPORTER_OTLP_TRACES_ENDPOINT=f"{collector.endpoint}/v1/traces", EXPORTER_OTLP_TIMEOUT="0.1")
        with a_process() as printed:
            for status, line in ((503, "collector-is-away"), (200, "collector-is-back")):
                collector.status = status
                told_before = lines(printed)
                until = time.monotonic() + 15
                while len(seen := lines(printed)) == len(told_before):
                    with telemetry.span("request"):
                        time.sleep(0.01)
                    assert time.monotonic() < until
                assert [(one["event"], one["what"], one["service"]) for one in seen[len(told_before) :]] == [
                    (line, "spans", "registry")
                ]


def test_one_that_never_answers_is_waited_for_two_seconds_at_the_end(told: Callable[..., None]) -> None:
    with socket.socket() as mute:
        mute.bind(("127.0.0.1", 0))
        mute.listen()
        told(EXPORTER_OTLP_ENDPOINT=f"http://127.0.0.1:{mute.getsockname()[1]}")
        with a_process():
            with telemetry.span("request"):
                pass
            ending = time.monotonic()
        assert 0 < time.monotonic() - ending - telemetry._GOODBYE_SECONDS < 3  # where its own time limit is ten
