"""Which country or territory a cell of a placement list means: ISO 3166-1 alpha-2.

A cell names it in Indonesian or English as CLDR and ISO 3166-1 write it, in a spelling that lists from the field use,
or by its ISO code of two or three letters; case, accents, blanks and punctuation do not matter in names. *Negara atau
wilayah*: Taiwan and Hong Kong are territories and count. Indonesia does not: nobody migrates there from here.

Two bare letters are always the ISO code (``AS`` is American Samoa, where Indonesian seafarers do go), but with points
they are a word (``A.S.`` is Amerika Serikat; ``N/A`` is nobody's Namibia).
"""

import re
import unicodedata
from collections.abc import Iterator, Mapping
from functools import cache

import pycountry
from babel import Locale

HOME = "ID"

SPELLINGS: Mapping[str, tuple[str, ...]] = {
    "AE": ("UEA", "UAE", "Emirat Arab", "Persatuan Emirat Arab", "Emirates"),
    "BN": ("Brunei Darusalam", "Brunai", "Brunai Darussalam"),
    "CN": ("Cina", "RRT", "RRC", "PRC", "Republik Rakyat Tiongkok", "Republik Rakyat China", "Republik Rakyat Cina"),
    "CZ": ("Republik Ceko",),
    "GB": ("Inggris", "UK", "Great Britain", "Britania Raya", "Britain", "England"),
    "HK": ("Hong Kong SAR", "Hongkong China", "Hong Kong Cina", "Hong Kong Tiongkok"),
    "HU": ("Hongaria",),
    "IR": ("Republik Islam Iran",),
    "JO": ("Jordania", "Yordan"),
    "JP": ("Jepun",),
    "KH": ("Kampuchea",),
    "KP": ("Korut", "DPRK"),
    "KR": ("Korea", "Korsel", "Republik Korea", "Republic of Korea", "ROK", "Korea (South)"),
    "KW": ("Kuait",),
    "LB": ("Libanon",),
    "MK": ("Makedonia", "Macedonia"),
    "MM": ("Burma", "Birma"),
    "MO": ("Makau", "Macau", "Makao", "Macau SAR", "Macao SAR"),
    "MV": ("Maldive",),
    "MY": ("Malaysia Barat", "Malaysia Timur", "Semenanjung Malaysia"),
    "NL": ("Nederland", "Holland", "The Netherlands"),
    "NZ": ("New Zeland", "Selandia"),
    "PG": ("Papua Niugini", "PNG"),
    "PH": ("Philipina", "Filipin", "Pilipina", "The Philippines"),
    "PS": ("Palestina", "Palestine"),
    "PT": ("Portugis",),
    "QA": ("Katar",),
    "RU": ("Federasi Rusia",),
    "SA": ("Saudi", "KSA", "Kerajaan Arab Saudi", "Saudi Arab"),
    "SG": ("Singapur",),
    "SY": ("Suria", "Syiria"),
    "SZ": ("Swaziland",),
    "TH": ("Muangthai", "Muang Thai", "Thai"),
    "TL": ("Timor Timur", "East Timor", "Timor Lorosae"),
    "TR": ("Turkey", "Turkiye"),
    "TW": ("Taiwan ROC", "Taiwan (R.O.C.)", "Republic of China (Taiwan)", "Taiwan China", "Chinese Taipei"),
    "US": ("Amerika", "America", "A.S.", "U.S.", "USA", "United States America"),
    "VN": ("Viet Nam",),
    "ZA": ("Afsel",),
}
"""How lists from the field write what CLDR and ISO write otherwise. Regions (Timur Tengah, Eropa) are no countries."""

_ISO_CODE = re.compile(r"[A-Za-z]{2,3}")


def country_code(cell: str) -> str | None:
    """The alpha-2 code of the country or territory abroad that *cell* names; None for anything else."""
    text = unicodedata.normalize("NFKC", cell).strip()
    found = _codes().get(text.upper()) if _ISO_CODE.fullmatch(text) else None
    found = found or _names().get(_letters(text))
    return None if found == HOME else found


def _letters(text: str) -> str:
    """What of a name is compared: its letters (and digits, which no name has), without accents and case."""
    return "".join(c for c in unicodedata.normalize("NFKD", text).casefold() if c.isalnum())


@cache
def _codes() -> Mapping[str, str]:
    return {code: c.alpha_2 for c in pycountry.countries for code in (c.alpha_2, c.alpha_3)}


@cache
def _names() -> Mapping[str, str]:
    """From the letters of a name to its code. Where two would share a name it means neither."""
    names: dict[str, str] = {}
    ambiguous: set[str] = set()
    for code, name in _written():
        letters = _letters(name)
        if names.setdefault(letters, code) != code:
            ambiguous.add(letters)
    return {letters: code for letters, code in names.items() if letters not in ambiguous}


def _written() -> Iterator[tuple[str, str]]:
    """Every (code, name). CLDR names regions and unions of states too: only what ISO 3166-1 lists is taken from it."""
    listed = {c.alpha_2: c for c in pycountry.countries}
    for code, c in listed.items():
        for form in ("name", "official_name", "common_name"):
            if name := getattr(c, form, None):
                yield code, name
    for language in ("id", "en"):
        for code, name in Locale(language).territories.items():
            if code in listed:
                yield code, name
    for code, spellings in SPELLINGS.items():
        for name in spellings:
            yield code, name
