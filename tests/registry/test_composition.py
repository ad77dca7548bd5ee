"""Who is what in a household, as a list says it."""

from uuid import UUID

import pytest

from services.registry.domain.composition import head_among, kin_of, read_relation
from tests.registry.people_of_kuripan import BUDI, DEWI, SARI

PARENT, OTHER = UUID(int=4), UUID(int=5)


@pytest.mark.parametrize(
    ("cell", "relation"),
    [
        ("Kepala Keluarga", "head"),
        ("head", "head"),
        ("ISTRI", "spouse"),
        ("suami", "spouse"),
        ("anak", "child"),
        ("orang tua", "parent"),
        ("famili lain", "other"),
    ],
)
def test_a_relation_is_read_in_either_language(cell: str, relation: str) -> None:
    assert (relation, None) == read_relation(cell)


def test_what_is_no_relation_is_refused() -> None:
    _, wrong = read_relation("tetangga")
    assert wrong is not None
    assert ("relation", "relation-unknown") == (wrong.column, wrong.code)


@pytest.mark.parametrize("relations", [("spouse", "child"), ("head", "head")])
def test_a_household_has_exactly_one_head(relations: tuple[str, ...]) -> None:
    _, wrong = head_among(relations)  # type: ignore[arg-type]
    assert wrong is not None
    assert "relation-no-head" == wrong.code
    assert (1, None) == head_among(("child", "head"))


def test_a_child_of_the_head_is_of_the_only_spouse_too() -> None:
    people = [(SARI, "head"), (BUDI, "spouse"), (DEWI, "child"), (PARENT, "parent"), (OTHER, "other")]
    kin = kin_of(SARI, people)  # type: ignore[arg-type]
    assert [
        (SARI, BUDI, "spouse"),
        (SARI, DEWI, "child"),
        (BUDI, DEWI, "child"),
        (PARENT, SARI, "child"),
    ] == [(one.person_id, one.relative_id, one.relation) for one in kin]


def test_of_two_spouses_nobody_knows_whose_child_it_is() -> None:
    people = [(SARI, "head"), (BUDI, "spouse"), (OTHER, "spouse"), (DEWI, "child")]
    kin = kin_of(SARI, people)  # type: ignore[arg-type]
    assert [SARI] == [one.person_id for one in kin if one.relation == "child"]
