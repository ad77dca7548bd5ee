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
from services.cooperative.views import prospects
from services.enterprise.views import training_roster
from services.migration_service.views import standing
from services.parenting.views import children
from shared import leases
from shared.projecting import live_schema
from tests.houses import TODAY, Api, a_house
from tests.stories.households import Village
from tests.stories.telling import Story

HEARD_WITHIN_SECONDS = 60.0
_HEARERS = {
    "enterprise": live_schema(training_roster.VIEW),
    "parenting": live_schema(children.VIEW),
    "cooperative": live_schema(prospects.VIEW),
    "migration_service": live_schema(standing.VIEW),
}
"""The roster of each service, by its durable name."""


@dataclass
class Past:
    """The house in which it happened, and what its rosters said of each village, by the way it was heard."""

    house: House
    villages: list[Village] = field(default_factory=list)
    meanwhile: dict[str, dict[str, Any]] = field(default_factory=dict)
    """While one source was still unheard."""
    at_last: dict[str, dict[str, Any]] = field(default_factory=dict)
    birthday: list[list[str]] = field(default_factory=list)
    """For whom parenting looks after a child on the eve of its 18th birthday, and from the birthday on."""


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


def stop_hearing(house: House, source: str) -> None:
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


def hear_again(house: House, source: str) -> None:
    """The leases are free."""
    for service, view in _HEARERS.items():
        in_database(house, service, "DELETE FROM log.leases WHERE name = $1", f"{view}<{source}")


def until_off(story: Story, child: str) -> list[str]:
    """For whom parenting looks after *child*, as soon as that is nobody; else after a while."""
    until = time.monotonic() + HEARD_WITHIN_SECONDS
    while (parents := story.parents_abroad(child)) and time.monotonic() < until:
        time.sleep(0.05)
    return parents


@pytest.fixture(scope="session")
def past(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Past]:
    """Three villages with the same story. What the registry said of the second is heard a day later, after a new start;
    what was said of the trips of the third is heard when the whole story has been told.
    """
    data = tmp_path_factory.mktemp("past") / "data"
    past = Past(House(data))

    @contextmanager
    def on_day(n: int) -> Iterator[Api]:
        with a_house(data, today=TODAY + timedelta(days=n)) as house, Api(house) as api:
            past.house = house
            for village in past.villages:
                village.api = api
            yield api

    def told(api: Api, code: int) -> Village:
        village = Village(api, f"33.07.10.20{code:02}", f"33.07.10.20{code + 1:02}")
        past.villages.append(village)
        with Api(past.house, role="programme-office") as office:
            designation = {"village": village.code, "year": 2019, "decree": "KEP-59/2017"}
            assert office.post("registry", "/villages", designation).status_code == 201
        village.lives()
        with Api(past.house, role="data-protection-officer") as officer:
            village.held(officer)
        return village

    with on_day(0) as api:
        village = told(api, 1)
        grown_up = Story(api, "33.07.02.2001")
        worker = grown_up.registers("Rini Contoh")
        _, child = grown_up.family_of(worker, "Joko Contoh", "Bima Contoh", "2008-11-22")  # 18 on the next day
        grown_up.departs(worker, "Taiwan", "2025-01-01")
        past.birthday.append(grown_up.parents_abroad(child))
        all_heard(past.house)
        past.at_last["as told"] = village.rosters()
        stop_hearing(past.house, "registry")
        past.meanwhile["registry late"] = told(api, 5).rosters()
    with on_day(1) as api:
        hear_again(past.house, "registry")
        all_heard(past.house)
        grown_up.api = api
        past.birthday.append(until_off(grown_up, child))
        past.at_last["registry late"] = past.villages[-1].rosters()
        stop_hearing(past.house, "migration_service")
        past.meanwhile["trips late"] = told(api, 11).rosters()
        hear_again(past.house, "migration_service")
        all_heard(past.house)
        past.at_last["trips late"] = past.villages[-1].rosters()
        for village in past.villages:
            village.meets()
            village.is_kept()
        all_heard(past.house)
        yield past
