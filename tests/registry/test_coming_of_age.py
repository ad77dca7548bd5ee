"""A minor comes of age on the 18th birthday, once, however the registry is started, and whatever happened since."""

from datetime import date
from uuid import UUID

import asyncpg
import orjson
import pytest

from services.registry.commands.households import Inhabitant, RegisterTogether
from services.registry.commands.merges import Merge
from services.registry.commands.persons import Edit, Erase, HearOfTrip, ReportDeath, WithdrawDeath
from shared.vocabulary import Occurred
from tests.registry.calendar import Registry
from tests.registry.people_of_kuripan import KURIPAN
from tests.shared.street import Street, rows, until

EVE, BIRTHDAY, NEXT = date(2026, 11, 21), date(2026, 11, 22), date(2026, 11, 23)


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


async def test_of_who_came_of_age_since_a_survey_neither_the_year_of_birth_nor_the_day_is_told(
    registry: Registry,
) -> None:
    """An old list is loaded late: nobody was told that this was a child, so nobody is told that it is none."""
    await registry.on(EVE)
    days = ("1980-01-01", "2004-03-17", "2012-03-17")
    people = [
        Inhabitant(nik=None, name="Contoh", birth_date=day, relation=relation, as_worker=False)
        for day, relation in zip(days, ("kepala", "anak", "anak"), strict=True)
    ]
    household = RegisterTogether(village=KURIPAN, members=(), kin=(), people=tuple(people), surveyed_on="2019-05-04")
    head, grown, child = (await registry.do(household)).answer.body["people"]
    said = await rows(registry.runtime, "SELECT person_id::text, data FROM log.events WHERE type = 'PersonRegistered'")
    years = {row["person_id"]: orjson.loads(row["data"]).get("birth_year") for row in said}
    assert (years[grown], years[child], years[head]) == (None, 2012, None)
    await registry.on(BIRTHDAY)
    assert await registry.announced() == []


async def test_the_birth_date_that_was_corrected_to_is_the_one_that_counts(registry: Registry) -> None:
    await registry.on(EVE)
    child = await registry.child()
    await registry.do(Edit(person_id=child, cells={"birth_date": "2008-11-23"}), if_match=2)
    await registry.on(BIRTHDAY)
    assert await registry.announced() == []
    await registry.on(NEXT)
    assert await registry.announced() == [child]


async def test_who_was_looked_at_before_a_correction_was_heard_of_is_announced_on_the_right_day(
    registry: Registry,
) -> None:
    """What the view had not heard when it was asked uses nothing up: of another date, of a death that was withdrawn."""
    await registry.on(EVE)
    younger, living = await registry.child(), await registry.child()
    await registry.looked()
    before = await _kept(registry, younger)
    await registry.do(Edit(person_id=younger, cells={"birth_date": "2008-11-23"}), if_match=2)
    await registry.do(ReportDeath(person_id=living, died_on="2026-11"))
    await registry.looked()
    after = await _kept(registry, younger)
    await _put_back(registry, younger, before)
    await rows(registry.runtime, "DELETE FROM minors_2.deaths")
    await registry.on(BIRTHDAY)
    assert await registry.announced() == []
    await _put_back(registry, younger, after)
    await registry.do(WithdrawDeath(person_id=living), if_match=3)
    await registry.looked()
    assert await registry.announced() == [living]
    await registry.on(NEXT)
    assert await registry.announced() == [living, younger]


async def _kept(registry: Registry, child: UUID) -> str:
    """What the view keeps of a child, as JSON."""
    (row,) = await rows(registry.runtime, "SELECT to_json(m) AS row FROM minors_2.minors m WHERE person_id = $1", child)
    return str(row["row"])


async def _put_back(registry: Registry, child: UUID, row: str) -> None:
    """Let the view stand where it stood when it kept *row* of the child."""
    await rows(registry.runtime, "DELETE FROM minors_2.minors WHERE person_id = $1", child)
    back = "INSERT INTO minors_2.minors SELECT * FROM json_populate_record(NULL::minors_2.minors, $1::json)"
    await rows(registry.runtime, back, row)


async def test_of_who_died_it_is_announced_when_they_live_after_all(registry: Registry) -> None:
    await registry.on(EVE)
    child = await registry.child()
    await registry.do(ReportDeath(person_id=child, died_on="2026-11"))
    await registry.on(BIRTHDAY)
    assert await registry.announced() == []
    await registry.do(WithdrawDeath(person_id=child), if_match=3)
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
    return [row["person_id"] for row in await rows(registry.runtime, "SELECT person_id FROM minors_2.minors")] == (
        expected
    )


async def test_the_birthday_stands_in_clear_nowhere(registry: Registry) -> None:
    """Neither in the fact and the word of the coming of age, nor in what awaits it."""
    eve, birthday = date(2026, 3, 16), date(2026, 3, 17)
    await registry.on(eve)
    child = await registry.child("2008-03-17")
    await until(lambda: _awaited(registry, [child]))
    (awaited,) = await rows(registry.runtime, "SELECT m::text AS row FROM minors_2.minors m")
    await registry.on(birthday)
    (said,) = await rows(
        registry.runtime,
        "SELECT occurred_on, occurred_precision, data, public FROM log.events WHERE type = 'CameOfAge'",
    )
    assert (date(2026, 1, 1), "year") == (said["occurred_on"], said["occurred_precision"])
    for text in (awaited["row"], said["data"], said["public"]):
        assert not [day for day in ("2008-03", "2026-03", "03-17") if day in text.replace(str(child), "")]
    assert "2026" in awaited["row"]


async def test_of_who_died_under_either_id_it_is_announced_under_neither(registry: Registry) -> None:
    """A trip of the duplicate ended in the death."""
    await registry.on(EVE)
    child, again = await registry.child(), await registry.child()
    await registry.do(Merge(person_id=again, into=child))
    trip = UUID(int=11)
    await registry.do(HearOfTrip(person_id=again, trip_id=trip, died_on=Occurred(EVE)))
    await registry.on(BIRTHDAY)
    assert await registry.announced() == []
    await registry.do(HearOfTrip(person_id=again, trip_id=trip, died_on=None))
    await registry.looked()
    assert sorted(await registry.announced()) == sorted([child, again])


async def test_of_a_duplicate_it_is_announced_too_once(registry: Registry) -> None:
    """Others may know the child by either id; asked again, nothing is left to say."""
    await registry.on(EVE)
    child, again = await registry.child(), await registry.child()
    await registry.do(Merge(person_id=again, into=child))
    await registry.on(BIRTHDAY)
    assert sorted(await registry.announced()) == sorted([child, again])
    await registry.on(NEXT)
    assert sorted(await registry.announced()) == sorted([child, again])
