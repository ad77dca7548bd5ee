"""Parenting, put together; ``python -m services parenting`` runs it."""

from services.parenting import __doc__ as charter
from services.parenting.api import SCOPES, TAGS, router
from services.parenting.views import children
from shared.service import Service

SERVICE = Service(
    name="parenting",
    charter=charter or "",
    events=(),
    publish=None,
    handle=None,
    react=None,
    views=(children.VIEW,),
    router=router,
    scopes=SCOPES,
    tags=TAGS,
)
"""Parenting records nothing of its own yet; it answers from what it hears."""
