"""Clients who live the lives of `tests.chaos.lives` in a house and write down every call and every answer."""

import asyncio
from collections.abc import Mapping, Sequence
from contextvars import ContextVar
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Any

import aiohttp
import orjson

from deploy.command.calls import COOPERATIVE, ENTERPRISE, MIGRATION, PARENTING, REGISTRY, Calls, Reply, _NotNow
from deploy.command.failures import Unreachable
from deploy.house import House
from shared import positions
from tests.chaos.history import Asked, History
from tests.chaos.lives import GOOD, Plan, Step, lives
from tests.faults.life import CAME_HOME, CHILD_BORN, DEPARTED
from tests.houses import KENANGA, KURIPAN, nik

SUBJECT = "chaos"
"""The one caller that all clients are to the services: keys are unique to a request."""
_TIMEOUT_SECONDS = 4.0
_HASTY_SECONDS = 1.0
_PATIENCE_SECONDS = 45.0
_STANDING = {"leave": "on_leave", "died": "deceased"}

_asking: ContextVar[Asked] = ContextVar("asking")


class Witness(Calls):
    """Calls whose every sending is written down; every other one goes over a connection of its own."""

    def __init__(self, house: House, history: History, *, patience_seconds: float, timeout_seconds: float) -> None:
        issuer = house.issuer
        super().__init__(
            house.addresses,
            lambda: issuer.mint("integrator", "*", subject=SUBJECT, ttl=timedelta(hours=1)),
            patience_seconds=patience_seconds,
            timeout_seconds=timeout_seconds,
        )
        self._history = history

    async def send(self, asked: Asked, after: str | None) -> Reply:
        """Send *asked* until it is answered; `Unreachable` when the patience is used up."""
        _asking.set(asked)
        headers = {"Idempotency-Key": asked.key} if asked.key else {}
        headers |= {"If-Match": asked.if_match} if asked.if_match else {}
        headers |= {"After-Position": after} if after else {}
        data = None if asked.body is None else orjson.dumps(asked.body)
        return await self._ask(asked.service, asked.method, asked.path, query={}, headers=headers, data=data)

    async def _once(
        self,
        service: str,
        method: str,
        path: str,
        *,
        headers: Mapping[str, str],
        session: aiohttp.ClientSession | None,
        **sent: Any,
    ) -> Reply:
        number = self._history.call(_asking.get(), headers.get("After-Position"))
        session = self._once_only if number % 2 else session
        try:
            reply = await super()._once(service, method, path, headers=headers, session=session, **sent)
        except _NotNow as not_now:
            self._history.answer(number, status=503, slug=str(not_now).removeprefix("503").strip())
            raise
        except (aiohttp.ClientError, TimeoutError) as error:
            self._history.answer(number, error=type(error).__name__)
            raise
        self._history.answer(number, status=reply.status, slug=reply.slug, body=reply.body, position=reply.position)
        return reply


@dataclass(slots=True)
class _Worker:
    """What a client knows of the life it is writing; it ends where an answer is missing."""

    plan: Plan
    village: str
    id: str = ""
    trip: str = ""
    version: int = 0
    standing: str | None = None
    spouse: str = ""
    child: str = ""
    kin: bool = False
    acknowledged: list[tuple[Asked, Reply]] = field(default_factory=list)

    def expectations(self) -> list[tuple[str, str, dict[str, Any]]]:
        """What every service must say of it now: service, path, what is expected."""
        home, abroad = self.standing == "for_good", self.standing == "abroad"
        said: list[tuple[str, str, dict[str, Any]]] = [
            (ENTERPRISE, f"/training-roster/{self.id}", {"status": 200 if home else 404}),
            (COOPERATIVE, f"/prospects/{self.id}", {"status": 200 if home else 404}),
            (REGISTRY, f"/persons/{self.id}", {"status": 200, "died": self.standing == "deceased"}),
            (MIGRATION, f"/service-files/{self.id}", {"status": 200}),
        ]
        if self.trip:
            said.append((MIGRATION, f"/trips/{self.trip}", {"status": 200, "standing": self.standing}))
        if self.kin:
            said.append((PARENTING, f"/children/{self.child}", {"status": 200 if abroad else 404}))
            said.append((ENTERPRISE, f"/training-roster/{self.spouse}", {"status": 200 if abroad else 404}))
        return said


class LifeOver(Exception):
    """Without an answer, or after a refusal, this life cannot go on."""


@dataclass(slots=True)
class Client:
    """One client, the *number*-th; it goes on with its next life until it is told to stop."""

    number: int
    clients: int
    seed: int
    patient: Witness
    hasty: Witness
    lived: int = 0
    _position: positions.Vector = field(default_factory=dict)
    _forgot: bool = False
    """What this life wrote is named by no position any more."""

    async def run(self, ended: asyncio.Event) -> None:
        """One life after the other."""
        for plan in lives(self.seed, self.number, self.clients):
            worker = _Worker(plan, (KURIPAN, KENANGA)[plan.serial % 2])
            self._forgot = False
            try:
                for n, step in enumerate(plan.steps):
                    await asyncio.sleep(step.pause_seconds)
                    if ended.is_set():
                        return
                    await self._do(worker, n, step)
                    if self._forgot:
                        break
            except LifeOver:
                continue
            self.lived += 1

    async def _do(self, worker: _Worker, n: int, step: Step) -> None:
        match step.kind:
            case "worker":
                await self._worker(worker, n, step)
            case "family":
                await self._family(worker, n, step)
            case "course":
                body = {"village": worker.village, "title": "Keripik singkong", "starts_on": "2026-03-02"}
                await self._write(worker, step, self._asked(worker, n, ENTERPRISE, "course", "/courses", body))
            case "group":
                body = {"village": worker.village, "name": "Kelompok Tani Makmur"}
                await self._write(worker, step, self._asked(worker, n, COOPERATIVE, "group", "/groups", body))
            case "depart":
                await self._depart(worker, n, step)
            case "home":
                await self._home(worker, n, step)
            case "leave end":
                body = {"trip_id": worker.trip, "ended_on": CAME_HOME}
                asked = self._asked(worker, n, MIGRATION, "leave end", "/leave-ends", body)
                self._stands(worker, await self._write(worker, step, asked), "abroad")
            case "correct":
                await self._correct(worker, n, step)
            case "look":
                await self._look(worker, n, step)
            case "again":
                asked, _ = worker.acknowledged[step.choice % len(worker.acknowledged)]
                await self._send(asked, hasty=step.hasty)
            case "reuse":
                asked, _ = worker.acknowledged[0]
                other = {**(asked.body or {}), "name": "Orang Lain"}
                await self._send(
                    replace(asked, request=f"{asked.request}!", kind="reuse", body=other), hasty=step.hasty
                )

    async def _worker(self, worker: _Worker, n: int, step: Step) -> None:
        names = ("Siti Rahayu", "Dewi Lestari", "Sri Wahyuni")[: step.racers]
        of_all = nik(worker.plan.serial)
        bodies = [{"nik": of_all, "name": name, "village": worker.village} for name in names]
        asked = [self._asked(worker, n, REGISTRY, "worker", "/workers", body, r) for r, body in enumerate(bodies)]
        worker.id = (await self._race(worker, step, asked)).body["id"]

    async def _family(self, worker: _Worker, n: int, step: Step) -> None:
        born: list[dict[str, str]] = [{}, {"birth_date": f"{CHILD_BORN}-05-05"}]
        members = []
        for r, more in enumerate(born):
            body = {"name": "Budi Santoso", "village": worker.village, **more}
            asked = self._asked(worker, n, REGISTRY, "person", "/persons", body, r)
            members.append((await self._write(worker, step, asked)).body["id"])
        worker.spouse, worker.child = members
        kin = [
            {"person_id": worker.id, "relative_id": other, "relation": relation}
            for other, relation in zip(members, ("spouse", "child"), strict=True)
        ]
        household = {"village": worker.village, "members": [worker.id, *members], "kin": kin}
        await self._write(worker, step, self._asked(worker, n, REGISTRY, "household", "/households", household, 2))
        worker.kin = True

    async def _depart(self, worker: _Worker, n: int, step: Step) -> None:
        decree = f"SK-{self.seed}-{worker.plan.name}"
        bodies = [
            {"worker_id": worker.id, "country": country, "contract_date": DEPARTED, "decree": decree}
            for country in ("TW", "HK", "SG")[: step.racers]
        ]
        asked = [self._asked(worker, n, MIGRATION, "depart", "/departures", body, r) for r, body in enumerate(bodies)]
        reply = await self._race(worker, step, asked)
        worker.trip = reply.body["id"]
        self._stands(worker, reply, "abroad")

    async def _home(self, worker: _Worker, n: int, step: Step) -> None:
        reasons = (step.reason, *(reason for reason in GOOD if reason != step.reason))[: step.racers]
        if step.reason == "died":
            reasons = reasons[:1]
        bodies = [{"trip_id": worker.trip, "returned_on": CAME_HOME, "reason": reason} for reason in reasons]
        asked = [self._asked(worker, n, MIGRATION, "home", "/returns", body, r) for r, body in enumerate(bodies)]
        reply = await self._race(worker, step, asked)
        self._stands(worker, reply, _STANDING.get(step.reason, "for_good"))

    async def _correct(self, worker: _Worker, n: int, step: Step) -> None:
        path, etag = f"/trips/{worker.trip}/return", f'"{worker.version}"'
        bodies = [{"returned_on": f"2026-03-{r + 2:02}"} for r in range(step.racers)]
        asked = [
            replace(self._asked(worker, n, MIGRATION, "correct", path, body, r), method="PATCH", if_match=etag)
            for r, body in enumerate(bodies)
        ]
        worker.version = (await self._race(worker, step, asked)).body["version"]

    async def _look(self, worker: _Worker, n: int, step: Step) -> None:
        possible = worker.expectations()
        for r in range(2):
            service, path, expected = possible[(step.choice + r) % len(possible)]
            life = worker.plan.name
            asked = Asked(f"{life}.{n}.{r}", str(self.number), life, "look", service, "GET", path, expects=expected)
            await self._send(asked, hasty=step.hasty)

    def _stands(self, worker: _Worker, reply: Reply, standing: str) -> None:
        worker.standing, worker.version = standing, reply.body["version"]

    def _asked(
        self, worker: _Worker, n: int, service: str, kind: str, path: str, body: dict[str, Any], racer: int = 0
    ) -> Asked:
        name = worker.plan.name
        request = f"{name}.{n}.{racer}"
        return Asked(request, str(self.number), name, kind, service, "POST", path, f"{self.seed}-{request}", body)

    async def _race(self, worker: _Worker, step: Step, asked: Sequence[Asked]) -> Reply:
        """All of *asked* at once; the one that got it. Without one, or with an answer missing, this life is over."""
        if len(asked) == 1:
            return await self._write(worker, step, asked[0])
        racing = [replace(one, race=one.request.rpartition(".")[0]) for one in asked]
        replies = await asyncio.gather(*(self._send(one, hasty=step.hasty) for one in racing))
        won = [(one, reply) for one, reply in zip(racing, replies, strict=True) if reply is not None and reply.ok]
        if None in replies or len(won) != 1:
            raise LifeOver
        worker.acknowledged += won
        return won[0][1]

    async def _write(self, worker: _Worker, step: Step, asked: Asked) -> Reply:
        """One write that must be acknowledged for this life to go on."""
        hurries = (step.hasty, True) if step.twice else (step.hasty,)
        reply, *_ = await asyncio.gather(*(self._send(asked, hasty=hasty) for hasty in hurries))
        if reply is None or not reply.ok:
            raise LifeOver
        worker.acknowledged.append((asked, reply))
        return reply

    async def _send(self, asked: Asked, *, hasty: bool) -> Reply | None:
        """Send it, and again without a position where a database was put back under it; null without an answer."""
        calls = self.hasty if hasty else self.patient
        try:
            reply = await calls.send(asked, positions.write(self._position) or None)
            if reply.slug == "position-unknown":
                self._position, self._forgot = {}, True
                reply = await calls.send(asked, None)
        except Unreachable:
            return None
        if reply.ok and reply.position:
            self._position = positions.merge(self._position, positions.parse(reply.position))
        return reply


def witnesses(house: House, history: History) -> tuple[Witness, Witness]:
    """Who sends again until it is answered, and who does not wait."""
    return (
        Witness(house, history, patience_seconds=_PATIENCE_SECONDS, timeout_seconds=_TIMEOUT_SECONDS),
        Witness(house, history, patience_seconds=_HASTY_SECONDS / 100, timeout_seconds=_HASTY_SECONDS),
    )
