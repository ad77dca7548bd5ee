"""Reading the log, and what erasure ends."""

import asyncio
import uuid
from collections.abc import AsyncIterator
from uuid import UUID

import asyncpg
import pytest

from shared.personal import Erased, Known
from shared.recorded import Recorded
from shared.runtime import Runtime
from tests.shared import tiny
from tests.shared.street import Street, do, register, rows, until
from tests.shared.tiny import Forget, Forgotten, NameIn, Note, Register, Registered, RegisterTwo, Rename


async def names(runtime: Runtime, stream: UUID) -> list[object]:
    history = await runtime.log.history(stream)
    return [fact.full_name for fact in history.events if isinstance(fact, Registered)]


async def holder(runtime: Runtime, number: str) -> UUID | None:
    return await runtime.log.holder("number", runtime.log.claim_key("number", (number,)))


async def test_a_history_is_read_back_as_it_was_decided(street: Street) -> None:
    registry = await street.start(tiny.service("registry"))
    person = UUID((await do(registry, Register("9001", "Siti"))).answer.body["id"])
    await do(registry, Rename(person, "Siti Aminah"))
    history = await registry.log.history(person)
    assert history.version == 2
    assert await names(registry, person) == [Known("Siti"), Known("Siti Aminah")]
    # Both under the one key of this person.
    keys = await rows(registry, "SELECT DISTINCT key_id FROM log.events WHERE person_id = $1", person)
    assert {person: keys[0]["key_id"]} == dict(history.key_ids)
    assert len(keys) == 1
    assert await holder(registry, "9001") == person
    assert await holder(registry, "9002") is None


async def test_own_facts_and_published_ones_come_in_order_page_by_page(street: Street) -> None:
    registry = await street.start(tiny.service("registry"))
    people = await register(registry, 3)
    await do(registry, Note(uuid.uuid4(), "seen"))
    await register(registry, 1)
    own = [fact async for page in pages(registry) for fact in page]
    assert [fact.position for fact in own] == [1, 2, 3, 4, 5]
    assert [fact.published for fact in own] == [1, 2, 3, None, 4]
    assert [getattr(fact.word, "person_id", None) for fact in own[:3]] == people
    said = await registry.log.said(1, 1000)
    assert [one.number for one in said] == [2, 3, 4]
    head = await registry.log.head()
    assert (head.number, head.event_id) == (4, own[4].event_id)
    assert await registry.log.event_at(4) == own[3].event_id
    assert await registry.log.event_at(6) is None


async def test_what_another_view_has_read_is_read_again_where_the_log_no_longer_holds_it(street: Street) -> None:
    """The newest facts stay decoded, page by page and beyond the last page."""
    registry = await street.start(tiny.service("registry"))
    people = [UUID((await do(registry, Register("", f"Siti {n}"))).answer.body["id"]) for n in range(3)]
    first = await registry.log.own(0, 3)
    assert [fact.stream_id for fact in first] == people
    people.append(UUID((await do(registry, Register("", "Budi"))).answer.body["id"]))
    last = await registry.log.own(1, 9)
    assert [fact.stream_id for fact in last] == people[1:]
    assert all(one is other for one, other in zip(first[1:], last, strict=False))
    assert [fact.position for fact in await registry.log.own(0, 9)] == [1, 2, 3, 4]

    settings = await street.settings("registry")
    database = settings.database_url.get_secret_value().rpartition("/")[2]
    operator = await asyncpg.connect(street.databases.cluster.url(database))
    other = uuid.uuid4()
    await operator.execute("UPDATE log.events SET event_id = $1 WHERE position = 3", other)
    await operator.close()
    assert [fact.event_id for fact in await registry.log.own(1, 2)] == [first[1].event_id, other]


async def pages(runtime: Runtime) -> AsyncIterator[list[Recorded]]:
    after = 0
    while page := await runtime.log.own(after, 2):
        yield page
        after = page[-1].position


# Erasure


async def test_an_erased_person_is_erased_everywhere_and_the_log_stays_whole(street: Street) -> None:
    registry = await street.start(tiny.service("registry"))
    siti = UUID((await do(registry, Register("9001", "Siti"), "her key", body="9001")).answer.body["id"])
    budi = UUID((await do(registry, Register("9002", "Budi"))).answer.body["id"])
    before = await rows(registry, "SELECT * FROM log.events")
    await do(registry, Forget(siti))
    assert await names(registry, siti) == [Erased()]
    assert await names(registry, budi) == [Known("Budi")]
    assert await holder(registry, "9001") is None
    assert await holder(registry, "9002") == budi
    after = await rows(registry, "SELECT * FROM log.events ORDER BY position")
    assert after[:2] == before
    assert after[2]["type"] == Forgotten.name
    prints = await rows(registry, "SELECT fingerprint FROM log.commands WHERE person_id = $1", siti)
    assert {row["fingerprint"] for row in prints} <= {None}
    # Asked again, she is erased again; nothing more is recorded.
    await do(registry, Forget(siti))
    assert await registry.log.position() == 3
    # Her number is free for whoever has it now, and a retry of her registration is still answered.
    await do(registry, Register("9001", "Siti Rohani"))
    again = await do(registry, Register("9001", "Siti"), "her key", body="other")
    assert again.answer.body["id"] == str(siti)


async def test_two_persons_of_one_history_have_a_key_each(street: Street) -> None:
    registry = await street.start(tiny.service("registry"))
    stream = UUID((await do(registry, RegisterTwo("Siti", "Budi"))).answer.body["id"])
    two = [fact.person_id for fact in (await registry.log.history(stream)).events]  # type: ignore[attr-defined]
    # A second fact about the other: also under the other's own key.
    await do(registry, NameIn(stream, two[1], "Budi Santoso"))
    keys = {row["person_id"]: row["key_id"] for row in await rows(registry, "SELECT * FROM log.events")}
    assert keys[two[0]] != keys[two[1]]
    assert len({row["key_id"] for row in await rows(registry, "SELECT * FROM log.events")}) == 2
    await registry.log.erase(two[0])
    assert await names(registry, stream) == [Erased(), Known("Budi"), Known("Budi Santoso")]


async def test_an_old_backup_of_the_keys_brings_nobody_back(street: Street) -> None:
    registry = await street.start(tiny.service("registry"))
    (siti,) = await register(registry, 1)
    keys = await registry._keys_pool.fetch("SELECT * FROM keys")
    await do(registry, Forget(siti))
    await street.stop(registry)
    settings = await street.settings("registry")
    connection = await asyncpg.connect(settings.keys_database_url.get_secret_value())
    await connection.executemany(
        "INSERT INTO keys VALUES ($1, $2) ON CONFLICT DO NOTHING", [tuple(key) for key in keys]
    )
    await connection.close()
    again = await street.start(tiny.service("registry"))
    assert await names(again, siti) == [Erased()]
    key_id = (await rows(again, "SELECT key_id FROM log.events WHERE person_id = $1 AND key_id IS NOT NULL", siti))[0][
        0
    ]
    assert await again._keys_pool.fetchval("SELECT count(*) FROM keys WHERE key_id = $1", key_id) == 0


# A log newer than the code


@pytest.mark.parametrize("newer", [("Noted", 2), ("NeverHeardOf", 1)])
async def test_a_service_older_than_its_log_does_nothing_and_says_why(street: Street, newer: tuple[str, int]) -> None:
    settings = await street.settings("registry")
    connection = await asyncpg.connect(settings.database_url.get_secret_value())
    await connection.execute(
        """INSERT INTO log.events VALUES (1, gen_random_uuid(), 1, gen_random_uuid(), $1, $2, '2026-11-21', 'day',
             now(), NULL, NULL, '{}', '{"text": "seen"}', NULL, NULL)""",
        *newer,
    )
    await connection.close()
    registry = await street.prepare(tiny.service("registry"))
    starting = asyncio.create_task(registry.start())
    name, version = newer
    await until(lambda: registry.readiness == [f"newer code: the log holds {name} v{version}"])
    async with street.client("registry", "operator", "service") as client:
        assert (await client.get("/health/live")).status_code == 200
        assert (await client.get("/health/ready")).status_code == 503
        answer = await client.get("/feed?after=0")
        assert (answer.status_code, answer.json()["slug"]) == (503, "starting")
    assert not starting.done()
    starting.cancel()
    await asyncio.gather(starting, return_exceptions=True)
