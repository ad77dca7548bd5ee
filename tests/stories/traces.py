"""Looking for people where none may be found (P6): names and NIKs, however they are written down.

A person is looked for as written, whatever the case; with the words of the name in reversed order; as base64 wherever
it may begin within three bytes; and as hex. The looking itself is ``grep``'s: some thousand patterns over all that a
house ever wrote, write-ahead log included.
"""

import base64
import os
import subprocess
from collections import defaultdict
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import asyncpg
import nats
from asyncpg import Connection

from deploy import SERVICES
from deploy.house import House
from deploy.nats import operator_of

OFFSETS = range(3)
_GREP = ("grep", "--recursive", "--text", "--only-matching", "--null", "--fixed-strings")


def spellings(text: str) -> set[str]:
    """*text* as it may have been kept: its blanks collapsed, its case folded, its words in reversed order."""
    words = text.split()
    orders = {text.strip(), " ".join(words), " ".join(reversed(words))}
    return {spelling for order in orders for spelling in (order, order.casefold(), order.upper(), order.title())}


def in_base64(text: str, offset: int) -> str:
    """What of base64 is the same whatever stands before *text*, *offset* bytes into a group of three, and after it."""
    data = bytes(offset) + text.encode()
    return base64.b64encode(data).decode()[-(-offset * 8 // 6) : len(data) * 8 // 6]


class Sought:
    """Texts to be looked for. Each has at least ten characters, so that what is found is no coincidence."""

    def __init__(self, texts: Iterable[str]) -> None:
        self.texts = {" ".join(text.split()).casefold(): text for text in texts if text.strip()}
        assert self.texts
        assert all(len(text) >= 10 for text in self.texts)
        written = {spelling for text in self.texts.values() for spelling in spellings(text)}
        self._any_case = {spelling.casefold() for spelling in written} | {text.encode().hex() for text in written}
        self._exact = {in_base64(text, offset) for text in written for offset in OFFSETS}

    def found_in(self, folder: Path, scratch: Path) -> dict[str, set[str]]:
        """By file below *folder*, what was found there, as it stands there. *scratch*: a folder for the patterns."""
        found: dict[str, set[str]] = defaultdict(set)
        for patterns, options in ((self._any_case, ("--ignore-case",)), (self._exact, ())):
            listed = scratch / "patterns"
            listed.write_text("\n".join(sorted(patterns)) + "\n", encoding="utf-8")
            searched = subprocess.run(
                [*_GREP, *options, f"--file={listed}", folder],
                env={**os.environ, "LC_ALL": "C"},  # bytes are bytes
                capture_output=True,
                check=False,
            )
            assert searched.returncode in (0, 1), searched.stderr  # 1: nothing was found
            for line in searched.stdout.splitlines():
                file, _, match = line.partition(b"\0")
                found[str(Path(os.fsdecode(file)).relative_to(folder))].add(match.decode(errors="replace"))
        return dict(found)


class Planted:
    """Somebody who is written down everywhere and in every way, so that it is known that the search finds them."""

    def __init__(self, text: str) -> None:
        self.sought = Sought([text])
        self.ways = [
            text,
            text.casefold(),
            text.swapcase(),
            " ".join(reversed(text.split())),
            *(base64.b64encode(b"?" * offset + text.encode() + b"!").decode() for offset in OFFSETS),
            text.encode().hex(),
            text.encode().hex().upper(),
        ]
        self.said = " | ".join(self.ways)

    def unseen(self, matches: Iterable[str]) -> list[str]:
        """Ways of writing that *matches* do not show."""
        seen = set(matches)
        return [way for way in self.ways if not any(match in way for match in seen)]


async def read_bus(house: House, into: Path) -> None:
    """Every message of every stream as JetStream gives it back, a file a stream: subject, headers, data."""
    for service in SERVICES:
        client = await nats.connect(house.url("nats", user=operator_of(service)))
        jetstream = client.jetstream()
        for stream in await jetstream.streams_info():
            name, state = str(stream.config.name), stream.state
            with (into / name).open("wb") as file:
                for sequence in range(state.first_seq, state.last_seq + 1) if state.messages else ():
                    message = await jetstream.get_msg(name, sequence)
                    headers = "".join(f"{key}: {value}\n" for key, value in (message.headers or {}).items())
                    file.write(f"{message.subject}\n{headers}".encode() + (message.data or b"") + b"\n")
        await client.close()


async def databases(house: House) -> list[str]:
    """Every database that can be entered."""
    connection = await asyncpg.connect(house.url("postgres"))
    rows = await connection.fetch("SELECT datname FROM pg_database WHERE datallowconn ORDER BY datname")
    await connection.close()
    return [row["datname"] for row in rows]


async def read_databases(house: House, into: Path) -> None:
    """Every column of every table of every database as text, a file a column; of PostgreSQL's own catalogues a file a
    table. Binary columns are written twice: as text, which is hex, and as they are.
    """
    for database in await databases(house):
        connection = await asyncpg.connect(house.url("postgres", database=database))
        for column in await connection.fetch(_COLUMNS):
            table, name = f'"{column["schema"]}"."{column["table"]}"', f'"{column["column"]}"'
            path = into / f"{database}.{column['schema']}.{column['table']}.{column['column']}"
            await _write(connection, f"SELECT {name}::text FROM {table} WHERE {name} IS NOT NULL", path)
            if column["binary"]:
                query = f"SELECT {name} FROM {table} WHERE {name} IS NOT NULL"
                await _write(connection, query, path.with_name(f"{path.name}.raw"))
        for catalogue in await connection.fetch(_CATALOGUES):
            table = f"{catalogue['schema']}.{catalogue['table']}"
            await _write(connection, f"SELECT c::text FROM {table} c", into / f"{database}.{table}")
        await connection.close()


async def compressed(house: House) -> set[str]:
    """Columns that hold a value which PostgreSQL compressed: what is written there is not seen by its bytes."""
    found: set[str] = set()
    for database in await databases(house):
        connection = await asyncpg.connect(house.url("postgres", database=database))
        for column in await connection.fetch(_COLUMNS):
            query = (
                f'SELECT 1 FROM "{column["schema"]}"."{column["table"]}" '
                f'WHERE pg_column_compression("{column["column"]}") IS NOT NULL LIMIT 1'
            )
            if await connection.fetchval(query):
                found.add(f"{column['schema']}.{column['table']}.{column['column']}")
        await connection.close()
    return found


async def _write(connection: "Connection[Any]", query: str, path: Path) -> None:
    rows = await connection.fetch(query)
    if rows:
        values = (row[0] for row in rows)
        with path.open("wb") as file:
            file.writelines((v if isinstance(v, bytes) else str(v).encode()) + b"\n" for v in values)


_TABLES = """
FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace, pg_attribute a
WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped AND c.relkind IN ('r', 'p', 'm')
  AND n.nspname IN ('pg_catalog', 'information_schema') IS """

_COLUMNS = f"""
SELECT n.nspname AS schema, c.relname AS table, a.attname AS column, a.atttypid = 'bytea'::regtype AS binary
{_TABLES} FALSE ORDER BY 1, 2, a.attnum
"""
_CATALOGUES = f"SELECT DISTINCT n.nspname AS schema, c.relname AS table {_TABLES} TRUE"
