"""A log has a name, and gets a new one when it was put back."""

import os
import subprocess
import uuid
from uuid import UUID

import asyncpg
import pytest

from deploy.postgres import binaries
from shared.log.identity import Identity, LogName, LogReplaced, open_log, restored, same_place
from tests.servers import Postgres
from tests.shared.log.writing import a_writer, append, event
from tests.shared.street import Databases


def name(n: int) -> UUID:
    return UUID(int=n)


def test_what_is_kept_of_a_name_is_what_no_later_restore_cut() -> None:
    identity = Identity([LogName(name(1), 0), LogName(name(2), 900), LogName(name(3), 700), LogName(name(4), 950)])
    assert identity.log_id == name(4)
    assert identity.kept(name(1)) == 700  # 900 outlived the first restore, the second put the log back further
    assert identity.kept(name(2)) == 700
    assert identity.kept(name(3)) == 950
    assert identity.kept(name(4)) is None
    assert identity.kept(name(5)) is None
    assert Identity([LogName(name(1), 0)]).kept(name(1)) is None


async def opened(url: str) -> Identity:
    connection = await asyncpg.connect(url)
    try:
        return await open_log(connection)
    finally:
        await connection.close()


async def with_facts(url: str, how_many: int = 3) -> Identity:
    identity = await opened(url)
    async with a_writer(url, identity.log_id) as writer:
        for _ in range(how_many):
            await writer.one(append(event(uuid.uuid4(), public=True), event(uuid.uuid4())))
    return identity


async def last_fact(url: str) -> asyncpg.Record:
    connection = await asyncpg.connect(url)
    try:
        fact = await connection.fetchrow("SELECT * FROM log.events ORDER BY position DESC LIMIT 1")
        assert fact is not None
        return fact
    finally:
        await connection.close()


async def test_a_new_log_is_named_once_and_keeps_its_name(url: str) -> None:
    first = await with_facts(url)
    assert first.lineage == [LogName(first.log_id, 0, 0)]
    assert await opened(url) == first
    assert (await last_fact(url))["type"] == "Noted"


async def restored_by_copy(databases: Databases, database: str) -> None:
    copy = await databases.copy(database, "registry")
    await databases.put_in_place(database, copy)


async def restored_by_dump(databases: Databases, database: str) -> None:
    cluster = databases.cluster
    environment = {**os.environ, "PGPASSWORD": cluster.password("postgres")}
    at = ["-h", "127.0.0.1", "-p", str(cluster.port), "-U", "postgres"]
    dumped = subprocess.run(  # noqa: ASYNC221
        [binaries() / "pg_dump", *at, database], env=environment, capture_output=True, check=True
    ).stdout
    back = f"t_{uuid.uuid4().hex[:12]}"
    await databases.admin(
        f'CREATE DATABASE "{back}" TEMPLATE template0', f'GRANT CREATE ON DATABASE "{back}" TO registry'
    )
    subprocess.run(  # noqa: ASYNC221
        [binaries() / "psql", *at, "-v", "ON_ERROR_STOP=1", "-q", back],
        env=environment, input=dumped, capture_output=True, check=True,
    )  # fmt: skip
    await databases.put_in_place(database, back)


@pytest.mark.parametrize("put_back", [restored_by_copy, restored_by_dump])
async def test_a_log_restored_into_the_same_cluster_goes_on_under_a_new_name(
    databases: Databases, url: str, put_back: object
) -> None:
    first = await with_facts(url)
    await put_back(databases, url.rpartition("/")[2])  # type: ignore[operator]
    second = await opened(url)
    assert second.lineage == [LogName(first.log_id, 0, 0), LogName(second.log_id, 3, 6)]
    assert second.kept_position(first.log_id) == 6
    assert second.kept(first.log_id) == 3
    fact = await last_fact(url)
    assert (fact["type"], fact["position"], fact["version"], fact["published"]) == ("LogRestored", 7, 1, None)
    assert str(first.log_id) in fact["data"]
    assert '"kept": 3' in fact["data"]
    assert await opened(url) == second
    # and the log goes on without a gap
    async with a_writer(url, second.log_id) as writer:
        verdict = await writer.one(append(event(uuid.uuid4(), public=True)))
    assert (verdict.position, verdict.published) == (8, 4)


async def test_a_dump_restored_over_the_same_database_is_noticed_too(cluster: Postgres, url: str) -> None:
    first = await with_facts(url)
    database = url.rpartition("/")[2]
    superuser = await asyncpg.connect(cluster.url(database))
    # What pg_restore --clean does: the table is dropped and made anew from what was dumped.
    await superuser.execute("CREATE TABLE kept AS TABLE log.events; ALTER TABLE log.events RENAME TO gone")
    await superuser.execute("CREATE TABLE log.events (LIKE log.gone INCLUDING ALL); DROP TABLE log.gone")
    await superuser.execute("INSERT INTO log.events TABLE kept; DROP TABLE kept")
    await superuser.execute("GRANT SELECT, INSERT ON log.events TO registry")
    await superuser.close()
    second = await opened(url)
    assert [n.log_id for n in second.lineage] == [first.log_id, second.log_id]


async def test_a_log_restored_twice_keeps_its_whole_lineage(databases: Databases, url: str) -> None:
    database = url.rpartition("/")[2]
    first = await with_facts(url)
    earlier = await databases.copy(database, "registry")
    await restored_by_copy(databases, database)
    await with_facts(url)  # a second name, and three facts more
    await databases.put_in_place(database, earlier)
    third = await opened(url)
    # The second name was made after the dump: of it nothing is known here any more.
    assert [n.begins_after for n in third.lineage] == [0, 3]
    await restored_by_copy(databases, database)
    fourth = await opened(url)
    assert [n.log_id for n in fourth.lineage] == [first.log_id, third.log_id, fourth.log_id]
    assert (await last_fact(url))["version"] == 2


async def test_a_service_whose_database_is_replaced_under_it_does_not_go_on(databases: Databases, url: str) -> None:
    identity = await with_facts(url)
    connection = await asyncpg.connect(url)
    await same_place(connection, identity)
    await connection.close()
    await restored_by_copy(databases, url.rpartition("/")[2])
    connection = await asyncpg.connect(url)
    with pytest.raises(LogReplaced):
        await same_place(connection, identity)
    await connection.close()


async def test_said_to_be_restored_it_is_renamed_once_however_many_say_so(url: str) -> None:
    first = await with_facts(url)
    connection = await asyncpg.connect(url)
    second = await restored(connection, first.log_id)
    assert second.kept(first.log_id) == 3
    assert await restored(connection, first.log_id) == second
    assert await open_log(connection) == second
    await connection.close()
