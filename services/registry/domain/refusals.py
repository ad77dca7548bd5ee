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
        "NIK ini dibulatkan oleh aplikasi lembar sebar; digit-digit terakhirnya hilang.",
    ),
    Refusal("nik-length", 422, "A NIK has exactly 16 digits.", "NIK harus terdiri atas tepat 16 digit."),
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
        "Kode kabupaten/kota atau kecamatan dalam NIK ini adalah 00.",
    ),
    Refusal(
        "nik-impossible-date",
        422,
        "The birth date in this NIK is no date.",
        "Tanggal lahir dalam NIK ini tidak ada dalam kalender.",
    ),
    Refusal(
        "nik-serial-zero",
        422,
        "The serial number of a NIK begins at 0001.",
        "Nomor urut NIK dimulai dari 0001.",
    ),
    Refusal(
        "nik-twice",
        422,
        "This NIK stands on two lines of the household.",
        "NIK ini tertulis pada dua baris rumah tangga ini.",
    ),
    Refusal("name-missing", 422, "The name is missing.", "Nama belum diisi."),
    Refusal(
        "birth-date-invalid",
        422,
        "The birth date is not a date (YYYY-MM-DD) up to today.",
        "Tanggal lahir harus berupa tanggal (TTTT-BB-HH), paling lambat hari ini.",
    ),
    Refusal(
        "birth-date-after-survey",
        422,
        "The birth date lies after the day of the survey.",
        "Tanggal lahir melewati tanggal pendataan.",
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
        "Tanggal meninggal harus berupa tanggal (TTTT-BB-HH, TTTT-BB, atau TTTT), paling lambat hari ini.",
    ),
    Refusal(
        "verified-on-invalid",
        422,
        "The day of the verification is not a date (YYYY-MM-DD) up to today.",
        "Tanggal verifikasi harus berupa tanggal (TTTT-BB-HH), paling lambat hari ini.",
    ),
    Refusal(
        "of-version-unknown",
        422,
        "This person's history has no such version.",
        "Riwayat orang ini tidak memiliki versi seperti itu.",
    ),
    Refusal("outcomes-missing", 422, "No field is named.", "Tidak ada isian yang disebut."),
    Refusal(
        "outcomes-of-nothing",
        422,
        "A field named here is not recorded of this person, so nothing was held against it.",
        "Isian yang disebut di sini belum dicatat untuk orang ini, sehingga tidak ada yang dicocokkan.",
    ),
    Refusal(
        "kind-of-document-unknown", 422, "There is no such kind of document.", "Tidak ada jenis dokumen seperti ini."
    ),
    Refusal("number-of-document-missing", 422, "The number of the document is missing.", "Nomor dokumen belum diisi."),
    Refusal(
        "valid-from-invalid",
        422,
        "The first day of validity is not a date (YYYY-MM-DD).",
        "Tanggal mulai berlaku harus berupa tanggal (TTTT-BB-HH).",
    ),
    Refusal(
        "valid-until-invalid",
        422,
        "The last day of validity is not a date (YYYY-MM-DD).",
        "Tanggal akhir berlaku harus berupa tanggal (TTTT-BB-HH).",
    ),
    Refusal(
        "valid-until-before-valid-from",
        422,
        "The last day of validity lies before the first.",
        "Tanggal akhir berlaku mendahului tanggal mulai berlaku.",
    ),
    Refusal(
        "withdrawn-on-invalid",
        422,
        "The day of the withdrawal is not a date (YYYY-MM-DD) up to today.",
        "Tanggal pencabutan harus berupa tanggal (TTTT-BB-HH), paling lambat hari ini.",
    ),
    Refusal(
        "reason-no-ground",
        422,
        "This is no ground on which the law lets an erasure be refused.",
        "Ini bukan dasar hukum untuk menolak penghapusan data.",
    ),
    Refusal(
        "until-of-hold-invalid",
        422,
        "The last day of the hold is not a date (YYYY-MM-DD) from today on.",
        "Hari terakhir penundaan harus berupa tanggal (TTTT-BB-HH), paling awal hari ini.",
    ),
    Refusal(
        "year-invalid",
        422,
        "The programme year lies before the programme's first or after next year.",
        "Tahun program mendahului tahun pertama program itu atau melewati tahun depan.",
    ),
    Refusal("decree-missing", 422, "The decree is missing.", "Surat keputusan belum diisi."),
    Refusal(
        "programme-unknown",
        422,
        "No programme has this code.",
        "Tidak ada program dengan kode ini.",
    ),
    Refusal(
        "on-invalid",
        422,
        "This is not a date (YYYY-MM-DD, YYYY-MM or YYYY) up to today.",
        "Isian ini harus berupa tanggal (TTTT-BB-HH, TTTT-BB, atau TTTT), paling lambat hari ini.",
    ),
    Refusal("kind-unknown", 422, "No kind has this code.", "Tidak ada jenis dengan kode ini."),
    Refusal("condition-unknown", 422, "No condition has this code.", "Tidak ada kondisi dengan kode ini."),
    Refusal("role-unknown", 422, "No role has this code.", "Tidak ada peran dengan kode ini."),
    Refusal("area-unknown", 422, "No region has this code.", "Tidak ada wilayah dengan kode ini."),
    Refusal(
        "area-of-another-level",
        422,
        "Officers and responsible persons serve a village, coordinators a regency.",
        "Petugas dan penanggung jawab bertugas di desa, koordinator di kabupaten/kota.",
    ),
    Refusal("agreement-missing", 422, "The agreement's number is missing.", "Nomor perjanjian belum diisi."),
    Refusal(
        "starts-on-invalid",
        422,
        "The first day is not a date (YYYY-MM-DD, YYYY-MM or YYYY).",
        "Tanggal mulai harus berupa tanggal (TTTT-BB-HH, TTTT-BB, atau TTTT).",
    ),
    Refusal(
        "ends-on-invalid",
        422,
        "The last day is not a date (YYYY-MM-DD, YYYY-MM or YYYY).",
        "Tanggal berakhir harus berupa tanggal (TTTT-BB-HH, TTTT-BB, atau TTTT).",
    ),
    Refusal(
        "ends-on-before-start",
        422,
        "The last day lies before the first.",
        "Tanggal berakhir mendahului tanggal mulai.",
    ),
    Refusal("what-missing", 422, "What was promised is missing.", "Isi komitmen belum diisi."),
    Refusal(
        "quantity-invalid",
        422,
        "The amount is not between one and a thousand million million.",
        "Jumlah tidak berada di antara satu dan seribu triliun.",
    ),
    Refusal("unit-unknown", 422, "No unit has this code.", "Tidak ada satuan dengan kode ini."),
    Refusal(
        "due-on-invalid",
        422,
        "The day on which it is due is not a date (YYYY-MM-DD, YYYY-MM or YYYY).",
        "Tenggat harus berupa tanggal (TTTT-BB-HH, TTTT-BB, atau TTTT).",
    ),
    Refusal(
        "due-on-before-promise",
        422,
        "It would be due before the day on which it was promised.",
        "Tenggat mendahului tanggal komitmen dibuat.",
    ),
    Refusal(
        "attendance-invalid",
        422,
        "The attendance names an unknown role, holds a count that is none, or nobody came.",
        "Kehadiran memuat peran yang tidak dikenal, jumlah yang salah, atau tidak ada yang hadir.",
    ),
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
        "since-invalid",
        422,
        "The day since when this holds is not a date (YYYY-MM-DD, YYYY-MM or YYYY) up to today.",
        "Tanggal mulai berlaku harus berupa tanggal (TTTT-BB-HH, TTTT-BB, atau TTTT), paling lambat hari ini.",
    ),
    Refusal(
        "left-on-invalid",
        422,
        "The day of leaving is not a date (YYYY-MM-DD, YYYY-MM or YYYY) up to today.",
        "Tanggal keluar harus berupa tanggal (TTTT-BB-HH, TTTT-BB, atau TTTT), paling lambat hari ini.",
    ),
    Refusal(
        "surveyed-on-invalid",
        422,
        "The day of the survey is not a date (YYYY-MM-DD) up to today.",
        "Tanggal pendataan harus berupa tanggal (TTTT-BB-HH), paling lambat hari ini.",
    ),
    Refusal(
        "relation-unknown",
        422,
        "This is no relation to the head: head, spouse, child, parent or other.",
        "Hubungan dengan kepala keluarga harus salah satu dari: kepala, suami/istri, anak, orang tua, atau lainnya.",
    ),
    Refusal(
        "relation-no-head",
        422,
        "Exactly one of the people of a household is its head.",
        "Dalam satu rumah tangga harus ada tepat satu kepala keluarga.",
    ),
    Refusal(
        "card-mangled-by-spreadsheet",
        422,
        "A spreadsheet turned this family-card number into a rounded number; its last digits are lost.",
        "Nomor KK ini dibulatkan oleh aplikasi lembar sebar; digit-digit terakhirnya hilang.",
    ),
    Refusal(
        "card-length", 422, "A family-card number has exactly 16 digits.", "Nomor KK harus terdiri atas tepat 16 digit."
    ),
    Refusal(
        "card-unknown-province",
        422,
        "The first two digits of this family-card number are no province.",
        "Dua digit pertama nomor KK ini bukan kode provinsi.",
    ),
    Refusal(
        "card-unknown-district",
        422,
        "The regency or district code in this family-card number is 00.",
        "Kode kabupaten/kota atau kecamatan dalam nomor KK ini adalah 00.",
    ),
    Refusal(
        "card-impossible-date",
        422,
        "The day of recording in this family-card number is no date; only a NIK raises it by 40.",
        "Tanggal pencatatan dalam nomor KK ini tidak ada dalam kalender; hanya dalam NIK tanggal ditambah 40.",
    ),
    Refusal(
        "card-serial-zero",
        422,
        "The serial number of a family card begins at 0001.",
        "Nomor urut KK dimulai dari 0001.",
    ),
    Refusal(
        "into-oneself",
        422,
        "Nobody is a duplicate of themself.",
        "Seseorang tidak dapat menjadi data ganda dari dirinya sendiri.",
    ),
    Refusal(
        "as-of-invalid",
        422,
        "A report is of today at the latest; that of villages, of the end of next year.",
        "Laporan paling jauh per hari ini; laporan desa, per akhir tahun depan.",
    ),
    Refusal(
        "begins-after-as-of",
        422,
        "The period of this report begins after its last day.",
        "Awal periode laporan ini melewati hari terakhirnya.",
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
DEATH_BEFORE_BIRTH = Refusal(
    "death-before-birth",
    409,
    "The day of death would lie before the birth date: correct whichever of the two is wrong.",
    "Tanggal meninggal mendahului tanggal lahir: perbaiki mana yang salah dari keduanya.",
)
DEATH_SAID_BY_TRIP = Refusal(
    "death-said-by-trip",
    409,
    "This death was recorded with a return; correct the return in the migration service.",
    "Kematian ini dicatat bersama kepulangan; perbaiki kepulangan itu di layanan migrasi.",
)
DOCUMENT_RECORDED_ALREADY = Refusal(
    "document-recorded-already",
    409,
    "A document of this kind and number is already recorded of this person: correct that one instead (PATCH).",
    "Dokumen dengan jenis dan nomor ini sudah dicatat untuk orang ini: perbaiki dokumen itu (PATCH).",
)
DOCUMENT_ALREADY_WITHDRAWN = Refusal(
    "document-already-withdrawn",
    409,
    "This document was already withdrawn, on another day; take that back first.",
    "Dokumen ini sudah dicabut pada tanggal lain; batalkan pencabutan itu dahulu.",
)
ERASURE_HELD = Refusal(
    "erasure-held",
    409,
    "This person's data may not be erased now: the law or a duty of the state forbids it.",
    "Data orang ini belum boleh dihapus: hukum atau tugas negara melarangnya.",
)
KIN_RECORDED_ELSEWHERE = Refusal(
    "kin-recorded-elsewhere",
    409,
    "What these two are to each other is already recorded in another household.",
    "Hubungan keluarga kedua orang ini sudah dicatat dalam rumah tangga lain.",
)
KIN_CONTRADICTORY = Refusal(
    "kin-contradictory",
    409,
    "These two are recorded as something else to each other; retract that relation first.",
    "Hubungan keluarga kedua orang ini tercatat lain; batalkan hubungan itu dahulu.",
)
SEARCH_TOO_WIDE = Refusal(
    "search-too-wide",
    422,
    "Name a region or a year of birth: your area is the whole country.",
    "Sebutkan wilayah atau tahun lahir: wilayah Anda seluruh Indonesia.",
)
VILLAGE_ALREADY_DESIGNATED = Refusal(
    "village-already-designated",
    409,
    "This village is already designated, by another decree or for another year.",
    "Desa ini sudah ditetapkan dengan surat keputusan atau tahun lain.",
)
MEMBER_OF_ANOTHER_HOUSEHOLD = Refusal(
    "member-of-another-household",
    409,
    "This person lives in another household; record first that they left it.",
    "Orang ini tinggal di rumah tangga lain; catat dahulu bahwa ia keluar dari sana.",
)
ALREADY_A_MEMBER = Refusal(
    "already-a-member",
    409,
    "This person lives here already, since another day; correct that day instead.",
    "Orang ini sudah menjadi anggota sejak tanggal lain; perbaiki tanggal itu.",
)
NOT_IN_HOUSEHOLD = Refusal(
    "not-in-household",
    409,
    "This person does not live in this household.",
    "Orang ini bukan anggota rumah tangga ini.",
)
LEFT_BEFORE_JOINING = Refusal(
    "left-before-joining",
    409,
    "Nobody leaves a household before they joined it.",
    "Seseorang tidak dapat keluar dari rumah tangga sebelum bergabung.",
)
JOINED_BEFORE_LEAVING = Refusal(
    "joined-before-leaving",
    409,
    "This person had not left this household yet by that day.",
    "Pada tanggal itu orang ini belum keluar dari rumah tangga ini.",
)
HEAD_NOT_A_MEMBER = Refusal(
    "head-not-a-member",
    409,
    "Who heads a household lives in it.",
    "Kepala keluarga harus anggota rumah tangga itu.",
)
HOUSEHOLD_WITHOUT_HEAD = Refusal(
    "household-without-head",
    409,
    "Nobody is known to head this household; name its head first.",
    "Kepala keluarga belum diketahui; tetapkan dahulu.",
)
VILLAGE_ALREADY_PROPOSED = Refusal(
    "village-already-proposed",
    409,
    "This village is already proposed, on another day.",
    "Desa ini sudah diusulkan pada tanggal lain.",
)
VILLAGE_NOT_DESIGNATED = Refusal(
    "village-not-designated",
    409,
    "This village is not designated for the programme.",
    "Desa ini belum ditetapkan untuk program tersebut.",
)
VILLAGE_ALREADY_ACTIVE = Refusal(
    "village-already-active",
    409,
    "The programme already works in this village, since another day.",
    "Program sudah berjalan di desa ini sejak tanggal lain.",
)
PROGRAMME_ENDED = Refusal(
    "programme-ended",
    409,
    "The programme's support for this village has ended.",
    "Dukungan program untuk desa ini sudah berakhir.",
)
STEP_TOO_EARLY = Refusal(
    "step-too-early",
    409,
    "This day lies before the step that the village took before.",
    "Tanggal ini mendahului tahap desa yang sebelumnya.",
)
FACILITY_NOT_YET_THERE = Refusal(
    "facility-not-yet-there",
    409,
    "On that day the facility had not been opened.",
    "Pada tanggal itu fasilitas belum dibuka.",
)
FACILITY_CLOSED = Refusal(
    "facility-closed",
    409,
    "The facility is closed by another day, or a report is later than that.",
    "Fasilitas ditutup pada tanggal lain, atau ada laporan sesudahnya.",
)
APPOINTMENT_STANDS = Refusal(
    "appointment-stands",
    409,
    "This person already serves in this role in this area.",
    "Orang ini sudah bertugas dengan peran ini di wilayah ini.",
)
APPOINTMENT_NOT_BEGUN = Refusal(
    "appointment-not-begun",
    409,
    "On that day the appointment had not begun.",
    "Pada tanggal itu penugasan belum dimulai.",
)
APPOINTMENT_ENDED = Refusal(
    "appointment-ended",
    409,
    "The appointment ended on another day.",
    "Penugasan berakhir pada tanggal lain.",
)
PARTNER_UNKNOWN = Refusal(
    "partner-unknown",
    404,
    "The partner named here is not known in your area.",
    "Mitra yang disebut di sini tidak dikenal di wilayah Anda.",
)
PARTNERSHIP_NOT_BEGUN = Refusal(
    "partnership-not-begun",
    409,
    "On that day the partnership had not begun.",
    "Pada tanggal itu kemitraan belum dimulai.",
)
PARTNERSHIP_ENDED = Refusal(
    "partnership-ended",
    409,
    "The partnership ended on another day.",
    "Kemitraan berakhir pada tanggal lain.",
)
COMMITMENT_NOT_YET_MADE = Refusal(
    "commitment-not-yet-made",
    409,
    "On that day the commitment had not been made.",
    "Pada tanggal itu komitmen belum dibuat.",
)
COMMITMENT_JUDGED = Refusal(
    "commitment-judged",
    409,
    "It is recorded otherwise whether this commitment was kept.",
    "Pemenuhan komitmen ini sudah dicatat berbeda.",
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
KNOWN_OF_DUPLICATE = Refusal(
    "known-of-duplicate",
    409,
    "A duplicate of this person has a value here, which would be lost from sight: unmerge the two first.",
    "Data ganda orang ini memiliki isian ini, yang tidak akan terlihat lagi: pisahkan keduanya dahulu.",
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
