"""One process of one service: read the settings, come up, serve, end in good order."""

import asyncio
import os
import signal
import sys

import structlog
import uvloop
from granian.constants import Interfaces
from granian.server.embed import Server

from shared import logs, telemetry
from shared.http.app import build
from shared.runtime import Runtime
from shared.service import Service
from shared.settings import Settings

log = structlog.get_logger()

_GOODBYE_SECONDS = 10.0


def run(service: Service) -> None:
    """Run *service* until SIGTERM, SIGINT, or a fault that another process must take over from."""
    settings = Settings()
    logs.configure(service.name, settings.log_level)
    if rehearsed := settings.rehearsed():
        log.warning("rehearsal-secrets", settings=rehearsed, meaning="known to everybody: never for real people's data")
    telemetry.configure(service.name, log_spans=settings.log_level.lower() == "debug")
    sys.exit(uvloop.run(_run(service, settings)))


async def _run(service: Service, settings: Settings) -> int:
    loop = asyncio.get_running_loop()
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    if settings.end_with_stdin:
        loop.add_reader(sys.stdin.fileno(), lambda: _read_to_the_end(stop))
    runtime = Runtime(service, settings)
    server = Server(
        build(service, runtime),
        address=settings.host,
        port=settings.port,
        interface=Interfaces.ASGI,
        log_enabled=False,
        backlog=1024,
        websockets=False,
    )
    serving = asyncio.create_task(server.serve())
    starting = asyncio.create_task(runtime.start())
    stopping = asyncio.create_task(stop.wait())
    done, _ = await asyncio.wait([serving, starting, stopping], return_when=asyncio.FIRST_COMPLETED)
    failed = _failure(starting) if starting in done else serving in done
    if not failed and starting in done:
        await asyncio.wait([serving, runtime.failed, stopping], return_when=asyncio.FIRST_COMPLETED)
        failed = runtime.failed.done() or serving.done()
    runtime.stopping = True
    starting.cancel()
    if not serving.done():
        server.stop()  # type: ignore[no-untyped-call]
        await asyncio.wait([serving], timeout=_GOODBYE_SECONDS)
    await runtime.stop()
    log.info("ended", failed=failed)
    return 1 if failed else 0


def _failure(starting: "asyncio.Task[None]") -> bool:
    error = starting.exception()
    if error is not None:
        log.error("start-failed", exc_info=error)
    return error is not None


def _read_to_the_end(stop: asyncio.Event) -> None:
    """Nothing is ever sent here: what can be read is that the other end is gone."""
    if not os.read(sys.stdin.fileno(), 4096):
        stop.set()
