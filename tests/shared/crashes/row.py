"""A row of services, each a process of its own that can die at a crash point.

All are forked from one process that has imported everything and does nothing else: a start costs what the service
itself does then.
"""

import importlib
import multiprocessing
import os
import signal
import sys
from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from datetime import timedelta
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any
from uuid import UUID

import asyncpg
import httpx
import orjson
from pydantic import SecretStr

from deploy import ports
from shared import ids
from shared.main import run
from tests.houses import PLAIN
from tests.servers import Nats
from tests.shared.crashes import small
from tests.shared.street import Databases, Street, until

_FORKING = multiprocessing.get_context("forkserver")
SMALL = {"registry": (small.__name__, "REGISTRY"), "enterprise": (small.__name__, "ENTERPRISE")}
CALENDAR = {"registry": (small.__name__, "CALENDAR")}
"""The registry alone, where it awaits birthdays."""
REAL = {name: (f"services.{name}.main", "SERVICE") for name in ("registry", "migration_service")}
"""Services by name: the module that puts one together, and what it is called there."""

_FORKING.set_forkserver_preload([__name__, *(module for module, _ in REAL.values())])

_PREFERRED_PORT = 19_001
_CALLER = "tests"


class Process:
    """One that was forked. It ends with the test run, however that ends: it holds the other end of a pipe."""

    def __init__(self, log: Path, work: Callable[..., None], *arguments: object) -> None:
        self.log = log
        log.touch()
        theirs, self._ours = _FORKING.Pipe(duplex=False)
        self._process = _FORKING.Process(target=_forked, args=(theirs, str(log), work, arguments), daemon=True)
        self._process.start()
        theirs.close()

    @property
    def exitcode(self) -> int | None:
        return self._process.exitcode

    def terminate(self) -> None:
        self._process.terminate()

    async def kill(self) -> None:
        self._process.kill()
        await self.ended()

    async def until(self, there: Callable[[], Awaitable[Any] | Any], why: str) -> None:
        """Return as soon as *there* answers what is true; else tell *why* this failed, and what the process said."""
        try:
            await until(there)
        except AssertionError as late:
            raise AssertionError(f"{why}: {self.log.read_text()}") from late

    async def ended(self) -> int:
        """How it ended, once it has."""
        await self.until(lambda: self.exitcode is not None, "it goes on")
        self._ours.close()
        assert self.exitcode is not None
        return self.exitcode

    async def crashed(self, armed: str) -> None:
        """Return once it died where it was *armed* to, and of nothing else."""
        point = armed.partition(":")[0]
        code, words = await self.ended(), self.log.read_text()
        assert (code, f"crashed at {point}" in words.splitlines()) == (-signal.SIGKILL, True), words


def _forked(stdin: Connection, log: str, work: Callable[..., None], arguments: tuple[object, ...]) -> None:
    words = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    os.dup2(words, 1)
    os.dup2(words, 2)
    sys.stdin = os.fdopen(os.dup(stdin.fileno()))
    work(*arguments)


def _serve(module: str, name: str, settings: Mapping[str, str]) -> None:
    os.environ.update(settings)
    run(getattr(importlib.import_module(module), name))


class Row:
    """Services by name, each in at most one process; with databases, a port and secrets that outlast it.

    *services* says which they are: `SMALL`, `CALENDAR` or `REAL`.
    """

    def __init__(self, databases: Databases, bus: Nats, folder: Path) -> None:
        self.folder = folder
        self.databases = databases
        self.street = Street(databases, bus, folder)
        self.services = SMALL
        self.processes: dict[str, Process] = {}
        self._ports: dict[str, ports.Port] = {}
        self._started = 0
        self._connections: dict[str, asyncpg.Connection] = {}
        self._token = self.street.issuer.mint(["operator", "integrator"], "*", subject=_CALLER, ttl=timedelta(hours=1))
        self.client = httpx.AsyncClient(timeout=20.0, verify=PLAIN)

    # Processes

    def address(self, service: str) -> str:
        if service not in self._ports:
            self._ports[service] = ports.claim(_PREFERRED_PORT)
        return f"http://127.0.0.1:{self._ports[service].number}"

    async def start(self, service: str, *, crash: str = "", fault: str = "", ready: bool = True) -> Process:
        """One process of *service*; *ready*: and it is."""
        settings = (await self.street.settings(service)).model_copy(
            update={
                "peers": {name: self.address(name) for name in self.services},
                "port": int(self.address(service).rpartition(":")[2]),
                "crash": crash,
                "fault": fault,
                "end_with_stdin": True,
                "log_level": "warning",
            }
        )
        told = {f"DESMIGRATIF_{name.upper()}": _told(value) for name, value in settings if value is not None}
        process = self.fork(service, _serve, *self.services[service], told)
        self.processes[service] = process
        if ready:
            await process.until(lambda: self._ready(service), f"{service} is not ready")
        return process

    def fork(self, name: str, work: Callable[..., None], *arguments: object) -> Process:
        """Another process, which does *work*; *name* is what its words lie under."""
        self._started += 1
        return Process(self.folder / f"{self._started}-{name}.log", work, *arguments)

    async def _ready(self, service: str) -> bool:
        process = self.processes[service]
        assert process.exitcode is None, process.log.read_text()
        with suppress(httpx.TransportError):
            return (await self.client.get(f"{self.address(service)}/health/ready")).status_code == httpx.codes.OK
        return False

    async def start_again(self, service: str, **options: Any) -> Process:
        """After its process died: another one, as if the leases of the dead had run out since."""
        await self.execute(service, "DELETE FROM log.leases")
        return await self.start(service, **options)

    async def died(self, service: str, armed: str) -> None:
        """Return once the process of *service* has died where it was *armed* to."""
        await self.processes[service].crashed(armed)

    def live_in(self, service: str, database: str, keys: str) -> None:
        """*service* has its databases at these addresses."""
        urls = {"database_url": SecretStr(database), "keys_database_url": SecretStr(keys)}
        self.street._settings[service] = self.street._settings[service].model_copy(update=urls)

    async def close(self) -> None:
        for process in self.processes.values():
            if process.exitcode is None:
                await process.kill()
        for port in self._ports.values():
            port.release()
        await self.leave()
        await self.client.aclose()

    # What callers see

    async def call(self, method: str, service: str, path: str, key: str = "", **body: Any) -> httpx.Response:
        """One request of somebody who may do everything, sent once."""
        headers = {"Authorization": f"Bearer {self._token}", "Idempotency-Key": key}
        return await self.client.request(method, self.address(service) + path, headers=headers, json=body or None)

    async def operate(self, service: str, what: str) -> dict[str, Any]:
        """What an operator is answered."""
        method = "GET" if what == "verify" else "POST"
        answer = await self.call(method, service, f"/operations/{what}")
        assert answer.status_code == httpx.codes.OK, answer.text
        return dict(answer.json())

    # What lies in the databases

    async def secret(self, service: str) -> bytes:
        return bytes.fromhex((await self.street.settings(service)).log_secret.get_secret_value())

    async def command_id(self, key: str, service: str = "registry") -> UUID:
        """The id under which the log keeps what was asked with *key*."""
        return ids.command_id(await self.secret(service), _CALLER, f"POST {small.PATH}", key)

    async def database(self, service: str, *, keys: bool = False) -> str:
        settings = await self.street.settings(service)
        url = settings.keys_database_url if keys else settings.database_url
        return url.get_secret_value().rpartition("/")[2]

    async def rows(self, service: str, query: str, *arguments: object, keys: bool = False) -> list[asyncpg.Record]:
        database = await self.database(service, keys=keys)
        connection = self._connections.get(database)
        if connection is None or connection.is_closed():
            connection = await asyncpg.connect(self.databases.cluster.url(database))
            self._connections[database] = connection
        return list(await connection.fetch(query, *arguments))

    async def leave(self) -> None:
        """Be in nobody's database: one that somebody is in cannot be copied."""
        for connection in self._connections.values():
            await connection.close()
        self._connections.clear()

    async def value(self, service: str, query: str, *arguments: object, keys: bool = False) -> Any:
        ((value,),) = await self.rows(service, query, *arguments, keys=keys)
        return value

    async def execute(self, service: str, statement: str) -> None:
        await self.rows(service, statement)


def _told(value: Any) -> str:
    """A setting as the environment says it."""
    if isinstance(value, SecretStr):
        return value.get_secret_value()
    return orjson.dumps(value).decode() if isinstance(value, dict) else str(value)
