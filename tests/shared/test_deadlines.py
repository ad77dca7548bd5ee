"""What becomes due is carried out once, on its day, whoever looks and however often."""

import asyncio
from collections.abc import Iterator, MutableMapping
from contextlib import contextmanager
from dataclasses import replace
from datetime import date, timedelta
from typing import Any
from uuid import UUID

import pytest
import sqlalchemy as sa
import structlog
from structlog.testing import capture_logs

from shared import deadlines
from shared.clock import Clock
from shared.errors import NOT_FOUND, Refused
from shared.execute import BUSY, Answer, Work
from shared.runtime import Runtime, end
from shared.views import View
from tests.shared import birthdays
from tests.shared.birthdays import Born, BornAfterAll, Celebrate, note_of, service
from tests.shared.street import Street, do, rows, until
from tests.shared.tiny import DAY, Forget

TOMORROW = DAY + timedelta(days=1)


async def born(runtime: Runtime, *days: date) -> list[UUID]:
    """Somebody for each day."""
    return [UUID((await do(runtime, Born(day.isoformat()))).answer.body["id"]) for day in days]


async def noted(runtime: Runtime) -> dict[UUID, int]:
    """How often each birthday was noted, by its history."""
    found = await rows(runtime, "SELECT stream_id, count(*) FROM log.events WHERE type = 'Noted' GROUP BY 1")
    return {row["stream_id"]: row["count"] for row in found}


def once(*people: UUID) -> dict[UUID, int]:
    return {note_of(person): 1 for person in people}


async def on(street: Street, today: date) -> None:
    """Who starts from now on starts on this day."""
    settings = await street.settings("registry")
    street._settings["registry"] = settings.model_copy(update={"today": today})


async def looked(runtime: Runtime) -> None:
    """Return once it has looked: everything that was due by then was asked for."""
    await deadlines.Calendar(runtime, runtime.service.deadlines[0]).look(runtime.clock.today())


async def test_what_passed_while_nobody_ran_is_made_up_for_at_the_start_and_once(street: Street) -> None:
    registry = await street.start(service())
    yesterday, today, tomorrow = await born(registry, DAY - timedelta(days=1), DAY, TOMORROW)
    await street.stop(registry)
    for day, expected in ((DAY, (yesterday, today)), (TOMORROW, (yesterday, today, tomorrow)), (TOMORROW, ())):
        await on(street, day)
        registry = await street.start(service())
        if expected:
            await until(lambda: _are(registry, once(*expected)), why="nobody looked")  # noqa: B023  awaited at once
        else:
            await looked(registry)
            assert await noted(registry) == once(yesterday, today, tomorrow)
        await street.stop(registry)


async def _are(runtime: Runtime, expected: dict[UUID, int]) -> bool:
    return await noted(runtime) == expected


async def test_a_day_that_begins_is_noticed(street: Street) -> None:
    registry = await street.start(service())
    (tomorrow,) = await born(registry, TOMORROW)
    await looked(registry)
    assert await noted(registry) == {}
    registry.clock = Clock(TOMORROW)
    await until(lambda: _are(registry, once(tomorrow)), why="nobody noticed")


async def test_of_two_processes_one_looks_and_whoever_takes_over_asks_for_nothing_new(street: Street) -> None:
    first = await street.start(service())
    people = await born(first, DAY, DAY, TOMORROW)
    second = await street.start(service())
    for runtime in (first, second):
        runtime.clock = Clock(TOMORROW)
    await until(lambda: _are(first, once(*people)), why="nobody looked")
    lease = birthdays.BIRTHDAYS.lease
    holder, other = (first, second) if first.leases.held(lease) else (second, first)
    assert not other.leases.held(lease)
    await street.crash(holder)
    await until(lambda: other.leases.held(lease))
    await looked(other)
    assert await noted(other) == once(*people)


async def test_two_that_look_at_the_same_instant_ask_for_the_same(street: Street) -> None:
    first = await street.start(service())
    people = await born(first, *[DAY] * 5)
    second = await street.start(service())
    for _ in range(3):
        await asyncio.gather(looked(first), looked(second))
    assert await noted(first) == once(*people)


async def test_more_than_a_page_is_gone_through(street: Street, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(deadlines, "_PAGE", 2)
    registry = await street.start(service())
    people = await born(registry, *[DAY] * 4, TOMORROW)
    await looked(registry)
    assert await noted(registry) == once(*people[:4])


async def test_another_fact_about_somebody_is_awaited_anew(street: Street) -> None:
    registry = await street.start(service())
    (person,) = await born(registry, DAY)
    await looked(registry)
    await do(registry, BornAfterAll(person, TOMORROW.isoformat()))
    await looked(registry)
    assert await noted(registry) == once(person)
    registry.clock = Clock(TOMORROW)
    await looked(registry)
    assert await noted(registry) == {note_of(person): 2}


async def test_nothing_is_opened_of_who_was_erased(street: Street) -> None:
    """Neither when the view has heard of it, nor before that: without a key there is no day."""
    registry = await street.start(service())
    gone, erased = await born(registry, DAY, DAY)
    await do(registry, Forget(gone))
    await registry.log.erase(erased)
    await looked(registry)
    assert await noted(registry) == {}


async def test_who_cannot_be_opened_keeps_nobody_else_back(street: Street) -> None:
    """A box that was altered: the process that looks goes on, and starts again."""
    registry = await street.start(service())
    broken, well = await born(registry, TOMORROW, TOMORROW)
    await looked(registry)
    field = "jsonb_set(born::jsonb, '{field}', '\"other\"')::json"
    altered = f"UPDATE awaited_1.awaited SET born = {field} WHERE person_id = $1"
    await rows(registry, altered, broken)
    await street.stop(registry)
    await on(street, TOMORROW)
    registry = await street.start(service())
    await until(lambda: _are(registry, once(well)), why="nobody looked")
    await looked(registry)
    assert not registry.failed.done()
    assert await noted(registry) == once(well)


async def test_only_the_view_that_keeps_what_is_awaited_is_waited_for(street: Street) -> None:
    """Another one that goes no further ends no birthday."""
    tables = sa.MetaData(schema="meetings")
    sa.Table("meetings", tables, sa.Column("meeting_id", sa.Uuid, primary_key=True))
    elsewhere = View(name="meetings", revision=1, tables=tables, own=lambda _recorded: ())
    registry = await street.start(service(views=(birthdays.VIEW, elsewhere)))
    await standing_still(registry, "meetings")
    (person,) = await born(registry, DAY)
    await looked(registry)
    assert await noted(registry) == once(person)


async def standing_still(runtime: Runtime, view: str) -> None:
    """Return once *view* hears nothing more."""
    names = {one.name for one in runtime.subscriptions if one.hearer.label == view}
    tasks = {task for task in runtime._tasks if task.get_name() in names}
    assert tasks
    assert not await end(tasks)


async def test_that_nobody_can_look_is_said_once(street: Street, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(deadlines, "_RETRY_SECONDS", 0.01)
    looks: list[date] = []

    def perhaps(today: date) -> Any:
        looks.append(today)
        if len(looks) in (1, 2, 3, 5, 6):
            raise Refused(BUSY)
        return birthdays.BIRTHDAYS.perhaps(today)

    with warnings() as said:
        registry = await street.start(service(deadlines=(replace(birthdays.BIRTHDAYS, perhaps=perhaps),)))
        await until(lambda: len(looks) == 4)
        assert [one["error"] for one in said if one["event"] == "deadlines-not-looked-at"] == ["busy"]
        registry.clock = Clock(TOMORROW)
        await until(lambda: len(looks) == 7)
    assert [one["error"] for one in said if one["event"] == "deadlines-not-looked-at"] == ["busy"] * 2


@contextmanager
def warnings() -> Iterator[list[MutableMapping[str, Any]]]:
    """What is said meanwhile that an operator should read."""
    before = structlog.get_config()
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger("warning"))
    try:
        with capture_logs() as said:
            yield said
    finally:
        structlog.configure(**before)


async def test_what_is_refused_or_fails_keeps_nobody_else_back(street: Street) -> None:
    wrong: dict[UUID, Exception] = {}

    async def handle(work: Work, command: Any) -> Answer:
        if isinstance(command, Celebrate) and command.person_id in wrong:
            raise wrong[command.person_id]
        return await birthdays.handle(work, command)

    registry = await street.start(service(handle=handle))
    refused, fails, busy, well = await born(registry, *[DAY] * 4)
    wrong.update({refused: Refused(NOT_FOUND), fails: LookupError(), busy: Refused(BUSY)})
    with pytest.raises(deadlines.Transient):
        await looked(registry)
    assert await noted(registry) == once(well)
    wrong.clear()
    await looked(registry)
    assert await noted(registry) == once(refused, fails, busy, well)
    assert not registry.readiness


async def test_a_look_that_cannot_be_is_taken_again(street: Street) -> None:
    """The first finds a view that is not there; what is due is carried out as soon as it can be."""
    registry = await street.start(service())
    people = await born(registry, DAY)
    await looked(registry)
    looks: list[date] = []

    def perhaps(today: date) -> Any:
        looks.append(today)
        if len(looks) == 1:
            raise Refused(BUSY)
        return birthdays.BIRTHDAYS.perhaps(today)

    await street.stop(registry)
    awaiting = replace(birthdays.BIRTHDAYS, name="again", perhaps=perhaps)
    registry = await street.start(service(deadlines=(awaiting,)))
    await until(lambda: len(looks) >= 2, why="nobody looked again")
    await until(lambda: _are(registry, {note_of(people[0]): 2}))  # another deadline, so another command
