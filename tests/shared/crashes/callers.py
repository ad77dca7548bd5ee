"""Who writes to the small registry, what they were answered, and what must be true of it all afterwards (P1 to P5)."""

import asyncio
from collections.abc import Coroutine, Iterable
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

import httpx

from shared import ids
from tests.shared.crashes.row import Row
from tests.shared.crashes.small import PATH
from tests.shared.street import until

PEOPLE = 6
HEARD = 3
"""The enterprise's view hears the registry and its own log, its reactions hear the registry."""
_APART_SECONDS = 0.02


@dataclass(slots=True)
class Asked:
    """One command under its key. *said* is what it was answered; None as long as nobody knows what became of it."""

    do: str
    key: str
    told: dict[str, str]
    said: tuple[int, Any] | None = None


@dataclass(slots=True)
class Callers:
    """Everything that is asked of the registry. Who gets no answer does not know whether it was done."""

    row: Row
    asked: list[Asked] = field(default_factory=list)

    async def person(self, key: str) -> UUID:
        """Who is registered by what is asked with *key*: the same before and after."""
        return ids.nth(await self.row.command_id(key), 0)

    async def live(self) -> None:
        """People are registered, one after the other but not one by one; one gets another name, one is forgotten."""
        # First what needs no key: by then a process has read all that it reads once.
        await self._ask("Note", "note", stream_id=str(ids.stream_of("notes", "all")), text="once")
        await self.register("person", PEOPLE)
        renamed, forgotten = await self.person("person-0"), await self.person("person-1")
        await self._ask("Rename", "rename", person_id=str(renamed), full_name="Siti Rahayu")
        await self._ask("Forget", "forget", person_id=str(forgotten))

    async def register(self, name: str, how_many: int) -> None:
        """That many people, who begin a moment apart."""

        async def later(n: int, asking: Coroutine[Any, Any, None]) -> None:
            await asyncio.sleep(n * _APART_SECONDS)
            await asking

        await asyncio.gather(
            *(
                later(n, self._ask("Register", f"{name}-{n}", number=f"{name}-{n}", full_name=f"Siti {name} {n}"))
                for n in range(how_many)
            )
        )

    async def _ask(self, do: str, key: str, **told: str) -> None:
        self.asked.append(Asked(do, key, told))
        await self._send(self.asked[-1])

    async def _send(self, one: Asked) -> None:
        try:
            answer = await self.row.call("POST", "registry", PATH, one.key, do=one.do, told=one.told)
        except httpx.TransportError:
            return
        assert answer.is_success, answer.text
        said = (answer.status_code, answer.json())
        assert one.said in (None, said), f"{one.key} was answered {one.said}, and sent again {said}"
        one.said = said

    async def once_more(self) -> None:
        """Everything again with the same keys, in its order: what was answered is answered so again (P1)."""
        for one in self.asked:
            await self._send(one)
        assert [one.key for one in self.asked if one.said is None] == []

    async def people(self) -> dict[UUID, str]:
        """Who was registered, and the name that holds; empty for who was forgotten."""
        names: dict[UUID, str] = {}
        for one in self.asked:
            match one.do:
                case "Register":
                    names[await self.person(one.key)] = one.told["full_name"]
                case "Rename":
                    names[UUID(one.told["person_id"])] = one.told["full_name"]
                case "Forget":
                    names[UUID(one.told["person_id"])] = ""
                case _:
                    continue
        return names


async def heard(row: Row) -> None:
    """Return once the enterprise's hearers stand where both logs end."""
    seen: list[Any] = []

    async def there() -> bool:
        last = await row.rows(
            "registry", "SELECT published, event_id FROM log.events WHERE published > 0 ORDER BY published DESC LIMIT 1"
        )
        own = await row.rows("enterprise", "SELECT position, event_id FROM log.events ORDER BY position DESC LIMIT 1")
        ends = {name: tuple(end[0]) if end else (0, None) for name, end in (("registry", last), ("enterprise", own))}
        stands = await row.rows(
            "enterprise", "SELECT hearer, source, number, event_id FROM log.checkpoints WHERE hearer !~ '_beside$'"
        )
        seen[:] = [ends, stands]
        return len(stands) == HEARD and all((n, event_id) == ends[source] for _, source, n, event_id in stands)

    try:
        await until(there)
    except AssertionError as late:
        raise AssertionError(f"the enterprise has not heard everything: {seen}") from late


async def holds(row: Row, callers: Callers, *, names: int = 1) -> None:
    """P1 to P5 of both services, when everything that was asked has been answered. *names*: the registry's so far."""
    await heard(row)
    people = await callers.people()
    erased = [person for person, name in people.items() if not name]
    await _each_command_once(row, callers.asked)
    for service in ("registry", "enterprise"):
        assert (await row.operate(service, "verify"))["findings"] == []
    assert await row.value("registry", "SELECT count(*) FROM log.identity") == names
    told = "SELECT count(*) FROM log.events WHERE type = 'LogRestored'"
    assert await row.value("registry", told) == names - 1
    assert await row.value("enterprise", "SELECT count(*) FROM log.identity") == 1
    await _each_fact_took_effect_once(row, people.keys() - erased, len(erased))
    await _everybody_keeps_their_key(row, people)
    await nothing_leads_to(row, erased)


async def _each_command_once(row: Row, asked: Iterable[Asked]) -> None:
    wanted = {str(await row.command_id(one.key)): 1 for one in asked}
    found = await row.rows(
        "registry",
        "SELECT meta->>'command' AS command, count(*) FROM log.events WHERE type <> 'LogRestored' GROUP BY 1",
    )
    assert {one["command"]: one["count"] for one in found} == wanted
    kept = await row.rows("registry", "SELECT command_id FROM log.commands")
    assert sorted(str(one["command_id"]) for one in kept) == sorted(wanted)


async def _each_fact_took_effect_once(row: Row, there: Iterable[UUID], farewells: int) -> None:
    shown = await row.rows("enterprise", "SELECT person_id FROM neighbours_1.people")
    assert {one["person_id"] for one in shown} == set(there)
    said = "SELECT person_id, count(*) FROM log.events WHERE type = $1 GROUP BY 1 ORDER BY 1"
    assert await row.rows("enterprise", said, "Greeted") == await row.rows("registry", said, "Registered")
    for left in ("parked", "stopped"):
        assert await row.value("enterprise", f"SELECT count(*) FROM log.{left}") == 0
    assert await row.value("enterprise", "SELECT count(*) FROM log.refused_reactions") == farewells
    rebuilt = await row.operate("enterprise", "views/neighbours/rebuild")
    assert (rebuilt["differences"], rebuilt["parked"]) == ([], [])


async def _everybody_keeps_their_key(row: Row, people: dict[UUID, str]) -> None:
    for person, name in people.items():
        answer = await row.call("GET", "registry", f"/people/{person}")
        assert answer.json()["full_name"] == (name or None), answer.text
    shared = "SELECT key_id FROM log.events WHERE key_id IS NOT NULL GROUP BY 1 HAVING count(DISTINCT person_id) > 1"
    assert await row.rows("registry", shared) == []


async def nothing_leads_to(row: Row, erased: list[UUID]) -> None:
    """No key, no claim and no fingerprint of these people is left in the registry (P6)."""
    named = await row.rows("registry", "SELECT key_id FROM log.events WHERE person_id = ANY($1)", erased)
    left = "SELECT count(*) FROM keys WHERE key_id = ANY($1)"
    assert await row.value("registry", left, [one["key_id"] for one in named], keys=True) == 0
    for left in (
        "SELECT count(*) FROM log.claims WHERE person_id = ANY($1)",
        "SELECT count(fingerprint) FROM log.commands WHERE person_id = ANY($1)",
    ):
        assert await row.value("registry", left, erased) == 0
