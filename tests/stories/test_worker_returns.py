"""A worker returns: what does each pillar know, without anyone having typed it again?"""

import pytest

from tests.houses import Api
from tests.stories.telling import Story


@pytest.fixture
def story(api: Api) -> Story:
    return Story(api)


def test_a_worker_returns_and_stands_on_both_rosters(story: Story) -> None:
    """The whole house in ten lines: the registry and the migration service are told, the others know."""
    siti = story.registers("Siti Contoh")
    trip = story.departs(siti, "Taiwan", "2024-02-01")
    assert story.reasons_to_train(siti) == []
    assert not story.is_prospect(siti)

    story.returns(trip, "2026-02-01", "contract_ended")
    assert story.reasons_to_train(siti) == ["returned"]
    assert story.is_prospect(siti)


def test_while_a_worker_is_abroad_the_family_is_looked_after(story: Story) -> None:
    """The spouse may be trained, the child is looked after; both until the worker is home."""
    siti = story.registers("Siti Contoh")
    joko, bima = story.family_of(siti, "Joko Contoh", "Bima Contoh", "2018-05-17")
    assert story.reasons_to_train(joko) == []
    assert story.parents_abroad(bima) == []

    trip = story.departs(siti, "Hong Kong", "2025-01-10")
    assert story.reasons_to_train(joko) == ["spouse-of-worker-abroad"]
    assert story.parents_abroad(bima) == [siti]

    story.returns(trip, "2026-03-01", "early_termination")
    assert story.reasons_to_train(joko) == []
    assert story.parents_abroad(bima) == []


def test_home_on_leave_is_neither_abroad_nor_returned(story: Story) -> None:
    """Nobody of the household is on any roster while the leave lasts; with its end all is as before."""
    siti = story.registers("Siti Contoh")
    joko, bima = story.family_of(siti, "Joko Contoh", "Bima Contoh", "2018-05-17")
    trip = story.departs(siti, "Malaysia", "2024-06-01")

    story.returns(trip, "2025-06-01", "leave")
    assert [story.reasons_to_train(siti), story.reasons_to_train(joko), story.parents_abroad(bima)] == [[], [], []]
    assert not story.is_prospect(siti)

    story.leaves_again(trip, "2025-06-20")
    assert story.reasons_to_train(joko) == ["spouse-of-worker-abroad"]
    assert story.parents_abroad(bima) == [siti]

    story.returns(trip, "2026-06-01", "contract_ended")
    assert story.reasons_to_train(siti) == ["returned"]
    assert story.is_prospect(siti)


def test_a_return_by_death_reaches_the_registry(story: Story) -> None:
    """Told once, to the migration service; the registry records the death by itself, and no roster names anybody."""
    siti = story.registers("Siti Contoh")
    joko, bima = story.family_of(siti, "Joko Contoh", "Bima Contoh", "2018-05-17")
    trip = story.departs(siti, "Arab Saudi", "2024-06-01")

    story.returns(trip, "2025-09-30", "died")
    assert story.died_on(siti) == "2025-09-30"
    assert [story.reasons_to_train(siti), story.reasons_to_train(joko), story.parents_abroad(bima)] == [[], [], []]
    assert not story.is_prospect(siti)


def test_a_return_by_death_that_never_was_takes_the_death_back(story: Story) -> None:
    """The registry withdraws what it recorded because of that return, and the worker is abroad again for everybody."""
    siti = story.registers("Siti Contoh")
    joko, bima = story.family_of(siti, "Joko Contoh", "Bima Contoh", "2018-05-17")
    trip = story.departs(siti, "Arab Saudi", "2024-06-01")
    story.returns(trip, "2025-09-30", "died")
    assert story.died_on(siti) is not None

    story.never_returned(trip)
    assert story.died_on(siti) is None
    story.registry_has_answered(siti)
    assert story.reasons_to_train(joko) == ["spouse-of-worker-abroad"]
    assert story.parents_abroad(bima) == [siti]

    story.returns(trip, "2026-01-15", "contract_ended")
    assert story.reasons_to_train(siti) == ["returned"]


def test_a_second_departure_takes_the_worker_off(story: Story) -> None:
    """Who went abroad again is no candidate; the return from the second trip makes them one again."""
    siti = story.registers("Siti Contoh")
    story.returns(story.departs(siti, "Taiwan", "2020-01-01"), "2022-01-01", "contract_ended")
    assert story.is_prospect(siti)

    second = story.departs(siti, "Singapura", "2023-01-01")
    assert story.reasons_to_train(siti) == []
    assert not story.is_prospect(siti)

    story.returns(second, "2025-01-01", "accident_or_illness")
    assert story.reasons_to_train(siti) == ["returned"]
    assert story.is_prospect(siti)


def test_a_return_that_never_was_takes_the_worker_off(story: Story) -> None:
    siti = story.registers("Siti Contoh")
    trip = story.departs(siti, "Taiwan", "2024-01-01")
    story.returns(trip, "2026-01-01", "contract_ended")
    assert story.is_prospect(siti)

    story.never_returned(trip)
    assert story.reasons_to_train(siti) == []
    assert not story.is_prospect(siti)
