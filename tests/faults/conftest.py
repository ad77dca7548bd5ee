"""One house for what may be broken and must mend; each test leaves it whole again."""

from collections.abc import AsyncIterator, Iterator

import pytest
import pytest_asyncio

from deploy.house import House
from tests.faults.life import Clients, Life, life_in
from tests.houses import a_house


@pytest.fixture(scope="package")
def broken_house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    """A house that is broken again and again. It ends with these tests: one that idles slows down what comes after."""
    with a_house(tmp_path_factory.mktemp("faults") / "data") as house:
        yield house


@pytest_asyncio.fixture
async def life(broken_house: House) -> AsyncIterator[Life]:
    """Who writes into it."""
    async with life_in(broken_house) as life:
        yield life


@pytest_asyncio.fixture
async def operator(broken_house: House) -> AsyncIterator[Clients]:
    """Who looks after it."""
    async with Clients(broken_house, "operator") as operator:
        yield operator
