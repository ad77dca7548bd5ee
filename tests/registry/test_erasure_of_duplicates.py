"""Erased is a human, under every id: old keys that are put back bring neither registration back."""

from datetime import date

import asyncpg

from services.registry.commands.merges import Merge
from services.registry.commands.persons import Erase
from services.registry.views.people import everyone
from shared import operations
from shared.personal import Erased, Known
from tests.registry.calendar import Registry
from tests.registry.test_erasure import claims, kinds, opened
from tests.shared.street import Street


async def test_old_keys_bring_neither_registration_of_who_was_erased_back(street: Street) -> None:
    registry = Registry(street)
    await registry.on(date(2026, 11, 21))
    human, again, other = [await registry.child() for _ in range(3)]
    await registry.do(Merge(person_id=again, into=human))
    kept = await registry.runtime._keys_pool.fetch("SELECT * FROM keys")
    await registry.do(Erase(person_id=again))

    settings = await street.settings("registry")
    backup = await asyncpg.connect(settings.keys_database_url.get_secret_value())
    await backup.executemany("INSERT INTO keys VALUES ($1, $2) ON CONFLICT DO NOTHING", [tuple(key) for key in kept])
    await backup.close()
    await registry.on(date(2026, 11, 22))

    for person in (human, again):
        assert await kinds(registry, person) == {Erased}
        assert await claims(registry, person) == 0
        assert not await opened(registry, person)
    assert await kinds(registry, other) == {Known}
    shown = await registry.runtime.rows(everyone())
    assert {row["person_id"]: row["erased"] for row in shown} == {human: True, other: False}
    assert (await operations.verify(registry.runtime))["findings"] == []
