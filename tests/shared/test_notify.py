import socket
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from shared.notify import Notifier


@pytest.fixture
def path() -> Iterator[Path]:
    """Short: the name of a socket is at most 108 bytes long."""
    with tempfile.TemporaryDirectory() as folder:
        yield Path(folder) / "notify"


def test_a_word_is_said_once_until_it_is_another(path: Path) -> None:
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as hearing:
        hearing.bind(str(path))
        hearing.setblocking(False)
        notifier = Notifier(str(path))
        for what in (["bus"], ["bus"], [], [], ["bus"]):
            notifier.waits_for(what)
        assert [hearing.recv(100) for _ in range(3)] == [
            b"STATUS=waits for bus",
            b"READY=1\nSTATUS=ready",
            b"STATUS=waits for bus",
        ]
        with pytest.raises(BlockingIOError):
            hearing.recv(100)


def test_what_could_not_be_said_is_said_when_there_is_an_ear(path: Path) -> None:
    notifier = Notifier(str(path))
    notifier.waits_for([])
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as hearing:
        hearing.bind(str(path))
        hearing.setblocking(False)
        notifier.waits_for([])
        assert hearing.recv(100) == b"READY=1\nSTATUS=ready"


def test_without_an_address_nothing_is_said() -> None:
    Notifier(None).waits_for([])
    Notifier("").stopping()
