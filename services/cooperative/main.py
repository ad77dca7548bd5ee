"""Cooperative, put together; ``python -m services cooperative`` runs it."""

from services.cooperative import __doc__ as charter
from services.cooperative.api import SCOPES, TAGS, router
from services.cooperative.commands import handle
from services.cooperative.domain.group import GroupFormed, MemberJoined, MemberLeft
from services.cooperative.views import groups, prospects
from shared.service import Service

SERVICE = Service(
    name="cooperative",
    charter=charter or "",
    events=(GroupFormed, MemberJoined, MemberLeft),
    publish=None,
    handle=handle,
    react=None,
    views=(prospects.VIEW, groups.VIEW),
    router=router,
    scopes=SCOPES,
    tags=TAGS,
)
"""Cooperative publishes nothing yet: who belongs to a group concerns no other pillar."""
