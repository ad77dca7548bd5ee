"""The only place where an id is made."""

import hmac
from hashlib import sha1, sha256
from uuid import UUID, uuid4

_STREAMS = UUID("5f3c1c86-7d0e-5a3b-9a55-0d6b1b0f4c11")


def random() -> UUID:
    """An id that nothing can be told from."""
    return uuid4()


PROCESS: UUID = random()
"""This process: by it one knows its leases, spans, log lines and connections to the database as its own."""


def keyed(secret: bytes, *parts: str) -> bytes:
    """HMAC-SHA256 over *parts*, unambiguous however they are cut."""
    spelled = [part.encode() for part in parts]
    return hmac.digest(secret, b"".join([b"%d:%b" % (len(part), part) for part in spelled]), sha256)


def command_id(secret: bytes, caller: str, operation: str, key: str) -> UUID:
    """A UUIDv8 that only this log can compute: callers use a NIK as key, and person ids are made from it."""
    return _uuid(keyed(secret, "command", caller, operation, key), version=8)


def nth(command: UUID, n: int | str) -> UUID:
    """The id of the n-th thing that a command makes: the same at every retry."""
    return _uuid5(command, str(n))


def stream_of(kind: str, of: UUID | str) -> UUID:
    """The stream of the one *kind* of history that *of* can have (a worker's service file, a village's designation)."""
    return _uuid5(_STREAMS, f"{kind}:{of}")


def _uuid5(space: UUID, name: str) -> UUID:
    """`uuid.uuid5` in half the time: every event takes several."""
    return _uuid(sha1(space.bytes + name.encode(), usedforsecurity=False).digest(), version=5)


def _uuid(digest: bytes, version: int) -> UUID:
    """The first 128 bits of *digest*, but for the six that say that this is a UUID, and of which version (RFC 9562)."""
    bits = int.from_bytes(digest[:16])
    return UUID(int=bits & ~(0xF000 << 64) & ~(0xC000 << 48) | version << 76 | 1 << 63)
