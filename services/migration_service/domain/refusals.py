"""Every way in which this service says no. Codes of columns begin with the column's name."""

from collections.abc import Sequence
from typing import NoReturn

from shared.errors import ColumnError, Refusal, Refused

# ------------------------------------------------------------------------------------------------ what was sent: 422

COUNTRY_UNKNOWN = Refusal(
    "country-unknown",
    422,
    "The country is none that is known, or it is Indonesia.",
    "Negara tujuan tidak dikenal, atau Indonesia sendiri.",
)
CONTRACT_DATE_INVALID = Refusal(
    "contract-date-invalid",
    422,
    "The contract date is no date, or lies in the future.",
    "Tanggal kontrak bukan tanggal yang sah, atau setelah hari ini.",
)
DEPARTED_ON_INVALID = Refusal(
    "departed-on-invalid",
    422,
    "The day of departure is no date, or lies in the future.",
    "Tanggal keberangkatan bukan tanggal yang sah, atau setelah hari ini.",
)
SCHEME_INVALID = Refusal(
    "scheme-invalid", 422, "This is no placement scheme.", "Ini bukan skema penempatan yang dikenal."
)
SECTOR_INVALID = Refusal("sector-invalid", 422, "This is no sector.", "Ini bukan sektor yang dikenal.")
PROCEDURE_INVALID = Refusal(
    "procedure-invalid",
    422,
    "A departure is procedural, non-procedural or unknown.",
    "Keberangkatan bersifat prosedural, nonprosedural, atau belum diketahui.",
)
RETURNED_ON_INVALID = Refusal(
    "returned-on-invalid",
    422,
    "The day of return is no date, or lies in the future.",
    "Tanggal kepulangan bukan tanggal yang sah, atau setelah hari ini.",
)
REASON_UNKNOWN = Refusal(
    "reason-unknown",
    422,
    "This is none of the nine reasons of a return (UU 18/2017 art. 27).",
    "Ini bukan salah satu dari sembilan sebab kepulangan (UU 18/2017 Pasal 27).",
)
ENDED_ON_INVALID = Refusal(
    "ended-on-invalid",
    422,
    "The day on which the leave ended is no date, or lies in the future.",
    "Tanggal berakhirnya cuti bukan tanggal yang sah, atau setelah hari ini.",
)
WORKER_ID_MISSING = Refusal(
    "worker-id-missing",
    422,
    "Only a check may leave out whose departure it is.",
    "Hanya pemeriksaan (check) yang boleh tanpa worker_id.",
)

# ------------------------------------------------------------------------------------------ what is not there: 404

WORKER_UNKNOWN = Refusal(
    "worker-unknown",
    404,
    "No service file is known for this worker here.",
    "Berkas layanan pekerja ini tidak dikenal di sini.",
)

# ------------------------------------------------------------------------------------------------ what cannot be: 409

DUPLICATE_ROW = Refusal(
    "duplicate-row",
    409,
    "This placement of this worker is recorded already.",
    "Penempatan ini sudah tercatat untuk pekerja ini.",
)
TRIP_RETRACTED = Refusal(
    "trip-retracted",
    409,
    "This trip was recorded in error and has been retracted.",
    "Perjalanan ini salah catat dan sudah ditarik.",
)
ALREADY_RETURNED = Refusal(
    "already-returned",
    409,
    "The worker is back from this trip already.",
    "Pekerja sudah pulang dari perjalanan ini.",
)
ALREADY_ON_LEAVE = Refusal(
    "already-on-leave",
    409,
    "The worker is home on leave from this trip already.",
    "Pekerja sudah pulang cuti dari perjalanan ini.",
)
NOT_ON_LEAVE = Refusal(
    "not-on-leave",
    409,
    "The worker is not home on leave from this trip.",
    "Pekerja tidak sedang cuti dari perjalanan ini.",
)
NOT_RETURNED = Refusal(
    "not-returned",
    409,
    "No return from this trip is recorded.",
    "Belum ada kepulangan yang tercatat untuk perjalanan ini.",
)
LEAVE_NOT_ENDED = Refusal(
    "leave-not-ended",
    409,
    "No end of a leave is recorded for this trip.",
    "Belum ada akhir cuti yang tercatat untuk perjalanan ini.",
)
TRIP_HAS_RETURN = Refusal(
    "trip-has-return",
    409,
    "A later return stands on this; retract that first.",
    "Ada kepulangan sesudahnya; tarik kepulangan itu lebih dahulu.",
)
LEAVE_HAS_ENDED = Refusal(
    "leave-has-ended",
    409,
    "The end of this leave is recorded; retract that first.",
    "Akhir cuti ini sudah tercatat; tarik akhir cuti itu lebih dahulu.",
)
RETURNED_BEFORE_DEPARTURE = Refusal(
    "returned-before-departure",
    409,
    "Nobody returns before leaving.",
    "Kepulangan tidak mungkin mendahului keberangkatan.",
)
RETURNED_BEFORE_LEAVE = Refusal(
    "returned-before-leave",
    409,
    "The return lies before the leave it followed.",
    "Kepulangan mendahului cuti yang dilanjutkannya.",
)
RETURNED_BEFORE_LEAVE_ENDED = Refusal(
    "returned-before-leave-ended",
    409,
    "The return lies before the end of the leave that came before it.",
    "Kepulangan mendahului berakhirnya cuti sebelumnya.",
)
LEAVE_ENDED_BEFORE_LEAVE = Refusal(
    "leave-ended-before-leave",
    409,
    "A leave does not end before it begins.",
    "Cuti tidak mungkin berakhir sebelum dimulai.",
)

_OF_COLUMNS = {
    refusal.slug: refusal
    for refusal in (
        COUNTRY_UNKNOWN,
        CONTRACT_DATE_INVALID,
        DEPARTED_ON_INVALID,
        SCHEME_INVALID,
        SECTOR_INVALID,
        PROCEDURE_INVALID,
        RETURNED_ON_INVALID,
        REASON_UNKNOWN,
        ENDED_ON_INVALID,
    )
}


def refuse(errors: Sequence[ColumnError]) -> NoReturn:
    """Refuse what was sent: named by its first code, with one error for each column."""
    raise Refused(_OF_COLUMNS[errors[0].code], errors=errors)
