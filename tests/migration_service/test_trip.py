"""What may be asked of a trip, and where it then stands."""

from dataclasses import replace
from datetime import date
from typing import get_args

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.migration_service.domain.placement import Cells
from services.migration_service.domain.trip import (
    Abroad,
    Deceased,
    HomeForGood,
    NotRecorded,
    OnLeave,
    Reason,
    Retracted,
    Taken,
    TripEvent,
    standing,
)
from services.migration_service.domain.trip_rules import (
    TRIP,
    CorrectDeparture,
    CorrectLeaveEnd,
    CorrectReturn,
    RecordLeaveEnd,
    RecordReturn,
    RetractDeparture,
    RetractLeaveEnd,
    RetractReturn,
    TripCommand,
)
from shared.decider import Claim, Release
from shared.errors import Refused
from shared.personal import Erased, Known
from tests.migration_service.trips_of_siti import (
    CELLS,
    DEPARTED,
    DIED,
    HOME,
    LEAVE,
    LEAVE_ENDED,
    SITI,
    TRIP_ID,
    ask,
    depart,
    departure_corrected,
    departure_retracted,
    facts,
    leave_end_corrected,
    leave_end_retracted,
    on,
    return_corrected,
    return_retracted,
    returned,
)
from tests.spec import Given

GONE = departure_retracted(1, facts("retracted"))


def come_home(day: str = "2025-06-01", reason: str = "contract_ended") -> TripCommand:
    return RecordReturn(trip_id=TRIP_ID, returned_on=day, reason=reason)


def go_back(day: str = "2025-03-01") -> TripCommand:
    return RecordLeaveEnd(trip_id=TRIP_ID, ended_on=day)


class TestDeparture:
    def test_a_departure_opens_a_trip(self) -> None:
        assert isinstance(Given(TRIP).when(depart()).then(DEPARTED), Abroad)

    def test_a_departure_asked_for_twice_is_one(self) -> None:
        Given(TRIP, DEPARTED).when(depart()).then()

    def test_a_non_procedural_departure_is_recorded(self) -> None:
        cells = replace(CELLS, procedure="non_procedural")
        Given(TRIP).when(depart(cells)).then(replace(DEPARTED, procedure="non_procedural"))

    def test_cells_that_are_wrong_are_refused(self) -> None:
        refused = Given(TRIP).when(depart(Cells(country="Wakanda"))).refuses("country-unknown")
        assert [error.code for error in refused.errors] == ["country-unknown", "contract-date-invalid"]


class TestReturn:
    @pytest.mark.parametrize("reason", get_args(Reason))
    def test_every_legal_reason_says_where_the_worker_stands(self, reason: Reason) -> None:
        expected = {"leave": OnLeave, "died": Deceased}.get(reason, HomeForGood)
        stands = {OnLeave: "on_leave", Deceased: "deceased", HomeForGood: "for_good"}[expected]
        event = returned("2025-06-01", reason, stands)  # type: ignore[arg-type]
        state = Given(TRIP, DEPARTED).when(ask(come_home(reason=reason))).then(event)
        assert isinstance(state, expected)

    def test_a_return_may_be_known_by_its_year_alone(self) -> None:
        Given(TRIP, DEPARTED).when(ask(come_home("2025"))).then(returned("2025"))

    def test_a_return_in_the_interval_of_the_departure_is_possible(self) -> None:
        Given(TRIP, DEPARTED).when(ask(come_home("2024"))).then(returned("2024"))
        Given(TRIP, DEPARTED).when(ask(come_home("2024-01-10"))).then(returned("2024-01-10"))

    @pytest.mark.parametrize("day", ["2024-01-09", "2023", "2023-12"])
    def test_nobody_returns_before_leaving(self, day: str) -> None:
        Given(TRIP, DEPARTED).when(ask(come_home(day))).refuses("returned-before-departure")

    @pytest.mark.parametrize("day", ["2026-11-22", "2027", "kemarin", ""])
    def test_nobody_returns_tomorrow(self, day: str) -> None:
        refused = Given(TRIP, DEPARTED).when(ask(come_home(day))).refuses("returned-on-invalid")
        assert refused.refusal.status == 422

    def test_a_reason_that_the_law_does_not_know_is_refused(self) -> None:
        refused = Given(TRIP, DEPARTED).when(ask(come_home("x", "homesick"))).refuses("returned-on-invalid")
        assert [error.code for error in refused.errors] == ["returned-on-invalid", "reason-unknown"]

    @pytest.mark.parametrize("over", [HOME, DIED])
    def test_nobody_returns_twice(self, over: TripEvent) -> None:
        Given(TRIP, DEPARTED, over).when(ask(come_home("2025-07-01"))).refuses("already-returned")
        Given(TRIP, DEPARTED, over).when(ask(come_home("2025-07-01", "leave"))).refuses("already-returned")

    def test_nobody_goes_on_leave_from_leave(self) -> None:
        Given(TRIP, DEPARTED, LEAVE).when(ask(come_home("2025-02-15", "leave"))).refuses("already-on-leave")

    def test_a_leave_may_become_a_return(self) -> None:
        assert isinstance(Given(TRIP, DEPARTED, LEAVE).when(ask(come_home())).then(HOME), HomeForGood)
        Given(TRIP, DEPARTED, LEAVE).when(ask(come_home("2025-01-01"))).refuses("returned-before-leave")

    def test_a_return_may_follow_a_leave_that_ended(self) -> None:
        history = (DEPARTED, LEAVE, LEAVE_ENDED)
        Given(TRIP, *history).when(ask(come_home())).then(HOME)
        Given(TRIP, *history).when(ask(come_home("2025-02-15"))).refuses("returned-before-leave-ended")

    def test_there_is_no_return_without_a_trip(self) -> None:
        Given(TRIP).when(ask(come_home())).refuses("not-found")
        Given(TRIP, DEPARTED, GONE).when(ask(come_home())).refuses("trip-retracted")


class TestLeaveEnd:
    def test_the_end_of_a_leave_leads_abroad_again(self) -> None:
        assert isinstance(Given(TRIP, DEPARTED, LEAVE).when(ask(go_back())).then(LEAVE_ENDED), Abroad)

    @pytest.mark.parametrize("history", [(DEPARTED,), (DEPARTED, HOME), (DEPARTED, LEAVE, LEAVE_ENDED)])
    def test_only_a_leave_can_end(self, history: tuple[TripEvent, ...]) -> None:
        Given(TRIP, *history).when(ask(go_back())).refuses("not-on-leave")

    def test_a_leave_does_not_end_before_it_began(self) -> None:
        Given(TRIP, DEPARTED, LEAVE).when(ask(go_back("2025-01-31"))).refuses("leave-ended-before-leave")

    def test_order_goes_through_what_is_less_well_known(self) -> None:
        vague = returned("2024", "leave", "on_leave")
        Given(TRIP, DEPARTED, vague).when(ask(go_back("2024-01-09"))).refuses("leave-ended-before-leave")

    def test_a_leave_has_not_ended_tomorrow(self) -> None:
        Given(TRIP, DEPARTED, LEAVE).when(ask(go_back("2026-11-22"))).refuses("ended-on-invalid")

    def test_several_leaves_follow_each_other(self) -> None:
        second = returned("2025-08-01", "leave", "on_leave")
        history = (DEPARTED, LEAVE, LEAVE_ENDED)
        state = Given(TRIP, *history).when(ask(come_home("2025-08-01", "leave"))).then(second)
        assert isinstance(state, OnLeave)


class TestCorrectDeparture:
    def test_what_was_wrong_is_put_right(self) -> None:
        event = departure_corrected(1, facts(), country="HK")
        command = CorrectDeparture(trip_id=TRIP_ID, cells=Cells(country="Hongkong"))
        Given(TRIP, DEPARTED).when(ask(command)).then(event)

    def test_the_day_moves_with_the_contract_date(self) -> None:
        moved = facts(since="2024-10-01", departed="2024-10-01")
        event = departure_corrected(1, moved, contract_date=date(2024, 10, 1))
        command = CorrectDeparture(trip_id=TRIP_ID, cells=Cells(contract_date="01/10/2024"))
        Given(TRIP, DEPARTED).when(ask(command)).then(event)

    def test_a_correction_names_the_last_one(self) -> None:
        first = departure_corrected(1, facts(), country="HK")
        command = CorrectDeparture(trip_id=TRIP_ID, cells=Cells(country="Singapura"))
        Given(TRIP, DEPARTED, first).when(ask(command)).then(departure_corrected(2, facts(), country="SG"))

    def test_a_return_stays_where_it_was(self) -> None:
        event = departure_corrected(1, facts("for_good", "2025-06-01"), country="HK")
        command = CorrectDeparture(trip_id=TRIP_ID, cells=Cells(country="HK"))
        assert isinstance(Given(TRIP, DEPARTED, HOME).when(ask(command)).then(event), HomeForGood)

    def test_it_cannot_move_behind_the_return(self) -> None:
        command = CorrectDeparture(trip_id=TRIP_ID, cells=Cells(departed_on="2025-06-02"))
        Given(TRIP, DEPARTED, HOME).when(ask(command)).refuses("returned-before-departure")

    def test_what_is_right_already_is_no_fact(self) -> None:
        command = CorrectDeparture(trip_id=TRIP_ID, cells=Cells(country="TWN"))
        Given(TRIP, DEPARTED).when(ask(command)).then()

    def test_cells_are_held_to_the_same_rules(self) -> None:
        command = CorrectDeparture(trip_id=TRIP_ID, cells=Cells(country="Wakanda"))
        Given(TRIP, DEPARTED).when(ask(command)).refuses("country-unknown")


class TestRetractDeparture:
    COMMAND = RetractDeparture(trip_id=TRIP_ID)

    def test_the_trip_never_was(self) -> None:
        assert isinstance(Given(TRIP, DEPARTED).when(ask(self.COMMAND)).then(GONE), Retracted)

    def test_it_names_the_last_correction(self) -> None:
        corrected = departure_corrected(1, facts(), country="HK")
        event = departure_retracted(2, facts("retracted"))
        Given(TRIP, DEPARTED, corrected).when(ask(self.COMMAND)).then(event)

    @pytest.mark.parametrize("history", [(HOME,), (LEAVE,), (LEAVE, LEAVE_ENDED)])
    def test_not_while_a_return_stands(self, history: tuple[TripEvent, ...]) -> None:
        Given(TRIP, DEPARTED, *history).when(ask(self.COMMAND)).refuses("trip-has-return")

    def test_only_once(self) -> None:
        Given(TRIP, DEPARTED, GONE).when(ask(self.COMMAND)).refuses("trip-retracted")

    def test_a_retracted_return_is_no_obstacle(self) -> None:
        taken_back = return_retracted(2, "2025-06-01", facts())
        Given(TRIP, DEPARTED, HOME, taken_back).when(ask(self.COMMAND)).then(GONE)


class TestCorrectReturn:
    def correct(self, day: str | None = None, reason: str | None = None) -> TripCommand:
        return CorrectReturn(trip_id=TRIP_ID, returned_on=day, reason=reason)

    def test_the_day_is_put_right(self) -> None:
        event = return_corrected(2, "2025-05", "contract_ended", facts("for_good", "2025-05"))
        Given(TRIP, DEPARTED, HOME).when(ask(self.correct("2025-05"))).then(event)

    def test_a_death_that_was_none(self) -> None:
        event = return_corrected(2, "2025-06-01", "leave", facts("on_leave", "2025-06-01"))
        state = Given(TRIP, DEPARTED, DIED).when(ask(self.correct(reason="leave"))).then(event)
        assert isinstance(state, OnLeave)

    def test_a_correction_names_the_last_one(self) -> None:
        first = return_corrected(2, "2025-05-01", "contract_ended", facts("for_good", "2025-05-01"))
        event = return_corrected(3, "2025-05-01", "abuse", facts("for_good", "2025-05-01"))
        Given(TRIP, DEPARTED, HOME, first).when(ask(self.correct(reason="abuse"))).then(event)

    def test_a_leave_that_has_ended_stays_a_leave(self) -> None:
        history = (DEPARTED, LEAVE, LEAVE_ENDED)
        Given(TRIP, *history).when(ask(self.correct(reason="died"))).refuses("leave-has-ended")
        event = return_corrected(2, "2025-02-10", "leave", facts("abroad", "2025-03-01"))
        assert isinstance(Given(TRIP, *history).when(ask(self.correct("2025-02-10"))).then(event), Abroad)
        Given(TRIP, *history).when(ask(self.correct("2025-03-02"))).refuses("leave-ended-before-leave")

    def test_a_return_straight_from_leave_is_no_second_leave(self) -> None:
        Given(TRIP, DEPARTED, LEAVE, HOME).when(ask(self.correct(reason="leave"))).refuses("already-on-leave")

    def test_it_stays_in_order(self) -> None:
        Given(TRIP, DEPARTED, HOME).when(ask(self.correct("2023"))).refuses("returned-before-departure")
        Given(TRIP, DEPARTED, LEAVE, HOME).when(ask(self.correct("2025-01"))).refuses("returned-before-leave")

    def test_there_must_be_one(self) -> None:
        Given(TRIP, DEPARTED).when(ask(self.correct("2025"))).refuses("not-returned")
        Given(TRIP, DEPARTED, HOME).when(ask(self.correct("2027"))).refuses("returned-on-invalid")

    def test_what_is_right_already_is_no_fact(self) -> None:
        Given(TRIP, DEPARTED, HOME).when(ask(self.correct("2025-06-01", "contract_ended"))).then()


class TestRetractReturn:
    COMMAND = RetractReturn(trip_id=TRIP_ID)

    def test_the_worker_is_abroad_as_before(self) -> None:
        event = return_retracted(2, "2025-06-01", facts())
        assert isinstance(Given(TRIP, DEPARTED, HOME).when(ask(self.COMMAND)).then(event), Abroad)

    def test_the_worker_is_on_leave_as_before(self) -> None:
        event = return_retracted(3, "2025-06-01", facts("on_leave", "2025-02-01"))
        assert isinstance(Given(TRIP, DEPARTED, LEAVE, HOME).when(ask(self.COMMAND)).then(event), OnLeave)

    def test_then_a_return_may_be_recorded_anew(self) -> None:
        taken_back = return_retracted(2, "2025-06-01", facts())
        Given(TRIP, DEPARTED, HOME, taken_back).when(ask(come_home())).then(HOME)

    def test_not_a_leave_that_has_ended(self) -> None:
        Given(TRIP, DEPARTED, LEAVE, LEAVE_ENDED).when(ask(self.COMMAND)).refuses("leave-has-ended")

    def test_there_must_be_one(self) -> None:
        Given(TRIP, DEPARTED).when(ask(self.COMMAND)).refuses("not-returned")
        taken_back = return_retracted(2, "2025-06-01", facts())
        Given(TRIP, DEPARTED, HOME, taken_back).when(ask(self.COMMAND)).refuses("not-returned")


class TestCorrectLeaveEnd:
    def correct(self, day: str | None) -> TripCommand:
        return CorrectLeaveEnd(trip_id=TRIP_ID, ended_on=day)

    def test_the_day_is_put_right(self) -> None:
        event = leave_end_corrected(3, "2025-03-05", facts("abroad", "2025-03-05"))
        Given(TRIP, DEPARTED, LEAVE, LEAVE_ENDED).when(ask(self.correct("2025-03-05"))).then(event)
        Given(TRIP, DEPARTED, LEAVE, LEAVE_ENDED, event).when(ask(self.correct("2025-03-05"))).then()
        Given(TRIP, DEPARTED, LEAVE, LEAVE_ENDED, event).when(ask(self.correct(None))).then()

    def test_also_after_the_return(self) -> None:
        history = (DEPARTED, LEAVE, LEAVE_ENDED, HOME)
        event = leave_end_corrected(3, "2025-03-05", facts("for_good", "2025-06-01"))
        Given(TRIP, *history).when(ask(self.correct("2025-03-05"))).then(event)
        Given(TRIP, *history).when(ask(self.correct("2025-06-02"))).refuses("returned-before-leave-ended")

    def test_it_stays_in_order(self) -> None:
        Given(TRIP, DEPARTED, LEAVE, LEAVE_ENDED).when(ask(self.correct("2025-01"))).refuses("leave-ended-before-leave")
        Given(TRIP, DEPARTED, LEAVE, LEAVE_ENDED).when(ask(self.correct("soon"))).refuses("ended-on-invalid")

    def test_there_must_be_one(self) -> None:
        Given(TRIP, DEPARTED, LEAVE).when(ask(self.correct("2025-03-05"))).refuses("leave-not-ended")


class TestRetractLeaveEnd:
    COMMAND = RetractLeaveEnd(trip_id=TRIP_ID)

    def test_the_worker_is_still_on_leave(self) -> None:
        event = leave_end_retracted(3, "2025-03-01", facts("on_leave", "2025-02-01"))
        assert isinstance(Given(TRIP, DEPARTED, LEAVE, LEAVE_ENDED).when(ask(self.COMMAND)).then(event), OnLeave)

    def test_not_while_a_return_stands_on_it(self) -> None:
        Given(TRIP, DEPARTED, LEAVE, LEAVE_ENDED, HOME).when(ask(self.COMMAND)).refuses("trip-has-return")

    def test_there_must_be_one(self) -> None:
        Given(TRIP, DEPARTED, LEAVE).when(ask(self.COMMAND)).refuses("leave-not-ended")


class TestClaims:
    PARTS = (str(SITI), "decree", "sk-1")

    def test_a_departure_takes_its_placement(self) -> None:
        assert list(TRIP.claims(DEPARTED)) == [Claim("placement", self.PARTS, TRIP_ID, SITI)]

    def test_a_correction_takes_the_one_that_is_right(self) -> None:
        corrected = departure_corrected(1, facts(), decree=Known("SK-2"))
        parts = (str(SITI), "decree", "sk-2")
        assert list(TRIP.claims(corrected)) == [
            Release("placement", TRIP_ID),
            Claim("placement", parts, TRIP_ID, SITI),
        ]

    def test_a_retraction_frees_it(self) -> None:
        assert list(TRIP.claims(GONE)) == [Release("placement", TRIP_ID)]

    def test_nothing_else_concerns_it(self) -> None:
        assert [list(TRIP.claims(event)) for event in (HOME, LEAVE, LEAVE_ENDED)] == [[], [], []]

    def test_an_erased_decree_claims_nothing(self) -> None:
        assert list(TRIP.claims(replace(DEPARTED, decree=Erased()))) == []


DAYS = st.sampled_from(["2024", "2024-01-10", "2024-06", "2025-02-01", "2025", "2025-06-01", "2026-11", "2023-05-01"])
COMMANDS = st.one_of(
    st.builds(come_home, DAYS, st.sampled_from(get_args(Reason))),
    st.builds(go_back, DAYS),
    st.builds(lambda day: CorrectDeparture(trip_id=TRIP_ID, cells=Cells(departed_on=day)), DAYS),
    st.builds(
        lambda day, reason: CorrectReturn(trip_id=TRIP_ID, returned_on=day, reason=reason),
        st.none() | DAYS,
        st.none() | st.sampled_from(get_args(Reason)),
    ),
    st.builds(lambda day: CorrectLeaveEnd(trip_id=TRIP_ID, ended_on=day), DAYS),
    st.sampled_from(
        [RetractReturn(trip_id=TRIP_ID), RetractLeaveEnd(trip_id=TRIP_ID), RetractDeparture(trip_id=TRIP_ID)]
    ),
)


@settings(max_examples=300)
@given(st.lists(COMMANDS, max_size=20))
def test_whatever_is_asked_a_trip_stays_in_order_and_its_facts_say_where_it_stands(asked: list[TripCommand]) -> None:
    history: list[TripEvent] = [DEPARTED]
    for command in asked:
        state = TRIP.fold(history)
        try:
            events = TRIP.decide(state, ask(command))
        except Refused:
            continue
        for event in events:
            history.append(event)
            after = TRIP.fold(history)
            assert after == TRIP.evolve(state, event)
            if isinstance(after, Retracted):
                assert event.trip.standing == "retracted"
                continue
            assert isinstance(after, Taken)
            assert after.version == len(history)
            assert (event.trip.standing, event.trip.since) == standing(after.placement, after.steps)
            earliest = on("2024-01-10").on.min
            for day in (after.placement.departed, *(step.on for step in after.steps)):
                assert day.until >= earliest
                earliest = max(earliest, day.on)


def test_a_fact_before_the_departure_changes_nothing() -> None:
    assert TRIP.fold([HOME]) == NotRecorded()
