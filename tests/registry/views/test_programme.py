"""The rows of facilities, appointments, partners, commitments and meetings."""

from datetime import date
from uuid import UUID

import pytest

from services.registry.domain.appointment import AppointmentCorrected
from services.registry.domain.commitment import CommitmentBroken, CommitmentJudgementRetracted, CommitmentRetracted
from services.registry.domain.facility import (
    FacilityClosingRetracted,
    FacilityConditionCorrected,
    FacilityConditionRetracted,
    FacilityOpeningCorrected,
    FacilityRetracted,
)
from services.registry.domain.meeting import MeetingCorrected, MeetingRetracted, attendance_of
from services.registry.domain.partner import PartnershipEndRetracted
from services.registry.views import appointments, facilities, meetings, partners
from services.registry.views.areas import place_of
from shared.decider import DomainEvent
from shared.recorded import Recorded
from shared.views import View
from shared.vocabulary import Occurred
from tests.registry import test_appointment as office
from tests.registry import test_facility as built
from tests.registry import test_meeting as met
from tests.registry import test_partner as bank
from tests.registry.people_of_kuripan import KURIPAN, NOW, REGISTERED, SARI
from tests.registry.views.recording import recorded
from tests.rosters import Roster

HOUSE_ROW = {
    "facility_id": built.HOUSE,
    "version": 3,
    "village": KURIPAN,
    "kind": "education_house",
    "opened_on": "2017-12",
    "closed_on": "2024-06-01",
    "reports": [{"fact": 2, "on": "2021-02-14", "condition": "good"}],
}


def told(*events: DomainEvent) -> list[Recorded]:
    return [recorded(event, n) for n, event in enumerate(events, 1)]


def then(version: int, *events: DomainEvent) -> list[Recorded]:
    return [recorded(event, n) for n, event in enumerate(events, version)]


async def test_a_facility_has_a_row_with_its_reports(roster: Roster) -> None:
    await roster.follow(facilities.VIEW, *told(built.OPENED, built.REPORTED, built.CLOSED))
    assert await roster.ask(facilities.found()) == [HOUSE_ROW]


async def test_what_is_corrected_of_a_facility_takes_the_place_of_what_was_said(roster: Roster) -> None:
    worse = FacilityConditionCorrected(
        occurred=built.CHECK, corrects=2, facility_id=built.HOUSE, condition="heavily_damaged"
    )
    opening = FacilityOpeningCorrected(occurred=built.BEFORE, corrects=1, facility_id=built.HOUSE, kind="road")
    reopened = FacilityClosingRetracted(occurred=NOW, corrects=3, facility_id=built.HOUSE)
    await roster.follow(facilities.VIEW, *told(built.OPENED, built.REPORTED, built.CLOSED, worse, opening, reopened))
    (row,) = await roster.ask(facilities.found())
    assert row == HOUSE_ROW | {
        "version": 6,
        "kind": "road",
        "opened_on": "2017-11-30",
        "closed_on": None,
        "reports": [{"fact": 4, "on": "2021-02-14", "condition": "heavily_damaged"}],
    }
    gone = FacilityConditionRetracted(occurred=NOW, corrects=4, facility_id=built.HOUSE)
    await roster.follow(facilities.VIEW, *then(7, gone), anew=False)
    assert [row["reports"] for row in await roster.ask(facilities.found())] == [[]]
    never = FacilityRetracted(occurred=NOW, corrects=1, facility_id=built.HOUSE)
    await roster.follow(facilities.VIEW, *then(8, never), anew=False)
    assert await roster.ask(facilities.found()) == []


@pytest.mark.usefixtures("nobody_is_merged")
async def test_an_appointment_has_a_row_from_its_beginning_to_its_end(roster: Roster) -> None:
    await roster.follow(appointments.VIEW, *told(office.APPOINTED, office.ENDED))
    row = {
        "appointment_id": office.OFFICE,
        "version": 2,
        "person_id": SARI,
        "role": "officer",
        "area": KURIPAN,
        "place": KURIPAN,
        "since": "2022-01-03",
        "until": "2024-12-31",
    }
    assert await roster.ask(appointments.serving(SARI)) == [row]
    assert await roster.ask(appointments.serving(UUID(int=2))) == []
    corrected = AppointmentCorrected(occurred=office.BEFORE, corrects=1, appointment_id=office.OFFICE, person_id=SARI)
    await roster.follow(appointments.VIEW, *then(3, office.END_RETRACTED, corrected), anew=False)
    again = {"version": 4, "since": "2021-12-31", "until": None}
    assert await roster.ask(appointments.serving()) == [row | again]
    await roster.follow(appointments.VIEW, *then(5, office.RETRACTED), anew=False)
    assert await roster.ask(appointments.serving()) == []


async def test_a_partner_has_a_row_and_each_of_its_commitments(roster: Roster) -> None:
    facts = [*told(bank.RECORDED, bank.ENDED), *told(bank.MADE, bank.KEPT)]
    await roster.follow(partners.VIEW, *facts)
    (row,) = await roster.ask(partners.agreed())
    shown = ("partner_name", "area", "place", "starts_on", "ends_on", "ended_on")
    assert [row[name] for name in shown] == ["Bank Contoh", "33.07", "33.07.", "2021-03-01", "2026-02-28", "2026-02-28"]
    (promise,) = await roster.ask(partners.promised(bank.BANK))
    kept = ("what", "quantity", "unit", "place", "due_on", "outcome", "judged_on")
    assert [promise[name] for name in kept] == [
        *("mesin jahit", 10, "unit", KURIPAN, "2026-02-28", "kept", "2026-11-21")
    ]
    open_again = CommitmentJudgementRetracted(occurred=NOW, corrects=2, commitment_id=bank.PROMISE_ID)
    not_over = PartnershipEndRetracted(occurred=NOW, corrects=2, partner_id=bank.BANK)
    await roster.follow(partners.VIEW, *then(3, open_again), *then(3, not_over), anew=False)
    assert [row["ended_on"] for row in await roster.ask(partners.agreed())] == [None]
    assert [row["outcome"] for row in await roster.ask(partners.promised())] == [None]
    broken = CommitmentBroken(occurred=NOW, commitment_id=bank.PROMISE_ID)
    await roster.follow(partners.VIEW, *then(4, broken), anew=False)
    assert [row["outcome"] for row in await roster.ask(partners.promised())] == ["broken"]
    never = CommitmentRetracted(occurred=NOW, corrects=1, commitment_id=bank.PROMISE_ID)
    await roster.follow(partners.VIEW, *then(5, never), anew=False)
    assert await roster.ask(partners.promised()) == []


async def test_a_meeting_has_a_row_with_its_attendance(roster: Roster) -> None:
    fewer = MeetingCorrected(
        occurred=Occurred(date(2022, 8, 9)),
        corrects=1,
        meeting_id=met.MEETING,
        attendance=attendance_of({"officer": 49}),
    )
    row = {
        "meeting_id": met.MEETING,
        "version": 1,
        "area": "*",
        "place": "*",
        "held_on": "2022-08-08",
        "attendance": {"officer": 50, "other": 18, "responsible": 50},
    }
    await roster.follow(meetings.VIEW, *told(met.HELD))
    assert await roster.ask(meetings.held()) == [row]
    await roster.follow(meetings.VIEW, *then(2, fewer), anew=False)
    changed = {"version": 2, "held_on": "2022-08-09", "attendance": {"officer": 49}}
    assert await roster.ask(meetings.held()) == [row | changed]
    await roster.follow(
        meetings.VIEW, *then(3, MeetingRetracted(occurred=NOW, corrects=2, meeting_id=met.MEETING)), anew=False
    )
    assert await roster.ask(meetings.held()) == []


@pytest.mark.parametrize("view", [facilities.VIEW, appointments.VIEW, partners.VIEW, meetings.VIEW])
def test_other_facts_change_nothing(view: View) -> None:
    assert view.own is not None
    assert [] == list(view.own(recorded(REGISTERED)))


@pytest.mark.parametrize(
    ("area", "place"), [(KURIPAN, KURIPAN), ("33.07", "33.07."), ("33.07.10", "33.07.10."), ("33", "33."), ("*", "*")]
)
def test_a_row_lies_in_its_own_region_and_in_those_around_it(area: str, place: str) -> None:
    assert place_of(area) == place
