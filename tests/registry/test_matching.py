"""Who is certainly meant."""

from datetime import date

import pytest

from services.registry.domain.matching import Told, certain

BORN = date(2000, 2, 29)
SITI = Told(name="Siti Aminah", nik="3307106902009001", birth_date=BORN)


@pytest.mark.parametrize(
    ("told", "is_certain"),
    [
        (Told(name="SITI  aminah", nik="3307106902009001", birth_date=None), True),
        (Told(name="Siti Aminah", nik=None, birth_date=BORN), True),
        (Told(name="Siti Aminah", nik="3307106902009001", birth_date=BORN), True),
        (Told(name="Siti Aminah", nik=None, birth_date=None), False),
        (Told(name="Siti Amina", nik="3307106902009001", birth_date=BORN), False),
        (Told(name="Siti Aminah", nik="3307106902009002", birth_date=BORN), False),
        (Told(name="Siti Aminah", nik="3307106902009001", birth_date=date(2000, 2, 28)), False),
    ],
)
def test_an_equal_name_and_one_more_thing_make_it_certain_unless_another_differs(told: Told, is_certain: bool) -> None:
    assert certain(told, SITI) is is_certain


def test_what_is_not_known_of_somebody_says_nothing() -> None:
    nobody_knows = Told(name="Siti Aminah", nik=None, birth_date=None)
    assert not certain(SITI, nobody_knows)
    assert certain(SITI, Told(name="Siti Aminah", nik=None, birth_date=BORN))
