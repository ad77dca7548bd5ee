"""What was ever stored can be read for ever (P7; decisions 0002 and 0007)."""

from datetime import date
from typing import Any

import orjson
import pytest

from shared import wire
from shared.codec import Catalogue
from shared.ids import stream_of
from tests.architecture.names import SERVICES, service
from tests.architecture.samples import facts, kept, key, words

CATALOGUES = {"kernel": Catalogue(()), **{name: Catalogue(service(name).events) for name in SERVICES}}

each_kept = pytest.mark.parametrize("line", [pytest.param(line, id=str(key(line)[1])) for line in kept()])


def test_everything_that_is_stored_has_an_example() -> None:
    known = {key(line) for line in kept()}
    assert [key(line) for line in [*facts(), *words()] if key(line) not in known] == []


@each_kept
def test_a_stored_example_is_still_understood_to_the_last_field(line: dict[str, Any]) -> None:
    understood = _word(line) if "specversion" in line else _fact(line)
    assert {name: understood.get(name) for name in line["data"]} == line["data"]


@pytest.mark.parametrize("line", [pytest.param(line, id=str(line["type"])) for line in kept() if "specversion" in line])
def test_words_still_have_every_attribute_of_a_stored_envelope(line: dict[str, Any]) -> None:
    (today,) = (word for word in words() if key(word) == key(line))
    assert line.keys() <= today.keys()


def _word(envelope: dict[str, Any]) -> dict[str, Any]:
    _, word = wire.read(orjson.dumps(envelope))
    return {} if word is None else word.model_dump(mode="json")


def _fact(row: dict[str, Any]) -> dict[str, Any]:
    """The fact as it would be stored again; of a personal field, the box that it was read from."""
    catalogue = CATALOGUES[row["service"]]
    ids = {name: stream_of("example", name) for name in ("person_id", "key_id", "event_id")}
    occurred = {"occurred_on": date(2024, 5, 17), "occurred_precision": "day"}
    event = catalogue.decode({**row, **ids, **occurred, "data": orjson.dumps(row["data"])}, None)
    kind = catalogue._kinds[row["type"]]
    understood = {name: getattr(event, name) for name in kind.fields}
    boxes = {name: getattr(understood[name], "box", None) for name in kind.personal}
    stored: dict[str, Any] = kind.row.dump_python(
        understood | {name: {"sealed": box} if box else None for name, box in boxes.items()}, mode="json"
    )
    return stored
