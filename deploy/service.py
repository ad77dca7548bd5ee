"""One of the five services as a process of this house: what it is told, and how it is asked whether it is ready."""

import http.client
import json
import os
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import ClassVar

import psutil

from deploy.program import Identity, Program

_CODE = Path(__file__).parents[1]
_FOREIGN = ("DESMIGRATIF_", "PG")


class ServiceProcess(Program):
    """``python -m services.<name>.main`` on 127.0.0.1:*port*.

    *settings*: its environment, ``DESMIGRATIF_…`` (see `shared.settings`). It holds the end of a pipe on stdin, so it
    ends by itself when the house is killed. *former*: the process that an earlier house remembered.
    """

    told_by_stdin: ClassVar = True

    def __init__(
        self, name: str, *, port: int, settings: Mapping[str, str], log: Path, former: Identity | None = None
    ) -> None:
        super().__init__(name, log)
        self.port = port
        self.waits_for = "it has not answered yet"
        self._settings = settings
        self._former = former

    def command(self) -> Sequence[str | Path]:
        """The service's own module, by this Python."""
        return [sys.executable, "-m", self._module]

    def folder(self) -> Path:
        """Where the code lies, so that it is found whether it is installed or not."""
        return _CODE

    def environment(self) -> Mapping[str, str]:
        """The caller's, but for what would name other servers, and ours. Unbuffered: a killed service keeps its log."""
        theirs = {name: value for name, value in os.environ.items() if not name.startswith(_FOREIGN)}
        return {**theirs, "PYTHONUNBUFFERED": "1", "DESMIGRATIF_END_WITH_STDIN": "1", **self._settings}

    def ready(self) -> bool:
        """Whether ``/health/ready`` answers 200; *waits_for* keeps what it says otherwise."""
        if not self.running:
            return False
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=2)
        try:
            connection.request("GET", "/health/ready")
            answer = connection.getresponse()
            self.waits_for = _in_brief(answer.read())
        except (OSError, http.client.HTTPException):
            return False
        finally:
            connection.close()
        return answer.status == http.client.OK

    def find_former(self) -> Identity | None:
        """The remembered process, if it is still this service and not another that got its id."""
        process = self._former.process() if self._former else None
        try:
            return self._former if process and self._module in process.cmdline() else None
        except psutil.Error:
            return None  # it has just ended

    def last_words(self) -> str:
        """The last error that it logged; what comes after is only its farewell."""
        errors = [line for line in self.words().splitlines() if '"level": "error"' in line or "Error:" in line]
        return errors[-1] if errors else super().last_words()

    @property
    def _module(self) -> str:
        return f"services.{self.name}.main"


def _in_brief(body: bytes) -> str:
    try:
        return json.dumps(json.loads(body))[:300]
    except ValueError:
        return "it answers no JSON"
