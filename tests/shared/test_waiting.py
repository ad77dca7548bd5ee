"""After-Position: a caller reads what they wrote, also elsewhere; and nothing is waited for that cannot come."""

import asyncio
import time
import uuid
from uuid import UUID

import pytest

from shared.errors import Refused
from shared.hearing import Checkpoint
from shared.log.identity import Identity, LogName, LogReplaced
from shared.positions import Position
from shared.runtime import Runtime
from shared.waiting import until_reached
from tests.shared import tiny
from tests.shared.street import Street, do, register, renamed_unnoticed, rows
from tests.shared.tiny import Note, Register


def here(runtime: Runtime, number: int, position: int | None = None) -> dict[str, Position]:
    return {runtime.service.name: Position(number, runtime.identity.log_id.hex[:8], position)}


async def put_back(runtime: Runtime, kept: int) -> None:
    """Its log has a new name, as if only the first *kept* facts were there when it got it."""
    name = uuid.uuid4()
    await runtime.pool.execute(
        """INSERT INTO log.identity SELECT ordinal + 1, $1, $2, $2, place, clock_timestamp()
           FROM log.identity ORDER BY ordinal DESC LIMIT 1""",
        name,
        kept,
    )
    runtime.identity = Identity([*runtime.identity.lineage, LogName(name, kept, kept)])


async def refused(runtime: Runtime, vector: dict[str, Position]) -> str:
    with pytest.raises(Refused) as caught:
        await until_reached(runtime, vector)
    return caught.value.slug


async def test_a_read_right_after_a_write_elsewhere_is_complete(street: Street) -> None:
    registry, enterprise = await street.start(tiny.service("registry")), await street.start(tiny.enterprise())
    for _ in range(100):
        done = await do(registry, Register("", "Siti"))
        await until_reached(enterprise, here(registry, done.published, done.position))
        person = UUID(done.answer.body["id"])
        assert await rows(enterprise, "SELECT 1 FROM neighbours_1.people WHERE person_id = $1", person)
        # And the reaction, and what the view says of the fact that it made.
        assert await rows(enterprise, "SELECT 1 FROM neighbours_1.greetings WHERE person_id = $1", person)


async def test_private_facts_of_the_own_log_are_waited_for_by_position(street: Street) -> None:
    await street.start(tiny.service("registry"))
    enterprise = await street.start(tiny.enterprise())
    stream = uuid.uuid4()
    for _ in range(50):
        done = await do(enterprise, Note(stream, "seen"))
        await until_reached(enterprise, here(enterprise, done.published, done.position))
        notes = await rows(enterprise, "SELECT 1 FROM neighbours_1.notes")
        assert len(notes) == done.position


async def test_entries_of_services_that_are_not_heard_are_ignored(street: Street) -> None:
    registry = await street.start(tiny.service("registry"))
    await until_reached(registry, {"cooperative": Position(900, "00000000"), "nobody": Position(1, "00000000")})


async def test_what_was_never_answered_is_position_unknown_at_every_service(street: Street) -> None:
    registry, enterprise = await street.start(tiny.service("registry")), await street.start(tiny.enterprise())
    await register(registry, 3)
    done = await do(enterprise, Note(uuid.uuid4(), "seen"))
    beyond = [here(registry, 4), here(registry, 10**18 - 1), {"registry": Position(1, "00000000")}]
    for runtime in (registry, enterprise):
        for vector in beyond:
            assert await refused(runtime, vector) == "position-unknown"
    for vector in (here(registry, 3, 4), here(registry, 0, 10**18 - 1)):
        assert await refused(registry, vector) == "position-unknown"
    assert await refused(enterprise, here(enterprise, 0, done.position + 10**6)) == "position-unknown"
    async with street.client("enterprise", "operator") as client:
        # The kernel's own routes take no After-Position; whatever is no position never gets that far elsewhere.
        assert (await client.get("/operations/status")).status_code == 200


async def test_a_head_not_yet_heard_is_asked_of_the_owner(street: Street) -> None:
    registry, enterprise = await street.start(tiny.service("registry")), await street.start(tiny.enterprise())
    people = await register(registry, 2)
    enterprise.bus.heads.clear()
    await until_reached(enterprise, here(registry, 2))
    assert await refused(enterprise, here(registry, 3)) == "position-unknown"
    assert len(people) == 2


async def test_what_does_not_come_in_time_is_not_yet_heard(street: Street) -> None:
    registry, enterprise = await street.start(tiny.service("registry")), await street.start(tiny.enterprise())
    await register(registry, 1)
    await until_reached(enterprise, here(registry, 1))
    # Somebody else holds the subscriptions and does nothing.
    enterprise.leases._until.update(dict.fromkeys(enterprise.leases._until, 0.0))
    await enterprise.pool.execute("UPDATE log.leases SET holder = gen_random_uuid(), until = clock_timestamp() + '9 s'")
    await asyncio.sleep(0)
    await register(registry, 1)
    began = time.monotonic()
    assert await refused(enterprise, here(registry, 2)) == "not-yet-heard"
    assert 0.9 <= time.monotonic() - began <= 2.0


async def test_an_owner_that_cannot_be_asked_is_waited_for(street: Street) -> None:
    registry, enterprise = await street.start(tiny.service("registry")), await street.start(tiny.enterprise())
    for n in (1, 2):  # so that what is said is heard from the bus by now
        await register(registry, 1)
        await until_reached(enterprise, here(registry, n))
    street.closed.add("registry")
    began = time.monotonic()
    assert await refused(enterprise, here(registry, 7)) == "not-yet-heard"
    assert 0.9 <= time.monotonic() - began <= 2.0
    waiting = asyncio.create_task(until_reached(enterprise, here(registry, 3)))
    await register(registry, 1)
    await waiting


async def test_a_number_of_a_former_name_is_known_as_far_as_it_was_kept(street: Street) -> None:
    registry, enterprise = await street.start(tiny.service("registry")), await street.start(tiny.enterprise())
    await register(registry, 4)
    await until_reached(enterprise, here(registry, 4))
    former = registry.identity.log_id
    await put_back(registry, 2)
    enterprise.lineages["registry"] = registry.identity
    kept, lost = ({"registry": Position(n, former.hex[:8])} for n in (2, 3))
    for runtime in (registry, enterprise):
        assert await refused(runtime, lost) == "position-unknown"
    await until_reached(enterprise, kept)


async def test_a_process_that_has_not_learnt_the_logs_new_name_does_not_call_it_unknown(street: Street) -> None:
    former = await street.start(tiny.service("registry"))
    await renamed_unnoticed(former)
    present = await street.start(tiny.service("registry"))
    done = await do(present, Register("", "Siti"))
    with pytest.raises(LogReplaced):
        await until_reached(former, here(present, done.published, done.position))
    assert former.failed.done()


async def test_what_was_heard_of_lost_facts_does_not_count(street: Street) -> None:
    """The log was put back to 2 and has grown to 4 again: this service's 4 are not those 4."""
    registry, enterprise = await street.start(tiny.service("registry")), await street.start(tiny.enterprise())
    await register(registry, 4)
    await until_reached(enterprise, here(registry, 4))
    for runtime in (registry, enterprise):
        for task in runtime._tasks:
            if task.get_name() != "batcher":
                task.remove_done_callback(runtime._ended)
                task.cancel()
    enterprise.leases._until.update(dict.fromkeys(enterprise.leases._until, float("inf")))
    await put_back(registry, 2)
    assert await refused(enterprise, here(registry, 4)) == "not-yet-heard"
    await until_reached(enterprise, here(registry, 2))
    now = Checkpoint(registry.identity.log_id, 4, None)
    for hearer in ("neighbours_1", "reactions"):
        enterprise.moved(hearer, "registry", now)
    await until_reached(enterprise, here(registry, 4))
