"""Composition root of the registry: ``python -m services.registry.main`` runs it."""

from services.registry import __doc__ as charter
from services.registry.api import SCOPES, TAGS, router
from services.registry.commands import handle
from services.registry.deadlines import COMING_OF_AGE
from services.registry.domain import document, household, legal_hold, person, verification, village
from services.registry.publishing import publish
from services.registry.reactions import react
from services.registry.views import census, dossiers, households, minors, people, villages
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
        person.NikGiven,
        person.NikCorrected,
        person.BirthDateCorrected,
        person.CameOfAge,
        person.VillageCorrected,
        person.DeathReported,
        person.DeathCorrected,
        person.DeathRetracted,
        person.PersonErased,
        verification.DetailsVerified,
        document.DocumentRecorded,
        document.DocumentCorrected,
        document.DocumentWithdrawn,
        document.DocumentWithdrawalRetracted,
        document.DocumentRetracted,
        legal_hold.HoldPlaced,
        legal_hold.HoldLifted,
        household.HouseholdRegistered,
        household.KinRecorded,
        household.GuardianCorrected,
        household.KinRetracted,
        household.MemberJoined,
        household.MemberLeft,
        household.MembershipCorrected,
        household.MembershipRetracted,
        household.HeadNamed,
        household.HeadCorrected,
        household.FamilyCardGiven,
        household.FamilyCardCorrected,
        household.HouseholdMoved,
        household.HouseholdVillageCorrected,
        household.GuardianChanged,
    ),
    publish=publish,
    handle=handle,
    react=Reactions(hears=("migration_service",), react=react),
    views=(villages.VIEW, people.VIEW, households.VIEW, census.VIEW, dossiers.VIEW, minors.VIEW),
    deadlines=(COMING_OF_AGE,),
    router=router,
    scopes=SCOPES,
    tags=TAGS,
)

if __name__ == "__main__":
    run(SERVICE)
