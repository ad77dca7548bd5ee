"""A view's tables in Postgres: made, changed, compared, switched.

Every revision of a view has a Postgres schema of its own (``training_roster_1``), made by the service itself, so a
new revision is built beside the old one and a rebuild beside the live one, and either is switched in by its name.

Each row belongs to one partition key (the person whose facts made it, else the aggregate), kept in a column ``_of``
that no query of a service sees. So what the facts of different people do commutes: one whose facts are parked is left
out of a comparison, and their facts may take effect later than everybody else's (decision 0012).
"""

from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from operator import itemgetter
from typing import Any
from uuid import UUID

import asyncpg
import orjson
import sqlalchemy as sa
from sqlalchemy.dialects import postgresql
from sqlalchemy.schema import CreateIndex, CreateTable

from shared.database import Connection
from shared.views import Change, Remove, View

_DIALECT = postgresql.dialect()  # type: ignore[no-untyped-call]
_OF = "_of"

Key = tuple[Any, ...]


def live_schema(view: View) -> str:
    """Where the live rows of a view lie."""
    return f"{view.name}_{view.revision}"


def beside_schema(view: View) -> str:
    """Where another one is built, to be switched in."""
    return f"{live_schema(view)}_beside"


def former_schema(view: View, at: datetime) -> str:
    """What the rows that were live until *at* are called from then on."""
    return f"{live_schema(view)}_former_{at:%Y%m%d%H%M%S%f}"


async def make_tables(connection: Connection, schema: str, view: View) -> None:
    """Make a view's tables, empty, in *schema*; what an earlier attempt left there goes."""
    await drop(connection, schema)
    await connection.execute(f'CREATE SCHEMA "{schema}"')
    there = sa.MetaData()
    for table in view.tables.sorted_tables:
        copy = table.to_metadata(there, schema=schema)
        copy.append_column(sa.Column(_OF, sa.Text, comment="partition key of the facts that made the row"))
        await connection.execute(str(CreateTable(copy).compile(dialect=_DIALECT)))
        for index in copy.indexes:
            await connection.execute(str(CreateIndex(index).compile(dialect=_DIALECT)))


async def drop(connection: Connection, schema: str) -> None:
    """Tables and rows, whatever is there."""
    await connection.execute(f'DROP SCHEMA IF EXISTS "{schema}" CASCADE')


async def rename(connection: Connection, schema: str, to: str) -> None:
    """Whoever asks for *to* from the next statement on finds these rows: a statement plans by name."""
    await connection.execute(f'ALTER SCHEMA "{schema}" RENAME TO "{to}"')


async def schemas(connection: Connection | asyncpg.Pool, view: View) -> list[str]:
    """Every schema of a view, of whatever revision: live, being built, former."""
    rows = await connection.fetch(
        "SELECT nspname FROM pg_namespace WHERE nspname ~ $1 ORDER BY nspname",
        f"^{view.name}_[0-9]+(_beside|_former_[0-9]+)?$",
    )
    return [row["nspname"] for row in rows]


async def forget(pool: asyncpg.Pool, view: View, person_id: UUID) -> None:
    """A person's rows go from every schema of a blind view: also where nothing is heard any more, or not yet."""
    while True:
        try:
            async with pool.acquire() as connection, connection.transaction():
                # Nothing is switched meanwhile; and whoever is projecting has written what is to go.
                await connection.execute(_HELD_STILL, f"^{view.name}_[0-9]+(_beside)?$")
                for schema in await schemas(connection, view):
                    for table in view.tables.sorted_tables:
                        await connection.execute(
                            f'DELETE FROM "{schema}"."{table.name}" WHERE person_id = $1', person_id
                        )
                return
        except (asyncpg.UndefinedTableError, asyncpg.InvalidSchemaNameError):
            continue  # one was dropped, or got another name, in this very moment


_HELD_STILL = "SELECT 1 FROM log.checkpoints WHERE hearer ~ $1 ORDER BY hearer, source FOR SHARE"


class RowOfAnother(Exception):
    """A fact would change a row that facts of another partition key made: a projector's fault."""


@dataclass(slots=True)
class _Rows:
    """What a batch does to one table: rows to remove first, then rows to put, each key once."""

    removed: dict[Key, None]
    put: dict[Key, dict[str, Any]]


async def apply(connection: Connection, schema: str, changes: Iterable[tuple[str, Change]]) -> None:
    """Carry out *changes*, each with the partition key of its fact, in order.

    One statement for all rows of a table that name the same columns. `RowOfAnother` where two keys share a row.
    """
    tables: dict[sa.Table, _Rows] = {}
    for of, change in changes:
        table, values = change
        rows = tables.get(table)
        if rows is None:
            rows = tables[table] = _Rows({}, {})
        key = _key_of(table)(values)
        if isinstance(change, Remove):
            rows.put.pop(key, None)
            rows.removed[key] = None
            continue
        row = rows.put.get(key)
        if row is None:
            row = rows.put[key] = {_OF: of}
        elif row[_OF] != of:
            raise RowOfAnother(table.name)
        row.update(values)
    for table, rows in tables.items():
        if rows.removed:
            await _remove(connection, schema, table, list(rows.removed))
        by_columns: dict[frozenset[str], list[dict[str, Any]]] = {}
        for put in rows.put.values():
            by_columns.setdefault(frozenset(put), []).append(put)
        for columns, some in by_columns.items():
            await _put(connection, schema, table, sorted(columns), some)


@cache
def _key_of(table: sa.Table) -> Callable[[Mapping[str, Any]], Key]:
    names = [column.name for column in table.primary_key]
    if len(names) > 1:
        return itemgetter(*names)
    (only,) = names
    return lambda values: (values[only],)


async def _put(
    connection: Connection,
    schema: str,
    table: sa.Table,
    columns: list[str],
    rows: list[dict[str, Any]],
) -> None:
    key = [column.name for column in table.primary_key]
    others = [name for name in columns if name not in key]
    update = ", ".join(f'"{name}" = excluded."{name}"' for name in others)
    names = ", ".join(f'"{name}"' for name in columns)
    arrays = ", ".join(f"${n}::{_type(table, name)}[]" for n, name in enumerate(columns, 1))
    conflict = ", ".join(f'"{name}"' for name in key)
    done = await connection.execute(
        f'INSERT INTO "{schema}"."{table.name}" AS t ({names}) SELECT * FROM unnest({arrays}) '
        f"ON CONFLICT ({conflict}) DO UPDATE SET {update} "
        f'WHERE coalesce(t."{_OF}", excluded."{_OF}") = excluded."{_OF}"',
        *([_value(row[name]) for row in rows] for name in columns),
    )
    if done != f"INSERT 0 {len(rows)}":
        raise RowOfAnother(table.name)


async def _remove(connection: Connection, schema: str, table: sa.Table, keys: list[Key]) -> None:
    names = [column.name for column in table.primary_key]
    arrays = ", ".join(f"${n}::{_type(table, name)}[]" for n, name in enumerate(names, 1))
    await connection.execute(
        f'DELETE FROM "{schema}"."{table.name}" WHERE ({", ".join(names)}) IN (SELECT * FROM unnest({arrays}))',
        *([key[n] for key in keys] for n in range(len(names))),
    )


def _type(table: sa.Table, column: str) -> str:
    return "text" if column == _OF else table.c[column].type.compile(dialect=_DIALECT)


def _value(value: Any) -> Any:
    return orjson.dumps(value).decode() if isinstance(value, dict) else value


@dataclass(frozen=True, slots=True)
class Difference:
    """A row in which a live view is not what its events say: *what* is altered, missing or surplus in the live one."""

    table: str
    key: Mapping[str, str]
    what: str


async def compare(
    connection: Connection, live: str, beside: str, view: View, *, leaving_out: Collection[str]
) -> list[Difference]:
    """Hold a live view against another, row for row; rows of the partition keys *leaving_out* are passed over.

    Where *live* is of another revision, what both have is compared: tables of the same key, columns of the same name.
    """
    found: list[Difference] = []
    for table in view.tables.sorted_tables:
        keys = [column.name for column in table.primary_key]
        both = await _in_both(connection, live, beside, table.name)
        if not set(keys) <= set(both):
            continue
        using = ", ".join(f'"{key}"' for key in keys)
        shown = ", ".join(f'coalesce(l."{key}", b."{key}")::text AS "{key}"' for key in keys)
        here, there = (", ".join(f'{side}."{name}"{as_text}' for name, as_text in both.items()) for side in "lb")
        of = f'coalesce(l."{_OF}", b."{_OF}")' if _OF in both else f'b."{_OF}"'
        rows = await connection.fetch(
            f'SELECT {shown}, l."{keys[0]}" IS NULL AS missing, b."{keys[0]}" IS NULL AS surplus '
            f'FROM "{live}"."{table.name}" l FULL JOIN "{beside}"."{table.name}" b USING ({using}) '
            # By what is stored, which any type has (json has no equality of its own).
            f"WHERE ROW({here})::record *<> ROW({there})::record AND ({of} = ANY($1)) IS NOT TRUE",
            list(leaving_out),
        )
        for row in rows:
            what = "missing" if row["missing"] else "surplus" if row["surplus"] else "altered"
            found.append(Difference(table.name, {key: row[key] for key in keys}, what))
    return found


async def _in_both(connection: Connection, one: str, other: str, table: str) -> dict[str, str]:
    """The columns that a table has in both schemas, in order; each with a cast where its type is another."""
    rows = await connection.fetch(
        "SELECT column_name, CASE count(DISTINCT udt_name) WHEN 1 THEN '' ELSE '::text' END AS as_text "
        "FROM information_schema.columns WHERE table_schema = ANY($1) AND table_name = $2 "
        "GROUP BY column_name HAVING count(*) = 2 ORDER BY column_name",
        [one, other],
        table,
    )
    return {row["column_name"]: row["as_text"] for row in rows}


async def count(connection: Connection, schema: str, view: View) -> dict[str, int]:
    """Rows by table."""
    return {
        table.name: await connection.fetchval(f'SELECT count(*) FROM "{schema}"."{table.name}"')
        for table in view.tables.sorted_tables
    }
