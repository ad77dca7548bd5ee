"""The migration service, put together; ``python -m services migration_service`` runs it."""

from services.migration_service import __doc__ as charter
from services.migration_service.api import SCOPES, TAGS, router
from services.migration_service.commands import handle
from services.migration_service.domain.service_file import (
    DuplicateFiled,
    DuplicateUnfiled,
    ServiceFileErased,
    ServiceFileMerged,
    ServiceFileMoved,
    ServiceFileOpened,
    ServiceFileUnmerged,
)
from services.migration_service.domain.trip import (
    Departed,
    DepartureCorrected,
    DepartureRetracted,
    LeaveEndCorrected,
    LeaveEnded,
    LeaveEndRetracted,
    ReturnCorrected,
    Returned,
    ReturnRetracted,
)
from services.migration_service.publishing import publish
from services.migration_service.reactions import react
from services.migration_service.views import service_files, standing, trips
from shared.reacting import Reactions
from shared.service import Service

SERVICE = Service(
    name="migration_service",
    charter=charter or "",
    events=(
        ServiceFileOpened,
        ServiceFileMoved,
        ServiceFileErased,
        ServiceFileMerged,
        ServiceFileUnmerged,
        DuplicateFiled,
        DuplicateUnfiled,
        Departed,
        DepartureCorrected,
        DepartureRetracted,
        Returned,
        ReturnCorrected,
        ReturnRetracted,
        LeaveEnded,
        LeaveEndCorrected,
        LeaveEndRetracted,
    ),
    publish=publish,
    handle=handle,
    react=Reactions(hears=("registry",), react=react),
    views=(trips.VIEW, service_files.VIEW, standing.VIEW),
    router=router,
    scopes=SCOPES,
    tags=TAGS,
)
