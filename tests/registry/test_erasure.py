"""After an erasure nothing leads to a person, though all that can be on file of them was, and old keys come back."""

from datetime import date
from typing import Any
from uuid import UUID

import asyncpg
import pytest

from services.registry.commands.documents import Record
from services.registry.commands.legal_holds import Lift, Place
from services.registry.commands.persons import Edit, Erase
from services.registry.commands.verifications import RecordVerification
from services.registry.main import SERVICE
from services.registry.views.figures import figures
from shared import operations, viewing
from shared.codec import sealed_from
from shared.errors import Refused
from shared.personal import Erased, Known, Sealed
from tests.registry.calendar import Registry
from tests.shared.street import Street, rows

TODAY = date(2026, 11, 21)


async def everything_on_file(registry: Registry) -> UUID:
    """Somebody of whom there is everything."""
    person = await registry.child("2012-05-17")
    await registry.do(Edit(person_id=person, cells={"nik": "3307101705129001", "name": "Bima Lestari"}), if_match=2)
    await registry.do(
        Record(
            person_id=person, kind="passport", number="C1234567", issuer="Imigrasi", valid_from=None, valid_until=None
        )
    )
    outcomes: Any = {"nik": "matched", "name": "differed"}
    await registry.do(RecordVerification(person_id=person, verified_on="2026-11-01", outcomes=outcomes), if_match=4)
    return person


async def test_who_is_held_is_erased_once_the_hold_is_lifted_or_has_run_out(street: Street) -> None:
    registry = Registry(street)
    await registry.on(TODAY)
    person = await registry.child()
    for_good = await registry.do(Place(person_id=person, reason="law_enforcement", until=None))
    await registry.do(Place(person_id=person, reason="retention", until="2026-11-30"))
    with pytest.raises(Refused) as refused:
        await registry.do(Erase(person_id=person))
    assert ("erasure-held", {"held_by": ["law_enforcement", "retention"]}) == (refused.value.slug, refused.value.extra)
    await registry.do(Lift(person_id=person, hold_id=UUID(for_good.answer.body["id"])))
    await registry.on(date(2026, 11, 30))
    with pytest.raises(Refused):
        await registry.do(Erase(person_id=person))
    await registry.on(date(2026, 12, 1))
    await registry.do(Erase(person_id=person))


async def test_nothing_that_was_on_file_can_be_read_and_all_else_stands(street: Street) -> None:
    registry = Registry(street)
    await registry.on(TODAY)
    person, other = await everything_on_file(registry), await everything_on_another(registry)
    hold = await registry.do(Place(person_id=person, reason="statistics", until=None))
    await registry.do(Lift(person_id=person, hold_id=UUID(hold.answer.body["id"])))
    counted = await registry.runtime.rows(figures())
    kept = await registry.runtime._keys_pool.fetch("SELECT * FROM keys")
    assert {Known} == await kinds(registry, person)

    await registry.do(Erase(person_id=person))
    assert {Erased} == await kinds(registry, person)
    assert 0 == await claims(registry, person)

    # An old backup of the keys is put back; the next start erases once more.
    settings = await street.settings("registry")
    backup = await asyncpg.connect(settings.keys_database_url.get_secret_value())
    await backup.executemany("INSERT INTO keys VALUES ($1, $2) ON CONFLICT DO NOTHING", [tuple(key) for key in kept])
    await backup.close()
    await registry.on(TODAY)
    assert {Erased} == await kinds(registry, person)
    assert {Known} == await kinds(registry, other)
    assert await registry.runtime.rows(figures()) == counted
    assert not await opened(registry, person)
    assert (await operations.verify(registry.runtime))["findings"] == []
    for view in SERVICE.views:
        assert not (await viewing.rebuild(registry.runtime, view))["differences"], view.name


async def everything_on_another(registry: Registry) -> UUID:
    """Somebody else, who stays."""
    person = await registry.child("2011-01-01")
    await registry.do(
        Record(person_id=person, kind="splp", number="X1", issuer=None, valid_from=None, valid_until=None)
    )
    return person


async def kinds(registry: Registry, person: UUID) -> set[type[Any]]:
    """What the personal fields of a person's facts are when the log is read with the keys there are."""
    log = registry.runtime.log
    streams = await rows(registry.runtime, "SELECT DISTINCT stream_id FROM log.events WHERE person_id = $1", person)
    histories = await log.histories([row["stream_id"] for row in streams])
    fields = [
        getattr(event, name)
        for history in histories.values()
        for event in history.events
        for name in log.catalogue._kinds[event.name].personal
    ]
    return {type(field) for field in fields if field is not None}


async def claims(registry: Registry, person: UUID) -> int:
    """How many hashes there are of what was this person's: NIK, documents."""
    (row,) = await rows(registry.runtime, "SELECT count(*) FROM log.claims WHERE person_id = $1", person)
    return int(row["count"])


async def opened(registry: Registry, person: UUID) -> list[Sealed]:
    """What of a person lies in a view under a key that is there."""
    there: list[Sealed] = []
    for view in SERVICE.views:
        for table in view.tables.sorted_tables:
            if "person_id" not in table.columns:
                continue
            for row in await registry.runtime.rows(table.select().where(table.c.person_id == person)):
                there += [sealed_from(value) for value in row.values() if isinstance(value, dict) and "box" in value]
    keys = await registry.runtime.log.keys.get({sealed.key_id for sealed in there})
    return [sealed for sealed in there if keys[sealed.key_id] is not None]
