import io
from typing import Any

from rich.console import Console

from deploy.command import rebuild
from deploy.command.calls import ENTERPRISE, Calls, Reply

SITI = "7d44b1de-5b0e-7c3a-8f6b-0d6c8a5b9f01"
FORMER = "training_roster_2_former_20261121040506123456"
SAID: dict[str, Any] = {
    "view": "training_roster",
    "at": {"registry": 4, "migration_service": 9},
    "rows": {"people": 4, "standings": 2},
    "differences": [],
    "repaired": 0,
    "parked": [],
    "former": FORMER,
}


class StandIn(Calls):
    """Answers the one thing that is asked."""

    def __init__(self, body: dict[str, Any]) -> None:
        super().__init__({}, lambda: "")
        self._body = body
        self.asked = ""

    async def post(self, service: str, path: str, body: object, **options: Any) -> Reply:
        assert body is None
        assert options["timeout_seconds"] >= 600  # a long log
        self.asked = f"{service} {path}"
        return Reply(service, path, 200, self._body, None, 0.0)


def shown(said: dict[str, Any]) -> str:
    console = Console(file=io.StringIO(), width=80)
    rebuild.show(ENTERPRISE, said, console)
    assert isinstance(console.file, io.StringIO)
    return console.file.getvalue()


async def test_a_view_is_rebuilt_and_what_it_was_is_dropped() -> None:
    calls = StandIn(SAID)
    assert await rebuild.ask(calls, ENTERPRISE, "training_roster") == SAID
    assert calls.asked == "enterprise /operations/views/training_roster/rebuild"
    calls = StandIn({"dropped": [FORMER]})
    assert await rebuild.drop(calls, ENTERPRISE, "training_roster") == [FORMER]
    assert calls.asked == "enterprise /operations/views/training_roster/drop-formers"


def test_an_equal_view_is_said_to_be_equal_and_what_is_kept_has_a_name() -> None:
    text = shown(SAID)
    assert "row for row" in text
    assert FORMER in text
    assert "parked" not in text


def test_who_was_left_out_and_what_differed_is_named() -> None:
    differing = [{"table": "standings", "key": {"person_id": SITI}, "what": "missing"}]
    said = SAID | {"parked": [SITI], "differences": differing, "repaired": 1}
    text = shown(said)
    assert f"Left out, parked · tertahan: {SITI}" in text
    assert "row for row" not in text
    [sentence] = rebuild.differences(ENTERPRISE, said)
    assert sentence == f"enterprise training_roster: standings {{'person_id': '{SITI}'}}: missing"
