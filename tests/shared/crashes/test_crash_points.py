"""A process dies at each crash point; it comes up again, and P1 to P5 hold.

Every point of `shared.crash.POINTS` has a line in `SCENES`, else this file fails: what is done until the process comes
there, and at which time that it does.
"""

import asyncio
import csv
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest

from deploy import databases as deployed
from deploy.command import load
from deploy.command.running import Running
from deploy.issuer import Issuer
from shared import crash
from tests.houses import KENANGA, nik
from tests.servers import Nats
from tests.shared.crashes.callers import Callers, heard, holds, nothing_leads_to
from tests.shared.crashes.row import CALENDAR, REAL, Row
from tests.shared.crashes.small import PATH
from tests.shared.street import Databases, sweep, until
from tests.shared.tiny import DAY

Scene = Callable[[Row, Callers, str], Awaitable[None]]
"""Gets what the process that dies is armed with, as ``append.asked:4``."""


@pytest.fixture
async def row(databases: Databases, bus: Nats, tmp_path: Path) -> AsyncIterator[Row]:
    await sweep(bus)
    row = Row(databases, bus, tmp_path)
    yield row
    await row.close()


async def both(row: Row, *, registry: str = "", enterprise: str = "", fault: str = "") -> None:
    """The registry and the enterprise, each armed as is said."""
    await asyncio.gather(row.street.settings("registry"), row.street.settings("enterprise"))
    await row.start("registry", crash=registry)  # first, so that the view is made at once and not again and again
    await row.start("enterprise", crash=enterprise, fault=fault)


async def writing(row: Row, callers: Callers, armed: str) -> None:
    """The registry dies while people write to it."""
    await both(row, registry=armed)
    await callers.live()
    await row.died("registry", armed)
    await row.start_again("registry")
    await callers.once_more()
    await holds(row, callers)


async def erasing(row: Row, callers: Callers, armed: str) -> None:
    """The registry dies while it forgets somebody: once it is there again they are, though nobody asks once more."""
    await both(row, registry=armed)
    await callers.live()
    await row.died("registry", armed)
    await row.start_again("registry")
    await nothing_leads_to(row, [person for person, name in (await callers.people()).items() if not name])
    await callers.once_more()
    await holds(row, callers)


async def listening(row: Row, callers: Callers, armed: str) -> None:
    """The enterprise dies while it hears what people write."""
    await both(row, enterprise=armed)
    await callers.live()
    await row.died("enterprise", armed)
    await row.start_again("enterprise")
    await callers.once_more()
    await holds(row, callers)


async def starting(row: Row, callers: Callers, armed: str) -> None:
    """The registry dies when it starts for the first time."""
    await row.start("registry", crash=armed, ready=False)
    await row.died("registry", armed)
    await both(row)
    await callers.live()
    await callers.once_more()
    await holds(row, callers)


async def taking(row: Row, callers: Callers, armed: str) -> None:
    """The enterprise dies with leases that it has just got: another waits for them, no longer than it must."""
    await row.start("registry")
    await row.start("enterprise", crash=armed, ready=False)
    await row.died("enterprise", armed)
    died = time.monotonic()
    await row.start("enterprise")
    await callers.live()
    await heard(row)
    assert time.monotonic() - died < 8
    await callers.once_more()
    await holds(row, callers)


async def ending(row: Row, callers: Callers, armed: str) -> None:
    """The enterprise is asked to end, and dies over it."""
    await both(row, enterprise=armed)
    await callers.live()
    row.processes["enterprise"].terminate()
    await row.died("enterprise", armed)
    kept = await row.value("enterprise", "SELECT count(*) FROM log.leases")
    assert (kept > 0) == (armed.startswith("lease.giving_up"))
    await row.start_again("enterprise")
    await callers.once_more()
    await holds(row, callers)


async def parking(row: Row, callers: Callers, armed: str) -> None:
    """The enterprise dies while it parks somebody; what comes after it knows better, and replays."""
    await both(row, enterprise=armed, fault=await poison(callers))
    await callers.live()
    await row.died("enterprise", armed)
    await row.start_again("enterprise")
    await row.operate("enterprise", "replay")
    await callers.once_more()
    await holds(row, callers)


async def replaying(row: Row, callers: Callers, armed: str) -> None:
    """The enterprise dies while it replays what a view and its reactions parked."""
    await both(row, fault=await poison(callers))
    await callers.live()
    await heard(row)
    assert await row.value("enterprise", "SELECT count(DISTINCT hearer) FROM log.parked") == 2
    await row.processes["enterprise"].kill()
    await row.start_again("enterprise", crash=armed)
    await unanswered(row.operate("enterprise", "replay"))
    await row.died("enterprise", armed)
    await row.start_again("enterprise")
    await row.operate("enterprise", "replay")
    await callers.once_more()
    await holds(row, callers)


async def poison(callers: Callers) -> str:
    """The fault that makes somebody's facts poison, more than one of them."""
    person = await callers.person("person-0")
    return f"enterprise.neighbours:{person},enterprise.reactions:{person}"


async def unanswered(asking: Awaitable[Any]) -> None:
    """Who asks gets no answer."""
    with pytest.raises(httpx.TransportError):
        await asking


async def rebuilding(row: Row, callers: Callers, armed: str) -> None:
    """The enterprise dies while it rebuilds a view and people write."""
    await both(row, enterprise=armed)
    await callers.live()
    rebuild = unanswered(row.operate("enterprise", "views/neighbours/rebuild"))
    await asyncio.gather(rebuild, callers.register("meanwhile", 3))
    await row.died("enterprise", armed)
    await row.start_again("enterprise")
    await callers.once_more()
    await holds(row, callers)


async def dropping(row: Row, callers: Callers, armed: str) -> None:
    """The enterprise dies while it drops what a view was before a rebuild."""
    await both(row, enterprise=armed)
    await callers.live()
    await row.operate("enterprise", "views/neighbours/rebuild")
    await unanswered(row.operate("enterprise", "views/neighbours/drop-formers"))
    await row.died("enterprise", armed)
    await row.start_again("enterprise")
    await row.operate("enterprise", "views/neighbours/drop-formers")
    formers = "SELECT count(*) FROM pg_namespace WHERE nspname LIKE 'neighbours%former%'"
    assert await row.value("enterprise", formers) == 0
    await callers.once_more()
    await holds(row, callers)


async def put_back(row: Row, callers: Callers, *, registry: str = "", enterprise: str = "") -> None:
    """The registry's log is put back to an earlier state, and one of the two dies over it."""
    await both(row, enterprise=enterprise)
    await callers.live()
    await row.processes["registry"].kill()
    await row.leave()
    database = await row.database("registry")
    earlier = await row.databases.copy(database, "registry")
    await row.start_again("registry")
    await callers.register("lost", 3)
    await heard(row)
    await row.processes["registry"].kill()
    await row.databases.put_in_place(database, earlier)
    if registry:
        await row.start_again("registry", crash=registry, ready=False)
        await row.died("registry", registry)
    await row.start_again("registry")
    if enterprise:
        await row.died("enterprise", enterprise)
        await row.start_again("enterprise")
    await callers.once_more()
    await holds(row, callers, names=2)


async def naming(row: Row, callers: Callers, armed: str) -> None:
    """The registry dies when it finds its log put back."""
    await put_back(row, callers, registry=armed)


async def going_back(row: Row, callers: Callers, armed: str) -> None:
    """The enterprise dies when it hears that the registry's log was put back."""
    await put_back(row, callers, enterprise=armed)


async def coming_due(row: Row, _: Callers, armed: str) -> None:
    """The registry dies over what has become due while it was down: each is carried out once all the same."""
    row.services = CALENDAR
    await row.start("registry")
    for n in range(AWAITED):
        told = {"day": (DAY - timedelta(days=n)).isoformat()}
        answer = await row.call("POST", "registry", PATH, f"born-{n}", do="Born", told=told)
        assert answer.status_code == httpx.codes.CREATED, answer.text
    await row.processes["registry"].kill()
    for crash_at in (armed, ""):
        await row.start_again("registry", crash=crash_at, ready=False)
        if crash_at:
            await row.died("registry", crash_at)
    noted = "SELECT count(*), count(DISTINCT stream_id) FROM log.events WHERE type = 'Noted'"
    await until(lambda: _is(row, noted, (AWAITED, AWAITED)), why="not everything that was due was carried out")
    await row.processes["registry"].kill()
    await row.start_again("registry")
    lease = "SELECT count(*) FROM log.leases WHERE name LIKE 'deadlines %'"
    await until(lambda: _is(row, lease, (1,)), why="nobody looks")
    assert (await row.operate("registry", "verify"))["findings"] == []
    assert tuple((await row.rows("registry", noted))[0]) == (AWAITED, AWAITED)


AWAITED = 5


async def _is(row: Row, query: str, expected: tuple[int, ...]) -> bool:
    return tuple((await row.rows("registry", query))[0]) == expected


PASAR = "pasar"
"""A service that the server does not know yet."""


async def preparing(row: Row, callers: Callers, armed: str) -> None:
    """A deployment dies while it prepares a new service's databases; the next one ends what it began."""
    cluster = row.databases.cluster
    roles = {role: cluster.password(role) for role in (PASAR, deployed.owner_of(PASAR))}
    try:
        process = row.fork("prepare", _prepare, cluster.url(), roles, armed)
        await process.crashed(armed)
        assert await row.fork("prepare", _prepare, cluster.url(), roles, "").ended() == 0
        for database, may_create in ((PASAR, True), (deployed.keys_of(PASAR), False)):
            rights = "SELECT has_database_privilege($1, $2, 'CONNECT'), has_database_privilege($1, $2, 'CREATE')"
            assert tuple((await row.rows("registry", rights, PASAR, database))[0]) == (True, may_create)
            assert tuple((await row.rows("registry", rights, "enterprise", database))[0]) == (False, False)
        row.live_in("registry", cluster.url(PASAR, PASAR), cluster.url(deployed.keys_of(PASAR), PASAR))
        await both(row)
        await callers.live()
        await callers.once_more()
        await holds(row, callers)
        await row.processes["registry"].kill()
    finally:
        await row.databases.admin(
            *(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)' for name in (PASAR, deployed.keys_of(PASAR))),
            *(f'DROP ROLE IF EXISTS "{role}"' for role in roles),
        )


def _prepare(superuser_url: str, passwords: Mapping[str, str], armed: str) -> None:
    crash.arm(armed, DAY)
    deployed.prepare(superuser_url, passwords.__getitem__, services=(PASAR,))


WORKERS = 12


async def loading(row: Row, _: Callers, armed: str) -> None:
    """A placement list's load dies; loaded again, every line is recorded once."""
    row.services = REAL
    await asyncio.gather(*(row.start(service) for service in REAL))
    lines = [f"{nik(n)},Siti Rahayu,Taiwan,SK-{n},2025-03-01,{KENANGA}" for n in range(WORKERS)]
    placements = row.folder / "list.csv"
    placements.write_text("\n".join([*lines, lines[0], "1,Siti,Taiwan,SK-1,2025-03-01," + KENANGA]))
    report = row.folder / "report.csv"
    told = ({service: row.address(service) for service in REAL}, row.folder, placements, report)

    await row.fork("load", _load, *told, armed).crashed(armed)
    assert not report.exists()
    for outcomes in (None, {"duplicate": WORKERS + 1, "rejected": 1}):
        assert await row.fork("load", _load, *told, "").ended() == 0
        with report.open(newline="") as file:
            said = [line["outcome"] for line in csv.DictReader(file)]
        assert len(said) == WORKERS + 2
        assert outcomes is None or {outcome: said.count(outcome) for outcome in set(said)} == outcomes

    for service, word in (("registry", "WorkerRegistered"), ("migration_service", "WorkerDeparted")):
        spoken = "SELECT count(*), count(DISTINCT person_id) FROM log.events WHERE type = $1 OR public LIKE $2"
        assert tuple((await row.rows(service, spoken, word, f"%.{word}.%"))[0]) == (WORKERS, WORKERS)
        assert (await row.operate(service, "verify"))["findings"] == []


def _load(addresses: Mapping[str, str], issuer: Path, placements: Path, report: Path, armed: str) -> None:
    crash.arm(armed, DAY)
    asyncio.run(load.run(Running(addresses, Issuer(issuer)), placements, report))


SCENES: Mapping[str, tuple[Scene, int]] = {
    # By then some were answered, and others are under way.
    "append.asked": (writing, 4),
    "append.committed": (writing, 4),
    "keys.made": (writing, 1),
    "keys.stored": (writing, 1),
    "keys.taken": (writing, 3),
    "erase.heard": (listening, 1),
    "erase.recorded": (erasing, 1),
    "erase.keys_destroyed": (erasing, 1),
    "erase.claims_released": (erasing, 1),
    "erase.done": (erasing, 1),
    "rename.named": (starting, 1),
    "rename.recorded": (naming, 1),
    "rename.committed": (naming, 1),
    "relay.read": (writing, 2),
    "relay.sent": (writing, 2),
    "relay.published": (writing, 2),
    "viewing.heard": (listening, 2),
    "viewing.moved": (listening, 2),
    "viewing.taken": (listening, 2),
    "viewing.committed": (listening, 2),
    "reacting.carried_out": (listening, 2),
    "reacting.refused": (listening, 1),
    "reacting.answered": (listening, 2),
    "reacting.moved": (listening, 2),
    "reacting.committed": (listening, 2),
    "deadlines.due": (coming_due, 1),
    "deadlines.carried_out": (coming_due, 1),
    "parking.decided": (parking, 1),
    "parking.written": (parking, 1),
    "parking.parked": (parking, 1),
    "replay.released": (replaying, 1),
    "replay.leaving": (replaying, 1),
    "replay.left": (replaying, 2),
    "back.view_dropped": (going_back, 1),
    "back.view_gone": (going_back, 1),
    "back.reactions_moved": (going_back, 1),
    "back.reactions_gone": (going_back, 1),
    # Once it was passed when the view was made.
    "rebuild.begun": (rebuilding, 2),
    "rebuild.heard": (rebuilding, 1),
    "rebuild.locked": (rebuilding, 1),
    "rebuild.compared": (rebuilding, 2),
    "rebuild.switched": (rebuilding, 2),
    "rebuild.committed": (rebuilding, 1),
    "rebuild.dropping": (dropping, 1),
    "rebuild.dropped": (dropping, 1),
    "lease.taken": (taking, 1),
    "lease.giving_up": (ending, 1),
    "lease.given_up": (ending, 1),
    "databases.roles_made": (preparing, 1),
    "databases.made": (preparing, 2),
    "schema.revised": (preparing, 1),
    "schema.committed": (preparing, 1),
    "load.registered": (loading, 1),
    "load.recorded": (loading, 1),
    "load.judged": (loading, 1),
}


def test_every_crash_point_has_its_scene() -> None:
    assert SCENES.keys() == crash.POINTS.keys()


@pytest.mark.parametrize("point", SCENES)
async def test_what_is_answered_holds_when_a_process_dies(point: str, row: Row) -> None:
    scene, nth = SCENES[point]
    await scene(row, Callers(row), f"{point}:{nth}")
