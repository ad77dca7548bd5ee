"""The only clock. *today* can be set for a whole house; instants cannot."""

from dataclasses import dataclass
from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

JAKARTA = ZoneInfo("Asia/Jakarta")


@dataclass(frozen=True, slots=True)
class Clock:
    """The programme's calendar (Asia/Jakarta); *fixed* holds it at one day."""

    fixed: date | None = None

    def today(self) -> date:
        """The calendar day."""
        return self.fixed or datetime.now(JAKARTA).date()


def now() -> datetime:
    """This instant, UTC."""
    return datetime.now(UTC)
