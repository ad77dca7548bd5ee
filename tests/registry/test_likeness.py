"""Which registrations are marked as alike."""

from datetime import date
from uuid import UUID

import pytest

from services.registry.domain.likeness import Candidate, Likeness, Mark, candidates, near

BORN, LATER = date(1990, 5, 3), date(1990, 5, 4)
ONE, OTHER, THIRD = (UUID(int=n) for n in (1, 2, 3))


def who(person_id: UUID, name: str = "Siti Aminah", birth_date: date | None = BORN, nik: str | None = None) -> Likeness:
    return Likeness(person_id, name, birth_date, nik)


def marked(*marks: Mark, one: UUID = ONE, other: UUID = OTHER) -> list[Candidate]:
    return [Candidate(one, other, marks)]


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Siti Aminah", "SITI AMINNAH"),
        ("Siti Aminah", "Aminah Siti"),
        ("Siti", "Siti Aminah"),
        ("Dwi Astuti", "Dewi Astuti"),
        ("Yanto", "Yatno"),
        ("Muhammad Ridwan", "Muhamad Ridwan"),
        ("Sri Wahyuni", "Sri Wahyunni"),
    ],
)
def test_one_slip_in_five_letters_is_near_in_whatever_order_the_words_come(one: str, other: str) -> None:
    assert near(one, other)
    assert near(other, one)


@pytest.mark.parametrize(
    ("one", "other"),
    [("Siti Aminah", "Siti Rohmah"), ("Joko Susilo", "Eko Susanto"), ("Dewi", "Dwi"), ("Rini", "Rina Wati")],
)
def test_other_names_are_not_near(one: str, other: str) -> None:
    """Nor is one slip in a name of four letters: most names of four letters are one slip from another name."""
    assert not near(one, other)


def test_born_on_the_same_day_under_near_names_are_candidates() -> None:
    assert candidates([who(OTHER), who(ONE, "Siti Aminnah")], []) == marked("birth-date-and-name")
    assert candidates([who(ONE), who(OTHER, birth_date=LATER)], []) == []
    assert candidates([who(ONE, birth_date=None), who(OTHER, birth_date=None)], []) == []


def test_of_one_household_under_one_first_name_are_candidates_unless_their_birth_dates_differ() -> None:
    people = [who(ONE, "Muhammad Ali", None), who(OTHER, "Muhammad Umar"), who(THIRD, "Muhammad Zaki", LATER)]
    assert candidates(people[:2], [{ONE, OTHER, THIRD}, {OTHER, ONE}]) == marked("household-and-first-name")
    assert candidates(people[1:], [{OTHER, THIRD}]) == []
    assert candidates(people, [{ONE}, {OTHER}]) == []


@pytest.mark.parametrize("place", [0, 7, 15])
def test_two_nik_that_differ_in_one_digit_are_candidates(place: int) -> None:
    nik = "3307106902009001"
    slip = f"{nik[:place]}{(int(nik[place]) + 1) % 10}{nik[place + 1 :]}"
    people = [who(ONE, nik=nik), who(OTHER, "Budi", LATER, nik=slip)]
    assert candidates(people, []) == marked("nik-off-by-one")
    two_slips = slip[:3] + f"{(int(nik[3]) + 5) % 10}" + slip[4:]
    assert candidates([who(ONE, nik=nik), who(OTHER, "Budi", LATER, nik=two_slips)], []) == []


def test_a_pair_is_named_once_with_every_mark_unless_it_was_told_apart() -> None:
    people = [who(ONE, nik="3307106902009001"), who(OTHER, nik="3307106902009002")]
    found = candidates(people, [{ONE, OTHER}])
    assert found == marked("birth-date-and-name", "household-and-first-name", "nik-off-by-one")
    assert candidates(people, [{ONE, OTHER}], {(ONE, OTHER)}) == []
