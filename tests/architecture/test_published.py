"""What every word of the published language must be (decision 0007, P6)."""

import types
import typing
from datetime import date
from pathlib import Path
from uuid import UUID

import pytest

from shared.published import SPOKEN, PublicEvent

ROOT = Path(__file__).parents[2]

CODES = {
    "village": "Kemendagri's dotted code",
    "country": "ISO 3166-1 alpha-2",
    "programme": "the registry's list (services.registry.domain.reference.PROGRAMMES)",
}
"""The only fields that may be of type str, and the code that each of them holds: any other could hold free text."""

WORDS = [pytest.param(word, id=f"{service}.{name}.v{version}") for (service, name, version), word in SPOKEN.items()]


def parts(annotation: object) -> set[object]:
    """The plain types of an annotation, None left out; a Literal counts as itself."""
    if typing.get_origin(annotation) in {typing.Union, types.UnionType, tuple}:
        return {part for argument in typing.get_args(annotation) for part in parts(argument)}
    return set() if annotation in {type(None), ...} else {annotation}


@pytest.mark.parametrize("word", WORDS)
def test_every_word_says_what_it_means(word: type[PublicEvent]) -> None:
    assert word.__doc__ != PublicEvent.__doc__
    undescribed = [name for name, field in word.model_fields.items() if not field.description]
    assert undescribed == []


@pytest.mark.parametrize("word", WORDS)
def test_no_word_can_carry_free_text(word: type[PublicEvent]) -> None:
    def harmless(name: str, kind: object) -> bool:
        choice = typing.get_origin(kind) is typing.Literal
        return choice or kind in {UUID, date, int, bool} or (kind is str and name in CODES)

    fields = {name: parts(field.annotation) for name, field in word.model_fields.items()}
    assert [name for name, kinds in fields.items() if not all(harmless(name, kind) for kind in kinds)] == []


@pytest.mark.parametrize("word", WORDS)
def test_of_a_birth_only_the_year_travels(word: type[PublicEvent]) -> None:
    births = {name: parts(field.annotation) for name, field in word.model_fields.items() if "birth" in name}
    assert all(name == "birth_year" and kinds == {int} for name, kinds in births.items())


@pytest.mark.parametrize("word", WORDS)
def test_a_word_cannot_be_altered(word: type[PublicEvent]) -> None:
    assert word.model_config.get("frozen") is True


@pytest.mark.parametrize("word", WORDS)
def test_a_word_from_a_newer_speaker_is_understood(word: type[PublicEvent]) -> None:
    assert word.model_config.get("extra") == "ignore"


def test_the_changelog_names_every_word() -> None:
    changelog = " ".join((ROOT / "CHANGELOG.md").read_text().split())
    missing = [f"`{name}` v{version}" for _, name, version in SPOKEN if f"`{name}` v{version}" not in changelog]
    assert missing == []
