"""What is written by the code itself: the map of public events, and the AsyncAPI document.

``python -m tests.architecture.documents`` (``make documents``) writes them; a test fails while they are not current.
"""

from collections import Counter
from pathlib import Path

from deploy import SERVICES
from shared import reacting
from tests.architecture import asyncapi
from tests.architecture.hearers import hearers, says, spoken
from tests.architecture.names import ROOT

MAP = ROOT / "shared" / "published" / "EVENTS.md"

_HEAD = """# Who says what, and who hears it

Written by `make documents` from the code. Beside a thin arrow, and in the table, stands the view that changes when a
service hears it; *reacts*: the service then does something itself.
"""


def picture() -> str:
    """The five services and the bus, for Mermaid: what each puts on the bus, and what in it is moved from there."""
    words = spoken()
    moved = {name: dict.fromkeys(by for word in words for service, by in hearers(word) if service == name)
             for name in SERVICES}  # fmt: skip
    said = Counter(word.service for word in words)
    lines = ["```mermaid", "flowchart TB"]
    lines += [f"    {name} ==>|{said[name]} kinds of event| bus" for name in SERVICES if said[name]]
    lines += ['    bus[["the bus: NATS JetStream"]]']
    lines += [f"    bus -->|{', '.join(map(_hearer, by))}| {name}" for name, by in moved.items() if by]
    return "\n".join([*lines, "```"])


def _hearer(name: str) -> str:
    return "reacts" if name == reacting.HEARER else name


def table() -> str:
    """Every public event: what it says, who says it, and in each service the view or reaction that hears it."""
    lines = [f"| event | what it says | {' | '.join(SERVICES)} |", "|---" * (2 + len(SERVICES)) + "|"]
    for word in spoken():
        cells: dict[str, list[str]] = {name: [] for name in SERVICES}
        cells[word.service].append("**says**")
        for name, hearer in hearers(word):
            cells[name].append(_hearer(hearer))
        in_services = " | ".join(", ".join(cell) for cell in cells.values())
        lines.append(f"| `{word.name}` v{word.version} | {says(word)} | {in_services} |")
    return "\n".join(lines)


def documents() -> dict[Path, str]:
    """Each file, and what it must hold."""
    return {MAP: f"{_HEAD}\n{picture()}\n\n{table()}\n", asyncapi.FILE: asyncapi.text()}


if __name__ == "__main__":
    for path, text in documents().items():
        path.write_text(text)
