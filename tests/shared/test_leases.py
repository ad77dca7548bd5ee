"""Who is the active one, by the database's clock."""

import asyncio
import time
from collections.abc import AsyncIterator

import asyncpg
import pytest

from shared import database, ids
from shared.leases import Leases
from tests.shared.street import Databases, until


@pytest.fixture
async def pool(databases: Databases) -> AsyncIterator[asyncpg.Pool]:
    pool = await database.create_pool(await databases.log(), size=8)
    yield pool
    await pool.close()


async def end(task: "asyncio.Task[None]") -> None:
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)


async def test_two_never_hold_the_same_and_the_stand_by_takes_over_from_the_dead(pool: asyncpg.Pool) -> None:
    holders = [Leases(pool, ["relay", "view"], ids.random()) for _ in range(5)]
    running = [asyncio.create_task(one.run()) for one in holders]
    await until(lambda: any(one.held("relay") for one in holders))
    (active,) = (one for one in holders if one.held("relay"))

    at_once = 0
    died: float | None = None
    began = time.monotonic()
    taken_over: float | None = None
    while taken_over is None and time.monotonic() - began < 10:
        holding = [one for one in holders if one.held("relay")]
        at_once = max(at_once, len(holding))
        row = await pool.fetchrow(
            "SELECT holder, until > clock_timestamp() AS good FROM log.leases WHERE name = 'relay'"
        )
        assert row is not None
        if len(holding) == 1 and holding == [one for one in holders if one.held("relay")]:
            assert row["good"]
        if died is None and time.monotonic() - began > 1.5:  # renewed at least once by then
            died = time.monotonic()
            await end(running[holders.index(active)])
        if died and holding and holding != [active]:
            taken_over = time.monotonic() - died
        await asyncio.sleep(0.005)
    for task in running:
        await end(task)
    assert at_once == 1
    assert taken_over is not None
    # Renewed each second and good for three: at the latest four after it died, at the earliest not before two.
    assert 1.9 <= taken_over <= 4.0


async def test_one_that_is_given_up_is_taken_at_once(pool: asyncpg.Pool) -> None:
    first, second = Leases(pool, ["relay"], ids.random()), Leases(pool, ["relay"], ids.random())
    one = asyncio.create_task(first.run())
    await asyncio.wait_for(first.wait("relay"), 5)
    two = asyncio.create_task(second.run())
    await end(one)
    began = time.monotonic()
    await first.give_up()
    assert not first.held("relay")
    await asyncio.wait_for(second.wait("relay"), 5)
    assert time.monotonic() - began < 1.0
    await end(two)


async def test_one_that_is_left_to_others_goes_to_whoever_tries_and_else_comes_back(pool: asyncpg.Pool) -> None:
    first, second = Leases(pool, ["relay"], ids.random()), Leases(pool, ["relay"], ids.random())
    one = asyncio.create_task(first.run())
    await asyncio.wait_for(first.wait("relay"), 5)
    async with first.left_to_others("relay"):
        assert not first.held("relay")
        two = asyncio.create_task(second.run())
        await asyncio.wait_for(second.wait("relay"), 5)
    async with second.left_to_others("relay"):
        await asyncio.wait_for(first.wait("relay"), 5)
        await end(one)
        await first.give_up()
    await asyncio.wait_for(second.wait("relay"), 5)
    await end(two)


async def test_without_the_database_it_is_not_held_any_longer_and_then_again(pool: asyncpg.Pool) -> None:
    leases = Leases(pool, ["relay"], ids.random())
    task = asyncio.create_task(leases.run())
    await leases.wait("relay")
    until_then = leases._until["relay"]
    # A pool that hands out nothing: what a database that went away looks like from here.
    held = [await pool.acquire() for _ in range(8)]
    await until(lambda: not leases.held("relay"), 5)
    assert time.monotonic() - until_then < 1.5
    for connection in held:
        await pool.release(connection)
    await asyncio.wait_for(leases.wait("relay"), 5)
    await end(task)
