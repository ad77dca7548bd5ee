"""`desmigratif parked` and `replay`: whose facts wait, since when and why, and letting them take effect."""

import secrets
from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import urlencode

from rich.console import Console

from deploy.command.calls import SERVICES, Calls, each_service
from deploy.command.failures import Unreachable
from deploy.command.showing import table

_LONG_SECONDS = 3600.0

Parked = Mapping[str, list[dict[str, Any]] | Unreachable]
"""By service, who waits at which hearer, or that the service does not answer."""


async def ask(calls: Calls, services: Sequence[str] = SERVICES) -> Parked:
    """Whose facts wait in *services*."""

    async def one(service: str) -> list[dict[str, Any]]:
        return list((await calls.get(service, "/operations/parked")).must(200)["items"])

    return await each_service(one, services)


async def replay(calls: Calls, services: Sequence[str], hearer: str | None, key: str | None) -> Parked:
    """Let what waits take effect; by service, what became of each person's facts. Who does not wait is passed over."""
    narrowed = {name: value for name, value in (("hearer", hearer), ("key", key)) if value}
    path = "/operations/replay" + (f"?{urlencode(narrowed)}" if narrowed else "")

    async def one(service: str) -> list[dict[str, Any]]:
        reply = await calls.post(service, path, None, key=secrets.token_hex(16), timeout_seconds=_LONG_SECONDS)
        return [] if reply.slug == "not-found" else list(reply.must(200)["items"])

    return await each_service(one, services)


def silent(parked: Parked) -> list[str]:
    """A sentence for each service that does not answer."""
    return [str(said) for said in parked.values() if isinstance(said, Unreachable)]


def show(parked: Parked, console: Console) -> None:
    """Who waits, the longest waiting first; ids alone."""
    shown = table("Parked · tertahan", "hearer", "from", "person or village", "since", "facts", "first", "why")
    for service, said in parked.items():
        for one in said if not isinstance(said, Unreachable) else ():
            shown.add_row(
                f"{service}.{one['hearer']}",
                one["source"],
                one["key"],
                one["since"][:19].replace("T", " "),
                str(one["how_many"]),
                str(one["number"]),
                one["why"],
            )
    console.print(shown if shown.rows else "Nobody waits. · Tidak ada yang tertahan.")


def show_replayed(replayed: Parked, console: Console) -> int:
    """What became of each; answers how many people still wait."""
    shown = table("Replayed · diputar ulang", "hearer", "from", "person or village", "took effect", "still wait", "why")
    left = 0
    for service, said in replayed.items():
        for one in said if not isinstance(said, Unreachable) else ():
            left += bool(one["waiting"])
            shown.add_row(
                f"{service}.{one['hearer']}",
                one["source"],
                one["key"],
                str(one["took_effect"]),
                str(one["waiting"]),
                one["why"] or "",
            )
    console.print(shown if shown.rows else "Nobody waited. · Tidak ada yang tertahan.")
    return left
