"""Holds a history against what the logs hold: P1 and P2 as a client would have to believe them. All pure.

Every finding begins with the name of the check that found it.
"""

from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from uuid import UUID

from deploy.command.calls import REGISTRY
from shared import positions
from tests.chaos.evidence import Command, Fact, Log
from tests.chaos.history import Request, Sending
from tests.faults.life import Trip

EVENTS = {"worker": 2, "household": 3} | dict.fromkeys(
    ("person", "depart", "home", "leave end", "correct", "course", "group"), 1
)
"""How many facts a request of each kind records: a person and that they work abroad; a household and two of kin; …"""

_STANDING = {"leave": "on_leave", "died": "deceased"}

CommandId = Callable[[Request], UUID]
"""Under which id the log keeps a request."""


@dataclass(frozen=True, slots=True)
class Judged:
    """A write, what the log has of it, and whether it may be gone because a database was put back.

    *others*: requests under the same key. Where the write is gone, one of them may have taken its place.
    """

    request: Request
    others: Sequence[Request]
    command: Command | None
    facts: Sequence[Fact]
    lost: bool
    stood: bool
    """Whether any acknowledgement was of what must still be there."""

    @property
    def there(self) -> bool:
        """Whether it is in the log."""
        return self.command is not None

    @property
    def every_outcome_known(self) -> bool:
        """Whether nothing can have done it, or taken its place, but a sending that was acknowledged."""
        mine = all(sending.outcome != "unknown" for sending in self.request.sendings)
        return mine and all(other.outcome == "refused" for other in self.others)

    def __str__(self) -> str:
        asked = self.request.asked
        return f"{asked.service} {asked.kind} {asked.request} ({asked.key})"


def judged(requests: Sequence[Request], logs: Mapping[str, Log], command_id: CommandId) -> list[Judged]:
    """Every write, in the order of the history."""
    others = defaultdict(list)
    for request in requests:
        if request.asked.kind == "reuse":
            others[request.asked.key].append(request)
    found = []
    for request in requests:
        asked = request.asked
        if not asked.key or asked.kind == "reuse":
            continue
        log = logs[asked.service]
        command = command_id(request)
        stood = [_stands(sending, log, asked.service) for sending in request.acknowledged]
        lost = bool(stood) and not all(stood)
        there, facts = log.commands.get(command), log.by_command.get(command, ())
        found.append(Judged(request, others[asked.key], there, facts, lost, any(stood)))
    return found


def _stands(sending: Sending, log: Log, service: str) -> bool:
    return log.stands(positions.parse(sending.position or "")[service])


def writes(all_of_them: Sequence[Judged]) -> Iterator[str]:
    """Each acknowledged write is there exactly once, each refused one is absent, each unknown one at most once."""
    for one in all_of_them:
        outcome, expected = one.request.outcome, EVENTS[one.request.asked.kind]
        if outcome == "acknowledged" and one.stood and not one.there:
            yield f"acknowledged-missing: {one}"
        if outcome == "acknowledged" and not one.stood and one.there and one.every_outcome_known:
            yield f"lost-present: {one} was answered under a name that lost it, yet it is there"
        if outcome == "refused" and one.there:
            yield f"refused-present: {one}, {one.request.sendings[-1].slug}"
        if one.there and len(one.facts) != expected:
            yield f"not-once: {one} has {len(one.facts)} facts of {expected}"
        if not one.there and one.facts:
            yield f"half-there: {one} has {len(one.facts)} facts and no answer"
        if one.there and [fact.position for fact in one.facts] != list(
            range(one.facts[0].position, one.facts[0].position + len(one.facts)) if one.facts else ()
        ):
            yield f"torn: {one} lies at {[fact.position for fact in one.facts]}"


def answers(all_of_them: Sequence[Judged]) -> Iterator[str]:
    """However often it was sent, one answer; and it is the one that the log keeps."""
    for one in all_of_them:
        if one.lost:
            continue
        said = [(sending.status, _plain(sending.body)) for sending in one.request.acknowledged]
        if any(other != said[0] for other in said[1:]):
            yield f"answers-differ: {one}: {said}"
        if said and one.command and said[0] != (one.command.status, one.command.body):
            yield f"answers-differ: {one}: {said[0]}, but the log keeps {one.command}"


def _plain(body: dict[str, object]) -> dict[str, object]:
    return {name: value for name, value in body.items() if name != "warnings"}


def reused(requests: Sequence[Request], all_of_them: Sequence[Judged]) -> Iterator[str]:
    """A key stands for one request: with another body it is refused."""
    lost = {one.request.asked.key for one in all_of_them if one.lost}
    for request in requests:
        if request.asked.kind != "reuse" or request.asked.key in lost:
            continue
        for sending in request.sendings:
            if sending.status is not None and sending.outcome == "acknowledged":
                yield f"key-reused: {request.asked.request} was done under {request.asked.key}, which is another's"


def races(all_of_them: Sequence[Judged]) -> Iterator[str]:
    """Of those who ask for what one can have, one at most has it."""
    racing = defaultdict(list)
    for one in all_of_them:
        if one.request.asked.race:
            racing[one.request.asked.race].append(one)
    for race, runners in racing.items():
        if any(one.lost for one in runners):
            continue
        winners = [one for one in runners if one.there or one.request.outcome == "acknowledged"]
        if len(winners) > 1:
            yield f"race-won-twice: {race}: {', '.join(map(str, winners))}"


def strangers(requests: Sequence[Request], logs: Mapping[str, Log], command_id: CommandId) -> Iterator[str]:
    """Nothing is in a log but what was asked, reactions, and the kernel's own words on its name."""
    asked = {(r.asked.service, command_id(r)) for r in requests if r.asked.key}
    for service, log in logs.items():
        for fact in log.facts:
            if fact.cause is None and fact.type != "LogRestored" and (service, fact.command) not in asked:
                yield f"stranger: {service} {fact.position} {fact.type}"


def order(logs: Mapping[str, Log]) -> Iterator[str]:
    """Positions, published numbers and each stream's versions are 1..n, all in one order."""
    for service, log in logs.items():
        for n, fact in enumerate(log.facts, 1):
            if fact.position != n:
                yield f"position-gap: {service} has {fact.position} in place {n}"
                break
        for n, fact in enumerate((fact for fact in log.facts if fact.published is not None), 1):
            if fact.published != n:
                yield f"published-gap: {service} has {fact.published} in place {n}"
                break
        versions: dict[UUID, int] = defaultdict(int)
        for fact in log.facts:
            versions[fact.stream_id] += 1
            if fact.version != versions[fact.stream_id]:
                place = versions[fact.stream_id]
                yield f"stream-order: {service} {fact.position} is version {fact.version} in place {place}"


def real_time(all_of_them: Sequence[Judged]) -> Iterator[str]:
    """What was acknowledged before another was asked for lies before it."""
    by_service = defaultdict(list)
    for one in all_of_them:
        acknowledged = one.request.acknowledged
        if acknowledged and one.facts and not one.lost:
            called = min(sending.called for sending in one.request.sendings)
            by_service[one.request.asked.service].append((called, acknowledged[0].answered or 0.0, one))
    for ones in by_service.values():
        ended = sorted(ones, key=lambda found: found[1])
        n, latest = 0, None
        for called, _, one in sorted(ones, key=lambda found: found[0]):
            while n < len(ended) and ended[n][1] < called:
                if latest is None or ended[n][2].facts[-1].position > latest.facts[-1].position:
                    latest = ended[n][2]
                n += 1
            if latest is not None and latest.facts[-1].position > one.facts[0].position:
                yield f"real-time: {one} was asked for after {latest} was acknowledged, and lies before it"


def reactions(logs: Mapping[str, Log]) -> Iterator[str]:
    """One published fact is reacted to once, and a worker has one service file."""
    for service, log in logs.items():
        caused = sorted((fact.cause, fact.type, fact.position) for fact in log.facts if fact.cause)
        for (cause, name), same in groupby(caused, key=lambda found: found[:2]):
            if len(places := [place for _, _, place in same]) > 1:
                yield f"reaction-doubled: {service} has {name} at {places} because of {cause}"
        opened = [fact.stream_id for fact in log.facts if fact.type == "ServiceFileOpened"]
        if len(opened) != len(set(opened)):
            yield f"reaction-doubled: {service} has {len(opened)} files opened for {len(set(opened))} workers"


def keys(logs: Mapping[str, Log]) -> Iterator[str]:
    """No key seals the fields of two persons."""
    for service, log in logs.items():
        persons = defaultdict(set)
        for fact in log.facts:
            if fact.key_id is not None:
                persons[fact.key_id].add(fact.person_id)
        for key, whose in persons.items():
            if len(whose) > 1:
                yield f"key-shared: {service} {key} is of {len(whose)} persons"


def names(logs: Mapping[str, Log], put_back: Sequence[str]) -> Iterator[str]:
    """A log has a new name for each time that it was put back, and for nothing else."""
    for service, log in logs.items():
        times = put_back.count(service)
        if len(log.names) != 1 + times:
            yield f"name: {service} was put back {times} times and has had {len(log.names)} names"


def reads(requests: Sequence[Request], all_of_them: Sequence[Judged], logs: Mapping[str, Log]) -> Iterator[str]:
    """Whoever reads with After-Position sees their own writes; and only what was put back is unknown."""
    incomplete = {one.request.asked.life for one in all_of_them if one.lost}
    for request in requests:
        asked = request.asked
        for sending in request.sendings:
            if sending.slug == "position-unknown" and _all_stands(sending.after or "", logs):
                yield f"position-unknown: {asked.service} {asked.path} after {sending.after}, and all of that stands"
            if asked.expects is None or asked.life in incomplete or sending.after is None:
                continue
            if sending.status not in (200, 404):
                continue
            body = sending.body or {}
            seen = {"status": sending.status, "standing": body.get("standing"), "died": body.get("died_on") is not None}
            if wrong := {name: seen[name] for name, value in asked.expects.items() if seen[name] != value}:
                where = f"{asked.request} {asked.service} {asked.path} after {sending.after}"
                yield f"old-read: {where}: {wrong}, not {asked.expects}"


def _all_stands(after: str, logs: Mapping[str, Log]) -> bool:
    return all(logs[service].stands(position) for service, position in positions.parse(after).items())


@dataclass(frozen=True, slots=True)
class Accepted:
    """The workers' lives as far as they were accepted; *whole*: nothing of any was lost with a database.

    *refused*: ids of words that a service whose database was put back heard again when it had not (yet again) whom
    they are about.
    """

    trips: list[Trip]
    whole: bool
    refused: frozenset[str] = frozenset()


def accepted(all_of_them: Sequence[Judged], logs: Mapping[str, Log], put_back: Sequence[str]) -> Accepted:
    """Folded from the requests that are in the logs, in the logs' order, but for lives of which something was lost."""
    lives: dict[str, list[Judged]] = defaultdict(list)
    for one in all_of_them:
        lives[one.request.asked.life].append(one)
    trips, whole = [], True
    for ones in lives.values():
        if any(one.lost for one in ones):
            whole = False
            continue
        if trip := _trip([one for one in ones if one.command is not None]):
            trips.append(trip)
    return Accepted(trips, whole, frozenset(word for service in put_back for word in logs[service].nobody_there))


def _trip(ones: Sequence[Judged]) -> Trip | None:
    trip: Trip | None = None
    members: list[str] = []

    # Of two services' facts the registry's come first; a trip's own lie in one log.
    def place(one: Judged) -> tuple[bool, int]:
        return one.request.asked.service != REGISTRY, one.command.position if one.command else 0

    for one in sorted(ones, key=place):
        asked, command = one.request.asked, one.command
        if command is None or asked.body is None:
            raise ValueError("only what is there")
        match asked.kind:
            case "worker":
                trip = Trip(command.body["id"], asked.body["village"])
            case "household":
                members = asked.body["members"]
            case "depart" if trip:
                trip.trip_id, trip.standing = command.body["id"], "abroad"
            case "home" if trip:
                trip.standing = _STANDING.get(asked.body["reason"], "for_good")
            case "leave end" if trip:
                trip.standing = "abroad"
    if trip and members:
        _, trip.spouse_id, trip.child_id = members
    return trip
