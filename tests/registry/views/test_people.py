"""The rows of everybody who is known."""

from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from services.registry.domain.merging import PersonMerged, PersonUnmerged
from services.registry.domain.person import (
    BirthDateCorrected,
    CameOfAge,
    DeathReported,
    DeathRetracted,
    NameCorrected,
    NikCorrected,
    NikGiven,
    PersonErased,
    PersonEvent,
    VillageCorrected,
)
from services.registry.domain.village import VillageDesignated
from services.registry.views.figures import figures
from services.registry.views.people import VIEW, everyone, merges, one, people, project, workers
from shared.views import Put
from shared.vocabulary import Occurred
from tests.registry.people_of_kuripan import BUDI, DEWI, KURIPAN, LIPURSARI, NOW, REGISTERED, SARI, TRIP, WORKER
from tests.registry.views.recording import recorded, sealed, stored
from tests.rosters import Roster

MAY = Occurred(date(2026, 5, 1), "month")


def row(event: PersonEvent, version: int = 2) -> dict[str, Any]:
    """What *event* writes into the person's row, but for id and version."""
    (change,) = project(recorded(event, version))
    assert isinstance(change, Put)
    assert people is change.table
    values = dict(change.values)
    assert (SARI, version) == (values.pop("person_id"), values.pop("version"))
    return values


def test_a_registered_person_has_a_row_of_ciphertext() -> None:
    registered = replace(REGISTERED, full_name=sealed("full_name"), nik=sealed("nik"), birth_date=sealed("birth_date"))
    assert row(registered, version=1) == {
        "village": KURIPAN,
        "worker": False,
        "full_name": stored("full_name"),
        "nik": stored("nik"),
        "birth_date": stored("birth_date"),
        "erased": False,
    }


def test_a_person_without_nik_or_birth_date_has_nothing_there() -> None:
    registered = replace(REGISTERED, full_name=sealed("full_name"), nik=None, birth_date=None)
    assert (None, None) == (row(registered)["nik"], row(registered)["birth_date"])


@pytest.mark.parametrize(
    ("event", "changed"),
    [
        (WORKER, {"worker": True}),
        (
            NameCorrected(occurred=NOW, person_id=SARI, corrects=1, full_name=sealed("full_name", "bmV3")),
            {"full_name": stored("full_name", "bmV3")},
        ),
        (NikCorrected(occurred=NOW, person_id=SARI, corrects=1, nik=None), {"nik": None}),
        (NikGiven(occurred=NOW, person_id=SARI, nik=sealed("nik")), {"nik": stored("nik")}),
        (CameOfAge(occurred=NOW, person_id=SARI, village=KURIPAN), {}),
        (
            BirthDateCorrected(
                occurred=NOW,
                person_id=SARI,
                corrects=1,
                village=KURIPAN,
                birth_date=sealed("birth_date", "bmV3"),
                of_minor=False,
                birth_year=None,
            ),
            {"birth_date": stored("birth_date", "bmV3")},
        ),
        (
            VillageCorrected(occurred=NOW, person_id=SARI, corrects=1, village=LIPURSARI),
            {"village": LIPURSARI},
        ),
        (
            DeathReported(occurred=MAY, person_id=SARI, village=KURIPAN, cause=TRIP, died_on=MAY),
            {"died_on": "2026-05"},
        ),
        (
            DeathRetracted(occurred=NOW, person_id=SARI, corrects=2, village=KURIPAN, cause=TRIP, died_on=None),
            {"died_on": None},
        ),
        (
            PersonErased(occurred=NOW, person_id=SARI, village=KURIPAN),
            {"full_name": None, "nik": None, "birth_date": None, "died_on": None, "erased": True},
        ),
    ],
)
def test_each_fact_changes_its_own_columns(event: PersonEvent, changed: dict[str, Any]) -> None:
    assert changed == row(event)


def test_a_fact_about_something_else_changes_nobody() -> None:
    designated = VillageDesignated(occurred=NOW, village=KURIPAN, year=2017, decree="SK-1")
    assert [] == list(project(recorded(designated)))


async def test_workers_are_those_who_are_workers_and_figures_count_the_dead_and_the_erased(roster: Roster) -> None:
    sari, budi, dewi = (replace(REGISTERED, person_id=who, full_name=sealed("full_name")) for who in (SARI, BUDI, DEWI))
    sari, budi, dewi = (replace(known, nik=None, birth_date=None) for known in (sari, budi, dewi))
    died = DeathReported(occurred=MAY, person_id=BUDI, village=KURIPAN, cause=None, died_on=MAY)
    erased = PersonErased(occurred=NOW, person_id=DEWI, village=KURIPAN)
    also = [replace(WORKER, person_id=who) for who in (BUDI, DEWI)]
    facts: list[PersonEvent] = [sari, budi, dewi, *also, died, erased]
    await roster.follow(VIEW, *(recorded(fact) for fact in facts))
    assert [row["person_id"] for row in await roster.ask(everyone())] == [SARI, BUDI, DEWI]
    assert [row["person_id"] for row in await roster.ask(workers())] == [BUDI, DEWI]
    assert await roster.ask(figures()) == [{"village": KURIPAN, "workers": 2}]


async def test_a_duplicate_is_shown_as_who_stands_for_both(roster: Roster) -> None:
    """Listed once, counted once, found by either id; a death that a trip told of the duplicate is theirs."""
    sari, budi = (
        replace(REGISTERED, person_id=who, full_name=sealed("full_name"), nik=None, birth_date=None)
        for who in (SARI, BUDI)
    )
    also = [replace(WORKER, person_id=who) for who in (SARI, BUDI)]
    merged = PersonMerged(occurred=NOW, person_id=BUDI, village=KURIPAN, into=SARI)
    died = DeathReported(occurred=MAY, person_id=BUDI, village=KURIPAN, cause=TRIP, died_on=MAY)
    facts: list[PersonEvent] = [sari, budi, *also, merged, died]
    await roster.follow(VIEW, *(recorded(fact) for fact in facts))
    (shown,) = await roster.ask(everyone())
    assert (shown["person_id"], shown["died_on"]) == (SARI, "2026-05")
    assert await roster.ask(one(SARI)) == await roster.ask(one(BUDI)) == [shown]
    assert await roster.ask(figures()) == [{"village": KURIPAN, "workers": 1}]
    assert [(row["person_id"], row["into"]) for row in await roster.ask(merges())] == [(BUDI, SARI)]

    back = PersonUnmerged(occurred=NOW, person_id=BUDI, village=KURIPAN, corrects=3, into=SARI)
    await roster.follow(VIEW, recorded(back), anew=False)
    assert [(row["person_id"], row["died_on"]) for row in await roster.ask(everyone())] == [
        (SARI, None),
        (BUDI, "2026-05"),
    ]
    assert await roster.ask(figures()) == [{"village": KURIPAN, "workers": 2}]
    assert await roster.ask(merges()) == []
