"""The six-language lexicon: from the words of a question to words that reports use for the same thing.

lexicon.tsv holds one concept a line, one language a column, forms separated by ";". lexicon.npy, made from it by
`python -m training.lexicon`, holds a 64-bit hash of every analysed form and its line, so that opening
parses nothing. Knows the analyser; nothing of indexes or ranking.
"""

import hashlib
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import groupby
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from index.words import Analyser, Word, fold

SOURCE = Path(__file__).with_name("lexicon.tsv")
COMPILED = SOURCE.with_suffix(".npy")
_KIND = np.dtype([("key", "<u8"), ("line", "<i4")])
_LONGEST = 6  # words of a form
_LONGEST_HAN = 12  # characters of a Chinese form
_MOST_LINES = 4  # of one form; a form of more concepts tells none of them


@dataclass(frozen=True, slots=True)
class Concept:
    """A stretch of a question that the lexicon knows, and its forms in the languages asked for."""

    source: str  # as it stands in the question, from `start` on
    start: int
    forms: tuple[str, ...]


def concepts_in(question: str, language: str | None, targets: Iterable[str], analyser: Analyser) -> list[Concept]:
    """Return the concepts of a question, the longest forms first to be taken, with their forms in the target languages.

    A question in no known language is looked up in all of them.
    """
    spans = _han_spans(question) if language == "zh" else _word_spans(analyser.words(question))
    languages = (language,) if language in _columns() else tuple(_columns())
    wanted = [_columns()[target] for target in targets if target in _columns()]
    found = []
    for start, end, lines in _cover(spans, languages):
        forms = {form for line in lines for column in wanted for form in _forms(_cells(line)[column])}
        source = question[start:end]
        forms.discard(source)
        if forms:
            found.append(Concept(source, start, tuple(sorted(forms))))
    return found


@dataclass(frozen=True, slots=True)
class _Span:
    start: int
    end: int
    key: str


def _word_spans(words: Sequence[Word]) -> list[_Span]:
    """Return all runs of words, longer ones first at every place."""
    units = _units(words)
    return [
        _Span(units[i].start, units[i + length - 1].end, " ".join(unit.key for unit in units[i : i + length]))
        for i in range(len(units))
        for length in range(min(_LONGEST, len(units) - i), 0, -1)
    ]


def _units(words: Sequence[Word]) -> list[_Span]:
    """Return one key a word: a compound with its parts, without an elided article ("l’énergie" is "énergie")."""
    units = []
    for (start, end), same in groupby(words, key=lambda word: (word.start, word.end)):
        terms = [word.term for word in same]
        elided = len(terms) > 2 and len(terms[1]) <= 2 and re.match(r"\w+['’]", terms[0])
        units.append(_Span(start, end, " ".join(terms[2:] if elided else terms)))
    return units


def _han_spans(question: str) -> list[_Span]:
    folded = fold(question)
    if len(folded) != len(question):
        question = folded
    return [
        _Span(i, i + length, folded[i : i + length])
        for i in range(len(folded))
        for length in range(min(_LONGEST_HAN, len(folded) - i), 1, -1)
    ]


def _cover(spans: list[_Span], languages: Sequence[str]) -> Iterator[tuple[int, int, list[int]]]:
    """Yield the spans that the lexicon knows from left to right, without overlap."""
    if not spans:
        return
    keys = np.array([[_hash(language, span.key) for language in languages] for span in spans], np.uint64)
    known, numbers = _table()
    low, high = np.searchsorted(known, keys, "left"), np.searchsorted(known, keys, "right")
    at = -1
    for row, span in enumerate(spans):
        if span.start < at or not (high[row] > low[row]).any():
            continue
        lines = [int(n) for a, b in zip(low[row], high[row], strict=True) for n in numbers[a:b]]
        at = span.end
        if len(lines) <= _MOST_LINES:
            yield span.start, span.end, lines


def _hash(language: str, key: str) -> int:
    return int.from_bytes(hashlib.blake2b(f"{language} {key}".encode(), digest_size=8).digest(), "little")


@cache
def _lines() -> list[str]:
    return SOURCE.read_text(encoding="utf-8").rstrip("\n").split("\n")


def _cells(line: int) -> list[str]:
    return _lines()[line].split("\t")


@cache
def _columns() -> dict[str, int]:
    return {language: column for column, language in enumerate(_cells(0))}


@cache
def _table() -> tuple[NDArray[np.uint64], NDArray[np.int32]]:
    """Return the hashed forms, ascending, and the line of each."""
    table: NDArray[np.void] = np.load(COMPILED, allow_pickle=False)
    return np.ascontiguousarray(table["key"]), np.ascontiguousarray(table["line"])


def _forms(cell: str) -> list[str]:
    return [form.strip() for form in cell.split(";") if form.strip()]


def compile_lexicon(analyser: Analyser) -> NDArray[np.void]:
    """Return the hashed forms of the source, sorted by key and line: {key: uint64, line: int32}[forms]."""
    rows = set()
    for number in range(1, len(_lines())):
        for language, column in _columns().items():
            for form in _forms(_cells(number)[column]):
                key = fold(form) if language == "zh" else " ".join(unit.key for unit in _units(analyser.words(form)))
                rows.add((_hash(language, key), number))
    return np.array(sorted(rows), _KIND)
