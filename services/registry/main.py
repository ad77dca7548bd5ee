"""Composition root of the registry: ``python -m services.registry.main`` runs it."""

from services.registry import __doc__ as charter
from services.registry.api import SCOPES, TAGS, router
from services.registry.commands import handle
from services.registry.domain import household, merging, namesakes, person, village
from services.registry.publishing import publish
from services.registry.reactions import react
from services.registry.views import households, people, villages
from services.registry.views import namesakes as pairs
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
        merging.PersonMerged,
        merging.PersonUnmerged,
        merging.DuplicateAssigned,
        merging.DuplicateReleased,
        namesakes.PersonsToldApart,
        household.HouseholdRegistered,
        household.KinRecorded,
        household.GuardianCorrected,
        household.KinRetracted,
    ),
    publish=publish,
    handle=handle,
    react=Reactions(hears=("migration_service",), react=react),
    views=(villages.VIEW, people.VIEW, households.VIEW, pairs.VIEW),
    router=router,
    scopes=SCOPES,
    tags=TAGS,
)

if __name__ == "__main__":
    run(SERVICE)
