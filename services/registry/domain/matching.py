"""Whether somebody is certainly who is told of: what a caller may be answered about a person outside their area.

The rule of disclosure is that of patient matching (FHIR ``$match``) as Medplum has it (github.com/medplum/medplum,
docs/api/fhir/operations/patient-match): of several nobody is named.
"""

from dataclasses import dataclass
from datetime import date

from services.registry.domain.particulars import same_name


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class Told:
    """Somebody as they are told of; None: that is not known of them."""

    name: str
    nik: str | None
    birth_date: date | None


def certain(one: Told, other: Told) -> bool:
    """Whether both are one: equal names, NIK or birth date known of both, and nothing known of both that differs."""
    pairs = ((one.nik, other.nik), (one.birth_date, other.birth_date))
    agree = [here == there for here, there in pairs if here is not None and there is not None]
    return same_name(one.name, other.name) and bool(agree) and all(agree)
