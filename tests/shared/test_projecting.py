"""A view's tables against a model of dicts, and a rebuild held against the live rows."""

import asyncio
from collections.abc import AsyncIterator, Iterable
from datetime import date
from typing import Any
from uuid import UUID

import asyncpg
import orjson
import pytest
import sqlalchemy as sa
from hypothesis import given, settings
from hypothesis import strategies as st

from shared import database, projecting
from shared.projecting import Difference, RowOfAnother
from shared.views import Change, Put, Remove, View
from tests.servers import Postgres
from tests.shared.street import Databases

tables = sa.MetaData(schema="model")
TRIPS = sa.Table(
    "trips",
    tables,
    sa.Column("trip_id", sa.Uuid, primary_key=True),
    sa.Column("leg", sa.Integer, primary_key=True),
    sa.Column("village", sa.Text),
    sa.Column("on", sa.Date),
    sa.Column("open", sa.Boolean),
    sa.Column("detail", sa.JSON),
)
MARKS = sa.Table("marks", tables, sa.Column("name", sa.Text, primary_key=True))
VIEW = View(name="model", revision=1, tables=tables)

trip_keys = st.fixed_dictionaries({"trip_id": st.integers(1, 3).map(lambda n: UUID(int=n)), "leg": st.integers(0, 1)})
some_columns = st.fixed_dictionaries(
    {},
    optional={
        "village": st.none() | st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=5),
        "on": st.none() | st.dates(date(1990, 1, 1), date(2030, 1, 1)),
        "open": st.none() | st.booleans(),
        "detail": st.none() | st.fixed_dictionaries({"n": st.integers(0, 9)}),
    },
)
marks = st.fixed_dictionaries({"name": st.sampled_from("abc")})
changes = st.one_of(
    st.builds(lambda key, values: Put(TRIPS, key | values), trip_keys, some_columns),
    st.builds(lambda key: Remove(TRIPS, key), trip_keys),
    st.builds(lambda key: Put(MARKS, key), marks),
    st.builds(lambda key: Remove(MARKS, key), marks),
)


@pytest.fixture(scope="module")
async def url(cluster: Postgres) -> AsyncIterator[str]:
    databases = Databases(cluster)
    yield await databases.log()
    await databases.drop()


@pytest.fixture
async def connection(url: str) -> AsyncIterator[asyncpg.Connection]:
    connection = await database.connect(url)
    for schema in ("live", "beside"):
        await projecting.make_tables(connection, schema, VIEW)
    yield connection
    for schema in ("live", "beside"):
        await connection.execute(f"DROP SCHEMA {schema} CASCADE")
    await connection.close()


def keyed(changes: Iterable[Change]) -> list[tuple[str, Change]]:
    """Each row belongs to facts of its own key."""
    of = {TRIPS: "trip_id", MARKS: "name"}
    return [(str((c.values if isinstance(c, Put) else c.key)[of[c.table]]), c) for c in changes]


def model(changes: list[Change]) -> dict[str, dict[Any, dict[str, Any]]]:
    """What `Put` and `Remove` mean, said once more."""
    there: dict[str, dict[Any, dict[str, Any]]] = {"trips": {}, "marks": {}}
    for change in changes:
        match change:
            case Put(table, values):
                key = tuple(values[c.name] for c in table.primary_key)
                empty = dict.fromkeys(c.name for c in table.columns)
                there[table.name][key] = {**there[table.name].get(key, empty), **values}
            case Remove(table, values):
                there[table.name].pop(tuple(values[c.name] for c in table.primary_key), None)
    return there


async def dump(connection: asyncpg.Connection, schema: str) -> dict[str, dict[Any, dict[str, Any]]]:
    """The tables as the model says them."""
    found: dict[str, dict[Any, dict[str, Any]]] = {}
    for table in (TRIPS, MARKS):
        columns = ", ".join(f'"{column.name}"' for column in table.columns)
        rows = [dict(row) for row in await connection.fetch(f'SELECT {columns} FROM "{schema}"."{table.name}"')]
        for row in rows:
            if row.get("detail"):
                row["detail"] = orjson.loads(row["detail"])
        found[table.name] = {tuple(row[c.name] for c in table.primary_key): row for row in rows}
    return found


async def projected(url: str, batches: list[list[Change]]) -> dict[str, dict[Any, dict[str, Any]]]:
    """What is in fresh tables after *batches*."""
    connection = await database.connect(url)
    transaction = connection.transaction()
    await transaction.start()
    await projecting.make_tables(connection, "example", VIEW)
    for batch in batches:
        await projecting.apply(connection, "example", keyed(batch))
    found = await dump(connection, "example")
    await transaction.rollback()
    await connection.close()
    return found


@settings(max_examples=60, deadline=None)
@given(batches=st.lists(st.lists(changes, max_size=12), max_size=4))
def test_batches_leave_what_the_changes_say_one_by_one(url: str, batches: list[list[Change]]) -> None:
    assert asyncio.run(projected(url, batches)) == model([change for batch in batches for change in batch])


TRIP, OTHER, THIRD = UUID(int=1), UUID(int=2), UUID(int=3)
RIGHT = [
    Put(TRIPS, {"trip_id": TRIP, "leg": 0, "village": "33.07", "detail": {"n": 1}}),
    Put(TRIPS, {"trip_id": OTHER, "leg": 0, "village": None, "on": date(2026, 1, 1)}),
    Put(MARKS, {"name": "a"}),
]


@pytest.mark.parametrize(
    ("planted", "difference"),
    [
        ("UPDATE live.trips SET village = '33.08' WHERE trip_id = $1", "altered"),
        ("UPDATE live.trips SET village = NULL WHERE trip_id = $1", "altered"),
        ("UPDATE live.trips SET detail = '{\"n\": 2}' WHERE trip_id = $1", "altered"),
        ("DELETE FROM live.trips WHERE trip_id = $1", "missing"),
        ("UPDATE live.trips SET leg = 1 WHERE trip_id = $1", "missing and surplus"),
    ],
)
async def test_what_differs_is_named(connection: asyncpg.Connection, planted: str, difference: str) -> None:
    for schema in ("live", "beside"):
        await projecting.apply(connection, schema, keyed(RIGHT))
    assert await projecting.compare(connection, "live", "beside", VIEW, leaving_out=()) == []
    await connection.execute(planted, TRIP)
    found = await projecting.compare(connection, "live", "beside", VIEW, leaving_out=[str(OTHER)])
    key = {"trip_id": str(TRIP), "leg": "0"}
    if difference == "missing and surplus":
        assert {(d.key["leg"], d.what) for d in found} == {("0", "missing"), ("1", "surplus")}
    else:
        assert found == [Difference("trips", key, difference)]
    assert await projecting.compare(connection, "live", "beside", VIEW, leaving_out=[str(TRIP)]) == []


async def test_a_surplus_row_is_named(connection: asyncpg.Connection) -> None:
    for schema in ("live", "beside"):
        await projecting.apply(connection, schema, keyed(RIGHT))
    surplus = [Put(TRIPS, {"trip_id": THIRD, "leg": 7}), Put(MARKS, {"name": "b"})]
    await projecting.apply(connection, "live", keyed(surplus))
    found = await projecting.compare(connection, "live", "beside", VIEW, leaving_out=())
    assert [(d.table, dict(d.key), d.what) for d in found] == [
        ("marks", {"name": "b"}, "surplus"), ("trips", {"trip_id": str(THIRD), "leg": "7"}, "surplus")
    ]  # fmt: skip
    assert await projecting.count(connection, "live", VIEW) == {"trips": 3, "marks": 2}


@pytest.mark.parametrize("in_one_batch", [True, False])
async def test_facts_of_two_people_never_change_one_row(connection: asyncpg.Connection, *, in_one_batch: bool) -> None:
    here = Put(TRIPS, {"trip_id": TRIP, "leg": 0, "village": "33.07"})
    changes = [("Siti", here), ("Budi", Put(TRIPS, {"trip_id": TRIP, "leg": 0, "open": True}))]
    if not in_one_batch:
        await projecting.apply(connection, "live", [changes.pop(0)])
    with pytest.raises(RowOfAnother):
        await projecting.apply(connection, "live", changes)


async def test_an_older_revision_is_compared_by_what_both_have(connection: asyncpg.Connection) -> None:
    for schema in ("live", "beside"):
        await projecting.apply(connection, schema, keyed(RIGHT))
    await connection.execute('ALTER TABLE live.trips DROP COLUMN village, DROP COLUMN "_of"')
    await connection.execute("ALTER TABLE live.trips ADD COLUMN gone text")
    await connection.execute("DROP TABLE live.marks")
    assert await projecting.compare(connection, "live", "beside", VIEW, leaving_out=()) == []
    await connection.execute('UPDATE live.trips SET "on" = NULL')
    [found] = await projecting.compare(connection, "live", "beside", VIEW, leaving_out=())
    assert (found.table, found.what, found.key["trip_id"]) == ("trips", "altered", str(OTHER))


async def test_rows_are_switched_under_a_statement_that_is_prepared(connection: asyncpg.Connection) -> None:
    """By a change of names: whoever reads goes on reading, the new rows."""
    await projecting.apply(connection, "live", [("Siti", Put(MARKS, {"name": "old"}))])
    await projecting.apply(connection, "beside", [("Siti", Put(MARKS, {"name": "new"}))])
    reading = await connection.prepare("SELECT name FROM live.marks")
    assert await reading.fetchval() == "old"
    async with connection.transaction():
        await projecting.rename(connection, "live", "former")
        await projecting.rename(connection, "beside", "live")
    assert await reading.fetchval() == "new"
    await projecting.rename(connection, "former", "beside")
