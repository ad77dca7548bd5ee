"""What can be asked about the verification of a person's particulars by the population office."""

from collections.abc import Mapping
from dataclasses import dataclass
from uuid import UUID

from services.registry.commands.answers import changed
from services.registry.commands.persons import registered
from services.registry.domain.particulars import read_day
from services.registry.domain.person import Registered
from services.registry.domain.refusals import refuse_columns
from services.registry.domain.verification import (
    Field,
    Outcome,
    RecordVerdict,
    verification,
    verification_stream,
)
from shared.errors import ColumnError
from shared.execute import Answer, Work


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class RecordVerification:
    """Record what Dukcapil said of a person's particulars on a day.

    *of_version*: which version of the person was sent there; None: the present one.
    """

    person_id: UUID
    verified_on: str
    outcomes: Mapping[Field, Outcome]
    of_version: int | None = None


Command = RecordVerification


async def handle(work: Work, command: Command) -> Answer:
    """What `services.registry.commands.handle` does with one of these."""
    return await record(work, command)


async def record(work: Work, command: RecordVerification) -> Answer:
    """Under the person's present ETag: whoever records it has seen what changed since the version that was sent.

    Rejects: ``not-found``, ``person-erased``, ``person-merged``, If-Match codes, ``verified-on-invalid``,
    ``of-version-unknown``, ``outcomes-missing``, ``outcomes-of-nothing``.
    """
    state = await registered(work, command.person_id, itself=True)
    work.match(command.person_id)
    day = read_day(command.verified_on)
    on = day if day is not None and day <= work.today else None
    present = work.version(command.person_id)
    of_version = present if command.of_version is None else command.of_version
    refuse_columns(
        None if on else ColumnError("verified_on", "verified-on-invalid"),
        None if 1 <= of_version <= present else ColumnError("of_version", "of-version-unknown"),
        wrong_outcomes(state, command.outcomes),
    )
    stream = verification_stream(command.person_id)
    before = await work.state(verification, stream)
    wish = RecordVerdict(
        person_id=command.person_id,
        of_version=of_version,
        on=on or work.today,
        outcomes=command.outcomes,
        by=tuple(sorted(work.caller.roles)),
    )
    after = await work.decide(verification, stream, wish)
    return changed(work, command.person_id, status=200 if after == before or work.check else 201)


def wrong_outcomes(state: Registered, outcomes: Mapping[Field, Outcome]) -> ColumnError | None:
    """What is wrong with the fields that are named: none is, or one of which nothing is recorded."""
    if not outcomes:
        return ColumnError("outcomes", "outcomes-missing")
    there = {"name": state.full_name, "nik": state.nik, "birth_date": state.birth_date}
    if any(there[field] is None for field in outcomes):
        return ColumnError("outcomes", "outcomes-of-nothing")
    return None
