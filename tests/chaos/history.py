"""Everything that was asked and everything that was answered, line by line as it happened (JSONL).

A line is a call or an answer. What is sent again under the same Idempotency-Key is one request with several sendings.
"""

import itertools
import time
from collections.abc import Iterable
from dataclasses import asdict, dataclass, field
from hashlib import sha256
from pathlib import Path
from typing import Any, Literal

import orjson

NOT_DONE = frozenset({"busy", "not-yet-heard", "parked"})
"""Problems under 503 that say that this sending did nothing."""

Outcome = Literal["acknowledged", "refused", "unknown"]


@dataclass(frozen=True, slots=True)
class Asked:
    """A request as a client meant it.

    *life*: whose. *kind*: what it is for; *key*: its Idempotency-Key, empty for a read. *race*: of all that share it
    one at most may be done. *expects*: what a read must be answered, by the client's own acknowledged writes; null
    where the client cannot say.
    """

    request: str
    client: str
    life: str
    kind: str
    service: str
    method: str
    path: str
    key: str = ""
    body: dict[str, Any] | None = None
    if_match: str | None = None
    race: str = ""
    expects: dict[str, Any] | None = None

    @property
    def operation(self) -> str:
        """What the log counts as one operation: method and route."""
        parts = self.path.strip("/").split("/")
        return f"{self.method} /{'/'.join('{trip_id}' if n == 1 else part for n, part in enumerate(parts))}"

    @property
    def fingerprint(self) -> str:
        """Of the body, as it stands in the history."""
        return sha256(orjson.dumps(self.body, option=orjson.OPT_SORT_KEYS)).hexdigest()[:16]


@dataclass(slots=True)
class Sending:
    """One time that a request went out. Times are monotonic seconds; *answered* is null while nobody answered."""

    called: float
    after: str | None
    answered: float | None = None
    status: int | None = None
    slug: str = ""
    body: Any = None
    position: str | None = None
    error: str = ""

    @property
    def outcome(self) -> Outcome:
        """What the client knows of this sending."""
        if self.status is None or (self.status >= 500 and self.slug not in NOT_DONE):
            return "unknown"
        return "acknowledged" if self.status < 300 else "refused"


@dataclass(slots=True)
class Request:
    """What was asked, and every sending of it."""

    asked: Asked
    sendings: list[Sending] = field(default_factory=list)

    @property
    def outcome(self) -> Outcome:
        """Acknowledged if any sending was; refused if all were, for whatever reason."""
        outcomes = {sending.outcome for sending in self.sendings}
        if "acknowledged" in outcomes:
            return "acknowledged"
        return "unknown" if "unknown" in outcomes or not outcomes else "refused"

    @property
    def acknowledged(self) -> list[Sending]:
        """The sendings that were answered 2xx, the first answer first."""
        found = [sending for sending in self.sendings if sending.outcome == "acknowledged"]
        return sorted(found, key=lambda sending: sending.answered or 0.0)


class History:
    """Writes it down. Each line is in the file before the request is sent, or before the client goes on."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._file = path.open("ab", buffering=0)
        self._sendings = itertools.count(1)
        self._asked: set[str] = set()

    def close(self) -> None:
        """No more."""
        self._file.close()

    def call(self, asked: Asked, after: str | None) -> int:
        """*asked* is sent now; the number of this sending."""
        number = next(self._sendings)
        said: dict[str, Any] = {"at": time.monotonic(), "what": "call", "sending": number, "request": asked.request}
        if asked.request not in self._asked:
            self._asked.add(asked.request)
            said["asked"] = asdict(asked)
        self._write(said | {"fingerprint": asked.fingerprint, "after": after})
        return number

    def answer(self, number: int, **answer: Any) -> None:
        """What became of the sending *number*: the fields of `Sending`."""
        self._write({"at": time.monotonic(), "what": "answer", "sending": number, **answer})

    def note(self, what: str, **said: Any) -> None:
        """What happened besides, such as a fault."""
        self._write({"at": time.monotonic(), "what": what, **said})

    def _write(self, said: dict[str, Any]) -> None:
        self._file.write(orjson.dumps(said) + b"\n")


def read(lines: Iterable[bytes]) -> list[Request]:
    """The requests of a history, in the order of their first sending."""
    requests: dict[str, Request] = {}
    sendings: dict[int, Sending] = {}
    for line in lines:
        said = orjson.loads(line)
        if said["what"] == "call":
            if "asked" in said:
                requests[said["request"]] = Request(Asked(**said["asked"]))
            sending = sendings[said["sending"]] = Sending(said["at"], said["after"])
            requests[said["request"]].sendings.append(sending)
        elif said["what"] == "answer":
            sending = sendings[said["sending"]]
            sending.answered = said["at"]
            for name in ("status", "slug", "body", "position", "error"):
                setattr(sending, name, said.get(name, getattr(sending, name)))
    return list(requests.values())
