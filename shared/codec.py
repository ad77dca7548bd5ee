"""Private events to and from what stands in the log; personal fields sealed under the person's key."""

import base64
import dataclasses
import os
import typing
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, ClassVar
from uuid import UUID

import orjson
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from pydantic import TypeAdapter

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
class _Field:
    name: str
    adapter: TypeAdapter[Any]
    personal: bool


@dataclass(frozen=True, slots=True)
class _Kind:
    cls: type[Any]
    about: str | None
    fields: tuple[_Field, ...]
    personal: tuple[str, ...]


def _kind(cls: type[Any]) -> _Kind:
    hints = typing.get_type_hints(cls)
    fields = []
    for spec in dataclasses.fields(cls):
        if spec.name == "occurred":
            continue
        inner = _personal(hints[spec.name])
        fields.append(_Field(spec.name, TypeAdapter(inner or hints[spec.name]), personal=inner is not None))
    if cls.about is None and any(f.personal for f in fields):
        raise TypeError(f"{cls.name} has personal fields but does not say whose")
    return _Kind(cls, cls.about, tuple(fields), tuple(f.name for f in fields if f.personal))


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

    def encode(self, event: DomainEvent, event_id: UUID, key: tuple[UUID, bytes] | None) -> Encoded:
        """*key* (id and bytes) is needed where a personal field is known."""
        kind = self._kinds[event.name]
        person = self.person_of(event)
        key_id: UUID | None = None
        data: dict[str, Any] = {}
        for field in kind.fields:
            value = getattr(event, field.name)
            if isinstance(value, Known):
                if key is None or person is None:
                    raise ValueError(f"{event.name}.{field.name} has no key to be sealed with")
                key_id = key[0]
                plain = orjson.dumps(field.adapter.dump_python(value.value, mode="json"))
                data[field.name] = {"sealed": seal(key[1], person, event_id, field.name, plain)}
            elif isinstance(value, Erased):
                data[field.name] = {"erased": True}
            elif isinstance(value, Sealed):
                raise TypeError(f"{event.name}.{field.name} was never opened")
            else:
                data[field.name] = None if value is None else field.adapter.dump_python(value, mode="json")
        return Encoded(orjson.dumps(data).decode(), person, key_id)

    def decode(self, row: Mapping[str, Any], keys: Mapping[UUID, bytes | None] | None) -> DomainEvent:
        """The event in a row of the log. With *keys*, personal fields are opened; without, they stay `Sealed`."""
        kind = self._kinds.get(row["type"])
        if kind is None or row["schema_version"] > kind.cls.schema_version:
            raise UnknownSchema(row["type"], row["schema_version"])
        data = orjson.loads(row["data"])
        values: dict[str, Any] = {"occurred": Occurred(row["occurred_on"], row["occurred_precision"])}
        for field in kind.fields:
            value = data.get(field.name)
            if field.personal and isinstance(value, dict):
                values[field.name] = self._personal(row, field, value, keys)
            elif field.name in data:
                values[field.name] = None if value is None else field.adapter.validate_python(value)
        event: DomainEvent = kind.cls(**values)
        return event

    @staticmethod
    def _personal(
        row: Mapping[str, Any], field: _Field, value: dict[str, Any], keys: Mapping[UUID, bytes | None] | None
    ) -> Known[Any] | Sealed | Erased:
        if "erased" in value:
            return Erased()
        sealed = Sealed(row["person_id"], row["key_id"], row["event_id"], field.name, value["sealed"])
        if keys is None:
            return sealed
        key = keys.get(sealed.key_id)
        return Erased() if key is None else Known(field.adapter.validate_python(orjson.loads(unseal(key, sealed))))


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
