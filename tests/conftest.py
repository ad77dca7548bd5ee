"""Fixtures: real PostgreSQL and real NATS, always."""

import os
import secrets
from collections.abc import Iterator
from pathlib import Path

import pytest

from deploy.house import House
from tests.houses import Api, a_house

SEED = "DESMIGRATIF_TEST_SEED"
"""What all that is drawn at random is drawn from; without it another one in every run."""


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--containers",
        action="store_true",
        help="PostgreSQL and NATS of the kernel's tests in containers, not from wheels; it needs a Docker engine.",
    )


def pytest_configure(config: pytest.Config) -> None:
    os.environ[SEED] = os.environ.get(SEED) or str(secrets.randbits(32))
    if config.option.hypothesis_seed is None:
        config.option.hypothesis_seed = os.environ[SEED]
    if config.getoption("--containers"):
        # An engine holds a container's port open while nobody listens behind it. nats-py leaves the socket of a
        # greeting that did not come to the garbage collector.
        config.addinivalue_line("filterwarnings", "ignore:unclosed <StreamWriter:ResourceWarning")


def pytest_sessionstart(session: pytest.Session) -> None:
    """Whatever comes of it, it can be done again."""
    if reporter := session.config.pluginmanager.get_plugin("terminalreporter"):
        reporter.write_line(f"{SEED}={os.environ[SEED]}")


@pytest.fixture(scope="session")
def seed() -> int:
    """For whoever draws at random."""
    return int(os.environ[SEED])


@pytest.fixture(scope="session")
def in_container(request: pytest.FixtureRequest) -> bool:
    """Whether servers run in containers."""
    return bool(request.config.getoption("--containers"))


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
