"""A trace that a caller began goes on through log, bus and reaction, and is told to a collector whole."""

import importlib
import json
import socket
import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import asyncpg
import nats
import pytest

from deploy import SERVICES
from deploy.house import House
from deploy.nats import operator_of
from shared import metrics, wire
from shared.published import PublicEvent
from shared.published.migration_service import WorkerReturned
from shared.published.registry import PersonDied
from shared.reacting import HEARER
from shared.service import Service
from tests.collector import Collector, Figure, Span, a_collector, told_to
from tests.houses import KURIPAN, Api, a_house, nik

TRACE, CALLER = "4bf92f3577b34da6a3ce929d0e0e4736", "00f067aa0ba902b7"
RETURN = "5bf92f3577b34da6a3ce929d0e0e4736"


async def test_a_trace_goes_from_the_request_through_the_log_and_the_bus_to_the_reaction(house: House) -> None:
    """The caller's trace id stands in the event, in its words, in the message's header and in what answered it."""
    with Api(house) as api:
        answered = api.request(
            "POST",
            "registry",
            "/workers",
            body={"nik": nik(9_001), "name": "Orang Jejak", "village": KURIPAN},
            headers={"traceparent": f"00-{TRACE}-{CALLER}-01"},
        )
        worker = answered.raise_for_status().json()["id"]
        api.get(
            "migration_service", f"/service-files/{worker}", after=answered.headers["Event-Position"]
        ).raise_for_status()

    registry = await asyncpg.connect(house.url("postgres", database="registry"))
    said = await registry.fetch(
        "SELECT published, meta, public FROM log.events WHERE person_id::text = $1 AND public IS NOT NULL", worker
    )
    await registry.close()
    assert said
    for row in said:
        assert json.loads(row["meta"])["traceparent"].split("-")[1] == TRACE
        assert json.loads(row["public"])["traceparent"].split("-")[1] == TRACE

    bus = await nats.connect(house.url("nats", user=operator_of("registry")))
    numbers = {str(row["published"]) for row in said}
    state = (await bus.jetstream().stream_info(wire.bus_name("registry"))).state
    headers = [
        (await bus.jetstream().get_msg(wire.bus_name("registry"), sequence)).headers or {}
        for sequence in range(state.first_seq, state.last_seq + 1)
    ]
    await bus.close()
    traces = {h[wire.TRACEPARENT].split("-")[1] for h in headers if h[wire.NUMBER] in numbers}
    assert traces == {TRACE}

    migration = await asyncpg.connect(house.url("postgres", database="migration_service"))
    answer = await migration.fetchval("SELECT meta FROM log.events WHERE person_id::text = $1", worker)
    await migration.close()
    assert json.loads(answer)["traceparent"].split("-")[1] == TRACE
    assert json.loads(answer)["cause"]["source"] == "registry"


# Told to a collector


@dataclass(frozen=True)
class Told:
    """One return by death in a house that tells a collector: what became of it."""

    collector: Collector
    trace: list[Span]

    def one(self, service: str, name: str, **attributes: object) -> Span:
        """The one span of the trace that is this."""
        (span,) = [
            span
            for span in self.trace
            if (span.service, span.name) == (service, name) and attributes.items() <= span.attributes.items()
        ]
        return span

    def batch_of(self, span: Span) -> Span:
        """The batch with which a span is linked."""
        ((trace_id, span_id),) = span.links
        (batch,) = [one for one in self.collector.of_trace(trace_id) if one.span_id == span_id]
        return batch


def wait_until(there: Callable[[], object], seconds: float = 15.0) -> None:
    until = time.monotonic() + seconds
    while not there():
        assert time.monotonic() < until
        time.sleep(0.02)


def declared() -> list[Service]:
    """The five services as they declare themselves."""
    return [importlib.import_module(f"services.{name}.main").SERVICE for name in SERVICES]


def hearers(of: type[PublicEvent]) -> set[tuple[str, str]]:
    """Every (service, hearer) that hears the service that says this, its own views by their log."""
    heard = {(s.name, view.name) for s in declared() for view in s.views if of.service in view.heard}
    own = {(s.name, view.name) for s in declared() for view in s.views if s.name == of.service and view.follows_own}
    return heard | own | {(s.name, HEARER) for s in declared() if s.react and of.service in s.react.hears}


def hear_spans(trace: list[Span], source: str) -> Counter[tuple[str, str]]:
    return Counter(
        (span.service, str(span.attributes["desmigratif.hearer"]))
        for span in trace
        if span.name.startswith("hear ") and span.attributes["desmigratif.source"] == source
    )


def a_return(house: House, n: int, **headers: str) -> None:
    """A worker leaves and dies abroad; *headers* go with the return."""
    with Api(house) as api:
        worker = api.post("registry", "/workers", {"nik": nik(n), "name": "Orang Jejak", "village": KURIPAN})
        departure = api.post(
            "migration_service",
            "/departures",
            {"worker_id": worker.json()["id"], "country": "TW", "departed_on": "2024-01-02"},
            after=worker.headers["Event-Position"],
        )
        returned = {"trip_id": departure.json()["id"], "returned_on": "2026-01-02", "reason": "died"}
        api.request("POST", "migration_service", "/returns", body=returned, headers=headers).raise_for_status()


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Told]:
    data = tmp_path_factory.mktemp("told") / "data"
    with a_collector() as collector, told_to(collector.endpoint), a_house(data) as house:
        a_return(house, 9_002, traceparent=f"00-{RETURN}-{CALLER}-01")
        # The last to speak is whoever hears of the death that the registry recorded by itself.
        wait_until(lambda: set(hear_spans(collector.of_trace(RETURN), "registry")) >= hearers(PersonDied))
        wait_until(lambda: collector.figures)
        yield Told(collector, collector.of_trace(RETURN))


def test_one_trace_spans_request_append_relay_and_every_hearer(told: Told) -> None:
    """Each below the one that led to it."""
    request = told.one("migration_service", "POST /returns")
    assert (request.kind, request.parent_id) == ("SERVER", CALLER)
    append = told.one("migration_service", "append")
    assert append.parent_id == request.span_id
    published = told.one("migration_service", "publish WorkerReturned")
    assert (published.kind, published.parent_id) == ("PRODUCER", append.span_id)
    assert len(hearers(WorkerReturned)) >= 6
    assert hear_spans(told.trace, "migration_service") == Counter(hearers(WorkerReturned))
    for service, hearer in hearers(WorkerReturned):
        heard = told.one(service, f"hear {hearer}", **{"desmigratif.source": "migration_service"})
        assert (heard.kind, heard.parent_id) == ("CONSUMER", append.span_id)
        event = "Returned" if service == "migration_service" else "WorkerReturned"
        assert heard.attributes["desmigratif.event"] == event


def test_the_trace_goes_on_with_what_a_reaction_records(told: Told) -> None:
    append = told.one("migration_service", "append")
    reaction = told.one("registry", "react WorkerReturned")
    assert reaction.parent_id == append.span_id
    answer = told.one("registry", "append")
    assert answer.parent_id == reaction.span_id
    assert told.one("registry", "publish PersonDied").parent_id == answer.span_id
    assert hear_spans(told.trace, "registry") == Counter(hearers(PersonDied))


def test_what_was_done_for_several_at_once_is_linked_with_each(told: Told) -> None:
    kinds = {"append": "append batch", "publish": "publish batch", "hear": "hear batch"}
    linked = [span for span in told.trace if span.name.split()[0] in kinds]
    assert len(linked) > 10
    for span in linked:
        batch = told.batch_of(span)
        assert (batch.service, batch.name) == (span.service, kinds[span.name.split()[0]])
        assert (span.trace_id, span.span_id) in batch.links
        assert not batch.parent_id
    assert not [span for span in told.trace if span.failed]


def test_metrics_come_with_what_is_true(told: Told) -> None:
    """Every gauge from every subscription once, every histogram with what was appended."""

    def last() -> dict[tuple[str, ...], Figure]:
        return {(one.service, one.name, *one.attributes.values()): one for one in list(told.collector.figures)}

    followed = {(s.name, v.name, source) for s in declared() for v in s.views for source in v.heard}
    followed |= {(s.name, v.name, s.name) for s in declared() for v in s.views if v.follows_own}
    followed |= {(s.name, HEARER, source) for s in declared() if s.react for source in s.react.hears}
    of_subscriptions = (metrics.LAG, metrics.LAG_SECONDS, metrics.PARKED, metrics.STOPPED)
    expected: set[tuple[str, ...]] = {
        (s, name, hearer, source) for s, hearer, source in followed for name in of_subscriptions
    }
    expected |= {(service, metrics.RELAY_LAG) for service in SERVICES}
    wait_until(lambda: {key for key in last() if "append" not in key[1]} == expected)
    wait_until(lambda: {figure.value for key, figure in last().items() if key in expected} == {0})
    took = last()["migration_service", "desmigratif.append.duration", "ok"]
    size = last()["migration_service", "desmigratif.append.batch.size"]
    # The departure, the return, and the service file that it opened when it heard of the worker.
    assert (took.count, took.unit) == (3, "s")
    assert 0 < took.value < 30
    assert (size.value, size.unit) == (3, "{command}")
    assert {figure.name for figure in told.collector.figures} == set(documented(metrics.__doc__ or ""))


def documented(text: str) -> list[str]:
    """What stands first in each row of a docstring's table."""
    table = text.split("\n====")[2]
    return [line.split("``")[1] for line in table.splitlines() if line.startswith("``")]


def test_a_collector_that_is_away_does_no_harm(data: Path) -> None:
    """Requests go on, it is said once, and the house ends soon."""
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))  # taken, and nobody listens
        with told_to(f"http://127.0.0.1:{closed.getsockname()[1]}"), a_house(data) as house:
            a_return(house, 9_003)

            def said(service: str) -> list[str]:
                told = (data / "logs" / f"{service}.log").read_text().splitlines()
                return [json.loads(line)["event"] for line in told if line.startswith("{")]

            wait_until(lambda: all(said(service).count("collector-is-away") for service in SERVICES), 30)
            a_return(house, 9_004)
            ending = time.monotonic()
            house.stop()
            assert time.monotonic() - ending < 15  # the SDK by itself would take thirty
            for service in SERVICES:
                assert said(service).count("collector-is-away") <= 2  # of spans, and of metrics
                assert {"library", "collector-is-back"} & set(said(service)) == set()
                assert "ended" in said(service)
