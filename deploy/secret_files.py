"""Passwords and keys of an embedded house: made once at random, kept in files that only their owner can read."""

import contextlib
import os
import secrets
from pathlib import Path


def write_private(path: Path, text: str) -> None:
    """Put *text* into *path*, mode 0600, whole or not at all: a reader never sees half a token."""
    fresh = path.with_name(path.name + ".new")
    with contextlib.suppress(FileNotFoundError):
        fresh.unlink()
    with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    fresh.replace(path)


class SecretFiles:
    """Secrets by name, one file each in *folder* (mode 0700)."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def path(self, name: str) -> Path:
        """Where the secret *name* is kept; the folder is made."""
        self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        return self.folder / name

    def get(self, name: str) -> str:
        """The secret *name*: 64 hexadecimal digits (256 bits), made when first asked for."""
        path = self.path(name)
        if not path.exists():
            write_private(path, secrets.token_hex(32))
        return path.read_text()
