"""The house with stand-ins for the services: how it starts, looks after and ends what it is given."""

import asyncio
import contextlib
import http.client
import json
import os
import signal
import socket
import stat
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import date
from pathlib import Path
from typing import Any

import psutil
import pytest

from deploy import SERVICES, databases
from deploy.errands import Errand, ask
from deploy.house import House, HouseFailed, addresses_in
from deploy.program import Identity, Program
from deploy.service import ServiceProcess, told_to_run

REHEARSED = "enterprise.training_roster:7d44b1de-5b0e-7c3a-8f6b-0d6c8a5b9f01"
STAND_IN = Path(__file__).with_name("stand_in.py")


@pytest.fixture(autouse=True)
def stand_ins(monkeypatch: pytest.MonkeyPatch) -> None:
    stand_in(monkeypatch.setattr)


def stand_in(patch: Callable[[object, str, object], object]) -> None:
    """The services' own code, and their schemas, are shown by the stories."""
    patch(ServiceProcess, "command", lambda self: [sys.executable, STAND_IN, self.name, *told_to_run(self.service)])

    def empty(url: str, password: Callable[[str], str], *, alone: bool) -> None:
        asyncio.run(databases.make(url, password, services=("registry",), alone=alone))

    patch(databases, "prepare", empty)


class Heard(list[str]):
    def has(self, words: str) -> bool:
        return any(words in sentence for sentence in self)


@contextmanager
def house(
    data: Path, *, today: date | None = None, replicas: Mapping[str, int] | None = None
) -> Iterator[tuple[House, Heard]]:
    heard = Heard()
    with House(data, today=today, say=heard.append, replicas=replicas) as standing:
        yield standing, heard


def told_by(address: str) -> dict[str, Any]:
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
        return bool(told_by(address))
    except OSError:
        return False


def test_a_house_from_start_to_end_and_on_with_its_data(tmp_path: Path) -> None:
    data = tmp_path / "a folder with blanks"
    with house(data, today=date(2026, 1, 31)) as (first, _):
        addresses = dict(first.addresses)
        assert addresses == addresses_in(data)
        assert set(addresses) == set(SERVICES)
        told = told_by(addresses["enterprise"])["told"]
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
        told = told_by(second.addresses["enterprise"])["told"]
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


def answering(address: str) -> set[int]:
    """Who takes one of many connections. A replica that listens is missed once in 2**60."""
    return {told_by(address)["pid"] for _ in range(60)}


def test_a_service_has_as_many_processes_at_one_port_as_are_asked_for_and_keeps_the_number(tmp_path: Path) -> None:
    with house(tmp_path, replicas={"enterprise": 2}) as (standing, _):
        enterprise = standing.addresses["enterprise"]
        assert set(remembered(tmp_path)) == {*SERVICES, "enterprise-2", "postgres", "nats"}
        assert answering(enterprise) == set(standing.processes("enterprise"))
        first = standing.pid("enterprise")

        ask(tmp_path, Errand("scale", {"enterprise": 3, "registry": 2}))
        assert standing.replicas == dict.fromkeys(SERVICES, 1) | {"enterprise": 3, "registry": 2}
        assert len(answering(enterprise)) == 3
        assert answering(enterprise) == set(standing.processes("enterprise"))

        killed = standing.pid("enterprise", 3)
        before = remembered(tmp_path)["enterprise-3"]
        standing.kill("enterprise", 3)
        until_another_than(before, tmp_path, "enterprise-3")
        until(standing._programs["enterprise-3"].ready)
        assert killed not in answering(enterprise)
        assert answering(enterprise) == set(standing.processes("enterprise"))

        os.kill(standing.pid("enterprise", 3), signal.SIGSTOP)  # it is asked to end, and must hear that
        standing.scale({"enterprise": 2})
        assert answering(enterprise) == set(standing.processes("enterprise"))
        assert standing.pid("enterprise") == first
        assert (tmp_path / "logs" / "enterprise-3.log").read_text().count("ended gently") == 1
        paused = standing.pid("enterprise", 2)
        os.kill(paused, signal.SIGSTOP)

    with house(tmp_path, replicas={"registry": 1}) as (second, _):
        assert second.replicas == dict.fromkeys(SERVICES, 1) | {"enterprise": 2}
        assert len(answering(enterprise)) == 2
        assert paused not in second.processes("enterprise")


@pytest.mark.parametrize("replicas", [1, 2])
def test_a_rolling_restart_replaces_every_process_while_somebody_serves_at_every_moment(
    tmp_path: Path, replicas: int
) -> None:
    with house(tmp_path, replicas={"enterprise": replicas}) as (standing, heard):
        before = standing.processes("enterprise")
        restarting = threading.Thread(target=ask, args=(tmp_path, Errand("restart", {"enterprise": 1})))
        restarting.start()
        answered = set()
        while restarting.is_alive():
            # Cut off is he whom the old one had not taken yet when it ended; refused is nobody.
            with contextlib.suppress(ConnectionResetError):
                answered.add(told_by(standing.addresses["enterprise"])["pid"])
        restarting.join()
        assert set(before).isdisjoint(standing.processes("enterprise"))
        assert set(before) < answered
        assert answering(standing.addresses["enterprise"]) == set(standing.processes("enterprise"))
        assert set(remembered(tmp_path)) == {*standing._places("enterprise"), *SERVICES, "postgres", "nats"}
        assert not heard.has("started again")


def test_what_cannot_be_done_is_answered_with_the_reason_and_changes_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with house(tmp_path) as (standing, _):
        before = standing.processes("enterprise")
        monkeypatch.setenv("STAND_IN_FAILS", "enterprise-2")
        with pytest.raises(HouseFailed, match=r"enterprise-2 ends at its start \(exit 1\): it cannot start today"):
            ask(tmp_path, Errand("scale", {"registry": 2, "enterprise": 3}))
        monkeypatch.setenv("STAND_IN_FAILS", "enterprise")
        with pytest.raises(HouseFailed, match="it cannot start today"):
            ask(tmp_path, Errand("restart", {"enterprise": 1}))
        for errand, why in (
            (Errand("scale", {"enterprise": 0}), "enterprise can have 1 to 20 processes, not 0"),
            (Errand("scale", {"enterprise": 21}), "not 21"),
            (Errand("stop", {"pension": 1}), "no service 'pension'"),
            (Errand("restart", {"nats": 1}), "no service 'nats'"),
        ):
            with pytest.raises(HouseFailed, match=why):
                ask(tmp_path, errand)
        assert set(remembered(tmp_path)) == {*SERVICES, "postgres", "nats"}
        assert standing.processes("enterprise") == before
        assert answering(standing.addresses["enterprise"]) == set(before)

        ask(tmp_path, Errand("stop", {"enterprise": 1}))
        assert not answers(standing.addresses["enterprise"])
        with pytest.raises(HouseFailed, match="enterprise is stopped"):
            ask(tmp_path, Errand("scale", {"enterprise": 2}))
        monkeypatch.delenv("STAND_IN_FAILS")
        ask(tmp_path, Errand("start", {"enterprise": 1}))
        assert answers(standing.addresses["enterprise"])
    with pytest.raises(HouseFailed, match="nothing runs"):
        ask(tmp_path, Errand("start", {"enterprise": 1}))


def test_a_house_that_ends_answers_who_still_waits(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    why: list[str] = []

    def scale() -> None:
        try:
            ask(tmp_path, Errand("scale", {"enterprise": 2}))
        except HouseFailed as failed:
            why.append(str(failed))

    with house(tmp_path) as (standing, heard):
        monkeypatch.setattr(ServiceProcess, "ready", lambda _: False)
        asking = threading.Thread(target=scale)
        asking.start()
        until(lambda: heard.has("Asked: scale enterprise=2"))
        until(lambda: standing._programs.get("enterprise-2"))
    asking.join(10)
    assert len(why) == 1
    assert "is being ended" in why[0] or "nothing runs" in why[0]
    assert set(remembered(tmp_path)) == set()


def test_what_is_rehearsed_and_where_traces_go_is_told_to_the_services_and_nothing_else_of_the_caller_s(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DESMIGRATIF_FAULT", REHEARSED)
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", "http://127.0.0.1:4318")
    monkeypatch.setenv("DESMIGRATIF_DATABASE_URL", "postgresql://another")
    with house(tmp_path) as (standing, _):
        told = told_by(standing.addresses["enterprise"])["told"]
    assert told["DESMIGRATIF_FAULT"] == REHEARSED
    assert told["OTEL_EXPORTER_OTLP_ENDPOINT"] == "http://127.0.0.1:4318"
    assert told["DESMIGRATIF_DATABASE_URL"].startswith("postgresql://enterprise:")


@pytest.mark.parametrize(
    ("fault", "why"),
    [
        ("enterprise.roster:*", "enterprise has no hearer 'roster'; it has training_roster, courses · "),
        ("enterprise.reactions:*", "enterprise has no hearer 'reactions'"),
        ("pension.reactions:*", "there is no service 'pension'; there are registry, .* · .* 'pension' tidak ada"),
        ("enterprise.training_roster:Siti", "'enterprise.training_roster:Siti' is not SERVICE.HEARER:ID, .* bukan"),
        (f"{REHEARSED},enterprise", "'enterprise' is not SERVICE.HEARER:ID"),
    ],
)
def test_what_is_to_be_rehearsed_and_is_not_there_is_told_in_a_sentence_before_anything_starts(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, fault: str, why: str
) -> None:
    monkeypatch.setenv("DESMIGRATIF_FAULT", fault)
    data = tmp_path / "data"
    with pytest.raises(HouseFailed, match=f"DESMIGRATIF_FAULT: {why}"), house(data):
        pass
    assert not data.exists()


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
    assert [process for process in psutil.Process().children(recursive=True) if runs_in(process, tmp_path)] == []


def runs_in(process: psutil.Process, data: Path) -> bool:
    """Whether it lives, and was told of *data*."""
    try:
        return str(data) in process.cmdline()
    except (psutil.NoSuchProcess, psutil.ZombieProcess):
        return False  # it ended meanwhile: one that some other test has left to be reaped


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
            return True

    monkeypatch.setattr("deploy.program._LOG_LIMIT_BYTES", 10)
    log = tmp_path / "echo.log"
    log.write_text("more than ten bytes")
    echo = Echo("echo", log)
    echo.launch()
    while echo.running:
        time.sleep(0.01)
    assert (log.read_text(), (tmp_path / "echo.log.1").read_text()) == ("a new line\n", "more than ten bytes")
