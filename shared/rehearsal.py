"""Rehearsing a fault: facts made poison by ``DESMIGRATIF_FAULT``, so that parking can be tried (decision 0012)."""

from collections.abc import Collection, Mapping, Sequence
from typing import Protocol
from uuid import UUID

from shared.vocabulary import village_code

FAULT = "DESMIGRATIF_FAULT"
"""The setting that makes facts poison, to rehearse it."""

_FAULT_MALFORMED = (
    "{0}: {1!r} is not SERVICE.HEARER:ID, such as enterprise.training_roster:7d44b1de-5b0e-7c3a-8f6b-0d6c8a5b9f01, "
    "with a person's id, a village's code or * for everybody · "
    "{0}: {1!r} bukan SERVICE.HEARER:ID; tulis id orang, kode desa, atau * untuk semua"
)
_NO_SUCH_HEARER = "{0}: {1} has no hearer {2!r}; it has {3} · {0}: {1} tidak memiliki {2!r}; yang ada: {3}"
_NO_SUCH_SERVICE = "{0}: there is no service {1!r}; there are {2} · {0}: layanan {1!r} tidak ada; yang ada: {2}"


class Keyed(Protocol):
    """What belongs to somebody: a fact."""

    @property
    def partition_key(self) -> str:
        """Whose it is."""


class Rehearsed(Exception):
    """``DESMIGRATIF_FAULT`` makes this person's facts poison."""


class FaultUnknown(ValueError):
    """``DESMIGRATIF_FAULT`` names what is not there; says so, and what is, in both languages."""


def faults(setting: str, service: str, hearers: Collection[str]) -> Mapping[str, Collection[str]]:
    """Whose facts are to be poison, by hearer: ``enterprise.training_roster:PERSON,PERSON,registry.reactions:PERSON``.

    ``*`` is everybody. What is meant for other services is left to them; `FaultUnknown` for a hearer that is not there.
    """
    found: dict[str, set[str]] = {}
    for named, hearer, key in _entries(setting):
        if named != service:
            continue
        if hearer not in hearers:
            raise FaultUnknown(_NO_SUCH_HEARER.format(FAULT, service, hearer, ", ".join(hearers) or "–"))
        found.setdefault(hearer, set()).add(key)
    return found


def check_faults(setting: str, services: Mapping[str, Collection[str]]) -> None:
    """`FaultUnknown` unless all that *setting* names is among the hearers of *services*."""
    for named, _, _ in _entries(setting):
        if named not in services:
            raise FaultUnknown(_NO_SUCH_SERVICE.format(FAULT, named, ", ".join(services)))
    for service, hearers in services.items():
        faults(setting, service, hearers)


def _entries(setting: str) -> list[tuple[str, str, str]]:
    """Service, hearer and partition key of each entry; one without the first two is about the hearer before it."""
    entries: list[tuple[str, str, str]] = []
    at = ""
    for entry in filter(None, (part.strip() for part in setting.split(","))):
        target, colon, person = entry.rpartition(":")
        at = target.strip() if colon else at
        service, _, hearer = at.partition(".")
        key = _key(person.strip())
        if not service or not hearer or key is None:
            raise FaultUnknown(_FAULT_MALFORMED.format(FAULT, entry))
        entries.append((service, hearer, key))
    return entries


def _key(text: str) -> str | None:
    """A partition key as facts carry it: an id, a village's code, or ``*``; else None."""
    if text == "*":
        return text
    try:
        return str(UUID(text))
    except ValueError:
        return village_code(text)


def rehearse(poisoned: Collection[str], facts: Sequence[Keyed]) -> None:
    """Fail as a projector would where somebody of these is to be poison."""
    if poisoned and facts and ("*" in poisoned or any(fact.partition_key in poisoned for fact in facts)):
        raise Rehearsed
