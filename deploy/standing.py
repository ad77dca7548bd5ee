"""Which house stands in a data folder: house.json, and the lock that tells whether it still holds true."""

import fcntl
import json
import os
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from deploy.program import HouseFailed
from deploy.secret_files import write_private

_WATCH_SECONDS = 0.05


def remembered(data: Path) -> dict[str, Any]:
    """house.json, empty where there is none."""
    path = data / "house.json"
    return dict(json.loads(path.read_text())) if path.exists() else {}


def must_stand(data: Path) -> None:
    """Return if a house stands in *data*.

    Raises:
        HouseFailed: none does.
    """
    try:
        held = os.open(data / "lock", os.O_RDONLY)
    except FileNotFoundError:
        raise _nothing_in(data) from None
    try:
        fcntl.flock(held, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return
    finally:
        os.close(held)
    raise _nothing_in(data)


def addresses_in(data: Path) -> dict[str, str]:
    """The base address of each service of the house that stands in the folder *data*.

    Raises:
        HouseFailed: none does.
    """
    must_stand(data)
    return {str(name): str(address) for name, address in remembered(data).get("addresses", {}).items()}


def hold(data: Path) -> int:
    """Take the lock of the folder *data*: it ends with this process, however that ends, or when it is closed.

    Raises:
        HouseFailed: a house stands there already.
    """
    held = os.open(data / "lock", os.O_RDWR | os.O_CREAT, 0o600)
    until = time.monotonic() + 1.0
    while True:
        try:
            fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            # A command that only asks whether a house stands here holds it for an instant.
            if time.monotonic() > until:
                os.close(held)
                raise HouseFailed(f"a house already stands in {data} · sudah ada yang berjalan di {data}") from None
            time.sleep(_WATCH_SECONDS)
        else:
            return held


@contextmanager
def standing(data: Path, addresses: Mapping[str, str]) -> Iterator[None]:
    """Let *data* be found as a house while this lasts, for services that run elsewhere, at *addresses*.

    Raises:
        HouseFailed: a house stands there already.
    """
    data.mkdir(mode=0o700, parents=True, exist_ok=True)
    held = hold(data)
    try:
        write_private(data / "house.json", json.dumps({"addresses": dict(addresses)}, indent=2))
        yield
    finally:
        os.close(held)


def _nothing_in(data: Path) -> HouseFailed:
    return HouseFailed(
        f"nothing runs in {data}; `desmigratif up` starts it"
        f" · belum ada yang berjalan di {data}; jalankan `desmigratif up`"
    )
