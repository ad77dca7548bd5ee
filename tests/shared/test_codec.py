"""Personal fields are sealed under the person's key and bound to person, event and field."""

import base64
import dataclasses
import os
import uuid
from datetime import date
from typing import Any
from uuid import UUID

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.codec import Catalogue, InvalidTag, UnknownSchema, seal, sealed_from, sealed_json, unseal
from shared.personal import Erased, Known, Sealed
from shared.vocabulary import Occurred
from tests.shared.tiny import DAY, Noted, Registered

CATALOGUE = Catalogue([Registered, Noted])
PERSON, EVENT, KEY_ID = uuid.uuid4(), uuid.uuid4(), uuid.uuid4()
KEY = os.urandom(32)


def registered(full_name: Any, born: Any = None) -> Registered:
    return Registered(occurred=Occurred(DAY, "month"), person_id=PERSON, full_name=full_name, born=born, number="9")


def row(event: Any, **other: Any) -> dict[str, Any]:
    """*event* as it stands in the log."""
    encoded = CATALOGUE.encode(event, EVENT, (KEY_ID, KEY))
    return {
        "type": event.name,
        "schema_version": event.schema_version,
        "occurred_on": event.occurred.on,
        "occurred_precision": event.occurred.precision,
        "person_id": encoded.person_id,
        "key_id": encoded.key_id,
        "event_id": EVENT,
        "data": encoded.data,
    } | other


@given(st.text(st.characters(exclude_categories=["Cs"])), st.none() | st.dates())
def test_what_is_encoded_is_decoded_with_its_key(full_name: str, born: date | None) -> None:
    event = registered(Known(full_name), Known(born) if born else None)
    assert CATALOGUE.decode(row(event), {KEY_ID: KEY}) == event


def test_no_personal_value_stands_in_the_row() -> None:
    event = registered(Known("Siti Aminah"), Known(date(1991, 4, 2)))
    assert "Siti" not in row(event)["data"]
    assert "1991" not in row(event)["data"]
    assert "Siti" not in repr(event)
    assert "1991" not in repr(event)


def test_without_keys_a_field_stays_sealed_and_without_its_key_it_is_erased() -> None:
    stored = row(registered(Known("Siti")))
    sealed = CATALOGUE.decode(stored, None).full_name  # type: ignore[attr-defined]
    assert (sealed.person_id, sealed.key_id, sealed.event_id, sealed.field) == (PERSON, KEY_ID, EVENT, "full_name")
    for keys in ({}, {KEY_ID: None}):
        assert CATALOGUE.decode(stored, keys).full_name == Erased()  # type: ignore[attr-defined]
    assert CATALOGUE.decode(row(registered(Erased())), {KEY_ID: KEY}) == registered(Erased())


@pytest.mark.parametrize("moved", [{"person_id": uuid.uuid4()}, {"event_id": uuid.uuid4()}])
def test_a_box_moved_to_another_person_or_event_does_not_open(moved: dict[str, UUID]) -> None:
    with pytest.raises(InvalidTag):
        CATALOGUE.decode(row(registered(Known("Siti")), **moved), {KEY_ID: KEY})


def test_a_box_moved_to_another_field_or_under_another_key_does_not_open() -> None:
    stored = row(registered(Known("1991-04-02"), Known(date(1991, 4, 2))))
    data = orjson.loads(stored["data"])
    data["full_name"], data["born"] = data["born"], data["full_name"]
    with pytest.raises(InvalidTag):
        CATALOGUE.decode(stored | {"data": orjson.dumps(data).decode()}, {KEY_ID: KEY})
    with pytest.raises(InvalidTag):
        CATALOGUE.decode(stored, {KEY_ID: os.urandom(32)})


@given(st.binary(max_size=64), st.data())
def test_a_box_altered_anywhere_does_not_open(plain: bytes, data: st.DataObject) -> None:
    box = seal(KEY, PERSON, EVENT, "field", plain)
    sealed = Sealed(PERSON, KEY_ID, EVENT, "field", box)
    assert unseal(KEY, sealed) == plain
    # A byte, not a letter: the last letter of base64 has bits that mean nothing.
    raw = bytearray(base64.b64decode(box))
    raw[data.draw(st.integers(0, len(raw) - 1))] ^= data.draw(st.integers(1, 255))
    altered = base64.b64encode(raw).decode()
    with pytest.raises(InvalidTag):
        unseal(KEY, dataclasses.replace(sealed, box=altered))


def test_the_same_value_is_never_sealed_alike() -> None:
    assert len({seal(KEY, PERSON, EVENT, "field", b"Siti") for _ in range(50)}) == 50


def test_a_view_keeps_the_ciphertext_unchanged() -> None:
    sealed = Sealed(PERSON, KEY_ID, EVENT, "field", seal(KEY, PERSON, EVENT, "field", b"Siti"))
    stored = sealed_json(sealed)
    assert stored is not None
    assert sealed_from(stored) == sealed
    assert sealed_json(Erased()) is sealed_json(None) is None
    assert sealed_json(Known("never in a view")) is None


def test_an_event_with_personal_fields_is_not_written_without_a_key_nor_unopened() -> None:
    with pytest.raises(ValueError, match="no key"):
        CATALOGUE.encode(registered(Known("Siti")), EVENT, None)
    with pytest.raises(TypeError, match="never opened"):
        CATALOGUE.encode(registered(Sealed(PERSON, KEY_ID, EVENT, "full_name", "")), EVENT, (KEY_ID, KEY))
    assert CATALOGUE.needs_key(registered(Known("Siti")))
    assert not CATALOGUE.needs_key(registered(Erased()))
    assert row(registered(Erased()))["key_id"] is None


def test_a_fact_newer_than_this_code_is_not_read() -> None:
    stored = row(Noted(occurred=Occurred(DAY), text="seen"))
    for newer in ({"schema_version": 2}, {"type": "Unheard"}):
        with pytest.raises(UnknownSchema):
            CATALOGUE.decode(stored | newer, {})
    older = {"schema_version": 0, "data": '{"text": "seen", "later_dropped": 1}'}
    assert CATALOGUE.decode(stored | older, {}) == Noted(occurred=Occurred(DAY), text="seen")


def test_a_type_with_personal_fields_must_say_whose_they_are() -> None:
    nobodys: type[Any] = dataclasses.dataclass(frozen=True, kw_only=True)(
        type("Nobodys", (), {"__annotations__": dict(Registered.__annotations__), "name": "Nobodys",
                             "schema_version": 1, "about": None, "erases": False, "born": None, "number": ""})
    )  # fmt: skip
    with pytest.raises(TypeError, match="does not say whose"):
        Catalogue([nobodys])
