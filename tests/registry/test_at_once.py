"""What two clerks record at the same instant."""

import asyncio
import dataclasses
from collections import Counter
from uuid import UUID

import pytest

from services.registry.api.duplicates import compare
from services.registry.commands.appointments import AppointPerson
from services.registry.commands.households import RegisterTogether, Relative
from services.registry.commands.merges import Merge, Unmerge
from services.registry.commands.persons import Register, RegisterKnown
from services.registry.main import SERVICE
from shared.errors import Refused
from shared.http import Reading
from shared.runtime import Runtime
from tests.registry.people_of_kuripan import KURIPAN
from tests.shared.street import CALLER, Street, do, rows, until

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
        *(do(two[n % 2], RegisterTogether(village=KURIPAN, members=(), kin=(couples[n // 2 % 2],))) for n in range(12)),
        return_exceptions=True,
    )
    assert [one.slug for one in said if isinstance(one, Refused)] == ["kin-recorded-elsewhere"] * 11
    (made,) = (one for one in said if not isinstance(one, BaseException))
    recorded = await rows(two[0], "SELECT data FROM log.events WHERE type = 'KinRecorded'")
    assert [fact["data"].count(str(made.answer.body["id"])) for fact in recorded] == [1]


async def test_of_many_households_that_contradict_one_another_about_two_persons_one_is_heard(street: Street) -> None:
    """Who is the child of whom, or the spouse: at whichever process."""
    two = [await street.start(ALONE) for _ in range(2)]
    siti, joko = await known(two[0], "Siti Contoh"), await known(two[0], "Joko Contoh")
    told = [
        Relative(person_id=siti, relative_id=joko, relation="child"),
        Relative(person_id=joko, relative_id=siti, relation="child"),
        Relative(person_id=joko, relative_id=siti, relation="spouse"),
    ]
    said = await asyncio.gather(
        *(do(two[n % 2], RegisterTogether(village=KURIPAN, members=(), kin=(told[n % 3],))) for n in range(6)),
        return_exceptions=True,
    )
    assert [one.slug for one in said if isinstance(one, Refused)] == ["kin-recorded-elsewhere"] * 5
    assert len(await rows(two[0], "SELECT 1 FROM log.events WHERE type = 'KinRecorded'")) == 1


async def test_of_many_households_that_take_in_the_same_couple_one_does(street: Street) -> None:
    """Nobody lives in two households, and nobody's partner is left out of the one that has them."""
    two = [await street.start(ALONE) for _ in range(2)]
    siti, joko = await known(two[0], "Siti Contoh"), await known(two[0], "Joko Contoh")
    said = await asyncio.gather(
        *(
            do(two[n % 2], RegisterTogether(village=KURIPAN, members=members, kin=()))
            for n, members in enumerate([(siti, joko), (joko, siti)] * 4)
        ),
        return_exceptions=True,
    )
    assert [one.slug for one in said if isinstance(one, Refused)] == ["member-of-another-household"] * 7
    assert len(await rows(two[0], "SELECT 1 FROM log.events WHERE type = 'HouseholdRegistered'")) == 1


async def test_of_many_clerks_who_appoint_the_same_person_one_does(street: Street) -> None:
    """As the same, in the same area; at whichever process."""
    two = [await street.start(ALONE) for _ in range(2)]
    siti = await known(two[0], "Siti Contoh")
    wish = AppointPerson(person_id=siti, role="officer", area=KURIPAN, on="2022")
    said = await asyncio.gather(*(do(two[n % 2], wish) for n in range(8)), return_exceptions=True)
    assert [one.slug for one in said if isinstance(one, Refused)] == ["appointment-stands"] * 7
    assert len(await rows(two[0], "SELECT data FROM log.events WHERE type = 'Appointed'")) == 1


async def test_of_two_merges_of_the_same_two_either_way_round_one_happens(street: Street) -> None:
    """At two processes at once, again and again: never is each the other's duplicate."""
    two = [await street.start(ALONE) for _ in range(2)]
    for n in range(6):
        one, other = await known(two[0], f"Siti {n}"), await known(two[0], f"Conto {n}")
        said = await asyncio.gather(
            *(do(two[m % 2], Merge(person_id=a, into=b)) for m, (a, b) in enumerate([(one, other), (other, one)] * 2)),
            return_exceptions=True,
        )
        refused = [outcome.slug for outcome in said if isinstance(outcome, Refused)]
        # Which of the two it says depends on which of the two histories was read first.
        assert len(refused) == 2
        assert set(refused) <= {"has-duplicates", "person-merged"}
        assert sorted(outcome.answer.status for outcome in said if not isinstance(outcome, BaseException)) == [200, 201]
    assert len(await rows(two[0], "SELECT 1 FROM log.events WHERE type = 'PersonMerged'")) == 6


async def test_a_merge_and_its_undoing_at_once_leave_both_histories_saying_the_same(street: Street) -> None:
    two = [await street.start(ALONE) for _ in range(2)]
    one, other = await known(two[0], "Siti Contoh"), await known(two[0], "Siti Conto")
    told: Counter[str] = Counter()
    for _ in range(4):
        version = len(await rows(two[0], "SELECT 1 FROM log.events WHERE stream_id = $1", one))
        asked = [Merge(person_id=one, into=other), Unmerge(person_id=one), RegisterKnown(person_id=other)]
        await asyncio.gather(
            *(do(two[n % 2], command, if_match=version) for n, command in enumerate(asked)), return_exceptions=True
        )
        facts = await rows(two[0], "SELECT type FROM log.events WHERE stream_id = ANY($1)", [one, other])
        told = Counter(fact["type"] for fact in facts)
        assert told["PersonMerged"] == told["DuplicateAssigned"]
        assert told["PersonUnmerged"] == told["DuplicateReleased"]
        assert told["PersonMerged"] - told["PersonUnmerged"] in (0, 1)
    assert told["PersonMerged"] >= 1


async def test_more_people_than_can_be_compared_at_once_are_not(street: Street) -> None:
    registry = await street.start(ALONE)
    for name in ("Siti Contoh", "Siti Conto", "Siti Cont"):
        await known(registry, name)
    everywhere = Reading(registry, CALLER)

    async def all_there() -> bool:
        return len((await compare(everywhere, None, most=3))[0]) == 3

    await until(all_there)
    with pytest.raises(Refused, match=r"^too-many-to-compare$"):
        await compare(everywhere, None, most=2)
    assert (await compare(everywhere, None, most=3))[1] == []
