"""Enterprise, put together; ``python -m services enterprise`` runs it."""

from services.enterprise import __doc__ as charter
from services.enterprise.api import SCOPES, TAGS, router
from services.enterprise.commands import handle
from services.enterprise.domain.course import AttendanceRecorded, CourseOffered, ParticipantEnrolled
from services.enterprise.views import courses, training_roster
from shared.service import Service

SERVICE = Service(
    name="enterprise",
    charter=charter or "",
    events=(CourseOffered, ParticipantEnrolled, AttendanceRecorded),
    publish=None,
    handle=handle,
    react=None,
    views=(training_roster.VIEW, courses.VIEW),
    router=router,
    scopes=SCOPES,
    tags=TAGS,
)
"""Enterprise publishes nothing yet: what is learnt in a course concerns no other pillar."""
