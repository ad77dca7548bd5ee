"""Where a process says how it is: the supervisor's end of sd_notify (see `shared.notify` for the words).

On Linux the socket has an abstract name that the kernel chooses, so no folder's path is too long for it and nothing
is left behind; elsewhere it is a file in a temporary folder.
"""

import contextlib
import socket
import sys
import tempfile
from pathlib import Path

_MOST_BYTES = 4096


class Mailbox:
    """A socket of one process's own. *address* is what it is told as ``NOTIFY_SOCKET``."""

    def __init__(self) -> None:
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self._socket.setblocking(False)
        self._folder: tempfile.TemporaryDirectory[str] | None = None
        if sys.platform == "linux":
            self._socket.bind("")
            self.address = "@" + self._socket.getsockname()[1:].decode()
        else:
            self._folder = tempfile.TemporaryDirectory(prefix="desmigratif-")
            self.address = str(Path(self._folder.name) / "notify")
            self._socket.bind(self.address)

    def last(self) -> dict[str, str] | None:
        """The last word that came since it was asked before, its lines by name; None where none came."""
        word = None
        with contextlib.suppress(BlockingIOError):
            while True:
                word = self._socket.recv(_MOST_BYTES)
        if word is None:
            return None
        lines = (line.partition("=") for line in word.decode(errors="replace").splitlines())
        return {name: value for name, _, value in lines}

    def close(self) -> None:
        """Hear no more."""
        self._socket.close()
        if self._folder is not None:
            self._folder.cleanup()
