"""Running services of this process: real databases, the real bus, each other's HTTP without a socket."""

import asyncio
import secrets
import uuid
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any, cast
from uuid import UUID

import aiohttp
import asyncpg
import httpx
import nats
from nats.js.client import JetStreamContext
from nats.js.errors import NotFoundError
from pydantic import SecretStr

from deploy import databases
from deploy.issuer import AUDIENCE, ISSUER, Issuer
from deploy.nats import operator_of, stream_of
from shared import ids
from shared.execute import Caller, Done, Request, execute
from shared.http.app import build
from shared.log import identity as identities
from shared.runtime import Runtime, end
from shared.service import Service
from shared.settings import Settings
from tests import promises
from tests.servers import Nats, Postgres
from tests.shared.tiny import DAY, Register

SERVICES = ("registry", "migration_service", "enterprise")
CALLER = Caller("tests", frozenset({"operator", "service"}), "*")


async def until(
    there: Callable[[], Awaitable[Any] | Any], seconds: float = 15.0, *, why: str = "it did not come about"
) -> Any:
    """What *there* answers as soon as it is true."""
    loop = asyncio.get_running_loop()
    deadline = loop.time() + seconds
    while True:
        answer = there()
        if isinstance(answer, Awaitable):
            answer = await answer
        if answer:
            return answer
        if loop.time() > deadline:
            raise AssertionError(why)
        await asyncio.sleep(0.01)


class Databases:
    """Fresh databases of a service, copied from ones that `deploy.databases` made; removed at the end."""

    def __init__(self, cluster: Postgres) -> None:
        self.cluster = cluster
        self._made: list[str] = []

    async def admin(self, *statements: str) -> None:
        connection = await asyncpg.connect(self.cluster.url())
        try:
            for statement in statements:
                await connection.execute(statement)
        finally:
            await connection.close()

    async def copy(self, database: str, service: str, name: str | None = None) -> str:
        """A copy of *database* that *service* may enter; its name."""
        name = name or f"t_{uuid.uuid4().hex[:12]}"
        await self.admin(
            f'CREATE DATABASE "{name}" TEMPLATE "{database}" STRATEGY FILE_COPY OWNER "{databases.owner_of(service)}"',
            f'GRANT CREATE ON DATABASE "{name}" TO "{service}"',
        )
        self._made.append(name)
        return name

    async def log(self, service: str = "registry") -> str:
        """The address of an empty log database, as the service's own role."""
        return self.cluster.url(await self.copy(service, service), service)

    async def keys(self, service: str = "registry") -> str:
        """The same for its keys."""
        return self.cluster.url(await self.copy(databases.keys_of(service), service), service)

    async def put_in_place(self, database: str, by: str) -> None:
        """*by* takes the name of *database*, as an operator does who restores."""
        await self.admin(f'DROP DATABASE "{database}" WITH (FORCE)', f'ALTER DATABASE "{by}" RENAME TO "{database}"')

    async def change_places(self, database: str, by: str) -> None:
        """The same without waiting for a database to go: what was there lies where *by* lay."""
        aside = f"t_{uuid.uuid4().hex[:12]}"
        renamed = ((database, aside), (by, database), (aside, by))
        await self.admin(*(f'ALTER DATABASE "{name}" RENAME TO "{to}"' for name, to in renamed))

    async def drop(self) -> None:
        # At once: each waits for a checkpoint, and they share it.
        await asyncio.gather(*(self.admin(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)') for name in self._made))


class Street:
    """Services that can reach one another; what was started is stopped at the end."""

    def __init__(self, databases_: Databases, bus: Nats, folder: Path) -> None:
        self.databases = databases_
        self.bus = bus
        self.issuer = Issuer(folder)
        self.running: list[Runtime] = []
        self.closed: set[str] = set()
        """Services that nobody reaches over HTTP."""
        self._apps: dict[str, Any] = {}
        self._folder = folder
        self._settings: dict[str, Settings] = {}

    async def settings(self, name: str) -> Settings:
        """What a service of this name is told; its databases are made when first asked for."""
        if name not in self._settings:
            token = self._folder / f"{name}.token"
            token.write_text(self.issuer.mint("service", "*", subject=name, ttl=timedelta(hours=1)))
            self._settings[name] = Settings(
                database_url=SecretStr(await self.databases.log(name)),
                keys_database_url=SecretStr(await self.databases.keys(name)),
                bus_url=SecretStr(self.bus.url(name)),
                port=1,
                peers={peer: f"http://{peer.replace('_', '-')}" for peer in SERVICES},
                jwks=str(self.issuer.jwks),
                issuer=ISSUER,
                audience=AUDIENCE,
                service_token_file=token,
                master_key=SecretStr(secrets.token_hex(32)),
                log_secret=SecretStr(secrets.token_hex(32)),
                today=DAY,
                wait_seconds=1.0,
            )
        return self._settings[name]

    async def prepare(self, service: Service) -> Runtime:
        """A process of *service* that was not started; the newest one is who others reach over HTTP."""
        runtime = Runtime(service, await self.settings(service.name), ids.random())
        await runtime.feeds.close()
        runtime.feeds._session = cast(aiohttp.ClientSession, _Session(self))
        self._apps[service.name.replace("_", "-")] = build(service, runtime)
        self.running.append(runtime)
        return runtime

    async def start(self, service: Service, *, ready: bool = True) -> Runtime:
        """One process of *service*; *ready*: and everything it follows has been opened."""
        runtime = await self.prepare(service)
        await runtime.start()
        if ready:
            await until(lambda: not runtime.readiness, why="not ready")
        return runtime

    async def stop(self, runtime: Runtime) -> None:
        self.running.remove(runtime)
        await runtime.stop()

    async def crash(self, runtime: Runtime) -> None:
        """End a process as SIGKILL would: nothing is finished, no lease is given up."""
        self.running.remove(runtime)
        runtime.stopping = True
        assert not await end(runtime._tasks)
        await runtime.bus.close()
        await runtime.feeds.close()
        runtime.pool.terminate()
        runtime._keys_pool.terminate()
        await runtime.engine.dispose()

    async def close(self) -> None:
        for runtime in list(self.running):
            await self.stop(runtime)

    def client(self, name: str, *roles: str, area: str = "*") -> httpx.AsyncClient:
        """A caller of one service, who holds what the kernel answers against the API pages."""
        headers = {}
        if roles:
            token = self.issuer.mint(list(roles), area, subject="tests", ttl=timedelta(hours=1))
            headers["Authorization"] = f"Bearer {token}"
        host = name.replace("_", "-")

        async def held(answer: httpx.Response) -> None:
            await answer.aread()
            promises.hold_kernel(name, answer)

        return httpx.AsyncClient(
            transport=_Doors(self),
            base_url=f"http://{host}",
            headers=headers,
            timeout=20.0,
            event_hooks={"response": [held]},
        )


class _Session:
    """As much of aiohttp's as a service asks its peers with; requests go through `_Doors`."""

    def __init__(self, street: Street) -> None:
        self._client = httpx.AsyncClient(transport=_Doors(street), timeout=10.0)
        self.close = self._client.aclose

    @asynccontextmanager
    async def get(self, url: str, **asked: Any) -> AsyncIterator["_Answer"]:
        try:
            answer = await self._client.get(url, **asked)
        except httpx.HTTPError as error:
            raise aiohttp.ClientConnectionError from error
        yield _Answer(answer.status_code, answer.content)


@dataclass(frozen=True, slots=True)
class _Answer:
    status: int
    content: bytes

    async def read(self) -> bytes:
        return self.content


class _Doors(httpx.AsyncBaseTransport):
    """Requests go to the application of the service that is named as host."""

    def __init__(self, street: Street) -> None:
        self._street = street

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        name = request.url.host
        app = self._street._apps.get(name)
        if app is None or name.replace("-", "_") in self._street.closed:
            raise httpx.ConnectError("nobody is at home", request=request)
        return await httpx.ASGITransport(app, raise_app_exceptions=False).handle_async_request(request)


async def do(
    runtime: Runtime, command: object, key: str | None = None, *, body: str = "", if_match: int | None = None
) -> Done:
    """Carry out one command as a caller with an Idempotency-Key would have it done."""
    key = key or uuid.uuid4().hex
    request = Request(
        command_id=ids.command_id(runtime.secret, CALLER.id, type(command).__name__, key),
        fingerprint=ids.keyed(runtime.secret, repr(command), body),
        caller=CALLER,
        today=DAY,
        if_match=if_match,
    )
    return await execute(runtime, request, command)


async def register(runtime: Runtime, how_many: int) -> list[UUID]:
    """That many persons; their ids in the order of their numbers."""
    return [UUID((await do(runtime, Register("", "Siti Aminah"))).answer.body["id"]) for _ in range(how_many)]


async def renamed_unnoticed(runtime: Runtime) -> None:
    """The log gets a new name, as another process of this service gives it one; *runtime* has not learnt it yet."""
    async with runtime.pool.acquire() as connection:
        await identities.restored(connection, runtime.identity.log_id)


async def rows(runtime: Runtime, query: str, *arguments: object) -> Sequence[asyncpg.Record]:
    """What the service's own database answers."""
    found: Sequence[asyncpg.Record] = await runtime.pool.fetch(query, *arguments)
    return found


class Operator:
    """Whoever may do everything in one service's account."""

    def __init__(self, bus: Nats, service: str = "registry") -> None:
        self._bus = bus
        self._service = service

    async def __aenter__(self) -> JetStreamContext:
        self._client = await nats.connect(self._bus.url(operator_of(self._service)), allow_reconnect=False)
        return self._client.jetstream(timeout=5)

    async def __aexit__(self, *_: object) -> None:
        await self._client.close()


async def open_to_loss(bus: Nats, service: str = "registry") -> None:
    """An operator made the stream of *service* before it started: one that messages can be taken from."""
    async with Operator(bus, service) as jetstream:
        await jetstream.add_stream(name=stream_of(service), subjects=[f"desmigratif.{service}.>"], duplicate_window=1)


async def sweep(bus: Nats) -> None:
    """No stream from an earlier test."""
    for service in SERVICES:
        await remove_stream(bus, service)


async def remove_stream(bus: Nats, service: str = "registry") -> None:
    """Delete the stream of *service*, if there is one, with its files: the server answers before those are gone.

    One made anew at that very moment may find them, or fail over them.
    """
    async with Operator(bus, service) as jetstream:
        with suppress(NotFoundError):
            await jetstream.delete_stream(stream_of(service))
    files = bus.store / "jetstream" / service.upper() / "streams" / stream_of(service)
    await until(lambda: not files.exists(), why="the stream's files stay")
