"""Questions of one turn of the loop are one question, and each asker has an answer of their own."""

import asyncio
from collections.abc import Mapping, Sequence

import pytest

from shared.log.gathering import Gathering


class Asked:
    """Doubles what it is asked for, all at once; cannot read 13."""

    def __init__(self) -> None:
        self.calls: list[list[int]] = []

    async def __call__(self, keys: Sequence[int]) -> Mapping[int, int]:
        self.calls.append(list(keys))
        if 13 in keys:
            raise ValueError("13")
        return {key: 2 * key for key in keys}


async def test_what_is_asked_for_in_one_turn_is_one_question_and_the_next_turn_asks_anew() -> None:
    asked = Asked()
    gathering = Gathering(asked)
    assert await asyncio.gather(*(gathering.ask(key) for key in (1, 2, 1))) == [2, 4, 2]
    assert await gathering.ask(1) == 2
    assert asked.calls == [[1, 2], [1]]


async def test_one_that_cannot_be_read_keeps_no_neighbour_from_being_read() -> None:
    gathering = Gathering(Asked())
    one, bad, other = (gathering.ask(key) for key in (1, 13, 3))
    assert (await one, await other) == (2, 6)
    with pytest.raises(ValueError, match="13"):
        await bad


async def test_who_gives_up_takes_the_answer_from_nobody_else() -> None:
    gathering = Gathering(Asked())
    given_up, kept = gathering.ask(1), gathering.ask(1)
    given_up.cancel()
    assert await kept == 2
