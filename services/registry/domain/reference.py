"""Codes that the programme's records use, with what they stand for: reference data, to be extended by adding a line.

No list here is closed: what is stored is the code as text, so a new line needs no new version of any fact, and a code
that is taken off a list stays readable. *source* says where a line comes from; without a law or a page it is a
starting point of ours. None of these lists is an official one: the programme has not published any.
"""

from collections.abc import Mapping
from dataclasses import dataclass

DESMIGRATIF = "DESMIGRATIF"
"""The programme of every designation that names none."""

_A_START = "a starting point"
_ROLES = "IDX Channel, 2021: Lindungi PMI, Kemnaker Bakal Tambah 51 Desa Migran Produktif Tahun Ini, page 2"
_MEETING = "Apakabaronline.com on the meeting of 8 to 10 August 2022: 18 beside 50 officers and 50 responsible"
_LAUNCH = "Suara.com, 12 September 2017, on the launch: 11 ministries and agencies, BI, BRI, BNI, World Bank, companies"
_BAKOHUMAS = "menpan.go.id, 8 August 2019: Berdayakan CPMI, Kemnaker Kembangkan 400 Desa Migran Produktif"


@dataclass(frozen=True, slots=True)
class Entry:
    """What a code stands for, in Indonesian and English."""

    id: str
    en: str
    source: str


@dataclass(frozen=True, slots=True)
class Programme(Entry):
    """A programme that designates villages; *first_year* is the first one of a designation."""

    first_year: int


PROGRAMMES: Mapping[str, Programme] = {
    DESMIGRATIF: Programme(
        "Desa Migran Produktif",
        "Productive Migrant Village",
        "Kepmenaker 59/2017; Permenaker 2/2019. The two pilots, Kenanga and Kuripan, began in December 2016",
        first_year=2016,
    ),
    "DESA_MIGRAN_EMAS": Programme(
        "Desa Migran Edukatif, Maju, Aman, Sejahtera",
        "Migrant Village: Educated, Advanced, Safe, Prosperous",
        "KP2MI; 25 villages in Nusa Tenggara Barat on 11 September 2025, one of them (Anjani) a Desmigratif already",
        first_year=2025,
    ),
}
"""Programmes by code. A village may be in several at a time."""

FACILITY_KINDS: Mapping[str, Entry] = {
    "education_house": Entry("rumah edukasi", "education house", "Katadata, 29 July 2019: 122, as Kemnaker counts"),
    "production_house": Entry("rumah produksi", "production house", "Katadata, 29 July 2019: 30, as Kemnaker counts"),
    "water_pond": Entry("embung", "water pond", _A_START),
    "internet": Entry("internet desa", "internet access", "Cuplik.com, 22 March 2022: free Wi-Fi at Kenanga"),
    "solar_panel": Entry("panel surya", "solar panel", _A_START),
    "road": Entry("jalan desa", "road", _A_START),
}
"""What is built for a village (fasilitas). Of ponds, solar panels and roads no page was found that names them."""

CONDITIONS: Mapping[str, Entry] = {
    "good": Entry("baik", "good", _A_START),
    "lightly_damaged": Entry("rusak ringan", "lightly damaged", _A_START),
    "heavily_damaged": Entry("rusak berat", "heavily damaged", _A_START),
}
"""How a facility is found (kondisi)."""

APPOINTMENT_ROLES: Mapping[str, Entry] = {
    "officer": Entry("petugas Desmigratif", "officer of a village", _ROLES),
    "responsible": Entry("penanggung jawab Desmigratif", "responsible person of a village", _ROLES),
    "coordinator": Entry("koordinator Desmigratif", "coordinator at a regency's labour office", _ROLES),
}
"""What somebody is appointed as. How many a village or a regency has is stated nowhere, so nothing here counts them."""

ATTENDANCE_ROLES: Mapping[str, Entry] = {
    **APPOINTMENT_ROLES,
    "other": Entry("peserta lain", "other participants", _MEETING),
}
"""As what people attend a coordination meeting."""

PARTNER_KINDS: Mapping[str, Entry] = {
    "government": Entry("kementerian/lembaga atau pemda", "ministry, agency or regional government", _LAUNCH),
    "bank": Entry("bank", "bank", _LAUNCH),
    "company": Entry("perusahaan swasta", "private company", _LAUNCH),
    "international": Entry("lembaga internasional", "international organisation", _LAUNCH),
    "university": Entry("perguruan tinggi", "university", _BAKOHUMAS),
    "local": Entry("mitra lokal", "local partner", _BAKOHUMAS),
}
"""What kind of institution a partner is."""

UNITS: Mapping[str, Entry] = {
    "rupiah": Entry("rupiah", "rupiah, whole", _A_START),
    "unit": Entry("unit", "pieces", _A_START),
    "package": Entry("paket", "packages", _A_START),
    "person": Entry("orang", "persons", _A_START),
    "session": Entry("pertemuan", "sessions", _A_START),
}
"""In what a commitment is counted."""
