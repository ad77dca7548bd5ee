"""`desmigratif stop` and `start`: one service of a house, while the others go on."""

import time
from collections.abc import Callable
from pathlib import Path

import httpx

from deploy.command.failures import Failure
from deploy.house import addresses_in, let_run, stay_ended

_WITHIN_SECONDS = 60.0
_LOOK_SECONDS = 0.1


def stop(data: Path, service: str) -> None:
    """Returns when *service* does not answer any more."""
    address = addresses_in(data)[service]
    stay_ended(data, service)
    _until(lambda: _health(address, "live") is None, f"{service} still answers · {service} masih menjawab")


def start(data: Path, service: str) -> None:
    """Returns when *service* is ready."""
    address = addresses_in(data)[service]
    let_run(data, service)
    _until(lambda: _health(address, "ready") == httpx.codes.OK, f"{service} is not ready · {service} belum siap")


def _health(address: str, which: str) -> int | None:
    try:
        return httpx.get(f"{address}/health/{which}", timeout=2.0).status_code
    except httpx.HTTPError:
        return None


def _until(done: Callable[[], bool], otherwise: str) -> None:
    until = time.monotonic() + _WITHIN_SECONDS
    while not done():
        if time.monotonic() > until:
            raise Failure(otherwise)
        time.sleep(_LOOK_SECONDS)
