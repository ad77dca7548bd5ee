"""P6: after a demo that logged everything it could, nobody is found on the bus, in a table, in a log, in a span or in a
file.

What the search by bytes can see: PostgreSQL and JetStream write what they are given as it is, to their files and to the
write-ahead log, unless PostgreSQL compresses it; that it compressed none but lists of words and instants is looked at
too. A value that was compressed and then removed would be seen by no one; no column that could hold a person is ever
long enough.
"""

import asyncio
import json
import os
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

import asyncpg
import nats
import pytest

from deploy import SERVICES
from deploy.command import demo, families
from deploy.command.placements import Line, read
from deploy.command.rules import trips
from deploy.command.running import Running
from deploy.house import House
from deploy.nats import operator_of
from services.registry.views import people
from shared.projecting import live_schema
from tests.collector import Collector, a_collector, told_to
from tests.houses import Api, a_house
from tests.stories.traces import Planted, Sought, compressed, databases, read_bus, read_databases

LINES = int(os.environ.get("DESMIGRATIF_TEST_LINES", "100"))
"""How much of the shipped list is loaded."""

PLANTED = Planted("Sekarjagad Purbakencana")
PLANTED_STREAM = "PLANTED"

COMPRESSED = {"log.heard.words", "log.heard.recorded"}
"""Names of events and instants of many facts in one row: the only values long enough to be compressed."""


@dataclass(frozen=True)
class Demo:
    """What a demo left behind, and who took part in it."""

    house: House
    people: Sought
    lines: list[Line]
    scratch: Path
    collector: Collector


@pytest.fixture(scope="module")
def after_demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Demo]:
    """A house in which the demo was played at log level debug and told to a collector."""
    folder = tmp_path_factory.mktemp("privacy")
    lines, today = read(demo.PLACEMENTS)[:LINES], demo.shipped_today()
    with (
        a_collector() as collector,
        told_to(collector.endpoint),
        a_house(folder / "data", today=today, log_level="debug") as house,
    ):
        told = asyncio.run(demo.play(Running(house.addresses, issuer=house.issuer), lines, today))
        invented = [
            one.name
            for trip in trips(told.judged)
            if trip.brings_family
            for one in families.invented(trip.number, today)
        ]
        assert invented
        cells = [line.cells for line in lines if line.cells is not None]
        niks = {cell.nik.strip() for cell in cells if "E+" not in cell.nik}
        niks |= {"".join(letter for letter in nik if letter.isdigit()) for nik in niks}
        people = Sought([*(cell.name for cell in cells), *invented, *(nik for nik in niks if len(nik) >= 10)])
        assert len(people.texts) > LINES / 2
        scratch = folder / "scratch"
        scratch.mkdir()
        (folder / "patterns").mkdir()
        yield Demo(house, people, lines, scratch, collector)


def found_nowhere_but_planted(found: dict[str, set[str]], *places: str) -> None:
    """In each of *places* (a file's name begins so) the planted name was found in every way it was written."""
    for place in places:
        matches = {match for file, some in found.items() if file.startswith(place) for match in some}
        assert PLANTED.unseen(matches) == [], place


def search(where: Path, demo: Demo, *places: str) -> dict[str, set[str]]:
    """Who of the demo is found in *where*; before that, that the search finds who was planted in *places*."""
    patterns = demo.scratch.parent / "patterns"
    found_nowhere_but_planted(PLANTED.sought.found_in(where, patterns), *places)
    return demo.people.found_in(where, patterns)


def test_callers_who_write_names_where_none_belong_leave_none_there(after_demo: Demo) -> None:
    """Refused and malformed requests, names and NIKs as keys, in addresses and in headers."""
    cells = next(line.cells for line in after_demo.lines if line.cells and line.cells.name.strip())
    name, nik = cells.name.strip(), cells.nik.strip()
    with Api(after_demo.house) as api:
        worker = {"nik": nik, "name": name, "village": cells.village}
        assert api.post("registry", "/workers", worker, key=nik).status_code == 200
        assert api.post("registry", "/workers", worker | {"village": name}, key=name).status_code == 422
        taken = api.post("registry", "/workers", worker | {"name": f"{name} {name}"})
        assert taken.json()["slug"] == "nik-belongs-to-another-name"
        for looked_for in ({"name": name, "region": "33"}, {"name": name, "birth_year": 1990}, {"name": name}):
            assert api.post("registry", "/persons/search", looked_for).status_code in (200, 422)
        assert api.post("registry", "/persons/match", {"name": name, "nik": nik}).status_code == 200
        assert api.post("registry", "/persons/by-nik", {"nik": nik}).status_code == 200
        for service in SERVICES:
            for path in (f"/persons/{name}", f"/{nik}/{name}", f"/figures?region={name}", f"/figures?cursor={nik}"):
                assert api.get(service, path).status_code in (400, 404, 422)
            assert api.get(service, "/figures", after=name).status_code == 400
            headers = {"traceparent": name, "tracestate": f"x={nik}", "baggage": f"nik={nik}", "X-Request-Id": nik}
            assert api.request("GET", service, "/figures", headers=headers).status_code == 200
            assert api.request(nik, service, "/figures").status_code == 405
            assert api.request("POST", service, "/courses", body={name: nik, "title": [name]}).status_code in (404, 422)


def test_nobody_is_on_the_bus(after_demo: Demo) -> None:
    """Subjects, headers and data of every message of every stream, as read back."""
    into = after_demo.scratch / "bus"
    into.mkdir()

    async def plant_and_read() -> None:
        client = await nats.connect(after_demo.house.url("nats", user=operator_of("enterprise")))
        jetstream = client.jetstream()
        await jetstream.add_stream(name=PLANTED_STREAM, subjects=["planted"])
        await jetstream.publish("planted", PLANTED.said.encode())
        await client.close()
        await read_bus(after_demo.house, into)

    asyncio.run(plant_and_read())
    assert (into / "DESMIGRATIF_REGISTRY").stat().st_size > 100 * LINES
    assert search(into, after_demo, PLANTED_STREAM) == {}


def test_nobody_is_in_a_table(after_demo: Demo) -> None:
    """Every column of every table of every database, the catalogues with their statistics too."""
    into = after_demo.scratch / "sql"
    into.mkdir()

    async def plant_and_read() -> list[str]:
        there = await databases(after_demo.house)
        for database in there:
            connection = await asyncpg.connect(after_demo.house.url("postgres", database=database))
            await connection.execute("CREATE SCHEMA planted")
            await connection.execute("CREATE TABLE planted.planted (t text, j jsonb, a text[], b bytea)")
            for way in PLANTED.ways:
                await connection.execute(
                    "INSERT INTO planted.planted VALUES ($1, $2, $3, $4)",
                    way,
                    json.dumps({"said": way}),
                    [way],
                    way.encode(),
                )
            await connection.execute("ANALYZE")
            await connection.close()
        await read_databases(after_demo.house, into)
        return there

    there = asyncio.run(plant_and_read())
    assert {*SERVICES, *(f"{service}_keys" for service in SERVICES)} <= set(there)
    assert (into / f"registry.{live_schema(people.VIEW)}.people.full_name").stat().st_size > 0
    places = (f"{database}.planted.planted.{column}" for database in there for column in ("t", "j", "a", "b.raw"))
    assert search(into, after_demo, *places) == {}


def test_nobody_is_in_a_log_or_in_a_span(after_demo: Demo) -> None:
    """What services, PostgreSQL and NATS wrote; at debug a service writes its spans into its log."""
    logs = after_demo.house.data / "logs"
    names = [f"{name}.log" for name in (*SERVICES, "postgres", "nats")]
    for name in names:
        with (logs / name).open("a") as log:
            log.write(f"{PLANTED.said}\n")
    for service in SERVICES:
        said = [line for line in (logs / f"{service}.log").read_text().splitlines() if line.startswith("{")]
        assert any(json.loads(line)["event"] == "span" for line in said), service
    assert search(logs, after_demo, *names) == {}


def test_nobody_is_told_to_a_collector_not_even_by_id(after_demo: Demo) -> None:
    """Spans and metrics of all five services: no name, no NIK, and no id of anybody or of anything about them."""
    into = after_demo.scratch / "collector"
    into.mkdir()
    (into / "planted").write_text(PLANTED.said)
    (into / "bodies").write_bytes(b"\n".join(after_demo.collector.bodies))
    (into / "texts").write_text("\n".join(after_demo.collector.texts))
    assert {span.service for span in after_demo.collector.spans} == set(SERVICES)
    assert len(after_demo.collector.spans) > 10 * LINES
    assert search(into, after_demo, "planted") == {}

    async def ids_of(service: str) -> set[str]:
        connection = await asyncpg.connect(after_demo.house.url("postgres", database=service))
        rows = await connection.fetch(
            "SELECT unnest(ARRAY[stream_id, event_id, person_id, key_id])::text AS id FROM log.events "
            "UNION SELECT command_id::text FROM log.commands"
        )
        await connection.close()
        return {row["id"] for row in rows if row["id"]}

    async def ids() -> set[str]:
        return {one for service in SERVICES for one in await ids_of(service)}

    known = asyncio.run(ids())
    assert len(known) > 10 * LINES
    (into / "an id").write_text(min(known))
    assert set(Sought(known).found_in(into, after_demo.scratch.parent / "patterns")) == {"an id"}


def test_nobody_is_in_the_folder(after_demo: Demo) -> None:
    """By bytes, in every file of the house when all is ended, the write-ahead log among them."""
    house = after_demo.house

    async def look() -> tuple[str, set[str]]:
        connection = await asyncpg.connect(house.url("postgres"))
        setting = await connection.fetchval("SHOW wal_compression")
        await connection.close()
        return setting, await compressed(house)

    setting, hidden = asyncio.run(look())
    assert setting == "off"
    assert hidden <= COMPRESSED
    house.stop()
    places = ("logs/", "nats/store/", "postgres/cluster/base/", "postgres/cluster/pg_wal/")
    found = search(house.data, after_demo, *places)
    assert found == {}, sorted(found)


def test_what_is_looked_for_is_found_however_it_is_written(tmp_path: Path) -> None:
    """Each way alone, in the middle of other bytes."""
    (tmp_path / "patterns").mkdir()
    unseen: list[Iterable[str]] = []
    for n, way in enumerate(PLANTED.ways):
        where = tmp_path / f"way-{n}"
        where.mkdir()
        (where / "file").write_bytes(b"\0\xff" + way.encode() + b"\xfe\0")
        found = PLANTED.sought.found_in(where, tmp_path / "patterns")
        unseen += [] if found else [way]
    assert unseen == []
