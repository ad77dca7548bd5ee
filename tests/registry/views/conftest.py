"""What a view of the registry finds beside itself."""

import pytest_asyncio

from services.registry.views import people
from tests.rosters import Roster


@pytest_asyncio.fixture
async def nobody_is_merged(roster: Roster) -> None:
    """Who stands for whom is kept by the view `people`, which others ask."""
    await roster.hear(people.VIEW)
