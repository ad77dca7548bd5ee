"""What a NATS of the house lets whom do, tried as each of the users on a real one."""

import asyncio
import json
import os
import secrets
import stat
import subprocess
import time
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from pathlib import Path

import nats
import pytest
from nats.aio.client import Client
from nats.aio.msg import Msg
from nats.js.errors import APIError, NotFoundError

from deploy import SERVICES, ports
from deploy import nats as deployed
from deploy.nats import HEARD, OPERATOR, USERS, Bus, inbox_of, operator_of, stream_of, variable_of
from deploy.program import HouseFailed
from shared.bus import Bus as Connection
from shared.bus import known
from tests.architecture.names import service as composed
from tests.servers import a_nats
from tests.shared.street import until

COMMITTED = Path(deployed.__file__).with_name("nats.conf")
API = "$JS.API"

Refused = asyncio.Queue[str]
Url = Callable[[str], str]

each_service = pytest.mark.parametrize("service", SERVICES)


@pytest.fixture(scope="module")
def bus(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bus]:
    bus = Bus(tmp_path_factory.mktemp("a folder with blanks") / "nats")
    bus.start()
    yield bus
    bus.stop()


@pytest.fixture(scope="module")
def committed(tmp_path_factory: pytest.TempPathFactory, in_container: bool) -> Iterator[Url]:
    """A server on the committed configuration: a container, or with only its ports and files this machine's."""
    if in_container:
        with a_nats(tmp_path_factory.mktemp("container"), in_container=True) as contained:
            yield contained.url
        return
    passwords = {user: secrets.token_hex(32) for user in USERS}
    environment = {**os.environ, **{variable_of(user): password for user, password in passwords.items()}}
    folder = tmp_path_factory.mktemp("container")
    port, health = ports.claim(deployed.PREFERRED_PORT), ports.claim(deployed.PREFERRED_PORT)
    listen = ["-a", "127.0.0.1", "-p", str(port.number), "-m", str(health.number)]
    (folder / "nats.conf").write_text(COMMITTED.read_text().replace('"/data"', json.dumps(str(folder / "store"))))
    with (folder / "log").open("w") as log:
        server = subprocess.Popen([deployed.binary(), "-c", folder / "nats.conf", *listen], env=environment, stderr=log)
    until = time.monotonic() + 20
    while "Server is ready" not in (said := (folder / "log").read_text()):
        assert server.poll() is None, said
        assert time.monotonic() < until, said
        time.sleep(0.02)
    yield (
        lambda user: (
            f"nats://{user}:{passwords[OPERATOR if user.startswith(OPERATOR) else user]}@127.0.0.1:{port.number}"
        )
    )
    server.terminate()
    server.wait(20)
    port.release()
    health.release()


@pytest.fixture(params=["embedded", "committed"])
def url(request: pytest.FixtureRequest) -> Url:
    """Where a user enters: what is true of one server is true of the other."""
    if request.param == "embedded":
        embedded: Bus = request.getfixturevalue("bus")
        return embedded.url
    there: Url = request.getfixturevalue("committed")
    return there


@asynccontextmanager
async def _client(url: str, user: str) -> AsyncIterator[tuple[Client, Refused]]:
    refused = Refused()

    async def note(error: Exception) -> None:
        refused.put_nowait(str(error).lower())

    connection = await nats.connect(url, inbox_prefix=inbox_of(user).encode(), error_cb=note, allow_reconnect=False)
    try:
        yield connection, refused
    finally:
        await connection.close()


def client(url: Url, user: str) -> AbstractAsyncContextManager[tuple[Client, Refused]]:
    """A connection as *user*, and what the server refused it."""
    return _client(url(user), user)


async def has_its_stream(url: Url, service: str) -> None:
    """As the service itself makes it."""
    connection = Connection(service, HEARD[service], url(service))
    await connection.connect()
    await connection.open_stream()
    await connection.close()


# What each may do


def test_whom_a_service_hears_is_what_it_declares() -> None:
    assert {name: set(HEARD[name]) for name in SERVICES} == {name: set(composed(name).hears) for name in SERVICES}


@each_service
async def test_a_service_does_its_part(url: Url, service: str) -> None:
    """Its words with their acknowledgements, its head, its own stream's state; its other processes; whom it hears."""
    word = f"desmigratif.{service}.Said.v1.33.07"
    for source in HEARD[service]:
        await has_its_stream(url, source)
    async with client(url, service) as (mine, refused), client(url, service) as (replica, refused_too):
        jetstream = mine.jetstream(timeout=2)
        await has_its_stream(url, service)
        acknowledged = await jetstream.publish(word, b"a word")
        assert (await jetstream.stream_info(stream_of(service))).state.last_seq == acknowledged.seq
        assert (await jetstream.get_last_msg(stream_of(service), word)).data == b"a word"
        assert (await jetstream.get_msg(stream_of(service), acknowledged.seq)).data == b"a word"
        await mine.publish(f"head.{service}", b"{}")

        appended = await replica.subscribe(f"appended.{service}")
        await known(replica)
        await mine.publish(f"appended.{service}")
        await appended.next_msg(timeout=2)

        for source in HEARD[service]:
            words, heads = await mine.subscribe(f"desmigratif.{source}.>"), await mine.subscribe(f"head.{source}")
            await known(mine)
            async with client(url, source) as (theirs, refused_them):
                await theirs.jetstream().publish(f"desmigratif.{source}.Said.v1.33.07", b"their word")
                await theirs.publish(f"head.{source}", b"7")
                assert (await words.next_msg(timeout=2)).data == b"their word"
                assert (await heads.next_msg(timeout=2)).data == b"7"
                assert refused_them.empty()
        assert refused.empty()
        assert refused_too.empty()


@each_service
async def test_an_operator_may_do_everything_in_one_services_account(url: Url, service: str) -> None:
    async with client(url, operator_of(service)) as (operator, refused):
        everything = operator.jetstream(timeout=2)
        await everything.add_stream(name="REHEARSAL", subjects=["rehearsal"])
        await everything.publish("rehearsal", b"1")
        assert await everything.delete_msg("REHEARSAL", 1)
        await everything.delete_stream("REHEARSAL")
        assert refused.empty()


# What nobody may


def speaking_for(other: str) -> list[str]:
    return [f"desmigratif.{other}.Said.v1.33.07", f"head.{other}", f"appended.{other}", f"{inbox_of(other)}.abc"]


def touching(stream: str) -> list[str]:
    """What would change a stream, or let the server speak for whoever asks."""
    verbs = ("UPDATE", "DELETE", "PURGE", "MSG.DELETE", "SNAPSHOT", "RESTORE")
    return [
        *(f"{API}.STREAM.{verb}.{stream}" for verb in verbs),
        f"{API}.CONSUMER.CREATE.{stream}",
        f"{API}.CONSUMER.CREATE.{stream}.name.desmigratif.>",
        f"{API}.CONSUMER.DURABLE.CREATE.{stream}.name",
        f"{API}.CONSUMER.MSG.NEXT.{stream}.name",
        f"{API}.CONSUMER.DELETE.{stream}.name",
        f"{API}.DIRECT.GET.{stream}",
    ]


def reading(stream: str) -> list[str]:
    return [f"{API}.STREAM.{verb}.{stream}" for verb in ("CREATE", "INFO", "MSG.GET")]


@each_service
async def test_it_neither_speaks_for_another_nor_changes_a_stream_not_even_its_own(url: Url, service: str) -> None:
    others = [other for other in SERVICES if other != service]
    forbidden = [
        *(subject for other in others for subject in speaking_for(other)),
        *(subject for stream in map(stream_of, SERVICES) for subject in touching(stream)),
        *(subject for stream in (*map(stream_of, others), "ANOTHER") for subject in reading(stream)),
        *(f"{API}.{verb}" for verb in ("INFO", "STREAM.NAMES", "STREAM.LIST", "ACCOUNT.PURGE.X")),
        "$SYS.REQ.SERVER.PING",
        f"$JS.ACK.{stream_of(service)}.name.1.1.1.1.1",
        "desmigratif",
        "anything",
    ]
    async with client(url, service) as (mine, refused):
        for subject in forbidden:
            await mine.publish(subject, b"{}")
            said = await asyncio.wait_for(refused.get(), timeout=2)
            assert f'permissions violation for publish to "{subject.lower()}"' in said


@each_service
async def test_it_listens_only_to_whom_it_hears_and_to_no_inbox_but_its_own(url: Url, service: str) -> None:
    unheard = [other for other in SERVICES if other not in (service, *HEARD[service])]
    forbidden = [
        *(subject for other in unheard for subject in (f"desmigratif.{other}.>", f"head.{other}")),
        *(f"appended.{other}" for other in SERVICES if other != service),
        *(f"{inbox_of(other)}.>" for other in (*SERVICES, operator_of(service)) if other != service),
        *("_INBOX.>", "desmigratif.>", "head.*", "appended.*", "$JS.>", "$SYS.>", ">", "*"),
    ]
    async with client(url, service) as (mine, refused):
        for subject in forbidden:
            await mine.subscribe(subject)
            said = await asyncio.wait_for(refused.get(), timeout=2)
            assert f'permissions violation for subscription to "{subject.lower()}"' in said


@each_service
async def test_what_a_service_said_stays_whoever_asks_to_have_it_away(url: Url, service: str) -> None:
    """An operator may delete the stream as a whole, which the relay fills again; nobody takes from it or empties it."""
    await has_its_stream(url, service)
    async with client(url, service) as (mine, _):
        sequence = (await mine.jetstream().publish(f"desmigratif.{service}.Said.v1.33.07", b"said")).seq
    async with client(url, operator_of(service)) as (operator, refused):
        jetstream = operator.jetstream(timeout=2)
        with pytest.raises(APIError, match="message delete not permitted"):
            await jetstream.delete_msg(stream_of(service), sequence)
        with pytest.raises(APIError, match="stream purge not permitted"):
            await jetstream.purge_stream(stream_of(service))
        config = (await jetstream.stream_info(stream_of(service))).config
        for permission in ("deny_delete", "deny_purge"):
            with pytest.raises(APIError, match="can not cancel deny"):
                await jetstream.update_stream(config.evolve(**{permission: False}))
        assert (await jetstream.get_msg(stream_of(service), sequence)).data == b"said"
        assert refused.empty()


# Speaking for another by way of the server: whoever may make a stream or a consumer tells the server where to send


@asynccontextmanager
async def the_registry_is_heard(url: Url) -> AsyncIterator[Client]:
    """Fails if, by the end, anybody heard or stored under the registry's subjects what the registry did not say."""
    await has_its_stream(url, "registry")
    heard = asyncio.Queue[tuple[str, bytes]]()

    async def note(message: Msg) -> None:
        heard.put_nowait((message.subject, message.data))

    async with client(url, "parenting") as (parenting, _), client(url, "registry") as (registry, _):
        before = (await registry.jetstream().stream_info(stream_of("registry"))).state.last_seq
        for subject in ("desmigratif.registry.>", "head.registry"):
            await parenting.subscribe(subject, cb=note)
        await known(parenting)
        yield registry
        said = ("desmigratif.registry.Said.v1.33.07", b"said by the registry")
        acknowledged = await registry.jetstream().publish(*said)
        assert await asyncio.wait_for(heard.get(), timeout=2) == said
        assert acknowledged.seq == before + 1
        await known(parenting)
        assert heard.empty()


async def test_a_stream_made_to_repeat_its_words_under_anothers_subjects_reaches_nobody(url: Url) -> None:
    """A user that may make its stream chooses what it repeats where, and which subjects it keeps."""
    name = stream_of("enterprise")
    async with client(url, operator_of("enterprise")) as (operator, _):
        try:
            await operator.jetstream().delete_stream(name)
        except NotFoundError:
            assert name  # no test made it yet
    asked = {
        "name": name,
        "subjects": ["desmigratif.enterprise.>", f"{inbox_of('registry')}.>"],
        "storage": "file",
        "retention": "limits",
        "discard": "old",
        "num_replicas": 1,
        "republish": {"src": "desmigratif.enterprise.>", "dest": "desmigratif.registry.>"},
    }
    async with the_registry_is_heard(url) as registry, client(url, "enterprise") as (enterprise, refused):

        async def made() -> bool:
            answer = await enterprise.request(f"{API}.STREAM.CREATE.{name}", json.dumps(asked).encode(), timeout=2)
            return "error" not in json.loads(answer.data)

        await until(made, why="the files of the former stream stay")
        before = (await enterprise.jetstream(timeout=2).stream_info(name)).state.messages
        await enterprise.jetstream(timeout=2).publish("desmigratif.enterprise.Said.v1.33.07", b"forged")
        await registry.jetstream().stream_info(stream_of("registry"))
        # Nor does it get to see what the registry is answered.
        assert (await enterprise.jetstream(timeout=2).stream_info(name)).state.messages == before + 1
        assert refused.empty()
    async with client(url, operator_of("enterprise")) as (operator, _):
        await operator.jetstream().delete_stream(name)


async def test_a_consumer_made_to_deliver_to_anothers_subjects_is_refused(url: Url) -> None:
    await has_its_stream(url, "enterprise")
    for stream in (stream_of("enterprise"), stream_of("migration_service")):
        asked = {"stream_name": stream, "config": {"deliver_subject": "desmigratif.registry.Said.v1.33.07"}}
        async with the_registry_is_heard(url), client(url, "enterprise") as (enterprise, refused):
            await enterprise.publish(f"{API}.CONSUMER.CREATE.{stream}", json.dumps(asked).encode())
            assert "permissions violation for publish" in await asyncio.wait_for(refused.get(), timeout=2)


async def test_not_even_who_may_do_everything_in_one_account_speaks_in_another(url: Url) -> None:
    async with the_registry_is_heard(url), client(url, operator_of("enterprise")) as (operator, refused):
        for subject in ("desmigratif.registry.Said.v1.33.07", "head.registry", "appended.registry"):
            await operator.publish(subject, b"forged")
        await known(operator)
        with pytest.raises(NotFoundError):
            await operator.jetstream(timeout=2).delete_stream(stream_of("registry"))
        assert refused.empty()


# The configuration for containers


def test_the_committed_configuration_is_what_the_code_writes() -> None:
    assert COMMITTED.read_text() == deployed.configuration_for_containers()


def test_the_committed_configuration_holds_no_password() -> None:
    lines = [line.strip() for line in COMMITTED.read_text().splitlines() if '"password"' in line]
    assert set(lines) == {f'"password": ${variable_of(user)}{end}' for user in USERS for end in ("", ",")} & set(lines)
    assert {line.rstrip(",").rpartition("$")[2] for line in lines} == {variable_of(user) for user in USERS}


@pytest.mark.parametrize("password", ["0" * 64, "12345678", "1e5", "5ms", "10gb", "true", "a b,}#;", "2026-01-01"])
def test_a_password_that_looks_like_something_else_is_written_in_quotation_marks(password: str) -> None:
    environment = {**os.environ, **{variable_of(user): f'"{password}"' for user in USERS}}
    checked = subprocess.run(
        [deployed.binary(), "-t", "-c", COMMITTED], env=environment, capture_output=True, text=True, check=False
    )
    assert checked.returncode == 0, checked.stderr


# Running it


async def test_nobody_enters_without_a_password(bus: Bus) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", bus.port)
    await reader.readline()
    writer.write(b"CONNECT {}\r\nPING\r\n")
    assert await reader.read() == b"-ERR 'Authorization Violation'\r\n"
    writer.close()
    await writer.wait_closed()


def test_the_configuration_with_its_passwords_is_its_owners_alone(bus: Bus) -> None:
    assert stat.S_IMODE((bus.path / "nats.conf").stat().st_mode) == 0o600


async def test_words_outlive_a_kill(tmp_path: Path) -> None:
    bus = Bus(tmp_path / "nats")
    await asyncio.to_thread(bus.start)
    try:
        async with client(bus.url, operator_of("registry")) as (operator, _):
            await operator.jetstream().add_stream(name="KEPT", subjects=["kept"])
            await operator.jetstream().publish("kept", b"1")
        port = bus.port
        await asyncio.to_thread(bus.kill)
        await asyncio.to_thread(bus.start)
        assert bus.port == port
        assert (bus.store / "jetstream").is_dir()
        async with client(bus.url, operator_of("registry")) as (operator, _):
            assert (await operator.jetstream().stream_info("KEPT")).state.messages == 1
    finally:
        await asyncio.to_thread(bus.stop)


def test_one_left_by_an_earlier_house_is_ended_first(tmp_path: Path) -> None:
    earlier, later = Bus(tmp_path / "nats"), Bus(tmp_path / "nats")
    earlier.start()
    left = earlier.identity
    try:
        later.start()
        assert left is not None
        assert left.process() is None
        assert not earlier.running
    finally:
        later.stop()
        earlier.stop()


def test_one_that_cannot_start_says_why(tmp_path: Path) -> None:
    (tmp_path / "nats").mkdir()
    (tmp_path / "nats" / "store").write_text("a file where JetStream's folder should be")
    bus = Bus(tmp_path / "nats")
    with pytest.raises(HouseFailed, match="nats ended at its start"):
        bus.start()
