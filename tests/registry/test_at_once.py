"""What two clerks record at the same instant."""

import asyncio
import dataclasses
from uuid import UUID

from services.registry.commands.appointments import AppointPerson
from services.registry.commands.households import RegisterTogether, Relative
from services.registry.commands.persons import Register
from services.registry.main import SERVICE
from shared.errors import Refused
from shared.runtime import Runtime
from tests.registry.people_of_kuripan import KURIPAN
from tests.shared.street import Street, do, rows

ALONE = dataclasses.replace(SERVICE, react=None)
"""The registry where nobody else is."""


async def known(registry: Runtime, full_name: str) -> UUID:
    command = Register(nik=None, name=full_name, birth_date=None, village=KURIPAN, as_worker=False)
    return UUID((await do(registry, command)).answer.body["id"])


async def test_of_many_households_that_record_the_same_couple_one_gets_it(street: Street) -> None:
    """Whoever of the two is named first, at whichever process."""
    two = [await street.start(ALONE) for _ in range(2)]
    siti, joko = await known(two[0], "Siti Contoh"), await known(two[0], "Joko Contoh")
    couples = [Relative(person_id=a, relative_id=b, relation="spouse") for a, b in ((siti, joko), (joko, siti))]
    said = await asyncio.gather(
        *(
            do(two[n % 2], RegisterTogether(village=KURIPAN, members=(siti, joko), kin=(couples[n // 2 % 2],)))
            for n in range(12)
        ),
        return_exceptions=True,
    )
    assert [one.slug for one in said if isinstance(one, Refused)] == ["kin-recorded-elsewhere"] * 11
    (made,) = (one for one in said if not isinstance(one, BaseException))
    recorded = await rows(two[0], "SELECT data FROM log.events WHERE type = 'KinRecorded'")
    assert [fact["data"].count(str(made.answer.body["id"])) for fact in recorded] == [1]


async def test_of_many_clerks_who_appoint_the_same_person_one_does(street: Street) -> None:
    """As the same, in the same area; at whichever process."""
    two = [await street.start(ALONE) for _ in range(2)]
    siti = await known(two[0], "Siti Contoh")
    wish = AppointPerson(person_id=siti, role="officer", area=KURIPAN, on="2022")
    said = await asyncio.gather(*(do(two[n % 2], wish) for n in range(8)), return_exceptions=True)
    assert [one.slug for one in said if isinstance(one, Refused)] == ["appointment-stands"] * 7
    assert len(await rows(two[0], "SELECT data FROM log.events WHERE type = 'Appointed'")) == 1
