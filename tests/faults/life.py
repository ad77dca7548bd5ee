"""Invented families of two villages: who is registered, leaves and comes home, and what every roster must then say.

What the rosters must say is folded here once more, from published words and without a database, so that a roster and
what it is held against have nothing in common but the facts.
"""

import asyncio
import itertools
from collections import Counter, defaultdict
from collections.abc import AsyncIterator, Collection, Iterable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, fields
from datetime import timedelta
from typing import Any

import aiohttp
import orjson

from deploy.command import rebuild, status, verify
from deploy.command.calls import COOPERATIVE, ENTERPRISE, MIGRATION, PARENTING, REGISTRY, SERVICES, Calls, Reply
from deploy.house import House
from shared import positions
from tests.houses import KENANGA, KURIPAN, TODAY, nik

DEPARTED, CAME_HOME = "2024-03-01", "2026-03-01"
HEARD_WITHIN_SECONDS = 45.0
CHILD_BORN = TODAY.year - 8

_serials = itertools.count(1)


class Clients(Calls):
    """Callers who send a request again, with its key, until it is answered.

    *cut_off* counts, by service, the sendings that were cut off in the middle.
    """

    def __init__(self, house: House, *roles: str) -> None:
        self._house = house
        issuer, wanted = house.issuer, roles or ("integrator",)
        super().__init__(
            house.addresses,
            lambda: issuer.mint(wanted, "*", subject="faults", ttl=timedelta(hours=1)),
            patience_seconds=60.0,
        )
        self.cut_off: Counter[str] = Counter()

    async def _once(self, service: str, method: str, path: str, **sent: Any) -> Reply:
        self.addresses = self._house.addresses  # a house that starts again may have to take other ports
        try:
            return await super()._once(service, method, path, **sent)
        except aiohttp.ClientConnectorError:
            raise  # nobody was there: nothing was sent
        except aiohttp.ClientError:
            self.cut_off[service] += 1
            raise


@dataclass(slots=True)
class Trip:
    """A worker's journey as it was recorded; *standing* is null for a worker who never left."""

    worker_id: str
    village: str
    trip_id: str = ""
    standing: str | None = None
    spouse_id: str | None = None
    child_id: str | None = None


@dataclass(slots=True)
class Life:
    """Writes into a house, and remembers what was accepted. *position* names everything that was."""

    calls: Clients
    trips: list[Trip] = field(default_factory=list)
    position: positions.Vector = field(default_factory=dict)

    async def post(self, service: str, path: str, body: dict[str, Any], key: str) -> Reply:
        """A write, sent again until it is answered."""
        reply = await self.calls.post(service, path, body, key=key, after=self.after)
        assert reply.ok, (reply.asked, reply.status, reply.body)
        assert reply.position
        self.position = positions.merge(self.position, positions.parse(reply.position))
        return reply

    @property
    def after(self) -> str | None:
        """An After-Position that names every write so far."""
        return positions.write(self.position) or None

    def forget(self) -> None:
        """Go on without what was written: it may be lost."""
        self.trips.clear()
        self.position = {}

    async def register(self, workers: int, families: int = 0) -> list[Trip]:
        """New workers, the first of them with a spouse and a child."""
        new = await at_most(32, (self._worker() for _ in range(workers)))
        await self.add_families(new[:families])
        self.trips += new
        return new

    async def add_families(self, trips: Iterable[Trip]) -> None:
        """Each worker's spouse and child."""
        await at_most(32, (self._family(trip) for trip in trips))

    async def depart(self, trips: Iterable[Trip]) -> None:
        """Each worker leaves."""
        await at_most(32, (self._depart(trip) for trip in trips))

    async def come_home(self, trip: Trip, reason: str) -> Reply:
        """A worker comes home from a trip."""
        body = {"trip_id": trip.trip_id, "returned_on": CAME_HOME, "reason": reason}
        reply = await self.post(MIGRATION, "/returns", body, f"return-{trip.trip_id}")
        trip.standing = {"leave": "on_leave", "died": "deceased"}.get(reason, "for_good")
        return reply

    async def happen(self) -> list[Trip]:
        """A little of everything: eight workers of whom one stays, two are abroad, and five came home."""
        trips = await self.register(8, families=4)
        await self.depart(trips[1:])
        reasons = ("contract_ended", "leave", "died", "deported", "contract_ended")
        for trip, reason in zip(trips[2:7], reasons, strict=True):
            await self.come_home(trip, reason)
        return trips

    async def _worker(self) -> Trip:
        serial = next(_serials)
        village = (KURIPAN, KENANGA)[serial % 2]
        body = {"nik": nik(serial), "name": "Siti Rahayu", "village": village}
        return Trip((await self.post(REGISTRY, "/workers", body, f"worker-{serial}")).body["id"], village)

    async def _family(self, trip: Trip) -> None:
        async def member(role: str, **known: str) -> str:
            body = {"name": "Budi Santoso", "village": trip.village, **known}
            return str((await self.post(REGISTRY, "/persons", body, f"{role}-{trip.worker_id}")).body["id"])

        trip.spouse_id = await member("spouse")
        trip.child_id = await member("child", birth_date=f"{CHILD_BORN}-05-05")
        members = [trip.worker_id, trip.spouse_id, trip.child_id]
        kin = [
            {"person_id": trip.worker_id, "relative_id": trip.spouse_id, "relation": "spouse"},
            {"person_id": trip.worker_id, "relative_id": trip.child_id, "relation": "child"},
        ]
        body = {"village": trip.village, "members": members, "kin": kin}
        await self.post(REGISTRY, "/households", body, f"household-{trip.worker_id}")

    async def _depart(self, trip: Trip) -> None:
        body = {"worker_id": trip.worker_id, "country": "TW", "contract_date": DEPARTED}
        reply = await self.post(MIGRATION, "/departures", body, f"departure-{trip.worker_id}")
        trip.trip_id, trip.standing = reply.body["id"], "abroad"


@asynccontextmanager
async def life_in(house: House) -> AsyncIterator[Life]:
    """Somebody who writes into *house*."""
    async with Clients(house) as calls:
        yield Life(calls)


async def at_most(width: int, work: Iterable[Any]) -> list[Any]:
    """Everything, *width* at a time, in order."""
    free = asyncio.Semaphore(width)

    async def one(each: Any) -> Any:
        async with free:
            return await each

    return list(await asyncio.gather(*(one(each) for each in work)))


# ── What the rosters must say ────────────────────────────────────────────────────────────────────────────────────────


@dataclass(slots=True)
class Rosters:
    """Every answer that stands on facts of two services; also what the registry and the service files hold."""

    training: dict[str, Any] = field(default_factory=dict)
    prospects: dict[str, Any] = field(default_factory=dict)
    children: dict[str, Any] = field(default_factory=dict)
    standings: dict[str, Any] = field(default_factory=dict)
    workers: set[str] = field(default_factory=set)
    died: set[str] = field(default_factory=set)


@dataclass(slots=True)
class Known:
    """Where people live, who belongs to whom, and where trips stand: at most one trip a worker."""

    villages: dict[str, str] = field(default_factory=dict)
    workers: set[str] = field(default_factory=set)
    died: set[str] = field(default_factory=set)
    spouses: set[tuple[str, str]] = field(default_factory=set)
    children: set[tuple[str, str]] = field(default_factory=set)
    standings: dict[str, str] = field(default_factory=dict)

    def rosters(self) -> Rosters:
        """What follows from it."""
        said = Rosters(workers=set(self.workers), died=set(self.died))
        stands = {
            worker: "deceased" if worker in self.died else standing
            for worker, standing in self.standings.items()
            if worker in self.workers
        } | dict.fromkeys(self.workers & self.died, "deceased")
        figures: dict[str, Counter[str]] = defaultdict(Counter)
        for worker, standing in stands.items():
            figures[self.villages[worker]][standing] += 1
            if standing == "for_good":
                said.prospects[worker] = self.villages[worker]
        for person in self.villages.keys() - self.died:
            reasons = {("returned", person)} if stands.get(person) == "for_good" else set()
            reasons |= {
                ("spouse-of-worker-abroad", worker)
                for worker, spouse in self.spouses
                if spouse == person and stands.get(worker) == "abroad"
            }
            if reasons and stands.get(person) in (None, "for_good"):
                said.training[person] = (self.villages[person], reasons)
        for worker, child in self.children:
            if stands.get(worker) == "abroad" and child not in self.died:
                said.children.setdefault(child, (self.villages[child], set()))[1].add(worker)
        said.standings = {
            village: tuple(count[standing] for standing in ("abroad", "on_leave", "for_good", "deceased"))
            for village, count in figures.items()
        }
        return said


def of_accepted(trips: Iterable[Trip]) -> Rosters:
    """What the rosters must say after the commands that were answered 2xx."""
    known = Known()
    for trip in trips:
        known.workers.add(trip.worker_id)
        known.villages[trip.worker_id] = trip.village
        if trip.spouse_id and trip.child_id:
            known.villages |= {trip.spouse_id: trip.village, trip.child_id: trip.village}
            known.spouses.add((trip.worker_id, trip.spouse_id))
            known.children.add((trip.worker_id, trip.child_id))
        if trip.standing is not None:
            known.standings[trip.worker_id] = trip.standing
        if trip.standing == "deceased":
            known.died.add(trip.worker_id)
    return known.rosters()


def of_words(registry: Iterable[dict[str, Any]], migration: Iterable[dict[str, Any]]) -> Rosters:
    """What the rosters must say after the published words of both logs."""
    known = Known()
    for word in registry:
        person, name = word["data"].get("person_id"), word["type"].split(".")[2]
        match name:
            case "PersonRegistered" | "WorkerRegistered":
                known.villages[person] = word["data"]["village"]
                if name == "WorkerRegistered":
                    known.workers.add(person)
            case "KinRecorded":
                pairs = known.spouses if word["data"]["relation"] == "spouse" else known.children
                pairs.add((person, word["data"]["relative_id"]))
            case "PersonDied":
                known.died.add(person)
            case "PersonDeathRetracted":
                known.died.discard(person)
            case _:
                raise AssertionError(name)
    for word in migration:
        known.standings[word["data"]["worker_id"]] = word["data"]["standing"]
    return known.rosters()


# ── What they do say ─────────────────────────────────────────────────────────────────────────────────────────────────


async def rosters(calls: Calls) -> Rosters:
    """Every roster as it is answered, page by page."""
    said = Rosters()
    async for row in calls.items(ENTERPRISE, "/training-roster"):
        assert row["person_id"] not in said.training
        reasons = [(reason["reason"], reason["worker_id"]) for reason in row["reasons"]]
        assert len(reasons) == len(set(reasons))
        said.training[row["person_id"]] = (row["village"], set(reasons))
    async for row in calls.items(COOPERATIVE, "/prospects"):
        assert row["person_id"] not in said.prospects
        said.prospects[row["person_id"]] = row["village"]
    async for row in calls.items(PARENTING, "/children"):
        assert row["person_id"] not in said.children
        said.children[row["person_id"]] = (row["village"], set(row["parents_abroad"]))
    async for row in calls.items(MIGRATION, "/figures"):
        said.standings[row["village"]] = tuple(row[n] for n in ("abroad", "on_leave", "returned", "deceased"))
    async for row in calls.items(REGISTRY, "/persons"):
        said.workers |= {row["id"]} if row["worker"] else set()
        said.died |= {row["id"]} if row["died_on"] else set()
    return said


async def published(operator: Calls, service: str) -> list[dict[str, Any]]:
    """Every published word of a log, in order, as the owner's feed has it; its number is its place in the list."""
    words: list[dict[str, Any]] = []
    while True:
        page = (await operator.get(service, "/feed", query={"after": len(words), "limit": 500})).must(200)
        assert [fact["number"] for fact in page["events"]] == list(
            range(len(words) + 1, len(words) + 1 + len(page["events"]))
        )
        words += [orjson.loads(fact["words"]) for fact in page["events"]]
        if len(words) >= page["head"]:
            return words


async def all_heard(operator: Calls) -> status.Statuses:
    """Wait until everybody has heard everything."""
    statuses = await status.wait_until_heard(operator, HEARD_WITHIN_SECONDS)
    assert not (troubles := status.troubles(statuses)), troubles
    assert not (lags := status.lags(statuses)), lags
    return statuses


async def agrees(operator: Calls, calls: Calls) -> Rosters:
    """Everybody has heard everything, `verify` is clean, and every roster is what the logs imply, also when rebuilt."""
    said, found = await disagreements(operator, calls)
    assert found == []
    return said


async def disagreements(operator: Calls, calls: Calls, refused: Collection[str] = ()) -> tuple[Rosters, list[str]]:
    """What every roster says once all is heard, and a sentence for all in which logs, bus and rosters do not agree.

    *refused*: ids of words whose reaction was rightly refused.
    """
    statuses = await all_heard(operator)
    found = [f"verify: {finding}" for finding in (await verify.ask(operator)).findings]
    registry, migration = await published(operator, REGISTRY), await published(operator, MIGRATION)
    said, implied = await rosters(calls), of_words(registry, migration)
    for one in fields(Rosters):
        here, there = getattr(said, one.name), getattr(implied, one.name)
        if here != there:
            found.append(f"words: {one.name} {_difference(here, there)}")
    for service in SERVICES:
        said_of_itself = statuses[service]
        assert isinstance(said_of_itself, dict)
        views = {one["hearer"] for one in said_of_itself["checkpoints"]} - {"reactions"}
        for view in sorted(views):
            rebuilt = await rebuild.ask(operator, service, view)
            differences = rebuild.differences(service, rebuilt)
            found += [f"rebuilt: {difference}" for difference in differences]
            if not differences:  # else what it was is evidence; a house with many of them is slow to dump and to start
                await rebuild.drop(operator, service, view)
    # Reactions: every worker has a service file, and who died abroad is dead to the registry.
    files = {row["worker_id"] async for row in calls.items(MIGRATION, "/service-files")}
    found += [f"reactions: {worker} has no service file" for worker in sorted(said.workers - files)]
    deaths = [word for word in migration if word["data"]["standing"] == "deceased" and word["id"] not in refused]
    died_abroad = {word["data"]["worker_id"] for word in deaths}
    found += [f"reactions: {worker} died abroad" for worker in sorted(died_abroad & said.workers - said.died)]
    return said, found


def _difference(here: Any, there: Any) -> str:
    if isinstance(here, set):
        return f"have {sorted(here - there)} too many, lack {sorted(there - here)}"
    wrong = sorted(key for key in here.keys() | there.keys() if here.get(key) != there.get(key))
    return "; ".join(f"{key}: {here.get(key)}, the words imply {there.get(key)}" for key in wrong)
