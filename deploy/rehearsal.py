"""``DESMIGRATIF_FAULT``: what is rehearsed in a house, held against what there is before anything starts."""

import importlib
import os
from collections.abc import Mapping

from deploy import SERVICES
from deploy.program import HouseFailed
from shared.rehearsal import FAULT, FaultUnknown, check_faults


def rehearsed(environment: Mapping[str, str] = os.environ) -> str:
    """The setting as it stands, empty where nothing is rehearsed.

    Raises:
        HouseFailed: it names a service or a hearer that is not there, or cannot be read.
    """
    setting = environment.get(FAULT, "").strip()
    if setting:
        try:
            # Only now: the services' code is nothing that a house needs otherwise.
            composed = {name: importlib.import_module(f"services.{name}.main").SERVICE for name in SERVICES}
            check_faults(setting, {name: service.hearers for name, service in composed.items()})
        except FaultUnknown as unknown:
            raise HouseFailed(str(unknown)) from unknown
    return setting
