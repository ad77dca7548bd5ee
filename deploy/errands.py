"""What a command asks of a house that stands: to stop, start or restart a service, or to run more or fewer of it.

One file each in ``data/errands/``: ``<id>.asked`` holds the errand and who asks; the house takes it away, does it, and
leaves ``<id>.answered``, which the asker takes away. An errand whose asker is gone is not done. The folder is its
owner's alone, and so is the house.
"""

import contextlib
import json
import os
import time
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Literal

from deploy import standing
from deploy.program import HouseFailed, Identity
from deploy.secret_files import write_private
from shared import ids

Deed = Literal["stop", "start", "restart", "scale"]

_LOOK_SECONDS = 0.05
_STANDS_SECONDS = 1.0


@dataclass(frozen=True, slots=True)
class Errand:
    """*deed* to each service of *services*; the figures count for "scale" alone: how many processes there shall be."""

    deed: Deed
    services: Mapping[str, int] = field(default_factory=dict)

    def __str__(self) -> str:
        counted = self.deed == "scale"
        return " ".join([self.deed, *(f"{name}={n}" if counted else name for name, n in self.services.items())])


@dataclass(frozen=True, slots=True)
class Taken:
    """An errand that the house has taken on."""

    errand: Errand
    _answer: Path

    def answer(self, why_not: str | None = None) -> None:
        """Say that it is done, or why it is not."""
        write_private(self._answer, json.dumps({"why_not": why_not}))


def ask(data: Path, errand: Errand) -> None:
    """Let the house in *data* do *errand*; returns when it is done.

    Raises:
        HouseFailed: it could not be done, and why; or no house stands there (any more), or one that takes no errands.
    """
    standing.must_stand(data)
    folder = _folder(data)
    if not folder.is_dir():
        raise HouseFailed(
            "who runs these services takes no errands: use its own commands, such as docker-compose restart"
            " · layanan ini dijalankan oleh docker-compose: pakai perintahnya sendiri"
        )
    asked = folder / f"{ids.random()}.asked"
    answered = asked.with_suffix(".answered")
    asker = Identity.of(os.getpid())
    if asker is None:
        raise RuntimeError("this process has an identity")
    write_private(asked, json.dumps({"errand": asdict(errand), "asker": asdict(asker)}))
    try:
        looked = time.monotonic()
        while not answered.exists():
            time.sleep(_LOOK_SECONDS)
            if time.monotonic() - looked > _STANDS_SECONDS:
                looked = time.monotonic()
                standing.must_stand(data)
        why_not = json.loads(answered.read_text())["why_not"]
    finally:
        for path in (asked, answered):
            path.unlink(missing_ok=True)
    if why_not:
        raise HouseFailed(why_not)


def take(data: Path) -> list[Taken]:
    """What was asked since the house looked before, each to be answered."""
    taken = []
    for path in sorted(_folder(data).glob("*.asked")):
        with contextlib.suppress(FileNotFoundError):  # its asker has thought better of it
            said: dict[str, Any] = json.loads(path.read_text())
            path.unlink()
            if Identity(**said["asker"]).process() is not None:
                taken.append(Taken(Errand(**said["errand"]), path.with_suffix(".answered")))
    return taken


def open_folder(data: Path) -> None:
    """From now on commands may ask; what nobody came for is taken away."""
    _folder(data).mkdir(mode=0o700, exist_ok=True)
    for path in _folder(data).glob("*.answered"):
        path.unlink(missing_ok=True)


def _folder(data: Path) -> Path:
    return data / "errands"
