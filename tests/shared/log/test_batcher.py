"""Group commit: what goes in one call, what a bad command does to it, and what a lost connection does not do."""

import asyncio
import random
import uuid

import asyncpg
import pytest

from shared.log.append import Append, Batcher, _Asked
from tests.servers import Postgres
from tests.shared.log.writing import Writer, append, claim, event, release
from tests.shared.street import until


def next_batch(*waiting: Append) -> list[Append]:
    batcher = Batcher("", None, lambda _: asyncio.sleep(0), lambda: None)
    for one in waiting:
        batcher._waiting.append(_Asked([one], asyncio.get_running_loop().create_future(), ()))
    return [one for asked in batcher._next_batch() for one in asked.run]


async def test_what_touches_nothing_in_common_goes_together() -> None:
    read = uuid.uuid4()
    several = [append(event(uuid.uuid4()), seen=[(read, 1)]) for _ in range(5)]
    assert next_batch(*several) == several


async def test_what_touches_the_same_waits_and_what_comes_after_overtakes_it() -> None:
    stream, holder = uuid.uuid4(), uuid.uuid4()
    first = append(event(stream), claims=[claim("1", holder)])
    other = append(event(uuid.uuid4()))
    for second in (
        append(event(stream), seen=[(stream, 1)]),
        append(event(uuid.uuid4()), seen=[(stream, 0)]),
        append(event(uuid.uuid4()), command=first.command_id),
        append(event(uuid.uuid4()), claims=[claim("1", uuid.uuid4())]),
        append(event(uuid.uuid4()), claims=[release(holder)]),
    ):
        assert next_batch(first, second, other) == [first, other]
    reads = append(event(uuid.uuid4()), seen=[(stream, 0)])
    assert next_batch(reads, append(event(stream)), other) == [reads, other]


async def test_a_bad_command_does_not_take_its_neighbours(writer: Writer) -> None:
    waiting = [
        append(event(uuid.uuid4())),
        append(event(uuid.uuid4(), data='{"text": "\\u0000"}')),  # Postgres refuses it
        append(event(uuid.uuid4())),
        append(event(uuid.uuid4(), data="\ud800")),  # the driver refuses it
        append(event(uuid.uuid4())),
    ]
    tasks = [asyncio.create_task(writer.batcher.append(one)) for one in waiting]
    await asyncio.sleep(0)
    writer.go()
    said = await asyncio.gather(*tasks, return_exceptions=True)
    assert [getattr(one, "said", type(one).__name__) for one in said] == [
        "ok", "UntranslatableCharacterError", "ok", "DataError", "ok"
    ]  # fmt: skip
    assert (await writer.one(append(event(uuid.uuid4())))).position == 4


async def test_drained_returns_when_everybody_was_answered_also_those_under_way(
    writer: Writer, cluster: Postgres
) -> None:
    superuser = await asyncpg.connect(cluster.url(writer._url.rpartition("/")[2]))
    transaction = superuser.transaction()
    await transaction.start()
    await superuser.execute("SELECT pg_advisory_xact_lock(7001)")  # the call waits as long as this is held
    under_way = asyncio.create_task(writer.one(append(event(uuid.uuid4()))))
    await until(lambda: superuser.fetchval("SELECT count(*) FROM pg_locks WHERE NOT granted"))
    drained = asyncio.create_task(writer.batcher.drained())
    await asyncio.sleep(0.05)
    assert not drained.done()
    await transaction.rollback()
    async with asyncio.timeout(5):
        await drained
    assert (await under_way).said == "ok"
    await superuser.close()


async def test_nobody_waits_for_ever_when_the_batcher_ends(writer: Writer) -> None:
    """What it is connected to is another log: the process must end, and its callers are told."""

    async def replaced(_connection: asyncpg.Connection) -> None:
        raise LookupError

    writer.batcher._connected = replaced
    waiting = [asyncio.create_task(writer.batcher.append(append(event(uuid.uuid4())))) for _ in range(3)]
    with pytest.raises(LookupError):
        await writer.batcher.run()
    waiting.append(asyncio.create_task(writer.batcher.append(append(event(uuid.uuid4())))))
    async with asyncio.timeout(5):
        said = await asyncio.gather(*waiting, return_exceptions=True)
    assert [type(one) for one in said] == [LookupError] * 4


async def test_a_cancelled_request_does_not_disturb_the_others(writer: Writer) -> None:
    gone = asyncio.create_task(writer.batcher.append(append(event(uuid.uuid4()))))
    await asyncio.sleep(0)
    gone.cancel()
    await asyncio.gather(gone, return_exceptions=True)
    # The fact stands all the same: the caller may ask again with the same id.
    assert (await writer.one(append(event(uuid.uuid4())))).position == 2


# Lost connections


async def write_on(writer: Writer, done: asyncio.Event, acknowledged: dict[uuid.UUID, tuple[int, int]]) -> None:
    """One of many writers, until *done*: a stream of its own, one command after the other, each answered once."""
    stream, version = uuid.uuid4(), 0
    while not done.is_set():
        command = append(event(stream, public=True), seen=[(stream, version)])
        verdict = await writer.batcher.append(command)
        # "duplicate" is the answer to a call that was carried out before its connection was lost.
        assert verdict.said in {"ok", "duplicate"}
        acknowledged[command.events[0].event_id] = (verdict.position, verdict.published)
        version += 1


async def nothing_lost_or_doubled(writer: Writer, acknowledged: dict[uuid.UUID, tuple[int, int]]) -> None:
    there = await writer.rows("SELECT position, published, event_id, version FROM log.events ORDER BY position")
    assert {row["event_id"]: (row["position"], row["published"]) for row in there} == acknowledged
    assert [row["position"] for row in there] == [row["published"] for row in there] == list(range(1, len(there) + 1))


async def test_connections_cut_under_32_writers_lose_and_double_nothing(
    writer: Writer, cluster: Postgres, seed: int
) -> None:
    chance = random.Random(seed)  # noqa: S311
    done, acknowledged = asyncio.Event(), dict[uuid.UUID, tuple[int, int]]()
    writer.go()
    writing = [asyncio.create_task(write_on(writer, done, acknowledged)) for _ in range(32)]
    superuser = await asyncpg.connect(cluster.url())
    database = writer._url.rpartition("/")[2]
    for _ in range(20):
        await asyncio.sleep(chance.uniform(0.0, 0.08))
        await superuser.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = $1", database)
    await superuser.close()
    there = len(acknowledged)
    await until(lambda: len(acknowledged) > there + 100)
    done.set()
    await asyncio.gather(*writing)
    await nothing_lost_or_doubled(writer, acknowledged)


async def test_a_killed_postgres_under_32_writers_loses_and_doubles_nothing(
    writer: Writer, cluster: Postgres, seed: int
) -> None:
    chance = random.Random(seed)  # noqa: S311
    done, acknowledged = asyncio.Event(), dict[uuid.UUID, tuple[int, int]]()
    writer.go()
    writing = [asyncio.create_task(write_on(writer, done, acknowledged)) for _ in range(32)]
    for _ in range(3):
        there = len(acknowledged)
        await until(lambda there=there: len(acknowledged) > there + 50, 30)  # type: ignore[misc]
        await asyncio.sleep(chance.uniform(0.0, 0.2))
        await asyncio.to_thread(cluster.kill)
        await asyncio.to_thread(cluster.start)
    there = len(acknowledged)
    await until(lambda: len(acknowledged) > there + 50, 30)
    done.set()
    await asyncio.gather(*writing)
    await nothing_lost_or_doubled(writer, acknowledged)
