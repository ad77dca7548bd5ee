"""The tables in the rules' docstrings, held against the rules: nothing leaves them, and every line happens."""

import inspect
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from types import ModuleType
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.registry.domain import appointment, commitment, facility, meeting, partner, village
from services.registry.domain.cells import precedes
from services.registry.domain.reference import DESMIGRATIF
from shared.decider import Decider
from shared.errors import Refused
from shared.vocabulary import Occurred
from tests.registry.people_of_kuripan import KURIPAN, SARI, TODAY

ID = UUID(int=71)
EARLY, LATE, ROUGH = Occurred(date(2019, 5, 3)), Occurred(date(2022, 8, 8)), Occurred(date(2019, 1, 1), "year")
IN_VILLAGE = {"village": KURIPAN, "programme": DESMIGRATIF}
DATED = {"today": TODAY}


def agreement(on: Occurred, kind: str = "bank") -> partner.Agreement:
    return partner.Agreement(
        partner_name="Bank Contoh", kind=kind, agreement="PKS-1", area="33.07", starts_on=on, ends_on=None
    )


def promise(on: Occurred, quantity: int = 1) -> commitment.Promise:
    return commitment.Promise(what="mesin jahit", quantity=quantity, unit="unit", area="33.07", on=on, due_on=None)


def came(officers: int) -> tuple[meeting.Attended, ...]:
    return (meeting.Attended(role="officer", count=officers),)


@dataclass(frozen=True)
class Machine:
    """A kind of history and what may be asked of it: on each of some days, about some facts."""

    module: ModuleType
    decider: Decider[Any, Any, Any]

    def commands(self, days: Sequence[Occurred], facts: Sequence[int]) -> list[Any]:
        return [command for on in days for fact in facts for command in self.asked(on, fact)]

    def asked(self, on: Occurred, fact: int) -> list[Any]:
        match self.module.__name__.rpartition(".")[2]:
            case "village":
                return [
                    village.ProposeVillage(on=on, **IN_VILLAGE),
                    village.DesignateVillage(today=TODAY, year=on.on.year, decree="1", **IN_VILLAGE),
                    village.ActivateVillage(on=on, **IN_VILLAGE),
                    village.EndProgramme(on=on, **IN_VILLAGE),
                    village.RetractStep(today=TODAY, **IN_VILLAGE),
                ]
            case "facility":
                return [
                    facility.OpenFacility(facility_id=ID, village=KURIPAN, kind="road", on=on),
                    facility.CorrectOpening(kind="internet", on=on),
                    facility.ReportCondition(condition="good", on=on),
                    facility.CorrectCondition(fact=fact, condition="heavily_damaged", on=on),
                    facility.RetractCondition(fact=fact, **DATED),
                    facility.CloseFacility(on=on),
                    facility.RetractClosing(**DATED),
                    facility.RetractFacility(**DATED),
                ]
            case "appointment":
                return [
                    appointment.Appoint(appointment_id=ID, person_id=SARI, role="officer", area=KURIPAN, on=on),
                    appointment.CorrectAppointment(on=on),
                    appointment.EndAppointment(on=on),
                    appointment.RetractEnd(**DATED),
                    appointment.RetractAppointment(**DATED),
                ]
            case "partner":
                return [
                    partner.RecordPartner(partner_id=ID, agreed=agreement(on)),
                    partner.CorrectPartner(agreed=agreement(on, "local")),
                    partner.EndPartnership(on=on),
                    partner.RetractPartnershipEnd(**DATED),
                ]
            case "commitment":
                return [
                    commitment.MakeCommitment(commitment_id=ID, partner_id=ID, promise=promise(on)),
                    commitment.CorrectCommitment(promise=promise(on, 2)),
                    commitment.JudgeCommitment(outcome="kept" if fact % 2 else "broken", on=on),
                    commitment.RetractJudgement(**DATED),
                    commitment.RetractCommitment(**DATED),
                ]
            case _:
                return [
                    meeting.RecordMeeting(meeting_id=ID, area="33.07", on=on, attendance=came(50)),
                    meeting.CorrectMeeting(on=on, attendance=came(fact)),
                    meeting.RetractMeeting(**DATED),
                ]

    def table(self) -> set[tuple[str, str, str]]:
        """The lines of the table in the module's docstring."""
        text = inspect.getdoc(self.module) or ""
        _, rule, rest = text.partition("then stands\n")
        assert rule
        lines = rest.split("\n")[1:]
        rows = [
            re.split(r"\s{2,}", line.strip()) for line in lines[: next(n for n, x in enumerate(lines) if "==" in x)]
        ]
        assert all(len(row) == 3 for row in rows)
        return {(row[0], row[1], row[2]) for row in rows}


MACHINES = [
    Machine(village, village.village),
    Machine(facility, facility.facility),
    Machine(appointment, appointment.appointment),
    Machine(partner, partner.partner),
    Machine(commitment, commitment.commitment),
    Machine(meeting, meeting.meeting),
]
each_machine = pytest.mark.parametrize(
    "machine", [pytest.param(machine, id=machine.module.__name__.rpartition(".")[2]) for machine in MACHINES]
)


def step(machine: Machine, state: Any, command: Any) -> tuple[Any, tuple[str, str, str] | None]:
    """Where *command* leaves the history, and the line of the table that this was, None if nothing happened."""
    try:
        events = machine.decider.decide(state, command)
    except Refused:
        return state, None
    if not events:
        return state, None
    (event,) = events
    known = getattr(state, "version", 0)
    assert 1 <= getattr(event, "corrects", 1) <= max(known, 1), "a correction names a fact of this history"
    after = machine.decider.evolve(state, event)
    assert getattr(after, "version", known + 1) == known + 1, "every fact is counted"
    return after, (type(state).__name__, type(command).__name__, type(after).__name__)


@each_machine
def test_every_line_of_the_table_happens_and_nothing_else(machine: Machine) -> None:
    commands = machine.commands([EARLY, ROUGH], [1, 2])
    states, happened = [machine.decider.initial], set()
    for _ in range(5):
        reached = {}
        for state in states:
            for command in commands:
                after, line = step(machine, state, command)
                if line:
                    happened.add(line)
                    reached[repr(after)] = after
        states = list(reached.values())
    assert happened == machine.table()


@each_machine
@given(data=st.data())
def test_no_sequence_of_commands_leaves_the_table(machine: Machine, data: st.DataObject) -> None:
    """Whatever is asked, on whichever days: each fact is a line of the table, and what holds then holds together."""
    table = machine.table()
    commands = st.sampled_from(machine.commands([EARLY, LATE, ROUGH], [1, 2, 3]))
    state = machine.decider.initial
    for command in data.draw(st.lists(commands, max_size=25)):
        state, line = step(machine, state, command)
        assert line is None or line in table
        for one, other in in_order(state):
            assert not precedes(other, one)


def in_order(state: Any) -> list[tuple[Occurred, Occurred]]:
    """Days of which the first may not surely lie after the second."""
    match state:
        case village.Proposed() | village.Undesignated():
            return []
        case village.Designated() | village.Active() | village.Ended():
            before = state.before
            return [] if isinstance(before, village.Undesignated) else [(before.since, state.since), *in_order(before)]
        case facility.InUse():
            days = [(state.opened, report.on) for report in state.reports]
            if isinstance(state, facility.Closed):
                days += [(state.opened, state.closed), *((report.on, state.closed) for report in state.reports)]
            return days
        case appointment.Served():
            return [(state.since, state.until)]
        case partner.FormerPartner():
            return [(state.agreed.starts_on, state.until)]
        case commitment.Judged():
            return [(state.promise.on, state.judged)]
        case _:
            return []
