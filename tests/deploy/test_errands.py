"""What a command asks of a house: that the house does it is shown in test_house."""

import json
import os
import subprocess
import sys
from dataclasses import asdict
from pathlib import Path

import pytest

from deploy.errands import Errand, ask, open_folder, take
from deploy.house import HouseFailed
from deploy.program import Identity
from deploy.standing import standing


def test_nobody_is_asked_where_no_house_stands(tmp_path: Path) -> None:
    with pytest.raises(HouseFailed, match="nothing runs"):
        ask(tmp_path, Errand("scale", {"enterprise": 2}))
    assert list(tmp_path.iterdir()) == []


def test_an_issuer_that_only_signs_for_services_run_by_others_is_asked_in_vain(tmp_path: Path) -> None:
    with standing(tmp_path, {}), pytest.raises(HouseFailed, match="docker-compose"):
        ask(tmp_path, Errand("restart", {"enterprise": 1}))


def test_an_errand_is_taken_once_and_one_whose_asker_is_gone_not_at_all(tmp_path: Path) -> None:
    errand = Errand("scale", {"enterprise": 2})
    with subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE) as asker:
        identity = Identity.of(asker.pid)
        assert identity is not None
        leave(tmp_path, "first", errand, identity)
        assert [(taken.errand, str(taken.errand)) for taken in take(tmp_path)] == [(errand, "scale enterprise=2")]
        assert take(tmp_path) == []
        leave(tmp_path, "second", errand, identity)
        asker.communicate(b"\n")
    assert take(tmp_path) == []


def test_an_answer_that_nobody_came_for_is_taken_away(tmp_path: Path) -> None:
    me = Identity.of(os.getpid())
    assert me is not None
    leave(tmp_path, "one", Errand("stop", {"enterprise": 1}), me)
    [taken] = take(tmp_path)
    taken.answer("no")
    assert [path.name for path in (tmp_path / "errands").iterdir()] == ["one.answered"]
    open_folder(tmp_path)
    assert list((tmp_path / "errands").iterdir()) == []


def leave(data: Path, name: str, errand: Errand, asker: Identity) -> None:
    (data / "errands").mkdir(exist_ok=True)
    said = {"errand": asdict(errand), "asker": asdict(asker)}
    (data / "errands" / f"{name}.asked").write_text(json.dumps(said))
