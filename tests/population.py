"""Invented people, as many as wanted, with names as unevenly spread as real ones are; the same for the same seed.

Given and family name parts are common ones, most frequent first; that a part's share falls with its rank (Zipf) and
that a quarter of the people have one name alone is a choice, made after what anybody sees in a village's list. How
they are put together is chance, so nobody here is anybody.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import accumulate
from random import Random
from typing import Literal

from services.registry.domain.names import pieces_of, spelled

Slip = Literal["wrong", "missing", "doubled", "swapped"]
SLIPS: tuple[Slip, ...] = ("wrong", "missing", "doubled", "swapped")
"""What goes wrong when a name is typed."""

_WOMEN = """
Siti Sri Dewi Nur Ani Rina Yuli Tri Eka Ratna Endang Wahyu Rini Sari Fitri Lestari Indah Sulastri Sumiyati Suparti
Suryani Wati Lina Maria Ida Nurul Yanti Sumarni Kartini Nining Aminah Rohmah Mursiyah Ngatinah Sutinah Sukarsih
Maryati Warsini Tuminah Juminah Rukmini Sariyem Ponirah Sarinah Khotimah Halimah Fatimah Aisyah Zulaikha Maimunah
Robiah Hasanah Munawaroh Istiqomah Umi Dian Dwi Desi Novi Widya Ayu Putri Puspita Anisa Nia Mega Melati Kusuma Wulan
Susi Susanti Heni Leni Yeni Erna Erni Evi Eni Titik Tutik Atik Partini Parsini Painem Ngatmi Suwarni Suwarti Sutarmi
Sugiarti Sunarti Sumarsih Winarsih Winarti Retno Rahayu Murni Mulyani Mulyati Kasmini Kasih Karsinah Darsinah Wagiyem
Legiyem Tukinem Turinah Tarsinah Tarwiyah Casmini Carwati Castinah Daryati Dasinah Wasni Wasriah Roisah Rokayah
Maesaroh Masriah Nafisah Nadia Naila Nabila Zahra Salsabila Aulia Intan Permata Cahya Kirana Laras Gita Galuh
"""

_MEN = """
Muhammad Ahmad Agus Budi Slamet Joko Bambang Eko Heru Hendra Dedi Rudi Andi Adi Arif Wahyu Sutrisno Supriyadi Suparno
Suyanto Sugeng Sugiyanto Sunardi Sunaryo Suryanto Susanto Sutarno Suwarno Suwandi Sumarno Supardi Suparman Suroso
Sukardi Sukarno Sudarsono Sudirman Subandi Suhartono Suharto Mulyono Mulyadi Haryanto Haryono Hartono Hadi Herman
Iwan Irwan Indra Imam Ibrahim Ismail Yusuf Yunus Umar Usman Ali Abdul Abdullah Rahman Rohman Ridwan Rizki Rizal Rahmat
Fajar Faisal Fauzi Fahmi Firman Ferdi Dimas Dwi Didik Doni Deni Danang Darmawan Edi Erwin Gunawan Galih Gilang Guntur
Bayu Bagus Bagas Basuki Bejo Cahyo Catur Candra Kasno Kasman Karyono Kuswanto Kurniawan Khoirul Khairul Lukman Lutfi
Maman Mansur Mahmud Marno Margono Marjono Misbah Mustofa Mujiono Nanang Ngatimin Ngadiman Nurdin Nugroho Paijo Parno
Ponimin Ponijan Purnomo Purwanto Puji Raden Rohmad Rusdi Sabar Saiful Syaiful Salim Samsul Syamsul Santoso Saryono
Setiawan Setyo Sholeh Sigit Tarno Tarmin Taufik Teguh Tono Tri Triyono Tugiman Tukiman Untung Warsito Warno Wasito
Wardoyo Widodo Wiyono Yanto Yono Yudi Zainal Zaenal Zulkifli Carsono Casmadi Darsono Darto Rasidi Rastono Tarsono Toha
"""

_FAMILY = """
Lestari Rahayu Wulandari Handayani Setiawan Saputra Saputri Hidayat Hidayati Santoso Susanto Susanti Purnomo
Purnamasari Wijaya Kurniawan Kurniawati Kurnia Nugroho Pratama Pratiwi Utami Utomo Permana Permatasari Puspitasari
Anggraini Maharani Kusuma Kusumawati Fitriani Fitria Astuti Yuliana Yulianti Mulyani Mulyana Hartati Hartono Suryani
Suryana Suryadi Maryam Aminah Khasanah Rohmah Rahmawati Rahman Hakim Hasan Hasanah Basri Fauzan Arifin Effendi Iskandar
Ramadhan Ramadhani Firmansyah Hermawan Gunawan Darmawan Budiman Prasetyo Prasetya Wibowo Wicaksono Cahyono Cahyani
Widodo Widyastuti Widiastuti Sulistyowati Sulistiyani Sulistyo Setyawati Setyaningsih Ningsih Wahyuni Wahyudi Riyadi
Riyanto Rianto Irawan Irawati Indriani Indrawati Novitasari Oktaviani Septiani Agustina Agustin Apriliani Febriani
Mardiana Marlina Herlina Nurhayati Nurjanah Nurlaela Nuraini Nurhasanah Jamilah Jannah Zahroh Zulfa Safitri Sahputra
Hutagalung Simanjuntak Siregar Nasution Lubis Harahap Tanjung Chaniago Situmorang Sinaga Manurung Panjaitan
Wattimena Pattinasarany Lumentut Mandagi Bano Tefa Nahak Seran Klau Bria Tallo Ndun Benu Kolo
"""

_LETTERS = "abcdefghijklmnopqrstuvwxyz"


@dataclass(frozen=True, slots=True)
class Someone:
    """An invented person; *village* is a dotted code."""

    name: str
    village: str
    birth_date: date


class _Drawn:
    """Draws one of *words*: the share of each falls with its rank."""

    def __init__(self, words: str) -> None:
        self._words = words.split()
        self._weights = list(accumulate(1 / (rank + 4) for rank in range(len(self._words))))

    def by(self, chance: Random) -> str:
        return chance.choices(self._words, cum_weights=self._weights)[0]


_GIVEN = (_Drawn(_WOMEN), _Drawn(_MEN))
_LAST = _Drawn(_FAMILY)


def a_name(chance: Random) -> str:
    """One, two or three words."""
    given = _GIVEN[chance.random() < 0.5]
    first = given.by(chance)
    how = chance.random()
    if how < 0.25:
        return first
    if how < 0.8:
        return f"{first} {(_LAST if chance.random() < 0.75 else given).by(chance)}"
    return f"{first} {given.by(chance)} {_LAST.by(chance)}"


def people(how_many: int, villages: Sequence[str], seed: int) -> Iterator[Someone]:
    """So many, spread over *villages* unevenly."""
    chance = Random(seed)  # noqa: S311  invented people need no secret
    weights = list(accumulate(chance.uniform(0.5, 1.5) for _ in villages))
    for _ in range(how_many):
        (village,) = chance.choices(villages, cum_weights=weights)
        born = date(1950, 1, 1) + timedelta(days=chance.randrange(28_000))
        yield Someone(a_name(chance), village, born)


def letters(name: str) -> int:
    """How many letters a name has."""
    return sum(letter.isalpha() for letter in name)


def slipped(name: str, slip: Slip, chance: Random) -> str:
    """*name* with one letter wrong, missing, doubled or swapped with the next; never the same as before."""
    places = [n for n, letter in enumerate(name) if letter.isalpha()]
    if slip == "swapped":
        places = [n for n in places if name[n + 1 : n + 2].isalpha() and name[n].casefold() != name[n + 1].casefold()]
    at = chance.choice(places)
    before, letter, after = name[:at], name[at], name[at + 1 :]
    match slip:
        case "wrong":
            return before + chance.choice([other for other in _LETTERS if other != letter.casefold()]) + after
        case "missing":
            return before + after
        case "doubled":
            return before + letter + letter.casefold() + after
        case "swapped":
            return before + after[0] + letter + after[1:]


def pieces(name: str) -> frozenset[str]:
    """All that the index is asked for when *name* is looked for."""
    return frozenset(piece for word in spelled(name).split() for piece in pieces_of(word))
