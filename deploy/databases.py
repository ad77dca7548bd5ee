"""Roles and databases of the services on any PostgreSQL 18, and their schemas: what deployment does, services do not.

Each service has two databases, ``<service>`` (log and views) and ``<service>_keys`` (persons' keys), and two roles:
``<service>_owner`` owns both and is used to upgrade their schema alone; ``<service>`` is what the service logs in as.
The service enters only its own two databases, may make schemas for its views, and has nothing else but what
`shared.schema` grants. Everything here may be repeated.

``python -m deploy.databases`` prepares the server that ``DESMIGRATIF_POSTGRES_URL`` names, as its superuser, with the
services' passwords from the environment (`deploy.secret_environment`), and ends.
"""

import asyncio
import base64
import functools
import hashlib
import hmac
import os
import secrets
from collections.abc import Callable, Iterable
from datetime import timedelta
from urllib.parse import quote, urlsplit, urlunsplit

import asyncpg
import stamina

from deploy import SERVICES, secret_environment
from shared import crash, logs, schema

_SCRAM_ROUNDS = 4096
_PATIENCE = timedelta(minutes=2)


def prepare(
    superuser_url: str,
    password: Callable[[str], str],
    *,
    services: Iterable[str] = SERVICES,
    alone: bool = False,
) -> None:
    """Make roles and databases of *services* where they are missing, and bring their schemas up to date.

    *password* gives each role's password, which the role has from then on. *alone*: nobody else uses this server, so
    the databases that came with it are closed to the services' roles as well.
    """
    services = tuple(services)
    asyncio.run(make(superuser_url, password, services=services, alone=alone))
    for service in services:
        owner = owner_of(service)
        schema.upgrade(_as_role(superuser_url, owner, password(owner), service), service)
        schema.upgrade_keys(_as_role(superuser_url, owner, password(owner), keys_of(service)), service)


async def make(
    superuser_url: str, password: Callable[[str], str], *, services: Iterable[str] = SERVICES, alone: bool = False
) -> None:
    """Make roles and empty databases alone, without their schemas; the arguments are those of `prepare`."""
    connection = await asyncpg.connect(superuser_url)
    try:
        there = {row["datname"] for row in await connection.fetch("SELECT datname FROM pg_database")}
        for service in services:
            owner = owner_of(service)
            for role in (owner, service):
                await _role(connection, role, password(role))
            await crash.at("databases.roles_made")
            for database in (service, keys_of(service)):
                if database not in there:
                    # By code point on every server: cursors and comparisons must not hang on a machine's locale.
                    await connection.execute(
                        f'CREATE DATABASE "{database}" OWNER "{owner}" TEMPLATE template0 ENCODING UTF8'
                        " LOCALE_PROVIDER builtin BUILTIN_LOCALE 'C.UTF-8' LOCALE 'C'"
                    )
                await crash.at("databases.made")
                await connection.execute(f'REVOKE ALL ON DATABASE "{database}" FROM PUBLIC')
                await connection.execute(f'GRANT CONNECT ON DATABASE "{database}" TO "{service}"')
            await connection.execute(f'GRANT CREATE ON DATABASE "{service}" TO "{service}"')
        for database in ("postgres", "template1") if alone else ():
            await connection.execute(f'REVOKE ALL ON DATABASE "{database}" FROM PUBLIC')
    finally:
        await connection.close()


def owner_of(service: str) -> str:
    """The role that owns the databases of *service*."""
    return f"{service}_owner"


def keys_of(service: str) -> str:
    """The database with the keys of the persons whose fields *service* holds."""
    return f"{service}_keys"


async def _role(connection: "asyncpg.Connection[asyncpg.Record]", role: str, password: str) -> None:
    if not await connection.fetchval("SELECT true FROM pg_roles WHERE rolname = $1", role):
        await connection.execute(f'CREATE ROLE "{role}" LOGIN')
    await connection.execute(
        f'ALTER ROLE "{role}" LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE NOREPLICATION NOBYPASSRLS'
        f" PASSWORD '{_verifier(password)}'"
    )


def _verifier(password: str) -> str:
    """What the server stores of *password* (SCRAM-SHA-256, RFC 7677): sent so, it cannot end up in a server's log."""
    salt = os.urandom(16)
    salted = hashlib.pbkdf2_hmac("sha256", password.encode(), salt, _SCRAM_ROUNDS)
    stored = hashlib.sha256(hmac.digest(salted, b"Client Key", "sha256")).digest()
    server = hmac.digest(salted, b"Server Key", "sha256")
    salt64, stored64, server64 = (base64.b64encode(part).decode() for part in (salt, stored, server))
    return f"SCRAM-SHA-256${_SCRAM_ROUNDS}:{salt64}${stored64}:{server64}"


def _as_role(superuser_url: str, role: str, password: str, database: str) -> str:
    """*superuser_url* for another role and database of the same server."""
    parts = urlsplit(superuser_url)
    place = parts.netloc.rpartition("@")[2]
    return urlunsplit(parts._replace(netloc=f"{quote(role)}:{quote(password, safe='')}@{place}", path=f"/{database}"))


@stamina.retry(on=(OSError, asyncpg.CannotConnectNowError), attempts=None, timeout=_PATIENCE, wait_max=1.0)
async def _there(url: str) -> None:
    """Return once the server lets somebody in."""
    await (await asyncpg.connect(url)).close()


def main() -> None:
    """Prepare the server that the environment names; wait for it at most two minutes."""
    logs.configure("databases", "info")
    url = os.environ["DESMIGRATIF_POSTGRES_URL"]
    # An owner's password lasts as long as this run: upgrading is the only thing that an owner is for.
    passwords = {service: os.environ[secret_environment.database_password(service)] for service in SERVICES}
    owners = functools.cache(lambda _owner: secrets.token_hex(32))
    asyncio.run(_there(url))
    prepare(url, lambda role: passwords.get(role) or owners(role), alone=True)


if __name__ == "__main__":
    main()
