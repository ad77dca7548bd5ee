"""``python -m tests.bench.doing_nothing JWKS``: the migration service's server with nothing behind it.

Granian, the door that checks the token, FastAPI, the route with its scope, parsing and headers are the service's own;
where the service would carry a command out, this answers what a return is answered. It says its port.
"""

import asyncio
import sys
from dataclasses import dataclass, field
from typing import cast

import orjson
import uvloop
from fastapi.responses import Response
from granian.constants import Interfaces
from granian.server.embed import Server

from deploy import ports
from deploy.issuer import AUDIENCE, ISSUER
from services.migration_service.main import SERVICE
from shared.http import doors
from shared.http.access import Tokens
from shared.http.app import Doorkeeper, routes
from shared.main import collect_seldom
from shared.runtime import Runtime

_PREFERRED_PORT = 8108
_LOOK_SECONDS = 0.02
_SAID = orjson.dumps({"id": "00000000-0000-0000-0000-000000000001", "version": 2, "warnings": []})
_HEADERS = {"ETag": '"2"', "Event-Position": "migration_service=77.903@9f3c2a1b, registry=1234@17aa03de"}


@dataclass(frozen=True, slots=True)
class _Up:
    """As much of a running service as the door looks at."""

    waits_for: list[str] = field(default_factory=list)
    stopping: bool = False


async def _answer(self: doors.Writing, command: object) -> Response:  # noqa: ARG001 - it takes the place of one that asks for more
    return Response(_SAID, 201, dict(_HEADERS), "application/json")


async def _listening(port: int) -> None:
    """Return once somebody takes connections at *port*."""
    while True:
        try:
            _, writer = await asyncio.open_connection("127.0.0.1", port)
        except ConnectionRefusedError:
            await asyncio.sleep(_LOOK_SECONDS)
        else:
            writer.close()
            return


async def main() -> None:
    """Until its input ends."""
    app = routes(SERVICE)
    # Put in the class: an overridden dependency FastAPI would look through anew at each request.
    doors.Writing.__call__ = _answer  # type: ignore[method-assign]
    door = Doorkeeper(app, cast("Runtime", _Up()), Tokens(sys.argv[1], ISSUER, AUDIENCE))
    port = ports.claim(_PREFERRED_PORT).number
    server = Server(
        door,
        address="127.0.0.1",
        port=port,
        interface=Interfaces.ASGI,
        log_enabled=False,
        backlog=1024,
        websockets=False,
    )
    serving = asyncio.create_task(server.serve())
    told = asyncio.StreamReader()
    await asyncio.get_running_loop().connect_read_pipe(lambda: asyncio.StreamReaderProtocol(told), sys.stdin)
    await told.readline()
    await _listening(port)
    collect_seldom()
    sys.stdout.buffer.write(orjson.dumps({"port": port}) + b"\n")
    sys.stdout.buffer.flush()
    await told.read()
    server.stop()  # type: ignore[no-untyped-call]
    await serving


if __name__ == "__main__":
    uvloop.run(main())
