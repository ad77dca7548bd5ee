"""A minor comes of age on the 18th birthday, once, however the registry is started, and whatever happened since."""

from datetime import date
from uuid import UUID

import asyncpg
import pytest

from services.registry.commands.persons import Edit, Erase, Register, ReportDeath, WithdrawDeath
from services.registry.main import SERVICE
from shared import ids
from shared.deadlines import Calendar
from shared.execute import Done, Request, execute
from shared.runtime import Runtime
from tests.registry.people_of_kuripan import KURIPAN
from tests.shared.street import CALLER, Street, rows, until

EVE, BIRTHDAY, NEXT = date(2026, 11, 21), date(2026, 11, 22), date(2026, 11, 23)
BORN = "2008-11-22"


class Registry:
    """The registry, started on one day after the other."""

    def __init__(self, street: Street) -> None:
        self._street = street
        self._asked = 0
        self.runtime: Runtime

    async def on(self, today: date) -> None:
        """Start it (again) on this day; it has looked once this returns."""
        if self._street.running:
            await self._street.stop(self.runtime)
        settings = await self._street.settings("registry")
        self._street._settings["registry"] = settings.model_copy(update={"today": today, "wait_seconds": 10.0})
        self.runtime = await self._street.start(SERVICE)
        await self.looked()

    async def looked(self) -> None:
        await Calendar(self.runtime, SERVICE.deadlines[0]).look(self.runtime.clock.today())

    async def do(self, command: object, *, if_match: int | None = None) -> Done:
        self._asked += 1
        request = Request(
            command_id=ids.command_id(self.runtime.secret, CALLER.id, "test", str(self._asked)),
            fingerprint=ids.keyed(self.runtime.secret, str(self._asked)),
            caller=CALLER,
            today=self.runtime.clock.today(),
            if_match=if_match,
        )
        return await execute(self.runtime, request, command)

    async def child(self, birth_date: str = BORN) -> UUID:
        command = Register(nik=None, name="Bima Contoh", birth_date=birth_date, village=KURIPAN, as_worker=False)
        return UUID((await self.do(command)).answer.body["id"])

    async def announced(self) -> list[UUID]:
        """Of whom it was said, each time."""
        said = await rows(
            self.runtime,
            "SELECT person_id FROM log.events WHERE type = 'CameOfAge' AND published IS NOT NULL ORDER BY position",
        )
        return [row["person_id"] for row in said]


@pytest.fixture
def registry(street: Street) -> Registry:
    return Registry(street)


async def test_it_is_announced_on_the_day_once(registry: Registry) -> None:
    await registry.on(EVE)
    child, younger = await registry.child(), await registry.child("2010-01-01")
    await registry.looked()
    assert await registry.announced() == []
    for day in (BIRTHDAY, BIRTHDAY, NEXT):
        await registry.on(day)
        assert await registry.announced() == [child]
    await registry.on(date(2031, 5, 5))
    assert await registry.announced() == [child, younger]  # nobody ran on that birthday


async def test_who_is_of_age_when_registered_is_not_announced(registry: Registry) -> None:
    await registry.on(BIRTHDAY)
    await registry.child()
    await registry.child("1990-05-05")
    await registry.on(NEXT)
    assert await registry.announced() == []


async def test_the_birth_date_that_was_corrected_to_is_the_one_that_counts(registry: Registry) -> None:
    await registry.on(EVE)
    child = await registry.child()
    await registry.do(Edit(person_id=child, cells={"birth_date": "2008-11-23"}), if_match=1)
    await registry.on(BIRTHDAY)
    assert await registry.announced() == []
    await registry.on(NEXT)
    assert await registry.announced() == [child]


async def test_of_who_died_it_is_announced_when_they_live_after_all(registry: Registry) -> None:
    await registry.on(EVE)
    child = await registry.child()
    await registry.do(ReportDeath(person_id=child, died_on="2026-11"))
    await registry.on(BIRTHDAY)
    assert await registry.announced() == []
    await registry.do(WithdrawDeath(person_id=child), if_match=2)
    await registry.looked()
    assert await registry.announced() == [child]


async def test_of_who_was_erased_nothing_is_announced_with_old_keys_put_back_neither(registry: Registry) -> None:
    """The sealed birth date goes from the view with its row; a row that were left could not be opened."""
    await registry.on(EVE)
    child, other = await registry.child(), await registry.child()
    kept = await registry.runtime._keys_pool.fetch("SELECT * FROM keys")
    await registry.do(Erase(person_id=child))
    await until(lambda: _awaited(registry, [other]))
    settings = await registry._street.settings("registry")
    backup = await asyncpg.connect(settings.keys_database_url.get_secret_value())
    await backup.executemany("INSERT INTO keys VALUES ($1, $2) ON CONFLICT DO NOTHING", [tuple(key) for key in kept])
    await backup.close()
    await registry.on(BIRTHDAY)
    assert await registry.announced() == [other]
    ours = await rows(
        registry.runtime, "SELECT DISTINCT key_id FROM log.events WHERE person_id = $1 AND key_id IS NOT NULL", child
    )
    left = "SELECT count(*) FROM keys WHERE key_id = ANY($1)"
    assert await registry.runtime._keys_pool.fetchval(left, [row["key_id"] for row in ours]) == 0


async def _awaited(registry: Registry, expected: list[UUID]) -> bool:
    return [row["person_id"] for row in await rows(registry.runtime, "SELECT person_id FROM minors_1.minors")] == (
        expected
    )


async def test_the_birthday_stands_in_clear_nowhere(registry: Registry) -> None:
    """Neither in the fact and the word of the coming of age, nor in what awaits it."""
    eve, birthday = date(2026, 3, 16), date(2026, 3, 17)
    await registry.on(eve)
    child = await registry.child("2008-03-17")
    await until(lambda: _awaited(registry, [child]))
    (awaited,) = await rows(registry.runtime, "SELECT m::text AS row FROM minors_1.minors m")
    await registry.on(birthday)
    (said,) = await rows(
        registry.runtime,
        "SELECT occurred_on, occurred_precision, data, public FROM log.events WHERE type = 'CameOfAge'",
    )
    assert (date(2026, 1, 1), "year") == (said["occurred_on"], said["occurred_precision"])
    for text in (awaited["row"], said["data"], said["public"]):
        assert not [day for day in ("2008-03", "2026-03", "03-17") if day in text.replace(str(child), "")]
    assert "2026" in awaited["row"]
