"""The whole house in one data folder: PostgreSQL, NATS and five services, started, looked after and ended.

A service runs in any number of processes at one port, its replicas: ``enterprise``, ``enterprise-2``, …

::

    data/
      lock            held while a house stands here
      house.json      addresses, ports, how many processes each service has, and which run
      jwks.json       the development issuer's public key
      postgres/       the cluster           nats/     configuration, JetStream's files
      secrets/        passwords, keys, the services' tokens: mode 0600
      logs/           one file a process
      errands/        what a command asks of the house that stands (`desmigratif stop`, `scale`, …)

Whatever dies is started again, at once the first time and then ever more slowly, and never given up while the house
stands. Things end in the order services, NATS, PostgreSQL. A house that is killed leaves no service behind (they hold
the end of a pipe); its NATS and PostgreSQL are found and ended gently at the next start.
"""

import json
import os
import signal
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import asdict, dataclass
from datetime import date
from pathlib import Path
from types import TracebackType
from typing import Any, Self, assert_never

from deploy import SERVICES, databases, errands, nats, ports, postgres
from deploy.issuer import AUDIENCE, ISSUER, Issuer, ServiceTokens
from deploy.nats import Bus
from deploy.postgres import Cluster
from deploy.program import HouseFailed, Identity, Program, end
from deploy.rehearsal import rehearsed
from deploy.secret_files import SecretFiles, write_private
from deploy.service import ServiceProcess, name_of, runs_still
from deploy.standing import addresses_in, hold, remembered

__all__ = ["House", "HouseFailed", "addresses_in", "must_be_possible"]

POSTGRES, NATS = "postgres", "nats"
_PREFERRED_PORTS = {
    **{service: 8101 + n for n, service in enumerate(SERVICES)},
    NATS: nats.PREFERRED_PORT,
    POSTGRES: postgres.PREFERRED_PORT,
}

MOST_REPLICAS = 20
"""Of one service; each keeps up to thirty connections to PostgreSQL."""
_BESIDE, _LEAVING = " beside", " leaving"
"""After the name of a process: the one that is to take its place, and the one that had it."""

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
    *replicas*: how many processes a service shall have; the others have as many as when a house stood here last, at
    first one. Programs go by name: a service (all its processes), ``postgres`` or ``nats``.

    Raises:
        HouseFailed: no such service, or no such number of processes.
    """

    def __init__(
        self,
        data: Path,
        *,
        today: date | None = None,
        say: Callable[[str], None] = print,
        log_level: str = "info",
        replicas: Mapping[str, int] | None = None,
    ) -> None:
        must_be_possible(replicas or {})
        self.data = data.absolute()
        self.addresses: dict[str, str] = {}
        """The base address of each service, known once the house starts."""
        self._today = today
        self._say = say
        self._log_level = log_level
        self._secrets = SecretFiles(self.data / "secrets")
        self._programs: dict[str, Program] = {}
        self._wanted: dict[str, _Care] = {}
        self._asked_for = dict(replicas or {})
        self._replicas = dict.fromkeys(SERVICES, 1)
        self._changing = {name: threading.Lock() for name in _PREFERRED_PORTS}
        self._errands: list[threading.Thread] = []
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

    @property
    def replicas(self) -> dict[str, int]:
        """How many processes each service has, or shall have again once it is started."""
        return dict(self._replicas)

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
            with self._lock:  # after this nothing is launched any more
                running = [program for program in self._programs.values() if program.running]
            self._end(program for program in running if isinstance(program, ServiceProcess))
            for thread in self._errands:  # what they waited for is gone, or has been given up
                thread.join()
            self._errands.clear()
            for name in (NATS, POSTGRES):
                if name in self._programs:
                    self._programs[name].stop()
            if self._held is not None:
                self._remember()
                os.close(self._held)
                self._held = None
            for port in self._ports.values():
                port.release()
            self._ports = {}

    # What it is told while it stands

    def scale(self, replicas: Mapping[str, int]) -> None:
        """Let each service of *replicas* have so many processes; returns when the new ones serve, the others are gone.

        Raises:
            HouseFailed: a new one does not get ready (none of them is kept), a service was stopped, or no such number.
        """
        must_be_possible(replicas)
        with self._unchanged_by_others(replicas):
            for service in replicas:
                self._must_run(service)
            fresh = [
                self._add(name_of(service, number), self._process(service, number))
                for service, wanted in replicas.items()
                for number in range(self._replicas[service] + 1, wanted + 1)
            ]
            self._want_or_let_go(fresh)
            surplus = [
                name_of(service, number)
                for service, wanted in replicas.items()
                for number in range(wanted + 1, self._replicas[service] + 1)
            ]
            self._replicas.update(replicas)
            self._let_go(surplus)

    def restart_service(self, name: str) -> None:
        """Replace the processes of the service *name* one by one: beside each a new one gets ready, then it ends.

        Raises:
            HouseFailed: a new one does not get ready; then the old one stays, and those not yet replaced too.
        """
        must_be_possible({name: 1})
        with self._unchanged_by_others([name]):
            self._must_run(name)
            for number in range(1, self._replicas[name] + 1):
                place = name_of(name, number)
                self._want_or_let_go([self._add(place + _BESIDE, self._process(name, number))])
                with self._lock:
                    self._programs[place + _LEAVING] = self._programs[place]
                    self._programs[place] = self._programs.pop(place + _BESIDE)
                    self._wanted[place] = self._wanted.pop(place + _BESIDE)
                self._let_go([place + _LEAVING])

    def stop_service(self, name: str) -> None:
        """End the program *name* gently, all its processes; it stays ended until `start_service`."""
        with self._unchanged_by_others([name]):
            with self._lock:
                for place in self._places(name):
                    self._wanted.pop(place, None)
            self._end(self._programs[place] for place in self._places(name))

    def start_service(self, name: str) -> None:
        """Start the program *name* again and return when it is ready, with all its processes.

        Raises:
            HouseFailed: it does not get ready.
        """
        with self._unchanged_by_others([name]):
            for place in self._places(name):
                self._want(place)
            self._wait_until_ready(self._places(name))

    # For rehearsals

    def kill(self, name: str, replica: int | None = None) -> None:
        """SIGKILL the program *name*, as a crash would: its *replica*-th process, or all of them.

        The house starts it again, unless it was stopped.
        """
        for place in self._places(name) if replica is None else [name_of(name, replica)]:
            self._programs[place].kill()

    def processes(self, service: str) -> list[int]:
        """The ids of the processes of *service* that run, in the order of their numbers."""
        identities = (self._programs[place].identity for place in self._places(service))
        return [identity.pid for identity in identities if identity is not None]

    def pid(self, service: str, replica: int = 1) -> int:
        """The id of the *replica*-th process of *service*, such as for a SIGSTOP.

        Raises:
            ProcessLookupError: it does not run.
        """
        identity = self._programs[name_of(service, replica)].identity
        if identity is None:
            raise ProcessLookupError(f"{name_of(service, replica)} does not run")
        return identity.pid

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
        if fault := rehearsed():
            self._say(f"Rehearsed, these facts wait · latihan, fakta ini tertahan: {fault}")
        if not self.data.exists():
            self.data.mkdir(mode=0o711, parents=True)  # PostgreSQL's account passes through; its contents are closed
        self._held = hold(self.data)
        errands.open_folder(self.data)
        former = remembered(self.data)
        self._end_former(former)
        self._replicas = {service: former.get("replicas", {}).get(service, 1) for service in SERVICES} | self._asked_for
        self._choose_ports(former)
        self._compose()
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
        for name in list(self._programs):
            self._want(name)
        self._watcher = threading.Thread(target=self._keep_watch, name="house", daemon=True)
        self._watcher.start()
        self._wait_until_ready([place for service in SERVICES for place in self._places(service)])

    def _end_former(self, former: Mapping[str, Any]) -> None:
        for program in self._servers(dict.fromkeys(_PREFERRED_PORTS, 0)):
            if program.find_former() is not None:
                self._say_ended_first(program.name)
                program.end_former()
        for name, identity in former.get("processes", {}).items():
            service, left = name.split()[0].partition("-")[0], Identity(**identity)
            if service in SERVICES and runs_still(service, left):
                self._say_ended_first(name)
                end(left, name, Program.gentle, Program.harsh, Program.patience_seconds)

    def _say_ended_first(self, name: str) -> None:
        self._say(f"{name} of an earlier start is ended first · {name} yang lama dihentikan")

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

    def _compose(self) -> None:
        cluster, bus = self._servers({name: port.number for name, port in self._ports.items()})
        self._programs = {POSTGRES: cluster, NATS: bus}
        for service in SERVICES:
            for number in range(1, self._replicas[service] + 1):
                self._programs[name_of(service, number)] = self._process(service, number)

    def _servers(self, numbers: Mapping[str, int]) -> tuple[Cluster, Bus]:
        logs = self.data / "logs"
        return (
            Cluster(self.data / "postgres", port=numbers[POSTGRES], secrets=self._secrets, log=logs / "postgres.log"),
            Bus(self.data / "nats", port=numbers[NATS], secrets=self._secrets, log=logs / "nats.log"),
        )

    def _process(self, service: str, number: int) -> ServiceProcess:
        """A process of *service*, not launched yet."""
        log = self.data / "logs" / f"{name_of(service, number)}.log"
        return ServiceProcess(service, number, settings=self._settings(service), log=log)

    def _places(self, name: str) -> list[str]:
        """Under which names the processes of *name* stand."""
        if name not in SERVICES:
            return [name]
        return [name_of(name, number) for number in range(1, self._replicas[name] + 1)]

    def _settings(self, service: str) -> dict[str, str]:
        """What a service is told: the field names of `shared.settings.Settings`."""
        settings = {
            "database_url": self.url(POSTGRES, database=service, user=service),
            "keys_database_url": self.url(POSTGRES, database=databases.keys_of(service), user=service),
            "bus_url": self.url(NATS, user=service),
            "host": "127.0.0.1",
            "port": str(self._ports[service].number),
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
                "replicas": self._replicas,
                "processes": {name: asdict(identity) for name, identity in identities.items() if identity},
            }
            write_private(self.data / "house.json", json.dumps(state, indent=2))

    def _want(self, name: str) -> None:
        with self._lock:
            care = self._wanted[name] = _Care()
            self._tend(name, care)

    def _add(self, name: str, program: Program) -> str:
        with self._lock:
            self._programs[name] = program
        return name

    def _want_or_let_go(self, names: list[str]) -> None:
        """Start the programs *names* and return when they are ready; where one does not get so, keep none of them."""
        try:
            for name in names:
                self._want(name)
            self._wait_until_ready(names)
        except HouseFailed:
            self._let_go(names)
            raise

    def _let_go(self, names: list[str]) -> None:
        """End the programs *names* gently and forget them."""
        with self._lock:
            for name in names:
                self._wanted.pop(name, None)
        self._end(self._programs[name] for name in names)
        with self._lock:
            for name in names:
                del self._programs[name]
            self._remember()

    def _end(self, programs: Iterable[Program]) -> None:
        """End *programs* gently, all at once; harshly what has not ended in time. Returns when they are gone."""
        ending = list(programs)
        for program in ending:
            program.ask_to_end()
        until = time.monotonic() + max((program.patience_seconds for program in ending), default=0.0)
        for program in ending:
            program.wait_until_gone(until - time.monotonic())
            if program.running:
                self._say(f"{program.name} did not end in time and was killed · {program.name} dihentikan paksa")
                program.stop_harshly()

    @contextmanager
    def _unchanged_by_others(self, names: Iterable[str]) -> Iterator[None]:
        """One change of a program at a time, whoever asks for it."""
        with ExitStack() as held:
            for name in sorted(names):
                held.enter_context(self._changing[name])
            yield

    def _must_run(self, service: str) -> None:
        if not all(place in self._wanted for place in self._places(service)):
            raise HouseFailed(
                f"{service} is stopped: `desmigratif start {service}` first · {service} sedang dihentikan"
            )

    def _wait_until_ready(self, names: Iterable[str]) -> None:
        until = time.monotonic() + _READY_WITHIN_SECONDS
        waiting = list(names)
        while waiting := [name for name in waiting if not self._programs[name].ready()]:
            for name in waiting:
                program, care = self._programs[name], self._wanted.get(name, _Care())
                if care.unexplained >= _DEATHS_AT_START:
                    raise HouseFailed(f"{name} ends at its start ({program.how_it_ended()}): {program.last_words()}")
            if self._trouble is not None:
                raise HouseFailed(f"the house cannot be looked after: {self._trouble}") from self._trouble
            if self._closing.is_set():
                raise HouseFailed("the house is being ended · rumah sedang dihentikan")
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
        """Do what commands ask for, each in a thread of its own: looking after goes on meanwhile."""
        self._errands = [thread for thread in self._errands if thread.is_alive()]
        for taken in errands.take(self.data):
            self._say(f"Asked: {taken.errand} · diminta: {taken.errand}")
            thread = threading.Thread(target=self._run_errand, args=(taken,), name=str(taken.errand), daemon=True)
            self._errands.append(thread)
            thread.start()

    def _run_errand(self, taken: errands.Taken) -> None:
        """Do it and answer: also where it fails in a way that was not foreseen, since somebody waits."""
        try:
            self._do(taken.errand)
        except HouseFailed as failed:
            taken.answer(str(failed))
        except BaseException as error:
            taken.answer(f"{taken.errand} failed: {error}")
            raise
        else:
            taken.answer()

    def _do(self, errand: errands.Errand) -> None:
        must_be_possible(errand.services if errand.deed == "scale" else dict.fromkeys(errand.services, 1))
        match errand.deed:
            case "scale":
                self.scale(errand.services)
            case "restart":
                for service in errand.services:
                    self.restart_service(service)
            case "stop":
                for service in errand.services:
                    self.stop_service(service)
            case "start":
                for service in errand.services:
                    self.start_service(service)
            case _:
                assert_never(errand.deed)

    def _tend(self, name: str, care: _Care) -> None:
        """Launch *name* if it does not run and its pause is over."""
        program = self._programs[name]
        if program.running:
            if isinstance(program, ServiceProcess):
                program.ready()  # its words are taken in, lest they pile up
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


def must_be_possible(replicas: Mapping[str, int]) -> None:
    """Whether services can have so many processes.

    Raises:
        HouseFailed: no such service, or no such number.
    """
    for service, number in replicas.items():
        if service not in SERVICES:
            raise HouseFailed(
                f"no service {service!r}; there are {', '.join(SERVICES)} · layanan tidak dikenal: {service!r}"
            )
        if not 1 <= number <= MOST_REPLICAS:
            raise HouseFailed(
                f"{service} can have 1 to {MOST_REPLICAS} processes, not {number}"
                f" · {service} dapat berjalan dengan 1 sampai {MOST_REPLICAS} proses, bukan {number}"
            )


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
