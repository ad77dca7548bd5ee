"""Documents that name a file are right about it."""

import re
from pathlib import Path

import pytest

from tests.architecture.documents import documents

ROOT = Path(__file__).parents[2]
DOCUMENTS = sorted([*ROOT.glob("*.md"), *ROOT.glob("deploy/*.md"), *ROOT.glob("shared/*/*.md")])
TOP = r"(?:services|shared|deploy|tests|\.ci)"

each_document = pytest.mark.parametrize("document", DOCUMENTS, ids=lambda d: d.relative_to(ROOT).as_posix())


@each_document
def test_every_path_in_it_exists(document: Path) -> None:
    named = set(re.findall(rf"(?<![\w/.-])({TOP}/[\w./*-]*[\w*/])", document.read_text()))
    assert [path for path in sorted(named) if not any(ROOT.glob(path.rstrip("/")))] == []


@each_document
def test_every_link_in_it_leads_somewhere(document: Path) -> None:
    targets = re.findall(r"\]\(([^)#\s]+)", document.read_text())
    local = [target for target in targets if "://" not in target]
    assert [target for target in local if not (document.parent / target).exists()] == []


@each_document
def test_every_decision_it_names_was_taken(document: Path) -> None:
    taken = {path.name[:4] for path in (ROOT / "shared" / "decisions").glob("*.md")}
    assert set(re.findall(r"[Dd]ecision (\d{4})", document.read_text())) - taken == set()


@each_document
def test_every_make_target_in_it_exists(document: Path) -> None:
    targets = set(re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    named = set(re.findall(r"(?:`|^ {4})make ([a-z]+)", document.read_text(), re.MULTILINE))
    assert named - targets == set()


def test_decisions_are_numbered_without_a_gap() -> None:
    numbers = [int(path.name[:4]) for path in sorted((ROOT / "shared" / "decisions").glob("*.md"))]
    assert numbers == list(range(1, len(numbers) + 1))


@pytest.mark.parametrize("document", documents(), ids=lambda path: path.name)
def test_what_the_code_writes_itself_is_current(document: Path) -> None:
    assert document.read_text() == documents()[document], "make documents writes it"
