"""Everything a caller can be told no with.

::

    Refused                 a rule, or the caller's input or rights, says no; answered as RFC 9457 problem
      Refusal               the constant it names: stable slug, status, a sentence in English and Indonesian
      ColumnError           one field of the input and the code of what is wrong with it

A slug is the same in logs, answers and tests, and never changes. No message carries what was sent (P6).
"""

from collections.abc import Iterable
from dataclasses import dataclass
from uuid import UUID


@dataclass(frozen=True, slots=True)
class Refusal:
    """One way to say no. *status* 422 is malformed input, 409 a rule, 404 unknown or outside the caller's area."""

    slug: str
    status: int
    en: str
    id: str


@dataclass(frozen=True, slots=True)
class ColumnError:
    """A field of the input and what is wrong with it. *warning*: it alone would not have been refused."""

    column: str
    code: str
    warning: bool = False


class Refused(Exception):
    """*refusal* says why; *errors* name the fields, one code a field; *extra* are further problem members."""

    def __init__(
        self, refusal: Refusal, *, errors: Iterable[ColumnError] = (), extra: dict[str, object] | None = None
    ) -> None:
        super().__init__(refusal.slug)
        self.refusal = refusal
        self.errors = tuple(errors)
        self.extra = extra or {}

    @property
    def slug(self) -> str:
        """The stable code."""
        return self.refusal.slug


NOT_FOUND = Refusal("not-found", 404, "There is nothing here under this id.", "Tidak ada data dengan id ini.")
OUTSIDE_AREA = Refusal(
    "outside-area", 403, "This village lies outside your area.", "Desa ini berada di luar wilayah Anda."
)
PERSON_MERGED = Refusal(
    "person-merged",
    409,
    "This person was found to be a duplicate: name the one in *into* instead.",
    "Orang ini ternyata data ganda: gunakan id dalam *into*.",
)


def person_merged(into: UUID) -> Refused:
    """The refusal of a duplicate's id: it says who stands for that person, and nothing else."""
    return Refused(PERSON_MERGED, extra={"into": str(into)})
