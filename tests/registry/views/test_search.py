"""What the blind index holds of a name, and of a year of birth."""

from collections import Counter
from dataclasses import replace
from datetime import date
from typing import Any
from uuid import UUID

import pytest

from services.registry.domain.person import (
    BirthDateCorrected,
    NameCorrected,
    PersonErased,
    PersonEvent,
    VillageCorrected,
)
from services.registry.views.search import BITS, SHELVES, VIEW, bits, names, project, year_place
from shared import ids
from shared.personal import Erased, Known
from shared.views import Put, Remove
from tests.population import pieces
from tests.registry.people_of_kuripan import KURIPAN, LIPURSARI, NOW, REGISTERED, SARI, WORKER
from tests.registry.views.recording import recorded


def keyed(text: str) -> bytes:
    return ids.keyed(b"secret", text)


def other(text: str) -> bytes:
    return ids.keyed(b"another secret", text)


def row(event: PersonEvent) -> dict[str, Any]:
    (change,) = project(recorded(event), keyed)
    assert isinstance(change, Put)
    assert names is change.table
    return dict(change.values)


def test_a_registered_person_has_bits_of_the_name_on_a_shelf_and_a_place_of_the_year() -> None:
    shelf = SARI.int % SHELVES
    assert row(REGISTERED) == {
        "person_id": SARI,
        "village": KURIPAN,
        "shelf": shelf,
        "bits": bits("Sari Wulandari", keyed)[shelf],
        "born": year_place(2000, keyed),
    }
    assert row(replace(REGISTERED, birth_date=None))["born"] is None


def test_who_can_no_longer_be_read_has_no_row() -> None:
    assert list(project(recorded(replace(REGISTERED, full_name=Erased())), keyed)) == []
    erased = NameCorrected(occurred=NOW, person_id=SARI, corrects=1, full_name=Erased())
    assert list(project(recorded(erased), keyed)) == []
    gone = PersonErased(occurred=NOW, person_id=SARI, village=KURIPAN)
    assert list(project(recorded(gone), keyed)) == [Remove(names, {"person_id": SARI})]


@pytest.mark.parametrize(
    ("event", "changed"),
    [
        (
            NameCorrected(occurred=NOW, person_id=SARI, corrects=1, full_name=Known("Sari Wulan")),
            {"shelf": SARI.int % SHELVES, "bits": bits("Sari Wulan", keyed)[SARI.int % SHELVES]},
        ),
        (
            BirthDateCorrected(
                occurred=NOW,
                person_id=SARI,
                corrects=1,
                village=KURIPAN,
                birth_date=Known(date(1999, 1, 1)),
                of_minor=False,
                birth_year=None,
            ),
            {"born": year_place(1999, keyed)},
        ),
        (VillageCorrected(occurred=NOW, person_id=SARI, corrects=1, village=LIPURSARI), {"village": LIPURSARI}),
    ],
)
def test_each_fact_changes_its_own_columns(event: PersonEvent, changed: dict[str, Any]) -> None:
    assert {"person_id": SARI, **changed} == row(event)


def test_other_facts_change_nothing() -> None:
    assert list(project(recorded(WORKER), keyed)) == []


def test_the_same_name_has_other_bits_on_every_shelf_and_under_every_secret() -> None:
    assert len(set(bits("Sari Wulandari", keyed))) == SHELVES
    assert not set(bits("Sari Wulandari", keyed)) & set(bits("Sari Wulandari", other))
    assert all(
        0 < (of_shelf % 2**BITS).bit_count() <= len(pieces("Sari Wulandari"))
        for of_shelf in bits("Sari Wulandari", keyed)
    )


def test_many_years_share_a_place() -> None:
    by_place = Counter(year_place(year, keyed) for year in range(1930, 2026))
    assert min(by_place.values()) >= 2


def test_a_view_that_is_blind_is_keyed_by_person() -> None:
    """So that an erasure finds the rows."""
    assert VIEW.blind is project
    for table in VIEW.tables.sorted_tables:
        assert [column.name for column in table.primary_key] == ["person_id"]
        assert isinstance(table.c.person_id.type.python_type(int=1), UUID)
