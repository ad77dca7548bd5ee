"""What a service is told from outside: the environment, typed, read once."""

from datetime import date
from pathlib import Path
from typing import Annotated
from urllib.parse import urlsplit

from pydantic import AfterValidator, Field, SecretStr
from pydantic_settings import BaseSettings, SettingsConfigDict


def _thirty_two_bytes(secret: SecretStr) -> SecretStr:
    if len(bytes.fromhex(secret.get_secret_value())) != 32:  # noqa: PLR2004  the size of an AES-256 key
        raise ValueError("64 hex digits (32 bytes) are needed")
    return secret


REHEARSAL = "rehearsal"
"""What every secret begins with that is known to everybody: passwords as text, keys as bytes."""

Secret32 = Annotated[SecretStr, AfterValidator(_thirty_two_bytes)]


class Settings(BaseSettings):
    """One service's settings, ``DESMIGRATIF_…`` in the environment."""

    model_config = SettingsConfigDict(env_prefix="DESMIGRATIF_", frozen=True, hide_input_in_errors=True)

    database_url: SecretStr
    """The service's log database, as its own role."""
    keys_database_url: SecretStr
    """The database of its persons' keys."""
    bus_url: SecretStr
    """NATS, as its own user."""
    host: str = "127.0.0.1"
    port: int
    shares_port: bool = False
    """Other processes of the service listen at the same port: listen only once there is something to answer."""
    notify_socket: str | None = Field(default=None, validation_alias="NOTIFY_SOCKET")
    """Where a supervisor hears how this process is; see `shared.notify`."""
    peers: dict[str, str]
    """The base address of each service, by name."""
    jwks: str
    """The issuer's public keys: a file or an address."""
    issuer: str
    audience: str = "desmigratif"
    service_token_file: Path
    """The bearer token shown to peers; read anew whenever it changed, so that it can be rotated."""
    master_key: Secret32
    """Wraps the persons' keys."""
    log_secret: Secret32
    """Makes command ids, fingerprints and claims unguessable. Never rotated; kept beside the master key."""
    today: date | None = None
    """Holds the calendar at one day, for rehearsals."""
    log_level: str = "info"
    end_with_stdin: bool = False
    """End when standard input closes, so that nothing outlives a supervisor that was killed."""
    wait_seconds: float = 5.0
    """How long a request with After-Position waits before it is answered 503."""
    fault: str = ""
    """Whose facts are to be poison, to rehearse it: ``enterprise.training_roster:PERSON`` (see `shared.rehearsal`)."""

    crash: str = ""
    """Where this process is to end as SIGKILL would, for tests alone: ``append.committed:3`` (see `shared.crash`)."""

    def rehearsed(self) -> list[str]:
        """The secrets among these that are known to everybody, by name: good for a rehearsal and nothing else."""
        mark = REHEARSAL.encode()
        known = {
            name: bytes.fromhex(getattr(self, name).get_secret_value()).startswith(mark)
            for name in ("master_key", "log_secret")
        } | {
            name: (urlsplit(getattr(self, name).get_secret_value()).password or "").startswith(REHEARSAL)
            for name in ("database_url", "keys_database_url", "bus_url")
        }
        return sorted(name for name, is_known in known.items() if is_known)
