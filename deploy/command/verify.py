"""`desmigratif verify`: whether every log, every checkpoint and the bus say the same.

Each service looks at its own log and its own stretch of the bus (P2, P4); what one has heard of another is held
against the owner here, since no service sees both sides.
"""

from dataclasses import dataclass, field
from typing import Any

from rich.console import Console

from deploy.command.calls import LONG_SECONDS, SERVICES, Calls, each_service
from deploy.command.failures import Unreachable
from deploy.command.showing import table

_NOT_FOUND = 404


@dataclass(frozen=True, slots=True)
class Finding:
    """Something that is not as it should be: whose, at which number if there is one, and what."""

    service: str
    what: str
    detail: str
    number: int | None = None

    def __str__(self) -> str:
        where = self.service if self.number is None else f"{self.service} {self.number}"
        return f"{where}: {self.what}{f': {self.detail}' if self.detail else ''}"


@dataclass(slots=True)
class Verified:
    """What was looked at and what was found."""

    services: dict[str, dict[str, Any]] = field(default_factory=dict)
    checkpoints: int = 0
    findings: list[Finding] = field(default_factory=list)


async def ask(calls: Calls) -> Verified:
    """Look at everything."""
    verified = Verified()

    async def one(service: str) -> dict[str, Any]:
        await calls.get(service, "/health/live")  # one that hangs is not waited for as long as one that reads its log
        return dict((await calls.get(service, "/operations/verify", timeout_seconds=LONG_SECONDS)).must(200))

    for service, said in (await each_service(one)).items():
        if isinstance(said, Unreachable):
            verified.findings.append(Finding(service, "silent", str(said)))
            continue
        verified.services[service] = said
        verified.findings += [
            Finding(service, finding["what"], finding.get("detail") or "", finding.get("number"))
            for finding in said["findings"]
        ]
    for service, said in verified.services.items():
        for checkpoint in said["checkpoints"]:
            verified.checkpoints += 1
            found = await _at_its_owner(calls, service, checkpoint)
            if found:
                verified.findings.append(found)
    return verified


async def _at_its_owner(calls: Calls, service: str, checkpoint: dict[str, Any]) -> Finding | None:
    """Whether the owner has, under that number, the very event that *service* says it heard last."""
    source, number = checkpoint["source"], checkpoint["number"]
    if number == 0:
        return None
    whose = f"checkpoint of {checkpoint['hearer']} on {source}"
    try:
        answer = await calls.get(source, "/operations/verify/event", query={"number": number})
    except Unreachable as silent:
        return Finding(service, whose, f"cannot be held against its owner: {silent}", number)
    if answer.status == _NOT_FOUND:
        return Finding(service, whose, f"{source} has published no such number", number)
    owned = answer.must(200)
    wrong = [name for name in ("log_id", "event_id") if str(owned[name]) != str(checkpoint[name])]
    if wrong:
        return Finding(service, whose, f"{' and '.join(wrong)} differ from the owner's", number)
    return None


def show(verified: Verified, console: Console) -> None:
    """What was looked at; findings are told apart."""
    shown = table("Verified · diperiksa", "service", "log", "published", "on the bus from", "to", "findings")
    for service in SERVICES:
        said = verified.services.get(service)
        count = str(sum(finding.service == service for finding in verified.findings))
        if said is None:
            shown.add_row(service, "–", "–", "–", "–", count)
            continue
        figures = (said["head"]["number"], said["bus"]["first"], said["bus"]["last"])
        shown.add_row(
            service, str(said["log_id"])[:8], *("–" if figure is None else str(figure) for figure in figures), count
        )
    console.print(shown)
    console.print()
    if not verified.findings:
        console.print(
            f"Clean: {len(verified.services)} logs, their words on the bus, and {verified.checkpoints} checkpoints "
            "agree. · Semua cocok."
        )
