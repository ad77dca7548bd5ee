"""`desmigratif status`: what each service says of itself, and waiting until everybody has heard everything."""

import asyncio
import time
from collections.abc import Mapping
from typing import Any

from rich.console import Console

from deploy.command.calls import SERVICES, Calls, each_service
from deploy.command.failures import Unreachable
from deploy.command.showing import table

Statuses = Mapping[str, dict[str, Any] | Unreachable]
"""By service, what ``GET /operations/status`` answers, or that it does not."""

_POLL_SECONDS = 0.05
_NAMED = 20
"""So many of those who wait at a service have a sentence each; of more it is said how many."""


async def ask(calls: Calls) -> Statuses:
    """Every service's status at this moment."""

    async def one(service: str) -> dict[str, Any]:
        return dict((await calls.get(service, "/operations/status")).must(200))

    return await each_service(one)


async def wait_until_heard(calls: Calls, seconds: float) -> Statuses:
    """Ask until everybody has heard everything, for *seconds* at most; answers what was said last.

    Twice in a row with no log moving in between: a reaction may just have written what others are yet to hear.
    """
    until = time.monotonic() + seconds
    before: list[tuple[str, int]] | None = None
    while True:
        statuses = await ask(calls)
        heads = [(service, said["position"]) for service, said in statuses.items() if isinstance(said, dict)]
        if all_heard(statuses) and heads == before:
            return statuses
        before = heads if all_heard(statuses) else None
        if time.monotonic() >= until:
            return statuses
        await asyncio.sleep(_POLL_SECONDS)


def all_heard(statuses: Statuses) -> bool:
    """Whether all is well, nobody's facts wait, and every checkpoint has reached what its owner has published."""
    return not troubles(statuses) and not lags(statuses)


def troubles(statuses: Statuses) -> list[str]:
    """What is wrong, a sentence each: not answering, not ready, stopped at a fact, somebody parked."""
    found: list[str] = []
    for service, said in statuses.items():
        if isinstance(said, Unreachable):
            found.append(str(said))
            continue
        found += [
            f"{service} has stopped · berhenti: {stop['subscription']} at {stop['number']} ({stop['event_id']}): "
            f"{stop['error']}"
            for stop in said["stopped"]
        ]
        found += [
            f"{service} has parked · tertahan: {one['key']} at {one['hearer']} since {one['since'][:19]}Z: "
            f"{one['why']}, {one['how_many']} of {one['source']}'s facts wait from {one['number']} on"
            for one in said["parked"][:_NAMED]
        ]
        if more := len(said["parked"][_NAMED:]):
            found.append(
                f"{service} has parked {more} more, see `desmigratif parked {service}` · masih ada {more} lagi"
            )
        if not said["ready"]:
            waits = ", ".join(said["waits_for"]) or "nothing it names"
            found.append(f"{service} is not ready, it waits for {waits} · belum siap")
    return found


def lags(statuses: Statuses) -> list[tuple[str, str, str, int | None]]:
    """Who has not heard everything: service, hearer, source, and how many facts are missing (None: not known yet).

    A service's own views follow its own log by position; everybody else is held against what the owner says that it
    has published, whatever the hearer believes the head to be.
    """
    published = {service: said["published"] for service, said in statuses.items() if isinstance(said, dict)}
    found: list[tuple[str, str, str, int | None]] = []
    for service, said in statuses.items():
        for checkpoint in said["checkpoints"] if isinstance(said, dict) else ():
            source, behind = checkpoint["source"], checkpoint["behind"]
            if behind is not None and source != service and source in published:
                behind = max(behind, published[source] - checkpoint["number"])
            if behind != 0:
                found.append((service, checkpoint["hearer"], source, behind))
    return found


def as_json(statuses: Statuses) -> dict[str, Any]:
    """For programs: each service's own words, null where it does not answer."""
    return {service: None if isinstance(said, Unreachable) else said for service, said in statuses.items()}


def show(statuses: Statuses, console: Console) -> None:
    """Services, heads, lags and leases, for people."""
    services = table("Services · layanan", "service", "processes", "log", "position", "published", "ready", "refused")
    hearing = table("Who hears whom · siapa mendengar siapa", "hearer", "source", "heard", "head", "behind")
    leases = table("Leases · giliran", "lease", "process", "pid", "address")
    kept = table("Kept from before · versi lama", "view", "what it was")
    for service in SERVICES:
        said = statuses[service]
        if isinstance(said, Unreachable):
            services.add_row(service, "–", "–", "–", "–", "does not answer · tidak menjawab", "–")
            continue
        services.add_row(
            service,
            str(len(said["processes"])),
            str(said["log_id"])[:8],
            str(said["position"]),
            str(said["published"]),
            "yes · ya" if said["ready"] else "no · belum",
            str(said["refused"]),
        )
        for one in said["checkpoints"]:
            figures = ("–" if one[key] is None else str(one[key]) for key in ("number", "head", "behind"))
            hearing.add_row(f"{service} {one['hearer']}", one["source"], *figures)
        at = {one["process"]: (str(one["pid"]), one["address"] or "–") for one in said["processes"]}
        for lease in said["leases"]:
            leases.add_row(f"{service} {lease['name']}", lease["holder"], *at.get(lease["holder"], ("gone", "–")))
    for service, said in statuses.items():
        for view, formers in said["formers"].items() if isinstance(said, dict) else ():
            kept.add_row(f"{service} {view}", ", ".join(formers))
    for shown in (services, hearing, leases, *([kept] if kept.rows else ())):
        console.print(shown)
        console.print()
    for service, said in statuses.items():
        for lost in said["lost_reactions"] if isinstance(said, dict) else ():
            console.print(
                f"{service} had reacted to {lost['source']} {lost['number']} of log {str(lost['log_id'])[:8]}, "
                f"which no longer exists; its own position {lost['position']} stands · fakta asalnya sudah tidak ada"
            )
