"""Invented histories of all five services: what the rules make of commands drawn at random, as the logs would hold it.

Few people, villages, households, trips, groups and courses, so that facts of different people meet in one of them.
"""

from collections import Counter
from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from random import Random
from typing import Any, get_args
from uuid import UUID

from services.cooperative.domain.group import AdmitMember, FormGroup, RecordLeaving, group
from services.enterprise.domain.course import EnrolParticipant, OfferCourse, RecordAttendance, course
from services.migration_service.domain import service_file as files
from services.migration_service.domain import trip_rules as trips
from services.migration_service.domain.placement import Cells
from services.migration_service.domain.trip import Reason
from services.registry.domain import appointment as appointments
from services.registry.domain import commitment as commitments
from services.registry.domain import document as documents
from services.registry.domain import facility as facilities
from services.registry.domain import household_rules as households
from services.registry.domain import legal_hold as holds
from services.registry.domain import meeting as meetings
from services.registry.domain import merge_rules as merging
from services.registry.domain import namesakes
from services.registry.domain import partner as partners
from services.registry.domain import person_rules as persons
from services.registry.domain import verification as verdicts
from services.registry.domain import village as villages
from services.registry.domain.household import Kin
from services.registry.domain.person import Registered
from services.registry.domain.reference import PROGRAMMES
from shared import wire
from shared.codec import Catalogue
from shared.decider import Decider, DomainEvent
from shared.errors import Refused
from shared.personal import Known
from shared.recorded import Recorded
from shared.vocabulary import Occurred
from tests.architecture.names import SERVICES, service

TODAY = date(2026, 11, 21)
VILLAGES = ("33.07.10.2004", "32.12.16.2004", "33.07.10.2005")
PEOPLE, HOUSEHOLDS, TRIPS, GROUPS, COURSES, PAPERS, THINGS = (
    [UUID(int=kind << 8 | n) for n in range(1, many + 1)] for kind, many in enumerate((9, 3, 12, 3, 3, 9, 20), start=1)
)
CATALOGUES = {name: Catalogue(service(name).events) for name in SERVICES}
KEY = (UUID(int=1), bytes(32))

Asked = tuple[Decider[Any, Any, Any], UUID, object]


class Programme:
    """The logs of all services; *chance* draws what is asked of them."""

    def __init__(self, chance: Random) -> None:
        self.logs: dict[str, list[Recorded]] = {name: [] for name in SERVICES}
        self._chance = chance
        self._states: dict[UUID, Any] = {}
        self._versions: Counter[UUID] = Counter()
        self._published: Counter[str] = Counter()

    def go_on(self, commands: int) -> None:
        """Ask so many commands; what the rules refuse changes nothing."""
        kinds = (
            self._of_a_person,
            self._on_file,
            self._of_a_household,
            self._of_a_trip,
            self._of_a_group_or_course,
            self._of_a_village,
            self._of_a_thing_of_the_programme,
        )
        for _ in range(commands):
            name, options = self._chance.choices(kinds, weights=(2, 1, 2, 3, 2, 1, 3))[0]()
            self._ask(name, self._chance.choice(options))
            if self._chance.random() < 0.1:
                self._merge_or_unmerge()

    def _ask(self, name: str, *asked: Asked) -> bool:
        """What is asked together happens together, or none of it."""
        try:
            decided = [
                (decider, stream_id, decider.decide(self._states.get(stream_id, decider.initial), command))
                for decider, stream_id, command in asked
            ]
        except Refused:
            return False
        for decider, stream_id, events in decided:
            for event in events:
                self._states[stream_id] = decider.evolve(self._states.get(stream_id, decider.initial), event)
                self._record(name, stream_id, event)
        return True

    def _merge_or_unmerge(self) -> None:
        """In the registry; the service files follow, as its word would have them."""
        who, other = self._chance.sample(PEOPLE, 2)
        mine, theirs = self._states.get(who), self._states.get(other)
        if not isinstance(mine, Registered) or not isinstance(theirs, Registered):
            return
        file, of = files.SERVICE_FILE, files.stream_id
        if mine.merged is None:
            apart = namesakes.TellApart(today=TODAY, person_id=who, other_id=other)
            self._ask("registry", (namesakes.namesakes, namesakes.pair_of(who, other), apart))
            if self._ask(
                "registry",
                (persons.person, who, merging.MergePerson(today=TODAY, survivor=theirs)),
                (persons.person, other, merging.AssignDuplicate(today=TODAY, duplicate_id=who)),
            ):
                self._ask(
                    "migration_service",
                    (file, of(who), files.Dated(files.MergeServiceFile(who, other), TODAY)),
                    (file, of(other), files.Dated(files.FileDuplicate(other, who), TODAY)),
                )
        else:
            into = mine.merged.into
            if self._ask(
                "registry",
                (persons.person, who, merging.UnmergePerson(today=TODAY)),
                (persons.person, into, merging.ReleaseDuplicate(today=TODAY, duplicate_id=who)),
            ):
                self._ask(
                    "migration_service",
                    (file, of(who), files.Dated(files.UnmergeServiceFile(who), TODAY)),
                    (file, of(into), files.Dated(files.UnfileDuplicate(into, who), TODAY)),
                )

    def _record(self, name: str, stream_id: UUID, event: DomainEvent) -> None:
        publish = service(name).publish
        word = publish(event) if publish else None
        self._versions[stream_id] += 1
        self._published[name] += word is not None
        position = len(self.logs[name]) + 1
        event_id = UUID(int=SERVICES.index(name) << 64 | position)
        self.logs[name].append(
            Recorded(
                position=position,
                stream_id=stream_id,
                version=self._versions[stream_id],
                event_id=event_id,
                recorded_at=datetime(2026, 1, 1, tzinfo=UTC) + timedelta(seconds=position),
                event=stored(CATALOGUES[name], event, event_id),
                published=self._published[name] if word else None,
                words=wire.words(word, event_id, event.occurred, event_id, None) if word else None,
                partition_key=str(word.partition_key if word else stream_id),
            )
        )

    def _day(self, first: int = 2018, last: int = 2025) -> date:
        draw = self._chance.randint
        return date(draw(first, last), draw(1, 12), draw(1, 28))

    def _of_a_person(self) -> tuple[str, Sequence[Asked]]:
        one_of, who = self._chance.choice, self._chance.choice(PEOPLE)
        name, nik = (Known(str(self._chance.randrange(10**12))) for _ in range(2))
        born = one_of((None, Known(self._day(1990, 2005)), Known(self._day(2009, 2020))))
        place, day, trip = one_of(VILLAGES), self._day(), one_of((None, *TRIPS[:2]))
        register = persons.RegisterPerson(
            person_id=who, today=TODAY, village=place, full_name=name, nik=one_of((None, nik)), birth_date=born
        )
        said: list[object] = [
            *3 * [register],
            *2 * [persons.RegisterWorker(today=TODAY)],
            persons.CorrectName(today=TODAY, full_name=name),
            *2 * [persons.CorrectNik(today=TODAY, nik=one_of((None, nik)))],
            persons.ComeOfAge(today=date(2045, 1, 1)),
            *3 * [persons.CorrectBirthDate(today=TODAY, birth_date=born)],
            persons.CorrectVillage(since=Occurred(day), village=place),
            persons.RecordDeath(died_on=Occurred(day), cause=trip),
            persons.CorrectDeath(died_on=Occurred(day)),
            *2 * [persons.RetractDeath(today=TODAY, cause=trip)],
        ]
        if self._chance.random() < 0.1:
            said.append(persons.ErasePerson(today=TODAY))
        return "registry", [(persons.person, who, command) for command in said]

    def _of_a_village(self) -> tuple[str, Sequence[Asked]]:
        place, programme = self._chance.choice(VILLAGES), self._chance.choice(list(PROGRAMMES))
        year, on = self._chance.choice((2019, 2025)), Occurred(self._day(2018, 2026))
        asked: tuple[villages.VillageCommand, ...] = (
            villages.ProposeVillage(village=place, programme=programme, on=on),
            *2
            * (villages.DesignateVillage(today=TODAY, village=place, year=year, decree="1/2019", programme=programme),),
            villages.ActivateVillage(village=place, programme=programme, on=on),
            villages.EndProgramme(village=place, programme=programme, on=on),
            villages.RetractStep(today=TODAY, village=place, programme=programme),
        )
        return "registry", [(villages.village, villages.village_stream(place, programme), command) for command in asked]

    def _of_a_thing_of_the_programme(self) -> tuple[str, Sequence[Asked]]:
        n = self._chance.randrange(len(THINGS))  # each is of one kind for good
        thing, place, on = THINGS[n], self._chance.choice(VILLAGES), Occurred(self._day())
        fact, count = self._chance.randint(2, 5), self._chance.randint(1, 50)
        taken_back = self._chance.random() < 0.1
        decider: Decider[Any, Any, Any]
        asked: list[object]
        match n % 5:
            case 0:
                decider = facilities.facility
                asked = [
                    *2 * [facilities.OpenFacility(facility_id=thing, village=place, kind="road", on=on)],
                    facilities.CorrectOpening(on=on),
                    *2 * [facilities.ReportCondition(condition="good", on=on)],
                    facilities.CorrectCondition(fact=fact, condition="lightly_damaged", on=on),
                    facilities.RetractCondition(fact=fact, today=TODAY),
                    facilities.CloseFacility(on=on),
                    facilities.RetractClosing(today=TODAY),
                    *([facilities.RetractFacility(today=TODAY)] if taken_back else []),
                ]
            case 1:
                who = PEOPLE[n % len(PEOPLE)]  # an appointment is its person's for good
                decider = appointments.appointment
                asked = [
                    appointments.Appoint(appointment_id=thing, person_id=who, role="officer", area=place, on=on),
                    appointments.CorrectAppointment(on=on),
                    appointments.EndAppointment(on=on),
                    appointments.RetractEnd(today=TODAY),
                    *([appointments.RetractAppointment(today=TODAY)] if taken_back else []),
                ]
            case 2:
                agreed = partners.Agreement(
                    partner_name="Bank Contoh",
                    kind="bank",
                    agreement=str(count),
                    area=place[:5],
                    starts_on=on,
                    ends_on=None,
                )
                decider = partners.partner
                asked = [
                    partners.RecordPartner(partner_id=thing, agreed=agreed),
                    partners.CorrectPartner(agreed=agreed),
                    partners.EndPartnership(on=on),
                    partners.RetractPartnershipEnd(today=TODAY),
                ]
            case 3:
                promise = commitments.Promise(
                    what="mesin jahit", quantity=count, unit="unit", area=place, on=on, due_on=on
                )
                outcome: commitments.Outcome = self._chance.choice(("kept", "broken"))
                decider = commitments.commitment
                asked = [
                    commitments.MakeCommitment(commitment_id=thing, partner_id=THINGS[2], promise=promise),
                    commitments.CorrectCommitment(promise=promise),
                    *2 * [commitments.JudgeCommitment(outcome=outcome, on=on)],
                    commitments.RetractJudgement(today=TODAY),
                    *([commitments.RetractCommitment(today=TODAY)] if taken_back else []),
                ]
            case _:
                came = meetings.attendance_of({"officer": count})
                decider = meetings.meeting
                asked = [
                    meetings.RecordMeeting(meeting_id=thing, area=place[:5], on=on, attendance=came),
                    *3 * [meetings.CorrectMeeting(on=on, attendance=came)],
                    *([meetings.RetractMeeting(today=TODAY)] if taken_back else []),
                ]
        return "registry", [(decider, thing, command) for command in asked]

    def _on_file(self) -> tuple[str, Sequence[Asked]]:
        """What is said of a person beside who they are: a document each, verdicts, holds."""
        one_of, n = self._chance.choice, self._chance.randrange(len(PEOPLE))
        who, paper, hold = PEOPLE[n], PAPERS[n], UUID(int=15 << 8 | n // 2)  # one that stands under two ids
        number, day = Known(str(self._chance.randrange(10**8))), self._day()
        says = documents.Says(kind="other", number=number, issuer=None, valid_from=None, valid_until=day)
        asked: list[Asked] = [
            (documents.document, paper, command)
            for command in (
                *2 * [documents.RecordDocument(today=TODAY, person_id=who, document_id=paper, says=says)],
                documents.CorrectDocument(today=TODAY, says=says),
                *2 * [documents.WithdrawDocument(on=day)],
                documents.RetractWithdrawal(today=TODAY),
            )
        ]
        if self._chance.random() < 0.1:
            asked.append((documents.document, paper, documents.RetractDocument(today=TODAY)))
        outcomes: dict[verdicts.Field, verdicts.Outcome] = {"nik": one_of(("matched", "differed"))}
        verdict = verdicts.RecordVerdict(person_id=who, of_version=1, on=day, outcomes=outcomes, by=("office",))
        asked.append((verdicts.verification, verdicts.verification_stream(who), verdict))
        place = holds.PlaceHold(
            today=TODAY, person_id=who, hold_id=hold, reason="statistics", until=None, by=("office",)
        )
        lift = holds.LiftHold(today=TODAY, person_id=who, hold_id=hold, by=("office",))
        return "registry", [*asked, *((holds.legal_holds, holds.holds_stream(who), one) for one in (place, lift))]

    def _of_a_household(self) -> tuple[str, Sequence[Asked]]:
        one_of, home = self._chance.choice, self._chance.choice(HOUSEHOLDS)
        members = tuple(self._chance.sample(PEOPLE, 4))
        register = households.RegisterHousehold(
            today=TODAY, household_id=home, village=one_of(VILLAGES), members=members
        )
        one, other, guardian, _ = members
        child = Kin(person_id=one, relative_id=other, relation="child", guardian_id=one_of((None, guardian)))
        spouse = Kin(person_id=one, relative_id=other, relation="spouse")
        year, of_age = one_of(((None, False), (self._chance.randint(2009, 2020), False), (None, True)))
        since = Occurred(self._day(), one_of(("day", "month", "year")))
        number = Known(str(self._chance.randrange(10**12)))
        said: tuple[object, ...] = (
            register,
            *2 * (households.JoinHousehold(person_id=other, since=since),),
            *2 * (households.LeaveHousehold(person_id=other, left_on=since),),
            households.CorrectMembership(today=TODAY, person_id=one, since=since),
            households.CorrectMembership(today=TODAY, person_id=other, still_here=True),
            households.RetractMembership(today=TODAY, person_id=guardian),
            *2 * (households.NameHead(person_id=one, since=since),),
            households.CorrectHead(person_id=guardian, since=since),
            households.RetractHead(today=TODAY),
            *2 * (households.GiveFamilyCard(number=number, since=since),),
            households.CorrectFamilyCard(number=number),
            households.RetractFamilyCard(today=TODAY),
            households.MoveHousehold(village=one_of(VILLAGES), since=since),
            households.CorrectHouseholdVillage(village=one_of(VILLAGES)),
            *3 * (households.ChangeGuardian(person_id=one, relative_id=other, guardian_id=guardian, since=since),),
            *4 * (households.RecordKin(today=TODAY, kin=child, birth_year=year, of_age=of_age),),
            households.RecordKin(today=TODAY, kin=spouse),
            *2 * (households.RetractKin(today=TODAY, person_id=one, relative_id=other),),
        )
        return "registry", [(households.household, home, command) for command in said]

    def _of_a_trip(self) -> tuple[str, Sequence[Asked]]:
        one_of, n = self._chance.choice, self._chance.randrange(len(TRIPS))
        trip_id, worker = TRIPS[n], PEOPLE[n % len(PEOPLE)]  # a trip is its worker's for good, a worker has several
        place, day = one_of(VILLAGES), str(self._day())
        reason = one_of(("leave", "leave", "died", *get_args(Reason)))
        cells = Cells(country=one_of(("TW", "HK", "MY")), decree=day, departed_on=str(self._day(2010, 2020)))
        asked = (
            *3 * (trips.RecordDeparture(worker_id=worker, cells=cells),),
            trips.CorrectDeparture(trip_id=trip_id, cells=cells),
            *4 * (trips.RecordReturn(trip_id=trip_id, returned_on=day, reason=reason),),
            trips.CorrectReturn(trip_id=trip_id, returned_on=day, reason=reason),
            trips.RetractReturn(trip_id=trip_id),
            *3 * (trips.RecordLeaveEnd(trip_id=trip_id, ended_on=day),),
            *2 * (trips.CorrectLeaveEnd(trip_id=trip_id, ended_on=day),),
            trips.RetractLeaveEnd(trip_id=trip_id),
            *((trips.RetractDeparture(trip_id=trip_id),) if self._chance.random() < 0.2 else ()),
        )
        kept: list[files.ServiceFileCommand] = [
            *4 * [files.OpenServiceFile(worker, place)],
            *2 * [files.MoveServiceFile(worker, place)],
        ]
        if self._chance.random() < 0.05:
            kept.append(files.EraseServiceFile(worker))
        return "migration_service", [
            *(
                (trips.TRIP, trip_id, trips.Request(command=c, trip_id=trip_id, village=place, today=TODAY))
                for c in asked
            ),
            *((files.SERVICE_FILE, files.stream_id(worker), files.Dated(c, TODAY)) for c in kept),
        ]

    def _of_a_group_or_course(self) -> tuple[str, Sequence[Asked]]:
        one_of, who = self._chance.choice, self._chance.choice(PEOPLE)
        place, day = one_of(VILLAGES), self._day()
        if self._chance.random() < 0.5:
            which = one_of(GROUPS)
            said = (
                FormGroup(village=place, group_name="Tani", today=TODAY),
                AdmitMember(group_id=which, person_id=who, prospect=True, on=day, today=TODAY),
                RecordLeaving(group_id=which, person_id=who, on=day, today=TODAY),
            )
            # Its id is made when it is formed, so nobody forms it again.
            return "cooperative", [(group, which, c) for c in (said[1:] if which in self._states else said)]
        which = one_of(COURSES)
        asked = (
            OfferCourse(village=place, title="Jahit", starts_on=date(2018, 1, 1), today=TODAY),
            EnrolParticipant(person_id=who, on_roster=True, today=TODAY),
            RecordAttendance(person_id=who, on=day, today=TODAY),
        )
        return "enterprise", [(course, which, c) for c in (asked[1:] if which in self._states else asked)]


def stored(catalogue: Catalogue, event: DomainEvent, event_id: UUID) -> DomainEvent:
    """The fact as a view is given it: personal fields sealed."""
    encoded = catalogue.encode(event, event_id, KEY)
    row = {
        "type": event.name,
        "schema_version": event.schema_version,
        "data": encoded.data,
        "occurred_on": event.occurred.on,
        "occurred_precision": event.occurred.precision,
        "person_id": encoded.person_id,
        "key_id": encoded.key_id,
        "event_id": event_id,
    }
    return catalogue.decode(row, None)


def key_of(name: str, fact: Recorded) -> str:
    """Whose fact it is: while one of theirs is parked, it waits for it (its partition key)."""
    if word := fact.word:
        return str(word.partition_key)
    return str(CATALOGUES[name].person_of(fact.event) or fact.stream_id)
