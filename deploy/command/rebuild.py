"""`desmigratif rebuild`: build a view beside the live one, compare row for row, switch; `drop` what was live."""

import secrets
from typing import Any

from rich.console import Console

from deploy.command.calls import Calls
from deploy.command.failures import BadFile
from deploy.command.showing import table

_LONG_SECONDS = 3600.0


async def ask(calls: Calls, service: str, view: str) -> dict[str, Any]:
    """Rebuild *view* of *service*; answers rows by table, the differences found, and how many rows were put right."""
    return await _do(calls, service, view, "rebuild")


async def drop(calls: Calls, service: str, view: str) -> list[str]:
    """Drop what *view* was before it was rebuilt or upgraded; answers what was dropped."""
    return list((await _do(calls, service, view, "drop-formers"))["dropped"])


async def _do(calls: Calls, service: str, view: str, what: str) -> dict[str, Any]:
    key = secrets.token_hex(16)
    path = f"/operations/views/{view}/{what}"
    reply = await calls.post(service, path, None, key=key, timeout_seconds=_LONG_SECONDS)
    if reply.slug == "view-unknown":
        raise BadFile(f"{service} has no view {view!r}; there are {', '.join(reply.body['views'])} · tidak ada")
    return dict(reply.must())


def show(service: str, said: dict[str, Any], console: Console) -> None:
    """What was compared."""
    shown = table(f"{service} {said['view']}", "table", "rows")
    for name, rows in said["rows"].items():
        shown.add_row(name, str(rows))
    console.print(shown)
    console.print()
    if said["parked"]:
        console.print(f"Left out, parked · tertahan: {', '.join(said['parked'])}", soft_wrap=True)
    if said["former"]:
        console.print(f"What was live is kept as {said['former']} until it is dropped. · Yang lama disimpan.")
    if not said["differences"]:
        but = ", but for theirs" if said["parked"] else ""
        console.print(f"The rebuilt view equals the live one, row for row{but}. · Sama baris demi baris.")


def differences(service: str, said: dict[str, Any]) -> list[str]:
    """A sentence for each row that was not as the facts have it."""
    return [f"{service} {said['view']}: {one['table']} {one['key']}: {one['what']}" for one in said["differences"]]
