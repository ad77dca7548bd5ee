"""Private events to and from what stands in the log; personal fields sealed under the person's key."""

import base64
import dataclasses
import os
import typing
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, Optional
from uuid import UUID

import asyncpg
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from pydantic import TypeAdapter
from typing_extensions import TypedDict

from shared.decider import DomainEvent
from shared.personal import Erased, Known, Sealed
from shared.vocabulary import Occurred


@dataclass(frozen=True, slots=True, kw_only=True)
class LogRestored:
    """The log was put back to an earlier state: it goes on under a new name.

    *kept* is the last published number that still stands, *kept_position* the last log position.
    """

    name: ClassVar[str] = "LogRestored"
    schema_version: ClassVar[int] = 1
    about: ClassVar[str | None] = None
    erases: ClassVar[bool] = False

    occurred: Occurred
    former_log_id: UUID
    kept: int
    kept_position: int


class UnknownSchema(Exception):
    """The log holds a fact that this code is too old to read: the service must not be ready."""

    def __init__(self, name: str, version: int) -> None:
        super().__init__(f"{name} v{version} is newer than this code")
        self.name = name
        self.version = version


@dataclass(frozen=True, slots=True)
class _Kind:
    """One type of event: *row* is all its fields as they are stored, personal ones boxed; *personal* each of these."""

    cls: type[Any]
    about: str | None
    fields: tuple[str, ...]
    row: TypeAdapter[Any]
    personal: Mapping[str, TypeAdapter[Any]]


def _kind(cls: type[Any]) -> _Kind:
    hints = typing.get_type_hints(cls)
    fields = tuple(spec.name for spec in dataclasses.fields(cls) if spec.name != "occurred")
    personal = {name: TypeAdapter(inner) for name in fields if (inner := _personal(hints[name]))}
    if cls.about is None and personal:
        raise TypeError(f"{cls.name} has personal fields but does not say whose")
    # All of a row in one call: field by field it took three times as long.
    stored: Any = {name: dict[str, Any] if name in personal else hints[name] for name in fields}
    row: Any = TypedDict(cls.name, {name: Optional[hint] for name, hint in stored.items()}, total=False)  # type: ignore[misc]  # noqa: UP045 - made for each type
    return _Kind(cls, cls.about, fields, TypeAdapter(row), personal)


def _personal(hint: Any) -> Any:
    """The T of a ``Personal[T]``, or None for any other type."""
    for option in typing.get_args(hint):
        if typing.get_origin(option) is Known:
            return typing.get_args(option)[0]
    return None


@dataclass(frozen=True, slots=True)
class Encoded:
    """An event ready for the log; *key_id* where a personal field was sealed."""

    data: str
    person_id: UUID | None
    key_id: UUID | None


class Catalogue:
    """The event types of one service by their durable names."""

    def __init__(self, events: Iterable[Any]) -> None:
        self._kinds = {cls.name: _kind(cls) for cls in (*events, LogRestored)}

    def versions(self) -> dict[str, int]:
        """The newest schema version that this code reads, by name."""
        return {name: kind.cls.schema_version for name, kind in self._kinds.items()}

    def needs_key(self, event: DomainEvent) -> bool:
        """Whether *event* has a personal field to seal."""
        return any(isinstance(getattr(event, name), Known) for name in self._kinds[event.name].personal)

    def person_of(self, event: DomainEvent) -> UUID | None:
        """The person *event* is about."""
        about = self._kinds[event.name].about
        person: UUID | None = getattr(event, about) if about else None
        return person

    def sealed_in(self, event: DomainEvent, names: Collection[str]) -> dict[str, Sealed]:
        """The personal fields of *event* of these names that nobody has opened."""
        personal = self._kinds[event.name].personal
        return {name: value for name in names if name in personal and isinstance(value := getattr(event, name), Sealed)}

    def opened(self, event: DomainEvent, names: Collection[str], keys: Mapping[UUID, bytes | None]) -> DomainEvent:
        """*event* with its personal fields of these names opened; `Erased` where *keys* has none for it."""
        personal = self._kinds[event.name].personal
        fields = {name: _open(sealed, personal[name], keys) for name, sealed in self.sealed_in(event, names).items()}
        return dataclasses.replace(event, **fields)  # type: ignore[type-var]

    def encode(self, event: DomainEvent, event_id: UUID, key: tuple[UUID, bytes] | None) -> Encoded:
        """*key* (id and bytes) is needed where a personal field is known."""
        kind = self._kinds[event.name]
        person = self.person_of(event)
        data: dict[str, Any] = {name: getattr(event, name) for name in kind.fields}
        sealed_with = None
        for name, adapter in kind.personal.items():
            value = data[name]
            if isinstance(value, Known):
                if key is None or person is None:
                    raise ValueError(f"{event.name}.{name} has no key to be sealed with")
                sealed_with = key[0]
                data[name] = {"sealed": seal(key[1], person, event_id, name, adapter.dump_json(value.value))}
            elif isinstance(value, Erased):
                data[name] = {"erased": True}
            elif isinstance(value, Sealed):
                raise TypeError(f"{event.name}.{name} was never opened")
        return Encoded(kind.row.dump_json(data).decode(), person, sealed_with)

    def decode(self, row: Mapping[str, Any] | asyncpg.Record, keys: Mapping[UUID, bytes | None] | None) -> DomainEvent:
        """The event in a row of the log. With *keys*, personal fields are opened; without, they stay `Sealed`."""
        kind = self._kinds.get(row["type"])
        if kind is None or row["schema_version"] > kind.cls.schema_version:
            raise UnknownSchema(row["type"], row["schema_version"])
        values: dict[str, Any] = kind.row.validate_json(row["data"])
        for name, adapter in kind.personal.items():
            if box := values.get(name):
                values[name] = _opened(row, name, adapter, box, keys)
        event: DomainEvent = kind.cls(occurred=Occurred(row["occurred_on"], row["occurred_precision"]), **values)
        return event


def _opened(
    row: Mapping[str, Any] | asyncpg.Record,
    name: str,
    adapter: TypeAdapter[Any],
    box: Mapping[str, Any],
    keys: Mapping[UUID, bytes | None] | None,
) -> Known[Any] | Sealed | Erased:
    if "erased" in box:
        return Erased()
    sealed = Sealed(row["person_id"], row["key_id"], row["event_id"], name, box["sealed"])
    return sealed if keys is None else _open(sealed, adapter, keys)


def _open(sealed: Sealed, adapter: TypeAdapter[Any], keys: Mapping[UUID, bytes | None]) -> Known[Any] | Erased:
    key = keys.get(sealed.key_id)
    return Erased() if key is None else Known(adapter.validate_json(unseal(key, sealed)))


def _bound_to(person: UUID, event: UUID, field: str) -> bytes:
    return f"{person}|{event}|{field}".encode()


def seal(key: bytes, person: UUID, event: UUID, field: str, plain: bytes) -> str:
    """AES-256-GCM, bound to person, event and field; base64."""
    nonce = os.urandom(12)
    return base64.b64encode(nonce + AESGCM(key).encrypt(nonce, plain, _bound_to(person, event, field))).decode()


def unseal(key: bytes, sealed: Sealed) -> bytes:
    """What `seal` hid; `InvalidTag` where the box was moved or altered."""
    raw = base64.b64decode(sealed.box)
    return AESGCM(key).decrypt(raw[:12], raw[12:], _bound_to(sealed.person_id, sealed.event_id, sealed.field))


def sealed_json(field: object) -> dict[str, str] | None:
    """A personal field as a view keeps it, ciphertext unchanged; None for one that is erased or absent."""
    if not isinstance(field, Sealed):
        return None
    return {
        "person": str(field.person_id),
        "key": str(field.key_id),
        "event": str(field.event_id),
        "field": field.field,
        "box": field.box,
    }


def sealed_from(stored: Mapping[str, str]) -> Sealed:
    """The inverse of `sealed_json`."""
    return Sealed(UUID(stored["person"]), UUID(stored["key"]), UUID(stored["event"]), stored["field"], stored["box"])


__all__ = ["Catalogue", "Encoded", "InvalidTag", "LogRestored", "UnknownSchema", "sealed_from", "sealed_json", "unseal"]
