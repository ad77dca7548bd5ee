"""Tells whoever started this process how it is, in sd_notify's words: the house hears them, and so does systemd.

At a port that several processes share nobody can ask one of them by HTTP. A word is one datagram of ``NAME=value``
lines to the socket that ``NOTIFY_SOCKET`` names. Each says all of it anew: ``READY=1`` stands in it or does not, and
``STATUS=`` says in words what is waited for.
"""

import socket
from collections.abc import Sequence

import structlog

log = structlog.get_logger()


class Notifier:
    """Words to the socket at *address*: a path, or ``@`` and an abstract name. Without one nothing is sent."""

    def __init__(self, address: str | None) -> None:
        self._address = address
        self._told: bytes | None = None

    def waits_for(self, what: Sequence[str]) -> None:
        """This process is ready but for *what*; ready where that is empty. Sent once, until it is another."""
        self._tell("READY=1\nSTATUS=ready" if not what else f"STATUS=waits for {', '.join(what)}")

    def stopping(self) -> None:
        """This process listens no more."""
        self._tell("STOPPING=1\nSTATUS=stopping")

    def _tell(self, words: str) -> None:
        word = words.encode()
        if not self._address or word == self._told:
            return
        name = "\0" + self._address[1:] if self._address.startswith("@") else self._address
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as sending:
            sending.setblocking(False)
            try:
                sending.sendto(word, name)
            except OSError as error:  # full, or nobody there now: not told yet, so it is told when next asked to
                log.debug("not-notified", error=type(error).__name__)
            else:
                self._told = word
