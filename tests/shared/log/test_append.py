"""What one call of ``log.append`` says to each command in it."""

import asyncio
import uuid

import asyncpg
import pytest

from shared.log.identity import open_log, restored
from tests.servers import Postgres
from tests.shared.log.writing import Writer, a_writer, append, claim, event, release


async def facts(writer: Writer) -> list[tuple[int, uuid.UUID, int, int | None]]:
    query = "SELECT position, stream_id, version, published FROM log.events ORDER BY position"
    return [tuple(row) for row in await writer.rows(query)]


async def test_an_append_is_answered_with_where_the_log_stands_after_it(writer: Writer) -> None:
    stream = uuid.uuid4()
    first = await writer.one(append(event(stream, public=True), event(stream), answer={"id": "1"}))
    assert (first.said, first.position, first.published, first.answer) == ("ok", 2, 1, {"id": "1"})
    second = await writer.one(append(event(stream), seen=[(stream, 2)]))
    assert (second.said, second.position, second.published) == ("ok", 3, 1)
    assert await facts(writer) == [(1, stream, 1, 1), (2, stream, 2, None), (3, stream, 3, None)]


async def test_the_same_command_is_answered_as_it_was_and_leaves_nothing(writer: Writer) -> None:
    command, stream = uuid.uuid4(), uuid.uuid4()
    first = await writer.one(append(event(stream, public=True), command=command, answer={"id": "first"}))
    await writer.one(append(event(uuid.uuid4(), public=True)))
    # A retry decides on fresh state, so it may bring other versions, other events and another answer.
    again = await writer.one(append(event(stream), command=command, seen=[(stream, 1)], answer={"id": "again"}))
    assert (again.said, again.answer) == ("duplicate", {"id": "first"})
    assert (again.position, again.published) == (first.position, first.published) == (1, 1)
    assert len(await facts(writer)) == 2


async def test_the_same_command_with_another_body_is_refused(writer: Writer) -> None:
    command = uuid.uuid4()
    await writer.one(append(event(uuid.uuid4()), command=command, body=b"one"))
    other = await writer.one(append(event(uuid.uuid4()), command=command, body=b"other"))
    assert other.said == "reused"
    assert len(await facts(writer)) == 1


async def test_a_command_that_decided_nothing_is_remembered_too(writer: Writer) -> None:
    stream = uuid.uuid4()
    await writer.one(append(event(stream, public=True)))
    command = uuid.uuid4()
    nothing = append(seen=[(stream, 1)], command=command, answer={"id": "nothing"})
    assert [(await writer.one(nothing)).said for _ in range(2)] == ["ok", "duplicate"]
    again = await writer.one(append(event(stream), seen=[(stream, 1)], command=command))
    assert (again.said, again.position, again.published, again.answer) == ("duplicate", 1, 1, {"id": "nothing"})
    assert len(await facts(writer)) == 1


async def test_a_command_that_saw_an_older_version_conflicts_also_of_what_it_only_read(writer: Writer) -> None:
    read, written = uuid.uuid4(), uuid.uuid4()
    await writer.one(append(event(read)))
    assert (await writer.one(append(event(written), seen=[(read, 0)]))).said == "conflict"
    assert (await writer.one(append(event(read), seen=[(read, 2)]))).said == "conflict"
    assert (await writer.one(append(event(written), seen=[(read, 1)]))).said == "ok"


async def test_several_streams_go_together_or_not_at_all(writer: Writer) -> None:
    one, two, three = (uuid.uuid4() for _ in range(3))
    await writer.one(append(event(three)))
    mixed = (event(one), event(two), event(one), event(three))
    assert (await writer.one(append(*mixed))).said == "conflict"
    assert len(await facts(writer)) == 1
    assert (await writer.one(append(*mixed, seen=[(three, 1)]))).said == "ok"
    assert await facts(writer) == [
        (1, three, 1, None), (2, one, 1, None), (3, two, 1, None), (4, one, 2, None), (5, three, 2, None)
    ]  # fmt: skip


async def test_neighbours_of_what_is_refused_go_through(writer: Writer) -> None:
    siti, budi, stale = (uuid.uuid4() for _ in range(3))
    known = uuid.uuid4()
    await writer.one(append(event(siti), claims=[claim("1", siti)], command=known))
    await writer.one(append(event(stale)))
    await writer.rest()
    verdicts = await writer.together(
        append(event(uuid.uuid4(), public=True)),
        append(event(stale, public=True)),
        append(event(budi, public=True), claims=[claim("1", budi)]),
        append(event(siti, public=True), command=known),
        append(event(siti, public=True), command=known, body=b"other"),
        append(event(uuid.uuid4(), public=True)),
    )
    assert [v.said for v in verdicts] == ["ok", "conflict", "taken", "duplicate", "reused", "ok"]
    assert [(v.position, v.published) for v in verdicts if v.said == "ok"] == [(3, 1), (4, 2)]
    assert [f[0] for f in await facts(writer)] == [1, 2, 3, 4]


# Claims


async def test_a_claim_has_one_holder(writer: Writer) -> None:
    siti, budi = uuid.uuid4(), uuid.uuid4()
    assert (await writer.one(append(event(siti), claims=[claim("1", siti)]))).said == "ok"
    assert (await writer.one(append(event(budi), claims=[claim("1", budi)]))).said == "taken"
    assert (await writer.one(append(event(budi), claims=[claim("1", budi, kind="other")]))).said == "ok"
    # Who has it may take it again.
    assert (await writer.one(append(event(siti), seen=[(siti, 1)], claims=[claim("1", siti)]))).said == "ok"
    assert len(await writer.rows("SELECT 1 FROM log.claims")) == 2


async def test_what_is_released_is_free_and_nothing_else(writer: Writer) -> None:
    siti, budi = uuid.uuid4(), uuid.uuid4()
    await writer.one(append(event(siti), claims=[claim("1", siti), claim("2", siti), claim("1", siti, kind="other")]))
    await writer.one(append(event(siti), seen=[(siti, 1)], claims=[release(siti)]))
    kept = await writer.rows("SELECT kind FROM log.claims")
    assert [row["kind"] for row in kept] == ["other"]
    assert (await writer.one(append(event(budi), claims=[claim("1", budi)]))).said == "ok"


@pytest.mark.parametrize("before", ["1", "2"])
async def test_release_and_claim_in_one_command_leave_what_was_claimed(writer: Writer, before: str) -> None:
    """A corrected number: the old one is free, the new one taken, also where they are the same."""
    siti, budi = uuid.uuid4(), uuid.uuid4()
    await writer.one(append(event(siti), claims=[claim(before, siti)]))
    corrected = append(event(siti), seen=[(siti, 1)], claims=[release(siti), claim("2", siti)])
    assert (await writer.one(corrected)).said == "ok"
    assert [row["key"] for row in await writer.rows("SELECT key FROM log.claims")] == [b"number:2"]
    assert (await writer.one(append(event(budi), claims=[claim("2", budi)]))).said == "taken"
    assert (await writer.one(append(event(budi), claims=[claim("1", budi)]))).said == "ok"


async def test_what_is_refused_neither_claims_nor_releases(writer: Writer) -> None:
    siti = uuid.uuid4()
    await writer.one(append(event(siti), claims=[claim("1", siti)]))
    assert (await writer.one(append(event(siti), claims=[release(siti), claim("2", siti)]))).said == "conflict"
    assert [row["key"] for row in await writer.rows("SELECT key FROM log.claims")] == [b"number:1"]


# Runs


async def test_a_run_is_appended_up_to_the_first_that_is_not_ok(writer: Writer) -> None:
    stale, stream = uuid.uuid4(), uuid.uuid4()
    await writer.one(append(event(stale)))
    run = [append(event(stream)), append(event(stale)), append(event(uuid.uuid4())), append(event(uuid.uuid4()))]
    verdicts = await writer.batcher.append_run(run)
    assert [v.said for v in verdicts] == ["ok", "conflict", "conflict", "conflict"]
    assert [f[:2] for f in await facts(writer)] == [(1, stale), (2, stream)]
    # Also one that needs no more to be done ends it: what comes after it was decided as if it did.
    verdicts = await writer.batcher.append_run([run[0], run[2]])
    assert [v.said for v in verdicts] == ["duplicate", "conflict"]


async def test_in_a_run_each_names_the_versions_from_before_it(writer: Writer) -> None:
    stream = uuid.uuid4()
    await writer.one(append(event(stream, public=True)))
    run = [append(event(stream, public=True), seen=[(stream, 1)]) for _ in range(3)]
    verdicts = await writer.batcher.append_run([*run, append(seen=[(stream, 1)])])
    assert [(v.said, v.position, v.published) for v in verdicts] == [
        ("ok", 2, 2), ("ok", 3, 3), ("ok", 4, 4), ("ok", 4, 4)
    ]  # fmt: skip
    assert [f[2] for f in await facts(writer)] == [1, 2, 3, 4]
    assert [v.said for v in await writer.batcher.append_run(run)] == ["duplicate", "conflict", "conflict"]


async def test_what_another_run_does_is_no_matter_to_this_one(writer: Writer) -> None:
    stale = uuid.uuid4()
    await writer.one(append(event(stale)))
    await writer.rest()
    runs = [[append(event(stale)), append(event(uuid.uuid4()))], [append(event(uuid.uuid4())) for _ in range(3)]]
    waiting = [asyncio.create_task(writer.batcher.append_run(run)) for run in runs]
    await asyncio.sleep(0)
    writer.go()
    assert [[v.said for v in verdicts] for verdicts in await asyncio.gather(*waiting)] == [
        ["conflict", "conflict"],
        ["ok", "ok", "ok"],
    ]


# Many at once


async def test_32_writers_leave_no_gap_in_either_order_and_no_instant_that_falls(url: str) -> None:
    """Four processes' worth of batchers, each with 8 writers."""
    common = uuid.uuid4()

    async def also_in_the_common_one(writer: Writer) -> None:
        said, seen = "", 0
        while said != "ok":
            said = (await writer.batcher.append(append(event(common), seen=[(common, seen)]))).said
            if said != "ok":
                there = await writer.rows("SELECT count(*) AS n FROM log.events WHERE stream_id = $1", common)
                seen = there[0]["n"]

    async def write(writer: Writer, n: int) -> None:
        own = uuid.uuid4()
        for version in range(15):
            public = (n + version) % 3 > 0
            done = await writer.batcher.append(append(event(own, public=public), seen=[(own, version)]))
            assert done.said == "ok"
            if version % 5 == 0:
                await also_in_the_common_one(writer)

    async with a_writer(url) as a, a_writer(url) as b, a_writer(url) as c, a_writer(url) as d:
        for writer in (a, b, c, d):
            writer.go()
        await asyncio.gather(*(write((a, b, c, d)[n % 4], n) for n in range(32)))
        events = await a.rows("SELECT * FROM log.events ORDER BY position")
    assert [e["position"] for e in events] == list(range(1, 32 * 15 + 32 * 3 + 1))
    published = [e["published"] for e in events if e["published"]]
    assert published == list(range(1, len(published) + 1))
    instants = [e["recorded_at"] for e in events]
    assert instants == sorted(instants)
    versions: dict[uuid.UUID, int] = {}
    for e in events:
        versions[e["stream_id"]] = versions.get(e["stream_id"], 0) + 1
        assert e["version"] == versions[e["stream_id"]]


async def test_readers_that_follow_positions_see_every_one_of_them(url: str) -> None:
    """A reader never sees a position before one that is lower: what follows the log skips nothing."""
    async with a_writer(url) as a, a_writer(url) as b:
        done = asyncio.Event()
        seen: list[int] = []

        async def follow() -> None:
            connection = await asyncpg.connect(url)
            while not (done.is_set() and len(seen) == 400):
                last = seen[-1] if seen else 0
                query = "SELECT position FROM log.events WHERE position > $1 ORDER BY position"
                seen.extend(row["position"] for row in await connection.fetch(query, last))
            await connection.close()

        following = asyncio.create_task(follow())
        a.go()
        b.go()
        await asyncio.gather(*((a, b)[n % 2].batcher.append(append(event(uuid.uuid4()))) for n in range(400)))
        done.set()
        async with asyncio.timeout(10):
            await following
    assert seen == list(range(1, 401))


async def test_of_20_that_expect_the_same_version_one_wins(url: str) -> None:
    """Eventuous #582: every one through a connection of its own, so nothing but the log decides."""
    stream = uuid.uuid4()
    writers = [Writer(url) for _ in range(20)]
    try:
        verdicts = await asyncio.gather(*(writer.one(append(event(stream))) for writer in writers))
    finally:
        await asyncio.gather(*(writer.rest() for writer in writers))
    assert sorted(v.said for v in verdicts) == ["conflict"] * 19 + ["ok"]
    assert len(await writers[0].rows("SELECT 1 FROM log.events")) == 1


async def test_the_same_command_from_20_processes_at_once_is_one_event(url: str) -> None:
    command, stream = uuid.uuid4(), uuid.uuid4()
    writers = [Writer(url) for _ in range(20)]
    same = append(event(stream, public=True), command=command, answer={"id": "x"})
    try:
        verdicts = await asyncio.gather(*(writer.one(same) for writer in writers))
    finally:
        await asyncio.gather(*(writer.rest() for writer in writers))
    assert sorted(v.said for v in verdicts) == ["duplicate"] * 19 + ["ok"]
    assert {(v.position, v.published, v.answer["id"]) for v in verdicts} == {(1, 1, "x")}
    assert len(await writers[0].rows("SELECT 1 FROM log.events")) == 1


async def test_nothing_is_appended_by_a_name_that_is_not_the_logs_present_one(writer: Writer, url: str) -> None:
    connection = await asyncpg.connect(url)
    first = await open_log(connection)
    second = await restored(connection, first.log_id)
    await connection.close()
    with pytest.raises(asyncpg.RaiseError):
        await writer.one(append(event(uuid.uuid4())))
    for name, appended in ((first.log_id, False), (second.log_id, True)):
        async with a_writer(url, name) as named:
            if appended:
                assert (await named.one(append(event(uuid.uuid4())))).position == 2
            else:
                with pytest.raises(asyncpg.RaiseError):
                    await named.one(append(event(uuid.uuid4())))


async def test_recorded_at_does_not_fall_when_the_clock_does(writer: Writer, cluster: Postgres, url: str) -> None:
    """The clock of a promoted stand-by may be behind: what it records is not earlier than what is there."""
    await writer.one(append(event(uuid.uuid4())))
    superuser = await asyncpg.connect(cluster.url(url.rpartition("/")[2]))
    ahead = await superuser.fetchval("UPDATE log.events SET recorded_at = recorded_at + '1 hour' RETURNING recorded_at")
    await superuser.close()
    await writer.one(append(event(uuid.uuid4())))
    assert [row["recorded_at"] for row in await writer.rows("SELECT recorded_at FROM log.events")] == [ahead, ahead]


# Rights


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE log.events SET data = '{}'",
        "DELETE FROM log.events",
        "TRUNCATE log.events",
        "ALTER TABLE log.events ADD COLUMN more int",
        "DROP TABLE log.events",
        "UPDATE log.identity SET begins_after = 0",
        "DELETE FROM log.identity",
        "UPDATE log.commands SET answer = '{}'",
        "DELETE FROM log.commands",
        "UPDATE log.claims SET holder = gen_random_uuid()",
        "CREATE OR REPLACE FUNCTION log.append() RETURNS int LANGUAGE sql AS 'SELECT 1'",
        "CREATE TRIGGER quiet BEFORE INSERT ON log.events EXECUTE FUNCTION suppress_redundant_updates_trigger()",
    ],
)
async def test_the_services_role_cannot_alter_what_was_recorded(url: str, statement: str) -> None:
    connection = await asyncpg.connect(url)
    try:
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await connection.execute(statement)
    finally:
        await connection.close()
