"""What can be asked about the villages of a programme."""

from dataclasses import dataclass
from typing import assert_never

from services.registry.domain.cells import read_code, read_when
from services.registry.domain.particulars import read_village
from services.registry.domain.reference import DESMIGRATIF, PROGRAMMES
from services.registry.domain.refusals import refuse_columns
from services.registry.domain.village import (
    ActivateVillage,
    DesignateVillage,
    EndProgramme,
    ProposeVillage,
    RetractStep,
    Undesignated,
    VillageCommand,
    village,
    village_stream,
)
from shared.errors import NOT_FOUND, Refused
from shared.execute import Answer, Work


@dataclass(frozen=True, slots=True, kw_only=True)
class Propose:
    """Propose a village for a programme (usulan desa)."""

    village: str
    programme: str
    on: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Designate:
    """Designate a village for a programme (penetapan desa)."""

    village: str
    year: int
    decree: str
    programme: str = DESMIGRATIF


@dataclass(frozen=True, slots=True, kw_only=True)
class Activate:
    """Say that a programme works in a designated village."""

    village: str
    programme: str
    on: str


@dataclass(frozen=True, slots=True, kw_only=True)
class End:
    """Say that a programme's support for a village ended."""

    village: str
    programme: str
    on: str


@dataclass(frozen=True, slots=True, kw_only=True)
class WithdrawStep:
    """Take back the last step of a village in a programme."""

    village: str
    programme: str


Command = Propose | Designate | Activate | End | WithdrawStep


async def handle(work: Work, command: Command) -> Answer:
    """What `services.registry.commands.handle` does with one of these."""
    match command:
        case Propose():
            return await propose(work, command)
        case Designate():
            return await designate(work, command)
        case Activate() | End():
            return await go_on(work, command)
        case WithdrawStep():
            return await withdraw_step(work, command)
        case _:
            assert_never(command)


async def propose(work: Work, command: Propose) -> Answer:
    """Rejects: column codes (village, programme, on), ``outside-area``, and what `ProposeVillage` does."""
    code, wrong_village = read_village(command.village)
    programme, wrong_programme = read_code("programme", command.programme, PROGRAMMES)
    on, wrong_on = read_when("on", command.on, until=work.today)
    refuse_columns(wrong_village, wrong_programme, wrong_on)
    work.names(code)
    return await take(work, code, programme, ProposeVillage(village=code, programme=programme, on=on))


async def designate(work: Work, command: Designate) -> Answer:
    """Rejects: ``village-unknown``, ``programme-unknown``, ``outside-area``, and what `DesignateVillage` does."""
    code, wrong_village = read_village(command.village)
    programme, wrong_programme = read_code("programme", command.programme, PROGRAMMES)
    refuse_columns(wrong_village, wrong_programme)
    work.names(code)
    wish = DesignateVillage(
        today=work.today, village=code, year=command.year, decree=command.decree, programme=programme
    )
    return await take(work, code, programme, wish)


async def go_on(work: Work, command: Activate | End) -> Answer:
    """The next step of a village that is known in the programme.

    Rejects: ``not-found`` (also outside the area), column codes (programme, on), and what the step does.
    """
    code, programme = await standing(work, command.village, command.programme)
    on, wrong_on = read_when("on", command.on, until=work.today)
    refuse_columns(wrong_on)
    wish = ActivateVillage if isinstance(command, Activate) else EndProgramme
    return await take(work, code, programme, wish(village=code, programme=programme, on=on))


async def withdraw_step(work: Work, command: WithdrawStep) -> Answer:
    """Rejects: ``not-found``, ``programme-unknown``, If-Match codes."""
    code, programme = await standing(work, command.village, command.programme)
    stream = village_stream(code, programme)
    work.match(stream)
    await work.decide(village, stream, RetractStep(today=work.today, village=code, programme=programme))
    return Answer(200, {"id": code}, version=work.version(stream))


async def standing(work: Work, cell: str, programme_cell: str) -> tuple[str, str]:
    """A village that has a history in the programme. Rejects: ``not-found``, ``programme-unknown``."""
    code, wrong_village = read_village(cell)
    if wrong_village:
        raise Refused(NOT_FOUND)
    work.within(code)
    programme, wrong_programme = read_code("programme", programme_cell, PROGRAMMES)
    refuse_columns(wrong_programme)
    state = await work.state(village, village_stream(code, programme))
    if isinstance(state, Undesignated):
        raise Refused(NOT_FOUND)
    return code, programme


async def take(work: Work, code: str, programme: str, step: VillageCommand) -> Answer:
    """201 where the village took a step, 200 where that was known."""
    stream = village_stream(code, programme)
    before = await work.state(village, stream)
    after = await work.decide(village, stream, step)
    return Answer(200 if after == before or work.check else 201, {"id": code}, version=work.version(stream))
