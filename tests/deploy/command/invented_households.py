"""A list of invented households, as many as are asked for, the same from the same seed.

``python -m tests.deploy.command.invented_households > list.csv`` writes as many as the programme counted, with its
42,410 children, in 402 villages. Nobody in it exists; a NIK has a serial of 9000 or more, most people have none.
"""

import csv
import sys
from collections.abc import Iterator
from datetime import date, timedelta
from random import Random

from lokal import wilayah

HOUSEHOLDS, CHILDREN, PEOPLE, VILLAGES = 40_072, 42_410, 150_000, 402
HEADER = ("Rumah Tangga", "Nama", "Hubungan", "Kode Desa", "NIK", "Tanggal Lahir", "No KK", "PMI", "Tanggal Pendataan")

_GIVEN = ("Siti", "Joko", "Sri", "Budi", "Dewi", "Agus", "Wati", "Eko", "Rina", "Dwi", "Nur", "Slamet", "Yanti", "Hadi")
_FAMILY = ("Lestari", "Santoso", "Wibowo", "Rahayu", "Hidayat", "Utami", "Prasetyo", "Susanti", "Saputra", "Maharani")
_REGENCIES = ("32.12", "33.07", "35.04", "52.03")


def villages(many: int = VILLAGES) -> list[str]:
    """Codes of real villages in regencies that the programme is in."""
    codes: list[str] = []
    for regency in _REGENCIES:
        for district in range(1, 40):
            for village in range(2001, 2025):
                code = f"{regency}.{district:02d}.{village}"
                if wilayah.wilayah_name(code):
                    codes.append(code)
    return codes[:many]


def lines(households: int, seed: int = 1) -> Iterator[tuple[str, ...]]:
    """One line a person, each household's after one another."""
    chance = Random(seed)  # noqa: S311  people are invented, not secrets
    places, serial = villages(), 0
    for n in range(households):
        village = places[n % len(places)]
        surveyed = date(2016 + n * 10 // max(households, 10), 1 + n % 12, 1 + n % 28)
        card = f"{village.replace('.', '')[:6]}{surveyed:%d%m%y}9{n // 12 % 1000:03d}" if chance.random() < 0.5 else ""
        relations = ["kepala keluarga"]
        relations += ["istri" if chance.random() < 0.8 else "suami"] if chance.random() < 0.9 else []
        # As many as make the programme's figures of this many households.
        relations += ["anak"] * ((n + 1) * CHILDREN // HOUSEHOLDS - n * CHILDREN // HOUSEHOLDS)
        others = PEOPLE / HOUSEHOLDS - CHILDREN / HOUSEHOLDS - 1.9
        relations += ["orang tua"] if chance.random() < others else []
        worker = chance.randrange(min(2, len(relations))) if chance.random() < 0.7 else None
        for place, relation in enumerate(relations):
            young = relation == "anak"
            born = date(2008 if young else 1960, 1, 1) + timedelta(days=chance.randrange(3_000 if young else 14_000))
            born = min(born, surveyed)
            nik = ""
            if chance.random() < 0.1:
                serial += 1
                nik = f"{village.replace('.', '')[:6]}{born:%d%m%y}9{serial % 1000:03d}"
            yield (
                f"RT-{n + 1:06d}",
                f"{chance.choice(_GIVEN)} {chance.choice(_GIVEN)} {chance.choice(_FAMILY)}",
                relation,
                village,
                nik,
                born.isoformat() if young or nik else "",
                card if place == 0 else "",
                "ya" if place == worker else "",
                surveyed.isoformat() if place == 0 else "",
            )


if __name__ == "__main__":
    written = csv.writer(sys.stdout)
    written.writerow(HEADER)
    written.writerows(lines(int(sys.argv[1]) if len(sys.argv) > 1 else HOUSEHOLDS))
