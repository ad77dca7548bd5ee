"""A name that outlives the code cannot be changed by renaming something."""

from pathlib import Path

from tests.architecture.names import durable_names

PINNED = Path(__file__).with_name("names.txt").read_text().splitlines()

HINT = "A durable name is never taken back: add what is new to names.txt, keep what stands there (see CONTRIBUTING)."


def test_no_durable_name_was_changed_or_taken_back() -> None:
    assert sorted(set(PINNED) - set(durable_names())) == [], HINT


def test_every_durable_name_is_pinned() -> None:
    assert sorted(set(durable_names()) - set(PINNED)) == [], HINT


def test_the_list_is_in_order() -> None:
    assert sorted(set(PINNED)) == PINNED
