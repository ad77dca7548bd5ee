"""Workers of a house who are abroad, and requests by which they come home."""

import asyncio
import uuid
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from datetime import timedelta

import orjson

from deploy.command import status
from deploy.command.running import Running
from deploy.house import House
from tests.bench import generated
from tests.bench.bed import address

HEARD_WITHIN_SECONDS = 600.0


async def abroad(house: House, how_many: int) -> list[str]:
    """So many new workers who left, heard by everybody who runs: the requests that bring each home."""
    lives = generated.lives(how_many)
    await generated.write_departed(address(house, "migration_service"), lives)
    await all_heard(house)
    return bodies([str(life.trip_id) for life in lives])


def bodies(trips: Sequence[str]) -> list[str]:
    """A return of each of *trips*."""
    return [
        orjson.dumps({"trip_id": trip, "returned_on": "2026-03-01", "reason": "contract_ended"}).decode()
        for trip in trips
    ]


async def all_heard(house: House) -> None:
    """Wait until everybody has heard everything.

    Raises:
        RuntimeError: they do not.
    """
    async with Running(house.addresses, issuer=house.issuer).calls("operator", timeout_seconds=60.0) as calls:
        statuses = await status.wait_until_heard(calls, HEARD_WITHIN_SECONDS)
    if wrong := status.troubles(statuses) or status.lags(statuses):
        raise RuntimeError(f"not everyone has heard everything: {wrong}")


def token(house: House) -> str:
    """Of somebody who may record returns anywhere."""
    return house.issuer.mint("integrator", "*", subject="bench", ttl=timedelta(hours=6))


def run() -> str:
    """What Idempotency-Keys begin with that nobody used yet."""
    return uuid.uuid4().hex


async def stop(house: House, *services: str) -> None:
    """End *services* gently."""
    await asyncio.gather(*(asyncio.to_thread(house.stop_service, service) for service in services))


@asynccontextmanager
async def stopped(house: House, *services: str) -> AsyncIterator[None]:
    """*services* are not there while the block runs."""
    await stop(house, *services)
    try:
        yield
    finally:
        await start(house, *services)


async def start(house: House, *services: str) -> None:
    """Start them again."""
    await asyncio.gather(*(asyncio.to_thread(house.start_service, service) for service in services))
