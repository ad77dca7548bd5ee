"""`desmigratif load-households`: how a list of households is read, and what is told of its lines."""

import asyncio
from typing import Any

import pytest

from deploy.command import report, status
from deploy.command.calls import REGISTRY, Reply
from deploy.command.failures import BadFile, Unexpected
from deploy.command.household_list import Listed, parse
from deploy.command.load_households import Judged, judged, load
from deploy.command.running import Running
from deploy.house import House
from tests.deploy.command.invented_households import HEADER, lines

LIST = """Rumah Tangga;Nama;Hubungan;Kode Desa;PMI;No KK;Tanggal Pendataan;Tanggal Lahir
1;Joko Contoh;Kepala;33.07.10.2004;;3307101708269001;2026-08-17;
2;Rini Contoh;kepala;33.07.10.2004;;;;
1;Siti Contoh;istri;33.07.10.2004;ya;;;
"""
HOME = Listed((2, 4), {}, "key")


def reply(status: int, **body: Any) -> Reply:
    return Reply(REGISTRY, "POST /households", status, body, None, 1.0)


def test_lines_of_one_household_are_one_request_wherever_they_stand() -> None:
    one, other = parse(LIST.encode())
    assert (one.numbers, other.numbers) == ((2, 4), (3,))
    assert one.body == {
        "village": "33.07.10.2004",
        "card": "3307101708269001",
        "surveyed_on": "2026-08-17",
        "people": [
            {"name": "Joko Contoh", "relation": "Kepala"},
            {"name": "Siti Contoh", "relation": "istri", "worker": True},
        ],
    }


def test_a_household_is_known_by_its_key_and_village_whatever_else_is_said_of_it() -> None:
    """So a list that was put right is loaded again, and nobody is registered a second time."""
    one, other = parse(LIST.encode())
    longer = parse((LIST + "3;Budi Contoh;kepala;33.07.10.2004;;;;\n").encode())
    assert [one.key, other.key] == [home.key for home in longer[:2]]
    put_right = parse(LIST.replace("Rini Contoh", "Rini Lestari").replace("33.07.10.2004", "3307102004").encode())
    assert [one.key, other.key] == [home.key for home in put_right]
    elsewhere = parse(LIST.replace("33.07.10.2004", "33.07.10.2005").encode())
    assert len({one.key, other.key, *(home.key for home in elsewhere)}) == 4


def test_lines_of_no_household_are_told_apart_by_where_they_stand_and_what_they_say() -> None:
    """Else a line of one list were taken for a line of another."""
    lines_ = "".join(f";{name} Contoh;kepala;33.07.10.2004;;;;\n" for name in ("Joko", "Joko", "Budi"))
    header = LIST.partition("\n")[0]
    homes = parse(f"{header}\n{lines_}".encode())
    assert len({home.key for home in homes}) == 3


def test_a_list_needs_its_columns() -> None:
    with pytest.raises(BadFile, match="Hubungan, Kode Desa"):
        parse(b"Rumah Tangga,Nama\n1,Joko\n")


def test_a_household_with_a_line_that_is_no_utf_8_is_not_sent() -> None:
    broken = LIST.encode().replace(b"Siti", b"S\xeeti")
    one, other = parse(broken)
    assert one.body is None
    assert other.body is not None
    assert {("rejected", ("line-not-utf-8",))} == {(line.outcome, line.codes) for line in judged(one, None)}


def test_each_line_is_told_its_own_codes() -> None:
    errors = [{"column": "people.1.nik", "code": "nik-length"}, {"column": "people.1.name", "code": "name-missing"}]
    told = judged(HOME, reply(422, slug="nik-length", errors=errors))
    assert [(2, ("household-rejected",)), (4, ("nik-length", "name-missing"))] == [(j.number, j.codes) for j in told]
    told = judged(HOME, reply(422, slug="village-unknown", errors=[{"column": "village", "code": "village-unknown"}]))
    assert {("village-unknown",)} == {j.codes for j in told}
    told = judged(HOME, reply(403, slug="outside-area"))
    assert {("rejected", ("outside-area",))} == {(j.outcome, j.codes) for j in told}


def test_what_was_recorded_is_accepted_with_its_warnings() -> None:
    assert {"accepted"} == {j.outcome for j in judged(HOME, reply(201, id="x", warnings=[]))}
    (first, _) = judged(HOME, reply(201, id="x", warnings=["card-unknown-district"]))
    assert ("warning", ("card-unknown-district",)) == (first.outcome, first.codes)


def test_an_answer_that_says_nothing_of_the_household_ends_the_load() -> None:
    with pytest.raises(Unexpected):
        judged(HOME, reply(500, slug="fault"))


def test_the_invented_list_is_one() -> None:
    text = "\n".join(",".join(line) for line in (HEADER, *lines(200)))
    households = parse(text.encode())
    assert (200, True) == (len(households), all(home.body for home in households))


RIGHT = """Rumah Tangga;Nama;Hubungan;Kode Desa;PMI
1;Joko Contoh;kepala;33.07.13.2003;
1;Siti Contoh;istri;33.07.13.2003;ya
2;Rini Contoh;kepala;33.07.13.2003;
"""


def test_a_list_that_was_put_right_records_what_was_refused_and_nothing_twice(house: House) -> None:
    """A household that was recorded and reads otherwise now is not registered anew under another spelling."""
    wrong = RIGHT.replace("Rini Contoh;kepala", "Rini Contoh;ipar")
    assert loaded(house, wrong) == {2: (), 3: (), 4: ("relation-unknown",)}
    assert loaded(house, wrong) == {2: (), 3: (), 4: ("relation-unknown",)}
    otherwise = ("idempotency-key-reused",)
    assert loaded(house, RIGHT.replace("Siti", "Sitti")) == {2: otherwise, 3: otherwise, 4: ()}
    assert loaded(house, RIGHT) == {2: (), 3: (), 4: ()}
    assert counted(house, "households") == {"households": 2, "members": 3}
    assert counted(house, "persons") == {"persons": 3, "workers": 1, "died": 0}


def loaded(house: House, text: str) -> dict[int, tuple[str, ...]]:
    """The codes of each line."""
    told: list[Judged] = []

    async def all_of_it() -> None:
        async with Running(house.addresses, issuer=house.issuer).calls("integrator") as calls:
            await load(calls, parse(text.encode()), told.extend)

    asyncio.run(all_of_it())
    return {line.number: line.codes for line in told}


def counted(house: House, name: str) -> dict[str, int]:
    """The sums of a report of the village, once everything was heard."""

    async def ask() -> dict[str, int]:
        async with Running(house.addresses, issuer=house.issuer).calls("programme-office", "operator") as calls:
            await status.wait_until_heard(calls, 10.0)
            said = await report.ask(calls, name, region="33.07.13.2003")
            return dict(said["total"])

    return asyncio.run(ask())
