"""What others hear of the registry's facts, and in which words. Names, NIK and birth dates stay here."""

from typing import assert_never

from services.registry.domain import household, merging, namesakes, person, village
from shared.published import PublicEvent
from shared.published import registry as words

RegistryEvent = person.PersonEvent | household.HouseholdEvent | village.VillageDesignated | namesakes.PersonsToldApart
"""Every fact of this service's log."""


def publish(event: RegistryEvent) -> PublicEvent | None:
    """The word for *event*, None for what concerns nobody else."""
    match event:
        case village.VillageDesignated():
            return words.VillageDesignated(village=event.village, year=event.year)
        case person.PersonRegistered():
            return words.PersonRegistered(person_id=event.person_id, village=event.village)
        case person.WorkerRegistered():
            return words.WorkerRegistered(person_id=event.person_id, village=event.village)
        case person.VillageCorrected():
            return words.PersonMoved(person_id=event.person_id, village=event.village)
        case person.BirthDateCorrected():
            if not event.of_minor and event.of_age == event.was_of_age:
                return None
            return words.BirthYearCorrected(
                person_id=event.person_id,
                village=event.village,
                birth_year=event.birth_year,
                of_age=event.of_age,
            )
        case person.DeathReported() | person.DeathCorrected() | person.DeathRetracted():
            return _death(event)
        case person.PersonErased():
            return words.PersonErased(person_id=event.person_id, village=event.village)
        case household.KinRecorded() | household.GuardianCorrected():
            return words.KinRecorded(
                person_id=event.person_id,
                village=event.village,
                relative_id=event.relative_id,
                relation=event.relation,
                birth_year=event.birth_year,
                of_age=event.of_age,
                guardian_id=event.guardian_id,
            )
        case household.KinRetracted():
            return words.KinRetracted(
                person_id=event.person_id,
                village=event.village,
                relative_id=event.relative_id,
                relation=event.relation,
            )
        case merging.PersonMerged():
            return words.PersonMerged(person_id=event.person_id, village=event.village, into=event.into)
        case merging.PersonUnmerged():
            return words.PersonUnmerged(person_id=event.person_id, village=event.village, into=event.into)
        case merging.DuplicateAssigned() | merging.DuplicateReleased() | namesakes.PersonsToldApart():
            return None
        case person.NameCorrected() | person.NikCorrected() | household.HouseholdRegistered():
            return None
        case _:
            assert_never(event)


def _death(event: person.DeathReported | person.DeathCorrected | person.DeathRetracted) -> PublicEvent:
    """What holds now, whichever report brought it about: while another still says so, the person is dead."""
    if event.died_on is None:
        return words.PersonDeathRetracted(person_id=event.person_id, village=event.village)
    return words.PersonDied(
        person_id=event.person_id,
        village=event.village,
        died_on=event.died_on.on,
        precision=event.died_on.precision,
    )
