"""`desmigratif restored`: tell a service that its database was put back to an earlier state, where it cannot see it."""

import secrets
from typing import Any

from deploy.command.calls import Calls

_TIMEOUT_SECONDS = 30.0


async def ask(calls: Calls, service: str) -> dict[str, Any]:
    """The service gives its log a new name, so that nobody takes its next facts for the lost ones."""
    said = await calls.post(
        service, "/operations/restored", None, key=secrets.token_hex(16), timeout_seconds=_TIMEOUT_SECONDS
    )
    return dict(said.must() or {})
