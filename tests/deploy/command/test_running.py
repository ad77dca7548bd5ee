from pathlib import Path

import pytest

from deploy.command import running, tokens
from deploy.command.failures import BadFile, Failure
from deploy.command.running import ROLES, find
from deploy.house import HouseFailed
from shared.http.access import SCOPES_OF

ELSEWHERE = {f"DESMIGRATIF_{service.upper()}_URL": f"http://{service}.example" for service in (
    "registry", "migration_service", "enterprise", "parenting", "cooperative"
)} | {"DESMIGRATIF_TOKEN": "a-token"}  # fmt: skip


def test_a_house_elsewhere_is_found_by_the_environment_alone() -> None:
    found = find(ELSEWHERE)
    assert found.addresses["registry"] == "http://registry.example"
    assert (found.issuer, found.token) == (None, "a-token")


@pytest.mark.parametrize("left_out", ["DESMIGRATIF_TOKEN", "DESMIGRATIF_PARENTING_URL"])
def test_half_of_an_environment_is_refused_with_what_is_missing(left_out: str) -> None:
    with pytest.raises(Failure, match=left_out):
        find({name: value for name, value in ELSEWHERE.items() if name != left_out})


def test_where_nothing_runs_the_command_says_so(tmp_path: Path) -> None:
    with pytest.raises(HouseFailed, match="desmigratif up"):
        find({"DESMIGRATIF_DATA": str(tmp_path)})
    assert list(tmp_path.iterdir()) == []


def test_the_roles_are_those_that_the_services_know() -> None:
    assert set(ROLES) == set(SCOPES_OF)


@pytest.mark.parametrize(("role", "area"), [("mayor", "*"), ("operator", "99"), ("operator", "")])
def test_no_token_for_what_there_is_not(tmp_path: Path, role: str, area: str) -> None:
    with pytest.raises(BadFile):
        tokens.mint(tmp_path, role, area, "somebody")


def test_the_data_folder_is_given_or_set_or_the_usual(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("DESMIGRATIF_DATA", raising=False)
    assert running.data_folder() == Path(".desmigratif")
    monkeypatch.setenv("DESMIGRATIF_DATA", "there")
    assert running.data_folder() == Path("there")
    assert running.data_folder(Path("here")) == Path("here")
