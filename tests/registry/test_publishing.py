"""What others hear of each fact, and that nothing personal is among it."""

from dataclasses import replace
from datetime import date
from uuid import UUID

import pytest

from services.registry.domain.document import (
    DocumentCorrected,
    DocumentRecorded,
    DocumentRetracted,
    DocumentWithdrawalRetracted,
    DocumentWithdrawn,
)
from services.registry.domain.household import (
    GuardianChanged,
    GuardianCorrected,
    HouseholdMoved,
    HouseholdRegistered,
    KinRecorded,
    KinRetracted,
    MemberJoined,
    MemberLeft,
)
from services.registry.domain.legal_hold import HoldLifted, HoldPlaced
from services.registry.domain.person import (
    BirthDateCorrected,
    CameOfAge,
    DeathCorrected,
    DeathReported,
    DeathRetracted,
    NameCorrected,
    NikCorrected,
    NikGiven,
    PersonErased,
    VillageCorrected,
)
from services.registry.domain.reference import DESMIGRATIF
from services.registry.domain.verification import DetailsVerified
from services.registry.domain.village import Stage, VillageDesignated
from services.registry.publishing import RegistryEvent, publish
from shared.personal import Known
from shared.published import PublicEvent
from shared.published import registry as words
from shared.vocabulary import Occurred, Precision
from tests.registry.people_of_kuripan import (
    BUDI,
    DEWI,
    KURIPAN,
    LIPURSARI,
    NOW,
    REGISTERED,
    SARI,
    TRIP,
    WORKER,
)
from tests.registry.test_village import ACTIVE, DESIGNATED, ENDED, PROPOSED, retracted

HOME = UUID(int=31)
MAY = Occurred(date(2026, 5, 1), "month")

BORN_LATER = BirthDateCorrected(
    occurred=NOW,
    person_id=DEWI,
    corrects=1,
    village=KURIPAN,
    birth_date=Known(date(2016, 3, 4)),
    of_minor=True,
    birth_year=2016,
)
PASSPORT = DocumentRecorded(
    occurred=NOW,
    person_id=SARI,
    document_id=HOME,
    kind="passport",
    number=Known("C1234567"),
    issuer=None,
    valid_from=None,
    valid_until=None,
)
RETRACTED = DeathRetracted(occurred=NOW, person_id=SARI, corrects=2, village=KURIPAN, cause=TRIP, died_on=None)
DIED = words.PersonDied(person_id=SARI, village=KURIPAN, died_on=date(2026, 5, 1), precision="month")
CHILD = words.KinRecorded(
    person_id=SARI, village=KURIPAN, relative_id=DEWI, relation="child", birth_year=2016, guardian_id=BUDI
)


def stage(at: Stage, since: date, precision: Precision = "day") -> PublicEvent:
    return words.VillageStageChanged(village=KURIPAN, programme=DESMIGRATIF, stage=at, since=since, precision=precision)


@pytest.mark.parametrize(
    ("event", "word"),
    [
        (
            GuardianChanged(
                occurred=Occurred(date(2024, 1, 1), "year"),
                household_id=HOME,
                village=KURIPAN,
                person_id=SARI,
                relative_id=DEWI,
                guardian_id=None,
                present_id=BUDI,
                present_since=MAY,
            ),
            words.GuardianChanged(
                person_id=SARI,
                village=KURIPAN,
                relative_id=DEWI,
                guardian_id=BUDI,
                since=date(2026, 5, 1),
                precision="month",
            ),
        ),
        (
            VillageDesignated(occurred=Occurred(date(2017, 1, 1), "year"), village=KURIPAN, year=2017, decree="SK-1"),
            words.VillageDesignated(village=KURIPAN, year=2017, programme=DESMIGRATIF),
        ),
        (PROPOSED, stage("proposed", date(2017, 5, 30))),
        (ACTIVE, stage("active", date(2017, 6, 1))),
        (ENDED, stage("ended", NOW.on)),
        (retracted(3, "active", ACTIVE.occurred), stage("active", date(2017, 6, 1))),
        (retracted(2, "designated", DESIGNATED.occurred), stage("designated", date(2017, 1, 1), "year")),
        (
            retracted(1, None, None),
            words.VillageStageChanged(village=KURIPAN, programme=DESMIGRATIF, stage=None, since=None, precision=None),
        ),
        (REGISTERED, words.PersonRegistered(person_id=SARI, village=KURIPAN)),
        (WORKER, words.WorkerRegistered(person_id=SARI, village=KURIPAN)),
        (
            VillageCorrected(occurred=NOW, person_id=SARI, corrects=1, village=LIPURSARI),
            words.PersonMoved(person_id=SARI, village=LIPURSARI),
        ),
        (BORN_LATER, words.BirthYearCorrected(person_id=DEWI, village=KURIPAN, birth_year=2016)),
        (
            replace(BORN_LATER, birth_year=None, of_age=True),  # a minor until then
            words.BirthYearCorrected(person_id=DEWI, village=KURIPAN, birth_year=None, of_age=True),
        ),
        (
            replace(BORN_LATER, of_minor=False, birth_year=None, of_age=True),  # of unknown age until then
            words.BirthYearCorrected(person_id=DEWI, village=KURIPAN, birth_year=None, of_age=True),
        ),
        (
            replace(BORN_LATER, of_minor=False, birth_year=None, was_of_age=True),  # of unknown age from then on
            words.BirthYearCorrected(person_id=DEWI, village=KURIPAN, birth_year=None),
        ),
        (
            CameOfAge(occurred=Occurred(date(2026, 1, 1), "year"), person_id=DEWI, village=KURIPAN),
            words.PersonCameOfAge(person_id=DEWI, village=KURIPAN),
        ),
        (DeathReported(occurred=MAY, person_id=SARI, village=KURIPAN, cause=TRIP, died_on=MAY), DIED),
        (DeathCorrected(occurred=NOW, person_id=SARI, corrects=2, village=KURIPAN, cause=TRIP, died_on=MAY), DIED),
        (RETRACTED, words.PersonDeathRetracted(person_id=SARI, village=KURIPAN)),
        (replace(RETRACTED, died_on=MAY), DIED),
        (
            PersonErased(occurred=NOW, person_id=SARI, village=KURIPAN),
            words.PersonErased(person_id=SARI, village=KURIPAN),
        ),
        (
            KinRecorded(
                occurred=NOW,
                household_id=HOME,
                village=KURIPAN,
                person_id=SARI,
                relative_id=DEWI,
                relation="child",
                guardian_id=BUDI,
                birth_year=2016,
            ),
            CHILD,
        ),
        (
            KinRecorded(
                occurred=NOW,
                household_id=HOME,
                village=KURIPAN,
                person_id=SARI,
                relative_id=DEWI,
                relation="child",
                guardian_id=BUDI,
                birth_year=None,
                of_age=True,
            ),
            CHILD.model_copy(update={"birth_year": None, "of_age": True}),
        ),
        (
            GuardianCorrected(
                occurred=NOW,
                corrects=2,
                household_id=HOME,
                village=KURIPAN,
                person_id=SARI,
                relative_id=DEWI,
                relation="child",
                guardian_id=BUDI,
                birth_year=2016,
            ),
            CHILD,
        ),
        (
            KinRetracted(
                occurred=NOW,
                corrects=2,
                household_id=HOME,
                village=KURIPAN,
                person_id=SARI,
                relative_id=DEWI,
                relation="child",
            ),
            words.KinRetracted(person_id=SARI, village=KURIPAN, relative_id=DEWI, relation="child"),
        ),
    ],
)
def test_others_hear_of_it(event: RegistryEvent, word: PublicEvent) -> None:
    assert word == publish(event)


@pytest.mark.parametrize(
    "event",
    [
        NameCorrected(occurred=NOW, person_id=SARI, corrects=1, full_name=Known("Sari")),
        NikGiven(occurred=NOW, person_id=SARI, nik=Known("3307106902009001")),
        NikCorrected(occurred=NOW, person_id=SARI, corrects=1, nik=None),
        PASSPORT,
        DocumentCorrected(
            occurred=NOW,
            corrects=1,
            person_id=SARI,
            document_id=HOME,
            kind="passport",
            number=Known("C1234568"),
            issuer=None,
            valid_from=None,
            valid_until=None,
        ),
        DocumentWithdrawn(occurred=NOW, person_id=SARI, document_id=HOME),
        DocumentWithdrawalRetracted(occurred=NOW, corrects=2, person_id=SARI, document_id=HOME),
        DocumentRetracted(occurred=NOW, corrects=1, person_id=SARI, document_id=HOME),
        DetailsVerified(
            occurred=NOW, person_id=SARI, of_version=1, matched=Known(("nik",)), differed=Known(()), by=("integrator",)
        ),
        HoldPlaced(occurred=NOW, person_id=SARI, hold_id=HOME, reason=Known("statistics"), until=None, by=()),
        HoldLifted(occurred=NOW, corrects=1, person_id=SARI, hold_id=HOME, by=()),
        replace(BORN_LATER, of_minor=False, birth_year=None, was_of_age=True, of_age=True),
        HouseholdRegistered(occurred=NOW, household_id=HOME, village=KURIPAN, members=(SARI, BUDI)),
        MemberJoined(occurred=NOW, household_id=HOME, person_id=DEWI),
        MemberLeft(occurred=NOW, household_id=HOME, person_id=BUDI, began=1),
        HouseholdMoved(occurred=NOW, household_id=HOME, village=LIPURSARI, present=LIPURSARI),
    ],
)
def test_others_do_not_hear_of_it(event: RegistryEvent) -> None:
    assert publish(event) is None


def test_nothing_personal_is_said() -> None:
    said = publish(REGISTERED)
    assert said is not None
    assert {"person_id", "village"} == set(said.model_dump())
