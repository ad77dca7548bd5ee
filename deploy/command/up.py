"""`desmigratif up`: the house, kept running until somebody ends it. What it holds stays in the data folder."""

import shlex
from collections.abc import Mapping
from datetime import date
from pathlib import Path

from rich.console import Console

from deploy.command.calls import MIGRATION, SERVICES
from deploy.command.running import DATA, DEFAULT_DATA
from deploy.command.showing import aside, results, step, table
from deploy.house import House

_HOW = """\
A placement list:  .venv/bin/desmigratif load FILE.csv
A return, with the id of one of the trips that the first call shows:
  TOKEN=$(.venv/bin/desmigratif token --role integrator --area '*')
  curl -s -H "Authorization: Bearer $TOKEN" '{migration}/trips?region=33.07.10.2004&limit=1'
  curl -s -H "Authorization: Bearer $TOKEN" -H 'Content-Type: application/json' -H 'Idempotency-Key: my-first' \\
    -d '{{"trip_id": "…", "returned_on": "2026-11-20", "reason": "contract_ended"}}' {migration}/returns
Ctrl-C ends all of it; the data stay. · Ctrl-C mengakhiri semuanya; data tetap tersimpan.
"""


def run(data: Path, today: date | None, replicas: Mapping[str, int]) -> None:
    """Start, say where everything is, look after it; Ctrl-C and SIGTERM end it all."""
    house = House(
        data, today=today, replicas=replicas, say=lambda sentence: aside().print(f"  {sentence}", markup=False)
    )
    try:
        with step("Starting · memulai"):
            house.start()
        show(house, results())
        house.watch()
    except KeyboardInterrupt:
        aside().print("Ending · mengakhiri")
    finally:
        house.stop()
    aside().print(f"Ended; the data stay in {data} · selesai, data tetap tersimpan", markup=False)


def show(house: House, console: Console) -> None:
    """Addresses, the API pages, and how to say that somebody came home."""
    several = max(house.replicas.values()) > 1
    addresses = table("Running · berjalan", "service", "address", "API pages", *(["processes"] if several else []))
    for service in SERVICES:
        address = house.addresses[service]
        addresses.add_row(service, address, f"{address}/docs", *([str(house.replicas[service])] if several else []))
    console.print(addresses)
    console.print()
    if house.data != Path(DEFAULT_DATA).absolute():
        console.print(f"Other commands find it with: export {DATA}={shlex.quote(str(house.data))}", markup=False)
    console.print(_HOW.format(migration=house.addresses[MIGRATION]), markup=False, highlight=False)
