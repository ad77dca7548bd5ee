"""A group: who may join it, and that a person belongs to one at a time."""

from datetime import date, timedelta
from uuid import UUID

import pytest

from services.cooperative.domain.group import (
    AdmitMember,
    FormGroup,
    GroupFormed,
    MemberJoined,
    MemberLeft,
    RecordLeaving,
    group,
)
from shared.decider import Claim, Release
from shared.errors import ColumnError
from shared.vocabulary import Occurred
from tests.spec import Given

GROUP, OTHER, SITI, BUDI = UUID(int=21), UUID(int=22), UUID(int=1), UUID(int=2)
TODAY = date(2025, 3, 15)
JOINED_ON = date(2025, 3, 10)
FORMED = GroupFormed(occurred=Occurred(date(2025, 3, 1)), village="33.07.10.2004", group_name="Tani Makmur")


def joined(who: UUID = SITI, on: date = JOINED_ON, where: UUID = GROUP) -> MemberJoined:
    return MemberJoined(occurred=Occurred(on), group_id=where, person_id=who)


def left(who: UUID = SITI, on: date = TODAY) -> MemberLeft:
    return MemberLeft(occurred=Occurred(on), group_id=GROUP, person_id=who)


def admit(*, prospect: bool = True, on: date = TODAY) -> AdmitMember:
    return AdmitMember(group_id=GROUP, person_id=SITI, prospect=prospect, on=on, today=TODAY)


def leave(on: date = TODAY) -> RecordLeaving:
    return RecordLeaving(group_id=GROUP, person_id=SITI, on=on, today=TODAY)


def test_a_group_is_formed_in_a_village() -> None:
    Given(group).when(FormGroup(village="3307102004", group_name=" Tani  Makmur ", today=TODAY)).then(
        GroupFormed(occurred=Occurred(TODAY), village="33.07.10.2004", group_name="Tani Makmur")
    )


@pytest.mark.parametrize(
    ("village", "name", "codes"),
    [
        ("33.07.10.9999", "Tani Makmur", ["village-unknown"]),
        ("33.07.10.2004", " ", ["name-missing"]),
        ("33.07.10.2004", "x" * 121, ["name-unreadable"]),
        ("33.07.10.2004", "a\x00b", ["name-unreadable"]),
        ("", "", ["village-unknown", "name-missing"]),
    ],
)
def test_a_group_needs_a_village_and_a_name(village: str, name: str, codes: list[str]) -> None:
    refused = Given(group).when(FormGroup(village=village, group_name=name, today=TODAY)).refuses(codes[0])
    assert codes == [error.code for error in refused.errors]
    assert all(error.code.startswith(error.column) for error in refused.errors)


def test_a_prospect_joins() -> None:
    Given(group, FORMED).when(admit()).then(joined(on=TODAY))
    Given(group, FORMED).when(admit(on=JOINED_ON)).then(joined())


def test_nobody_else_joins() -> None:
    Given(group, FORMED).when(admit(prospect=False)).refuses("not-a-prospect")


def test_a_member_is_no_prospect_and_stays_a_member() -> None:
    Given(group, FORMED, joined()).when(admit(prospect=False)).then()


def test_nobody_joins_or_leaves_tomorrow() -> None:
    tomorrow = TODAY + timedelta(days=1)
    for asked in (admit(on=tomorrow), leave(on=tomorrow)):
        refused = Given(group, FORMED, joined()).when(asked).refuses("on-in-future")
        assert (ColumnError("on", "on-in-future"),) == refused.errors


def test_a_member_leaves() -> None:
    Given(group, FORMED, joined(), joined(BUDI)).when(leave()).then(left())


def test_only_a_member_leaves() -> None:
    Given(group, FORMED, joined(BUDI)).when(leave()).refuses("not-a-member")
    Given(group, FORMED, joined(), left()).when(leave()).refuses("not-a-member")


def test_nobody_leaves_before_joining() -> None:
    Given(group, FORMED, joined()).when(leave(on=JOINED_ON - timedelta(days=1))).refuses("on-before-joining")


def test_whoever_left_may_join_again() -> None:
    Given(group, FORMED, joined(), left()).when(admit()).then(joined(on=TODAY))


def test_nobody_joins_or_leaves_a_group_that_does_not_exist() -> None:
    Given(group).when(admit()).refuses("not-found")
    Given(group).when(leave()).refuses("not-found")


def test_joining_claims_the_persons_one_membership() -> None:
    (here,) = group.claims(joined())
    (elsewhere,) = group.claims(joined(where=OTHER))
    assert isinstance(here, Claim)
    assert isinstance(elsewhere, Claim)
    assert (here.kind, here.parts, here.person_id) == (elsewhere.kind, elsewhere.parts, elsewhere.person_id)
    assert here.holder != elsewhere.holder


def test_leaving_frees_that_membership_and_no_other() -> None:
    (taken,) = group.claims(joined())
    (freed,) = group.claims(left())
    (of_another,) = group.claims(left(BUDI))
    assert isinstance(taken, Claim)
    assert Release(taken.kind, taken.holder) == freed
    assert freed != of_another
    assert [] == list(group.claims(FORMED))
