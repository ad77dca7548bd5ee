"""Who serves the programme, and how long."""

from datetime import date
from uuid import UUID

from services.registry.domain.appointment import (
    Appoint,
    Appointed,
    AppointmentCorrected,
    AppointmentEnded,
    AppointmentEndRetracted,
    AppointmentRetracted,
    CorrectAppointment,
    EndAppointment,
    RetractAppointment,
    RetractEnd,
    appointment,
)
from shared.decider import Claim, Release
from shared.vocabulary import Occurred
from tests.registry.people_of_kuripan import KURIPAN, NOW, SARI, TODAY
from tests.spec import Given

OFFICE = UUID(int=81)
START, END, BEFORE = Occurred(date(2022, 1, 3)), Occurred(date(2024, 12, 31)), Occurred(date(2021, 12, 31))

APPOINTED = Appointed(occurred=START, appointment_id=OFFICE, person_id=SARI, role="officer", area=KURIPAN)
ENDED = AppointmentEnded(occurred=END, appointment_id=OFFICE, person_id=SARI)
END_RETRACTED = AppointmentEndRetracted(
    occurred=NOW, corrects=2, appointment_id=OFFICE, person_id=SARI, role="officer", area=KURIPAN
)
RETRACTED = AppointmentRetracted(occurred=NOW, corrects=1, appointment_id=OFFICE, person_id=SARI)


def test_a_person_is_appointed() -> None:
    wish = Appoint(appointment_id=OFFICE, person_id=SARI, role="officer", area=KURIPAN, on=START)
    Given(appointment).when(wish).then(APPOINTED)
    Given(appointment, APPOINTED).when(wish).then()


def test_an_appointment_ends_once_and_not_before_it_began() -> None:
    Given(appointment, APPOINTED).when(EndAppointment(on=END)).then(ENDED)
    Given(appointment, APPOINTED, ENDED).when(EndAppointment(on=END)).then()
    Given(appointment, APPOINTED, ENDED).when(EndAppointment(on=NOW)).refuses("appointment-ended")
    Given(appointment, APPOINTED).when(EndAppointment(on=BEFORE)).refuses("appointment-not-begun")


def test_its_beginning_is_corrected() -> None:
    corrected = AppointmentCorrected(occurred=BEFORE, corrects=1, appointment_id=OFFICE, person_id=SARI)
    Given(appointment, APPOINTED).when(CorrectAppointment(on=BEFORE)).then(corrected)
    Given(appointment, APPOINTED, corrected).when(CorrectAppointment(on=BEFORE)).then()
    Given(appointment, APPOINTED, ENDED).when(CorrectAppointment(on=NOW)).refuses("appointment-ended")


def test_its_end_is_taken_back() -> None:
    Given(appointment, APPOINTED, ENDED).when(RetractEnd(today=TODAY)).then(END_RETRACTED)
    Given(appointment, APPOINTED).when(RetractEnd(today=TODAY)).refuses("not-found")


def test_an_appointment_in_error_is_taken_back_for_good() -> None:
    Given(appointment, APPOINTED).when(RetractAppointment(today=TODAY)).then(RETRACTED)
    for wish in (RetractAppointment(today=TODAY), EndAppointment(on=NOW), CorrectAppointment(on=NOW)):
        Given(appointment, APPOINTED, RETRACTED).when(wish).refuses("not-found")
        Given(appointment).when(wish).refuses("not-found")


def test_who_serves_holds_the_claim_until_it_ends() -> None:
    claim = Claim("appointment", (str(SARI), "officer", KURIPAN), holder=OFFICE, person_id=SARI)
    release = Release("appointment", holder=OFFICE)
    assert [claim] == list(appointment.claims(APPOINTED)) == list(appointment.claims(END_RETRACTED))
    assert [release] == list(appointment.claims(ENDED)) == list(appointment.claims(RETRACTED))
    corrected = AppointmentCorrected(occurred=BEFORE, corrects=1, appointment_id=OFFICE, person_id=SARI)
    assert [] == list(appointment.claims(corrected))
