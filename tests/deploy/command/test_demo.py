"""The main job, as a user starts it: from nothing to figures. What must come out is worked out here a second time."""

import csv
import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import psutil
import pytest

from deploy.command.demo import EXAMPLE

ROOT = Path(__file__).parents[3]
TODAY = date(2026, 11, 21)
MONTHS = "januari februari maret april mei juni juli agustus september oktober november desember"
COMMAND = [sys.executable, "-m", "deploy.command.main"]


@pytest.fixture
def temporary() -> Iterator[Path]:
    """A folder for temporary files that PostgreSQL's own account may pass through, as pytest's may not be."""
    with tempfile.TemporaryDirectory(prefix="desmigratif-test-") as folder:
        Path(folder).chmod(0o711)
        yield Path(folder)


@dataclass
class Person:
    village: str
    family: bool
    trips: list[tuple[date, int, str]] = field(default_factory=list)

    @property
    def standing(self) -> str:
        if any(standing == "deceased" for *_, standing in self.trips):
            return "deceased"
        return max(self.trips)[2]


def day(text: str) -> date:
    parts = text.strip().replace("/", "-").replace(" ", "-").split("-")
    if not parts[1].isdigit():
        parts[1] = str(MONTHS.split().index(parts[1].casefold()) + 1)
    first, month, last = (int(part) for part in parts)
    return date(first, month, last) if first > 31 else date(last, month, first)


def two_years_after(on: date) -> date:
    leap_day = (on.month, on.day) == (2, 29)
    return date(on.year + 2, 3, 1) if leap_day else date(on.year + 2, on.month, on.day)


def implied(placements: Path, outcomes: dict[int, str]) -> dict[str, Counter[str]]:
    """Each village's figures, from the list, what becomes of its lines, and the demo's rules."""
    with placements.open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.DictReader(file, delimiter=";"))
    people: dict[str, Person] = {}
    accepted = home = 0
    for line, row in enumerate(rows, start=2):
        if outcomes[line] not in ("accepted", "warning"):
            continue
        accepted += 1
        nik = "".join(letter for letter in row["NIK"] if letter.isdigit())
        digits = "".join(letter for letter in row["Kode Desa"] if letter.isdigit())
        village = ".".join((digits[:2], digits[2:4], digits[4:6], digits[6:]))
        person = people.setdefault(nik, Person(village, family=accepted % 2 == 0))
        departed, standing = day(row["Tanggal Kontrak"]), "abroad"
        if two_years_after(departed) <= TODAY:
            home += 1
            standing = "deceased" if home % 25 == 0 else "on_leave" if home % 10 == 0 else "returned"
        person.trips.append((departed, line, standing))
    figures: dict[str, Counter[str]] = defaultdict(Counter)
    for person in people.values():
        at = figures[person.village]
        at["workers"] += 1
        at[person.standing] += 1
        if person.standing == "returned":
            at["training_candidates"] += 1
            at["cooperative_prospects"] += 1
        if person.standing == "abroad" and person.family:
            at["training_candidates"] += 1
            at["children_with_parent_abroad"] += 2
    return figures


def demo(temporary: Path, *arguments: str | Path) -> tuple[str, dict[str, Any]]:
    """What a demo printed and its figures; it must end well and leave nothing behind."""
    figures = temporary / "figures.json"
    ended = subprocess.run(
        [*COMMAND, "demo", "--json", figures, *arguments],
        cwd=ROOT,
        env={**os.environ, "TMPDIR": str(temporary)},
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert ended.returncode == 0, ended.stderr
    assert list(temporary.iterdir()) == [figures]
    return ended.stdout, json.loads(figures.read_bytes())


def by_village(said: dict[str, Any]) -> dict[str, dict[str, int]]:
    """The figures above zero."""
    return {
        village["code"]: {key: n for key, n in village.items() if n and key not in ("code", "name")}
        for village in said["villages"]
    }


def test_the_demo_gives_the_expected_outcomes_and_what_list_and_rules_imply(temporary: Path, tmp_path: Path) -> None:
    expected = EXAMPLE / "placements.expected.csv"
    with expected.open(newline="") as file:
        outcomes = {int(row["line"]): row["outcome"] for row in csv.DictReader(file)}
    printed, said = demo(temporary, "--report", tmp_path / "report.csv")
    assert (tmp_path / "report.csv").read_bytes() == expected.read_bytes()
    assert by_village(said) == implied(EXAMPLE / "placements.csv", outcomes)
    assert [village["code"] for village in said["villages"]] == sorted(village["code"] for village in said["villages"])
    for village in said["villages"]:
        assert village["workers"] == sum(village[key] for key in ("abroad", "on_leave", "returned", "deceased"))
    returns = {service: said["propagation_ms"][service]["n"] for service in ("enterprise", "cooperative")}
    assert len(set(returns.values())) == 1
    assert f"{returns['enterprise']:,} returns" in printed
    assert all(said["events"][service] > 0 for service in ("registry", "migration_service"))
    assert "The demo's rules" in printed
    assert "Kuripan, Watumalang, Kabupaten Wonosobo" in printed


def test_of_several_trips_the_latest_contract_date_says_where_somebody_stands_and_death_wins(
    temporary: Path, tmp_path: Path
) -> None:
    placements = tmp_path / "placements.csv"
    villages = ("33.07.10.2004", "3212162004", "52.03.13.2001")
    lines = ["NIK;Nama;Negara Tujuan;SK Penempatan;Tanggal Kontrak;Kode Desa"]
    for n in range(160):  # 40 people with four trips each, some of one person's on the same day
        who, trip = n % 40, n // 40
        on = date(2020, 2, 29) + timedelta(days=(who * 97 + trip * trip * 7) % 2400 // 30 * 30)
        nik = f"330710{10 + who % 18}0190{9000 + who}"
        lines.append(f"{nik};Orang Contoh {who};Taiwan;SK-{n};{on};{villages[(who + trip) % 3]}")
    placements.write_text("\n".join(lines))
    _, said = demo(temporary, "--placements", placements)
    expected = implied(placements, dict.fromkeys(range(2, 162), "accepted"))
    assert by_village(said) == expected
    assert all(sum(at[key] for at in expected.values()) for key in ("abroad", "on_leave", "returned", "deceased"))


def _writes_a_cluster(process: psutil.Process) -> bool:
    try:
        return process.name() == "postgres" and bool({"--boot", "--single"} & set(process.cmdline()))
    except psutil.NoSuchProcess:
        return False


def test_ctrl_c_while_it_starts_leaves_nothing_behind(temporary: Path, tmp_path: Path) -> None:
    said = tmp_path / "said"
    with said.open("w") as heard:
        process = subprocess.Popen(
            [*COMMAND, "demo"],
            cwd=ROOT,
            env={**os.environ, "TMPDIR": str(temporary)},
            stdout=subprocess.DEVNULL,
            stderr=heard,
            start_new_session=True,
        )
    descendants: list[psutil.Process] = []
    until = time.monotonic() + 60
    # In the midst of initdb: the one that writes the cluster is its child.
    while not any(_writes_a_cluster(one) for one in descendants) and time.monotonic() < until:
        descendants = psutil.Process(process.pid).children(recursive=True)
    process.send_signal(signal.SIGINT)
    assert process.wait(timeout=60) == 130, said.read_text()
    assert psutil.wait_procs(descendants, timeout=5)[1] == []
    assert list(temporary.iterdir()) == []


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        (["demo", "--today", "2026-13-01"], 2, "--today"),
        (["demo", "--placements", "nowhere.csv"], 2, "nowhere.csv"),
        (["demo", "--report", "nowhere/report.csv"], 2, "nowhere"),
        (["rebuild", "bank", "view"], 2, "bank"),
        (["villages"], 1, "desmigratif up"),
        (["status", "--json"], 1, "desmigratif up"),
    ],
)
def test_what_cannot_be_done_is_a_sentence_and_an_exit_code(
    tmp_path: Path, arguments: list[str], code: int, words: str
) -> None:
    ended = subprocess.run(
        [*COMMAND, *arguments],
        cwd=ROOT,
        env={**os.environ, "DESMIGRATIF_DATA": str(tmp_path), "NO_COLOR": "1"},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert (ended.returncode, ended.stdout) == (code, "")
    assert words in ended.stderr
    assert "Traceback" not in ended.stderr


def test_the_shipped_day_is_the_demos_today() -> None:
    assert date.fromisoformat((EXAMPLE / "today").read_text().strip()) == TODAY
    assert two_years_after(date(2024, 2, 29)) == date(2026, 2, 28) + timedelta(days=1)
