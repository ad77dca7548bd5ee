"""NATS with JetStream from a wheel, on 127.0.0.1: one user a service, each allowed what its part needs.

A service says its own words and its own head, keeps its own stream, and reads the streams of the others. It does not
speak for another, change another's stream, or listen to another's inbox. ``operator`` may do everything; rehearsals
use it.

JetStream's fsync is left at its default: the logs in PostgreSQL are the truth and a bus that lost messages is filled
from them (P4).
"""

import json
import shutil
import signal
import socket
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any, ClassVar

import psutil

from deploy import SERVICES, ports
from deploy.program import HouseFailed, Identity, Program
from deploy.secret_files import SecretFiles, write_private

PREFERRED_PORT = 8106
OPERATOR = "operator"


def stream_of(service: str) -> str:
    """The JetStream stream of what *service* says."""
    return f"DESMIGRATIF_{service.upper()}"


def inbox_of(user: str) -> str:
    """What the subjects of answers to *user* begin with: nats-py's ``inbox_prefix``."""
    return f"_INBOX_{user}"


def permissions(service: str) -> dict[str, Any]:
    """What the user of *service* may publish and subscribe to; everything else is refused."""
    api = "$JS.API"
    own = [
        f"desmigratif.{service}.>",
        f"head.{service}",
        *(f"{api}.STREAM.{verb}.{stream_of(service)}" for verb in ("CREATE", "UPDATE", "DELETE", "PURGE")),
    ]
    # A wildcard stands for a whole token, so streams are named one by one.
    reading = [
        subject
        for stream in map(stream_of, SERVICES)
        for subject in (
            f"{api}.STREAM.INFO.{stream}",
            f"{api}.STREAM.MSG.GET.{stream}",
            f"{api}.DIRECT.GET.{stream}",
            f"{api}.DIRECT.GET.{stream}.>",
            f"{api}.CONSUMER.CREATE.{stream}",
            f"{api}.CONSUMER.CREATE.{stream}.>",
            f"{api}.CONSUMER.DURABLE.CREATE.{stream}.*",
            f"{api}.CONSUMER.INFO.{stream}.*",
            f"{api}.CONSUMER.MSG.NEXT.{stream}.*",
            f"{api}.CONSUMER.DELETE.{stream}.*",
            f"$JS.ACK.{stream}.>",
            f"$JS.FC.{stream}.>",
        )
    ]
    return {
        "publish": {"allow": [*own, f"{api}.INFO", f"{api}.STREAM.NAMES", *reading]},
        "subscribe": {"allow": [f"{inbox_of(service)}.>", "head.>"]},
    }


def binary() -> Path:
    """The ``nats-server`` that lies beside this Python, else the one on the path.

    Raises:
        HouseFailed: there is none.
    """
    found = shutil.which("nats-server", path=str(Path(sys.executable).parent)) or shutil.which("nats-server")
    if found is None:
        raise HouseFailed("nats-server is not installed beside Python: run `make` again")
    return Path(found)


class Bus(Program):
    """A NATS server with its configuration and JetStream's files in the folder *path*.

    *port*: where it listens; None: a free one, chosen at the first start. *secrets*: where the users' passwords are
    kept (``path/secrets``).
    """

    gentle: ClassVar = signal.SIGTERM
    patience_seconds: ClassVar = 15.0

    def __init__(
        self, path: Path, *, port: int | None = None, secrets: SecretFiles | None = None, log: Path | None = None
    ) -> None:
        path = path.absolute()
        super().__init__("nats", log or path / "nats.log")
        self.path = path
        self.store = path / "store"
        """JetStream's folder: what may be lost."""
        self._secrets = secrets or SecretFiles(path / "secrets")
        self._port = port
        self._claim: ports.Port | None = None

    @property
    def port(self) -> int:
        """Where it listens (127.0.0.1)."""
        if self._port is None:
            self._claim = ports.claim(PREFERRED_PORT)
            self._port = self._claim.number
        return self._port

    def url(self, user: str = OPERATOR) -> str:
        """``nats://…`` for *user*, with its password. A service's client needs ``inbox_prefix=inbox_of(user)``."""
        return f"nats://{user}:{self._password(user)}@127.0.0.1:{self.port}"

    def command(self) -> Sequence[str | Path]:
        """``nats-server`` with the configuration just written."""
        self.path.mkdir(mode=0o700, parents=True, exist_ok=True)
        write_private(self._config, json.dumps(self._configuration(), indent=2, ensure_ascii=False))
        return [binary(), "-c", self._config]

    def ready(self) -> bool:
        """Whether it greets: JetStream's files are read before the first client is let in."""
        if not self.running:
            return False
        try:
            with socket.create_connection(("127.0.0.1", self.port), timeout=1) as connection:
                return connection.recv(5) == b"INFO "
        except OSError:
            return False

    def find_former(self) -> Identity | None:
        """A server of an earlier house on this configuration, by the file in which it wrote its id."""
        try:
            former = Identity.of(int((self.path / "nats.pid").read_text()))
            process = former.process() if former else None
            return former if process and str(self._config) in process.cmdline() else None
        except (FileNotFoundError, ValueError, psutil.Error):
            return None  # there is none, or it has just ended

    @property
    def _config(self) -> Path:
        return self.path / "nats.conf"

    def _password(self, user: str) -> str:
        return self._secrets.get(f"nats-{user}")

    def _configuration(self) -> dict[str, Any]:
        """NATS reads JSON; quoted, ``$JS`` is no variable."""
        users: list[dict[str, Any]] = [
            {"user": service, "password": self._password(service), "permissions": permissions(service)}
            for service in SERVICES
        ]
        everything = {"publish": ">", "subscribe": ">"}
        users.append({"user": OPERATOR, "password": self._password(OPERATOR), "permissions": everything})
        return {
            "server_name": "desmigratif",
            "host": "127.0.0.1",
            "port": self.port,
            "pid_file": str(self.path / "nats.pid"),
            "jetstream": {"store_dir": str(self.store)},
            "authorization": {"users": users},
        }
