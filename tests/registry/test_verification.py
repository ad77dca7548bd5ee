"""What Dukcapil said of a person's particulars, and when that is out of date."""

from dataclasses import replace
from datetime import date

from services.registry.domain.verification import (
    DetailsVerified,
    RecordVerdict,
    Verdict,
    latest,
    outdated,
    telling,
    verification,
)
from shared.personal import Erased, Known
from shared.vocabulary import Occurred
from tests.registry.people_of_kuripan import SARI
from tests.spec import Given

DAY, LATER = date(2026, 11, 2), date(2026, 11, 9)
VERIFIED = DetailsVerified(
    occurred=Occurred(DAY),
    person_id=SARI,
    of_version=3,
    matched=Known(("nik",)),
    differed=Known(("name",)),
    by=("regency-coordinator",),
)
WISH = RecordVerdict(
    person_id=SARI,
    of_version=3,
    on=DAY,
    outcomes={"name": "differed", "nik": "matched"},
    by=("regency-coordinator",),
)
NIK = Verdict(field="nik", outcome="matched", on=DAY, of_version=3)
NAME = Verdict(field="name", outcome="differed", on=DAY, of_version=3)


def test_a_verdict_is_recorded_field_by_field() -> None:
    state = Given(verification).when(WISH).then(VERIFIED)
    assert (NIK, NAME) == state


def test_the_same_said_again_is_nothing_new() -> None:
    Given(verification, VERIFIED).when(WISH).then()
    Given(verification, VERIFIED).when(replace(WISH, outcomes={"nik": "matched"})).then()


def test_another_day_another_version_or_another_outcome_is() -> None:
    history = Given(verification, VERIFIED)
    history.when(replace(WISH, on=LATER)).then(replace(VERIFIED, occurred=Occurred(LATER)))
    history.when(replace(WISH, of_version=4)).then(replace(VERIFIED, of_version=4))
    history.when(replace(WISH, outcomes={"name": "matched"})).then(
        replace(VERIFIED, matched=Known(("name",)), differed=Known(()))
    )


def test_the_last_day_counts_whatever_is_recorded_last() -> None:
    again = replace(VERIFIED, occurred=Occurred(LATER), matched=Known(("name",)), differed=Known(()))
    last = Verdict(field="name", outcome="matched", on=LATER, of_version=3)
    assert (NIK, last) == Given(verification, VERIFIED, again).state
    assert (NIK, last) == Given(verification, again, VERIFIED).state


def test_a_verdict_is_outdated_once_its_field_is_corrected() -> None:
    assert not outdated(NIK, {})
    assert not outdated(NIK, {"name": 7, "nik": 3})
    assert outdated(NIK, {"nik": 4})


def test_an_answer_about_what_was_corrected_meanwhile_hides_none_about_the_correction() -> None:
    """It is told where there is no other."""
    late = replace(NIK, outcome="differed", on=LATER, of_version=1)
    assert (NIK,) == telling((NIK, late), {"nik": 2})
    assert (late,) == telling((late,), {"nik": 2})
    assert (late, NAME) == telling((NIK, NAME, late), {})


def test_of_an_erased_person_no_verdict_is_left() -> None:
    assert () == Given(verification, replace(VERIFIED, matched=Erased(), differed=Erased())).state
    assert () == latest(())
