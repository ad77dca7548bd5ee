"""Composition root of the registry: ``python -m services.registry.main`` runs it."""

from services.registry import __doc__ as charter
from services.registry.api import SCOPES, TAGS, router
from services.registry.commands import handle
from services.registry.domain import appointment, commitment, facility, household, meeting, partner, person, village
from services.registry.publishing import publish
from services.registry.reactions import react
from services.registry.views import appointments, facilities, households, meetings, partners, people, villages
from shared.main import run
from shared.reacting import Reactions
from shared.service import Service

SERVICE = Service(
    name="registry",
    charter=charter or "",
    events=(
        village.VillageDesignated,
        person.PersonRegistered,
        person.WorkerRegistered,
        person.NameCorrected,
        person.NikCorrected,
        person.BirthDateCorrected,
        person.VillageCorrected,
        person.DeathReported,
        person.DeathCorrected,
        person.DeathRetracted,
        person.PersonErased,
        household.HouseholdRegistered,
        household.KinRecorded,
        household.GuardianCorrected,
        household.KinRetracted,
        village.VillageProposed,
        village.VillageActivated,
        village.VillageProgrammeEnded,
        village.VillageStepRetracted,
        facility.FacilityOpened,
        facility.FacilityOpeningCorrected,
        facility.FacilityConditionReported,
        facility.FacilityConditionCorrected,
        facility.FacilityConditionRetracted,
        facility.FacilityClosed,
        facility.FacilityClosingRetracted,
        facility.FacilityRetracted,
        appointment.Appointed,
        appointment.AppointmentCorrected,
        appointment.AppointmentEnded,
        appointment.AppointmentEndRetracted,
        appointment.AppointmentRetracted,
        partner.PartnerRecorded,
        partner.PartnerCorrected,
        partner.PartnershipEnded,
        partner.PartnershipEndRetracted,
        commitment.CommitmentMade,
        commitment.CommitmentCorrected,
        commitment.CommitmentKept,
        commitment.CommitmentBroken,
        commitment.CommitmentJudgementRetracted,
        commitment.CommitmentRetracted,
        meeting.MeetingHeld,
        meeting.MeetingCorrected,
        meeting.MeetingRetracted,
    ),
    publish=publish,
    handle=handle,
    react=Reactions(hears=("migration_service",), react=react),
    views=(
        villages.VIEW,
        people.VIEW,
        households.VIEW,
        facilities.VIEW,
        appointments.VIEW,
        partners.VIEW,
        meetings.VIEW,
    ),
    router=router,
    scopes=SCOPES,
    tags=TAGS,
)

if __name__ == "__main__":
    run(SERVICE)
