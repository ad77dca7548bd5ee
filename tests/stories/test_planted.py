"""What is planted in a running house, one thing at a time, is found by `verify` or by `rebuild`, and named.

Each test leaves the house clean, and looks that it is.
"""

import asyncio
import re
import uuid
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import zip_longest
from typing import Any

import nats
import pytest
import sqlalchemy as sa
from nats.js import JetStreamContext
from typer.testing import CliRunner

from deploy.command.main import app
from deploy.house import House
from deploy.nats import operator_of, stream_of
from services.cooperative.main import SERVICE as COOPERATIVE
from services.enterprise.main import SERVICE as ENTERPRISE
from services.migration_service.main import SERVICE as MIGRATION
from services.parenting.main import SERVICE as PARENTING
from services.parenting.views import children
from services.registry.main import SERVICE as REGISTRY
from services.registry.views import people
from shared import projecting
from shared.views import View
from tests.houses import Api
from tests.stories.conftest import Past, all_heard, in_database

SERVICES = (REGISTRY, MIGRATION, ENTERPRISE, PARENTING, COOPERATIVE)
VIEWS = [(service.name, view) for service in SERVICES for view in service.views]
PUBLISHING = ("registry", "migration_service")


def desmigratif(house: House, *arguments: str) -> tuple[int, str]:
    """The exit code and the output of the command."""
    ended = CliRunner().invoke(app, arguments, env={"DESMIGRATIF_DATA": str(house.data)})
    assert ended.exception is None or isinstance(ended.exception, SystemExit), ended.exception
    return ended.exit_code, ended.stdout


def verify(house: House) -> list[str]:
    """What `desmigratif verify` names; it ends 1 if that is anything."""
    code, said = desmigratif(house, "verify")
    named = [line for line in said.splitlines() if re.match(r"[a-z_]+( \d+)?: ", line)]
    assert code == bool(named), said
    return named


def rebuild(house: House, service: str, view: str) -> list[str]:
    """What `desmigratif rebuild` names; it ends 1 if that is anything."""
    code, said = desmigratif(house, "rebuild", service, view)
    named = [line for line in said.splitlines() if line.startswith(f"{service} {view}: ")]
    assert code == bool(named), said
    return named


def on_bus(house: House, service: str, work: Callable[[JetStreamContext], Awaitable[Any]]) -> Any:
    """What *work* answers that an operator does on the bus of *service*."""

    async def run() -> Any:
        client = await nats.connect(house.url("nats", user=operator_of(service)))
        try:
            return await work(client.jetstream())
        finally:
            await client.close()

    return asyncio.run(run())


@pytest.fixture(scope="module")
def house(past: Past) -> House:
    """A house with a past in which every kind of fact has happened, and nothing is wrong."""
    all_heard(past.house)
    assert verify(past.house) == []
    return past.house


# ── The logs and the bus ─────────────────────────────────────────────────────────────────────────────────────────────


def head(house: House, service: str) -> int:
    """The last published number."""
    [row] = in_database(house, service, "SELECT max(published) AS head FROM log.events")
    return int(row["head"])


def somewhere(house: House, service: str, where: str) -> int:
    """A published number: the first, one in the middle, the last."""
    return {"first": 1, "middle": head(house, service) // 2, "last": head(house, service)}[where]


@pytest.mark.parametrize("service", PUBLISHING)
@pytest.mark.parametrize(
    ("where", "byte"),
    [("first", "in the data"), ("middle", "in the form"), ("middle", "in the id"), ("last", "in the data")],
)
def test_a_changed_byte_of_what_was_published_is_named(house: House, service: str, where: str, byte: str) -> None:
    """A digit of the village, a quotation mark without which it is no JSON, a digit of the event's id."""
    number = somewhere(house, service, where)
    [row] = in_database(house, service, "SELECT public FROM log.events WHERE published = $1", number)
    words = row["public"]
    at = {"in the data": words.rindex("33.07."), "in the form": 0, "in the id": words.index('"id":"') + 6}[byte]
    other = "x" if words[at] == "{" else "4" if words[at] != "4" else "5"
    changed = words[:at] + other + words[at + 1 :]
    write = "UPDATE log.events SET public = $2 WHERE published = $1"
    in_database(house, service, write, number, changed)
    named = verify(house)
    in_database(house, service, write, number, words)
    assert f"{service} {number}: bus-bytes-differ" in named
    assert all(one.startswith(f"{service} {number}: ") for one in named)
    assert verify(house) == []


@pytest.mark.parametrize("service", PUBLISHING)
def test_messages_deleted_from_the_bus_are_named(house: House, service: str) -> None:
    """The first, one in the middle and the last.

    And a stream that was thrown away is filled again from the log as soon as anything is said.
    """
    stream = stream_of(service)

    async def open_to_loss(jetstream: JetStreamContext) -> None:
        """Its own streams let nobody take a message away."""
        await jetstream.delete_stream(stream)
        await jetstream.add_stream(name=stream, subjects=[f"desmigratif.{service}.>"])

    on_bus(house, service, open_to_loss)
    say_something(house, service)
    all_heard(house)
    assert verify(house) == []
    numbers = [somewhere(house, service, where) for where in ("first", "middle", "last")]

    async def delete(jetstream: JetStreamContext) -> None:
        first = (await jetstream.stream_info(stream)).state.first_seq
        for number in numbers:
            assert await jetstream.delete_msg(stream, first + number - 1)

    on_bus(house, service, delete)
    named = verify(house)
    assert [one.split(": ")[:2] for one in named] == [[f"{service} {n}", "bus-message-missing"] for n in numbers]

    on_bus(house, service, lambda jetstream: jetstream.delete_stream(stream))
    say_something(house, service)
    all_heard(house)
    assert verify(house) == []


def say_something(house: House, service: str) -> None:
    """A new fact."""
    with Api(house) as api:
        path, body = "/persons", {"name": "Agus Salim", "village": "33.07.10.2001"}
        if service == "migration_service":
            worker = api.items("registry", "/workers?region=33.07.10.2001")[0]["id"]
            decree = f"SK-{uuid.uuid4()}"
            path = "/departures"
            body = {"worker_id": worker, "country": "TW", "contract_date": "2018-01-01", "decree": decree}
        assert api.post(service, path, body).status_code == 201


@pytest.mark.parametrize("which", ["unpublished", "published", "last"])
def test_an_event_removed_from_a_log_is_named(house: House, which: str) -> None:
    """By its position and, where it had one, by its published number."""
    condition = {
        "unpublished": "published IS NULL AND position > 5",
        "published": "published > 5",
        "last": "position = (SELECT max(position) FROM log.events)",
    }[which]
    [row] = in_database(house, "registry", f"SELECT * FROM log.events WHERE {condition} ORDER BY position LIMIT 1")
    in_database(house, "registry", "DELETE FROM log.events WHERE position = $1", row["position"])
    named = verify(house)
    places = ", ".join(f"${n}" for n in range(1, len(row) + 1))
    in_database(house, "registry", f"INSERT INTO log.events VALUES ({places})", *row.values())
    if which == "last":
        assert any(one.startswith(f"registry {row['position']}: own-checkpoint-wrong") for one in named)
    else:
        assert f"registry {row['position']}: position-gap" in named
    if which == "published":
        assert f"registry {row['published']}: published-gap" in named
        assert f"registry {row['published']}: bus-message-not-in-log" in named
    assert verify(house) == []


# ── Checkpoints ──────────────────────────────────────────────────────────────────────────────────────────────────────

CHECKPOINTS = [
    (service.name, projecting.live_schema(view), source)
    for service in SERVICES
    for view in service.views
    for source in [*view.heard, *([service.name] if view.follows_own else [])]
] + [(service.name, "reactions", source) for service in SERVICES if service.react for source in service.react.hears]


@contextmanager
def one_too_high(house: House, service: str, hearer: str, source: str) -> Iterator[int]:
    """A checkpoint, moved on by one; put back at the end."""
    move = "UPDATE log.checkpoints SET number = number + $3 WHERE hearer = $1 AND source = $2 RETURNING number"
    [row] = in_database(house, service, move, hearer, source, 1)
    yield row["number"]
    in_database(house, service, move, hearer, source, -1)


@pytest.mark.parametrize(("service", "hearer", "source"), CHECKPOINTS)
def test_a_checkpoint_that_is_one_too_high_is_named(house: House, service: str, hearer: str, source: str) -> None:
    with one_too_high(house, service, hearer, source) as number:
        named = verify(house)
    assert len(named) == 1
    assert named[0].startswith(f"{service} {number}: ")
    assert hearer.rstrip("_0123456789") in named[0]
    assert verify(house) == []


@pytest.mark.parametrize(("service", "view"), [("parenting", children.VIEW), ("registry", people.VIEW)])
def test_a_hearer_whose_checkpoint_was_too_high_finds_it_out_by_itself_and_skips_nothing(
    house: House, service: str, view: View
) -> None:
    """With the next fact, whether it is heard from another service or read from the own log."""
    in_database(
        house,
        service,
        "UPDATE log.checkpoints SET number = number + 1 WHERE hearer = $1 AND source = 'registry'",
        projecting.live_schema(view),
    )
    say_something(house, "registry")
    say_something(house, "registry")
    all_heard(house)
    assert verify(house) == []
    assert rebuild(house, service, view.name) == []


# ── Views ────────────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(("service", "view"), VIEWS, ids=[f"{service}-{view.name}" for service, view in VIEWS])
def test_a_rebuilt_view_equals_the_live_one(house: House, service: str, view: View) -> None:
    """After all that can happen: corrections, retractions, ends of leave, deaths, erasures, courses, groups."""
    assert rebuild(house, service, view.name) == []
    for table in Tables.of(house, service, view):
        assert table.rows(), table


@pytest.mark.parametrize(("service", "view"), VIEWS, ids=[f"{service}-{view.name}" for service, view in VIEWS])
def test_a_row_that_was_altered_removed_or_added_is_named_and_put_right(house: House, service: str, view: View) -> None:
    """In every table, and every column of it; one in each table at a time."""
    tables = {table: table.rows() for table in Tables.of(house, service, view)}
    for plantings in zip_longest(*(table.plantings() for table in tables)):
        planted = []
        for table, planting in zip(tables, plantings, strict=True):
            if planting is not None:
                what, statement = planting
                planted.append(f"{service} {view.name}: {table.name} {table.plant(statement)}: {what}")
                assert table.rows() != tables[table], statement
        assert sorted(rebuild(house, service, view.name)) == sorted(planted)
        assert {table: table.rows() for table in tables} == tables, plantings
    assert rebuild(house, service, view.name) == []


@dataclass(frozen=True)
class Tables:
    """One table of a live view."""

    house: House
    database: str
    schema: str
    table: sa.Table

    @classmethod
    def of(cls, house: House, service: str, view: View) -> "list[Tables]":
        return [cls(house, service, projecting.live_schema(view), table) for table in view.tables.sorted_tables]

    @property
    def name(self) -> str:
        return self.table.name

    @property
    def _key(self) -> list[str]:
        return [column.name for column in self.table.primary_key]

    def rows(self) -> list[str]:
        """All that it holds."""
        found = in_database(self.house, self.database, f'SELECT t::text FROM "{self.schema}"."{self.name}" t')
        return sorted(row[0] for row in found)

    def plantings(self) -> Iterator[tuple[str, str]]:
        """What is planted, and the statement that plants it in one row."""
        here = f'"{self.schema}"."{self.name}"'
        one = f"ctid = (SELECT ctid FROM {here} ORDER BY {', '.join(self._key)} OFFSET 1 LIMIT 1)"
        for column in self.table.columns:
            if not column.primary_key:
                other = _OTHER[type(column.type)].format(f'"{column.name}"')
                yield "altered", f'UPDATE {here} SET "{column.name}" = {other} WHERE {one}'
        yield "missing", f"DELETE FROM {here} WHERE {one}"
        first = self.table.columns[self._key[0]]
        names = ", ".join(f'"{column.name}"' for column in self.table.columns)
        values = names.replace(f'"{first.name}"', _OTHER[type(first.type)].format(f'"{first.name}"'), 1)
        yield "surplus", f"INSERT INTO {here} ({names}) SELECT {values} FROM {here} WHERE {one}"

    def plant(self, statement: str) -> dict[str, str]:
        """Carry it out; the key of the row, as `rebuild` names it."""
        returned = ", ".join(f'"{name}"::text' for name in self._key)
        [row] = in_database(self.house, self.database, f"{statement} RETURNING {returned}")
        return dict(row)


_OTHER: dict[type[Any], str] = {
    sa.Text: "coalesce({}, '') || 'x'",
    sa.Uuid: "gen_random_uuid()",
    sa.Date: "coalesce({}, '2020-01-01') + 1",
    sa.DateTime: "{} + interval '1 microsecond'",
    sa.Boolean: "{} IS NOT TRUE",
    sa.Integer: "coalesce({}, 0) + 1",
    sa.BigInteger: "coalesce({}, 0) + 1",
    sa.JSON: "coalesce({}::text, '0')::jsonb::text::json",
}
"""Another value of a column, by its type."""
