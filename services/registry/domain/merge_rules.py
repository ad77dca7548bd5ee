"""Which registrations may be merged, and what happens then. What a merge is stands in `merging`.

There are no chains: a duplicate has no duplicates. And nothing is lost from sight: what is known of the duplicate (that
they work abroad, a NIK, a birth date, a death that the village reported) must be known of the survivor too, since the
survivor's page, village and place on a roster are from then on those of both. Nor may an edit of the survivor take it
away while the merge stands.

::

    a person    is merged             gets a duplicate  loses its only one  is unmerged
    alone       duplicate             survivor          -                   not-found
    survivor    has-duplicates        survivor          alone               not-found
    duplicate   duplicate-of-another  person-merged     -                   alone

Merged once more into the same survivor, a duplicate stays one. Of a duplicate's own history nothing else can be said
than what `person_rules.refuse_of_duplicate` lets through.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from services.registry.domain.merging import (
    DuplicateAssigned,
    DuplicateReleased,
    MergingEvent,
    PersonMerged,
    PersonUnmerged,
)
from services.registry.domain.person import Registered
from services.registry.domain.refusals import (
    DUPLICATE_OF_ANOTHER,
    HAS_DUPLICATES,
    MERGE_WOULD_LOSE,
)
from shared.errors import NOT_FOUND, ColumnError, Refused, person_merged
from shared.vocabulary import Occurred


@dataclass(frozen=True, slots=True, kw_only=True)
class MergePerson:
    """Merge this person into *survivor*, as that one stands now."""

    today: date
    survivor: Registered


@dataclass(frozen=True, slots=True, kw_only=True)
class UnmergePerson:
    """Take this person out of whom they were merged into."""

    today: date


@dataclass(frozen=True, slots=True, kw_only=True)
class AssignDuplicate:
    """Let *duplicate_id* be a duplicate of this person: decided together with `MergePerson`."""

    today: date
    duplicate_id: UUID


@dataclass(frozen=True, slots=True, kw_only=True)
class ReleaseDuplicate:
    """Let *duplicate_id* be a duplicate of this person no more: decided together with `UnmergePerson`."""

    today: date
    duplicate_id: UUID


MergeCommand = MergePerson | UnmergePerson | AssignDuplicate | ReleaseDuplicate


def merge_person(state: Registered, command: MergePerson) -> Sequence[MergingEvent]:
    """Once; said again it is nothing new.

    Rejects: ``duplicate-of-another``, ``has-duplicates``, ``person-merged`` (the other is a duplicate itself),
    ``merge-would-lose``.
    """
    survivor = command.survivor
    if state.merged is not None:
        if state.merged.into == survivor.person_id:
            return ()
        raise Refused(DUPLICATE_OF_ANOTHER)
    if state.duplicates:
        raise Refused(HAS_DUPLICATES)
    if survivor.merged is not None:
        raise person_merged(survivor.merged.into)
    if lost := tuple(ColumnError(column, MERGE_WOULD_LOSE.slug) for column in known_alone(state, survivor)):
        raise Refused(MERGE_WOULD_LOSE, errors=lost)
    return (
        PersonMerged(
            occurred=Occurred(command.today),
            person_id=state.person_id,
            village=state.village,
            into=survivor.person_id,
        ),
    )


def known_alone(duplicate: Registered, survivor: Registered) -> Iterable[str]:
    """What is known of *duplicate* and not of *survivor*.

    A death that a trip ended in is not asked for: the trip is from then on the survivor's too.
    """
    if duplicate.worker and not survivor.worker:
        yield "worker"
    if duplicate.nik is not None and survivor.nik is None:
        yield "nik"
    if duplicate.birth_date is not None and survivor.birth_date is None:
        yield "birth_date"
    if duplicate.dead_by_village and not survivor.dead_by_village:
        yield "died_on"


def unmerge_person(state: Registered, command: UnmergePerson) -> Sequence[MergingEvent]:
    """Each stands for itself again, with whatever was said of it. Rejects: ``not-found`` (this is no duplicate)."""
    if state.merged is None:
        raise Refused(NOT_FOUND)
    return (
        PersonUnmerged(
            occurred=Occurred(command.today),
            person_id=state.person_id,
            village=state.village,
            corrects=state.merged.fact,
            into=state.merged.into,
        ),
    )


def assign_duplicate(state: Registered, command: AssignDuplicate) -> Sequence[MergingEvent]:
    """Once."""
    if any(duplicate.person_id == command.duplicate_id for duplicate in state.duplicates):
        return ()
    return (
        DuplicateAssigned(
            occurred=Occurred(command.today), person_id=state.person_id, duplicate_id=command.duplicate_id
        ),
    )


def release_duplicate(state: Registered, command: ReleaseDuplicate) -> Sequence[MergingEvent]:
    """The fact that assigned it was an error."""
    return tuple(
        DuplicateReleased(
            occurred=Occurred(command.today),
            person_id=state.person_id,
            corrects=duplicate.fact,
            duplicate_id=duplicate.person_id,
        )
        for duplicate in state.duplicates
        if duplicate.person_id == command.duplicate_id
    )
