"""A trace that a caller began goes on through log, bus and reaction."""

import json

import asyncpg
import nats

from deploy.house import House
from deploy.nats import operator_of
from shared import wire
from tests.houses import KURIPAN, Api, nik

TRACE = "4bf92f3577b34da6a3ce929d0e0e4736"


async def test_a_trace_goes_from_the_request_through_the_log_and_the_bus_to_the_reaction(house: House) -> None:
    """The caller's trace id stands in the event, in its words, in the message's header and in what answered it."""
    with Api(house) as api:
        answered = api.request(
            "POST",
            "registry",
            "/workers",
            body={"nik": nik(9_001), "name": "Orang Jejak", "village": KURIPAN},
            headers={"traceparent": f"00-{TRACE}-00f067aa0ba902b7-01"},
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
