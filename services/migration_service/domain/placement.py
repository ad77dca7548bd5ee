"""What is said of a departure: where to, under which decree and contract, when, by which way.

The cells come as the list has them (BP3MI: *Negara Tujuan, SK Penempatan, Tanggal Kontrak*) or as a form sends them;
`placement` makes one `Placement` of them or refuses with one code for each column. It never asks whether the way was
legal: a non-procedural departure is a fact like any other (*nonprosedural*), and the flag never denies a service.
"""

from dataclasses import dataclass
from datetime import date
from typing import Literal, TypeVar, get_args
from uuid import UUID

from services.migration_service.domain import refusals
from services.migration_service.domain.contract_date import EARLIEST, contract_date
from services.migration_service.domain.country import country_code
from shared.errors import ColumnError
from shared.personal import Known, Personal, known
from shared.vocabulary import Occurred

Scheme = Literal[
    "g_to_g",  # government to government (Badan, UU 18/2017 Ps 49)
    "g_to_p",  # government to private: Badan with a foreign legal entity (PP 10/2020 Ps 50)
    "p_to_p",  # private to private, by a P3MI
    "contract_extension_home",  # perpanjangan perjanjian kerja dalam negeri
    "contract_extension_abroad",  # perpanjangan perjanjian kerja luar negeri
    "individual",  # perseorangan, mandiri
    "own_company",  # UKPS, untuk kepentingan perusahaan sendiri
    "unknown",
]
"""Skema penempatan, as the placement statistics divide it."""

Sector = Literal["formal", "informal", "unknown"]
"""Sektor: employed by a legal entity (formal) or by a household (informal)."""

Procedure = Literal["procedural", "non_procedural", "unknown"]
"""Status prosedural. Who asks often cannot tell, and families fear blame: *unknown* is an answer."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Placement:
    """A departure in the words of this service.

    *departed*: the day of leaving, as well as it is known. *country*: ISO 3166-1 alpha-2. *decree*: the number of the
    placement decree (SK penempatan), personal since it leads to a name. *contract_date*: the programme's calendar.
    """

    departed: Occurred
    country: str
    decree: Personal[str] | None
    contract_date: date | None
    scheme: Scheme
    sector: Sector
    procedure: Procedure

    def same_as(self, worker_id: UUID) -> tuple[str, ...] | None:
        """What two placements of one worker have in common when they are one: see `claimed`; None once erased."""
        if self.decree is not None and not isinstance(self.decree, Known):
            return None
        return claimed(worker_id, known(self.decree), self.contract_date, self.departed)


def claimed(worker_id: UUID, decree: str | None, contract: date | None, departed: Occurred) -> tuple[str, ...]:
    """The worker and the decree, whatever its case; without one the contract date stands for it, else the departure."""
    if decree is not None:
        return (str(worker_id), "decree", decree.casefold())
    if contract is not None:
        return (str(worker_id), "contract-date", contract.isoformat())
    return (str(worker_id), "departed-on", str(departed))


@dataclass(frozen=True, slots=True, kw_only=True)
class Cells:
    """A departure as it was sent. None: not sent. *departed_on* is an ISO date, partial where less is known.

    *decree* and *contract_date* may be blank: a decree's blank means that there is none.
    """

    country: str | None = None
    decree: str | None = None
    contract_date: str | None = None
    departed_on: str | None = None
    scheme: str | None = None
    sector: str | None = None
    procedure: str | None = None


def placement(cells: Cells, today: date, before: Placement | None = None) -> Placement:
    """What *cells* say; where *before* is corrected, what was not sent stays.

    A departure without its own day happened on the contract date; where it did, it follows that date's correction.

    Rejects: country-unknown, contract-date-invalid (blank without departed_on, no date, after *today*),
    departed-on-invalid (no date, begins after *today*), scheme-invalid, sector-invalid, procedure-invalid.
    """
    errors: list[ColumnError] = []

    country = before.country if before and cells.country is None else country_code(cells.country or "")
    if country is None:
        errors.append(ColumnError("country", refusals.COUNTRY_UNKNOWN.slug))

    contract, contract_fits = _contract_date(cells, today, before)
    if not contract_fits:
        errors.append(ColumnError("contract_date", refusals.CONTRACT_DATE_INVALID.slug))

    departed = _departed(cells, contract, before)
    if departed is None or not EARLIEST <= departed.on <= today:
        departed = None
        if contract_fits or not _blank(cells.departed_on):
            errors.append(ColumnError("departed_on", refusals.DEPARTED_ON_INVALID.slug))

    scheme = _one_of(get_args(Scheme), cells.scheme, before.scheme if before else "unknown")
    sector = _one_of(get_args(Sector), cells.sector, before.sector if before else "unknown")
    procedure = _one_of(get_args(Procedure), cells.procedure, before.procedure if before else "unknown")
    for column, value in (("scheme", scheme), ("sector", sector), ("procedure", procedure)):
        if value is None:
            errors.append(ColumnError(column, f"{column}-invalid"))

    if country is None or departed is None or scheme is None or sector is None or procedure is None or errors:
        refusals.refuse(errors)
    return Placement(
        departed=departed,
        country=country,
        decree=before.decree if before and cells.decree is None else _decree(cells.decree),
        contract_date=contract,
        scheme=scheme,
        sector=sector,
        procedure=procedure,
    )


def _blank(cell: str | None) -> bool:
    return not (cell or "").strip()


def _decree(cell: str | None) -> Personal[str] | None:
    """The number as written, blanks collapsed; a blank cell is none."""
    written = " ".join((cell or "").split())
    return Known(written) if written else None


def _contract_date(cells: Cells, today: date, before: Placement | None) -> tuple[date | None, bool]:
    """The contract date and whether it may be so: a departure needs that date or a day of its own."""
    if before and cells.contract_date is None:
        return before.contract_date, True
    if _blank(cells.contract_date):
        return None, before is not None or not _blank(cells.departed_on)
    read = contract_date(cells.contract_date or "", today)
    return read, read is not None


def _departed(cells: Cells, contract: date | None, before: Placement | None) -> Occurred | None:
    if cells.departed_on is not None and not _blank(cells.departed_on):
        return Occurred.parse(cells.departed_on)
    followed = before is None or (
        before.contract_date is not None and before.departed == Occurred(before.contract_date)
    )
    if followed and contract is not None:
        return Occurred(contract)
    return before.departed if before else None


Code = TypeVar("Code", bound=str)


def _one_of(codes: tuple[Code, ...], cell: str | None, otherwise: Code) -> Code | None:
    """The code that *cell* is; *otherwise* where it was not sent."""
    if cell is None:
        return otherwise
    return next((code for code in codes if code == cell), None)
