"""What forbids to erase a person."""

from dataclasses import replace
from datetime import date
from uuid import UUID

import pytest

from services.registry.domain.legal_hold import (
    REASONS,
    UNREADABLE,
    Hold,
    HoldLifted,
    HoldPlaced,
    Holds,
    LiftHold,
    PlaceHold,
    holding,
    legal_holds,
)
from shared.personal import Erased, Known
from tests.registry.people_of_kuripan import NOW, SARI, TODAY
from tests.spec import Given

ONE, OTHER = UUID(int=71), UUID(int=72)
UNTIL = date(2027, 6, 30)
BY = ("data-protection-officer",)
PLACED = HoldPlaced(occurred=NOW, person_id=SARI, hold_id=ONE, reason=Known("legal_dispute"), until=UNTIL, by=BY)
FOR_EVER = replace(PLACED, hold_id=OTHER, reason=Known("law_enforcement"), until=None)
LIFTED = HoldLifted(occurred=NOW, corrects=1, person_id=SARI, hold_id=ONE, by=BY)
PLACE = PlaceHold(today=TODAY, person_id=SARI, hold_id=ONE, reason="legal_dispute", until=UNTIL, by=BY)
LIFT = LiftHold(today=TODAY, person_id=SARI, hold_id=ONE, by=BY)


def test_a_hold_is_placed() -> None:
    state = Given(legal_holds).when(PLACE).then(PLACED)
    assert Holds(1, (Hold(fact=1, hold_id=ONE, reason=Known("legal_dispute"), until=UNTIL),)) == state
    Given(legal_holds, PLACED).when(PLACE).then()


@pytest.mark.parametrize("reason", sorted(REASONS))
def test_every_ground_of_the_law_may_be_named(reason: str) -> None:
    Given(legal_holds).when(replace(PLACE, reason=reason)).then(replace(PLACED, reason=Known(reason)))


def test_no_other_reason_may() -> None:
    Given(legal_holds).when(replace(PLACE, reason="convenience")).refuses("reason-no-ground")
    Given(legal_holds).when(replace(PLACE, until=date(2026, 11, 20))).refuses("until-of-hold-invalid")


def test_a_hold_is_lifted_once() -> None:
    Given(legal_holds, PLACED).when(LIFT).then(LIFTED)
    Given(legal_holds, PLACED, LIFTED).when(LIFT).then()
    Given(legal_holds, FOR_EVER).when(LIFT).refuses("not-found")


def test_it_holds_through_its_last_day_or_until_it_is_lifted() -> None:
    both = Given(legal_holds, PLACED, FOR_EVER)
    assert ("law_enforcement", "legal_dispute") == holding(both.state, UNTIL)
    assert ("law_enforcement",) == holding(both.state, date(2027, 7, 1))
    assert ("law_enforcement",) == holding(both.decided(LIFT).state, TODAY)
    assert () == holding(both.decided(LIFT).decided(replace(LIFT, hold_id=OTHER)).state, TODAY)
    assert () == holding(Holds(), TODAY)


def test_two_holds_for_one_reason_are_told_once() -> None:
    assert ("legal_dispute",) == holding(Given(legal_holds, PLACED, replace(PLACED, hold_id=OTHER)).state, TODAY)


def test_one_whose_reason_cannot_be_read_holds_all_the_same() -> None:
    assert (UNREADABLE,) == holding(Given(legal_holds, replace(PLACED, reason=Erased())).state, TODAY)
