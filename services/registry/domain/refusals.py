"""Every way in which the registry says no. Slugs never change; no sentence repeats what was sent (P6)."""

from collections.abc import Iterable

from shared.errors import ColumnError, Refusal, Refused

# ---------------------------------------------------------------------------------------------------------------------
# Columns: one code a field of the input, status 422. The code begins with the name of its column.
# ---------------------------------------------------------------------------------------------------------------------

_COLUMN_REFUSALS = (
    Refusal(
        "nik-mangled-by-spreadsheet",
        422,
        "A spreadsheet turned this NIK into a rounded number; its last digits are lost.",
        "NIK ini diubah lembar sebar menjadi angka pembulatan; digit terakhirnya hilang.",
    ),
    Refusal("nik-length", 422, "A NIK has exactly 16 digits.", "NIK terdiri dari tepat 16 digit angka."),
    Refusal(
        "nik-unknown-province",
        422,
        "The first two digits of this NIK are no province.",
        "Dua digit pertama NIK ini bukan kode provinsi.",
    ),
    Refusal(
        "nik-unknown-district",
        422,
        "The regency or district code in this NIK is 00.",
        "Kode kabupaten/kota atau kecamatan dalam NIK ini 00.",
    ),
    Refusal(
        "nik-impossible-date",
        422,
        "The birth date in this NIK is no date.",
        "Tanggal lahir dalam NIK ini bukan tanggal yang ada.",
    ),
    Refusal(
        "nik-serial-zero",
        422,
        "The serial number of a NIK begins at 0001.",
        "Nomor urut NIK dimulai dari 0001.",
    ),
    Refusal("name-missing", 422, "The name is missing.", "Nama belum diisi."),
    Refusal(
        "birth-date-invalid",
        422,
        "The birth date is not a date (YYYY-MM-DD) up to today.",
        "Tanggal lahir bukan tanggal (TTTT-BB-HH) sampai hari ini.",
    ),
    Refusal(
        "village-unknown",
        422,
        "No village has this code.",
        "Tidak ada desa atau kelurahan dengan kode ini.",
    ),
    Refusal(
        "died-on-invalid",
        422,
        "The day of death is not a date (YYYY-MM-DD, YYYY-MM or YYYY) up to today.",
        "Tanggal meninggal bukan tanggal (TTTT-BB-HH, TTTT-BB, atau TTTT) sampai hari ini.",
    ),
    Refusal(
        "year-invalid",
        422,
        "The programme year lies before the first pilots (2016) or after next year.",
        "Tahun program sebelum percontohan pertama (2016) atau setelah tahun depan.",
    ),
    Refusal("decree-missing", 422, "The decree is missing.", "Surat keputusan belum diisi."),
    Refusal(
        "relation-of-oneself",
        422,
        "Nobody is their own spouse, child or parent.",
        "Seseorang tidak dapat menjadi pasangan, anak, atau orang tua dirinya sendiri.",
    ),
    Refusal(
        "guardian-not-of-a-child",
        422,
        "Only a child has a guardian, and is never its own.",
        "Hanya anak yang mempunyai wali, dan bukan dirinya sendiri.",
    ),
    Refusal(
        "into-oneself",
        422,
        "Nobody is a duplicate of themself.",
        "Seseorang bukan data ganda dari dirinya sendiri.",
    ),
)

COLUMN_REFUSALS = {refusal.slug: refusal for refusal in _COLUMN_REFUSALS}
"""The refusal for each code of a column; one that is no refusal is a warning."""


def of_columns(*columns: str) -> tuple[Refusal, ...]:
    """The refusals whose code begins with the name of one of *columns*."""
    return tuple(refusal for refusal in _COLUMN_REFUSALS if refusal.slug.startswith(columns))


def refused_for(*errors: ColumnError) -> Refused:
    """The refusal of the first of *errors* (in the order of the fields) that is more than a warning, naming all."""
    first = next(error for error in errors if not error.warning)
    return Refused(COLUMN_REFUSALS[first.code], errors=errors)


def refuse_columns(*found: ColumnError | None) -> tuple[ColumnError, ...]:
    """Refuse if a column of *found* (in the order of the fields) does not stand; else answer the warnings."""
    errors = tuple(error for error in found if error is not None)
    if any(not error.warning for error in errors):
        raise refused_for(*errors)
    return errors


def codes(warnings: Iterable[ColumnError]) -> tuple[str, ...]:
    """The bare codes, as a 2xx answer names them."""
    return tuple(warning.code for warning in warnings)


# ---------------------------------------------------------------------------------------------------------------------
# What is known says otherwise.
# ---------------------------------------------------------------------------------------------------------------------

NIK_BELONGS_TO_ANOTHER_NAME = Refusal(
    "nik-belongs-to-another-name",
    409,
    "This NIK is registered for a person of another name.",
    "NIK ini terdaftar atas nama orang lain.",
)
NIK_REGISTERED_ELSEWHERE = Refusal(
    "nik-registered-elsewhere",
    409,
    "This NIK is registered in a village outside your area.",
    "NIK ini terdaftar di desa di luar wilayah Anda.",
)
PERSON_UNKNOWN = Refusal(
    "person-unknown",
    404,
    "A person named here is not known in your area.",
    "Orang yang disebut di sini tidak dikenal di wilayah Anda.",
)
PERSON_ERASED = Refusal(
    "person-erased",
    410,
    "This person's data were erased.",
    "Data orang ini telah dihapus.",
)
DEATH_ALREADY_RECORDED = Refusal(
    "death-already-recorded",
    409,
    "Another day of death is already recorded; correct it instead.",
    "Tanggal meninggal yang lain sudah dicatat; perbaiki tanggal itu.",
)
DEATH_SAID_BY_TRIP = Refusal(
    "death-said-by-trip",
    409,
    "This death was recorded with a return; correct the return in the migration service.",
    "Kematian ini dicatat bersama kepulangan; perbaiki kepulangan itu di layanan migrasi.",
)
KIN_RECORDED_ELSEWHERE = Refusal(
    "kin-recorded-elsewhere",
    409,
    "This relation is already recorded in another household.",
    "Hubungan keluarga ini sudah dicatat dalam rumah tangga lain.",
)
VILLAGE_ALREADY_DESIGNATED = Refusal(
    "village-already-designated",
    409,
    "This village is already designated, by another decree or for another year.",
    "Desa ini sudah ditetapkan dengan surat keputusan atau tahun lain.",
)
NIK_OF_DUPLICATE = Refusal(
    "nik-of-duplicate",
    409,
    "This NIK is that of a duplicate of this person; unmerge the two and merge them the other way round.",
    "NIK ini milik data ganda orang ini; pisahkan keduanya dan gabungkan ke arah sebaliknya.",
)
DUPLICATE_OF_ANOTHER = Refusal(
    "duplicate-of-another",
    409,
    "This person was merged into somebody else; unmerge them first.",
    "Orang ini sudah digabungkan ke orang lain; pisahkan dahulu.",
)
HAS_DUPLICATES = Refusal(
    "has-duplicates",
    409,
    "Others were merged into this person; merge the other way round, or unmerge them first.",
    "Ada data yang sudah digabungkan ke orang ini; gabungkan ke arah sebaliknya, atau pisahkan dahulu.",
)
MERGE_WOULD_LOSE = Refusal(
    "merge-would-lose",
    409,
    "Something is known of the duplicate alone; merge the other way round, or record it of the other first.",
    "Ada data yang hanya tercatat pada data ganda; gabungkan ke arah sebaliknya, atau catat dahulu pada yang lain.",
)
MERGE_OF_RELATIVES = Refusal(
    "merge-of-relatives",
    409,
    "These two are recorded as relatives of each other; retract that relation first.",
    "Keduanya tercatat sebagai keluarga satu sama lain; batalkan hubungan itu dahulu.",
)
TOO_MANY_TO_COMPARE = Refusal(
    "too-many-to-compare",
    422,
    "Too many people live there to compare them all at once: name a smaller region.",
    "Terlalu banyak orang di wilayah itu untuk dibandingkan sekaligus: pilih wilayah yang lebih kecil.",
)
