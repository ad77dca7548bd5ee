"""After an erasure nothing leads to a person, though all that can be on file of them was, and old keys come back."""

from collections.abc import Collection
from dataclasses import dataclass, replace
from datetime import date
from typing import Any
from uuid import UUID

import asyncpg
import pytest

from services.registry.commands.appointments import AppointPerson
from services.registry.commands.documents import Record
from services.registry.commands.households import Inhabitant, RegisterTogether, Relative
from services.registry.commands.legal_holds import Lift, Place
from services.registry.commands.merges import Merge, Unmerge
from services.registry.commands.persons import Edit, Erase
from services.registry.commands.verifications import RecordVerification
from services.registry.main import SERVICE
from services.registry.views.dossiers import holds, holds_of
from services.registry.views.figures import figures
from services.registry.views.reports import REPORTS
from shared import operations, viewing
from shared.codec import sealed_from
from shared.errors import Refused
from shared.personal import Erased, Known
from tests.registry.calendar import Registry
from tests.registry.people_of_kuripan import KURIPAN
from tests.shared.street import Street, rows

TODAY = date(2026, 11, 21)


@dataclass(frozen=True)
class Human:
    """Somebody of whom there is everything, registered twice; and who lives with them and stays."""

    person: UUID
    duplicate: UUID
    other: UUID

    @property
    def ids(self) -> tuple[UUID, UUID]:
        return self.person, self.duplicate


async def everything_on_file(registry: Registry) -> Human:
    """Documents, verdicts and holds under either id; heads a household that has a card, and is an officer."""
    human = Human(*[await registry.child(born) for born in ("1990-05-17", "1990-05-17", "1991-01-01")])
    for serial, one in enumerate(human.ids, 1):
        cells: Any = {"nik": f"330710170590900{serial}", "name": f"Bima Lestari {serial}"}
        await registry.do(Edit(person_id=one, cells=cells), if_match=2)
        await registry.do(passport(one, f"C123456{serial}"))
        outcomes: Any = {"nik": "matched", "name": "differed"}
        await registry.do(RecordVerification(person_id=one, verified_on="2026-11-01", outcomes=outcomes), if_match=4)
    await registry.do(passport(human.other, "X7654321"))
    married = Relative(person_id=human.person, relative_id=human.other, relation="spouse")
    together = RegisterTogether(
        village=KURIPAN,
        members=(human.person, human.other),
        kin=(married,),
        head_id=human.person,
        card="3307101705209001",
    )
    await registry.do(together)
    head = Inhabitant(nik=None, name="Joko", birth_date=None, relation="kepala keluarga", as_worker=False)
    wife = replace(head, nik="3307101705909002", name="Bima Lestari 2", relation="istri")
    await registry.do(RegisterTogether(village=KURIPAN, members=(), kin=(), people=(head, wife)))
    await registry.do(AppointPerson(person_id=human.duplicate, role="officer", area=KURIPAN, on="2022"))
    await registry.do(Merge(person_id=human.duplicate, into=human.person))
    await registry.do(passport(human.duplicate, "C1234569"))
    hold = await registry.do(Place(person_id=human.duplicate, reason="statistics", until=None))
    await registry.do(Lift(person_id=human.person, hold_id=UUID(hold.answer.body["id"])))
    return human


def passport(person: UUID, number: str) -> Record:
    return Record(
        person_id=person, kind="passport", number=number, issuer="Imigrasi", valid_from=None, valid_until="2034-01-31"
    )


async def test_who_is_held_is_erased_once_the_hold_is_lifted_or_has_run_out(street: Street) -> None:
    registry = Registry(street)
    await registry.on(TODAY)
    person = await registry.child()
    for_good = await registry.do(Place(person_id=person, reason="law_enforcement", until=None))
    await registry.do(Place(person_id=person, reason="retention", until="2026-11-30"))
    with pytest.raises(Refused) as refused:
        await registry.do(Erase(person_id=person, hears_why=True))
    assert ("erasure-held", {"held_by": ["law_enforcement", "retention"]}) == (refused.value.slug, refused.value.extra)
    await registry.do(Lift(person_id=person, hold_id=UUID(for_good.answer.body["id"])))
    await registry.on(date(2026, 11, 30))
    with pytest.raises(Refused):
        await registry.do(Erase(person_id=person))
    await registry.on(date(2026, 12, 1))
    await registry.do(Erase(person_id=person))


async def test_a_hold_stands_under_every_id_of_a_person_also_once_the_merge_is_undone(street: Street) -> None:
    """While the two are one, one lifting lets both go; afterwards each is let go by itself."""
    registry = Registry(street)
    await registry.on(TODAY)
    person, duplicate = await registry.child(), await registry.child()
    await registry.do(Merge(person_id=duplicate, into=person))
    placed = await registry.do(Place(person_id=duplicate, reason="law_enforcement", until=None))
    lifted = await registry.do(Place(person_id=person, reason="statistics", until=None))
    await registry.do(Lift(person_id=duplicate, hold_id=UUID(lifted.answer.body["id"])))
    await registry.looked()
    assert len(await registry.runtime.rows(holds_of(person))) == 2
    await registry.do(Unmerge(person_id=duplicate), if_match=3)
    for one in (duplicate, person):
        with pytest.raises(Refused, match=r"^erasure-held$") as refused:
            await registry.do(Erase(person_id=one, hears_why=True))
        assert refused.value.extra == {"held_by": ["law_enforcement"]}
        await registry.looked()
        standing = await registry.runtime.rows(holds_of(one).where(holds.c.lifted_on.is_(None)))
        assert [str(row["hold_id"]) for row in standing] == [placed.answer.body["id"]]
        await registry.do(Lift(person_id=one, hold_id=UUID(placed.answer.body["id"])))
        await registry.do(Erase(person_id=one))


async def test_nothing_that_was_on_file_can_be_read_and_all_else_stands(street: Street) -> None:
    registry = Registry(street)
    await registry.on(TODAY)
    human = await everything_on_file(registry)
    await registry.looked()
    counts = await counted(registry)
    kept = await registry.runtime._keys_pool.fetch("SELECT * FROM keys")
    for one in human.ids:
        assert {Known} == await kinds(registry, one)
    there, hashed = await opened(registry, human.ids), await hashes(registry, human.ids)
    assert {"number", "issuer", "full_name", "nik", "birth_date", "reason", "matched", "differed"} <= there
    assert all(hashed.values())

    await registry.do(Erase(person_id=human.duplicate))
    await nothing_left(registry, human)

    # An old backup of the keys is put back; the next start erases once more.
    settings = await street.settings("registry")
    backup = await asyncpg.connect(settings.keys_database_url.get_secret_value())
    await backup.executemany("INSERT INTO keys VALUES ($1, $2) ON CONFLICT DO NOTHING", [tuple(key) for key in kept])
    await backup.close()
    await registry.on(TODAY)
    await nothing_left(registry, human)
    assert {Known} == await kinds(registry, human.other)
    assert await opened(registry, (human.other,))
    assert await counted(registry) == counts
    assert (await operations.verify(registry.runtime))["findings"] == []
    for view in SERVICE.views:
        assert not (await viewing.rebuild(registry.runtime, view))["differences"], view.name
    await nothing_left(registry, human)


async def nothing_left(registry: Registry, human: Human) -> None:
    """Neither a fact nor a row of a view that can be read, nor a hash, under either id."""
    await registry.looked()
    for one in human.ids:
        assert {Erased} == await kinds(registry, one)
    assert not await opened(registry, human.ids)
    assert not any((await hashes(registry, human.ids)).values())


async def counted(registry: Registry) -> dict[str, list[Any]]:
    """Every figure that is reported."""
    queries = {"figures": figures()} | {name: report.rows(TODAY) for name, report in REPORTS.items()}
    return {
        name: sorted(map(repr, [tuple(row.values()) for row in await registry.runtime.rows(query)]))
        for name, query in queries.items()
    }


async def kinds(registry: Registry, person: UUID) -> set[type[Any]]:
    """What the personal fields of a person's facts are when the log is read with the keys there are."""
    log = registry.runtime.log
    streams = await rows(registry.runtime, "SELECT DISTINCT stream_id FROM log.events WHERE person_id = $1", person)
    histories = await log.histories([row["stream_id"] for row in streams])
    fields = [
        getattr(event, name)
        for history in histories.values()
        for event in history.events
        if log.catalogue.person_of(event) == person
        for name in log.catalogue._kinds[event.name].personal
    ]
    return {type(field) for field in fields if field is not None}


async def opened(registry: Registry, people: Collection[UUID]) -> set[str]:
    """Which fields of these people lie in a view under a key that is there, whoever's row it is."""
    there = [
        sealed
        for view in SERVICE.views
        for table in view.tables.sorted_tables
        for row in await registry.runtime.rows(table.select())
        for value in row.values()
        if isinstance(value, dict) and "box" in value and (sealed := sealed_from(value)).person_id in people
    ]
    keys = await registry.runtime.log.keys.get({sealed.key_id for sealed in there})
    return {sealed.field for sealed in there if keys[sealed.key_id] is not None}


async def hashes(registry: Registry, people: Collection[UUID]) -> dict[str, int]:
    """How many rows there are of hashes of what was theirs: NIK, documents, pieces of names, bodies that named them."""
    (held,) = await rows(registry.runtime, "SELECT count(*) FROM log.claims WHERE person_id = ANY($1)", list(people))
    told = """SELECT count(fingerprint) FROM log.commands c WHERE person_id = ANY($1) OR answer::text ~ ANY($2)
              OR command_id IN (SELECT (meta->>'command')::uuid FROM log.events WHERE data::text ~ ANY($2))"""
    (said,) = await rows(registry.runtime, told, list(people), list(map(str, people)))
    found = {"log.claims": int(held["count"]), "log.commands": int(said["count"])}
    for view in SERVICE.views:
        for table in view.tables.sorted_tables if view.blind else ():
            theirs = await registry.runtime.rows(table.select().where(table.c.person_id.in_(people)))
            found[table.name] = len(theirs)
    return found
