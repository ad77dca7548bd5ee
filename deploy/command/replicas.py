"""How somebody says how many processes a service shall have: ``enterprise=3``."""

from collections.abc import Sequence

from deploy import SERVICES
from deploy.command.failures import BadFile
from deploy.house import must_be_possible
from deploy.program import HouseFailed


def read(texts: Sequence[str], *, for_all: bool = False) -> dict[str, int]:
    """The number of processes by service, as *texts* say it; with *for_all* a bare number means every service.

    What names a service counts for more than a bare number.

    Raises:
        BadFile: one says something else, a service twice, or what no service can have.
    """
    every: dict[str, int] = {}
    named: dict[str, int] = {}
    for text in texts:
        service, given, number = text.rpartition("=")
        if not number.isdecimal() or not (service if given else for_all):
            raise BadFile(f"{text!r} is not SERVICE=NUMBER, such as enterprise=3 · tulis misalnya enterprise=3")
        if service in named:
            raise BadFile(f"{service} is said twice · {service} disebut dua kali")
        if service:
            named[service] = int(number)
        else:
            every = dict.fromkeys(SERVICES, int(number))
    try:
        must_be_possible(every | named)
    except HouseFailed as impossible:
        raise BadFile(str(impossible)) from impossible
    return every | named
