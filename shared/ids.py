"""The only place where an id is made."""

import hmac
from hashlib import sha256
from uuid import UUID, uuid4, uuid5

_STREAMS = UUID("5f3c1c86-7d0e-5a3b-9a55-0d6b1b0f4c11")


def random() -> UUID:
    """An id that nothing can be told from."""
    return uuid4()


PROCESS: UUID = random()
"""This process: by it one knows its leases, spans, log lines and connections to the database as its own."""


def keyed(secret: bytes, *parts: str) -> bytes:
    """HMAC-SHA256 over *parts*, unambiguous however they are cut."""
    return hmac.digest(secret, b"".join(f"{len(p.encode())}:".encode() + p.encode() for p in parts), sha256)


def command_id(secret: bytes, caller: str, operation: str, key: str) -> UUID:
    """A UUIDv8 that only this log can compute: callers use a NIK as key, and person ids are made from it."""
    raw = bytearray(keyed(secret, "command", caller, operation, key)[:16])
    raw[6] = raw[6] & 0x0F | 0x80
    raw[8] = raw[8] & 0x3F | 0x80
    return UUID(bytes=bytes(raw))


def nth(command: UUID, n: int | str) -> UUID:
    """The id of the n-th thing that a command makes: the same at every retry."""
    return uuid5(command, str(n))


def stream_of(kind: str, of: UUID | str) -> UUID:
    """The stream of the one *kind* of history that *of* can have (a worker's service file, a village's designation)."""
    return uuid5(_STREAMS, f"{kind}:{of}")
