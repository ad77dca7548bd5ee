"""What the kernel's routes answer is what the API pages show; the street's callers hold every answer against them."""

from typing import Any

import httpx
import pytest
from pydantic import ValidationError

from shared.http import kernel
from tests import promises
from tests.shared import tiny
from tests.shared.street import Operator, Street, register, renamed_unnoticed, rows, until
from tests.shared.tiny import Faults


async def test_every_route_answers_as_shown_where_something_is_amiss(street: Street) -> None:
    """One person's facts wait, a row is wrong, a word on the bus is not the log's: no list is empty."""
    poisoned = Faults()
    registry = await street.start(tiny.service("registry"))
    waiting = await street.prepare(tiny.enterprise(poisoned))
    asked: set[tuple[str, str]] = set()
    async with street.client("registry", "operator") as source, street.client("enterprise", "operator") as hearer:

        async def ask(
            client: httpx.AsyncClient, method: str, route: str, query: str = "", status: int = 200
        ) -> dict[str, Any]:
            asked.add((method, route))
            answer = await client.request(method, route.replace("{view}", "neighbours") + query)
            assert answer.status_code == status, answer.text
            return dict(answer.json())

        assert (await ask(hearer, "GET", "/health/ready", status=503))["waits_for"][0] == "start"
        said = await register(registry, 3)
        poisoned.at = {said[1]}
        await waiting.start()
        await until(lambda: len(waiting.parked) == 2 and not waiting.readiness, why="nobody's facts wait")
        await until(lambda: waiting.pool.fetchval("SELECT sum(cardinality(words)) = 2 FROM log.heard"))
        await rows(waiting, "DELETE FROM neighbours_1.people")
        assert await ask(hearer, "GET", "/health/live") == {"status": "alive"}
        assert await ask(hearer, "GET", "/health/ready") == {"status": "ready", "waits_for": []}

        rebuilt = await ask(hearer, "POST", "/operations/views/{view}/rebuild")
        assert len(rebuilt["differences"]) == rebuilt["repaired"] == 2
        assert rebuilt["parked"] == [str(said[1])]
        status = await ask(hearer, "GET", "/operations/status")
        assert all(status[there] for there in ("checkpoints", "leases", "parked", "formers"))
        assert (await ask(hearer, "GET", "/operations/parked"))["items"] == status["parked"]
        replayed = (await ask(hearer, "POST", "/operations/replay"))["items"]
        assert {(one["took_effect"], one["waiting"]) for one in replayed} == {(0, 1)}
        took = await ask(hearer, "GET", "/operations/propagation", "?word=PersonRegistered")
        assert (took["n"], took["p50"] <= took["p99"]) == (2, True)
        assert await ask(hearer, "POST", "/operations/views/{view}/drop-formers") == {"dropped": [rebuilt["former"]]}
        assert (await ask(hearer, "GET", "/operations/verify"))["checkpoints"]

        page = await ask(source, "GET", "/feed", "?after=1")
        assert [event["number"] for event in page["events"]] == [2, 3]
        under = await ask(source, "GET", "/operations/verify/event", "?number=3")
        beyond = f"?after=4&log={under['log_id']}&event={under['event_id']}"
        assert (await ask(source, "GET", "/feed", beyond, status=409))["slug"] == "cursor-unknown"
        async with Operator(street.bus) as jetstream:
            await jetstream.publish("desmigratif.registry.PersonRegistered.v1.33.07", b"no word")
        found = (await ask(source, "GET", "/operations/verify"))["findings"]
        assert "bus-message-not-in-log" in {finding["what"] for finding in found}
        once, again = [await ask(source, "POST", "/operations/restored") for _ in range(2)]
        assert once == again
        assert (once["log_id"] != under["log_id"], once["kept"]) == (True, 3)
        assert asked == {*kernel.SCOPES, ("GET", "/health/live"), ("GET", "/health/ready")}


async def test_the_feed_of_a_process_that_has_not_learnt_the_logs_new_name_says_nothing(street: Street) -> None:
    registry = await street.start(tiny.service("registry"))
    await register(registry, 2)
    beyond = f"after=3&log={registry.identity.log_id}"
    async with street.client("registry", "operator") as client:
        assert (await client.get("/feed?after=0")).status_code == 200
        await renamed_unnoticed(registry)
        for query in ("after=0", "after=0&limit=0", beyond):
            answer = await client.get(f"/feed?{query}")
            assert (answer.status_code, answer.json()["slug"]) == (503, "unavailable")


@pytest.mark.parametrize(
    ("path", "answered"),
    [
        ("/health/live", {"status": "alive", "since": "yesterday"}),
        ("/operations/propagation", {"n": 0, "p50": None}),
        ("/operations/parked", {"items": [{"hearer": "reactions"}]}),
        ("/operations/verify/event", {"log_id": "log", "number": "3", "event_id": None}),
    ],
)
def test_an_answer_that_no_page_shows_would_be_noticed(path: str, answered: dict[str, object]) -> None:
    """What the test above is held against."""
    answer = httpx.Response(200, json=answered, request=httpx.Request("GET", f"http://registry{path}"))
    with pytest.raises(ValidationError):
        promises.hold("registry", answer)
