"""The blind index and the persons' keys: who can no longer be read is in it no longer."""

import dataclasses
from uuid import UUID

from services.registry.commands.persons import Edit, Erase, Register
from services.registry.main import SERVICE
from services.registry.views.search import VIEW
from shared import ids
from shared.execute import Request, execute
from shared.runtime import Runtime
from shared.viewing import make
from tests.registry.people_of_kuripan import KURIPAN
from tests.shared.street import CALLER, Street, do, rows, until
from tests.shared.tiny import DAY

ALONE = dataclasses.replace(SERVICE, react=None)
NAMES = ("Siti Aminah", "Joko Prasetyo", "Bima Prasetyo")


async def known(registry: Runtime) -> list[UUID]:
    people = [
        Register(nik=None, name=name, birth_date="1990-01-01", village=KURIPAN, as_worker=False) for name in NAMES
    ]
    found = [UUID((await do(registry, one)).answer.body["id"]) for one in people]
    await heard(registry)
    return found


async def heard(registry: Runtime) -> None:
    """The index stands at the end of the log."""
    last = await registry.log.position()
    at = (f"{VIEW.name}_{VIEW.revision}", "registry")
    await until(lambda: registry.checkpoints[at].number >= last, why="the index did not catch up")


async def indexed(registry: Runtime, schema: str = f"{VIEW.name}_{VIEW.revision}") -> dict[UUID, int]:
    found = await rows(registry, f'SELECT person_id, bits FROM "{schema}".names')
    return {row["person_id"]: row["bits"] for row in found}


async def test_a_rebuilt_index_has_the_same_bits_whoever_was_corrected_or_erased(street: Street) -> None:
    registry = await street.start(ALONE)
    siti, joko, bima = await known(registry)
    corrected = Edit(person_id=joko, cells={"name": "Djoko Prasetijo", "birth_date": None})
    request = Request(command_id=ids.random(), fingerprint=b"", caller=CALLER, today=DAY, if_match=1)
    await execute(registry, request, corrected)
    await do(registry, Erase(person_id=bima))
    await heard(registry)
    before = await indexed(registry)
    assert set(before) == {siti, joko}
    made = await make(registry, VIEW)
    assert (made.differences, made.rows) == ([], {"names": 2})
    assert await indexed(registry) == before


async def test_who_is_erased_leaves_every_schema_of_the_index_at_once_and_again_at_a_start(street: Street) -> None:
    registry = await street.start(ALONE)
    siti, *others = await known(registry)
    former = (await make(registry, VIEW)).former
    assert former is not None
    kept = await rows(registry, f'SELECT * FROM "{former}".names WHERE person_id = $1', siti)
    assert len(kept) == 1
    await do(registry, Erase(person_id=siti))
    assert set(await indexed(registry, former)) == set(others)
    # A backup of the index was put back.
    places = ", ".join(f"${n}" for n in range(1, len(kept[0]) + 1))
    await rows(registry, f'INSERT INTO "{former}".names VALUES ({places})', *kept[0].values())
    await street.stop(registry)
    again = await street.start(ALONE)
    assert set(await indexed(again, former)) == set(others)
    assert set(await indexed(again)) == set(others)


async def test_of_whom_the_keys_have_just_gone_nothing_is_compared(street: Street) -> None:
    """The live index may still have a row that nobody can make anew; the fact that removes it comes later."""
    registry = await street.start(ALONE)
    siti, *_ = await known(registry)
    await registry.pool.execute("INSERT INTO log.erased VALUES ($1)", siti)
    keys = await rows(registry, "SELECT key_id FROM log.events WHERE person_id = $1 AND key_id IS NOT NULL", siti)
    await registry.log.keys.destroy(row["key_id"] for row in keys)
    assert siti in await indexed(registry)
    assert (await make(registry, VIEW)).differences == []
    assert siti not in await indexed(registry)


async def test_two_services_with_other_secrets_have_other_bits(street: Street) -> None:
    registry = await street.start(ALONE)
    assert registry.keyed(VIEW)("piece _si") == registry.keyed(VIEW)("piece _si")
    other = dataclasses.replace(VIEW, name="another")
    assert registry.keyed(VIEW)("piece _si") != registry.keyed(other)("piece _si")
    assert registry.keyed(VIEW)("nik") != registry.log.claim_key("nik", ())
