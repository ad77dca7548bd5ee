"""Every way in which cooperative says no, beside `shared.errors`."""

from shared.errors import Refusal

VILLAGE_UNKNOWN = Refusal(
    "village-unknown", 422, "No village has this code.", "Tidak ada desa atau kelurahan dengan kode ini."
)
NAME_MISSING = Refusal("name-missing", 422, "The name is missing.", "Nama belum diisi.")
NAME_UNREADABLE = Refusal(
    "name-unreadable",
    422,
    "A name has at most 120 characters, all of them printable.",
    "Nama paling panjang 120 karakter, semuanya dapat dicetak.",
)
NOT_A_PROSPECT = Refusal(
    "not-a-prospect",
    409,
    "This person is not on the roster of prospective members.",
    "Orang ini tidak ada dalam daftar calon anggota.",
)
NOT_A_MEMBER = Refusal(
    "not-a-member", 409, "This person is not a member of the group.", "Orang ini bukan anggota kelompok ini."
)
ON_IN_FUTURE = Refusal("on-in-future", 422, "That day is still to come.", "Tanggal itu belum tiba.")
ON_BEFORE_JOINING = Refusal(
    "on-before-joining",
    422,
    "On that day this person was not a member yet.",
    "Pada tanggal itu orang ini belum menjadi anggota.",
)
