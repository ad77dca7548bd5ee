"""The secrets of a house in containers, by the environment variables that hold them, and a file with random ones.

``docker-compose.yml`` reads each from the environment or from ``.env``, and has a rehearsal value for when neither
names it. Rehearsal values are known to everybody; they say of themselves what they are, and a service that finds one
warns (`shared.settings`).
"""

import os
import secrets
from pathlib import Path

from deploy import SERVICES
from shared.settings import REHEARSAL

POSTGRES_PASSWORD = "DESMIGRATIF_POSTGRES_PASSWORD"  # noqa: S105 - the name of a variable
OPERATOR_BUS_PASSWORD = "DESMIGRATIF_OPERATOR_BUS_PASSWORD"  # noqa: S105 - as above


def database_password(service: str) -> str:
    """The variable with the password of *service*'s role."""
    return f"DESMIGRATIF_{service.upper()}_DATABASE_PASSWORD"


def bus_password(service: str) -> str:
    """The variable with the password of *service*'s NATS user."""
    return f"DESMIGRATIF_{service.upper()}_BUS_PASSWORD"


def master_key(service: str) -> str:
    """The variable with what wraps the keys of *service*'s persons."""
    return f"DESMIGRATIF_{service.upper()}_MASTER_KEY"


def log_secret(service: str) -> str:
    """The variable with the secret of *service*'s log."""
    return f"DESMIGRATIF_{service.upper()}_LOG_SECRET"


def rehearsal() -> dict[str, str]:
    """Every variable with its value for rehearsals."""
    passwords = {POSTGRES_PASSWORD: f"{REHEARSAL}-postgres", OPERATOR_BUS_PASSWORD: f"{REHEARSAL}-operator-bus"}
    for service in SERVICES:
        passwords[database_password(service)] = f"{REHEARSAL}-{service}-database"
        passwords[bus_password(service)] = f"{REHEARSAL}-{service}-bus"
    return passwords | {
        name(service): f"{REHEARSAL} {service} {kind}".ljust(32).encode().hex()
        for service in SERVICES
        for name, kind in ((master_key, "key"), (log_secret, "log"))
    }


def random() -> dict[str, str]:
    """Every variable with 256 random bits.

    A password begins with a letter: nats-server would take one that looks like a number or a size for one.
    """
    return {
        name: ("" if name.endswith(("_MASTER_KEY", "_LOG_SECRET")) else "p") + secrets.token_hex(32)
        for name in rehearsal()
    }


def write(path: Path) -> None:
    """Write random secrets to *path*, mode 0600, as docker-compose reads them.

    Raises:
        FileExistsError: there is such a file, and a house whose databases would be lost with its keys.
    """
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        file.write("# Master keys and log secrets must never change, nor be lost: without them nobody can be read.\n")
        file.writelines(f"{name}={value}\n" for name, value in random().items())
