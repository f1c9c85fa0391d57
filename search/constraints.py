"""What a passage must or must not hold, to the letter: "exact phrases" and -exclusions. Knows rows and texts."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from index.opened import OpenIndex
from index.words import fold
from search.filters import Scope, narrowed


def constrained(index: OpenIndex, scope: Scope, phrases: Sequence[str], without: Sequence[str]) -> Scope:
    """Return the scope without the rows that lack a phrase or hold an excluded word."""
    for phrase in phrases:
        scope = narrowed(scope, _mask(index, _rows_with(index, phrase, scope)))
    for word in without:
        scope = narrowed(scope, ~_mask(index, _rows_with(index, word, scope)))
    return scope


def _mask(index: OpenIndex, rows: NDArray[np.int64]) -> NDArray[np.bool_]:
    mask = np.zeros(index.rows, bool)
    mask[rows] = True
    return mask


def _rows_with(index: OpenIndex, phrase: str, scope: Scope) -> NDArray[np.int64]:
    """Return the rows in scope whose text holds the phrase; spelling is folded, white space counts as one space."""
    wanted = _plain(phrase)
    if not wanted:
        return np.empty(0, np.int64)
    terms, grams = index.analyser.parts(phrase)
    candidates = index.lexical.with_all(terms, grams, index.rows or 1, scope.reports)
    candidates = np.sort(candidates[scope.passes(candidates)])
    if grams == [wanted]:
        return candidates  # the index holds every pair of Chinese characters: nothing is left to be read
    holding = [_holds(_plain(text), wanted) for text in index.texts(candidates)]
    found: NDArray[np.int64] = candidates[np.array(holding, bool)]
    return found


def _holds(text: str, wanted: str) -> bool:
    """Say whether a text holds a phrase; a Latin word must not be cut out of a longer one."""
    at = text.find(wanted)
    while at >= 0:
        before, after = text[at - 1 : at] if at else "", text[at + len(wanted) : at + len(wanted) + 1]
        if not (_spelled(before + wanted[:1]) or _spelled(wanted[-1:] + after)):
            return True
        at = text.find(wanted, at + 1)
    return False


def _spelled(pair: str) -> bool:
    """Say whether two neighbouring characters belong to one word that is spelled in letters."""
    return len(pair) == 2 and all(c.isalnum() and not "\u3400" <= c <= "\u9fff" for c in pair)


def _plain(text: str) -> str:
    return " ".join(fold(text).split())
