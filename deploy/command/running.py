"""Which house the command speaks to, and as whom.

By default the one that stands in the data folder (``.desmigratif`` here, or ``DESMIGRATIF_DATA``), with tokens of its
development issuer. With ``DESMIGRATIF_TOKEN`` and the five ``DESMIGRATIF_<SERVICE>_URL`` any other, and no folder is
looked at.
"""

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

from deploy import SERVICES
from deploy.command.calls import Calls
from deploy.command.failures import Failure
from deploy.issuer import Issuer
from deploy.standing import addresses_in

DATA = "DESMIGRATIF_DATA"
DEFAULT_DATA = ".desmigratif"
TOKEN = "DESMIGRATIF_TOKEN"  # noqa: S105 - the name of a variable

ROLES = (
    "village-officer",
    "regency-coordinator",
    "programme-office",
    "data-protection-officer",
    "integrator",
    "service",
    "operator",
)
"""What a caller can be."""

_TOKEN_TTL = timedelta(hours=1)


def data_folder(given: Path | None = None) -> Path:
    """The data folder: the one *given*, else the environment's, else the usual one."""
    return given or Path(os.environ.get(DATA) or DEFAULT_DATA)


@dataclass(frozen=True, slots=True)
class Running:
    """Five services that run somewhere. Without an *issuer* everything is asked with the one *token*."""

    addresses: Mapping[str, str]
    issuer: Issuer | None = None
    token: str = ""

    def calls(
        self,
        *roles: str,
        area: str = "*",
        patience_seconds: float = 60.0,
        hanging_seconds: float | None = None,
        timeout_seconds: float = 10.0,
    ) -> Calls:
        """Calls by somebody with *roles* in *area*."""
        return Calls(
            self.addresses,
            lambda: self._mint(roles, area),
            patience_seconds=patience_seconds,
            hanging_seconds=hanging_seconds,
            timeout_seconds=timeout_seconds,
        )

    def _mint(self, roles: Sequence[str], area: str) -> str:
        if self.issuer is None:
            return self.token
        return self.issuer.mint(roles, area, subject="desmigratif-command", ttl=_TOKEN_TTL)


def find(environment: Mapping[str, str] = os.environ) -> Running:
    """The house to speak to.

    Raises:
        Failure: half of the variables that name another house are set.
        deploy.program.HouseFailed: nothing runs in the data folder.
    """
    named = {service: environment.get(f"DESMIGRATIF_{service.upper()}_URL", "") for service in SERVICES}
    token = environment.get(TOKEN, "")
    if token or any(named.values()):
        missing = [f"DESMIGRATIF_{service.upper()}_URL" for service, address in named.items() if not address]
        missing += [] if token else [TOKEN]
        if missing:
            raise Failure(f"not set: {', '.join(missing)} · belum diisi: {', '.join(missing)}")
        return Running(named, token=token)
    data = Path(environment.get(DATA) or DEFAULT_DATA)
    return Running(addresses_in(data), issuer=Issuer(data))
