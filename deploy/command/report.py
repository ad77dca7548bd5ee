"""`desmigratif report`: one of the registry's reports as a table, or as the registry writes it, in JSON or CSV."""

from collections.abc import Mapping
from typing import Any, Literal

from rich.console import Console

from deploy.command.calls import REGISTRY, Calls
from deploy.command.showing import table

Name = Literal["villages", "households", "persons", "facilities", "appointments"]
By = Literal["year", "province", "regency", "district", "village"]

SECONDS = 60.0
"""How long an answer may take that counts everybody."""


async def ask(calls: Calls, name: str, **options: str | None) -> dict[str, Any]:
    """The report *name*, with those of *options* that are given, as the registry answers it."""
    said: dict[str, Any] = await _answer(calls, name, options)
    return said


async def ask_csv(calls: Calls, name: str, **options: str | None) -> str:
    """The same as the registry writes it for a spreadsheet."""
    said: str = await _answer(calls, name, {**options, "format": "csv"})
    return said


async def _answer(calls: Calls, name: str, options: Mapping[str, str | None]) -> Any:
    query: dict[str, str | int] = {option: value for option, value in options.items() if value is not None}
    reply = await calls.get(REGISTRY, f"/reports/{name}", query=query, timeout_seconds=SECONDS)
    return reply.must(200)


def show(said: dict[str, Any], console: Console) -> None:
    """The rows and their sums; then what they count, of which day, and as known when."""
    figures = said["figures"]
    shown = table(f"{said['report']} · {said['region']}", said["by"], *figures)
    for row in said["rows"]:
        of = f"{row['key']} {row['name']}" if row["name"] else row["key"]
        shown.add_row(of, *(f"{row['figures'][name]:,}" for name in figures))
    shown.add_section()
    shown.add_row("total", *(f"{said['total'][name]:,}" for name in figures))
    console.print(shown)
    console.print()
    period = f"{said['begins']} to {said['as_of']}" if said["begins"] else said["as_of"]
    console.print(f"As of · per {period}; known at · diketahui {said['known_at']}", markup=False)
    console.print(said["definition"], markup=False)
    console.print(said["definition_id"], markup=False)
