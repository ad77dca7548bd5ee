"""Someone's facts are poison: what the operator sees, what everybody else sees, and how it is put right."""

import asyncio
import json
import time
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import UUID

import httpx
import pytest
from typer.testing import CliRunner

from deploy.command import status
from deploy.command.main import app
from deploy.command.running import Running
from services.cooperative import main as cooperative
from services.enterprise import main as enterprise
from services.migration_service import main as migration_service
from services.parenting import main as parenting
from services.registry import main as registry
from shared.parking import MOST_A_MINUTE
from shared.rehearsal import FAULT
from tests.houses import KENANGA, PLAIN, Api, a_house
from tests.stories.conftest import in_database
from tests.stories.telling import Story

LEFT, BACK, BACK_AFTER_ALL = "2024-02-01", "2026-02-01", "2026-02-03"
WITHIN_SECONDS = 30.0
ROSTER = "enterprise.training_roster"
Waiting = dict[tuple[str, str, str], dict[str, Any]]
"""By hearer, source and key."""

ALL = (registry, migration_service, enterprise, parenting, cooperative)


@dataclass
class Operated:
    """A house that is started again and again in one folder, and the command in that folder."""

    data: Path
    patch: pytest.MonkeyPatch

    @contextmanager
    def up(self, fault: str = "", **replicas: int) -> Iterator[Story]:
        """The house stands, with *fault* in its environment."""
        with self.patch.context() as environment:
            environment.setenv(FAULT, fault)
            environment.setenv("DESMIGRATIF_DATA", str(self.data))
            with a_house(self.data, replicas=replicas) as self.house, Api(self.house) as api:
                yield Story(api)

    def asks(self, *words: str) -> tuple[int, str, str]:
        """`desmigratif` *words*: exit code, what it answers, what it says aside."""
        done = CliRunner().invoke(app, words, catch_exceptions=False)
        return done.exit_code, done.stdout, done.stderr

    def parked(self) -> Waiting:
        """Whose facts wait, by hearer, source and key, as `parked --json` says it."""
        _, said, _ = self.asks("parked", "--json")
        return {
            (f"{service}.{one['hearer']}", one["source"], one["key"]): one
            for service, waiting in json.loads(said).items()
            for one in waiting
        }

    def settles(self) -> None:
        """Return when everybody has heard, or set aside, all that was said."""

        async def ask() -> status.Statuses:
            async with Running(self.house.addresses, issuer=self.house.issuer).calls("operator") as calls:
                return await status.ask(calls)

        def still() -> bool:
            before, after = asyncio.run(ask()), asyncio.run(ask())  # a reaction may just have written
            heads = [[one["position"] for one in said.values()] for said in map(status.as_json, (before, after))]
            return heads[0] == heads[1] and not status.lags(before) and not status.lags(after)

        until(still)

    def rebuilds(self, waited: Collection[str]) -> dict[str, str]:
        """Rebuild the views for which facts *waited*; what is said of those that were not as the facts have it."""
        said = {
            (one.SERVICE.name, view.name): self.asks("rebuild", one.SERVICE.name, view.name)
            for one in ALL
            for view in one.SERVICE.views
            if f"{one.SERVICE.name}.{view.name}" in waited
        }
        assert said
        return {" ".join(view): words for view, (code, words, _) in said.items() if code or "row for row" not in words}


def until(there: Callable[[], object]) -> None:
    deadline = time.monotonic() + WITHIN_SECONDS
    while not there():
        assert time.monotonic() < deadline, "it did not come about"
        time.sleep(0.05)


def corrects(api: Api, trip: str) -> httpx.Response:
    """The return was two days later."""
    tag = api.get("migration_service", f"/trips/{trip}").headers["ETag"]
    body = {"returned_on": BACK_AFTER_ALL}
    return api.request("PATCH", "migration_service", f"/trips/{trip}/return", body=body, if_match=tag)


def moves(story: Story, person: str) -> bool:
    """To another village, if the service's own view shows them as they are by now."""
    path = f"/persons/{person}"
    tag = story.api.get("registry", path).headers["ETag"]
    answer = story.api.request("PATCH", "registry", path, body={"village": KENANGA}, if_match=tag)
    story.at = answer.headers.get("Event-Position", story.at)
    return answer.status_code == 200


def comes_home_and_moves(story: Story, person: str) -> None:
    """Departs, returns, the return is corrected, moves to another village."""
    trip = story.departs(person, "Taiwan", LEFT)
    story.returns(trip, BACK, "contract_ended")
    until(lambda: corrects(story.api, trip).status_code == 200)
    until(lambda: moves(story, person))


def on_roster(story: Story, person: str, *, after: str | None = None) -> httpx.Response:
    return story.api.get("enterprise", f"/training-roster/{person}", after=after)


@dataclass
class People:
    """Who they are, and whose facts are poison where."""

    siti: str
    """At the training roster."""
    budi: str
    """Nowhere."""
    dewi: str
    """At the registry's reactions, which should record that she died."""
    tono: str
    """At the views of who people are and of their trips, in the services that say so themselves."""
    rina: str
    """At the training roster, but only after it has heard of her."""

    @property
    def fault(self) -> str:
        return (
            f"{ROSTER}:{self.siti},{self.rina},registry.reactions:{self.dewi},"
            f"migration_service.trips:{self.tono},registry.people:{self.tono}"
        )


def test_one_persons_facts_wait_and_the_operator_is_told_whose_and_brings_them_in(
    data: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    house = Operated(data, monkeypatch)
    with house.up() as story:
        they = People(*(story.registers(f"{name} Contoh") for name in ("Siti", "Budi", "Dewi", "Tono", "Rina")))
        _, child = story.family_of(they.siti, "Joko Contoh", "Bima Contoh", "2018-05-17")
        ends = story.departs(they.dewi, "Hong Kong", LEFT)
        house.settles()
    with house.up(they.fault, enterprise=2) as story:
        comes_home_and_moves(story, they.siti)
        comes_home_and_moves(story, they.budi)
        story.returns(ends, BACK, "died")
        away = story.departs(they.tono, "Taiwan", LEFT)
        until(lambda: moves(story, they.tono))
        house.settles()
        others_are_right(story, they, child)
        who_asks_after_it_is_told_so(story, they, away)
        the_operator_is_told(house, they)
        a_rebuild_leaves_out_who_is_poison(house, they)
        assert on_roster(story, they.budi, after=story.at).status_code == 200
        before = house.parked()
        code, said, _ = house.asks("replay")
        assert (code, said.count("Rehearsed")) == (1, len(before))  # and nothing is lost
        assert how_many(house.parked()) == how_many(before)
    with house.up() as story:
        story.registry_has_answered(they.budi)
        house.settles()
        assert how_many(house.parked()) == how_many(before)  # nothing comes in by itself
        assert on_roster(story, they.siti).status_code == 404
        code, said, _ = house.asks("replay", "enterprise", "--person", they.siti)
        assert code == 0, said
        row = on_roster(story, they.siti).json()
        assert (row["village"], [reason["since"] for reason in row["reasons"]]) == (KENANGA, [BACK_AFTER_ALL])
        assert [house.asks(word)[0] for word in ("parked", "replay", "replay", "parked")] == [1, 0, 0, 0]
        house.settles()
        assert story.died_on(they.dewi) == BACK
        reported = "SELECT 1 FROM log.events WHERE type = 'DeathReported' AND person_id = $1"
        assert len(in_database(house.house, "registry", reported, UUID(they.dewi))) == 1
        assert story.api.get("registry", f"/persons/{they.tono}", after=story.at).json()["village"] == KENANGA
        assert story.api.get("migration_service", f"/trips/{away}", after=story.at).status_code == 200
        assert house.rebuilds({hearer for hearer, _, _ in before}) == {}
        assert [house.asks(word)[0] for word in ("status", "verify")] == [0, 0]


def others_are_right(story: Story, they: People, child: str) -> None:
    """Everybody else's facts go on, and the other services have right whose facts wait in one."""
    [reason] = on_roster(story, they.budi, after=story.at).json()["reasons"]
    assert (reason["reason"], reason["since"]) == ("returned", BACK_AFTER_ALL)
    assert story.is_prospect(they.siti)
    assert story.parents_abroad(child) == []
    assert story.api.get("registry", f"/persons/{they.siti}", after=story.at).json()["village"] == KENANGA


def who_asks_after_it_is_told_so(story: Story, they: People, away: str) -> None:
    """What is answered without After-Position is what was heard before; with it, that it is not the newest."""
    assert on_roster(story, they.siti).status_code == 404
    assert story.api.get("registry", f"/persons/{they.dewi}").json()["died_on"] is None
    for service, path in (
        ("enterprise", f"/training-roster/{they.siti}"),
        ("enterprise", f"/training-roster/{UUID(they.siti).hex.upper()}"),
        ("migration_service", f"/trips/{away}"),
        ("registry", f"/persons/{they.tono}"),
        ("registry", f"/persons/{they.dewi}"),
    ):
        answer = story.api.get(service, path, after=story.at)
        assert (answer.status_code, answer.json()["slug"]) == (503, "parked"), path


def the_operator_is_told(house: Operated, they: People) -> None:
    """Which hearer, which source, whose, since when, why and how many; ids alone."""
    waiting = house.parked()
    assert how_many(waiting) == {
        (ROSTER, "migration_service", they.siti): 3,
        (ROSTER, "registry", they.siti): 1,
        ("registry.reactions", "migration_service", they.dewi): 1,
        ("migration_service.trips", "migration_service", they.tono): 2,  # her trip, and her file moves with her
        ("registry.people", "registry", they.tono): 1,
    }
    assert {one["why"] for one in waiting.values()} == {"Rehearsed"}
    code, table, _ = house.asks("parked")
    assert (code, table.count(they.siti), table.count("Rehearsed")) == (1, 2, 5)
    code, tables, sentences = house.asks("status")
    assert code == 1
    assert f"enterprise has parked · tertahan: {they.siti} at training_roster since " in sentences
    assert "Rehearsed, 3 of migration_service's facts wait from " in sentences
    code, as_json, _ = house.asks("status", "--json")
    assert code == 1
    assert {one["key"] for one in json.loads(as_json)["enterprise"]["parked"]} == {they.siti}
    assert "Contoh" not in table + tables + sentences + as_json


def a_rebuild_leaves_out_who_is_poison(house: Operated, they: People) -> None:
    """By the same rule, so also who was heard long ago; they are left out of both sides of the comparison."""
    code, said, _ = house.asks("rebuild", "enterprise", "training_roster")
    assert code == 0, said
    assert f"tertahan: {', '.join(sorted((they.siti, they.rina)))}" in said
    assert "row for row" in said
    assert {who for who in house.parked() if who[0] == ROSTER} == {
        (ROSTER, "migration_service", they.siti), (ROSTER, "registry", they.siti), (ROSTER, "registry", they.rina)
    }  # fmt: skip


def how_many(waiting: Waiting) -> dict[tuple[str, str, str], int]:
    return {who: one["how_many"] for who, one in waiting.items()}


def test_too_many_people_within_a_minute_stop_the_subscription_and_the_service_says_it_is_not_ready(
    data: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    house = Operated(data, monkeypatch)
    with house.up(f"{ROSTER}:*", enterprise=2) as story:
        people = [story.registers("Siti Contoh") for _ in range(MOST_A_MINUTE + 2)]
        trips = [story.departs(person, "Taiwan", LEFT) for person in people[-2:]]
        story.returns(trips[0], BACK, "contract_ended")
        ready = f"{house.house.addresses['enterprise']}/health/ready"
        # Whichever process answers.
        until(lambda: all(httpx.get(ready, verify=PLAIN).status_code == 503 for _ in range(20)))
        [stopped] = json.loads(house.asks("status", "--json")[1])["enterprise"]["stopped"]
        code, _, sentences = house.asks("status")
        assert code == 1
        assert f"enterprise has stopped · berhenti: {stopped['subscription']} at {stopped['number']}" in sentences
        assert "waits for stopped subscription training_roster<registry" in sentences
        waiting = {who for who in house.parked() if who[1] == "registry"}
        assert waiting == {(ROSTER, "registry", person) for person in people[:MOST_A_MINUTE]}
        assert story.is_prospect(people[-2])  # the others' services go on
        house.house.restart_service("enterprise")  # as one does to bring corrected code
        assert httpx.get(ready).status_code == 503
    with house.up() as story:
        house.settles()
        # It went on where it had stopped; who waits still does.
        assert {who for who in house.parked() if who[1] == "registry"} == waiting
        assert on_roster(story, people[-2]).status_code == 404
        assert house.asks("replay")[0] == 0
        assert on_roster(story, people[-2]).status_code == 200
        house.settles()
        assert house.rebuilds({ROSTER}) == {}
        assert [house.asks(word)[0] for word in ("parked", "status", "verify")] == [0, 0, 0]
