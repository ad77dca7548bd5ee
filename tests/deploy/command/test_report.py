"""`desmigratif report`: what it is told, and how it tells it."""

import csv
import io
import json

from typer.testing import CliRunner

from deploy.command.main import app
from deploy.command.running import DATA
from deploy.house import House
from services.registry.views.reports import REPORTS


def told(house: House, *words: str) -> str:
    return CliRunner().invoke(app, ["report", *words], env={DATA: str(house.data)}, catch_exceptions=False).stdout


def test_the_help_names_every_report() -> None:
    said = CliRunner().invoke(app, ["report", "--help"], env={"COLUMNS": "200", "NO_COLOR": "1"}).stdout
    assert [name for name in REPORTS if name not in said] == []


def test_a_report_is_a_table_json_or_csv(house: House) -> None:
    name = "facilities"
    as_json = json.loads(told(house, name, "--by", "province", "--json"))
    rows = list(csv.reader(io.StringIO(told(house, name, "--by", "province", "--csv"))))
    assert rows[0][:2] == ["key", "name"]
    assert rows[0][2 : 2 + len(as_json["figures"])] == as_json["figures"]
    assert [row[0] for row in rows[1:]] == [row["key"] for row in as_json["rows"]]
    assert as_json["definition"].split()[0] in told(house, name)


def test_it_is_one_or_the_other() -> None:
    assert CliRunner().invoke(app, ["report", "persons", "--csv", "--json"]).exit_code == 2
