"""The rows of everybody who is known."""

from dataclasses import replace
from datetime import date
from typing import Any

import pytest
from sqlalchemy.dialects import postgresql

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
from services.registry.views.people import everyone, people, project, workers
from shared.views import Put
from shared.vocabulary import Occurred
from tests.registry.people_of_kuripan import KURIPAN, LIPURSARI, NOW, REGISTERED, SARI, TRIP, WORKER
from tests.registry.views.recording import recorded, sealed, stored

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


def test_workers_are_those_who_are_workers_and_figures_count_the_dead_and_the_erased() -> None:
    dialect = postgresql.dialect()  # type: ignore[no-untyped-call]
    assert "WHERE" not in str(everyone().compile(dialect=dialect))
    assert str(workers().compile(dialect=dialect)).endswith("WHERE people.people.worker")
    counted = str(figures().compile(dialect=dialect))
    assert "erased" not in counted
    assert "died_on" not in counted
