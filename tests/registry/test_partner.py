"""Partners and what they promised."""

from dataclasses import asdict, replace
from datetime import date
from typing import Any
from uuid import UUID

from services.registry.domain.commitment import (
    CommitmentBroken,
    CommitmentCorrected,
    CommitmentJudgementRetracted,
    CommitmentKept,
    CommitmentMade,
    CommitmentRetracted,
    CorrectCommitment,
    JudgeCommitment,
    MakeCommitment,
    Promise,
    RetractCommitment,
    RetractJudgement,
    commitment,
)
from services.registry.domain.partner import (
    Agreement,
    CorrectPartner,
    EndPartnership,
    PartnerCorrected,
    PartnerRecorded,
    PartnershipEnded,
    PartnershipEndRetracted,
    RecordPartner,
    RetractPartnershipEnd,
    partner,
)
from shared.vocabulary import Occurred
from tests.registry.people_of_kuripan import KURIPAN, NOW, TODAY
from tests.spec import Given

BANK, PROMISE_ID = UUID(int=91), UUID(int=92)
START, END, BEFORE = Occurred(date(2021, 3, 1)), Occurred(date(2026, 2, 28)), Occurred(date(2021, 2, 28))
AGREED = Agreement(
    partner_name="Bank Contoh", kind="bank", agreement="PKS-12/2021", area="33.07", starts_on=START, ends_on=END
)
PROMISED = Promise(what="mesin jahit", quantity=10, unit="unit", area=KURIPAN, on=START, due_on=END)


def of_agreement(agreed: Agreement) -> dict[str, Any]:
    """What the facts say of *agreed*, beside the day."""
    fields = {name: getattr(agreed, name) for name in asdict(agreed) if name != "starts_on"}
    return {"occurred": agreed.starts_on, "partner_id": BANK, **fields}


def of_promise(promise: Promise) -> dict[str, Any]:
    fields = {name: getattr(promise, name) for name in asdict(promise) if name != "on"}
    return {"occurred": promise.on, "commitment_id": PROMISE_ID, **fields}


RECORDED = PartnerRecorded(**of_agreement(AGREED))
ENDED = PartnershipEnded(occurred=END, partner_id=BANK)
MADE = CommitmentMade(partner_id=BANK, **of_promise(PROMISED))
KEPT = CommitmentKept(occurred=NOW, commitment_id=PROMISE_ID)


def test_a_partner_is_recorded() -> None:
    wish = RecordPartner(partner_id=BANK, agreed=AGREED)
    Given(partner).when(wish).then(RECORDED)
    Given(partner, RECORDED).when(wish).then()


def test_no_agreement_runs_out_before_it_holds() -> None:
    backwards = replace(AGREED, ends_on=BEFORE)
    Given(partner).when(RecordPartner(partner_id=BANK, agreed=backwards)).refuses("ends-on-before-start")
    Given(partner, RECORDED).when(CorrectPartner(agreed=backwards)).refuses("ends-on-before-start")


def test_nothing_is_due_before_it_was_promised() -> None:
    """A day that is known roughly may lie on it."""
    backwards, in_its_year = (replace(PROMISED, due_on=due) for due in (BEFORE, Occurred(date(2021, 1, 1), "year")))
    wish = MakeCommitment(commitment_id=PROMISE_ID, partner_id=BANK, promise=backwards)
    Given(commitment).when(wish).refuses("due-on-before-promise")
    Given(commitment, MADE).when(CorrectCommitment(promise=backwards)).refuses("due-on-before-promise")
    Given(commitment).when(replace(wish, promise=in_its_year)).then(
        CommitmentMade(partner_id=BANK, **of_promise(in_its_year))
    )


def test_an_agreement_is_corrected() -> None:
    other = replace(AGREED, agreement="PKS-13/2021", ends_on=None)
    corrected = PartnerCorrected(corrects=1, **of_agreement(other))
    Given(partner, RECORDED).when(CorrectPartner(agreed=other)).then(corrected)
    Given(partner, RECORDED, corrected).when(CorrectPartner(agreed=other)).then()
    later = replace(AGREED, starts_on=NOW, ends_on=None)
    Given(partner, RECORDED, ENDED).when(CorrectPartner(agreed=later)).refuses("partnership-ended")


def test_a_partnership_ends_once_and_not_before_it_began() -> None:
    Given(partner, RECORDED).when(EndPartnership(on=END)).then(ENDED)
    Given(partner, RECORDED, ENDED).when(EndPartnership(on=END)).then()
    Given(partner, RECORDED, ENDED).when(EndPartnership(on=NOW)).refuses("partnership-ended")
    Given(partner, RECORDED).when(EndPartnership(on=BEFORE)).refuses("partnership-not-begun")
    Given(partner).when(EndPartnership(on=END)).refuses("not-found")


def test_the_end_of_a_partnership_is_taken_back() -> None:
    wish = RetractPartnershipEnd(today=TODAY)
    taken_back = PartnershipEndRetracted(occurred=NOW, corrects=2, partner_id=BANK)
    Given(partner, RECORDED, ENDED).when(wish).then(taken_back)
    Given(partner, RECORDED).when(wish).refuses("not-found")


def test_a_partner_promises_something() -> None:
    wish = MakeCommitment(commitment_id=PROMISE_ID, partner_id=BANK, promise=PROMISED)
    Given(commitment).when(wish).then(MADE)
    Given(commitment, MADE).when(wish).then()


def test_a_commitment_is_kept_or_broken_as_somebody_says_it() -> None:
    kept, broken = JudgeCommitment(outcome="kept", on=NOW), JudgeCommitment(outcome="broken", on=NOW)
    Given(commitment, MADE).when(kept).then(KEPT)
    Given(commitment, MADE).when(broken).then(CommitmentBroken(occurred=NOW, commitment_id=PROMISE_ID))
    Given(commitment, MADE, KEPT).when(kept).then()
    Given(commitment, MADE, KEPT).when(broken).refuses("commitment-judged")
    Given(commitment, MADE).when(JudgeCommitment(outcome="kept", on=BEFORE)).refuses("commitment-not-yet-made")


def test_what_somebody_said_of_it_is_taken_back() -> None:
    wish = RetractJudgement(today=TODAY)
    taken_back = CommitmentJudgementRetracted(occurred=NOW, corrects=2, commitment_id=PROMISE_ID)
    Given(commitment, MADE, KEPT).when(wish).then(taken_back)
    Given(commitment, MADE).when(wish).refuses("not-found")


def test_what_was_promised_is_corrected() -> None:
    more = replace(PROMISED, quantity=12)
    corrected = CommitmentCorrected(corrects=1, **of_promise(more))
    Given(commitment, MADE, KEPT).when(CorrectCommitment(promise=more)).then(corrected)
    Given(commitment, MADE, corrected).when(CorrectCommitment(promise=more)).then()
    judged = CommitmentKept(occurred=END, commitment_id=PROMISE_ID)
    later = CorrectCommitment(promise=replace(PROMISED, on=NOW, due_on=None))
    Given(commitment, MADE, judged).when(later).refuses("commitment-not-yet-made")


def test_a_commitment_in_error_is_taken_back_for_good() -> None:
    wish = RetractCommitment(today=TODAY)
    gone = CommitmentRetracted(occurred=NOW, corrects=1, commitment_id=PROMISE_ID)
    Given(commitment, MADE).when(wish).then(gone)
    for command in (wish, JudgeCommitment(outcome="kept", on=NOW), CorrectCommitment(promise=PROMISED)):
        Given(commitment, MADE, gone).when(command).refuses("not-found")
        Given(commitment).when(command).refuses("not-found")
