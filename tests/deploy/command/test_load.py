import asyncio
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import pytest

from deploy.command.calls import MIGRATION, REGISTRY, Calls, Reply
from deploy.command.failures import Unexpected
from deploy.command.load import TOGETHER, Judged, Load, Outcome, in_turn, verdict, write_report
from deploy.command.placements import Cells, Line


def answered(status: int, *codes: str, slug: str = "", warnings: tuple[str, ...] = ()) -> Reply:
    """A reply of a service: a problem with *codes*, or a success with *warnings*."""
    if status < 300:
        body: dict[str, Any] = {"id": None, "warnings": list(warnings)}
    else:
        errors = [{"column": "…", "code": code} for code in codes]
        body = {"slug": slug or codes[0], "errors": errors}
    return Reply("…", "POST /…", status, body, None, 0.0)


FINE = answered(200)


@pytest.mark.parametrize(
    ("registry", "migration", "outcome", "codes"),
    [
        pytest.param(FINE, FINE, "accepted", "", id="nothing wrong"),
        pytest.param(
            answered(200, warnings=("nik-unknown-district",)), FINE, "warning", "nik-unknown-district", id="a warning"
        ),
        pytest.param(answered(422, "nik-length"), FINE, "rejected", "nik-length", id="malformed at the registry"),
        pytest.param(
            FINE, answered(422, "country-unknown"), "rejected", "country-unknown", id="malformed at the other service"
        ),
        pytest.param(
            answered(422, "nik-length", "village-unknown"),
            answered(422, "country-unknown", "contract-date-invalid"),
            "rejected",
            "nik-length country-unknown contract-date-invalid village-unknown",
            id="in the order of the list's columns",
        ),
        pytest.param(
            answered(200, warnings=("nik-unknown-district",)),
            answered(422, "contract-date-invalid"),
            "rejected",
            "nik-unknown-district contract-date-invalid",
            id="a warning beside a rejection",
        ),
        pytest.param(
            answered(409, "nik-belongs-to-another-name"),
            FINE,
            "rejected",
            "nik-belongs-to-another-name",
            id="somebody else's NIK",
        ),
        pytest.param(
            answered(409, "nik-unknown-district", "nik-belongs-to-another-name", slug="nik-belongs-to-another-name"),
            FINE,
            "rejected",
            "nik-unknown-district nik-belongs-to-another-name",
            id="its code comes last",
        ),
        pytest.param(
            answered(409, "nik-belongs-to-another-name"),
            answered(422, "country-unknown"),
            "rejected",
            "country-unknown",
            id="a malformed line is not held against what is known",
        ),
        pytest.param(
            answered(200, warnings=("nik-unknown-district",)),
            answered(409, slug="duplicate-row"),
            "duplicate",
            "nik-unknown-district duplicate-row",
            id="a warned line once more",
        ),
        pytest.param(
            answered(409, "nik-registered-elsewhere"),
            answered(409, slug="duplicate-row"),
            "rejected",
            "nik-registered-elsewhere",
            id="the registry is asked first",
        ),
        pytest.param(answered(403, slug="outside-area"), FINE, "rejected", "outside-area", id="another's village"),
        pytest.param(
            answered(422, slug="body-malformed"), FINE, "rejected", "body-malformed", id="malformed, no column named"
        ),
    ],
)
def test_what_two_answers_make_of_a_line(registry: Reply, migration: Reply, outcome: Outcome, codes: str) -> None:
    assert verdict((registry, migration)) == (outcome, tuple(codes.split()))


def line(number: int, nik: str) -> Line:
    return Line(number, Cells(nik, "Siti Contoh", "TW", "SK-1", "2023-12-31", "33.07.10.2004"))


def test_lines_of_one_nik_however_written_follow_one_another() -> None:
    lines = [line(2, "33 07.1"), line(3, ""), line(4, "'33071"), line(5, "kosong"), Line(6, None), line(7, "9")]
    assert [[one.number for one in group] for group in in_turn(lines)] == [[2, 4], [3], [5], [6], [7]]


def test_the_report_is_in_list_order_with_codes_joined_by_a_blank(tmp_path: Path) -> None:
    report = tmp_path / "report.csv"
    write_report(
        report, [Judged(line(3, ""), "rejected", ("nik-length", "name-missing")), Judged(line(2, "1"), "accepted")]
    )
    assert report.read_bytes() == b"line,outcome,codes\r\n2,accepted,\r\n3,rejected,nik-length name-missing\r\n"


class StandIn(Calls):
    """Answers in place of both services, and keeps what it was asked."""

    def __init__(self, **answers: Reply) -> None:
        super().__init__({}, lambda: "")
        self.asked: list[tuple[str, str, dict[str, Any], str, str | None]] = []
        self.requests: list[tuple[str, int]] = []
        self._answers = answers

    async def post_all(
        self,
        service: str,
        path: str,
        items: Iterable[tuple[str, Mapping[str, Any]]],
        *,
        after: str | None = None,
        check: bool = False,
    ) -> list[Reply]:
        await asyncio.sleep(0)
        what = f"{'check_' if check else ''}{path.removeprefix('/')}"
        replies = []
        for key, body in items:
            self.asked.append((service, what, dict(body), key, after))
            unknown = what == "check_departures" and "worker_id" in body and "unknown" in self._answers
            replies.append(self._answers["unknown" if unknown else what])
        self.requests.append((what, len(replies)))
        return replies


async def one(calls: StandIn, line: Line, run: str | None = None) -> Judged:
    (judged,) = await Load(calls, run).together([line])
    return judged


def known(status: int, body: dict[str, Any], position: str | None = None) -> Reply:
    return Reply("…", "POST /…", status, {"warnings": [], **body}, position, 0.0)


ACCEPTING = {
    "check_workers": known(200, {"id": None}),
    "check_departures": known(200, {}),
    "workers": known(201, {"id": "p"}, "registry=1.1@00000000"),
    "departures": known(201, {"id": "t", "departed_on": "2023-12-31"}),
}


async def test_a_line_is_checked_at_the_second_service_before_it_is_written_at_the_first() -> None:
    calls = StandIn(**ACCEPTING)
    judged = await one(calls, line(2, "1"), "run")
    assert (judged.outcome, judged.worker_id, judged.trip_id, str(judged.departed_on)) == (
        "accepted",
        "p",
        "t",
        "2023-12-31",
    )
    assert [(service, what, key, after) for service, what, _, key, after in calls.asked] == [
        (MIGRATION, "check_departures", "run:2:departure:check", None),
        (REGISTRY, "workers", "run:2:worker", None),
        (MIGRATION, "departures", "run:2:departure", "registry=1.1@00000000"),
    ]
    assert calls.asked[1][2] == {"nik": "1", "name": "Siti Contoh", "village": "33.07.10.2004"}
    assert calls.asked[2][2] == {"country": "TW", "decree": "SK-1", "contract_date": "2023-12-31", "worker_id": "p"}
    assert "worker_id" not in calls.asked[0][2]


async def test_what_the_second_service_would_refuse_is_written_nowhere_and_told_with_what_the_first_says() -> None:
    calls = StandIn(
        **ACCEPTING
        | {"check_departures": answered(422, "country-unknown"), "check_workers": answered(422, "name-missing")}
    )
    judged = await one(calls, line(2, "1"))
    assert (judged.outcome, judged.worker_id) == ("rejected", None)
    assert judged.codes == ("name-missing", "country-unknown")
    assert [what for _, what, *_ in calls.asked] == ["check_departures", "check_workers"]


async def test_what_the_first_service_refuses_is_written_nowhere() -> None:
    calls = StandIn(**ACCEPTING | {"workers": answered(422, "name-missing")})
    judged = await one(calls, line(2, "1"))
    assert (judged.outcome, judged.codes, judged.worker_id) == ("rejected", ("name-missing",), None)
    assert [what for _, what, *_ in calls.asked] == ["check_departures", "workers"]


async def test_a_placement_that_is_there_already_is_told_as_a_duplicate_of_a_known_worker() -> None:
    calls = StandIn(**ACCEPTING | {"departures": answered(409, slug="duplicate-row")})
    judged = await one(calls, line(2, "1"))
    assert (judged.outcome, judged.codes, judged.worker_id) == ("duplicate", ("duplicate-row",), "p")


async def test_an_unreadable_line_is_reported_and_posted_nowhere() -> None:
    calls = StandIn()
    judged = await one(calls, Line(2, None))
    assert (judged.outcome, judged.codes, calls.asked) == ("rejected", ("line-not-utf-8",), [])


async def test_what_says_nothing_of_the_line_ends_the_load() -> None:
    calls = StandIn(**ACCEPTING | {"workers": answered(500, slug="internal")})
    with pytest.raises(Unexpected, match="internal"):
        await Load(calls).all([line(2, "1"), line(3, "2")], lambda _: None)


async def test_another_run_has_other_keys() -> None:
    calls = StandIn(**ACCEPTING)
    for _ in range(2):
        await one(calls, line(2, "1"))
    assert len({key for *_, key, _ in calls.asked}) == len(calls.asked)


async def test_lines_go_many_in_a_request_and_those_of_one_person_in_later_ones() -> None:
    calls = StandIn(**ACCEPTING)
    lines = [line(n, str(n % (TOGETHER + 50))) for n in range(2, TOGETHER + 62)]
    done: list[Judged] = []
    await Load(calls, "run").all(lines, done.append)
    assert sorted(one.line.number for one in done) == [line.number for line in lines]
    assert {one.outcome for one in done} == {"accepted"}
    assert sorted(size for what, size in calls.requests if what == "workers") == [10, 50, TOGETHER]
    order = {key.split(":")[1]: n for n, (_, what, _, key, _) in enumerate(calls.asked) if what == "departures"}
    checked = {key.split(":")[1]: n for n, (_, what, _, key, _) in enumerate(calls.asked) if what == "check_departures"}
    for first in range(2, 12):
        assert order[str(first)] < checked[str(first + TOGETHER + 50)]


async def test_in_one_request_each_line_has_its_own_end() -> None:
    calls = StandIn(**ACCEPTING)
    bad = known(422, {"slug": "nik-length", "errors": [{"column": "nik", "code": "nik-length"}]})

    async def judged_by(items: list[tuple[str, Mapping[str, Any]]], replies: list[Reply]) -> list[Reply]:
        return [bad if body.get("nik") == "3" else reply for (_, body), reply in zip(items, replies, strict=True)]

    ask = calls.post_all

    async def post_all(service: str, path: str, items: Any, **more: Any) -> list[Reply]:
        asked = list(items)
        return await judged_by(asked, await ask(service, path, asked, **more))

    calls.post_all = post_all  # type: ignore[method-assign]
    judged = await Load(calls).together([line(2, "1"), Line(3, None), line(4, "3"), line(5, "4")])
    assert [(one.line.number, one.outcome, one.codes) for one in judged] == [
        (2, "accepted", ()),
        (3, "rejected", ("line-not-utf-8",)),
        (4, "rejected", ("nik-length",)),
        (5, "accepted", ()),
    ]
    assert ("departures", 2) in calls.requests
