"""What others hear of the registry's facts, and in which words. Names, NIK and birth dates stay here."""

from typing import assert_never

from services.registry.domain import (
    appointment,
    commitment,
    document,
    facility,
    household,
    legal_hold,
    meeting,
    merging,
    namesakes,
    partner,
    person,
    verification,
    village,
)
from shared.published import PublicEvent
from shared.published import registry as words
from shared.vocabulary import Occurred

Untold = (
    facility.FacilityEvent
    | appointment.AppointmentEvent
    | partner.PartnerEvent
    | commitment.CommitmentEvent
    | meeting.MeetingEvent
    | document.DocumentEvent
    | verification.DetailsVerified
    | legal_hold.HoldEvent
    | namesakes.PersonsToldApart
)
"""Facts of the programme's own administration, and what is on file of a person: no other service needs them."""

RegistryEvent = person.PersonEvent | household.HouseholdEvent | village.VillageEvent | Untold
"""Every fact of this service's log."""


def publish(event: RegistryEvent) -> PublicEvent | None:
    """The word for *event*, None for what concerns nobody else."""
    if isinstance(event, Untold):
        return None
    match event:
        case village.VillageDesignated():
            return words.VillageDesignated(village=event.village, year=event.year, programme=event.programme)
        case (
            village.VillageProposed()
            | village.VillageActivated()
            | village.VillageProgrammeEnded()
            | village.VillageStepRetracted()
        ):
            return _stage(event)
        case person.PersonRegistered():
            return words.PersonRegistered(person_id=event.person_id, village=event.village)
        case person.WorkerRegistered():
            return words.WorkerRegistered(person_id=event.person_id, village=event.village)
        case person.VillageCorrected():
            return words.PersonMoved(person_id=event.person_id, village=event.village)
        case person.BirthDateCorrected():
            if not event.of_minor and event.of_age == event.was_of_age:
                return None
            return words.BirthYearCorrected(
                person_id=event.person_id,
                village=event.village,
                birth_year=event.birth_year,
                of_age=event.of_age,
            )
        case person.CameOfAge():
            return words.PersonCameOfAge(person_id=event.person_id, village=event.village)
        case person.DeathReported() | person.DeathCorrected() | person.DeathRetracted():
            return _death(event)
        case person.PersonErased():
            return words.PersonErased(person_id=event.person_id, village=event.village)
        case household.KinRecorded() | household.GuardianCorrected():
            return words.KinRecorded(
                person_id=event.person_id,
                village=event.village,
                relative_id=event.relative_id,
                relation=event.relation,
                birth_year=event.birth_year,
                of_age=event.of_age,
                guardian_id=event.guardian_id,
            )
        case household.KinRetracted():
            return words.KinRetracted(
                person_id=event.person_id,
                village=event.village,
                relative_id=event.relative_id,
                relation=event.relation,
            )
        case household.GuardianChanged():
            return words.GuardianChanged(
                person_id=event.person_id,
                village=event.village,
                relative_id=event.relative_id,
                guardian_id=event.present_id,
                since=event.present_since.on,
                precision=event.present_since.precision,
            )
        case (
            household.HouseholdRegistered()
            | household.MemberJoined()
            | household.MemberLeft()
            | household.MembershipCorrected()
            | household.MembershipRetracted()
            | household.HeadNamed()
            | household.HeadCorrected()
            | household.FamilyCardGiven()
            | household.FamilyCardCorrected()
            | household.HouseholdMoved()
            | household.HouseholdVillageCorrected()
        ):
            return None  # who lives together and where concerns the registry; that somebody moved is said of each
        case merging.PersonMerged():
            return words.PersonMerged(person_id=event.person_id, village=event.village, into=event.into)
        case merging.PersonUnmerged():
            return words.PersonUnmerged(person_id=event.person_id, village=event.village, into=event.into)
        case merging.DuplicateAssigned() | merging.DuplicateReleased():
            return None
        case person.NameCorrected() | person.NikGiven() | person.NikCorrected():
            return None
        case _:
            assert_never(event)


def _death(event: person.DeathReported | person.DeathCorrected | person.DeathRetracted) -> PublicEvent:
    """What holds now, whichever report brought it about: while another still says so, the person is dead."""
    if event.died_on is None:
        return words.PersonDeathRetracted(person_id=event.person_id, village=event.village)
    return words.PersonDied(
        person_id=event.person_id,
        village=event.village,
        died_on=event.died_on.on,
        precision=event.died_on.precision,
    )


def _stage(
    event: village.VillageProposed
    | village.VillageActivated
    | village.VillageProgrammeEnded
    | village.VillageStepRetracted,
) -> PublicEvent:
    """Where the village stands now, whichever step brought it there, or took it back."""
    since: Occurred | None = event.occurred
    stage: village.Stage | None
    match event:
        case village.VillageProposed():
            stage = "proposed"
        case village.VillageActivated():
            stage = "active"
        case village.VillageProgrammeEnded():
            stage = "ended"
        case village.VillageStepRetracted():
            stage, since = event.stage, event.since
        case _:
            assert_never(event)
    return words.VillageStageChanged(
        village=event.village,
        programme=event.programme,
        stage=stage,
        since=None if since is None else since.on,
        precision=None if since is None else since.precision,
    )
