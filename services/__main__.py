"""``python -m services registry``: one process of the service that is named."""

import gc
import importlib
import sys

if __name__ == "__main__":
    gc.disable()  # what is imported stays; to look through it again and again would be a sixth of a start
    from shared.main import run

    service = importlib.import_module(f"services.{sys.argv[1]}.main").SERVICE
    gc.freeze()
    gc.enable()
    run(service)
