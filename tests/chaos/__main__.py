"""``python -m tests.chaos [--seed N] [--faults N] [--minutes N] [--fault KIND]``: one run, told line by line.

Ends with 1 if there is a finding. The seed is printed first, and in what folder the history and the logs lie; a run
without a finding takes the folder away.
"""

import argparse
import asyncio
import os
import secrets
import shutil
import sys
import tempfile
from pathlib import Path

import stamina.instrumentation

from tests.chaos.faults import ALL
from tests.chaos.run import FAULTS, Run, run
from tests.conftest import SEED


def main() -> None:
    """Read the command line, do it."""
    parser = argparse.ArgumentParser(prog="python -m tests.chaos")
    parser.add_argument("--seed", type=int, default=int(os.environ.get(SEED) or secrets.randbits(32)))
    parser.add_argument("--faults", type=int, default=FAULTS, help="how many are made")
    parser.add_argument("--minutes", type=float, help="go on for so long instead")
    parser.add_argument("--fault", action="append", default=[], choices=sorted(ALL), help="only of this kind")
    asked = parser.parse_args()
    folder = Path(tempfile.mkdtemp(prefix="desmigratif-chaos-"))
    folder.chmod(0o711)  # PostgreSQL's account passes through
    _say(f"{SEED}={asked.seed} {folder}")
    stamina.instrumentation.set_on_retry_hooks([])  # what is sent again stands in the history
    outcome = asyncio.run(run(Run(asked.seed, folder, asked.faults, asked.minutes, tuple(asked.fault)), _say))
    if outcome.findings:
        _say(f"{SEED}={asked.seed} does it again; what happened is kept in {folder}")
        sys.exit(1)
    shutil.rmtree(folder)


def _say(said: str) -> None:
    sys.stdout.write(f"{said}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
