"""The registry's reports: what is counted, of which day, by area or year.

A report is a query with one row for each thing that is counted on a day: *village*, *counted_on* (the day that decides
its year and whether it lies in the period) and a column for each figure. Another report is another entry in `REPORTS`.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any, Literal

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import distinct_on

from services.registry.domain.reference import APPOINTMENT_ROLES, FACILITY_KINDS, PROGRAMMES
from services.registry.domain.village import last_year
from services.registry.views import census
from services.registry.views.appointments import appointments
from services.registry.views.facilities import facilities
from services.registry.views.households import memberships, villages
from services.registry.views.people import ALIASES
from shared.vocabulary import LENGTHS, Level

Name = Literal["villages", "households", "persons", "facilities", "appointments"]
By = Literal["year", Level]

_AS_OF = (
    "As of a day: by the days on which things happened, as they are known now; what is known to the month or year "
    "counts from its first day."
)
_PER = (
    "Per tanggal: menurut tanggal kejadian sebagaimana diketahui sekarang; yang hanya diketahui bulan atau tahunnya "
    "dihitung sejak hari pertamanya."
)


def _today(today: date) -> date:
    return today


@dataclass(frozen=True, slots=True)
class Report:
    """*figures* are the names of the figures; *definition* says what they count, in English and Indonesian.

    *last* answers, of today, the last day that can be asked for: of a later one nothing is known yet, and what holds
    now would stand under a day that it may not reach.
    """

    figures: tuple[str, ...]
    definition: str
    definition_id: str
    rows: Callable[[date], sa.Select[Any]]
    last: Callable[[date], date] = _today


def households_on(day: date) -> sa.Select[Any]:
    """One row for each household in which somebody lived on *day*: village on that day, members.

    Each human lives in one: of several, by facts that overlap or under several ids, in the one joined last, and of
    those joined on the same day in that of the first id. Who is known to have died by then lives nowhere, although
    nobody said that they left.
    """
    person_id = ALIASES.survivor(memberships.c.person_id)
    lived = (
        sa.select(memberships.c.household_id, person_id.label("person_id"))
        .ext(distinct_on(person_id))
        .where(memberships.c.joined_on <= day, sa.or_(memberships.c.left_on.is_(None), memberships.c.left_on > day))
        .order_by(person_id, memberships.c.joined_on.desc(), memberships.c.household_id)
        .subquery("lived")
    )
    dead = census.dead_on(day).subquery("dead")
    inhabited = (
        sa.select(lived.c.household_id, sa.func.count().label("members"))
        .select_from(lived.outerjoin(dead, dead.c.person_id == lived.c.person_id))
        .where(dead.c.person_id.is_(None))
        .group_by(lived.c.household_id)
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


def facilities_on(day: date) -> sa.Select[Any]:
    """One row for each facility that was open on *day*: village and, as 1 or 0, a figure for each kind."""
    opened = facilities.c.opened_on
    return sa.select(
        facilities.c.village,
        _first_day(opened).label("counted_on"),
        sa.literal(1).label("facilities"),
        *_each(facilities.c.kind, FACILITY_KINDS),
    ).where(
        opened <= day.isoformat(), sa.or_(facilities.c.closed_on.is_(None), facilities.c.closed_on > day.isoformat())
    )


def appointments_on(day: date) -> sa.Select[Any]:
    """One row for each human who served on *day* as something somewhere: area and, as 1 or 0, each role."""
    since, until = appointments.c.since, appointments.c.until
    person_id = ALIASES.survivor(appointments.c.person_id)
    served = (
        sa.select(appointments.c.role, appointments.c.area, since.label("since"))
        .ext(distinct_on(person_id, appointments.c.role, appointments.c.area))
        .where(since <= day.isoformat(), sa.or_(until.is_(None), _first_day(until) >= day))
        .order_by(person_id, appointments.c.role, appointments.c.area, since)
        .subquery("served")
    )
    return sa.select(
        served.c.area.label("village"),
        _first_day(served.c.since).label("counted_on"),
        sa.literal(1).label("appointments"),
        *_each(served.c.role, APPOINTMENT_ROLES),
    )


def _first_day(on: sa.ColumnElement[Any]) -> sa.ColumnElement[date]:
    """The first day of what is written as well as it is known: ``2024``, ``2024-05``, ``2024-05-03``.

    To be compared with days it may stand as it is written: ``2024`` comes before ``2024-01-01``, and after any day of
    the year before.
    """
    whole = on + sa.func.substr("0000-01-01", sa.func.length(on) + 1, type_=sa.Text)
    return sa.func.to_date(whole, "YYYY-MM-DD", type_=sa.Date)


def _each(column: sa.ColumnElement[Any], codes: Iterable[str]) -> list[sa.ColumnElement[int]]:
    return [sa.case((column == code, 1), else_=0).label(code) for code in codes]


REPORTS: Mapping[Name, Report] = {
    "villages": Report(
        ("villages", *PROGRAMMES),
        "Villages designated for a programme year that has begun by the day, each once, and how many of them in each "
        "programme: a village may be in several. By year: the programme year, of the villages that of the first. "
        "Of a day to come, up to the end of next year: as designated so far.",
        "Desa yang ditetapkan untuk tahun program yang sudah dimulai, masing-masing sekali, dan jumlahnya dalam tiap "
        "program: satu desa dapat mengikuti beberapa program. Menurut tahun: tahun program, untuk desa yang pertama. "
        "Untuk tanggal yang akan datang, paling jauh akhir tahun depan: menurut penetapan sejauh ini.",
        census.designated_by,
        last=lambda today: date(last_year(today), 12, 31),
    ),
    "households": Report(
        ("households", "members"),
        "Households in which somebody lived on that day, in the village where the household then lived, and how many "
        "did; who is known to have died by then is not counted. Whom the facts place in several is counted once, as "
        "living in the one joined last. By year: the year since when the household is known. "
        f"{_AS_OF}",
        "Rumah tangga yang berpenghuni pada tanggal itu, di desa tempatnya berada saat itu, dan jumlah anggotanya yang "
        "hidup; yang diketahui meninggal sampai tanggal itu tidak dihitung. Yang menurut data berada di beberapa rumah "
        "tangga dihitung sekali, sebagai penghuni rumah tangga yang terakhir dimasukinya. Menurut tahun: tahun sejak "
        f"rumah tangga diketahui. {_PER}",
        households_on,
    ),
    "persons": Report(
        ("persons", "workers", "died"),
        "Persons registered by that day, in the village where they then lived: living ones, of these who works, will "
        "work or has worked abroad, and those known to have died by then. The erased are counted; who was registered "
        f"twice is counted once, since the first time. By year: the year of that registration. {_AS_OF}",
        "Orang yang terdata sampai tanggal itu, di desa tempat tinggalnya saat itu: yang hidup, di antaranya yang "
        "akan, sedang, atau telah bekerja di luar negeri, dan yang diketahui meninggal. Yang datanya dihapus tetap "
        "dihitung; yang terdata dua kali dihitung sekali, sejak yang pertama. "
        f"Menurut tahun: tahun pendataan itu. {_PER}",
        census.known_on,
    ),
    "facilities": Report(
        ("facilities", *FACILITY_KINDS),
        "Facilities that had been opened by the day and not been closed by it, in all and of each kind; by year: the "
        f"year of the opening. {_AS_OF}",
        "Fasilitas yang sudah dibuka dan belum ditutup pada tanggal itu, seluruhnya dan menurut jenis; menurut tahun: "
        f"tahun pembukaan. {_PER}",
        facilities_on,
    ),
    "appointments": Report(
        ("appointments", *APPOINTMENT_ROLES),
        "Who served on that day, in all and in each role: once for each role and area. Who serves a regency is counted "
        f"under its code, whichever level is asked for. By year: the year since when they serve. {_AS_OF}",
        "Yang bertugas pada tanggal itu, seluruhnya dan menurut peran: sekali untuk tiap peran dan wilayah. Yang "
        "bertugas di kabupaten/kota dihitung pada kodenya, pada tingkat mana pun. "
        f"Menurut tahun: tahun mulai bertugas. {_PER}",
        appointments_on,
    ),
}
"""By name."""


def counted(report: Report, day: date, by: By, area: str, begins: date | None) -> sa.Select[Any]:
    """One row for each year or area that has any: *key* and each figure, ordered by key.

    *area*: only what lies in it (a dotted code, ``*`` for everywhere). *begins*: only what is counted from that day on,
    up to *day*.
    """
    rows = report.rows(day).subquery("rows")
    village, on = rows.c.village, rows.c.counted_on
    key = (
        sa.cast(sa.extract("year", on), sa.Integer).cast(sa.Text)
        if by == "year"
        else sa.func.left(village, LENGTHS[by])
    ).label("key")
    return (
        sa.select(key, *(sa.cast(sa.func.sum(rows.c[name]), sa.BigInteger).label(name) for name in report.figures))
        .where(
            *([] if area == "*" else [sa.or_(village == area, village.startswith(area + ".", autoescape=True))]),
            *([on >= begins] if begins else []),
        )
        .group_by(key)
        .order_by(key)
    )
