"""A PostgreSQL and a NATS for tests: from wheels, or the images of docker-compose.yml where `--containers` is given.

What tests ask of either is the same; what is true of one must be true of the other.
"""

import asyncio
import os
import secrets
import socket
import time
from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager, suppress
from functools import cache
from pathlib import Path
from typing import Any, Protocol

import asyncpg
import yaml
from testcontainers.core.config import testcontainers_config
from testcontainers.core.container import DockerContainer

from deploy import ports
from deploy.nats import OPERATOR, PREFERRED_PORT, USERS, Bus, variable_of
from deploy.postgres import SUPERUSER, Cluster

ROOT = Path(__file__).parents[1]
_PATIENCE_SECONDS = 120.0


class Postgres(Protocol):
    """A PostgreSQL with passwords, on 127.0.0.1."""

    @property
    def port(self) -> int: ...
    def password(self, role: str) -> str: ...
    def url(self, database: str = ..., role: str = ...) -> str: ...
    def start(self) -> None: ...
    def stop(self) -> None: ...
    def kill(self) -> None: ...


class Nats(Protocol):
    """A NATS with a user a service, on 127.0.0.1; *store* is JetStream's folder."""

    store: Path

    def url(self, user: str) -> str: ...
    def start(self) -> None: ...
    def stop(self) -> None: ...
    def kill(self) -> None: ...


@contextmanager
def a_postgres(folder: Path, *, in_container: bool) -> Iterator[Postgres]:
    """One that runs, and is gone afterwards."""
    # Processes are killed here, but nobody pulls the plug. Databases come and go with every test.
    server = ContainerPostgres() if in_container else Cluster(folder, settings={"fsync": "off"})
    with closing(server) if isinstance(server, ContainerPostgres) else _stopping(server):
        server.start()
        yield server


@contextmanager
def a_nats(folder: Path, *, in_container: bool) -> Iterator[Nats]:
    """One that runs, and is gone afterwards."""
    server = ContainerNats(folder) if in_container else Bus(folder)
    with closing(server) if isinstance(server, ContainerNats) else _stopping(server):
        server.start()
        yield server


@contextmanager
def _stopping(server: Cluster | Bus) -> Iterator[None]:
    try:
        yield
    finally:
        server.stop()


@cache
def composed() -> Mapping[str, Any]:
    """The services of docker-compose.yml as they stand there."""
    services: dict[str, Any] = yaml.safe_load((ROOT / "docker-compose.yml").read_text())["services"]
    return services


class _Container(ABC):
    """One container that is made at its first start, and may be stopped, killed and started again on the same port."""

    def __init__(self, name: str, *, listens: int, preferred: int) -> None:
        # What a run started it ends itself; a third image, only to clear up after it, is not asked for.
        testcontainers_config.ryuk_disabled = True
        self._claim = ports.claim(preferred)
        self._started = False
        self.container = DockerContainer(composed()[name]["image"]).with_bind_ports(listens, self._claim.number)
        self.container.with_command(composed()[name]["command"])

    @property
    def port(self) -> int:
        return self._claim.number

    def start(self) -> None:
        """Start it and return when it answers."""
        if self._started:
            self.container.get_wrapped_container().start()
        else:
            self.container.start()
        self._started = True
        until = time.monotonic() + _PATIENCE_SECONDS
        while not self.answers():
            if time.monotonic() > until:
                raise AssertionError(self.container.get_logs()[1].decode())
            time.sleep(0.02)

    @abstractmethod
    def answers(self) -> bool:
        """Whether it takes connections."""

    def stop(self) -> None:
        self.container.get_wrapped_container().stop(timeout=60)

    def kill(self) -> None:
        wrapped = self.container.get_wrapped_container()
        wrapped.kill()
        wrapped.wait()

    def close(self) -> None:
        self.container.stop()
        self._claim.release()


class ContainerPostgres(_Container):
    """The image and the settings of docker-compose.yml."""

    def __init__(self) -> None:
        super().__init__("postgres", listens=5432, preferred=18107)
        self._passwords: dict[str, str] = {}
        self.container.with_env("POSTGRES_PASSWORD", self.password(SUPERUSER))

    def password(self, role: str) -> str:
        return self._passwords.setdefault(role, secrets.token_hex(32))

    def url(self, database: str = "postgres", role: str = SUPERUSER) -> str:
        return f"postgresql://{role}:{self.password(role)}@127.0.0.1:{self.port}/{database}"

    def answers(self) -> bool:
        return asyncio.run(self._lets_in())

    async def _lets_in(self) -> bool:
        try:
            await (await asyncpg.connect(self.url(), timeout=2)).close()
        except (OSError, asyncpg.CannotConnectNowError, asyncpg.ConnectionDoesNotExistError):
            return False
        return True


class ContainerNats(_Container):
    """The image and the configuration of docker-compose.yml; its files lie in *folder*."""

    def __init__(self, folder: Path) -> None:
        super().__init__("nats", listens=4222, preferred=10000 + PREFERRED_PORT)
        folder.mkdir(parents=True, exist_ok=True)
        self.store = folder / "jetstream"
        self._passwords = {user: secrets.token_hex(32) for user in USERS}
        self.container.with_envs(**{variable_of(user): password for user, password in self._passwords.items()})
        self.container.with_volume_mapping(ROOT / "deploy" / "nats.conf", "/etc/nats/nats-server.conf", "ro")
        self.container.with_volume_mapping(folder, "/data", "rw")
        self.container.with_kwargs(user=f"{os.getuid()}:{os.getgid()}")  # so that the run can clear its folder away

    def url(self, user: str) -> str:
        password = self._passwords[OPERATOR if user.startswith(OPERATOR) else user]
        return f"nats://{user}:{password}@127.0.0.1:{self.port}"

    def answers(self) -> bool:
        with suppress(OSError), socket.create_connection(("127.0.0.1", self.port), timeout=1) as connection:
            return connection.recv(5) == b"INFO "
        return False
