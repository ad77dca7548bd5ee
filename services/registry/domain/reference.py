"""Codes that the programme's records use, with what they stand for: reference data, to be extended by adding a line.

No list here is closed: what is stored is the code as text, so a new line needs no new version of any fact, and a code
that is taken off a list stays readable. *source* says where a line comes from; without a law or a page it is a
starting point of ours. None of these lists is an official one: the programme has not published any.
"""

from collections.abc import Mapping
from dataclasses import dataclass

DESMIGRATIF = "DESMIGRATIF"
"""The programme of every designation that names none."""


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
    "education_house": Entry("rumah edukasi", "education house", "Kemnaker, figures of 2019: 122"),
    "production_house": Entry("rumah produksi", "production house", "Kemnaker, figures of 2019: 30"),
    "water_pond": Entry("embung", "water pond", "programme reports"),
    "internet": Entry("internet desa", "internet access", "programme reports"),
    "solar_panel": Entry("panel surya", "solar panel", "programme reports"),
    "road": Entry("jalan desa", "road", "programme reports"),
}
"""What is built for a village (fasilitas)."""

CONDITIONS: Mapping[str, Entry] = {
    "good": Entry("baik", "good", "a starting point"),
    "lightly_damaged": Entry("rusak ringan", "lightly damaged", "a starting point"),
    "heavily_damaged": Entry("rusak berat", "heavily damaged", "a starting point"),
}
"""How a facility is found (kondisi)."""

APPOINTMENT_ROLES: Mapping[str, Entry] = {
    "officer": Entry("petugas Desmigratif", "officer of a village", "meeting of officers, 2022"),
    "responsible": Entry(
        "penanggung jawab Desmigratif", "responsible person of a village", "meeting of officers, 2022"
    ),
    "coordinator": Entry("koordinator Desmigratif", "coordinator at a regency's labour office", "meeting, 2022"),
}
"""What somebody is appointed as. How many a village or a regency has is stated nowhere, so nothing here counts them."""

ATTENDANCE_ROLES: Mapping[str, Entry] = {
    **APPOINTMENT_ROLES,
    "other": Entry("peserta lain", "other participants", "meeting, 2022: 18 beside 50 officers and 50 responsible"),
}
"""As what people attend a coordination meeting."""

PARTNER_KINDS: Mapping[str, Entry] = {
    "government": Entry("kementerian/lembaga atau pemda", "ministry, agency or regional government", "launch, 2017"),
    "bank": Entry("bank", "bank", "launch, 2017: BI, BRI, BNI"),
    "company": Entry("perusahaan swasta", "private company", "launch, 2017"),
    "international": Entry("lembaga internasional", "international organisation", "launch, 2017: World Bank"),
    "university": Entry("perguruan tinggi", "university", "Bakohumas, 2019"),
    "local": Entry("mitra lokal", "local partner", "Bakohumas, 2019"),
}
"""What kind of institution a partner is."""

UNITS: Mapping[str, Entry] = {
    "rupiah": Entry("rupiah", "rupiah, whole", "a starting point"),
    "unit": Entry("unit", "pieces", "a starting point"),
    "package": Entry("paket", "packages", "a starting point"),
    "person": Entry("orang", "persons", "a starting point"),
    "session": Entry("pertemuan", "sessions", "a starting point"),
}
"""In what a commitment is counted."""
