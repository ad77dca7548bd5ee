"""One person's history."""

from dataclasses import replace
from datetime import date

import pytest

from services.registry.domain.person import (
    BirthDateCorrected,
    DeathCorrected,
    DeathReported,
    DeathRetracted,
    Gone,
    NameCorrected,
    NikCorrected,
    PersonErased,
    Registered,
    Report,
    VillageCorrected,
    known_of_age,
    published_birth_year,
)
from services.registry.domain.person_rules import (
    CorrectBirthDate,
    CorrectDeath,
    CorrectName,
    CorrectNik,
    CorrectVillage,
    ErasePerson,
    PersonCommand,
    RecordDeath,
    RegisterPerson,
    RegisterWorker,
    RetractDeath,
    claims,
    person,
)
from shared.decider import Claim, Release
from shared.personal import Known
from shared.vocabulary import Occurred
from tests.registry.people_of_kuripan import (
    KURIPAN,
    LIPURSARI,
    NOW,
    OTHER_TRIP,
    REGISTERED,
    SARI,
    TODAY,
    TRIP,
    WORKER,
)
from tests.spec import Given

MAY = Occurred(date(2026, 5, 1), "month")
JUNE_3 = Occurred(date(2026, 6, 3))

BY_TRIP = DeathReported(occurred=JUNE_3, person_id=SARI, village=KURIPAN, cause=TRIP, died_on=JUNE_3)
BY_VILLAGE = DeathReported(occurred=MAY, person_id=SARI, village=KURIPAN, cause=None, died_on=MAY)
ERASED = PersonErased(occurred=NOW, person_id=SARI, village=KURIPAN)

REGISTER = RegisterPerson(
    person_id=SARI,
    today=TODAY,
    village=KURIPAN,
    full_name=Known("Sari Wulandari"),
    nik=Known("3307106902009001"),
    birth_date=Known(date(2000, 2, 29)),
)


class TestRegistration:
    def test_somebody_new_is_registered(self) -> None:
        state = Given(person).when(REGISTER).then(REGISTERED)
        assert state == Registered(
            version=1,
            person_id=SARI,
            village=KURIPAN,
            full_name=Known("Sari Wulandari"),
            nik=Known("3307106902009001"),
            birth_date=Known(date(2000, 2, 29)),
        )

    def test_nobody_is_registered_twice_under_one_id(self) -> None:
        Given(person, REGISTERED).when(REGISTER).then()

    def test_a_person_becomes_a_worker_once(self) -> None:
        Given(person, REGISTERED).when(RegisterWorker(today=TODAY)).then(WORKER)
        Given(person, REGISTERED, WORKER).when(RegisterWorker(today=TODAY)).then()

    def test_who_died_may_be_registered_as_a_worker_late(self) -> None:
        Given(person, REGISTERED, BY_VILLAGE).when(RegisterWorker(today=TODAY)).then(WORKER)

    def test_a_nik_is_claimed_with_the_registration(self) -> None:
        assert list(claims(REGISTERED)) == [Claim("nik", ("3307106902009001",), SARI, SARI)]
        assert not list(claims(replace(REGISTERED, nik=None)))


class TestCorrections:
    def test_a_name_is_corrected(self) -> None:
        wish = CorrectName(today=TODAY, full_name=Known("Sari Wulandani"))
        state = (
            Given(person, REGISTERED)
            .when(wish)
            .then(NameCorrected(occurred=NOW, person_id=SARI, corrects=1, full_name=Known("Sari Wulandani")))
        )
        assert isinstance(state, Registered)
        assert Known("Sari Wulandani") == state.full_name

    def test_a_correction_names_the_fact_that_gave_what_it_corrects(self) -> None:
        """Whatever happened in between: the last one like it, else the registration."""
        name = NameCorrected(occurred=NOW, person_id=SARI, corrects=1, full_name=Known("Sari Wulandani"))
        moved = VillageCorrected(occurred=NOW, person_id=SARI, corrects=1, village=LIPURSARI)
        history = Given(person, REGISTERED, WORKER, name, BY_VILLAGE, moved)
        history.when(CorrectName(today=TODAY, full_name=Known("Sari"))).then(
            NameCorrected(occurred=NOW, person_id=SARI, corrects=3, full_name=Known("Sari"))
        )
        history.when(CorrectVillage(today=TODAY, village=KURIPAN)).then(
            VillageCorrected(occurred=NOW, person_id=SARI, corrects=5, village=KURIPAN)
        )
        history.when(CorrectNik(today=TODAY, nik=None)).then(
            NikCorrected(occurred=NOW, person_id=SARI, corrects=1, nik=None)
        )

    def test_a_corrected_nik_frees_the_old_one(self) -> None:
        corrected = NikCorrected(occurred=NOW, person_id=SARI, corrects=1, nik=Known("3307106902009002"))
        wish = CorrectNik(today=TODAY, nik=Known("3307106902009002"))
        Given(person, REGISTERED).when(wish).then(corrected)
        assert list(claims(corrected)) == [
            Release("nik", SARI),
            Claim("nik", ("3307106902009002",), SARI, SARI),
        ]

    def test_a_nik_taken_away_is_free(self) -> None:
        corrected = NikCorrected(occurred=NOW, person_id=SARI, corrects=1, nik=None)
        Given(person, REGISTERED).when(CorrectNik(today=TODAY, nik=None)).then(corrected)
        assert list(claims(corrected)) == [Release("nik", SARI)]

    def test_a_village_is_corrected(self) -> None:
        wish = CorrectVillage(today=TODAY, village=LIPURSARI)
        Given(person, REGISTERED).when(wish).then(
            VillageCorrected(occurred=NOW, person_id=SARI, corrects=1, village=LIPURSARI)
        )

    @pytest.mark.parametrize(
        "wish",
        [
            CorrectName(today=TODAY, full_name=Known("Sari Wulandari")),
            CorrectNik(today=TODAY, nik=Known("3307106902009001")),
            CorrectBirthDate(today=TODAY, birth_date=Known(date(2000, 2, 29))),
            CorrectVillage(today=TODAY, village=KURIPAN),
        ],
    )
    def test_what_stands_already_is_no_correction(self, wish: PersonCommand) -> None:
        Given(person, REGISTERED).when(wish).then()


class TestBirthDates:
    @pytest.mark.parametrize(
        ("old", "new", "of_minor", "birth_year", "was_of_age", "of_age"),
        [
            (None, date(2015, 3, 4), True, 2015, False, False),
            (date(2015, 3, 4), date(2016, 3, 4), True, 2016, False, False),
            (date(2015, 3, 4), None, True, None, False, False),
            (date(2015, 3, 4), date(1995, 3, 4), True, None, False, True),  # an adult after all: the year stays here
            (date(1995, 3, 4), date(2015, 3, 4), True, 2015, True, False),
            (date(1995, 3, 4), date(1996, 3, 4), False, None, True, True),
            (date(1995, 3, 4), None, False, None, True, False),
            (None, date(1996, 3, 4), False, None, False, True),
        ],
    )
    def test_others_hear_the_year_of_a_minor_alone(
        self,
        old: date | None,
        new: date | None,
        *,
        of_minor: bool,
        birth_year: int | None,
        was_of_age: bool,
        of_age: bool,
    ) -> None:
        registered = replace(REGISTERED, birth_date=Known(old) if old else None)
        birth_date = Known(new) if new else None
        wish = CorrectBirthDate(today=TODAY, birth_date=birth_date)
        Given(person, registered).when(wish).then(
            BirthDateCorrected(
                occurred=NOW,
                person_id=SARI,
                corrects=1,
                village=KURIPAN,
                birth_date=birth_date,
                of_minor=of_minor,
                birth_year=birth_year,
                was_of_age=was_of_age,
                of_age=of_age,
            )
        )

    def test_a_minor_is_one_until_the_end_of_the_year_of_the_18th_birthday(self) -> None:
        born = date(2008, 1, 1)
        assert 2008 == published_birth_year(born, date(2026, 12, 31))
        assert published_birth_year(born, date(2027, 1, 1)) is None
        assert not known_of_age(born, date(2026, 12, 31))
        assert known_of_age(born, date(2027, 1, 1))
        assert not known_of_age(None, date(2027, 1, 1))


class TestDeaths:
    def test_the_village_reports_a_death(self) -> None:
        state = Given(person, REGISTERED).when(RecordDeath(died_on=MAY)).then(BY_VILLAGE)
        assert isinstance(state, Registered)
        assert state.deaths == (Report(2, None, MAY),)

    def test_the_same_day_is_nothing_new_and_another_day_needs_a_correction(self) -> None:
        Given(person, REGISTERED, BY_VILLAGE).when(RecordDeath(died_on=MAY)).then()
        Given(person, REGISTERED, BY_VILLAGE).when(RecordDeath(died_on=JUNE_3)).refuses("death-already-recorded")

    def test_the_day_of_a_reported_death_is_corrected(self) -> None:
        Given(person, REGISTERED, BY_VILLAGE).when(CorrectDeath(died_on=JUNE_3)).then(
            DeathCorrected(occurred=JUNE_3, person_id=SARI, corrects=2, village=KURIPAN, cause=None, died_on=JUNE_3)
        )
        Given(person, REGISTERED, BY_VILLAGE).when(CorrectDeath(died_on=MAY)).then()

    def test_a_retracted_death_leaves_the_person_alive(self) -> None:
        state = (
            Given(person, REGISTERED, BY_VILLAGE)
            .when(RetractDeath(today=TODAY))
            .then(DeathRetracted(occurred=NOW, person_id=SARI, corrects=2, village=KURIPAN, cause=None, died_on=None))
        )
        assert isinstance(state, Registered)
        assert () == state.deaths

    def test_what_is_retracted_of_a_corrected_death_is_the_correction(self) -> None:
        corrected = DeathCorrected(
            occurred=JUNE_3, person_id=SARI, corrects=2, village=KURIPAN, cause=None, died_on=JUNE_3
        )
        Given(person, REGISTERED, BY_VILLAGE, corrected).when(RetractDeath(today=TODAY)).then(
            DeathRetracted(occurred=NOW, person_id=SARI, corrects=3, village=KURIPAN, cause=None, died_on=None)
        )

    def test_nobody_corrects_or_retracts_a_death_that_was_never_reported(self) -> None:
        Given(person, REGISTERED).when(CorrectDeath(died_on=MAY)).refuses("not-found")
        Given(person, REGISTERED).when(RetractDeath(today=TODAY)).refuses("not-found")

    def test_a_trip_causes_a_death_once(self) -> None:
        Given(person, REGISTERED).when(RecordDeath(died_on=JUNE_3, cause=TRIP)).then(BY_TRIP)
        Given(person, REGISTERED, BY_TRIP).when(RecordDeath(died_on=JUNE_3, cause=TRIP)).then()

    def test_a_trip_that_names_another_day_corrects_its_own_report(self) -> None:
        Given(person, REGISTERED, BY_TRIP).when(RecordDeath(died_on=MAY, cause=TRIP)).then(
            DeathCorrected(occurred=MAY, person_id=SARI, corrects=2, village=KURIPAN, cause=TRIP, died_on=MAY)
        )

    def test_a_trip_takes_back_the_death_it_caused(self) -> None:
        Given(person, REGISTERED, BY_TRIP).when(RetractDeath(today=TODAY, cause=TRIP)).then(
            DeathRetracted(occurred=NOW, person_id=SARI, corrects=2, village=KURIPAN, cause=TRIP, died_on=None)
        )

    def test_a_trip_takes_back_no_death_that_it_did_not_cause(self) -> None:
        Given(person, REGISTERED).when(RetractDeath(today=TODAY, cause=TRIP)).then()
        Given(person, REGISTERED, BY_VILLAGE).when(RetractDeath(today=TODAY, cause=TRIP)).then()
        Given(person, REGISTERED, BY_TRIP).when(RetractDeath(today=TODAY, cause=OTHER_TRIP)).then()

    def test_only_the_trip_takes_back_what_the_trip_said(self) -> None:
        Given(person, REGISTERED, BY_TRIP).when(CorrectDeath(died_on=MAY)).refuses("death-said-by-trip")
        Given(person, REGISTERED, BY_TRIP).when(RetractDeath(today=TODAY)).refuses("death-said-by-trip")

    def test_what_the_village_reports_holds_before_what_a_trip_says(self) -> None:
        reported = replace(BY_VILLAGE, died_on=MAY)
        Given(person, REGISTERED, BY_TRIP).when(RecordDeath(died_on=MAY)).then(reported)
        Given(person, REGISTERED, BY_VILLAGE).when(RecordDeath(died_on=JUNE_3, cause=TRIP)).then(
            replace(BY_TRIP, died_on=MAY)
        )

    def test_a_death_that_two_reports_say_outlives_one_of_them(self) -> None:
        both = (REGISTERED, BY_TRIP, replace(BY_VILLAGE, died_on=MAY))
        Given(person, *both).when(RetractDeath(today=TODAY, cause=TRIP)).then(
            DeathRetracted(occurred=NOW, person_id=SARI, corrects=2, village=KURIPAN, cause=TRIP, died_on=MAY)
        )
        Given(person, *both).when(RetractDeath(today=TODAY)).then(
            DeathRetracted(occurred=NOW, person_id=SARI, corrects=3, village=KURIPAN, cause=None, died_on=JUNE_3)
        )


class TestErasure:
    def test_a_person_is_erased_once(self) -> None:
        state = Given(person, REGISTERED, WORKER).when(ErasePerson(today=TODAY)).then(ERASED)
        assert Gone(KURIPAN) == state
        Given(person, REGISTERED, ERASED).when(ErasePerson(today=TODAY)).then()

    def test_an_erased_nik_is_free(self) -> None:
        assert list(claims(ERASED)) == [Release("nik", SARI)]

    @pytest.mark.parametrize(
        "wish",
        [
            RegisterWorker(today=TODAY),
            CorrectName(today=TODAY, full_name=Known("Sari")),
            RecordDeath(died_on=MAY),
            RetractDeath(today=TODAY),
        ],
    )
    def test_nothing_more_happens_to_an_erased_person(self, wish: PersonCommand) -> None:
        Given(person, REGISTERED, ERASED).when(wish).refuses("person-erased")

    def test_a_trip_finds_nobody_where_a_person_was_erased(self) -> None:
        Given(person, REGISTERED, ERASED).when(RecordDeath(died_on=MAY, cause=TRIP)).then()
        Given(person, REGISTERED, ERASED).when(RetractDeath(today=TODAY, cause=TRIP)).then()


@pytest.mark.parametrize("wish", [RegisterWorker(today=TODAY), RecordDeath(died_on=MAY), ErasePerson(today=TODAY)])
def test_nothing_happens_to_nobody(wish: PersonCommand) -> None:
    Given(person).when(wish).refuses("not-found")
