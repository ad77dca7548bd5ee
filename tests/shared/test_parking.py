"""One person's facts wait, in their order, while everybody else's go on; replayed, it is as if they never had (P3)."""

import asyncio
import uuid
from dataclasses import replace
from typing import Any
from uuid import UUID

import asyncpg
import pytest
from fastapi import APIRouter, Depends

from shared.http.doors import reached
from shared.parking import MOST_A_MINUTE, replay
from shared.recorded import Recorded
from shared.runtime import Runtime
from tests.shared import tiny
from tests.shared.street import Street, do, register, rows, until
from tests.shared.tiny import Depart, Faults, Forget, Note, Rename

SOURCES = ("registry", "migration_service")


async def people(enterprise: Runtime) -> list[UUID]:
    """Who is in the view, by the number under which they were heard."""
    return [
        row["person_id"] for row in await rows(enterprise, "SELECT person_id FROM neighbours_1.people ORDER BY number")
    ]


async def greeted(enterprise: Runtime) -> set[UUID]:
    found = [
        row["person_id"] for row in await rows(enterprise, "SELECT person_id FROM log.events WHERE type = 'Greeted'")
    ]
    assert len(found) == len(set(found)), "somebody was greeted twice"
    return set(found)


async def ask(street: Street, method: str, path: str, status: int = 200) -> Any:
    async with street.client("enterprise", "operator") as client:
        answer = await client.request(method, path)
        assert answer.status_code == status, answer.text
        return answer.json()


async def heard_up_to(runtime: Runtime, **heads: int) -> None:
    async def there() -> bool:
        await runtime.look()
        return all(
            (c := runtime.checkpoints.get(followed)) is not None and c.number == heads[followed[1]]
            for followed in runtime.followed()
            if followed[1] in heads
        )

    await until(there, why=f"not everybody stands at {heads}")


async def test_one_poisoned_person_waits_and_everybody_else_goes_on(street: Street) -> None:
    poisoned = Faults()
    registry, migration = [await street.start(tiny.service(name)) for name in SOURCES]
    enterprise = await street.start(tiny.enterprise(poisoned, *SOURCES))
    said = await register(registry, 3)
    await heard_up_to(enterprise, registry=3)
    await street.stop(enterprise)  # so that what is said meanwhile comes in one batch
    said += await register(registry, 5)
    poisoned.at = {said[5]}  # number 6
    enterprise = await street.start(tiny.enterprise(poisoned, *SOURCES))
    await do(registry, Forget(said[5]))  # a second fact of that person
    said += await register(registry, 2)
    await do(migration, Depart(said[5]))  # another source stumbles over nothing
    await heard_up_to(enterprise, registry=11, migration_service=1)
    others = [person for person in said if person != said[5]]
    assert await people(enterprise) == others
    assert await greeted(enterprise) == set(others)
    assert enterprise.readiness == []
    waiting = (await ask(street, "GET", "/operations/parked"))["items"]
    assert [(w["hearer"], w["source"], w["key"], w["number"], w["why"], w["how_many"]) for w in waiting] == [
        (hearer, "registry", str(said[5]), 6, "LookupError", 2) for hearer in ("neighbours", "reactions")
    ]
    assert (await ask(street, "GET", "/operations/status"))["parked"] == waiting

    still = (await ask(street, "POST", "/operations/replay"))["items"]
    assert [(r["took_effect"], r["waiting"], r["why"]) for r in still] == [(0, 2, "LookupError")] * 2
    poisoned.at = set()
    done = (await ask(street, "POST", f"/operations/replay?hearer=reactions&key={said[5]}"))["items"]
    assert [(r["hearer"], r["took_effect"], r["waiting"]) for r in done] == [("reactions", 2, 0)]
    assert await greeted(enterprise) == set(said)
    assert await people(enterprise) == others
    await ask(street, "POST", "/operations/replay")
    assert await people(enterprise) == others  # registered, then forgotten: in this order
    assert (await ask(street, "GET", "/operations/parked"))["items"] == []
    made = await ask(street, "POST", "/operations/views/neighbours/rebuild")
    assert (made["differences"], made["parked"]) == ([], [])
    assert enterprise.readiness == []


async def test_after_a_replay_the_readers_of_all_processes_let_that_person_pass(street: Street) -> None:
    poisoned = Faults()
    registry = await street.start(tiny.service("registry"))
    first = await street.start(tiny.enterprise(poisoned))
    [person] = await register(registry, 1)
    await heard_up_to(first, registry=1)
    poisoned.at = {person}
    second = await street.start(tiny.enterprise(poisoned))  # the stand-by, and who is asked
    await do(registry, Rename(person, "Siti Aminah binti Umar"))
    await heard_up_to(second, registry=2)
    assert [w["how_many"] for w in (await ask(street, "GET", "/operations/parked"))["items"]] == [1, 1]
    poisoned.at = set()
    await ask(street, "POST", "/operations/replay")
    assert first.active_for_all()
    await do(registry, Rename(person, "Siti Aminah"))
    await heard_up_to(second, registry=3)
    assert (await ask(street, "GET", "/operations/parked"))["items"] == []
    assert [row["number"] for row in await rows(second, "SELECT number FROM neighbours_1.people")] == [3]


async def test_facts_of_the_own_log_wait_by_the_history_they_belong_to(street: Street) -> None:
    await street.start(tiny.service("registry"))
    enterprise = await street.start(tiny.enterprise())
    stumbling, other = uuid.uuid4(), uuid.uuid4()
    view = enterprise.service.views[0]
    project = view.own
    assert project is not None

    def stumble(recorded: Recorded) -> object:
        if recorded.stream_id == stumbling and recorded.version == 2:
            raise LookupError
        return project(recorded)

    object.__setattr__(view, "own", stumble)
    for _ in range(3):
        await do(enterprise, Note(stumbling, "seen"))
        await do(enterprise, Note(other, "seen"))
    await heard_up_to(enterprise, enterprise=6)
    notes = "SELECT stream_id, version FROM neighbours_1.notes ORDER BY version"
    assert [r["version"] for r in await rows(enterprise, notes) if r["stream_id"] == stumbling] == [1]
    assert [r["version"] for r in await rows(enterprise, notes) if r["stream_id"] == other] == [1, 2, 3]
    [waiting] = (await ask(street, "GET", "/operations/parked"))["items"]
    assert (waiting["source"], waiting["key"], waiting["number"], waiting["how_many"]) == (
        "enterprise", str(stumbling), 3, 2
    )  # fmt: skip
    object.__setattr__(view, "own", project)
    await ask(street, "POST", "/operations/replay")
    assert [r["version"] for r in await rows(enterprise, notes) if r["stream_id"] == stumbling] == [1, 2, 3]
    assert (await ask(street, "POST", "/operations/views/neighbours/rebuild"))["differences"] == []


async def test_the_twenty_first_within_a_minute_stops_the_subscription_and_makes_every_process_unready(
    street: Street,
) -> None:
    poisoned = Faults()
    registry = await street.start(tiny.service("registry"))
    active = await street.start(tiny.enterprise(poisoned))
    stand_by = await street.start(tiny.enterprise(poisoned))
    said = await register(registry, 2)
    await heard_up_to(active, registry=2)
    healthy = await register(registry, 1)
    poisoned.stumble_over_all_but = {*said, *healthy}
    sick = await register(registry, MOST_A_MINUTE + 1)
    stop = {"stopped subscription neighbours<registry", "stopped subscription reactions<registry"}
    await until(lambda: set(active.readiness) == stop == set(stand_by.readiness), why="one is still ready")
    status = await ask(street, "GET", "/operations/status")
    assert {(s["number"], s["error"]) for s in status["stopped"]} == {(3 + MOST_A_MINUTE + 1, "LookupError")}
    waiting = (await ask(street, "GET", "/operations/parked"))["items"]
    assert {w["key"] for w in waiting} == {str(person) for person in sick[:-1]}
    # Nothing was passed over: without the fault it goes on where it stopped, and what waits is brought in.
    poisoned.stumble_over_all_but = None
    await until(lambda: active.readiness == [], 15)
    await heard_up_to(active, registry=3 + len(sick))
    await ask(street, "POST", "/operations/replay")
    assert set(await people(active)) == await greeted(active) == {*said, *healthy, *sick}
    assert (await ask(street, "POST", "/operations/views/neighbours/rebuild"))["differences"] == []


async def test_where_one_process_stops_at_a_fact_another_with_better_code_gets_its_turn(street: Street) -> None:
    poisoned = Faults()
    registry = await street.start(tiny.service("registry"))
    faulty = await street.start(tiny.enterprise(poisoned))
    said = await register(registry, 1)
    await heard_up_to(faulty, registry=1)
    poisoned.stumble_over_all_but = set(said)
    sick = await register(registry, MOST_A_MINUTE + 1)
    await until(lambda: len(faulty.stopped) == 2, why="it does not stop")
    good = await street.start(tiny.enterprise(Faults()), ready=False)
    await until(lambda: good.waits_for == [] and faulty.readiness == [], 15)
    await heard_up_to(good, registry=1 + len(sick))
    assert set(await people(good)) == {*said, sick[-1]} == await greeted(good)


async def test_a_rebuild_parks_by_the_same_rule_and_leaves_out_who_waits_on_either_side(street: Street) -> None:
    poisoned = Faults()
    registry = await street.start(tiny.service("registry"))
    enterprise = await street.start(tiny.enterprise(poisoned))
    said = await register(registry, 4)
    await heard_up_to(enterprise, registry=4)
    poisoned.at = {said[1]}  # heard long ago by the live view, poison for the rebuilt one
    made = await ask(street, "POST", "/operations/views/neighbours/rebuild")
    assert (made["parked"], made["differences"]) == ([str(said[1])], [])
    assert await people(enterprise) == [said[0], *said[2:]]
    [waiting] = (await ask(street, "GET", "/operations/parked"))["items"]
    assert (waiting["hearer"], waiting["number"], waiting["how_many"]) == ("neighbours", 2, 1)
    poisoned.at = set()
    # Without the fault the next rebuild brings them in: nobody waits in what is live then.
    made = await ask(street, "POST", "/operations/views/neighbours/rebuild")
    assert (made["parked"], made["differences"]) == ([str(said[1])], [])
    assert await people(enterprise) == said
    assert (await ask(street, "GET", "/operations/parked"))["items"] == []
    said += await register(registry, 1)
    await heard_up_to(enterprise, registry=5)
    assert await people(enterprise) == said
    assert await greeted(enterprise) == set(said)


PEOPLE = APIRouter()
SCOPES = {("GET", "/people/{person_id}"): "enterprise:read"}


@PEOPLE.get("/people/{person_id}", dependencies=[Depends(reached)])
async def get_person(person_id: UUID) -> dict[str, Any]:
    """Who somebody is."""
    return {"id": str(person_id)}


async def test_who_asks_for_a_parked_person_with_after_position_is_told_so(street: Street) -> None:
    poisoned = Faults()
    registry = await street.start(tiny.service("registry"))
    await street.start(replace(tiny.enterprise(poisoned), router=PEOPLE, scopes=SCOPES))
    poisoned.at = set(await register(registry, 1))
    [person] = poisoned.at
    await do(registry, Forget(person))
    position = f"registry=2@{registry.identity.log_id.hex[:8]}"
    async with street.client("enterprise", "regency-coordinator") as client:
        told = await client.get(f"/people/{person}", headers={"After-Position": position})
        other = await client.get(f"/people/{uuid.uuid4()}", headers={"After-Position": position})
    assert (told.status_code, told.json()["slug"]) == (503, "parked")
    assert other.status_code == 200


async def test_replaying_somebody_who_does_not_wait_is_refused(street: Street) -> None:
    await street.start(tiny.service("registry"))
    await street.start(tiny.enterprise())
    assert (await ask(street, "POST", f"/operations/replay?key={uuid.uuid4()}", 404))["slug"] == "not-found"
    unknown = await ask(street, "POST", "/operations/replay?hearer=nobody", 404)
    assert (unknown["slug"], unknown["hearers"]) == ("hearer-unknown", ["neighbours", "reactions"])
    assert (await ask(street, "POST", "/operations/replay"))["items"] == []


async def test_two_replays_at_once_while_more_of_the_same_person_comes_let_each_fact_take_effect_once_in_order(
    street: Street,
) -> None:
    poisoned = Faults()
    registry = await street.start(tiny.service("registry"))
    first, second = [await street.start(tiny.enterprise(poisoned)) for _ in range(2)]
    [person] = poisoned.at = set(await register(registry, 1))
    for n in range(30):
        await do(registry, Rename(person, f"Siti {n}"))
    await heard_up_to(second, registry=31)
    assert [w["how_many"] for w in (await ask(street, "GET", "/operations/parked"))["items"]] == [31, 31]
    poisoned.at = set()

    async def talk() -> None:
        for n in range(30):
            await do(registry, Rename(person, f"Aminah {n}"))

    done = await asyncio.gather(replay(first, None, None), replay(second, None, str(person)), talk())
    assert {one.why for one in (*done[0], *done[1])} == {None}
    await heard_up_to(second, registry=61)
    assert (await ask(street, "GET", "/operations/parked"))["items"] == []
    assert [row["number"] for row in await rows(first, "SELECT number FROM neighbours_1.people")] == [61]
    caused = await rows(first, "SELECT (meta->'cause'->>'number')::int AS n FROM log.events ORDER BY position")
    assert [row["n"] for row in caused] == list(range(1, 62))
    assert (await ask(street, "POST", "/operations/views/neighbours/rebuild"))["differences"] == []


async def test_a_replay_that_is_cut_off_in_the_middle_is_finished_by_the_next(street: Street) -> None:
    poisoned = Faults()
    registry = await street.start(tiny.service("registry"))
    enterprise = await street.start(tiny.enterprise(poisoned))
    [person] = poisoned.at = set(await register(registry, 1))
    for n in range(200):
        await do(registry, Rename(person, f"Siti {n}"))
    await heard_up_to(enterprise, registry=201)
    poisoned.at = set()
    cut_off = asyncio.create_task(replay(enterprise, "reactions", None))
    left = "SELECT count(*) AS n FROM log.parked WHERE hearer = 'reactions'"
    await until(lambda: half(enterprise, left, 150))
    cut_off.cancel()
    with pytest.raises(asyncio.CancelledError):
        await cut_off
    assert [row["n"] > 0 for row in await rows(enterprise, left)] == [True]
    done = await replay(enterprise, None, None)
    assert [(one.waiting, one.why) for one in done] == [(0, None), (0, None)]
    caused = await rows(enterprise, "SELECT (meta->'cause'->>'number')::int AS n FROM log.events ORDER BY position")
    assert [row["n"] for row in caused] == list(range(1, 202))


async def half(runtime: Runtime, query: str, most: int) -> bool:
    return bool((await rows(runtime, query))[0]["n"] <= most)


async def test_people_who_have_waited_for_long_do_not_stop_a_rebuild_nor_wait_anew(street: Street) -> None:
    """More of them than may be parked within a minute: they were not."""
    poisoned = Faults()
    registry = await street.start(tiny.service("registry"))
    enterprise = await street.start(tiny.enterprise(poisoned))
    await register(registry, 2)
    await heard_up_to(enterprise, registry=2)
    poisoned.stumble_over_all_but = set()
    people = []
    for _ in range(2):
        people += await register(registry, MOST_A_MINUTE - 5)
        await heard_up_to(enterprise, registry=2 + len(people))
        await enterprise.pool.execute("UPDATE log.parked SET at = at - interval '1 day'")
    poisoned.stumble_over_all_but, poisoned.at = None, set(people)
    before = await waiting_at(street, "neighbours")
    made = await ask(street, "POST", "/operations/views/neighbours/rebuild")
    assert (made["parked"], made["differences"]) == (sorted(map(str, people)), [])
    assert await waiting_at(street, "neighbours") == before
    # Nor do they count when somebody is parked right after the switch.
    poisoned.stumble_over_all_but = set()
    [another] = await register(registry, 1)
    await heard_up_to(enterprise, registry=3 + len(people))
    assert enterprise.readiness == []
    assert {key for key, _, _ in await waiting_at(street, "neighbours")} == {str(p) for p in (*people, another)}


async def waiting_at(street: Street, hearer: str) -> list[tuple[str, str, int]]:
    """Who, since when and how many facts."""
    items = (await ask(street, "GET", "/operations/parked"))["items"]
    return [(one["key"], one["since"], one["how_many"]) for one in items if one["hearer"] == hearer]


async def test_a_stopped_subscription_stays_stopped_over_a_rebuild(street: Street) -> None:
    poisoned = Faults()
    registry = await street.start(tiny.service("registry"))
    enterprise = await street.start(tiny.enterprise(poisoned))
    poisoned.stumble_over_all_but = set()
    people = await register(registry, MOST_A_MINUTE + 1)
    stop = "stopped subscription neighbours<registry"
    await until(lambda: stop in enterprise.readiness)
    made = await ask(street, "POST", "/operations/views/neighbours/rebuild")
    assert (made["at"]["registry"], len(made["parked"])) == (MOST_A_MINUTE, MOST_A_MINUTE)
    await enterprise.look()
    assert stop in enterprise.readiness
    # A replay lets it park again, whether or not anybody's facts take effect by it.
    await ask(street, "POST", "/operations/replay?hearer=neighbours")
    await until(lambda: stop in enterprise.readiness)
    await enterprise.pool.execute("UPDATE log.parked SET at = at - interval '1 day'")
    await ask(street, "POST", "/operations/replay")
    await heard_up_to(enterprise, registry=len(people))
    await until(lambda: enterprise.readiness == [], 3)


async def test_whoever_waits_is_erased_at_once_and_again_when_the_erasure_is_replayed(street: Street) -> None:
    poisoned = Faults()
    registry = await street.start(tiny.service("registry"))
    enterprise = await street.start(tiny.enterprise(poisoned))
    [person] = poisoned.at = set(await register(registry, 1))
    await do(registry, Forget(person))
    await heard_up_to(enterprise, registry=2)
    erased = "SELECT person_id FROM log.erased"
    assert [row["person_id"] for row in await rows(enterprise, erased)] == [person]
    poisoned.at = set()
    log = (await street.settings("enterprise")).database_url.get_secret_value().rpartition("/")[2]
    connection = await asyncpg.connect(street.databases.cluster.url(log))
    await connection.execute("DELETE FROM log.erased")
    await connection.close()
    await ask(street, "POST", "/operations/replay")
    assert [row["person_id"] for row in await rows(enterprise, erased)] == [person]
    assert await people(enterprise) == []


async def test_of_facts_that_the_source_lost_nobody_waits_any_more(street: Street) -> None:
    """Put back to 4 of 6, and then it says other things under the numbers 5 and 6."""
    poisoned = Faults()
    registry = await street.start(tiny.service("registry"))
    enterprise = await street.start(tiny.enterprise(poisoned))
    said = await register(registry, 3)
    await heard_up_to(enterprise, registry=3)
    poisoned.at = {said[1]}
    await do(registry, Rename(said[1], "Siti"))  # 4
    await heard_up_to(enterprise, registry=4)
    database = (await street.settings("registry")).database_url.get_secret_value().rpartition("/")[2]
    await street.stop(registry)
    earlier = await street.databases.copy(database, "registry")
    registry = await street.start(tiny.service("registry"))
    for name in ("Aminah", "Dewi"):
        await do(registry, Rename(said[1], name))
    await heard_up_to(enterprise, registry=6)
    assert [n for _, _, n in await waiting_at(street, "reactions")] == [3]
    await street.stop(registry)
    await street.databases.put_in_place(database, earlier)
    registry = await street.start(tiny.service("registry"))
    said += await register(registry, 2)  # 5 and 6
    await until(lambda: heard_under(enterprise, registry), why="not heard under the new name")
    # The view was made anew, and parked what stands of theirs: both; the reactions had done the first already.
    assert [(key, n) for key, _, n in await waiting_at(street, "neighbours")] == [(str(said[1]), 2)]
    assert [(key, n) for key, _, n in await waiting_at(street, "reactions")] == [(str(said[1]), 1)]
    poisoned.at = set()
    await ask(street, "POST", "/operations/replay")
    assert (await ask(street, "GET", "/operations/parked"))["items"] == []
    caused = await rows(enterprise, "SELECT (meta->'cause'->>'number')::int AS n FROM log.events ORDER BY position")
    assert sorted(row["n"] for row in caused) == [1, 2, 3, 4, 5, 6]
    assert await people(enterprise) == [said[0], said[2], said[1], said[3], said[4]]
    assert (await ask(street, "POST", "/operations/views/neighbours/rebuild"))["differences"] == []


async def heard_under(enterprise: Runtime, registry: Runtime) -> bool:
    """Whether everything is heard under the log's present name."""
    await enterprise.look()
    head = (await registry.log.head()).number
    there = [enterprise.checkpoints.get(f) for f in enterprise.followed() if f[1] == "registry"]
    return not enterprise.readiness and all(
        c and (c.log_id, c.number) == (registry.identity.log_id, head) for c in there
    )
