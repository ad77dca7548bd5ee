"""Who is what in a household, as a list says it line by line: each person's relation to the head (hubungan keluarga).

From that follows the kinship that is recorded: the head's spouse, the children and the parents of the head. Other
relatives live here and are no *keluarga PMI* (UU 18/2017 Ps 1: spouse, children, parents).
"""

from collections.abc import Sequence
from typing import Literal
from uuid import UUID

from services.registry.domain.household import Kin
from services.registry.domain.household_rules import stated_kin
from shared.errors import ColumnError

RelationToHead = Literal["head", "spouse", "child", "parent", "other"]

_SPELLINGS: dict[str, RelationToHead] = {
    "head": "head", "kepala": "head", "kepalakeluarga": "head", "kk": "head",
    "spouse": "spouse", "suami": "spouse", "istri": "spouse", "isteri": "spouse", "pasangan": "spouse",
    "child": "child", "anak": "child",
    "parent": "parent", "orangtua": "parent", "ayah": "parent", "ibu": "parent",
    "other": "other", "lainnya": "other", "famili": "other", "famililain": "other", "cucu": "other",
    "menantu": "other", "mertua": "other",
}  # fmt: skip


def read_relation(cell: str) -> tuple[RelationToHead, ColumnError | None]:
    """How a list spells it, in either language; else ``relation-unknown``."""
    found = _SPELLINGS.get("".join(letter for letter in cell.casefold() if letter.isalnum()))
    return found or "other", None if found else ColumnError("relation", "relation-unknown")


def head_among(relations: Sequence[RelationToHead]) -> tuple[int, ColumnError | None]:
    """Which of them is the head; ``relation-no-head`` if it is not exactly one."""
    heads = [n for n, relation in enumerate(relations) if relation == "head"]
    return (heads[0], None) if len(heads) == 1 else (0, ColumnError("relation", "relation-no-head"))


def kin_of(head: UUID, people: Sequence[tuple[UUID, RelationToHead]]) -> list[Kin]:
    """What is recorded of *people*, each with the relation to *head*.

    A child of the head is recorded as a child of the spouse too, where exactly one is named: of the two the one abroad
    may be either, and a child that is missed gets no help. Where it is not so, that relation is retracted.
    """
    spouses = [person_id for person_id, relation in people if relation == "spouse"]
    parents = [head, *spouses] if len(spouses) == 1 else [head]
    kin: list[Kin] = []
    for person_id, relation in people:
        if relation == "child":
            kin += [stated_kin(parent, person_id, "child", None) for parent in parents]
        elif relation in ("spouse", "parent"):
            kin.append(stated_kin(head, person_id, relation, None))
    return kin
