from typing import Any

from deploy.command import rebuild, verify
from deploy.command.calls import COOPERATIVE, ENTERPRISE, LONG_SECONDS, MIGRATION, SERVICES, Calls, Reply
from deploy.command.failures import Unreachable

LOG = "9f3c2a1b-0000-4000-8000-000000000000"


def event(number: int) -> str:
    return f"00000000-0000-4000-8000-{number:012}"


class StandIn(Calls):
    """A clean house in which enterprise has heard nine words of the migration service, but for *changes* to it."""

    def __init__(self, *, silent: str = "", findings: list[dict[str, Any]] | None = None, **changes: Any) -> None:
        super().__init__({}, lambda: "")
        self._silent = silent
        self._findings = findings or []
        self._checkpoint = {
            "hearer": "views",
            "source": MIGRATION,
            "log_id": LOG,
            "number": 9,
            "event_id": event(9),
        } | changes

    async def get(
        self,
        service: str,
        path: str,
        *,
        query: Any = None,
        after: str | None = None,
        timeout_seconds: float | None = None,
    ) -> Reply:
        assert after is None
        if service == self._silent:
            raise Unreachable(service, "connection refused")
        assert (timeout_seconds == LONG_SECONDS) == (path == "/operations/verify")
        if path == "/operations/verify/event":
            if query["number"] > 9:
                return Reply(service, path, 404, {"slug": "not-found"}, None, 0.0)
            body = {"log_id": LOG, "number": query["number"], "event_id": event(query["number"])}
            return Reply(service, path, 200, body, None, 0.0)
        checkpoints = {
            ENTERPRISE: [self._checkpoint],
            COOPERATIVE: [{**self._checkpoint, "number": 0, "event_id": None}],
        }
        body = {
            "service": service,
            "log_id": LOG,
            "findings": self._findings if service == MIGRATION else [],
            "checkpoints": checkpoints.get(service, []),
            "head": {"log_id": LOG, "number": 9, "event_id": event(9)},
            "bus": {"first": 1, "last": 9},
        }
        return Reply(service, path, 200, body, None, 0.0)


async def test_a_clean_house_has_no_findings() -> None:
    verified = await verify.ask(StandIn())
    assert verified.findings == []
    assert set(verified.services) == set(SERVICES)
    assert verified.checkpoints == 2


async def test_a_checkpoint_beyond_its_owner_is_named_with_service_and_number() -> None:
    [finding] = (await verify.ask(StandIn(number=10))).findings
    assert (finding.service, finding.number) == (ENTERPRISE, 10)


async def test_a_checkpoint_one_too_low_with_the_event_of_another_is_named() -> None:
    [finding] = (await verify.ask(StandIn(number=8))).findings
    assert str(finding).startswith(f"{ENTERPRISE} 8: checkpoint of views on {MIGRATION}: event_id")


async def test_a_checkpoint_of_another_log_is_named() -> None:
    [finding] = (await verify.ask(StandIn(log_id=event(1)))).findings
    assert "log_id" in finding.detail


async def test_what_a_service_finds_itself_is_passed_on() -> None:
    found = {"what": "bytes", "number": 4, "detail": "the bus has other bytes"}
    [finding] = (await verify.ask(StandIn(findings=[found]))).findings
    assert str(finding) == f"{MIGRATION} 4: bytes: the bus has other bytes"


async def test_a_silent_service_is_a_finding_and_so_is_a_checkpoint_on_it() -> None:
    verified = await verify.ask(StandIn(silent=MIGRATION))
    assert [finding.service for finding in verified.findings] == [MIGRATION, ENTERPRISE]


def test_a_rebuilt_view_names_each_row_that_differs() -> None:
    said = {
        "view": "training_roster",
        "rows": {"people": 3},
        "differences": [{"table": "people", "key": {"person_id": event(1)}, "what": "missing"}],
        "repaired": 1,
    }
    [sentence] = rebuild.differences(ENTERPRISE, said)
    assert sentence.startswith("enterprise training_roster: people")
    assert sentence.endswith("missing")
