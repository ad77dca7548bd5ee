"""What a thief of the blind index finds out, who knows everybody's village anyway (decision 0016).

The thief is given more than a real one has: exactly how many bear each name, or a list of all names of a regency and
the names of every fifth person there. Shares are of people whose name is guessed; where several names fit equally well,
one of them is taken.
"""

from collections import Counter, defaultdict
from collections.abc import Sequence
from random import Random

from services.registry.views.search import BITS, SHELVES, bits
from shared.views import Keyed
from tests.population import Someone, pieces

_TRIED = 300
_KNOWN_SHARE = 5

Row = tuple[int, int]
"""A shelf, and bits there."""


def rows(people: Sequence[Someone], keyed: Keyed, shelves: int = SHELVES) -> list[Row]:
    """The index of *people*, each on one of *shelves*."""
    on_shelf = {name: bits(name, keyed) for name in {one.name for one in people}}
    return [(n % shelves, on_shelf[one.name][n % shelves] % (1 << BITS)) for n, one in enumerate(people)]


def by_frequency(people: Sequence[Someone], index: Sequence[Row]) -> float:
    """Without the secret: the most frequent bits of a shelf are taken for the most frequent name, and so on."""
    ranked = [name for name, _ in Counter(one.name for one in people).most_common()]
    on_shelf: dict[int, Counter[int]] = defaultdict(Counter)
    for shelf, value in index:
        on_shelf[shelf][value] += 1
    guess = {
        (shelf, value): name
        for shelf, found in on_shelf.items()
        for (value, _), name in zip(found.most_common(), ranked, strict=False)
    }
    return sum(guess.get(row) == one.name for one, row in zip(people, index, strict=True)) / len(people)


def by_known_pairs(people: Sequence[Someone], index: Sequence[Row], chance: Random) -> float:
    """Without the secret, in one regency: where a piece may lie is learnt from the known, and held against the rest."""
    order = chance.sample(range(len(people)), len(people))
    known, rest = order[: len(order) // _KNOWN_SHARE], order[len(order) // _KNOWN_SHARE :][:_TRIED]
    may_lie: dict[tuple[int, str], int] = {}
    for n in known:
        shelf, value = index[n]
        for piece in pieces(people[n].name):
            may_lie[shelf, piece] = may_lie.get((shelf, piece), -1) & value
    names = {name: pieces(name) for name in {one.name for one in people}}
    return sum(_guessed(people[n].name, index[n], names, may_lie) for n in rest) / len(rest)


def _guessed(name: str, row: Row, names: dict[str, frozenset[str]], may_lie: dict[tuple[int, str], int]) -> float:
    """The chance that the thief takes *name* for that of *row*."""
    shelf, value = row
    set_bits = value.bit_count()
    fits: dict[tuple[int, int], list[str]] = defaultdict(list)
    for one, its in names.items():
        where = [may_lie.get((shelf, piece)) for piece in its]
        if len(its) >= set_bits and all(place is None or place & value for place in where):
            fits[where.count(None), len(its) - set_bits].append(one)
    best = fits[min(fits)] if fits else []
    return 1 / len(best) if name in best else 0.0


def with_the_secret(people: Sequence[Someone], index: Sequence[Row], keyed: Keyed) -> float:
    """With the secret: every name of a list of all names is tried, and of those that fit the most frequent is taken."""
    fitting: dict[Row, list[str]] = defaultdict(list)
    ranked = [name for name, _ in Counter(one.name for one in people).most_common()]
    shelves = {shelf for shelf, _ in index}
    for name in ranked:
        for shelf, value in enumerate(bits(name, keyed)):
            if shelf in shelves:
                fitting[shelf, value % (1 << BITS)].append(name)
    return sum(fitting[row][0] == one.name for one, row in zip(people, index, strict=True)) / len(people)
