"""`desmigratif villages`: how each village stands, put together from what the five services answer."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import orjson
from lokal import wilayah
from rich.console import Console

from deploy.command.calls import COOPERATIVE, ENTERPRISE, MIGRATION, PARENTING, REGISTRY, SERVICES, Calls, each_service
from deploy.command.failures import Unreachable
from deploy.command.showing import table

FIGURES = {
    "workers": REGISTRY,
    "abroad": MIGRATION,
    "on_leave": MIGRATION,
    "returned": MIGRATION,
    "deceased": MIGRATION,
    "training_candidates": ENTERPRISE,
    "children_with_parent_abroad": PARENTING,
    "cooperative_prospects": COOPERATIVE,
}
"""Each figure of a village and the service whose answer it is."""

_HEADINGS = {
    "workers": "workers\npekerja",
    "abroad": "abroad\ndi luar negeri",
    "on_leave": "on leave\ncuti",
    "returned": "returned\npulang",
    "deceased": "deceased\nmeninggal",
    "training_candidates": "training\npelatihan",
    "children_with_parent_abroad": "children\nanak",
    "cooperative_prospects": "cooperative\nkoperasi",
}
_HEARS_RETURNS = (ENTERPRISE, COOPERATIVE)


@dataclass(frozen=True, slots=True)
class Villages:
    """What was answered. A figure is None where its service does not answer; *silent* says which do not, and why.

    *withheld* is what these rights do not show: the operators' figures.
    """

    villages: list[dict[str, Any]]
    propagation_ms: dict[str, dict[str, Any] | None]
    events: dict[str, int | None]
    silent: list[str]
    withheld: list[str]

    @property
    def complete(self) -> bool:
        """Whether every service answered."""
        return not self.silent


async def ask(calls: Calls) -> Villages:
    """Ask all five services at once."""
    silent: dict[str, str] = {}
    withheld: set[str] = set()

    async def figures(service: str) -> dict[str, dict[str, Any]]:
        return {item["village"]: item async for item in calls.items(service, "/figures")}

    async def operations(service: str, path: str, query: dict[str, str | int] | None = None) -> dict[str, Any] | None:
        reply = await calls.get(service, path, query=query)
        if reply.slug == "scope-missing":
            withheld.add(service)
            return None
        return dict(reply.must(200))

    counted, statuses, heard = await asyncio.gather(
        each_service(figures),
        each_service(lambda service: operations(service, "/operations/status")),
        each_service(
            lambda service: operations(service, "/operations/propagation", {"word": "WorkerReturned"}), _HEARS_RETURNS
        ),
    )
    for answers in (counted, statuses, heard):
        for service, answer in answers.items():
            if isinstance(answer, Unreachable):
                silent.setdefault(service, str(answer))
    return Villages(
        together({service: None if service in silent else answer for service, answer in counted.items()}),
        {
            service: None if service in silent or answer is None else {key: answer[key] for key in ("n", "p50", "p99")}
            for service, answer in heard.items()
        },
        {
            service: None if service in silent or answer is None else answer["position"]
            for service, answer in statuses.items()
        },
        [silent[service] for service in SERVICES if service in silent],
        [service for service in SERVICES if service in withheld],
    )


def together(counted: Mapping[str, Mapping[str, Mapping[str, Any]] | None]) -> list[dict[str, Any]]:
    """One entry a village with any figure above zero, by code; None for the figures of a service without an answer."""
    codes = sorted({code for answer in counted.values() if answer for code in answer})
    villages = []
    for code in codes:
        figures: dict[str, int | None] = {}
        for figure, service in FIGURES.items():
            answer = counted[service]
            figures[figure] = None if answer is None else int(answer.get(code, {}).get(figure, 0))
        if any(figures.values()):
            villages.append({"code": code, "name": wilayah.wilayah_name(code) or code, **figures})
    return villages


def as_json(found: Villages) -> bytes:
    """The documented shape."""
    shape = {"villages": found.villages, "propagation_ms": found.propagation_ms, "events": found.events}
    return orjson.dumps(shape, option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE)


def write_json(found: Villages, path: Path) -> None:
    """Into *path*."""
    path.write_bytes(as_json(found))


def totals(villages: list[dict[str, Any]]) -> dict[str, int | None]:
    """Each figure over all villages; None where its service does not answer."""
    return {
        figure: None if any(v[figure] is None for v in villages) else sum(v[figure] for v in villages)
        for figure in FIGURES
    }


def show(found: Villages, console: Console) -> None:
    """The table, with a line of totals, and how fast a return arrived."""
    shown = table("Villages · desa", "code\nkode", "village\ndesa", *_HEADINGS.values())
    shown.columns[1].justify = "left"
    for village in found.villages:
        shown.add_row(village["code"], _place(village["code"]), *(_figure(village[figure]) for figure in FIGURES))
    shown.add_section()
    shown.add_row("", "total", *(_figure(total) for total in totals(found.villages).values()))
    console.print(shown)
    console.print()
    heard = table(
        "A return, from the fact's instant to its effect · kepulangan sampai terlihat",
        "service",
        "n",
        "p50 ms",
        "p99 ms",
    )
    for service, answer in found.propagation_ms.items():
        values = ("–",) * 3 if answer is None else (str(answer["n"]), _ms(answer["p50"]), _ms(answer["p99"]))
        heard.add_row(service, *values)
    console.print(heard)
    console.print()
    events = ", ".join(f"{service} {_figure(n)}" for service, n in found.events.items())
    console.print(f"Facts in the logs · fakta dalam log: {events}")


def _place(code: str) -> str:
    """A village's name with what tells it from its namesakes: district and regency."""
    found = wilayah.get_wilayah(code)
    return ", ".join(found.path.split(", ")[:3]) if found else code


def _figure(value: int | None) -> str:
    return "–" if value is None else f"{value:,}"


def _ms(value: float | None) -> str:
    return "–" if value is None else f"{value:.1f}"
