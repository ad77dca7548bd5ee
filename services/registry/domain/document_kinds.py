"""Which kinds of documents there are (jenis dokumen), and what a number of each usually looks like.

Reference data: a kind is added as a line here and never taken away, since facts name it. The programme's sources give
no closed list, so `OTHER` is one of them. A form is that of a warning alone (`unusual`): sources contradict each
other, and older series differ.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

OTHER = "other"


@dataclass(frozen=True, slots=True)
class Kind:
    """What a kind is called, where it comes from, and the form that its numbers usually have (None: no source says)."""

    id: str
    en: str
    source: str
    form: re.Pattern[str] | None = None


KINDS: Mapping[str, Kind] = MappingProxyType(
    {
        # Ordinary: a letter and seven digits; older and other series vary, so as wide as a PII library takes them.
        "passport": Kind("paspor", "passport", "UU 18/2017 Ps 13", re.compile(r"[A-Z]{1,2}[0-9]{6,8}")),
        "splp": Kind("surat perjalanan laksana paspor", "travel document in lieu of a passport", "a starting point"),
        "id_cpmi": Kind("ID CPMI", "registration as a candidate worker", "SIAPkerja"),
        "e_pmi": Kind("E-PMI", "electronic worker's card, valid until it expires", "Permen P2MI 34/2025 Ps 14"),
        "e_kpmi": Kind("E-KPMI", "electronic worker's card", "Permen P2MI 34/2025"),
        OTHER: Kind("dokumen lain", "another document", "a starting point"),
    }
)
"""By code, which stands in facts and never changes."""


def unusual(kind: str, number: str) -> bool:
    """Whether *number*, without its blanks, has not the form that numbers of *kind* usually have."""
    form = KINDS[kind].form
    return form is not None and not form.fullmatch("".join(number.split()).upper())
