"""How far a caller has come, as a header."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.errors import Refused
from shared.positions import Position, merge, parse, write

numbers = st.integers(0, 10**18 - 1)
positions = st.builds(Position, numbers, st.sampled_from(["0123abcd", "9f3c2a1b"]), st.none() | numbers)
vectors = st.dictionaries(st.sampled_from(["registry", "migration_service", "enterprise"]), positions, min_size=1)
of_one_log = st.builds(Position, numbers, st.just("9f3c2a1b"), st.none() | numbers)
vectors_of_one_log = st.dictionaries(st.sampled_from(["registry", "migration_service"]), of_one_log)


def test_it_looks_as_it_was_agreed() -> None:
    vector = {"registry": Position(1234, "17aa03de"), "migration_service": Position(77, "9f3c2a1b", 903)}
    assert write(vector) == "migration_service=77.903@9f3c2a1b, registry=1234@17aa03de"


@given(vectors)
def test_what_is_written_is_parsed(vector: dict[str, Position]) -> None:
    assert parse(write(vector)) == vector


@given(vectors, vectors)
def test_several_headers_are_one_list(one: dict[str, Position], other: dict[str, Position]) -> None:
    assert parse(f"{write(one)},{write(other)}") == merge(one, other)


@given(vectors_of_one_log, vectors_of_one_log, vectors_of_one_log)
def test_merging_is_the_furthest_of_all_in_any_order(
    a: dict[str, Position], b: dict[str, Position], c: dict[str, Position]
) -> None:
    assert merge(a, a) == a
    assert merge(a, b) == merge(b, a)
    assert merge(merge(a, b), c) == merge(a, merge(b, c))
    for service, position in a.items():
        assert merge(a, b)[service].number >= position.number


def test_a_newer_name_of_a_log_stands_whatever_its_number() -> None:
    before, after = {"registry": Position(900, "0123abcd", 2000)}, {"registry": Position(7, "9f3c2a1b")}
    assert merge(before, after) == after


@pytest.mark.parametrize(
    "header",
    [
        "", " ", ",", "registry", "registry=", "registry=1", "registry=1@", "registry=1@9f3c2a1", "registry=1@9F3C2A1B",
        "registry=1@9f3c2a1b0", "registry=-1@9f3c2a1b", "registry=1.@9f3c2a1b", "registry=.1@9f3c2a1b",
        "registry=1@9f3c2a1b,", "registry=1@9f3c2a1b;registry=1@9f3c2a1b", f"registry={10**18}@9f3c2a1b",
        "registry=\u0661@9f3c2a1b", "Registry=1@9f3c2a1b", "registry=1@9f3c2a1b\x00",
    ],
)  # fmt: skip
def test_anything_else_is_a_position_unknown(header: str) -> None:
    with pytest.raises(Refused) as refused:
        parse(header)
    assert (refused.value.slug, refused.value.refusal.status) == ("position-unknown", 400)


@given(st.text())
def test_no_text_is_more_than_refused(header: str) -> None:
    try:
        parse(header)
    except Refused as refused:
        assert refused.slug == "position-unknown"  # noqa: PT017  either is right
