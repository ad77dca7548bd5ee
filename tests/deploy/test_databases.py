import asyncio
import os
import subprocess
import sys
from collections.abc import Iterator

import asyncpg
import pytest

from deploy import SERVICES, databases
from deploy.secret_environment import database_password
from tests.servers import ROOT, Postgres, a_postgres


@pytest.fixture(scope="module")
def cluster(tmp_path_factory: pytest.TempPathFactory, in_container: bool) -> Iterator[Postgres]:
    with a_postgres(tmp_path_factory.mktemp("databases"), in_container=in_container) as cluster:
        for _ in range(2):  # the second time it finds everything there
            asyncio.run(databases.make(cluster.url(), cluster.password, alone=True))
        yield cluster


async def value(url: str, query: str) -> object:
    connection = await asyncpg.connect(url)
    try:
        return await connection.fetchval(query)
    finally:
        await connection.close()


@pytest.mark.parametrize("database", ["enterprise", "enterprise_keys", "postgres", "template1"])
async def test_a_service_does_not_enter_what_is_not_its_own(cluster: Postgres, database: str) -> None:
    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        await asyncpg.connect(cluster.url(database, "registry"))


async def test_it_makes_schemas_beside_its_log_and_nothing_else(cluster: Postgres) -> None:
    url, keys = cluster.url("registry", "registry"), cluster.url("registry_keys", "registry")
    await value(url, "CREATE SCHEMA figures")
    for where, refused in [
        (url, "CREATE TABLE public.stray (n int)"),
        (url, "CREATE TEMPORARY TABLE stray (n int)"),
        (url, "CREATE DATABASE stray"),
        (url, "CREATE ROLE stray"),
        (keys, "CREATE SCHEMA stray"),
    ]:
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await value(where, refused)


async def test_the_owner_makes_tables(cluster: Postgres) -> None:
    await value(cluster.url("registry", "registry_owner"), "CREATE TABLE public.of_the_owner (n int)")


async def test_names_sort_by_code_point_everywhere(cluster: Postgres) -> None:
    assert await value(cluster.url("registry", "registry"), "SELECT 'B' < 'a'") is True


async def test_the_environment_says_which_server_is_prepared_and_with_which_passwords(cluster: Postgres) -> None:
    told = {database_password(service): f"of {service}/@:" for service in SERVICES}
    prepared = await asyncio.to_thread(
        subprocess.run,
        [sys.executable, "-m", "deploy.databases"],
        env={**os.environ, **told, "DESMIGRATIF_POSTGRES_URL": cluster.url()},
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    assert not any(
        secret in prepared.stdout + prepared.stderr for secret in (*told.values(), cluster.password("postgres"))
    )
    for service in SERVICES:
        connection = await asyncpg.connect(
            host="127.0.0.1", port=cluster.port, user=service, password=f"of {service}/@:", database=service
        )
        assert await connection.fetchval("SELECT count(*) FROM log.events") == 0
        await connection.close()
