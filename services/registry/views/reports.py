"""The registry's reports: what is counted, of which day, by area or year.

A report is a query with one row for each thing that is counted on a day: *village*, *counted_on* (the day that decides
its year and whether it lies in the period) and a column for each figure. Another report is another entry in `REPORTS`.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any, Literal

import sqlalchemy as sa

from services.registry.views import census
from services.registry.views.households import memberships, villages
from services.registry.views.people import ALIASES

Name = Literal["villages", "households", "persons"]
By = Literal["year", "province", "regency", "district", "village"]

_AS_OF = (
    "As of a day: by the days on which things happened, as they are known now; what is known to the month or year "
    "counts from its first day."
)
_PER = (
    "Per tanggal: menurut tanggal kejadian sebagaimana diketahui sekarang; yang hanya diketahui bulan atau tahunnya "
    "dihitung sejak hari pertamanya."
)

_DIGITS: Mapping[By, int] = {"province": 2, "regency": 5, "district": 8, "village": 13}
"""So many letters of a dotted village code are the code of its region."""


@dataclass(frozen=True, slots=True)
class Report:
    """*figures* are the names of the figures; *definition* says what they count, in English and Indonesian."""

    figures: tuple[str, ...]
    definition: str
    definition_id: str
    rows: Callable[[date], sa.Select[Any]]


def households_on(day: date) -> sa.Select[Any]:
    """One row for each household in which somebody lived on *day*: village on that day, members."""
    lived = sa.and_(
        memberships.c.joined_on <= day, sa.or_(memberships.c.left_on.is_(None), memberships.c.left_on > day)
    )
    inhabited = (
        sa.select(
            memberships.c.household_id,
            # A human who lives there under two ids is one member.
            sa.func.count(sa.distinct(ALIASES.survivor(memberships.c.person_id))).label("members"),
        )
        .where(lived)
        .group_by(memberships.c.household_id)
        .subquery("inhabited")
    )
    # Where each lived on that day, and since when it is known at all: one pass, for there are as many rows as homes.
    homes = (
        sa.select(
            villages.c.household_id,
            villages.c.village,
            sa.func.min(villages.c.since).over(partition_by=villages.c.household_id).label("counted_on"),
            sa.func.row_number()
            .over(
                partition_by=villages.c.household_id,
                order_by=(villages.c.until.desc(), villages.c.fact.desc()),
            )
            .label("rank"),
        )
        .where(villages.c.since <= day)
        .subquery("homes")
    )
    return sa.select(
        homes.c.village,
        homes.c.counted_on,
        sa.literal(1).label("households"),
        inhabited.c.members,
    ).select_from(homes.join(inhabited, sa.and_(inhabited.c.household_id == homes.c.household_id, homes.c.rank == 1)))


REPORTS: Mapping[Name, Report] = {
    "villages": Report(
        ("villages",),
        "Villages designated for a programme year that has begun by the day; by year: that programme year.",
        "Desa yang ditetapkan untuk tahun program yang sudah dimulai; menurut tahun: tahun program itu.",
        census.designated_by,
    ),
    "households": Report(
        ("households", "members"),
        "Households in which somebody lived on that day, in the village where the household then lived, and how many "
        f"did; by year: the year since when the household is known. {_AS_OF}",
        "Rumah tangga yang berpenghuni pada tanggal itu, di desa tempatnya berada saat itu, dan jumlah anggotanya; "
        f"menurut tahun: tahun sejak rumah tangga diketahui. {_PER}",
        households_on,
    ),
    "persons": Report(
        ("persons", "workers", "died"),
        "Persons registered by that day, in the village where they then lived: living ones, of these who works, will "
        "work or has worked abroad, and those known to have died by then. The erased are counted. By year: the year of "
        f"the registration. {_AS_OF}",
        "Orang yang terdata sampai tanggal itu, di desa tempat tinggalnya saat itu: yang hidup, di antaranya yang "
        "akan, sedang, atau telah bekerja di luar negeri, dan yang diketahui meninggal. Yang datanya dihapus tetap "
        "dihitung. "
        f"Menurut tahun: tahun pendataan. {_PER}",
        census.known_on,
    ),
}
"""By name."""


def counted(report: Report, day: date, by: By, areas: tuple[str, ...], begins: date | None) -> sa.Select[Any]:
    """One row for each year or area that has any: *key* and each figure, ordered by key.

    *areas*: only what lies in all of them (dotted codes, ``*`` for everywhere). *begins*: only what is counted from
    that day on, up to *day*.
    """
    rows = report.rows(day).subquery("rows")
    village, on = rows.c.village, rows.c.counted_on
    key = (
        sa.cast(sa.extract("year", on), sa.Integer).cast(sa.Text)
        if by == "year"
        else sa.func.left(village, _DIGITS[by])
    ).label("key")
    return (
        sa.select(key, *(sa.cast(sa.func.sum(rows.c[name]), sa.BigInteger).label(name) for name in report.figures))
        .where(
            *(
                sa.or_(village == area, village.startswith(area + ".", autoescape=True))
                for area in areas
                if area != "*"
            ),
            *([on >= begins] if begins else []),
        )
        .group_by(key)
        .order_by(key)
    )
