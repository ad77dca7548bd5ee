"""`desmigratif load-households`: how a list of households is read, and what is told of its lines."""

from typing import Any

import pytest

from deploy.command.calls import REGISTRY, Reply
from deploy.command.failures import BadFile, Unexpected
from deploy.command.household_list import Listed, parse
from deploy.command.load_households import judged
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


def test_what_a_household_says_is_its_key_whatever_else_the_list_says() -> None:
    """So a list that was put right is loaded again, and only what was put right is new."""
    one, other = parse(LIST.encode())
    longer = parse((LIST + "3;Budi Contoh;kepala;33.07.10.2004;;;;\n").encode())
    assert [one.key, other.key] == [home.key for home in longer[:2]]
    put_right = parse(LIST.replace("Rini Contoh", "Rini Lestari").encode())
    assert (put_right[0].key, put_right[1].key == other.key) == (one.key, False)


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
