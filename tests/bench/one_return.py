"""From the arrival of a return's 201 to the arrival of the roster that shows it, one return at a time.

The roster is read at once, with that Event-Position, and must contain the person. Beside it an empty request by the
same client: its own part of it.
"""

import statistics
import time

import httpx

from deploy.command.calls import COOPERATIVE, ENTERPRISE, MIGRATION
from deploy.house import House
from tests.bench import generated, homecoming
from tests.bench.bed import Bed, address
from tests.bench.figures import Figure, Say, Sizes, Turns

ROSTERS = {ENTERPRISE: "/training-roster", COOPERATIVE: "/prospects"}


async def measure(bed: Bed, sizes: Sizes, say: Say) -> list[Figure]:
    """One figure for each roster."""
    house = await bed.house()
    each = max(1, sizes.calls // 10)
    lives = generated.lives(len(ROSTERS) * sizes.runs * each)
    await _live(house, lives)
    figures = []
    headers = {"Authorization": f"Bearer {homecoming.token(house)}"}
    async with httpx.AsyncClient(headers=headers, timeout=30.0) as client:
        for service, path in ROSTERS.items():

            async def ours(roster: str = house.addresses[service] + path) -> float:
                return statistics.median([await _shown(client, house, lives.pop(), roster) for _ in range(each)])

            async def empty(live: str = house.addresses[service] + "/health/live") -> float:
                return statistics.median([await _took(client, live) for _ in range(each)])

            took = await Turns(sizes.runs, say).take(f"one return, {service}", {"ours": ours, "empty": empty})
            figures.append(
                Figure(
                    f"one-return-{service}",
                    f"from a return to {path}, p50",
                    "an empty request",
                    "ms",
                    took["ours"],
                    took["empty"],
                    more_is_better=False,
                )
            )
    return figures


async def _live(house: House, lives: list[generated.Life]) -> None:
    """Everybody is registered and abroad, and everyone has heard."""
    await generated.write_abroad(address(house, "registry"), address(house, "migration_service"), lives)
    await homecoming.all_heard(house)


async def _shown(client: httpx.AsyncClient, house: House, life: generated.Life, roster: str) -> float:
    """Milliseconds from the 201 to the 200."""
    body = homecoming.bodies([str(life.trip_id)])[0]
    returned = await client.post(
        house.addresses[MIGRATION] + "/returns",
        content=body,
        headers={"Idempotency-Key": homecoming.run(), "Content-Type": "application/json"},
    )
    arrived = time.perf_counter()
    shown = await client.get(
        f"{roster}/{life.worker_id}", headers={"After-Position": returned.headers.get("Event-Position", "")}
    )
    took = (time.perf_counter() - arrived) * 1000
    if (returned.status_code, shown.status_code) != (httpx.codes.CREATED, httpx.codes.OK):
        raise RuntimeError(f"a return was answered {returned.status_code}, {roster} {shown.status_code}")
    return took


async def _took(client: httpx.AsyncClient, url: str) -> float:
    began = time.perf_counter()
    await client.get(url)
    return (time.perf_counter() - began) * 1000
