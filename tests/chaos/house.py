"""A house whose services reach PostgreSQL and NATS over links; its bus has a small disk, and one of its clocks jumps.

Three processes a service. What happens to it is up to `tests.chaos.faults`.
"""

import shutil
import subprocess
import threading
import time
from collections.abc import Callable
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

from deploy import SERVICES
from deploy.house import NATS, POSTGRES, House
from deploy.service import ServiceProcess
from tests.chaos.proxy import FAIR, Link, Links, Weather

REPLICAS = 3
_LOOK_SECONDS = 0.02
_URLS = {"DATABASE_URL": POSTGRES, "KEYS_DATABASE_URL": POSTGRES, "BUS_URL": NATS}
_FAKETIME = ("usr/lib/*/faketime", "usr/lib*/faketime", "usr/local/lib/faketime")


class FalseClock:
    """A clock that can go wrong for those processes alone that are started in its `environment`; *file* says by how
    much. How much time has passed (the monotonic clock) it tells as it is.
    """

    def __init__(self, file: Path) -> None:
        self._file = file
        folders = (folder for pattern in _FAKETIME for folder in Path("/").glob(pattern))
        libraries = (folder / "libfaketime.so.1" for folder in folders)
        self._library = next((library for library in libraries if library.exists()), None)
        self.missing = None if self._library else "libfaketime is not installed"
        """Why there is none (Debian: ``libfaketime``)."""

    def jump(self, seconds: int) -> None:
        """Be wrong by *seconds* from now on."""
        self._file.write_text(f"{seconds:+d}\n")

    def environment(self) -> dict[str, str]:
        """What a process is told so that it goes by this clock; nothing where there is none."""
        if self._library is None:
            return {}
        return {
            "LD_PRELOAD": str(self._library),
            "FAKETIME_TIMESTAMP_FILE": str(self._file),
            "FAKETIME_NO_CACHE": "1",
            "FAKETIME_DONT_FAKE_MONOTONIC": "1",
        }


class Disk:
    """A disk of *megabytes* at *folder* that can be filled to the last byte. Mounting one takes root."""

    def __init__(self, folder: Path, megabytes: int) -> None:
        self.folder = folder
        self._megabytes = megabytes
        self.missing: str | None = "it is not mounted"
        """Why there is none."""

    def mount(self) -> None:
        """Have it, or know why not."""
        self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        said = self._run("mount", "-t", "tmpfs", "-o", f"size={self._megabytes}m,mode=0700", "tmpfs")
        self.missing = said or None

    def unmount(self) -> None:
        """Give it back."""
        if self.missing is None:
            self.missing = self._run("umount") or "it is not mounted"

    def fill(self) -> None:
        """Leave no room at all."""
        ballast = self.folder / "ballast"
        with ballast.open("wb", buffering=0) as file:
            try:
                while file.write(bytes(1 << 20)):
                    pass
            except OSError:  # full is what it shall be
                return

    def clear(self) -> None:
        """Make room again."""
        (self.folder / "ballast").unlink()

    def _run(self, *command: str) -> str:
        try:
            done = subprocess.run([*command, str(self.folder)], capture_output=True, text=True, check=False)
        except FileNotFoundError as error:
            return str(error)
        return "" if done.returncode == 0 else done.stderr.strip()


class ChaosHouse(House):
    """*jumping*: the one process (service and number) that goes by `clock`."""

    def __init__(
        self,
        data: Path,
        links: Links,
        *,
        seed: int,
        jumping: tuple[str, int],
        disk_megabytes: int,
        say: Callable[[str], None],
    ) -> None:
        super().__init__(data, say=say, replicas=dict.fromkeys(SERVICES, REPLICAS))
        self.jumping = jumping
        self.store = self.data / "nats" / "store"
        self.disk = Disk(self.store, disk_megabytes)
        self.lost_words = 0
        """How many words the links have lost on purpose."""
        self._seed = seed
        self._all = links
        self._links: dict[tuple[str, int, str], Link] = {}
        self._linking = threading.Lock()
        self.clock = FalseClock(self.data / "clock")

    def start(self) -> None:
        """As any house, with JetStream on its own disk where that can be had."""
        self.data.mkdir(mode=0o711, parents=True, exist_ok=True)
        self.clock.jump(0)
        self.disk.mount()
        super().start()

    def stop(self) -> None:
        """As any house."""
        super().stop()
        self.disk.unmount()

    def links(self, service: str, server: str, number: int | None = None) -> list[Link]:
        """From *service* (all its processes, or one) to ``postgres`` or ``nats``."""
        return [
            link for (of, n, to), link in self._links.items() if (of, to) == (service, server) and number in (None, n)
        ]

    def crash(self, name: str) -> None:
        """SIGKILL the program *name*, which then stays away until `start_service`."""
        with self._unchanged_by_others([name]):
            with self._lock:
                for place in self._places(name):
                    self._wanted.pop(place, None)
            self.kill(name)

    def pid_of(self, name: str) -> int:
        """The process of the program *name*, once it is there."""
        while (identity := self._programs[name].identity) is None:
            time.sleep(_LOOK_SECONDS)
        return identity.pid

    def ready(self) -> bool:
        """Whether every program does its work."""
        with self._lock:
            return all(name in self._wanted and program.ready() for name, program in self._programs.items())

    def empty_store(self) -> None:
        """Take JetStream's files away; the folder itself may be a disk."""
        for path in self.store.iterdir():
            if path.is_dir():
                shutil.rmtree(path)
            else:
                path.unlink()

    def copy_store(self, to: Path) -> None:
        """Keep JetStream's files as they are at this instant."""
        shutil.copytree(self.store, to)

    def put_store_back(self, copy: Path) -> None:
        """JetStream's files as they were."""
        self.empty_store()
        shutil.copytree(copy, self.store, dirs_exist_ok=True)

    def _process(self, service: str, number: int) -> ServiceProcess:
        settings = self._settings(service)
        for name, server in _URLS.items():
            url = urlsplit(settings[f"DESMIGRATIF_{name}"])
            place = f"{url.netloc.rpartition(':')[0]}:{self._link(service, number, server).number}"
            settings[f"DESMIGRATIF_{name}"] = urlunsplit(url._replace(netloc=place))
        if (service, number) == self.jumping:
            settings |= self.clock.environment()
        log = self.data / "logs" / f"{service}-{number}.log"
        return ServiceProcess(service, number, settings=settings, log=log)

    def _link(self, service: str, number: int, server: str) -> Link:
        with self._linking:
            key = (service, number, server)
            if key not in self._links:
                seed = f"{self._seed} {service} {number}"
                self._links[key] = self._all.to(self._ports[server].number, nats=server == NATS, seed=seed)
            return self._links[key]


def weather(links: list[Link], what: Weather = FAIR) -> None:
    """Let it go so on all of *links*."""
    for link in links:
        link.be(what)
