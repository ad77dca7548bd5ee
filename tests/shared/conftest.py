"""Views to tell things to; one Postgres and one NATS for the kernel's tests, fresh databases and streams for each."""

from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
import structlog

from deploy import databases as deployed
from shared import hearing, operations, relay, viewing
from tests.rosters import roster
from tests.servers import Nats, Postgres, a_nats, a_postgres
from tests.shared.street import SERVICES, Databases, Street, sweep

__all__ = ["roster"]


@pytest.fixture(scope="session", autouse=True)
def _quiet() -> None:
    """Faults are made on purpose: only what surprises the kernel is worth a line."""
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger("error"))


@pytest.fixture(autouse=True)
def _soon(monkeypatch: pytest.MonkeyPatch) -> None:
    """What looks every few seconds whether something was lost or mended looks every half second; houses do not."""
    monkeypatch.setattr(relay, "_LOOK_SECONDS", 0.5)
    monkeypatch.setattr(hearing, "_STOPPED_SECONDS", 0.5)
    monkeypatch.setattr(viewing, "_STOPPED_SECONDS", 0.5)
    monkeypatch.setattr(operations, "_ON_ITS_WAY_SECONDS", 1.5)


@pytest.fixture(scope="session")
def cluster(tmp_path_factory: pytest.TempPathFactory, in_container: bool) -> Iterator[Postgres]:
    with a_postgres(tmp_path_factory.mktemp("kernel") / "postgres", in_container=in_container) as cluster:
        deployed.prepare(cluster.url(), cluster.password, services=SERVICES)
        yield cluster


@pytest.fixture(scope="session")
def bus(tmp_path_factory: pytest.TempPathFactory, in_container: bool) -> Iterator[Nats]:
    with a_nats(tmp_path_factory.mktemp("kernel") / "nats", in_container=in_container) as bus:
        yield bus


@pytest.fixture
async def databases(cluster: Postgres) -> AsyncIterator[Databases]:
    made = Databases(cluster)
    yield made
    await made.drop()


@pytest.fixture
async def street(databases: Databases, bus: Nats, tmp_path: Path) -> AsyncIterator[Street]:
    """A street with nobody in it yet; what is started there is stopped before its databases go."""
    await sweep(bus)
    street = Street(databases, bus, tmp_path)
    yield street
    await street.close()
