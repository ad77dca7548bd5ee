"""`desmigratif report`: what it is told, and how it tells it."""

import csv
import io
import json
from typing import get_args

from typer.testing import CliRunner

from deploy.command.main import app
from deploy.command.report import By, Name
from deploy.command.running import DATA
from deploy.house import House
from services.registry.views.reports import REPORTS
from shared.vocabulary import LENGTHS


def told(house: House, *words: str) -> str:
    return CliRunner().invoke(app, ["report", *words], env={DATA: str(house.data)}, catch_exceptions=False).stdout


WIDE = {"COLUMNS": "200", "NO_COLOR": "1"}


def test_it_names_every_report_and_level_in_its_help_and_where_another_is_asked_for() -> None:
    assert set(get_args(Name)) == set(REPORTS)
    assert set(get_args(By)) == {"year", *LENGTHS}
    for words, choices in (
        (["--help"], (*get_args(Name), *get_args(By))),
        (["nope"], get_args(Name)),
        (["persons", "--by", "nope"], get_args(By)),
    ):
        said = CliRunner().invoke(app, ["report", *words], env=WIDE)
        assert [choice for choice in choices if choice not in said.output] == [], words
        assert said.exit_code == (0 if words == ["--help"] else 2)


def test_a_report_is_a_table_json_or_csv(house: House) -> None:
    name = "facilities"
    as_json = json.loads(told(house, name, "--by", "province", "--json"))
    rows = list(csv.reader(io.StringIO(told(house, name, "--by", "province", "--csv"))))
    assert rows[0][:2] == ["key", "name"]
    assert rows[0][2 : 2 + len(as_json["figures"])] == as_json["figures"]
    assert [row[0] for row in rows[1:]] == [*(row["key"] for row in as_json["rows"]), "total"]
    assert as_json["definition"].split()[0] in told(house, name)


def test_it_is_one_or_the_other() -> None:
    assert CliRunner().invoke(app, ["report", "persons", "--csv", "--json"]).exit_code == 2
