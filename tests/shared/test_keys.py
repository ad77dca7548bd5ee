"""Persons' keys, in a real Postgres of their own."""

import asyncio
import os
import uuid
from collections.abc import AsyncIterator

import asyncpg
import pytest
from cryptography.exceptions import InvalidTag

from shared import database
from shared.keys import KeyRing
from tests.shared.street import Databases

MASTER = bytes(range(32))


@pytest.fixture
async def pool(databases: Databases) -> AsyncIterator[asyncpg.Pool]:
    pool = await database.create_pool(await databases.keys(), size=4)
    yield pool
    await pool.close()


async def test_a_key_is_given_once_however_many_ask(pool: asyncpg.Pool) -> None:
    ring = KeyRing(pool, MASTER)
    given = await asyncio.gather(*(ring.take() for _ in range(1500)))
    assert len({key_id for key_id, _ in given}) == len({key for _, key in given}) == 1500


async def test_it_is_there_before_it_is_given(pool: asyncpg.Pool) -> None:
    """The event that names a key is committed elsewhere: a crash in between must not leave it without."""
    key_id, key = await KeyRing(pool, MASTER).take()
    assert await KeyRing(pool, MASTER).get([key_id]) == {key_id: key}


async def test_what_a_dead_process_left_of_its_block_is_never_given_out(pool: asyncpg.Pool) -> None:
    await KeyRing(pool, MASTER).take()
    left = {row["key_id"] for row in await pool.fetch("SELECT key_id FROM keys")}
    assert len(left) > 1
    ring = KeyRing(pool, MASTER)
    given = {(await ring.take())[0] for _ in range(600)}
    assert given & left == set()


async def test_a_destroyed_key_is_gone_for_everybody_and_twice_is_harmless(pool: asyncpg.Pool) -> None:
    ring, other = KeyRing(pool, MASTER), KeyRing(pool, MASTER)
    (gone, _), (kept, key) = await ring.take(), await ring.take()
    for _ in range(2):
        await ring.destroy([gone])
        assert await ring.get([gone, kept]) == {gone: None, kept: key}
        assert await other.get([gone, kept]) == {gone: None, kept: key}
    assert await ring.get([uuid.uuid4()]) != {}


async def test_it_lies_wrapped_under_the_master_key_and_bound_to_its_id(pool: asyncpg.Pool) -> None:
    ring = KeyRing(pool, MASTER)
    (one, key), (other, _) = await ring.take(), await ring.take()
    wrapped = {row["key_id"]: row["wrapped"] for row in await pool.fetch("SELECT * FROM keys")}
    assert all(key not in box for box in wrapped.values())
    with pytest.raises(InvalidTag):
        await KeyRing(pool, os.urandom(32)).get([one])
    with pytest.raises(InvalidTag):
        ring._unwrap(other, wrapped[one])


async def test_where_the_database_is_away_the_next_try_succeeds(
    pool: asyncpg.Pool, monkeypatch: pytest.MonkeyPatch
) -> None:
    ring = KeyRing(pool, MASTER)
    fill = ring._fill

    async def away() -> None:
        raise ConnectionError

    monkeypatch.setattr(ring, "_fill", away)
    with pytest.raises(ConnectionError):
        await ring.take()
    monkeypatch.setattr(ring, "_fill", fill)
    await ring.take()
