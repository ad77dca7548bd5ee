"""The house with stand-ins for the services: how it starts, looks after and ends what it is given."""

import asyncio
import http.client
import json
import os
import signal
import socket
import stat
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date
from pathlib import Path
from typing import Any

import psutil
import pytest

from deploy import SERVICES, databases
from deploy.house import House, HouseFailed, addresses_in
from deploy.program import Identity, Program
from deploy.service import ServiceProcess, module_of

STAND_IN = Path(__file__).with_name("stand_in.py")


@pytest.fixture(autouse=True)
def stand_ins(monkeypatch: pytest.MonkeyPatch) -> None:
    stand_in(monkeypatch.setattr)


def stand_in(patch: Callable[[object, str, object], object]) -> None:
    """The services' own code, and their schemas, are shown by the stories."""
    patch(ServiceProcess, "command", lambda self: [sys.executable, STAND_IN, self.name, module_of(self.service)])

    def empty(url: str, password: Callable[[str], str], *, alone: bool) -> None:
        asyncio.run(databases.make(url, password, services=("registry",), alone=alone))

    patch(databases, "prepare", empty)


class Heard(list[str]):
    def has(self, words: str) -> bool:
        return any(words in sentence for sentence in self)


@contextmanager
def house(data: Path, *, today: date | None = None) -> Iterator[tuple[House, Heard]]:
    heard = Heard()
    with House(data, today=today, say=heard.append) as standing:
        yield standing, heard


def ask(address: str) -> dict[str, Any]:
    connection = http.client.HTTPConnection(address.removeprefix("http://"), timeout=2)
    connection.request("GET", "/health/ready")
    with connection.getresponse() as answer:
        told = dict(json.load(answer))
    connection.close()
    return told


def remembered(data: Path) -> dict[str, Identity]:
    processes = json.loads((data / "house.json").read_text())["processes"]
    return {name: Identity(**identity) for name, identity in processes.items()}


def until(true: Callable[[], object], seconds: float = 20.0) -> None:
    end = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < end, "it did not come about"
        time.sleep(0.02)


def until_another_than(before: Identity, data: Path, name: str) -> None:
    until(lambda: remembered(data).get(name, before) != before)


def answers(address: str) -> bool:
    try:
        return bool(ask(address))
    except OSError:
        return False


def test_a_house_from_start_to_end_and_on_with_its_data(tmp_path: Path) -> None:
    data = tmp_path / "a folder with blanks"
    with house(data, today=date(2026, 1, 31)) as (first, _):
        addresses = dict(first.addresses)
        assert addresses == addresses_in(data)
        assert set(addresses) == set(SERVICES)
        told = ask(addresses["enterprise"])["told"]
        assert told["DESMIGRATIF_TODAY"] == "2026-01-31"
        assert json.loads(told["DESMIGRATIF_PEERS"]) == addresses
        assert Path(told["DESMIGRATIF_JWKS"]).exists()
        assert Path(told["DESMIGRATIF_SERVICE_TOKEN_FILE"]).read_text().count(".") == 2
        secrets = told["DESMIGRATIF_MASTER_KEY"], told["DESMIGRATIF_LOG_SECRET"]
        assert [len(bytes.fromhex(secret)) for secret in secrets] == [32, 32]
        running = remembered(data)
        assert set(running) == {*SERVICES, "postgres", "nats"}
        with pytest.raises(HouseFailed, match="already stands"), house(data):
            pass

    assert [identity.process() for identity in running.values()] == [None] * 7
    assert remembered(data) == {}
    assert "ended gently" in (data / "logs" / "enterprise.log").read_text()
    assert "database system is shut down" in (data / "logs" / "postgres.log").read_text()
    with pytest.raises(HouseFailed, match="nothing runs"):
        addresses_in(data)
    for path in (data / "secrets").iterdir():
        assert stat.S_IMODE(path.stat().st_mode) == 0o600

    with house(data) as (second, heard):
        told = ask(second.addresses["enterprise"])["told"]
        assert "DESMIGRATIF_TODAY" not in told
        assert (told["DESMIGRATIF_MASTER_KEY"], told["DESMIGRATIF_LOG_SECRET"]) == secrets
        assert second.addresses == addresses
        assert not heard.has("were taken")


def test_nothing_runs_where_there_never_was_a_house(tmp_path: Path) -> None:
    with pytest.raises(HouseFailed, match="nothing runs"):
        addresses_in(tmp_path)


def test_a_taken_port_is_avoided_and_said(tmp_path: Path) -> None:
    with house(tmp_path) as (first, _):
        wanted = int(first.addresses["registry"].rpartition(":")[2])
    with socket.create_server(("127.0.0.1", wanted)), house(tmp_path) as (second, heard):
        assert second.addresses["registry"] != first.addresses["registry"]
        assert second.addresses["enterprise"] == first.addresses["enterprise"]
        assert heard.has(f"registry {wanted} → ")


def test_whatever_dies_is_started_again(tmp_path: Path) -> None:
    with house(tmp_path) as (standing, heard):
        for name in ("registry", "nats", "postgres"):
            before = remembered(tmp_path)[name]
            standing.kill(name)
            until_another_than(before, tmp_path, name)
            until(standing._programs[name].ready)
            assert heard.has(f"{name} ended (SIGKILL) and is started again")
        before = remembered(tmp_path)["registry"]
        os.kill(before.pid, signal.SIGTERM)  # ending of its own will is no reason to stay away
        until_another_than(before, tmp_path, "registry")
        until(lambda: answers(standing.addresses["registry"]))
        assert heard.has("registry ended (exit 0) and is started again")


def test_one_that_was_stopped_stays_stopped_until_it_is_started(tmp_path: Path) -> None:
    with house(tmp_path) as (standing, heard):
        for name in ("enterprise", "nats", "postgres"):
            standing.stop_service(name)
            assert not standing._programs[name].running
        time.sleep(0.3)  # several rounds of the watcher
        assert not answers(standing.addresses["enterprise"])
        assert answers(standing.addresses["registry"])
        for name in ("postgres", "nats", "enterprise"):
            standing.start_service(name)
        assert answers(standing.addresses["enterprise"])
        assert not heard.has("started again")


def test_one_that_cannot_start_ends_the_start_with_its_reason_and_leaves_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("STAND_IN_FAILS", "parenting")
    with (
        pytest.raises(HouseFailed, match=r"parenting ends at its start \(exit 1\): it cannot start today"),
        house(tmp_path),
    ):
        pass
    assert remembered(tmp_path) == {}
    mine = [process for process in psutil.Process().children(recursive=True) if str(tmp_path) in process.cmdline()]
    assert mine == []


def test_a_killed_house_leaves_no_service_and_the_next_one_goes_on(tmp_path: Path) -> None:
    killed = house_that_stays(tmp_path)
    assert killed.stdout is not None
    assert killed.stdout.readline() == b"stands\n"
    left = remembered(tmp_path)
    killed.kill()
    killed.communicate()
    until(lambda: not any(left[name].process() for name in SERVICES))
    assert left["postgres"].process()
    assert left["nats"].process()
    with house(tmp_path) as (standing, heard):
        assert heard.has("postgres of an earlier start is ended first")
        assert heard.has("nats of an earlier start is ended first")
        assert not left["postgres"].process()
        assert not left["nats"].process()
        assert all(map(answers, standing.addresses.values()))
    assert (tmp_path / "logs" / "postgres.log").read_text().count("database system is shut down") == 2


def test_ctrl_c_ends_all_in_order(tmp_path: Path) -> None:
    """As a terminal does it: to the whole process group, and a second time by an impatient hand."""
    process = house_that_stays(tmp_path)
    assert process.stdout is not None
    assert process.stdout.readline() == b"stands\n"
    running = remembered(tmp_path)
    os.killpg(process.pid, signal.SIGINT)
    time.sleep(0.05)
    os.killpg(process.pid, signal.SIGINT)
    process.communicate(timeout=30)
    assert [identity.process() for identity in running.values()] == [None] * 7
    assert "database system is shut down" in (tmp_path / "logs" / "postgres.log").read_text()


_HOUSE_THAT_STAYS = """
import sys
from pathlib import Path
from deploy.house import House
from tests.deploy.test_house import stand_in
stand_in(setattr)
with House(Path(sys.argv[1]), say=lambda _: None) as house:
    print("stands", flush=True)
    house.watch()
"""


def house_that_stays(data: Path) -> "subprocess.Popen[bytes]":
    return subprocess.Popen(
        [sys.executable, "-c", _HOUSE_THAT_STAYS, str(data)],
        cwd=Path(__file__).parents[2],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )


def test_a_long_log_is_begun_anew(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    class Echo(Program):
        def command(self) -> list[str]:
            return ["/bin/echo", "a new line"]

        def ready(self) -> bool:
            return not self.running

    monkeypatch.setattr("deploy.program._LOG_LIMIT_BYTES", 10)
    log = tmp_path / "echo.log"
    log.write_text("more than ten bytes")
    Echo("echo", log).start()
    assert (log.read_text(), (tmp_path / "echo.log.1").read_text()) == ("a new line\n", "more than ten bytes")
