"""Names are found again however they are written."""

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.registry.domain.names import likeness, likest, spelled
from tests.population import SLIPS, Slip, a_name, letters, pieces, slipped

NAMES = st.text(st.characters(categories=("L", "Zs")), min_size=1, max_size=30)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Siti Aminah", "  SITI   aminah "),
        ("Soeharto", "Suharto"),
        ("Djoko", "Joko"),
        ("Tjahjono", "Cahjono"),
        ("Chairul", "Khairul"),
        ("Sjarif", "Syarif"),
        ("Nur'aini", "Nuraini"),
        ("Muhammad", "Muhamad"),
        ("Renée", "Rene"),
        ("Alvian", "Alfian"),
        ("Abdul-Rahman", "Abdul Rahman"),
    ],
)
def test_two_ways_of_writing_a_name_sound_the_same(one: str, other: str) -> None:
    assert spelled(one) == spelled(other)
    assert pieces(one) == pieces(other)
    assert likeness(one, other) == 1.0


def test_a_name_is_cut_into_three_letters_in_a_row_word_by_word_and_the_letters_of_each() -> None:
    assert pieces("Ani Tan") == {"_an", "ani", "ni_", "=ain", "_ta", "tan", "an_", "=ant"}
    assert pieces("Ain") & pieces("Ani") == {"=ain"}
    assert pieces("M") == {"_m_", "=m"}
    assert pieces(" - ") == frozenset()


def test_the_order_of_words_counts_for_nothing() -> None:
    assert pieces("Siti Aminah") == pieces("Aminah Siti")
    assert likeness("Siti Aminah", "Aminah Siti") == 1.0


def test_a_part_of_a_name_is_like_it_but_whose_name_is_just_that_is_liker() -> None:
    assert 0.85 < likeness("Siti Aminah", "Siti Aminah Prasetyo") < likeness("Siti Aminah", "Siti Amina") < 1
    assert likeness("Aminah", "Siti Aminah Prasetyo") > likeness("Aminah", "Siti Rohmah Prasetyo")


def test_of_many_names_those_are_taken_that_are_like_enough() -> None:
    names = ["Siti Aminah", "Sitti Amina", "Joko Prasetyo"]
    assert likest("Siti Aminah", names, 0.6) == {name: likeness("Siti Aminah", name) for name in names[:2]}


def test_names_that_sound_the_same_are_told_apart_by_how_they_are_written() -> None:
    assert likeness("Muhammad", "Muhamad") == 1.0 > likeness("Muhammad", "Muhamad", as_written=True)


@pytest.mark.parametrize("slip", SLIPS)
def test_a_slip_of_one_letter_leaves_a_name_like_itself(slip: Slip, seed: int) -> None:
    chance = random.Random(seed)  # noqa: S311
    for _ in range(200):
        name = a_name(chance)
        wrong = slipped(name, slip, chance)
        assert wrong != name
        assert abs(letters(wrong) - letters(name)) == {"wrong": 0, "missing": 1, "doubled": 1, "swapped": 0}[slip]
        if letters(name) >= 8:
            assert likeness(wrong, name) >= 0.7, (wrong, name)
            assert len(pieces(wrong) & pieces(name)) >= 3, (wrong, name)


@given(NAMES, NAMES)
def test_likeness_lies_between_nothing_and_the_name_itself(one: str, other: str) -> None:
    assert 0.0 <= likeness(one, other) <= 1.0
    assert likeness(one, one) == 1.0
