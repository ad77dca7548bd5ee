"""Which country a cell means."""

import unicodedata

import pycountry
import pytest
from babel import Locale

from services.migration_service.domain.country import SPELLINGS, country_code

ISO = sorted(c.alpha_2 for c in pycountry.countries if c.alpha_2 != "ID")


@pytest.mark.parametrize(
    ("cell", "code"),
    [
        ("Taiwan", "TW"),
        ("TAIWAN", "TW"),
        ("TWN", "TW"),
        ("Taiwan (R.O.C.)", "TW"),
        ("Taiwan, Province of China", "TW"),
        ("Hong Kong", "HK"),
        ("Hongkong", "HK"),
        ("  HONG   KONG ", "HK"),
        ("Hong\u00a0Kong", "HK"),
        ("Hong-Kong", "HK"),
        ("hkg", "HK"),
        ("Korea", "KR"),
        ("Korea Selatan", "KR"),
        ("Korsel", "KR"),
        ("South Korea", "KR"),
        ("Republic of Korea", "KR"),
        ("Korea, Republic of", "KR"),
        ("Korea Utara", "KP"),
        ("Brunei", "BN"),
        ("Brunei Darussalam", "BN"),
        ("UEA", "AE"),
        ("Uni Emirat Arab", "AE"),
        ("Emirat Arab", "AE"),
        ("Saudi", "SA"),
        ("Arab Saudi", "SA"),
        ("KSA", "SA"),
        ("Kingdom of Saudi Arabia", "SA"),
        ("Turki", "TR"),
        ("Turkey", "TR"),
        ("Türkiye", "TR"),
        ("TÜRKİYE", "TR"),
        ("Makau", "MO"),
        ("Macao", "MO"),
        ("Macau", "MO"),
        ("Cina", "CN"),
        ("China", "CN"),
        ("Tiongkok", "CN"),
        ("RRT", "CN"),
        ("Inggris", "GB"),
        ("UK", "GB"),
        ("Amerika", "US"),
        ("Amerika Serikat", "US"),
        ("A.S.", "US"),
        ("U.S.A.", "US"),
        ("Belanda", "NL"),
        ("Selandia Baru", "NZ"),
        ("Jepang", "JP"),
        ("Oman", "OM"),
        ("Kuwait", "KW"),
        ("Yordania", "JO"),
        ("Polandia", "PL"),
        ("Papua Nugini", "PG"),
        ("Timor Leste", "TL"),
        ("Timor-Leste", "TL"),
        ("Malaysia", "MY"),
        ("my", "MY"),
        ("Italia", "IT"),
        ("Cote d'Ivoire", "CI"),
        ("Côte d’Ivoire", "CI"),
        ("Viet Nam", "VN"),
        ("Czech Republic", "CZ"),
        ("AS", "AS"),  # American Samoa: two bare letters are ISO's
    ],
)
def test_a_country_is_known_by_any_of_its_names(cell: str, code: str) -> None:
    assert country_code(cell) == code


@pytest.mark.parametrize(
    "cell",
    [
        "",
        " ",
        "-",
        "?",
        "N/A",
        "n.a.",
        "Wakanda",
        "Timur Tengah",
        "Middle East",
        "Asia",
        "Eropa",
        "Uni Eropa",
        "EU",
        "UN",
        "ZZ",
        "QO",
        "XK",
        "001",
        "142",
        "Dunia",
        "Wilayah Tidak Dikenal",
        "Perserikatan Bangsa-Bangsa",
        "Amerika Latin",
        "luar negeri",
        "Taiwan/Hong Kong",
        "Taiwan 2",
        "Arab",
        "XX",
        "台灣",
    ],
)
def test_what_is_no_country_is_unknown(cell: str) -> None:
    assert country_code(cell) is None


@pytest.mark.parametrize("cell", ["Indonesia", "ID", "IDN", "Republic of Indonesia"])
def test_indonesia_is_not_abroad(cell: str) -> None:
    assert country_code(cell) is None


@pytest.mark.parametrize("code", ISO)
def test_every_country_is_known_by_its_codes_and_its_names_in_both_languages(code: str) -> None:
    country = pycountry.countries.get(alpha_2=code)
    assert country is not None
    names = [Locale(language).territories[code] for language in ("id", "en")]
    cells = [code, code.lower(), country.alpha_3, f" {country.alpha_3.lower()} ", country.name, *names]
    cells += [cell.upper() for cell in cells]
    cells += [unicodedata.normalize("NFD", cell) for cell in cells]
    assert {country_code(cell) for cell in cells} == {code}


def test_no_spelling_of_ours_takes_the_name_of_another_country() -> None:
    """One that did would make both unknown."""
    spellings = [(code, name) for code, names in SPELLINGS.items() for name in names]
    assert [(code, name) for code, name in spellings if country_code(name) != code] == []
