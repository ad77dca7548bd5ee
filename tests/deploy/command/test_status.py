import copy
import io
from typing import Any

import pytest
from rich.console import Console

from deploy.command import status
from deploy.command.calls import ENTERPRISE, MIGRATION, REGISTRY, SERVICES, Calls, Reply
from deploy.command.failures import Unreachable

LOG = "9f3c2a1b-0000-4000-8000-000000000000"


def said(service: str, *, published: int = 0, heard: dict[str, int] | None = None) -> dict[str, Any]:
    return {
        "service": service,
        "processes": [{"process": "a", "pid": 4711, "address": "172.18.0.5"}],
        "log_id": LOG,
        "position": published + 1,
        "published": published,
        "ready": True,
        "waits_for": [],
        "checkpoints": [
            {
                "hearer": "views",
                "source": source,
                "log_id": LOG,
                "number": number,
                "event_id": LOG,
                "head": number,
                "behind": 0,
            }
            for source, number in (heard or {}).items()
        ],
        "leases": [{"name": "relay", "holder": "a", "until": "2026-11-21T00:00:00Z"}],
        "stopped": [],
        "parked": [],
        "formers": {},
        "refused": 0,
        "lost_reactions": [],
    }


def house(heard: int = 9) -> dict[str, Any]:
    statuses = {service: said(service) for service in SERVICES}
    statuses[MIGRATION] = said(MIGRATION, published=9, heard={REGISTRY: 0})
    statuses[ENTERPRISE] = said(ENTERPRISE, heard={MIGRATION: heard, REGISTRY: 0})
    return statuses


def test_everybody_has_heard_when_checkpoints_are_at_what_their_owners_published() -> None:
    assert status.all_heard(house())
    assert not status.all_heard(house(heard=8))
    assert status.lags(house(heard=8)) == [(ENTERPRISE, "views", MIGRATION, 1)]


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"ready": False, "waits_for": ["registry's feed"]}, "waits for registry's feed"),
        (
            {"stopped": [{"subscription": "views:migration", "number": 4, "event_id": LOG, "error": "KeyError"}]},
            "views:migration at 4",
        ),
    ],
)
def test_what_is_wrong_is_named(change: dict[str, Any], words: str) -> None:
    statuses = house()
    statuses[ENTERPRISE] |= change
    [trouble] = status.troubles(statuses)
    assert ENTERPRISE in trouble
    assert words in trouble
    assert not status.all_heard(statuses)


def test_a_head_that_is_not_known_yet_is_a_lag() -> None:
    statuses = house()
    statuses[ENTERPRISE]["checkpoints"][0]["behind"] = None
    assert status.lags(statuses) == [(ENTERPRISE, "views", MIGRATION, None)]


def test_own_views_follow_the_own_log_by_position() -> None:
    statuses = house()
    own = {"hearer": "views", "source": MIGRATION, "number": 10, "head": 10, "behind": 0}
    statuses[MIGRATION]["checkpoints"].append(own)
    assert status.all_heard(statuses)
    own["behind"] = 2
    assert status.lags(statuses) == [(MIGRATION, "views", MIGRATION, 2)]


def parked(n: int) -> dict[str, Any]:
    return {
        "hearer": "training_roster",
        "source": MIGRATION,
        "key": f"person {n}",
        "since": "2026-11-21T04:05:06.123456+00:00",
        "number": 4,
        "event_id": LOG,
        "why": "LookupError",
        "how_many": 3,
    }


def test_who_waits_is_named_and_of_many_how_many_there_are() -> None:
    statuses = house()
    statuses[ENTERPRISE]["parked"] = [parked(1)]
    [sentence] = status.troubles(statuses)
    assert sentence == (
        "enterprise has parked · tertahan: person 1 at training_roster since 2026-11-21T04:05:06Z: LookupError, "
        "3 of migration_service's facts wait from 4 on"
    )
    statuses[ENTERPRISE]["parked"] = [parked(n) for n in range(7000)]
    sentences = status.troubles(statuses)
    assert len(sentences) == 21
    assert sentences[-1].startswith("enterprise has parked 6980 more, see `desmigratif parked enterprise` · ")
    assert len(status.as_json(statuses)[ENTERPRISE]["parked"]) == 7000


def test_what_views_were_before_is_listed_where_there_is_something_and_is_no_trouble() -> None:
    statuses = house()
    assert "Kept from before" not in tables(statuses)
    statuses[ENTERPRISE]["formers"] = {"training_roster": ["training_roster_1", "training_roster_2_former_2026"]}
    text = tables(statuses)
    assert "enterprise training_roster" in text
    assert "training_roster_1, training_roster_2_former_2026" in text
    assert status.troubles(statuses) == []


def tables(statuses: dict[str, Any]) -> str:
    console = Console(file=io.StringIO(), width=200)
    status.show(statuses, console)
    assert isinstance(console.file, io.StringIO)
    return console.file.getvalue()


def test_a_silent_service_is_wrong_and_null_in_json() -> None:
    statuses = house() | {ENTERPRISE: Unreachable(ENTERPRISE, "connection refused")}
    assert len(status.troubles(statuses)) == 1
    assert status.as_json(statuses)[ENTERPRISE] is None


def test_the_tables_name_services_hearers_and_leases() -> None:
    console = Console(file=io.StringIO(), width=200)
    statuses = house()
    statuses[REGISTRY]["lost_reactions"] = [
        {"source": MIGRATION, "log_id": LOG, "number": 901, "event_id": LOG, "position": 77}
    ]
    status.show(statuses, console)
    assert isinstance(console.file, io.StringIO)
    text = console.file.getvalue()
    assert all(service in text for service in SERVICES)
    assert "relay" in text
    assert f"{MIGRATION} 901" in text


class StandIn(Calls):
    """Answers one house after another, the last again and again."""

    def __init__(self, *houses: dict[str, Any]) -> None:
        super().__init__({}, lambda: "")
        self._rounds = {service: [copy.deepcopy(one[service]) for one in houses] for service in SERVICES}
        self.asked = 0

    async def get(
        self,
        service: str,
        path: str,
        *,
        query: object = None,
        after: str | None = None,
        timeout_seconds: float | None = None,
    ) -> Reply:
        assert (path, query, after, timeout_seconds) == ("/operations/status", None, None, None)
        rounds = self._rounds[service]
        self.asked += service == REGISTRY
        return Reply(service, path, 200, rounds.pop(0) if len(rounds) > 1 else rounds[0], None, 0.0)


async def test_waiting_ends_when_nothing_moves_any_more() -> None:
    later = house()
    later[REGISTRY] = said(REGISTRY, published=1)  # a reaction has just written; nobody has heard of it
    last = copy.deepcopy(later)
    last[ENTERPRISE] = said(ENTERPRISE, heard={MIGRATION: 9, REGISTRY: 1})
    last[MIGRATION] = said(MIGRATION, published=9, heard={REGISTRY: 1})
    calls = StandIn(house(heard=3), house(), later, last)
    statuses = await status.wait_until_heard(calls, 10)
    assert status.all_heard(statuses)
    assert calls.asked == 5


async def test_waiting_ends_when_the_time_is_over() -> None:
    statuses = await status.wait_until_heard(StandIn(house(heard=3)), 0.1)
    assert not status.all_heard(statuses)
