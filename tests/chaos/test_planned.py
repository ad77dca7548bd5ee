"""The seed says what happens: which faults, for how long, and what each client does."""

from itertools import islice
from pathlib import Path

import pytest

from tests.chaos.faults import ALL
from tests.chaos.lives import lives
from tests.chaos.nemesis import rounds
from tests.chaos.run import Run


def test_a_seed_makes_the_same_faults_again_and_another_makes_others() -> None:
    assert list(islice(rounds(7), 30)) == list(islice(rounds(7), 30)) != list(islice(rounds(8), 30))


def test_a_seed_lives_the_same_lives_again_and_another_lives_others() -> None:
    def some(seed: int) -> list[object]:
        return [plan for client in range(3) for plan in islice(lives(seed, client, 3), 20)]

    assert some(7) == some(7) != some(8)


def test_no_two_lives_have_one_name_or_one_nik() -> None:
    plans = [plan for client in range(5) for plan in islice(lives(7, client, 5), 50)]
    assert len({plan.name for plan in plans}) == len({plan.serial for plan in plans}) == len(plans)


@pytest.mark.parametrize("seed", range(20))
def test_no_fault_is_made_twice_before_each_was_made_once(tmp_path: Path, seed: int) -> None:
    planned = [name for one in Run(seed, tmp_path, faults=len(ALL)).planned() for name in one.kinds]
    assert sorted(planned) == sorted(ALL)


@pytest.mark.parametrize("seed", range(20))
def test_faults_that_are_made_at_once_touch_different_things(seed: int) -> None:
    for one in islice(rounds(seed), 30):
        touched = [thing for name in one.kinds for thing in ALL[name].touches]
        assert len(touched) == len(set(touched))


def test_one_kind_alone_is_made_as_often_as_asked(tmp_path: Path) -> None:
    planned = [name for one in Run(1, tmp_path, faults=3, only=("amnesia",)).planned() for name in one.kinds]
    assert planned == ["amnesia"] * 3


def test_an_unknown_fault_is_named_with_those_that_there_are(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=r"no fault 'amnesja'; there are: amnesia, cut connections"):
        Run(1, tmp_path, only=("amnesja",))
