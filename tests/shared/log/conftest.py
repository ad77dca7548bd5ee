"""An empty log and a writer for it."""

from collections.abc import AsyncIterator

import pytest

from tests.shared.log.writing import Writer, a_writer
from tests.shared.street import Databases


@pytest.fixture
async def url(databases: Databases) -> str:
    """An empty log, as the service's own role."""
    return await databases.log()


@pytest.fixture
async def writer(url: str) -> AsyncIterator[Writer]:
    async with a_writer(url) as writer:
        yield writer
