"""The development issuer as a process of its own, for services that somebody else runs: ``python -m deploy.issuing``.

It keeps the services' tokens fresh and writes down the public key. ``desmigratif token`` and every other command find
its folder as they find that of an embedded house. It listens nowhere. Told by the environment:

==========================  ==========================================================================================
``DESMIGRATIF_DATA``        the folder with its key, for nobody else
``DESMIGRATIF_JWKS``        the file for the public key
``DESMIGRATIF_TOKENS``      a folder with one for each service: ``<service>/token``
``DESMIGRATIF_ADDRESSES``   where commands reach the services, as JSON
==========================  ==========================================================================================
"""

import json
import os
import signal
from pathlib import Path

from deploy import SERVICES
from deploy.issuer import Issuer, ServiceTokens
from deploy.secret_files import write_private
from deploy.standing import standing

_ENDING = (signal.SIGTERM, signal.SIGINT)
_LOOK_SECONDS = 60.0


def main() -> None:
    """Issue until SIGTERM or SIGINT."""
    # Waited for, not handled: a container's first process gets no signal that it has neither blocked nor a handler for.
    signal.pthread_sigmask(signal.SIG_BLOCK, _ENDING)
    data, tokens = Path(os.environ["DESMIGRATIF_DATA"]), Path(os.environ["DESMIGRATIF_TOKENS"])
    with standing(data, json.loads(os.environ["DESMIGRATIF_ADDRESSES"])):
        issuer = Issuer(data)
        write_private(Path(os.environ["DESMIGRATIF_JWKS"]), issuer.jwks.read_text())
        services = ServiceTokens(issuer, {service: tokens / service / "token" for service in SERVICES})
        services.renew()
        print("issuing", flush=True)  # noqa: T201 - what its log is to say
        while signal.sigtimedwait(_ENDING, _LOOK_SECONDS) is None:
            services.renew()


if __name__ == "__main__":
    main()
