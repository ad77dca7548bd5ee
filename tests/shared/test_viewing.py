"""Views are what the facts say: live, rebuilt, made anew after a source went back (P5)."""

import asyncio
import uuid
from typing import Any

import asyncpg
import httpx
import pytest
import sqlalchemy as sa

from shared.errors import Refused
from shared.feed import WentBack
from shared.hearing import Fenced, lease_name
from shared.runtime import Runtime
from shared.viewing import ViewHearer, _Build, make
from tests.shared import tiny
from tests.shared.street import Street, do, register, rows, until
from tests.shared.tiny import Depart, Forget, Note

SOURCES = ("registry", "migration_service")


async def dump(enterprise: Runtime, schema: str = "neighbours_1") -> dict[str, list[str]]:
    return {
        table: sorted(str(row[0]) for row in await rows(enterprise, f"SELECT t::text FROM {schema}.{table} t"))
        for table in ("people", "trips", "greetings", "notes")
    }


async def rebuild(street: Street) -> Any:
    async with street.client("enterprise", "operator") as client:
        return (await client.post("/operations/views/neighbours/rebuild")).raise_for_status().json()


async def caught_up(enterprise: Runtime, *others: Runtime) -> None:
    """Every hearer stands at its source's head."""

    async def there() -> bool:
        heads = {other.service.name: (await other.log.head()).number for other in others}
        heads["enterprise"] = await enterprise.log.position()
        return not enterprise.readiness and all(
            (c := enterprise.checkpoints.get(f)) and c.number == heads[f[1]] for f in enterprise.followed()
        )

    await until(there, why="it did not catch up")


async def three(street: Street) -> tuple[Runtime, Runtime, Runtime]:
    registry, migration = [await street.start(tiny.service(name)) for name in SOURCES]
    return registry, migration, await street.start(tiny.enterprise(None, *SOURCES))


async def some_facts(registry: Runtime, migration: Runtime, enterprise: Runtime) -> None:
    people = await register(registry, 12)
    for person in people[:6]:
        await do(migration, Depart(person))
    await do(registry, Forget(people[0]))
    for n in range(5):
        await do(enterprise, Note(uuid.uuid4(), f"note {n}"))
    await caught_up(enterprise, registry, migration)


async def test_a_rebuild_equals_the_live_view_also_while_facts_arrive(street: Street) -> None:
    registry, migration, enterprise = await three(street)
    await some_facts(registry, migration, enterprise)
    before = await dump(enterprise)
    assert [len(found) for found in before.values()] == [11, 6, 12, 5]
    answer = await rebuild(street)
    assert (answer["differences"], answer["repaired"]) == ([], 0)
    assert answer["rows"] == {"people": 11, "trips": 6, "greetings": 12, "notes": 5}
    writing = asyncio.create_task(register(registry, 60))
    while not writing.done():
        assert (await rebuild(street))["differences"] == []
    await caught_up(enterprise, registry, migration)
    assert len((await dump(enterprise))["people"]) == 71


@pytest.mark.parametrize(
    ("planted", "what"),
    [
        ("UPDATE neighbours_1.people SET village = '33.08' WHERE number = 3", "altered"),
        ("DELETE FROM neighbours_1.people WHERE number = 3", "missing"),
        ("INSERT INTO neighbours_1.people VALUES (gen_random_uuid(), '33.07', 3)", "surplus"),
    ],
)
async def test_a_planted_row_is_named_and_the_view_is_right_afterwards(street: Street, planted: str, what: str) -> None:
    registry, enterprise = await street.start(tiny.service("registry")), await street.start(tiny.enterprise())
    await register(registry, 5)
    await caught_up(enterprise, registry)
    right = await dump(enterprise)
    await rows(enterprise, planted)
    assert await dump(enterprise) != right
    answer = await rebuild(street)
    assert [(d["table"], d["what"]) for d in answer["differences"]] == [("people", what)]
    assert await dump(enterprise) == right
    assert (await rebuild(street))["differences"] == []


async def drop(street: Street, status: int = 200) -> Any:
    async with street.client("enterprise", "operator") as client:
        answer = await client.post("/operations/views/neighbours/drop-formers")
        assert answer.status_code == status, answer.text
        return answer.json()


async def test_what_was_live_is_kept_until_it_is_dropped(street: Street) -> None:
    registry, enterprise = await street.start(tiny.service("registry")), await street.start(tiny.enterprise())
    await register(registry, 5)
    await caught_up(enterprise, registry)
    right = await dump(enterprise)
    await rows(enterprise, "UPDATE neighbours_1.people SET village = '33.08' WHERE number = 3")
    wrong = await dump(enterprise)
    former = (await rebuild(street))["former"]
    assert (await dump(enterprise), await dump(enterprise, former)) == (right, wrong)
    async with street.client("enterprise", "operator") as client:
        assert (await client.get("/operations/status")).json()["formers"] == {"neighbours": [former]}
    assert await drop(street) == {"dropped": [former]}
    assert await drop(street) == {"dropped": []}
    assert await dump(enterprise) == right


async def test_a_new_revision_is_built_beside_the_old_one_while_that_is_read_and_goes_on(street: Street) -> None:
    registry, older = await street.start(tiny.service("registry")), await street.start(tiny.enterprise())
    await register(registry, 5)
    await caught_up(older, registry)
    newer = await street.start(tiny.enterprise(revision=2))  # an upgrade: both run
    await register(registry, 3)
    await caught_up(older, registry)
    await caught_up(newer, registry)
    assert await dump(older) == await dump(newer, "neighbours_2")
    assert len((await dump(newer, "neighbours_2"))["people"]) == 8
    assert await newer.log.position() == 8  # nobody was greeted again
    assert (await drop(street, 409))["slug"] == "former-in-use"
    await street.stop(older)
    assert await drop(street) == {"dropped": ["neighbours_1"]}
    await register(registry, 1)
    await caught_up(newer, registry)
    assert (await rebuild(street))["differences"] == []


async def test_a_view_is_rebuilt_once_at_a_time(street: Street) -> None:
    await street.start(tiny.service("registry"))
    first, _ = await street.start(tiny.enterprise()), await street.start(tiny.enterprise())
    async with first.leases.for_a_while("neighbours_1 making") as mine:
        assert mine
        async with street.client("enterprise", "operator") as client:
            refused = await client.post("/operations/views/neighbours/rebuild")
    assert (refused.status_code, refused.json()["slug"]) == (409, "rebuild-under-way")
    assert (await rebuild(street))["differences"] == []


async def test_one_process_that_is_asked_twice_rebuilds_once(street: Street) -> None:
    registry, enterprise = await street.start(tiny.service("registry")), await street.start(tiny.enterprise())
    await register(registry, 20)
    await caught_up(enterprise, registry)
    async with enterprise.leases.for_a_while("neighbours_1 making") as mine:
        assert mine
        async with street.client("enterprise", "operator") as client:
            refused = await client.post("/operations/views/neighbours/rebuild")
    assert (refused.status_code, refused.json()["slug"]) == (409, "rebuild-under-way")
    assert len((await dump(enterprise))["people"]) == 20


async def test_a_rebuild_that_slept_before_it_switched_finds_that_another_began(
    street: Street, monkeypatch: pytest.MonkeyPatch
) -> None:
    registry = await street.start(tiny.service("registry"))
    sleeper, other = await street.start(tiny.enterprise()), await street.start(tiny.enterprise())
    await register(registry, 20)
    await caught_up(other, registry)
    (view,) = other.service.views
    asleep, woken, begun, finish = (asyncio.Event() for _ in range(4))
    switch, standing = _Build._switch, _Build._standing

    async def slept(build: _Build, *rest: Any) -> Any:
        if build._runtime is sleeper:
            asleep.set()
            await woken.wait()
        return await switch(build, *rest)

    async def slowly(build: _Build) -> Any:
        if build._runtime is other:
            begun.set()
            await finish.wait()
        return await standing(build)

    monkeypatch.setattr(_Build, "_switch", slept)
    monkeypatch.setattr(_Build, "_standing", slowly)
    first = asyncio.create_task(make(sleeper, view))
    await asleep.wait()
    sleeper.leases._until["neighbours_1 making"] = 0.0  # it ran out
    await rows(other, "DELETE FROM log.leases WHERE name = 'neighbours_1 making'")
    second = asyncio.create_task(make(other, view))
    await begun.wait()
    woken.set()
    with pytest.raises(Fenced):
        await first
    finish.set()
    assert (await second).differences == []
    assert len((await dump(other))["people"]) == 20


async def test_a_view_that_is_gone_is_made_again_and_nobody_reads_half_of_it(street: Street) -> None:
    """By whichever process; the others, quiet as they are, find out."""
    registry, migration = [await street.start(tiny.service(name)) for name in SOURCES]
    first = await street.start(tiny.enterprise(None, *SOURCES))
    await street.start(tiny.enterprise(None, *SOURCES))
    people = await register(registry, 6)
    await do(migration, Depart(people[0]))
    await caught_up(first, registry, migration)
    right = await dump(first)
    (view,) = first.service.views
    kept = WentBack(first.identity, 0, 0, None)
    counting = sa.select(sa.func.count()).select_from(tiny.PEOPLE)
    await ViewHearer(first, view, "neighbours_1").go_back(
        "registry", first.checkpoints["neighbours_1", "registry"], kept
    )
    seen: set[int | str] = set()
    while first.readiness:
        try:
            seen.add((await first.rows(counting))[0]["count"])
        except Refused as refused:
            seen.add(refused.slug)
    assert seen <= {6, "view-catching-up"}
    await register(registry, 1)
    await do(migration, Depart(people[1]))
    await caught_up(first, registry, migration)
    there = await dump(first)
    assert {table: len(there[table]) - len(right[table]) for table in there} == {
        "people": 1, "trips": 1, "greetings": 1, "notes": 0
    }  # fmt: skip
    assert (await rebuild(street))["differences"] == []


# A source that was put back


async def test_a_log_put_back_is_noticed_and_nothing_is_skipped(street: Street) -> None:
    """Put back to 4 of 8, it grows beyond what was heard before anybody asks."""
    registry, migration, enterprise = await three(street)
    people = await register(registry, 4)
    await do(migration, Depart(people[0]))
    database = (await street.settings("registry")).database_url.get_secret_value().rpartition("/")[2]
    await street.stop(registry)
    earlier = await street.databases.copy(database, "registry")
    registry = await street.start(tiny.service("registry"))
    lost = await register(registry, 4)
    await caught_up(enterprise, registry, migration)
    await street.stop(registry)
    await street.databases.put_in_place(database, earlier)
    registry = await street.start(tiny.service("registry"))
    assert [name.begins_after for name in registry.identity.lineage] == [0, 4]
    people += await register(registry, 9)
    await caught_up(enterprise, registry, migration)
    found = await rows(enterprise, "SELECT person_id FROM neighbours_1.people ORDER BY number")
    assert [row["person_id"] for row in found] == people
    # The other sources' rows are there again too, though nothing new was said by them.
    assert len((await dump(enterprise))["trips"]) == 1
    assert len((await dump(enterprise))["greetings"]) == 17
    async with street.client("enterprise", "operator") as client:
        status = (await client.get("/operations/status")).json()
    assert [one["number"] for one in status["lost_reactions"]] == [5, 6, 7, 8]
    assert len(lost) == 4
    assert (await rebuild(street))["differences"] == []


async def test_a_view_is_not_held_against_facts_that_took_the_place_of_what_it_heard(street: Street) -> None:
    """As many as before, but others: the live view has yet to find that out, and nothing is wrong with it but that."""
    registry, migration, enterprise = await three(street)
    await register(registry, 2)
    database = (await street.settings("registry")).database_url.get_secret_value().rpartition("/")[2]
    await street.stop(registry)
    earlier = await street.databases.copy(database, "registry")
    registry = await street.start(tiny.service("registry"))
    await register(registry, 2)
    await caught_up(enterprise, registry, migration)
    lease = lease_name("neighbours_1", "registry")
    take = "UPDATE log.leases SET holder = gen_random_uuid(), until = now() + interval '1 day' WHERE name = $1"
    await rows(enterprise, take, lease)
    await until(lambda: not enterprise.leases.held(lease), why="it still hears")
    await street.stop(registry)
    await street.databases.put_in_place(database, earlier)
    registry = await street.start(tiny.service("registry"))
    await register(registry, 2)
    (view,) = enterprise.service.views
    with pytest.raises(Fenced):
        await make(enterprise, view)
    await rows(enterprise, "DELETE FROM log.leases WHERE name = $1", lease)
    said = {row[0] for row in await rows(registry, "SELECT stream_id FROM log.events WHERE published IS NOT NULL")}
    assert len(said) == 4

    async def as_said() -> bool:
        try:
            return {row["person_id"] for row in await enterprise.rows(sa.select(tiny.PEOPLE.c.person_id))} == said
        except Refused:  # it is being made anew
            return False

    await until(as_said, why="what took its place was not heard")
    await caught_up(enterprise, registry, migration)
    assert (await rebuild(street))["differences"] == []


async def test_a_log_put_back_while_the_place_looks_the_same_is_noticed_by_the_bus(street: Street) -> None:
    registry = await street.start(tiny.service("registry"))
    enterprise = await street.start(tiny.enterprise())
    people = await register(registry, 6)
    await caught_up(enterprise, registry)
    former = registry.identity.log_id
    await street.stop(registry)
    settings = await street.settings("registry")
    connection = await asyncpg.connect(
        street.databases.cluster.url(settings.database_url.get_secret_value().rpartition("/")[2])
    )
    await connection.execute("DELETE FROM log.events WHERE position > 4; DELETE FROM log.commands WHERE position > 4")
    await connection.close()
    registry = await street.start(tiny.service("registry"))
    assert registry.identity.kept(former) == 4
    people = people[:4] + await register(registry, 5)
    await caught_up(enterprise, registry)
    found = await rows(enterprise, "SELECT person_id FROM neighbours_1.people ORDER BY number")
    assert [row["person_id"] for row in found] == people


async def verify(street: Street) -> httpx.Response:
    async with street.client("registry", "operator") as client:
        return await client.get("/operations/verify")


async def test_verify_names_a_stored_byte_that_was_changed_also_where_it_is_no_json_any_more(street: Street) -> None:
    registry = await street.start(tiny.service("registry"))
    await register(registry, 3)

    async def clean() -> bool:
        return bool((await verify(street)).json()["findings"] == [])

    await until(clean)
    settings = await street.settings("registry")
    database = settings.database_url.get_secret_value().rpartition("/")[2]
    connection = await asyncpg.connect(street.databases.cluster.url(database))
    for planted in ("overlay(public placing '[' from 1)", "replace(public, '33.07', '33.08')"):
        right = await connection.fetchval("SELECT public FROM log.events WHERE published = 2")
        await connection.execute(f"UPDATE log.events SET public = {planted} WHERE published = 2")
        answer = await verify(street)
        assert answer.status_code == 200
        assert ("bus-bytes-differ", 2) in [(f["what"], f["number"]) for f in answer.json()["findings"]]
        await connection.execute("UPDATE log.events SET public = $1 WHERE published = 2", right)
    await connection.close()
    assert await clean()
