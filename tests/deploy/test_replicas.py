"""Several real processes of a service at one port: who gets requests, and what becomes of them when one ends."""

import asyncio
import http.client
import os
import signal
import time
from collections.abc import Callable, Iterator
from datetime import timedelta

import orjson
import psutil
import pytest

from deploy.command.calls import ENTERPRISE, REGISTRY
from deploy.house import House
from tests.houses import KENANGA, a_house, nik


@pytest.fixture(scope="module")
def replicated(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    with a_house(tmp_path_factory.mktemp("replicas") / "data") as house:
        yield house


def listens(pid: int) -> bool:
    return any(connection.status == psutil.CONN_LISTEN for connection in psutil.Process(pid).net_connections("tcp"))


async def until(true: Callable[[], object], seconds: float = 30.0) -> None:
    end = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < end, "it did not come about"
        await asyncio.sleep(0.02)


async def test_one_that_waits_for_something_does_not_listen_beside_one_that_serves(replicated: House) -> None:
    await asyncio.to_thread(replicated.stop_service, "nats")
    scaling = asyncio.create_task(asyncio.to_thread(replicated.scale, {ENTERPRISE: 2}))
    second = f"{ENTERPRISE}-2"
    await until(lambda: second in replicated._programs)
    waiting = replicated._programs[second]
    await until(lambda: str(getattr(waiting, "waits_for", "")).startswith("waits for bus"))
    assert waiting.identity is not None
    assert (listens(replicated.pid(ENTERPRISE)), listens(waiting.identity.pid)) == (True, False)
    await asyncio.to_thread(replicated.start_service, "nats")
    await scaling
    assert [listens(pid) for pid in replicated.processes(ENTERPRISE)] == [True, True]
    await asyncio.to_thread(replicated.scale, {ENTERPRISE: 1})


async def test_a_process_that_is_to_end_listens_no_more_and_answers_what_it_has_begun_to_read(
    replicated: House,
) -> None:
    token = replicated.issuer.mint("integrator", "*", subject="tests", ttl=timedelta(minutes=5))
    body = orjson.dumps({"nik": nik(27_001), "name": "Siti Rahayu", "village": KENANGA})
    ending = replicated.pid(REGISTRY)
    connection = http.client.HTTPConnection(replicated.addresses[REGISTRY].removeprefix("http://"), timeout=20)
    connection.putrequest("POST", "/workers")
    for name, value in {
        "Authorization": f"Bearer {token}",
        "Content-Type": "application/json",
        "Content-Length": str(len(body)),
        "Idempotency-Key": "half-sent",
        "Expect": "100-continue",
    }.items():
        connection.putheader(name, value)
    connection.endheaders()
    assert connection.sock.recv(1000).startswith(b"HTTP/1.1 100")  # it is being read
    connection.send(body[:10])
    os.kill(ending, signal.SIGTERM)
    await until(lambda: not listens(ending))
    connection.send(body[10:])
    answer = connection.getresponse()
    assert (answer.status, answer.getheader("Connection")) == (201, "close")
    connection.close()
    await until(lambda: replicated.processes(REGISTRY) not in ([], [ending]))
    await until(replicated._programs[REGISTRY].ready)
