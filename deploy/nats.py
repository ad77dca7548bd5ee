"""NATS with JetStream: an account and a user a service, each allowed what its part needs and nothing else.

What a service says reaches another only where its account gives it away (exports) and the other's takes it (imports),
so nobody can speak for another, whatever streams they make: a shared account cannot promise that, since whoever may
make a stream there may let it repeat its words under somebody else's subject (decision 0011). In its own account a
service says its words and its head, makes its stream and looks into it. It cannot alter, empty or delete that.
`operator_of` a service may do everything in that service's account.

JetStream's fsync is left at its default: the logs in PostgreSQL are the truth and a bus that lost messages is filled
from them (P4).

``python -m deploy.nats > deploy/nats.conf`` writes the configuration for containers.
"""

import json
import re
import shutil
import signal
import socket
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, ClassVar

import psutil

from deploy import SERVICES, ports
from deploy.program import HouseFailed, Identity, Program
from deploy.secret_files import SecretFiles, write_private

PREFERRED_PORT = 8106
OPERATOR = "operator"

HEARD: Mapping[str, tuple[str, ...]] = {
    "registry": ("migration_service",),
    "migration_service": ("registry",),
    "enterprise": ("registry", "migration_service"),
    "parenting": ("registry", "migration_service"),
    "cooperative": ("registry", "migration_service"),
}
"""Whom each service hears. The services declare it themselves; a test holds this against them."""

USERS = (*SERVICES, OPERATOR)
"""Who has a password."""


def stream_of(service: str) -> str:
    """The JetStream stream of what *service* says."""
    return f"DESMIGRATIF_{service.upper()}"


def inbox_of(user: str) -> str:
    """What the subjects of answers to *user* begin with: nats-py's ``inbox_prefix``."""
    return f"_INBOX_{user}"


def operator_of(service: str) -> str:
    """The user who may do everything in the account of *service*; all of them have the operator's password."""
    return f"{OPERATOR}_{service}"


def variable_of(user: str) -> str:
    """The environment variable in which a server in a container finds the password of *user*."""
    return f"NATS_PASSWORD_{user.upper()}"


def permissions(service: str) -> dict[str, Any]:
    """What the user of *service* may publish and subscribe to; everything else is refused."""
    heard = [subject for source in HEARD[service] for subject in _said_by(source)]
    looks = [f"$JS.API.STREAM.{verb}.{stream_of(service)}" for verb in ("CREATE", "INFO", "MSG.GET")]
    return {
        "publish": {"allow": [*_said_by(service), f"appended.{service}", *looks]},
        "subscribe": {"allow": [f"{inbox_of(service)}.>", f"appended.{service}", *heard]},
    }


def configuration(passwords: Mapping[str, str], **server: Any) -> dict[str, Any]:
    """What a server is told: *server* (where it listens, where its files lie), and who may do what.

    *passwords*: of every one of `USERS`.
    """
    return {"server_name": "desmigratif", **server, "accounts": {s.upper(): _account(s, passwords) for s in SERVICES}}


def configuration_for_containers() -> str:
    """The text of ``deploy/nats.conf``: passwords from the environment (`variable_of`), files under ``/data``.

    What the server finds there it reads as a value of its own syntax, so a password that looks like a number, a size, a
    date or a truth value must stand in quotation marks there; 64 hexadecimal digits need none.
    Port 4222 for everybody; on 8222 the container alone is told whether the server is well (``/healthz``).
    """
    marked = configuration(
        {user: f"${variable_of(user)}" for user in USERS},
        port=4222,
        http="127.0.0.1:8222",
        jetstream={"store_dir": "/data"},
    )
    text = json.dumps(marked, indent=2)
    # Quoted, $ is a letter like any other (as in $JS.API): only a bare $NAME stands for what the environment says.
    return "# Written by `python -m deploy.nats`.\n" + re.sub(r'"(\$NATS_PASSWORD_\w+)"', r"\1", text) + "\n"


def _account(service: str, passwords: Mapping[str, str]) -> dict[str, Any]:
    hearers = [hearer.upper() for hearer in SERVICES if service in HEARD[hearer]]
    return {
        "jetstream": "enabled",
        "users": [
            {"user": service, "password": passwords[service], "permissions": permissions(service)},
            {"user": operator_of(service), "password": passwords[OPERATOR]},
        ],
        "exports": [{"stream": subject, "accounts": hearers} for subject in _said_by(service) if hearers],
        "imports": [
            {"stream": {"account": source.upper(), "subject": subject}}
            for source in HEARD[service]
            for subject in _said_by(source)
        ],
    }


def _said_by(service: str) -> tuple[str, str]:
    """The subjects of what *service* tells the others."""
    return f"desmigratif.{service}.>", f"head.{service}"


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
    """A NATS server on 127.0.0.1, from a wheel, with its configuration and JetStream's files in the folder *path*.

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

    def url(self, user: str) -> str:
        """``nats://…`` for *user* (a service, or `operator_of` one), with its password.

        A service's client needs ``inbox_prefix=inbox_of(user)``.
        """
        of = OPERATOR if user in map(operator_of, SERVICES) else user
        return f"nats://{user}:{self._password(of)}@127.0.0.1:{self.port}"

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
        return configuration(
            {user: self._password(user) for user in USERS},
            host="127.0.0.1",
            port=self.port,
            pid_file=str(self.path / "nats.pid"),
            jetstream={"store_dir": str(self.store)},
        )


if __name__ == "__main__":
    sys.stdout.write(configuration_for_containers())
