"""A house with a past: one story told three times, heard as it was told, with the registry late, with trips late."""

import asyncio
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import asyncpg
import pytest

from deploy.command import status
from deploy.command.running import Running
from deploy.house import House
from shared import leases
from tests.houses import TODAY, Api, a_house
from tests.stories.households import Village

HEARD_WITHIN_SECONDS = 60.0
_HEARERS = {
    "enterprise": "training_roster",
    "parenting": "children",
    "cooperative": "prospects",
    "migration_service": "standing",
}


@dataclass
class Past:
    """The house in which it happened, and what its rosters said of each village, by the way it was heard."""

    house: House
    villages: list[Village] = field(default_factory=list)
    meanwhile: dict[str, dict[str, Any]] = field(default_factory=dict)
    """While one source was still unheard."""
    at_last: dict[str, dict[str, Any]] = field(default_factory=dict)


def all_heard(house: House) -> None:
    """Return when everybody has heard everything."""

    async def wait() -> status.Statuses:
        async with Running(house.addresses, issuer=house.issuer).calls("operator") as calls:
            return await status.wait_until_heard(calls, HEARD_WITHIN_SECONDS)

    statuses = asyncio.run(wait())
    assert status.all_heard(statuses), status.lags(statuses)


def in_database(house: House, database: str, statement: str, *values: object) -> list[asyncpg.Record]:
    """What *statement* answers a superuser."""

    async def run() -> list[asyncpg.Record]:
        connection = await asyncpg.connect(house.url("postgres", database=database))
        try:
            return list(await connection.fetch(statement, *values))
        finally:
            await connection.close()

    return asyncio.run(run())


@contextmanager
def unheard(house: House, source: str) -> Iterator[None]:
    """No roster hears *source*: somebody else holds the lease, until tomorrow."""
    for service, view in _HEARERS.items():
        [_] = in_database(
            house,
            service,
            "UPDATE log.leases SET holder = gen_random_uuid(), until = now() + interval '1 day' WHERE name = $1 "
            "RETURNING name",
            f"{view}<{source}",
        )
    time.sleep(leases._GOOD_SECONDS)  # as long as who held it may go on without asking
    yield


def heard_again(house: House, source: str) -> None:
    """The leases are free."""
    for service, view in _HEARERS.items():
        in_database(house, service, "DELETE FROM log.leases WHERE name = $1", f"{view}<{source}")


@pytest.fixture(scope="session")
def past(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Past]:
    """Three villages with the same story; the late words of each source are heard on the next day."""
    data = tmp_path_factory.mktemp("past") / "data"
    past = Past(House(data))

    def begin(house: House, code: int) -> Village:
        past.house = house
        village = Village(Api(house), f"33.07.10.20{code:02}", f"33.07.10.20{code + 1:02}")
        past.villages.append(village)
        return village

    with a_house(data) as house:
        village = begin(house, 1)
        village.lives()
        all_heard(house)
        past.at_last["as told"] = village.rosters()
        with unheard(house, "registry"):
            village = begin(house, 5)
            village.lives()
            past.meanwhile["registry late"] = village.rosters()
    with a_house(data, today=TODAY + timedelta(days=1)) as house:
        heard_again(house, "registry")
        all_heard(house)
        village.api = Api(house)
        past.at_last["registry late"] = village.rosters()
        with unheard(house, "migration_service"):
            village = begin(house, 11)
            village.lives()
            past.meanwhile["trips late"] = village.rosters()
    with a_house(data, today=TODAY + timedelta(days=2)) as house:
        heard_again(house, "migration_service")
        all_heard(house)
        for village in past.villages:
            village.api = Api(house)
        past.at_last["trips late"] = past.villages[-1].rosters()
        for village in past.villages:
            village.meets()
        all_heard(house)
        past.house = house
        yield past
