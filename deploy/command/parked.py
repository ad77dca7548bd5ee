"""`desmigratif parked` and `replay`: whose facts wait, since when and why, and letting them take effect."""

import secrets
from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import urlencode

from rich.console import Console

from deploy.command.calls import SERVICES, Calls, Reply, each_service
from deploy.command.failures import BadFile, Unreachable
from deploy.command.showing import show_whole, table

_LONG_SECONDS = 3600.0
_NOT_HERE = ("hearer-unknown", "not-found")

Parked = Mapping[str, list[dict[str, Any]] | Unreachable]
"""By service, who waits at which hearer, or that the service does not answer."""


async def ask(calls: Calls, services: Sequence[str] = SERVICES) -> Parked:
    """Whose facts wait in *services*."""

    async def one(service: str) -> list[dict[str, Any]]:
        return list((await calls.get(service, "/operations/parked")).must(200)["items"])

    return await each_service(one, services)


async def replay(calls: Calls, services: Sequence[str], hearer: str | None, key: str | None) -> Parked:
    """Let what waits take effect; by service, what became of each person's facts.

    Raises:
        BadFile: there is no such *hearer*, or nobody by that *key* waits.
    """
    narrowed = {name: value for name, value in (("hearer", hearer), ("key", key)) if value}
    path = "/operations/replay" + (f"?{urlencode(narrowed)}" if narrowed else "")

    async def one(service: str) -> Reply:
        return await calls.post(service, path, None, key=secrets.token_hex(16), timeout_seconds=_LONG_SECONDS)

    replies: dict[str, Reply | Unreachable] = await each_service(one, services)
    answers = {service: said for service, said in replies.items() if not isinstance(said, Unreachable)}
    if len(answers) == len(replies):
        if all(said.slug == "hearer-unknown" for said in answers.values()):
            there = ", ".join(f"{service}.{name}" for service, said in answers.items() for name in said.body["hearers"])
            raise BadFile(f"no hearer {hearer!r}; there are {there} · tidak ada pendengar bernama itu")
        if key and all(said.slug in _NOT_HERE for said in answers.values()):
            raise BadFile(f"nothing about {key} waits there, see `parked` · tidak ada yang tertahan atas nama itu")
    return {
        service: said
        if isinstance(said, Unreachable)
        else ([] if said.slug in _NOT_HERE else list(said.must(200)["items"]))
        for service, said in replies.items()
    }


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
    if shown.rows:
        show_whole(shown, console)
    elif not silent(parked):
        console.print("Nobody waits. · Tidak ada yang tertahan.")


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
    if shown.rows:
        show_whole(shown, console)
    elif not silent(replayed):
        console.print("Nobody waited. · Tidak ada yang tertahan.")
    return left
