"""Which house stands in a data folder: house.json, and the lock that tells whether it still holds true."""

import fcntl
import json
import os
from pathlib import Path
from typing import Any

from deploy.program import HouseFailed


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


def _nothing_in(data: Path) -> HouseFailed:
    return HouseFailed(
        f"nothing runs in {data}; `desmigratif up` starts it"
        f" · belum ada yang berjalan di {data}; jalankan `desmigratif up`"
    )
