"""A command over HTTP: a return is recorded, beside the same server that checks the token and does nothing.

The migration service runs alone with PostgreSQL and NATS, its own views and its relay included; who hears it does so
afterwards. As many connections as a regency's system might keep.
"""

from typing import Any

from deploy.command.calls import COOPERATIVE, ENTERPRISE, MIGRATION, PARENTING, REGISTRY
from tests.bench import homecoming
from tests.bench.bed import Bed, address, checkpoint
from tests.bench.figures import Figure, Say, Sizes, Target, Turns
from tests.bench.worker import Worker, a_worker

_AT_ONCE = 32
_OTHERS = (REGISTRY, ENTERPRISE, PARENTING, COOPERATIVE)
_CREATED = "201"


async def measure(bed: Bed, sizes: Sizes, say: Say) -> list[Figure]:
    """One figure."""
    house = await bed.house()
    waiting = await homecoming.abroad(house, (sizes.runs + 1) * sizes.requests)
    token = homecoming.token(house)
    async with (
        homecoming.stopped(house, *(_OTHERS if sizes.careful else ())),
        a_worker("asking") as asking,
        a_worker("doing_nothing", str(house.issuer.jwks)) as nothing,
    ):
        empty = f"http://127.0.0.1:{(await nothing.ask('say'))['port']}/returns"
        full = house.addresses[MIGRATION] + "/returns"
        same = waiting[: sizes.requests]

        async def ours() -> float:
            requests = [waiting.pop() for _ in range(sizes.requests)]
            await checkpoint(address(house, "postgres"))
            return await _rate(asking, full, token, requests)

        async def theirs() -> float:
            return await _rate(asking, empty, token, same)

        if sizes.careful:
            await theirs()
            await ours()
        took = await Turns(sizes.runs, say).take("command", {"ours": ours, "nothing": theirs})
    await homecoming.all_heard(house)
    return [
        Figure(
            "command",
            "a command over HTTP, 32 at once",
            "the same server, doing nothing",
            "1/s",
            took["ours"],
            took["nothing"],
            target=Target(at_least=0.3),
        )
    ]


async def _rate(asking: Worker, url: str, token: str, requests: list[str]) -> float:
    answer: dict[str, Any] = await asking.ask(
        "flat out", url=url, token=token, bodies=requests, at_once=_AT_ONCE, run=homecoming.run()
    )
    if set(answer["statuses"]) != {_CREATED}:
        raise RuntimeError(f"{url} answered {answer['statuses']}")
    return float(answer["rate"])
