"""`desmigratif token`: a bearer token of the house in the data folder, signed by its development issuer."""

from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path

from deploy.command.failures import BadFile
from deploy.command.running import ROLES
from deploy.issuer import Issuer
from deploy.standing import addresses_in
from shared.vocabulary import region_prefix

TTL = timedelta(hours=12)


def mint(data: Path, roles: Sequence[str], area: str, subject: str) -> str:
    """A token for *subject* with *roles* in *area*: a region code, dotted or not, or ``*`` for the whole country.

    Raises:
        BadFile: there is no such role or region.
        deploy.program.HouseFailed: nothing runs in *data*.
    """
    for role in roles:
        if role not in ROLES:
            raise BadFile(f"no role {role!r}; there are {', '.join(ROLES)} · peran tidak dikenal")
    region = area if area == "*" else region_prefix(area)
    if region is None:
        raise BadFile(f"no region {area!r} · kode wilayah tidak dikenal")
    addresses_in(data)  # a token for a house that does not stand would be of no use
    return Issuer(data).mint(roles, region, subject=subject, ttl=TTL)
