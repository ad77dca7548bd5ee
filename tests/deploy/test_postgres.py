import asyncio
import os
import re
import stat
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import asyncpg
import pytest

from deploy import unprivileged
from deploy.postgres import Cluster, binaries
from deploy.program import HouseFailed


@pytest.fixture(scope="module")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    cluster = Cluster(tmp_path_factory.mktemp("a folder with blanks") / "postgres")
    cluster.start()
    yield cluster
    cluster.stop()


async def value(url: str, query: str) -> object:
    connection = await asyncpg.connect(url)
    try:
        return await connection.fetchval(query)
    finally:
        await connection.close()


async def test_it_is_postgresql_18_on_loopback_alone_with_what_the_log_needs(cluster: Cluster) -> None:
    assert str(await value(cluster.url(), "SHOW server_version")).startswith("18.")
    expected = {
        "listen_addresses": "127.0.0.1",
        "unix_socket_directories": "",
        "fsync": "on",
        "full_page_writes": "on",
        "synchronous_commit": "on",
        "track_commit_timestamp": "on",
        "data_checksums": "on",
        "TimeZone": "UTC",
    }
    assert {name: await value(cluster.url(), f"SHOW {name}") for name in expected} == expected


async def test_a_wrong_password_does_not_enter(cluster: Cluster) -> None:
    wrong = cluster.url().replace(cluster.password("postgres"), "0" * 64)
    with pytest.raises(asyncpg.InvalidPasswordError):
        await asyncpg.connect(wrong)


def test_passwords_are_random_and_their_owners_alone(cluster: Cluster) -> None:
    kept = cluster.path / "secrets" / "postgres-postgres"
    assert re.fullmatch(r"[0-9a-f]{64}", kept.read_text())
    assert stat.S_IMODE(kept.stat().st_mode) == 0o600
    assert not (cluster.path / "first-password").exists()


def test_it_does_not_run_as_root(cluster: Cluster) -> None:
    assert cluster.identity is not None
    assert Path(f"/proc/{cluster.identity.pid}").stat().st_uid != 0


async def test_after_a_kill_it_waits_for_what_is_left_and_keeps_what_was_committed(tmp_path: Path) -> None:
    cluster = Cluster(tmp_path / "postgres")
    await asyncio.to_thread(cluster.start)
    try:
        await value(cluster.url(), "CREATE TABLE kept AS SELECT 7 AS n")
        busy = await asyncpg.connect(cluster.url())
        # While it computes it does not look for the postmaster, and outlives it by seconds.
        long = asyncio.ensure_future(busy.fetchval("SELECT sum(i) FROM generate_series(1, 20000000) i"))
        await asyncio.sleep(0.3)
        await asyncio.to_thread(cluster.kill)
        assert not cluster.running
        said: list[str] = []
        await asyncio.to_thread(lambda: cluster.start(waiting=said.append))
        assert [sentence.partition(" ·")[0] for sentence in said] == [
            "postgres waits until what it left behind at its sudden end is gone"
        ]
        assert await long == 20_000_000 * 20_000_001 // 2  # nobody killed it
        assert await value(cluster.url(), "SELECT n FROM kept") == 7
        await busy.close(timeout=1)
    finally:
        await asyncio.to_thread(cluster.stop)


def test_one_left_by_an_earlier_house_is_ended_first(tmp_path: Path) -> None:
    earlier = Cluster(tmp_path / "postgres")
    earlier.start()
    left = earlier.identity
    later = Cluster(tmp_path / "postgres")
    try:
        assert left is not None
        assert later.find_former() == left
        later.start()
        assert not earlier.running
        assert later.identity != left
    finally:
        later.stop()
        earlier.stop()


def test_half_a_cluster_is_made_anew(tmp_path: Path) -> None:
    half = tmp_path / "postgres" / "cluster.new" / "base"
    half.mkdir(parents=True)
    (half / "1").write_text("half")
    cluster = Cluster(tmp_path / "postgres")
    cluster.start()
    cluster.stop()
    assert not (tmp_path / "postgres" / "cluster.new").exists()


def test_one_that_cannot_start_says_why(tmp_path: Path) -> None:
    cluster = Cluster(tmp_path / "postgres", settings={"shared_buffers": "no size"})
    with pytest.raises(HouseFailed, match=r"postgres ended at its start .*shared_buffers"):
        cluster.start()


@pytest.mark.skipif(sys.platform != "linux" or os.geteuid() != 0, reason="only root can become somebody else")
def test_a_capability_is_lent_only_where_a_folder_is_closed(tmp_path: Path) -> None:
    """pytest's own folder is closed to others; the root folder is open to all."""
    (tmp_path / "closed").mkdir(mode=0o700)

    def lent(*reach: Path) -> str:
        become = [sys.executable, "-I", "-S", unprivileged.__file__, "65534", "65534", *map(str, reach), "--"]
        status = subprocess.check_output([*become, "/bin/cat", "/proc/self/status"], text=True)
        assert "Uid:\t65534\t65534\t65534\t65534" in status
        (effective,) = re.findall(r"CapEff:\t(\w+)", status)
        return str(effective)

    assert int(lent(Path("/")), 16) == 0
    assert int(lent(Path("/"), tmp_path / "closed"), 16) == 0b10


def test_the_tools_are_there() -> None:
    assert all((binaries() / tool).exists() for tool in ("initdb", "pg_dump", "pg_restore", "psql"))
