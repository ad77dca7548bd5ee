"""Personal fields: what the law calls personal data, typed so that it cannot travel or be printed by accident.

A field of an event declared as ``Personal[str]`` is encrypted at rest under the person's own key (P6). Read back it
is `Known` where the key is at hand, `Sealed` where nobody asked for it to be opened (a view keeps it so), and
`Erased` once the key is destroyed: a value of its own, not an error.
"""

from dataclasses import dataclass
from typing import Generic, TypeVar
from uuid import UUID

T = TypeVar("T")


@dataclass(frozen=True, slots=True, repr=False)
class Known(Generic[T]):
    """The value itself. It never prints: `repr` of an event must be fit for a log line."""

    value: T

    def __repr__(self) -> str:
        return "Known(…)"


@dataclass(frozen=True, slots=True, repr=False)
class Sealed:
    """AES-256-GCM ciphertext, unchanged from the event; bound to person, event and field."""

    person_id: UUID
    key_id: UUID
    event_id: UUID
    field: str
    box: str

    def __repr__(self) -> str:
        return "Sealed(…)"


@dataclass(frozen=True, slots=True)
class Erased:
    """The person's key was destroyed (penghapusan, UU 27/2022 Ps 43-44): the value is gone for good."""


Personal = Known[T] | Sealed | Erased


def known(field: Personal[T] | None) -> T | None:
    """The value of *field* where it can be read, else None."""
    return field.value if isinstance(field, Known) else None
