"""Invented people of Kuripan, and the facts that tests begin with."""

from datetime import date
from uuid import UUID

from services.registry.domain.person import PersonRegistered, WorkerRegistered
from shared.personal import Known
from shared.vocabulary import Occurred

TODAY = date(2026, 11, 21)
NOW = Occurred(TODAY)
KURIPAN = "33.07.10.2004"
LIPURSARI = "33.07.05.2002"

SARI, BUDI, DEWI = UUID(int=1), UUID(int=2), UUID(int=3)
TRIP, OTHER_TRIP = UUID(int=11), UUID(int=12)
FIRST_EVENT = UUID(int=21)

REGISTERED = PersonRegistered(
    occurred=NOW,
    person_id=SARI,
    village=KURIPAN,
    full_name=Known("Sari Wulandari"),
    nik=Known("3307106902009001"),
    birth_date=Known(date(2000, 2, 29)),
)
WORKER = WorkerRegistered(occurred=NOW, person_id=SARI, village=KURIPAN)
