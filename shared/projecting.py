"""A view's tables in Postgres: made, changed, compared.

Every revision of a view has a Postgres schema of its own (``training_roster_1``), made by the service itself, so a
new revision is built beside the old one and a rebuild beside the live one.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import orjson
import sqlalchemy as sa
from sqlalchemy.dialects import postgresql
from sqlalchemy.schema import CreateIndex, CreateTable

from shared.database import Connection
from shared.views import Change, Put, Remove, View

_DIALECT = postgresql.dialect()  # type: ignore[no-untyped-call]

Key = tuple[Any, ...]


def live_schema(view: View) -> str:
    """Where the live rows of a view lie."""
    return f"{view.name}_{view.revision}"


def beside_schema(view: View) -> str:
    """Where a rebuild of it is made."""
    return f"{view.name}_{view.revision}_beside"


async def make_tables(connection: Connection, schema: str, view: View) -> None:
    """Make a view's tables, empty, in *schema*; what an earlier attempt left there goes."""
    await connection.execute(f'DROP SCHEMA IF EXISTS "{schema}" CASCADE')
    await connection.execute(f'CREATE SCHEMA "{schema}"')
    there = sa.MetaData()
    for table in view.tables.sorted_tables:
        copy = table.to_metadata(there, schema=schema)
        await connection.execute(str(CreateTable(copy).compile(dialect=_DIALECT)))
        for index in copy.indexes:
            await connection.execute(str(CreateIndex(index).compile(dialect=_DIALECT)))


@dataclass(slots=True)
class _Rows:
    """What a batch does to one table: rows to remove first, then rows to put, each key once."""

    removed: dict[Key, None]
    put: dict[Key, dict[str, Any]]


async def apply(connection: Connection, schema: str, changes: Iterable[Change]) -> None:
    """Carry out *changes* in order; one statement for all rows of a table that name the same columns."""
    tables: dict[sa.Table, _Rows] = {}
    for change in changes:
        rows = tables.setdefault(change.table, _Rows({}, {}))
        match change:
            case Put(table, values):
                key = tuple(values[column.name] for column in table.primary_key)
                rows.put.setdefault(key, {}).update(values)
            case Remove(table, values):
                key = tuple(values[column.name] for column in table.primary_key)
                rows.put.pop(key, None)
                rows.removed[key] = None
    for table, rows in tables.items():
        if rows.removed:
            await _remove(connection, schema, table, list(rows.removed))
        by_columns: dict[tuple[str, ...], list[dict[str, Any]]] = {}
        for values in rows.put.values():
            by_columns.setdefault(tuple(sorted(values)), []).append(values)
        for columns, some in by_columns.items():
            await _put(connection, schema, table, columns, some)


async def _put(
    connection: Connection,
    schema: str,
    table: sa.Table,
    columns: tuple[str, ...],
    rows: list[dict[str, Any]],
) -> None:
    key = [column.name for column in table.primary_key]
    others = [name for name in columns if name not in key]
    update = ", ".join(f'"{name}" = excluded."{name}"' for name in others)
    names = ", ".join(f'"{name}"' for name in columns)
    arrays = ", ".join(f"${n}::{_type(table, name)}[]" for n, name in enumerate(columns, 1))
    conflict = ", ".join(f'"{name}"' for name in key)
    await connection.execute(
        f'INSERT INTO "{schema}"."{table.name}" ({names}) SELECT * FROM unnest({arrays}) '
        f"ON CONFLICT ({conflict}) {'DO UPDATE SET ' + update if update else 'DO NOTHING'}",
        *([_value(row[name]) for row in rows] for name in columns),
    )


async def _remove(connection: Connection, schema: str, table: sa.Table, keys: list[Key]) -> None:
    names = [column.name for column in table.primary_key]
    arrays = ", ".join(f"${n}::{_type(table, name)}[]" for n, name in enumerate(names, 1))
    await connection.execute(
        f'DELETE FROM "{schema}"."{table.name}" WHERE ({", ".join(names)}) IN (SELECT * FROM unnest({arrays}))',
        *([key[n] for key in keys] for n in range(len(names))),
    )


def _type(table: sa.Table, column: str) -> str:
    return table.c[column].type.compile(dialect=_DIALECT)


def _value(value: Any) -> Any:
    return orjson.dumps(value).decode() if isinstance(value, dict) else value


async def empty(connection: Connection, schema: str, view: View) -> None:
    """Take every row out of a view's tables."""
    for table in view.tables.sorted_tables:
        await connection.execute(f'DELETE FROM "{schema}"."{table.name}"')


@dataclass(frozen=True, slots=True)
class Difference:
    """A row in which a live view is not what its events say: *what* is altered, missing or surplus in the live one."""

    table: str
    key: Mapping[str, str]
    what: str


async def repair(connection: Connection, live: str, beside: str, view: View) -> list[Difference]:
    """Hold a live view against its rebuild, row for row, and make it equal; what differed."""
    found: list[Difference] = []
    for table in view.tables.sorted_tables:
        keys = [column.name for column in table.primary_key]
        using = ", ".join(f'"{key}"' for key in keys)
        shown = ", ".join(f'coalesce(l."{key}", b."{key}")::text AS "{key}"' for key in keys)
        # As text: a row compares by what it shows, also where a type (json) has no equality.
        rows = await connection.fetch(
            f'SELECT {shown}, l."{keys[0]}" IS NULL AS missing, b."{keys[0]}" IS NULL AS surplus '
            f'FROM "{live}"."{table.name}" l FULL JOIN "{beside}"."{table.name}" b USING ({using}) '
            f"WHERE l::text IS DISTINCT FROM b::text"
        )
        for row in rows:
            what = "missing" if row["missing"] else "surplus" if row["surplus"] else "altered"
            found.append(Difference(table.name, {key: row[key] for key in keys}, what))
        if rows:
            await connection.execute(f'DELETE FROM "{live}"."{table.name}"')
            await connection.execute(f'INSERT INTO "{live}"."{table.name}" SELECT * FROM "{beside}"."{table.name}"')
    return found


async def count(connection: Connection, schema: str, view: View) -> dict[str, int]:
    """Rows by table."""
    return {
        table.name: await connection.fetchval(f'SELECT count(*) FROM "{schema}"."{table.name}"')
        for table in view.tables.sorted_tables
    }
