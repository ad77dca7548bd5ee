"""What becomes due in the registry by the calendar alone: a minor's 18th birthday (UU 35/2014 Ps 1)."""

from datetime import date
from typing import Any
from uuid import UUID

from services.registry.commands.persons import Birthday
from services.registry.domain.person import adult_on
from services.registry.views import minors
from shared.deadlines import Deadlines


def due(person_id: UUID, birth_date: Any, today: date) -> Birthday | None:
    """The announcement, once the day has come; None before it, and where the birth date is gone."""
    if birth_date is None or adult_on(date.fromisoformat(birth_date)) > today:
        return None
    return Birthday(person_id=person_id)


COMING_OF_AGE = Deadlines(name="coming_of_age", view=minors.VIEW, perhaps=minors.of_age_by, due=due)
"""On the day itself, or as soon as the service runs again."""
