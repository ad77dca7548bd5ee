"""Who else calls the registry."""

from collections.abc import Iterator

import pytest

from deploy.house import House
from tests.houses import Api


@pytest.fixture
def operator(house: House) -> Iterator[Api]:
    with Api(house, "operator", subject="tests-operator") as api:
        yield api


@pytest.fixture
def office(house: House) -> Iterator[Api]:
    with Api(house, "programme-office", subject="office") as api:
        yield api
