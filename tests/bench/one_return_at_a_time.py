"""From a return's 201 to the roster that shows it, one return at a time, beside the client's own floor.

``python -m tests.bench.one_return_at_a_time [N]`` starts a house of its own in a temporary folder and records N returns
for each roster. For each: the time from the arrival of its 201 to the arrival of the 200 to a roster read sent at once
with that Event-Position, which must contain the person. The floor is an empty GET by the same client. Milliseconds.
"""

import statistics
import sys
import tempfile
import time
from pathlib import Path

from tests.houses import KURIPAN, Api, a_house, nik

ROSTERS = {"enterprise": "/training-roster", "cooperative": "/prospects"}


def measure(returns: int) -> dict[str, list[float]]:
    """Milliseconds by what was asked."""
    took: dict[str, list[float]] = {"floor": [], **{service: [] for service in ROSTERS}}
    with tempfile.TemporaryDirectory() as folder, a_house(Path(folder) / "data") as house, Api(house) as api:
        trips: list[tuple[str, str]] = []
        after: str | None = None
        for n in range(returns):
            worker = api.post("registry", "/workers", {"nik": nik(n), "name": f"Orang {n}", "village": KURIPAN})
            worker.raise_for_status()
            departure = api.post(
                "migration_service",
                "/departures",
                {"worker_id": worker.json()["id"], "country": "TW", "departed_on": "2024-01-02"},
                after=worker.headers["Event-Position"],
            )
            departure.raise_for_status()
            trips.append((worker.json()["id"], departure.json()["id"]))
            after = departure.headers["Event-Position"]
        for service, path in ROSTERS.items():
            api.get(service, path, after=after).raise_for_status()
        for n, (worker_id, trip_id) in enumerate(trips):
            service, path = list(ROSTERS.items())[n % 2]
            returned = api.post(
                "migration_service",
                "/returns",
                {"trip_id": trip_id, "returned_on": "2026-01-02", "reason": "contract_ended"},
            )
            arrived = time.perf_counter()
            roster = api.get(service, f"{path}/{worker_id}", after=returned.headers["Event-Position"])
            took[service].append((time.perf_counter() - arrived) * 1000)
            if returned.status_code != 201 or roster.status_code != 200:
                raise SystemExit(f"return {n}: {returned.status_code}, {service}: {roster.status_code}")
            arrived = time.perf_counter()
            api.get(service, "/health/live")
            took["floor"].append((time.perf_counter() - arrived) * 1000)
    return took


def main() -> None:
    """Measure and print a table."""
    each = int(sys.argv[1]) if len(sys.argv) > 1 else 500
    for what, milliseconds in measure(len(ROSTERS) * each).items():
        ordered = sorted(milliseconds)
        p99 = ordered[min(len(ordered) - 1, int(len(ordered) * 0.99))]
        sys.stdout.write(f"{what:12} n={len(ordered):4}  p50={statistics.median(ordered):7.2f}  p99={p99:7.2f}\n")


if __name__ == "__main__":
    main()
