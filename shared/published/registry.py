"""What the registry says: who is known, where, with whom, and who died."""

from datetime import date
from typing import ClassVar, Literal
from uuid import UUID

from pydantic import Field

from shared.published._base import PersonId, Precision, PublicEvent, Village

OfAge = Field(
    default=False, description="True where a child is known to be of age; its birth year then does not travel."
)


class _OfPerson(PublicEvent):
    service: ClassVar[str] = "registry"
    person_id: UUID = PersonId
    village: str = Village

    @property
    def partition_key(self) -> UUID:
        return self.person_id

    @property
    def place(self) -> str:
        return self.village


class _OfVillage(PublicEvent):
    service: ClassVar[str] = "registry"
    village: str = Village

    @property
    def partition_key(self) -> str:
        return self.village

    @property
    def place(self) -> str:
        return self.village


class VillageDesignated(_OfVillage):
    """A village was designated for a programme (penetapan desa Desmigratif and others)."""

    name: ClassVar[str] = "VillageDesignated"
    year: int = Field(description="The programme year of the designation.")
    programme: str = Field(default="DESMIGRATIF", description="The programme's code in the registry's list.")


class VillageStageChanged(_OfVillage):
    """Where a village stands in a programme now, for every step but a designation, which `VillageDesignated` says."""

    name: ClassVar[str] = "VillageStageChanged"
    programme: str = Field(description="The programme's code in the registry's list.")
    stage: Literal["proposed", "designated", "active", "ended"] | None = Field(
        description="Where it stands; null where all that was said of it was taken back."
    )
    since: date | None = Field(description="First day of the interval since which it stands there; null without stage.")
    precision: Precision | None = Field(description="How well that is known: to the day, month or year.")


class PersonRegistered(_OfPerson):
    """A person is known to the registry (pendataan penduduk): a worker, a spouse, a child."""

    name: ClassVar[str] = "PersonRegistered"


class PersonMoved(_OfPerson):
    """The village of a person was corrected or changed; *village* is the one that holds from now on."""

    name: ClassVar[str] = "PersonMoved"


class WorkerRegistered(_OfPerson):
    """A person works or will work abroad (CPMI/PMI, UU 18/2017 Ps 1). ``worker_id`` elsewhere is this person's id."""

    name: ClassVar[str] = "WorkerRegistered"


class KinRecorded(_OfPerson):
    """*relative_id* is the spouse or the child of *person_id* (keluarga PMI, UU 18/2017 Ps 1)."""

    name: ClassVar[str] = "KinRecorded"
    relative_id: UUID = Field(description="The relative's person id.")
    relation: Literal["spouse", "child"] = Field(description="What the relative is to the person.")
    birth_year: int | None = Field(default=None, description="Of a child, the year of birth where it is known.")
    of_age: bool = OfAge
    guardian_id: UUID | None = Field(default=None, description="Of a child, the guardian's (wali) person id.")


class KinRetracted(_OfPerson):
    """A relation was recorded in error; it never held."""

    name: ClassVar[str] = "KinRetracted"
    relative_id: UUID = Field(description="The relative's person id.")
    relation: Literal["spouse", "child"] = Field(description="What the relative was said to be.")


class GuardianChanged(_OfPerson):
    """A child of *person_id* has another guardian (wali) from a day on, or none any more; what was said before held.

    Said once more, with what then holds, if a day is learnt late.
    """

    name: ClassVar[str] = "GuardianChanged"
    relative_id: UUID = Field(description="The child's person id.")
    guardian_id: UUID | None = Field(
        default=None, description="Who guards the child by all that is known; null: nobody."
    )
    since: date = Field(description="First day of the interval since when that holds (Asia/Jakarta).")
    precision: Precision = Field(description="How well the day is known.")


class BirthYearCorrected(_OfPerson):
    """What is known of an age was corrected: the birth year of a minor, or whether somebody is known to be of age.

    An adult's year of birth is never published.
    """

    name: ClassVar[str] = "BirthYearCorrected"
    birth_year: int | None = Field(description="The year that holds from now on; null where it is unknown.")
    of_age: bool = OfAge


class PersonCameOfAge(_OfPerson):
    """A minor is 18 from now on and no child any more (UU 35/2014 Ps 1); said on the day, or as soon as it is known.

    It says no day: that would be the birth date. It occurred in the year that the envelope names.
    """

    name: ClassVar[str] = "PersonCameOfAge"


class PersonDied(_OfPerson):
    """A person died, at home or abroad; said once more if the day was corrected."""

    name: ClassVar[str] = "PersonDied"
    died_on: date = Field(description="First day of the interval in which the person died (Asia/Jakarta).")
    precision: Precision = Field(description="How well the day is known.")


class PersonDeathRetracted(_OfPerson):
    """A death was recorded in error; the person lives."""

    name: ClassVar[str] = "PersonDeathRetracted"


class PersonErased(_OfPerson):
    """A person's data are erased (UU 27/2022 Ps 43-44): who holds a key, hash or claim of this person destroys it."""

    name: ClassVar[str] = "PersonErased"


class PersonMerged(_OfPerson):
    """A person was found to be a duplicate of *into*: whatever was said of either id is about one human.

    Both ids stay valid. *into* is never a duplicate itself, as long as this holds.
    """

    name: ClassVar[str] = "PersonMerged"
    into: UUID = Field(description="The person id that stands for both from now on.")


class PersonUnmerged(_OfPerson):
    """A merge was an error: the person and *into* are two, each with what was said under its own id."""

    name: ClassVar[str] = "PersonUnmerged"
    into: UUID = Field(description="The person id that stood for both.")
