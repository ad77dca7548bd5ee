"""One person's history."""

from dataclasses import replace
from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.registry.domain.person import (
    BirthDateCorrected,
    CameOfAge,
    DeathCorrected,
    DeathReported,
    DeathRetracted,
    Gone,
    NameCorrected,
    NikCorrected,
    NikGiven,
    PersonErased,
    Registered,
    Report,
    VillageCorrected,
    adult_on,
    known_of_age,
    published_birth_year,
)
from services.registry.domain.person_rules import (
    ComeOfAge,
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
            village_since=NOW,
            full_name=Known("Sari Wulandari"),
            nik=Known("3307106902009001"),
            birth_date=Known(date(2000, 2, 29)),
        )

    def test_who_grew_up_since_the_survey_is_registered_as_the_adult_they_are(self) -> None:
        """The day of the survey says since when they are known, today alone who is a child."""
        surveyed = date(2019, 5, 4)
        for born, year in ((date(2004, 1, 1), None), (date(2012, 1, 1), 2012)):
            wish = replace(REGISTER, birth_date=Known(born), surveyed_on=surveyed)
            Given(person).when(wish).then(
                replace(REGISTERED, occurred=Occurred(surveyed), birth_date=Known(born), birth_year=year)
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
        history.when(CorrectVillage(since=NOW, village=KURIPAN)).then(
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

    def test_a_first_nik_is_given_and_corrects_nothing(self) -> None:
        unknown, wish = replace(REGISTERED, nik=None), CorrectNik(today=TODAY, nik=Known("3307106902009001"))
        given = NikGiven(occurred=NOW, person_id=SARI, nik=Known("3307106902009001"))
        state = Given(person, unknown).when(wish).then(given)
        assert isinstance(state, Registered)
        assert (Known("3307106902009001"), 2) == (state.nik, state.given.nik)
        assert list(claims(given)) == [Claim("nik", ("3307106902009001",), SARI, SARI)]
        Given(person, unknown, given).when(wish).then()
        Given(person, unknown, given).when(CorrectNik(today=TODAY, nik=None)).then(
            NikCorrected(occurred=NOW, person_id=SARI, corrects=2, nik=None)
        )

    def test_after_a_wrong_nik_was_taken_away_the_right_one_is_given(self) -> None:
        taken = NikCorrected(occurred=NOW, person_id=SARI, corrects=1, nik=None)
        Given(person, REGISTERED, taken).when(CorrectNik(today=TODAY, nik=Known("3307106902009002"))).then(
            NikGiven(occurred=NOW, person_id=SARI, nik=Known("3307106902009002"))
        )

    def test_a_first_nik_that_older_code_recorded_as_a_correction_reads_the_same(self) -> None:
        old = NikCorrected(occurred=NOW, person_id=SARI, corrects=1, nik=Known("3307106902009002"))
        new = NikGiven(occurred=NOW, person_id=SARI, nik=Known("3307106902009002"))
        unknown = replace(REGISTERED, nik=None)
        assert Given(person, unknown, old).state == Given(person, unknown, new).state

    def test_a_village_is_corrected(self) -> None:
        wish = CorrectVillage(since=NOW, village=LIPURSARI)
        Given(person, REGISTERED).when(wish).then(
            VillageCorrected(occurred=NOW, person_id=SARI, corrects=1, village=LIPURSARI)
        )

    def test_a_move_is_dated_as_well_as_it_is_known(self) -> None:
        in_2024 = Occurred(date(2024, 1, 1), "year")
        Given(person, REGISTERED).when(CorrectVillage(since=in_2024, village=LIPURSARI)).then(
            VillageCorrected(occurred=in_2024, person_id=SARI, corrects=1, village=LIPURSARI)
        )

    def test_the_village_where_they_live_now_may_hold_since_an_earlier_day(self) -> None:
        """Of a slip that was taken for a move; that it holds since a later day than is known is nothing new."""
        january, march = Occurred(date(2026, 1, 10)), Occurred(date(2026, 3, 1))
        registered = replace(REGISTERED, occurred=january)
        moved = VillageCorrected(occurred=march, person_id=SARI, corrects=1, village=LIPURSARI)
        history = Given(person, registered, moved)
        state = history.when(CorrectVillage(since=january, village=LIPURSARI)).then(
            VillageCorrected(occurred=january, person_id=SARI, corrects=2, village=LIPURSARI)
        )
        assert isinstance(state, Registered)
        assert (LIPURSARI, january) == (state.village, state.village_since)
        for day in (march, Occurred(date(2026, 3, 1), "month"), NOW):
            history.when(CorrectVillage(since=day, village=LIPURSARI)).then()

    @pytest.mark.parametrize(
        "wish",
        [
            CorrectName(today=TODAY, full_name=Known("Sari Wulandari")),
            CorrectNik(today=TODAY, nik=Known("3307106902009001")),
            CorrectBirthDate(today=TODAY, birth_date=Known(date(2000, 2, 29))),
            CorrectVillage(since=NOW, village=KURIPAN),
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

    def test_a_minor_is_one_until_the_18th_birthday(self) -> None:
        born = date(2008, 11, 22)
        assert (False, 2008) == (known_of_age(born, TODAY), published_birth_year(born, TODAY))
        assert (True, None) == (known_of_age(born, NEXT_DAY), published_birth_year(born, NEXT_DAY))
        assert not known_of_age(None, NEXT_DAY)

    def test_who_was_born_on_the_29th_of_february_is_18_on_the_1st_of_march_of_a_common_year(self) -> None:
        assert date(2026, 3, 1) == adult_on(date(2008, 2, 29))
        assert date(2026, 2, 28) == adult_on(date(2008, 2, 28))
        assert date(2026, 3, 1) == adult_on(date(2008, 3, 1))

    @given(born=st.dates(date(1900, 1, 1), date(2100, 1, 1)))
    def test_eighteen_full_years_have_passed_on_that_day_and_not_on_the_day_before(self, born: date) -> None:
        """A year is full on the day that bears the date of the birth, or, where a year has none, follows it."""
        day = adult_on(born)
        assert (day.year - born.year, (day.month, day.day) >= (born.month, born.day)) == (18, True)
        before = day - timedelta(days=1)
        assert (before.year, before.month, before.day) < (born.year + 18, born.month, born.day)


NEXT_DAY = date(2026, 11, 22)
MINOR = replace(REGISTERED, birth_date=Known(date(2008, 11, 22)), birth_year=2008)
OF_AGE = CameOfAge(occurred=Occurred(date(2026, 1, 1), "year"), person_id=SARI, village=KURIPAN)


class TestComingOfAge:
    def test_a_minor_is_registered_with_the_year_of_birth(self) -> None:
        wish = replace(REGISTER, birth_date=Known(date(2008, 11, 22)))
        state = Given(person).when(wish).then(MINOR)
        assert isinstance(state, Registered)
        assert state.minor

    def test_it_is_announced_on_the_18th_birthday_and_not_before(self) -> None:
        Given(person, MINOR).when(ComeOfAge(today=TODAY)).then()
        Given(person, MINOR).when(ComeOfAge(today=NEXT_DAY)).then(OF_AGE)
        Given(person, MINOR).when(ComeOfAge(today=date(2030, 1, 1))).then(OF_AGE)  # nobody ran on the day

    def test_it_is_announced_once(self) -> None:
        Given(person, MINOR, OF_AGE).when(ComeOfAge(today=NEXT_DAY)).then()

    def test_it_tells_the_year_alone(self) -> None:
        """The day would be the birth date, in a row that is not encrypted and on the bus."""
        (said,) = person.decide(person.fold([MINOR]), ComeOfAge(today=NEXT_DAY))
        assert Occurred(date(2026, 1, 1), "year") == said.occurred

    def test_nothing_is_announced_of_who_was_no_minor(self) -> None:
        Given(person, REGISTERED).when(ComeOfAge(today=NEXT_DAY)).then()
        Given(person, replace(REGISTERED, birth_date=None)).when(ComeOfAge(today=NEXT_DAY)).then()

    def test_of_the_dead_it_is_announced_once_they_are_known_to_live(self) -> None:
        lives = DeathRetracted(occurred=NOW, person_id=SARI, corrects=2, village=KURIPAN, cause=None, died_on=None)
        Given(person, MINOR, BY_VILLAGE).when(ComeOfAge(today=NEXT_DAY)).then()
        Given(person, MINOR, BY_VILLAGE, lives).when(ComeOfAge(today=NEXT_DAY)).then(OF_AGE)

    def test_of_the_erased_nothing_is_announced(self) -> None:
        Given(person, MINOR, ERASED).when(ComeOfAge(today=NEXT_DAY)).then()

    def test_nobody_comes_of_age_who_was_never_registered(self) -> None:
        Given(person).when(ComeOfAge(today=NEXT_DAY)).refuses("not-found")

    def test_a_corrected_birth_date_is_the_one_that_is_awaited(self) -> None:
        history = Given(person, MINOR)
        later = history.decided(CorrectBirthDate(today=TODAY, birth_date=Known(date(2009, 5, 1))))
        later.when(ComeOfAge(today=NEXT_DAY)).then()
        later.when(ComeOfAge(today=date(2027, 5, 1))).then(replace(OF_AGE, occurred=Occurred(date(2027, 1, 1), "year")))
        unknown = history.decided(CorrectBirthDate(today=TODAY, birth_date=None))
        unknown.when(ComeOfAge(today=date(2030, 1, 1))).then()

    def test_who_is_corrected_to_an_adult_is_announced_by_the_correction(self) -> None:
        wish = CorrectBirthDate(today=TODAY, birth_date=Known(date(2000, 1, 1)))
        (said,) = person.decide(person.fold([MINOR]), wish)
        assert isinstance(said, BirthDateCorrected)
        assert (True, False, True) == (said.of_minor, said.was_of_age, said.of_age)
        Given(person, MINOR, said).when(ComeOfAge(today=NEXT_DAY)).then()

    def test_a_birthday_that_passed_unannounced_is_announced_by_a_correction(self) -> None:
        """Of who died before it, say: others still take this person for a minor."""
        wish = CorrectBirthDate(today=date(2030, 1, 1), birth_date=Known(date(2008, 11, 23)))
        (said,) = person.decide(person.fold([MINOR]), wish)
        assert isinstance(said, BirthDateCorrected)
        assert (True, False, True) == (said.of_minor, said.was_of_age, said.of_age)

    def test_who_is_a_minor_after_all_comes_of_age_again(self) -> None:
        again = Given(person, MINOR, OF_AGE).decided(
            CorrectBirthDate(today=NEXT_DAY, birth_date=Known(date(2010, 1, 1)))
        )
        again.when(ComeOfAge(today=date(2028, 1, 1))).then(replace(OF_AGE, occurred=Occurred(date(2028, 1, 1), "year")))


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

    def test_nobody_dies_before_they_are_born(self) -> None:
        """Whichever of the two days is told last, and only where even the last day of a rough one lies before."""
        born = replace(REGISTERED, birth_date=Known(date(2024, 5, 20)))
        before, rough = Occurred(date(2024, 5, 19)), Occurred(date(2024, 1, 1), "year")
        Given(person, born).when(RecordDeath(died_on=before)).refuses("death-before-birth")
        Given(person, born).when(RecordDeath(died_on=Occurred(date(2024, 4, 1), "month"))).refuses("death-before-birth")
        Given(person, born).when(RecordDeath(died_on=rough)).then(replace(BY_VILLAGE, occurred=rough, died_on=rough))
        Given(person, born, BY_VILLAGE).when(CorrectDeath(died_on=before)).refuses("death-before-birth")
        late = CorrectBirthDate(today=TODAY, birth_date=Known(MAY.until + timedelta(days=1)))
        Given(person, REGISTERED, BY_VILLAGE).when(late).refuses("death-before-birth")

    def test_what_a_trip_says_of_a_death_is_kept_beside_a_birth_date_that_contradicts_it(self) -> None:
        late = Known(JUNE_3.on + timedelta(days=1))
        born = replace(REGISTERED, birth_date=late)
        Given(person, born).when(RecordDeath(died_on=JUNE_3, cause=TRIP)).then(BY_TRIP)
        state = Given(person, REGISTERED, BY_TRIP).decided(CorrectBirthDate(today=TODAY, birth_date=late)).state
        assert isinstance(state, Registered)
        assert late == state.birth_date

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

    def test_who_is_held_is_not_erased_and_who_may_know_is_told_the_codes_of_why(self) -> None:
        wish = ErasePerson(today=TODAY, held_by=("law_enforcement", "retention"))
        assert {} == Given(person, REGISTERED).when(wish).refuses("erasure-held").extra
        told = Given(person, REGISTERED).when(replace(wish, hears_why=True)).refuses("erasure-held")
        assert {"held_by": ["law_enforcement", "retention"]} == told.extra

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
