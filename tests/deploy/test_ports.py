import socket
import subprocess
import sys
from pathlib import Path

import pytest

from deploy import ports

START = 27_000


def test_a_port_that_somebody_listens_on_is_avoided() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        number = taken.getsockname()[1]
        # Above the last of ours there is no next one to try.
        with pytest.raises(OSError, match="no free port"):
            ports.claim(number)
    port = ports.claim(number)
    assert port.number == number
    port.release()


@pytest.mark.skipif(sys.platform != "linux", reason="abstract names are Linux's")
def test_two_that_start_at_the_same_instant_do_not_get_the_same_port() -> None:
    first, second = ports.claim(START), ports.claim(START)
    assert second.number > first.number
    first.release()
    again = ports.claim(first.number)
    assert again.number == first.number
    second.release()
    again.release()


@pytest.mark.skipif(sys.platform != "linux", reason="abstract names are Linux's")
def test_a_claim_ends_with_its_process() -> None:
    code = "import sys; from deploy import ports; print(ports.claim(int(sys.argv[1])).number, flush=True); input()"
    process = subprocess.Popen(
        [sys.executable, "-c", code, str(START + 3)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        cwd=Path(__file__).parents[2],
    )
    assert process.stdout is not None
    number = int(process.stdout.readline())
    while_it_runs = ports.claim(number)
    process.kill()
    process.communicate()
    afterwards = ports.claim(number)
    assert (while_it_runs.number > number, afterwards.number) == (True, number)
    while_it_runs.release()
    afterwards.release()


def test_connections_that_are_still_closing_do_not_stand_in_the_way() -> None:
    port = ports.claim(START + 5)
    with socket.create_server(("127.0.0.1", port.number)) as server:
        client = socket.create_connection(server.getsockname())
        inside, _ = server.accept()
        inside.close()  # the side that closes first keeps the port in TIME_WAIT
        client.close()
    port.release()
    again = ports.claim(port.number)
    assert again.number == port.number
    again.release()
