"""Every way in which enterprise says no, beside `shared.errors`."""

from shared.errors import Refusal

VILLAGE_UNKNOWN = Refusal(
    "village-unknown", 422, "No village has this code.", "Tidak ada desa atau kelurahan dengan kode ini."
)
TITLE_MISSING = Refusal("title-missing", 422, "A course needs a title.", "Pelatihan harus memiliki judul.")
TITLE_UNREADABLE = Refusal(
    "title-unreadable",
    422,
    "A title has at most 120 characters, all of them printable.",
    "Judul paling panjang 120 karakter, semuanya dapat dicetak.",
)
NOT_ON_ROSTER = Refusal(
    "not-on-roster",
    409,
    "This person is not on the training roster.",
    "Orang ini tidak ada dalam daftar calon peserta pelatihan.",
)
NOT_ENROLLED = Refusal(
    "not-enrolled", 409, "This person is not enrolled in the course.", "Orang ini bukan peserta pelatihan ini."
)
ON_BEFORE_COURSE = Refusal(
    "on-before-course", 422, "The course had not begun on that day.", "Pelatihan belum dimulai pada tanggal itu."
)
ON_IN_FUTURE = Refusal("on-in-future", 422, "That day is still to come.", "Tanggal itu belum tiba.")
