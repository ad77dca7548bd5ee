import io
from typing import Any

import pytest
from rich.console import Console
from typer.testing import CliRunner

from deploy.command import parked
from deploy.command.calls import ENTERPRISE, REGISTRY, SERVICES, Calls, Reply
from deploy.command.failures import BadFile, Unexpected, Unreachable
from deploy.command.main import app

SITI = "7d44b1de-5b0e-7c3a-8f6b-0d6c8a5b9f01"
WAITING = {
    "hearer": "training_roster",
    "source": "migration_service",
    "key": SITI,
    "since": "2026-11-21T04:05:06.123456+00:00",
    "number": 40712,
    "event_id": SITI,
    "why": "LookupError",
    "how_many": 3,
}
DONE = {
    "hearer": "training_roster",
    "source": "migration_service",
    "key": SITI,
    "took_effect": 2,
    "waiting": 1,
    "why": "LookupError",
}


class StandIn(Calls):
    """Answers each service's part of *answers*: a status and a body."""

    def __init__(self, answers: dict[str, tuple[int, Any]]) -> None:
        super().__init__({}, lambda: "")
        self._answers = answers
        self.asked: list[tuple[str, str]] = []

    async def get(self, service: str, path: str, **_: Any) -> Reply:
        return self._reply(service, path)

    async def post(self, service: str, path: str, body: object, **options: Any) -> Reply:
        assert body is None
        assert options["key"]
        return self._reply(service, path)

    def _reply(self, service: str, path: str) -> Reply:
        self.asked.append((service, path))
        status, body = self._answers.get(service, (200, {"items": []}))
        if status == 0:
            raise Unreachable(service, "connection refused")
        return Reply(service, path, status, body, None, 0.0)


def shown(said: parked.Parked, width: int = 200) -> str:
    console = Console(file=io.StringIO(), width=width)
    parked.show(said, console)
    assert isinstance(console.file, io.StringIO)
    return console.file.getvalue()


async def test_every_service_is_asked_who_waits() -> None:
    calls = StandIn({ENTERPRISE: (200, {"items": [WAITING]}), REGISTRY: (0, None)})
    said = await parked.ask(calls)
    assert calls.asked == [(service, "/operations/parked") for service in SERVICES]
    assert said[ENTERPRISE] == [WAITING]
    assert parked.silent(said) == ["registry does not answer (connection refused) · registry tidak menjawab"]


@pytest.mark.parametrize("width", [60, 80, 200])
def test_whose_facts_wait_is_told_whole_also_on_a_narrow_terminal(width: int) -> None:
    text = shown({ENTERPRISE: [WAITING]}, width)
    for words in (
        SITI,
        "enterprise.training_roster",
        "migration_service",
        "2026-11-21 04:05:06",
        "40712",
        "LookupError",
    ):
        assert words in text
    assert "…" not in text


def test_nobody_waits_is_said_only_where_everybody_answered() -> None:
    assert shown({ENTERPRISE: []}) == "Nobody waits. · Tidak ada yang tertahan.\n"
    assert shown({ENTERPRISE: [], REGISTRY: Unreachable(REGISTRY, "refused")}) == ""


async def test_a_replay_is_narrowed_to_a_hearer_and_a_person_and_passes_over_services_where_they_do_not_wait() -> None:
    calls = StandIn({ENTERPRISE: (200, {"items": [DONE]}), REGISTRY: (404, {"slug": "not-found"})})
    said = await parked.replay(calls, (ENTERPRISE, REGISTRY), "training_roster", SITI)
    path = f"/operations/replay?hearer=training_roster&key={SITI}"
    assert calls.asked == [(ENTERPRISE, path), (REGISTRY, path)]
    assert said == {ENTERPRISE: [DONE], REGISTRY: []}
    with pytest.raises(Unexpected, match="403 scope-missing"):
        await parked.replay(StandIn({ENTERPRISE: (403, {"slug": "scope-missing"})}), (ENTERPRISE,), None, None)


async def test_a_mistyped_hearer_or_a_person_who_does_not_wait_is_said() -> None:
    unknown = {
        ENTERPRISE: (404, {"slug": "hearer-unknown", "hearers": ["courses", "training_roster"]}),
        REGISTRY: (404, {"slug": "hearer-unknown", "hearers": ["people"]}),
    }
    with pytest.raises(BadFile, match=r"enterprise\.courses, enterprise\.training_roster, registry\.people"):
        await parked.replay(StandIn(unknown), (ENTERPRISE, REGISTRY), "roster", None)
    nobody = {ENTERPRISE: (404, {"slug": "not-found"}), REGISTRY: unknown[REGISTRY]}
    with pytest.raises(BadFile, match=SITI):
        await parked.replay(StandIn(nobody), (ENTERPRISE, REGISTRY), "training_roster", SITI)
    silent = await parked.replay(StandIn(nobody | {REGISTRY: (0, None)}), (ENTERPRISE, REGISTRY), None, SITI)
    assert isinstance(silent[REGISTRY], Unreachable)


def test_what_became_of_each_is_shown_and_who_still_waits_is_counted() -> None:
    console = Console(file=io.StringIO(), width=80)
    assert parked.show_replayed({ENTERPRISE: [DONE, DONE | {"waiting": 0, "why": None}]}, console) == 1
    assert isinstance(console.file, io.StringIO)
    text = console.file.getvalue()
    assert text.count(SITI) == 2
    assert "None" not in text
    assert parked.show_replayed({ENTERPRISE: []}, console) == 0
    assert "Nobody waited. · Tidak ada yang tertahan." in console.file.getvalue()


@pytest.mark.parametrize("command", ["parked", "replay", "rebuild", "drop"])
def test_each_command_says_what_it_does(command: str) -> None:
    said = CliRunner().invoke(app, [command, "--help"], env={"COLUMNS": "80", "NO_COLOR": "1"})
    assert said.exit_code == 0
    assert max(len(line) for line in said.stdout.splitlines()) <= 80
