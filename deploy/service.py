"""A process of one of the five services in this house: what it is told, and how it says whether it is ready."""

import os
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import ClassVar

import psutil

from deploy import SERVICES
from deploy.mailbox import Mailbox
from deploy.program import Identity, Program
from shared.rehearsal import FAULT

_CODE = Path(__file__).parents[1]
_FOREIGN = ("DESMIGRATIF_", "PG")
_HANDED_ON = (FAULT,)
"""Of the caller's settings only these mean any house: what is rehearsed in the one that is started."""
_SILENT = "it has not said anything yet"


def name_of(service: str, number: int) -> str:
    """The name of the *number*-th process of *service*: the first bears the service's own."""
    return service if number == 1 else f"{service}-{number}"


def told_to_run(service: str) -> list[str]:
    """What Python is told."""
    return ["-m", "services", service]


def service_of(command_line: Sequence[str]) -> str | None:
    """The service that a process with this *command_line* is of, if any."""
    return next((name for name in SERVICES if list(command_line[-3:]) == told_to_run(name)), None)


def runs_still(service: str, identity: Identity) -> bool:
    """Whether *identity* is a process of *service*, and not another that got its id."""
    process = identity.process()
    try:
        return process is not None and service_of(process.cmdline()) == service
    except psutil.Error:
        return False  # it has just ended


class ServiceProcess(Program):
    """``python -m services <service>`` at 127.0.0.1, the *number*-th of its service; all of them share a port.

    *settings*: its environment, ``DESMIGRATIF_…`` (see `shared.settings`). It holds the end of a pipe on stdin, so it
    ends by itself when the house is killed. It says by itself how it is: asked at the port, another might answer.
    """

    told_by_stdin: ClassVar = True

    def __init__(self, service: str, number: int, *, settings: Mapping[str, str], log: Path) -> None:
        super().__init__(name_of(service, number), log)
        self.service = service
        self.number = number
        self.waits_for = _SILENT
        self._settings = settings
        self._mailbox: Mailbox | None = None
        self._said_ready = False

    def command(self) -> Sequence[str | Path]:
        """The service, by this Python."""
        return [sys.executable, *told_to_run(self.service)]

    def folder(self) -> Path:
        """Where the code lies, so that it is found whether it is installed or not."""
        return _CODE

    def environment(self) -> Mapping[str, str]:
        """The caller's, but for what would name other servers, and ours. Unbuffered: a killed service keeps its log.

        Called at each launch: what is heard from now on is the new process's.
        """
        self._hear_no_more()
        self._mailbox = Mailbox()
        self._said_ready, self.waits_for = False, _SILENT
        return {
            **{
                name: value for name, value in os.environ.items() if name in _HANDED_ON or not name.startswith(_FOREIGN)
            },
            "PYTHONUNBUFFERED": "1",
            "NOTIFY_SOCKET": self._mailbox.address,
            "DESMIGRATIF_END_WITH_STDIN": "1",
            "DESMIGRATIF_SHARES_PORT": "1",
            **self._settings,
        }

    @property
    def running(self) -> bool:
        """Whether the process that was launched last lives; of one that does not nothing more is heard."""
        with self._lock:
            runs = super().running
            if not runs:
                self._hear_no_more()
            return runs

    def ready(self) -> bool:
        """Whether it said so last; *waits_for* keeps what it said otherwise."""
        with self._lock:
            if not self.running:
                return False
            word = self._mailbox.last() if self._mailbox else None
            if word is not None:
                self._said_ready = word.get("READY") == "1"
                self.waits_for = word.get("STATUS", "it does not say for what it waits")
            return self._said_ready

    def last_words(self) -> str:
        """The last error that it logged; what comes after is only its farewell."""
        errors = [line for line in self.words().splitlines() if '"level": "error"' in line or "Error:" in line]
        return errors[-1] if errors else super().last_words()

    def _hear_no_more(self) -> None:
        if self._mailbox is not None:
            self._mailbox.close()
            self._mailbox = None
