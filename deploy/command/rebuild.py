"""`desmigratif rebuild`: make a view anew beside the live one, compare them row for row, and put right what differs."""

import secrets
from typing import Any

from rich.console import Console

from deploy.command.calls import LONG_SECONDS, Calls
from deploy.command.showing import table


async def ask(calls: Calls, service: str, view: str) -> dict[str, Any]:
    """Rebuild *view* of *service*; answers rows by table, the differences found, and how many rows were put right."""
    path = f"/operations/views/{view}/rebuild"
    said = await calls.post(service, path, None, key=secrets.token_hex(16), timeout_seconds=LONG_SECONDS)
    return dict(said.must())


def show(service: str, said: dict[str, Any], console: Console) -> None:
    """What was compared."""
    shown = table(f"{service} {said['view']}", "table", "rows")
    for name, rows in said["rows"].items():
        shown.add_row(name, str(rows))
    console.print(shown)
    console.print()
    if not said["differences"]:
        console.print("The rebuilt view equals the live one, row for row. · Sama baris demi baris.")


def differences(service: str, said: dict[str, Any]) -> list[str]:
    """A sentence for each row that was not as the facts have it."""
    return [f"{service} {said['view']}: {one['table']} {one['key']}: {one['what']}" for one in said["differences"]]
