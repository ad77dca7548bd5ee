"""What can be asked about the villages of the programme."""

from dataclasses import dataclass

from services.registry.domain.particulars import read_village
from services.registry.domain.refusals import refuse_columns
from services.registry.domain.village import DesignateVillage, village, village_stream
from shared.execute import Answer, Work


@dataclass(frozen=True, slots=True, kw_only=True)
class Designate:
    """Designate a village for the programme (penetapan desa)."""

    village: str
    year: int
    decree: str


Command = Designate


async def handle(work: Work, command: Command) -> Answer:
    """What `services.registry.commands.handle` does with one of these."""
    return await designate(work, command)


async def designate(work: Work, command: Designate) -> Answer:
    """The village's own history. Rejects: ``village-unknown``, ``outside-area``, and what `DesignateVillage` does."""
    code, wrong = read_village(command.village)
    refuse_columns(wrong)
    work.names(code)
    stream = village_stream(code)
    before = await work.state(village, stream)
    wish = DesignateVillage(today=work.today, village=code, year=command.year, decree=command.decree)
    after = await work.decide(village, stream, wish)
    return Answer(200 if after == before or work.check else 201, {"id": code}, version=work.version(stream))
