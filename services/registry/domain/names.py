"""Names as they are looked for: which letters count, what two names have in common, how alike they are.

Nothing here decides who somebody is. A name is kept as it was written; this is only for finding it again when it is
written a little differently.
"""

import re
import unicodedata
from collections.abc import Iterable

from rapidfuzz.distance import OSA

_SPELLINGS = (("oe", "u"), ("dj", "j"), ("tj", "c"), ("nj", "ny"), ("sj", "sy"), ("ch", "kh"), ("v", "f"))
"""Old spelling and new, as the reform of 1972 (Ejaan yang Disempurnakan) changed them: many names kept the old one.

That j became y is left out, for today's j is another letter; that v and f are one is a choice.
"""
_APOSTROPHES = re.compile("['’‘ʼ`]")
_NO_LETTER = re.compile(r"[\W_]+")
_BLANK_LETTERS = "\u115f\u1160"
"""Hangul fillers: letters to Unicode, and shown as nothing. The other two of them are spelled as the second."""
_REPEATED = re.compile(r"(.)\1+")
_EDGE = "_"
_LETTERS = "="
_OF_A_PART = 0.9
"""How like a name is a part of it, at most: before one who has it in common stands who is called just so."""


def spelled(name: str) -> str:
    """*name* as it sounds: small letters without diacritics, one for each that is repeated, the new spelling, blanks.

    Empty for a name without a letter or a digit.
    """
    plain = unicodedata.normalize("NFKD", _APOSTROPHES.sub("", name)).casefold()
    plain = "".join(letter for letter in plain if not unicodedata.combining(letter))
    for old, new in _SPELLINGS:
        plain = plain.replace(old, new)
    return _REPEATED.sub(r"\1", _NO_LETTER.sub(" ", plain)).strip()


def has_letter(name: str) -> bool:
    """Whether a letter is in it when it is looked for: what has none is nobody's name, and would never be found."""
    return any(letter.isalpha() and letter not in _BLANK_LETTERS for letter in spelled(name))


def pieces_of(word: str) -> frozenset[str]:
    """Of a `spelled` word: three letters in a row, edges included, and which letters it has.

    The last is a piece that swapped letters leave as it is: short names have little else.
    """
    edged = f"{_EDGE}{word}{_EDGE}"
    return frozenset((*(edged[n : n + 3] for n in range(len(edged) - 2)), _LETTERS + "".join(sorted(set(word)))))


def likeness(one: str, other: str, *, as_written: bool = False) -> float:
    """How alike two names are, 0 to 1: by letters wrong, missing, too many or swapped, in whatever order of words.

    As they sound, or *as_written*. *one* may also be a part of *other*: some of its words.
    """
    if as_written:
        return _likeness(one.casefold().split(), other.casefold().split())
    return _likeness(spelled(one).split(), spelled(other).split())


def likest(wanted: str, names: Iterable[str], at_least: float) -> dict[str, float]:
    """Those of *names* that are so like *wanted*, each with its likeness."""
    here = spelled(wanted).split()
    found = {name: _likeness(here, spelled(name).split()) for name in names}
    return {name: like for name, like in found.items() if like >= at_least}


def _likeness(here: list[str], there: list[str]) -> float:
    whole = _alike(" ".join(here), " ".join(there))
    if len(here) > 1 or len(there) > 1:
        whole = max(whole, _alike(" ".join(sorted(here)), " ".join(sorted(there))))
    if not here or len(here) >= len(there):
        return whole
    part = sum(len(word) * max(_alike(word, theirs) for theirs in there) for word in here) / sum(map(len, here))
    return max(whole, _OF_A_PART * part)


def _alike(one: str, other: str) -> float:
    return OSA.normalized_similarity(one, other)
