"""Which histories a command reads and writes, and whose it may touch."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, cast
from uuid import UUID

import pytest

from services.migration_service.commands import CheckCells, handle
from services.migration_service.domain.placement import Cells
from services.migration_service.domain.service_file import (
    DuplicateFiled,
    DuplicateUnfiled,
    EraseServiceFile,
    MergeServiceFile,
    OpenServiceFile,
    ServiceFileErased,
    ServiceFileMerged,
    ServiceFileMoved,
    ServiceFileOpened,
    ServiceFileUnmerged,
    UnmergeServiceFile,
    stream_id,
)
from services.migration_service.domain.trip_rules import (
    CorrectDeparture,
    RecordDeparture,
    RecordReturn,
    RetractReturn,
    TripCommand,
)
from shared.decider import DomainEvent
from shared.errors import Refused
from shared.execute import Answer, Caller, Request, Work
from shared.log.store import EventLog, History
from shared.vocabulary import Occurred
from tests.migration_service.trips_of_siti import (
    CELLS,
    DEPARTED,
    HOME,
    SITI,
    TODAY,
    TRIP_ID,
    departure_retracted,
    facts,
)
from tests.rosters import KENANGA, KURIPAN, someone

Events = Mapping[UUID, Sequence[DomainEvent]]

FILE = stream_id(SITI)
OPENED = ServiceFileOpened(occurred=Occurred(TODAY), worker_id=SITI, village=KURIPAN)
MOVED = ServiceFileMoved(occurred=Occurred(TODAY), worker_id=SITI, village=KENANGA)
ERASED = ServiceFileErased(occurred=Occurred(TODAY), worker_id=SITI)
COMMAND_ID = UUID(int=0x5000)
ABROAD: Events = {FILE: [OPENED], TRIP_ID: [DEPARTED]}
SK_1 = ("placement", str(SITI), "decree", "sk-1")

RETURN = RecordReturn(trip_id=TRIP_ID, returned_on="2025-06-01", reason="contract_ended")
DEPARTURE = RecordDeparture(worker_id=SITI, cells=CELLS)


@dataclass
class Histories:
    """A log that holds what a test says: what `Work` reads of one."""

    events: Events
    claims: Mapping[tuple[str, ...], UUID] = field(default_factory=dict)

    async def history(self, stream: UUID) -> History:
        events = self.events.get(stream, ())
        return History(events, {}, len(events))

    def claim_key(self, kind: str, parts: Sequence[str]) -> bytes:
        return repr((kind, *parts)).encode()

    async def holder(self, _kind: str, key: bytes) -> UUID | None:
        return {self.claim_key(kind, parts): holder for (kind, *parts), holder in self.claims.items()}.get(key)


def work(
    events: Events,
    claims: Mapping[tuple[str, ...], UUID] | None = None,
    *,
    area: str = "*",
    check: bool = False,
    if_match: int | None = None,
) -> Work:
    async def no_rows(_query: Any) -> Any:
        raise AssertionError("no view decides a command")

    caller = Caller("regency", frozenset({"integrator"}), area)
    request = Request(COMMAND_ID, b"", caller, TODAY, check=check, if_match=if_match)
    histories = Histories(events, claims or {})
    return Work(cast("EventLog", histories), request, no_rows, histories)


async def decided(attempt: Work, command: Any) -> tuple[Answer, list[DomainEvent]]:
    answer = await handle(attempt, command)
    return answer, [event for _, event in attempt._queued]


async def refused(attempt: Work, command: Any) -> tuple[int, str]:
    with pytest.raises(Refused) as caught:
        await handle(attempt, command)
    return caught.value.refusal.status, caught.value.slug


class TestServiceFile:
    async def test_a_worker_gets_a_file(self) -> None:
        _, events = await decided(work({}), OpenServiceFile(SITI, KURIPAN))
        assert events == [OPENED]

    async def test_erasing_ends_it(self) -> None:
        _, events = await decided(work({FILE: [OPENED]}), EraseServiceFile(SITI))
        assert events == [ERASED]


BUDI = someone(2)
FILE_OF_BUDI = stream_id(BUDI)
OPENED_BUDI = ServiceFileOpened(occurred=Occurred(TODAY), worker_id=BUDI, village=KENANGA)
MERGED = ServiceFileMerged(occurred=Occurred(TODAY), worker_id=SITI, into=BUDI)
FILED = DuplicateFiled(occurred=Occurred(TODAY), worker_id=BUDI, duplicate_id=SITI)
ONE_HUMAN: Events = {FILE: [OPENED, MERGED], FILE_OF_BUDI: [OPENED_BUDI, FILED], TRIP_ID: [DEPARTED]}
"""Siti is Budi registered once more; the trip is Siti's."""


class TestMerge:
    async def test_both_files_take_it_together(self) -> None:
        two: Events = {FILE: [OPENED], FILE_OF_BUDI: [OPENED_BUDI]}
        assert (await decided(work(two), MergeServiceFile(SITI, BUDI)))[1] == [MERGED, FILED]
        assert (await decided(work(ONE_HUMAN), MergeServiceFile(SITI, BUDI)))[1] == []
        _, undone = await decided(work(ONE_HUMAN), UnmergeServiceFile(SITI))
        assert undone == [
            ServiceFileUnmerged(occurred=Occurred(TODAY), worker_id=SITI, into=BUDI),
            DuplicateUnfiled(occurred=Occurred(TODAY), worker_id=BUDI, duplicate_id=SITI),
        ]

    async def test_a_duplicate_who_is_no_worker_means_the_survivor_all_the_same(self) -> None:
        one: Events = {FILE_OF_BUDI: [OPENED_BUDI]}
        assert (await decided(work(one), MergeServiceFile(SITI, BUDI)))[1] == [MERGED, FILED]
        merged: Events = {FILE: [MERGED], FILE_OF_BUDI: [OPENED_BUDI, FILED]}
        assert (await decided(work(merged), MergeServiceFile(SITI, BUDI)))[1] == []
        _, (event,) = await decided(work(merged, area="32.12"), DEPARTURE)
        assert (event.worker_id, event.trip.village) == (BUDI, KENANGA)  # type: ignore[attr-defined]
        _, undone = await decided(work(merged), UnmergeServiceFile(SITI))
        assert [event.name for event in undone] == ["ServiceFileUnmerged", "DuplicateUnfiled"]

    async def test_nothing_is_filed_of_who_was_erased(self) -> None:
        gone: Events = {FILE: [OPENED, ERASED], FILE_OF_BUDI: [OPENED_BUDI]}
        assert (await decided(work(gone), MergeServiceFile(SITI, BUDI)))[1] == []

    async def test_a_departure_of_the_duplicate_is_the_survivors(self) -> None:
        other = replace(DEPARTURE, cells=replace(CELLS, decree="SK-2"))
        _, (event,) = await decided(work(ONE_HUMAN, area="32.12"), other)
        assert (event.worker_id, event.trip.village) == (BUDI, KENANGA)  # type: ignore[attr-defined]

    async def test_a_trip_of_the_duplicate_is_one_of_the_survivors_village(self) -> None:
        _, (event,) = await decided(work(ONE_HUMAN, area="32.12"), RETURN)
        assert (event.worker_id, event.trip.village) == (SITI, KENANGA)  # type: ignore[attr-defined]
        assert await refused(work(ONE_HUMAN, area="33.07"), RETURN) == (404, "not-found")

    async def test_a_placement_is_known_under_either_id(self) -> None:
        for worker_id in (SITI, BUDI):
            known = work(ONE_HUMAN, {SK_1: TRIP_ID})
            assert await refused(known, replace(DEPARTURE, worker_id=worker_id)) == (409, "duplicate-row")

    async def test_who_knows_the_duplicate_alone_is_told_who_stands_for_both(self) -> None:
        with pytest.raises(Refused) as caught:
            await handle(work(ONE_HUMAN, area="33.07"), DEPARTURE)
        assert (caught.value.slug, caught.value.extra) == ("person-merged", {"into": str(BUDI)})
        assert await refused(work(ONE_HUMAN, area="31"), DEPARTURE) == (404, "worker-unknown")

    async def test_a_survivor_that_is_not_heard_of_yet_is_unknown(self) -> None:
        early: Events = {FILE: [OPENED, MERGED], FILE_OF_BUDI: [FILED], TRIP_ID: [DEPARTED]}
        assert await refused(work(early), RETURN) == (404, "not-found")
        assert await refused(work(early, area="32.12"), DEPARTURE) == (404, "worker-unknown")


class TestDeparture:
    async def test_a_departure_makes_a_trip_in_the_village_of_the_file(self) -> None:
        attempt = work({FILE: [OPENED, MOVED]})
        answer, (event,) = await decided(attempt, DEPARTURE)
        trip_id = attempt.new_id()
        assert event == replace(DEPARTED, trip=replace(facts(), trip_id=trip_id, village=KENANGA))
        assert answer == Answer(201, {"id": str(trip_id), "departed_on": "2024-01-10"}, 1)

    async def test_nothing_is_known_of_a_worker_before_the_registry_said_so(self) -> None:
        assert await refused(work({}), DEPARTURE) == (404, "worker-unknown")

    async def test_a_worker_of_another_area_is_no_better_known(self) -> None:
        for check in (False, True):
            assert await refused(work({FILE: [OPENED]}, area="32.12", check=check), DEPARTURE) == (
                404,
                "worker-unknown",
            )
        assert (await decided(work({FILE: [OPENED]}, area="33.07"), DEPARTURE))[0].status == 201

    async def test_nor_is_one_who_was_erased(self) -> None:
        for check in (False, True):
            assert await refused(work({FILE: [OPENED, ERASED]}, check=check), DEPARTURE) == (404, "worker-unknown")

    async def test_what_is_wrong_with_the_cells_comes_first(self) -> None:
        wrong = RecordDeparture(worker_id=SITI, cells=Cells(country="-"))
        assert await refused(work({}), wrong) == (422, "country-unknown")

    async def test_one_placement_is_recorded_once(self) -> None:
        known = work({FILE: [OPENED]}, {SK_1: TRIP_ID})
        assert await refused(known, DEPARTURE) == (409, "duplicate-row")

    async def test_another_decree_is_a_further_trip(self) -> None:
        known = work({FILE: [OPENED]}, {SK_1: TRIP_ID})
        answer, _ = await decided(known, RecordDeparture(worker_id=SITI, cells=replace(CELLS, decree="SK-2")))
        assert answer.status == 201


class TestCheck:
    async def test_cells_can_be_judged_before_anybody_is_registered(self) -> None:
        answer, events = await decided(work({}, check=True), CheckCells(cells=CELLS))
        assert (answer.body, events) == ({"id": None, "departed_on": "2024-01-10"}, [])
        wrong = CheckCells(cells=Cells(country="-", contract_date="kemarin"))
        assert await refused(work({}, check=True), wrong) == (422, "country-unknown")

    async def test_only_a_check_may_leave_out_the_worker(self) -> None:
        assert await refused(work({}), CheckCells(cells=CELLS)) == (422, "worker-id-missing")

    async def test_a_worker_not_heard_of_yet_has_no_placement_yet(self) -> None:
        unheard_of: list[Events] = [{}, {FILE: [MERGED], FILE_OF_BUDI: [FILED]}]
        for known in unheard_of:
            answer, events = await decided(work(known, check=True), DEPARTURE)
            assert (answer.body, events) == ({"id": None, "departed_on": "2024-01-10"}, [])

    async def test_a_trip_that_is_not_made_has_no_id(self) -> None:
        answer = await handle(work({FILE: [OPENED]}, check=True), DEPARTURE)
        assert answer == Answer(200, {"id": None, "departed_on": "2024-01-10"})

    async def test_a_known_placement_is_told(self) -> None:
        known = work({FILE: [OPENED]}, {SK_1: TRIP_ID}, check=True)
        assert await refused(known, DEPARTURE) == (409, "duplicate-row")


class TestReturn:
    async def test_a_return_names_its_trip(self) -> None:
        answer, events = await decided(work({FILE: [OPENED], TRIP_ID: [DEPARTED]}), RETURN)
        assert (answer, events) == (Answer(201, {"id": str(TRIP_ID)}, 2), [HOME])

    async def test_there_must_be_such_a_trip(self) -> None:
        assert await refused(work({}), RETURN) == (404, "not-found")

    async def test_a_history_of_another_kind_is_no_trip(self) -> None:
        assert await refused(work({FILE: [OPENED]}), replace(RETURN, trip_id=FILE)) == (404, "not-found")

    async def test_a_trip_of_another_area_is_not_there(self) -> None:
        assert await refused(work({FILE: [OPENED], TRIP_ID: [DEPARTED]}, area="32.12"), RETURN) == (404, "not-found")

    async def test_the_area_is_where_the_worker_is_served_now(self) -> None:
        histories: Events = {FILE: [OPENED, MOVED], TRIP_ID: [DEPARTED]}
        assert await refused(work(histories, area="33.07"), RETURN) == (404, "not-found")
        _, (event,) = await decided(work(histories, area="32.12"), RETURN)
        assert event == replace(HOME, trip=replace(HOME.trip, village=KENANGA))

    async def test_nothing_more_is_recorded_of_an_erased_worker(self) -> None:
        assert await refused(work({FILE: [OPENED, ERASED], TRIP_ID: [DEPARTED]}), RETURN) == (404, "not-found")


class TestCorrection:
    OTHER_DECREE = CorrectDeparture(trip_id=TRIP_ID, cells=Cells(decree="SK-2"))

    @pytest.mark.parametrize("command", [OTHER_DECREE, RetractReturn(trip_id=TRIP_ID)])
    async def test_who_corrects_says_what_they_read(self, command: TripCommand) -> None:
        assert await refused(work(ABROAD), command) == (428, "if-match-required")
        assert await refused(work(ABROAD, if_match=2), command) == (412, "version-mismatch")

    async def test_what_lies_elsewhere_is_not_even_held_against_it(self) -> None:
        assert await refused(work(ABROAD, area="32.12"), self.OTHER_DECREE) == (404, "not-found")

    async def test_a_correction_is_the_next_version(self) -> None:
        answer, (event,) = await decided(work(ABROAD, {SK_1: TRIP_ID}, if_match=1), self.OTHER_DECREE)
        assert answer == Answer(200, {"id": str(TRIP_ID), "departed_on": "2024-01-10"}, 2)
        assert event.name == "DepartureCorrected"

    async def test_a_correction_that_changes_nothing_is_no_fact(self) -> None:
        same = CorrectDeparture(trip_id=TRIP_ID, cells=Cells(decree="SK-1"))
        answer, events = await decided(work(ABROAD, {SK_1: TRIP_ID}, if_match=1), same)
        assert (answer.status, answer.version, events) == (200, 1, [])

    async def test_a_correction_cannot_make_a_second_of_another_trip(self) -> None:
        claims: dict[tuple[str, ...], UUID] = {SK_1: TRIP_ID, ("placement", str(SITI), "decree", "sk-2"): someone(12)}
        assert await refused(work(ABROAD, claims, if_match=1), self.OTHER_DECREE) == (409, "duplicate-row")

    async def test_a_retracted_trip_is_no_longer_corrected(self) -> None:
        gone: Events = {FILE: [OPENED], TRIP_ID: [DEPARTED, departure_retracted(1, facts("retracted"))]}
        assert await refused(work(gone, if_match=2), self.OTHER_DECREE) == (409, "trip-retracted")
