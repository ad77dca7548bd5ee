"""What the population office said of a person's particulars (verifikasi Dukcapil): which of them match, and when.

Practice is an answer for each field, match or no match ("Demography Verification", Kredibel API, docs.kredibel.io, of
a company that resells the office's answers; the office's own terms are in agreements that were not to be had). That
verdict is kept, with the day, the roles of who recorded it and the version of the person's history that was held
against the office's data; never the response.
A verdict is about what was recorded then: once the field is corrected, it is outdated, also where the correction came
before the answer. That is concluded when it is read (`outdated`), and stored nowhere. Verdicts are personal: encrypted
under the person's key.

Where a field can stand, `services/registry/domain/states.md` says in a table.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import ClassVar, Literal, get_args
from uuid import UUID

from shared.decider import Decider
from shared.ids import stream_of
from shared.personal import Known, Personal, known
from shared.vocabulary import Occurred

Field = Literal["nik", "name", "birth_date"]
"""What of a person is held against the population office's data."""
Outcome = Literal["matched", "differed"]

FIELDS: tuple[Field, ...] = get_args(Field)

# ---------------------------------------------------------------------------------------------------------------------
# What happens
# ---------------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class DetailsVerified:
    """A person's particulars were held against Dukcapil's on the day *occurred*.

    *of_version*: which version of the person's history. *matched* and *differed* name the fields. *by*: the roles of
    who recorded it.
    """

    name: ClassVar[str] = "DetailsVerified"
    schema_version: ClassVar[int] = 1
    about: ClassVar[str | None] = "person_id"
    erases: ClassVar[bool] = False
    occurred: Occurred
    person_id: UUID
    of_version: int
    matched: Personal[tuple[Field, ...]]
    differed: Personal[tuple[Field, ...]]
    by: tuple[str, ...]


# ---------------------------------------------------------------------------------------------------------------------
# Where it can stand
# ---------------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """That *field*, as it was at version *of_version* of the person, *outcome* on the day *on*."""

    field: Field
    outcome: Outcome
    on: date
    of_version: int


Verdicts = tuple[Verdict, ...]
"""Of each field the last one, by the day and then as they came."""


def evolve(state: Verdicts, event: DetailsVerified) -> Verdicts:
    """Which verdicts hold after *event*."""
    return latest((*state, *_of(event)))


def _of(event: DetailsVerified) -> Iterable[Verdict]:
    said: tuple[tuple[Outcome, Personal[tuple[Field, ...]]], ...] = (
        ("matched", event.matched),
        ("differed", event.differed),
    )
    for outcome, fields in said:
        for field in known(fields) or ():
            yield Verdict(field=field, outcome=outcome, on=event.occurred.on, of_version=event.of_version)


def latest(verdicts: Iterable[Verdict]) -> Verdicts:
    """Of each field the last verdict: by the day, of one day the one that came last."""
    last: dict[Field, Verdict] = {}
    for verdict in verdicts:
        if verdict.field not in last or last[verdict.field].on <= verdict.on:
            last[verdict.field] = verdict
    return tuple(last[field] for field in FIELDS if field in last)


def telling(verdicts: Sequence[Verdict], corrected: Mapping[Field, int]) -> Verdicts:
    """Of each field the last verdict on what stands now, and where there is none, the last of all.

    So an answer that comes late, about what was corrected meanwhile, hides none about the correction.
    """
    now = latest(verdict for verdict in verdicts if not outdated(verdict, corrected))
    last = {verdict.field: verdict for verdict in (*latest(verdicts), *now)}
    return tuple(last[field] for field in FIELDS if field in last)


def outdated(verdict: Verdict, corrected: Mapping[Field, int]) -> bool:
    """Whether the field was corrected after the verdict: *corrected* are versions of the person's history, by field."""
    return corrected.get(verdict.field, 1) > verdict.of_version


# ---------------------------------------------------------------------------------------------------------------------
# What can be asked
# ---------------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordVerdict:
    """Record what Dukcapil answered of each of some fields. That they are known is asked before, not here."""

    person_id: UUID
    of_version: int
    on: date
    outcomes: Mapping[Field, Outcome]
    by: tuple[str, ...]


def decide(state: Verdicts, command: RecordVerdict) -> Sequence[DetailsVerified]:
    """The same said of the same day and version is nothing new."""
    asked = {
        Verdict(field=field, outcome=outcome, on=command.on, of_version=command.of_version)
        for field, outcome in command.outcomes.items()
    }
    if asked <= set(state):
        return ()
    return (
        DetailsVerified(
            occurred=Occurred(command.on),
            person_id=command.person_id,
            of_version=command.of_version,
            matched=Known(_with(command, "matched")),
            differed=Known(_with(command, "differed")),
            by=command.by,
        ),
    )


def _with(command: RecordVerdict, outcome: Outcome) -> tuple[Field, ...]:
    return tuple(field for field in FIELDS if command.outcomes.get(field) == outcome)


def verification_stream(person_id: UUID) -> UUID:
    """The one history of what was verified of a person."""
    return stream_of("verification", person_id)


verification: Decider[Verdicts, DetailsVerified, RecordVerdict] = Decider(initial=(), decide=decide, evolve=evolve)
