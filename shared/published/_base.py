"""What every public event has: a durable name, a version, a place and a person it is partitioned by."""

from typing import ClassVar, Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field


class PublicEvent(BaseModel):
    """A fact as others hear it (CloudEvents 1.0 *data*).

    Additive within a version; anything else is a new class with a higher *version*. No name, number, address, birth
    date or free text (P6): ids, codes, dates, and of children the birth year,
    or that they are of age.
    """

    model_config = ConfigDict(frozen=True, extra="ignore")

    service: ClassVar[str]
    name: ClassVar[str]
    version: ClassVar[int] = 1

    @property
    def partition_key(self) -> UUID | str:
        """The person the fact is about, else the aggregate: order is kept per key."""
        raise NotImplementedError(type(self).__name__)

    @property
    def place(self) -> str | None:
        """The village where it happened (dotted code); None where a fact has no place."""
        return None


Precision = Literal["day", "month", "year"]
PersonId = Field(description="The person's id, the same in every service; made at random, says nothing of a NIK.")
Village = Field(description="Village code, Kemendagri, dotted.", examples=["33.07.10.2004"])
