"""Who is looked at where more bear a name than can be looked at: what is cut off is never taken for nobody."""

import dataclasses
from typing import Any

import orjson
import pytest

from services.registry.api.search import MatchBody, SearchBody, match_person, search_persons
from services.registry.commands.persons import Register
from services.registry.main import SERVICE
from services.registry.views import search
from shared.http import Reading
from shared.positions import Position
from shared.runtime import Runtime
from shared.waiting import until_reached
from tests.registry.people_of_kuripan import KURIPAN
from tests.shared.street import CALLER, Street, do

ALONE = dataclasses.replace(SERVICE, react=None)
NAME, BORN, NIK = "Lintang Kertanegara", "1987-08-17", "3307105708879001"


async def made(registry: Runtime, name: str = NAME, born: str | None = BORN, nik: str | None = None) -> str:
    command = Register(nik=nik, name=name, birth_date=born, village=KURIPAN, as_worker=False)
    return str((await do(registry, command)).answer.body["id"])


async def heard(registry: Runtime) -> Reading:
    """Once its views have come as far as the log: who reads everywhere."""
    here = Position(0, registry.identity.log_id.hex[:8], await registry.log.position())
    await until_reached(registry, {"registry": here})
    return Reading(registry, CALLER)


async def match(registry: Runtime, **told: str) -> Any:
    """The id of who is certainly meant, if anybody."""
    answer = orjson.loads((await match_person(MatchBody(name=NAME, **told), await heard(registry))).body)
    return answer["match"] and answer["match"]["id"]


async def found(registry: Runtime, **more: Any) -> dict[str, Any]:
    body = SearchBody(name="Lintang", region=KURIPAN, **more)
    return dict(orjson.loads((await search_persons(body, await heard(registry))).body))


async def test_who_bears_a_name_beside_more_than_are_looked_at_is_not_named(
    street: Street, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(search, "MOST_BEARERS", 1)
    registry = await street.start(ALONE)
    first = await made(registry)
    assert await match(registry, birth_date=BORN) == first
    await made(registry)
    assert await match(registry, birth_date=BORN) is None


async def test_a_nik_and_a_birth_date_of_two_who_were_not_merged_name_neither(street: Street) -> None:
    """Both are certainly meant: the one has the NIK and no birth date, the other the birth date and no NIK."""
    registry = await street.start(ALONE)
    by_nik = await made(registry, born=None, nik=NIK)
    assert await match(registry, birth_date=BORN, nik=NIK) == by_nik
    await made(registry)
    assert await match(registry, birth_date=BORN, nik=NIK) is None
    assert await match(registry, nik=NIK) == by_nik


async def test_a_page_has_so_many_names_that_all_who_bear_each_are_listed(
    street: Street, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of a name that too many bear some are listed, and the answer says that there are more."""
    monkeypatch.setattr(search, "MOST_BEARERS", 2)
    registry = await street.start(ALONE)
    rare, other = "Lintang Sukma", "Lintang Wibisana"
    for name in (NAME, NAME, NAME, rare, rare, other, other):
        await made(registry, name)
    listed: dict[str, tuple[int, bool]] = {}
    more: dict[str, Any] = {}
    while True:
        page = await found(registry, **more)
        assert page["items"]
        listed |= {one["name"]: (len(one["persons"]), one["complete"]) for one in page["items"]}
        if page["next"] is None:
            break
        more = {"cursor": page["next"]}
    assert listed == {NAME: (2, False), rare: (2, True), other: (2, True)}
    monkeypatch.setattr(search, "MOST_BEARERS", 7)
    assert {one["complete"] for one in (await found(registry))["items"]} == {True}
