import io
import json

import pytest
from rich.console import Console

from deploy.command import villages
from deploy.command.calls import COOPERATIVE, ENTERPRISE, MIGRATION, PARENTING, REGISTRY, Calls, Reply
from deploy.command.failures import Unreachable

KURIPAN, KENANGA, EMPTY = "33.07.10.2004", "32.12.16.2004", "35.07.33.2006"

COUNTED = {
    REGISTRY: {KURIPAN: {"workers": 3}, KENANGA: {"workers": 1}, EMPTY: {"workers": 0}},
    MIGRATION: {
        KURIPAN: {"abroad": 1, "on_leave": 0, "returned": 1, "deceased": 1},
        KENANGA: {"abroad": 1, "on_leave": 0, "returned": 0, "deceased": 0},
    },
    ENTERPRISE: {KURIPAN: {"training_candidates": 2}},
    PARENTING: {KURIPAN: {"children_with_parent_abroad": 2}},
    COOPERATIVE: {KURIPAN: {"cooperative_prospects": 1}},
}


def test_villages_are_put_together_by_code_and_only_those_with_a_figure() -> None:
    assert villages.together(COUNTED) == [
        {
            "code": KENANGA,
            "name": "Kenanga",
            "workers": 1,
            "abroad": 1,
            "on_leave": 0,
            "returned": 0,
            "deceased": 0,
            "training_candidates": 0,
            "children_with_parent_abroad": 0,
            "cooperative_prospects": 0,
        },
        {
            "code": KURIPAN,
            "name": "Kuripan",
            "workers": 3,
            "abroad": 1,
            "on_leave": 0,
            "returned": 1,
            "deceased": 1,
            "training_candidates": 2,
            "children_with_parent_abroad": 2,
            "cooperative_prospects": 1,
        },
    ]


def test_figures_of_a_service_without_an_answer_are_null_and_so_is_their_total() -> None:
    found = villages.together({**COUNTED, ENTERPRISE: None})
    assert [village["training_candidates"] for village in found] == [None, None]
    totals = villages.totals(found)
    assert (totals["training_candidates"], totals["workers"]) == (None, 4)


class StandIn(Calls):
    """Five services, of which *silent* does not answer; *withheld* refuses what is for operators."""

    def __init__(self, silent: str = "", withheld: bool = False) -> None:
        super().__init__({}, lambda: "")
        self._silent = silent
        self._withheld = withheld

    async def get(
        self,
        service: str,
        path: str,
        *,
        query: object = None,
        after: str | None = None,
        timeout_seconds: float | None = None,
    ) -> Reply:
        assert (after, timeout_seconds) == (None, None)
        if service == self._silent:
            raise Unreachable(service, "connection refused")
        match path:
            case "/operations/status" | "/operations/propagation" if self._withheld:
                return Reply(service, path, 403, {"slug": "scope-missing"}, None, 0.0)
            case "/figures":
                items = [{"village": code, **figures} for code, figures in COUNTED[service].items()]
                return Reply(service, path, 200, {"items": items, "next": None}, None, 0.0)
            case "/operations/status":
                return Reply(service, path, 200, {"position": 7, "published": 5}, None, 0.0)
            case "/operations/propagation":
                assert query == {"word": "WorkerReturned"}
                return Reply(service, path, 200, {"n": 2, "p50": 3.25, "p99": 9.5}, None, 0.0)
            case _:
                raise AssertionError(path)


async def test_the_json_has_the_documented_shape() -> None:
    found = await villages.ask(StandIn())
    assert found.complete
    shape = json.loads(villages.as_json(found))
    assert list(shape) == ["villages", "propagation_ms", "events"]
    assert shape["propagation_ms"] == {
        ENTERPRISE: {"n": 2, "p50": 3.25, "p99": 9.5},
        COOPERATIVE: {"n": 2, "p50": 3.25, "p99": 9.5},
    }
    assert shape["events"] == dict.fromkeys((REGISTRY, MIGRATION, ENTERPRISE, PARENTING, COOPERATIVE), 7)


async def test_a_stopped_service_is_named_and_everything_of_it_is_null() -> None:
    found = await villages.ask(StandIn(silent=ENTERPRISE))
    assert not found.complete
    assert len(found.silent) == 1
    assert ENTERPRISE in found.silent[0]
    assert {village["training_candidates"] for village in found.villages} == {None}
    assert found.propagation_ms[ENTERPRISE] is None
    assert found.events[ENTERPRISE] is None
    assert found.propagation_ms[COOPERATIVE] is not None


async def test_who_is_no_operator_sees_the_figures_alone() -> None:
    found = await villages.ask(StandIn(withheld=True))
    assert found.complete
    assert found.withheld == [REGISTRY, MIGRATION, ENTERPRISE, PARENTING, COOPERATIVE]
    assert found.villages
    assert set(found.events.values()) == {None}


@pytest.mark.parametrize("silent", ["", ENTERPRISE])
async def test_the_table_names_every_village(silent: str) -> None:
    console = Console(file=io.StringIO(), width=200)
    villages.show(await villages.ask(StandIn(silent)), console)
    assert isinstance(console.file, io.StringIO)
    text = console.file.getvalue()
    assert "Kuripan, Watumalang, Kabupaten Wonosobo" in text
    assert ("–" in text) == bool(silent)
