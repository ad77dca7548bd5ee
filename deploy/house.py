"""The whole house in one data folder: PostgreSQL, NATS and five services, started, looked after and ended.

::

    data/
      lock            held while a house stands here
      house.json      addresses, ports, and which processes run
      jwks.json       the development issuer's public key
      postgres/       the cluster           nats/     configuration, JetStream's files
      secrets/        passwords, keys, the services' tokens: mode 0600
      logs/           one file a process
      stopped/        a file for each service that is to stay ended (`desmigratif stop`)

Whatever dies is started again, at once the first time and then ever more slowly, and never given up while the house
stands. Things end in the order services, NATS, PostgreSQL. A house that is killed leaves no service behind (they hold
the end of a pipe); its NATS and PostgreSQL are found and ended gently at the next start.
"""

import fcntl
import json
import os
import signal
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import date
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from deploy import SERVICES, databases, nats, ports, postgres
from deploy.issuer import AUDIENCE, ISSUER, Issuer, ServiceTokens
from deploy.nats import Bus
from deploy.postgres import Cluster
from deploy.program import HouseFailed, Identity, Program
from deploy.secret_files import SecretFiles, write_private
from deploy.service import ServiceProcess

__all__ = ["House", "HouseFailed", "addresses_in", "let_run", "standing", "stay_ended"]

POSTGRES, NATS = "postgres", "nats"
_PREFERRED_PORTS = {
    **{service: 8101 + n for n, service in enumerate(SERVICES)},
    NATS: nats.PREFERRED_PORT,
    POSTGRES: postgres.PREFERRED_PORT,
}

_READY_WITHIN_SECONDS = 120.0
_DEATHS_AT_START = 3
_TIMES_TOLD = 5
_WATCH_SECONDS = 0.05
_STEADY_SECONDS = 10.0
"""One that lived so long is started again at once when it dies; one that did not, after a pause."""
_LONGEST_PAUSE_SECONDS = 4.0


@dataclass(slots=True)
class _Care:
    """How a program that is to run has fared. Times are monotonic seconds."""

    launched: float | None = None
    due: float = 0.0
    deaths: int = 0
    """In a row, each soon after its launch."""
    unexplained: int = 0
    """Deaths in all, but for those where waiting is the cure."""
    hindrance: str | None = None
    """What was last said to be in the way."""


class House:
    """A house in the folder *data* (made if missing). Start it as a context, or by `start` and `stop`.

    *today* holds every service's calendar at one day. *say* is told, in a sentence, what a person would want to know.
    Programs go by name: a service, ``postgres`` or ``nats``.
    """

    def __init__(
        self, data: Path, *, today: date | None = None, say: Callable[[str], None] = print, log_level: str = "info"
    ) -> None:
        self.data = data.absolute()
        self.addresses: dict[str, str] = {}
        """The base address of each service, known once the house starts."""
        self._today = today
        self._say = say
        self._log_level = log_level
        self._secrets = SecretFiles(self.data / "secrets")
        self._programs: dict[str, Program] = {}
        self._wanted: dict[str, _Care] = {}
        self._heeded: set[str] = set()
        self._ports: dict[str, ports.Port] = {}
        self._tokens: ServiceTokens
        self._held: int | None = None
        self._lock = threading.RLock()
        self._closing = threading.Event()
        self._watcher: threading.Thread | None = None
        self._trouble: BaseException | None = None

    @property
    def issuer(self) -> Issuer:
        """Who signs this house's tokens."""
        return Issuer(self.data)

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    # Start, watch, stop

    def start(self) -> None:
        """Start everything; return when every service is ready. On failure, and on Ctrl-C, nothing is left running.

        Raises:
            HouseFailed: why, in plain words.
        """
        self._closing.clear()
        self._trouble = None
        self._wanted.clear()
        self._heeded.clear()
        try:
            self._start()
        except BaseException as error:
            self.stop()
            if isinstance(error, OSError):
                raise HouseFailed(f"the house cannot be started in {self.data}: {error}") from error
            raise

    def watch(self, until: threading.Event | None = None) -> None:
        """Return when *until* is set. What dies meanwhile is started again (also where nobody calls this).

        Raises:
            HouseFailed: the house can no longer be looked after, such as with a full disk.
        """
        until = until or threading.Event()
        while not until.wait(0.2):
            if self._trouble is not None:
                raise HouseFailed(f"the house cannot be looked after any longer: {self._trouble}") from self._trouble

    def stop(self) -> None:
        """End services, then NATS, then PostgreSQL; return when all are gone. May be called again.

        A second Ctrl-C does not hurry it: what it interrupted would be left running.
        """
        with _undisturbed():
            self._closing.set()
            if self._watcher is not None:
                self._watcher.join()
                self._watcher = None
            running = {name: program for name, program in self._programs.items() if program.running}
            services = [program for name, program in running.items() if name in SERVICES]
            for service in services:
                service.ask_to_end()
            until = time.monotonic() + Program.patience_seconds
            for service in services:
                service.wait_until_gone(until - time.monotonic())
                if service.running:
                    self._say(f"{service.name} did not end in time and was killed · {service.name} dihentikan paksa")
                    service.kill()
            for name in (NATS, POSTGRES):
                if name in running:
                    running[name].stop()
            if self._held is not None:
                self._remember()
                os.close(self._held)
                self._held = None
            for port in self._ports.values():
                port.release()
            self._ports = {}

    # Single programs, for rehearsals

    def stop_service(self, name: str) -> None:
        """End the program *name* gently; it stays ended until `start_service`."""
        with self._lock:
            self._wanted.pop(name, None)
        self._programs[name].stop()

    def start_service(self, name: str) -> None:
        """Start the program *name* again and return when it is ready.

        Raises:
            HouseFailed: it does not get ready.
        """
        self._want(name)
        self._wait_until_ready([name])

    def kill(self, name: str) -> None:
        """SIGKILL the program *name*, as a crash would. The house starts it again, unless it was stopped."""
        self._programs[name].kill()

    def url(self, name: str, *, database: str = "postgres", user: str | None = None) -> str:
        """Where PostgreSQL (as superuser, or *user*) or NATS (as *user*) answers, with the password; for rehearsals."""
        match self._programs[name]:
            case Cluster() as cluster:
                return cluster.url(database, user or postgres.SUPERUSER)
            case Bus() as bus if user is not None:
                return bus.url(user)
            case _:
                return self.addresses[name]

    # How it goes

    def _start(self) -> None:
        if not self.data.exists():
            self.data.mkdir(mode=0o711, parents=True)  # PostgreSQL's account passes through; its contents are closed
        self._held = _hold(self.data)
        former = _read(self.data)
        self._end_former(former)
        for name in SERVICES:
            let_run(self.data, name)
        self._choose_ports(former)
        self._compose(former)
        self._remember()
        cluster, bus = self._programs[POSTGRES], self._programs[NATS]
        if not isinstance(cluster, Cluster):
            raise TypeError("postgres is a cluster")
        self._say("PostgreSQL and NATS start · PostgreSQL dan NATS dimulai")
        bus.launch()
        cluster.start(waiting=self._say)
        databases.prepare(cluster.url(), cluster.password, alone=True)
        bus.start()
        self._tokens = ServiceTokens(self.issuer, {name: self._token_file(name) for name in SERVICES})
        self._tokens.renew()
        self._say("The five services start · Kelima layanan dimulai")
        for name in self._programs:
            self._want(name)
        self._watcher = threading.Thread(target=self._keep_watch, name="house", daemon=True)
        self._watcher.start()
        self._wait_until_ready(SERVICES)

    def _end_former(self, former: Mapping[str, Any]) -> None:
        for program in self._make_programs(former, dict.fromkeys(_PREFERRED_PORTS, 0)).values():
            if program.find_former() is not None:
                self._say(f"{program.name} of an earlier start is ended first · {program.name} yang lama dihentikan")
                program.end_former()

    def _choose_ports(self, former: Mapping[str, Any]) -> None:
        moved = []
        for name, preferred in _PREFERRED_PORTS.items():
            wanted = former.get("ports", {}).get(name, preferred)
            port = self._ports[name] = ports.claim(wanted)
            if port.number != wanted:
                moved.append(f"{name} {wanted} → {port.number}")
        if moved:
            self._say(f"Ports that were taken are avoided · porta yang terpakai dihindari: {', '.join(moved)}")
        self.addresses = {name: f"http://127.0.0.1:{self._ports[name].number}" for name in SERVICES}

    def _compose(self, former: Mapping[str, Any]) -> None:
        self._programs = self._make_programs(former, {name: port.number for name, port in self._ports.items()})

    def _make_programs(self, former: Mapping[str, Any], numbers: Mapping[str, int]) -> dict[str, Program]:
        logs = self.data / "logs"
        cluster = Cluster(
            self.data / "postgres", port=numbers[POSTGRES], secrets=self._secrets, log=logs / "postgres.log"
        )
        bus = Bus(self.data / "nats", port=numbers[NATS], secrets=self._secrets, log=logs / "nats.log")
        remembered = former.get("processes", {})
        services = {
            name: ServiceProcess(
                name,
                port=numbers[name],
                settings=self._settings(name, numbers[name], cluster, bus),
                log=logs / f"{name}.log",
                former=Identity(**remembered[name]) if name in remembered else None,
            )
            for name in SERVICES
        }
        return {POSTGRES: cluster, NATS: bus, **services}

    def _settings(self, service: str, port: int, cluster: Cluster, bus: Bus) -> dict[str, str]:
        """What a service is told: the field names of `shared.settings.Settings`."""
        settings = {
            "database_url": cluster.url(service, service),
            "keys_database_url": cluster.url(databases.keys_of(service), service),
            "bus_url": bus.url(service),
            "host": "127.0.0.1",
            "port": str(port),
            "peers": json.dumps(self.addresses),
            "jwks": str(self.issuer.jwks),
            "issuer": ISSUER,
            "audience": AUDIENCE,
            "service_token_file": str(self._token_file(service)),
            "master_key": self._secrets.get(f"master-key-{service}"),
            "log_secret": self._secrets.get(f"log-secret-{service}"),
            "log_level": self._log_level,
        }
        if self._today:
            settings["today"] = self._today.isoformat()
        return {f"DESMIGRATIF_{name.upper()}": value for name, value in settings.items()}

    def _token_file(self, service: str) -> Path:
        return self._secrets.path(f"token-{service}")

    def _remember(self) -> None:
        """Write house.json: for other commands, and for the next house in this folder."""
        with self._lock:
            identities = {name: program.identity for name, program in self._programs.items()}
            state = {
                "addresses": self.addresses,
                "ports": {name: port.number for name, port in self._ports.items()},
                "processes": {name: asdict(identity) for name, identity in identities.items() if identity},
            }
            write_private(self.data / "house.json", json.dumps(state, indent=2))

    def _want(self, name: str) -> None:
        with self._lock:
            care = self._wanted[name] = _Care()
            self._tend(name, care)

    def _wait_until_ready(self, names: tuple[str, ...] | list[str]) -> None:
        until = time.monotonic() + _READY_WITHIN_SECONDS
        waiting = list(names)
        while waiting := [name for name in waiting if not self._programs[name].ready()]:
            for name in waiting:
                program, care = self._programs[name], self._wanted.get(name, _Care())
                if care.unexplained >= _DEATHS_AT_START:
                    raise HouseFailed(f"{name} ends at its start ({program.how_it_ended()}): {program.last_words()}")
            if self._trouble is not None:
                raise HouseFailed(f"the house cannot be looked after: {self._trouble}") from self._trouble
            if time.monotonic() > until:
                program = self._programs[waiting[0]]
                why = program.waits_for if isinstance(program, ServiceProcess) else program.last_words()
                raise HouseFailed(f"not ready after {_READY_WITHIN_SECONDS:.0f} s: {', '.join(waiting)}; {why}")
            time.sleep(_WATCH_SECONDS)

    def _keep_watch(self) -> None:
        try:
            while not self._closing.wait(_WATCH_SECONDS):
                self._heed()
                with self._lock:
                    for name, care in list(self._wanted.items()):
                        self._tend(name, care)
                self._tokens.renew()
        except BaseException as error:  # noqa: BLE001 - told to whoever watches: a thread's own end would go unseen
            self._trouble = error

    def _heed(self) -> None:
        """End and start services as `desmigratif stop` and `start` ask, by a file each."""
        for name in SERVICES:
            asked = _stopped(self.data, name).exists()
            if asked and name not in self._heeded:
                self._heeded.add(name)
                self._say(f"{name} is stopped as asked · {name} dihentikan sesuai permintaan")
                threading.Thread(target=self.stop_service, args=(name,), name=f"stop {name}", daemon=True).start()
            elif not asked and name in self._heeded:
                self._heeded.remove(name)
                self._say(f"{name} is started as asked · {name} dimulai sesuai permintaan")
                self._want(name)

    def _tend(self, name: str, care: _Care) -> None:
        """Launch *name* if it does not run and its pause is over."""
        program = self._programs[name]
        if program.running:
            care.launched = care.launched or time.monotonic()
            return
        now = time.monotonic()
        if care.launched is not None:
            self._note_death(program, care, now)
        if now < care.due or self._closing.is_set():
            return
        try:
            program.launch()
        except OSError as error:  # no more processes, no more memory: later there may be
            self._say(f"{name} cannot be started now: {error}")
        care.launched = now
        self._remember()

    def _note_death(self, program: Program, care: _Care, now: float) -> None:
        steady = care.launched is not None and now - care.launched > _STEADY_SECONDS
        care.deaths = 1 if steady else care.deaths + 1
        pause = 0.0 if care.deaths == 1 else min(0.1 * 2 ** (care.deaths - 1), _LONGEST_PAUSE_SECONDS)
        care.due, care.launched = now + pause, None
        hindrance, how = program.hindrance(), program.how_it_ended()
        if hindrance is not None:
            if care.hindrance != hindrance:
                self._say(hindrance)
            care.hindrance = hindrance
            return
        care.hindrance = None
        care.unexplained += 1
        if care.deaths < _TIMES_TOLD:
            self._say(f"{program.name} ended ({how}) and is started again · {program.name} dimulai lagi")
        elif care.deaths == _TIMES_TOLD:  # after this the log has it all
            self._say(f"{program.name} keeps ending ({how}), see {program.log} · {program.name} terus berhenti")


def stay_ended(data: Path, service: str) -> None:
    """Ask the house in *data* to end *service* and to leave it so, until `let_run` or the house's next start."""
    _stopped(data, service).parent.mkdir(mode=0o700, exist_ok=True)
    _stopped(data, service).touch()


def let_run(data: Path, service: str) -> None:
    """Ask the house in *data* to run *service* again."""
    _stopped(data, service).unlink(missing_ok=True)


def _stopped(data: Path, service: str) -> Path:
    return data / "stopped" / service


@contextmanager
def standing(data: Path, addresses: Mapping[str, str]) -> Iterator[None]:
    """Let *data* be found by `addresses_in` while this lasts, for services that run elsewhere, at *addresses*.

    Raises:
        HouseFailed: a house stands there already.
    """
    data.mkdir(mode=0o700, parents=True, exist_ok=True)
    held = _hold(data)
    try:
        write_private(data / "house.json", json.dumps({"addresses": dict(addresses)}, indent=2))
        yield
    finally:
        os.close(held)


def addresses_in(data: Path) -> dict[str, str]:
    """The base address of each service of the house that stands in the folder *data*.

    Raises:
        HouseFailed: none does.
    """
    try:
        held = os.open(data / "lock", os.O_RDONLY)
    except FileNotFoundError:
        raise _nothing_in(data) from None
    try:
        fcntl.flock(held, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return {str(name): str(address) for name, address in _read(data).get("addresses", {}).items()}
    finally:
        os.close(held)
    raise _nothing_in(data)


def _hold(data: Path) -> int:
    """Take the lock of the folder *data*: it ends with this process, however that ends, or when it is closed."""
    held = os.open(data / "lock", os.O_RDWR | os.O_CREAT, 0o600)
    until = time.monotonic() + 1.0
    while True:
        try:
            fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            # A command that only asks whether a house stands here holds it for an instant.
            if time.monotonic() > until:
                os.close(held)
                raise HouseFailed(f"a house already stands in {data} · sudah ada yang berjalan di {data}") from None
            time.sleep(_WATCH_SECONDS)
        else:
            return held


def _nothing_in(data: Path) -> HouseFailed:
    return HouseFailed(
        f"nothing runs in {data}; `desmigratif up` starts it"
        f" · belum ada yang berjalan di {data}; jalankan `desmigratif up`"
    )


def _read(data: Path) -> dict[str, Any]:
    """house.json, empty where there is none."""
    path = data / "house.json"
    return dict(json.loads(path.read_text())) if path.exists() else {}


@contextmanager
def _undisturbed() -> Iterator[None]:
    """Let Ctrl-C wait. Signals are the main thread's business; elsewhere there is nothing to hold off."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    kept = {number: signal.signal(number, signal.SIG_IGN) for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)}
    try:
        yield
    finally:
        for number, handler in kept.items():
            signal.signal(number, handler)
