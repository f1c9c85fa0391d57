"""What a piece of the tokenizer is made of: itself, and the letter groups that it shares with other pieces.

Owns how the vector of a piece is composed while it is trained (after Bojanowski et al. 2017, on pieces in place of
words): rare pieces learn from their relatives. The finished table holds the sums; nothing of this is left at run time.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import chain

import numpy as np

_COMMON = 3  # A letter group in fewer pieces teaches nothing.


@dataclass(frozen=True, slots=True)
class Parts:
    """The parts of each piece, end to end: first the piece itself, whose part has its number, then its groups."""

    parts: np.ndarray
    lengths: np.ndarray
    count: int


def parts_of(pieces: Sequence[str], *, grams: bool) -> Parts:
    """Return the parts of every piece; without grams each piece is its only part."""
    groups = [_groups(piece) if grams else () for piece in pieces]
    common = [group for group, n in Counter(chain.from_iterable(groups)).items() if n >= _COMMON]
    numbers = {group: number for number, group in enumerate(common, len(pieces))}
    lists = [[piece, *(numbers[g] for g in of_piece if g in numbers)] for piece, of_piece in enumerate(groups)]
    return Parts(
        np.fromiter(chain.from_iterable(lists), np.int64),
        np.array([len(parts) for parts in lists]),
        len(pieces) + len(common),
    )


def _groups(piece: str) -> set[str]:
    """Characters and pairs of them in Chinese, groups of three to five letters elsewhere."""
    if not piece[:1].isalpha():
        return set()
    least, most = (1, 2) if "\u3400" <= piece[0] <= "\u9fff" else (3, 5)
    return {piece[i : i + size] for size in range(least, most + 1) for i in range(len(piece) - size + 1)}
