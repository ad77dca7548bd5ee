"""How a row that is about a region of any level lies among the rows of a list.

A list is filtered by area as a range of dotted codes, made for villages: what lies in 33.07 begins with ``33.07.``. So
a row about the regency itself bears that, and lies in it, while one about the province bears ``33.`` and does not.
"""

from shared.vocabulary import LENGTHS


def place_of(area: str) -> str:
    """By what a row about *area* (a dotted region, ``*`` for the whole country) is filtered and ordered."""
    return area if area == "*" or len(area) == LENGTHS["village"] else area + "."
