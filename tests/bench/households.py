"""A list of households into the registry by ``desmigratif load-households``, as many as the programme counted.

Into a house of its own that knows nobody yet: 40,072 invented households with their people, from the command's start
until it is through, and until everyone has heard it; beside the three minutes that it may take (of fewer households,
their share). Then they are counted by the reports, as of several days, and held against the list itself: a count that
is another ends the bench.
"""

import csv
import time
from collections import Counter
from collections.abc import Sequence
from datetime import date, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory

from deploy.command import report
from deploy.command.running import Running
from deploy.house import House
from tests.bench import homecoming
from tests.bench.bed import Bed, desmigratif
from tests.bench.figures import Figure, Say, Sizes, Target
from tests.deploy.command.invented_households import HEADER, HOUSEHOLDS, lines

_MINUTES = 3
_DAYS = 4
"""So many days of the list are asked about, beside the eve of the first."""

_Line = tuple[str, ...]
_Counts = dict[str, Counter[str]]


async def measure(bed: Bed, sizes: Sizes, say: Say) -> list[Figure]:
    """Two figures: the command is through; everyone has heard it."""
    house = await (bed.house_of_its_own("households") if sizes.careful else bed.house())
    await homecoming.all_heard(house)
    listed = list(lines(sizes.households))
    days = _days(listed)
    before = [await _reported(house, day) for day in days]
    began = time.perf_counter()
    took = await _load(house, listed)
    await homecoming.all_heard(house)
    heard = time.perf_counter() - began
    say(f"households: {sizes.households:,} with {len(listed):,} people in {took:.1f} s, heard after {heard:.1f} s")
    for day, earlier in zip(days, before, strict=True):
        _hold(day, _less(await _reported(house, day), earlier), _listed(listed, day))
    say(f"households: the reports say as the list does, as of {', '.join(map(str, days))}")
    may_take = [60.0 * _MINUTES * sizes.households / HOUSEHOLDS]
    at_most = Target(at_most=1.0) if sizes.careful else None
    beside = f"{_MINUTES} minutes for {HOUSEHOLDS:,}"
    what = f"{sizes.households:,} households with {len(listed):,} people loaded"
    return [
        Figure("households", what, beside, "s", [took], may_take, more_is_better=False, target=at_most),
        Figure("households-heard", f"{what}, heard by all", beside, "s", [heard], may_take, more_is_better=False),
    ]


async def _load(house: House, listed: Sequence[_Line]) -> float:
    """Seconds of the command.

    Raises:
        RuntimeError: it fails, or refuses a line.
    """
    with TemporaryDirectory() as folder:
        path, told = Path(folder) / "households.csv", Path(folder) / "told.csv"
        with path.open("w", encoding="utf-8", newline="") as file:
            csv.writer(file).writerows((HEADER, *listed))
        began = time.perf_counter()
        said = await desmigratif(house, "load-households", path, "--report", told)
        took = time.perf_counter() - began
        with told.open(encoding="utf-8", newline="") as file:
            outcomes = Counter(line["outcome"] for line in csv.DictReader(file))
    if outcomes["rejected"] or outcomes.total() != len(listed):
        raise RuntimeError(said)
    return took


def _days(listed: Sequence[_Line]) -> list[date]:
    """The eve of the first survey, and some days on which one was, to the last."""
    surveyed = sorted({date.fromisoformat(line[-1]) for line in listed if line[-1]})
    return [surveyed[0] - timedelta(days=1), *(surveyed[(len(surveyed) - 1) * n // (_DAYS - 1)] for n in range(_DAYS))]


def _listed(listed: Sequence[_Line], day: date) -> _Counts:
    """By regency, what the list itself says of a day: counted from its lines alone."""
    counts: _Counts = {}
    known = False
    for line in listed:
        cells = dict(zip(HEADER, line, strict=True))
        if cells["Tanggal Pendataan"]:  # the household's first line, its head's
            known = date.fromisoformat(cells["Tanggal Pendataan"]) <= day
        if known:
            here = counts.setdefault(cells["Kode Desa"][: len("33.07")], Counter())
            here["households"] += bool(cells["Tanggal Pendataan"])
            here["members"] += 1
            here["persons"] += 1
            here["workers"] += cells["PMI"] == "ya"
    return counts


async def _reported(house: House, day: date) -> _Counts:
    """By regency, what the reports say of a day."""
    counts: _Counts = {}
    async with Running(house.addresses, issuer=house.issuer).calls("programme-office") as calls:
        for name in ("households", "persons"):
            said = await report.ask(calls, name, as_of=day.isoformat(), by="regency")
            for row in said["rows"]:
                counts.setdefault(row["key"], Counter()).update(row["figures"])
    return counts


def _less(now: _Counts, before: _Counts) -> _Counts:
    """What was added."""
    return {key: figures - before.get(key, Counter()) for key, figures in now.items()}


def _hold(day: date, reported: _Counts, listed: _Counts) -> None:
    """Raise `RuntimeError` where the report of *day* says otherwise than the list."""
    ours, theirs = ({key: +figures for key, figures in counts.items() if +figures} for counts in (reported, listed))
    if ours != theirs:
        raise RuntimeError(f"as of {day} the reports say {ours}, the list {theirs}")
