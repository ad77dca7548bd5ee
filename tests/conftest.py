"""Fixtures: real PostgreSQL and real NATS, always."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from deploy.house import House
from tests.houses import Api, a_house


@pytest.fixture(scope="session")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    """One house for all tests that leave it whole; they use villages and NIKs of their own."""
    with a_house(tmp_path_factory.mktemp("house") / "data") as house:
        yield house


@pytest.fixture
def api(house: House) -> Iterator[Api]:
    """An integrator of the whole country."""
    with Api(house) as api:
        yield api


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """A folder for a house of one's own."""
    return tmp_path / "data"
