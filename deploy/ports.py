"""Free TCP ports on 127.0.0.1 that stay ours while a house stands.

Ports are taken below the range from which Linux gives ports to outgoing connections (32768 and up): a service that is
being started again must not find its port taken by a stranger's connection. Between two houses that start at the same
instant a claim decides, not luck: a name in Linux's abstract socket namespace, which is as wide as the ports are (one
network namespace), knows no users, and ends with the process that holds it, however that ends.
"""

import os
import socket
import sys
from collections.abc import Iterator

_LAST = 32_000


class Port:
    """A port that nobody listened on when it was claimed. *number* is kept for us until `release`, or our end."""

    def __init__(self, number: int, claim: int | None) -> None:
        self.number = number
        self._claim = claim  # a bare descriptor: it may end with the process, unclosed, by intent

    def release(self) -> None:
        """Let other houses have it."""
        if self._claim is not None:
            os.close(self._claim)
            self._claim = None


def claim(preferred: int) -> Port:
    """Claim *preferred* or, if that is taken, the next free one in steps of ten.

    Raises:
        OSError: no port is free.
    """
    for number in _candidates(preferred):
        if port := _try(number):
            return port
    raise OSError(f"no free port on 127.0.0.1 from {preferred} to {_LAST}")


def _candidates(preferred: int) -> Iterator[int]:
    yield preferred
    yield from range(preferred + 10, _LAST, 10)


def _try(number: int) -> Port | None:
    try:
        port = Port(number, _hold_name(number))
    except OSError:
        return None
    with socket.socket(socket.AF_INET) as probe:
        # As a server would: connections of a former life that are still closing (TIME_WAIT) do not stand in the way.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", number))
            probe.listen(1)
        except OSError:
            port.release()
            return None
    return port


def _hold_name(number: int) -> int | None:
    if sys.platform != "linux":
        return None
    name = socket.socket(socket.AF_UNIX)
    try:
        name.bind(f"\0desmigratif-port-{number}")
    except OSError:
        name.close()
        raise
    return name.detach()
