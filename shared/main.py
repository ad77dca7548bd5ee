"""One process of one service: read the settings, come up, serve, end in good order.

Any number of processes of a service may listen at one port (SO_REUSEPORT, which granian sets): the kernel deals the
connections out among those that listen. One that ends stops listening first, answers every request that it has read,
and only then gives up what it holds. A connection that was made but not yet taken is cut off: nothing of it was read.
"""

import asyncio
import gc
import os
import signal
import sys
from typing import Any

import psutil
import structlog
import uvloop
from granian.constants import Interfaces
from granian.server.embed import Server

from shared import crash, logs, telemetry
from shared.http.app import build
from shared.notify import Notifier
from shared.rehearsal import FaultUnknown
from shared.runtime import Runtime
from shared.service import Service
from shared.settings import Settings

log = structlog.get_logger()

_GOODBYE_SECONDS = 10.0
_GARBAGE = (50_000, 20, 20)
"""How many more objects there are to be before the young, the middle-aged and the old are looked through."""
_LOOK_SECONDS = 0.05


def run(service: Service) -> None:
    """Run *service* until SIGTERM, SIGINT, or a fault that another process must take over from."""
    settings = Settings()
    logs.configure(service.name, settings.log_level)
    if rehearsed := settings.rehearsed():
        log.warning("rehearsal-secrets", settings=rehearsed, meaning="known to everybody: never for real people's data")
    telemetry.configure(service.name, log_spans=settings.log_level.lower() == "debug")
    try:
        code = uvloop.run(_run(service, settings))
    finally:
        telemetry.close()
    sys.exit(code)


async def _run(service: Service, settings: Settings) -> int:
    loop = asyncio.get_running_loop()
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    if settings.end_with_stdin:
        loop.add_reader(sys.stdin.fileno(), lambda: _read_to_the_end(stop))
    try:
        crash.arm(settings.crash, settings.today)
        runtime = Runtime(service, settings)
    except (FaultUnknown, crash.CrashRefused) as wrong:
        log.error("setting-wrong", why=str(wrong))
        return 1
    if settings.crash:
        log.warning("armed-to-crash", at=settings.crash)
    server = Server(
        build(service, runtime),
        address=settings.host,
        port=settings.port,
        interface=Interfaces.ASGI,
        log_enabled=False,
        backlog=1024,
        websockets=False,
    )
    notifier = Notifier(settings.notify_socket)
    telling = asyncio.create_task(_tell(notifier, runtime, settings.port))
    serving = None if settings.shares_port else asyncio.create_task(server.serve())
    starting = asyncio.create_task(runtime.start())
    stopping = asyncio.create_task(stop.wait())
    await _one_of(starting, stopping, telling, serving)
    failed = _failure(starting) if starting.done() else not stopping.done()
    if starting.done() and not failed:
        collect_seldom()
        # Not before: while others serve at this port, nobody's request should come to one that only starts.
        serving = serving or asyncio.create_task(server.serve())
        await _one_of(serving, stopping, telling, runtime.failed)
        failed = not stopping.done()
    telling.cancel()
    notifier.stopping()
    runtime.stopping = failed  # what has failed answers nothing more; what is only to end answers what it has read
    starting.cancel()
    if serving is not None and not serving.done():
        server.stop()  # type: ignore[no-untyped-call]
        await asyncio.wait([serving], timeout=_GOODBYE_SECONDS)
    await runtime.stop()
    log.info("ended", failed=failed)
    return 1 if failed else 0


def collect_seldom() -> None:
    """Let the garbage collector pass over what came up and stays, and come less often.

    To look through all of it stops the process for 0.3 s. And a page of facts alone is thousands of objects that all
    live until it is done with: at the usual pace half the time of reading them went into this (decision 0014).
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(*_GARBAGE)


async def _one_of(*ends: "asyncio.Future[Any] | None") -> None:
    await asyncio.wait([end for end in ends if end is not None], return_when=asyncio.FIRST_COMPLETED)


async def _tell(notifier: Notifier, runtime: Runtime, port: int) -> None:
    """Say what this process waits for, whenever that is something else than before."""
    listens = False
    while True:
        waits = runtime.coming_up
        listens = listens or (not waits and _listens(port))
        notifier.waits_for(waits or ([] if listens else ["port"]))
        await asyncio.sleep(_LOOK_SECONDS)


def _listens(port: int) -> bool:
    """Whether this very process does. To connect would tell nothing: another at the same port might answer."""
    return any(
        connection.status == psutil.CONN_LISTEN and connection.laddr.port == port
        for connection in psutil.Process().net_connections("tcp")
    )


def _failure(starting: "asyncio.Task[None]") -> bool:
    error = starting.exception()
    if error is not None:
        log.error("start-failed", exc_info=error)
    return error is not None


def _read_to_the_end(stop: asyncio.Event) -> None:
    """Nothing is ever sent here: what can be read is that the other end is gone."""
    if not os.read(sys.stdin.fileno(), 4096):
        stop.set()
