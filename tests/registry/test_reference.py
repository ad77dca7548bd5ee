"""Reference data say where they come from."""

import re

import pytest

from services.registry.domain import reference
from services.registry.domain.reference import Entry

LISTS = {name: entries for name, entries in vars(reference).items() if name.isupper() and isinstance(entries, dict)}


@pytest.mark.parametrize("name", sorted(LISTS))
def test_every_line_names_a_dated_page_or_a_law_or_says_that_it_is_a_start(name: str) -> None:
    entries: dict[str, Entry] = LISTS[name]
    unsourced = {code for code, entry in entries.items() if not re.search(r"[a-z]{4}.*\b20[0-9]{2}\b", entry.source)}
    assert {entries[code].source for code in unsourced} <= {"a starting point"}
    assert all(entry.id and entry.en for entry in entries.values())
