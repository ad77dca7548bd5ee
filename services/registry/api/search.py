"""Finding a person: by a name however it is written, by NIK, by what the caller knows of somebody outside their area.

What is looked for is personal itself: it stands in bodies, never in an address. These routes record nothing.
"""

from collections.abc import Sequence
from datetime import date
from typing import Any, NamedTuple, Self
from uuid import UUID

import sqlalchemy as sa
from fastapi import APIRouter, Response
from pydantic import Field, StrictInt, model_validator

from services.registry.api.persons import BirthDateCell, NameCell, NikCell, Person, opened
from services.registry.domain.matching import Told, certain
from services.registry.domain.names import likeness, likest
from services.registry.domain.nik import read_nik
from services.registry.domain.particulars import read_birth_date, read_name
from services.registry.domain.refusals import SEARCH_TOO_WIDE, of_columns, refuse_columns
from services.registry.views import search
from services.registry.views.people import one, people
from shared.errors import NOT_FOUND, Refused
from shared.http import Body, Page, Read, Reading, Shown, shows
from shared.http.doors import CURSOR_MALFORMED, REGION_UNKNOWN, read_cursor, write_cursor
from shared.http.examples import VILLAGE, WORKER, example
from shared.http.problems import TOO_LARGE
from shared.personal import known
from shared.vocabulary import region_prefix

router = APIRouter()

SCOPES: dict[tuple[str, str], str] = {
    ("POST", "/persons/search"): "registry:read",
    ("POST", "/persons/by-nik"): "registry:read",
    ("POST", "/persons/match"): "registry:read",
}
"""The scope that each of these routes needs."""

_LIKE_ENOUGH = 0.6
"""Who is less like what is looked for is not shown: nobody leafs through a village by looking for anything."""
_EXACT = 1_000_000
_EVERYWHERE = "*"


class SearchBody(Body):
    """A name as somebody remembers or writes it, or a part of one."""

    model_config = example(name="Siti Aminnah Prastyo", region="33.07")

    name: NameCell
    region: str | None = Field(default=None, description="Only who lives here: a code of any level, dotted or not.")
    birth_year: StrictInt | None = Field(default=None, ge=1900, le=2200, description="Only who was born in this year.")
    cursor: str | None = Field(default=None, description="`next` of the page before.")
    limit: StrictInt = Field(default=10, ge=1, le=50, description="Names a page.")


class NikBody(Body):
    """A NIK."""

    model_config = example(nik="3307106902009001")

    nik: NikCell


class MatchBody(Body):
    """Somebody whom the caller knows: the name, and NIK or birth date or both."""

    model_config = example(name="Siti Aminah Prasetyo", birth_date="2000-02-29")

    name: NameCell
    nik: NikCell | None = None
    birth_date: BirthDateCell | None = None

    @model_validator(mode="after")
    def _more_than_a_name(self) -> Self:
        if self.nik is None and self.birth_date is None:
            raise ValueError("a name alone says nothing for certain")
        return self


class Namesake(Shown):
    """One who bears the name; the rest of what is known stands under the id."""

    id: UUID
    village: str = Field(description="Where they live, a dotted code.")
    birth_date: str | None = Field(description="Null where it is unknown.")
    worker: bool = Field(description="Whether they work, will work or have worked abroad.")
    died_on: str | None = Field(description="As precise as it is known.")


class Namesakes(Shown):
    """A name, and all who bear it there."""

    model_config = example(
        name="Siti Aminah Prasetyo",
        likeness=0.95,
        persons=[
            {"id": WORKER, "village": VILLAGE, "birth_date": "2000-02-29", "worker": True, "died_on": None},
        ],
        complete=True,
    )

    name: str
    likeness: float = Field(description="How like it is what was looked for; 1: it sounds the same.")
    persons: list[Namesake]
    complete: bool = Field(
        description="False: more bear it than are shown; a smaller region or a year of birth shows them."
    )


class Elsewhere(Shown):
    """Where to ask further."""

    id: UUID
    regency: str = Field(description="Where they live, a dotted code.", examples=["33.07"])


class Match(Shown):
    """Who it is, if that is certain."""

    model_config = example(match={"id": WORKER, "regency": VILLAGE[:5]})

    match: Elsewhere | None = Field(description="Null: nobody, or several, or it is not certain.")


class _Ranked(NamedTuple):
    """A name that was found, and where it stands: the likest first, then who is written likest, then in some order."""

    unlike: int
    otherwise_written: int
    order: str
    name: str

    @property
    def place(self) -> tuple[int, int, str]:
        return self[:3]


@router.post(
    "/persons/search",
    summary="Find persons by name",
    tags=["persons"],
    responses=shows(Page[Namesakes], *of_columns("name"), SEARCH_TOO_WIDE, REGION_UNKNOWN, CURSOR_MALFORMED, TOO_LARGE),
)
async def search_persons(body: SearchBody, read: Read) -> Response:
    """Names like this one in the caller's area, the likest first, with all who bear each: tolerant of spelling.

    Who may read the whole country names a region or a year of birth. A read, although it is sent as POST: a name has no
    place in an address.
    """
    name, wrong = read_name(body.name)
    refuse_columns(wrong)
    region = None if body.region is None else region_prefix(body.region)
    if body.region is not None and region is None:
        raise Refused(REGION_UNKNOWN)
    if region is None and body.birth_year is None and read.caller.area == _EVERYWHERE:
        raise Refused(SEARCH_TOO_WIDE)
    after = None if body.cursor is None else tuple(read_cursor(body.cursor, (int, int, str)))
    asked = _Asked(read, region, body.birth_year)
    rest = [one for one in await _ranked(asked, name.value) if after is None or one.place > after]
    page, bearers, complete = await _page(asked, rest[: body.limit])
    items = [
        {
            "name": one.name,
            "likeness": round(1 - one.unlike / _EXACT, 3),
            "persons": bearers[one.name.casefold()],
            "complete": complete,
        }
        for one in page
        if one.name.casefold() in bearers  # else they were corrected or erased in this very moment
    ]
    return read.answer({"items": items, "next": write_cursor(page[-1].place) if len(rest) > len(page) else None})


class _Asked:
    """Who is looked at: within the caller's area and *region*, born in *birth_year* where that is asked for."""

    def __init__(self, read: Reading, region: str | None, birth_year: int | None) -> None:
        self.read = read
        self.keyed = read.keyed(search.VIEW)
        self._region = region
        self.place = None if birth_year is None else search.year_place(birth_year, self.keyed)
        self._year = None if birth_year is None else f"{birth_year:04d}-"

    def within(self, village: sa.ColumnElement[Any]) -> list[sa.ColumnElement[bool]]:
        """The conditions on where they live."""
        return self.read.within(village, self._region)

    async def named(self, rows: Sequence[sa.RowMapping]) -> list[tuple[str, sa.RowMapping]]:
        """Each of *rows* with the name; many years share a place, so the year is looked at too."""
        if self._year is not None:
            days = await self.read.open_all([row["birth_date"] for row in rows])
            rows = [row for row, day in zip(rows, days, strict=True) if day and day.startswith(self._year)]
        opened_names = await self.read.open_all([row["full_name"] for row in rows])
        return [(name, row) for name, row in zip(opened_names, rows, strict=True) if name is not None]


async def _ranked(asked: _Asked, wanted: str) -> list[_Ranked]:
    """The names like *wanted*, each once."""
    nearest = search.nearest(search.bits(wanted, asked.keyed), asked.place, asked.within)
    found = await asked.named(await asked.read.rows(nearest))
    names = {name.casefold(): name for name, _ in reversed(found)}.values()  # each as it is written on the nearest row
    ranked = []
    for name, like in likest(wanted, names, _LIKE_ENOUGH).items():
        written = likeness(wanted, name, as_written=True)
        order = asked.keyed(f"order {name.casefold()}").hex()[:16]
        ranked.append(_Ranked(round((1 - like) * _EXACT), round((1 - written) * _EXACT), order, name))
    return sorted(ranked)


async def _page(
    asked: _Asked, names: Sequence[_Ranked]
) -> tuple[Sequence[_Ranked], dict[str, list[dict[str, Any]]], bool]:
    """So many of *names* that all who bear one can be looked at, with those by name; whether they are all.

    They are not where even the first name alone has too many: then some are shown.
    """
    while names:
        query = search.bearers([search.bits(one.name, asked.keyed) for one in names], asked.place, asked.within)
        rows = await asked.read.rows(query)
        complete = len(rows) <= search.MOST_BEARERS
        if complete or len(names) == 1:
            return names, await _bearers(asked, names, rows[: search.MOST_BEARERS]), complete
        names = names[: len(names) // 2]
    return names, {}, True


async def _bearers(
    asked: _Asked, names: Sequence[_Ranked], rows: Sequence[sa.RowMapping]
) -> dict[str, list[dict[str, Any]]]:
    """All of *rows* who bear one of *names*, by the name in small letters."""
    wanted = {one.name.casefold() for one in names}
    found = [(name.casefold(), row) for name, row in await asked.named(rows) if name.casefold() in wanted]
    people_there = await opened(asked.read, [row for _, row in found])
    by_name: dict[str, list[dict[str, Any]]] = {}
    for (folded, _), person in zip(found, people_there, strict=True):
        namesake = {member: person[member] for member in Namesake.model_fields}
        bearers = by_name.setdefault(folded, [])
        if namesake not in bearers:  # who was registered twice by one name bears it once
            bearers.append(namesake)
    return by_name


@router.post(
    "/persons/by-nik",
    summary="The person with a NIK",
    tags=["persons"],
    responses=shows(Person, NOT_FOUND, *of_columns("nik"), TOO_LARGE, etag=True),
)
async def find_by_nik(body: NikBody, read: Read) -> Response:
    """In the caller's area; whoever lives elsewhere is not found, as who is not known at all.

    Of a duplicate's NIK, who stands for both.
    """
    nik, wrong = read_nik(body.nik, read.today)
    refuse_columns(wrong)
    holder = None if nik is None else await read.holder("nik", nik.value)
    if holder is None:
        raise Refused(NOT_FOUND)
    row = await read.one(one(holder), village=people.c.village)
    (person,) = await opened(read, [row])
    return read.answer(person, version=row["version"])


@router.post(
    "/persons/match",
    summary="Whether one person is certainly meant, wherever they live",
    tags=["persons"],
    responses=shows(Match, *of_columns("nik", "name", "birth-date-invalid"), TOO_LARGE),
)
async def match_person(body: MatchBody, read: Read) -> Response:
    """Id and regency of the one whose name is equal and whose NIK or birth date too, with nothing that says otherwise.

    Equal but for capitals and blanks: with and without an accent are two names here, as are two that differ in one
    letter, since an outside caller learns only what is certain. `POST /persons/search` is tolerant, in one's own area.
    Of several nobody is named, nor does the answer say that there are some; nor where more bear the name than can be
    looked at. Two registrations that were merged are one person, two that were not are two.
    """
    nik, wrong_nik = (None, None) if body.nik is None else read_nik(body.nik, read.today)
    name, wrong_name = read_name(body.name)
    born, wrong_day = (None, None) if body.birth_date is None else read_birth_date(body.birth_date, read.today)
    refuse_columns(wrong_nik, wrong_name, wrong_day)
    told = Told(name=name.value, nik=known(nik), birth_date=known(born))
    rows = await _candidates(read, told)
    if len(rows) > search.MOST_BEARERS:  # who was not looked at may be meant just as well
        return read.answer({"match": None})
    people_there = await opened(read, rows)
    sure = {found["id"]: found["village"] for found in people_there if certain(told, _told_of(found))}
    if len(sure) != 1:
        return read.answer({"match": None})
    ((person_id, village),) = sure.items()
    return read.answer({"match": {"id": person_id, "regency": ".".join(village.split(".")[:2])}})


def _told_of(person: dict[str, Any]) -> Told:
    born = person["birth_date"]
    day = None if born is None else date.fromisoformat(born)
    return Told(name=person["name"] or "", nik=person["nik"], birth_date=day)


async def _candidates(read: Reading, told: Told) -> Sequence[sa.RowMapping]:
    """Who may be meant: who holds the NIK, and everybody whose name and year of birth may be these.

    One more than `search.MOST_BEARERS` where there are more.
    """
    holder = None if told.nik is None else await read.holder("nik", told.nik)
    if told.birth_date is not None:
        keyed = read.keyed(search.VIEW)
        place = search.year_place(told.birth_date.year, keyed)
        return await read.rows(search.bearers([search.bits(told.name, keyed)], place, lambda _village: (), holder))
    if holder is None:
        return ()
    return await read.rows(search.registrations(sa.select(sa.literal(holder, sa.Uuid).label("person_id"))))
