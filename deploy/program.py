"""One process of the house: launched in a session of its own, asked whether it is ready, ended gently.

Every process gets its own session, so a Ctrl-C in the terminal reaches the house alone and the house decides the
order in which things end. Safe to call from several threads.
"""

import contextlib
import os
import signal
import subprocess
import threading
import time
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

import psutil

_LOG_LIMIT_BYTES = 50 * 1024 * 1024
_POLL_SECONDS = 0.05


class HouseFailed(Exception):
    """The house, or a part of it, cannot run. The message says why in words fit for the person who started it."""


@dataclass(frozen=True, slots=True)
class Identity:
    """A process beyond doubt: its id may be given out again, but not with the same *create_time* (epoch seconds)."""

    pid: int
    create_time: float

    @classmethod
    def of(cls, pid: int) -> "Identity | None":
        """Whoever has this *pid* now."""
        try:
            return cls(pid, psutil.Process(pid).create_time())
        except psutil.NoSuchProcess:
            return None

    def process(self) -> psutil.Process | None:
        """The process, if it still runs."""
        try:
            found = psutil.Process(self.pid)
            alive = found.create_time() == self.create_time and found.status() != psutil.STATUS_ZOMBIE
        except psutil.NoSuchProcess:
            return None
        return found if alive else None


class Program(ABC):
    """A program with a *name* and a *log* file (appended to; begun anew beyond 50 MB)."""

    gentle: ClassVar[signal.Signals] = signal.SIGTERM
    """What asks it to end."""
    harsh: ClassVar[signal.Signals] = signal.SIGKILL
    """What is sent when it has not ended after *patience_seconds*."""
    patience_seconds: ClassVar[float] = 15.0
    takes_group_along: ClassVar[bool] = True
    """Whether what it left behind in its process group is ended when it dies: a port must be free for the next."""
    told_by_stdin: ClassVar[bool] = False
    """Whether it holds the end of a pipe on stdin, which closes when this process dies, however it dies."""

    def __init__(self, name: str, log: Path) -> None:
        self.name = name
        self.log = log
        self.identity: Identity | None = None
        self.ended_with: int | None = None
        self._process: subprocess.Popen[bytes] | None = None
        self._log_begins = 0
        self._lock = threading.RLock()

    # What each kind of program says of itself

    @abstractmethod
    def command(self) -> Sequence[str | Path]:
        """What is run. Called at each launch, so also the place to write its configuration."""

    @abstractmethod
    def ready(self) -> bool:
        """Whether it does its work now."""

    def environment(self) -> Mapping[str, str]:
        """The whole environment of the process. By default a bare one: the caller's settings mean other servers."""
        return {"PATH": os.environ.get("PATH", os.defpath), "LC_ALL": "C", "TZ": "UTC"}

    def folder(self) -> Path | None:
        """The folder in which it runs; None: the caller's."""
        return None

    def find_former(self) -> Identity | None:
        """A process of this program that an earlier house left behind on the same files."""
        return None

    # What is done with it

    @property
    def running(self) -> bool:
        """Whether the process that was launched last lives."""
        with self._lock:
            if self._process is None:
                return False
            # WNOWAIT: look without reaping, so that the process group keeps its number until it is cleared away.
            with contextlib.suppress(ChildProcessError):  # somebody else reaped it
                if os.waitid(os.P_PID, self._process.pid, os.WEXITED | os.WNOHANG | os.WNOWAIT) is None:
                    return True
            if self.takes_group_along:
                with contextlib.suppress(ProcessLookupError, PermissionError):  # both: nothing but the dead leader
                    os.killpg(self._process.pid, signal.SIGKILL)
            self.ended_with = self._process.wait()
            if self._process.stdin:
                self._process.stdin.close()
            self._process = self.identity = None
            return False

    def launch(self) -> None:
        """Begin the process and return; nothing happens if it runs.

        Raises:
            HouseFailed: what it needs cannot be had.
            OSError: the system refuses.
        """
        with self._lock:
            if self.running:
                return
            command = [str(part) for part in self.command()]
            self.log.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            if self.log.exists() and self.log.stat().st_size > _LOG_LIMIT_BYTES:
                self.log.replace(self.log.with_name(self.log.name + ".1"))
            with self.log.open("ab") as log:
                self._log_begins = log.tell()
                self._process = subprocess.Popen(
                    command,
                    stdin=subprocess.PIPE if self.told_by_stdin else subprocess.DEVNULL,
                    stdout=log,
                    stderr=subprocess.STDOUT,
                    env=dict(self.environment()),
                    cwd=self.folder(),
                    start_new_session=True,
                )
            self.identity = Identity.of(self._process.pid)

    def start(self, patience_seconds: float = 60.0, *, waiting: Callable[[str], None] | None = None) -> None:
        """Launch it and return when it is ready; one that ends early is launched again.

        *waiting* is told once, in plain words, when a former life is in the way.

        Raises:
            HouseFailed: not ready after *patience_seconds*; the reason is its last line in the log.
        """
        self.end_former()
        until = time.monotonic() + patience_seconds
        pause = 0.1
        self.launch()
        while not self.ready():
            if time.monotonic() > until:
                raise HouseFailed(f"{self.name} is not ready after {patience_seconds:.0f} s: {self.last_words()}")
            if self.running:
                time.sleep(_POLL_SECONDS)
                continue
            hindrance = self.hindrance()
            if hindrance is None:
                raise HouseFailed(f"{self.name} ended at its start ({self.how_it_ended()}): {self.last_words()}")
            if waiting:
                waiting(hindrance)
                waiting = None
            time.sleep(pause)
            pause = min(pause * 2, 1.0)
            self.launch()

    def hindrance(self) -> str | None:
        """Why it could not start just now, in plain words, where waiting is the cure; else None."""
        return None

    def ask_to_end(self) -> None:
        """Send the gentle signal, if it runs; one that was paused goes on first, so that it can end."""
        self._send(signal.SIGCONT)
        self._send(self.gentle)

    def stop(self) -> None:
        """End it gently, harshly after *patience_seconds*, and return when it is gone."""
        self.ask_to_end()
        self.wait_until_gone(self.patience_seconds)
        if self.running:
            self.stop_harshly()

    def stop_harshly(self) -> None:
        """End what did not end gently; returns when it is gone, at the latest after *patience_seconds*."""
        self._send(self.harsh)
        self.wait_until_gone(self.patience_seconds)

    def kill(self) -> None:
        """SIGKILL, as a crash would; returns when it is gone. What it was serving is cut off."""
        with self._lock:
            killed = self._process
            self._send(signal.SIGKILL)
        # The house may have started the next one already: wait for this one alone.
        while killed is not None and self.running and self._process is killed:
            time.sleep(_POLL_SECONDS / 5)

    def wait_until_gone(self, seconds: float) -> None:
        """Return when it does not run, at the latest after *seconds*."""
        until = time.monotonic() + seconds
        while self.running and time.monotonic() < until:
            time.sleep(_POLL_SECONDS / 5)

    def end_former(self) -> None:
        """End what an earlier house left running on the same files, gently, and wait for it.

        Raises:
            HouseFailed: it does not end, or belongs to another user.
        """
        former = self.find_former()
        if former is None or (self.identity and former.pid == self.identity.pid):
            return
        end(former, self.name, self.gentle, self.harsh, self.patience_seconds)

    def last_words(self) -> str:
        """The last line that this launch left in the log."""
        lines = self.words().splitlines()
        return lines[-1] if lines else f"it left no word in {self.log}"

    def words(self) -> str:
        """What this launch wrote to the log so far, its last 4,000 bytes."""
        if not self.log.exists():
            return ""
        with self.log.open("rb") as log:
            size = log.seek(0, os.SEEK_END)
            log.seek(max(self._log_begins, size - 4_000))
            return log.read().decode(errors="replace").strip()

    def how_it_ended(self) -> str:
        """The exit of the launch before, in words."""
        if self.ended_with is None:
            return "not yet"
        return signal.Signals(-self.ended_with).name if self.ended_with < 0 else f"exit {self.ended_with}"

    def _send(self, number: signal.Signals) -> None:
        with self._lock:
            if self.running and self._process is not None:
                self._process.send_signal(number)


def end(whom: Identity, name: str, gentle: signal.Signals, harsh: signal.Signals, patience_seconds: float) -> None:
    """End a process that is no child of ours: *gentle*, then *harsh*; return when it is gone.

    Raises:
        HouseFailed: it does not end, or belongs to another user.
    """
    for number in (gentle, harsh):
        process = whom.process()
        if process is None:
            return
        try:
            process.send_signal(signal.SIGCONT)  # it may have been paused
            process.send_signal(number)
        except psutil.NoSuchProcess:
            return
        except psutil.AccessDenied:
            raise HouseFailed(f"{name} is still run here by another user (process {whom.pid})") from None
        until = time.monotonic() + patience_seconds
        while whom.process() is not None and time.monotonic() < until:
            time.sleep(_POLL_SECONDS)
    if whom.process() is not None:
        raise HouseFailed(f"{name} of an earlier start (process {whom.pid}) does not end")
